"""How it went from analysis to analysis: scores, what was at stake, and one key figure, drawn and as a table.

Which analyses: the newest that have completed, narrowed by name, dataset and time as the list is, in the address.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from perito.analysis.v1.analysis_pb2 import Analysis, ListAnalysesResponse
from perito_kernel.errors import Invalid
from starlette.datastructures import QueryParams
from starlette.responses import Response

from perito_edge.dashboard import charts
from perito_edge.dashboard.drawing import draw
from perito_edge.dashboard.kpi_totals import KpiTotals, Name, Totals
from perito_edge.dashboard.listing import Filters
from perito_edge.dashboard.page import Page
from perito_edge.dashboard.refusals import sentence
from perito_edge.dashboard.report_heads import Head, ReportHeads
from perito_edge.dashboard.report_parts import clip, decimal, label
from perito_edge.dashboard.visit import Visit
from perito_edge.dashboard.voice import Voice

MOST = 30
"""Analyses on the page: each is a report to read the first time."""
_CURRENCIES = 3
_SCORES = ("health", "quality", "integrity")
_HUNDRED = (0, 100)


async def trends(visit: Visit) -> Response:
    """The page. A filter that means nothing is said above an empty page."""
    filters, wrong = _filters(visit.query), ""
    try:
        page = await visit.given.orchestrator.analyses(visit.caller, filters.request("", MOST))
    except Invalid as error:
        page, wrong = ListAnalysesResponse(), sentence(error, visit.voice.language)
    analyses = list(reversed(page.analyses))
    heads: ReportHeads = visit.request.app.state.report_heads
    known = await heads.of(visit.caller, page.analyses)
    figures: KpiTotals = visit.request.app.state.kpi_totals
    totals = await figures.of(visit.caller, page.analyses)
    offered = _offered(totals, analyses, visit.voice)
    chosen = visit.query.get("figure", "")
    name = next((each["of"] for each in offered if each["id"] == chosen), None)
    lines = _lines(analyses, known, visit.voice)
    if name is not None:
        lines.append(_figure_line(analyses, totals, name, offered, visit.voice))
    return draw(
        "trends",
        visit,
        422 if wrong else 200,
        filters=filters,
        narrowed=bool(filters.used.keys() - {"status"}),
        wrong=wrong,
        offered=offered,
        figure=chosen if name is not None else "",
        again="/trends" + (f"?{urlencode(filters.used)}" if filters.used else ""),
        lines=[line for line in lines if any(value is not None for value in line["values"])],
        currencies_cut=visit.voice.cut(_CURRENCIES, len(_currencies(known))),
        rows=[_row(analysis, visit.voice) for analysis in analyses],
        unread=sum(each.analysis_id not in known or each.analysis_id not in totals for each in analyses),
        count=visit.voice.count(len(analyses), "analysis"),
        cut=page.total > len(analyses) and visit.voice.number(page.total),
    )


def _filters(query: QueryParams) -> Filters:
    """As the list's, of the completed alone: others have nothing to draw."""
    said = Filters.of(query)
    return Filters(said.name, "completed", said.first, said.last, said.dataset)


def _lines(analyses: Sequence[Analysis], known: Mapping[str, Head], voice: Voice) -> list[dict[str, Any]]:
    heads = [known.get(analysis.analysis_id, {}) for analysis in analyses]
    lines = [
        _line(voice.say(f"score_{name}"), [_score(head, name) for head in heads], voice, scale=_HUNDRED)
        for name in _SCORES
    ]
    for currency in _currencies(known)[:_CURRENCIES]:
        values = [_gross(head, currency) for head in heads]
        lines.append(_line(f"{voice.say('exposure')}, {voice.say('gross').lower()}", values, voice, currency=currency))
    return lines


def _currencies(known: Mapping[str, Head]) -> list[str]:
    return sorted({row["currency"] for head in known.values() for row in _exposure(head)})


def _figure_line(
    analyses: Sequence[Analysis],
    totals: Mapping[str, Totals],
    name: Name,
    offered: Sequence[Mapping[str, Any]],
    voice: Voice,
) -> dict[str, Any]:
    title = next(str(each["title"]) for each in offered if each["of"] == name)
    held = [totals.get(analysis.analysis_id, Totals()) for analysis in analyses]
    unit = next((each.units[name] for each in reversed(held) if name in each.units), "")
    return _line(title, [each.values.get(name) for each in held], voice, unit="" if unit == "ratio" else unit)


def _line(
    title: str,
    values: Sequence[Decimal | None],
    voice: Voice,
    *,
    scale: tuple[int, int] | None = None,
    currency: str | None = None,
    unit: str = "",
) -> dict[str, Any]:
    def written(value: Decimal | None) -> str:
        if value is None:
            return "–"
        if currency is not None:
            return voice.money(f"{value:f}", currency)
        return f"{voice.number(value, 0 if value == value.to_integral_value() else 2)} {unit}".strip()

    known = [value for value in values if value is not None]
    return {
        "title": clip(title, 160),
        "values": values,
        "written": [written(value) for value in values],
        "drawing": charts.series(values, scale, points=True),
        "last": written(known[-1]) if known else "–",
        "between": voice.say("trend_between", low=written(min(known)), high=written(max(known)))
        if len(set(known)) > 1
        else voice.say("trend_same")
        if len(known) > 1
        else "",
    }


def _offered(totals: Mapping[str, Totals], analyses: Sequence[Analysis], voice: Voice) -> list[dict[str, Any]]:
    """Key figures that any of them has, as the newest names them."""
    found: dict[Name, dict[str, Any]] = {}
    for analysis in analyses:
        held = totals.get(analysis.analysis_id, Totals())
        for name in held.values:
            rule = held.rules.get(name[0], {})
            title = voice.text(rule.get("title"))
            measure = label(name[1], rule.get("words") or {}, voice)
            words = ", ".join(part for part in (title, measure) if part)
            found[name] = {"id": ".".join(name), "of": name, "title": clip(f"{name[0]} {words}".strip(), 120)}
    return [found[name] for name in sorted(found)]


def _exposure(head: Head) -> Sequence[Mapping[str, Any]]:
    part: Mapping[str, Any] = head.get("exposure") or {}
    return part.get("by_currency") or ()


def _gross(head: Head, currency: str) -> Decimal | None:
    """What was at stake in a currency; zero where the report has money and none of it, None without a report."""
    if not head.get("exposure"):
        return None
    return next((decimal(row["gross"]) for row in _exposure(head) if row["currency"] == currency), Decimal())


def _score(head: Head, name: str) -> Decimal | None:
    scores: Mapping[str, Any] = head.get("scores") or {}
    score: Mapping[str, Any] = scores.get(name) or {}
    return decimal(score.get("value"))


def _row(analysis: Analysis, voice: Voice) -> dict[str, str]:
    return {
        "id": analysis.analysis_id,
        "name": clip(analysis.name or voice.say("unnamed"), 80),
        "when": voice.moment(analysis.submitted_at),
        "instant": analysis.submitted_at,
    }


PAGES = (Page("/trends", trends),)
