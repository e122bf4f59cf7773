"""Runs a tenant's own rule on the example that its file brings: a planted fault it must find, and a clean neighbour.

The example stands in the header, so that it goes wherever the rule goes:

    example:
      tables:
        sales:
          - {document: T1, line: 1, product: A, qty: 2, unit_price: "0.50"}
      parameters: {least: "1.00"}        (where other than the defaults)
      finds:
        - {product: A}                   (the identity of each finding, and no others)
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from perito_kernel.errors import Invalid, PeritoError
from perito_kernel.phases import RuleStatus

from perito_rules.canonical import SYSTEM_TABLES, ColumnType, load_canonical
from perito_rules.model import Rule

if TYPE_CHECKING:
    from perito_rules.trial import Rows

_MOST_ROWS = 1_000
Identity = Mapping[str, str | None]


@dataclass(frozen=True)
class Tried:
    """What became of an example. `missed` it should have found, `false` it should not; `reason` says why it could not
    be run, or what it lacks; `evaluated` is counted in the rule's unit."""

    missed: tuple[Identity, ...] = ()
    false: tuple[Identity, ...] = ()
    found: int = 0
    evaluated: int = 0
    reason: str = ""

    @property
    def passed(self) -> bool:
        """Whether the rule found what it should and nothing else, with a clean neighbour to prove it."""
        return not (self.missed or self.false or self.reason)


def try_example(rule: Rule, folder: Path) -> Tried:
    """Runs a checked rule on its example, below `folder`. Raises `Invalid` EXAMPLE_INVALID where the file has none that
    could be run."""
    from perito_rules.trial import try_rules  # noqa: PLC0415  # it brings the engine

    example = rule.header.get("example")
    if not isinstance(example, Mapping):
        raise _invalid(rule, "the header has no example: add tables, and the identities it finds (docs/own-rules.md)")
    told = cast("Mapping[str, Any]", example)
    wanted = [_identity(rule, entry) for entry in _list(rule, told.get("finds"), "finds")]
    if not wanted:
        raise _invalid(rule, "example.finds names nothing: plant at least one fault")
    tables = _tables(rule, told.get("tables"))
    given = cast("Mapping[str, object]", told.get("parameters") or {})
    try:
        trial = try_rules([rule], tables, folder, params={rule.id: given})
    except PeritoError as error:
        raise _invalid(rule, error.message) from error
    except Exception as error:
        raise _invalid(rule, f"its tables cannot be made ({' '.join(str(error).split())[:200]})") from error
    outcome = trial.outcomes[rule.id]
    if outcome.status not in {RuleStatus.PASSED, RuleStatus.FAILED}:
        return Tried(reason=f"the rule was {outcome.status.value.replace('_', ' ')}: {outcome.reason}")
    found = [_texts(finding["identity"]) for finding in trial.findings]
    clean = "" if outcome.evaluated > outcome.failed else "no clean neighbour: add a row that it must not find"
    missed = tuple(identity for identity in wanted if identity not in found)
    false = tuple(identity for identity in found if identity not in wanted)
    return Tried(missed, false, len(found), outcome.evaluated, clean if not (missed or false) else "")


def _tables(rule: Rule, raw: object) -> dict[str, "Rows | Path"]:
    known = {**load_canonical(), **SYSTEM_TABLES}
    if not isinstance(raw, Mapping) or not raw:
        raise _invalid(rule, "example.tables must hold rows for each table of needs")
    tables: dict[str, Rows | Path] = {}
    for name, rows in cast("Mapping[str, Any]", raw).items():
        if name not in known:
            raise _invalid(rule, f"example.tables: there is no table {name[:40]!r}")
        moments = [c.name for c in known[name].columns.values() if c.type is ColumnType.TIMESTAMP]
        tables[name] = [_dated(row, moments) for row in _list(rule, rows, f"tables.{name}")]
    return tables


def _list(rule: Rule, raw: object, what: str) -> list[Mapping[str, Any]]:
    entries = cast("list[Any]", raw) if isinstance(raw, list) else []
    if not isinstance(raw, list) or len(entries) > _MOST_ROWS or not all(isinstance(e, Mapping) for e in entries):
        raise _invalid(rule, f"example.{what} must be a list of at most {_MOST_ROWS} rows like {{product: A}}")
    return entries


def _dated(row: Mapping[str, Any], moments: Sequence[str]) -> dict[str, Any]:
    """A row with the local dates that validation gives to moments."""
    days = {f"{name}_date": str(row[name])[:10] for name in moments if row.get(name) is not None}
    return {**days, **row}


def _identity(rule: Rule, entry: Mapping[str, Any]) -> Identity:
    if set(entry) != set(rule.identity):
        raise _invalid(rule, f"example.finds: each entry names {', '.join(rule.identity)} and nothing else")
    return _texts(entry)


def _texts(identity: Mapping[str, Any]) -> Identity:
    return {name: _text(value) for name, value in sorted(identity.items())}


def _text(value: object) -> str | None:
    if isinstance(value, datetime.datetime):
        return value.isoformat() + "Z"
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


def _invalid(rule: Rule, why: str) -> Invalid:
    return Invalid("EXAMPLE_INVALID", f"{rule.file}: {why}.", {"file": rule.file})
