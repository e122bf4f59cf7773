"""What the page shows of the three scores: the numbers, and the rules that they are made of."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from perito_reporting import charts
from perito_reporting.figures import CELL, clip
from perito_reporting.page_cases import View
from perito_reporting.page_tables import share
from perito_reporting.voice import Voice

_PLACES = Decimal("0.01")


def scores(document: Mapping[str, Any], voice: Voice) -> list[View]:
    """The three scores with a bar and what they rest on."""
    return [
        {
            "name": voice.say(name),
            "note": voice.say(f"{name}_note"),
            "value": score["value"],
            "drawing": charts.bar(Decimal(score["value"]), Decimal(100)) if score["value"] is not None else "",
            "parts": voice.say(
                "score_parts",
                count=voice.number_of(len(score["parts"]), "rule"),
                failing=voice.grouped(sum(part["failed"] > 0 for part in score["parts"])),
                weight=voice.grouped(score["weight_evaluated"]),
                possible=voice.grouped(score["weight_applicable"]),
            ),
            "reason": voice.say("no_score", reason=clip(voice.text(score["reason"]))) if score["value"] is None else "",
        }
        for name, score in document["scores"].items()
    ]


def parts(document: Mapping[str, Any], voice: Voice) -> list[View]:
    """The rules with a weight and what failed of each; those that failed most first."""
    rules = {rule["id"]: rule for rule in document["rules"]}
    named = {name: {part["rule_id"] for part in score["parts"]} for name, score in document["scores"].items()}
    shown = sorted(document["scores"]["health"]["parts"], key=_most_failed)
    return [_part(rules[part["rule_id"]], part, named, voice) for part in shown if part["rule_id"] in rules]


def _most_failed(part: Mapping[str, Any]) -> tuple[Decimal, str]:
    return (-_share(part) * Decimal(part["weight"]), part["rule_id"])


def _share(part: Mapping[str, Any]) -> Decimal:
    return min(Decimal(part["failed"]) / part["evaluated"], Decimal(1)) if part["evaluated"] else Decimal()


def _part(rule: Mapping[str, Any], part: Mapping[str, Any], named: Mapping[str, set[str]], voice: Voice) -> View:
    percent = _share(part) * 100
    # A share that would round to nothing is not nothing.
    tiny = 0 < percent < _PLACES
    written = f"< {voice.grouped(_PLACES)}" if tiny else voice.grouped(percent, 2)
    unit = clip(voice.term(rule["unit"], rule["words"]), CELL)
    return {
        "id": rule["id"],
        "title": clip(voice.text(rule["title"])),
        "scores": ", ".join(voice.say(name) for name, members in named.items() if rule["id"] in members),
        "weight": voice.grouped(part["weight"]),
        "failed": f"{share(part['failed'], part['evaluated'], voice)} {unit}",
        "share": f"{written} %" if percent else "0 %",
        "drawing": charts.bar(percent, Decimal(100)),
    }
