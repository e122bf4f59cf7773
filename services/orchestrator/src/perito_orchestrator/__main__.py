"""Serves AnalysisService and AccessService, and works."""

from perito_runtime.process import run_process

from perito_orchestrator.process import OrchestratorProcessSettings, serve_orchestrator

run_process("perito_orchestrator", OrchestratorProcessSettings, serve_orchestrator)
