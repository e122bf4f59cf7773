"""`perito keys`, `perito tenants`, `perito audit`: passed on to the orchestrator's own commands, with the database of a
data directory where no other is named.
"""

from collections.abc import Callable
from typing import Any

import typer

_CONTEXT: dict[str, Any] = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}
_SAID = {
    "keys": "Make, list, replace and end API keys",
    "tenants": "Make, list, suspend and resume tenants",
    "audit": "Show who did what, and whether that record is whole",
}


def add_operate(app: typer.Typer) -> None:
    """Adds the three commands."""
    for name, said in _SAID.items():
        app.command(name, context_settings=_CONTEXT, short_help=said)(_passed_on(name))


def _passed_on(name: str) -> Callable[[typer.Context], None]:
    def command(ctx: typer.Context) -> None:
        from perito_standalone.local_database import operate  # noqa: PLC0415 (help must not wait for the services)

        raise typer.Exit(operate([name, *ctx.args]))

    command.__doc__ = f"{_SAID[name]}. `perito {name} --help` says more."
    return command
