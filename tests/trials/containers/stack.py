"""A compose file that is up under a name of its own, and what can be asked of its containers."""

import json
import os
import subprocess
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.servers import engine
from tests.trials.harness.catalogue import TrialFailed
from tests.trials.harness.sources import ROOT

DEPLOY = ROOT / "deploy"
NO_ENGINE = (
    "no container engine answers at DOCKER_HOST or /var/run/docker.sock. On Debian: apt-get install docker.io, then"
    " dockerd as root. This trial also needs the images python:3.13-slim, postgres:17, rabbitmq:4-management, redis:8"
    " and nginx:stable, or a registry that has them."
)


def require_engine() -> None:
    """Raises TrialFailed where no engine answers."""
    if not engine.answers():
        raise TrialFailed(NO_ENGINE)


def docker(*arguments: str) -> str:
    """Output of the engine's client. Raises TrialFailed where it fails."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise TrialFailed(f"docker {arguments[0]}: {done.stderr.strip()[-2000:]}")
    return done.stdout


class Stack:
    """Compose with one file, one project and settings of its own; `deploy/.env` of this machine is not read."""

    def __init__(self, project: str, file: str, settings: Mapping[str, str]) -> None:
        self.project = project
        self._command = ["docker-compose", "--env-file", os.devnull, "-p", project, "-f", str(DEPLOY / file)]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PERITO_")}
        self._environment = {**kept, **settings}

    def run(self, *arguments: str, seconds: float = 600) -> subprocess.CompletedProcess[str]:
        """A command of Compose, whatever it ends with."""
        return subprocess.run(
            [*self._command, *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )

    def told(self, *arguments: str, seconds: float = 600) -> str:
        """Output of a command of Compose. Raises TrialFailed with its end where it fails."""
        done = self.run(*arguments, seconds=seconds)
        if done.returncode != 0:
            logs = self.run("logs", "--tail", "15").stdout if arguments[0] == "up" else ""
            raise TrialFailed(f"compose {' '.join(arguments)}: {done.stderr[-3000:]}\n{logs[-6000:]}")
        return done.stdout

    @contextmanager
    def up(self, *more: str) -> Generator[float]:
        """Everything started and healthy; yields the seconds that took. Gone at the end, with its volumes."""
        try:
            began = time.monotonic()
            self.told("up", "--detach", "--wait", "--wait-timeout", "300", *more)
            yield time.monotonic() - began
        finally:
            self.down()

    def down(self) -> None:
        """Containers, networks and volumes of this project are gone."""
        self.run("down", "--volumes", "--remove-orphans", "--timeout", "20")

    def inside(self, service: str, *command: str, number: int = 1) -> str:
        """Output of a command in a container of a service."""
        return self.told("exec", "-T", "--index", str(number), service, *command)

    def containers(self) -> Iterator[Mapping[str, Any]]:
        """What the engine says of each container, ended ones too."""
        ids = docker("ps", "-aq", "--filter", f"label=com.docker.compose.project={self.project}").split()
        yield from json.loads(docker("inspect", *ids)) if ids else []


def service_of(container: Mapping[str, Any]) -> str:
    """The service that a container is of."""
    return str(container["Config"]["Labels"]["com.docker.compose.service"])


def put(path: Path, text: str) -> None:
    """Replaces a file that may be read only."""
    path.unlink(missing_ok=True)
    path.write_text(text, "utf-8")
    path.chmod(0o444)
