"""docs/security.md names every item of the ten, and no test that is not there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")


def test_every_item_is_held_by_tests_that_exist() -> None:
    rows = re.findall(r"^\| API(\d+) [^|]+\|[^|]+\|([^|]+)\|$", PAGE, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 11))
    for number, tests in rows:
        named = re.findall(r"`([\w/]+\.py)`", tests)
        assert named, f"API{number} has no test"
        assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_other_test_that_is_named_exists() -> None:
    assert [path for path in re.findall(r"`([\w/]+\.py)`", PAGE) if not (ROOT / path).exists()] == []
