"""What can go wrong with a call, as exceptions. Their text is a sentence for people that says what to do next."""

from http import HTTPStatus

import httpx

from perito_client.generated.models.error_item import ErrorItem
from perito_client.generated.models.problem import Problem
from perito_client.generated.types import Unset

_AGAIN = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}


class ClientError(Exception):
    """A call that did not come to its answer."""


class Unreachable(ClientError):
    """Nobody answered, for as long as the client was told to try."""


class DigestMismatch(ClientError):
    """What arrived is not what was sent: its SHA-256 is another one than the answer promised."""


class NoStream(ClientError):
    """Each stream of events ended before it told anything: something on the way does not let them be."""


class Refused(ClientError):
    """The service answered with a problem document (RFC 9457).

    `problem` is the document, None where something on the way answered without one; `status` is the HTTP status,
    `reason` the stable word for it, `retry_after` seconds (None where the same call would be refused again).
    """

    def __init__(self, status: int, problem: Problem | None, retry_after: float | None = None) -> None:
        self.status = status
        self.problem = problem
        self.reason = problem.reason if problem else "HTTP_ERROR"
        self.retry_after = retry_after if status in _AGAIN else None
        super().__init__(_sentence(problem) if problem else f"The service answered {status} without saying why.")

    @property
    def passing(self) -> bool:
        """Whether the same call may be answered in a moment."""
        return self.status in _AGAIN or (self.problem is None and self.status >= HTTPStatus.BAD_GATEWAY)


def refusal(response: httpx.Response) -> Refused:
    """The error for a response that is none of the successes. Its body must have been read."""
    try:
        problem = Problem.from_dict(response.json())
    except (ValueError, TypeError, KeyError, AttributeError):  # whatever a proxy may answer
        problem = None
    after = response.headers.get("Retry-After", "")
    return Refused(response.status_code, problem, float(after) if after.isdecimal() else None)


def _sentence(problem: Problem) -> str:
    return " ".join([problem.detail, *(said for said in map(_place, problem.errors) if said)])


def _place(item: ErrorItem) -> str:
    named = {"file": item.file, "row": item.row, "column": item.column}
    where = ", ".join(f"{word} {value}" for word, value in named.items() if not isinstance(value, Unset))
    told = [item.detail, f"({where})" if where else "", item.remedy]
    return " ".join(part for part in told if not isinstance(part, Unset) and part)
