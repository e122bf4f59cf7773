"""What the operating system says about a server's process, and how it is ended."""

import contextlib
import signal

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
