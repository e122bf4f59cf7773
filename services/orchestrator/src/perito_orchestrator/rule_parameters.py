"""Parameters of rules, as far as one can tell without knowing any rule: is there somebody who would read them?

A parameter for a rule that does not exist would be ignored, and its sender would believe that it counted.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, cast

from perito_kernel.errors import Invalid

from perito_orchestrator.plan import PhaseInfo

_NEAR = 5
_LIKENESS = 0.4  # a letter and a dash in common are enough: ids are short
_SHOWN = 60


def check_rule_parameters(params: Mapping[str, Any], infos: Iterable[PhaseInfo], own: Iterable[str] = ()) -> None:
    """Raises Invalid PARAMETER_UNKNOWN_RULE for a rule that no phase has, asked for or not, and that is none of the
    tenant's own that are run; PARAMS_INVALID for a form that no rule could read.
    """
    given = params.get("rules", {})
    if not isinstance(given, dict):
        raise Invalid("PARAMS_INVALID", "`rules` of the parameters must be an object: rule id to its parameters.")
    chosen = cast("dict[str, Any]", given)
    known = sorted({rule for info in infos for rule in info.rule_ids} | set(own))
    for rule in sorted(chosen):
        place = "/params/rules/" + rule[:_SHOWN].replace("~", "~0").replace("/", "~1")
        if rule not in known:
            near = get_close_matches(rule.upper()[:_SHOWN], known, _NEAR, _LIKENESS)
            raise Invalid(
                "PARAMETER_UNKNOWN_RULE",
                f"No phase has a rule {rule[:_SHOWN]}."
                + (f" Did you mean {' or '.join(near)}?" if near else "")
                + " A report lists every rule with its id.",
                {"pointer": place, "rule": rule[:_SHOWN], "near": ", ".join(near)},
            )
        if not isinstance(chosen[rule], dict):
            raise Invalid(
                "PARAMS_INVALID",
                f"The parameters of rule {rule} must be an object: name to value.",
                {"pointer": place, "rule": rule},
            )
