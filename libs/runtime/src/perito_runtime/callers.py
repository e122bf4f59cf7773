"""Who may call what: services by the identity in their certificate, internal clients with an API key beside it.

A service may be called by the identities that are named for it and by nobody else. Some of them act for whatever tenant
they name; the others must bring an API key in metadata (`authorization: Bearer perito_...`), and the key decides tenant
and methods. Where a key is given it is what counts, whoever gives it.

On Unix sockets and loopback without TLS there is no identity: whoever the machine lets near may call.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import structlog
from perito_kernel.errors import Forbidden, Invalid, PeritoError, Unauthenticated

from perito_runtime.interceptors import Around
from perito_runtime.key_ring import KeyRing, bearer_key
from perito_runtime.logs import logger
from perito_runtime.request_context import TENANT_KEY, enter_tenant, metadata_of
from perito_runtime.tls import IDENTITY_PREFIX, identity_of

AUTHORIZATION_KEY = "authorization"

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
    method (`SubmitAnalysis`) which scope a key needs; methods that are not named cannot be called with a key.
    """

    trusted: Collection[str] = ()
    with_key: Collection[str] = ()
    scopes: Mapping[str, str] = field(default_factory=dict[str, str])


def callers_around(allowed: Mapping[str, Callers], keys: KeyRing[KeyBearer] | None = None) -> Around:
    """What `build_server` takes. `allowed` is by full service name; a service that is not named is nobody's.

    Refuses with PERMISSION_DENIED CALLER_NOT_ALLOWED, TENANT_MISMATCH, SCOPE_MISSING and with UNAUTHENTICATED
    CALLER_UNKNOWN, API_KEY_REQUIRED, API_KEY_INVALID.
    """

    @asynccontextmanager
    async def around(method: str, context: Any) -> AsyncGenerator[None, None]:
        caller = _caller(context)
        structlog.contextvars.bind_contextvars(caller=caller or "this machine")
        service, _, name = method.removeprefix("/").partition("/")
        try:
            rule = allowed.get(service, Callers())
            _check_identity(caller, rule, service)
            metadata = metadata_of(context)
            if AUTHORIZATION_KEY in metadata and keys is not None:
                await _take_key(keys, rule, name, metadata)
            elif caller is not None and caller not in rule.trusted:
                raise Unauthenticated(
                    "API_KEY_REQUIRED",
                    f"{caller} must bring an API key: metadata {AUTHORIZATION_KEY}: Bearer perito_...",
                )
        except PeritoError as error:
            _log.warning("caller refused", reason=error.reason)
            raise
        yield

    return around


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


async def _take_key(keys: KeyRing[KeyBearer], rule: Callers, method: str, metadata: Mapping[str, str]) -> None:
    bearer = await keys.identify(bearer_key(metadata[AUTHORIZATION_KEY]))
    structlog.contextvars.bind_contextvars(tenant=bearer.tenant, key=bearer.key_id)
    scope = rule.scopes.get(method)
    if scope is None:
        raise Forbidden("KEY_NOT_FOR_THIS", f"{method} cannot be called with an API key.")
    if scope not in bearer.scopes:
        raise Forbidden("SCOPE_MISSING", f"This key lacks the scope `{scope}`: use one that has it.", {"scope": scope})
    named = metadata.get(TENANT_KEY)
    if named is not None and _canonical(named) != bearer.tenant:
        raise Forbidden("TENANT_MISMATCH", f"The API key is not of the tenant in {TENANT_KEY}: leave that out.")
    enter_tenant(bearer.tenant)


def _canonical(tenant: str) -> str:
    try:
        return str(UUID(tenant))
    except ValueError as error:
        raise Invalid(
            "TENANT_REQUIRED", f"Send the tenant's UUID in metadata {TENANT_KEY}, or leave it out."
        ) from error
