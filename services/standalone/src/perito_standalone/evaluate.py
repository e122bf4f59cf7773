"""Prints how well a report told what was planted in the books, as tables or as JSON."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from perito_simulator.evaluation.report import Finding, check_same_books, read_report
from perito_simulator.evaluation.score import Amount, Promise, RuleScore, Score, evaluate
from perito_simulator.evaluation.wilson import Share
from perito_simulator.truth import Fault, Oddity, read_truth
from rich.console import Console
from rich.markup import escape
from rich.table import Table

_LISTED = 20
"""Missed faults, false findings and flagged oddities that the terminal shows of each; JSON has all of them."""


def score_books(books: Path, report: Path) -> Score:
    """Holds the report in a folder against the truth of the books. Raises `PeritoError`."""
    truth, read = read_truth(books), read_report(report)
    check_same_books(books, report)
    return evaluate(truth, read)


def print_score(console: Console, score: Score, promise: Promise) -> None:
    """One line for each rule, the amounts, then whatever is not as promised, with the row that proves it."""
    console.print(_rules(score))
    console.print(f"\nFound: {_share(score.recall)} of the planted faults whose rules could be tested.")
    if score.uncovered:
        console.print(f"Planted faults with a rule that could not be tested: {len(score.uncovered):,}.")
    if score.matches.symptoms:
        console.print(f"Findings of a symptom: {len(score.matches.symptoms):,}.")
    if score.matches.habits:
        console.print(f"Findings of how the style writes, neither found nor false: {len(score.matches.habits):,}.")
    if score.matches.notes:
        console.print(f"Told for information, neither found nor false: {len(score.matches.notes):,}.")
    for amount in score.amounts:
        console.print(_amount(amount))
    _print_listed(console, "Missed", [_fault(fault) for fault in score.missed])
    serious = score.false_serious
    _print_listed(console, "False, of severity high or critical", [_finding(finding) for finding in serious])
    others = [_finding(finding) for finding in score.matches.false if not finding.serious]
    _print_listed(console, "False, of lower severity", others)
    _print_listed(console, "Honest oddities that were told", [_flagged(*pair) for pair in score.matches.flagged])
    _print_listed(console, "Not tested", [f"{_fault(fault)}: {escape(why)}" for fault, why in score.uncovered])
    console.print("\n" + _verdict(score, promise))


def score_json(score: Score, promise: Promise) -> str:
    """All of it as one JSON object, for machines. Shares are null where nothing was to be found."""
    content = {
        "kept": score.keeps(promise),
        "recall": _share_json(score.recall),
        "precision": _share_json(score.precision),
        "false_serious": len(score.false_serious),
        "rules": [_rule_json(rule) for rule in score.rules],
        "kinds": {kind: _share_json(share) for kind, share in score.kinds.items()},
        "amounts": [_amount_json(amount) for amount in score.amounts],
        "missed": [_fault_json(fault) for fault in score.missed],
        "uncovered": [_fault_json(fault) | {"reason": why} for fault, why in score.uncovered],
        "false": [_finding_json(finding) for finding in score.matches.false],
        "symptoms": [_finding_json(finding) for finding in score.matches.symptoms],
        "habits": [_finding_json(finding) for finding in score.matches.habits],
        "notes": [_finding_json(finding) for finding in score.matches.notes],
        "oddities_told": [
            {"id": oddity.id, "kind": oddity.kind, "finding": _finding_json(finding)}
            for oddity, finding in score.matches.flagged
        ],
    }
    return json.dumps(content, indent=1, ensure_ascii=False)


def _rules(score: Score) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("rule", no_wrap=True)
    for name in ("planted", "found", "recall", "95 % interval", "findings", "symptoms", "false", "precision"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("95 % interval", justify="right", no_wrap=True)
    for rule in score.rules:
        table.add_row(
            rule.rule,
            f"{rule.recall.trials:,}",
            f"{rule.recall.hits:,}",
            *_percent(rule.recall),
            f"{rule.precision.trials + rule.symptoms:,}",
            f"{rule.symptoms:,}",
            f"{rule.false:,}",
            *_percent(rule.precision),
        )
    return table


def _percent(share: Share) -> tuple[str, str]:
    """The share and its interval; blank where nothing was to be found."""
    if share.value is None:
        return ("", "")
    low, high = share.interval
    return (f"{100 * share.value:.1f} %", f"{100 * low:.1f} to {100 * high:.1f}")


def _share(share: Share) -> str:
    value, interval = _percent(share)
    return f"{share.hits:,} of {share.trials:,}" + (f" ({value}, 95 % interval {interval})" if value else "")


def _amount(amount: Amount) -> str:
    off = "no share, for nothing was planted" if amount.off is None else f"{100 * amount.off:.1f} % apart"
    return f"{amount.currency}: {amount.planted:,.2f} planted, {amount.gross:,.2f} gross in the report ({off})."


def _print_listed(console: Console, title: str, entries: Sequence[str]) -> None:
    if not entries:
        return
    console.print(f"\n[bold]{title}[/bold] ({len(entries):,})")
    for entry in entries[:_LISTED]:
        console.print(f"  {entry}", soft_wrap=True)
    if len(entries) > _LISTED:
        console.print(f"  ... and {len(entries) - _LISTED:,} more (--json has all of them)")


def _fault(fault: Fault) -> str:
    things = ", ".join(f"{name} {value}" for name, value in fault.entities.items())
    money = f", {fault.currency} {fault.money:,.2f}" if fault.money is not None else ""
    return escape(f"{fault.id} {fault.kind} ({fault.rule}): {things}{money}")


def _finding(finding: Finding) -> str:
    proof = next(iter(finding.proofs), None)
    where = f" [{proof.row.file}, record {proof.row.record}: {proof.says}]" if proof else ""
    return escape(f"{finding.rule} {finding.severity} {finding.fingerprint[:8]}: {finding.title}{where}")


def _flagged(oddity: Oddity, finding: Finding) -> str:
    return f"{escape(f'{oddity.id} {oddity.kind}')}: {_finding(finding)}"


def _verdict(score: Score, promise: Promise) -> str:
    promised = (
        f"at least {100 * promise.recall:g} % found, nothing of severity high or critical false,"
        f" amounts within {100 * float(promise.money):g} %"
    )
    return ("As promised: " if score.keeps(promise) else "Not as promised: ") + promised + "."


def _share_json(share: Share) -> dict[str, Any]:
    low, high = share.interval
    value = None if share.value is None else round(share.value, 6)
    return {"hits": share.hits, "trials": share.trials, "share": value, "interval": [round(low, 6), round(high, 6)]}


def _rule_json(rule: RuleScore) -> dict[str, Any]:
    shares = {"recall": _share_json(rule.recall), "precision": _share_json(rule.precision)}
    return {"rule": rule.rule, **shares, "symptoms": rule.symptoms, "false": rule.false}


def _amount_json(amount: Amount) -> dict[str, Any]:
    off = None if amount.off is None else f"{amount.off:.6f}"
    return {"currency": amount.currency, "planted": f"{amount.planted:f}", "gross": f"{amount.gross:f}", "off": off}


def _fault_json(fault: Fault) -> dict[str, Any]:
    money = None if fault.money is None else f"{fault.money:f}"
    return {
        "id": fault.id,
        "kind": fault.kind,
        "rule": fault.rule,
        "entities": dict(fault.entities),
        "money": money,
        "currency": fault.currency,
        "rows": [[row.file, row.record] for row in fault.rows],
    }


def _finding_json(finding: Finding) -> dict[str, Any]:
    return {
        "fingerprint": finding.fingerprint,
        "rule": finding.rule,
        "severity": finding.severity,
        "identity": dict(finding.identity),
        "title": finding.title,
        "impact": None if finding.impact is None else f"{finding.impact:f}",
        "currency": finding.currency,
        "rows": [[proof.row.file, proof.row.record, proof.line, proof.says] for proof in finding.proofs],
    }
