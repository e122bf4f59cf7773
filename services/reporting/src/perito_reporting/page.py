"""Draws `report.html` from the report alone: one page, no script, its style inline with a hash for the policy.

The page stays under two million bytes whatever the books hold: texts are clipped, lists are cut with their true totals,
and where that is not enough fewer evidence rows are shown.
"""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from perito_kernel.errors import Internal

from perito_reporting import page_cases, page_tables
from perito_reporting.texts import say

if TYPE_CHECKING:
    from jinja2 import Template

MAX_BYTES = 2_000_000

_ROWS = ((25, 5), (8, 2), (3, 0), (0, 0))
"""Evidence rows of a line's first case and of each further one, tried in this order until the page fits."""


def render(document: Mapping[str, Any]) -> str:
    """The page for a report. The same report gives the same text."""
    for rows in _ROWS:
        html = _template().render(_view(document, rows))
        if len(html.encode()) < MAX_BYTES:
            return html
    raise Internal(
        "REPORT_PAGE_TOO_LARGE", "The report's page does not fit; report.json holds everything it would show."
    )


def content_security_policy() -> str:
    """The header with which the page must be served: it allows this style and nothing else."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"sandbox; default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _view(document: Mapping[str, Any], rows: tuple[int, int]) -> dict[str, Any]:
    exposed = document["exposure"]
    unpriced = exposed["stories"] - exposed["priced_stories"]
    return {
        "document": document,
        "say": say,
        "style": _style(),
        "lead": page_tables.lead(document),
        "exposure": page_tables.exposure(document),
        "scores": page_tables.scores(document),
        "caveat": page_tables.caveat(document),
        "lists": [
            _list("top_cases", page_cases.stories(document, True, rows), exposed["priced_stories"]),
            _list("unpriced_cases", page_cases.stories(document, False, rows), unpriced),
        ],
        "recommendations": page_tables.recommendations(document),
        "kpis": page_tables.kpis(document),
        "rules": page_tables.rules(document),
        "facts": page_tables.facts(document),
        "untested": page_tables.untested(document),
        "conventions": page_tables.conventions(document),
        "transformations": page_tables.transformations(document),
        "inputs": page_tables.inputs(document),
        "cuts": {
            name: say("cut", shown=page_tables.ROWS, total=f"{len(document[name]):,}")
            for name in ("transformations", "inputs")
            if len(document[name]) > page_tables.ROWS
        },
    }


def _list(key: str, stories: list[dict[str, Any]], total: int) -> dict[str, Any]:
    note = say(f"{key}_note", shown=f"{len(stories):,}", total=f"{total:,}") if stories else ""
    return {"key": key, "heading": say(key), "note": note, "stories": stories}


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
    )
    return environment.get_template("report.html.j2")
