"""The rows by what they break: each module enters its own."""

import importlib
import pkgutil
import re

from tests.faults.row import ROWS, Row


def every_row() -> dict[str, Row]:
    """The table, by number."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return dict(sorted(ROWS.items(), key=lambda entry: place(entry[0])))


def place(number: str) -> tuple[int, str]:
    """`9c` comes after `9b` and before `10a`."""
    found = re.match(r"\d+", number)
    return int(found[0]) if found else 0, number
