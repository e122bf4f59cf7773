"""A report as the reporting phase writes it, small, with hostile text wherever books or clients can put any."""

from typing import Any

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
CAUSE, SYMPTOM = "a" * 64, "b" * 64
SQL = "SELECT product FROM counts WHERE counted_qty < system_qty"


def text(english: str, spanish: str) -> dict[str, str]:
    return {"en": english, "es": spanish}


def _score(value: int | None) -> dict[str, Any]:
    reason = None if value is not None else text("less than half was evaluated", "se evaluó menos de la mitad")
    return {"value": value, "reason": reason, "parts": []}


_RULE: dict[str, Any] = {
    "id": "C-035", "version": "2", "phase": "consistency", "severity": "high", "status": "failed", "unit": "counts",
    "title": text("Count difference was not posted", "Diferencia de conteo sin registrar"), "evaluated": 20400,
    "failed": 2427, "unknown": 0, "findings": 2427, "cases": 1, "reason": None, "source": "Cycle-count practice",
    "amounts": [{"currency": "NGN", "gross": "2283600.5", "net": "-10"}], "parameters": {"days": "3"}, "sql": SQL,
    "explanation": text("The difference is what was counted less what the books said.", "La diferencia es lo contado."),
    "remedy": text("Recount, then post.", "Recuente y registre."), "words": {"unit_cost": text("unit cost", "coste")},
}  # fmt: skip
_UNTESTED: dict[str, Any] = {
    **_RULE, "id": "V-026", "phase": "validation", "status": "not_applicable", "findings": 0, "amounts": [],
    "title": text("Rows outside the period", "Filas fuera del periodo"), "parameters": {}, "sql": "",
    "reason": text("needs parameter period_start", "necesita el parámetro period_start"),
}  # fmt: skip


def _finding(fingerprint: str, title: dict[str, str], cause: str | None) -> dict[str, Any]:
    return {
        "fingerprint": fingerprint, "rule_id": "C-035", "phase": "consistency", "severity": "high",
        "confidence": "0.5", "impact": "2283600.5", "currency": "NGN", "row_count": 1234,
        "identity": {"product": EVIL, "location": "WH-1", "lot": None}, "period_start": "2025-02-01",
        "period_end": "2025-02-28", "title": title, "measures": {"difference": "-66", "unit_cost": "34600"},
        "case": CAUSE, "cause": cause, "evidence_total": 3000,
        "evidence": [{"role": "count", "file": f"{EVIL}.csv", "line": 6702, "key": {"product": EVIL},
                      "values": {EVIL: "1623", "code": "00123"}}],
    }  # fmt: skip


_KPIS = [
    {"id": "K-01", "measure": "turns", "scope": "total", "key": "", "period": "", "value": "7.986551034",
     "unit": "turns", "coverage": "0.5", "reason": None},
    {"id": "K-01", "measure": "share", "scope": "total", "key": "", "period": "", "value": None, "unit": "%",
     "coverage": None, "reason": text("no sales", "sin ventas")},
    {"id": "K-01", "measure": "turns", "scope": "location", "key": EVIL, "period": "", "value": "-3.5",
     "unit": "ratio", "coverage": "1", "reason": None},
    *({"id": "K-01", "measure": "turns", "scope": "month", "key": f"2025-0{m}", "period": f"2025-0{m}",
       "value": None if m == 3 else str(m), "unit": "turns", "coverage": "1", "reason": None} for m in range(1, 7)),
]  # fmt: skip
REPORT: dict[str, Any] = {
    "schema_version": "2.1.0",
    "verdict": {"level": "high", "complete": False,
                "sentence": text("1 case needs an answer.", "1 caso pide respuesta."),
                "detail": text("All concern NGN 2,283,600.", "Todos afectan a 2.283.600 NGN.")},
    "missing_phases": [{"phase": "pattern", "reason": text("it failed", "falló")}],
    "exposure": {"by_currency": [{"currency": "NGN", "gross": "2283600.5", "net": "-10", "recoverable": "0"}],
                 "cases_by_severity": {"critical": 0, "high": 1, "medium": 3, "low": 0, "info": 0}},
    "scores": {"quality": _score(99), "integrity": _score(None), "health": _score(87)},
    "recommendations": [{"rule_id": "C-035", "title": _RULE["title"], "severity": "high", "remedy": _RULE["remedy"],
                         "cases": 1, "amounts": _RULE["amounts"]}],
    "stories": [
        {"position": 1, "rule_id": "C-035", "place": EVIL, "folded": True, "severity": "high", "currency": "NGN",
         "gross": "2283600.5", "cases": 485, "row_count": 9000, "leading_cases": [CAUSE]},
        {"position": 2, "rule_id": "C-035", "place": None, "folded": False, "severity": "medium", "currency": None,
         "gross": None, "cases": 1, "row_count": 1, "leading_cases": [CAUSE]},
    ],
    "coverage": {"rules": {"total": 56, "passed": 33, "failed": 12, "not_applicable": 11, "errored": 0},
                 "records": {"records": 110292, "rejected": 7},
                 "cells": {"cells": 5, "blanks": 1, "rejected": 2, "changed": 3},
                 "not_tested": [{"rule_id": "V-026", "title": _UNTESTED["title"], "status": "not_applicable",
                                 "reason": _UNTESTED["reason"]}]},
    "rules": [_RULE, _UNTESTED],
    "cases": [{"fingerprint": CAUSE, "case": CAUSE, "rule_id": "C-035", "phase": "consistency", "severity": "high",
               "impact": "2283600.5", "currency": "NGN", "explained": 1, "row_count": 1234, "identity": {},
               "title": text(f"{EVIL}: 66 are missing", f"{EVIL}: faltan 66"),
               "members": [CAUSE, SYMPTOM], "narrative": text("66 x 34,600.", "66 x 34.600.") | {
                   "en": ["66 x 34,600."], "es": ["66 x 34.600."]}}],
    "findings": [_finding(CAUSE, text(f"{EVIL}: 66 are missing", f"{EVIL}: faltan 66"), None),
                 _finding(SYMPTOM, text("A symptom", "Un síntoma"), CAUSE)],
    "kpis": _KPIS,
    "understanding": {
        "questions": [{"file": EVIL, "topic": "currency", "question": text("What currency?", "¿Qué moneda?"),
                       "add_yaml": "currency: NGN"}],
        "files": [{"file": EVIL, "tables": ["counts"], "columns": [
            {"source_column": EVIL, "table": "counts", "column": "product", "status": "mapped", "confidence": "0.93",
             "reason": text("by its header", "por su encabezado")},
            {"source_column": "x", "table": None, "column": None, "status": "unplaced", "confidence": None,
             "reason": text("nobody knows", "no se sabe")}]}],
    },
    "conventions": [{"name": "currency", "value": "NGN", "basis": "mapping",
                     "explanation": text("All in NGN.", "Todo en NGN.")}],
    "transformations": [{"file": "a.csv", "column": EVIL, "kind": "trim", "cells": 2500, "example_before": EVIL,
                         "example_after": "x", "explanation": text("Trimmed.", "Recortado.")}],
    "inputs": [{"name": EVIL, "tables": ["counts"], "rows": 20400, "rejected": 0, "bytes": 123456, "sha256": "0" * 64}],
}  # fmt: skip
