"""What a call carries beside its message: tenant, the API key behind it, request id and how much time is left.

The request id, the id of the key and the deadline travel on by themselves to every call made while serving one. The
tenant never does: whoever calls on a tenant's behalf says so.
"""

import os
import re
import time
import uuid
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from perito_kernel.errors import Invalid

TENANT_KEY = "perito-tenant"
REQUEST_KEY = "perito-request-id"
ACTOR_KEY = "perito-key"

_REQUEST_CHARACTERS = 64
_KEY_ID = re.compile(r"[0-9A-Za-z]{1,32}", re.ASCII)
_tenant: ContextVar[str] = ContextVar("perito_tenant", default="")
_deadline: ContextVar[float | None] = ContextVar("perito_deadline", default=None)
_request: ContextVar[str] = ContextVar("perito_request", default="")
_actor: ContextVar[str] = ContextVar("perito_actor", default="")


def tenant_metadata(tenant: str) -> tuple[tuple[str, str], ...]:
    """Metadata for a call on behalf of a tenant (UUID)."""
    return ((TENANT_KEY, tenant),)


def tenant_of(context: Any) -> str:  # grpc's two context classes share no useful base
    """The tenant of the call being served, in canonical form: the API key's where it brought one, else the one that
    its metadata names. Raises `Invalid` TENANT_REQUIRED.
    """
    try:
        return _tenant.get() or str(uuid.UUID(metadata_of(context).get(TENANT_KEY, "")))
    except ValueError as error:
        raise Invalid("TENANT_REQUIRED", f"Send the tenant's UUID in metadata {TENANT_KEY}.") from error


def enter_tenant(tenant: str) -> None:
    """From here on the request being served is this tenant's (canonical UUID), whatever its metadata says."""
    _tenant.set(tenant)


def acting_key() -> str:
    """Public id of the API key behind the request being served; empty where there is none, as in background work."""
    return _actor.get()


def enter_acting_key(key_id: str) -> None:
    """From here on the request being served is known to come from this key. What is no key id is none."""
    _actor.set(key_id if _KEY_ID.fullmatch(key_id) else "")


def metadata_of(context: Any) -> Mapping[str, str]:
    """Text metadata of the call being served; of a repeated key the last value."""
    return {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}


def request_id() -> str:
    """Id of the request being served; empty outside of one."""
    return _request.get()


def enter_request(request: str, seconds_left: float | None) -> str:
    """Begins a request: remembers its id (a fresh one where it has none of a usable form) and its deadline.

    Tasks started while serving inherit both. A task that outlives the request calls this first, with "" and None.
    """
    sound = 0 < len(request) <= _REQUEST_CHARACTERS and request.isascii() and request.isprintable()
    chosen = request if sound else os.urandom(16).hex()
    _request.set(chosen)
    _tenant.set("")
    _actor.set("")
    _deadline.set(None if seconds_left is None else time.monotonic() + seconds_left)
    return chosen


def seconds_left() -> float | None:
    """Seconds until the request being served must be answered; None where there is no such limit."""
    deadline = _deadline.get()
    return None if deadline is None else max(0.0, deadline - time.monotonic())
