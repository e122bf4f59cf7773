"""`python -m perito_reporting`: serves the phase as a process of its own."""

from perito_runtime.service import run_phase

from perito_reporting.phase import PHASE

run_phase(PHASE)
