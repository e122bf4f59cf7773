"""What the operating system says about a server's process, and how it is ended."""

import contextlib
import signal
import time
from pathlib import Path

import psutil


def living_server(pid: int) -> psutil.Process | None:
    """The server with this process id; None where it is gone, a zombie, or by now another program."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        if alive(process) and process.name() == "postgres":
            return process
    return None


def alive(process: psutil.Process | None) -> bool:
    """Whether it runs: a zombie does not."""
    if process is None:
        return False
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def end(process: psutil.Process, seconds: float) -> None:
    """Fast shutdown; where that takes too long, the immediate one (the next start recovers)."""
    for how, patience in ((signal.SIGINT, seconds), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(how)
        with contextlib.suppress(psutil.TimeoutExpired):
            process.wait(patience)
            return


def reap(process: psutil.Process) -> None:
    """Takes note of a child's end, so that it does not stay a zombie."""
    with contextlib.suppress(psutil.Error):
        process.wait(0)


def end_orphans(cluster: Path, seconds: float = 2.0) -> None:
    """Waits for the children of a server that was killed, then ends them: they work on its files until they notice.

    An idle one notices at once, one at work when it next speaks to its client. They must be gone before the server's
    notes about itself are removed, because these keep a second server off the files.
    """
    for how in (None, signal.SIGQUIT, signal.SIGKILL):
        if how is not None:
            for process in _working_in(cluster):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(how)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not _working_in(cluster):
                return
            time.sleep(0.02)


def _working_in(cluster: Path) -> list[psutil.Process]:
    """Living servers and their children whose working directory this is."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):  # gone, a zombie, or somebody else's
            if process.name() == "postgres" and alive(process) and Path(process.cwd()) == cluster.resolve():
                found.append(process)
    return found
