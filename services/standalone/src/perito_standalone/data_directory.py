"""The data directory of an all-in-one: who may open it, who holds it, and the secrets it keeps.

One process at a time holds a data directory, by a lock on a file in it; whoever comes second is told who holds it.
Nothing outside the directory is changed, and what this process makes for itself is closed to other users.
"""

import fcntl
import json
import os
import secrets
import shutil
import tempfile
import time
from pathlib import Path
from types import TracebackType

from perito_kernel.errors import Conflict, Precondition

_LOCK = "lock"
_SECRETS = "secrets.json"
PSEUDONYM_SECRET = "pseudonyms"  # noqa: S105  # a name
WEBHOOK_SECRET = "webhooks"  # noqa: S105  # a name
"""Name of the secret of which tenants' keys of pseudonyms are made."""

_WATCHDOG_MARK = "watchdog"
_WATCHDOG_PATIENCE_SECONDS = 30.0  # it is stopping a forgotten server
_PROBE_PATIENCE_SECONDS = 0.5  # a watchdog that looks whether somebody came has the lock for an instant


def default_data_directory() -> Path:
    """/var/lib/perito/data for root, else the user's own share of XDG_DATA_HOME."""
    if os.geteuid() == 0:
        return Path("/var/lib/perito/data")
    home = os.environ.get("XDG_DATA_HOME", "")
    return (Path(home) if home else Path.home() / ".local" / "share") / "perito"


class DataDirectory:
    """An open data directory: exists, belongs to this user, and is locked while the `with` block lasts.

    Raises Conflict DATA_DIRECTORY_IN_USE where another process holds it, Precondition where it cannot be used.
    """

    def __init__(self, path: Path, *, others_may_pass: bool) -> None:
        self.path = path.absolute()
        self._mode = 0o711 if others_may_pass else 0o700  # PostgreSQL under its own user must pass through
        self._lock: int | None = None

    def __enter__(self) -> "DataDirectory":
        try:
            make_folders(self.path, self._mode)
            owner = self.path.stat().st_uid
        except OSError as cause:
            raise Precondition(
                "DATA_DIRECTORY_UNUSABLE",
                f"The data directory {self.path} cannot be made or read ({cause.strerror}). Name another one with"
                " --data-dir.",
                {"path": str(self.path)},
            ) from cause
        if owner != os.geteuid():
            raise Precondition(
                "DATA_DIRECTORY_FOREIGN",
                f"The data directory {self.path} belongs to user {owner}, this is user {os.geteuid()}. Run as its"
                " owner, or name another one with --data-dir.",
                {"path": str(self.path)},
            )
        if not self.lock_path.exists() and any(self.path.iterdir()):
            raise Precondition(
                "DATA_DIRECTORY_NOT_EMPTY",
                f"{self.path} holds files that Perito did not make. Name an empty or a new directory with --data-dir.",
                {"path": str(self.path)},
            )
        self._hold()
        self.path.chmod(self._mode)
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @property
    def lock_path(self) -> Path:
        """The file whose lock means that somebody holds the directory."""
        return self.path / _LOCK

    def _hold(self) -> None:
        descriptor = os.open(self.lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        begun = time.monotonic()
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                holder = os.pread(descriptor, 100, 0).decode("ascii", "replace").strip()
                patience = _WATCHDOG_PATIENCE_SECONDS if holder.startswith(_WATCHDOG_MARK) else _PROBE_PATIENCE_SECONDS
                if time.monotonic() - begun < patience:
                    time.sleep(0.05)
                    continue
                os.close(descriptor)
                raise _in_use(self.path, holder) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._lock = descriptor

    def secret(self, name: str) -> str:
        """The secret of this name, made at random when first asked for; kept in a file only its owner can read."""
        path = self.path / _SECRETS
        known = read_secrets(self.path)
        if name not in known:
            known[name] = secrets.token_urlsafe(32)
            write_private(path, json.dumps(known, indent=1, sort_keys=True) + "\n")
        return known[name]


def read_secrets(path: Path) -> dict[str, str]:
    """The secrets of a data directory by name, {} where it has none yet. Raises OSError where they are not for us."""
    kept = path / _SECRETS
    return json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}


def _in_use(path: Path, holder: str) -> Conflict:
    return Conflict(
        "DATA_DIRECTORY_IN_USE",
        f"The data directory {path} is in use by process {holder or 'unknown'}. Stop that process first, or name"
        " another directory with --data-dir.",
        {"path": str(path), "holder": holder},
    )


def make_folders(path: Path, mode: int) -> None:
    """Makes `path` and what is missing above it, with this mode whatever the umask. What exists stays as it is."""
    if not path.is_dir():
        make_folders(path.parent, mode)
        path.mkdir()
        path.chmod(mode)


def write_private(path: Path, text: str, *, uid: int | None = None) -> None:
    """Writes a file whole or not at all, readable by its owner only (by user `uid` where given)."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if uid is not None:
            os.chown(name, uid, uid)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def socket_folder(purpose: str, known_as: Path) -> Path:
    """A new folder of our own (0700) with a short path, for sockets: their paths may have at most 107 characters.

    `known_as` becomes a link to it, by which the folder that a killed process left is found and removed here.
    """
    remove_socket_folder(known_as)
    folder = Path(tempfile.mkdtemp(prefix=f"perito-{purpose}-", dir="/tmp"))
    known_as.symlink_to(folder)
    return folder


def remove_socket_folder(known_as: Path) -> None:
    """Removes the folder and the link, where they are."""
    if known_as.is_symlink():
        shutil.rmtree(known_as.readlink(), ignore_errors=True)
        known_as.unlink()
