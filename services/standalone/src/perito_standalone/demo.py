"""The demonstration: a made-up retailer with planted faults, examined through REST, and what was found beside it."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from perito_runtime.lifecycle import stop_signal
from perito_simulator.evaluation.score import Promise, Score
from perito_simulator.faults.catalogue import told
from perito_simulator.truth import Fault, read_truth
from rich.console import Console
from rich.table import Table

from perito_standalone.analyze import Asked
from perito_standalone.evaluate import score_books
from perito_standalone.examination import LOG, examining, until_told
from perito_standalone.generate_books import Wanted, generate_books
from perito_standalone.guarded import FAILED, guarded, plain_console
from perito_standalone.options import budget_of
from perito_standalone.pseudonym_key import own_key
from perito_standalone.run_files import REPORT_HTML
from perito_standalone.supervisor import Supervisor

ROWS, SEED, STYLE = 200_000, 1, "plain"


def run_demo(out: Path, memory: str, rows: int = ROWS, *, serve: bool = False) -> int:
    """`perito demo`. Returns the exit code: 0 as promised, 1 not so, 2 it could not be examined."""

    def work() -> int:
        console, books = plain_console(), out / "books"
        budget = budget_of(memory)
        generate_books(Wanted(books, rows, SEED, STYLE, faults="all", oddities="all"), console)
        return asyncio.run(until_told(_demonstrated(console, books, out, budget, serve=serve)))

    return guarded(work, lambda: out / LOG)


async def _demonstrated(console: Console, books: Path, out: Path, budget: int, *, serve: bool) -> int:
    asked = Asked("demo", budget, own_key(None), listen="127.0.0.1:0" if serve else "")
    async with examining(books, None, out, asked) as (finished, perito):
        if not finished.reported:
            return FAILED
        score = await asyncio.to_thread(score_books, books, out)
        print_planted(console, score, read_truth(books).faults)
        _print_next(console, books, out)
        if serve:
            await _served(console, perito, str(finished.status.id))
    return 0 if score.keeps(Promise()) else 1


def print_planted(console: Console, score: Score, planted: Sequence[Fault]) -> None:
    """One line for each kind of planted fault, then what was told wrongly, and the amounts."""
    table = Table(box=None, pad_edge=False, header_style="bold", title="Planted and found", title_justify="left")
    table.add_column("rule", no_wrap=True)
    table.add_column("what was planted")
    for name in ("planted", "found", "missed", "money"):
        table.add_column(name, justify="right", no_wrap=True)
    untested = {fault.kind for fault, _ in score.uncovered}
    for name, rule, _, what in told():
        faults = [fault for fault in planted if fault.kind == name]
        if faults:
            share = score.kinds.get(name)
            missed = share.trials - share.hits if share else 0
            found = (f"{share.hits:,}" if share else "not tested", f"{missed:,}" if missed else "")
            table.add_row(rule, what, f"{len(faults):,}", *found, _money(faults))
    console.print()
    console.print(table)
    matches = score.matches
    lower = len(matches.false) - len(score.false_serious)
    console.print(
        f"\n{score.recall.hits:,} of {score.recall.trials:,} planted faults were found. False findings:"
        f" {len(score.false_serious):,} of severity high or critical, {lower:,} below;"
        f" {len(matches.symptoms):,} others tell symptoms of what was planted."
    )
    if untested:
        console.print(f"Kinds that these books do not allow to test: {', '.join(sorted(untested))}.")
    for amount in score.amounts:
        console.print(
            f"{amount.currency}: {amount.planted:,.2f} planted, {amount.gross:,.2f} in the report."
            " `perito evaluate` tells every difference."
        )


def _money(faults: Sequence[Fault]) -> str:
    amounts = [fault.money for fault in faults if fault.money is not None]
    return f"{faults[0].currency} {sum(amounts):,.2f}" if amounts else ""


def _print_next(console: Console, books: Path, out: Path) -> None:
    lines = {
        f"{out / REPORT_HTML}": "the report, for a browser",
        f"perito evaluate {books} {out}": "every planted fault, found or missed, rule by rule",
        f"perito analyze {books} --out {out / 'es'} --lang es": "the same in Spanish",
        "perito analyze YOUR_EXPORTS --out out": "your own books",
    }
    console.print("\nLook around:")
    wide = max(map(len, lines))
    for line, what in lines.items():
        console.print(f"  {line:{wide}}  {what}", soft_wrap=True, markup=False)


async def _served(console: Console, perito: Supervisor, analysis: str) -> None:
    """Keeps the books and their analysis behind REST until it is told to stop; then nothing of it is left."""
    told_to_stop = asyncio.create_task(stop_signal())
    await asyncio.sleep(0)  # it listens for signals before anybody reads that it serves
    base, key = f"http://{perito.address}/api/forensic", f'-H "X-API-Key: {perito.first_key}"'
    console.print("\nServing this analysis, until Ctrl-C:")
    for path in (f"status/{analysis}", f"analysis/{analysis}", f"export/{analysis}?format=html"):
        console.print(f'  curl {key} "{base}/{path}"', soft_wrap=True, markup=False)
    await told_to_stop
