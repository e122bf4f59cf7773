"""The serving process stays light: no data engine, no broker client, no template comes in with the orchestrator."""

import subprocess
import sys


def test_importing_the_orchestrator_brings_no_engine() -> None:
    heavy = ("duckdb", "pyarrow", "numpy", "scipy", "sqlglot", "jinja2", "aio_pika", "fastapi")
    code = f"import sys, perito_orchestrator.app; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
