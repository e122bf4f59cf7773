"""One analysis through the whole orchestrator: what a client sees, and what it says when things fail."""

from .mesh import Mesh


async def test_an_analysis_runs_to_its_end(mesh: Mesh) -> None:
    client = await mesh.start()
    submitted = (await client.submit(name="first")).analysis
    assert submitted.analysis_id
    done = await client.ended(submitted.analysis_id)
    assert [p.phase for p in done.phases] == ["read", "books", "looks", "counts", "tell"]
