"""Links of the pages lead somewhere, and every test that a promise names exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
_SHORT = {
    "edge": "services/edge/tests",
    "orchestrator": "services/orchestrator/tests",
    "standalone": "services/standalone/tests",
    "runtime": "libs/runtime/tests",
    "rules": "libs/rules/tests",
}


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    broken: list[str] = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, place = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (place and place not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_every_test_that_a_promise_names_exists() -> None:
    named = re.findall(r"`([a-z_/]+\.py)::(\w+)`", (DOCS / "reliability.md").read_text("utf-8"))
    assert len(named) > 30
    missing: list[str] = []
    for path, name in named:
        top, _, rest = path.partition("/")
        file = ROOT / _SHORT[top] / rest if top in _SHORT else ROOT / path
        if not file.is_file() or not re.search(rf"def {name}\(", file.read_text("utf-8")):
            missing.append(f"{path}::{name}")
    assert missing == []
