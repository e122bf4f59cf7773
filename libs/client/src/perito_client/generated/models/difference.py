from typing import Literal

Difference = Literal["confidence", "explained", "impact", "measures", "row_count", "severity"]

DIFFERENCE_VALUES: set[Difference] = {
    "confidence",
    "explained",
    "impact",
    "measures",
    "row_count",
    "severity",
}


def check_difference(value: str) -> Difference:
    if value in DIFFERENCE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {DIFFERENCE_VALUES!r}")
