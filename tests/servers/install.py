"""`./taskw setup:servers`: what tests need and no Python package carries: RabbitMQ and Redis, and for tests that break
things haproxy, which sees restarts as a client behind a balancer does, and faketime, which sets a process's clock. For
those of the dashboard chromium, which playwright drives.

On Debian and its like they come from the distribution, as root or through sudo that asks nothing. No service is
started or enabled: tests start servers of their own, on free ports, with everything in a temporary folder.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.servers import engine, programs
from tests.servers.containers import RABBITMQ_IMAGE, REDIS_IMAGE

_POLICY = Path("/usr/sbin/policy-rc.d")
_UNITS = ("rabbitmq-server.service", "redis-server.service", "haproxy.service", "epmd.service", "epmd.socket")
_ELSEWHERE = """\
Not installed: {missing}. Tests that need them fail until there is one of these:
- on Debian or Ubuntu, as root: apt-get install --no-install-recommends {missing}
- on macOS: brew install rabbitmq redis haproxy chromium
- for RabbitMQ and Redis, a container engine (Docker) that has the images: docker pull {images}
- or running servers, named in PERITO_TEST_RABBITMQ (amqp://...) and PERITO_TEST_REDIS (redis://...)"""


def missing() -> list[str]:
    """Debian's names of what neither the environment, a container engine nor this machine has."""
    here = {
        "rabbitmq-server": os.environ.get("PERITO_TEST_RABBITMQ") or programs.rabbitmq() or engine.has(RABBITMQ_IMAGE),
        "redis-server": os.environ.get("PERITO_TEST_REDIS") or programs.redis() or engine.has(REDIS_IMAGE),
        "haproxy": programs.haproxy(),
        "faketime": programs.faketime(),
        "chromium": programs.chromium(),
    }
    return [name for name, found in here.items() if not found]


@contextmanager
def _nothing_starts() -> Generator[None]:
    """Debian starts the services of what it installs, unless a policy forbids it."""
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text("#!/bin/sh\nexit 101\n")
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink()


def _install(names: list[str]) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    options = ["-qq", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0"]
    before = _enabled()
    with _nothing_starts():
        subprocess.run(["apt-get", *options, "update"], check=True, env=environment)
        install = ["apt-get", *options, "install", "--no-install-recommends", "-y", *names]
        subprocess.run(install, check=True, env=environment, stdout=subprocess.DEVNULL)
    started_at_boot = sorted(_enabled() - before)
    if started_at_boot:
        subprocess.run(["systemctl", "--quiet", "disable", *started_at_boot], check=True)


def _enabled() -> set[str]:
    """Those of our units that the machine would start when it boots."""
    if not Path("/run/systemd/system").is_dir():
        return set()
    asked = [subprocess.run(["systemctl", "--quiet", "is-enabled", u], check=False).returncode for u in _UNITS]
    return {unit for unit, code in zip(_UNITS, asked, strict=True) if code == 0}


def _as_root() -> int | None:
    """Runs this again through sudo where that asks for no password; None where it would."""
    if (
        shutil.which("sudo") is None
        or subprocess.run(["sudo", "-n", "true"], check=False, capture_output=True).returncode
    ):
        return None
    return subprocess.run(["sudo", "-n", sys.executable, "-m", "tests.servers.install"], check=False).returncode


def _by_hand(names: list[str]) -> int:
    images = f"{RABBITMQ_IMAGE}; docker pull {REDIS_IMAGE}"
    print(_ELSEWHERE.format(missing=" ".join(names), images=images), file=sys.stderr)
    return 1


def main() -> int:
    """Installs what is missing and can be; says what is left to do by hand, which is an error."""
    wanted = missing()
    if not wanted:
        return 0
    if shutil.which("apt-get") is None:
        return _by_hand(wanted)
    if os.geteuid() != 0:
        code = _as_root()
        return _by_hand(wanted) if code is None else code
    print(f"Installing {' and '.join(wanted)} from the distribution; no service of them is started.", flush=True)
    _install(wanted)
    left = missing()
    if left:
        return _by_hand(left)
    print(f"Installed {' and '.join(wanted)}. Tests start servers of their own; nothing runs now.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
