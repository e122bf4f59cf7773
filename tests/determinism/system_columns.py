"""What intake would have written beside the large books: what it refused, what forms it found, which files it read."""

from collections.abc import Mapping

from tests.determinism.scale import ROWS

# A key in two spellings; the master, which is every fifth row, lacks a few.
_SPELLED = "CASE WHEN i % 5 = 0 AND h % 50 = 0 THEN 'X' WHEN h % 100 = 0 THEN 'p' ELSE 'P' END || (i // 5)"
SYSTEM: Mapping[str, Mapping[str, str]] = {
    "rejected_cells": {
        "table_name": "'movements'",
        "column_name": "['qty', 'ts', 'type'][i % 3 + 1]",
        "file_id": "i % 2",
        "record": "i + 1",
        "line": "i + 2",
        "pattern": "['aaa', '9-9', '#'][h % 3 + 1]",
        "reason": "CASE WHEN i % 3 = 2 THEN 'unknown_value' ELSE 'not_a_number' END",
    },
    "columns": {
        "table_name": "'movements'",
        "column_name": "['qty', 'ts', 'type'][i % 3 + 1]",
        "file_id": "i // 3",
        "source_column": "['qty', 'ts', 'type'][i % 3 + 1]",
        "column_type": "['quantity', 'timestamp', 'enum'][i % 3 + 1]",
        "cells": str(ROWS),
        "blanks": "CASE WHEN i % 3 = 0 THEN 7 ELSE 0 END",
        "constant": "CASE WHEN i % 3 = 2 THEN 'x' END",
        "rejected": "20000",
        "changed": "0",
    },
    "entity_keys": {
        "domain": "'product'",
        "table_name": "CASE WHEN i % 5 = 0 THEN 'products' ELSE 'sales' END",
        "column_name": "'product'",
        "file_id": "i % 5",
        "personal": "false",
        "raw": _SPELLED,
        "normal": "'P' || (i // 5)",
        "value": _SPELLED,
        "rows": "1 + h % 9",
        "first_record": "i + 1",
        "first_line": "i + 2",
    },
    "duplicates": {
        "table_name": "'movements'",
        "file_id": "i % 2",
        "record": "i // 2 + 9",
        "line": "i // 2 + 10",
        "first_file_id": "h % 2",
        "first_record": "h % 8 + 1",
        "first_line": "h % 8 + 2",
    },
    "files": {
        "file_id": "i",
        "name": "'file-' || i || '.csv'",
        "records": str(ROWS),
        "reader": "CASE WHEN i = 7 THEN 'unused' ELSE 'fast' END",
        "tables_json": "'[]'",
        "declared_json": "NULL",
        "blank_lines": "i % 2",
    },
    "transformations": {
        "ordinal": "i",
        "file_id": "i % 3",
        "table_name": "['movements', 'receipts'][i // 3 % 2 + 1]",
        "column_name": "'qty'",
        "kind": "['thousands_separator', 'currency_mark', 'unit_conversion', 'header_repeated'][i // 6 % 4 + 1]",
        "cells": "7",
    },
    "rejected_records": {"file_id": "i % 2", "record": "i + 1", "reason": "['ragged', 'stray_quote'][h % 2 + 1]"},
    "source_columns": {
        "file_id": "i % 3",
        "position": "i // 3 + 1",
        "source_column": "['qty', 'ts', 'type', 'reason'][i // 3 % 4 + 1]",
        "cells": str(ROWS),
    },
    "odd_cells": {
        "file_id": "i % 3",
        "position": "i // 12 % 4 + 1",
        "source_column": "['qty', 'ts', 'type', 'reason'][i // 12 % 4 + 1]",
        "kind": "['blank', 'padded', 'decoded_twice', 'placeholder'][i // 3 % 4 + 1]",
        "record": "i",
    },
    # `ts` mixes two formats; nothing shows the order of day and month of `posted_at`.
    "date_formats": {
        "table_name": "'movements'",
        "column_name": "['ts', 'posted_at'][i // 3 % 2 + 1]",
        "source_column": "['ts', 'posted_at'][i // 3 % 2 + 1]",
        "file_id": "i % 3",
        "ordinal": "i // 6 + 1",
        "format": "['%d/%m/%Y', '%Y-%m-%d'][i // 6 + 1]",
        "stated": "true",
        "cells": "CASE WHEN i // 6 = 1 AND i // 3 % 2 = 1 THEN 0 ELSE 100 END",
        "both_ways": "CASE WHEN i // 6 = 0 THEN 40 ELSE 0 END",
        "one_way": "CASE WHEN i // 3 % 2 = 0 THEN 60 ELSE 0 END",
    },
    "signs": {
        "table_name": "'movements'",
        "file_id": "i % 3",
        "type": "['return', 'sale', 'adjustment'][i // 3 + 1]",
        "expected": "[1, -1, NULL][i // 3 + 1]",
        "rows": "100",
        "positive": "90",
        "negative": "10",
        "zero": "0",
    },
    "text_forms": {
        "table_name": "'movements'",
        "column_name": "'type'",
        "file_id": "i % 3",
        "folded": "'w' || (i // 3 % 20)",
        "raw": "'W' || i",
    },
}
