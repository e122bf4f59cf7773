"""API keys: `perito_<environment>_<id>_<secret><crc>`, shown once, stored as the SHA-256 of their secret.

id, secret and CRC-32 are 16, 32 and 6 base62 digits. The id finds the row, the secret (190 bits) proves it, the CRC
rejects typing errors without a look into the database. Unknown, wrong, expired and revoked all answer the same; only
whoever has a good key of a suspended tenant is told that.
"""

import hashlib
import hmac
import re
import secrets
import string
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from perito_kernel.errors import Forbidden, Invalid, Unauthenticated

from perito_orchestrator.roles import Connection
from perito_orchestrator.store import access, audit
from perito_orchestrator.store.access import KeyToStore
from perito_orchestrator.store.database import Database

SCOPES = ("read", "submit", "rules", "metrics", "admin")

_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_KEY = re.compile(r"(perito_[a-z]{2,10}_([0-9A-Za-z]{16})_([0-9A-Za-z]{32}))([0-9A-Za-z]{6})", re.ASCII)
_NOBODY = hashlib.sha256(b"no such key").digest()


@dataclass(frozen=True)
class Bearer:
    """Who a key belongs to and what it may do. `use_unknown`: its last use is to be written; `rates`: its own quotas a
    minute, by scope.
    """

    tenant: UUID
    key_id: str
    scopes: tuple[str, ...]
    use_unknown: bool = False
    rates: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True)
class NewKey:
    """A fresh key. `text` is all there is: it cannot be shown again."""

    text: str
    key_id: str
    secret_sha256: bytes


def new_key(environment: str = "live") -> NewKey:
    """A random key. `environment` is two to ten lower-case letters."""
    key_id = "".join(secrets.choice(_DIGITS) for _ in range(16))
    secret = "".join(secrets.choice(_DIGITS) for _ in range(32))
    text = f"perito_{environment}_{key_id}_{secret}"
    return NewKey(text + _checksum(text), key_id, _sha256(secret))


async def create_tenant(owner: Connection, name: str) -> UUID:
    """Makes a tenant and returns its id. The connection is the owner's."""
    async with owner.transaction():
        tenant = await access.insert_tenant(owner, name)
        await audit.record(owner, "tenant.created", str(tenant), {"name": name}, audit.OPERATOR)
        return tenant


async def create_key(
    owner: Connection, tenant: UUID, scopes: Sequence[str], environment: str = "live", name: str = ""
) -> NewKey:
    """Makes a key for a tenant. The connection is the owner's. Raises Invalid SCOPE_UNKNOWN."""
    check_scopes(scopes)
    key = new_key(environment)
    async with owner.transaction():
        await access.act_as(owner, tenant)
        stored = KeyToStore(key.key_id, environment, key.secret_sha256, scopes, name, audit.OPERATOR)
        await access.insert_key(owner, tenant, stored)
        await audit.record(owner, "key.created", key.key_id, {"name": name, "scopes": list(scopes)}, audit.OPERATOR)
    return key


def check_scopes(scopes: Sequence[str]) -> None:
    """Raises Invalid SCOPE_UNKNOWN."""
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown:
        raise Invalid("SCOPE_UNKNOWN", f"There is no scope {unknown[0][:60]}. Choose among {', '.join(SCOPES)}.")


async def authenticate(system: Database, text: str) -> Bearer:
    """The key's bearer. Raises Unauthenticated KEY_INVALID, for whatever reason, and Forbidden TENANT_SUSPENDED."""
    match = _KEY.fullmatch(text)
    if match is None or not hmac.compare_digest(match[4], _checksum(match[1])):
        raise _refused()
    stored = await access.find_key(system, match[2])
    # Compared also where there is no such key, so that the time taken says nothing.
    same = hmac.compare_digest(_sha256(match[3]), stored.secret_sha256 if stored else _NOBODY)
    if stored is None or not same:
        raise _refused()
    if stored.suspended:
        raise Forbidden(
            "TENANT_SUSPENDED",
            "This tenant is suspended: ask whoever runs Perito for you. What was accepted goes on, and nothing is"
            " lost.",
        )
    return Bearer(stored.tenant, match[2], stored.scopes, stored.use_unknown, stored.rates)


def _refused() -> Unauthenticated:
    return Unauthenticated("KEY_INVALID", "This API key is not valid. Send a current key in the header X-API-Key.")


def _sha256(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("ascii")).digest()


def _checksum(text: str) -> str:
    """CRC-32 in six base62 digits."""
    value = zlib.crc32(text.encode("ascii"))
    digits = ""
    for _ in range(6):
        value, digit = divmod(value, 62)
        digits = _DIGITS[digit] + digits
    return digits
