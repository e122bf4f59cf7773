"""What SQL of a tenant's own rule may be made of, in the words of DuckDB's own syntax tree.

Everything is a list of what is allowed: the next release of the engine brings new functions and new kinds of nodes, and
they are refused until somebody has looked at them. Not on the lists is whatever reads anything but a table (files,
settings, variables, the catalogue), runs text as SQL, makes much out of little (`repeat`, `range`, `lpad`, `format`),
or loops (lambdas, lists, recursion).
"""

from types import MappingProxyType

from perito_rules import lint_words as words
from perito_rules.lint_words import words_of

OPERATORS = words_of("+ - * / // % || @ ~~ !~~ ~~* !~~* & | ~")
"""Operators that the tree has as functions; powers and shifts are left out, `pow` is a function by name."""

SCALARS = words_of(
    """
    nullif ifnull greatest least
    abs round floor ceil ceiling sign trunc mod divide multiply add subtract ratio plain isfinite sqrt ln log log2 log10
    exp pow power
    concat concat_ws lower upper lcase ucase trim ltrim rtrim length len char_length character_length strlen left right
    substring substr replace split_part strpos instr position contains starts_with ends_with prefix suffix ascii chr
    strip_accents nfc_normalize translate reverse levenshtein editdist3 jaro_winkler_similarity jaro_similarity hamming
    regexp_matches regexp_full_match regexp_replace regexp_extract md5 sha256 json_text grouped
    like_escape not_like_escape ilike_escape not_ilike_escape
    date_add date_sub date_diff datediff datesub date_trunc datetrunc date_part datepart year month day hour minute
    second quarter week weekofyear yearweek dayofweek isodow weekday dayofmonth dayofyear isoyear last_day make_date
    monthname dayname strftime strptime try_strptime epoch epoch_ms to_days to_weeks to_months to_quarters to_years
    to_hours to_minutes to_seconds list_value row
    """
)
"""Functions of one row. Each gives as much as it is given, or less, or a fixed size."""

AGGREGATES = (
    (words.AGGREGATES | words.ORDERED_AGGREGATES | frozenset(["count_star", "sum_no_overflow"]))
    - {"list", "array_agg", "quantile"}
) | words.INEXACT
"""Aggregates. Those that are inexact are refused by the linter, which says what to write instead."""

WINDOWS = words.ORDERED_WINDOWS | words.FREE_WINDOWS

FUNCTIONS = OPERATORS | SCALARS | AGGREGATES | WINDOWS

DISGUISED = [
    [name]
    for name in (
        *("current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"),
        *("current_catalog", "current_database", "current_schema", "current_role", "current_user", "session_user"),
    )
]
"""Functions that are written like columns, without brackets."""

TYPES = words_of(
    """
    BOOLEAN TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT DECIMAL NUMERIC FLOAT DOUBLE
    VARCHAR TEXT STRING DATE TIME TIMESTAMP INTERVAL INT BOOL LONG SHORT
    """
)
"""Types that a value may be cast to."""

EXPRESSIONS = words_of(
    """
    COLUMN_REF CONSTANT PARAMETER COMPARISON CONJUNCTION BETWEEN CASE CAST TYPE FUNCTION WINDOW SUBQUERY STAR
    """
)
"""Classes of expressions, beside operators."""

OPERATOR_TYPES = words_of(
    """
    OPERATOR_NOT OPERATOR_IS_NULL OPERATOR_IS_NOT_NULL OPERATOR_COALESCE OPERATOR_NULLIF OPERATOR_TRY COMPARE_IN
    COMPARE_NOT_IN GROUPING_FUNCTION
    """
)

SOURCES = words_of("BASE_TABLE JOIN SUBQUERY EMPTY EXPRESSION_LIST")
"""What may stand in FROM: tables, joins, SELECTs in brackets, nothing, and VALUES."""

JOINS = words_of("REGULAR CROSS ASOF DEPENDENT")

NODES = words_of("SELECT_NODE SET_OPERATION_NODE CTE_NODE")

PLAIN = words_of(
    """
    ORDER_MODIFIER LIMIT_MODIFIER DISTINCT_MODIFIER ORDER_DEFAULT ASCENDING DESCENDING ORDER_ASCENDING
    ORDER_DESCENDING
    """
)
"""Parts of a query that hold no danger of their own; what stands in them is looked at like everything else."""

_INSTEAD = MappingProxyType(
    {
        "LAMBDA": "write the condition with CASE or a join; JSON and lists cannot be taken apart here",
        "POSITIONAL_REFERENCE": "name the column",
        "COLLATE": "compare lower(strip_accents(x)) instead",
        "ARRAY_EXTRACT": "name the column with its table's alias, or use substring for a text",
        "ARRAY_SLICE": "use substring",
        "ARRAY_CONSTRUCTOR": "write the values one by one, as in x IN (1, 2)",
        "TABLE_FUNCTION": "a rule reads the tables of its needs and makes none: write VALUES for a few rows",
        "SHOW_REF": "a rule reads the tables of its needs only",
        "PIVOT": "write one aggregate for each column, with FILTER (WHERE ...)",
        "RECURSIVE_CTE_NODE": "no recursion: join the table with itself as often as it is needed",
        "DEFAULT": "write the value",
        "NATURAL": "name the columns that are joined: USING (product) or ON",
        "POSITIONAL": "rows have no position: join by key",
    }
)


def instead(kind: str) -> str:
    """What to write in place of a construct that is refused."""
    return _INSTEAD.get(kind, "it is not on the list of what own rules may use: see docs/own-rules.md")


def function_remedy(name: str) -> str:
    """What to write in place of a function that is refused."""
    if name.startswith(("read_", "parquet_", "sniff_", "duckdb_", "pragma_")) or name in _READERS:
        return "a rule reads the tables of its needs and nothing else"
    if name in _GROWING:
        return "it makes much out of little: leave it out, or let the columns of the tables say it"
    said = words.remedy(name)
    return said if not said.startswith("it is not on") else instead(name)


_READERS = words_of(
    """
    query query_table glob getenv getvariable current_setting current_schema current_database current_catalog
    current_role current_user session_user read_text read_blob which_secret which_database
    """
)
_GROWING = words_of("repeat range generate_series lpad rpad format printf list_resize array_resize bar unnest")
