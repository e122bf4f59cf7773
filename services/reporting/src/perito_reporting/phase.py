"""What the reporting phase is. It has no rules of its own and runs even when an earlier phase left nothing."""

from perito_kernel.phases import Phase
from perito_rules.preload import CHECKS, ENGINE

PHASE = Phase(
    name="reporting",
    ordinal=5,
    version="1",
    compute="perito_reporting.compute:report",
    after=("validation", "consistency", "pattern", "performance"),
    preload=ENGINE,
    checks=CHECKS,
)
