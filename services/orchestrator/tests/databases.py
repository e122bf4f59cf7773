"""How each role reaches a test's database."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Dsns:
    """A migrated, empty database as each role sees it."""

    name: str
    superuser: str
    owner: str
    app: str
    system: str
