"""A process that serves never calls DuckDB or Arrow, so it does not wait for them when it starts either."""

import subprocess
import sys

SERVING = ("perito_standalone.commands", "perito_edge.app", "perito_orchestrator.app", "perito_runtime.service")
HEAVY = ("aio_pika", "duckdb", "numpy", "pyarrow")


def test_what_serves_is_imported_without_what_computes() -> None:
    script = f"import sys, {', '.join(SERVING)}; print(*[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.split() == []
