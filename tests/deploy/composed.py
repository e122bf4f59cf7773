"""The compose files as Compose itself reads them, which needs no engine."""

import json
import os
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
FILES = ("compose.yaml", "compose.staging.yaml", "compose.production.yaml")
PHASES = ("validation", "consistency", "pattern", "performance", "reporting")
OURS = ("edge", "orchestrator", *PHASES)
ONCE = ("secrets", "preflight", "bootstrap")
"""Services that end when they are done."""


@cache
def composed(file: str, *settings: str) -> Mapping[str, Any]:
    """What `docker compose config` makes of a file, with `NAME=value` as its only settings.

    Raises AssertionError with what Compose says where it is not valid.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PERITO_", "DOCKER_"))}
    environment |= {"DOCKER_HOST": "tcp://127.0.0.1:1", **dict(each.split("=", 1) for each in settings)}
    command = ["docker-compose", "--env-file", os.devnull, "-f", str(DEPLOY / file), "config", "--format", "json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    return json.loads(done.stdout)


def services(file: str) -> Mapping[str, Mapping[str, Any]]:
    """Each service of a file by its name."""
    return composed(file)["services"]
