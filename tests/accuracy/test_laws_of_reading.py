"""Laws that hold whatever the books: the same books written otherwise get the same report, but for file, record and
line; and what is appended changes nothing of what was told of the time before."""

import json
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from perito_simulator import generate, size_of
from perito_simulator.faults.catalogue import FAULTS
from perito_simulator.planter import Planter

from tests.lookalikes.examined import Examined, examine_books

from . import rewritten
from .rewritten import MAPPING, Sheet, read_sheets, write_sheets

OF_PLACES = {"file", "column_name", "source_column", "line", "record"}
"""What a finding may name that says where it stands in a file, and which differs where the file does."""
POSITION_BOUND: Mapping[str, str] = {
    "V-001": "which files there are",
    "V-003": "told file by file",
    "V-004": "told file by file",
    "V-007": "told file by file, against other files of its table",
    "V-010": "the first of equal rows is that which stands first",
    "V-012": "told file by file",
    "V-013": "told file by file",
    "V-014": "told file by file",
    "V-015": "told file by file",
    "V-016": "told file by file",
    "V-022": "told file by file",
    "V-023": "told file by file",
    "V-024": "told file by file",
    "V-025": "told file by file",
    "V-032": "told file by file",
}
"""Rules whose unit is the file: a file in three parts is three of them."""

SETTLED = date(2025, 11, 15)
Told = Counter[tuple[str, ...]]
Books = tuple[rewritten.Spec, list[Sheet], Examined]


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    folder = tmp_path_factory.mktemp("law")
    planter = Planter({name: 1 for name, kind in FAULTS.items() if not kind.rule.startswith("P-04")}, {})
    generate(folder / "books", size_of(6_000, days=100, shops=3), 4, hooks=planter)
    examined = examine_books(folder / "books", folder / "books" / MAPPING, folder / "work")
    return (*read_sheets(folder / "books"), examined)


def told(examined: Examined, left_out: Sequence[str] = ()) -> Told:
    """Findings by rule, identity, days and amount."""
    return Counter(said(finding) for finding in examined.findings if finding["rule_id"] not in left_out)


def said(finding: Mapping[str, Any]) -> tuple[str, ...]:
    identity = json.loads(finding["identity_json"])
    kept = {name: value for name, value in sorted(identity.items()) if name not in OF_PLACES}
    names = ("rule_id", "severity", "period_start", "period_end", "impact", "currency", "systemic")
    return (json.dumps(kept), *(str(finding[name]) for name in names))


Rewrite = Callable[[Sequence[Sheet], random.Random], list[Sheet]]


@pytest.mark.parametrize("rewrite", [rewritten.shuffled, rewritten.split, rewritten.renamed, rewritten.elsewhere])
@given(seed=st.integers(0, 2**32))
@settings(
    max_examples=1,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_the_same_books_written_otherwise_get_the_same_report(books: Books, rewrite: Rewrite, seed: int) -> None:
    mapping, sheets, examined = books
    left_out = POSITION_BOUND if rewrite is rewritten.split else ("V-010",) if rewrite is rewritten.shuffled else ()
    with TemporaryDirectory(prefix="perito-law-") as name:
        folder = Path(name)
        write_sheets(folder / "books", mapping, rewrite(sheets, random.Random(seed)))  # noqa: S311 (no secret)
        again = examine_books(folder / "books", folder / "books" / MAPPING, folder / "work")
        assert len(examined.findings) > 40
        assert told(again, [*left_out]) == told(examined, [*left_out])


def test_an_appended_period_changes_nothing_of_the_time_before(books: Books, tmp_path: Path) -> None:
    """What validation and consistency tell of days that lie a month before the end is told the same when two weeks more
    are known: only what was open could still change."""
    mapping, sheets, examined = books
    write_sheets(tmp_path / "books", mapping, rewritten.before(sheets, "2025-12-17"))
    old = examine_books(tmp_path / "books", tmp_path / "books" / MAPPING, tmp_path / "work")
    settled = [_settled(one) for one in (old, examined)]
    assert settled[0].total() > 15
    assert settled[0] == settled[1]


def _settled(examined: Examined) -> Told:
    """Findings of validation and consistency whose days have ended by the middle of November."""
    found = [
        finding
        for finding in examined.findings
        if finding["rule_id"][0] in "VC" and finding["period_end"] is not None and finding["period_end"] <= SETTLED
    ]
    return Counter(said(finding) for finding in found)
