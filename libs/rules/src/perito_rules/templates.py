"""Turns a finding's sentence (`{product} is {difference:,} short`) into SQL, so that a million titles are one query.

A field is a column of `violations`; `{x:,}` groups thousands, and `{x:day|days}` is the word that goes with number x:
the first where x is 1 or -1, else the second (`{x:,} {x:day|days}` is "1 day" and "2 days"). `{x:name}` is the reader's
word for a canonical table or column or for a word of a closed list (`unit_price` is "unit price", "precio unitario"),
for several with commas between, or for those of a key (`product=A1, location=T1` is "product A1, location T1"). Numbers
and dates are written as the language of the sentence does: 1,234.5 and 2025-03-31 in English, 1.234,5 and 31/03/2025 in
Spanish; a text that is a number is written as one where `{x:,}` asks for it. Anything else that `str.format` could do
is refused.
"""

from collections.abc import Mapping
from functools import cache
from string import Formatter

from perito_kernel.errors import Invalid

from perito_rules.canonical import load_canonical
from perito_rules.sqltext import is_decimal, is_integer, literal, plain_text, quote
from perito_rules.terms import label

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
    if conversion or form not in {"", ",", "name"}:
        known = f"{{{name}}}, {{{name}:,}}, {{{name}:name}} and {{{name}:one|many}}"
        raise Invalid("RULE_TEMPLATE", f"{{{name}}}: only {known} are known forms")
    text = plain_text(quote(name), columns[name])
    if is_decimal(columns[name]) or is_integer(columns[name]):
        text = _number(text, form, language)
    elif columns[name] == "DATE" and language == "es":
        text = f"strftime({quote(name)}, '%d/%m/%Y')"
    elif columns[name] == "VARCHAR" and form == ",":
        number = rf"regexp_full_match({text}, '-?[0-9]+(\.[0-9]+)?')"
        text = f"CASE WHEN {number} THEN {_number(f'plain({text})', form, language)} ELSE {text} END"
    elif columns[name] == "VARCHAR" and form == "name":
        words = f"list_transform(string_split({text}, ', '), lambda part: {_name('part', language)})"
        text = f"array_to_string({words}, ', ')"
    return f"coalesce({text}, {literal(_UNKNOWN[language])})"


def _number(text: str, form: str, language: str) -> str:
    """SQL of a plain number as the language writes it, with thousands separators where the form asks for them."""
    if form == ",":
        text = f"coalesce(try(grouped({text})), {text})"
    return f"translate({text}, ',.', '.,')" if language == "es" else text


@cache
def _words(language: str) -> Mapping[str, str]:
    """What canonical tables, their columns and closed words are called, where not as the name with blanks."""
    tables = load_canonical()
    columns = [column for table in tables.values() for column in table.columns.values()]
    names = dict.fromkeys([*tables, *(c.name for c in columns), *(word for c in columns for word in c.values)])
    called = {name: label(name, language, {}) for name in names}
    return {name: word for name, word in called.items() if word != name.replace("_", " ")}


def reader_words() -> Mapping[str, Mapping[str, str]]:
    """By the name of a variable that each database of the engine holds, what names are called in a language. As part of
    each sentence they would be bound once more for each rule, which took longer than small books take."""
    return {f"words_{language}": _words(language) for language in _UNKNOWN}


def _name(expression: str, language: str) -> str:
    """SQL of the word for a name; one that is of no canonical table or column stays, with blanks for underscores."""
    name, value = f"split_part({expression}, '=', 1)", f"substr({expression}, strpos({expression}, '=') + 1)"
    word = f"coalesce(getvariable('words_{language}')[{name}], replace({name}, '_', ' '))"
    return f"{word} || CASE WHEN contains({expression}, '=') THEN ' ' || {value} ELSE '' END"
