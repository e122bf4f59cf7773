"""Real books: every fact that other tools measured of them comes out of Perito, and what a run of each takes.

The books stand beside the project (`../shared/data`), not in it. First the tests that bear the marker `trial_books`
run on them. Then crestline's, auditiq's and northwind's are taken through all phases in this process, to compare facts,
and each goes through `perito analyze` with a mapping by hand and without one, in English and in Spanish, to see that
the language changes the page alone.
"""

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path

from tests.trials.books import auditiq, crestline, northwind
from tests.trials.books.altered import one_quantity_changed, returns_added
from tests.trials.books.commands import analyze_all
from tests.trials.books.fact import Fact
from tests.trials.harness.catalogue import Figures, Say, TrialFailed
from tests.trials.harness.sources import ROOT

NAME = "books"
SOURCES = [
    "libs/kernel/src/**/*.py",
    "libs/rules/src/**/*",
    *(f"services/{name}/src/**/*" for name in ("validation", "consistency", "pattern", "performance", "reporting")),
    "services/standalone/src/**/*.py",
    *("tests/lookalikes/*.py", "tests/accuracy/*.py", "services/validation/tests/test_crestline.py"),
    "tests/*/mapping.yaml",
    "tests/trials/books/*.py",
]
DATA = ROOT.parent / "shared" / "data"


def run(seed: int, say: Say) -> Figures:
    """Figures: `facts` with what was promised and measured, `runs` of the command. Nothing is random, so no seed."""
    if not DATA.is_dir():
        raise TrialFailed("the real books are not beside the project (../shared/data)")
    _tests_hold(say)
    with tempfile.TemporaryDirectory(prefix="perito-trial-books-") as name:
        facts: list[Fact] = []
        for module in (crestline, auditiq, northwind):
            facts += module.facts(DATA, Path(name) / "phases", say)
        commands = Path(name) / "commands"
        runs = analyze_all(DATA, commands, say)
        before = commands / "crestline by hand en" / "report.json"
        one_quantity_changed(DATA / "crestline", crestline.MAPPING, before, Path(name) / "altered", say)
        returns_added(DATA / "crestline", crestline.MAPPING, Path(name) / "returned", say)
    figures: Figures = {"facts": [fact.figure() for fact in facts], "runs": runs}
    wrong = [fact.sentence() for fact in facts if not fact.holds]
    if wrong:
        raise TrialFailed(f"{len(wrong)} of {len(facts)} facts do not come out: {'; '.join(wrong)}", figures)
    say(f"{len(facts)} facts come out of the books")
    return figures


def _tests_hold(say: Say) -> None:
    """Runs what the everyday suite leaves to this trial: the tests of made books on the real ones, and their like."""
    say("running the tests of the real books")
    command = [sys.executable, "-m", "pytest", "-m", "trial_books", "-n", "2"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    told = done.stdout.strip().splitlines()
    if done.returncode != 0:
        raise TrialFailed("tests of the real books fail:\n" + "\n".join(told[-40:]) + done.stderr[-2000:])
    say(told[-1])


def tables(figures: Figures) -> Mapping[str, str]:
    """`facts` by book and `runs` of the command."""
    facts = [Fact.of(figure) for figure in rows(figures, "facts")]
    lines = ["| books | fact | measured |", "|---|---|---|"]
    for books, group in groupby(facts, key=lambda fact: fact.books):
        lines += [f"| {books} | {fact.what} | {fact.shown()} |" for fact in group]
    runs = ["| books | mapping | language | findings | cases | seconds |", "|---|---|---|---|---|---|"]
    for each in rows(figures, "runs"):
        shown = [str(each[name]) for name in ("books", "mapping", "language", "findings", "cases")]
        runs.append(f"| {' | '.join(shown)} | {each['seconds']} |")
    return {"facts": "\n".join(lines), "runs": "\n".join(runs)}


def rows(figures: Figures, name: str) -> list[Mapping[str, object]]:
    """A list of the record as mappings."""
    listed = figures[name]
    assert isinstance(listed, list)
    return [row for row in listed if isinstance(row, Mapping)]
