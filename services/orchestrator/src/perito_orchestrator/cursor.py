"""Page tokens: where a list goes on, opaque to clients, and good only for the question that they were given for."""

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from typing import Any, cast

from perito_kernel.errors import Invalid
from perito_kernel.findings import canonical_json

_DIGEST_CHARACTERS = 16
_TOKEN_CHARACTERS = 2000


def page_token(place: Sequence[str | int], question: Sequence[Any]) -> str:
    """The token that goes on after `place` in the answer to `question`: which list, with which filters (JSON-like)."""
    text = json.dumps([_digest(question), *place], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place_of(token: str, question: Sequence[Any]) -> list[Any]:
    """The place that a token names, in the form it came in. The caller checks what the values may be.

    Raises Invalid PAGE_TOKEN_INVALID, and PAGE_TOKEN_MISMATCH for a token of another list or of other filters.
    """
    try:
        if len(token) > _TOKEN_CHARACTERS:
            raise token_invalid()
        padded = token.encode("ascii") + b"=" * (-len(token) % 4)
        read = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise token_invalid() from error
    if not isinstance(read, list) or not read:
        raise token_invalid()
    digest, *place = cast("list[Any]", read)
    if not isinstance(digest, str) or len(digest) != _DIGEST_CHARACTERS:
        raise token_invalid()
    if digest != _digest(question):
        raise Invalid(
            "PAGE_TOKEN_MISMATCH",
            "This page token belongs to another list or to other filters. Repeat the first page's filters, or start"
            " again without a token.",
        )
    return place


def token_invalid() -> Invalid:
    """The error for a token that Perito never gave."""
    return Invalid("PAGE_TOKEN_INVALID", "This page token is not one that Perito gave. Start again without one.")


def _digest(question: Sequence[Any]) -> str:
    return hashlib.sha256(canonical_json(list(question)).encode()).hexdigest()[:_DIGEST_CHARACTERS]
