"""Planted faults: how many of them are found, how much is told that is none, by rule and strength, with 95 % intervals.

Retailers of seeds that nobody looked at while simulator and rules were made, in every style. Small ones bear each kind
as it is by default; what is promised holds for each of those read with their mapping, not on the average, and what a
proposal makes of them without one is measured and not promised, for it cannot know what no file says. Clean ones bear
oddities alone, and nothing severe may be told of them. Large ones bear faults of one strength each, by turns: so much
of them, so far beyond the threshold of the rule. Of the middle of that grid a recall and a precision are promised.
"""

import multiprocessing
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import cast

from perito_simulator.evaluation.score import Amount, Promise, RuleScore, Score
from perito_simulator.evaluation.wilson import Share
from perito_simulator.masters import CURRENCY
from perito_simulator.styles import STYLES
from pydantic import JsonValue

from tests.accuracy import grid, understood
from tests.accuracy.planted import Sown, scored
from tests.trials.harness.catalogue import Figures, Say, TrialFailed

NAME = "accuracy"
SOURCES = [
    "libs/kernel/src/**/*.py",
    "libs/rules/src/**/*",
    "libs/simulator/src/**/*.py",
    *(f"services/{name}/src/**/*" for name in ("validation", "consistency", "pattern", "performance", "reporting")),
    "tests/accuracy/dialects/*.yaml",
    "tests/accuracy/grid.py",
    "tests/accuracy/planted.py",
    "tests/accuracy/trading.py",
    "tests/accuracy/understood.py",
    "tests/lookalikes/examined.py",
    "tests/trials/accuracy.py",
]
ROWS = (60_000, 200_000)
"""Ledger rows of the small worlds of each style, of which the last is also read without its mapping."""
LARGE, SEEDS, PLANTS = 1_000_000, 20, 3
"""Ledger rows of the large worlds, how many there are of each style, and plants of each kind of the pattern phase."""
_AT_ONCE = 2
_TITLES = 40
_FIRST_HELD_OUT = 88_000
"""Seeds below are for whoever develops: a seed of which anything was put right is held out no longer."""

Row = Mapping[str, JsonValue]


@dataclass(frozen=True)
class Came:
    """What came of a world: its row of the table, its marks, what it says of each rule, and what broke a promise."""

    sown: Sown
    world: JsonValue
    marks: list[grid.Mark]
    rules: list[RuleScore]
    amounts: list[Amount]
    broken: str


def run(seed: int, say: Say) -> Figures:
    """Figures: `worlds` with what each came to, `rules` with what the small ones with a mapping together say of each
    rule, `grid` with what the large ones say of each rule by strength, `money` by how much those of the middle are off
    (either way, world by world), and `exports` with the columns that were placed right of those of other systems."""
    exports, broken = _exports(say)
    came: list[Came] = []
    with ProcessPoolExecutor(_AT_ONCE, multiprocessing.get_context("spawn")) as at_once:
        for one in at_once.map(come_to, worlds(seed)):
            came.append(one)
            row = cast(Row, one.world)
            say(f"{_name(one.sown)}: {row['found']} of {row['planted']} found, {row['false']} false")
    small = [one for one in came if one.sown.strength is None and one.sown.mapped and one.sown.faults == "all"]
    strengths = grid.rows_of(mark for one in came for mark in one.marks)
    money = _apart(amount for one in came if one.sown.strength == grid.MIDDLE for amount in one.amounts)
    figures: Figures = {
        "worlds": [one.world for one in came],
        "rules": rules([one.rules for one in small]),
        "grid": strengths,
        "money": {"planted": f"{money[1]:.2f}", "apart": f"{money[0]:.2f}"},
        "exports": exports,
    }
    broken += [f"{_name(one.sown)}: {one.broken}" for one in came if one.broken]
    broken += grid.fails(strengths)
    if money[0] > Promise().money * money[1]:
        broken.append(f"{grid.MIDDLE}: {money[0]:,.0f} of {money[1]:,.0f} planted are apart")
    if broken:
        raise TrialFailed("; ".join(broken), figures)
    return figures


def come_to(sown: Sown) -> Came:
    """Makes a world, examines it and holds the report against it."""
    with tempfile.TemporaryDirectory(prefix="perito-trial-accuracy-") as name:
        score = scored(sown, Path(name))
    marks = grid.marks_of(sown.strength, score) if sown.strength else []
    return Came(sown, _world(sown, score), marks, list(score.rules), list(score.amounts), _why(sown, score))


def _exports(say: Say) -> tuple[list[JsonValue], list[str]]:
    found: list[JsonValue] = []
    for name, floor in understood.FLOORS.items():
        right, columns = understood.total(name)
        found.append({"set": name, "systems": len(understood.dialects(name)), "right": right, "columns": columns})
        say(f"exports {name}: {right} of {columns} columns placed right, {100 * floor:.0f} % wanted")
    return found, [broken for name in understood.FLOORS if (broken := understood.fails(name))]


def worlds(seed: int) -> list[Sown]:
    """The retailers of a run: every style has seeds of its own, and another `seed` of the trial has others."""
    first = _FIRST_HELD_OUT + 1_000 * seed
    found: list[Sown] = []
    for style in STYLES:
        found += [Sown(rows, first + len(found) + n, style) for n, rows in enumerate(ROWS)]
        found.append(Sown(found[-1].rows, found[-1].seed, style, mapped=False))
        found.append(Sown(ROWS[-1], first + len(found), style, faults="none"))
    for place, style in enumerate(STYLES):
        for n in range(SEEDS):
            # The styles begin in other cells of the grid, so that each cell has worlds of every style.
            strength = grid.CELLS[(n + place * len(grid.CELLS) // len(STYLES)) % len(grid.CELLS)]
            found.append(Sown(LARGE, first + 100 + 100 * place + n, style, strength=strength, least=PLANTS))
    return found


def rules(scores: Sequence[Sequence[RuleScore]]) -> list[JsonValue]:
    """One row per rule: shares of all worlds together, and their intervals."""
    counts: dict[str, Counter[str]] = {}
    for rule in (rule for score in scores for rule in score):
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
    """`rules`, `strengths`, `worlds` and `exports`."""
    by_rule = ["| rule | planted | found | recall | told | false | precision |", "|---|---|---|---|---|---|---|"]
    for row in _rows(figures, "rules"):
        recall, precision = _read(row["recall"]), _read(row["precision"])
        cells = [str(row["rule"]), f"{recall.trials:,}", f"{recall.hits:,}", _shown(recall)]
        cells += [f"{precision.trials:,}", f"{precision.trials - precision.hits:,}", _shown(precision)]
        by_rule.append(f"| {' | '.join(cells)} |")
    names = ("style", "seed", "mapping", "rows", "strength", "found", "planted", "false_serious", "false", "money_off")
    heads = (*names[:5], "found", "planted", "false, high or critical", "false, lower", "money")
    by_world = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    by_world += [f"| {' | '.join(str(row.get(name, '')) for name in names)} |" for row in _rows(figures, "worlds")]
    by_set = ["| exports | systems | columns | placed right |", "|---|---|---|---|"]
    for row in _rows(figures, "exports"):
        right, columns = cast(int, row["right"]), cast(int, row["columns"])
        by_set.append(f"| {row['set']} | {row['systems']} | {columns} | {right} ({100 * right / columns:.1f} %) |")
    strengths = grid.table(cast(Sequence[JsonValue], figures.get("grid", [])))
    return {
        "rules": "\n".join(by_rule),
        "strengths": "\n\n".join(filter(None, (strengths, _money(figures)))),
        "worlds": "\n".join(by_world),
        "exports": "\n".join(by_set),
    }


def _name(sown: Sown) -> str:
    return f"{sown.style}, seed {sown.seed}, {sown.rows:,} rows, {_how(sown)}"


def _how(sown: Sown) -> str:
    if sown.strength is not None:
        return f"{100 * sown.strength.share:g} %, {sown.strength.times:g}x"
    return "clean" if sown.faults == "none" else "mapped" if sown.mapped else "without mapping"


def _world(sown: Sown, score: Score) -> JsonValue:
    serious = len(score.false_serious)
    missed = Counter(f"{fault.kind} ({fault.rule})" for fault in score.missed)
    titles = [f"{one.rule} {one.severity}: {one.title}" for one in score.matches.false]
    return {
        "style": sown.style,
        "seed": sown.seed,
        "mapping": "given" if sown.mapped else "none",
        "rows": sown.rows,
        "strength": _how(sown) if sown.strength or sown.faults == "none" else "as usual",
        "planted": score.recall.trials,
        "found": score.recall.hits,
        "not_tested": len(score.uncovered),
        "missed": [f"{name}: {times}" for name, times in missed.items()],
        "false_serious": serious,
        "false": len(score.matches.false) - serious,
        "false_titles": list[JsonValue](titles[:_TITLES]),
        "oddities_told": [f"{oddity.kind} by {finding.rule}" for oddity, finding in score.matches.flagged],
        "money_off": ", ".join(f"{amount.currency} {_off(amount)}" for amount in score.amounts),
    }


def _money(figures: Figures) -> str:
    if "money" not in figures:
        return ""
    money = cast(Row, figures["money"])
    planted, apart = Decimal(str(money["planted"])), Decimal(str(money["apart"]))
    share = f"{100 * apart / planted:.1f} %" if planted else "nothing"
    where = f"{100 * grid.MIDDLE.share:g} % and {grid.MIDDLE.times:g} times"
    whole = f"{CURRENCY} {planted:,.0f} planted"
    return f"Money at {where}: {share} of {whole} is apart, either way, world by world."


def _off(amount: Amount) -> str:
    return "without any planted" if amount.off is None else f"{Decimal(100) * amount.off:.1f} %"


def _why(sown: Sown, score: Score) -> str:
    """What breaks a promise: nothing severe may be false where there is a mapping; of small worlds nearly all is found,
    and their amounts come to what was planted. Large ones are judged together: shares, and money, of a cell."""
    if not sown.mapped or (sown.strength is None and sown.faults == "all" and score.keeps(Promise())):
        return ""
    false = [f"false: {finding.rule} {finding.title}" for finding in score.false_serious]
    amounts = [f"money {_off(amount)} apart" for amount in score.amounts if not _near(amount)]
    if sown.strength is None and sown.faults == "all":
        false = [*(f"{fault.kind} ({fault.rule}) missed" for fault in score.missed), *false]
    return ", ".join([*false, *(amounts if sown.strength is None and sown.faults == "all" else [])])


def _apart(amounts: Iterable[Amount]) -> tuple[Decimal, Decimal]:
    """What is told too much or too little, without one world making up for another; and what was planted."""
    every = list(amounts)
    return sum((abs(one.gross - one.planted) for one in every), Decimal(0)), sum(
        (one.planted for one in every), Decimal(0)
    )


def _near(amount: Amount) -> bool:
    return amount.off is not None and amount.off <= Promise().money


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
    return cast(Sequence[Row], figures.get(name, []))
