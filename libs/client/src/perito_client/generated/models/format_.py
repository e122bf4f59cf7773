from typing import Literal

Format = Literal["csv", "html", "json"]

FORMAT_VALUES: set[Format] = {
    "csv",
    "html",
    "json",
}


def check_format(value: str) -> Format:
    if value in FORMAT_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {FORMAT_VALUES!r}")
