"""What clients send: repeated, at the same time, wrong, or hostile. Every answer says what to do."""

import asyncio
import base64
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from perito.analysis.v1 import analysis_pb2 as pb
from perito.dataset.v1.dataset_pb2 import DatasetRef, ObjectRef, SourceFile
from perito_kernel.errors import Conflict, Invalid, NotFound
from perito_orchestrator import requests
from perito_orchestrator.cursor import page_token
from perito_orchestrator.plan import PhaseInfo
from perito_orchestrator.rule_parameters import check_rule_parameters
from perito_orchestrator.store.filters import AnalysisFilter, FindingFilter

from .mesh import Mesh, dataset_ref

TENANT = uuid4()
# Priorities and severities that Python's numbers reach and PostgreSQL's do not, and what is no place at all.
PLACES: list[list[Any]] = [
    ["1E+200000", 1, "a", "b"], [1e400, 1, "a", "b"], ["NaN", 1, "a", "b"], [1, 9, "a", "b"], [1, 10**400, "a", "b"],
    [1, 1e400, "a", "b"], [1, 1, "a\0", "b"], [1, 1, "a"], [{}, [], 1, 2], [],
]  # fmt: skip

LIST_PLACES: list[list[Any]] = [
    ["2026-01-01T00:00:00", str(TENANT), 1], ["2026-01-01T00:00:00+14:00", str(TENANT), 1], ["x", str(TENANT), 1],
    ["2026-01-01T00:00:00+00:00", "x", 1], ["2026-01-01T00:00:00+00:00", str(TENANT), -1], [1, 2, 3], [[], {}, None],
    ["2026-01-01T00:00:00+00:00", str(TENANT), 1e400], ["2026-01-01T00:00:00+00:00", str(TENANT), 10**400], [],
]  # fmt: skip


async def count(mesh: Mesh, table: str) -> int:
    connection = await asyncpg.connect(mesh.dsns.superuser)
    found = await connection.fetchval(f"SELECT count(*) FROM perito.{table}")  # noqa: S608 - a constant
    await connection.close()
    return found


async def test_twenty_submissions_with_one_key_make_one_analysis(mesh: Mesh) -> None:
    client = await mesh.start()
    dataset = (await client.dataset()).dataset.dataset_id
    answers = await asyncio.gather(*(client.submit(dataset, idempotency_key="k", phases=[1]) for _ in range(20)))
    assert len({a.analysis.analysis_id for a in answers}) == 1
    assert [a.replayed for a in answers].count(False) == 1
    assert await count(mesh, "analyses") == 1
    await client.ended(answers[0].analysis.analysis_id)
    assert len(mesh.phases["read"].runs) == 1


async def test_a_key_stands_for_one_request_of_one_tenant(mesh: Mesh) -> None:
    client = await mesh.start()
    dataset = (await client.dataset()).dataset.dataset_id
    first = await client.submit(dataset, idempotency_key="k", phases=[2, 1], params_json='{"a": 1, "b": 2}')
    same = await client.submit(dataset, idempotency_key="k", phases=[1, 2, 2], params_json='{"b":2,"a":1}')
    assert (same.analysis.analysis_id, same.replayed) == (first.analysis.analysis_id, True)
    for other in ({"phases": [1]}, {"phases": [1, 2], "name": "x"}, {"phases": [1, 2], "params_json": '{"a": 2}'}):
        with pytest.raises(Conflict, match="IDEMPOTENCY_CONFLICT"):
            await client.submit(dataset, idempotency_key="k", **other)
    unkeyed = await client.submit(dataset, phases=[1])
    assert not unkeyed.replayed
    assert await count(mesh, "analyses") == 2


async def test_a_repeated_upload_is_answered_with_the_first_dataset(mesh: Mesh) -> None:
    client = await mesh.start()
    answers = await asyncio.gather(*(client.dataset(key="d") for _ in range(10)))
    assert len({a.dataset.dataset_id for a in answers}) == 1
    assert [a.replayed for a in answers].count(False) == 1
    assert await count(mesh, "datasets") == 1
    first = answers[0].dataset
    assert all(f.object.key.startswith(f"tenants/{client.tenant}/datasets/{first.dataset_id}/") for f in first.files)
    with pytest.raises(Conflict, match="IDEMPOTENCY_CONFLICT"):
        await client.dataset(key="d", content="other")
    fixed = uuid4()
    assert not (await client.dataset(fixed)).replayed
    assert (await client.dataset(fixed)).replayed
    with pytest.raises(Conflict, match="DATASET_EXISTS"):
        await client.dataset(fixed, content="other")


async def test_a_failed_submission_leaves_its_key_free(mesh: Mesh) -> None:
    client = await mesh.start()
    with pytest.raises(NotFound, match="DATASET_NOT_FOUND"):
        await client.submit(str(uuid4()), idempotency_key="k")
    assert not (await client.submit(idempotency_key="k", phases=[1])).replayed


async def test_what_is_not_there_is_not_found_and_nonsense_is_invalid(mesh: Mesh) -> None:
    client = await mesh.start()
    for call in (client.get(str(uuid4())), client.watch(str(uuid4())), client.findings(str(uuid4()))):
        with pytest.raises(NotFound, match="ANALYSIS_NOT_FOUND"):
            await call
    for call in (client.get("x"), client.watch(""), client.findings("../..")):
        with pytest.raises(Invalid, match="ID_INVALID"):
            await call
    with pytest.raises(Invalid, match="PHASE_UNKNOWN"):
        await client.submit(phases=[9])
    analysis = (await client.submit(phases=[1])).analysis.analysis_id
    for size in (-1, 1001):
        with pytest.raises(Invalid, match="PAGE_SIZE_INVALID"):
            await client.findings(analysis, size)
    question = FindingFilter().question(UUID(analysis))
    forged = [page_token(place, question) for place in PLACES]
    deep = base64.urlsafe_b64encode(b"[" * 1400).decode()
    forged_lists = [page_token(place, AnalysisFilter().question()) for place in LIST_PLACES]
    for token in forged_lists:
        with pytest.raises(Invalid, match="PAGE_TOKEN_INVALID"):
            await client.analyses(page_token=token)
    for token in ("x", "bm9uc2Vuc2U=", "WyJOYU4iXQ==", "W10", "é", "=", "a" * 9000, deep, *forged):
        with pytest.raises(Invalid, match="PAGE_TOKEN_INVALID"):
            await client.findings(analysis, 1, token)


HOSTILE = (
    '{"a": NaN}',
    '{"a": 1e999}',
    '{"a": "\\ud800"}',
    '{"a": "\\u0000"}',
    "[1]",
    "{",
    "[" * 5000,
    '"' + "x" * 300_000,
)


@pytest.mark.parametrize("params", HOSTILE, ids=range(len(HOSTILE)))
def test_parameters_that_cannot_be_kept_are_refused(params: str) -> None:
    request = pb.SubmitAnalysisRequest(dataset_id=str(uuid4()), params_json=params)
    with pytest.raises(Invalid, match=r"PARAMS_INVALID|JSON_INVALID"):
        requests.analysis(request, TENANT)


@pytest.mark.parametrize(
    "hints", ['{"currency": "EURO"}', '{"currency": 7}', '{"zone": "UTC"}', "[]", '"EUR"', '{"timezone": "a\\u0007b"}']
)
def test_hints_that_no_books_could_be_read_by_are_refused_at_once(hints: str) -> None:
    request = pb.SubmitAnalysisRequest(dataset_id=str(uuid4()), params_json=f'{{"hints": {hints}}}')
    with pytest.raises(Invalid, match="HINT_INVALID"):
        requests.analysis(request, TENANT)


def test_hints_of_books_are_kept() -> None:
    text = '{"hints": {"currency": "EUR", "timezone": "Africa/Lagos"}}'
    request = pb.SubmitAnalysisRequest(dataset_id=str(uuid4()), params_json=text)
    assert requests.analysis(request, TENANT).params == {"hints": {"currency": "EUR", "timezone": "Africa/Lagos"}}


def test_parameters_of_any_decent_form_are_kept() -> None:
    request = pb.SubmitAnalysisRequest(dataset_id=str(uuid4()), params_json='{"ñ": [1.5, null, {"b": "\\u00e9"}]}')
    assert requests.analysis(request, TENANT).params == {"ñ": [1.5, None, {"b": "é"}]}


def object_elsewhere(ref: DatasetRef, tenant: UUID) -> None:
    ref.files[0].object.CopyFrom(dataset_ref(tenant, uuid4()).files[0].object)


BREAKS: dict[str, Callable[[DatasetRef], object]] = {
    "no files": lambda ref: ref.ClearField("files"),
    "same name": lambda ref: setattr(ref.files[1], "name", ref.files[0].name),
    "control character": lambda ref: setattr(ref.files[0], "name", "a\nb"),
    "no name": lambda ref: setattr(ref.files[0], "name", ""),
    "long name": lambda ref: setattr(ref.files[0], "name", "x" * 256),
    "foreign prefix": lambda ref: object_elsewhere(ref, uuid4()),
    "other dataset": lambda ref: object_elsewhere(ref, TENANT),
    "bad hash": lambda ref: setattr(ref.mapping, "sha256", "A" * 64),
    "negative": lambda ref: setattr(ref.files[0].object, "bytes", -1),
    "too many": lambda ref: ref.files.extend([SourceFile(name=str(n), object=ObjectRef(key="k")) for n in range(200)]),
}


@pytest.mark.parametrize("case", BREAKS)
def test_a_dataset_that_is_not_whole_is_refused(case: str) -> None:
    ref = dataset_ref(TENANT, uuid4())
    BREAKS[case](ref)
    with pytest.raises(Invalid, match="DATASET_INVALID"):
        requests.dataset(ref, TENANT)
    request = pb.SubmitAnalysisRequest(dataset=ref)
    with pytest.raises(Invalid, match="DATASET_INVALID"):
        requests.analysis(request, TENANT)


@pytest.mark.parametrize("mapped", [True, False])
def test_a_dataset_that_is_whole_is_taken_with_its_id_in_one_form(mapped: bool) -> None:
    ref = dataset_ref(TENANT, uuid4())
    if not mapped:
        ref.ClearField("mapping")
    wanted = DatasetRef()
    wanted.CopyFrom(ref)
    ref.dataset_id = ref.dataset_id.upper()
    assert requests.dataset(ref, TENANT) == wanted
    assert requests.analysis(pb.SubmitAnalysisRequest(dataset=ref), TENANT).dataset == wanted


def test_an_analysis_is_of_one_dataset() -> None:
    both = pb.SubmitAnalysisRequest(dataset_id=str(uuid4()), dataset=dataset_ref(TENANT, uuid4()))
    for request in (both, pb.SubmitAnalysisRequest(name="of nothing")):
        with pytest.raises(Invalid, match="ANALYSIS_INVALID"):
            requests.analysis(request, TENANT)


async def test_books_that_come_with_their_analysis_are_kept_with_it_or_not_at_all(mesh: Mesh) -> None:
    client = await mesh.start()

    def brought(content: str = "a") -> DatasetRef:
        return dataset_ref(client.tenant, uuid4(), content)

    with pytest.raises(Invalid, match="PARAMETER_UNKNOWN_RULE"):
        await client.submit(dataset=brought(), idempotency_key="k", params_json='{"rules": {"X-001": {}}}')
    assert await count(mesh, "datasets") == 0
    answers = await asyncio.gather(
        *(client.submit(dataset=brought(), idempotency_key="k", phases=[1]) for _ in range(10))
    )
    assert len({(a.analysis.analysis_id, a.analysis.dataset_id) for a in answers}) == 1
    assert [a.replayed for a in answers].count(False) == 1
    assert (await count(mesh, "datasets"), await count(mesh, "analyses")) == (1, 1)
    for content, phases in (("b", [1]), ("a", [1, 2])):
        with pytest.raises(Conflict, match="IDEMPOTENCY_CONFLICT"):
            await client.submit(dataset=brought(content), phases=phases, idempotency_key="k")
    known = (await client.get_dataset(answers[0].analysis.dataset_id)).dataset
    with pytest.raises(Conflict, match="DATASET_EXISTS"):
        await client.submit(dataset=known, phases=[1])
    assert (await count(mesh, "datasets"), await count(mesh, "analyses")) == (1, 1)
    await client.ended(answers[0].analysis.analysis_id)
    assert mesh.phases["read"].runs[0].dataset == known


async def test_books_of_another_tenant_cannot_come_along(mesh: Mesh) -> None:
    client = await mesh.start()
    with pytest.raises(Invalid, match="DATASET_INVALID"):
        await client.submit(dataset=dataset_ref(uuid4(), uuid4()))


INFOS = [
    PhaseInfo("books", 2, "1", (), (), "d", rule_ids=("C-006", "C-035")),
    PhaseInfo("looks", 3, "1", (), (), "d", rule_ids=("P-008",)),
]


@pytest.mark.parametrize(
    ("rule", "near"),
    [("C-999", "C-035 or C-006"), ("c-035", "C-035"), ("P-8", "P-008"), ("", ""), ("x" * 9000, ""), ("a/~b", "")],
)
def test_parameters_of_a_rule_that_no_phase_has_are_refused(rule: str, near: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_rule_parameters({"rules": {"C-006": {}, rule: {"tolerance": "1"}}}, INFOS)
    assert refused.value.reason == "PARAMETER_UNKNOWN_RULE"
    assert (f"Did you mean {near}" in refused.value.message) == bool(near)
    assert len(refused.value.message) < 300
    assert str(refused.value.details["pointer"]).startswith("/params/rules/")


@pytest.mark.parametrize("params", [{"rules": ["C-006"]}, {"rules": None}, {"rules": {"C-006": "0.5"}}])
def test_parameters_that_no_rule_could_read_are_refused(params: dict[str, object]) -> None:
    with pytest.raises(Invalid, match="PARAMS_INVALID"):
        check_rule_parameters(params, INFOS)


def test_parameters_of_rules_that_some_phase_has_are_taken() -> None:
    check_rule_parameters({}, INFOS)
    check_rule_parameters({"rules": {"C-006": {"tolerance": "1"}, "P-008": {}}, "as_of": "2026-01-01"}, INFOS)


async def test_an_unknown_rule_is_refused_before_anything_is_accepted(mesh: Mesh) -> None:
    mesh.phases["books"].rule_ids = ("C-006", "C-035")
    client = await mesh.start()
    dataset = (await client.dataset()).dataset.dataset_id
    with pytest.raises(Invalid, match=r"PARAMETER_UNKNOWN_RULE: No phase has a rule C-999. Did you mean C-"):
        await client.submit(dataset, idempotency_key="k", params_json='{"rules": {"C-999": {"tolerance": "1"}}}')
    assert await count(mesh, "analyses") == 0
    accepted = await client.submit(
        dataset, idempotency_key="k", phases=[1], params_json='{"rules": {"C-006": {"tolerance": "1"}}}'
    )
    assert not accepted.replayed, "a rule of a phase that was not asked for is known too, and the key is still free"
    await client.ended(accepted.analysis.analysis_id)
