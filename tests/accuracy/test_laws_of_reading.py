"""Laws that hold whatever the books: the same books written otherwise get the same report, but for file, record and
line; what is appended changes nothing of what was told of the time before; nothing is lost or made on the way."""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from perito_rules.loader import load_rules
from perito_simulator import generate, size_of
from perito_simulator.faults.catalogue import FAULTS
from perito_simulator.planter import Planter
from perito_simulator.truth import Truth

from tests.lookalikes.examined import PHASES, Examined, examine_books

from . import rewritten
from .conservation import assert_conserved, breaks_of
from .rewritten import MAPPING, Sheet, read_sheets, write_sheets

OF_PLACES = {"file", "column_name", "source_column", "line", "record"}
"""What a finding may name that says where it stands in a file, and which differs where the file does."""
POSITION_BOUND = {
    rule.id
    for phase in PHASES
    if phase != "reporting"
    for rule in load_rules(f"perito_{phase}.rules")
    if rule.position_bound
}
"""Rules whose headers say that their findings depend on how rows lie in files, and why."""
ADDITIVE = {"V-003", "V-004", "V-012", "V-013", "V-014", "V-015"}
"""Rules that tell file by file how many cells are wrong: those of a file's parts are those of the file."""
OF_FORMS = {"V-006"}
"""What can be read in two ways depends on how it is written, and on nothing else."""

BEFORE, LAST = date(2025, 12, 17), date(2025, 12, 31)
SETTLED = date(2025, 10, 31)
"""What is due within six weeks is settled when the books of `BEFORE` end."""
Told = Counter[tuple[str, ...]]


@dataclass(frozen=True)
class Books:
    """Books with nearly every kind of fault: what their mapping says beside files, the files, the report, the truth."""

    mapping: rewritten.Spec
    sheets: list[Sheet]
    examined: Examined
    truth: Truth


@pytest.fixture(scope="module", params=["plain"])
def books(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Books:
    return books_of(tmp_path_factory.mktemp("law"), str(request.param), 4)


def books_of(folder: Path, style: str, seed: int) -> Books:
    """A small retailer of a hundred days."""
    planter = Planter({name: 1 for name, kind in FAULTS.items() if not kind.rule.startswith("P-04")}, {})
    made = generate(folder / "books", size_of(6_000, days=100, shops=3), seed, style=style, hooks=planter)
    examined = examine_books(folder / "books", folder / "books" / MAPPING, folder / "work")
    truth = planter.truth(seed, style, made.ledger_rows, made.habits)
    return Books(*read_sheets(folder / "books"), examined, truth)


def told(examined: Examined, left_out: set[str] | None = None) -> Told:
    """Findings by rule, identity, days and amount."""
    return Counter(said(finding) for finding in examined.findings if finding["rule_id"] not in (left_out or ()))


def said(finding: Mapping[str, Any]) -> tuple[str, ...]:
    identity = json.loads(finding["identity_json"])
    kept = {name: value for name, value in sorted(identity.items()) if name not in OF_PLACES}
    names = ("rule_id", "severity", "period_start", "period_end", "impact", "currency", "systemic")
    return (json.dumps(kept), *(str(finding[name]) for name in names))


def rows_told(examined: Examined) -> Counter[tuple[str, str]]:
    """How many cells the rules that go file by file tell, by rule and identity."""
    rows: Counter[tuple[str, str]] = Counter()
    for finding in examined.findings:
        if finding["rule_id"] in ADDITIVE:
            rows[finding["rule_id"], said(finding)[0]] += finding["row_count"]
    return rows


Rewrite = Callable[[Sequence[Sheet], random.Random], list[Sheet]]


@dataclass(frozen=True)
class Otherwise:
    """Ways of writing, one after the other, and the rules that may tell something else of it."""

    ways: tuple[Rewrite, ...]
    left_out: set[str]

    @property
    def name(self) -> str:
        return " and ".join(way.__name__ for way in self.ways)


WAYS = (
    Otherwise((rewritten.shuffled, rewritten.renamed), {"C-003"}),
    Otherwise((rewritten.split,), POSITION_BOUND),
    Otherwise((rewritten.elsewhere,), OF_FORMS),
)


@pytest.mark.parametrize("way", WAYS, ids=[way.name for way in WAYS])
@given(seed=st.integers(0, 2**32))
@settings(
    max_examples=1,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_the_same_books_written_otherwise_get_the_same_report(books: Books, way: Otherwise, seed: int) -> None:
    for again in written_otherwise(books, way.ways, seed):
        assert len(books.examined.findings) > 40
        assert told(again, way.left_out) == told(books.examined, way.left_out)
        assert rows_told(again) == rows_told(books.examined)


def written_otherwise(books: Books, ways: Sequence[Rewrite], seed: int) -> Iterator[Examined]:
    """The report of the books written so, while its folder is there. It keeps the laws of conservation too."""
    with TemporaryDirectory(prefix="perito-law-") as name:
        folder, sheets = Path(name), books.sheets
        for way in ways:
            sheets = way(sheets, random.Random(seed))  # noqa: S311 (no secret)
        write_sheets(folder / "books", books.mapping, sheets)
        again = examine_books(folder / "books", folder / "books" / MAPPING, folder / "work")
        assert_conserved(again, sheets)
        yield again


def test_an_appended_period_changes_nothing_of_the_time_before(books: Books) -> None:
    """What validation and consistency tell of days six weeks before the end is told the same when two weeks more are
    known: only what was open could still change."""
    for old in written_otherwise(books, [lambda sheets, _: rewritten.before(sheets, BEFORE, LAST)], 0):
        settled = [_settled(one) for one in (old, books.examined)]
        assert settled[0].total() > 10
        assert settled[0] == settled[1]


def _settled(examined: Examined) -> Told:
    """Findings of validation and consistency whose days have ended by then."""
    found = [
        finding
        for finding in examined.findings
        if finding["rule_id"][0] in "VC" and finding["period_end"] is not None and finding["period_end"] <= SETTLED
    ]
    return Counter(said(finding) for finding in found)


def test_nothing_is_lost_or_made(books: Books) -> None:
    assert_conserved(books.examined, books.sheets)


def test_goods_are_lost_only_where_a_fault_was_planted(books: Books) -> None:
    """Of everything between two snapshots that does not add up a fault names product and place."""
    named = {(fault.entities.get("product"), fault.entities.get("location")) for fault in books.truth.faults}
    broken = {(product, place) for product, place, _ in breaks_of(books.examined)}
    assert broken
    assert broken <= named
