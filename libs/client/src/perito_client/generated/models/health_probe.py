from typing import Literal

HealthProbe = Literal["live", "ready"]

HEALTH_PROBE_VALUES: set[HealthProbe] = {
    "live",
    "ready",
}


def check_health_probe(value: str) -> HealthProbe:
    if value in HEALTH_PROBE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {HEALTH_PROBE_VALUES!r}")
