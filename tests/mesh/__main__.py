"""`./taskw mesh`: every service as processes of its own, the demo through them, and the same from the all-in-one.

It ends with 0 where everything planted was found as promised, nothing differs from the all-in-one, and every process
left by itself with 0.
"""

import argparse
import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from perito_reporting.voice import Language
from perito_runtime.lifecycle import stop_signal
from perito_runtime.logs import configure_logs
from perito_simulator.evaluation.score import Promise
from perito_simulator.truth import read_truth
from perito_standalone.demo import SEED, STYLE, print_planted
from perito_standalone.evaluate import score_books
from perito_standalone.generate_books import Wanted, generate_books
from perito_standalone.guarded import plain_console
from perito_standalone.progress import PhaseProgress
from rich.console import Console

from tests.mesh.examined import Examined, alone, fetch_all_tables, through
from tests.mesh.house import PHASES, Mesh, MeshSettings, mesh
from tests.servers import node, postgres

_ENGLISH: Language = "en"


def main() -> int:
    """Returns the exit code."""
    arguments = _arguments()
    console = plain_console()
    configure_logs("ERROR")
    books = arguments.out / "books"
    generate_books(Wanted(books, arguments.rows, SEED, STYLE, faults="all", oddities="all"), console)
    return asyncio.run(_run(console, books, arguments))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./taskw mesh --",
        description="Starts RabbitMQ, PostgreSQL and two replicas of every service, with certificates; examines made-up"
        " books through them and through the all-in-one, and compares.",
    )
    parser.add_argument("--rows", type=int, default=50_000, help="ledger rows of the books (%(default)s)")
    parser.add_argument("--replicas", type=int, default=2, choices=range(1, 5), help="of each service (%(default)s)")
    parser.add_argument("--out", type=Path, default=Path("out/mesh"), help="folder for books and reports (%(default)s)")
    parser.add_argument("--serve", action="store_true", help="keep it running afterwards, until Ctrl-C")
    return parser.parse_args()


async def _run(console: Console, books: Path, asked: argparse.Namespace) -> int:
    settings = MeshSettings(orchestrators=asked.replicas, phases=asked.replicas, edges=asked.replicas)
    began = time.monotonic()
    async with _standing(console, settings) as house:
        console.print(f"The mesh is ready after {time.monotonic() - began:.1f} s: {len(house.processes)} processes.")
        for service in ("edge", "orchestrator", *PHASES):
            console.print(f"  {service:13} {house.target(service)}", markup=False, highlight=False)
        with PhaseProgress(console, _ENGLISH) as progress:
            async with house.client() as client:
                found = await through(client, books, asked.out / "mesh", progress.show)
        await fetch_all_tables(house, found.status, asked.out / "mesh")
        kept = await asyncio.to_thread(_scored, console, books, asked.out / "mesh")
        same = _compared(console, found, await alone(house, books, asked.out / "alone"))
        if asked.serve:
            await _served(console, house)
        codes = await house.stop()
        wrong = {name: code for name, code in codes.items() if code != 0}
        console.print(f"All {len(codes)} processes left by themselves." if not wrong else f"Left badly: {wrong}")
    return 0 if kept and same and not wrong else 1


@asynccontextmanager
async def _standing(console: Console, settings: MeshSettings) -> AsyncGenerator[Mesh]:
    """The servers and the mesh on them, gone at the end."""
    console.print("Starting RabbitMQ and PostgreSQL ...")
    with contextlib.ExitStack() as servers:
        rabbit = await asyncio.to_thread(servers.enter_context, node())
        database = await asyncio.to_thread(servers.enter_context, postgres())
        console.print(f"RabbitMQ {rabbit.api.version} and PostgreSQL are up. Starting the services ...")
        async with mesh(database, rabbit, settings) as house:
            yield house


def _scored(console: Console, books: Path, out: Path) -> bool:
    score = score_books(books, out)
    print_planted(console, score, read_truth(books).faults)
    kept = score.keeps(Promise())
    if not kept:
        console.print(
            "That is less than promised, or more is false; books of more rows have room for what is promised."
        )
    return kept


def _compared(console: Console, found: Examined, reference: Examined) -> bool:
    differing = found.differs_from(reference)
    if differing:
        console.print(f"Not the same as from the all-in-one: {', '.join(differing)}.")
    else:
        names = ", ".join(found.exports)
        console.print(
            f"The same bytes as from the all-in-one: {names}, and the digests of {len(found.digests)} phases."
        )
    return not differing


async def _served(console: Console, house: Mesh) -> None:
    told = asyncio.create_task(stop_signal())
    await asyncio.sleep(0)  # it listens for signals before anybody reads that it serves
    console.print("\nServing until Ctrl-C:")
    console.print(
        f"  curl -H 'X-API-Key: {house.key}' http://{house.address('edge', 1)}/api/forensic/list", markup=False
    )
    console.print(f"  logs, certificates, secrets: {house.folder}", markup=False)
    await told


if __name__ == "__main__":
    sys.exit(main())
