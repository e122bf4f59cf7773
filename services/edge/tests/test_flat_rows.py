"""Rows that are checked many at once: what comes out is what each row for itself gives, whatever is wrong with them."""

import json
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from perito_edge import analyze_body
from perito_edge.flat_rows import in_lines
from perito_edge.problems import InvalidFields
from perito_kernel.errors import PeritoError

from .test_books_in_the_body import read

_SOUND = [
    '{"a":1}',
    '{ "a" : 1.10 , "b\\n": "x, y" }',
    '{"a":"\\u00e9 \\\\\\" },{"}',
    '{"a":"\\\\"}',
    "{}",
    '{"a":"€]"}',
]
_NESTED = ['{"a":[{},{}]}', '{"a":{"b":1},"c":2}', '{"a":{"b":{"c":1}}}', '{"a":' + "[" * 40 + "]" * 40 + "}"]
_UNSOUND = [
    *('{"a":1,"\\u0061":2}', '{"a":1e999}', '{"a":NaN}', '{"a":' + "1" * 41 + "}", '{"a":"\\ud800"}'),
    *('{"a":"\\u0000"}', "[]", "1", '{"a":01}', '{"a" 1}', '{"a":"\t"}', '{"a":1\v}', "{a:1}", '{"a":"}'),
    *("{", "}", '"', "", '{"a":1}\x00', "\ufeff{}"),
]
_ODD = [*_NESTED, *_UNSOUND, '{"a":"' + "x" * 70_000 + '"}']
_ROWS = st.lists(st.sampled_from(_SOUND), max_size=30)
_SEPARATORS = st.sampled_from([",", ", ", ",\r\n", " ,\t"])
_CUTS = st.lists(st.integers(0, 40), max_size=40)


async def outcome(body: bytes, cuts: list[int]) -> object:
    try:
        return await read(body, cuts)
    except PeritoError as error:
        return error.reason, error.message, error.details, error.errors if isinstance(error, InvalidFields) else None


@given(_ROWS, st.lists(st.sampled_from(_ODD), max_size=1), _ROWS, _SEPARATORS, _CUTS, st.integers(0), st.booleans())
async def test_many_at_once_and_one_by_one_give_the_same(
    before: list[str], odd: list[str], after: list[str], separator: str, cuts: list[int], at: int, damaged: bool
) -> None:
    rows = separator.join([*before, *odd, *after])
    body = bytearray(f'{{"data": {{"transactions": [{rows}], "inventory": [{rows}]}}, "dataset_id": ""}}'.encode())
    if damaged:
        body[at % len(body)] = at % 251
    together = await outcome(bytes(body), cuts)
    with patch.object(analyze_body, "in_lines", return_value=None):
        assert together == await outcome(bytes(body), cuts)


@pytest.mark.parametrize("row", _SOUND)
def test_sound_rows_are_taken_together_and_kept_as_they_were_written(row: str) -> None:
    text = f' {row} ,\n{row},{{"z": "1 \\" 2"}}'.encode()
    taken = in_lines(text)
    assert taken
    count, lines = taken
    assert (count, json.loads(b"[" + lines + b"]")) == (3, json.loads(b"[" + text + b"]"))
    assert lines.count(b"\n") == 2
    assert lines.endswith(b',\n{"z":"1 \\" 2"}')


@pytest.mark.parametrize("odd", _NESTED + _UNSOUND)
def test_odd_rows_are_left_to_who_can_say_what_is_wrong(odd: str) -> None:
    assert in_lines(f'{{"a":1}},{odd},{{"a":2}}'.encode()) is None


async def test_nearly_all_of_a_long_list_is_taken_together() -> None:
    rows = [{"id": f"T{n}", "name": 'Núñez "e" Hijos', "amount": 1.5} for n in range(5000)]
    counts: list[int] = []

    def counted(text: bytes) -> tuple[int, bytes] | None:
        taken = in_lines(text)
        counts.append(taken[0] if taken else 0)
        return taken

    with patch.object(analyze_body, "in_lines", counted):
        files, _ = await read(json.dumps({"data": {"transactions": rows}}).encode())
    assert json.loads(files["transactions.json"]) == rows
    assert sum(counts) > 0.98 * len(rows)
