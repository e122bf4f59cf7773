"""An analysis of the same books again: what is not changed stays, and it is linked to the one before."""

import json
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from perito.analysis.v1 import analysis_pb2 as pb
from perito_kernel.errors import Conflict, Invalid, NotFound, PeritoError
from perito_orchestrator.requests import patched

from .faults import for_ever
from .mesh import Mesh, dataset_ref
from .reviews import rerun

BEFORE = {"rules": {"T-001": {"tolerance": "0.5"}}, "hints": {"currency": "EUR"}}


async def stored(mesh: Mesh, analysis: str) -> tuple[dict[str, object], list[str]]:
    """Parameters and planned phases of an analysis, as the database has them."""
    connection = await asyncpg.connect(mesh.dsns.superuser)
    row = await connection.fetchrow(
        "SELECT params::text AS params, plan::text AS plan FROM perito.analyses WHERE analysis_id = $1", analysis
    )
    await connection.close()
    assert row is not None
    return json.loads(row["params"]), [p["name"] for p in json.loads(row["plan"])["phases"] if p["asked"]]


async def test_what_is_not_changed_stays(mesh: Mesh) -> None:
    client = await mesh.start()
    params = {"hints": {"currency": "EUR"}, "as_of": "2026-01-31"}
    before = (await client.submit(name="January", phases=[1, 2], params_json=json.dumps(params))).analysis
    again = (await rerun(client, before.analysis_id)).analysis
    assert again.analysis_id != before.analysis_id
    assert (again.dataset_id, again.name, again.rerun_of) == (before.dataset_id, "January", before.analysis_id)
    assert await stored(mesh, again.analysis_id) == (params, ["read", "books"])
    assert (await client.ended(again.analysis_id)).status == pb.ANALYSIS_STATUS_COMPLETED
    assert (await client.get(again.analysis_id)).rerun_of == before.analysis_id
    listed = {each.analysis_id: each.rerun_of for each in (await client.analyses()).analyses}
    assert listed == {again.analysis_id: before.analysis_id, before.analysis_id: ""}


async def test_what_is_changed_is_changed(mesh: Mesh) -> None:
    client = await mesh.start()
    params = {"hints": {"currency": "EUR"}, "as_of": "2026-01-31"}
    before = (await client.submit(name="January", params_json=json.dumps(params))).analysis.analysis_id
    patch = json.dumps({"as_of": None, "hints": {"timezone": "Europe/Madrid"}})
    again = (await rerun(client, before, name="", phases=[3], params_patch_json=patch)).analysis
    assert again.name == ""
    changed = {"hints": {"currency": "EUR", "timezone": "Europe/Madrid"}}
    assert await stored(mesh, again.analysis_id) == (changed, ["looks"])


async def test_other_books_come_along_and_go_with_it(mesh: Mesh) -> None:
    client = await mesh.start()
    before = (await client.submit(name="January")).analysis
    books = dataset_ref(mesh.tenant, uuid4(), "remapped")
    again = (await rerun(client, before.analysis_id, dataset=books)).analysis
    assert (again.dataset_id, again.rerun_of) == (books.dataset_id, before.analysis_id)
    await client.ended(again.analysis_id)
    await client.delete(again.analysis_id)
    with pytest.raises(NotFound, match="DATASET_NOT_FOUND"):
        await client.get_dataset(books.dataset_id)
    assert (await client.get_dataset(before.dataset_id)).dataset.dataset_id == before.dataset_id
    with pytest.raises(Invalid, match="DATASET_INVALID"):
        await rerun(client, before.analysis_id, dataset=dataset_ref(uuid4(), uuid4()))


async def test_the_same_key_is_the_same_rerun(mesh: Mesh) -> None:
    client = await mesh.start()
    before = (await client.submit(idempotency_key="first")).analysis.analysis_id
    first, second = [await rerun(client, before, idempotency_key="again") for _ in range(2)]
    assert first.analysis.analysis_id == second.analysis.analysis_id
    assert (first.replayed, second.replayed) == (False, True)
    with pytest.raises(Conflict, match="IDEMPOTENCY_CONFLICT"):
        await rerun(client, before, idempotency_key="again", name="Other")
    with pytest.raises(Conflict, match="IDEMPOTENCY_CONFLICT"):
        await rerun(client, before, idempotency_key="first")


async def test_one_that_still_runs_can_be_run_again_and_the_link_goes_with_what_it_names(mesh: Mesh) -> None:
    mesh.phases["read"].behave = for_ever
    client = await mesh.start()
    before = (await client.submit()).analysis.analysis_id
    again = (await rerun(client, before)).analysis.analysis_id
    await client.cancel(before)
    await client.delete(before)
    assert (await client.get(again)).rerun_of == ""
    with pytest.raises(NotFound, match="ANALYSIS_NOT_FOUND"):
        await rerun(client, before)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"params_patch_json": "[]"}, "JSON_INVALID"),
        ({"params_patch_json": "{"}, "JSON_INVALID"),
        ({"params_patch_json": '{"x": NaN}'}, "PARAMS_INVALID"),
        ({"params_patch_json": '{"hints": {"currency": "euro"}}'}, "HINT_INVALID"),
        ({"params_patch_json": json.dumps({"x": "y" * 300_000})}, "PARAMS_INVALID"),
        ({"name": "x" * 201}, "ANALYSIS_INVALID"),
        ({"phases": [9]}, "PHASE_UNKNOWN"),
        ({"idempotency_key": "a\nb"}, "IDEMPOTENCY_KEY_INVALID"),
    ],
)
async def test_a_change_that_is_none_is_refused(mesh: Mesh, changes: dict[str, object], reason: str) -> None:
    client = await mesh.start()
    before = (await client.submit(phases=[1])).analysis.analysis_id
    with pytest.raises(PeritoError, match=reason):
        await rerun(client, before, **changes)
    assert (await client.analyses()).total == 1


PATCHES: list[tuple[str, object]] = [
    ("", BEFORE),
    ("{}", BEFORE),
    ('{"rules": {"T-001": {"tolerance": "1"}}}', BEFORE | {"rules": {"T-001": {"tolerance": "1"}}}),
    ('{"rules": {"T-001": null}}', BEFORE | {"rules": {}}),
    ('{"rules": {"T-002": {"a": 1}}}', BEFORE | {"rules": {**BEFORE["rules"], "T-002": {"a": 1}}}),
    ('{"rules": null, "hints": null}', {}),
    ('{"hints": "x"}', BEFORE | {"hints": "x"}),
    (
        '{"rules": {"T-001": {"tolerance": {"a": {"b": null}}}}}',
        BEFORE | {"rules": {"T-001": {"tolerance": {"a": {}}}}},
    ),
]


@pytest.mark.parametrize(("patch", "result"), PATCHES)
def test_changes_are_a_merge_patch(patch: str, result: object) -> None:
    assert json.loads(patched(json.dumps(BEFORE), patch)) == result


TEXT = st.text(st.characters(codec="utf-8"))
VALUES = st.recursive(st.booleans() | st.integers() | TEXT, lambda inner: st.dictionaries(TEXT, inner))


@given(st.dictionaries(TEXT, VALUES), st.dictionaries(TEXT, VALUES))
def test_a_patch_without_null_wins_and_keeps_the_rest(before: dict[str, object], patch: dict[str, object]) -> None:
    merged = json.loads(patched(json.dumps(before), json.dumps(patch)))
    assert merged.keys() == before.keys() | patch.keys()
    assert all(merged[name] == value for name, value in before.items() if name not in patch)
    assert all(merged[name] == value for name, value in patch.items() if not isinstance(value, dict))
