"""What the pattern phase is. It looks for what resembles error, loss or fraud."""

from perito_kernel.phases import Phase
from perito_rules.preload import CHECKS, ENGINE, OWN_RULES

PHASE = Phase(
    name="pattern",
    ordinal=3,
    version="1",
    compute="perito_rules.compute:examine",
    rules="perito_pattern.rules",
    requires=("validation",),
    describe="perito_rules.description:described",
    preload=ENGINE,
    checks=CHECKS,
    own_rules=OWN_RULES,
)
