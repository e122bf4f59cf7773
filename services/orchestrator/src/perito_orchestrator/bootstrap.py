"""Makes the database and its three roles, once, as a superuser: `python -m perito_orchestrator.bootstrap`.

Safe to repeat: it sets the passwords to those of the files, which is also how they are changed. The orchestrator itself
never knows the superuser's password.
"""

import asyncio
import sys
from pathlib import Path

import asyncpg
from perito_kernel.errors import PeritoError, Unavailable
from perito_runtime.settings import manual, read_secret, read_settings
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from perito_orchestrator.process import with_user
from perito_orchestrator.roles import DATABASE, ROLES, bootstrap_roles
from perito_orchestrator.store.database import in_our_words

_AGAIN_SECONDS = 0.5


class BootstrapSettings(BaseSettings):
    """Each field is read from `PERITO_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="PERITO_", extra="ignore", frozen=True)

    superuser_database: str = Field(description="PostgreSQL without user: postgresql://host:5432/postgres")
    superuser: str = Field(default="postgres", description="The superuser's name")
    superuser_password_file: Path = Field(description="File with the superuser's password")
    database_secrets: Path = Field(description="Folder with the passwords of the roles, in files of their names")
    database_name: str = Field(default=DATABASE, description="The database to make")
    start_seconds: float = Field(default=60.0, gt=0, description="How long it waits for the database")


async def bootstrap(settings: BootstrapSettings) -> None:
    """Makes what is not there and sets every password. Raises `PeritoError`."""
    secrets = settings.database_secrets
    passwords = {role: read_secret(secrets / role, "PERITO_DATABASE_SECRETS") for role in ROLES}
    password = read_secret(settings.superuser_password_file, "PERITO_SUPERUSER_PASSWORD_FILE")
    dsn = with_user(settings.superuser_database, settings.superuser, password, "PERITO_SUPERUSER_DATABASE")
    connection = await _connected(dsn, settings.start_seconds)
    try:
        async with in_our_words():
            await bootstrap_roles(connection, passwords, settings.database_name)
    finally:
        await connection.close()


async def _connected(dsn: str, seconds: float) -> "asyncpg.Connection[asyncpg.Record]":
    """A connection, tried for so long: the database may be starting too."""
    until = asyncio.get_running_loop().time() + seconds
    while True:
        try:
            async with in_our_words():
                return await asyncpg.connect(dsn, timeout=10, server_settings={"application_name": "perito-bootstrap"})
        except Unavailable:
            if asyncio.get_running_loop().time() > until:
                raise
        except asyncpg.PostgresError as error:
            raise Unavailable("DATABASE_UNAVAILABLE", f"The database refuses its superuser: {error}") from error
        await asyncio.sleep(_AGAIN_SECONDS)


def main() -> None:
    """Exits with 2 and one sentence on stderr where it could not be done."""
    if sys.argv[1:]:
        sys.stdout.write(manual("perito_orchestrator.bootstrap", BootstrapSettings))
        return
    try:
        settings = read_settings(BootstrapSettings)
        asyncio.run(bootstrap(settings))
    except PeritoError as error:
        sys.stderr.write(f"{error.message}\n")
        sys.exit(2)
    sys.stderr.write(f"Database {settings.database_name} and the roles {', '.join(ROLES)} are there.\n")


if __name__ == "__main__":
    main()
