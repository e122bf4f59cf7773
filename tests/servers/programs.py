"""Where the programs of the test servers are on this machine, and what to say where one is missing."""

import os
import shutil
from pathlib import Path

_RABBITMQ = (
    "/usr/lib/rabbitmq/bin",  # Debian, Fedora: the program in sbin changes the user and insists on folders of its own
    "/opt/homebrew/opt/rabbitmq/sbin",
    "/usr/local/opt/rabbitmq/sbin",
)
_REDIS = ("/usr/bin", "/opt/homebrew/bin", "/usr/local/bin")

HOW = "Run `./taskw setup:servers`{otherwise}."


class ServerMissing(Exception):
    """A server that tests need is not on this machine. The text says what to do."""

    def __init__(self, name: str, variable: str = "") -> None:
        otherwise = f", or name a running server in {variable}" if variable else ""
        super().__init__(f"{name} is not installed on this machine. {HOW.format(otherwise=otherwise)}")


def rabbitmq() -> Path | None:
    """Folder with `rabbitmq-server` and `rabbitmqctl`; None where it is not installed."""
    return next((Path(f) for f in _RABBITMQ if Path(f, "rabbitmq-server").exists()), None)


def redis() -> Path | None:
    """`redis-server`; None where it is not installed."""
    found = shutil.which("redis-server") or next((f"{f}/redis-server" for f in _REDIS if Path(f).exists()), "")
    return Path(found) if found and Path(found).exists() else None


def haproxy() -> Path | None:
    """`haproxy`; None where it is not installed."""
    found = shutil.which("haproxy", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    return Path(found) if found else None


def chromium() -> Path | None:
    """Debian's `chromium`; None where it is not installed. No other is looked for: tests see what CI sees."""
    found = shutil.which("chromium")
    return Path(found) if found else None


def faketime() -> Path | None:
    """The library that gives a process another clock, for LD_PRELOAD; None where it is not installed."""
    return next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)
