"""Serves the validation phase."""

from perito_runtime.service import run_phase

from perito_validation.phase import PHASE

run_phase(PHASE)
