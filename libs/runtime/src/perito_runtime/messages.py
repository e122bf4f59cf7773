"""Phases as messages and as the kernel's values: one place converts, both ways."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from perito.finding.v1 import finding_pb2
from perito.phase.v1 import phase_pb2
from perito_kernel.errors import Invalid
from perito_kernel.findings import Severity, canonical_json
from perito_kernel.phases import Outcome, Phase, RuleOutcome, RuleStatus, UpstreamResult

_TO_STATUS = {
    RuleStatus.PASSED: finding_pb2.RULE_STATUS_PASSED,
    RuleStatus.FAILED: finding_pb2.RULE_STATUS_FAILED,
    RuleStatus.NOT_APPLICABLE: finding_pb2.RULE_STATUS_NOT_APPLICABLE,
    RuleStatus.ERRORED: finding_pb2.RULE_STATUS_ERRORED,
}
_FROM_STATUS = {number: status for status, number in _TO_STATUS.items()}
_TO_SEVERITY = {
    Severity.INFO: finding_pb2.SEVERITY_INFO,
    Severity.LOW: finding_pb2.SEVERITY_LOW,
    Severity.MEDIUM: finding_pb2.SEVERITY_MEDIUM,
    Severity.HIGH: finding_pb2.SEVERITY_HIGH,
    Severity.CRITICAL: finding_pb2.SEVERITY_CRITICAL,
}
_FROM_SEVERITY = {number: severity for severity, number in _TO_SEVERITY.items()}


def json_object(text: str, what: str) -> dict[str, Any]:
    """A JSON object out of a message field; empty text is an empty object. Raises `Invalid` JSON_INVALID."""
    try:
        value = json.loads(text or "{}")
    except (ValueError, RecursionError) as error:
        raise Invalid("JSON_INVALID", f"{what} is not JSON.") from error
    if not isinstance(value, dict):
        raise Invalid("JSON_INVALID", f"{what} must be a JSON object.")
    return cast("dict[str, Any]", value)


def rule_outcome_message(outcome: RuleOutcome) -> finding_pb2.RuleOutcome:
    """Kernel to wire."""
    return finding_pb2.RuleOutcome(
        rule_id=outcome.rule_id,
        rule_version=outcome.rule_version,
        status=_TO_STATUS[outcome.status],
        unit=outcome.unit,
        evaluated=outcome.evaluated,
        failed=outcome.failed,
        unknown=outcome.unknown,
        findings=outcome.findings,
        reason=outcome.reason,
        reason_es=outcome.reason_es,
        facts_json=canonical_json(dict(outcome.facts)),
        severities=[
            finding_pb2.SeverityCount(severity=_TO_SEVERITY[severity], findings=outcome.severities[severity.value])
            for severity in Severity
            if severity.value in outcome.severities
        ],
    )


def rule_outcome(message: finding_pb2.RuleOutcome) -> RuleOutcome:
    """Wire to kernel. Raises `Invalid` RULE_STATUS_UNKNOWN for a status or a severity of a later version."""
    if message.status not in _FROM_STATUS or any(told.severity not in _FROM_SEVERITY for told in message.severities):
        raise Invalid(
            "RULE_STATUS_UNKNOWN", f"Rule {message.rule_id} has a status or a severity that this version does not know."
        )
    return RuleOutcome(
        rule_id=message.rule_id,
        rule_version=message.rule_version,
        status=_FROM_STATUS[message.status],
        unit=message.unit,
        evaluated=message.evaluated,
        failed=message.failed,
        unknown=message.unknown,
        findings=message.findings,
        reason=message.reason,
        reason_es=message.reason_es,
        facts={key: str(value) for key, value in json_object(message.facts_json, "facts_json").items()},
        severities={_FROM_SEVERITY[told.severity].value: told.findings for told in message.severities},
    )


def phase_result_message(
    phase: Phase, outcome: Outcome, artifacts: Sequence[phase_pb2.Artifact]
) -> phase_pb2.PhaseResult:
    """What a phase answers, out of what its compute function returned and where its files now are."""
    return phase_pb2.PhaseResult(
        phase=phase.name,
        version=phase.version,
        content_digest=outcome.content_digest,
        artifacts=artifacts,
        rules=[rule_outcome_message(rule) for rule in outcome.rules],
        summary_json=canonical_json(dict(outcome.summary)),
        as_of=outcome.as_of,
    )


def upstream_result(message: phase_pb2.Upstream, local_paths: Mapping[str, str]) -> UpstreamResult:
    """Wire to kernel; `local_paths` says where its artefacts are, by name."""
    if message.WhichOneof("outcome") != "result":
        return UpstreamResult(
            phase=message.phase,
            missing_reason=message.missing_reason or "it gave no result",
            missing_reason_es=message.missing_reason_es or "no dio resultado",
        )
    result = message.result
    return UpstreamResult(
        phase=message.phase,
        version=result.version,
        artifacts=dict(local_paths),
        rules=[rule_outcome(rule) for rule in result.rules],
        summary=json_object(result.summary_json, "summary_json"),
    )


def phase_description(
    phase: Phase, slots: int, catalogue_digest: str, rule_ids: Sequence[str]
) -> phase_pb2.DescribePhaseResponse:
    """How a phase describes itself."""
    return phase_pb2.DescribePhaseResponse(
        name=phase.name,
        ordinal=phase.ordinal,
        version=phase.version,
        requires=phase.requires,
        after=phase.after,
        slots=slots,
        catalogue_digest=catalogue_digest,
        rule_ids=rule_ids,
        proposes_mappings=bool(phase.propose),
        checks_rules=bool(phase.checks),
        runs_own_rules=bool(phase.own_rules),
    )


def checked_rule_message(entry: Mapping[str, Any]) -> phase_pb2.CheckedRule:
    """What a check says of a rule, out of the JSON that its compute child left; what it could not read is empty."""
    severity = entry.get("severity")
    texts = ("name", "id", "version", "kind", "title_en", "title_es", "phase")
    return phase_pb2.CheckedRule(
        **{name: str(entry.get(name) or "") for name in texts},
        severity=_TO_SEVERITY[Severity(severity)] if severity else finding_pb2.SEVERITY_UNSPECIFIED,
        parameters_json=canonical_json(entry.get("parameters") or {}),
        needs=entry.get("needs") or (),
        optional=entry.get("optional") or (),
        problems=[phase_pb2.RuleProblem(**problem) for problem in entry["problems"]],
    )
