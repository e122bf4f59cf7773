"""`python -m perito_pattern`: serves the phase as a process of its own."""

from perito_runtime.service import run_phase

from perito_pattern.phase import PHASE

run_phase(PHASE)
