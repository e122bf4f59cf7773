from typing import Literal

PlacementStatus = Literal["constant", "joined", "mapped", "not_used", "unplaced"]

PLACEMENT_STATUS_VALUES: set[PlacementStatus] = {
    "constant",
    "joined",
    "mapped",
    "not_used",
    "unplaced",
}


def check_placement_status(value: str) -> PlacementStatus:
    if value in PLACEMENT_STATUS_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {PLACEMENT_STATUS_VALUES!r}")
