"""Rules of the tenant's own: what there are, a form for a new one, and of each its text, its versions and its switch.

A text that is refused comes back with every place that is wrong, and nothing of it is lost.
"""

import secrets
from collections.abc import Sequence
from typing import Any

from perito.analysis.v1 import rules_pb2 as pb
from perito_kernel.errors import NotFound, PeritoError
from starlette.responses import RedirectResponse, Response

from perito_edge.dashboard.drawing import draw
from perito_edge.dashboard.page import Page
from perito_edge.dashboard.refusals import sentence
from perito_edge.dashboard.refusals import told as told_in
from perito_edge.dashboard.report_parts import clip
from perito_edge.dashboard.visit import Visit
from perito_edge.dashboard.voice import Voice
from perito_edge.own_rules import RULE_ID
from perito_edge.problems import status_of
from perito_edge.rule_models import OwnRule
from perito_edge.rule_views import rule

_LIST = "/rules/own"
_FORM_BYTES = 4 * 65_536
"""Of a text of 64 KiB as forms write it: three characters for most signs."""


async def own_rules(visit: Visit) -> Response:
    """All of the tenant, and the form for a new one."""
    return await _listed(visit)


async def create(visit: Visit) -> Response:
    """Keeps a new one, or only checks it, as the button says."""
    text = _text(visit)
    if visit.form.get("do") == "check":
        return await _checked(visit, text)
    asked = pb.CreateRuleRequest(text=text, idempotency_key=visit.form.get("key", "")[:100])
    try:
        made = await visit.given.rules.create(visit.caller, asked)
    except PeritoError as error:
        return await _listed(visit, text=text, wrong=error)
    if made.problems:
        return await _listed(visit, text=text, problems=made.problems)
    return RedirectResponse(f"{_LIST}/{made.rule.facts.rule_id}", 303)


async def one(visit: Visit) -> Response:
    """One with its text, or the text of an earlier version."""
    return await _drawn(visit)


async def change(visit: Visit) -> Response:
    """Gives it another text."""
    text = _text(visit)
    try:
        answer = await visit.given.rules.update(visit.caller, pb.UpdateRuleRequest(rule_id=_id(visit), text=text))
    except NotFound:
        raise
    except PeritoError as error:
        return await _drawn(visit, text=text, wrong=error)
    if answer.problems:
        return await _drawn(visit, text=text, problems=answer.problems)
    return RedirectResponse(f"{_LIST}/{_id(visit)}", 303)


async def switch(visit: Visit) -> Response:
    """Enables or disables one."""
    wanted = _id(visit)
    request = pb.UpdateRuleRequest(rule_id=wanted, enabled=visit.form.get("enabled") == "1")
    await visit.given.rules.update(visit.caller, request)
    return RedirectResponse(f"{_LIST}/{wanted}", 303)


async def delete(visit: Visit) -> Response:
    """Deletes one with its versions."""
    await visit.given.rules.delete(visit.caller, _id(visit))
    return RedirectResponse(_LIST, 303)


async def _checked(visit: Visit, text: str) -> Response:
    try:
        said = await visit.given.rules.check(visit.caller, text)
    except PeritoError as error:
        return await _listed(visit, text=text, wrong=error)
    return await _listed(visit, text=text, problems=said.problems, good=not said.problems)


async def _listed(
    visit: Visit,
    text: str = "",
    problems: Sequence[pb.RuleProblem] = (),
    wrong: PeritoError | None = None,
    *,
    good: bool = False,
) -> Response:
    held = (await visit.given.rules.all(visit.caller)).rules
    return draw(
        "own_rules",
        visit,
        _status(problems, wrong),
        rules=[_rule(rule(each), visit.voice) for each in held],
        text=text,
        problems=_places(problems, text, visit.voice),
        wrong=sentence(wrong, visit.voice.language) if wrong else "",
        good=good,
        key=secrets.token_urlsafe(24),
    )


async def _drawn(
    visit: Visit, text: str = "", problems: Sequence[pb.RuleProblem] = (), wrong: PeritoError | None = None
) -> Response:
    asked = visit.query.get("version", "")
    number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 10 else 0
    told = await visit.given.rules.one(visit.caller, _id(visit), number)
    kept = rule(told.rule)
    return draw(
        "own_rule",
        visit,
        _status(problems, wrong),
        rule=_rule(kept, visit.voice),
        shown=number or kept.version,
        text=text or told.text,
        problems=_places(problems, text, visit.voice),
        wrong=sentence(wrong, visit.voice.language) if wrong else "",
        versions=[
            {"number": each.version, "when": visit.voice.moment(each.made_at), "who": each.made_by}
            for each in told.versions
        ],
    )


def _status(problems: Sequence[pb.RuleProblem], wrong: PeritoError | None) -> int:
    return status_of(wrong) if wrong else 422 if problems else 200


def _text(visit: Visit) -> str:
    """As it was written: forms send every end of a line as two characters."""
    return visit.form.get("text", "").replace("\r\n", "\n")


def _id(visit: Visit) -> str:
    wanted = str(visit.request.path_params["rule_id"])
    if not RULE_ID.fullmatch(wanted):
        raise NotFound("RULE_NOT_FOUND", "There is no such rule of your own. The list of rules has their ids.")
    return wanted


def _places(problems: Sequence[pb.RuleProblem], text: str, voice: Voice) -> list[dict[str, Any]]:
    """Each place with its line, and a mark below the character."""
    lines = text.split("\n")
    places: list[dict[str, Any]] = []
    for each in problems:
        there = 0 < each.line <= len(lines)
        where = voice.say("own_rule_place", line=voice.number(each.line), column=voice.number(each.column))
        mark = " " * (max(each.column, 1) - 1) + "^"
        said = told_in(each.reason, each.message, {}, voice.language)
        places.append(
            {
                "where": where if there else "",
                "excerpt": f"{clip(lines[each.line - 1], 200)}\n{mark[-201:]}" if there and each.column <= 200 else "",
                "said": clip(said, 500),
                "english": "" if said == each.message else clip(each.message, 500),
                "reason": each.reason,
            }
        )
    return places


def _rule(each: OwnRule, voice: Voice) -> dict[str, Any]:
    parameters = [
        {"name": name, "default": str(said["default"]), "meaning": clip(str(said["meaning"]), 300)}
        for name, said in sorted(each.parameters.items())
    ]
    return {
        "id": each.id,
        "title": clip(each.title_es if voice.language == "es" else each.title, 300),
        "phase": voice.word("phase", each.phase),
        "severity": each.severity,
        "enabled": each.enabled,
        "version": each.version,
        "changed": voice.moment(each.updated_at),
        "needs": each.needs,
        "parameters": parameters,
    }


PAGES = (
    Page("/rules/own", own_rules),
    Page("/rules/own", create, "POST", scope="rules", form_bytes=_FORM_BYTES),
    Page("/rules/own/{rule_id}", one),
    Page("/rules/own/{rule_id}", change, "POST", scope="rules", form_bytes=_FORM_BYTES),
    Page("/rules/own/{rule_id}/switch", switch, "POST", scope="rules"),
    Page("/rules/own/{rule_id}/delete", delete, "POST", scope="rules"),
)
