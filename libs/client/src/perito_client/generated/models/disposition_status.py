from typing import Literal

DispositionStatus = Literal["confirmed", "false_alarm", "in_review", "open"]

DISPOSITION_STATUS_VALUES: set[DispositionStatus] = {
    "confirmed",
    "false_alarm",
    "in_review",
    "open",
}


def check_disposition_status(value: str) -> DispositionStatus:
    if value in DISPOSITION_STATUS_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {DISPOSITION_STATUS_VALUES!r}")
