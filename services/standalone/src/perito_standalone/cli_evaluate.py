"""`perito evaluate`: its arguments and what its help says."""

from pathlib import Path
from typing import Annotated

import typer

HELP = """Holds a report against what was planted in generated books: found, missed, false, for every rule.

\b
BOOKS is a folder of `perito generate`, with its truth.json; REPORT the folder that `perito analyze` wrote for them.
A planted fault is found where a finding of its rule speaks of the same things in the same days. Findings that a
planted fault may well cause elsewhere are symptoms, neither found nor false. Faults whose rule the books do not
allow to test are told and not counted; where that is all of them, nothing was shown and nothing is as promised.
Shares stand with their Wilson interval (95 %): what 7 of 7 proves is little.

\b
Promised are at least --recall of the faults, no false finding of severity high or critical, and a gross amount
within --money of what was planted. Whatever is not so is listed, with a row that proves it.

\b
Exit code: 0 as promised; 1 not so; 2 it could not be compared (no truth, no report, or one of other books).

\b
Examples:
  perito generate books --faults all && perito analyze books --out out && perito evaluate books out
  perito evaluate books out --json > score.json
"""


def evaluate(
    books: Annotated[Path, typer.Argument(metavar="BOOKS", help="The generated books, with truth.json.")],
    report: Annotated[Path, typer.Argument(metavar="REPORT", help="The folder that `perito analyze` wrote.")],
    recall: Annotated[float, typer.Option(help="Share of planted faults to be found.", min=0, max=1)] = 0.95,
    money: Annotated[float, typer.Option(help="Share by which the gross amount may be off.", min=0)] = 0.05,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with every finding.")] = False,
) -> None:
    """See `HELP`."""
    from decimal import Decimal  # noqa: PLC0415 (help must not wait for the services)

    from perito_simulator.evaluation.score import Promise  # noqa: PLC0415

    from perito_standalone.made_books import run_evaluate  # noqa: PLC0415

    raise typer.Exit(run_evaluate(books, report, Promise(recall, Decimal(str(money))), as_json=as_json))
