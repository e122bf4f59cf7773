from typing import Literal

AnalysisStatus = Literal["cancelled", "completed", "failed", "pending", "running"]

ANALYSIS_STATUS_VALUES: set[AnalysisStatus] = {
    "cancelled",
    "completed",
    "failed",
    "pending",
    "running",
}


def check_analysis_status(value: str) -> AnalysisStatus:
    if value in ANALYSIS_STATUS_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {ANALYSIS_STATUS_VALUES!r}")
