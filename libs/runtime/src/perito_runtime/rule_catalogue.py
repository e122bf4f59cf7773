"""A phase's rules as it describes them: read at the first question and kept, because a process never changes them."""

import asyncio
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from perito.finding.v1 import finding_pb2
from perito.phase.v1 import rule_catalogue_pb2 as pb
from perito_kernel.findings import Severity
from perito_kernel.phases import Describe, Phase

_SEVERITIES = {
    Severity.CRITICAL.value: finding_pb2.SEVERITY_CRITICAL,
    Severity.HIGH.value: finding_pb2.SEVERITY_HIGH,
    Severity.MEDIUM.value: finding_pb2.SEVERITY_MEDIUM,
    Severity.LOW.value: finding_pb2.SEVERITY_LOW,
    Severity.INFO.value: finding_pb2.SEVERITY_INFO,
}


class RuleCatalogue:
    """The description of one phase's rules."""

    def __init__(self, phase: Phase) -> None:
        self._phase = phase
        self._told: pb.DescribeRulesResponse | None = None
        self._reading = asyncio.Lock()

    async def told(self) -> pb.DescribeRulesResponse:
        """All of them; none where the phase has no rules. Reads files the first time, in a thread."""
        async with self._reading:
            if self._told is None:
                self._told = await asyncio.to_thread(_read, self._phase)
        return self._told


def _read(phase: Phase) -> pb.DescribeRulesResponse:
    if not (phase.rules and phase.describe):
        return pb.DescribeRulesResponse()
    module, _, name = phase.describe.partition(":")
    describe: Describe = getattr(import_module(module), name)
    return pb.DescribeRulesResponse(rules=[_rule(each) for each in describe(phase.rules)])


def _rule(said: Mapping[str, Any]) -> pb.RuleDescription:
    return pb.RuleDescription(
        id=said["id"],
        version=said["version"],
        kind=said["kind"],
        title_en=said["title"]["en"],
        title_es=said["title"]["es"],
        severity=_SEVERITIES[said["severity"]],
        explanation_en=said["explanation"]["en"],
        explanation_es=said["explanation"]["es"],
        remedy_en=said["remedy"]["en"],
        remedy_es=said["remedy"]["es"],
        source=said["source"],
        parameters=[pb.RuleParameter(**parameter) for parameter in said["parameters"]],
        needs=said["needs"],
        optional=said["optional"],
        sql=said["sql"],
    )
