"""What the consistency phase is. It tests whether the books agree with each other."""

from perito_kernel.phases import Phase
from perito_rules.preload import CHECKS, ENGINE, OWN_RULES

PHASE = Phase(
    name="consistency",
    ordinal=2,
    version="1",
    compute="perito_rules.compute:examine",
    rules="perito_consistency.rules",
    requires=("validation",),
    describe="perito_rules.description:described",
    preload=ENGINE,
    checks=CHECKS,
    own_rules=OWN_RULES,
)
