"""The folder in which jobs work. One per pool, locked while the pool lives; what a killed process left is swept.

A lock, not a pid, tells whether the owner lives: the kernel drops it at death, and pids come round again.
"""

import fcntl
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

_PREFIX = "perito-compute-"


class ComputeFolder:
    """`path` exists between `open` and `close`, readable by its owner alone."""

    def __init__(self, parent: Path | None = None) -> None:
        self._parent = parent or Path(tempfile.gettempdir())
        self._lock = -1
        self.path = self._parent

    def open(self) -> None:
        """Sweeps what dead owners left beside it, then makes and locks a folder of its own."""
        self._parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left in sorted(self._parent.glob(_PREFIX + "*")):
            _sweep(left)
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self._parent))
        self._lock = os.open(self.path / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def close(self) -> None:
        """Removes the folder with all that jobs left in it."""
        if self._lock >= 0:
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(self._lock)
            self._lock = -1


def _sweep(left: Path) -> None:
    try:
        if left.is_symlink() or left.stat().st_uid != os.getuid():
            return
        lock = os.open(left / "lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return  # being made at this moment, swept by another pool, or not ours
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(left, ignore_errors=True)
    except BlockingIOError:
        return  # its owner lives
    finally:
        os.close(lock)


@dataclass(frozen=True)
class Room:
    """Where one of several jobs of a slot leaves what it made, and where it may spill."""

    out: Path
    scratch: Path

    @classmethod
    def made(cls, folder: Path) -> "Room":
        """A room of its own in a folder that is not there yet."""
        room = cls(folder / "out", folder / "scratch")
        for path in (folder, room.out, room.scratch):
            path.mkdir(mode=0o700)
        return room
