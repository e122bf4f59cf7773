"""Makes PostgreSQL's own files: `initdb` as an unprivileged user, with a password from the first moment."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

from perito_kernel.errors import Unavailable

from perito_standalone.data_directory import write_private
from perito_standalone.postgres_binaries import installation
from perito_standalone.service_account import Account

SUPERUSER = "postgres"
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


class AsUser(TypedDict, total=False):
    """Arguments of `subprocess` for running as somebody else; none for running as ourselves."""

    user: int
    group: int
    extra_groups: list[int]


def initialise_cluster(
    cluster: Path, major: int, password: str, account: Account | None, *, durable: bool, options: Sequence[str] = ()
) -> None:
    """Runs `initdb` with a password for the superuser, UTF-8 and an order of text that no machine's locale changes."""
    named = account.named_uid if account else None
    cluster.mkdir(mode=0o700)
    word = cluster.with_name(".initdb-password")
    write_private(word, password, uid=named)
    if account:
        os.chown(cluster, account.named_uid, account.named_gid)
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if major >= 17 else []
    command = [
        str(installation(major, account) / "bin" / "initdb"),
        *("-D", str(cluster), "-U", SUPERUSER, "-A", "scram-sha-256", f"--pwfile={word}", "-E", "UTF8", "--locale=C"),
        *([] if durable else ["--no-sync"]),
        *locale,
        *options,
    ]
    try:
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            cwd=cluster,
            env=ENVIRONMENT,
            **as_user(account, named=True),
        )
    finally:
        word.unlink(missing_ok=True)
    if done.returncode != 0:
        raise Unavailable("POSTGRES_INITDB", f"PostgreSQL's files could not be made: {done.stderr.strip()[-500:]}")
    if account:
        give(cluster, account.uid, account.gid)


def give(folder: Path, uid: int, gid: int) -> None:
    """Makes a user the owner of a folder and all in it."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, uid, gid, follow_symlinks=False)


def as_user(account: Account | None, *, named: bool = False) -> AsUser:
    """Whom `subprocess` should run a program as; `named` where the program insists on a user with a name."""
    if account is None:
        return {}
    uid, gid = (account.named_uid, account.named_gid) if named else (account.uid, account.gid)
    return {"user": uid, "group": gid, "extra_groups": []}
