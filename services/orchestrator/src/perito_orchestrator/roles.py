"""Database roles: made once by a superuser, and refused at start where they could see more than one tenant.

`perito_owner` owns the schema and runs migrations, `perito_app` serves requests and workers, `perito_system` relays,
reconciles and looks keys up. None is a superuser and none bypasses row-level security; what each may do is granted by
the migrations.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from perito_kernel.errors import Precondition

if TYPE_CHECKING:
    import asyncpg
    from asyncpg.pool import PoolConnectionProxy

OWNER = "perito_owner"
APP = "perito_app"
SYSTEM = "perito_system"
ROLES: tuple[str, ...] = (OWNER, APP, SYSTEM)
DATABASE = "perito"
SCHEMA = "perito"

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"


async def bootstrap_roles(superuser: Connection, passwords: Mapping[str, str], database: str = DATABASE) -> None:
    """Makes the three roles (with these passwords, by role name) and the database. Safe to repeat; sets passwords anew.

    The connection must be a superuser's, outside a transaction: CREATE DATABASE allows none.
    """
    for role in ROLES:
        exists = await superuser.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role)
        verb = "ALTER" if exists else "CREATE"
        await _run(
            superuser,
            verb + " ROLE %I LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION INHERIT PASSWORD %L",
            role,
            passwords[role],
        )
    if not await superuser.fetchval("SELECT true FROM pg_database WHERE datname = $1", database):
        await _run(superuser, "CREATE DATABASE %I OWNER %I", database, OWNER)
    await _run(superuser, "REVOKE ALL ON DATABASE %I FROM PUBLIC", database)
    for role in (APP, SYSTEM):
        await _run(superuser, "GRANT CONNECT ON DATABASE %I TO %I", database, role)


async def _run(connection: Connection, template: str, *names: str) -> None:
    """Executes a statement whose names and literals PostgreSQL itself has quoted (utility statements take no $1)."""
    places = ", ".join(f"${i + 2}::text" for i in range(len(names)))
    statement = await connection.fetchval(f"SELECT format($1::text, {places})", template, *names)
    await connection.execute(statement)


async def refuse_unsafe_role(connection: Connection) -> None:
    """Raises Precondition UNSAFE_DATABASE_ROLE where this connection could read past row-level security.

    A superuser sees every tenant's rows whatever FORCE says, and so does whoever may become one by SET ROLE.
    """
    unsafe = await connection.fetch(
        "SELECT rolname, rolsuper FROM pg_roles WHERE (rolsuper OR rolbypassrls)"
        " AND (pg_has_role(session_user, oid, 'MEMBER') OR rolname IN (session_user, current_user)) ORDER BY rolname"
    )
    if not unsafe:
        return
    user = await connection.fetchval("SELECT session_user::text")
    through = ", ".join(row["rolname"] for row in unsafe)
    raise Precondition(
        "UNSAFE_DATABASE_ROLE",
        f"The database role {user} may read every tenant's data (through {through}). Let requests connect as {APP}, or"
        " as another role that is neither a superuser nor bypasses row-level security, and start again.",
        {"role": str(user)},
    )
