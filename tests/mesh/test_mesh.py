"""The mesh as a whole, with real servers and certificates: what it finds is what the all-in-one finds."""

from pathlib import Path

from perito_standalone.generate_books import Wanted, generate_books
from perito_standalone.guarded import plain_console

from tests.mesh.examined import alone, nothing, through
from tests.mesh.house import MeshSettings, mesh
from tests.servers import node, postgres

TWO = MeshSettings(edges=2)


async def test_the_mesh_says_what_the_all_in_one_says_and_leaves_by_itself(tmp_path: Path) -> None:
    books = tmp_path / "books"
    generate_books(Wanted(books, 4_000, 7, "plain", faults="all", oddities="all"), plain_console())
    with node() as rabbit, postgres() as database:
        async with mesh(database, rabbit, TWO) as house:
            async with house.client(1) as first, house.client(2) as second:
                found = await through(first, books, tmp_path / "mesh", nothing)
                assert (found.status.status, found.status.partial) == ("completed", False)
                assert [event.sequence async for event in second.stream(found.status.id) if event.sequence] == list(
                    range(1, len(found.digests) * 2 + 3)
                )
            assert found.differs_from(await alone(house, books, tmp_path / "alone")) == []
            codes = await house.stop()
            assert codes == dict.fromkeys(house.processes, 0)
            said = "".join(process.said() for process in house.processes.values())
            assert "Traceback" not in said
            assert house.key not in said
            assert house.pseudonym_secret not in said
