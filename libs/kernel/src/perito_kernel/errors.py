"""One small tree of errors. Each class names its kind; the rims map kinds to gRPC and HTTP status.

An error carries a stable `reason` (upper snake case, part of the API), a `message` that is safe to show and says what
to do next, and `details` naming file, row and column where they apply. Whatever must not leave the process goes into
the exception chain (`raise ... from`), never into the message.
"""

from collections.abc import Mapping
from enum import Enum


class Kind(Enum):
    """What the caller can do about it."""

    INVALID = "invalid"  # the request or its data is wrong: change it
    UNAUTHENTICATED = "unauthenticated"  # no valid key
    FORBIDDEN = "forbidden"  # a valid key without the scope
    NOT_FOUND = "not_found"  # or another tenant's, which is the same answer
    PRECONDITION = "precondition"  # right request, wrong state
    CONFLICT = "conflict"  # another request holds the same key or name
    EXHAUSTED = "exhausted"  # over a limit: smaller, fewer or later
    UNAVAILABLE = "unavailable"  # try again
    INTERNAL = "internal"  # our fault


class PeritoError(Exception):
    """Base of every error that Perito raises on purpose."""

    kind = Kind.INTERNAL

    def __init__(self, reason: str, message: str, details: Mapping[str, str | int] | None = None) -> None:
        message = _storable(message)
        super().__init__(f"{reason}: {message}")
        self.reason = reason
        self.message = message
        self.details: dict[str, str | int] = {
            name: _storable(value) if isinstance(value, str) else value for name, value in (details or {}).items()
        }


def _storable(text: str) -> str:
    """An error that quotes its input must not become another one where it is recorded: databases take no NUL and no
    half of a surrogate pair."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


class Invalid(PeritoError):
    """The request or its data is wrong."""

    kind = Kind.INVALID


class Unauthenticated(PeritoError):
    """No valid key."""

    kind = Kind.UNAUTHENTICATED


class Forbidden(PeritoError):
    """A valid key that may not do this."""

    kind = Kind.FORBIDDEN


class NotFound(PeritoError):
    """There is no such thing for this tenant."""

    kind = Kind.NOT_FOUND


class Precondition(PeritoError):
    """The thing exists and is not in a state that allows this."""

    kind = Kind.PRECONDITION


class Conflict(PeritoError):
    """Another request got there first."""

    kind = Kind.CONFLICT


class Exhausted(PeritoError):
    """A limit is reached."""

    kind = Kind.EXHAUSTED


class Unavailable(PeritoError):
    """Try again later: nothing was done."""

    kind = Kind.UNAVAILABLE


class Internal(PeritoError):
    """A fault of ours; the message says only that."""

    kind = Kind.INTERNAL
