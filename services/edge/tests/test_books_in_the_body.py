"""Books in the body of `POST /analyze`: what is stored, what is refused and where, and what it costs others."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from perito_edge.analyze_body import AnalyzeBody
from perito_edge.settings import EdgeSettings
from perito_kernel.errors import Invalid, PeritoError, Unavailable

from .conftest import Edge
from .orchestrator_double import TENANT

URL = "/api/forensic/analyze"
DATASET = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
PROVIDERS: list[dict[str, Any]] = [{"id": "P1", "name": "Núñez e Hijos"}]
MOVEMENTS: list[dict[str, Any]] = [
    {"id": "T1", "sku": "A-1", "type": "purchase", "quantity": 5, "amount": 12.50, "provider": "P1"},
    {"id": "T2", "sku": "A-1", "type": "sale", "quantity": 2, "amount": 9.99, "provider": None},
]
STOCK: dict[str, Any] = {"A-1": {"quantity": 3, "location": "W"}, "A-2": 7}
BOOKS: dict[str, Any] = {"providers": PROVIDERS, "transactions": MOVEMENTS, "inventory": STOCK}

_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
_CELLS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=6,
)
_ROWS = st.lists(st.dictionaries(_TEXT, _CELLS, max_size=4), max_size=4)
_STOCK = _ROWS | st.dictionaries(_TEXT, st.none() | st.integers() | _TEXT | st.dictionaries(_TEXT, _CELLS), max_size=4)


async def post(edge: Edge, body: bytes, key: str = "") -> httpx.Response:
    headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
    return await edge.client.post(URL, content=body, headers=headers)


async def chunks(body: bytes, sizes: Sequence[int] = ()) -> AsyncIterator[bytes]:
    start = 0
    for size in sizes:
        yield body[start : start + size]
        start += size
    yield body[start:]


async def read(body: bytes, sizes: Sequence[int] = ()) -> tuple[dict[str, bytes], Any]:
    """Every file of a body with its bytes, and the rest of the body."""
    taken = AnalyzeBody.alone(chunks(body, sizes), EdgeSettings())
    files = {file.name: b"".join([chunk async for chunk in file.chunks]) async for file in taken.files()}
    return files, taken.rest


async def test_books_are_stored_as_a_dataset_without_mapping_and_submitted(edge: Edge) -> None:
    body: dict[str, Any] = {"data": BOOKS, "phases": [1, 2, 3, 4, 5], "name": "Juni", "params": {"rules": {}}}
    response = await edge.client.post(URL, json=body)
    answer = response.json()
    assert response.status_code == 202, answer
    (asked,) = edge.double.submitted
    assert (asked.dataset_id, list(asked.phases), asked.name) == ("", [1, 2, 3, 4, 5], "Juni")
    assert asked.dataset.dataset_id == answer["dataset_id"]
    assert not asked.dataset.HasField("mapping")
    prefix = f"tenants/{TENANT}/datasets/{answer['dataset_id']}"
    assert edge.objects() == [f"{prefix}/{n}" for n in range(3)]
    for file, rows in zip(asked.dataset.files, BOOKS.values(), strict=True):
        assert file.object.media_type == "application/json"
        assert json.loads((edge.store.root / file.object.key).read_bytes()) == rows
    assert [file.name for file in asked.dataset.files] == ["providers.json", "transactions.json", "inventory.json"]
    described = (await edge.client.get(f"/api/forensic/datasets/{answer['dataset_id']}")).json()
    assert (described["mapping"], len(described["files"])) == (None, 3)


@given(
    st.fixed_dictionaries({}, optional={"providers": _ROWS, "transactions": _ROWS, "inventory": _STOCK}),
    st.sampled_from([None, 1]),
    st.booleans(),
    st.booleans(),
    st.lists(st.integers(0, 9), max_size=60),
)
async def test_what_is_stored_is_what_came_however_it_was_cut_and_written(
    books: dict[str, Any], indent: int | None, ascii_only: bool, first: bool, sizes: list[int]
) -> None:
    around: dict[str, Any] = {"name": "x", "params": {"data": [{}]}}
    whole: dict[str, Any] = {"data": books, **around} if first else {**around, "data": books}
    filled = {f"{name}.json": rows for name, rows in books.items() if rows}
    body = json.dumps(whole, indent=indent, ensure_ascii=ascii_only).encode()
    if not filled:
        with pytest.raises(Invalid, match="DATA_EMPTY"):
            await read(body, sizes)
        return
    files, rest = await read(body, sizes)
    assert {name: json.loads(content) for name, content in files.items()} == filled
    assert rest == {**around, "data": {}}
    again, _ = await read(json.dumps(whole, separators=(",", ":"), ensure_ascii=ascii_only).encode())
    assert again == files, "white space between tokens makes no difference"


async def test_numbers_keep_their_digits_and_rows_have_lines() -> None:
    rows = '[{"a": 1.10, "b": 12345678901234567890.1234567890, "c" : -0.0},{"a":1E+2 , "d": "x  \\u00e9\\\\\\" ,y"}]'
    files, _ = await read(f'{{"data": {{"transactions": {rows}}}}}'.encode())
    assert files["transactions.json"].decode().split("\n") == [
        "[",
        '{"a":1.10,"b":12345678901234567890.1234567890,"c":-0.0},',
        '{"a":1E+2,"d":"x  \\u00e9\\\\\\" ,y"}',
        "]",
        "",
    ]


WRONG: list[tuple[str, str, str]] = [
    ("{}", "BODY_INVALID", "/dataset_id"),
    (f'{{"dataset_id": "{DATASET}", "data": {{"providers": [{{}}]}}}}', "BODY_INVALID", "/data"),
    (f'{{"data": {{"providers": [{{}}]}}, "dataset_id": "{DATASET}"}}', "BODY_INVALID", "/data"),
    ('{"data": null}', "BODY_INVALID", "/data"),
    ('{"data": []}', "BODY_INVALID", "/data"),
    ('{"data": "providers"}', "BODY_INVALID", "/data"),
    ('{"data": {}}', "DATA_EMPTY", "/data"),
    ('{"data": {"providers": [], "inventory": {}}}', "DATA_EMPTY", "/data"),
    ('{"data": {"suppliers": []}}', "BODY_INVALID", "/data/suppliers"),
    ('{"data": {"a/b~\\ud800": []}}', "BODY_INVALID", "/data/a~1b~0?"),
    ('{"data": {"providers": {}}}', "BODY_INVALID", "/data/providers"),
    ('{"data": {"providers": {"P1": {}}}}', "BODY_INVALID", "/data/providers"),
    ('{"data": {"transactions": "none"}}', "BODY_INVALID", "/data/transactions"),
    ('{"data": {"transactions": null}}', "BODY_INVALID", "/data/transactions"),
    ('{"data": {"transactions": [{}, {}, [1]]}}', "BODY_INVALID", "/data/transactions/2"),
    ('{"data": {"transactions": [{}, "x"]}}', "BODY_INVALID", "/data/transactions/1"),
    ('{"data": {"inventory": 5}}', "BODY_INVALID", "/data/inventory"),
    ('{"data": {"inventory": [5]}}', "BODY_INVALID", "/data/inventory/0"),
    ('{"data": {"inventory": {"A/1": [5]}}}', "BODY_INVALID", "/data/inventory/A~11"),
    ('{"data": {"providers": [{}]}, "phase": 1}', "BODY_INVALID", "/phase"),
    ('{"data": {"providers": [{}]}, "phases": [0]}', "BODY_INVALID", "/phases/0"),
]


@pytest.mark.parametrize(("body", "reason", "where"), WRONG)
async def test_a_wrong_shape_is_named_with_its_place_and_nothing_stays(
    edge: Edge, body: str, reason: str, where: str
) -> None:
    response = await post(edge, body.encode())
    assert (response.status_code, response.json()["reason"]) == (422, reason), response.text
    assert [error["pointer"] for error in response.json()["errors"]] == [where]
    assert (edge.objects(), edge.double.submitted) == ([], [])


def row(cells: str) -> bytes:
    """A body whose second movement is this."""
    return b'{"data": {"providers": [{"id": 1}], "transactions": [{"id": 1}, {' + cells.encode() + b'}, {"id": 3}]}}'


PLACE = "/data/transactions/1"
ODD: list[tuple[bytes, int, str, str | None]] = [
    (row('"a": NaN'), 400, "MALFORMED_JSON", PLACE),
    (row('"a": -Infinity'), 400, "MALFORMED_JSON", PLACE),
    (row('"a": 1e999'), 400, "MALFORMED_JSON", PLACE),
    (row('"a": ' + "1" * 41), 400, "MALFORMED_JSON", PLACE),
    (row('"a": "\\ud800"'), 400, "MALFORMED_JSON", PLACE),
    (row('"a": "\\u0000"'), 400, "MALFORMED_JSON", PLACE),
    (row('"a": 1, "\\u0061": 2'), 400, "MALFORMED_JSON", PLACE),
    (row('"a": 01'), 400, "MALFORMED_JSON", PLACE),
    (row('"a" 1'), 400, "MALFORMED_JSON", PLACE),
    (row('"a": [1}'), 400, "MALFORMED_JSON", PLACE),
    (row('"a": "\t"'), 400, "MALFORMED_JSON", PLACE),
    (b'{"data": {"transactions": [{"id": 1}, {"a": "\xff"}]}}', 400, "MALFORMED_JSON", PLACE),
    (row('"a": ' + "[" * 1000 + "]" * 1000), 422, "JSON_TOO_DEEP", PLACE),
    (row('"a": ' + '{"b":' * 1000 + "1" + "}" * 1000), 422, "JSON_TOO_DEEP", PLACE),
    (row('"a": "' + "x" * 70_000 + '"'), 413, "ROW_TOO_LARGE", PLACE),
    (row('"a": "' + "x" * 700_000 + '"'), 413, "ROW_TOO_LARGE", PLACE),
    (row('"a": [' + "1," * 40_000 + "1]"), 413, "ROW_TOO_LARGE", PLACE),
    (b'{"data": {"inventory": {"a": 1, "\\u0061": 2}}}', 400, "MALFORMED_JSON", None),
    (b'{"data": {"inventory": {"\\ud800": 2}}}', 400, "MALFORMED_JSON", None),
    (b'{"data": {"providers": [{}], "providers": [{}]}}', 400, "MALFORMED_JSON", None),
    (b'{"data": {"providers": [{}]}, "data": {"providers": [{}]}}', 400, "MALFORMED_JSON", None),
    (b'{"data": {"providers": [{},]}}', 422, "BODY_INVALID", "/data/providers/1"),
    (b'{"data": {"providers": [{} {}]}}', 400, "MALFORMED_JSON", None),
    (b'{"data": {"providers": [{}]}, }', 400, "MALFORMED_JSON", None),
    (b'{"data": {"providers": [{}]} "name": ""}', 400, "MALFORMED_JSON", None),
    (b'{"data": {"providers": [{}]}', 400, "MALFORMED_JSON", None),
    (b'{"data": {"providers": [{"id": "', 400, "MALFORMED_JSON", None),
    (b'{"data": {"providers": [{}', 400, "MALFORMED_JSON", None),
    (b'{"data": {"providers": [{}]}} {}', 400, "MALFORMED_JSON", None),
    (b'{"data": {"providers": [{}]}}\x00', 400, "MALFORMED_JSON", None),
    (b'\xef\xbb\xbf{"data": {"providers": [{}]}}', 400, "MALFORMED_JSON", None),
    ('{"data": {"providers": [{}]}}'.encode("utf-16"), 400, "MALFORMED_JSON", None),
    (b'{"data": {"providers": [{}]}, "params": {"x": "' + b"y" * 400_000 + b'"}}', 413, "BODY_TOO_LARGE", None),
    (b'{"data": {"providers": [{}]}, "params": {"x": ' + b"[" * 1000, 422, "JSON_TOO_DEEP", None),
]


@pytest.mark.parametrize(("body", "status", "reason", "where"), ODD, ids=range(len(ODD)))
async def test_odd_json_is_refused_where_it_stands_and_nothing_stays(
    edge: Edge, body: bytes, status: int, reason: str, where: str | None
) -> None:
    response = await post(edge, body)
    answer = response.json()
    assert (response.status_code, answer["reason"]) == (status, reason), answer
    assert len(response.content) < 1000
    if where:
        assert answer["errors"][0]["pointer"] == where
    assert (edge.objects(), edge.double.submitted) == ([], [])
    assert (await edge.client.post(URL, json={"data": BOOKS})).status_code == 202, "the next one is served"


async def test_limits_are_told_and_what_is_just_within_passes(edge_with: Callable[[EdgeSettings], Edge]) -> None:
    body = json.dumps({"data": {"providers": PROVIDERS}}).encode()
    edge = edge_with(EdgeSettings(max_data_bytes=len(body), max_uploads_at_once=1))
    assert (await post(edge, body)).status_code == 202
    kept = edge.objects()
    response = await post(edge, body + b" ")
    assert (response.status_code, response.json()["reason"]) == (413, "BODY_TOO_LARGE")
    assert response.json()["errors"] == [{"limit_bytes": len(body)}]
    assert edge.objects() == kept


async def test_the_same_request_again_is_one_analysis_of_one_dataset(edge: Edge) -> None:
    body = json.dumps({"data": BOOKS, "name": "June"}).encode()
    first = await post(edge, body, "june")
    kept = edge.objects()
    again = await post(edge, body, "june")
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()
    assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (None, "true")
    assert edge.objects() == kept, "what came again is not kept twice"
    for other in ({"data": BOOKS, "name": "July"}, {"data": {"providers": PROVIDERS}, "name": "June"}):
        response = await post(edge, json.dumps(other).encode(), "june")
        assert (response.status_code, response.json()["reason"]) == (409, "IDEMPOTENCY_CONFLICT")
    assert edge.objects() == kept
    assert (len(edge.double.datasets), len(edge.double.analyses)) == (1, 1)


@pytest.mark.parametrize(
    ("failure", "status", "kept"),
    [
        (Invalid("PARAMETER_UNKNOWN_RULE", "No phase has a rule X-001."), 422, 0),
        # Unknown outcomes: it may have been accepted, and an accepted analysis must not lose its books.
        (Unavailable("DATABASE_DOWN", "The database is away: try again."), 503, 3),
        (RuntimeError("planted"), 500, 3),
    ],
)
async def test_books_of_a_refused_analysis_go_and_those_of_an_unknown_outcome_stay(
    edge: Edge, failure: PeritoError | Exception, status: int, kept: int
) -> None:
    edge.double.failures["SubmitAnalysis"] = failure
    response = await edge.client.post(URL, json={"data": BOOKS})
    assert (response.status_code, len(edge.objects())) == (status, kept)


async def test_a_store_that_fails_is_503_and_leaves_nothing(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = edge.store.put_stream

    async def full_at_the_second(key: str, content: AsyncIterator[bytes], media_type: str) -> Any:
        if key.endswith("/1"):
            raise Unavailable("OBJECT_STORE_FAILED", "The object store cannot be used at the moment.")
        return await whole(key, content, media_type)

    monkeypatch.setattr(edge.store, "put_stream", full_at_the_second)
    response = await edge.client.post(URL, json={"data": BOOKS})
    assert (response.status_code, response.json()["reason"]) == (503, "OBJECT_STORE_FAILED")
    assert edge.objects() == []
