"""Answers that a client may keep: a strong ETag made from a digest, and 304 for whoever has the answer already.

Results do not change, so their digest names them. They may be kept by the client alone and are asked for each time
(`private, no-cache`), because only the question shows that the key is still good and the analysis still there.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Annotated

from fastapi import Header, Response
from starlette.status import HTTP_304_NOT_MODIFIED

from perito_edge.answers import Responses, references

KEEPING = "private, no-cache"
CODED = "-gzip"
"""Ends the tag of an answer that was compressed on its way: other bytes, so another tag (RFC 9110, 8.8.3.3)."""

_DIGITS = 32
_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_UNCHANGED: Responses = {
    HTTP_304_NOT_MODIFIED: {
        "description": "You have it: it is what `If-None-Match` names.",
        "headers": references("ETag", "Vary"),
    }
}

IfNoneMatch = Annotated[
    str,
    Header(
        alias="If-None-Match",
        max_length=4000,
        description="The `ETag` of the answer that you have: where it is still that one, 304 without a body.",
        examples=['"9f86d081884c7d659a2feaa0c55ad015"'],
    ),
]


def unchanged() -> Responses:
    """What the description says of 304."""
    return dict(_UNCHANGED)


def tag_of(digest: str) -> str:
    """The strong ETag of what has this SHA-256 (hexadecimal)."""
    return f'"{digest[:_DIGITS]}"'


def tag_of_bytes(content: bytes) -> str:
    """The strong ETag of these bytes. Not for the serving loop where they are many."""
    return tag_of(hashlib.sha256(content).hexdigest())


def known_tag(if_none_match: str, tag: str) -> str | None:
    """The tag by which the client has what `tag` names, compressed or not; None where it has something else.

    Compared weakly, as RFC 9110, 13.1.2 has it for this header.
    """
    if if_none_match.strip() == "*":
        return tag
    bare = tag.strip('"')
    held = set(_TAG.findall(if_none_match))
    return next((f'"{form}"' for form in (bare, bare + CODED) if form in held), None)


def keeping(tag: str) -> dict[str, str]:
    """Headers of an answer that the client may keep."""
    return {"ETag": tag, "Cache-Control": KEEPING}


def not_modified(tag: str, headers: Mapping[str, str] | None = None) -> Response:
    """The answer to whoever has it. `headers`: those that 200 would have had and a cache must know."""
    vary = ", ".join(filter(None, [(headers or {}).get("Vary", ""), "Accept-Encoding"]))
    return Response(status_code=HTTP_304_NOT_MODIFIED, headers=keeping(tag) | {"Vary": vary})
