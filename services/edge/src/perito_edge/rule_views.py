"""Messages of RuleService in the words of the REST API. Pure."""

import json
from collections.abc import Sequence
from typing import Any

from perito.analysis.v1 import rules_pb2 as pb

from perito_edge import rule_models as models
from perito_edge.problems import InvalidFields
from perito_edge.views import WORD_OF_SEVERITY


def rule(message: pb.Rule) -> models.OwnRule:
    """A rule."""
    return models.OwnRule.model_validate(_rule(message))


def with_text(message: pb.GetRuleResponse, asked: int | None) -> models.OwnRuleWithText:
    """A rule with the text that was `asked` for, None for the one of now."""
    versions = [_version(each) for each in message.versions]
    more = {"text": message.text, "text_version": asked or message.rule.version, "versions": versions}
    return models.OwnRuleWithText.model_validate({**_rule(message.rule), **more})


def checked(message: pb.CheckRuleResponse) -> models.CheckedRule:
    """What a text is."""
    facts = models.RuleFacts.model_validate(_facts(message.facts)) if message.facts.rule_id else None
    problems = [problem(each) for each in message.problems]
    return models.CheckedRule(verdict="refused" if problems else "accepted", rule=facts, problems=problems)


def problem(message: pb.RuleProblem) -> models.RuleProblem:
    """One thing for which a text is refused."""
    return models.RuleProblem(
        line=message.line or None,
        character=message.column or None,
        reason=message.reason,
        detail=message.message,
    )


def refusal(problems: Sequence[pb.RuleProblem]) -> InvalidFields:
    """The error for a text that is not kept: each place that is wrong, and the first one in the sentence."""
    first = problem(problems[0])
    where = f"Line {first.line}, character {first.character}: " if first.line else ""
    more = f" There are {len(problems)} such places: see `errors`." if len(problems) > 1 else ""
    errors = [{"pointer": "/text", **problem(each).model_dump(exclude_none=True)} for each in problems]
    return InvalidFields("RULE_REFUSED", f"{where}{first.detail}{more}", errors)


def _rule(message: pb.Rule) -> dict[str, Any]:
    return {
        **_facts(message.facts),
        "enabled": message.enabled,
        "version": message.version,
        "created_at": message.created_at,
        "updated_at": message.updated_at,
    }


def _facts(message: pb.RuleFacts) -> dict[str, Any]:
    return {
        "id": message.rule_id,
        "title": message.title_en,
        "title_es": message.title_es,
        "definition_version": message.definition_version,
        "kind": message.kind,
        "phase": message.phase,
        "severity": WORD_OF_SEVERITY.get(message.severity, "info"),
        "parameters": json.loads(message.parameters_json or "{}"),
        "needs": list(message.needs),
        "optional": list(message.optional),
    }


def _version(message: pb.RuleVersion) -> models.RuleVersion:
    return models.RuleVersion(
        version=message.version, sha256=message.sha256, made_at=message.made_at, made_by=message.made_by or None
    )
