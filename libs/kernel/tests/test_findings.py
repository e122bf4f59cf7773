"""A finding is known by what it is about, not by where it stood."""

from hypothesis import given
from hypothesis import strategies as st
from perito_kernel.findings import Severity, canonical_json, fingerprint


@given(st.dictionaries(st.text(min_size=1), st.one_of(st.none(), st.text(), st.integers()), min_size=1))
def test_fingerprint_ignores_the_order_of_columns(identity: dict[str, str | int | None]) -> None:
    backwards = dict(reversed(identity.items()))
    assert fingerprint("C-006", identity) == fingerprint("C-006", backwards)


def test_fingerprint_separates_rule_identity_and_period() -> None:
    prints = {
        fingerprint("C-006", {"product": "A"}),
        fingerprint("C-035", {"product": "A"}),
        fingerprint("C-006", {"product": "B"}),
        fingerprint("C-006", {"product": "A"}, "2024-07"),
    }
    assert len(prints) == 4


def test_canonical_json_has_one_form() -> None:
    assert canonical_json({"b": 1, "a": "ñ"}) == '{"a":"ñ","b":1}'


def test_severities_are_ordered_by_rank_and_weight() -> None:
    ranked = sorted(Severity, key=lambda s: s.rank)
    assert [s.weight for s in ranked] == ["0", "0.1", "0.3", "0.6", "1"]
