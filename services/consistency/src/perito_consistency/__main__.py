"""`python -m perito_consistency`: serves the phase as a process of its own."""

from perito_runtime.service import run_phase

from perito_consistency.phase import PHASE

run_phase(PHASE)
