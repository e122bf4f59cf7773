"""Making, replacing and ending keys of one tenant, each in one transaction with its record in the audit log.

A key gives no more than whoever makes it has, and the last one that may manage keys is not ended by accident: the
tenant would be locked out, and only an operator could let it in again.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from perito_kernel.errors import Exhausted, Forbidden, Invalid, NotFound, Precondition, Unauthenticated

from perito_orchestrator.cursor import page_token, place_of, token_invalid
from perito_orchestrator.key_rates import checked_rates
from perito_orchestrator.keys import SCOPES, check_scopes, new_key
from perito_orchestrator.store import access, audit
from perito_orchestrator.store.access import KeyRow, KeyToStore
from perito_orchestrator.store.database import Connection, Database

DEFAULT_OVERLAP_SECONDS = 86_400
MOST_OVERLAP_SECONDS = 30 * 86_400
ADMIN = "admin"

_MOST_KEYS = 1000
_MOST_LIFE = timedelta(days=3653)
_NAME_CHARACTERS = 100
_QUESTION = ["keys"]


@dataclass(frozen=True)
class WantedKey:
    """What somebody asks for. `expires_at` None: it does not expire; `rates`: its own quotas a minute, by scope."""

    name: str
    scopes: Sequence[str]
    expires_at: datetime | None = None
    rates: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True)
class MadeKey:
    """A new key. `text` is all there is: it cannot be shown again."""

    text: str
    row: KeyRow


class Keys:
    """The keys of one tenant, as `maker` (a key's id) or, where that is None, as an operator whom nothing of what a key
    has binds. The database is that of perito_app, or of the owner for an operator.
    """

    def __init__(self, db: Database, tenant: UUID, maker: str | None) -> None:
        self._db = db
        self._tenant = tenant
        self._maker = maker
        self._actor = audit.OPERATOR if maker is None else f"key:{maker}"
        self._by = audit.OPERATOR if maker is None else maker

    async def create(self, wanted: WantedKey, environment: str = "") -> MadeKey:
        """Makes a key; its environment is the maker's unless it is named.

        Raises Invalid KEY_NAME_INVALID, SCOPE_UNKNOWN, EXPIRY_INVALID, RATES_INVALID; Forbidden SCOPE_NOT_YOURS;
        Exhausted KEYS_TOO_MANY; NotFound TENANT_NOT_FOUND.
        """
        asked = _checked(wanted)
        async with self._unit() as connection:
            maker = await self._entered(connection, asked.scopes)
            made = await self._insert(connection, asked, environment or (maker.environment if maker else "live"))
            await audit.record(connection, "key.created", made.row.key_id, _facts(made.row), self._actor)
        return made

    async def rotate(
        self, key_id: str, overlap_seconds: float, expires_at: datetime | None = None
    ) -> tuple[MadeKey, KeyRow]:
        """Makes a key in the place of another, which goes on for `overlap_seconds`. The new one, and the old one.

        Raises as `create`; NotFound KEY_NOT_FOUND, Precondition KEY_ENDED, Invalid OVERLAP_INVALID.
        """
        if not 0 <= overlap_seconds <= MOST_OVERLAP_SECONDS:
            raise Invalid("OVERLAP_INVALID", f"The old key goes on for 0 to {MOST_OVERLAP_SECONDS} seconds, no longer.")
        async with self._unit() as connection:
            await access.lock(connection, self._tenant)
            old = await _active(connection, key_id)
            await self._entered(connection, old.scopes)
            wanted = WantedKey(old.name, old.scopes, _expiry(expires_at or _as_long_as(old)), old.rates)
            made = await self._insert(connection, wanted, old.environment)
            await access.replace(connection, key_id, made.row.key_id, overlap_seconds)
            replaced = await _found(connection, key_id)
            facts = {"rotated_to": made.row.key_id, "expires_at": _told(replaced.expires_at)}
            await audit.record(connection, "key.rotated", key_id, facts, self._actor)
        return made, replaced

    async def set_rates(self, key_id: str, rates: Mapping[str, int]) -> KeyRow:
        """Gives a key these quotas of its own in the place of those that it has. Others may have more than the maker's:
        an edge bounds them all.

        Raises NotFound KEY_NOT_FOUND, Precondition KEY_ENDED, Invalid SCOPE_UNKNOWN, RATES_INVALID.
        """
        async with self._unit() as connection:
            await access.lock(connection, self._tenant)
            key = await _active(connection, key_id)
            asked = checked_rates(rates, key.scopes)
            if asked == key.rates:
                return key
            await access.set_rates(connection, key_id, asked)
            changed = await _found(connection, key_id)
            await audit.record(connection, "key.changed", key_id, {"rates": asked}, self._actor)
        return changed

    async def revoke(self, key_id: str, *, even_the_last: bool = False) -> KeyRow:
        """Ends a key; one that has ended stays as it is.

        Raises NotFound KEY_NOT_FOUND, and Precondition LAST_ADMIN_KEY unless it may be the last.
        """
        async with self._unit() as connection:
            await access.lock(connection, self._tenant)
            key = await _found(connection, key_id)
            if key.status != "active":
                return key
            if ADMIN in key.scopes and not even_the_last and not await access.another_admin(connection, key_id):
                raise Precondition(
                    "LAST_ADMIN_KEY",
                    "This is the last key that may manage keys. Make another one with the scope `admin` first, or"
                    " rotate this one with an overlap of 0, which ends it at once and shows its successor.",
                )
            await access.revoke(connection, key_id, self._by)
            ended = await _found(connection, key_id)
            await audit.record(connection, "key.revoked", key_id, {"name": key.name}, self._actor)
        return ended

    async def current(self) -> tuple[KeyRow, str]:
        """The maker's own key, and its tenant's name. Raises Unauthenticated API_KEY_INVALID where it works no more."""
        async with self._unit() as connection:
            return await self._own(connection), await access.tenant_name(connection)

    async def page(self, size: int, token: str) -> tuple[list[KeyRow], str]:
        """One page of keys, newest first, and the token of the next. Raises Invalid PAGE_TOKEN_INVALID, _MISMATCH."""
        after = _place(place_of(token, _QUESTION)) if token else None
        async with self._unit() as connection:
            rows = await access.page(connection, after, size + 1)
        shown = rows[:size]
        more = len(rows) > size
        return shown, page_token([shown[-1].created_at.isoformat(), shown[-1].key_id], _QUESTION) if more else ""

    def _unit(self) -> AbstractAsyncContextManager[Connection]:
        return self._db.unit(self._tenant)

    async def _entered(self, connection: Connection, scopes: Sequence[str]) -> KeyRow | None:
        """The maker's key, once nobody else changes keys of this tenant and it has all of these scopes."""
        await access.lock(connection, self._tenant)
        if self._maker is None:
            if not await access.tenant_name(connection):
                raise NotFound("TENANT_NOT_FOUND", "There is no such tenant. `perito tenants list` names them.")
            return None
        maker = await self._own(connection)
        lacking = sorted(set(scopes) - set(maker.scopes))
        if lacking:
            raise Forbidden(
                "SCOPE_NOT_YOURS",
                f"A key gives no scope that its maker lacks, and yours lacks `{lacking[0]}`. Leave it out, or use a key"
                " that has it.",
                {"scope": lacking[0]},
            )
        return maker

    async def _own(self, connection: Connection) -> KeyRow:
        own = await access.read_key(connection, self._maker or "")
        if own is None or own.status != "active":
            raise Unauthenticated("API_KEY_INVALID", "The key behind this request works no more. Use a current one.")
        return own

    async def _insert(self, connection: Connection, wanted: WantedKey, environment: str) -> MadeKey:
        if await access.usable(connection) >= _MOST_KEYS:
            raise Exhausted("KEYS_TOO_MANY", f"A tenant has at most {_MOST_KEYS} keys that work: revoke some first.")
        made = new_key(environment)
        stored = KeyToStore(
            *(made.key_id, environment, made.secret_sha256, wanted.scopes, wanted.name, self._by, wanted.expires_at),
            rates=wanted.rates,
        )
        await access.insert_key(connection, self._tenant, stored)
        return MadeKey(made.text, await _found(connection, made.key_id))


async def _found(connection: Connection, key_id: str) -> KeyRow:
    found = await access.read_key(connection, key_id)
    if found is None:
        raise NotFound("KEY_NOT_FOUND", "There is no such key. The list of keys has the ids, which are no secrets.")
    return found


async def _active(connection: Connection, key_id: str) -> KeyRow:
    """A key that works. Raises NotFound KEY_NOT_FOUND, Precondition KEY_ENDED."""
    key = await _found(connection, key_id)
    if key.status != "active":
        raise Precondition("KEY_ENDED", f"This key is {key.status}: make a new one.", {"status": key.status})
    return key


def _checked(wanted: WantedKey) -> WantedKey:
    name = wanted.name.strip()
    if not 1 <= len(name) <= _NAME_CHARACTERS or not name.isprintable():
        raise Invalid("KEY_NAME_INVALID", f"A key has a name of 1 to {_NAME_CHARACTERS} printable characters.")
    if not wanted.scopes:
        raise Invalid("SCOPE_UNKNOWN", f"Name at least one scope, of {', '.join(SCOPES)}.")
    check_scopes(wanted.scopes)
    scopes = tuple(scope for scope in SCOPES if scope in wanted.scopes)
    return WantedKey(name, scopes, _expiry(wanted.expires_at), checked_rates(wanted.rates, scopes))


def _expiry(wanted: datetime | None) -> datetime | None:
    now = datetime.now(UTC)
    if wanted is not None and not now < wanted <= now + _MOST_LIFE:
        raise Invalid("EXPIRY_INVALID", "A key expires in the future and within ten years. Leave it out for never.")
    return wanted


def _as_long_as(old: KeyRow) -> datetime | None:
    """The end of a key that lives from now on as long as another was meant to."""
    # One that was rotated has had its end brought forward: what it was meant for is not known any more.
    if old.expires_at is None or old.rotated_to is not None:
        return None
    return datetime.now(UTC) + (old.expires_at - old.created_at)


def _facts(row: KeyRow) -> dict[str, object]:
    facts: dict[str, object] = {"name": row.name, "scopes": list(row.scopes), "expires_at": _told(row.expires_at)}
    return facts | ({"rates": dict(row.rates)} if row.rates else {})


def _told(instant: datetime | None) -> str | None:
    return instant.astimezone(UTC).isoformat(timespec="seconds") if instant else None


def _place(place: list[Any]) -> tuple[datetime, str]:
    try:
        instant, key_id = place
        when = datetime.fromisoformat(instant)
    except (ValueError, TypeError) as error:
        raise token_invalid() from error
    if when.tzinfo is None or not isinstance(key_id, str) or "\0" in key_id:
        raise token_invalid()
    return when, key_id
