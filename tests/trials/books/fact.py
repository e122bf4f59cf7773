"""One measured fact of real books: what other tools counted, and what came out of Perito."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

from pydantic import JsonValue

Value = int | str | dict[str, int]


@dataclass(frozen=True)
class Fact:
    """`promised` was measured on the files with other tools than ours; decimals are texts."""

    books: str
    what: str
    promised: Value
    measured: Value

    @property
    def holds(self) -> bool:
        """Whether they are the same."""
        return self.measured == self.promised

    def figure(self) -> dict[str, JsonValue]:
        """As a record keeps it."""
        pair = {"promised": self.promised, "measured": self.measured}
        return {"books": self.books, "what": self.what, **cast("dict[str, JsonValue]", pair)}

    @staticmethod
    def of(figure: Mapping[str, object]) -> "Fact":
        """From a record."""
        books, what = str(figure["books"]), str(figure["what"])
        return Fact(books, what, cast(Value, figure["promised"]), cast(Value, figure["measured"]))

    def sentence(self) -> str:
        """What differs."""
        return f"{self.books}, {self.what}: {self.measured}, promised {self.promised}"

    def shown(self) -> str:
        """The measured value for a reader."""
        if isinstance(self.measured, dict):
            return ", ".join(f"{name} {value:,}" for name, value in self.measured.items())
        return f"{self.measured:,}" if isinstance(self.measured, int) else self.measured


def two_places(value: Decimal) -> str:
    """A share or a mean as texts of two decimals."""
    return str(round(value, 2))
