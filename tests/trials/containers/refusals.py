"""What production does not start with: secrets that are weak, equal or missing, and certificates that are not there."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.trials.containers.stack import Stack, docker, put, service_of
from tests.trials.harness.catalogue import Say, TrialFailed


@dataclass(frozen=True)
class Refusal:
    """How a folder of secrets is spoilt, and what is said of it."""

    spoil: Callable[[Path], None]
    told: str


def _equal(folder: Path) -> None:
    put(folder / "perito_owner", (folder / "perito_app").read_text("utf-8"))


def _other_service(folder: Path) -> None:
    for name in ("tls.crt", "tls.key"):
        put(folder / "tls" / "validation" / name, (folder / "tls" / "edge" / name).read_text("utf-8"))


REFUSALS: Mapping[str, Refusal] = {
    "a password from an example": Refusal(
        lambda folder: put(folder / "redis_password", "changeme-changeme-changeme-changeme"),
        "redis_password is a placeholder",
    ),
    "a short password": Refusal(
        lambda folder: put(folder / "postgres_superuser", "k3Rq8"), "postgres_superuser must hold 32 characters or more"
    ),
    "two equal passwords": Refusal(_equal, "perito_owner and perito_app are equal"),
    "no certificate for nginx": Refusal(
        lambda folder: (folder / "site" / "tls.crt").unlink(), "site/tls.crt cannot be read"
    ),
    "the certificate of another service": Refusal(
        _other_service, "is of spiffe://perito/edge and not of spiffe://perito/validation"
    ),
    "a secret that is not there": Refusal(
        lambda folder: (folder / "pseudonym_secret").unlink(), "bind source path does not exist"
    ),
}


def refused(stack: Stack, folder: Path, made: Callable[[], None], say: Say) -> dict[str, str]:
    """The sentence for each. `made` makes the folder anew. Raises TrialFailed where anything starts."""
    sentences: dict[str, str] = {}
    for name, refusal in REFUSALS.items():
        refusal.spoil(folder)
        try:
            # Where the folder stood this time is of no interest.
            sentences[name] = _sentence(stack, name, refusal.told).replace(f"{folder.parent}/", "")
        finally:
            stack.down()
            shutil.rmtree(folder)
            made()
        say(f"refused with {name}")
    return sentences


def _sentence(stack: Stack, name: str, told: str) -> str:
    done = stack.run("up", "--detach", "--wait", seconds=120)
    said = done.stderr + stack.run("logs", "--no-log-prefix", "preflight").stdout
    if done.returncode == 0 or told not in said:
        raise TrialFailed(f"production started with {name}, or did not say {told!r}: {said[-2000:]}")
    running = sorted(service_of(each) for each in stack.containers() if each["State"]["Running"])
    if running:
        raise TrialFailed(f"production was refused with {name}, yet these run: {running}")
    return next(line for line in said.splitlines() if told in line).strip()


def refused_by_a_service(image: str, folder: Path) -> str:
    """What a phase itself says of a placeholder, with nobody before it that looked."""
    put(folder / "placeholder", "change-me-change-me-change-me-change-me")
    environment = ["PERITO_LISTEN=127.0.0.1:50051", "PERITO_OBJECTS=/tmp", "PERITO_PSEUDONYM_SECRET_FILE=/secret"]
    options = [word for each in environment for word in ("--env", each)]
    mount = ["--mount", f"type=bind,source={folder / 'placeholder'},target=/secret,readonly"]
    try:
        docker("run", "--rm", "--read-only", "--tmpfs=/tmp", "--network=none", *options, *mount, image)
    except TrialFailed as failure:
        if "is a placeholder" in str(failure):
            return str(failure).partition(": ")[2]
        raise
    raise TrialFailed("a phase started with a placeholder")
