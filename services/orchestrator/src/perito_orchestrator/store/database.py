"""Connections: one pool per role, every unit of work bounded in time, every database error in Perito's words.

A unit of work names its tenant first; without one, row-level security shows nothing. A frozen server must not hold a
request longer than its time: when the time is up, or the caller goes away, the connection is cut rather than tidied,
because tidying waits for the server.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

import asyncpg
from perito_kernel.errors import Internal, Unavailable

from perito_orchestrator.roles import SCHEMA, Connection, refuse_unsafe_role

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    PoolConnection: TypeAlias = PoolConnectionProxy[asyncpg.Record]

__all__ = ["Connection", "Database", "in_our_words", "instant_text", "without_nul"]

_BOUNDS_TRANSACTIONS = (17,)
_CLOSE_SECONDS = 5.0

# The server is going away, has gone, or has become read-only: every other connection of the pool is as useless.
_STALE_POOL = (
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
)
_TRY_LATER = (
    *_STALE_POOL,
    asyncpg.PostgresConnectionError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InvalidTransactionStateError,  # the server ended a transaction that took too long
    asyncpg.TransactionRollbackError,  # deadlock, serialisation
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the server said goodbye while nobody asked, and has not hung up yet
    OSError,
    TimeoutError,
)


class Database:
    """A pool for one role. `seconds` bounds each unit of work, waiting for a connection included.

    The server ends a transaction that says nothing for `idle_seconds`: a frozen process must not keep its locks.
    `session` are more settings of each connection.
    """

    def __init__(
        self,
        dsn: str,
        *,
        seconds: float = 10,
        size: int = 8,
        name: str = "perito",
        idle_seconds: float = 10,
        session: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._dsn = dsn
        self._seconds = seconds
        self._size = size
        self._name = name
        self._idle_seconds = idle_seconds
        self._session = session
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def open(self) -> None:
        """Connects and refuses a role that could see past tenancy (Precondition UNSAFE_DATABASE_ROLE)."""
        async with in_our_words():
            self._pool = await asyncpg.create_pool(
                self._dsn,
                min_size=1,
                max_size=self._size,
                server_settings=self._server_settings(),
                timeout=self._seconds,
                reset=_keep,
            )
        try:
            async with self._connection() as connection:
                await refuse_unsafe_role(connection)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Closes; what does not close within five seconds is cut."""
        if self._pool is None:
            return
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()
        self._pool = None

    @asynccontextmanager
    async def unit(self, tenant: UUID | None, seconds: float | None = None) -> AsyncGenerator[Connection]:
        """One transaction as this tenant (None: as nobody). Commits on a clean exit, rolls back otherwise."""
        async with self._connection(seconds) as connection:
            transaction = connection.transaction()
            await transaction.start()
            try:
                await self._enter(connection, tenant, seconds or self._seconds)
                yield connection
            except asyncio.CancelledError:
                raise
            except BaseException:
                await transaction.rollback()
                raise
            await transaction.commit()

    async def _enter(self, connection: Connection, tenant: UUID | None, seconds: float) -> None:
        """Names the tenant, and bounds the transaction on the server too, in one round trip.

        A process that freezes in the middle of a statement is not idle to the server: only this bound takes its locks
        away. Servers before 17 do not know it and have `idle_seconds` alone.
        """
        settings = {"app.tenant": "" if tenant is None else str(tenant)}
        if connection.get_server_version() >= _BOUNDS_TRANSACTIONS:
            settings["transaction_timeout"] = f"{round(seconds * 1000)}ms"
        await connection.execute(
            "SELECT set_config(name, value, true) FROM unnest($1::text[], $2::text[]) AS s (name, value)",
            *(list(settings), list(settings.values())),
        )

    async def fetch(self, query: str, *args: Any) -> list[asyncpg.Record]:
        """One statement that needs no transaction of its own: a read function that names its tenant."""
        async with self._connection() as connection:
            return await connection.fetch(query, *args)

    @asynccontextmanager
    async def only_one(self, lock: int) -> AsyncGenerator[bool]:
        """Whether nobody else in this database holds the lock; then it is held to the end of the block, which may last.

        The lock is its connection's, and that one is not of the pool: there it would be missing all the while, and be
        cut in time as each is. It is lost with the connection, so what is done under it must be right without it too.
        """
        async with in_our_words():
            connection = await asyncpg.connect(
                self._dsn, timeout=self._seconds, command_timeout=self._seconds, server_settings=self._server_settings()
            )
        try:
            async with in_our_words():
                held = await connection.fetchval("SELECT pg_try_advisory_lock($1)", lock)
            yield held
        finally:
            await _let_go(connection)

    def _server_settings(self) -> dict[str, str]:
        return {
            "search_path": SCHEMA,
            "application_name": self._name,
            "timezone": "UTC",
            "idle_in_transaction_session_timeout": f"{round(self._idle_seconds * 1000)}ms",
            **self._session,
        }

    @asynccontextmanager
    async def _connection(self, seconds: float | None = None) -> AsyncGenerator["PoolConnection"]:
        if self._pool is None:
            raise Internal("DATABASE_NOT_OPEN", "Perito used its database before connecting to it.")
        async with in_our_words(self._pool):
            async with asyncio.timeout(seconds or self._seconds):
                connection = await self._pool.acquire()
                try:
                    yield connection
                except (asyncio.CancelledError, asyncpg.InternalClientError):
                    connection.terminate()
                    raise
                finally:
                    await self._pool.release(connection)


@asynccontextmanager
async def in_our_words(pool: "asyncpg.Pool[asyncpg.Record] | None" = None) -> AsyncGenerator[None]:
    """Turns what the driver raises into Unavailable, and drops the pool's other connections where they are stale."""
    try:
        yield
    except _TRY_LATER as error:
        if pool is not None and isinstance(error, _STALE_POOL):
            await pool.expire_connections()
        raise Unavailable(
            "DATABASE_UNAVAILABLE", "The database does not answer at the moment. Try again in a few seconds."
        ) from error


async def _let_go(connection: Connection) -> None:
    """Closes a connection that may hold a lock, which is free then at once and not only when the server finds out."""
    try:
        async with in_our_words(), asyncio.timeout(_CLOSE_SECONDS):
            await connection.execute("SELECT pg_advisory_unlock_all()")
            await connection.close()
    except Unavailable:
        pass  # it was lost, and the lock with it
    finally:
        connection.terminate()


async def _keep(_: Connection) -> None:
    """Nothing to undo between units: the tenant is local to its transaction. Spares a round trip per release."""


def without_nul(text: str) -> str:
    """The text as PostgreSQL can hold it."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def instant_text(value: datetime | None) -> str:
    """RFC 3339 in UTC, milliseconds; empty for None."""
    return "" if value is None else value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
