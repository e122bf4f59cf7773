"""JSON from strangers, read so that nothing surprising gets further in.

The standard parser accepts NaN, turns 1e999 into infinity, keeps the last of two equal keys, lets lone surrogates pass
(which no UTF-8 encoder and no database accepts) and exhausts the stack on deep nesting. Each is an answer here.
"""

import json
import math
import re
from typing import Any, NoReturn

from perito_kernel.errors import Invalid

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_ESCAPED_UNSTORABLE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_LONGEST_NUMBER = 40


def parse(body: bytes, max_depth: int | None) -> Any:
    """The value that `body` holds. Raises `Invalid`: MALFORMED_JSON with position, or JSON_TOO_DEEP.

    Pure and linear in the size of the body, which the caller bounds; `max_depth` is None where it bounds the depth too.
    """
    if max_depth is not None:
        _check_depth(body, max_depth)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise malformed(f"byte {exc.start + 1} is not UTF-8") from exc
    if text.startswith("\ufeff"):
        raise malformed("it begins with a byte order mark")
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as exc:
        raise malformed(f"line {exc.lineno}, column {exc.colno}: {exc.msg}") from exc
    if _ESCAPED_UNSTORABLE.search(body):  # the parser refuses it in the open; a pair of surrogates is a character
        _check_text(value)
    return value


def _check_depth(body: bytes, max_depth: int) -> None:
    depth = 0
    for match in _TOKEN.finditer(body):
        first = match.group()[0]
        if first in b"[{":
            depth += 1
            if depth > max_depth:
                raise too_deep(max_depth)
        elif first in b"]}":
            depth -= 1


def malformed(what: str) -> Invalid:
    """The error for a body that is no JSON: `what` says where, and what is wrong there."""
    return Invalid("MALFORMED_JSON", f"The body is not JSON as RFC 8259 has it: {what}. Correct it and send it again.")


def too_deep(max_depth: int) -> Invalid:
    """The error for a body that is nested too deeply."""
    return Invalid("JSON_TOO_DEEP", f"The body is nested deeper than {max_depth} levels: flatten it.")


def _refuse_constant(name: str) -> NoReturn:
    raise malformed(f"{name} is not a JSON number")


def _float(text: str) -> float:
    value = float(text)
    if len(text) > _LONGEST_NUMBER or not math.isfinite(value):
        raise malformed(f"the number {text[:_LONGEST_NUMBER]} is out of range")
    return value


def _int(text: str) -> int:
    if len(text) > _LONGEST_NUMBER:
        raise malformed(f"the number {text[:_LONGEST_NUMBER]} is out of range")
    return int(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))
        raise malformed(f"the key {shown(twice)} stands twice in one object")
    return value


_DECODER = json.JSONDecoder(
    parse_constant=_refuse_constant, parse_float=_float, parse_int=_int, object_pairs_hook=_object
)
"""One for all: to make it takes as long as to read a row."""


def _check_text(root: Any) -> None:
    pending = [root]
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            if _UNSTORABLE.search(value):
                raise malformed("a string holds a lone surrogate or a NUL, which cannot be stored")
        elif isinstance(value, dict):
            pending.extend(value.keys())  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType] -- any JSON value
            pending.extend(value.values())  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType] -- any JSON value
        elif isinstance(value, list):
            pending.extend(value)  # pyright: ignore[reportUnknownArgumentType] -- any JSON value


def shown(text: str) -> str:
    """A client's text as it may stand in an answer: short, ASCII escapes for everything odd."""
    return json.dumps(text[:_LONGEST_NUMBER])
