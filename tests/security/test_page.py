"""docs/security.md names every answer to bad input, every item of the ten, and no test that is not there."""

import re
from pathlib import Path

import pytest

from tests.security.bad_input import BAD_INPUT, HARMLESS

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


@pytest.mark.parametrize("name", BAD_INPUT)
def test_the_page_says_that_answer(name: str) -> None:
    bad = BAD_INPUT[name]
    answer = f"{bad.status} `{bad.reason}`" if bad.reason else f"{bad.status}, and the connection is closed"
    assert f"| {name} | {answer} |" in PAGE


@pytest.mark.parametrize("name", HARMLESS)
def test_the_page_says_what_is_harmless(name: str) -> None:
    assert f"| {name} |" in PAGE
