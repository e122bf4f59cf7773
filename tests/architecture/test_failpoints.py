"""Each failpoint lies at one place of the sources, and nothing that is deployed arms one."""

import re
from collections import Counter
from pathlib import Path

from perito_runtime.failpoints import DIRECTORY, FAILPOINTS, LIST

ROOT = Path(__file__).resolve().parents[2]
_PASSED = re.compile(r"\bfailpoint(?:_sync)?\(\s*\"([^\"]*)\"")


def test_each_failpoint_is_passed_in_exactly_one_place() -> None:
    sources = [path for place in ("libs", "services") for path in (ROOT / place).glob("*/src/**/*.py")]
    found = Counter(name for path in sources for name in _PASSED.findall(path.read_text("utf-8")))
    assert found == Counter(FAILPOINTS.keys())


def test_each_failpoint_is_struck_by_a_test() -> None:
    struck = "".join(path.read_text("utf-8") for path in (ROOT / "tests" / "faults").rglob("*.py"))
    assert [name for name in FAILPOINTS if f'"{name}' not in struck] == []


def test_nothing_that_is_deployed_arms_one() -> None:
    names = re.compile(rf"\b{LIST}\b|\b{DIRECTORY}\b")
    for place in ("deploy", "Dockerfile", "compose.yaml", "Taskfile.yml"):
        found = ROOT / place
        files = [found] if found.is_file() else [path for path in found.rglob("*") if path.is_file()]
        for path in files:
            assert not names.search(path.read_text("utf-8", "replace")), path
