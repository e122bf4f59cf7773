"""The bytes of `report.json` are those that the standard library writes, whatever texts and numbers the books hold."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from perito_reporting.books import loads
from perito_reporting.document import to_bytes

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_LEAVES = st.none() | st.booleans() | st.integers(-(10**30), 10**30) | _TEXT
_VALUES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3), max_leaves=12
)


@given(st.dictionaries(_TEXT, _VALUES, max_size=4))
def test_a_report_has_the_bytes_of_the_standard_library(document: dict[str, Any]) -> None:
    assert to_bytes(document) == (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def test_no_float_comes_out_of_an_artefact() -> None:
    assert loads('{"a": 1.50, "b": NaN, "c": [-Infinity, 7]}') == {"a": "1.50", "b": "NaN", "c": ["-Infinity", 7]}
