"""One finding to its proof: what was measured, the rows of the books behind it, and the SQL that found it.

A finding that is the cause of a case is shown as the case: with its story and the findings that it explains.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from perito_kernel.errors import NotFound
from starlette.responses import Response

from perito_edge.dashboard.cookies import LANGUAGES
from perito_edge.dashboard.drawing import draw
from perito_edge.dashboard.finished import finished
from perito_edge.dashboard.page import Page
from perito_edge.dashboard.report_parts import NOTHING, Part, clip, decimal, label
from perito_edge.dashboard.report_reading import Choose, Taken, fingerprint
from perito_edge.dashboard.results import reader_of
from perito_edge.dashboard.reviewing import said_of
from perito_edge.dashboard.visit import Visit
from perito_edge.dashboard.voice import Voice

SQL = 20_000
_MEMBERS = 100
_EVIDENCE = 100
_COLUMNS = 12
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_RULE = re.compile(rb'"id"\s*:\s*"([^"]{1,100})"')


async def case(visit: Visit) -> Response:
    """The page of a finding. Lists keep at most 1,000 of a rule; another one is in the exported table alone."""
    analysis, report = await finished(visit)
    wanted = visit.request.path_params["fingerprint"]
    if not _FINGERPRINT.fullmatch(wanted):
        raise _missing()
    rows: dict[str, Choose] = {"rules": _any_rule, "cases": _own_case(wanted), "findings": _with_members(wanted)}
    taken = await reader_of(visit).take(report, ("case", wanted), (), rows)
    own = next((each for each in taken.rows.get("findings", ()) if each["fingerprint"] == wanted), None)
    if own is None:
        raise _missing()
    rule: Part = next((each for each in taken.rows.get("rules", ()) if each["id"] == own["rule_id"]), NOTHING)
    about = next(iter(taken.rows.get("cases", ())), None)
    review = await said_of(visit, analysis.id, "finding" if about is None else "case", wanted)
    return draw(
        "case",
        visit,
        analysis=analysis,
        tab="findings" if about is None else "cases",
        review=review,
        changed="changed" in visit.query,
        unsaid="unsaid" in visit.query,
        **_view(own, about, rule, taken, visit.voice),
    )


def _missing() -> NotFound:
    return NotFound(
        "FINDING_NOT_FOUND", "The report lists no such finding. Of a rule it lists 1,000; the exported table has all."
    )


def _any_rule(raw: bytes, taken: Taken) -> bool:  # noqa: ARG001 - a choice's signature
    return _RULE.search(raw, 0, 200) is not None


def _own_case(wanted: str) -> Choose:
    return lambda raw, _taken: fingerprint(raw) == wanted


def _with_members(wanted: str) -> Choose:
    """The finding itself and the first of those that its case explains: cases come before findings in a report."""

    def choose(raw: bytes, taken: Taken) -> bool:
        if "members" not in taken.whole:
            about: Part = next(iter(taken.rows.get("cases", ())), NOTHING)
            taken.whole["members"] = {wanted, *(about.get("members") or ())[:_MEMBERS]}
        return fingerprint(raw) in taken.whole["members"]

    return choose


def _view(own: Part, about: Part | None, rule: Part, taken: Taken, voice: Voice) -> dict[str, Any]:
    words: Mapping[str, Any] = rule.get("words") or {}
    others = [each for each in taken.rows["findings"] if each["fingerprint"] != own["fingerprint"]]
    told: Part = (about or {}).get("narrative") or {}
    return {
        "title": clip(voice.prose(own["title"]), 600),
        "is_case": about is not None,
        "fingerprint": own["fingerprint"],
        "severity": own["severity"],
        "amount": voice.money((own["impact"] or "").lstrip("-"), own["currency"]) if own["impact"] else "",
        "confidence": voice.number(own["confidence"]),
        "period": _period(own, voice),
        "rows": voice.count(own["row_count"], "row"),
        "narrative": [clip(voice.prose(sentence), 600) for sentence in told.get(voice.language) or ()],
        "identity": _pairs(own["identity"], words, voice),
        "measures": _pairs(own["measures"], words, voice),
        "cause": own["cause"] if own["cause"] != own["fingerprint"] else None,
        "symptoms": [
            {
                "fingerprint": each["fingerprint"],
                "rule_id": each["rule_id"],
                "title": clip(voice.prose(each["title"])),
            }
            for each in others
        ],
        "symptoms_total": max(0, len((about or {}).get("members") or ()) - 1),
        "evidence": _evidence(own, words, voice),
        "rule": rule_view(rule, voice) if rule else None,
        "rule_id": own["rule_id"],
    }


def rule_view(rule: Part, voice: Voice) -> dict[str, Any]:
    """A rule as pages explain it."""
    return {
        "id": rule["id"],
        "version": rule["version"],
        "title": clip(voice.text(rule["title"])),
        "severity": rule["severity"],
        "explanation": clip(voice.text(rule["explanation"]), 2000),
        "remedy": clip(voice.text(rule["remedy"]), 1000),
        "source": clip(rule["source"]),
        "sql": clip(rule["sql"], SQL),
        "parameters": [{"name": name, "value": clip(value, 80)} for name, value in rule["parameters"].items()],
    }


def _period(own: Part, voice: Voice) -> str:
    start, end = voice.day(own["period_start"]), voice.day(own["period_end"])
    return f"{start} – {end}" if start and end and start != end else start or end


def _pairs(values: Mapping[str, Any], words: Mapping[str, Any], voice: Voice) -> list[dict[str, str]]:
    return [
        {"name": label(_stem(name, values), words, voice), "value": clip(_written(value, words, voice), 120)}
        for name, value in values.items()
        if value not in (None, "") and (_stem(name, values) == name or name.endswith(f"_{voice.language}"))
    ]


def _stem(name: str, values: Mapping[str, Any]) -> str:
    """The name without its language, where the value is there in several: `reason` of `reason_en` and `reason_es`."""
    stem, _, language = name.rpartition("_")
    both = language in LANGUAGES and all(f"{stem}_{each}" in values for each in LANGUAGES)
    return stem if both else name


def _written(value: object, words: Mapping[str, Any], voice: Voice) -> str:
    """A number, day or instant as the language writes it, a code of the rule in its words, anything else as it is."""
    if decimal(value) is not None and not isinstance(value, bool):
        return voice.number(str(value))
    text = str(value)
    return label(text, words, voice) if text in words else voice.when(text)


def _evidence(own: Part, words: Mapping[str, Any], voice: Voice) -> dict[str, Any]:
    shown: Sequence[Part] = own["evidence"][:_EVIDENCE]
    names: list[str] = []
    for row in shown:
        names += [name for name in [*row["key"], *row["values"]] if name not in names]
    left_out, names = len(names[_COLUMNS:]), names[:_COLUMNS]
    return {
        "left_out": voice.number(left_out) if left_out else "",
        "shown": voice.number(len(shown)),
        "total": voice.number(own["evidence_total"]),
        "names": [label(name, words, voice) for name in names],
        "rows": [
            {
                "file": clip(row["file"], 80),
                "line": voice.number(row["line"]),
                "role": label(row["role"] or "", words, voice),
                # As the books have it: a code is no number to write with separators.
                "cells": [clip(row["values"].get(name, row["key"].get(name)), 80) for name in names],
            }
            for row in shown
        ],
    }


PAGES = (Page("/analyses/{analysis_id}/findings/{fingerprint}", case),)
