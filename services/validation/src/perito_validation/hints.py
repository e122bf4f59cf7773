"""What a client knows of books that come without a mapping: parameter `hints` of a run, checked."""

import re
from collections.abc import Mapping
from typing import Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from perito_kernel.errors import Invalid
from perito_kernel.phases import Job

from perito_validation.proposal.propose import Hints

_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_SHOWN = 60


def hints_of(job: Job) -> Hints:
    """The hints of a run, none where it has none. Raises `Invalid` HINT_INVALID with a pointer."""
    given: object = job.params.get("hints", {})
    if not isinstance(given, Mapping) or set(cast("Mapping[str, Any]", given)) - {"currency", "timezone"}:
        raise _wrong("", "The hints take `currency` and `timezone`, and nothing else")
    hints = cast("Mapping[str, Any]", given)
    currency, timezone = hints.get("currency", ""), hints.get("timezone", "")
    if not isinstance(currency, str) or (currency and not _CURRENCY.fullmatch(currency)):
        raise _wrong("/currency", f"{_shown(currency)} is no ISO 4217 code of a currency: write one such as EUR")
    if not isinstance(timezone, str) or (timezone and not _is_zone(timezone)):
        raise _wrong("/timezone", f"{_shown(timezone)} is no time zone: write an IANA name such as Africa/Lagos")
    return Hints(currency, timezone)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _shown(value: object) -> str:
    return repr(value)[:_SHOWN]


def _wrong(where: str, message: str) -> Invalid:
    return Invalid("HINT_INVALID", f"{message}.", {"pointer": f"/params/hints{where}"})
