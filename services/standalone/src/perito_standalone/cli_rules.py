"""`perito rules`: its arguments and what its help says."""

import resource
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="rules",
    help="Rules of your own: SQL files that are run with Perito's.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_MEMORY_BYTES = 3 << 30

_CHECK = """Says whether rules of your own may run, and where they may not, what to write instead.

\b
PATH is a folder of .sql files or one of them (docs/own-rules.md teaches how they are written). Each is read as an
examination would read it: the header, the syntax tree of its SQL (one SELECT a section, tables of its needs, functions
that read and repeat nothing), whether its answer is the same on every run, and a run on tables without rows. Every
refusal names file, line, column and remedy.

\b
Exit code: 0 all are accepted; 1 some are refused; 2 there are none that could be read.

\b
Examples:
  perito rules check rules
  perito rules check rules/U-001.sql
"""

_TEST = """Runs rules of your own on the examples that they bring: do they find what they should, and nothing else?

\b
PATH is a folder of .sql files or one of them. A rule's header holds its example: a few rows with a planted fault and a
clean neighbour, and the identities that must be found. Rules are checked first, as `perito rules check` does.

\b
Exit code: 0 each found what it should; 1 some did not, or are refused; 2 there are none that could be read.

\b
Examples:
  perito rules test rules
  perito rules test rules/U-001.sql
"""

_Path = Annotated[Path, typer.Argument(metavar="PATH", help="A folder of .sql files, or one such file.")]


@app.command(help=_CHECK, short_help="Say whether they may run, and what to write instead")
def check(path: _Path) -> None:
    """See `_CHECK`."""
    from perito_standalone.own_rules import run_check  # noqa: PLC0415 (help must not wait for the engine)

    _bounded()
    raise typer.Exit(run_check(path))


@app.command(help=_TEST, short_help="Run them on the examples that they bring")
def test(path: _Path) -> None:
    """See `_TEST`."""
    from perito_standalone.own_rules import run_test  # noqa: PLC0415 (help must not wait for the engine)

    _bounded()
    raise typer.Exit(run_test(path))


def _bounded() -> None:
    """Bounds this process's own memory, for an example is run in it, and says what goes wrong in sentences only."""
    from perito_runtime.logs import configure_logs  # noqa: PLC0415 (help must not wait for it)

    configure_logs("ERROR")
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    wanted = _MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(_MEMORY_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))
