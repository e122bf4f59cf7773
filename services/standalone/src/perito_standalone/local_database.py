"""The database of a running all-in-one, for commands beside it: its data directory has the passwords and the socket."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from perito_kernel.errors import Precondition
from perito_orchestrator.operate import main
from perito_orchestrator.operations import Place
from perito_orchestrator.roles import DATABASE, OWNER, SYSTEM
from perito_runtime.logs import configure_logs

from perito_standalone.data_directory import default_data_directory, read_secrets
from perito_standalone.guarded import guarded

_SOCKET = "postgres-socket"
_PORT = 5432


def operate(arguments: Sequence[str]) -> int:
    """`perito keys`, `perito tenants`, `perito audit`. Returns the exit code."""
    configure_logs("ERROR")  # on stderr; what goes wrong is said in a sentence
    return guarded(lambda: main(arguments, "perito", place_of), lambda: None)


def place_of(data_dir: str) -> Place:
    """The database of a data directory, the default one for "". Raises Precondition NOT_SERVING and
    DATA_DIRECTORY_FOREIGN.
    """
    directory = Path(data_dir) if data_dir else default_data_directory()
    try:
        secrets = read_secrets(directory)
        sockets = (directory / _SOCKET).readlink()
    except PermissionError as error:
        raise Precondition(
            "DATA_DIRECTORY_FOREIGN", f"{directory} is not for this user: run this as whoever runs `perito serve`."
        ) from error
    except OSError as error:
        raise _not_serving(directory) from error
    if not sockets.is_dir() or not {OWNER, SYSTEM} <= secrets.keys():
        raise _not_serving(directory)
    owner, system = (
        f"postgresql://{role}:{quote(secrets[role], safe='')}@/{DATABASE}?host={sockets}&port={_PORT}"
        for role in (OWNER, SYSTEM)
    )
    return Place(owner, system)


def _not_serving(directory: Path) -> Precondition:
    return Precondition(
        "NOT_SERVING",
        f"No Perito serves the data directory {directory}. Start `perito serve` with it, name another one with"
        " --data-dir, or a database with --database and --database-secrets.",
    )
