"""What stands in the columns of the large books: expressions over a row's number, and the faults planted in them.

Columns that are not named here are made by their canonical type. Where a rule needs books that hang together (a roll-
forward that mostly holds, invoices that mostly differ), `OVERRIDES` says so, and plants the faults that rules find.
"""

from collections.abc import Mapping

from tests.determinism.system_columns import SYSTEM

# i is the row's number, h a hash of it; p, l and d its product, location and month.
_DAY = "(DATE '2024-01-31' + (d * 30 + 1 + h % 29)::INTEGER)"
_NUMBERED = "CASE WHEN i > 0 AND h % 1009 = 0 THEN 'D' || (i - 1) WHEN h % 50021 > 0 THEN 'D' || i END"
# Invoices of four lines; one in 300 is an edited copy of the one 500 before it, of the same supplier and products.
_IS_COPY = "i // 4 % 300 = 9 AND i > 2000"
_CHARGED = f"(i // 4 - CASE WHEN {_IS_COPY} THEN 500 ELSE 0 END)"
# Stock grows by ten a month; a product in 400 begins below zero, and of another three months' rows share an instant.
# Goods that leave on transfers, and a product of which all that is sold comes back.
_SENT_AWAY, _COMES_BACK = "p % 10 = 4 AND i // 400 % 2 = 0", "p = 28"
# One product is sold by a shop whose sales stand in the ledger, in lots; a few with one unit less.
_AT_SHOP = "p = 16"
_BOOK = (
    "CASE WHEN p = 11 THEN -30 ELSE 1000 END"
    f" + CASE WHEN {_SENT_AWAY} THEN -20 WHEN {_COMES_BACK} THEN 0 ELSE 10 END * d"
)
_SOLD = f"CASE WHEN {_COMES_BACK} THEN 15 ELSE 5 END"
_PLACE = f"CASE WHEN {_AT_SHOP} THEN 'SHOP' ELSE 'L' || l END"
_SENT = "DATE '2024-01-31' + (i // 1000 * 30 + 3)::INTEGER + INTERVAL 9 HOUR"
_COUNTED = "CASE WHEN h % 50 = 0 THEN (CASE WHEN h % 3 = 0 THEN 15 ELSE -2 END) ELSE 0 END"
# Values at a cost of 10, all falling, as the balances do. One product leaves at more than its average in one month; the
# general ledger has it at the average, and lacks a few documents.
_VALUE_DELTA = f"CASE WHEN p = 17 AND d = 12 AND l < 20 THEN -190 WHEN {_SENT_AWAY} THEN 150 ELSE -150 END"
_VOUCHER = (
    "CASE WHEN p % 10 = 4 THEN 'T' || (i // 800 * 40 + p // 10)"
    f" WHEN {_COMES_BACK} THEN 'R' || i WHEN h % 217 = 0 AND p % 10 <> 2 THEN NULL"
    " WHEN p % 10 <> 2 OR h % 503 = 0 THEN 'X' || i ELSE 'D' || i END"
)
_PRICE = "(1 + h % 1000 * 0.01)"
_DEAR, _MANY = "CASE WHEN h % 317 = 0 THEN 1 ELSE 0 END", "CASE WHEN h % 313 = 0 THEN 7 ELSE 0 END"
# Cashiers of tickets, two tickets running; those from 7 to 16 each do what one rule on tills looks for.
_CASHIER = "(hash(i // 2) % 100)::BIGINT"
_AT_TILL = (
    f"CASE WHEN {_CASHIER} = 11 AND d = 3 THEN TIMESTAMP '2024-05-05 10:00:00' + INTERVAL 1 MINUTE * (i % 10)::INTEGER"
    # Two months of some cashiers are one long day each, so that a shift has tickets enough.
    f" WHEN ({_CASHIER} IN (12, 13) OR {_CASHIER} BETWEEN 20 AND 40) AND d IN (4, 5)"
    " THEN DATE '2024-01-31' + (d * 30 + 5)::INTEGER + INTERVAL 9 HOUR"
    " + INTERVAL 1 MINUTE * (hash(i // 2, 'minute') % 480 + i % 2 * 2)::INTEGER"
    " ELSE DATE '2024-01-31' + (d * 30 + 1 + hash(i // 2) % 29)::INTEGER + INTERVAL 8 HOUR"
    " + INTERVAL 1 MINUTE * (hash(i // 2, 'minute') % 480 + i % 2 * 2)::INTEGER END"
)
_MOVED = (
    f"CASE WHEN {_AT_SHOP} THEN {_AT_TILL} ELSE"
    f" CASE WHEN p = 7 THEN DATE '2024-02-09' + (d // 3 * 90)::INTEGER ELSE {_DAY} END + INTERVAL 12 HOUR END"
)
_RUNG_UP = (
    f"CASE {_CASHIER} WHEN 6 THEN ['void', 'sale'][least(i // 2 % 4, 1) + 1] WHEN 7 THEN 'void'"
    " WHEN 8 THEN ['sale', 'void'][i % 2 + 1]"
    " WHEN 10 THEN ['sale', 'return'][i % 2 + 1]"
    " WHEN 11 THEN CASE WHEN d = 3 THEN 'return' ELSE 'sale' END"
    " WHEN 12 THEN CASE WHEN d = 4 THEN 'no_sale' ELSE 'sale' END ELSE 'sale' END"
)
_OFTEN_SHORT = "CASE WHEN p % 40 = 3 THEN 1 ELSE 0 END"
# Planted for counts, receiving, adjusting: a place that loses much, one that counts too well, a few busy hands.
_SHORT = f"CASE WHEN l = 3 THEN {_COUNTED} WHEN l = 2 AND h % 10 = 0 THEN 3 ELSE {_OFTEN_SHORT} END"
_HAND = "CASE WHEN h % 1000 = 1 THEN 'USER9' ELSE 'USER' || (h % {}) END"
_PARTNERS = "p % 40 = 3 AND l < 10"
_AMOUNT = (
    f"(1 + hash({_CHARGED}, i % 4) % 1000000 * [0.137, 0.0137][1 + i % 2] + CASE WHEN {_IS_COPY} THEN 0.01 ELSE 0 END)"
)
OVERRIDES: Mapping[str, Mapping[str, str]] = {
    "inventory": {
        "snapshot_date": "DATE '2024-01-31' + (d * 30)::INTEGER",
        "lot": "NULL",
        "qty": f"{_BOOK} + CASE WHEN h % 997 = 0 THEN 1 ELSE 0 END",
    },
    "movements": {
        "movement": _NUMBERED,
        "ts": _MOVED,
        # Entered the same evening; a few long after, a few before.
        "posted_at": f"{_MOVED} + CASE WHEN h % 1511 = 0 THEN INTERVAL 20 DAY WHEN h % 1523 = 0 THEN -INTERVAL 12 DAY"
        " ELSE INTERVAL 6 HOUR + INTERVAL 1 SECOND * (h % 3599)::INTEGER END",
        "location": _PLACE,
        "seq": "NULL",
        "lot": f"CASE WHEN {_AT_SHOP} THEN 'B' || (h % 50) END",
        # One product is only ever adjusted downwards, another up and down in turn.
        "qty": f"CASE WHEN p = 17 OR p = 37 AND l < 10 AND d % 2 = 1 OR {_SENT_AWAY} THEN -15"
        f" WHEN {_AT_SHOP} THEN CASE WHEN h % 7 = 0 THEN -4 ELSE -5 END ELSE 15 END",
        "user": "CASE WHEN d = 0 AND l < 5 THEN 'USER3' ELSE 'USER' || (h % 200) END",
        "uom": "'EA'",
        "reversal_of": "CASE WHEN h % 1301 = 0 AND p % 10 = 6 THEN 'D' || (i - 400) END",
        "reason": "CASE WHEN h % 217 = 0 THEN 'other' ELSE 'REASON' || (h % 900) END",
        # Its balances fall by what it calls 15: the sign is the opposite. Some are off from a month on, some cut at 0.
        "balance_after": "CASE WHEN p = 13 THEN greatest(20 - 15 * (d + 1), 0)"
        f" ELSE 5000 + CASE WHEN {_SENT_AWAY} THEN 15 ELSE -15 END * (d + 1) END"
        " + CASE WHEN p % 50 = 9 AND d > 9 THEN 4 ELSE 0 END",
        "value_delta": _VALUE_DELTA,
        "value_after": f"50000 + CASE WHEN {_SENT_AWAY} THEN 150 ELSE -150 END * (d + 1)"
        " + CASE WHEN p % 50 = 19 AND d > 9 THEN 40 ELSE 0 END",
        "rate_after": "10 + CASE WHEN p = 29 AND d = 5 THEN 1 ELSE 0 END",
        # A tenth are receipts, a tenth legs of transfers: a row and the one 400 later are one product at two places.
        "type": f"CASE WHEN p = 21 AND d = 0 THEN 'opening' WHEN {_AT_SHOP} THEN 'sale'"
        f" WHEN {_COMES_BACK} THEN CASE WHEN h % 13 = 0 THEN 'other' ELSE 'return' END"
        " ELSE CASE p % 10 WHEN 2 THEN 'receipt' WHEN 4 THEN CASE WHEN i // 400 % 2 = 0 THEN 'transfer_out'"
        " WHEN (i // 800 * 40 + p // 10) % 97 = 0 THEN 'other' ELSE 'transfer_in' END"
        " ELSE ['sale', 'other', 'adjustment', 'waste', 'count', 'other']"
        "[CASE WHEN p = 37 AND l < 10 THEN 3 ELSE h % 6 + 1 END] END END",
        "ref_id": _VOUCHER,
    },
    "transfers": {
        "transfer": "'T' || i",
        # The last of them go to and fro between two shops.
        "product": "CASE WHEN i >= 20000 THEN 'P3' ELSE 'P' || (i % 40 * 10 + 4) END",
        "lot": "NULL",
        "from_location": "'L' || CASE WHEN i >= 20000 THEN i % 2 ELSE 2 * (i // 40) % 50 END",
        "to_location": "'L' || CASE WHEN i >= 20000 THEN (i + 1) % 2 ELSE (2 * (i // 40) + 1) % 50 END",
        "qty_out": "15",
        "qty_in": "CASE WHEN i % 89 = 0 THEN 13 WHEN i % 5 = 0 THEN 15 END",
        "out_ts": f"CASE WHEN i < 20000 THEN {_SENT} ELSE DATE '2024-03-01' + ((i - 20000) * 8)::INTEGER END",
        "in_ts": f"CASE WHEN i // 40 % 25 = 0 THEN {_SENT} END",
        "promised_at": "NULL",
        "quoted_transit_days": "2",
        "status": "CASE WHEN i % 97 = 0 THEN 'sent' ELSE 'received' END",
    },
    "sales": {
        "document": _NUMBERED,
        "ts": _AT_TILL,
        # A few products sell often, and stop in half of the places; some are written otherwise in one of them.
        "product": "CASE WHEN p % 97 = 20 AND l = 3 THEN 'p' || p"
        f" WHEN {_CASHIER} = 7 THEN 'P' || (p - p % 40 + 3)"
        " WHEN p % 97 NOT BETWEEN 5 AND 9 THEN 'P' || p"
        " WHEN d > 10 AND l % 2 = 0 THEN 'P0' ELSE 'P' || (p - p % 97 + 5) END",
        "lot": "NULL",
        "location": _PLACE,
        "qty": _SOLD,
        "type": _RUNG_UP,
        # A few amounts are not quantity times price, a few discounts are more than all.
        "unit_price": _PRICE,
        "line_total": f"CASE WHEN {_CASHIER} = 13 AND d = 5 THEN 0.05"
        f" ELSE ({_SOLD}) * {_PRICE} + CASE WHEN h % 1999 = 0 THEN 7 ELSE 0 END END",
        "discount": "CASE WHEN h % 2999 = 0 THEN 1.5 ELSE 0 END",
        "discount_amount": "0",
        "tax": "NULL",
        "uom": "CASE WHEN h % 613 = 0 THEN 'BOX' ELSE 'EA' END",
        # What cashiers do at their tills.
        "user": f"'USER' || {_CASHIER}",
        "till": f"'TILL' || ({_CASHIER} // 4)",
        "shift": f"'S' || {_CASHIER} || '-' || d",
        "tender": f"CASE {_CASHIER} WHEN 8 THEN 'cash' WHEN 9 THEN 'card' ELSE ['cash', 'card'][h % 2 + 1] END",
        "customer": f"CASE {_CASHIER} WHEN 15 THEN 'CUSTOMER77' WHEN 16 THEN 'CUSTOMER' || (80 + h % 16)"
        " ELSE 'CUSTOMER' || (h % 5000) END",
        "original_document": f"CASE WHEN {_CASHIER} = 8 AND i % 2 = 1 THEN 'D' || (i - 1) END",
        "void_stage": f"CASE {_CASHIER} WHEN 6 THEN 'line' WHEN 7 THEN 'line' WHEN 8 THEN 'after_tender' END",
        "price_override": f"{_CASHIER} = 14",
        "qty_changed": f"{_CASHIER} = 15",
        "list_price": "NULL",
        "promotion": "NULL",
        "unit_cost": f"CASE WHEN {_CASHIER} = 14 THEN 20 ELSE 0.5 END",
    },
    "purchases": {
        "document": _NUMBERED,
        "line": "'1'",
        "supplier": "'S' || (i // 4 % 500)",
        "qty": "100",
        "unit_cost": "10",
        "contract_price": "NULL",
        "ordered_at": "DATE '2024-01-01' + (i // 4 % 300)::INTEGER",
        "promised_at": "DATE '2024-01-01' + (i // 4 % 300 + h % 3 - 1)::INTEGER",
        "line_total": "1000 + CASE WHEN h % 1993 = 0 THEN 9 ELSE 0 END",
        "uom": "'EA'",
        "status": "CASE WHEN h % 211 = 0 THEN 'cancelled' WHEN h % 3 = 0 THEN 'closed' ELSE 'open' END",
        "user": _HAND.format(199),
        "closed_at": "NULL",
    },
    # A receipt per order: a few short, over or missing. An invoice per order: a few dear, large or without order.
    "receipts": {
        "document": "'D' || (i // 10 * 10 + 2)",
        "line": "(i % 10)::VARCHAR",
        "purchase_document": "CASE WHEN h % 307 > 0 THEN 'D' || i END",
        "purchase_line": "'1'",
        "qty": "CASE WHEN i // 4 % 500 = 77 THEN 96 WHEN h % 401 = 0 THEN 94.5 WHEN h % 409 = 0 THEN 105 ELSE 100 END",
        "accepted": "CASE WHEN h % 503 = 0 THEN 107 END",
        "uom": "'EA'",
        "rejected": "0",
        "ts": "DATE '2024-01-01' + (i // 4 % 300)::INTEGER + INTERVAL 7 HOUR",
        # Most may still get the rest.
        "status": "CASE WHEN h % 101 = 0 THEN 'received' ELSE 'partial' END",
        "unit_cost": "CASE WHEN h % 419 = 0 THEN 8.8 ELSE 10 END",
        "supplier": f"CASE WHEN {_PARTNERS} THEN 'S5' ELSE 'S' || (h % 500) END",
        "user": f"CASE WHEN {_PARTNERS} THEN 'USER5' ELSE {_HAND.format(193)} END",
    },
    "products": {
        "unit_cost": "CASE WHEN h % 53 = 0 THEN 0 ELSE 10 END",
        "unit_price": "CASE WHEN h % 47 = 0 THEN 8 ELSE 20 END",
        "gtin": "CASE WHEN h % 43 = 0 THEN '4006381333932' ELSE '4006381333931' END",
        "costing_method": "['fifo', 'moving_average'][i % 2 + 1]",
        "tracking": "'none'",
    },
    "gl_entries": {
        "ts": _MOVED,
        "account_type": "'inventory'",
        "debit": f"CASE WHEN {_SENT_AWAY} THEN 150 ELSE 0 END",
        "credit": f"CASE WHEN {_SENT_AWAY} THEN 0 ELSE 150 END",
        "voucher": f"CASE WHEN h % 5003 = 0 THEN 'G' || i ELSE {_VOUCHER} END",
        "voucher_type": "'doc'",
    },
    # A layer per product and place, all as they would be if every product had moved alike; a few are worth more.
    "valuation_layers": {
        "ts": "TIMESTAMP '2024-01-02 12:00:00'",
        "lot": "NULL",
        "qty": "2000",
        "unit_cost": "10",
        "value": "20000",
        "qty_remaining": "CASE p WHEN 11 THEN 220 WHEN 17 THEN 1220 WHEN 28 THEN 1000 ELSE 1250 END",
        "value_remaining": "10 * CASE p WHEN 11 THEN 220 WHEN 17 THEN 1220 WHEN 28 THEN 1000 ELSE 1250 END"
        " + CASE WHEN h % 997 = 0 THEN 7 ELSE 0 END",
        "exhausted_at": "NULL",
    },
    # A few stand twice, a few lie in the future. Of what is not of that one product nothing is known.
    "returns": {
        "return_document": "'R' || (i - CASE WHEN i > 0 AND h % 997 = 0 THEN 1 ELSE 0 END)",
        "line": "'1'",
        "original_document": f"CASE WHEN {_COMES_BACK} THEN 'D' || i END",
        "original_line": "NULL",
        "ts": f"CASE WHEN h % 1999 = 0 THEN TIMESTAMP '2036-05-05 15:00:00' ELSE {_AT_TILL}"
        " + CASE WHEN h % 19 = 0 THEN -INTERVAL 40 DAY ELSE INTERVAL 2 DAY END END",
        "qty": "15 + CASE WHEN h % 17 = 0 THEN 3 ELSE 0 END",
        "unit_price": "1",
        "refund": "NULL",
        "disposition": f"CASE WHEN {_COMES_BACK} THEN 'restock' ELSE 'none' END",
    },
    "lots": {
        "product": "'P' || (i % 400)",
        "lot": "'B' || (i // 400)",
        "expires": "CASE WHEN i // 400 % 5 = 0 THEN DATE '2024-06-01' ELSE DATE '2030-01-01' END",
    },
    "lanes": {"transit_days": "2"},
    "counts": {
        # A few are counted on another day than their goods moved, and so is what is only adjusted downwards:
        # what is adjusted on the day of a count books the count.
        "ts": f"{_DAY} + CASE WHEN h % 217 = 0 THEN (h % 29 + 10) % 29 - h % 29 WHEN p = 17 THEN -8 ELSE 0 END::INTEGER"
        " + INTERVAL 9 HOUR",
        "lot": "NULL",
        "system_qty": f"{_BOOK} + CASE WHEN h % 769 = 0 THEN 1 ELSE 0 END",
        "counted_qty": f"{_BOOK} + CASE WHEN h % 769 = 0 THEN 1 ELSE 0 END + {_COUNTED} - {_SHORT}",
        "count_session": "'C' || l || '-' || d",
        "counter": "'USER' || (h % 200)",
        "recounter": "'USER' || ((h + 1) % 200)",
        # Counting again finds one more or less, for one of the counters always less.
        "recount_qty": f"{_BOOK} + {_COUNTED} - {_SHORT} + CASE WHEN h % 200 = 7 THEN -1 ELSE h % 3 - 1 END",
        "reported_variance": f"{_COUNTED} - {_SHORT} + CASE WHEN h % 701 = 0 THEN 1 ELSE 0 END",
    },
    "invoices": {
        "document": "CASE WHEN i // 4 % 300 = 7 AND i > 2000 THEN 'inv ' || (i // 4 - 500) ELSE 'INV-' || (i // 4) END",
        "supplier_number": "NULL",
        "supplier": "'S' || (i // 4 % 500)",
        "line": "(i % 4 + 1)::VARCHAR",
        "invoiced_at": f"DATE '2024-01-01' + ({_CHARGED} % 300)::INTEGER + INTERVAL 8 HOUR",
        "location": f"'L' || {_CHARGED} % 50",
        "line_total": _AMOUNT,
        # What quantity times price leaves of the amount is called tax, so that few lines do not work out.
        "tax": f"abs({_AMOUNT}) - (100 + {_MANY}) * (10 + {_DEAR}) + CASE WHEN h % 1997 = 0 THEN 50 ELSE 0 END",
        "discount": "0",
        "posted_at": "NULL",
        "purchase_document": f"CASE WHEN h % 311 = 0 THEN 'X' ELSE 'D' END || ({_CHARGED} * 4 + i % 4)",
        "purchase_line": "'1'",
        "receipt_document": "NULL",
        "qty": f"100 + {_MANY}",
        "unit_price": f"10 + {_DEAR}",
        "status": "'open'",
        "user": _HAND.format(197),
    },
    "users": {"role": "'cashier'"},
    "locations": {
        "format": "'super'",
        "type": "['store', 'warehouse', 'transit', 'vendor', 'virtual'][CASE WHEN i < 2 THEN 1 ELSE h % 5 + 1 END]",
    },
    # Counts that were planned, and their sessions.
    "count_schedule": {
        "scheduled_at": f"{_DAY} + CASE WHEN i < 2000 THEN INTERVAL 13 HOUR ELSE INTERVAL 3 YEAR END",
        "category": "NULL",
    },
    "count_sessions": {"count_session": "'C' || (i % 50) || '-' || (i // 50)", "location": "'L' || (i % 50)"},
    "customers": {"employee": "CASE WHEN i BETWEEN 80 AND 95 THEN 'USER16' END"},
    "shifts": {"expected_cash": "500", "counted_cash": "497 + h % 7 - CASE WHEN h % 4001 = 0 THEN 400 ELSE 0 END"},
    # Totals of files and tickets that do not agree, feeds that are old, a column of one value.
    "control_totals": {"file_name": "'file-' || i || '.csv'", "measure": "'rows'", "column_name": "NULL", "value": "7"},
    "feeds": {
        "file_name": "'file-' || i % 2 || '.csv'",
        "location": "NULL",
        "extracted_at": "TIMESTAMP '2036-12-31'",
        "max_age_hours": "24",
    },
    "sale_documents": {
        "document": "'D' || i",
        "tendered_at": "NULL",
        "voided_at": "NULL",
        "subtotal": "NULL",
        "discount_amount": "0",
        "tax": "0",
        "freight": "0",
        "total": f"5 * {_PRICE} + CASE WHEN h % 1999 = 0 THEN 7 WHEN h % 1987 = 0 THEN 3 ELSE 0 END",
    },
    "calendars": {"trading": "h % 20 > 0"},
    # What key figures of customers' orders, ranges and decisions divide.
    "ranging": {"starts": "NULL", "ends": "CASE WHEN h % 40 = 0 THEN DATE '2024-09-01' END"},
    "orders": {
        "document": "'O' || (i // 4)",
        "qty": "10",
        "shipped_qty": "CASE WHEN h % 50 = 0 THEN 7 WHEN h % 997 > 0 THEN 10 END",
        "promised_at": f"{_DAY} + INTERVAL 9 HOUR",
        "delivered_at": f"{_DAY} + (h % 3 - 1)::INTEGER + INTERVAL 9 HOUR",
        "cancelled_at": "NULL",
    },
    "lost_sales": {"qty": "3"},
    "dispositions": {"status": "['confirmed', 'false_positive', 'open'][h % 3 + 1]"},
    **SYSTEM,
}
