"""Two analyses side by side: cases or findings that came, went and changed, and what was at stake before and after.

The numbers are those of `GET /compare` of REST, from the same functions.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from perito.analysis.v1.analysis_pb2 import ANALYSIS_STATUS_COMPLETED, Analysis, ListAnalysesRequest
from perito_kernel.errors import Invalid, NotFound
from starlette.responses import Response

from perito_edge.comparison_models import CasesQuery, FindingsPairQuery, PairQuery
from perito_edge.comparisons import compare_analyses, compare_cases_of, compare_findings
from perito_edge.dashboard.drawing import draw
from perito_edge.dashboard.page import Page
from perito_edge.dashboard.refusals import sentence
from perito_edge.dashboard.report_parts import Part, clip, exposure
from perito_edge.dashboard.visit import Visit
from perito_edge.dashboard.voice import Voice

_CHANGES = ("new", "gone", "changed")
_ON_A_PAGE = 50
_OFFERED = 50
_KPIS = 60


async def compare(visit: Visit) -> Response:
    """Which two, where that is open; else what differs."""
    before, after = (visit.query.get(name, "") for name in ("before", "after"))
    offered = await _offered(visit)
    if not (_is_id(before) and _is_id(after)):
        return draw("compare", visit, offered=offered, before=before, after=after, pair=None)
    told = await _json(await compare_analyses(visit.given, visit.caller, PairQuery(before=before, after=after)))
    of = "findings" if visit.query.get("of") == "findings" or told["cases"] is None else "cases"
    query = _query(visit, before, after, of)
    wrong = ""
    differences: Part = {"items": [], "next_cursor": None}
    try:
        differences = await _json(await _differences(visit, query))
    except Invalid as error:
        wrong = sentence(error, visit.voice.language)
    return draw(
        "compare",
        visit,
        422 if wrong else 200,
        offered=offered,
        before=before,
        after=after,
        wrong=wrong,
        of=of,
        **_view(told, differences, query, of, visit.voice),
    )


def _query(visit: Visit, before: str, after: str, of: str) -> CasesQuery | FindingsPairQuery:
    change = visit.query.get("change", "")
    asked = CasesQuery if of == "cases" else FindingsPairQuery
    return asked(
        before=before,
        after=after,
        change=[change] if change in _CHANGES else [],  # pyright: ignore[reportArgumentType] -- one of them
        limit=_ON_A_PAGE,
        cursor=visit.query.get("cursor", "")[:2000],
    )


async def _differences(visit: Visit, query: CasesQuery | FindingsPairQuery) -> Response:
    if isinstance(query, CasesQuery):
        return await compare_cases_of(visit.request, visit.given, visit.caller, query)
    return await compare_findings(visit.request, visit.given, visit.caller, query)


async def _json(answer: Response) -> dict[str, Any]:
    """What REST would send, as a page shows it. Parsed in a thread: key figures may be many."""
    body: dict[str, Any] = await asyncio.to_thread(json.loads, bytes(answer.body))
    return body


async def _offered(visit: Visit) -> list[dict[str, str]]:
    wanted = ListAnalysesRequest(page_size=_OFFERED, statuses=[ANALYSIS_STATUS_COMPLETED])
    found = (await visit.given.orchestrator.analyses(visit.caller, wanted)).analyses
    return [_named(analysis, visit.voice) for analysis in found]


def _named(analysis: Analysis, voice: Voice) -> dict[str, str]:
    name = clip(analysis.name or voice.say("unnamed"), 60)
    return {"id": analysis.analysis_id, "name": f"{name}, {voice.moment(analysis.submitted_at)}"}


def _is_id(text: str) -> bool:
    """Whether an analysis could be called so. Raises `NotFound` for what is none and not nothing."""
    if not text:
        return False
    try:
        return str(UUID(text)) == text.lower()
    except ValueError as error:
        raise NotFound("ANALYSIS_NOT_FOUND", "There is no such analysis: it may have been deleted.") from error


def _view(
    told: Part, differences: Part, query: CasesQuery | FindingsPairQuery, of: str, voice: Voice
) -> dict[str, Any]:
    counts: Mapping[str, Any] = told[of]
    pair = {"before": query.before, "after": query.after}
    kept = {**pair, "of": of}
    cursor = differences["next_cursor"]
    moved = [row for row in (told["kpis"] or ()) if row["before"] != row["after"]]
    return {
        "pair": [_side(told[side], told["exposure"][side], voice) for side in ("before", "after")],
        "changes": [{"name": name, "count": voice.number(counts[name])} for name in _CHANGES],
        "chosen": next(iter(query.change), ""),
        "base": f"/compare?{urlencode(kept)}",
        "kinds": [
            {
                "name": name,
                "where": f"/compare?{urlencode({**pair, 'of': name})}",
                "count": _differing(told[name], voice),
            }
            for name in ("cases", "findings")
            if told[name] is not None
        ],
        "unchanged": voice.count(counts["unchanged"], "case" if of == "cases" else "finding"),
        "uncertain": counts["uncertain"] and voice.number(counts["uncertain"]),
        "totals": [voice.number(told["findings"][f"{side}_total"]) for side in ("before", "after")],
        "capped": _capped(told, voice),
        "items": [(_case if of == "cases" else _finding)(item, voice) for item in differences["items"]],
        "following": f"/compare?{urlencode({**kept, 'change': next(iter(query.change), ''), 'cursor': cursor})}"
        if cursor
        else "",
        "kpis": [_kpi(row, voice) for row in moved[:_KPIS]],
        "kpis_cut": voice.cut(_KPIS, len(moved)),
        "rules": [
            {"id": row["rule_id"], "before": row["before"] or "", "after": row["after"] or ""} for row in told["rules"]
        ],
    }


def _capped(told: Part, voice: Voice) -> list[dict[str, str]]:
    """What was not compared whole, with its true numbers: the cases, where reports list not all, and rules with more
    findings than lists keep.
    """
    found: list[dict[str, str]] = []
    sides, cases = ("before", "after"), told["cases"]
    if cases is not None and any(cases[f"{side}_compared"] < cases[f"{side}_total"] for side in sides):
        whole = {side: cases[f"{side}_total"] for side in sides}
        found.append(_of_all(voice.say("tab_cases"), {**cases, **whole}, voice))
    rules = told["findings"]["capped"]
    return found + [_of_all(rule["rule_id"] or voice.say("compare_capped_any"), rule, voice) for rule in rules]


def _of_all(name: str, numbers: Part, voice: Voice) -> dict[str, str]:
    compared = {
        side: voice.say(
            "compare_of", compared=voice.number(numbers[f"{side}_compared"]), all=voice.number(numbers[side])
        )
        for side in ("before", "after")
    }
    return {"name": name, **compared}


def _side(analysis: Part, exposed: Part | None, voice: Voice) -> dict[str, Any]:
    return {
        "id": analysis["id"],
        "name": clip(analysis["name"] or voice.say("unnamed"), 80),
        "when": voice.moment(analysis["submitted_at"]),
        "health": "–" if analysis["health_score"] is None else f"{analysis['health_score']} / 100",
        "exposure": [row["gross"] for row in exposure(exposed or {}, voice)],
    }


def _differing(counts: Part, voice: Voice) -> str:
    return voice.number(sum(counts[name] for name in _CHANGES))


def _case(item: Part, voice: Voice) -> dict[str, Any]:
    shown: Part = item["after"] or item["before"]
    return _item(item, shown["case"], voice.prose(shown["title"]), voice)


def _finding(item: Part, voice: Voice) -> dict[str, Any]:
    shown: Part = item["after"] or item["before"]
    title = shown["title_es"] if voice.language == "es" and shown["title_es"] else shown["title"]
    return _item(item, shown["fingerprint"], voice.prose(title), voice)


def _item(item: Part, fingerprint: str, title: str, voice: Voice) -> dict[str, Any]:
    shown: Part = item["after"] or item["before"]
    said: Part = shown["disposition"] or {}
    return {
        "change": item["change"],
        "certain": item["certain"],
        "title": clip(title),
        "fingerprint": fingerprint,
        "here": item["after"] is not None,
        "word": said["status"] if said.get("set_at") else "",
        "rule_id": shown["rule_id"],
        "severity": shown["severity"],
        "before": _amount(item["before"], voice),
        "after": _amount(item["after"], voice),
        "differs": ", ".join(voice.word("differs", name) for name in item["differs"]),
    }


def _amount(side: Part | None, voice: Voice) -> str:
    impact: Part | None = (side or {}).get("impact")
    return voice.money(impact["amount"].lstrip("-"), impact["currency"]) if impact else ""


def _kpi(row: Part, voice: Voice) -> dict[str, str]:
    measure = (row["measure"] or "").replace("_", " ")
    return {
        "name": " ".join(part for part in (row["id"], measure, clip(row["key"] or "", 60)) if part),
        "before": _value(row["before"], voice),
        "after": _value(row["after"], voice),
        "unit": "" if row["unit"] in (None, "ratio") else clip(row["unit"], 40),
    }


def _value(text: str | None, voice: Voice) -> str:
    return "–" if text is None else voice.number(text, 4 if "." in text else None)


PAGES = (Page("/compare", compare),)
