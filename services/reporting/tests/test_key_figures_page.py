"""Thirty key figures are read by subject, and what a table leaves out is said."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from perito_reporting import books
from perito_reporting.compute import report

from .upstream import Upstream, header, quiet


def drawn(upstream: Upstream, name: str) -> str:
    """A page of the report."""
    job = upstream.job()
    report(job, quiet)
    return (Path(job.out) / name).read_text(encoding="utf-8")


def test_key_figures_stand_under_their_subjects(tmp_path: Path) -> None:
    ids = [f"K-{n:02}" for n in range(1, 31)]
    upstream = Upstream(tmp_path, headers=[header(kpi, kind="metric", severity="info") for kpi in ids])
    row = {"measure": "share", "scope": "total", "key": "", "period": "", "value": Decimal(7), "unit": "%"}
    upstream.kpis = [{"id": kpi, **row} for kpi in ids]
    html = drawn(upstream, "report.html")
    found = re.findall(r'<h3 class="subject">([^<]*)</h3>|<span class="quiet">(K-\d\d)</span>', html)
    subjects: dict[str, list[str]] = {}
    for subject, kpi in found:
        if subject:
            assert subject not in subjects, "a heading stands once"
            subjects[subject] = []
        else:
            subjects[next(reversed(subjects))].append(kpi)
    assert list(subjects) == [
        "Stock",
        "Sales and service",
        "Losses and accuracy of the records",
        "Suppliers and purchase prices",
        "Review of findings",
    ]
    assert sorted(kpi for told in subjects.values() for kpi in told) == ids
    assert subjects["Sales and service"] == [f"K-{n:02}" for n in range(7, 13)]
    assert "Ventas y servicio" in drawn(upstream, "report.es.html")


def test_measures_that_a_table_leaves_out_are_counted(tmp_path: Path) -> None:
    upstream = Upstream(tmp_path, headers=[header("K-22", kind="metric", severity="info")])
    row = {"id": "K-22", "scope": "location", "key": "L1", "period": "", "value": Decimal(7), "unit": "%"}
    upstream.kpis = [{**row, "measure": f"m{n}"} for n in range(9)]
    assert "8 of 9 measures are shown" in drawn(upstream, "report.html")
    upstream.kpis.pop()
    assert "measures are shown" not in drawn(upstream, "report.html")


def test_many_places_of_one_figure_do_not_push_out_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "KPI_LIMIT", 6)
    upstream = Upstream(tmp_path, headers=[header(kpi, kind="metric", severity="info") for kpi in ("K-01", "K-30")])
    row = {"measure": "share", "period": "", "value": Decimal(7), "unit": "%"}
    upstream.kpis = [{"id": "K-01", "scope": "supplier", "key": f"S{n}", **row} for n in range(20)]
    upstream.kpis += [{"id": kpi, "scope": "total", "key": "", **row} for kpi in ("K-30", "K-01")]
    document = json.loads(drawn(upstream, "report.json"))
    assert document["kpis_total"] == 22
    assert [(kpi["id"], kpi["scope"], kpi["key"]) for kpi in document["kpis"]] == [
        ("K-01", "total", ""),
        *(("K-01", "supplier", key) for key in ("S0", "S1", "S10", "S11")),
        ("K-30", "total", ""),
    ]


def test_a_key_figure_in_money_is_written_like_other_amounts(tmp_path: Path) -> None:
    upstream = Upstream(tmp_path, headers=[header("K-07", kind="metric", severity="info")])
    row = {"measure": "gross_margin", "scope": "total", "key": "", "period": "", "value": Decimal("1234.5")}
    upstream.kpis = [{"id": "K-07", "unit": "EUR", **row}]
    assert "<td>EUR\N{NO-BREAK SPACE}1,234.50</td>" in drawn(upstream, "report.html")
    assert "<td>1.234,50\N{NO-BREAK SPACE}EUR</td>" in drawn(upstream, "report.es.html")
