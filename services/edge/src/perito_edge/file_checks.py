"""What a client may call a file, and the checksums it may ask us to hold it to. Pure."""

import base64
import re
import unicodedata
from collections.abc import Mapping

from perito_kernel.errors import Invalid

_SHA256_LINE = re.compile(r"([0-9a-fA-F]{64})(?:[ \t]+\*?(.+))?")
_CONTENT_DIGEST = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):")


def file_name(raw: str | None, ordinal: int, longest: int) -> str:
    """The name as it is stored: NFC, so that a mapping written on another system finds it. `ordinal` from 1.

    A name is shown and compared, never used as a path; what would be dangerous as one is refused all the same, because
    names also stand in reports and exports that others unpack. Raises `Invalid` FILE_NAME_INVALID.
    """
    name = unicodedata.normalize("NFC", raw or "")
    wrong = _what_is_wrong(name, longest)
    if wrong is None:
        return name
    message = f"The name of file {ordinal} {wrong}: rename it and send it again."
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name[:80])
    details: dict[str, str | int] = {"file": shown, "remedy": f"Use a plain name of at most {longest} characters."}
    raise Invalid("FILE_NAME_INVALID", message, details)


def _what_is_wrong(name: str, longest: int) -> str | None:
    if not name.strip():
        return "is empty"
    if len(name) > longest:
        return f"has {len(name)} characters, more than {longest}"
    if not name.isprintable():
        return "holds characters that cannot be shown"
    if name.startswith("/") or "\\" in name or any(part in {"", ".", ".."} for part in name.split("/")):
        return "is a path that leads elsewhere"
    return None


def content_digest(headers: Mapping[str, str], name: str) -> str | None:
    """SHA-256 in hexadecimal from a part's `Content-Digest` (RFC 9530), None where the part has none.

    Raises `Invalid` DIGEST_UNREADABLE.
    """
    header = headers.get("content-digest")
    if header is None:
        return None
    match = _CONTENT_DIGEST.search(header)
    if match is None:
        raise Invalid("DIGEST_UNREADABLE", "Content-Digest must hold `sha-256=:<base64>:` (RFC 9530).", {"file": name})
    return base64.b64decode(match.group(1)).hex()


def sha256_list(text: str) -> dict[str | None, str]:
    """Digests by file name from what `sha256sum` prints; a digest alone stands under None, for an only file.

    Raises `Invalid` DIGEST_UNREADABLE.
    """
    digests: dict[str | None, str] = {}
    lines = [line.strip() for line in text.splitlines()]
    for number, line in enumerate(filter(None, lines), 1):
        match = _SHA256_LINE.fullmatch(line)
        if match is None:
            message = f"Line {number} of `sha256` is not what `sha256sum` prints: 64 hexadecimal digits, then the name."
            raise Invalid("DIGEST_UNREADABLE", message, {"row": number})
        name = match.group(2)
        digests[None if name is None else unicodedata.normalize("NFC", name)] = match.group(1).lower()
    return digests


def compare_digests(stored: Mapping[str, str], promised: Mapping[str | None, str]) -> None:
    """Holds stored digests (by name) to what the client promised.

    Raises `Invalid` DIGEST_MISMATCH or DIGEST_OF_NOTHING.
    """
    for name, digest in promised.items():
        if name is None and len(stored) == 1:
            name = next(iter(stored))  # noqa: PLW2901 -- a digest alone is that of the only file
        if name is None or name not in stored:
            message = f"`sha256` names {name or 'no file'}, which was not sent: write the names as they are sent."
            raise Invalid("DIGEST_OF_NOTHING", message, {} if name is None else {"file": name})
        if stored[name] != digest:
            message = (
                f"{name} arrived with another SHA-256 than you promised: it was damaged on its way, send it again."
            )
            raise Invalid("DIGEST_MISMATCH", message, {"file": name, "expected": digest, "received": stored[name]})
