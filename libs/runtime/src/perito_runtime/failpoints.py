"""Failpoints: named places at which a process can be told to die, freeze, wait or fail, so that tests can prove what
happens then. In production nobody arms them, and one test of an attribute is all that they cost.

Two things together arm a process, and each alone is refused or does nothing, so that no one variable that slipped into
an environment breaks anything:

- `PERITO_FAILPOINTS_DIR` names a folder that holds a file called `these-processes-may-be-broken`;
- points are listed in `PERITO_FAILPOINTS`, or in the folder's file `armed`, which is read anew each time a failpoint is
  passed: a test changes it while processes run.

A list is points with `;` between them: `worker.after_claim[pattern]=kill9:once;phase.after_write=sleep(3):2#row9`.

- In brackets: only where the place is passed for this subject (a phase, or what the table below says).
- `kill9`, `stop` (SIGSTOP to itself), `segv`, `exit(code)`, `sleep(seconds)`, `raise(what)`: a kind of error such as
  `unavailable`, or an errno such as ENOSPC.
- After a colon: how often, in all processes that share the folder and over all their restarts; every time where it is
  left out.
- After `#`: a word that makes a point another one than the same point armed before.

Whatever is not understood is refused at start with a sentence.
"""

import asyncio
import errno
import hashlib
import os
import re
import signal
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from perito_kernel.errors import Invalid, Kind, PeritoError

FAILPOINTS: Mapping[str, str] = {
    "edge.before_commit": "the edge is about to send a submission to the orchestrator",
    "edge.after_commit": "the edge has the orchestrator's word that a submission is kept, the client has no answer",
    "outbox.before_publish": "the relay has taken messages from the outbox",
    "outbox.after_publish": "the broker has confirmed the relay's messages, the outbox still holds them",
    "worker.before_claim": "a worker has a message in hand; subject: the phase",
    "worker.after_claim": "a worker holds the lease, the message is not acknowledged; subject: the phase",
    "worker.before_commit": "a worker has the phase's result; subject: the phase",
    "worker.after_commit": "the result is committed; subject: the phase",
    "analysis.before_finalise": "the last result is in the transaction that is about to end the analysis",
    "webhook.after_send": "a webhook's receiver has answered, and nobody has written it down",
    "phase.computing": "a phase service has heard from the process that computes; subject: the phase",
    "phase.after_write": "a phase service has stored its results and not answered yet; subject: the phase",
    "compute.begun": "a compute child has a job and begins; subjects: the phase, and each file's name",
}
"""Where each failpoint lies, by its name. Each is passed in exactly one place of the sources."""

DIRECTORY, LIST = "PERITO_FAILPOINTS_DIR", "PERITO_FAILPOINTS"
PERMISSION = "these-processes-may-be-broken"
"""File without which a folder arms nothing."""

_POINT = re.compile(
    r"(?P<name>[a-z_.]+)(?:\[(?P<subject>[^\]]+)\])?=(?P<action>[a-z0-9]+)(?:\((?P<argument>[^)]*)\))?"
    r"(?::(?P<times>once|[1-9]\d{0,4}))?(?:#[\w.-]+)?"
)
_SIGNALS = {"kill9": signal.SIGKILL, "stop": signal.SIGSTOP, "segv": signal.SIGSEGV}


@dataclass(frozen=True)
class Point:
    """A failpoint that is armed. `times` 0: every time. `text`: as it was listed, and what it is counted by."""

    text: str
    name: str
    subject: str
    action: str
    argument: str
    times: int


class _Armed:
    def __init__(self, folder: Path, listed: list[Point]) -> None:
        self._folder = folder
        self._listed = listed

    def met(self, name: str, subjects: Iterable[str]) -> Point | None:
        """The point to strike now, counted as struck."""
        for point in (*self._listed, *self._read()):
            if point.name == name and point.subject in ("", *subjects) and self._count(point):
                return point
        return None

    def _read(self) -> list[Point]:
        try:
            return points(self._folder.joinpath("armed").read_text("utf-8"))
        except FileNotFoundError:
            return []

    def _count(self, point: Point) -> bool:
        """Whether it strikes: of all who pass, whoever makes one of its marks first. Marks outlive the process."""
        digest = hashlib.sha256(point.text.encode()).hexdigest()[:16]
        for number in range(1, (point.times or 1) + 1):
            try:
                with self._folder.joinpath(f"struck-{digest}-{number}").open("x", encoding="utf-8") as mark:
                    mark.write(f"{os.getpid()} {point.text}\n")
            except FileExistsError:
                continue
            return True
        return point.times == 0


_armed: _Armed | None = None


def arm_from_environment() -> list[str]:
    """Arms what this process's environment lists, and answers it for the log. Call once, in a process's main.

    Raises Invalid FAILPOINTS_INVALID.
    """
    global _armed  # noqa: PLW0603 - one process, one set of failpoints
    text, folder = os.environ.get(LIST, ""), os.environ.get(DIRECTORY, "")
    if not text and not folder:
        return []
    if not folder or not Path(folder, PERMISSION).is_file():
        raise _invalid(
            f"{LIST} and {DIRECTORY} break processes on purpose and are for tests alone: unset both. (A test names in"
            f" {DIRECTORY} a folder that holds a file {PERMISSION}.)"
        )
    listed = points(text)
    _armed = _Armed(Path(folder), listed)
    return [point.text for point in listed]


def points(text: str) -> list[Point]:
    """The points of a list. Raises Invalid FAILPOINTS_INVALID."""
    return [_point(entry.strip()) for entry in text.split(";") if entry.strip()]


def for_children() -> dict[str, str]:
    """Variables with which a process that this one starts is armed as well."""
    return {name: os.environ[name] for name in (DIRECTORY, LIST) if name in os.environ} if _armed else {}


async def failpoint(name: str, *subjects: str) -> None:
    """Does here what the point is armed with; almost always nothing."""
    if _armed is not None:
        point = _armed.met(name, subjects)
        if point is not None and point.action == "sleep":
            await asyncio.sleep(float(point.argument))
        elif point is not None:
            _strike(point)


def failpoint_sync(name: str, *subjects: str) -> None:
    """The same where nothing can be awaited: to sleep holds up the whole process."""
    if _armed is not None:
        point = _armed.met(name, subjects)
        if point is not None and point.action == "sleep":
            time.sleep(float(point.argument))
        elif point is not None:
            _strike(point)


def _strike(point: Point) -> None:
    if point.action in _SIGNALS:
        os.kill(os.getpid(), _SIGNALS[point.action])
    elif point.action == "exit":
        os._exit(int(point.argument))
    else:
        raise _error(point)


def _error(point: Point) -> Exception:
    if point.argument.isupper():
        number: int = getattr(errno, point.argument)
        return OSError(number, os.strerror(number))
    error = PeritoError("FAILPOINT", f"Failpoint {point.name} was told to fail here.")
    error.kind = Kind(point.argument)
    return error


def _point(entry: str) -> Point:
    found = _POINT.fullmatch(entry)
    if found is None:
        raise _invalid(f"{entry[:100]!r} is no failpoint. Write name=action, such as worker.after_claim=kill9:once.")
    if found["name"] not in FAILPOINTS:
        raise _invalid(f"There is no failpoint {found['name']!r}. There are: {', '.join(sorted(FAILPOINTS))}.")
    argument, times = found["argument"] or "", found["times"]
    if not _makes_sense(found["action"], argument):
        raise _invalid(
            f"{entry[:100]!r}: a failpoint can kill9, stop, segv, exit(code), sleep(seconds), raise(kind) or"
            " raise(ERRNO)."
        )
    counted = 0 if times is None else 1 if times == "once" else int(times)
    return Point(entry, found["name"], found["subject"] or "", found["action"], argument, counted)


def _makes_sense(action: str, argument: str) -> bool:
    if action in _SIGNALS:
        return argument == ""
    if action == "sleep":
        return re.fullmatch(r"\d{1,4}(\.\d{1,3})?", argument) is not None
    if action == "exit":
        return re.fullmatch(r"\d{1,2}", argument) is not None
    kinds = {kind.value for kind in Kind}
    return action == "raise" and (argument in kinds or argument in errno.errorcode.values())


def _invalid(message: str) -> Invalid:
    return Invalid("FAILPOINTS_INVALID", message)
