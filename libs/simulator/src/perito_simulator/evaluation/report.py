"""Reads what `perito analyze` wrote: complete findings with the rows that prove them, states of rules, amounts."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from perito_kernel.errors import Invalid, NotFound, Precondition

from perito_simulator.truth import TRUTH, Days, SourceRow

_TESTED = {"passed", "failed"}
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Proof:
    """A row that proves a finding, with what it says there."""

    row: SourceRow
    line: int | None
    says: str


@dataclass(frozen=True)
class Finding:
    """One finding. `stands_for` is the number of cases of a systemic one, 0 for any other."""

    fingerprint: str
    rule: str
    severity: str
    identity: Mapping[str, str]
    days: Days
    title: str
    impact: Decimal | None
    currency: str
    stands_for: int
    proofs: Sequence[Proof]

    @property
    def rows(self) -> set[SourceRow]:
        """The rows that prove it."""
        return {proof.row for proof in self.proofs}

    @property
    def serious(self) -> bool:
        """Severity high or critical."""
        return self.severity in {"high", "critical"}


@dataclass(frozen=True)
class Report:
    """Findings of all phases, rules that were tested and why others were not, gross amount of all cases by currency."""

    findings: Sequence[Finding]
    tested: frozenset[str]
    untested: Mapping[str, str]
    gross: Mapping[str, Decimal]


def read_report(out: Path) -> Report:
    """The report in a folder of `perito analyze`. Raises NotFound REPORT_MISSING, Invalid REPORT_UNREADABLE."""
    content = _content(out)
    try:
        reasons = {rule["id"]: rule for rule in content["rules"]}
        names = _file_names(out)
        proofs = _proofs(out, names)
        return Report(
            [_finding(row, proofs.get(str(row["fingerprint"]), [])) for row in _table(out, "findings.parquet")],
            frozenset(rule for rule, said in reasons.items() if said["status"] in _TESTED),
            {rule: _reason(said) for rule, said in reasons.items() if said["status"] not in _TESTED},
            {total["currency"]: Decimal(str(total["gross"])) for total in content["exposure"]["by_currency"]},
        )
    except (ValueError, KeyError, TypeError) as error:
        raise Invalid(
            "REPORT_UNREADABLE",
            f"{out} is no report of this version of `perito analyze` ({type(error).__name__}: {error}). Analyse again.",
            {"file": str(out)},
        ) from error


def check_same_books(books: Path, out: Path) -> None:
    """Raises Precondition OTHER_BOOKS where the report is not, or does not say that it is, about these books."""
    inputs = _content(out).get("inputs")
    if not inputs:
        raise Precondition(
            "OTHER_BOOKS", f"The report in {out} names no file that it is about. Analyse these books first."
        )
    for read in inputs:
        path = books / read["name"]
        if not path.is_file() or _sha256(path) != read["sha256"]:
            raise Precondition(
                "OTHER_BOOKS",
                f"The report in {out} is about another {read['name']} than that of {books}. Analyse these books first.",
                {"file": str(path)},
            )


def _content(out: Path) -> dict[str, Any]:
    path = out / "report.json"
    if not path.is_file():
        raise NotFound(
            "REPORT_MISSING",
            f"{path} is not there. Write it with `perito analyze BOOKS --out {out}` ({TRUTH} is not read by it).",
            {"file": str(path)},
        )
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise Invalid("REPORT_UNREADABLE", f"{path} is no JSON: {error}.", {"file": str(path)}) from error
    return content


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _reason(said: Mapping[str, Any]) -> str:
    reason: Mapping[str, Any] | None = said.get("reason")
    return str(reason["en"] if reason else said["status"])


def _table(out: Path, name: str) -> Iterator[dict[str, Any]]:
    """The rows of one table of every phase, phases by name, a batch at a time."""
    for path in sorted((out / "tables").glob(f"*/{name}")):
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches():  # pyright: ignore[reportUnknownMemberType]  # its stub leaves lists open
                yield from batch.to_pylist()


def _file_names(out: Path) -> dict[int, str]:
    return {int(row["file_id"]): str(row["name"]) for row in _table(out, "files.parquet")}


def _proofs(out: Path, names: Mapping[int, str]) -> dict[str, list[Proof]]:
    found: dict[str, list[Proof]] = {}
    for row in _table(out, "evidence.parquet"):
        if row["file_id"] is None or row["record"] is None:
            continue
        said = " ".join(str(row[cell]) for cell in ("table_name", "role", "key_json", "values_json") if row[cell])
        place = SourceRow(names[row["file_id"]], int(row["record"]))
        found.setdefault(str(row["fingerprint"]), []).append(Proof(place, row["line"], said))
    return found


def _finding(row: Mapping[str, Any], proofs: Sequence[Proof]) -> Finding:
    identity: dict[str, Any] = json.loads(row["identity_json"])
    measures: dict[str, Any] = json.loads(row["measures_json"] or "{}")
    return Finding(
        fingerprint=str(row["fingerprint"]),
        rule=str(row["rule_id"]),
        severity=str(row["severity"]),
        identity={name: str(value) for name, value in identity.items() if value is not None},
        days=Days(row["period_start"], row["period_end"]),
        title=str(row["title_en"]),
        impact=row["impact"],
        currency=str(row["currency"] or ""),
        stands_for=int(measures["findings"]) if row["systemic"] else 0,
        proofs=proofs,
    )
