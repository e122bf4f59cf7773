"""What an analysis came to, on the terminal and as an exit code. Every number is read from the report.

Words of the books are escaped: a product named `[b]` is no markup.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from perito_client.generated.models import Status
from perito_kernel.findings import Severity
from perito_reporting.voice import Language, Voice
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from perito_standalone.analyze import Finished
from perito_standalone.printed import printed
from perito_standalone.run_files import REPORT_HTML, REPORT_JSON

Report = dict[str, Any]
_CLEAN, _FOUND, _INCOMPLETE = 0, 1, 2
_STORIES = 10
"""Stories of each group, priced and not, that are printed."""


def read_report(out: Path) -> Report:
    """The report that was fetched."""
    report: Report = json.loads((out / REPORT_JSON).read_text(encoding="utf-8"))
    return report


def exit_code(status: Status, report: Report | None, least: Severity | None) -> int:
    """0 clean, 1 findings of severity `least` or more (None: never), 2 where something could not be examined."""
    if report is None or status.status != "completed":
        return _INCOMPLETE
    # Findings are listed up to a number per rule, cases are all counted: a severe one may stand in either alone.
    found = {finding["severity"] for finding in report["findings"]}
    found |= {severity for severity, cases in report["exposure"]["cases_by_severity"].items() if cases}
    if least is not None and any(Severity(severity).rank >= least.rank for severity in found):
        return _FOUND
    errored = any(rule["status"] == "errored" for rule in report["rules"])
    verdict = report["verdict"]
    examined = verdict["complete"] and verdict["level"] != "untested"
    return _INCOMPLETE if status.partial or errored or not examined else _CLEAN


def print_outcome(console: Console, finished: Finished, out: Path, language: Language = "en") -> None:
    """Verdict, stories with their money, state of the data, and where to read on; or why there is nothing."""
    voice, status = Voice(language), finished.status
    for phase in status.phases:
        if phase.error:
            message = escape(phase.error.message)
            console.print("\n" + printed(language, "failed", phase=voice.phase(phase.phase), message=message))
    if finished.reported:
        report = read_report(out)
        verdict = report["verdict"]
        said = [escape(voice.text(verdict[name])) for name in ("sentence", "detail")]
        console.print(f"\n[bold]{said[0]}[/bold] {said[1]}\n")
        told = [story for story in report["stories"] if story["position"] <= _STORIES]
        if told:
            console.print(_stories(report, told, voice))
        more = report["exposure"]["stories"] - len(told)
        if more:
            console.print(printed(language, "more", count=voice.grouped(more)))
        console.print("\n" + printed(language, "data", parts="; ".join(_data(report, voice))))
        console.print(printed(language, "report", path=out / REPORT_HTML), soft_wrap=True, markup=False)


def _stories(report: Report, told: Sequence[Report], voice: Voice) -> Table:
    cases = {case["fingerprint"]: case for case in report["cases"]}
    titles = {rule["id"]: escape(voice.text(rule["title"])) for rule in report["rules"]}
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("severity", "rule", "what", "cases", "amount"):
        side = "right" if name in {"cases", "amount"} else "left"
        table.add_column(printed(voice.language, name), justify=side, no_wrap=name != "what")
    for story in told:
        what = escape(voice.text(cases[story["leading_cases"][0]]["title"]))
        if story["folded"]:
            place = f" ({escape(story['place'])})" if story["place"] else ""
            what = printed(voice.language, "first", title=titles[story["rule_id"]], place=place, what=what)
        amount = "" if story["gross"] is None else voice.money(story["gross"], story["currency"])
        severity = voice.say(f"severity_{story['severity']}")
        table.add_row(severity, story["rule_id"], what, voice.grouped(story["cases"]), amount)
    return table


def _data(report: Report, voice: Voice) -> list[str]:
    """What became of records, cells and rules, in parts of one sentence."""
    records, cells = report["coverage"]["records"], report["coverage"]["cells"]
    rules = report["coverage"]["rules"]
    repeated = next((c for c in report["conventions"] if c["name"] == "duplicates_excluded"), None)
    tested = rules["total"] - rules["not_applicable"] - rules["errored"]

    def part(key: str, **numbers: int) -> str:
        return printed(voice.language, key, **{name: voice.grouped(number) for name, number in numbers.items()})

    said = [part("records", records=records["records"], rejected=records["rejected"])]
    if repeated and repeated["evidence"].get("rows"):
        said.append(part("repeated", rows=repeated["evidence"]["rows"]))
    said.append(part("cells", rejected=cells["rejected"], cells=cells["cells"], changed=cells["changed"]))
    return [*said, part("tested", tested=tested, total=rules["total"])]
