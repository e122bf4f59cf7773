"""`perito dead-letters`: its arguments and what its help says."""

from pathlib import Path
from typing import Annotated

import typer

_HELP = """Messages that RabbitMQ has set aside: what they asked for, why, and sending them again.

A message of a phase dies where it makes no sense, or after ten failed deliveries. It only wakes a worker: what is to be
done stands in the database, and is woken again without it. So a dead letter is a sign that something went wrong, and
seldom lost work.

\b
Example:
  perito dead-letters --broker amqp://operator@broker:5672/perito --password-file operator.txt list
"""

app = typer.Typer(
    name="dead-letters",
    help=_HELP,
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_REPLAY = """Sends dead letters to the queues where they died, and removes them from here.

The database decides what comes of it: a phase that still waits begins, one that has ended or whose analysis has is not
done again. What makes no sense is sent only where it is named, and dies again.

\b
Exit code: 0 sent; 1 one that was named is not there, or one stays because its queue is gone or full; 2 the broker
cannot be reached or refuses, and it says why.

\b
Examples:
  perito dead-letters replay --all
  perito dead-letters replay 6b3c5c0e-0d0f-4c39-9a37-0d8c9a2f6f55
"""

Most = Annotated[int, typer.Option(help="Look at the oldest so many.", min=1, max=100_000)]


@app.callback()
def broker(
    ctx: typer.Context,
    broker: Annotated[
        str,
        typer.Option(envvar="PERITO_BROKER", help="amqp[s]://user@host:5672/vhost, without password.", metavar="URL"),
    ] = "",
    password_file: Annotated[
        Path | None, typer.Option(envvar="PERITO_BROKER_PASSWORD_FILE", help="File with the password of that user.")
    ] = None,
    tls_certificate: Annotated[
        Path | None, typer.Option(envvar="PERITO_TLS_CERTIFICATE", help="For amqps: certificate.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(envvar="PERITO_TLS_KEY", help="For amqps: its key.")] = None,
    tls_authority: Annotated[
        Path | None, typer.Option(envvar="PERITO_TLS_AUTHORITY", help="For amqps: the authority.")
    ] = None,
) -> None:
    """See `_HELP`. Which broker is said before the command, or by the variables that the services have."""
    ctx.obj = (broker, password_file, tls_certificate, tls_key, tls_authority)


@app.command("list", short_help="What died, where and why")
def list_(ctx: typer.Context, most: Most = 100) -> None:
    """Prints one line for each dead letter, oldest first."""
    from perito_standalone.dead_letters import Place, run_list  # noqa: PLC0415 (help must not wait for the services)

    raise typer.Exit(run_list(Place(*ctx.obj), most))


@app.command(short_help="Everything about one")
def show(
    ctx: typer.Context,
    message_id: Annotated[str, typer.Argument(metavar="ID", help="Message id, or its first characters.")],
    most: Most = 10_000,
) -> None:
    """Prints what one dead letter asked for, and its history."""
    from perito_standalone.dead_letters import Place, run_show  # noqa: PLC0415 (as above)

    raise typer.Exit(run_show(Place(*ctx.obj), message_id, most))


@app.command(help=_REPLAY, short_help="Send one or all again")
def replay(
    ctx: typer.Context,
    message_id: Annotated[list[str] | None, typer.Argument(metavar="ID...", help="Message ids, whole.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All that make sense.")] = False,
    most: Most = 10_000,
) -> None:
    """See `_REPLAY`."""
    from perito_standalone.dead_letters import Place, run_replay  # noqa: PLC0415 (as above)

    if bool(message_id) == every:
        raise typer.BadParameter("name message ids, or --all")
    raise typer.Exit(run_replay(Place(*ctx.obj), None if every else message_id, most))
