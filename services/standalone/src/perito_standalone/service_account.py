"""Which user PostgreSQL runs as. It refuses to run as root, so root lends it an unprivileged user and no rights.

An operating system user `perito` is taken where there is one. Otherwise the server runs under a number that belongs to
nobody, so that no other service of the machine can read its files or signal it; `nobody` itself is shared by many.
"""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from perito_kernel.errors import Precondition

_NAME = "perito"
_UNUSED_UID = 60_854  # between systemd's ranges, assigned to nobody; below 65,536 so that it exists in containers too


@dataclass(frozen=True)
class Account:
    """A user to run as, by number. `initdb` insists on a name: it runs as `named_uid`, and its files are given on."""

    uid: int
    gid: int
    named_uid: int
    named_gid: int


def service_account() -> Account | None:
    """Whom to run PostgreSQL as: None means as ourselves, which is right for everybody but root."""
    if os.geteuid() != 0:
        return None
    try:
        own = pwd.getpwnam(_NAME)
        return Account(own.pw_uid, own.pw_gid, own.pw_uid, own.pw_gid)
    except KeyError:
        pass
    try:
        other = pwd.getpwnam("nobody")
    except KeyError:
        raise Precondition(
            "NO_SERVICE_ACCOUNT",
            "PostgreSQL does not run as root, and this machine has neither a user perito nor nobody. Make one with"
            " `useradd --system perito`, or run Perito as an ordinary user.",
        ) from None
    return Account(_UNUSED_UID, _UNUSED_UID, other.pw_uid, other.pw_gid)


def closed_parent(path: Path, uid: int, gid: int) -> Path | None:
    """The first folder on the way to `path` that the user may not pass, or None. Reads modes, changes none."""
    for folder in reversed(path.absolute().parents):
        if not _may_pass(folder.stat(), uid, gid):
            return folder
    return None


def _may_pass(found: os.stat_result, uid: int, gid: int) -> bool:
    if found.st_uid == uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == gid:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)
