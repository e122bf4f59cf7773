"""Every sentence that the report says in its own voice, in one place, by key.

Rules bring their texts themselves. The report speaks of indicators: what the books show, never who did what.
"""

from collections.abc import Mapping

ENGLISH: Mapping[str, str] = {
    "report": "Examination of the inventory books",
    "verdict_critical": "These books should not be relied on before {cases} {of_severity} {is_are} cleared.",
    "verdict_high": "{cases} {of_severity} {needs} an answer before these books are relied on.",
    "verdict_medium": "No severe indicator was found; {cases} {of_severity} {deserves} a look.",
    "verdict_clean": "Nothing among the {evaluated} that could be tested speaks against these books.",
    "verdict_untested": "Nothing could be tested: no rule found the data it needs.",
    "verdict_money": "All cases together concern {money} gross.",
    "verdict_incomplete": "The examination is incomplete: {missing}.",
    "missing_phase": "no result from {phase} ({reason})",
    "errored_rules": "{count} could not be completed",
    "unread_records": "{count} of {file} could not be read and {are} not part of any result",
    "no_records": "{file} holds no record",
    "lead": "{evaluated} of {rules} rules were tested on {rows} records from {files}.",
    "exposure": "Exposure",
    "gross": "Gross",
    "gross_note": "sum of the cases' amounts, whichever their sign",
    "net": "Net",
    "net_note": "surplus and loss set against each other",
    "recoverable": "Recoverable",
    "recoverable_note": "part of the gross that can be claimed back",
    "explained_note": (
        "Each amount is counted once, with its cause. Symptoms that a cause explains show another {money}, "
        "which is not added."
    ),
    "unpriced_note": "{cases} carry no amount and are ranked apart, by severity.",
    "several_currencies": "Amounts in different currencies are never added to each other.",
    "no_money": "No case carries an amount.",
    "quality": "Data quality",
    "quality_note": "validation",
    "integrity": "Integrity",
    "integrity_note": "consistency of the books",
    "health": "Health",
    "health_note": "all rules",
    "score_parts": "{count}, {failing} with indicators; weight {weight} of {possible}",
    "no_score": "no score: {reason}",
    "caveat": "Before you read on: the data",
    "caveat_clean": "All {records} records and {cells} cells could be read.",
    "caveat_rejected": (
        "{records} of {all_records} records and {cells} of {all_cells} cells could not be read and take no part below."
    ),
    "caveat_changed": "{cells} cells were converted or repaired; each kind is listed under Transformations.",
    "caveat_rules": "These indicators concern the data itself and weigh on everything that follows:",
    "caveat_missing": "There is no result from validation, so nothing is known about the quality of the data.",
    "top_cases": "What matters most",
    "top_cases_note": (
        "Ranked by priority: amount × confidence × weight of the severity. Many cases of one rule at one place are "
        "told as one line; each keeps its own amount. {shown} of {total} lines are shown."
    ),
    "unpriced_cases": "Indicators without an amount",
    "unpriced_cases_note": "Ranked by severity. {shown} of {total} lines are shown.",
    "no_cases": "None.",
    "folded": "{cases}: {title}",
    "largest": "The largest of them:",
    "explains": "explains {findings} ({rules})",
    "not_added": "{money} seen there, not added",
    "confidence": "confidence",
    "weight": "weight",
    "priority": "priority",
    "severity": "severity",
    "rows": "rows",
    "period": "period",
    "check": "What to check",
    "observed": "observed",
    "expected": "expected",
    "evidence": "Evidence: {shown} of {total} rows",
    "bridge": "Bridge",
    "bridge_opening": "Opening",
    "bridge_expected": "Expected",
    "bridge_observed": "Observed",
    "bridge_difference": "Difference",
    "query": "The rule's query ({rule}, version {version})",
    "parameters": "Parameters: {list}",
    "recommendations": "What to do, in this order",
    "recommendation": "Step",
    "kpis": "Performance",
    "kpi_total": "all",
    "coverage": "Coverage",
    "untested": "What could not be tested, and why",
    "untested_none": "Every rule could be tested.",
    "rules": "All rules",
    "rule": "Rule",
    "status": "Status",
    "evaluated": "Evaluated",
    "failed": "Failed",
    "unknown": "Unknown",
    "findings": "Findings",
    "cases": "Cases",
    "amount": "Amount (gross)",
    "reason": "Why",
    "facts": "Totals computed by rules",
    "status_passed": "passed",
    "status_failed": "indicators",
    "status_not_applicable": "not applicable",
    "status_errored": "errored",
    "status_missing": "phase without a result",
    "conventions": "Conventions",
    "conventions_note": "Decided once, before any rule ran; every rule follows them.",
    "convention": "Convention",
    "value": "Value",
    "basis": "Basis",
    "transformations": "Transformations",
    "transformations_note": "Everything that was converted or repaired on the way in. Sources stay beside the results.",
    "transformation": "What",
    "where": "Where",
    "cells": "Cells",
    "example": "Example",
    "inputs": "Inputs",
    "file": "File",
    "bytes": "Bytes",
    "not_read": "not read: the mapping does not name it",
    "records": "Records",
    "rejected": "Rejected",
    "line": "Line",
    "role": "Role",
    "table": "Table",
    "cut": "{shown} of {total} shown; the rest is in report.json and the tables beside it.",
    "footer": (
        "Perito {version}, report schema {schema}. An indicator says what the books show; it says nothing about "
        "anyone's intent. The complete lists of findings and evidence are in the Parquet files beside this page."
    ),
}


def say(key: str, **values: object) -> str:
    """The English text of a key with its values put in. Raises KeyError for a key that does not exist."""
    return ENGLISH[key].format(**values)


def number_of(count: int, one: str, many: str) -> str:
    """ "1 case", "2,427 cases"."""
    return f"{count:,} {one if count == 1 else many}"
