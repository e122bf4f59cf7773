"""How many rows the tables of the large books have."""

from collections.abc import Mapping

ROWS, PLACES = 500_000, 50
MASTERS: Mapping[str, int] = {
    "products": 400,
    "locations": 50,
    "suppliers": 500,
    "customers": 5_000,
    "users": 200,
    "tills": 100,
}

SIZES: Mapping[str, int] = {
    "rejected_records": 120_000,
    "transformations": 48,
    "source_columns": 12,
    "odd_cells": 3_000,
    "date_formats": 12,
    "signs": 9,
    "text_forms": 120,
    "feeds": 50,
    "columns": 6,
    "files": 8,
    "rejected_cells": 120_000,
    "duplicates": 120_000,
    "calendars": 30_000,
    "promotions": 200,
    "transfers": 20_040,
    "valuation_layers": 20_000,
    "lots": 20_000,
    "count_schedule": 20_000,
    "count_sessions": 1_250,
    "entity_keys": 130_000,
    "capacity": 200,
    "control_totals": 3,
}
