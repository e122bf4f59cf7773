"""A server as a child process that tests may kill, freeze and start again."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_TAIL = 30


class DidNotStart(Exception):
    """A server ended, or did not answer in its time. The text has the end of its log."""


class ServerProcess:
    """One program with its log. `answers` says whether it is up, and is asked until it does."""

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        answers: Callable[[], bool],
        *,
        environment: Mapping[str, str],
        seconds: float = 60,
        account: int | None = None,
    ) -> None:
        self._command = list(command)
        self._log = log
        self._answers = answers
        self._environment = dict(environment)
        self._seconds = seconds
        self._account = account
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process id of the program itself."""
        return self._child.pid

    @property
    def _child(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None, "it was never started"
        return self._process

    @property
    def running(self) -> bool:
        """It has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Starts the program and returns when it answers. Raises DidNotStart."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C at the tests is not for the server
                user=self._account,
                group=self._account,
            )
        self.wait_until_up()

    def wait_until_up(self) -> None:
        """Returns when it answers. Raises DidNotStart."""
        until = time.monotonic() + self._seconds
        while not self._answers():
            if not self.running or time.monotonic() > until:
                self.kill()
                tail = self._log.read_text(errors="replace").splitlines()[-_TAIL:]
                raise DidNotStart("\n".join([f"{self._command[0]} did not start:", *tail]))
            time.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL, waits for the end. Nothing where it has ended."""
        if self.running:
            self.signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait(20)

    def stop(self, number: signal.Signals = signal.SIGTERM, seconds: float = 20) -> None:
        """Asks it to end and waits; what does not end in its time is killed."""
        if self.running:
            self.signal(signal.SIGCONT)
            self.signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(seconds)
        self.kill()

    def freeze(self) -> None:
        """SIGSTOP."""
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self.signal(signal.SIGCONT)

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to the program."""
        os.kill(self.pid, number)
