"""The `perito` command. It only reads its arguments here; what does the work is imported when it is needed."""

import os
from pathlib import Path
from typing import Annotated

import typer

from perito_standalone.cli_certs import app as certs
from perito_standalone.cli_dead_letters import app as dead_letters
from perito_standalone.cli_evaluate import HELP as EVALUATE
from perito_standalone.cli_evaluate import evaluate
from perito_standalone.cli_generate import HELP as GENERATE
from perito_standalone.cli_generate import generate
from perito_standalone.cli_operate import add_operate
from perito_standalone.cli_options import (
    Currency,
    DataDir,
    KeyFile,
    Language,
    Memory,
    Timezone,
    hints_of,
    importing,
)
from perito_standalone.cli_rules import app as own_rules

# gRPC's own notes would stand among what Perito says.
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")

app = typer.Typer(
    name="perito",
    help="Examines a retailer's books and says, with evidence, what does not hold.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with `perito demo`; then `perito analyze DIR --out out` with exports of your own.",
)

_ANALYZE = """Examines the files of one set of books and writes a report.

\b
PATH is a folder of exports, or one file: CSV, JSON, Parquet, a workbook, a zip of these. The mapping (YAML) says
which file holds what; without one it is proposed from headers, values and file names, what was understood is
printed with what only you can say, and the mapping is left in OUT/mapping.yaml to correct. `perito map PATH` shows
it beforehand. Files that are not used are told.

\b
Into --out go: report.html to read, in the language of --lang; report.json (both languages, the same bytes for the
same books); tables/ with every finding and its evidence (Parquet); run.json with the facts of this run; perito.log.

\b
Exit code: 0 nothing at or above --fail-on; 1 findings at or above it; 2 it could not be examined (completely).

\b
Examples:
  perito analyze exports/2026-06 --out out            (takes exports/2026-06/mapping.yaml if it is there)
  perito analyze exports/2026-06 --mapping books.yaml --out out
  perito analyze exports.zip --out out --currency NGN --timezone Africa/Lagos
  perito analyze ledger.csv --mapping ledger.yaml --out out --fail-on critical
  perito analyze exports/2026-06 --out out --rules our-rules    (first: perito rules check our-rules)
  perito analyze libros --mapping mapeo.yaml --out informe --lang es
"""

_MAP = """Shows how files would be read, and writes the mapping to look at and to correct.

\b
For every file it prints where each column goes, how sure that is and why; what is not used; what could not be
placed; and what only you can say, with the lines to add. PATH is a folder of exports or one file. The mapping is
written beside the files as mapping.yaml, where `perito analyze` finds it, or to --out; one that is there already is
never written over without --force.

\b
Exit code: 0 written; 2 it could not be, and it says why.

\b
Examples:
  perito map exports/2026-06
  perito map exports/2026-06 --out books.yaml --currency NGN --timezone Africa/Lagos
  perito map ledger.csv --out books.yaml --force --lang es
"""

_SERVE = """Starts all of Perito on this machine: REST, services, database, in one data directory.

\b
The first start prints an API key, once; only its hash is kept. Ctrl-C drains and stops; what was accepted
and is not finished goes on at the next start. Logs go to stderr as JSON lines: every step, or in a terminal
warnings and errors alone.

\b
Examples:
  perito serve
  perito serve --data-dir /srv/perito --port 9000
  curl -H "X-API-Key: $KEY" -F files=@sales.csv http://127.0.0.1:8080/api/forensic/datasets
"""

_DEMO = """Shows what Perito does: makes the books of a retailer with planted faults, examines them, and compares.

\b
A made-up retailer of 200,000 ledger rows is written to OUT/books, with faults of every kind and honest oddities that
must not be taken for faults. The services start, get the files through REST like those of any client, and stop. Then
stand beside each other what was planted and what was found, and where to read on. Nothing is left running, unless
--serve keeps the services up, with the analysis in them, to look around with curl.

\b
Exit code: 0 at least 95 % of the planted faults were found, nothing of severity high or critical is false and the
amounts agree within 5 %; 1 not so; 2 it could not be examined.

\b
Examples:
  perito demo
  perito demo --out out/demo --serve
  perito demo --rows 1000000 --memory 4GiB
"""

_REPRODUCE = """Computes one finding of a report again, from the same books, and compares every number.

\b
FINDING is a fingerprint from OUT/report.json, or its first digits (8 or more). PATH and --mapping are those of
`perito analyze`; a mapping that was proposed is proposed again and must be OUT/mapping.yaml. The books' hashes
must be those of the report, and Perito must have its version. Validation and the finding's rule run again with the
parameters of the report; nothing is written to OUT.

\b
Exit code: 0 reproduced, every number agrees; 1 something differs, and it says what; 2 it could not be tried.

\b
Examples:
  perito reproduce 63ad5b32 --report perito-demo perito-demo/books
  perito reproduce 63ad5b32 --report out exports/2026-06 --mapping books.yaml
"""

_REIDENTIFY = """Tells who the people of a report are.

\b
Codes of employees and customers stand in reports as pseudonyms (customer-k3v9q0m2x7ab). WHERE is a folder that
`perito analyze` wrote, or a data directory of `perito serve`. Whoever has the key of an analysis can tell; for
`perito analyze` that is the user's own key file, unless another was named with --pseudonym-key.
Without PSEUDONYM, everybody is told.

\b
Examples:
  perito reidentify out customer-k3v9q0m2x7ab
  perito reidentify out --pseudonym-key client.key
  perito reidentify /var/lib/perito/data user-3qk7m2x9v0ab
"""


@app.command(help=_ANALYZE, short_help="Examine a folder of exported files, write a report")
def analyze(  # noqa: PLR0913, PLR0917 (the command's options)
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A folder of files, or one file.")],
    out: Annotated[Path, typer.Option(help="Folder for the report; made if it is not there.")],
    mapping: Annotated[Path | None, typer.Option(help="The mapping. Default: mapping.yaml beside the files.")] = None,
    fail_on: Annotated[
        str, typer.Option(help="Exit with 1 from this severity on: info, low, medium, high, critical, or never.")
    ] = "high",
    name: Annotated[str, typer.Option(help="Your name for this examination.")] = "",
    memory: Memory = "",
    lang: Language = "en",
    pseudonym_key: KeyFile = None,
    currency: Currency = "",
    timezone: Timezone = "",
    rules: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Rules of your own: a folder of .sql files, or one (docs/own-rules.md)."),
    ] = None,
) -> None:
    """See `_ANALYZE`."""
    with importing():
        from perito_standalone.commands import run_analyze  # noqa: PLC0415 (help must not wait for the services)

    hints = hints_of(currency, timezone)
    code = run_analyze(
        path, mapping, out, fail_on, name, memory, lang, pseudonym_key=pseudonym_key, hints=hints, rules=rules
    )
    raise typer.Exit(code)


@app.command("map", help=_MAP, short_help="Show how files would be read, write the mapping to correct")
def map_books(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A folder of files, or one file.")],
    out: Annotated[
        Path | None, typer.Option(help="File for the mapping. Default: mapping.yaml beside the files.")
    ] = None,
    currency: Currency = "",
    timezone: Timezone = "",
    force: Annotated[bool, typer.Option("--force", help="Write over a mapping that is there.")] = False,
    memory: Memory = "",
    lang: Language = "en",
) -> None:
    """See `_MAP`."""
    with importing():
        from perito_standalone.commands import run_map  # noqa: PLC0415 (help must not wait for the services)

    raise typer.Exit(run_map(path, out, hints_of(currency, timezone), memory, lang, force=force))


@app.command(help=_SERVE, short_help="Start all of Perito on this machine")
def serve(
    data_dir: DataDir = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.", min=0, max=65535)] = 8080,
    allow_plain_http: Annotated[
        bool, typer.Option("--allow-plain-http", help="Listen on other than loopback, unencrypted.")
    ] = False,
    memory: Memory = "",
    rate: Annotated[int, typer.Option(help="Quota of a key a minute, for each of its scopes.", min=1)] = 100,
    webhook_network: Annotated[
        list[str] | None,
        typer.Option(
            help="Private network that webhooks may lead to, such as 10.1.0.0/16. May be given several times.",
            envvar="PERITO_WEBHOOK_ALLOWED_NETWORKS",
        ),
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Log every step in a terminal too.")] = False,
) -> None:
    """See `_SERVE`."""
    with importing():
        from perito_standalone.commands import Serving, run_serve  # noqa: PLC0415 (help must not wait for the services)

    serving = Serving(host, port, rate, tuple(webhook_network or ()), allow_plain_http=allow_plain_http)
    code = run_serve(data_dir, serving, memory, verbose=verbose)
    raise typer.Exit(code)


@app.command(help=_DEMO, short_help="Examine generated books with planted faults")
def demo(
    out: Annotated[Path, typer.Option(help="Folder for books and report.")] = Path("perito-demo"),
    rows: Annotated[int, typer.Option(help="Ledger rows, about.", min=1_000)] = 200_000,
    serve: Annotated[bool, typer.Option("--serve", help="Keep the services up until Ctrl-C.")] = False,
    memory: Memory = "",
) -> None:
    """See `_DEMO`."""
    with importing():
        from perito_standalone.demo import run_demo  # noqa: PLC0415 (help must not wait for the services)

    raise typer.Exit(run_demo(out, memory, rows, serve=serve))


app.command("generate", help=GENERATE, short_help="Make the books of a made-up retailer, of any size")(generate)


@app.command(help=_REPRODUCE, short_help="Compute one finding of a report again, and compare")
def reproduce(
    finding: Annotated[str, typer.Argument(metavar="FINDING", help="A fingerprint, or its first 8 digits or more.")],
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The folder of the books, or the one file.")],
    report: Annotated[Path, typer.Option(metavar="OUT", help="The folder that `perito analyze` wrote.")],
    mapping: Annotated[Path | None, typer.Option(help="The mapping. Default: mapping.yaml beside the files.")] = None,
    memory: Memory = "",
    pseudonym_key: KeyFile = None,
) -> None:
    """See `_REPRODUCE`."""
    from perito_standalone.commands import run_reproduce  # noqa: PLC0415 (help must not wait for the services)

    raise typer.Exit(run_reproduce(finding, report, path, mapping, memory, pseudonym_key=pseudonym_key))


app.command("evaluate", help=EVALUATE, short_help="Compare a report with what was planted in generated books")(evaluate)


@app.command(help=_REIDENTIFY, short_help="Tell who the people of a report are")
def reidentify(
    where: Annotated[Path, typer.Argument(metavar="WHERE", help="A report's folder, or a data directory.")],
    pseudonyms: Annotated[
        list[str] | None, typer.Argument(metavar="[PSEUDONYM]...", help="As the report has them.")
    ] = None,
    pseudonym_key: KeyFile = None,
) -> None:
    """See `_REIDENTIFY`."""
    from perito_standalone.commands import run_reidentify  # noqa: PLC0415 (help must not wait for the services)

    raise typer.Exit(run_reidentify(where, pseudonyms or [], pseudonym_key))


app.add_typer(certs, short_help="Certificates by which services know each other")
app.add_typer(own_rules, short_help="Rules of your own: check and test them")
app.add_typer(dead_letters, short_help="Messages that RabbitMQ has set aside")
add_operate(app)


@app.command(short_help="Bring the database of an older Perito up to date")
def upgrade(data_dir: DataDir = None) -> None:
    """Upgrades the database in a data directory that an older Perito made. The old files stay beside the new ones."""
    from perito_standalone.commands import run_upgrade  # noqa: PLC0415 (help must not wait for the services)

    raise typer.Exit(run_upgrade(data_dir))


@app.command(short_help="Print the version")
def version() -> None:
    """Prints the version of Perito."""
    from importlib.metadata import version as installed  # noqa: PLC0415 (help must not wait for it)

    typer.echo(f"perito {installed('perito-standalone')}")
