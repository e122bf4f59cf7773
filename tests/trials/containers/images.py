"""The images: all built from one Dockerfile, their sizes, and the same bytes from the same sources."""

from collections.abc import Mapping
from typing import Any

from tests.trials.containers.confined import OURS
from tests.trials.containers.stack import Stack, docker
from tests.trials.harness.catalogue import Say, TrialFailed
from tests.trials.harness.sources import ROOT

_TREE = """
import hashlib, os
found = hashlib.sha256()
for folder, folders, files in os.walk("/opt/perito"):
    folders.sort()
    for name in sorted(files):
        path = os.path.join(folder, name)
        status = os.lstat(path)
        content = os.readlink(path).encode() if os.path.islink(path) else open(path, "rb").read()
        if name.endswith(".pyc") and content[4:8] != bytes([1, 0, 0, 0]):  # a hash that nobody checks (PEP 552)
            raise SystemExit(f"{path} would be compiled again at each start")
        line = f"{path} {status.st_mode} {int(status.st_mtime)} {hashlib.sha256(content).hexdigest()}"
        found.update(line.encode())
print(found.hexdigest())
"""


def built(version: str, say: Say) -> Mapping[str, Any]:
    """Size of each image, and of what it has beyond its base. Raises TrialFailed where one is not as promised."""
    Stack("perito-trial-development", "compose.yaml", {"PERITO_VERSION": version}).told("build", seconds=2000)
    say("all images are built")
    base = int(docker("image", "inspect", "--format", "{{.Size}}", "python:3.13-slim"))
    sizes: dict[str, Mapping[str, int]] = {}
    for service in OURS:
        name = f"perito-{service}:{version}"
        size, user, probe = docker(
            "image", "inspect", "--format", "{{.Size}} {{.Config.User}} {{.Config.Healthcheck.Test}}", name
        ).split(maxsplit=2)
        if user != "65532:65532" or "health.py ready" not in probe:
            raise TrialFailed(f"{name} runs as {user} and is asked by {probe}")
        sizes[service] = {"bytes": int(size), "beyond_base": int(size) - base}
    return {"base_bytes": base, "sizes": sizes}


def same_bytes(version: str, say: Say) -> str:
    """SHA-256 of all that an image has beyond its base, the same when it is built again without any cache."""
    name, again = f"perito-edge:{version}", f"perito-edge:{version}-again"
    arguments = ["--quiet", "--no-cache", "--file", str(ROOT / "deploy" / "Dockerfile"), "--build-arg", "SERVICE=edge"]
    docker("build", *arguments, "--tag", again, str(ROOT))
    say("the edge's image is built again")
    trees = [docker("run", "--rm", "--entrypoint=python", each, "-c", _TREE).strip() for each in (name, again)]
    docker("rmi", again)
    if trees[0] != trees[1]:
        raise TrialFailed("the same sources gave an image of other bytes")
    return trees[0]
