"""Turns a finding's sentence (`{product} is {difference:,} short`) into SQL, so that a million titles are one query.

A field is a column of `violations`; `{x:,}` groups thousands, and `{x:day|days}` is the word that goes with number x:
the first where x is 1 or -1, else the second (`{x:,} {x:day|days}` is "1 day" and "2 days"). Numbers and dates are
written as the language of the sentence does: 1,234.5 and 2025-03-31 in English, 1.234,5 and 31/03/2025 in Spanish.
Anything else that `str.format` could do is refused.
"""

from collections.abc import Mapping
from string import Formatter

from perito_kernel.errors import Invalid

from perito_rules.sqltext import is_decimal, is_integer, literal, plain_text, quote

_UNKNOWN = {"en": "unknown", "es": "desconocido"}


def fields(template: str) -> list[str]:
    """Names of the columns that a template speaks of, in order."""
    return [name for _, name, _, _ in Formatter().parse(template) if name is not None]


def title_sql(template: str, columns: Mapping[str, str], language: str) -> str:
    """SQL of the finished sentence. `columns` are names and types of the row it is made from.

    Raises Invalid `RULE_TEMPLATE` where the template names no such column or asks for a form there is none of.
    """
    parts: list[str] = []
    for text, name, form, conversion in Formatter().parse(template):
        if text:
            parts.append(literal(text))
        if name is not None:
            parts.append(_field(name, form or "", conversion, columns, language))
    return " || ".join(parts) if parts else "''"


def _agreeing(name: str, form: str, sql_type: str) -> str:
    """SQL of the one of two words that goes with the number of a column; where the number is unknown, the second."""
    one, _, many = form.partition("|")
    if not one or not many or "|" in many:
        raise Invalid("RULE_TEMPLATE", f"{{{name}:{form}}}: write the word for one and the word for many")
    if not (is_decimal(sql_type) or is_integer(sql_type)):
        raise Invalid("RULE_TEMPLATE", f"{{{name}:{form}}}: {name} is no number")
    return f"CASE WHEN abs({quote(name)}) = 1 THEN {literal(one)} ELSE {literal(many)} END"


def _field(name: str, form: str, conversion: str | None, columns: Mapping[str, str], language: str) -> str:
    if name not in columns:
        raise Invalid("RULE_TEMPLATE", f"the text speaks of {{{name}}}; violations has no such column")
    if "|" in form and not conversion:
        return _agreeing(name, form, columns[name])
    if conversion or form not in {"", ","}:
        known = f"{{{name}}}, {{{name}:,}} and {{{name}:one|many}}"
        raise Invalid("RULE_TEMPLATE", f"{{{name}}}: only {known} are known forms")
    text = plain_text(quote(name), columns[name])
    if is_decimal(columns[name]) or is_integer(columns[name]):
        if form == ",":
            text = f"coalesce(try(grouped({text})), {text})"
        if language == "es":
            text = f"translate({text}, ',.', '.,')"
    elif columns[name] == "DATE" and language == "es":
        text = f"strftime({quote(name)}, '%d/%m/%Y')"
    return f"coalesce({text}, {literal(_UNKNOWN[language])})"
