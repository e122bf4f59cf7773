"""What `perito dead-letters` does and prints."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from perito_kernel.errors import Invalid, PeritoError
from perito_orchestrator.rabbit.dead_letters import DeadLetter, DeadLetters, opened
from perito_runtime.logs import configure_logs
from perito_runtime.tls import TlsFiles
from rich.console import Console
from rich.table import Table
from rich.text import Text

from perito_standalone.guarded import guarded, plain_console

_SHOWN_CHARACTERS = 200
_LIST_COLUMNS = 160
"""Ids are there to be copied: a narrower terminal breaks the line by itself."""
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Place:
    """Where the broker is and how to be let in."""

    broker: str
    password_file: Path | None
    certificate: Path | None
    key: Path | None
    authority: Path | None

    def url(self) -> str:
        """Raises Invalid OPTION_INVALID where none was named."""
        if not self.broker:
            raise Invalid("OPTION_INVALID", "Which broker? Name it before the command with --broker, or PERITO_BROKER.")
        return self.broker

    def tls(self) -> TlsFiles | None:
        """Raises Invalid OPTION_INVALID where a part is missing."""
        if self.certificate is None and self.key is None and self.authority is None:
            return None
        if self.certificate is None or self.key is None or self.authority is None:
            raise Invalid("OPTION_INVALID", "--tls-certificate, --tls-key and --tls-authority: name all three or none.")
        return TlsFiles(self.certificate, self.key, self.authority)


def run_list(place: Place, most: int) -> int:
    """`perito dead-letters list`. Returns the exit code."""

    def work() -> int:
        found = _asked(place, lambda letters: letters.found(most))
        console = plain_console()
        if not found.letters:
            console.print("There are no dead letters, or somebody else looks at all of them just now.")
            return 0
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in ("message", "queue", "why", "times", "last died (UTC)", "phase", "analysis"):
            table.add_column(name, no_wrap=name in ("message", "analysis"), overflow="fold")
        for letter in found.letters:
            table.add_row(*(Text(cell) for cell in _cells(letter)))
        console.width = max(console.width, _LIST_COLUMNS)
        console.print(table)
        _tell_more(console, len(found.letters), found.total)
        return 0

    return _guarded(work)


def run_show(place: Place, name: str, most: int) -> int:
    """`perito dead-letters show`. Returns the exit code: 1 where there is none, or more than one begins so."""

    def work() -> int:
        found = _asked(place, lambda letters: letters.found(most))
        console = plain_console()
        fitting = [letter for letter in found.letters if letter.name.startswith(name)]
        if len({letter.name for letter in fitting}) != 1:
            many = f"{len(fitting)} dead letters begin so" if fitting else f"There is no dead letter {_plain(name)}"
            console.print(f"{many}. `perito dead-letters list` names them.", markup=False)
            _tell_more(console, len(found.letters), found.total)
            return 1
        for number, letter in enumerate(fitting):
            if number:
                console.print("\n(another one of the same name)")
            for fact, value in _facts(letter).items():
                console.print(f"{fact:12} {value}", markup=False, soft_wrap=True)
        return 0

    return _guarded(work)


def run_replay(place: Place, wanted: Sequence[str] | None, most: int) -> int:
    """`perito dead-letters replay`. Returns the exit code: 1 where one that was named is not there or one stays."""

    def work() -> int:
        console = plain_console()
        met: set[str] = set()
        stayed = 0

        def tell(letter: DeadLetter, error: PeritoError | None) -> None:
            nonlocal stayed
            met.add(letter.name)
            stayed += error is not None
            outcome = f"sent to {_plain(letter.queue)}" if error is None else f"stays: {_plain(error.message)}"
            console.print(f"{_plain(letter.name)}: {outcome}", markup=False, soft_wrap=True)

        total = _asked(place, lambda letters: letters.replay(wanted, most, tell))
        missing = [name for name in wanted or () if name not in met]
        for name in missing:
            console.print(f"There is no dead letter {_plain(name)}.", markup=False)
        if not met and wanted is None:
            console.print("There is nothing to send: no dead letter makes sense, or there are none.")
        if missing or wanted is None:
            _tell_more(console, min(most, total), total)
        return 1 if missing or stayed else 0

    return _guarded(work)


def _guarded(work: Callable[[], int]) -> int:
    configure_logs("ERROR")  # on stderr; what goes wrong is said in a sentence
    return guarded(work, lambda: None)


def _tell_more(console: Console, looked: int, total: int) -> None:
    if total > looked:
        console.print(f"Only the oldest {looked:,} of {total:,} were looked at; --most says how many.")


def _plain(text: str) -> str:
    """What strangers wrote, without what a terminal would obey."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:_SHOWN_CHARACTERS])


def _asked(place: Place, ask: Callable[[DeadLetters], Awaitable[_Answer]]) -> _Answer:
    async def work() -> _Answer:
        async with opened(place.url(), place.password_file, place.tls()) as letters:
            return await ask(letters)

    return asyncio.run(work())


def _cells(letter: DeadLetter) -> tuple[str, ...]:
    task = letter.task
    died = f"{letter.died:%Y-%m-%d %H:%M:%S}" if letter.died else ""
    about = (task.phase, task.analysis_id) if task else ("makes no sense", "")
    texts = (letter.name, letter.queue, letter.reason, f"{letter.times}", died, *about)
    return tuple(_plain(text) for text in texts)


def _facts(letter: DeadLetter) -> dict[str, str]:
    task = letter.task
    asked = (
        {"phase": task.phase, "analysis": task.analysis_id, "tenant": task.tenant_id}
        if task
        else {"body": f"{letter.start!r} (the start of {letter.size:,} bytes), which is no phase task"}
    )
    facts = {
        "message": letter.name,
        "type": letter.kind or "none",
        "died in": letter.queue or "unknown",
        "why": letter.reason or "unknown",
        "times": f"{letter.times}",
        "last died": letter.died.isoformat() if letter.died else "unknown",
        **asked,
        **{name: value for name, value in letter.headers.items() if not name.startswith("x-")},
    }
    return {_plain(name): value if name == "body" else _plain(value) for name, value in facts.items()}
