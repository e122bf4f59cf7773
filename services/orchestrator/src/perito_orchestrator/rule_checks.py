"""What a text of a rule is: bounds first, then a phase says the rest. Nothing of a rule is judged here."""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from perito.analysis.v1 import rules_pb2 as pb
from perito.phase.v1 import phase_pb2
from perito_kernel.errors import Internal, Invalid, Unavailable
from perito_runtime.grpc_client import call_errors, tenant_metadata
from perito_runtime.not_taken import BUSY

from perito_orchestrator.registry import Registry
from perito_orchestrator.store.own_rules import Text

_BYTES = 64 * 1024
_PROBLEMS = 100
_CHECK_SECONDS = 20.0
_PAUSE_SECONDS = 0.1
_RULE_ID = re.compile(r"U-[0-9]{3,4}", re.ASCII)


@dataclass(frozen=True)
class Checked:
    """What was found: the text as it may be kept, where there are no problems."""

    facts: pb.RuleFacts
    problems: Sequence[pb.RuleProblem]
    text: Text


def rule_id(text: str) -> str:
    """An id as rules have it. Raises Invalid RULE_ID_INVALID."""
    if not _RULE_ID.fullmatch(text):
        raise Invalid("RULE_ID_INVALID", "The id of a rule of your own is U- and three or four digits, such as U-001.")
    return text


class RuleChecks:
    """Asks a phase, whichever has time. `seconds` bounds a check, waiting included."""

    def __init__(self, registry: Registry, seconds: float = _CHECK_SECONDS) -> None:
        self._registry = registry
        self._seconds = seconds

    async def check(self, tenant: UUID, text: str) -> Checked:
        """What the text says and what is wrong with it.

        Raises Invalid RULE_TEXT_INVALID, Unavailable RULE_CHECKS_UNSERVED, BUSY, and what the phase raises.
        """
        _refuse_text(text)
        asked = phase_pb2.CheckRulesRequest(
            tenant_id=str(tenant), rules=[phase_pb2.RuleText(name="rule.sql", text=text)]
        )
        answer = await self._ask(tenant, asked)
        if len(answer.rules) != 1:
            raise Internal("RULE_CHECK_INVALID", "A phase answered something else than was asked. Update the phases.")
        (said,) = answer.rules
        problems = [_problem(each) for each in said.problems[:_PROBLEMS]]
        if not problems and not _RULE_ID.fullmatch(said.id):
            raise Internal("RULE_CHECK_INVALID", "A phase takes a rule without an id. Update the phases.")
        return Checked(_facts(said), problems, Text(said.id, text, facts_kept(said)))

    async def _ask(self, tenant: UUID, asked: phase_pb2.CheckRulesRequest) -> phase_pb2.CheckRulesResponse:
        """The first answer, phase by phase; again as long as one is busy and there is time."""
        until = asyncio.get_running_loop().time() + self._seconds
        metadata = tenant_metadata(str(tenant))
        while True:
            refused: list[Unavailable] = []
            for stub in self._registry.checking_rules():
                left = until - asyncio.get_running_loop().time()
                try:
                    async with call_errors():
                        return await stub.CheckRules(asked, timeout=max(0.1, left), metadata=metadata)
                except Unavailable as error:  # one that is away is no worse than one that is busy: the next may answer
                    refused.append(error)
            if not refused:
                raise Unavailable("RULE_CHECKS_UNSERVED", "No service answers that could check a rule. Start a phase.")
            busy = next((error for error in refused if error.reason == BUSY), None)
            if busy is None or asyncio.get_running_loop().time() + _PAUSE_SECONDS > until:
                raise busy or refused[0]
            await asyncio.sleep(_PAUSE_SECONDS)


def facts_kept(said: phase_pb2.CheckedRule) -> dict[str, object]:
    """What is stored with a text, so that lists need not ask again."""
    return {
        "title_en": said.title_en,
        "title_es": said.title_es,
        "definition_version": said.version,
        "kind": said.kind,
        "phase": said.phase,
        "severity": int(said.severity),
        "parameters": json.loads(said.parameters_json or "{}"),
        "needs": list(said.needs),
        "optional": list(said.optional),
    }


def facts_message(rule: str, kept: Mapping[str, object]) -> pb.RuleFacts:
    """Inverse of `facts_kept`."""
    facts = dict(kept)
    parameters = json.dumps(facts.pop("parameters"), sort_keys=True, ensure_ascii=False)
    return pb.RuleFacts(rule_id=rule, parameters_json=parameters, **facts)  # pyright: ignore[reportArgumentType] -- our own words


def _facts(said: phase_pb2.CheckedRule) -> pb.RuleFacts:
    """None of them where the text has no id: a phase calls such a rule by its file's name."""
    return facts_message(said.id, facts_kept(said)) if _RULE_ID.fullmatch(said.id) else pb.RuleFacts()


def _problem(said: phase_pb2.RuleProblem) -> pb.RuleProblem:
    return pb.RuleProblem(line=said.line, column=said.column, reason=said.reason, message=said.message)


def _refuse_text(text: str) -> None:
    size = len(text.encode())
    if not 1 <= size <= _BYTES:
        raise Invalid(
            "RULE_TEXT_INVALID",
            f"The text of a rule has 1 to {_BYTES} bytes, and this one has {size}. Shorten it, or make two rules.",
            {"pointer": "/text", "limit_bytes": _BYTES},
        )
    if "\0" in text:
        raise Invalid("RULE_TEXT_INVALID", "The text holds a NUL character. Remove it.", {"pointer": "/text"})
