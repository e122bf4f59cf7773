"""The validation phase, in one value."""

from perito_kernel.phases import Phase
from perito_rules.preload import CHECKS, ENGINE

PHASE = Phase(
    name="validation",
    ordinal=1,
    version="0.1.0",
    compute="perito_validation.compute:validate",
    rules="perito_validation.rules",
    personal=True,
    propose="perito_validation.compute:propose",
    describe="perito_rules.description:described",
    preload=ENGINE,
    checks=CHECKS,
)
