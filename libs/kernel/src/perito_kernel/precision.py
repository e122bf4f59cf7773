"""How sure a rule may be: the share of its findings that was true on simulated books whose faults are known.

`precision.json` is generated from the record of the trial `accuracy`: by rule, the lower bound (Wilson's, 95 %) of the
precision at the middle strength, where enough was told to say so. It is data and no code, so that what it says of a
rule does not make the trial that measured the rule out of date.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files

UNMEASURED_CONFIDENCE = Decimal("0.5")
"""Confidence of a rule whose precision has not been measured on simulated books."""

DOUBTED_FACTOR = Decimal("0.7")
"""What remains of confidence where validation doubts the rows that a finding rests on."""

PLACE = "precision.json"


@cache
def measured_precision() -> Mapping[str, Decimal]:
    """By rule id, 0 to 1 in hundredths."""
    read: Mapping[str, str] = json.loads(files("perito_kernel").joinpath(PLACE).read_text("utf-8"))
    return {rule: Decimal(share) for rule, share in read.items()}


def confidence_of(rule_id: str) -> Decimal:
    """How sure a finding of the rule is whose rows nothing speaks against."""
    return measured_precision().get(rule_id, UNMEASURED_CONFIDENCE)
