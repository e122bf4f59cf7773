from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.checked_rule_verdict import CheckedRuleVerdict, check_checked_rule_verdict

if TYPE_CHECKING:
    from ..models.rule_facts import RuleFacts
    from ..models.rule_problem import RuleProblem


T = TypeVar("T", bound="CheckedRule")


@_attrs_define
class CheckedRule:
    """What a text is. Nothing was kept."""

    verdict: CheckedRuleVerdict
    """ Whether it would be kept. """
    rule: None | RuleFacts
    """ What it says of itself; null where its header cannot be read. """
    problems: list[RuleProblem]
    """ For what it is refused, by line and character. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.rule_facts import RuleFacts

        verdict: str = self.verdict

        rule: dict[str, Any] | None
        if isinstance(self.rule, RuleFacts):
            rule = self.rule.to_dict()
        else:
            rule = self.rule

        problems = []
        for problems_item_data in self.problems:
            problems_item = problems_item_data.to_dict()
            problems.append(problems_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "verdict": verdict,
                "rule": rule,
                "problems": problems,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.rule_facts import RuleFacts
        from ..models.rule_problem import RuleProblem

        d = dict(src_dict)
        verdict = check_checked_rule_verdict(d.pop("verdict"))

        def _parse_rule(data: object) -> None | RuleFacts:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                rule_type_0 = RuleFacts.from_dict(data)

                return rule_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | RuleFacts, data)

        rule = _parse_rule(d.pop("rule"))

        problems = []
        _problems = d.pop("problems")
        for problems_item_data in _problems:
            problems_item = RuleProblem.from_dict(problems_item_data)

            problems.append(problems_item)

        checked_rule = cls(
            verdict=verdict,
            rule=rule,
            problems=problems,
        )

        checked_rule.additional_properties = d
        return checked_rule

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
