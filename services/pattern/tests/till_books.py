"""Tickets of made-up cashiers, for tests of the rules on tills: everything is counted, nothing is drawn."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

Row = dict[str, Any]
MONDAY = datetime(2025, 3, 3, 9)  # noqa: DTZ001  # as canonical tables hold instants
HONEST = [f"C{n}" for n in range(10)]
"""Ten cashiers: more than the eight peers without whom nobody is compared."""
_WORKDAYS = 20


def moment(day: int, minute: int = 0) -> datetime:
    """A minute of the `day`th working day from 3 March 2025, Monday to Friday, from 9:00."""
    return MONDAY + timedelta(days=day // 5 * 7 + day % 5, minutes=minute)


def at(when: datetime) -> Row:
    return {"ts": when, "ts_date": when.date()}


def line(document: str, user: str, when: datetime, **more: Any) -> Row:
    """A sale line of 10 at L1, paid by card."""
    plain = {"line": "1", "location": "L1", "till": "R1", "type": "sale", "product": "P1", "qty": 1, "tender": "card"}
    return {**plain, "document": document, "user": user, **at(when), "unit_price": 10, "line_total": 10, **more}


def sold(user: str, tickets: int = 60, **more: Any) -> list[Row]:
    """Tickets of one line, spread over four weeks, ten minutes apart."""
    return [line(f"{user}-{n}", user, moment(n % _WORKDAYS, n // _WORKDAYS * 10), **more) for n in range(tickets)]


def shop(users: Sequence[str] = HONEST, tickets: int = 60, **more: Any) -> list[Row]:
    return [row for user in users for row in sold(user, tickets, **more)]


def usual(count: int) -> int:
    """A small number that differs from one to the next: 1, 2 or 3."""
    return 1 + count % 3


def run(rule: str, folder: Path, sales: Sequence[Row], **tables: Sequence[Row]) -> Trial:
    """Tries one rule of the phase; rows keep the columns that they have."""
    rules = [one for one in load_rules("perito_pattern.rules") if one.id == rule]
    trial = try_rules(rules, {**({"sales": sales} if sales else {}), **tables}, folder)
    outcome = trial.outcomes[rule]
    broken = ("population", "function", "input", "findings", "shared view")
    assert not outcome.reason.startswith(broken), outcome.reason
    return trial


def users(trial: Trial) -> list[str]:
    """The cashiers told, in order."""
    return sorted(str(finding["identity"]["user"]) for finding in trial.findings)


def staff(roles: Mapping[str, str]) -> list[Row]:
    return [{"user": user, "role": role} for user, role in roles.items()]
