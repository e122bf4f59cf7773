"""Two real sets of books through intake and the rules, altered or not. More of them is told in `tests/lookalikes`."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import yaml
from perito_kernel.phases import InputFile, Job, Outcome, RuleOutcome, RuleStatus, UpstreamResult
from perito_rules.compute import examine
from perito_rules.trial import read_rows
from perito_validation.compute import validate

ROOT = Path(__file__).resolve().parents[2]
BOOKS = ROOT.parent / "shared" / "data"
pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.trial_books,
    pytest.mark.skipif(not BOOKS.is_dir(), reason="the real books are not beside the project"),
]


def job_of(books: str, phase: str, folder: Path, upstream: list[UpstreamResult]) -> Job:
    mapping = ROOT / "tests" / books / "mapping.yaml"
    files: list[InputFile] = []
    for name in yaml.safe_load(mapping.read_text("utf-8"))["files"]:
        content = (BOOKS / books / name).read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        files.append(InputFile(name, str(BOOKS / books / name), digest, len(content)))
    out, scratch = folder / phase, folder / f"{phase}-scratch"
    out.mkdir()
    scratch.mkdir()
    rules = f"perito_{phase}.rules"
    return Job(phase, rules, files, str(mapping), upstream, {}, str(out), str(scratch), 2, 1 << 30, "5e" * 32)


def read(books: str, folder: Path) -> UpstreamResult:
    """What validation leaves of the books below `folder`."""
    outcome = validate(job_of(books, "validation", folder, []), silent)
    artifacts = {file.name: str(folder / "validation" / file.name) for file in outcome.artifacts}
    return UpstreamResult("validation", "1", artifacts, outcome.rules)


def silent(_fraction: float, _step: str) -> None:
    """Progress that nobody watches."""


def rules_of(outcome: Outcome) -> Mapping[str, RuleOutcome]:
    return {rule.rule_id: rule for rule in outcome.rules}


@pytest.fixture(scope="module")
def crestline(tmp_path_factory: pytest.TempPathFactory) -> UpstreamResult:
    return read("crestline", tmp_path_factory.mktemp("crestline"))


def test_one_altered_balance_breaks_the_two_cells_it_stands_in(crestline: UpstreamResult, tmp_path: Path) -> None:
    altered = tmp_path / "inventory.parquet"
    source = crestline.artifacts["inventory.parquet"]
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE stock AS FROM read_parquet(?)", [source])
        cell = ["PRD-0001", "WH-LAG1", "2025-03-31"]
        changed = connection.execute(
            "UPDATE stock SET qty = qty + 5 WHERE product = ? AND location = ? AND snapshot_date = ?", cell
        ).fetchone()
        assert changed == (1,)
        connection.table("stock").write_parquet(str(altered))
    wrong = replace(crestline, artifacts={**crestline.artifacts, "inventory.parquet": str(altered)})
    examine(job_of("crestline", "consistency", tmp_path, [wrong]), silent)
    findings = [f for f in read_rows(tmp_path / "consistency" / "findings.parquet") if f["rule_id"] == "C-006"]
    cells = sorted((str(f["period_end"]), f["delta_qty"], f["identity"]["product"]) for f in findings)
    assert cells == [("2025-03-31", Decimal(5), "PRD-0001"), ("2025-04-30", Decimal(-5), "PRD-0001")]


def test_no_invoice_of_auditiq_is_an_exact_duplicate(tmp_path: Path) -> None:
    """Its 15 duplicates are edited copies, which P-009 looks for; the 380 clean ones must not be named at all."""
    rules = rules_of(examine(job_of("auditiq", "pattern", tmp_path, [read("auditiq", tmp_path)]), silent))
    outcome = rules["P-008"]
    assert (outcome.status, outcome.evaluated, outcome.failed, outcome.unknown) == (RuleStatus.PASSED, 480, 0, 0)
