"""The one text of a value, in SQL: how identities, measures and titles are written without a loop in Python.

A finding's fingerprint is a hash of JSON text, so the text made here must be the text that `perito_kernel.findings`
makes, letter for letter; a test compares the two over all of Unicode.
"""

from collections.abc import Sequence


def quote(name: str) -> str:
    """A name as a SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as a SQL string."""
    return "'" + text.replace("'", "''") + "'"


def macros() -> list[str]:
    """CREATE statements of the macros that rules and the engine's own SQL may use.

    `json_text(s)`: JSON string of a text, as `canonical_json` writes it. `plain(d)`: a number without trailing zeros.
    `grouped(s)`: a plain number with thousands separators. `ratio(a, b)`: a / b to nine places, NULL where b is 0
    or the quotient has more than 19 digits before the point, which a slip of the pen makes.
    """
    plain = "CASE WHEN contains(d::VARCHAR, '.') THEN rtrim(rtrim(d::VARCHAR, '0'), '.') ELSE d::VARCHAR END"
    whole = "format('{:,}', split_part(ltrim(s, '-'), '.', 1)::BIGINT)"
    places = "CASE WHEN contains(s, '.') THEN '.' || split_part(s, '.', 2) ELSE '' END"
    ratio = "CASE WHEN b = 0 THEN NULL ELSE try_cast(round(a::DOUBLE / b::DOUBLE, 9) AS DECIMAL(28, 9)) END"
    return [
        f"CREATE MACRO json_text(s) AS {_json_text()}",
        f"CREATE MACRO plain(d) AS {plain}",
        f"CREATE MACRO grouped(s) AS CASE WHEN s LIKE '-%' THEN '-' ELSE '' END || {whole} || {places}",
        f"CREATE MACRO ratio(a, b) AS {ratio}",
    ]


def _json_text() -> str:
    """DuckDB's JSON of a text is the kernel's but for nine control characters, whose digits A to F it writes large."""
    parts = r"regexp_extract_all(to_json(s)::VARCHAR, '\\u[0-9A-F]{4}|\\.|[^\\]+')"
    small = rf"list_transform({parts}, lambda part: CASE WHEN part LIKE '\u%' THEN lower(part) ELSE part END)"
    odd = r"regexp_matches(s, '[\x0b\x0e\x0f\x1a-\x1f]')"
    return f"CASE WHEN {odd} THEN array_to_string({small}, '') ELSE to_json(s)::VARCHAR END"


def is_decimal(sql_type: str) -> bool:
    """True for numbers that are kept exactly and may have places."""
    return sql_type.startswith("DECIMAL")


def is_integer(sql_type: str) -> bool:
    """True for whole numbers."""
    return sql_type in {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER"} or (
        sql_type in {"UBIGINT", "UHUGEINT"}
    )


def is_float(sql_type: str) -> bool:
    """True for binary floating point, which no finding may hold."""
    return sql_type in {"FLOAT", "DOUBLE"}


def plain_text(expression: str, sql_type: str) -> str:
    """SQL for the value as people read it: decimals without trailing zeros, dates ISO 8601, instants with a Z."""
    if is_decimal(sql_type):
        return f"plain({expression})"
    if sql_type == "TIMESTAMP":
        whole = f"strftime({expression}, '%Y-%m-%dT%H:%M:%S')"
        part = f"rtrim(strftime({expression}, '.%f'), '.0')"
        return f"({whole} || {part} || 'Z')"
    if sql_type == "DATE":
        return f"strftime({expression}, '%Y-%m-%d')"
    return f"({expression})::VARCHAR"


def json_value(expression: str, sql_type: str, *, numbers_as_text: bool) -> str:
    """SQL for the value as JSON. Integers are numbers unless `numbers_as_text`; decimals are always strings."""
    if sql_type in {"JSON", "BOOLEAN"} or (is_integer(sql_type) and not numbers_as_text):
        inner = f"({expression})::VARCHAR"
    elif sql_type.endswith("]") or sql_type.startswith(("STRUCT", "MAP")):
        inner = f"to_json({expression})::VARCHAR"
    else:
        inner = f"json_text({plain_text(expression, sql_type)})"
    return f"coalesce({inner}, 'null')"


def json_object(columns: Sequence[tuple[str, str, str]], *, numbers_as_text: bool, nulls: bool = True) -> str:
    """SQL for a JSON object of (key, SQL expression, type), keys sorted. Without `nulls`, NULL members are left out."""
    parts: list[str] = []
    for key, expression, sql_type in sorted(columns):
        value = json_value(expression, sql_type, numbers_as_text=numbers_as_text)
        member = literal(_json_key(key)) + f" || {value}"
        parts.append(member if nulls else f"CASE WHEN {expression} IS NULL THEN NULL ELSE {member} END")
    if not parts:
        return "'{}'"
    return f"('{{' || concat_ws(',', {', '.join(parts)}) || '}}')"


def _json_key(key: str) -> str:
    return f'"{key}":'
