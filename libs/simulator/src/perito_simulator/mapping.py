"""The mapping that goes with a style: what each file holds and how its cells are to be read."""

import json
from collections.abc import Sequence

from perito_simulator.columns import Column, Kind
from perito_simulator.dialects import UNIT, Dialect, Target
from perito_simulator.entities import World
from perito_simulator.masters import CURRENCY, TIMEZONE
from perito_simulator.words import WORDS

_NOT_CANONICAL = {("locations", "currency")}
_CARTONS = {"table": "products", "column": "units_per_pack", "key": "product"}


def mapping_of(targets: Sequence[Target], world: World) -> str:
    """YAML that `perito analyze` takes."""
    lines = ["version: 1", f"currency: {CURRENCY}", f"timezone: {TIMEZONE}", "files:"]
    for target in targets:
        lines += [f"  {target.name}:", "    tables:", f"      {target.feed.table}:", "        columns:"]
        for column in target.columns:
            if (target.feed.name, column.name) not in _NOT_CANONICAL:
                lines.append(f"          {column.name}: {_cell(column, target.dialect)}")
        if target.location is not None:
            code = world.codes["location"][target.location].decode()
            lines.append(f"        constants: {{location: {code}}}")
    return "\n".join(lines) + "\n"


def _cell(column: Column, dialect: Dialect) -> str:
    said: dict[str, object] = {"column": dialect.header(column.name)}
    if column.kind is Kind.CODE and column.domain != "category":  # a word that people read, in small letters too
        said["normalise"] = ["trim", "upper"]
    if column.kind in {Kind.MONEY, Kind.SHARE} and dialect.decimal != ".":
        said["decimal"] = dialect.decimal
    if column.kind in {Kind.MONEY, Kind.NUMBER} and dialect.thousands:
        said |= {"decimal": dialect.decimal, "thousands": dialect.thousands}
    if column.kind is Kind.DATE:
        said["format"] = dialect.date
    if column.kind is Kind.MOMENT:
        said["format"] = dialect.date + (" %H:%M:%S" if dialect.seconds else " %H:%M")
    if column.domain in dialect.words and column.domain != "yes_no":  # yes and no are known in both languages
        said["values"] = dict(zip(dialect.words[column.domain], WORDS[column.domain], strict=True))
    if column.name == dialect.cartons:
        said["unit"] = {"column": dialect.header(UNIT.name), "factors": {"EACH": 1, "CARTON": _CARTONS}}
    if column.name == dialect.per_carton:
        said["per_unit"] = True
    return json.dumps(said, ensure_ascii=False) if len(said) > 1 else json.dumps(said["column"], ensure_ascii=False)
