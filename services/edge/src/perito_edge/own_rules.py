"""`/rules`: rules of a tenant's own, checked before they are kept, and run by every analysis that is accepted."""

import re
from typing import Annotated, Any, TypeVar

from fastapi import Path, Query, Request, Response
from perito.analysis.v1 import rules_pb2 as pb
from perito_kernel.errors import NotFound
from pydantic import BaseModel

from perito_edge import rule_views as views
from perito_edge.answers import problems, success
from perito_edge.api import part
from perito_edge.bodies import read_body
from perito_edge.requests import Given, IdempotencyKey, Who, dependency, require_json
from perito_edge.rule_models import (
    CheckedRule,
    CheckRuleRequest,
    CreateRuleRequest,
    OwnRule,
    OwnRules,
    OwnRuleWithText,
    RuleQuery,
    UpdateRuleRequest,
)
from perito_edge.strict_json import parse
from perito_edge.submissions import validated

router = part("rules", "/rules")

RULE_ID = re.compile(r"U-[0-9]{3,4}", re.ASCII)
_NOT_FOUND = ("RULE_NOT_FOUND", "There is no such rule of your own. The list of rules has their ids.")
_EXISTS = ("RULE_EXISTS", "There is a rule U-001. Change that one, or give this one another id.")
_FULL = (
    "RULES_ENABLED_FULL",
    "A tenant has at most 50 rules that are enabled. Disable one, or keep this one disabled.",
)
_REFUSED = (
    "RULE_REFUSED",
    "Line 7, character 15: A rule may not call read_csv: it reads its tables and nothing else. Read one of them.",
)
_Model = TypeVar("_Model", bound=BaseModel)


def _body_of(model: type[BaseModel]) -> dict[str, Any]:
    schema = {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}
    return {"requestBody": {"required": True, "content": {"application/json": schema}}}


def _said(schema: dict[str, Any]) -> None:
    """Said here and checked below, with a reason of its own."""
    schema.update(pattern=f"^{RULE_ID.pattern}$")


async def _rule_id(
    rule_id: Annotated[str, Path(description="Id of a rule of your own.", examples=["U-001"], json_schema_extra=_said)],
) -> str:
    if not RULE_ID.fullmatch(rule_id):
        raise NotFound(*_NOT_FOUND)  # what is no id at all is not there either
    return rule_id


OwnRuleId = Annotated[str, dependency(_rule_id)]


@router.post(
    "",
    status_code=201,
    operation_id="create_rule",
    summary="Keep a rule of your own",
    responses=problems(400, 408, 409, 413, 415, examples={409: _EXISTS, 422: _REFUSED})
    | success(201, "It is kept, and run from now on where it is enabled.", "Location"),
    openapi_extra=_body_of(CreateRuleRequest),
)
async def create_rule(
    request: Request, response: Response, given: Given, caller: Who, idempotency_key: IdempotencyKey
) -> OwnRule:
    """The text is checked first. One that is refused is not kept, and `errors` says for each place the line, the
    character and what to write instead. Every analysis that is accepted from now on runs the rule.
    """
    asked = await _read(request, given, CreateRuleRequest)
    answer = await given.rules.create(
        caller,
        pb.CreateRuleRequest(text=asked.text, disabled=not asked.enabled, idempotency_key=idempotency_key),
    )
    if answer.problems:
        raise views.refusal(answer.problems)
    response.headers["Location"] = f"/api/forensic/rules/{answer.rule.facts.rule_id}"
    if answer.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return views.rule(answer.rule)


@router.post(
    "/check",
    operation_id="check_rule",
    summary="Check a rule",
    responses=problems(400, 408, 413, 415) | success(200, "What the text is; nothing is kept."),
    openapi_extra=_body_of(CheckRuleRequest),
)
async def check_rule(request: Request, given: Given, caller: Who) -> CheckedRule:
    """Says of a text what `create_rule` would, and keeps nothing: whether it would be accepted, what it says of itself,
    and what is wrong where.
    """
    asked = await _read(request, given, CheckRuleRequest)
    return views.checked(await given.rules.check(caller, asked.text))


@router.get(
    "",
    operation_id="list_rules",
    summary="Your own rules",
    responses=problems() | success(200, "All of them."),
)
async def list_rules(given: Given, caller: Who) -> OwnRules:
    """By id, without their texts. `/catalogue` has Perito's."""
    listed = await given.rules.all(caller)
    return OwnRules(items=[views.rule(each) for each in listed.rules])


@router.get(
    "/{rule_id}",
    operation_id="get_rule",
    summary="One rule of your own",
    responses=problems(404, examples={404: _NOT_FOUND}) | success(200, "With its text and its versions."),
)
async def get_rule(
    given: Given, caller: Who, rule_id: OwnRuleId, query: Annotated[RuleQuery, Query()]
) -> OwnRuleWithText:
    """As it is now, with its text or an earlier one, and who sent which when."""
    return views.with_text(await given.rules.one(caller, rule_id, query.version or 0), query.version)


@router.patch(
    "/{rule_id}",
    operation_id="update_rule",
    summary="Change a rule of your own",
    responses=problems(400, 404, 408, 409, 413, 415, examples={404: _NOT_FOUND, 409: _FULL, 422: _REFUSED})
    | success(200, "As it is now."),
    openapi_extra=_body_of(UpdateRuleRequest),
)
async def update_rule(request: Request, given: Given, caller: Who, rule_id: OwnRuleId) -> OwnRule:
    """Changes what the body has and leaves the rest. Another text becomes another version, once it is checked; analyses
    that are accepted already keep the text that they were accepted with.
    """
    asked = await _read(request, given, UpdateRuleRequest)
    answer = await given.rules.update(
        caller, pb.UpdateRuleRequest(rule_id=rule_id, text=asked.text, enabled=asked.enabled)
    )
    if answer.problems:
        raise views.refusal(answer.problems)
    return views.rule(answer.rule)


@router.delete(
    "/{rule_id}",
    status_code=204,
    operation_id="delete_rule",
    summary="Delete a rule of your own",
    responses=problems(404, examples={404: _NOT_FOUND}) | success(204, "It is gone, and its versions with it."),
)
async def delete_rule(given: Given, caller: Who, rule_id: OwnRuleId) -> None:
    """Deletes it for good. What it found stays in the reports of the analyses that ran it, with its SQL."""
    await given.rules.delete(caller, rule_id)


async def _read(request: Request, given: Given, model: type[_Model]) -> _Model:
    body = await read_body(request, given.settings.max_json_bytes, given.settings.body_idle_seconds)
    require_json(request)
    return validated(model, parse(body, given.settings.max_json_depth))
