"""Generates libs/client/src/perito_client/generated from docs/openapi.json. With --check it writes nothing and fails
when the tree differs. What the generator cannot express is a failure here, not a warning: no operation may be left out.
"""

import filecmp
import os
import shutil
import sys
import tempfile
from pathlib import Path

from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "docs" / "openapi.json"
TARGET = ROOT / "libs" / "client" / "src" / "perito_client" / "generated"
# Isolated: formatted the same wherever the output lies.
_RUFF = "--isolated --line-length 120 --target-version py311 --no-cache --quiet ."


def made(out: Path) -> list[str]:
    """Writes the client into `out`; returns what the generator complains of."""
    options = ConfigFile(
        literal_enums=True,
        docstrings_on_attributes=True,
        content_type_overrides=dict.fromkeys(("application/yaml", "text/event-stream"), "application/octet-stream"),
        post_hooks=[f"ruff check --fix-only --extend-select=I {_RUFF}", f"ruff format {_RUFF}"],
    )
    config = Config.from_sources(options, MetaType.NONE, SOURCE, "utf-8", overwrite=True, output_path=out)
    return [f"{error.header}: {error.detail}" for error in generate(config=config)]


def differing(left: filecmp.dircmp[str]) -> list[str]:
    """Names of files that differ or stand on one side only."""
    names = [n for n in [*left.left_only, *left.right_only, *left.diff_files] if n != "__pycache__"]
    return names + [f"{folder}/{n}" for folder, sub in left.subdirs.items() for n in differing(sub)]


def main() -> int:
    """Entry point."""
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"  # ruff stands there
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "generated"
        complaints = made(out)
        if complaints:
            print("the generator complains of docs/openapi.json:", *complaints, sep="\n  ")
            return 1
        if "--check" in sys.argv:
            wrong = differing(filecmp.dircmp(out, TARGET)) if TARGET.is_dir() else ["all of it"]
            if wrong:
                print("the client is not that of docs/openapi.json: run `./taskw generate`:", *wrong, sep="\n  ")
            return 1 if wrong else 0
        shutil.rmtree(TARGET, ignore_errors=True)
        shutil.copytree(out, TARGET)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
