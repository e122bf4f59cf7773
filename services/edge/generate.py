"""Writes docs/openapi.json, the API description as the edge serves it. With --check it fails where they differ."""

import asyncio
import json
import sys
import tempfile
from pathlib import Path

from perito_edge.app import create_app
from perito_edge.settings import EdgeSettings
from perito_runtime.grpc_client import open_channel
from perito_runtime.objects import LocalObjectStore

TARGET = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"


async def described() -> str:
    """The description, from an edge that nothing stands behind."""
    with tempfile.TemporaryDirectory() as folder:
        channel = open_channel(f"unix:{folder}/orchestrator")
        app = create_app(EdgeSettings(), channel, LocalObjectStore(Path(folder)))
        await channel.close()
    return json.dumps(app.openapi(), indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    """Entry point."""
    text = asyncio.run(described())
    if "--check" not in sys.argv:
        TARGET.write_text(text, encoding="utf-8")
    elif not TARGET.is_file() or TARGET.read_text("utf-8") != text:
        print(f"{TARGET.name} is not what the edge says: run `./taskw generate`")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
