"""Progress of the phases on a terminal, or one line per change of state where there is none."""

import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from perito_client.generated.models import PhaseState, Status
from perito_reporting.voice import Language, Voice
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from perito_standalone.printed import printed
from perito_standalone.printed import state as word_of

_QUIET = {"waiting", "queued"}
_QUIET_SECONDS = 1.0
_NAMED = 3


class PhaseProgress:
    """One bar per phase while the `with` block lasts; `show` takes each status of the analysis."""

    def __init__(self, console: Console, language: Language = "en") -> None:
        self._console = console
        self._voice = Voice(language)
        self._bars: dict[str, TaskID] = {}
        self._said: dict[str, str] = {}
        self._progress = Progress(
            TextColumn("{task.description:<12}"),
            BarColumn(bar_width=30),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[step]}", style="dim"),
            console=console,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self._progress.stop()

    def show(self, status: Status) -> None:
        """Draws a status."""
        for phase in status.phases:
            name, state = phase.phase, phase.status
            if name not in self._bars:
                self._bars[name] = self._progress.add_task(self._voice.phase(name), total=100, start=False, step="")
            bar = self._bars[name]
            if state not in _QUIET:
                self._progress.start_task(bar)
            step = self._step(phase) if state == "running" else ""
            if state not in {"running", "completed", "waiting"}:
                step = word_of(self._voice.language, state)
            self._progress.update(bar, completed=phase.progress, step=step)
            if state in {"completed", "failed", "skipped", "cancelled"}:
                self._progress.stop_task(bar)
            if not self._console.is_terminal and state not in _QUIET and self._said.get(name) != state:
                self._said[name] = state
                self._console.print(f"{self._voice.phase(name)}: {word_of(self._voice.language, state)}")

    def _step(self, phase: PhaseState) -> str:
        """What a phase is at. Services say it in English only."""
        return phase.step if self._voice.language == "en" else ""


class ReadingProgress:
    """One bar while files are read; where there is no terminal, one line when it takes longer than a second."""

    def __init__(self, console: Console, language: Language, files: Sequence[Path]) -> None:
        self._console = console
        self._language = language
        more = f" (+{len(files) - _NAMED})" if len(files) > _NAMED else ""
        named = ", ".join(path.name for path in files[:_NAMED]) + more
        self._sentence = printed(language, "reading", files=named)
        self._said = False
        self._begun = time.monotonic()
        self._progress = Progress(
            BarColumn(bar_width=30),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("{task.description}", style="dim", markup=False),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._bar = self._progress.add_task("", total=1.0)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self._progress.stop()

    def show(self, share: float, step: str) -> None:
        """Draws how far it is; services say what they do in English only."""
        self._progress.update(self._bar, completed=share, description=step if self._language == "en" else "")
        late = time.monotonic() - self._begun > _QUIET_SECONDS
        if late and not self._said and not self._console.is_terminal:
            self._said = True
            self._console.print(self._sentence, markup=False)
