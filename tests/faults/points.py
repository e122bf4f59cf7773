"""Failpoints of running processes, armed and disarmed by a test through the folder that they all look into."""

import itertools
from dataclasses import dataclass
from pathlib import Path

from perito_runtime.failpoints import DIRECTORY, PERMISSION, points

from tests.faults.waiting import until


@dataclass(frozen=True)
class Strike:
    """A failpoint did what it was told to, in the process `pid`."""

    pid: int
    text: str


class Failpoints:
    """Everything in `folder` belongs to this object."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / PERMISSION).touch()
        self._folder = folder
        self._numbers = itertools.count(1)

    @property
    def environment(self) -> dict[str, str]:
        """What makes a process look into this folder."""
        return {DIRECTORY: str(self._folder)}

    def arm(self, *listed: str) -> str:
        """Arms these points and no others, each anew; the word by which `struck` knows them."""
        word = f"armed{next(self._numbers)}"
        text = ";".join(f"{point}#{word}" for point in listed)
        points(text)
        fresh = self._folder / f"fresh-{word}"
        fresh.write_text(text, "utf-8")
        fresh.replace(self._folder / "armed")
        return word

    def disarm(self) -> None:
        """From now on nothing strikes."""
        (self._folder / "armed").unlink(missing_ok=True)

    def strikes(self, word: str) -> list[Strike]:
        """What struck so far of what was armed with this word."""
        marks = [mark.read_text("utf-8").strip().partition(" ") for mark in self._folder.glob("struck-*")]
        return [Strike(int(pid), text) for pid, _, text in marks if text.endswith(f"#{word}")]

    async def struck(self, word: str, seconds: float = 60) -> Strike:
        """Returns when the first struck. Raises TimeoutError: the fault was not met."""
        await until(lambda: bool(self.strikes(word)), seconds, 0.02)
        return self.strikes(word)[0]
