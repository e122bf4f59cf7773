"""`perito generate`: its arguments and what its help says."""

from pathlib import Path
from typing import Annotated

import typer

HELP = """Makes the books of a made-up retailer: consistent, of any size, the same bytes for the same seed and options.

\b
Shops, a warehouse and suppliers live through a year: seasons, weekdays and promotions, orders and deliveries (late and
partial ones too), invoices, transfers that take days, tickets with returns, voids and discounts, cycle counts with
small differences, waste, and snapshots at month ends. Opening plus movements is closing, for every product and place.

\b
A ledger row is a row of the stock ledger (movements.csv) or a sale line (sales.csv). --rows chooses shops, products
and days that fit; what you name yourself is kept. Beside the files stand mapping.yaml, which `perito analyze` takes,
and world.json, which says what was made: seed, size, entities, and every file with rows and sha256.

\b
--faults plants what an examination should find, and --oddities what is unusual and honest, so that telling it is a
false alarm: all, none, or names with or without a number (dead_stock:5,price_unreadable). --list-faults says what each
is and which rule tells it. truth.json beside the files says what was planted, where and for how much; `perito analyze`
never reads it, and `perito evaluate` holds a report against it.

\b
--style plain writes one file per table, headers as Perito names them. --style mixed writes the same books as several
systems would export them: each shop's tills in one of four dialects (delimiters, dates, decimal commas, Spanish
headers, lower-case codes), the warehouse and buying in cartons. --style spanish writes them as one program in Spanish
would. What the books say does not change with it.

\b
A folder that is not empty is refused, unless an earlier run of this command filled it: then its files are replaced.

\b
Exit code: 0 made; 2 it could not be, and it says why.

\b
Examples:
  perito generate books                              (200,000 ledger rows: 4 shops, 196 products, a year)
  perito generate books --rows 10000000 --seed 7
  perito generate books --rows 500000 --shops 40 --days 730
  perito generate books --style mixed                (or spanish)
  perito generate books --no-mapping && perito map books
  perito generate books && perito analyze books --out out
  perito generate books --faults all --oddities all && perito analyze books --out out && perito evaluate books out
  perito generate books --faults count_not_posted:20,invoice_entered_twice
"""


def _list(wanted: bool) -> None:
    if wanted:
        from perito_standalone.made_books import run_list_faults  # noqa: PLC0415 (help must not wait for the services)

        raise typer.Exit(run_list_faults())


def generate(  # noqa: PLR0913, PLR0917 (the command's options)
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the files go; made if it is not there.")],
    rows: Annotated[int, typer.Option(help="Ledger rows, about: 1,000 to 1,000,000,000.")] = 200_000,
    seed: Annotated[int, typer.Option(help="Another seed is another retailer.")] = 1,
    style: Annotated[str, typer.Option(help="How the files are written: plain, or mixed (below).")] = "plain",
    days: Annotated[int | None, typer.Option(help="Days, the last of which is 2025-12-31.")] = None,
    shops: Annotated[int | None, typer.Option(help="Shops.")] = None,
    products: Annotated[int | None, typer.Option(help="Products.")] = None,
    mapping: Annotated[
        bool, typer.Option("--mapping/--no-mapping", help="Write mapping.yaml beside the files.")
    ] = True,
    faults: Annotated[str, typer.Option(help="all, none, or names: see --list-faults.")] = "none",
    oddities: Annotated[str, typer.Option(help="all, none, or names: see --list-faults.")] = "none",
    list_faults: Annotated[
        bool, typer.Option("--list-faults", callback=_list, is_eager=True, help="Say what each is, and stop.")
    ] = False,
) -> None:
    """See `HELP`."""
    from perito_standalone.generate_books import Wanted  # noqa: PLC0415
    from perito_standalone.made_books import run_generate  # noqa: PLC0415 (help must not wait for the services)

    del list_faults
    wanted = Wanted(folder, rows, seed, style, days, shops, products, mapping, faults, oddities)
    raise typer.Exit(run_generate(wanted))
