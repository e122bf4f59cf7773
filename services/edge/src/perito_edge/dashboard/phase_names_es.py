"""Names of phases in Spanish. In English a phase's name is what it calls itself, so English has none of these; a phase
that is not known here keeps that name.
"""

from collections.abc import Mapping

NAMES: Mapping[str, str] = {
    "phase_validation": "validación",
    "phase_consistency": "coherencia",
    "phase_pattern": "patrones",
    "phase_performance": "desempeño",
    "phase_reporting": "informe",
}
