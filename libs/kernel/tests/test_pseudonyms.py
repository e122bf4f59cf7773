"""Pseudonyms tell people apart, name nobody, and stay what they are from release to release."""

from hypothesis import given
from hypothesis import strategies as st
from perito_kernel.pseudonyms import key_id, pseudonym, sealing_key, tenant_key

KEY = "5e" * 32
OTHER = "5f" * 32


def test_a_pseudonym_is_the_same_for_ever() -> None:
    """Reports of years are compared by it: whoever changes how it is made breaks them."""
    assert pseudonym(KEY, "customer", "C-0017") == "customer-ktm5wat2ktun"
    assert key_id(KEY) == "982bfd53"
    assert tenant_key("secret", "11111111-1111-4111-8111-111111111111")[:16] == "8c0afe16df9e328b"


@given(st.text(), st.text())
def test_people_domains_and_tenants_are_told_apart(one: str, two: str) -> None:
    assert (pseudonym(KEY, "user", one) == pseudonym(KEY, "user", two)) == (one == two)
    assert pseudonym(KEY, "user", one).removeprefix("user") != pseudonym(KEY, "customer", one).removeprefix("customer")
    assert pseudonym(KEY, "user", one) != pseudonym(OTHER, "user", one)


@given(st.text(min_size=1), st.text(min_size=1))
def test_parts_of_a_name_do_not_run_into_each_other(domain: str, text: str) -> None:
    longer = pseudonym(KEY, domain + text[0], text[1:])
    assert pseudonym(KEY, domain, text).rpartition("-")[2] != longer.rpartition("-")[2]


def test_keys_are_independent() -> None:
    assert len(sealing_key(KEY)) == 64
    assert key_id(KEY) not in KEY
    assert tenant_key("secret", "a") != tenant_key("secret", "b") != tenant_key("other", "b")
