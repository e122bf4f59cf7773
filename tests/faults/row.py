"""A row of the table of faults: what is broken, what is promised, and the function that breaks the real thing."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.faults.checker import Limits
from tests.faults.scene import Scene

PLAIN, BUCKET, CLUSTER = "a folder as object store", "a bucket as object store", "three nodes of RabbitMQ"
"""Houses: what a mesh stands on. `play.standing` makes it."""
Act = Callable[[Scene], Awaitable[None]]
HANGS = 120.0
"""Seconds after which most rows are given up, whatever they promise."""


@dataclass(frozen=True)
class Row:
    """`act` breaks something in a scene and returns when clients have what they wait for. `bound`: seconds between the
    fault (`Scene.faulted`) and the moment from which everything is as it was (`Scene.mended`), None where the promise
    is none of time. `house`: what the mesh must stand on. `hangs`: seconds after which it is given up.
    """

    number: str
    fault: str
    promise: str
    act: Act
    bound: float | None = None
    limits: Limits = field(default_factory=Limits)
    house: str = PLAIN
    hangs: float = HANGS


ROWS: dict[str, Row] = {}
"""Every row by its number, in the order of the table."""


def row(
    number: str,
    fault: str,
    promise: str,
    *,
    bound: float | None = None,
    limits: Limits | None = None,
    house: str = PLAIN,
    hangs: float = HANGS,
) -> Callable[[Act], Act]:
    """Enters a function in the table."""

    def enter(act: Act) -> Act:
        assert number not in ROWS, f"row {number} is there already"
        ROWS[number] = Row(number, fault, promise, act, bound, limits or Limits(), house, hangs)
        return act

    return enter
