from typing import Literal

KeyStatus = Literal["active", "expired", "revoked"]

KEY_STATUS_VALUES: set[KeyStatus] = {
    "active",
    "expired",
    "revoked",
}


def check_key_status(value: str) -> KeyStatus:
    if value in KEY_STATUS_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {KEY_STATUS_VALUES!r}")
