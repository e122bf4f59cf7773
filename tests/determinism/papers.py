"""Faults of numbers and documents in the large books: what the rules on papers (P-002 to P-019) look for.

Each stands on top of what the column holds otherwise: one supplier, person or document is different.
"""

from collections.abc import Mapping

from tests.determinism.columns import OVERRIDES as PLAIN
from tests.determinism.scale import SIZES as PLAIN_SIZES

# Suppliers 21 to 30 are new, and bill every other day.
_SUPPLIER, _NTH = "(i // 4 % 500)", "(i // 2000)"
_CALENDAR_DAY = "(DATE '2024-01-01' + (i // 50 % 600)::INTEGER)"
_SOMEBODY = "'USER' || (h % 200)"
_SECONDS = "INTERVAL 1 SECOND * (h % 999)::INTEGER"


def _else(table: str, column: str, otherwise: str = "NULL") -> str:
    return f"ELSE {PLAIN.get(table, {}).get(column) or otherwise} END"


_PLANTED: Mapping[str, Mapping[str, str]] = {
    "invoices": {
        # What user 6 enters begins with 49, 123 suppliers have one total, user 5 rounds, one line is far too large.
        "line_total": "CASE WHEN i // 4 % 223 = 6 THEN 49 * [1, 10, 100, 1000][h % 4 + 1] + h % 90 * 0.01"
        " WHEN i // 4 % 1009 = 13 THEN 1053.3425 WHEN i // 4 % 211 = 5 THEN 100 * (1 + h % 900)"
        " WHEN i = 132 THEN 9000000000"
        f" WHEN {_SUPPLIER} = 22 THEN 1000 * {PLAIN['invoices']['line_total']}"
        f" {_else('invoices', 'line_total')}",
        "purchase_document": f"CASE WHEN i = 132 THEN 'X132' {_else('invoices', 'purchase_document')}",
        "user": "CASE WHEN i // 4 % 223 = 6 THEN 'USER6' WHEN i // 4 % 211 = 5 THEN 'USER5'"
        f" {_else('invoices', 'user', _SOMEBODY)}",
        "supplier_number": f"CASE WHEN {_SUPPLIER} = 21 THEN 'T-' || {_NTH} {_else('invoices', 'supplier_number')}",
        "invoiced_at": f"CASE WHEN {_SUPPLIER} BETWEEN 21 AND 30 THEN DATE '2024-04-10' + ({_NTH} * 2 % 200)::INTEGER"
        f" + INTERVAL 8 HOUR {_else('invoices', 'invoiced_at')}",
        # One price of supplier 23 creeps.
        "unit_price": f"CASE WHEN {_SUPPLIER} = 23 AND i % 4 = 0 THEN 10 + 0.2 * {_NTH}"
        f" {_else('invoices', 'unit_price')}",
    },
    # Supplier 9 stays just below the limit; four orders of one day are one.
    "purchases": {
        "line_total": f"CASE WHEN {_SUPPLIER} = 9 THEN 19100 + h % 800 WHEN i BETWEEN 44 AND 47 THEN 12000"
        f" {_else('purchases', 'line_total')}",
        "requester": f"CASE WHEN i BETWEEN 44 AND 47 THEN 'USER1' {_else('purchases', 'requester', _SOMEBODY)}",
        "approver": f"CASE WHEN i BETWEEN 44 AND 47 THEN 'USER2' {_else('purchases', 'approver', _SOMEBODY)}",
    },
    "approval_limits": {
        "user": "NULL",
        "role": "NULL",
        "document_type": "'purchase'",
        "amount": "20000",
        "starts": "NULL",
        "ends": "NULL",
    },
    # Three tickets are missing, one is two hours early.
    "sale_documents": {
        "series": "'A'",
        "number": "i + CASE WHEN i > 250000 THEN 3 ELSE 0 END",
        "ts": "TIMESTAMP '2024-01-01' + INTERVAL 1 MINUTE * (i - CASE WHEN i = 777 THEN 120 ELSE 0 END)::INTEGER",
        "tendered_at": "NULL",
    },
    # Who counts what ends in five; who enters at night; who receives at the end of months.
    "counts": {"counter": f"CASE WHEN h % 150 = 0 THEN 'USER3' {_else('counts', 'counter', _SOMEBODY)}"},
    "movements": {
        "user": f"CASE WHEN h % 100 = 8 THEN 'USER8' {_else('movements', 'user', _SOMEBODY)}",
        "posted_at": "CASE WHEN h % 100 = 8 THEN DATE '2024-02-01' + (h % 500)::INTEGER + INTERVAL 3 HOUR"
        f" + {_SECONDS} {_else('movements', 'posted_at', f'{_CALENDAR_DAY} + INTERVAL 10 HOUR + {_SECONDS}')}",
    },
    "receipts": {
        "user": "CASE WHEN h % 7 = 0 AND i // 4 % 300 IN (29, 30, 58, 59, 89, 90, 119, 120, 150, 151) THEN 'USER9'"
        f" {_else('receipts', 'user', _SOMEBODY)}"
    },
    "calendars": {
        "location": "'L' || (i % 50)",
        "day": _CALENDAR_DAY,
        "opens_at": f"{_CALENDAR_DAY} + INTERVAL 8 HOUR",
        "closes_at": f"{_CALENDAR_DAY} + INTERVAL 20 HOUR",
    },
    # Supplier 31 is user 31's; 41 and 42 are one firm.
    "suppliers": {
        "name": "CASE WHEN i IN (41, 42) THEN 'Twin Foods' ELSE 'text ' || (h % 900) END",
        "address": "CASE WHEN i IN (41, 42) THEN 'Twin street 4' ELSE 'text ' || (h % 901) END",
        "phone": "CASE WHEN i = 31 THEN 'PHONE-X' ELSE 'PHONE' || (h % 900) END",
        "bank_account": "CASE WHEN i = 31 THEN 'ACCOUNT-X' ELSE 'ACCOUNT' || (h % 907) END",
        "active": "true",
        "created_at": "TIMESTAMP '2024-05-01'",
    },
    "users": {
        "phone": "CASE WHEN i = 31 THEN 'PHONE-X' ELSE 'PHONE' || (h % 911) END",
        "bank_account": "CASE WHEN i = 31 THEN 'ACCOUNT-X' ELSE 'ACCOUNT' || (h % 919) END",
    },
}
OVERRIDES: Mapping[str, Mapping[str, str]] = {
    table: {**PLAIN.get(table, {}), **_PLANTED.get(table, {})} for table in {**PLAIN, **_PLANTED}
}
SIZES: Mapping[str, int] = {**PLAIN_SIZES, "approval_limits": 8}
