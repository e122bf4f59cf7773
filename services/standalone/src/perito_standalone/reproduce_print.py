"""A reproduced finding on the terminal: the rule, the sentence, each number beside the kept one, rows, and the verdict.

Words of the books are shown as they are, except what would move the cursor or speak to the terminal.
"""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from perito_standalone.reproduce import Reproduction
from perito_standalone.reproduce_compare import EVIDENCE, FINDINGS, REPORT, Line, shown_row, sql_digest

_ROWS = 25
_DASH = "–"


def print_reproduction(console: Console, reproduction: Reproduction) -> None:
    """Prints all of it. Every cut says how many there are."""
    match, found = reproduction.match, reproduction.found
    rule = match.rule

    def say(text: str = "") -> None:
        console.print(printable(text), markup=False, soft_wrap=True)

    say(f"\n{rule.id}, version {rule.version}, phase {match.phase.name}: {rule.title.en}")
    say(f"SQL: {sql_digest(rule.sql)}")
    say("Parameters: " + (", ".join(f"{k} {v}" for k, v in match.account["parameters"].items()) or "none"))
    say(f"Finding {match.fingerprint}")
    say(_sentence(reproduction))
    if match.finding is None:
        say(f"{REPORT} does not list this finding (it lists the first 1,000 of a rule); the tables hold it.")
    say()
    console.print(_numbers([line for line in reproduction.lines if line.is_number]))
    _print_rows(console, found)
    wrong = [line for line in reproduction.lines if not line.agrees]
    rows = found["evidence"]["only_recomputed"] + found["evidence"]["only_kept"]
    say()
    if reproduction.agrees:
        numbers = sum(line.is_number for line in reproduction.lines)
        say(f"Reproduced: every number agrees ({numbers} numbers, rows of evidence: {found['evidence']['kept']:,}).")
        return
    say(f"Not reproduced: {len(wrong)} of {len(reproduction.lines)} values and {rows:,} rows of evidence differ.")
    for line in wrong:
        told = ", ".join(f"{place} says {_value(value)}" for place, value in line.told.items())
        say(f"  {line.name}: recomputed {_value(line.recomputed)}, {told}")
    for name, what in (("recomputed", f"not in {EVIDENCE}"), ("kept", f"in {EVIDENCE} and not recomputed")):
        _print_only(console, found, name, what)


def _sentence(reproduction: Reproduction) -> str:
    rows = reproduction.found["recomputed"]
    if rows:
        return str(rows[0]["title_en"])
    outcome = reproduction.found["outcome"]
    reason = f" ({outcome['reason']})" if outcome["reason"] else ""
    return f"The rule does not find it in these books: {outcome['status'].replace('_', ' ')}{reason}."


def _numbers(lines: Sequence[Line]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("number")
    for name in ("recomputed", REPORT, "tables"):
        table.add_column(name, justify="right", overflow="fold")
    table.add_column("")
    for line in lines:
        tables = line.told.get(FINDINGS, line.told.get(EVIDENCE)) if {FINDINGS, EVIDENCE} & line.told.keys() else ""
        report = line.told.get(REPORT) if REPORT in line.told else ""
        cells = (line.name, _value(line.recomputed), _value(report), _value(tables))
        table.add_row(*(Text(printable(cell)) for cell in cells), "" if line.agrees else "differs")
    return table


def _print_rows(console: Console, found: dict[str, Any] | Any) -> None:
    evidence = found["evidence"]
    total, rows = evidence["recomputed"], evidence["rows"][:_ROWS]
    cut = f", the first {len(rows)}" if total > len(rows) else ""
    console.print(f"\nEvidence: {total:,} {'row' if total == 1 else 'rows'}{cut}", markup=False)
    if rows:
        console.print(_evidence(rows, found["files"]))


def _print_only(console: Console, found: dict[str, Any] | Any, name: str, what: str) -> None:
    evidence = found["evidence"]
    total, rows = evidence[f"only_{name}"], evidence[f"only_{name}_rows"]
    if total:
        cut = f", the first {len(rows)}" if total > len(rows) else ""
        console.print(f"\nEvidence {what}: {total:,} {'row' if total == 1 else 'rows'}{cut}", markup=False)
        console.print(_evidence(rows, found["files"]))


def _evidence(rows: Sequence[dict[str, Any]], files: Sequence[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("role", "file", "line", "values"):
        table.add_column(name, justify="right" if name == "line" else "left", overflow="fold")
    for row in rows:
        shown = shown_row(row, files)
        values = ", ".join(f"{name} {_value(value)}" for name, value in (shown["key"] | shown["values"]).items())
        line = "" if shown["line"] is None else str(shown["line"])
        table.add_row(*(Text(printable(cell)) for cell in (str(shown["role"]), str(shown["file"] or ""), line, values)))
    return table


def _value(value: object) -> str:
    return _DASH if value is None else str(value)


def printable(text: str) -> str:
    """The text with everything replaced that is no letter, sign or line end."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)
