"""Local files whose bytes were compared with a checksum: hashed again only if they changed since."""

import hashlib
import os
from collections import OrderedDict
from pathlib import Path

from perito.dataset.v1.dataset_pb2 import ObjectRef

_REMEMBERED = 4096


class VerifiedFiles:
    """What this process has seen written or compared; another process compares for itself. Forgets the oldest of 4,096.

    A file that was changed, or put in another's place, is told by inode, size and time of change.
    """

    def __init__(self) -> None:
        self._marks: OrderedDict[tuple[str, str], tuple[int, ...]] = OrderedDict()

    def knows(self, path: Path, ref: ObjectRef) -> bool:
        """Whether it was compared and has not changed since. Raises FileNotFoundError."""
        state = path.stat()
        return self._marks.get((str(path), ref.sha256)) == _mark(state) and state.st_size == ref.bytes

    def verify(self, path: Path, ref: ObjectRef) -> bool:
        """Compares the bytes: whether they are those of the reference. Takes time: for a thread."""
        state = path.stat()
        if state.st_size != ref.bytes:
            return False
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != ref.sha256:
                return False
        self._keep(path, ref, state)
        return True

    def remember(self, path: Path, ref: ObjectRef) -> None:
        """Takes a file that was hashed while it was written for compared. Raises FileNotFoundError."""
        state = path.stat()
        if state.st_size == ref.bytes:
            self._keep(path, ref, state)

    def _keep(self, path: Path, ref: ObjectRef, state: os.stat_result) -> None:
        self._marks[str(path), ref.sha256] = _mark(state)
        if len(self._marks) > _REMEMBERED:
            self._marks.popitem(last=False)


def _mark(state: os.stat_result) -> tuple[int, ...]:
    return state.st_ino, state.st_size, state.st_mtime_ns
