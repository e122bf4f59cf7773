"""API keys: `perito_<environment>_<id>_<secret><crc>`, shown once, stored as the SHA-256 of their secret.

id, secret and CRC-32 are 16, 32 and 6 base62 digits. The id finds the row, the secret (190 bits) proves it, the CRC
rejects typing errors without a look into the database. Unknown, wrong, expired and revoked all answer the same.
"""

import hashlib
import hmac
import re
import secrets
import string
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from perito_kernel.errors import Invalid, Unauthenticated

from perito_orchestrator.roles import Connection
from perito_orchestrator.store import access
from perito_orchestrator.store.database import Database

SCOPES = ("read", "submit", "rules", "metrics", "admin")

_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_KEY = re.compile(r"(perito_[a-z]{2,10}_([0-9A-Za-z]{16})_([0-9A-Za-z]{32}))([0-9A-Za-z]{6})", re.ASCII)
_NOBODY = hashlib.sha256(b"no such key").digest()


@dataclass(frozen=True)
class Bearer:
    """Who a key belongs to and what it may do."""

    tenant: UUID
    key_id: str
    scopes: tuple[str, ...]


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
        return await access.insert_tenant(owner, name)


async def create_key(owner: Connection, tenant: UUID, scopes: Sequence[str], environment: str = "live") -> NewKey:
    """Makes a key for a tenant. The connection is the owner's. Raises Invalid SCOPE_UNKNOWN."""
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown:
        raise Invalid("SCOPE_UNKNOWN", f"There is no scope {unknown[0]}. Choose among {', '.join(SCOPES)}.")
    key = new_key(environment)
    async with owner.transaction():
        await access.insert_key(owner, tenant, key.key_id, environment, key.secret_sha256, scopes)
    return key


async def authenticate(system: Database, text: str) -> Bearer:
    """The key's bearer. Raises Unauthenticated KEY_INVALID, the same for every reason."""
    match = _KEY.fullmatch(text)
    if match is None or not hmac.compare_digest(match[4], _checksum(match[1])):
        raise _refused()
    stored = await access.find_key(system, match[2])
    # Compared also where there is no such key, so that the time taken says nothing.
    same = hmac.compare_digest(_sha256(match[3]), stored.secret_sha256 if stored else _NOBODY)
    if stored is None or not same:
        raise _refused()
    return Bearer(stored.tenant, match[2], stored.scopes)


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
