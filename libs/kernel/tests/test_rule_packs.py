"""A pack of rules is known by its content, and nothing that is none is taken for one."""

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from perito_kernel.errors import Invalid
from perito_kernel.rule_packs import MOST_RULES, MOST_TEXT_BYTES, RuleText, pack_bytes, read_pack

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
RULES = st.dictionaries(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,20}", fullmatch=True), TEXTS, max_size=8)


@given(RULES, st.randoms())
def test_any_order_gives_the_same_bytes_and_all_come_back(rules: dict[str, str], chance: Random) -> None:
    told = [RuleText(name, text) for name, text in rules.items()]
    other = told[:]
    chance.shuffle(other)
    assert pack_bytes(told) == pack_bytes(other)
    assert read_pack(pack_bytes(told)) == sorted(told, key=lambda rule: rule.name)


def test_the_most_that_may_be_sent_comes_back() -> None:
    text = "\x01" * MOST_TEXT_BYTES
    rules = [RuleText(f"U-{number:03}.sql", text) for number in range(MOST_RULES)]
    assert read_pack(pack_bytes(rules)) == rules


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not JSON"),
        (b'{"version": 2, "rules": []}', "version"),
        (b'{"version": 1, "rules": [{"name": "a"}]}', "not JSON"),
        (b'{"version": 1, "rules": [{"name": "a", "text": 1}]}', "not JSON"),
        (b'{"version": 1, "rules": [{"name": "../a", "text": ""}]}', "is no name"),
        (b'{"version": 1, "rules": [{"name": "a", "text": "\\ud800"}]}', "half of a character"),
        (json.dumps({"version": 1, "rules": [{"name": n, "text": ""} for n in "ba"]}).encode(), "sorted"),
        (json.dumps({"version": 1, "rules": [{"name": "a", "text": ""}] * 2}).encode(), "one name"),
        (json.dumps({"version": 1, "rules": [{"name": "a", "text": "é" * 40_000}]}).encode(), "80000 bytes"),
        (
            json.dumps({"version": 1, "rules": [{"name": f"a{n:02}", "text": ""} for n in range(51)]}).encode(),
            "51 rules",
        ),
        (b" " * (30 << 20), "bytes"),
    ],
)
def test_what_is_no_pack_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(Invalid, match=why) as caught:
        read_pack(content)
    assert caught.value.reason == "RULE_PACK_INVALID"
