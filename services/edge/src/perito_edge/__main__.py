"""Serves the REST edge."""

from perito_runtime.process import run_process

from perito_edge.loop import run
from perito_edge.process import EdgeProcessSettings, probe_edge, serve_edge

run_process("perito_edge", EdgeProcessSettings, serve_edge, probe_edge, run)
