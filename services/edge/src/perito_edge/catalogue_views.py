"""Messages of CatalogueService in the words of the REST API. Pure."""

from collections.abc import Sequence

from perito.analysis.v1 import catalogue_pb2 as pb
from perito.phase.v1.rule_catalogue_pb2 import RuleDescription, RuleParameter
from perito_kernel.errors import Invalid

from perito_edge import catalogue_models as models
from perito_edge.models import Text
from perito_edge.views import WORD_OF_SEVERITY


def catalogue(told: pb.DescribeCatalogueResponse, wanted: Sequence[str]) -> models.Catalogue:
    """The rules of the `wanted` phases, of all where none is named."""
    phases = [phase for phase in told.phases if not wanted or phase.phase in wanted]
    return models.Catalogue(
        items=[_rule(rule, phase.phase) for phase in phases for rule in phase.rules],
        phases=[_phase(phase) for phase in phases],
        unavailable=[name for name in told.unavailable if not wanted or name in wanted],
    )


def check_phases(told: pb.DescribeCatalogueResponse, wanted: Sequence[str]) -> None:
    """Raises `Invalid` FILTER_INVALID for a phase that has no rules: none of its rules would look like none there."""
    known = [*(phase.phase for phase in told.phases), *told.unavailable]
    for name in wanted:
        if name not in known:
            text = f"No phase with rules is called {name[:40]!r}: {', '.join(known)} are. Correct it."
            raise Invalid("FILTER_INVALID", text, {"pointer": "query.phase"})


def _phase(phase: pb.CataloguePhase) -> models.CataloguePhase:
    return models.CataloguePhase(
        name=phase.phase,
        ordinal=phase.ordinal,
        version=phase.version,
        digest=phase.catalogue_digest,
        rules=len(phase.rules),
    )


def _rule(rule: RuleDescription, phase: str) -> models.CatalogueRule:
    return models.CatalogueRule(
        id=rule.id,
        version=rule.version,
        phase=phase,
        kind=rule.kind,
        severity=WORD_OF_SEVERITY.get(rule.severity, "info"),
        title=Text(en=rule.title_en, es=rule.title_es),
        explanation=Text(en=rule.explanation_en, es=rule.explanation_es),
        remedy=Text(en=rule.remedy_en, es=rule.remedy_es),
        source=rule.source,
        parameters=[_parameter(parameter) for parameter in rule.parameters],
        needs=list(rule.needs),
        optional=list(rule.optional),
    )


def _parameter(parameter: RuleParameter) -> models.CatalogueParameter:
    return models.CatalogueParameter(
        name=parameter.name, type=parameter.type, default=_default(parameter), meaning=parameter.meaning
    )


def _default(parameter: RuleParameter) -> bool | int | str:
    """As `params.rules` takes it: a rule takes no text for a truth value, and a decimal keeps its digits as text."""
    if parameter.type == "boolean":
        return parameter.default_value == "true"
    return int(parameter.default_value) if parameter.type == "integer" else parameter.default_value
