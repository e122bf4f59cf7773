"""`python -m perito_performance`: serves the phase as a process of its own."""

from perito_runtime.service import run_phase

from perito_performance.phase import PHASE

run_phase(PHASE)
