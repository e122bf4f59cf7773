"""Books that break whoever reads them: one analysis fails and says why, everything else goes on."""

import asyncio
from pathlib import Path
from uuid import UUID

from tests.faults.row import row
from tests.faults.scene import Scene
from tests.mesh.house import PHASES

POISON = "poison.csv"
"""Name of the file at which the parser crashes."""


@row("35", "books that crash the parser in native code", "that analysis fails after 3 tries with a reason, others pass")
async def poison(scene: Scene) -> None:
    dataset = await renamed(scene, "users.csv", POISON)
    scene.points.arm(f"compute.begun[{POISON}]=segv")
    analysis = await scene.submit(dataset=dataset)
    scene.expect(analysis, ends=frozenset({"failed"}), failing=None, digests={})
    others = [await scene.submit() for _ in range(2)]
    status = await scene.ended(analysis)
    failure = next(phase for phase in status.phases if phase.phase == PHASES[0])
    assert (failure.attempts, failure.error and failure.error.reason) == (3, "COMPUTE_CRASHED"), status
    for other in others:
        scene.expect(other, attempts=1)
    await scene.all_ended()


async def renamed(scene: Scene, name: str, other: str) -> UUID:
    """Id of a dataset of the same books, in which one file has another name."""
    mapping = Path(scene.mesh.folder, "renamed.yaml")
    await asyncio.to_thread(write_renamed, scene.books["mapping.yaml"], mapping, name, other)
    files = {other if known == name else known: path for known, path in scene.books.items() if known != "mapping.yaml"}
    return (await scene.client.upload(files, mapping)).dataset_id


def write_renamed(mapping: Path, to: Path, name: str, other: str) -> None:
    """A mapping with another name for one file."""
    to.write_text(mapping.read_text("utf-8").replace(name, other), "utf-8")
