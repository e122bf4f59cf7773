from typing import Literal

CheckedRuleVerdict = Literal["accepted", "refused"]

CHECKED_RULE_VERDICT_VALUES: set[CheckedRuleVerdict] = {
    "accepted",
    "refused",
}


def check_checked_rule_verdict(value: str) -> CheckedRuleVerdict:
    if value in CHECKED_RULE_VERDICT_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {CHECKED_RULE_VERDICT_VALUES!r}")
