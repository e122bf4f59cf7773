"""Planted faults: how many of them are found, how much is told that is none, by rule, with 95 % intervals.

Retailers of seeds that nobody looked at while simulator and rules were made, in every style, with their mapping and
without one. What is promised holds for each of those read with their mapping, not on the average; what a proposal makes
of the others is measured and not promised, for it cannot know what no file says.
"""

import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import cast

from perito_simulator.evaluation.score import Amount, Promise, Score
from perito_simulator.evaluation.wilson import Share
from perito_simulator.styles import STYLES
from pydantic import JsonValue

from tests.accuracy import understood
from tests.accuracy.planted import Sown, scored
from tests.trials.harness.catalogue import Figures, Say, TrialFailed

NAME = "accuracy"
SOURCES = [
    "libs/kernel/src/**/*.py",
    "libs/rules/src/**/*",
    "libs/simulator/src/**/*.py",
    *(f"services/{name}/src/**/*" for name in ("validation", "consistency", "pattern", "performance", "reporting")),
    "tests/accuracy/dialects/*.yaml",
    "tests/accuracy/planted.py",
    "tests/accuracy/trading.py",
    "tests/accuracy/understood.py",
    "tests/lookalikes/examined.py",
    "tests/trials/accuracy.py",
]
ROWS = (60_000, 60_000, 60_000, 200_000)
"""Ledger rows of the worlds of each style, of which the last is also read without its mapping."""
_FIRST_HELD_OUT = 80_000
"""Seeds below are for whoever develops: a seed of which anything was put right is held out no longer."""

Row = Mapping[str, JsonValue]


def run(seed: int, say: Say) -> Figures:
    """Figures: `worlds` with what each came to, `rules` with what those with a mapping together say of each rule, and
    `exports` with the columns that were placed right of those of other systems."""
    exports, broken = _exports(say)
    marks: list[tuple[Sown, Score]] = []
    for sown in worlds(seed):
        with tempfile.TemporaryDirectory(prefix="perito-trial-accuracy-") as name:
            score = scored(sown, Path(name))
        marks.append((sown, score))
        say(f"{_name(sown)}: {score.recall.hits} of {score.recall.trials} found, {len(score.matches.false)} false")
    mapped = [score for sown, score in marks if sown.mapped]
    figures: Figures = {"worlds": [_world(*mark) for mark in marks], "rules": rules(mapped), "exports": exports}
    broken += [f"{_name(sown)}: {_why(score)}" for sown, score in marks if sown.mapped and not score.keeps(Promise())]
    if broken:
        raise TrialFailed("; ".join(broken), figures)
    return figures


def _exports(say: Say) -> tuple[list[JsonValue], list[str]]:
    found: list[JsonValue] = []
    for name, floor in understood.FLOORS.items():
        right, columns = understood.total(name)
        found.append({"set": name, "systems": len(understood.dialects(name)), "right": right, "columns": columns})
        say(f"exports {name}: {right} of {columns} columns placed right, {100 * floor:.0f} % wanted")
    return found, [broken for name in understood.FLOORS if (broken := understood.fails(name))]


def worlds(seed: int) -> list[Sown]:
    """The retailers of a run: every style has seeds of its own, and another `seed` of the trial has others."""
    found: list[Sown] = []
    for style in STYLES:
        for rows in ROWS:
            found.append(Sown(rows, _FIRST_HELD_OUT + 1_000 * seed + len(found), style))
        found.append(Sown(found[-1].rows, found[-1].seed, style, mapped=False))
    return found


def rules(scores: Sequence[Score]) -> list[JsonValue]:
    """One row per rule: shares of all worlds together, and their intervals."""
    counts: dict[str, Counter[str]] = {}
    for rule in (rule for score in scores for rule in score.rules):
        count = counts.setdefault(rule.rule, Counter())
        count.update(found=rule.recall.hits, planted=rule.recall.trials, true=rule.precision.hits)
        count.update(told=rule.precision.trials, symptoms=rule.symptoms)
    return [
        {
            "rule": rule,
            "recall": _share(Share(count["found"], count["planted"])),
            "precision": _share(Share(count["true"], count["told"])),
            "symptoms": count["symptoms"],
        }
        for rule, count in sorted(counts.items())
    ]


def tables(figures: Figures) -> Mapping[str, str]:
    """`rules`, `worlds` and `exports`."""
    by_rule = ["| rule | planted | found | recall | told | false | precision |", "|---|---|---|---|---|---|---|"]
    for row in _rows(figures, "rules"):
        recall, precision = _read(row["recall"]), _read(row["precision"])
        cells = [str(row["rule"]), f"{recall.trials:,}", f"{recall.hits:,}", _shown(recall)]
        cells += [f"{precision.trials:,}", f"{precision.trials - precision.hits:,}", _shown(precision)]
        by_rule.append(f"| {' | '.join(cells)} |")
    names = ("style", "seed", "mapping", "rows", "found", "planted", "false_serious", "false", "money_off")
    by_world = [
        "| style | seed | mapping | ledger rows | found | planted | false, high or critical | false, lower | money |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    by_world += [f"| {' | '.join(str(row[name]) for name in names)} |" for row in _rows(figures, "worlds")]
    by_set = ["| exports | systems | columns | placed right |", "|---|---|---|---|"]
    for row in _rows(figures, "exports"):
        right, columns = cast(int, row["right"]), cast(int, row["columns"])
        by_set.append(f"| {row['set']} | {row['systems']} | {columns} | {right} ({100 * right / columns:.1f} %) |")
    return {"rules": "\n".join(by_rule), "worlds": "\n".join(by_world), "exports": "\n".join(by_set)}


def _name(sown: Sown) -> str:
    return f"{sown.style}, seed {sown.seed}, {sown.rows:,} rows, {'mapped' if sown.mapped else 'without mapping'}"


def _world(sown: Sown, score: Score) -> JsonValue:
    serious = len(score.false_serious)
    return {
        "style": sown.style,
        "seed": sown.seed,
        "mapping": "given" if sown.mapped else "none",
        "rows": sown.rows,
        "planted": score.recall.trials,
        "found": score.recall.hits,
        "not_tested": len(score.uncovered),
        "missed": [f"{fault.kind} ({fault.rule})" for fault in score.missed],
        "false_serious": serious,
        "false": len(score.matches.false) - serious,
        "false_titles": [f"{finding.rule} {finding.severity}: {finding.title}" for finding in score.matches.false],
        "oddities_told": [f"{oddity.kind} by {finding.rule}" for oddity, finding in score.matches.flagged],
        "money_off": ", ".join(f"{amount.currency} {_off(amount)}" for amount in score.amounts),
    }


def _off(amount: Amount) -> str:
    return "without any planted" if amount.off is None else f"{Decimal(100) * amount.off:.1f} %"


def _why(score: Score) -> str:
    missed = [f"{fault.kind} ({fault.rule}) missed" for fault in score.missed]
    false = [f"false: {finding.rule} {finding.title}" for finding in score.false_serious]
    return ", ".join([*missed, *false, *(f"money {_off(amount)} apart" for amount in score.amounts)])


def _share(share: Share) -> JsonValue:
    low, high = share.interval
    return {"hits": share.hits, "trials": share.trials, "low": round(low, 4), "high": round(high, 4)}


def _read(said: JsonValue) -> Share:
    row = cast(Row, said)
    return Share(int(cast(int, row["hits"])), int(cast(int, row["trials"])))


def _shown(share: Share) -> str:
    if share.value is None:
        return ""
    low, high = share.interval
    return f"{100 * share.value:.1f} % ({100 * low:.0f} to {100 * high:.0f})"


def _rows(figures: Figures, name: str) -> Sequence[Row]:
    return cast(Sequence[Row], figures[name])
