"""Pseudonyms: how people are told apart without being named.

A pseudonym is a keyed hash, so nobody finds the person by trying names, and the same person has the same pseudonym in
every analysis of a tenant. Each tenant has a key of its own; what one tenant may see says nothing of another's people.
The hash is keyed BLAKE2b: books have millions of rows about people, and it costs a tenth of an HMAC.
"""

import base64
from hashlib import blake2b

_DIGITS = 12
"""60 bits: among a million people two share a pseudonym once in two million tenants."""


def tenant_key(secret: str, tenant_id: str) -> str:
    """The key of one tenant (64 hexadecimal digits), made from the installation's secret."""
    root = blake2b(secret.encode(), digest_size=32, person=b"perito secret").digest()
    return _mac(root, b"perito tenant", tenant_id).hex()


def key_id(key: str) -> str:
    """Eight hexadecimal digits by which a key is recognised; they tell nothing of the key."""
    return _mac(bytes.fromhex(key), b"perito key id").hex()[:8]


def sealing_key(key: str) -> bytes:
    """64 bytes for sealing who is who, independent of those that make pseudonyms."""
    return _mac(bytes.fromhex(key), b"perito seal", size=64)


def pseudonym(key: str, domain: str, text: str) -> str:
    """`customer-k3v9q0m2x7ab` for a text in a domain (user, customer, phone, ...). `key` is the tenant's."""
    digits = base64.b32encode(_mac(bytes.fromhex(key), b"perito person", domain, text)).decode().lower()
    return f"{domain}-{digits[:_DIGITS]}"


def _mac(key: bytes, purpose: bytes, *parts: str, size: int = 32) -> bytes:
    """Every part is preceded by its length, so that no two lists of parts are the same bytes."""
    coded = [part.encode("utf-8", "surrogatepass") for part in parts]
    message = b"".join(len(part).to_bytes(8, "big") + part for part in coded)
    return blake2b(message, key=key, digest_size=size, person=purpose).digest()
