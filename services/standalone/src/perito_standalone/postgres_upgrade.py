"""Brings books kept by an older PostgreSQL to the version that comes with this Perito, with `pg_upgrade`.

The old files are kept beside the new ones: an upgrade that was a mistake is undone by renaming a folder.
"""

import asyncio
import contextlib
import shutil
import subprocess
from collections.abc import Generator
from pathlib import Path

from perito_kernel.errors import Precondition, Unavailable

from perito_standalone.data_directory import DataDirectory
from perito_standalone.postgres_binaries import MAJOR, installation
from perito_standalone.postgres_cluster import ENVIRONMENT, SUPERUSER, as_user, give, initialise_cluster
from perito_standalone.service_account import Account, service_account


async def upgrade_database(data_dir: Path) -> Path:
    """Upgrades the database in `data_dir`; returns where the old files are kept.

    Raises Precondition where there is nothing to upgrade or no way to, Unavailable where `pg_upgrade` fails (the old
    files are then as they were).
    """
    return await asyncio.to_thread(_upgrade, data_dir)


def _upgrade(data_dir: Path) -> Path:
    account = service_account()
    with DataDirectory(data_dir, others_may_pass=account is not None) as directory:
        old = directory.path / "postgres"
        found = _major(old)
        fresh, work = old.with_name("postgres.new"), directory.path / "upgrade"
        for left in (fresh, work):
            shutil.rmtree(left, ignore_errors=True)
        work.mkdir(mode=0o700)
        programs = [installation(major, account) / "bin" for major in (found, MAJOR)]
        password = directory.secret(SUPERUSER)
        sums = [] if _has_checksums(programs[0], old) else ["--no-data-checksums"]
        initialise_cluster(fresh, MAJOR, password, account, durable=True, options=sums)
        with _owned_by_named(account, old, fresh, work):
            done = subprocess.run(
                [
                    programs[1] / "pg_upgrade",
                    *("--old-bindir", programs[0], "--new-bindir", programs[1]),
                    *("--old-datadir", old, "--new-datadir", fresh),
                    *("--username", SUPERUSER, "--socketdir", work),
                ],
                check=False,
                capture_output=True,
                text=True,
                cwd=work,
                env=ENVIRONMENT | {"PGPASSWORD": password},
                **as_user(account, named=True),
            )
        shutil.rmtree(work, ignore_errors=True)
        if done.returncode != 0:
            raise Unavailable("UPGRADE_FAILED", f"The database was not upgraded: {(done.stdout + done.stderr)[-800:]}")
        kept = old.with_name(f"postgres.{found}")
        old.rename(kept)
        fresh.rename(old)
        return kept


@contextlib.contextmanager
def _owned_by_named(account: Account | None, *folders: Path) -> Generator[None, None, None]:
    """pg_upgrade, like initdb, insists on a user with a name; afterwards the server's own user has everything back."""
    if account is None:
        yield
        return
    try:
        for folder in folders:
            give(folder, account.named_uid, account.named_gid)
        yield
    finally:
        for folder in folders:
            give(folder, account.uid, account.gid)


def _has_checksums(programs: Path, cluster: Path) -> bool:
    """Both clusters must agree on this, and newer versions have them by default."""
    told = subprocess.run(
        [programs / "pg_controldata", cluster], capture_output=True, text=True, check=True, env=ENVIRONMENT
    )
    version = next(line for line in told.stdout.splitlines() if line.startswith("Data page checksum version:"))
    return version.split()[-1] != "0"


def _major(cluster: Path) -> int:
    found = 0
    with contextlib.suppress(FileNotFoundError, ValueError):
        found = int((cluster / "PG_VERSION").read_text(encoding="ascii"))
    if not 0 < found < MAJOR:
        raise Precondition(
            "UPGRADE_NEEDLESS", f"There is no database older than PostgreSQL {MAJOR} in {cluster.parent}."
        )
    if (cluster / "postmaster.pid").exists():
        raise Precondition(
            "UPGRADE_RUNNING",
            f"The database in {cluster.parent} was not stopped properly. Start the Perito that made it once more, stop"
            " it, and upgrade then.",
        )
    return found
