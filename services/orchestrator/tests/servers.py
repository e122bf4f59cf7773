"""Where the tests' PostgreSQL is, and how each role reaches it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL behind a Unix socket. `pid` is its postmaster."""

    socket: Path
    pid: int

    def dsn(self, role: str, database: str) -> str:
        return f"postgresql://{role}:only-for-tests@/{database}?host={self.socket}"

    @property
    def superuser(self) -> str:
        return self.dsn("postgres", "postgres")


@dataclass(frozen=True)
class Dsns:
    """A migrated, empty database as each role sees it."""

    name: str
    superuser: str
    owner: str
    app: str
    system: str
