"""What the terminal shows is what the report says, to the letter."""

import io
import json
from pathlib import Path
from typing import Any

from perito_standalone.analyze import Finished
from perito_standalone.outcome import print_outcome
from perito_standalone.run_files import REPORT_JSON
from rich.console import Console

from .statuses import failed, status


def report(title: str, place: str) -> dict[str, Any]:
    """The members of a report that the terminal reads, with one story of one rule."""
    counts = {"records": 1, "rejected": 0, "cells": 1, "changed": 0}
    return {
        "verdict": {"sentence": {"en": "One case.", "es": "Un caso."}, "detail": {"en": ""}},
        "stories": [
            {
                "position": 1,
                "rule_id": "C-006",
                "place": place,
                "folded": True,
                "severity": "high",
                "currency": "EUR",
                "gross": "3",
                "cases": 4,
                "leading_cases": ["f1"],
            }
        ],
        "cases": [{"fingerprint": "f1", "title": {"en": title, "es": "falta [red]A-1[/red]"}}],
        "rules": [{"id": "C-006", "title": {"en": "Stock does not roll forward", "es": "La existencia no cuadra"}}],
        "exposure": {"stories": 1},
        "coverage": {"records": counts, "cells": counts, "rules": {"total": 1, "not_applicable": 0, "errored": 0}},
        "conventions": [],
    }


def test_words_of_the_books_are_no_markup(tmp_path: Path) -> None:
    (tmp_path / REPORT_JSON).write_text(json.dumps(report("[red]A-1[/red] is short", "[shop]")), encoding="utf-8")
    shown = io.StringIO()
    finished = Finished(status(phases=[failed("pattern", "no [table] here").to_dict()]), True)
    print_outcome(Console(file=shown, width=200), finished, tmp_path)
    for words in ("[red]A-1[/red] is short", "([shop])", "no [table] here", "EUR\N{NO-BREAK SPACE}3.00"):
        assert words in shown.getvalue()


def test_the_outcome_speaks_spanish(tmp_path: Path) -> None:
    (tmp_path / REPORT_JSON).write_text(json.dumps(report("A-1 is short", "shop")), encoding="utf-8")
    shown = io.StringIO()
    finished = Finished(status(phases=[failed("pattern", "no table").to_dict()]), True)
    print_outcome(Console(file=shown, width=200), finished, tmp_path, "es")
    for words in (
        *("Un caso.", "La existencia no cuadra (shop), el primero: falta [red]A-1[/red]", "patrones falló: no table"),
        *("3,00\N{NO-BREAK SPACE}EUR", "alta", "1 registros leídos", "Informe:"),
    ):
        assert words in shown.getvalue()
