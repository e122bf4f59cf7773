"""`perito certs`: its arguments and what its help says."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="certs",
    help="Certificates by which services know each other.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_DEV = """Makes a certificate authority for development, and a certificate for each service.

\b
DIR gets authority.crt, which every process believes, and for each service NAME.crt and NAME.key (0600; DIR is 0700).
A certificate names its service as URI spiffe://perito/NAME and is good for the host names NAME and localhost and for
127.0.0.1 to 127.0.0.9 and ::1. Safe to repeat: the authority and what is sound stay, and a certificate in the last
third of its life is made anew; running services notice and take it for new connections. Not for production: there the
certificates come from your own authority, with the same URI.

\b
Exit code: 0 all are there; 2 they could not be made, and it says why.

\b
Examples:
  perito certs dev certs                            (every service of Perito)
  perito certs dev certs --service erp              (one more, for an internal client of yours)
  perito certs dev certs --days 1
"""


@app.callback()
def certs() -> None:
    """Keeps `dev` a command of its own while it is the only one."""


@app.command(help=_DEV, short_help="Make an authority for development and a certificate for each service")
def dev(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the files go; made if it is not there.")],
    service: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only for these; may be repeated. Default: every service.")
    ] = None,
    days: Annotated[int, typer.Option(help="Life of a new certificate.", min=1, max=3650)] = 90,
) -> None:
    """See `_DEV`."""
    from perito_standalone.certs import run_certs_dev  # noqa: PLC0415 (help must not wait for the services)

    raise typer.Exit(run_certs_dev(folder, service or [], days))
