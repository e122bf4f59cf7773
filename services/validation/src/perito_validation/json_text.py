"""Pulls values out of a JSON text that comes in chunks: what is held is one record, not the document.

Numbers stay as they are written, for a float would round what money counts. Names that stand twice in one object both
stay. Depth, size and end are checked here; the line of whatever is wrong is told.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard

from perito_kernel.errors import Invalid

from perito_validation.limits import MAX_JSON_DEPTH, MAX_JSON_RECORD

_BLANKS = " \t\n\r"
CONTAINERS = (dict, list)
"""What a value can hold others in; a tuple, because a union is made anew at each test."""

_BLANK = re.compile(r"[ \t\n\r]*")
_COMMA = re.compile(r",[ \t\n\r]*(?=[^ \t\n\r])")


class Number(str):
    """A number as it is written."""

    __slots__ = ()


_SINGLE = frozenset({str, Number, bool, type(None)})


def is_flat(row: Mapping[str, Any]) -> bool:
    """Does an object hold single values only? Asked of every record, so without a loop in Python."""
    return _SINGLE.issuperset(map(type, row.values()))


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Is it a JSON object?"""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Is it a JSON array?"""
    return isinstance(value, list)


class JsonStream:
    """Walks over a JSON text. `line` is the physical line of the place it has reached, from 1; `characters` how many
    the values taken so far had; `repeated` how many names stood again in one object."""

    def __init__(self, chunks: Iterable[str], name: str) -> None:
        self.name = name
        self.line = 1
        self.repeated = 0
        self.characters = 0
        self._ready: tuple[Any, int] | None = None
        self._chunks = iter(chunks)
        self._buffer = ""
        self._at = 0
        self._ended = False
        self._decoder = json.JSONDecoder(
            strict=False,  # exporters leave tabs and line breaks in text
            object_pairs_hook=self._object,
            parse_float=Number,
            parse_int=Number,
            parse_constant=Number,
        )

    def peek(self) -> str:
        """The next character that is no blank, "" at the end."""
        while True:
            if self._at < len(self._buffer):
                found = self._buffer[self._at]
                if found not in _BLANKS:
                    return found
                end = _BLANK.match(self._buffer, self._at)
                self._pass_to(end.end() if end else self._at)
            elif not self._more():
                return ""

    def second(self) -> str:
        """The character after the next one, blanks apart, as far as 1,000 characters tell."""
        return self.raw(1000)[1:].lstrip(_BLANKS)[:1]

    def take(self, wanted: str) -> str:
        """Passes the next character, which must be one of `wanted`."""
        found = self.peek()
        if not found or found not in wanted:
            raise self.wrong(f"{' or '.join(wanted)} should stand here", found)
        self._pass_to(self._at + 1)
        return found

    def another(self, end: str) -> bool:
        """Passes the comma before one more value; False where `end` comes next, which is left there."""
        comma = _COMMA.match(self._buffer, self._at)
        if comma and self._buffer[comma.end()] != end:
            self._pass_to(comma.end())
            return True
        if self.peek() == end:
            return False
        self.take(",")
        if self.peek() == end:
            raise self.wrong("a value should stand here" if end == "]" else "a name should stand here", end)
        return True

    def has(self, limit: int) -> bool:
        """Does the value that comes next end within `limit` characters?"""
        return self._decoded(limit) is not None

    def value(self, limit: int = MAX_JSON_RECORD) -> Any:
        """The value that comes next, of at most `limit` characters; objects are dicts, numbers `Number`."""
        found = self._decoded(limit)
        if found is None:
            message = (
                f"{self.name}, line {self.line}: a value has more than {limit:,} characters. Write records into arrays,"
                " one object each."
            )
            raise Invalid("INTAKE_LINE_TOO_LONG", message, {"file": self.name, "line": self.line})
        value, end = found
        if not (is_object(value) and is_flat(value)) and depth(value) > MAX_JSON_DEPTH:
            raise too_deep(self.name, self.line)
        self.characters += end - self._at
        self._pass_to(end)
        return value

    def beginning(self) -> tuple[str, int]:
        """What is held of the text, with at least one brace that closes where that is near, and where it goes on."""
        self.peek()
        if self._buffer.find("}", self._at) < 0:
            self._more()
        return self._buffer, self._at

    def skip(self, length: int) -> None:
        """Passes so many characters of what is held, which the caller has read."""
        self._pass_to(self._at + length)

    def _pass_to(self, end: int) -> None:
        self.line += self._buffer.count("\n", self._at, end)
        self._at = end
        self._ready = None

    def raw(self, length: int) -> str:
        """The text that comes next, not passed."""
        self.peek()
        while len(self._buffer) - self._at < length and self._more():
            pass
        return self._buffer[self._at : self._at + length]

    def _decoded(self, limit: int) -> tuple[Any, int] | None:
        if self._ready is None:
            self.peek()
            self._ready = self._decode(limit)
        return self._ready

    def _decode(self, limit: int) -> tuple[Any, int] | None:
        while True:
            held = len(self._buffer) - self._at
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._at)
                if end - self._at > limit:
                    return None
                if end < len(self._buffer) or not self._more():
                    return value, end
            except json.JSONDecodeError as error:
                if self._ended or self._is_certain(error):
                    raise self._malformed(error) from error
                if held > limit:
                    return None
                while len(self._buffer) - self._at < 2 * held and self._more():
                    pass
            except RecursionError as error:
                raise too_deep(self.name, self.line) from error

    def _is_certain(self, error: json.JSONDecodeError) -> bool:
        """Is it wrong whatever follows? At the very end of what is held, more text may mend it."""
        unfinished = error.msg.startswith("Unterminated") or error.msg.startswith("Invalid \\u")
        return not unfinished and error.pos < len(self._buffer) - 16

    def _malformed(self, error: json.JSONDecodeError) -> Invalid:
        line = self.line + self._buffer.count("\n", self._at, error.pos)
        at_end = self._ended and error.pos >= len(self._buffer.rstrip())
        what = "the document ends too early" if at_end else f"this is no JSON ({error.msg.lower()})"
        shown = self._buffer[error.pos : error.pos + 40].splitlines()
        message = (
            f"{self.name}, line {line}: {what}{f', at {shown[0]!r}' if shown and not at_end else ''}. Export it again."
        )
        return Invalid("INTAKE_JSON", message, {"file": self.name, "line": line})

    def wrong(self, what: str, found: str = "") -> Invalid:
        """The error that says what is wrong at this place."""
        seen = f", found {found!r}" if found else ", but the document ends" if self._ended else ""
        message = f"{self.name}, line {self.line}: {what}{seen}. Export it again as JSON."
        return Invalid("INTAKE_JSON", message, {"file": self.name, "line": self.line})

    def _more(self) -> bool:
        chunk = next(self._chunks, None)
        if chunk is None:
            self._ended = True
            return False
        self._buffer = self._buffer[self._at :] + chunk
        self._at, self._ready = 0, None
        return True

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made: dict[str, Any] = dict(pairs)
        if len(made) == len(pairs):
            return made
        made.clear()
        for key, value in pairs:
            name = distinct(key, made)
            self.repeated += name != key
            made[name] = value
        return made


def distinct(name: str, taken: Mapping[str, Any]) -> str:
    """`name`, or `name (2)` and so on where it is taken."""
    again, base = 1, name
    while name in taken:
        again += 1
        name = f"{base} ({again})"
    return name


def too_deep(name: str, line: int) -> Invalid:
    """The error for a document with too many levels."""
    message = (
        f"{name}, line {line}: the document is nested deeper than {MAX_JSON_DEPTH} levels. Export records as an array"
        " of objects."
    )
    return Invalid("INTAKE_JSON_DEPTH", message, {"file": name, "line": line})


def depth(value: Any) -> int:
    """Levels of objects and arrays in a value, counted up to the limit and one more."""
    levels, layer = 0, _containers([value])
    while layer and levels <= MAX_JSON_DEPTH:
        layer = [inner for node in layer for inner in _containers(node.values() if is_object(node) else node)]
        levels += 1
    return levels


def _containers(values: Iterable[Any]) -> list[Any]:
    return [value for value in values if isinstance(value, CONTAINERS)]


def as_text(value: Any) -> str:
    """A value as a cell: '' for null, text and numbers as written, arrays and objects as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return str(value)
    return _as_json(value)


def _as_json(value: Any) -> str:
    if isinstance(value, Number):
        return str(value)
    if is_array(value):
        return f"[{', '.join(_as_json(part) for part in value)}]"
    if is_object(value):
        return "{" + ", ".join(f"{json.dumps(k, ensure_ascii=False)}: {_as_json(v)}" for k, v in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)
