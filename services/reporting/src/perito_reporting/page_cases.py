"""What the page shows of stories and cases: every number already written for people, nothing left to decide."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from perito_reporting import charts
from perito_reporting.bridge import Bridge, find_bridge
from perito_reporting.figures import CELL, SENTENCES, clip
from perito_reporting.listing import STORIES_ON_PAGE
from perito_reporting.narrative import sureness
from perito_reporting.page_cells import cell
from perito_reporting.voice import Voice

View = dict[str, Any]

SQL = 12_000
_COLUMNS = 9
_FIGURES = 8
_SYMPTOMS = 3
_TOLD_ELSEWHERE = frozenset({"difference", "unit_cost", "cost_source", "file_of", "record_of"})
_FIGURE = re.compile(r"-?\d+(\.\d+)?|\d{4}-\d{2}(-\d{2})?")
_WRITTEN = re.compile(r"[\d.,/-]*\d")
_CODE = re.compile(r"`([^`]+)`")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z")


class Cases:
    """Writes stories and cases of one report in one language."""

    def __init__(self, document: Mapping[str, Any], voice: Voice, rows: tuple[int, int]) -> None:
        """`rows`: sample rows of a line's first case, and of each further one."""
        self._voice = voice
        self._rows = rows
        self._explained: set[str] = set()
        self._stories: Sequence[Mapping[str, Any]] = document["stories"]
        self._rules = {rule["id"]: rule for rule in document["rules"]}
        self._cases = {case["case"]: case for case in document["cases"]}
        self._findings = {finding["fingerprint"]: finding for finding in document["findings"]}

    def told(self, *, priced: bool) -> list[View]:
        """The lines of one of the two lists that are told in full. A rule is explained where it first stands."""
        views = [self._story(story) for story in self._of(priced=priced) if story["position"] <= STORIES_ON_PAGE]
        for view in views:
            if view["rule_id"] in self._explained:
                view["meaning"] = ""
            self._explained.add(view["rule_id"])
        return views

    def index(self, *, priced: bool) -> list[View]:
        """One row for each further line of that list."""
        return [self._index(story) for story in self._of(priced=priced) if story["position"] > STORIES_ON_PAGE]

    def _of(self, *, priced: bool) -> list[Mapping[str, Any]]:
        return [story for story in self._stories if (story["gross"] is not None) == priced]

    def _index(self, story: Mapping[str, Any]) -> View:
        rule = self._rules.get(story["rule_id"], {})
        title = self._title(rule, story)
        leading = next((self._cases[name] for name in story["leading_cases"] if name in self._cases), None)
        if leading and not story["folded"]:
            title = clip(self._voice.text(leading["title"]))
        return {
            "position": self._voice.grouped(story["position"]),
            "title": title,
            "place": clip(story["place"] or "", CELL) if story["folded"] else "",
            "rule_id": story["rule_id"],
            "severity": story["severity"],
            "cases": self._voice.grouped(story["cases"]),
            "amount": self._voice.money(story["gross"], story["currency"]),
        }

    def _story(self, story: Mapping[str, Any]) -> View:
        voice, rule = self._voice, self._rules.get(story["rule_id"], {})
        leading = [fingerprint for fingerprint in story["leading_cases"] if fingerprint in self._cases]
        views = [self._case(name, self._rows[0] if place == 0 else self._rows[1]) for place, name in enumerate(leading)]
        title = self._title(rule, story)
        if story["folded"]:
            heading = voice.say("folded", cases=voice.number_of(story["cases"], "case"), title=title)
        else:
            heading = views[0]["title"] if views else title
        return {
            "position": story["position"],
            "heading": heading,
            "place": clip(story["place"] or "") if story["folded"] else "",
            "folded": story["folded"],
            "rule_id": story["rule_id"],
            "rule_title": title,
            "severity": story["severity"],
            "amount": voice.money(story["gross"], story["currency"]),
            "net": voice.money(story["net"], story["currency"]),
            "signed": story["folded"] and story["net"] != story["gross"],
            "parts": self._parts(story, views[0] if views else None),
            "cases": views,
            "meaning": prose(voice.text(rule.get("explanation")), rule.get("words", {}), voice),
            "sureness": sureness(voice, story["rule_id"], self._cases[leading[0]]["confidence"]) if leading else "",
            "remedy": prose(voice.text(rule.get("remedy")), rule.get("words", {}), voice),
            "sql": clip(rule.get("sql", ""), SQL),
            "version": rule.get("version", ""),
            "parameters": ", ".join(f"{name} = {value}" for name, value in rule.get("parameters", {}).items()),
        }

    def _title(self, rule: Mapping[str, Any], story: Mapping[str, Any]) -> str:
        return clip(self._voice.text(rule.get("title")) or story["rule_id"])

    def _parts(self, story: Mapping[str, Any], first: View | None) -> list[str]:
        """Confidence, weight and priority, the three parts of the ranking, then how much lies behind the line."""
        voice = self._voice
        parts = [f"{voice.say(name)} {first[name]}" for name in ("confidence", "weight")] if first else []
        if story["priority"] is not None:
            parts.append(f"{voice.say('priority')} {voice.grouped(story['priority'], 0)}")
        return [*parts, voice.number_of(story["row_count"], "row")]

    def _case(self, fingerprint: str, rows: int) -> View:
        voice = self._voice
        case, finding = self._cases[fingerprint], self._findings[fingerprint]
        words = self._rules.get(case["rule_id"], {}).get("words", {})
        found = find_bridge(finding)
        told: Sequence[str] = case["narrative"][voice.language] if case["narrative"] else []
        return {
            "title": clip(voice.text(finding["title"])),
            "amount": voice.money(case["impact"] and case["impact"].lstrip("-"), case["currency"]),
            "period": self._period(case),
            "identity": self._identity(case, words),
            "confidence": voice.grouped(case["confidence"]),
            "weight": voice.grouped(case["weight"]),
            "narrative": [clip(sentence) for sentence in told],
            "symptoms": self._symptoms(case),
            "bridge": bridge_rows(found, voice) if found else [],
            "figures": [] if found else self._figures(finding, words),
            "evidence": self._evidence(finding, words, rows),
        }

    def _symptoms(self, case: Mapping[str, Any]) -> list[str]:
        """The sentences of the first findings that the case explains."""
        others = [self._findings[name] for name in case["members"] if name != case["case"] and name in self._findings]
        return [clip(f"{other['rule_id']}: {self._voice.text(other['title'])}") for other in others[:_SYMPTOMS]]

    def _identity(self, case: Mapping[str, Any], words: Mapping[str, Any]) -> str:
        """What the case is about. An instant is left out where a period says the same as a local day: written in UTC
        it may show the day before, and a reader would look for the count in the wrong place."""
        return ", ".join(
            f"{clip(self._voice.term(name, words), CELL)} {clip(cell(name, value, words, self._voice), CELL)}"
            for name, value in case["identity"].items()
            if value is not None and not (case["period_start"] and _INSTANT.fullmatch(str(value)))
        )

    def _period(self, case: Mapping[str, Any]) -> str:
        start, end = self._voice.day(case["period_start"]), self._voice.day(case["period_end"])
        if start == end or not (start and end):
            return start or end
        return self._voice.say("from_to", first=start, last=end)

    def _figures(self, finding: Mapping[str, Any], words: Mapping[str, Any]) -> list[View]:
        """What the rule measured beside what title and sentences tell."""
        told = set(_WRITTEN.findall(self._voice.text(finding["title"])))
        shown = {
            clip(self._voice.term(name, words), CELL): self._voice.day(self._voice.grouped(value))
            for name, value in finding["measures"].items()
            if name not in _TOLD_ELSEWHERE and _FIGURE.fullmatch(str(value))
        }
        return [{"name": name, "value": clip(value, CELL)} for name, value in shown.items() if value not in told][
            :_FIGURES
        ]

    def _evidence(self, finding: Mapping[str, Any], words: Mapping[str, Any], most: int) -> View | None:
        voice = self._voice
        shown: Sequence[Mapping[str, Any]] = finding["evidence"][:most]
        if not finding["evidence_total"]:
            return None
        names: list[str] = []
        for row in shown:
            names += [name for name in [*row["key"], *row["values"]] if name not in names]
        names = names[:_COLUMNS]
        total = voice.number_of(finding["evidence_total"], "row")
        return {
            "summary": voice.say("evidence", shown=voice.grouped(len(shown)), total=total),
            "names": [clip(voice.term(name, words), CELL) for name in names],
            "rows": [
                {
                    "file": clip(row["file"] or "", CELL),
                    "line": voice.grouped(row["line"]),
                    "role": clip(voice.term(row["role"] or "", words), CELL),
                    "cells": [
                        clip(cell(name, row["values"].get(name, row["key"].get(name)), words, voice), CELL)
                        for name in names
                    ],
                }
                for row in shown
            ],
        }


def prose(text: str, words: Mapping[str, Any], voice: Voice) -> str:
    """An explanation of a rule for the page: its codes (`no_order`) in the reader's words."""
    return clip(_CODE.sub(lambda code: f"«{voice.term(code[1], words)}»", text), SENTENCES)


def bridge_rows(found: Bridge, voice: Voice) -> list[View]:
    """Rows of the bridge: label, amount, drawing, and whether it is a total."""
    levels = [Decimal(), found.opening, found.expected, found.observed]
    running = found.opening
    for move in found.steps:
        running += move.amount
        levels.append(running)
    low, high = min(levels), max(levels)

    def row(label: str, amount: Decimal, drawing: Markup, *, total: bool = False) -> View:
        return {"label": label, "amount": voice.grouped(amount), "drawing": drawing, "total": total}

    def level(key: str, amount: Decimal) -> View:
        return row(voice.say(key), amount, charts.level(amount, low, high), total=True)

    rows = [level("bridge_opening", found.opening)]
    running = found.opening
    for move in found.steps:
        drawing = charts.step(running, running + move.amount, low, high)
        rows.append(row(voice.capital(voice.term(move.name)), move.amount, drawing))
        running += move.amount
    rows += [level("bridge_expected", found.expected), level("bridge_observed", found.observed)]
    drawing = charts.step(found.expected, found.observed, low, high)
    return [*rows, row(voice.say("bridge_difference"), found.difference, drawing)]
