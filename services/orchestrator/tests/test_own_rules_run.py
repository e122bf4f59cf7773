"""What analyses take of a tenant's own rules: those of the moment they are accepted, for as long as they are there."""

import asyncio
import json

import asyncpg
import pytest
from perito.analysis.v1 import analysis_pb2 as pb
from perito.phase.v1.phase_pb2 import RunPhaseRequest
from perito_kernel.errors import Conflict, Internal, Invalid, PeritoError

from .own_rules import House
from .phases import finding, until
from .reviews import rerun
from .rule_texts import text


async def pack(house: House, phase: str, run: int = -1) -> dict[str, str] | None:
    """Texts by file that a run of a phase was given; None where it was given none."""
    request = house.mesh.phases[phase].runs[run]
    if not request.HasField("rule_pack"):
        return None
    body = json.loads(await house.mesh.store.read_bytes(request.rule_pack, 10_000))
    assert (body["version"], sorted(body)) == (1, ["rules", "version"])
    assert [rule["name"] for rule in body["rules"]] == sorted(rule["name"] for rule in body["rules"])
    return {rule["name"]: rule["text"] for rule in body["rules"]}


async def ended(house: House, params_json: str = "") -> str:
    """The id of a new analysis, once it has ended."""
    analysis = (await house.client.submit(params_json=params_json)).analysis.analysis_id
    assert (await house.client.ended(analysis)).status == pb.ANALYSIS_STATUS_COMPLETED
    return analysis


async def packs(house: House) -> int:
    """How many are kept."""
    superuser = await asyncpg.connect(house.mesh.dsns.superuser)
    try:
        return await superuser.fetchval("SELECT count(*) FROM perito.rule_packs")
    finally:
        await superuser.close()


async def test_without_any_a_run_is_as_it_was(house: House) -> None:
    await ended(house)
    assert [await pack(house, name) for name in house.mesh.phases] == [None] * 5
    assert await packs(house) == 0


async def test_those_that_are_enabled_go_to_the_phases_that_run_them(house: House) -> None:
    await house.rules.create(text("U-002"))
    await house.rules.create(text("U-001", body="select 2"))
    await house.rules.create(text("U-003"), disabled=True)
    await ended(house)
    expected = {"U-001.sql": text("U-001", body="select 2"), "U-002.sql": text("U-002")}
    assert await pack(house, "books") == expected
    assert [await pack(house, name) for name in ("read", "looks", "counts", "tell")] == [None] * 4
    await house.rules.create(text("U-004", phase="looks"))
    await ended(house)
    assert await pack(house, "looks") == await pack(house, "books") == expected | {"U-004.sql": text("U-004", "looks")}


async def test_an_accepted_analysis_keeps_the_rules_it_was_accepted_with(house: House) -> None:
    await house.rules.create(text())
    go_on = asyncio.Event()

    async def wait(_: RunPhaseRequest) -> PeritoError | None:
        await go_on.wait()
        return None

    house.mesh.phases["read"].behave = wait
    accepted = (await house.client.submit()).analysis.analysis_id
    await house.rules.update("U-001", text(body="select 2"))
    await house.rules.delete("U-001")
    go_on.set()
    await house.client.ended(accepted)
    assert await pack(house, "books") == {"U-001.sql": text()}


async def test_one_may_be_accepted_without_them(house: House) -> None:
    await house.rules.create(text())
    await ended(house, params_json='{"own_rules": false}')
    assert await pack(house, "books") is None
    await ended(house, params_json='{"own_rules": true}')
    assert await pack(house, "books") == {"U-001.sql": text()}
    for wrong in ("0", '"no"', "null", "[]"):
        with pytest.raises(Invalid, match="PARAMS_INVALID") as caught:
            await house.client.submit(params_json=f'{{"own_rules": {wrong}}}')
        assert caught.value.details["pointer"] == "/params/own_rules"


async def test_a_rerun_takes_the_rules_of_now(house: House) -> None:
    await house.rules.create(text())
    first = await ended(house)
    await house.rules.update("U-001", text(body="select 2"))
    again = (await rerun(house.client, first)).analysis.analysis_id
    await house.client.ended(again)
    assert await pack(house, "books") == {"U-001.sql": text(body="select 2")}
    assert await packs(house) == 2


async def test_their_parameters_can_be_set_while_they_are_enabled(house: House) -> None:
    params = '{"rules": {"U-001": {"limit": "2"}}}'
    with pytest.raises(Invalid, match="PARAMETER_UNKNOWN_RULE"):
        await house.client.submit(params_json=params)
    await house.rules.create(text())
    await ended(house, params_json=params)
    assert json.loads(house.mesh.phases["books"].runs[-1].params_json)["rules"] == {"U-001": {"limit": "2"}}
    for without in ('{"own_rules": false, "rules": {"U-001": {}}}', '{"rules": {"U-002": {}}}'):
        with pytest.raises(Invalid, match="PARAMETER_UNKNOWN_RULE"):
            await house.client.submit(params_json=without)


async def test_what_was_accepted_with_a_key_is_answered_again_when_its_rule_is_gone(house: House) -> None:
    await house.rules.create(text())
    dataset = (await house.client.dataset()).dataset.dataset_id
    asked = {"params_json": '{"rules": {"U-001": {"limit": "2"}}}', "idempotency_key": "k"}
    first = await house.client.submit(dataset, **asked)
    await house.rules.delete("U-001")
    again = await house.client.submit(dataset, **asked)
    assert (again.replayed, again.analysis.analysis_id) == (True, first.analysis.analysis_id)
    with pytest.raises(Conflict, match="IDEMPOTENCY_CONFLICT"):
        await house.client.submit(dataset, params_json='{"rules": {"U-002": {}}}', idempotency_key="k")
    with pytest.raises(Invalid, match="PARAMETER_UNKNOWN_RULE"):
        await house.client.submit(dataset, params_json=asked["params_json"], idempotency_key="other")


async def test_what_they_found_is_listed_by_their_ids(house: House) -> None:
    await house.rules.create(text())
    house.mesh.phases["books"].findings = [finding(1, "U-001")]
    analysis = await ended(house)
    listed = await house.client.findings(analysis, rule_ids=["U-001"])
    assert [found.rule_id for found in listed.findings] == ["U-001"]
    with pytest.raises(Invalid, match="FILTER_INVALID"):
        await house.client.findings(analysis, rule_ids=["U-002"])
    await house.rules.delete("U-001")
    assert len((await house.client.findings(analysis, rule_ids=["U-001"])).findings) == 1


async def test_each_attempt_has_an_object_of_its_own_that_goes_with_the_analysis(house: House) -> None:
    await house.rules.create(text())
    failed = False

    async def fail_once(_: RunPhaseRequest) -> PeritoError | None:
        nonlocal failed
        failed, before = True, failed
        return None if before else Internal("BROKEN", "Once.")

    house.mesh.phases["books"].behave = fail_once
    analysis = await ended(house)
    first, second = (run.rule_pack for run in house.mesh.phases["books"].runs[-2:])
    assert first.sha256 == second.sha256
    assert first.key != second.key
    other = await ended(house)
    assert await packs(house) == 1, "the same rules are kept once"
    await house.client.delete(analysis)
    assert await packs(house) == 1, "another analysis has them"
    await house.client.delete(other)
    assert await packs(house) == 0

    async def gone() -> bool:
        return not [page async for page in house.mesh.store.list_objects() if page]

    await until(gone)


async def test_many_at_once_share_a_pack_and_deleting_them_at_once_leaves_none(house: House) -> None:
    await house.rules.create(text())
    dataset = (await house.client.dataset()).dataset.dataset_id
    accepted = await asyncio.gather(*(house.client.submit(dataset) for _ in range(8)))
    assert await packs(house) == 1
    ids = [each.analysis.analysis_id for each in accepted]
    await asyncio.gather(*(house.client.ended(each) for each in ids))
    await asyncio.gather(*(house.client.delete(each) for each in ids), house.client.submit(dataset))
    assert await packs(house) == 1, "the one that was just accepted has it"
