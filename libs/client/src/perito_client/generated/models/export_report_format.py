from typing import Literal

ExportReportFormat = Literal["html", "json"]

EXPORT_REPORT_FORMAT_VALUES: set[ExportReportFormat] = {
    "html",
    "json",
}


def check_export_report_format(value: str) -> ExportReportFormat:
    if value in EXPORT_REPORT_FORMAT_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {EXPORT_REPORT_FORMAT_VALUES!r}")
