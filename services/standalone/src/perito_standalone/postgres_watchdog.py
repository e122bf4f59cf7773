"""Stops a PostgreSQL whose supervisor was killed, when nobody comes to adopt it in time.

Runs as a small process of its own, by path and with the standard library only: `python -I -S postgres_watchdog.py LOCK
CLUSTER SECONDS`. Its standard input is a pipe from the supervisor, which the kernel closes whatever way that one dies.
Somebody who came holds the lock of the data directory; then that one has a watchdog of its own, and this one goes.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import sys
import time
from pathlib import Path

_POLL_SECONDS = 0.2
_STOP_SECONDS = 25.0


def postmaster(cluster: Path) -> tuple[int, Path] | None:
    """Process id and socket folder that a server wrote about itself, or None where there is none (or not yet)."""
    try:
        lines = (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        # The fifth line is there from the start and empty until the socket is: as a path that would be "here".
        return (int(lines[0]), Path(lines[4])) if lines[4] else None
    except (FileNotFoundError, IndexError, ValueError):
        return None


def is_postgres(pid: int) -> bool:
    """Whether that process is a living PostgreSQL server: not a zombie, and not another program by now."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:
        return Path("/proc/self").exists() is False and _exists(pid)  # a system without /proc tells less
    name, _, rest = fields.partition("(")[2].rpartition(")")
    return name == "postgres" and not rest.strip().startswith(("Z", "X"))


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def watch(lock: Path, cluster: Path, seconds: float) -> bool:
    """Blocks until the supervisor is dead and the time is over; True if this process had to stop the server."""
    ours = _holder(lock)
    while sys.stdin.buffer.read(4096):
        pass
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        # The kernel may close the dead one's pipe before it drops its lock: only another holder is somebody who came.
        if is_held(lock) and _holder(lock) != ours:
            return False
        time.sleep(_POLL_SECONDS)
    return stop_abandoned(lock, cluster)


def _holder(lock: Path) -> bytes:
    """Who wrote himself into the lock, which is whoever held it last."""
    try:
        return lock.read_bytes()
    except FileNotFoundError:
        return b""


def is_held(lock: Path) -> bool:
    """Whether a living process holds this data directory."""
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def stop_abandoned(lock: Path, cluster: Path) -> bool:
    """Stops the server while holding the directory, so that nobody adopts it meanwhile. False if somebody came."""
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False  # the directory is gone, and a server stops by itself when its files are
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"watchdog {os.getpid()}\n".encode(), 0)
        left = postmaster(cluster)
        if left is None or not is_postgres(left[0]):
            return False
        _end(left[0])
        shutil.rmtree(left[1], ignore_errors=True)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def _end(pid: int) -> None:
    for how, patience in ((signal.SIGINT, _STOP_SECONDS), (signal.SIGQUIT, 5.0)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
        until = time.monotonic() + patience
        while time.monotonic() < until:
            if not is_postgres(pid):
                return
            time.sleep(0.05)


if __name__ == "__main__":
    watch(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))
