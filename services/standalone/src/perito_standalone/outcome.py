"""What an analysis came to, on the terminal and as an exit code. Every number is read from the report.

Words of the books are escaped: a product named `[b]` is no markup.
"""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from perito_kernel.findings import Severity
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from perito_standalone.analyze import Finished
from perito_standalone.edge_client import Status
from perito_standalone.run_files import REPORT_HTML, REPORT_JSON

Report = dict[str, Any]
_CLEAN, _FOUND, _INCOMPLETE = 0, 1, 2


def read_report(out: Path) -> Report:
    """The report that was fetched."""
    report: Report = json.loads((out / REPORT_JSON).read_text(encoding="utf-8"))
    return report


def exit_code(status: Status, report: Report | None, least: Severity | None) -> int:
    """0 clean, 1 findings of severity `least` or more (None: never), 2 where something could not be examined."""
    if report is None or status["status"] != "completed":
        return _INCOMPLETE
    # Findings are listed up to a number per rule, cases are all counted: a severe one may stand in either alone.
    found = {finding["severity"] for finding in report["findings"]}
    found |= {severity for severity, cases in report["exposure"]["cases_by_severity"].items() if cases}
    if least is not None and any(Severity(severity).rank >= least.rank for severity in found):
        return _FOUND
    errored = any(rule["status"] == "errored" for rule in report["rules"])
    verdict = report["verdict"]
    examined = verdict["complete"] and verdict["level"] != "untested"
    return _INCOMPLETE if status["partial"] or errored or not examined else _CLEAN


def print_outcome(console: Console, finished: Finished, out: Path) -> None:
    """Verdict, stories with their money, state of the data, and where to read on; or why there is nothing."""
    status = finished.status
    for phase in status["phases"]:
        if phase["error"]:
            console.print(f"\n{phase['phase']} failed: {escape(phase['error']['message'])}")
    if finished.reported:
        report = read_report(out)
        verdict = report["verdict"]
        console.print(f"\n[bold]{_say(verdict['sentence'])}[/bold] {_say(verdict['detail'])}\n")
        if report["stories"]:
            console.print(_stories(report))
        more = report["exposure"]["stories"] - len(report["stories"])
        if more:
            console.print(f"... and {more:,} more in the report.")
        console.print(_data(report))
        console.print(f"Report: {out / REPORT_HTML}")


def _stories(report: Report) -> Table:
    cases = {case["fingerprint"]: case for case in report["cases"]}
    titles = {rule["id"]: _say(rule["title"]) for rule in report["rules"]}
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, side in (
        ("severity", "left"),
        ("rule", "left"),
        ("what", "left"),
        ("cases", "right"),
        ("amount", "right"),
    ):
        table.add_column(name, justify="right" if side == "right" else "left", no_wrap=name != "what")
    for story in report["stories"]:
        what = escape(_say(cases[story["leading_cases"][0]]["title"]))
        if story["folded"]:
            place = f" ({escape(story['place'])})" if story["place"] else ""
            what = f"{titles[story['rule_id']]}{place}, first: {what}"
        amount = "" if story["gross"] is None else f"{story['currency']} {Decimal(story['gross']):,.2f}"
        table.add_row(story["severity"], story["rule_id"], what, f"{story['cases']:,}", amount)
    return table


def _data(report: Report) -> str:
    records, cells = report["coverage"]["records"], report["coverage"]["cells"]
    rules = report["coverage"]["rules"]
    repeated = next((c for c in report["conventions"] if c["name"] == "duplicates_excluded"), None)
    tested = rules["total"] - rules["not_applicable"] - rules["errored"]
    said = [
        f"{records['records']:,} records read, {records['rejected']:,} refused",
        f"{cells['rejected']:,} of {cells['cells']:,} cells could not be read, {cells['changed']:,} were converted",
        f"{tested} of {rules['total']} rules could be tested",
    ]
    if repeated and repeated["evidence"].get("rows"):
        said.insert(1, f"{repeated['evidence']['rows']:,} repeated rows left out of sums")
    return "\nData: " + "; ".join(said) + "."


def _say(texts: dict[str, str] | str) -> str:
    return texts if isinstance(texts, str) else texts.get("en", "")
