"""Generates libs/contracts/src/perito from protos/. With --check it writes nothing and fails when the tree differs.

The stubs are committed: nobody needs protoc to run Perito, and a change to a contract shows in review twice, as what
was written and as what it means.
"""

import filecmp
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROTOS = ROOT / "protos"
TARGET = ROOT / "libs" / "contracts" / "src" / "perito"


def generate(out: Path) -> None:
    """Writes the stubs below `out/perito`."""
    protos = sorted(str(p.relative_to(PROTOS)) for p in PROTOS.rglob("*.proto"))
    outputs = [f"--{kind}_out={out}" for kind in ("python", "grpc_python", "mypy", "mypy_grpc")]
    # mypy-protobuf's plugins stand beside the interpreter, which need not be on PATH.
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTOS}", *outputs, *protos]
    subprocess.run(command, check=True, env=environment)
    # Without an __init__.py type checkers do not find the stubs of a namespace package, in spite of py.typed.
    for folder in [out / "perito", *(p for p in (out / "perito").rglob("*") if p.is_dir())]:
        (folder / "__init__.py").touch()
    (out / "perito" / "py.typed").touch()


def differing(left: filecmp.dircmp[str]) -> list[str]:
    """Names of files that differ or stand on one side only."""
    names = [n for n in [*left.left_only, *left.right_only, *left.diff_files] if n != "__pycache__"]
    return names + [f"{folder}/{n}" for folder, sub in left.subdirs.items() for n in differing(sub)]


def main() -> int:
    """Entry point."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        generate(out)
        if "--check" in sys.argv:
            wrong = differing(filecmp.dircmp(out / "perito", TARGET))
            if wrong:
                print("generated stubs differ from protos/: run `./taskw protos`:", *wrong, sep="\n  ")
            return 1 if wrong else 0
        shutil.rmtree(TARGET, ignore_errors=True)
        shutil.copytree(out / "perito", TARGET)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
