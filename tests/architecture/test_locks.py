"""An image installs from its service's own lock: what the service's members need, in the versions that are tested.

A lock that was forgotten would show only when the image is built or, worse, when its process imports what is missing.
"""

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
SERVICES = sorted(
    path.parent.name for path in ROOT.glob("services/*/pyproject.toml") if path.parent.name != "standalone"
)
AGAIN = "run `./taskw lock:keep` and commit requirements/"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)(?: ; (.+?))? \\\n((?:    --hash=\S+(?: \\)?\n)+)", re.MULTILINE)


def pins(lock: str) -> Mapping[str, tuple[str, ...]]:
    """Version, marker and hashes of each distribution in a lock."""
    text = (ROOT / "requirements" / f"{lock}.lock").read_text("utf-8")
    return {canonicalize_name(name): (version, marker, hashes) for name, version, marker, hashes in _PIN.findall(text)}


def needed(distribution: str) -> Iterator[str]:
    """What an installed distribution requires here, by itself and through others, with each name once."""
    seen: set[str] = set()
    ahead = [(distribution, frozenset[str]())]
    while ahead:
        name, extras = ahead.pop()
        for text in requires(name) or ():
            requirement = Requirement(text)
            found = canonicalize_name(requirement.name)
            asked = requirement.marker is None or any(
                requirement.marker.evaluate({"extra": extra}) for extra in extras or {""}
            )
            if asked and found not in seen:
                seen.add(found)
                ahead.append((found, frozenset(requirement.extras)))
                yield found


def imported(member: str) -> set[str]:
    """Top-level packages that the sources of a member import, wherever they do."""
    (folder,) = (path / "src" for path in ROOT.glob(f"*/{member}") if path.parent.name in {"libs", "services"})
    found: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                found.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("lock", [*SERVICES, "build"])
def test_a_lock_pins_what_is_tested(lock: str) -> None:
    own, tested = pins(lock), pins("dev")
    assert own, f"requirements/{lock}.lock pins nothing"
    other = [name for name, pin in own.items() if tested.get(name, ("",))[0] != pin[0] or tested[name][2] != pin[2]]
    assert not other, f"{lock}.lock and dev.lock differ in {other}: {AGAIN}"


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_has_what_its_members_need_and_no_more(service: str) -> None:
    need = {name for name in needed(f"perito-{service}") if not name.startswith("perito-")}
    own = pins(service)
    here = {name for name, (_, marker, _) in own.items() if not marker}
    assert not need - own.keys(), f"{service}.lock lacks {sorted(need - own.keys())}: {AGAIN}"
    assert not here - need, f"{service}.lock has {sorted(here - need)}, which nothing needs: {AGAIN}"


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_has_what_its_members_import(service: str) -> None:
    members = {
        service,
        *(name.removeprefix("perito-") for name in needed(f"perito-{service}") if name[:7] == "perito-"),
    }
    own, homes = pins(service), packages_distributions()
    third_party = set[str]().union(*map(imported, members)) - sys.stdlib_module_names - {"perito"}
    for package in sorted(name for name in third_party if not name.startswith("perito_")):
        found = {canonicalize_name(name) for name in homes.get(package, ())}
        assert found & own.keys(), f"{service}.lock lacks {package}: name it in pyproject.toml, then {AGAIN}"
