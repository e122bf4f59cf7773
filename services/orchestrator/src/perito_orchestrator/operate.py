"""Commands for whoever runs Perito: keys, tenants, audit log. `python -m perito_orchestrator.operate --help`.

The same words as `perito keys`, `perito tenants` and `perito audit`, for places where there is an orchestrator and no
`perito`: its container. It speaks to the database and to nothing else, so it works whether or not anything serves.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from perito_kernel.errors import Invalid, PeritoError
from perito_runtime.settings import read_secret

from perito_orchestrator import operate_print as printed
from perito_orchestrator.keys import SCOPES
from perito_orchestrator.operations import Operations, Place, opened
from perito_orchestrator.process import with_user
from perito_orchestrator.roles import OWNER, SYSTEM

Work = Callable[[Operations, argparse.Namespace], Awaitable[int]]
Commands = Callable[..., argparse.ArgumentParser]
"""Adds a command by its name."""
LocalPlace = Callable[[str], Place]
"""From a data directory (empty: the default one) to its database."""

_RATES = "requests a minute of its own, such as read=1000,submit=50"
_EXAMPLES = """examples:
  {prog} keys create --name "till system" --scopes read,submit --days 365
  {prog} keys rotate 8sVbq2Zk0nXcT4aL --overlap-hours 48
  {prog} keys rates 8sVbq2Zk0nXcT4aL read=1000,submit=50
  {prog} tenants suspend "Shop Ltd" --reason "invoice 2211"
  {prog} audit verify

exit code: 0 done; 1 the audit log is broken; 2 it could not be done, and it says why.
"""


def main(arguments: Sequence[str], prog: str, local: LocalPlace | None = None) -> int:
    """Does what the words say. Returns the exit code. `local` finds the database of a data directory."""
    chosen = _parser(prog, local is not None).parse_args(arguments)
    work: Work = chosen.work
    try:
        return asyncio.run(_with_database(_place(chosen, local), work, chosen))
    except PeritoError as error:
        sys.stderr.write(f"{error.message}\n")
        return 2


async def _with_database(place: Place, work: Work, chosen: argparse.Namespace) -> int:
    async with opened(place) as operations:
        return await work(operations, chosen)


def _place(chosen: argparse.Namespace, local: LocalPlace | None) -> Place:
    if local is not None and (chosen.data_dir or not chosen.database):
        return local(chosen.data_dir)
    if not (chosen.database and chosen.database_secrets):
        raise Invalid(
            "OPTION_INVALID",
            "Which database? Name it with --database and --database-secrets, or PERITO_DATABASE and"
            " PERITO_DATABASE_SECRETS, as the orchestrator has them.",
        )
    secrets = Path(chosen.database_secrets)
    owner, system = (
        with_user(chosen.database, role, read_secret(secrets / role, "PERITO_DATABASE_SECRETS"), "PERITO_DATABASE")
        for role in (OWNER, SYSTEM)
    )
    return Place(owner, system)


def _parser(prog: str, local: bool) -> argparse.ArgumentParser:
    plain = argparse.RawDescriptionHelpFormatter
    top = argparse.ArgumentParser(
        prog=prog, description=__doc__, epilog=_EXAMPLES.format(prog=prog), formatter_class=plain
    )
    where = argparse.ArgumentParser(add_help=False)
    if local:
        where.add_argument("--data-dir", default="", help="the data directory of a running `perito serve`")
    where.add_argument(
        "--database", default=os.environ.get("PERITO_DATABASE", ""), help="postgresql://host:5432/perito, without user"
    )
    where.add_argument(
        "--database-secrets",
        default=os.environ.get("PERITO_DATABASE_SECRETS", ""),
        help="folder with the passwords of perito_owner and perito_system",
    )
    what = top.add_subparsers(required=True, metavar="keys | tenants | audit")
    for name, said, add in (
        ("keys", "API keys of a tenant", _add_keys),
        ("tenants", "those who have keys and books", _add_tenants),
        ("audit", "who did what", _add_audit),
    ):
        commands = what.add_parser(name, help=said, description=said).add_subparsers(required=True, metavar="COMMAND")
        add(commands.add_parser, where)
    return top


def _add_keys(commands: Commands, where: argparse.ArgumentParser) -> None:
    create = _command(commands, "create", "make a key; it is printed once", where, printed.create_key)
    _of_tenant(create)
    create.add_argument("--name", required=True, help="for people: what or who uses it")
    create.add_argument("--scopes", required=True, type=_words, help=f"by commas, of {','.join(SCOPES)}")
    create.add_argument("--days", type=float, help="so long it works; left out: until it is revoked")
    create.add_argument("--rates", default={}, type=_rates, metavar="SCOPE=N,...", help=_RATES)
    _of_tenant(_command(commands, "list", "keys of a tenant, newest first", where, printed.list_keys))
    rotate = _command(commands, "rotate", "make a key in the place of another", where, printed.rotate_key)
    rotate.add_argument("key_id", metavar="KEY_ID")
    rotate.add_argument("--overlap-hours", type=float, default=24.0, help="so long the old one still works (24)")
    rotate.add_argument("--days", type=float, help="so long the new one works; left out: as long as the old one would")
    rates = _command(commands, "rates", "give a key quotas of its own, and no others", where, printed.set_rates)
    rates.add_argument("key_id", metavar="KEY_ID")
    rates.add_argument("rates", type=_rates, metavar="SCOPE=N,...", help=f"{_RATES}; '' for none of its own")
    revoke = _command(commands, "revoke", "end a key, everywhere within five seconds", where, printed.revoke_key)
    revoke.add_argument("key_id", metavar="KEY_ID")
    revoke.add_argument("--last", action="store_true", help="also the last one that may manage keys")


def _add_tenants(commands: Commands, where: argparse.ArgumentParser) -> None:
    create = _command(commands, "create", "make a tenant; then make it a key", where, printed.create_tenant)
    create.add_argument("name", metavar="NAME")
    _command(commands, "list", "tenants, oldest first", where, printed.list_tenants)
    suspend = _command(commands, "suspend", "refuse a tenant's keys within five seconds", where, printed.suspend)
    suspend.add_argument("tenant", metavar="TENANT", help="its id, or its name")
    suspend.add_argument("--reason", default="", help="for the audit log")
    resume = _command(commands, "resume", "let a suspended tenant's keys work again", where, printed.resume)
    resume.add_argument("tenant", metavar="TENANT", help="its id, or its name")
    quota = _command(commands, "quota", "what a tenant may have at once, shown and set", where, printed.quotas)
    quota.add_argument("tenant", metavar="TENANT", help="its id, or its name")
    for name, said in (
        ("analyses", "that have not ended"),
        ("running", "analyses that run"),
        ("bytes", "of books and results, such as 50GiB"),
        ("datasets", "that are kept"),
    ):
        quota.add_argument(f"--{name}", metavar="N", help=f"{said}; 0: no bound, default: as the deployment says")


def _add_audit(commands: Commands, where: argparse.ArgumentParser) -> None:
    listed = _command(commands, "list", "who did what, newest first", where, printed.list_records)
    _of_tenant(listed)
    listed.add_argument("--most", type=int, default=100, choices=range(1, 100_001), metavar="N", help="so many (100)")
    verify = _command(commands, "verify", "whether a record was changed, moved or removed", where, printed.verify)
    verify.add_argument("--tenant", default="", help="this one alone, by id or name")
    verify.add_argument(
        "--head", default="", metavar="N:DIGEST", help="what an earlier verify printed: it must be there still"
    )


def _command(
    commands: Commands,
    name: str,
    said: str,
    where: argparse.ArgumentParser,
    work: Work,
) -> argparse.ArgumentParser:
    command = commands(name, help=said, description=said, parents=[where])
    command.set_defaults(work=work)
    return command


def _of_tenant(command: argparse.ArgumentParser) -> None:
    command.add_argument("--tenant", default="", help="by id or name; not needed where there is one")


def _words(text: str) -> list[str]:
    return [word for word in text.replace(" ", "").split(",") if word]


def _rates(text: str) -> dict[str, int]:
    pairs = [word.partition("=") for word in _words(text)]
    if not all(number.isascii() and number.isdecimal() and len(number) < 12 for _, _, number in pairs):
        raise argparse.ArgumentTypeError("quotas are written as read=1000,submit=50")
    return {scope: int(number) for scope, _, number in pairs}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], "python -m perito_orchestrator.operate"))
