from typing import Literal

ScopeName = Literal["admin", "metrics", "read", "rules", "submit"]

SCOPE_NAME_VALUES: set[ScopeName] = {
    "admin",
    "metrics",
    "read",
    "rules",
    "submit",
}


def check_scope_name(value: str) -> ScopeName:
    if value in SCOPE_NAME_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {SCOPE_NAME_VALUES!r}")
