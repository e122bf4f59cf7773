"""Keys that a tenant manages: what a key may give, how one is replaced, and that nobody is locked out by accident."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from perito_kernel.errors import Forbidden, Invalid, NotFound, PeritoError, Precondition, Unauthenticated
from perito_orchestrator import key_management
from perito_orchestrator.key_management import Keys, MadeKey, WantedKey
from perito_orchestrator.keys import SCOPES, authenticate, create_key, create_tenant
from perito_orchestrator.last_use import LastUse
from perito_orchestrator.store.database import Database

from .databases import Dsns


@dataclass
class House:
    """One tenant with a key of every scope, another tenant, and the pools of requests and of the system."""

    app: Database
    system: Database
    tenant: UUID
    other: UUID
    first: str
    dsns: Dsns

    def keys(self, maker: str = "", tenant: UUID | None = None) -> Keys:
        return Keys(self.app, tenant or self.tenant, maker or self.first)

    async def works(self, made: MadeKey) -> bool:
        try:
            return (await authenticate(self.system, made.text)).key_id == made.row.key_id
        except Unauthenticated:
            return False

    async def ask(self, query: str, *arguments: object) -> object:
        superuser = await asyncpg.connect(self.dsns.superuser, server_settings={"search_path": "perito"})
        try:
            return await superuser.fetchval(query, *arguments)
        finally:
            await superuser.close()


@pytest.fixture
async def house(dsns: Dsns) -> AsyncIterator[House]:
    owner = await asyncpg.connect(dsns.owner, server_settings={"search_path": "perito"})
    tenant, other = await create_tenant(owner, "A"), await create_tenant(owner, "B")
    first = await create_key(owner, tenant, SCOPES)
    await owner.close()
    app, system = Database(dsns.app), Database(dsns.system)
    await app.open()
    await system.open()
    yield House(app, system, tenant, other, first.key_id, dsns)
    await app.close()
    await system.close()


async def test_a_key_is_made_with_what_its_maker_has(house: House) -> None:
    until = datetime.now(UTC) + timedelta(days=1)
    made = await house.keys().create(WantedKey(" tills ", ["submit", "read", "read"], until))
    assert (made.row.name, made.row.scopes, made.row.expires_at) == ("tills", ("read", "submit"), until)
    assert (made.row.created_by, made.row.status, made.row.environment) == (house.first, "active", "live")
    assert await house.works(made)
    with pytest.raises(Forbidden, match="SCOPE_NOT_YOURS"):
        await house.keys(made.row.key_id).create(WantedKey("more", ["read", "admin"]))
    with pytest.raises(Forbidden, match="SCOPE_NOT_YOURS"):
        await house.keys(made.row.key_id).rotate(house.first, 0)


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (WantedKey("", ["read"]), "KEY_NAME_INVALID"),
        (WantedKey("x\n", ["read"], None), ""),  # blanks around a name are no part of it
        (WantedKey("x\ny", ["read"]), "KEY_NAME_INVALID"),
        (WantedKey("x" * 101, ["read"]), "KEY_NAME_INVALID"),
        (WantedKey("x", []), "SCOPE_UNKNOWN"),
        (WantedKey("x", ["fly"]), "SCOPE_UNKNOWN"),
        (WantedKey("x", ["read"], datetime.now(UTC) - timedelta(seconds=1)), "EXPIRY_INVALID"),
        (WantedKey("x", ["read"], datetime.now(UTC) + timedelta(days=3700)), "EXPIRY_INVALID"),
    ],
)
async def test_what_is_no_key_is_refused(house: House, wanted: WantedKey, reason: str) -> None:
    if not reason:
        assert (await house.keys().create(wanted)).row.name == "x"
        return
    with pytest.raises(Invalid, match=reason):
        await house.keys().create(wanted)


async def test_a_key_is_replaced_and_goes_on_for_the_overlap(house: House) -> None:
    old = await house.keys().create(WantedKey("tills", ["read"]))
    new, replaced = await house.keys().rotate(old.row.key_id, 3600)
    assert (new.row.name, new.row.scopes, new.row.expires_at) == ("tills", ("read",), None)
    assert replaced.rotated_to == new.row.key_id
    assert replaced.expires_at is not None
    assert timedelta(minutes=59) < replaced.expires_at - datetime.now(UTC) < timedelta(minutes=61)
    assert await house.works(old)
    assert await house.works(new)
    newest, _ = await house.keys().rotate(new.row.key_id, 0)
    assert [await house.works(each) for each in (old, new, newest)] == [True, False, True]
    with pytest.raises(Precondition, match="KEY_ENDED"):
        await house.keys().rotate(new.row.key_id, 0)
    with pytest.raises(Invalid, match="OVERLAP_INVALID"):
        await house.keys().rotate(newest.row.key_id, 31 * 86_400)


async def test_a_replaced_key_never_lives_longer_and_its_successor_as_long_as_it(house: House) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=10)
    old = await house.keys().create(WantedKey("short", ["read"], soon))
    new, replaced = await house.keys().rotate(old.row.key_id, 86_400)
    assert replaced.expires_at == soon
    assert new.row.expires_at is not None
    assert timedelta(minutes=9) < new.row.expires_at - datetime.now(UTC) < timedelta(minutes=11)
    wanted = datetime.now(UTC) + timedelta(days=2)
    assert (await house.keys().rotate(new.row.key_id, 0, wanted))[0].row.expires_at == wanted


async def test_the_last_key_that_manages_keys_is_not_ended_by_accident(house: House) -> None:
    with pytest.raises(Precondition, match="LAST_ADMIN_KEY"):
        await house.keys().revoke(house.first)
    await house.keys().create(WantedKey("reader", ["read"]))
    passing = await house.keys().create(WantedKey("passing", ["admin"]))
    await house.keys().revoke(passing.row.key_id)
    with pytest.raises(Precondition, match="LAST_ADMIN_KEY"):
        await house.keys().revoke(house.first)
    # The old one works for another day, and is no help: whoever revokes the new one would be locked out tomorrow.
    new, _ = await house.keys().rotate(house.first, 86_400)
    with pytest.raises(Precondition, match="LAST_ADMIN_KEY"):
        await house.keys(new.row.key_id).revoke(new.row.key_id)
    second = await house.keys(new.row.key_id).create(WantedKey("second", ["admin"]))
    assert (await house.keys(second.row.key_id).revoke(new.row.key_id)).status == "revoked"
    assert not await house.works(new)
    operator = Keys(house.app, house.tenant, None)
    assert (await operator.revoke(second.row.key_id, even_the_last=True)).status == "revoked"


async def test_two_that_end_each_others_keys_leave_one(house: House) -> None:
    for _ in range(5):
        second = await house.keys().create(WantedKey("second", SCOPES))
        ended = await asyncio.gather(
            house.keys(second.row.key_id).revoke(house.first),
            house.keys(house.first).revoke(second.row.key_id),
            return_exceptions=True,
        )
        refused = [each for each in ended if isinstance(each, PeritoError)]
        assert [error.reason for error in refused] == ["LAST_ADMIN_KEY"]
        if await house.works(second):
            house.first = second.row.key_id


async def test_another_tenants_key_is_not_there(house: House) -> None:
    operator = Keys(house.app, house.other, None)
    foreign = await operator.create(WantedKey("theirs", SCOPES))
    for call in (house.keys().revoke(foreign.row.key_id), house.keys().rotate(foreign.row.key_id, 0)):
        with pytest.raises(NotFound, match="KEY_NOT_FOUND"):
            await call
    # A key that names another tenant than its own is nobody there.
    with pytest.raises(Unauthenticated):
        await house.keys(house.first, house.other).create(WantedKey("x", ["read"]))
    assert await house.works(foreign)
    rows, _ = await house.keys().page(50, "")
    assert [row.key_id for row in rows] == [house.first]
    with pytest.raises(NotFound, match="TENANT_NOT_FOUND"):
        await Keys(house.app, UUID(int=7), None).create(WantedKey("x", ["read"]))


async def test_the_list_goes_on_where_it_was(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [(await house.keys().create(WantedKey(f"k{n}", ["read"]))).row.key_id for n in range(5)]
    seen: list[str] = []
    token = ""
    while True:
        rows, token = await house.keys().page(2, token)
        seen += [row.key_id for row in rows]
        if not token:
            break
    assert seen == [*reversed(made), house.first]
    for bad in ("x", "W10", "a" * 3000):
        with pytest.raises(Invalid, match="PAGE_TOKEN"):
            await house.keys().page(2, bad)
    monkeypatch.setattr(key_management, "_MOST_KEYS", 6)
    with pytest.raises(PeritoError, match="KEYS_TOO_MANY"):
        await house.keys().create(WantedKey("one more", ["read"]))


async def test_the_last_use_is_written_and_seldom(house: House) -> None:
    last_use = LastUse(house.system)
    made = await house.keys().create(WantedKey("x", ["read"]))
    assert made.row.last_used_at is None
    bearer = await authenticate(house.system, made.text)
    last_use.note(bearer)
    await last_use.write()
    first = (await house.keys(made.row.key_id).current())[0].last_used_at
    assert first is not None
    assert timedelta(0) <= datetime.now(UTC) - first < timedelta(seconds=10)
    again = await authenticate(house.system, made.text)
    assert not again.use_unknown, "it was written a moment ago, so this use is not"
    await house.ask("UPDATE api_keys SET last_used_at = last_used_at - interval '2 minutes' RETURNING true")
    last_use.note(await authenticate(house.system, made.text))
    await last_use.stop()
    later = (await house.keys(made.row.key_id).current())[0].last_used_at
    assert later is not None
    assert later >= first


async def test_requests_cannot_read_hashes_nor_rewrite_keys(house: House) -> None:
    for query in (
        "SELECT secret_sha256 FROM api_keys",
        "UPDATE api_keys SET scopes = '{admin}'",
        "UPDATE api_keys SET secret_sha256 = '\\x00'",
        "DELETE FROM api_keys",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with house.app.unit(house.tenant) as unit:
                await unit.execute(query)
