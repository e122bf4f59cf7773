"""Secrets of webhooks: drawn, kept sealed, and signed with as Standard Webhooks has it (version 1, HMAC-SHA256).

A signature needs the secret itself, so no hash of it will do. It is sealed with AES-256-GCM under a key that is not in
the database, for one webhook of one tenant: copied to another row it does not open (docs/decisions/0123).
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from uuid import UUID

from perito_kernel.errors import Internal, Precondition

_PREFIX = "whsec_"
_SECRET_BYTES = 32
_NONCE_BYTES = 12
_KEY_ID_BYTES = 4
_INFO = b"perito webhook secrets, version 1"


def new_secret() -> str:
    """A random secret, as receivers know it: `whsec_` and the base64 of 32 bytes."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signature(keys: Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """What stands in `webhook-signature`: one signature for each secret, separated by blanks. Seconds since 1970."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    digests = [hmac.digest(base64.b64decode(key.removeprefix(_PREFIX)), signed, "sha256") for key in keys]
    return " ".join("v1," + base64.b64encode(digest).decode() for digest in digests)


class Sealing:
    """Seals and opens with keys made of a deployment's secrets, separated by blanks: the first seals, all open, so that
    a new one can be put before the old one. Without any, `on` is False.
    """

    def __init__(self, text: str) -> None:
        self._keys = {hashlib.sha256(key).digest()[:_KEY_ID_BYTES]: key for key in map(_derived, text.split())}

    @property
    def on(self) -> bool:
        """Whether there is a key."""
        return bool(self._keys)

    def seal(self, tenant: UUID, webhook: UUID, secret: str) -> bytes:
        """Which key, nonce, ciphertext. Raises Precondition WEBHOOKS_OFF."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - most processes seal nothing

        if not self._keys:
            raise off()
        key_id, key = next(iter(self._keys.items()))
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return key_id + nonce + AESGCM(key).encrypt(nonce, secret.encode("ascii"), _for(tenant, webhook))

    def open(self, tenant: UUID, webhook: UUID, sealed: bytes) -> str:
        """Raises Precondition WEBHOOKS_OFF, Internal WEBHOOK_SECRET_LOST where no key opens it."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - as above
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        if not self._keys:
            raise off()
        key = self._keys.get(sealed[:_KEY_ID_BYTES])
        nonce, text = sealed[_KEY_ID_BYTES:][:_NONCE_BYTES], sealed[_KEY_ID_BYTES + _NONCE_BYTES :]
        try:
            if key is not None:
                return AESGCM(key).decrypt(nonce, text, _for(tenant, webhook)).decode("ascii")
        except (InvalidTag, ValueError) as error:
            raise _lost() from error
        raise _lost()


def off() -> Precondition:
    """The error of a deployment that has no secret to seal with."""
    return Precondition(
        "WEBHOOKS_OFF",
        "This deployment sends no webhooks, because it has no secret to seal theirs with. Ask whoever runs it to set"
        " PERITO_WEBHOOK_SECRET_FILE.",
    )


def _derived(text: str) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415

    return HKDF(SHA256(), length=32, salt=None, info=_INFO).derive(text.encode())


def _for(tenant: UUID, webhook: UUID) -> bytes:
    return tenant.bytes + webhook.bytes


def _lost() -> Internal:
    return Internal(
        "WEBHOOK_SECRET_LOST",
        "The secret of this webhook was sealed with a key that Perito does not have any more. Rotate it.",
    )
