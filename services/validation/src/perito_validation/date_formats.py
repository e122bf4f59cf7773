"""One date format as SQL: strptime with names of months in English and Spanish, and years that are written out.

DuckDB's strptime knows English month names in the form that the format names, and takes `24` for the year 24 under %Y.
"""

from perito_rules.sqltext import literal

from perito_validation.cells import BLANKS

MONTHS: tuple[tuple[str, ...], ...] = (
    ("jan", "january", "ene", "enero"),
    ("feb", "february", "febrero"),
    ("mar", "march", "marzo"),
    ("apr", "april", "abr", "abril"),
    ("may", "mayo"),
    ("jun", "june", "junio"),
    ("jul", "july", "julio"),
    ("aug", "august", "ago", "agosto"),
    ("sep", "sept", "september", "set", "septiembre", "setiembre"),
    ("oct", "october", "octubre"),
    ("nov", "november", "noviembre"),
    ("dec", "december", "dic", "diciembre"),
)
"""Names of the months in lower case, without accents and points."""

_NAME = r"\p{L}{3,}\.?"
_FIRST_YEAR = "TIMESTAMP '1000-01-01'"


def bare(cell: str) -> str:
    """SQL of a cell as `parsed` takes it: it passes over spaces and tabs by itself, but not over a no-break space."""
    return f"CASE WHEN contains({cell}, chr(160)) THEN trim({cell}, {BLANKS}) ELSE {cell} END"


def parsed(text: str, form: str, with_number: str = "") -> str:
    """SQL: `text`, SQL itself, read by a strptime format; TIMESTAMP (TIMESTAMPTZ with %z) or NULL.

    `with_number` is SQL of `numbered(text)` where that is at hand: it is long, and to plan it takes a while.
    """
    plain = f"try_strptime({text}, {literal(form)})"
    if "%b" in form or "%B" in form:
        with_numbers = form.replace("%b", "%m").replace("%B", "%m")
        plain = f"coalesce({plain}, try_strptime({with_number or numbered(text)}, {literal(with_numbers)}))"
    return f"(CASE WHEN {plain} >= {_FIRST_YEAR} THEN {plain} END)" if "%Y" in form else plain


def exchanged(form: str) -> str:
    """The format with day and month exchanged; "" where no reader would exchange them."""
    if "%z" in form or form.startswith("%Y") or "%d" not in form or "%m" not in form:
        return ""
    return form.replace("%d", "\0").replace("%m", "%d").replace("\0", "%m")


def numbered(text: str) -> str:
    """SQL of the text with its first name of a month as a number; NULL where its first word is none."""
    word = f"regexp_extract({text}, {literal(_NAME)})"
    name = f"lower(strip_accents(rtrim({word}, '.')))"
    arms = " ".join(
        f"WHEN {name} IN ({', '.join(map(literal, names))}) THEN '{number}'" for number, names in enumerate(MONTHS, 1)
    )
    return f"replace({text}, {word}, CASE {arms} END)"
