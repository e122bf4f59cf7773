"""A tenant's own rules: checked, kept version by version, bounded, told of, and another tenant's never there."""

import asyncio
import hashlib
import json
from dataclasses import replace
from uuid import UUID

import asyncpg
import pytest
from perito_kernel.errors import Conflict, Invalid, NotFound, Precondition, Unavailable
from perito_orchestrator.keys import create_tenant
from perito_orchestrator.rule_checks import RuleChecks
from perito_orchestrator.store.own_rules import MOST, MOST_ENABLED, VERSIONS

from .databases import Dsns
from .hooks import audited
from .mesh import Mesh
from .own_rules import House, rules_of
from .rule_texts import WRONG, text


async def stranger(dsns: Dsns) -> UUID:
    owner = await asyncpg.connect(dsns.owner, server_settings={"search_path": "perito"})
    try:
        return await create_tenant(owner, "B")
    finally:
        await owner.close()


async def test_one_is_kept_as_its_text_says_and_comes_back_whole(house: House) -> None:
    made = (await house.rules.create(text())).rule
    facts = made.facts
    assert (facts.rule_id, facts.title_en, facts.title_es, facts.phase) == (
        "U-001",
        "Rule U-001",
        "Regla U-001",
        "books",
    )
    assert (facts.definition_version, facts.kind, list(facts.needs)) == ("7", "row", ["counts.counted_qty"])
    assert json.loads(facts.parameters_json)["limit"]["default"] == "1"
    assert (made.enabled, made.version) == (True, 1)
    kept = await house.rules.get("U-001")
    assert (kept.rule, kept.text) == (made, text())
    (version,) = kept.versions
    assert (version.version, version.sha256) == (1, hashlib.sha256(text().encode()).hexdigest())
    assert await house.rules.all() == [made]


async def test_a_text_that_is_refused_is_told_where_and_not_kept(house: House) -> None:
    refused = await house.rules.create(WRONG)
    (problem,) = refused.problems
    assert (problem.line, problem.column, problem.reason) == (3, 8, "RULE_NAME_UNKNOWN")
    assert not refused.HasField("rule")
    assert await house.rules.all() == []
    (headless,) = (await house.rules.create("nothing")).problems
    assert headless.reason == "RULE_HEADER_MISSING"
    await house.rules.create(text())
    assert (await house.rules.update("U-001", WRONG)).problems == refused.problems
    assert (await house.rules.get("U-001")).text == text()


async def test_a_check_says_the_same_and_keeps_nothing(house: House) -> None:
    said = await house.rules.check(text())
    assert (said.facts.rule_id, list(said.problems)) == ("U-001", [])
    assert [p.line for p in (await house.rules.check(WRONG)).problems] == [3]
    headless = await house.rules.check("nothing")
    assert (headless.HasField("facts"), [p.line for p in headless.problems]) == (True, [1])
    assert headless.facts.rule_id == "", "a text without an id has none"
    assert await house.rules.all() == []


async def test_another_text_is_another_version_and_the_old_ones_stay(house: House) -> None:
    await house.rules.create(text())
    again = (await house.rules.update("U-001", text())).rule
    assert again.version == 1, "the same text is no change"
    changed = (await house.rules.update("U-001", text(phase="looks"))).rule
    assert (changed.version, changed.facts.phase) == (2, "looks")
    kept = await house.rules.get("U-001")
    assert [v.version for v in kept.versions] == [2, 1]
    assert (await house.rules.get("U-001", 1)).text == text()
    with pytest.raises(NotFound, match="RULE_VERSION_NOT_FOUND"):
        await house.rules.get("U-001", 3)
    with pytest.raises(Invalid, match="RULE_ID_DIFFERS"):
        await house.rules.update("U-001", text("U-002"))


async def test_the_last_hundred_versions_are_kept(house: House, dsns: Dsns) -> None:
    await house.rules.create(text())
    superuser = await asyncpg.connect(dsns.superuser)
    await superuser.execute(
        "INSERT INTO perito.own_rule_versions SELECT tenant_id, rule_id, n, 'x', sha256, facts, made_by"
        " FROM perito.own_rule_versions, generate_series(2, $1) n",
        VERSIONS,
    )
    await superuser.execute("UPDATE perito.own_rules SET version = $1", VERSIONS)
    await superuser.close()
    assert (await house.rules.get("U-001", 1)).text == text()
    await house.rules.update("U-001", text(body="select 2"))
    kept = await house.rules.get("U-001")
    assert (kept.versions[0].version, len(kept.versions)) == (VERSIONS + 1, VERSIONS)
    with pytest.raises(NotFound, match="RULE_VERSION_NOT_FOUND"):
        await house.rules.get("U-001", 1)


async def test_an_id_is_taken_once_and_free_again_when_it_is_deleted(house: House) -> None:
    await house.rules.create(text())
    with pytest.raises(Conflict, match="RULE_EXISTS"):
        await house.rules.create(text(body="select 2"))
    await house.rules.delete("U-001")
    for gone in (house.rules.get("U-001"), house.rules.delete("U-001"), house.rules.update("U-001", enabled=True)):
        with pytest.raises(NotFound, match="RULE_NOT_FOUND"):
            await gone
    assert (await house.rules.create(text())).rule.version == 1


async def test_the_same_key_makes_one_and_another_request_is_refused(house: House) -> None:
    first = await house.rules.create(text(), "k")
    again = await house.rules.create(text(), "k")
    assert (first.replayed, again.replayed, again.rule) == (False, True, first.rule)
    with pytest.raises(Conflict, match="IDEMPOTENCY_CONFLICT"):
        await house.rules.create(text("U-002"), "k")
    await house.rules.delete("U-001")
    assert (await house.rules.create(text(), "k")).replayed is False


async def test_many_at_once_with_one_id_make_one(house: House) -> None:
    made = await asyncio.gather(*(house.rules.create(text()) for _ in range(5)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in made) == ["Conflict"] * 4 + ["CreateRuleResponse"]


async def test_changes_are_in_the_audit_log_without_the_text(house: House) -> None:
    await house.rules.create(text())
    await house.rules.update("U-001", enabled=False)
    await house.rules.update("U-001", text(body="select secret"))
    await house.rules.update("U-001", enabled=False)
    await house.rules.delete("U-001")
    told = [each for each in await audited(house.mesh, house.rules.tenant) if each.subject == "U-001"]
    assert [each.action for each in told] == ["rule.deleted", "rule.changed", "rule.changed", "rule.created"]
    digest = hashlib.sha256(text(body="select secret").encode()).hexdigest()
    assert json.loads(told[1].details) == {"enabled": False, "sha256": digest, "version": 2}
    assert "secret" not in repr(told)


async def test_how_many_a_tenant_may_have_and_enable(house: House, dsns: Dsns) -> None:
    await house.rules.create(text())
    superuser = await asyncpg.connect(dsns.superuser)
    await _copies(superuser, MOST_ENABLED, enabled=True)
    with pytest.raises(Precondition, match="RULES_ENABLED_FULL"):
        await house.rules.create(text("U-900"))
    assert (await house.rules.create(text("U-900"), disabled=True)).rule.enabled is False
    with pytest.raises(Precondition, match="RULES_ENABLED_FULL"):
        await house.rules.update("U-900", enabled=True)
    await house.rules.update("U-001", enabled=False)
    assert (await house.rules.update("U-900", enabled=True)).rule.enabled is True
    await _copies(superuser, MOST, enabled=False)
    await superuser.close()
    with pytest.raises(Precondition, match="RULES_FULL"):
        await house.rules.create(text("U-9999"), disabled=True)


async def _copies(superuser: asyncpg.Connection, most: int, *, enabled: bool) -> None:
    """Of U-001, until there are so many."""
    await superuser.execute(
        "INSERT INTO perito.own_rules SELECT tenant_id, 'U-1' || lpad(n::text, 3, '0'), $2, 1 FROM perito.own_rules,"
        " generate_series(1 + (SELECT count(*) FROM perito.own_rules), $1) n WHERE rule_id = 'U-001'",
        *(most, enabled),
    )


@pytest.mark.parametrize("given", ["", "x" * 65_537, "\u00e9" * 32_769, "id: U-001\0"])
async def test_a_text_is_bounded_before_any_phase_is_asked(house: House, given: str) -> None:
    for call in (house.rules.create(given), house.rules.check(given)):
        with pytest.raises(Invalid, match="RULE_TEXT_INVALID"):
            await call
    assert house.checking.checks == 0


@pytest.mark.parametrize("given", ["", "C-001", "U-1", "U-00001", "u-001", "U-001 "])
async def test_an_id_has_a_form(house: House, given: str) -> None:
    for call in (house.rules.get(given), house.rules.delete(given), house.rules.update(given, enabled=True)):
        with pytest.raises(Invalid, match="RULE_ID_INVALID"):
            await call


async def test_another_tenants_is_not_there(house: House, dsns: Dsns) -> None:
    await house.rules.create(text())
    other = house.rules.of(await stranger(dsns))
    for call in (other.get("U-001"), other.delete("U-001"), other.update("U-001", enabled=False)):
        with pytest.raises(NotFound, match="RULE_NOT_FOUND"):
            await call
    assert await other.all() == []
    theirs = await other.create(text(body="select 2"))
    assert theirs.rule.version == 1, "ids are of each tenant"
    assert (await house.rules.get("U-001")).text == text()


async def test_a_busy_phase_is_waited_for_and_another_asked_meanwhile(house: House) -> None:
    house.checking.checks_busy = 4  # a call is tried so often by itself (docs/decisions/0100)
    assert list((await house.rules.check(text())).problems) == []
    assert (house.checking.checks, house.mesh.phases["books"].checks) == (4, 1)
    for name in ("books", "looks"):
        house.mesh.phases[name].checks_busy = 2
    assert list((await house.rules.check(text())).problems) == []


async def test_a_phase_that_cannot_keeps_nobody_from_the_next_one(house: House) -> None:
    house.checking.checks_away = True
    assert list((await house.rules.check(text())).problems) == []
    assert house.mesh.phases["books"].checks == 1
    house.mesh.phases["books"].checks_away = house.mesh.phases["looks"].checks_away = True
    with pytest.raises(Unavailable, match="COMPUTE_CRASHED"):
        await house.rules.check(text())


async def test_where_all_stay_busy_it_is_said_in_time(house: House) -> None:
    for name in ("books", "looks"):
        house.mesh.phases[name].checks_busy = 1000
    checks = RuleChecks(house.client.orchestrator._registry, seconds=0.5)  # pyright: ignore[reportPrivateUsage] -- its phases
    with pytest.raises(Unavailable, match=r"BUSY|DEADLINE_EXCEEDED"):
        await checks.check(house.rules.tenant, text())


async def test_where_no_phase_checks_it_is_said(mesh: Mesh) -> None:
    client = await mesh.start()
    rules = rules_of(mesh, client)
    calls = (rules.create(text()), rules.check(text()))
    for call in calls:
        with pytest.raises(Unavailable, match="RULE_CHECKS_UNSERVED"):
            await call
    assert await rules.all() == []


async def test_who_sent_a_version_is_kept(house: House) -> None:
    await house.rules.create(text())
    await replace(house.rules, key="AAAAAAAAAAAAAAAA").update("U-001", text(body="select 2"))
    assert [v.made_by for v in (await house.rules.get("U-001")).versions] == ["AAAAAAAAAAAAAAAA", ""]
