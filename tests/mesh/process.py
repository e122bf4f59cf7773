"""One process of a service: started with an environment, asked by its own probe, and hurt."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from perito_kernel.errors import PeritoError
from perito_runtime.settings import ServiceSettings

from tests.servers import DidNotStart

_START_SECONDS = 60.0
_ASK_AGAIN_SECONDS = 0.1
_LAST_LINES = 4000


class ServiceProcess:
    """A replica of a service. Its log is kept through restarts."""

    def __init__(self, service: str, number: int, environment: Mapping[str, str], log: Path) -> None:
        self.service = service
        self.number = number
        self.log = log
        self.environment = dict(environment)
        self._child: asyncio.subprocess.Process | None = None
        self._began = 0

    @property
    def name(self) -> str:
        """Service and number, such as `validation-2`."""
        return f"{self.service}-{self.number}"

    @property
    def pid(self) -> int:
        """Of the process that runs, or ran last."""
        assert self._child is not None, f"{self.name} was never started"
        return self._child.pid

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._child is not None and self._child.returncode is None

    @property
    def code(self) -> int | None:
        """Exit code of the last run; negative for a signal, None while it runs."""
        return self._child.returncode if self._child is not None else None

    async def launch(self, **more: str) -> None:
        """Starts it and does not wait. `more` is added to the environment of this run alone."""
        assert not self.running, f"{self.name} runs already"
        measured = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **measured, **self.environment, **more}
        with self.log.open("ab") as log:
            self._began = log.tell()
            self._child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", f"perito_{self.service}"), env=environment, stdout=log, stderr=log
            )

    async def start(self, **more: str) -> None:
        """Starts it and returns when it is ready. Raises DidNotStart."""
        await self.launch(**more)
        await self.until("ready")

    async def until(self, what: str, seconds: float = _START_SECONDS) -> None:
        """Returns when it is live, ready or started. Raises DidNotStart with the end of its log."""
        until = asyncio.get_running_loop().time() + seconds
        while not (self._serves() and await self.is_(what)):
            if not self.running or asyncio.get_running_loop().time() > until:
                raise DidNotStart(f"{self.name} is not {what}. The end of its log:\n{self.said()[-_LAST_LINES:]}")
            await asyncio.sleep(_ASK_AGAIN_SECONDS)

    async def is_(self, what: str) -> bool:
        """Whether it is live, ready or started now, as its own probe finds."""
        from perito_edge.process import probe_edge  # noqa: PLC0415  # both bring gRPC, which a log reader needs not
        from perito_runtime.probe import probe_grpc  # noqa: PLC0415

        probe = probe_edge if self.service == "edge" else probe_grpc
        try:
            await probe(self._own_settings(), what)
        except PeritoError:
            return False
        return True

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to the process itself; its compute children follow by themselves."""
        assert self._child is not None
        self._child.send_signal(number)

    async def kill(self) -> None:
        """SIGKILL, and waits until it is gone."""
        self.signal(signal.SIGKILL)
        await self.ended()

    async def stop(self) -> int:
        """SIGTERM, and waits until it has left. Its exit code."""
        self.signal(signal.SIGTERM)
        return await self.ended()

    async def ended(self, seconds: float = _START_SECONDS) -> int:
        """Waits until it has ended by itself. Its exit code."""
        assert self._child is not None
        async with asyncio.timeout(seconds):
            return await self._child.wait()

    def said(self) -> str:
        """Its log so far, of all its runs."""
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""

    def _serves(self) -> bool:
        """Whether this run has come as far as saying so: a look into the log spares a probe that cannot succeed."""
        with self.log.open("rb") as log:
            log.seek(self._began)
            return b'"event": "serving"' in log.read()

    def _own_settings(self) -> ServiceSettings:
        """What a probe needs to know of it."""
        names = ("listen", "tls_certificate", "tls_key", "tls_authority")
        given = {name: self.environment.get(f"PERITO_{name.upper()}") for name in names}
        return ServiceSettings.model_validate({name: value for name, value in given.items() if value})
