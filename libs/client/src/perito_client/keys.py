"""Calls for keys and the audit log: `client.keys`, with a key that has the scope `admin`.

A key is shown once, so what makes one is asked once: where the connection is lost, look at the list, end what nobody
has, and make another.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime
from functools import partial

from perito_client.generated.api.keys import (
    create_key,
    get_current_key,
    list_audit,
    list_keys,
    revoke_key,
    rotate_key,
    update_key,
)
from perito_client.generated.models import (
    AuditEntry,
    CurrentKey,
    Key,
    KeyRequest,
    NewKey,
    RatesRequest,
    RotatedKey,
    RotateRequest,
    ScopeName,
    UpdateKeyRequest,
)
from perito_client.transport import Transport

_DAY_SECONDS = 86_400


class Keys:
    """The keys of the tenant. Every method raises `ClientError`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def current(self) -> CurrentKey:
        """What the key of this client is. Every key may ask."""
        return await self._transport.answered(partial(get_current_key.asyncio_detailed, client=self._transport.api))

    async def create(
        self,
        name: str,
        scopes: Sequence[ScopeName],
        expires_at: datetime | None = None,
        rates: Mapping[ScopeName, int] | None = None,
    ) -> NewKey:
        """Makes a key, with scopes that this client's own has. `key` is the whole of it, shown this once. `rates`:
        requests a minute of its own, by scope.
        """
        body = KeyRequest(name=name, scopes=list(scopes), expires_at=_instant(expires_at), rates=_rates(rates or {}))
        return await self._transport.once(partial(create_key.asyncio_detailed, client=self._transport.api, body=body))

    async def every(self) -> AsyncGenerator[Key]:
        """All keys, newest first; those that have ended, too."""
        cursor = ""
        while True:
            ask = partial(list_keys.asyncio_detailed, client=self._transport.api, cursor=cursor)
            page = await self._transport.answered(ask)
            for key in page.items:
                yield key
            if page.next_cursor is None:
                return
            cursor = page.next_cursor

    async def rotate(
        self, key_id: str, overlap_seconds: int = _DAY_SECONDS, expires_at: datetime | None = None
    ) -> RotatedKey:
        """Makes a key in the place of another, which still works for `overlap_seconds`."""
        body = RotateRequest(overlap_seconds=overlap_seconds, expires_at=_instant(expires_at))
        return await self._transport.once(
            partial(rotate_key.asyncio_detailed, key_id, client=self._transport.api, body=body)
        )

    async def set_rates(self, key_id: str, rates: Mapping[ScopeName, int]) -> Key:
        """Gives a key these quotas of its own, requests a minute by scope, and no others; none: the deployment's."""
        body = UpdateKeyRequest(rates=_rates(rates))
        return await self._transport.answered(
            partial(update_key.asyncio_detailed, key_id, client=self._transport.api, body=body)
        )

    async def revoke(self, key_id: str) -> Key:
        """Ends a key, everywhere within five seconds. Refused with LAST_ADMIN_KEY for the last that manages keys."""
        return await self._transport.answered(partial(revoke_key.asyncio_detailed, key_id, client=self._transport.api))

    async def audit(self) -> AsyncGenerator[AuditEntry]:
        """Who did what in the tenant, newest first."""
        cursor = ""
        while True:
            ask = partial(list_audit.asyncio_detailed, client=self._transport.api, cursor=cursor)
            page = await self._transport.answered(ask)
            for entry in page.items:
                yield entry
            if page.next_cursor is None:
                return
            cursor = page.next_cursor


def _instant(given: datetime | None) -> str:
    return "" if given is None else given.isoformat(timespec="seconds")


def _rates(rates: Mapping[ScopeName, int]) -> RatesRequest:
    return RatesRequest(**{str(scope): rate for scope, rate in rates.items()})
