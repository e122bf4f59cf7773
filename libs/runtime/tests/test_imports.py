"""A serving process never loads what belongs into children, and starts fast."""

import json
import subprocess
import sys

PROGRAM = """
import json, sys, time
began = time.monotonic()
import perito_runtime.service, perito_runtime.grpc_client, perito_runtime.objects
heavy = sorted({name.partition(".")[0] for name in sys.modules} & set(json.loads(sys.argv[1])))
print(json.dumps({"heavy": heavy, "seconds": time.monotonic() - began}))
"""
HEAVY = [
    "duckdb",
    "pyarrow",
    "numpy",
    "scipy",
    "pandas",
    "jinja2",
    "sqlglot",
    "yaml",
    "fastapi",
    "asyncpg",
    "perito_rules",
]


def test_serving_process_imports_nothing_heavy() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(HEAVY)], capture_output=True, text=True, timeout=60, check=True
    )
    told = json.loads(done.stdout)
    assert told["heavy"] == []
    assert told["seconds"] < 5


def test_child_imports_nothing_of_the_server() -> None:
    program = "import perito_runtime.compute_child, sys; print([m for m in ('grpc', 'structlog') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
