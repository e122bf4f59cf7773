"""Draws the page of a report in one language, from the report alone: no script, its style inline with a hash.

The page stays under two million bytes whatever the books hold: texts are clipped, lists are cut with their true totals,
and where that is not enough fewer rows of everything are shown.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from perito_kernel.errors import Internal

from perito_reporting import page_books, page_kpis, page_scores, page_tables
from perito_reporting.page_cases import Cases
from perito_reporting.voice import Language, Voice

if TYPE_CHECKING:
    from jinja2 import Template

MAX_BYTES = 2_000_000


@dataclass(frozen=True)
class Budget:
    """How many rows the page shows: evidence of a line's first case and of each further one, columns of all files
    together, rows of a KPI's breakdown."""

    evidence: tuple[int, int]
    columns: int
    places: int


_BUDGETS = (Budget((25, 5), 1_500, 12), Budget((8, 2), 500, 6), Budget((3, 0), 100, 3), Budget((0, 0), 0, 0))
"""Tried in this order until the page fits."""


def render(document: Mapping[str, Any], language: Language) -> str:
    """The page for a report. The same report gives the same text."""
    voice = Voice(language)
    for budget in _BUDGETS:
        html = _template().render(_view(document, voice, budget))
        if len(html.encode()) < MAX_BYTES:
            return html
    raise Internal(
        "REPORT_PAGE_TOO_LARGE", "The report's page does not fit; report.json holds everything it would show."
    )


def content_security_policy() -> str:
    """The header with which the page must be served: it allows this style and nothing else."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"sandbox; default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _view(document: Mapping[str, Any], voice: Voice, budget: Budget) -> dict[str, Any]:
    exposed = document["exposure"]
    cases = Cases(document, voice, budget.evidence)
    return {
        "document": document,
        "language": voice.language,
        "say": voice.say,
        "style": _style(),
        "sentence": voice.text(document["verdict"]["sentence"]),
        "detail": voice.text(document["verdict"]["detail"]),
        "lead": page_tables.lead(document, voice),
        "exposure": page_tables.exposure(document, voice),
        "scores": page_scores.scores(document, voice),
        "score_parts": page_scores.parts(document, voice),
        "caveat": page_tables.caveat(document, voice),
        "lists": [
            _list("top_cases", cases, voice, exposed["priced_stories"], priced=True),
            _list("unpriced_cases", cases, voice, exposed["stories"] - exposed["priced_stories"], priced=False),
        ],
        "recommendations": page_tables.recommendations(document, voice),
        "questions": page_books.questions(document, voice),
        "understood": page_books.understood(document, voice, budget.columns),
        "kpis": page_kpis.kpis(document, voice, budget.places),
        "rules": page_tables.rules(document, voice),
        "facts": page_tables.facts(document, voice),
        "untested": page_tables.untested(document, voice),
        "conventions": page_books.conventions(document, voice),
        "transformations": page_books.transformations(document, voice),
        "inputs": page_books.inputs(document, voice),
        "cuts": _cuts(document, voice),
    }


def _list(key: str, cases: Cases, voice: Voice, total: int, *, priced: bool) -> dict[str, Any]:
    told, index = cases.told(priced=priced), cases.index(priced=priced)
    shown = {"shown": voice.grouped(len(told)), "total": voice.grouped(total)}
    further = {"lines": voice.number_of(len(index), "line"), "total": voice.grouped(total)}
    return {
        "key": key,
        "heading": voice.say(key),
        "note": voice.say(f"{key}_note", **shown) if told else "",
        "stories": told,
        "index": index,
        "more": voice.say("index_more", **further) if index else "",
        "priced": priced,
    }


def _cuts(document: Mapping[str, Any], voice: Voice) -> dict[str, str]:
    """What a long table leaves out, by name of the table."""
    rows = {
        "questions": document["understanding"]["questions"],
        "understood": document["understanding"]["files"],
        "conventions": document["conventions"],
        "transformations": document["transformations"],
        "inputs": document["inputs"],
    }
    most = page_books.ROWS
    return {
        name: voice.say("cut", shown=voice.grouped(most), total=voice.grouped(len(all_rows)))
        for name, all_rows in rows.items()
        if len(all_rows) > most
    }


@cache
def _style() -> str:
    return files("perito_reporting").joinpath("templates/report.css").read_text(encoding="utf-8")


@cache
def _template() -> "Template":
    import jinja2  # noqa: PLC0415 - only compute children draw pages

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("perito_reporting"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        optimized=False,  # a page is drawn twice a report: constants are folded for longer than that saves
    )
    return environment.get_template("report.html.j2")
