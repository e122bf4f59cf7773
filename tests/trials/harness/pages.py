"""Tables of the documentation that come from records of trials: `python -m tests.trials.harness.pages [--check]`.

A page says where a table stands by two markers at the beginning of lines; what is between them is written here:

    <!-- trial NAME: TABLE -->
    <!-- end of trial -->
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tests.trials.harness import catalogue, record
from tests.trials.harness.sources import ROOT

_BLOCK = re.compile(r"^<!-- trial (\w+): ([\w -]+) -->\n(.*?)^<!-- end of trial -->\n", re.DOTALL | re.MULTILINE)
Table = Callable[[str, str], str]
"""Markdown of a trial's table, by the trial's name and its own."""


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """Trial and table of each pair of markers."""
    for found in _BLOCK.finditer(text):
        yield found[1], found[2]


def filled(text: str, table: Table) -> str:
    """The page with its tables as the records say them."""

    def block(found: re.Match[str]) -> str:
        name, title = found[1], found[2]
        return f"<!-- trial {name}: {title} -->\n{table(name, title).strip()}\n<!-- end of trial -->\n"

    return _BLOCK.sub(block, text)


def from_records(name: str, title: str) -> str:
    """The table of the trial's record, with its origin below. What does not exist is said with what does."""
    if name not in catalogue.names():
        raise ValueError(f"no trial is named {name!r}; there are {', '.join(catalogue.names())}")
    kept = record.load(name)
    if kept is None:
        return f"*Not measured yet: `./taskw trials:{name}`.*"
    tables = catalogue.tables_of(catalogue.trial(name), kept.figures)
    if title not in tables:
        raise ValueError(f"trial {name} has no table {title!r}; it has {', '.join(tables) or 'none'}")
    return f"{tables[title].strip()}\n\n*{kept.origin()}*"


def pages(root: Path = ROOT) -> list[Path]:
    """Pages that may hold tables."""
    return [root / "README.md", *sorted((root / "docs").rglob("*.md"))]


def write(*, check: bool = False) -> list[str]:
    """Writes the tables; returns the pages that changed (or, with `check`, that would)."""
    differ: list[str] = []
    for page in pages():
        text = page.read_text("utf-8")
        wanted = filled(text, from_records)
        if wanted != text:
            differ.append(page.relative_to(ROOT).as_posix())
            if not check:
                page.write_text(wanted, "utf-8")
    return differ


def main(arguments: Iterable[str]) -> int:
    """Writes the tables, or with `--check` says which pages are not what the records say."""
    check = "--check" in arguments
    differ = write(check=check)
    if check and differ:
        print(f"{', '.join(differ)}: tables are not what docs/trials says: run ./taskw generate")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
