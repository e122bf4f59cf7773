"""Which trials there are: every module of `tests/trials` is one, and nothing has to be registered."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, cast

from pydantic import JsonValue

Figures = Mapping[str, JsonValue]
Say = Callable[[str], None]
"""Told a line of progress."""

_FOLDER = Path(__file__).resolve().parents[1]


class TrialFailed(Exception):
    """A promise was not kept. Says which one, with what was measured; `figures` are those known by then."""

    def __init__(self, reason: str, figures: Figures | None = None) -> None:
        super().__init__(reason)
        self.figures: Figures = figures or {}


class Trial(Protocol):
    """A module of `tests/trials`. It may also have `tables(figures)`, see `tables_of`."""

    NAME: str
    SOURCES: Sequence[str]
    """Globs from the project's root: whatever, when changed, makes the figures stale."""

    def run(self, seed: int, say: Say) -> Figures:
        """Measures and returns the figures; raises TrialFailed or AssertionError where a promise was not kept."""
        ...


def names() -> list[str]:
    """The trials there are."""
    modules = pkgutil.iter_modules([str(_FOLDER)])
    return sorted(each.name for each in modules if each.name not in {"__main__", "harness"})


def trial(name: str) -> Trial:
    """One of `names()`."""
    module = importlib.import_module(f"tests.trials.{name}")
    for needed in ("NAME", "SOURCES", "run"):
        if not hasattr(module, needed):
            raise TypeError(f"tests/trials/{name} is no trial: it has no {needed}")
    return cast(Trial, module)


def title(each: Trial) -> str:
    """The first line of what it says of itself."""
    return (getattr(each, "__doc__", None) or each.NAME).splitlines()[0]


def tables_of(each: Trial, figures: Figures) -> Mapping[str, str]:
    """What the trial shows in the documentation, Markdown by the name that its markers bear."""
    write = cast("Callable[[Figures], Mapping[str, str]] | None", getattr(each, "tables", None))
    return write(figures) if write else {}
