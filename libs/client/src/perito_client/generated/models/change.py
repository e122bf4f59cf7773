from typing import Literal

Change = Literal["changed", "gone", "new"]

CHANGE_VALUES: set[Change] = {
    "changed",
    "gone",
    "new",
}


def check_change(value: str) -> Change:
    if value in CHANGE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {CHANGE_VALUES!r}")
