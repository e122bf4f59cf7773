"""RuleService's double: rules in memory, whose id is the first word of their text; a text with `wrong` is refused."""

import hashlib
from collections.abc import Iterator
from typing import Any

from perito.analysis.v1 import rules_pb2 as pb
from perito.analysis.v1 import rules_pb2_grpc
from perito.finding.v1 import finding_pb2
from perito_kernel.errors import Conflict, NotFound
from perito_runtime.request_context import acting_key, tenant_of

from .double_state import State

NOW = "2026-03-01T10:00:00.000Z"


class RulesDouble(rules_pb2_grpc.RuleServiceServicer):
    """See the contract, over `State.rules`, each with its newest text."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def CreateRule(  # noqa: N802 -- the proto's name
        self, request: pb.CreateRuleRequest, context: Any
    ) -> pb.CreateRuleResponse:
        tenant = tenant_of(context)
        await self._state.enter("CreateRule", tenant)
        if problems := list(problems_of(request.text)):
            return pb.CreateRuleResponse(problems=problems)
        asked, rule = repr((request.text, request.disabled)), facts_of(request.text).rule_id
        _, replayed = self._state.replay(
            tenant, "rule", request.idempotency_key, asked, f"{rule}{len(self._state.calls)}"
        )
        if not replayed and (tenant, rule) in self._state.rules:
            raise Conflict("RULE_EXISTS", f"There is a rule {rule}. Change that one, or give this one another id.")
        made = self._state.rules.setdefault((tenant, rule), _kept(request.text, not request.disabled))
        return pb.CreateRuleResponse(rule=made.rule, replayed=replayed)

    async def ListRules(  # noqa: N802 -- the proto's name
        self,
        request: pb.ListRulesRequest,  # noqa: ARG002 -- it has no fields
        context: Any,
    ) -> pb.ListRulesResponse:
        await self._state.enter("ListRules", tenant_of(context))
        own = [kept.rule for (tenant, _), kept in sorted(self._state.rules.items()) if tenant == tenant_of(context)]
        return pb.ListRulesResponse(rules=own)

    async def GetRule(  # noqa: N802 -- the proto's name
        self, request: pb.GetRuleRequest, context: Any
    ) -> pb.GetRuleResponse:
        kept = await self._find("GetRule", request.rule_id, context)
        if request.version > kept.rule.version:
            raise NotFound(
                "RULE_VERSION_NOT_FOUND", "The rule has no such version any more, or never had. It lists them."
            )
        return kept

    async def UpdateRule(  # noqa: N802 -- the proto's name
        self, request: pb.UpdateRuleRequest, context: Any
    ) -> pb.UpdateRuleResponse:
        kept = await self._find("UpdateRule", request.rule_id, context)
        if request.HasField("text"):
            if problems := list(problems_of(request.text)):
                return pb.UpdateRuleResponse(problems=problems)
            kept.text = request.text
            kept.rule.version += 1
            kept.versions.insert(0, _version(request.text, kept.rule.version))
        if request.HasField("enabled"):
            kept.rule.enabled = request.enabled
        return pb.UpdateRuleResponse(rule=kept.rule)

    async def DeleteRule(  # noqa: N802 -- the proto's name
        self, request: pb.DeleteRuleRequest, context: Any
    ) -> pb.DeleteRuleResponse:
        await self._find("DeleteRule", request.rule_id, context)
        del self._state.rules[tenant_of(context), request.rule_id]
        return pb.DeleteRuleResponse()

    async def CheckRule(  # noqa: N802 -- the proto's name
        self, request: pb.CheckRuleRequest, context: Any
    ) -> pb.CheckRuleResponse:
        await self._state.enter("CheckRule", tenant_of(context))
        facts = facts_of(request.text) if request.text.startswith("U-") else None
        return pb.CheckRuleResponse(facts=facts, problems=problems_of(request.text))

    async def _find(self, method: str, rule_id: str, context: Any) -> pb.GetRuleResponse:
        await self._state.enter(method, tenant_of(context))
        kept = self._state.rules.get((tenant_of(context), rule_id))
        if kept is None:
            raise NotFound("RULE_NOT_FOUND", "There is no such rule of your own. The list of rules has their ids.")
        return kept


def facts_of(text: str) -> pb.RuleFacts:
    """What a text says of itself."""
    return pb.RuleFacts(
        rule_id=text.split(maxsplit=1)[0],
        title_en="Counts of nothing",
        title_es="Conteos de nada",
        definition_version="1",
        kind="row",
        phase="consistency",
        severity=finding_pb2.SEVERITY_LOW,
        parameters_json='{"limit": {"default": "100", "meaning": "From here on.", "type": "decimal"}}',
        needs=["counts.counted_qty"],
    )


def problems_of(text: str) -> Iterator[pb.RuleProblem]:
    """One for each `wrong`, and one for a text without an id."""
    if not text.startswith("U-"):
        yield pb.RuleProblem(reason="RULE_HEADER_MISSING", message="The text has no header. Begin with one.")
    for number, line in enumerate(text.splitlines(), start=1):
        if "wrong" in line:
            message = "There is nothing that is called wrong. Write 1."
            column = line.index("wrong") + 1
            yield pb.RuleProblem(line=number, column=column, reason="RULE_DOES_NOT_RUN", message=message)


def _kept(text: str, enabled: bool) -> pb.GetRuleResponse:
    rule = pb.Rule(facts=facts_of(text), enabled=enabled, version=1, created_at=NOW, updated_at=NOW)
    return pb.GetRuleResponse(rule=rule, text=text, versions=[_version(text, 1)])


def _version(text: str, number: int) -> pb.RuleVersion:
    digest = hashlib.sha256(text.encode()).hexdigest()
    return pb.RuleVersion(version=number, sha256=digest, made_at=NOW, made_by=acting_key())
