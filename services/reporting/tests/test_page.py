"""The page: hostile texts stay texts, the policy fits the style, the size is bounded, the drawings are true."""

import base64
import hashlib
import json
import re
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from perito_kernel.errors import Internal
from perito_kernel.phases import RuleOutcome, RuleStatus
from perito_reporting import charts, page, page_books
from perito_reporting.bridge import find_bridge, total_bridge
from perito_reporting.compute import report
from perito_reporting.figures import plain
from perito_reporting.voice import LANGUAGES

from .upstream import Upstream, finding, header, quiet

HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)>\'"&{{ 7*7 }}</style>'


class Page(HTMLParser):
    """Which elements and attributes a page has, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.targets: set[str] = set()
        self.ids: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.update(name for name, _ in attrs)
        self.targets.update(value or "" for name, value in attrs if name == "href")
        self.ids.update(value or "" for name, value in attrs if name == "id")

    def handle_data(self, data: str) -> None:
        self.text += data


def drawn(upstream: Upstream, name: str = "report.html") -> str:
    job = upstream.job()
    report(job, quiet)
    return (Path(job.out) / name).read_text(encoding="utf-8")


@pytest.fixture
def hostile(tmp_path: Path) -> Upstream:
    """Books in which every text that comes from outside attacks the page."""
    upstream = Upstream(tmp_path, headers=[header("C-006", title={"en": HOSTILE}, remedy={"en": HOSTILE}, sql=HOSTILE)])
    upstream.add_file(HOSTILE, 10)
    row = finding("C-006", {"product": HOSTILE, "location": HOSTILE}, "12", currency="NGN", title_en=HOSTILE)
    upstream.findings = [row | {"observed": HOSTILE, "expected": HOSTILE}]
    upstream.prove(row, HOSTILE, 5, {HOSTILE: HOSTILE}, {"qty": HOSTILE})
    upstream.kpis = [
        {"id": "K-16", "measure": HOSTILE, "scope": "location", "key": HOSTILE, "reason": HOSTILE, "unit": "%"}
    ]
    upstream.missing = {"pattern": HOSTILE}
    upstream.tables["conventions"] = [dict.fromkeys(("name", "value", "basis", "explanation_en"), HOSTILE)]
    upstream.tables["transformations"] = [
        dict.fromkeys(("kind", "example_before", "example_after", "explanation_en", "column_name"), HOSTILE)
    ]
    upstream.tables["placements"] = [
        dict.fromkeys(("source_column", "table_name", "column_name", "reason_en", "reason_es"), HOSTILE)
        | {"file_id": 0, "status": "mapped"}
    ]
    upstream.tables["questions"] = [
        dict.fromkeys(("topic", "question_en", "question_es", "add_yaml"), HOSTILE) | {"ordinal": 1}
    ]
    return upstream


def test_conventions_of_a_file_or_place_name_it_and_many_are_cut(tmp_path: Path) -> None:
    upstream = Upstream(tmp_path)
    rows = [f"sales_move_stock:L{n}" for n in range(page_books.ROWS)] + ["sign:ledger.csv"]
    upstream.tables["conventions"] = [{"name": name, "value": "feed", "basis": "evidence"} for name in rows]
    html = drawn(upstream, "report.es.html")
    assert "Qué mueve las existencias: L7" in html
    assert "Se muestran 200 de 201" in html


@pytest.mark.parametrize("name", ["report.html", "report.es.html"])
def test_hostile_names_stay_text(hostile: Upstream, name: str) -> None:
    html = drawn(hostile, name)
    seen = Page(html)
    assert not {"script", "img", "iframe", "link", "form"} & set(seen.tags)
    assert not {name for name in seen.attributes if name.startswith("on") or name in {"style", "src"}}
    assert seen.targets == {f"#{target}" for target in seen.ids & {target[1:] for target in seen.targets}}
    assert seen.tags.count("style") == 1
    assert seen.text.count('<script>alert("x")</script>') >= 10, "they are shown as they are"
    assert seen.text.count("{{ 7*7 }}") >= 10, "and not evaluated"


def test_the_policy_allows_exactly_this_style(hostile: Upstream) -> None:
    html = drawn(hostile)
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = (Path(hostile.job().out) / "report-csp.txt").read_text(encoding="ascii").strip()
    assert policy == page.content_security_policy()
    assert policy.startswith(f"sandbox; default-src 'none'; style-src 'sha256-{digest}';")
    assert "url(" not in style[1]
    assert "@import" not in style[1]


def test_a_hundred_thousand_findings_make_a_small_page(tmp_path: Path) -> None:
    long = "<&>" * 400
    upstream = Upstream(tmp_path, headers=[header("C-006", sql="-- " + long * 20), header("V-004", entities=[])])
    base = finding("C-006", {}, "1")
    for n in range(100_000):
        identity = json.dumps({"product": f"{long[:60]}{n}", "location": f"L{n % 500}"})
        prints = {"fingerprint": f"{n:064x}", "identity_json": identity, "title_en": long + str(n)}
        upstream.findings.append(base | prints | {"impact": Decimal(n)})
    for n in range(99_990, 100_000):
        upstream.evidence += [
            {"fingerprint": f"{n:064x}", "ordinal": i, "role": long, "file_id": 0, "record": i, "line": i}
            | {"key_json": "{}", "values_json": json.dumps({f"{long[:50]}{c}": long for c in range(12)})}
            for i in range(30)
        ]
    for n in range(300):
        upstream.add_file(f"{long[:90]}{n}.csv", 1)
    html = drawn(upstream)
    assert len(html.encode()) < page.MAX_BYTES
    assert "10 of 500 lines are told in full" in html
    assert "Next: 90 lines, of 500 in all" in html
    assert len(drawn(upstream, "report.es.html").encode()) < page.MAX_BYTES
    assert "200 of 300 shown" in html
    assert "100,000" in html


def test_wide_books_and_long_series_make_a_small_page(tmp_path: Path) -> None:
    """Many files of many columns, KPIs of many places and thousands of days: cut with true totals, never too large."""
    long = "<&>" * 130
    upstream = Upstream(tmp_path, headers=[header(f"K-{n}", kind="metric", severity="info") for n in range(10, 30)])
    for n in range(250):
        upstream.add_file(f"{long}{n}.csv", 1)
    upstream.tables["placements"] = [
        {"ordinal": n, "file_id": n % 250, "source_column": f"{long}{n}", "table_name": "sales", "column_name": long}
        | {"status": "mapped", "reason_en": long, "reason_es": long}
        for n in range(20_000)
    ]
    upstream.kpis = [
        {"id": f"K-{kpi}", "measure": f"m{m}", "scope": "category", "key": f"{long}{place}", "period": ""}
        | {"value": Decimal(place), "unit": "%", "numerator": Decimal(place), "denominator": Decimal(7)}
        for kpi in range(10, 30)
        for m in range(5)
        for place in range(60)
    ]
    upstream.kpis += [
        {"id": "K-10", "measure": f"m{m}", "scope": "day", "key": day, "period": day, "value": Decimal(n % 97)}
        for m in range(12)
        for n in range(300)
        for day in [date.fromordinal(738_000 + n).isoformat()]
    ]
    html = drawn(upstream)
    assert len(html.encode()) < page.MAX_BYTES
    assert re.search(r"of 80 shown", html), "columns of a file"
    assert re.search(r"of 60 shown", html), "places of a KPI"
    assert "8 of 12 shown" in html, "lines of a KPI"
    assert "200 of 250 shown" in html, "files"
    points = re.findall(r'points="([^"]*)"', html)
    assert {len(line.split()) for line in points} == {120}


def test_fewer_rows_are_shown_before_the_page_grows_too_large(
    hostile: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = drawn(hostile)
    monkeypatch.setattr(page, "MAX_BYTES", len(whole.encode()) - 1)
    assert "<summary>Evidence: 1 of 1 row<" in whole
    fewer = drawn(hostile)
    assert "<summary>Evidence: 1 of 1 row<" not in fewer
    assert "<summary>Evidence: 0 of 1 row<" in fewer, "what is left out is told"
    monkeypatch.setattr(page, "MAX_BYTES", 1000)
    with pytest.raises(Internal, match="REPORT_PAGE_TOO_LARGE"):
        drawn(hostile)


def test_a_case_shows_its_local_day_and_not_the_instant_of_another(tmp_path: Path) -> None:
    """A count of Lagos' 28 February stands at 23:00 UTC of the 27th; without a period there is only the instant."""
    instant = "2025-02-27T23:00:00Z"
    upstream = Upstream(tmp_path, headers=[header("C-035", entities=["product"]), header("C-006")])
    day = date(2025, 2, 28)
    upstream.findings = [
        finding("C-035", {"ts": instant, "product": "P1"}, "12", title_en="A count", start=day, end=day),
        finding("C-006", {"ts": instant, "product": "P2"}, "12", title_en="A cell"),
    ]
    html = drawn(upstream)
    assert "<span>2025-02-28</span><span>product P1</span>" in html
    assert "<span>product P2, date 2025-02-27 23:00:00 UTC</span>" in html
    report_json = json.loads((Path(upstream.job().out) / "report.json").read_text(encoding="utf-8"))
    assert {case["identity"]["ts"] for case in report_json["cases"]} == {instant}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_section_of_an_empty_report_says_that_it_is_empty(tmp_path: Path, language: str) -> None:
    html = drawn(Upstream(tmp_path), "report.html" if language == "en" else "report.es.html")
    assert f'<html lang="{language}">' in html
    seen = Page(html)
    for says in {
        "en": ("No case carries an amount.", "Nothing is open.", "Every rule could be tested.", "There was no file."),
        "es": (
            "Ningún caso tiene importe.",
            "No queda nada abierto.",
            "se pudieron comprobar.",
            "No había ningún archivo.",
        ),
    }[language]:
        assert says in seen.text
    assert seen.tags.count("section") == html.count("<h2>"), "each section has its heading"


def test_questions_come_first_and_columns_say_where_they_went(tmp_path: Path) -> None:
    upstream = Upstream(tmp_path, headers=[header("C-006")])
    upstream.add_file("books.csv", 7)
    upstream.tables["questions"] = [
        {"ordinal": 1, "file_id": 0, "topic": "location", "question_en": "Where was it sold?"}
        | {"question_es": "¿Dónde se vendió?", "add_yaml": "constants: {location: L1}"}
    ]
    upstream.tables["placements"] = [
        {"ordinal": 1, "file_id": 0, "source_column": "Cant", "table_name": "sales", "column_name": "qty"}
        | {"status": "mapped", "confidence": Decimal("0.85"), "reason_en": "A header.", "reason_es": "Una cabecera."},
        {"ordinal": 2, "file_id": 0, "source_column": "Nota", "status": "not_used", "reason_en": "Unknown."},
    ]
    html = drawn(upstream, "report.es.html")
    assert html.index("¿Dónde se vendió?") < html.index("<summary><b>books.csv</b>")
    assert "constants: {location: L1}" in html
    assert '<td>Cant</td><td>ventas: cantidad</td><td class="id">usada</td><td class="number">0,85</td>' in html
    assert '<tr class="quiet"><td>Nota</td><td></td><td class="id">no se usa</td><td class="number">dada</td>' in html
    assert "se usan 1 de 2 columnas" in html
    assert "1 pregunta sobre estos archivos" in html
    document = json.loads((Path(upstream.job().out) / "report.json").read_text(encoding="utf-8"))
    assert document["understanding"]["files"][0]["columns"][0]["confidence"] == "0.85"


def test_a_file_that_nobody_read_is_not_counted_as_read(tmp_path: Path) -> None:
    upstream = Upstream(tmp_path, headers=[header("C-006")])
    upstream.add_file("read.csv", 7)
    upstream.add_file("other.csv", 0, reader="unused", tables_json="[]")
    html = drawn(upstream)
    assert "on 7 records from 1 file." in html
    assert '<td>other.csv<small></small></td><td class="number">1,000</td><td class="number">not read: no map' in html
    upstream.add_file("picture.csv", 0, reader="unreadable", tables_json="[]")
    upstream.tables["placements"] = [
        {"ordinal": 1, "file_id": 2, "status": "unplaced", "reason_en": "picture.csv is a picture, not a table."}
    ]
    html = drawn(upstream)
    assert "on 7 records from 1 file." in html
    assert '<td class="number">1,000</td><td class="number">could not be read</td><td class="number">–</td>' in html
    assert '<td>the whole file</td><td></td><td class="id">no place</td><td class="number">–</td>' in html


def bridge_of(measures: dict[str, Any], expected: str, observed: str) -> Any:
    return find_bridge({"measures": measures, "expected": expected, "observed": observed})


def test_a_bridge_is_drawn_only_where_it_adds_up() -> None:
    found = bridge_of({"opening": "10", "sales": "-4", "receipts": "3", "other": "0", "unit_cost": "9"}, "9", "8")
    assert [(step.name, step.amount) for step in found.steps] == [("receipts", 3), ("sales", -4)]
    assert found.difference == -1
    unsigned = bridge_of({"opening": "10", "sales": "4", "receipts": "3"}, "9", "8")
    assert [step.amount for step in unsigned.steps] == [3, -4]
    assert bridge_of({"opening": "10", "sales": "-4"}, "9", "8") is None
    assert bridge_of({"opening": "ten", "sales": "-1"}, "9", "8") is None
    assert bridge_of({"sales": "-1"}, "9", "8") is None


def test_the_totals_of_a_rule_make_a_bridge_where_they_agree_with_its_difference(tmp_path: Path) -> None:
    facts = {
        "opening_total": "10",
        "moved_total": "5.5000",
        "closing_total": "14",
        "net_difference": "-1.5",
        "cells": "3",
    }
    found = total_bridge(facts)
    assert found
    assert [(step.name, step.amount) for step in found.steps] == [("moved", Decimal("5.5"))]
    assert (found.expected, found.difference) == (Decimal("15.5"), Decimal("-1.5"))
    assert total_bridge(facts | {"net_difference": "0"}) is None
    assert total_bridge({"closing_total": "14", "net_difference": "0"}) is None
    upstream = Upstream(tmp_path, headers=[header("C-006")])
    upstream.outcomes["C-006"] = RuleOutcome("C-006", "1", RuleStatus.PASSED, evaluated=3, facts=facts)
    assert '<th scope="row">Moved total</th>' not in drawn(upstream)
    assert '<th scope="row">Moved</th><td class="number">5.5</td><td><svg' in drawn(upstream)


def test_a_bridge_stands_on_the_page(tmp_path: Path) -> None:
    upstream = Upstream(tmp_path, headers=[header("C-006")])
    measures = json.dumps({"opening": "200", "receipts": "60", "sales": "-137"})
    row = finding("C-006", {"product": "P1", "location": "L1"}, "5", observed="118", expected="123")
    upstream.findings = [row | {"measures_json": measures}]
    html = drawn(upstream)
    rows = re.findall(r'<th scope="row">([A-Z][a-z]+)</th><td class="number">([^<]*)</td><td><svg', html)
    assert rows == [
        ("Opening", "200"),
        ("Receipts", "60"),
        ("Sales", "−137"),
        ("Expected", "123"),
        ("Observed", "118"),
        ("Difference", "−5"),
    ]


def test_a_series_is_drawn_to_scale_and_leaves_gaps() -> None:
    assert 'points="4,60 476,4"' in charts.series([Decimal(1), Decimal(3)])
    assert 'points="4,32 476,32"' in charts.series([Decimal(2), Decimal(2)])
    drawing = charts.series([Decimal(1), Decimal(2), None, Decimal(5), None])
    assert drawing.count("<polyline") == drawing.count("<circle") == 1
    assert "<polyline" not in charts.series([None, None])


def test_what_a_rule_measured_stands_beside_the_story_where_it_is_a_figure(tmp_path: Path) -> None:
    upstream = Upstream(tmp_path, headers=[header("C-006", words={"gap": {"en": "days between", "es": "días entre"}})])
    measures = {"gap": "12", "unit_cost": "9", "samples": [{"product": "P1"}], "pattern": {"a": 1}, "left": None}
    row = finding("C-006", {"product": "P1", "location": "L1"}, "5", systemic=True)
    upstream.findings = [row | {"measures_json": json.dumps(measures)}]
    html = drawn(upstream, "report.es.html")
    assert re.findall(r"<div><dt>([^<]*)</dt><dd>([^<]*)</dd></div>", html)[-1:] == [("días entre", "12")]
    assert "se cuenta como un solo hallazgo" in html


def test_what_a_rule_counts_is_said_in_its_own_words_everywhere(tmp_path: Path) -> None:
    words = {"rows": {"en": "moments", "es": "instantes"}}
    upstream = Upstream(tmp_path, headers=[header("C-006", words=words)])
    upstream.findings = [finding("C-006", {"product": "P1", "location": "L1"}, "5")]
    counted = re.findall(r"1 de [0-9.]+ (\w+)", drawn(upstream, "report.es.html"))
    assert "instantes" in counted
    assert "filas" not in counted


def test_drawings_are_to_scale() -> None:
    assert 'class="fill" x="0" y="0" width="100"' in charts.bar(Decimal(50), Decimal(100))
    assert 'class="fill" x="0" y="0" width="200"' in charts.bar(Decimal(170), Decimal(100))
    assert 'class="fill" x="0" y="0" width="0"' in charts.bar(Decimal(1), Decimal(0))
    assert 'class="fall" x="50" y="0" width="100"' in charts.step(Decimal(30), Decimal(10), Decimal(), Decimal(40))
    assert 'class="rise" x="0" y="0" width="66.7"' in charts.step(Decimal(-10), Decimal(0), Decimal(-10), Decimal(20))
    assert 'class="level" x="0" y="0" width="100"' in charts.level(Decimal(-10), Decimal(-10), Decimal(10))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1E+3"), "1000"),
        ("12.5000", "12.5"),
        ("-0.00", "0"),
        ("100", "100"),
        ("A-1.50", "A-1.50"),
        (None, None),
    ],
)
def test_numbers_for_machines_are_plain(value: Any, text: str | None) -> None:
    assert plain(value) == text
