"""Who may call what: services by the identity in their certificate, internal clients with an API key beside it.

A service may be called by the identities that are named for it and by nobody else. Some of them act for whatever tenant
they name; the others must bring an API key in metadata (`authorization: Bearer perito_...`), and the key decides tenant
and methods. Where a key is given it is what counts, whoever gives it.

A call that lasts ends when its key does. On Unix sockets and loopback without TLS there is no identity: whoever the
machine lets near may call.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import structlog
from perito_kernel.errors import Forbidden, Invalid, PeritoError, Unauthenticated

from perito_runtime.interceptors import Around
from perito_runtime.key_ring import LOOK_SECONDS, KeyRing, bearer_key
from perito_runtime.logs import logger
from perito_runtime.request_context import TENANT_KEY, enter_acting_key, enter_tenant, metadata_of
from perito_runtime.tls import IDENTITY_PREFIX, identity_of

AUTHORIZATION_KEY = "authorization"
ANY_SCOPE = "any"
"""In the place of a scope: every key may."""

_NAME_CHARACTERS = 100
_log = logger("callers")


@dataclass(frozen=True)
class KeyBearer:
    """Who an API key belongs to (UUID), by which name it is known, and what it may do."""

    tenant: str
    key_id: str
    scopes: frozenset[str]


@dataclass(frozen=True)
class Callers:
    """Who may call one service. `trusted` may name any tenant, `with_key` must bring a key. `scopes` says for each
    method (`SubmitAnalysis`) which scope a key needs, or `ANY_SCOPE`; methods that are not named cannot be called with
    a key.
    """

    trusted: Collection[str] = ()
    with_key: Collection[str] = ()
    scopes: Mapping[str, str] = field(default_factory=dict[str, str])


def callers_around(allowed: Mapping[str, Callers], keys: KeyRing[KeyBearer] | None = None) -> Around:
    """What `build_server` takes. `allowed` is by full service name; a service that is not named is nobody's.

    Refuses with PERMISSION_DENIED CALLER_NOT_ALLOWED, TENANT_MISMATCH, SCOPE_MISSING and with UNAUTHENTICATED
    CALLER_UNKNOWN, API_KEY_REQUIRED, API_KEY_INVALID, and with what else the key check raises.
    """

    @asynccontextmanager
    async def around(method: str, context: Any) -> AsyncGenerator[None, None]:
        caller = _caller(context)
        structlog.contextvars.bind_contextvars(caller=caller or "this machine")
        service, _, name = method.removeprefix("/").partition("/")
        key: str | None = None
        try:
            rule = allowed.get(service, Callers())
            _check_identity(caller, rule, service)
            metadata = metadata_of(context)
            if AUTHORIZATION_KEY in metadata and keys is not None:
                key = bearer_key(metadata[AUTHORIZATION_KEY])
                await _take_key(keys, key, rule, name, metadata)
            elif caller is not None and caller not in rule.trusted:
                raise Unauthenticated(
                    "API_KEY_REQUIRED",
                    f"{caller} must bring an API key: metadata {AUTHORIZATION_KEY}: Bearer perito_...",
                )
        except PeritoError as error:
            _log.warning("caller refused", reason=error.reason)
            raise
        if key is None or keys is None:
            yield
            return
        async with _while_good(keys, key):
            yield

    return around


@asynccontextmanager
async def _while_good(keys: KeyRing[KeyBearer], key: str) -> AsyncGenerator[None, None]:
    """Ends what takes longer than a moment once its key is refused, with that refusal. Where nobody can say whether the
    key is good, what has begun with it goes on.
    """
    loop = asyncio.get_running_loop()
    watching: list[asyncio.Task[PeritoError]] = []

    async def watch() -> PeritoError:
        while True:
            try:
                await keys.identify(key)
            except (Unauthenticated, Forbidden) as refusal:
                limit.reschedule(loop.time())
                return refusal
            except PeritoError:
                _log.warning("a key cannot be checked, and its call goes on")
            await asyncio.sleep(LOOK_SECONDS)

    # Most calls have ended before the first look, and cost no task.
    begin = loop.call_later(LOOK_SECONDS, lambda: watching.append(loop.create_task(watch())))
    try:
        async with asyncio.timeout(None) as limit:
            yield
    except TimeoutError:
        if not (watching and watching[0].done()):
            raise
        raise watching[0].result() from None
    finally:
        begin.cancel()
        for task in watching:
            task.cancel()


def only(identity: str, services: Sequence[str]) -> Around:
    """Lets one service call these (full names)."""
    return callers_around({service: Callers(trusted=(identity,)) for service in services})


def key_ring(check: Callable[[str], Awaitable[KeyBearer]]) -> KeyRing[KeyBearer]:
    """Keys of internal clients, remembered as long as the edge remembers those of HTTP."""
    return KeyRing(
        check,
        lambda: Unauthenticated(
            "API_KEY_INVALID", f"Send a valid API key in metadata {AUTHORIZATION_KEY}: Bearer perito_..."
        ),
    )


def _caller(context: Any) -> str | None:
    """The caller's service name; None where there is no TLS. Raises `Unauthenticated` CALLER_UNKNOWN."""
    shown: Mapping[str, Sequence[bytes]] = context.auth_context()
    if b"ssl" not in shown.get("transport_security_type", ()):
        return None
    caller = identity_of([uri.decode("utf-8", "replace") for uri in shown.get("peer_uri", ())])
    if caller is None:
        raise Unauthenticated(
            "CALLER_UNKNOWN", f"The certificate must name its service in exactly one URI: {IDENTITY_PREFIX}<service>."
        )
    return caller[:_NAME_CHARACTERS]


def _check_identity(caller: str | None, rule: Callers, service: str) -> None:
    if caller is not None and caller not in rule.trusted and caller not in rule.with_key:
        raise Forbidden(
            "CALLER_NOT_ALLOWED",
            f"{caller} may not call {service}. Name it among the clients that may, or call another.",
        )


async def _take_key(
    keys: KeyRing[KeyBearer], key: str | None, rule: Callers, method: str, metadata: Mapping[str, str]
) -> None:
    bearer = await keys.identify(key)
    structlog.contextvars.bind_contextvars(tenant=bearer.tenant, key=bearer.key_id)
    scope = rule.scopes.get(method)
    if scope is None:
        raise Forbidden("KEY_NOT_FOR_THIS", f"{method} cannot be called with an API key.")
    if scope != ANY_SCOPE and scope not in bearer.scopes:
        raise Forbidden("SCOPE_MISSING", f"This key lacks the scope `{scope}`: use one that has it.", {"scope": scope})
    named = metadata.get(TENANT_KEY)
    if named is not None and _canonical(named) != bearer.tenant:
        raise Forbidden("TENANT_MISMATCH", f"The API key is not of the tenant in {TENANT_KEY}: leave that out.")
    enter_tenant(bearer.tenant)
    enter_acting_key(bearer.key_id)


def _canonical(tenant: str) -> str:
    try:
        return str(UUID(tenant))
    except ValueError as error:
        raise Invalid(
            "TENANT_REQUIRED", f"Send the tenant's UUID in metadata {TENANT_KEY}, or leave it out."
        ) from error
