"""How much a tenant may have where nothing else is said of it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Quotas:
    """The most that a tenant may have, 0 for no bound: analyses that have not ended, those of them that run at once
    (the others wait), bytes of books and results, datasets.
    """

    analyses: int = 0
    running: int = 0
    bytes: int = 0
    datasets: int = 0

    def session(self) -> dict[str, str]:
        """Settings of a database connection that make these the defaults of every tenant."""
        values = {"analyses": self.analyses, "running": self.running, "bytes": self.bytes, "datasets": self.datasets}
        return {f"app.quota_{name}": str(value) for name, value in values.items()}
