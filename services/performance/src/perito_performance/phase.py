"""What the performance phase is. It measures how the business performs."""

from perito_kernel.phases import Phase
from perito_rules.preload import CHECKS, ENGINE

PHASE = Phase(
    name="performance",
    ordinal=4,
    version="1",
    compute="perito_rules.compute:examine",
    rules="perito_performance.rules",
    requires=("validation",),
    describe="perito_rules.description:described",
    preload=ENGINE,
    checks=CHECKS,
)
