"""JSON that is odd is refused by name; JSON that is sound comes through unchanged."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from perito_edge.strict_json import parse
from perito_kernel.errors import Invalid

_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
_NUMBERS = st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False, width=32)
_VALUES = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(_VALUES, st.sampled_from([None, 1]), st.booleans())
def test_sound_values_come_through(value: Any, indent: int | None, ascii_only: bool) -> None:
    assert parse(json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode(), 32) == value


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{} {}",
        b"{'a': 1}",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b"[-Infinity]",
        b"[1e999]",
        b"[-1e999]",
        b"[" + b"1" * 5000 + b"]",
        b"[1." + b"0" * 50 + b"]",
        b'["\\ud800"]',
        b'["\\udfff\\ud800"]',
        b'["a\\u0000b"]',
        b'{"\\ud800": 1}',
        b'{"a": 1, "a": 2}',
        b'[{"b": {"a": 1, "a": 1}}]',
        b'["\xff"]',
        b"\xef\xbb\xbf{}",
        '{"a": 1}'.encode("utf-16"),
        b"[01]",
        b"[1,]",
        b'["\x01"]',
    ],
)
def test_what_the_standard_parser_lets_pass_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        parse(body, 32)
    assert refused.value.reason == "MALFORMED_JSON"


def test_a_pair_of_surrogates_is_a_character() -> None:
    assert parse(b'["\\ud83d\\ude00"]', 32) == ["\N{GRINNING FACE}"]


@pytest.mark.parametrize("brackets", [("[", "]"), ('{"a":', "}")])
def test_depth_is_bounded_and_what_is_within_passes(brackets: tuple[str, str]) -> None:
    def nested(depth: int) -> bytes:
        return (brackets[0] * depth + "1" + brackets[1] * depth).encode()

    parse(nested(32), 32)
    for depth in (33, 1_000, 200_000):
        with pytest.raises(Invalid) as refused:
            parse(nested(depth), 32)
        assert refused.value.reason == "JSON_TOO_DEEP"


def test_brackets_inside_strings_are_text() -> None:
    value = ["[" * 100, '"\\' + "{" * 100]
    assert parse(json.dumps(value).encode(), 2) == value


def test_time_is_linear_in_the_size() -> None:
    began = time.perf_counter()
    for hostile in (b'"' + b"\\" * 2**20, b'"' * 2**20, b'"' + b"a" * 2**20, b"[" + b'"\\"' * 2**18):
        with pytest.raises(Invalid):
            parse(hostile, 32)
    assert time.perf_counter() - began < 5
