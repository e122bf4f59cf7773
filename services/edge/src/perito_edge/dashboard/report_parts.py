"""Parts of reports that several pages show, each number already written for people."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from perito_edge.dashboard import charts
from perito_edge.dashboard.voice import Voice

SEVERITIES = ("critical", "high", "medium", "low", "info")
CLIP = 300
"""Characters of a text of the books: one may be a megabyte long."""

Part = Mapping[str, Any]
NOTHING: Part = {}


def clip(text: object, most: int = CLIP) -> str:
    """A text of the books for the page: cut where it is longer."""
    whole = "" if text is None else str(text)
    return whole if len(whole) <= most else f"{whole[: most - 1]}…"


def label(name: str, words: Mapping[str, Any], voice: Voice) -> str:
    """What readers call a name of a rule: its own word for it, else the name with blanks."""
    return clip(voice.text(words.get(name)) or name.replace("_", " "), 80)


def exposure(part: Part, voice: Voice) -> list[dict[str, str]]:
    """The figures per currency."""
    return [
        {name: voice.money(row[name], row["currency"]) for name in ("gross", "net", "recoverable")}
        for row in part.get("by_currency") or ()
    ]


def severities(part: Part, voice: Voice) -> list[Part]:
    """How many cases there are of each severity, with a bar beside each."""
    counts: Mapping[str, int] = part.get("cases_by_severity") or {}
    most = max(counts.values(), default=0)
    return [
        {"name": name, "count": voice.number(counts[name]), "drawing": charts.bar(counts[name], most, f"of-{name}")}
        for name in SEVERITIES
        if counts.get(name)
    ]


def scores(part: Part, voice: Voice) -> list[Part]:
    """The three scores, or why there is none."""
    shown: list[Part] = []
    for name in ("health", "quality", "integrity"):
        score: Part = part.get(name) or {}
        value = score.get("value")
        shown.append(
            {
                "name": name,
                "value": value,
                "reason": clip(voice.text(score.get("reason"))),
                "drawing": charts.bar(value, 100) if isinstance(value, int) else "",
            }
        )
    return shown


def amounts(rows: Sequence[Part], voice: Voice) -> str:
    """Gross amounts per currency, side by side."""
    return ", ".join(voice.money(row["gross"], row["currency"]) for row in rows)


def decimal(text: object) -> Decimal | None:
    """A decimal number of a report; None for anything else."""
    try:
        return Decimal(str(text)) if text is not None else None
    except ArithmeticError:
        return None
