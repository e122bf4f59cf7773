"""RuleService: decode, call, encode."""

import json
from typing import Any
from uuid import UUID

import asyncpg
from perito.analysis.v1 import rules_pb2 as pb
from perito.analysis.v1 import rules_pb2_grpc
from perito_kernel.errors import Invalid
from perito_runtime.grpc_client import tenant_of
from perito_runtime.grpc_server import Service

from perito_orchestrator import requests
from perito_orchestrator.callers import RULE_SERVICE
from perito_orchestrator.rule_checks import RuleChecks, facts_message, rule_id
from perito_orchestrator.store import own_rules
from perito_orchestrator.store.database import Database, instant_text


class RuleServicer(rules_pb2_grpc.RuleServiceServicer):
    """See the contract. Requests run as perito_app, each for the tenant in its metadata."""

    def __init__(self, db: Database, checks: RuleChecks) -> None:
        self._db = db
        self._checks = checks

    async def CreateRule(  # noqa: N802 - the contract's name
        self, request: pb.CreateRuleRequest, context: Any
    ) -> pb.CreateRuleResponse:
        """See the contract."""
        tenant = UUID(tenant_of(context))
        requests.check_idempotency_key(request.idempotency_key)
        checked = await self._checks.check(tenant, request.text)
        if checked.problems:
            return pb.CreateRuleResponse(problems=checked.problems)
        key, enabled = request.idempotency_key, not request.disabled
        row, replayed = await own_rules.insert(self._db, tenant, checked.text, key, enabled=enabled)
        return pb.CreateRuleResponse(rule=_rule(row), replayed=replayed)

    async def ListRules(  # noqa: N802 - the contract's name
        self,
        request: pb.ListRulesRequest,  # noqa: ARG002 - it has no fields
        context: Any,
    ) -> pb.ListRulesResponse:
        """See the contract."""
        rows = await own_rules.page(self._db, UUID(tenant_of(context)))
        return pb.ListRulesResponse(rules=[_rule(row) for row in rows])

    async def GetRule(  # noqa: N802 - the contract's name
        self, request: pb.GetRuleRequest, context: Any
    ) -> pb.GetRuleResponse:
        """See the contract."""
        tenant, rule = UUID(tenant_of(context)), rule_id(request.rule_id)
        if request.version < 0:
            raise Invalid("RULE_VERSION_INVALID", "Versions count from 1. Leave it out for the one of now.")
        row, text, versions = await own_rules.read(self._db, tenant, rule, request.version)
        return pb.GetRuleResponse(rule=_rule(row), text=text, versions=[_version(each) for each in versions])

    async def UpdateRule(  # noqa: N802 - the contract's name
        self, request: pb.UpdateRuleRequest, context: Any
    ) -> pb.UpdateRuleResponse:
        """See the contract."""
        tenant, rule = UUID(tenant_of(context)), rule_id(request.rule_id)
        enabled = request.enabled if request.HasField("enabled") else None
        text: own_rules.Text | None = None
        if request.HasField("text"):
            await own_rules.read(self._db, tenant, rule)  # before a phase is asked for nothing
            checked = await self._checks.check(tenant, request.text)
            if checked.problems:
                return pb.UpdateRuleResponse(problems=checked.problems)
            text = _same(rule, checked.text)
        return pb.UpdateRuleResponse(rule=_rule(await own_rules.update(self._db, tenant, rule, text, enabled)))

    async def DeleteRule(  # noqa: N802 - the contract's name
        self, request: pb.DeleteRuleRequest, context: Any
    ) -> pb.DeleteRuleResponse:
        """See the contract."""
        await own_rules.delete(self._db, UUID(tenant_of(context)), rule_id(request.rule_id))
        return pb.DeleteRuleResponse()

    async def CheckRule(  # noqa: N802 - the contract's name
        self, request: pb.CheckRuleRequest, context: Any
    ) -> pb.CheckRuleResponse:
        """See the contract."""
        checked = await self._checks.check(UUID(tenant_of(context)), request.text)
        return pb.CheckRuleResponse(facts=checked.facts, problems=checked.problems)


def rule_service(servicer: RuleServicer) -> Service:
    """What `build_server` takes."""
    return Service(RULE_SERVICE, rules_pb2_grpc.add_RuleServiceServicer_to_server, servicer)


def _same(rule: str, text: own_rules.Text) -> own_rules.Text:
    if text.rule != rule:
        raise Invalid(
            "RULE_ID_DIFFERS",
            f"The text is that of rule {text.rule}, and {rule} is to be changed. Write {rule} in its header.",
            {"pointer": "/text", "rule": text.rule},
        )
    return text


def _rule(row: asyncpg.Record) -> pb.Rule:
    return pb.Rule(
        facts=facts_message(row["rule_id"], json.loads(row["facts"])),
        enabled=row["enabled"],
        version=row["version"],
        created_at=instant_text(row["created_at"]),
        updated_at=instant_text(row["updated_at"]),
    )


def _version(row: asyncpg.Record) -> pb.RuleVersion:
    return pb.RuleVersion(
        version=row["version"],
        sha256=row["sha256"].hex(),
        made_at=instant_text(row["made_at"]),
        made_by=row["made_by"],
    )
