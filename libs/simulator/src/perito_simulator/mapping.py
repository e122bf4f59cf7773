"""The mapping that goes with a style: what each file holds and how its cells are to be read."""

import json
from collections.abc import Sequence

from perito_simulator.feeds import Column, Kind
from perito_simulator.masters import CURRENCY, TIMEZONE
from perito_simulator.styles import Dialect, Target

_NOT_CANONICAL = {("locations", "currency")}


def mapping_of(targets: Sequence[Target]) -> str:
    """YAML that `perito analyze` takes."""
    lines = ["version: 1", f"currency: {CURRENCY}", f"timezone: {TIMEZONE}", "files:"]
    for target in targets:
        lines += [f"  {target.name}:", "    tables:", f"      {target.feed.name}:", "        columns:"]
        for column in target.feed.columns:
            if (target.feed.name, column.name) not in _NOT_CANONICAL:
                lines.append(f"          {column.name}: {_cell(column, target.dialect)}")
    return "\n".join(lines) + "\n"


def _cell(column: Column, dialect: Dialect) -> str:
    said: dict[str, str | list[str]] = {"column": dialect.headers.get(column.name, column.name)}
    if column.kind is Kind.CODE:
        said["normalise"] = ["trim", "upper"]
    if column.kind in {Kind.MONEY, Kind.SHARE} and dialect.decimal != ".":
        said["decimal"] = dialect.decimal
    if column.kind in {Kind.MONEY, Kind.NUMBER} and dialect.thousands:
        said["thousands"] = dialect.thousands
    if column.kind is Kind.DATE:
        said["format"] = dialect.date
    if column.kind is Kind.MOMENT:
        said["format"] = dialect.date + (" %H:%M:%S" if dialect.seconds else " %H:%M")
    return str(said["column"]) if len(said) == 1 else json.dumps(said, ensure_ascii=False)
