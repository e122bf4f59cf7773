"""What a finding is, in the terms every phase writes and reporting reads.

Severity, confidence and impact are three numbers and stay three: how bad it is if true, how sure we are, what it costs.
"""

import hashlib
import json
from collections.abc import Mapping
from enum import Enum


class Severity(Enum):
    """How bad, if true. The value is the word used in files and APIs."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def weight(self) -> str:
        """Share of the impact that counts towards priority, a decimal number."""
        return _WEIGHTS[self]

    @property
    def rank(self) -> int:
        """0 for info to 4 for critical."""
        return list(Severity).index(self)


_WEIGHTS = {
    Severity.CRITICAL: "1",
    Severity.HIGH: "0.6",
    Severity.MEDIUM: "0.3",
    Severity.LOW: "0.1",
    Severity.INFO: "0",
}


def canonical_json(value: object) -> str:
    """The one JSON text of a value: keys sorted, no spaces, no escapes of letters. What is hashed is always this."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def fingerprint(rule_id: str, identity: Mapping[str, str | int | None], period: str = "") -> str:
    """SHA-256 (hexadecimal) by which the same finding is known in every run. `period` is ISO 8601 or empty.

    Never give it a row number: rows move, the finding stays.
    """
    text = "\n".join([rule_id, canonical_json(dict(identity)), period])
    return hashlib.sha256(text.encode()).hexdigest()
