from typing import Literal

ExportReportLang = Literal["en", "es"]

EXPORT_REPORT_LANG_VALUES: set[ExportReportLang] = {
    "en",
    "es",
}


def check_export_report_lang(value: str) -> ExportReportLang:
    if value in EXPORT_REPORT_LANG_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {EXPORT_REPORT_LANG_VALUES!r}")
