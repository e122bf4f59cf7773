"""How a text cell becomes a number, as SQL: quantities, money, rates and whole numbers.

Every number format has a pattern of its own, and a cell is cast only after it matched: a cast alone takes `1e3`, `nan`
and ` 5 ` in silence and drops digits without a word. What the plain reading cannot give leaves its text in `_source`.
An exponent is read where its sign is written, as programs and spreadsheets print a number (`9.99e-05`, `1.5E+03`);
`1e3` may be a code that slipped into the column.
"""

import re
from collections.abc import Mapping

from perito_rules.canonical import Column, ColumnType
from perito_rules.sqltext import literal, quote

from perito_validation.cells import BLANKS, Reading, UnitFactor, is_blank
from perito_validation.currencies import mark_pattern
from perito_validation.mapping import Cell

SCALES = {ColumnType.QUANTITY: 4, ColumnType.MONEY: 4, ColumnType.RATE: 8, ColumnType.INTEGER: 0}
"""Places after the point that a number of the type keeps."""

SIGN_OF_TYPE: Mapping[str, int] = {
    "receipt": 1,
    "transfer_in": 1,
    "return": 1,
    "opening": 1,
    "sale": -1,
    "transfer_out": -1,
    "waste": -1,
    "vendor_return": -1,
}
"""The sign that a movement of the type has in the ledger. The other types go either way."""

_HALVES = "[" + ", ".join(f"0.{'0' * n}5{'0' * (9 - n)}::DECIMAL(12, 10)" for n in range(9)) + "]"
"""Half a unit of the last printed decimal, by number of decimals (0 to 8)."""

_GROUPS = {",": ",", ".": r"\.", " ": "[ \u00a0\u202f]", "'": "['\u2019]"}
_SPACES = "[ \t\u00a0\u202f]*"
_MINUS = "[-\u2212]"
_NEGATIVE = r"[(\-" + "\u2212]"
_UNUSUAL_MINUS = "[(\u2212]|[0-9.,]-"
_GROUPED = r"\D*\d{1,3}([., '" + "\u2019\u00a0\u202f" + r"]\d{3})+([.,]\d+)?\D*"


def read_number(
    column: Column, cell: str, mapped: Cell, unit: UnitFactor | None = None, *, currency: str = "", sign: str = ""
) -> Reading:
    """A number in the mapping's format. `unit` converts: a quantity is multiplied by the factor, a price divided.
    `currency` is that of the books, whose marks an amount may bear; `sign` is SQL of 1, -1 or NULL over the raw row."""
    form = _Format(column, mapped, currency)
    plain = f"_p_{column.name}"
    staged = {plain: f"regexp_full_match({cell}, {literal(form.plain)})"}
    value = _signed(form.value(cell, quote(plain)), mapped, sign)
    same = quote(plain)
    kinds, row_kinds = form.kinds(), dict[str, str]()
    if unit is not None:
        wide = f"_v_{column.name}"
        places = "DECIMAL(26, 8)" if column.type is ColumnType.QUANTITY else "DECIMAL(26, 4)"
        staged[wide] = _signed(form.value(cell, staged[plain], places), mapped, sign)
        other = (
            _per_unit(quote(wide), unit.factor) if mapped.per_unit else _in_base_units(form, cell, wide, unit.factor)
        )
        value = f"CASE WHEN {unit.factor} = 1 THEN {value} ELSE {other} END"
        same = f"({same} AND {unit.factor} = 1)"
        row_kinds["unit_conversion"] = f"{unit.factor} <> 1"
        if not mapped.per_unit:
            row_kinds["rounded_to_unit"] = f"{unit.factor} <> 1 AND value <> try({quote(wide)} * {unit.factor})"
    if mapped.negate:
        same = f"({same} AND {quote(column.name)} = 0)"
        kinds["sign"] = "value <> 0"
    if sign:
        same = f"({same} AND ({sign} = 1 OR {quote(column.name)} = 0))"
        row_kinds["sign"] = f"{sign} = -1 AND value <> 0"
    kept = f"CASE WHEN coalesce({same}, false) OR {is_blank(cell)} THEN NULL ELSE {cell} END"
    outputs = {column.name: value, f"{column.name}_source": kept}
    reason = form.reason("no_factor" if unit else "no_type" if sign else "")
    return Reading(outputs, staged, kinds=kinds, row_kinds=row_kinds, reason=reason)


def in_less_out(came: str, went: str) -> str:
    """SQL of the one cell that two cells make, of what came in and what went out: the one that is not nothing, what
    went out with a minus. Where both are something, both stand in it, so that it is refused as no number and shown."""
    none_came, none_went = (f"NOT regexp_matches({cell}, '[1-9]')" for cell in (came, went))
    minus = f"CASE WHEN regexp_matches({went}, {literal(_NEGATIVE)}) THEN {went} ELSE '-' || trim({went}) END"
    nothing = f"CASE WHEN {is_blank(came)} THEN {went} ELSE {came} END"
    arms = f"WHEN {none_went} THEN {nothing} WHEN {none_came} THEN {minus}"
    return f"(CASE {arms} ELSE {came} || ' / ' || {went} END)"


def _signed(value: str, mapped: Cell, sign: str) -> str:
    if sign:
        return f"(CASE {sign} WHEN 1 THEN {value} WHEN -1 THEN -({value}) END)"
    return f"({'-' if mapped.negate else ''}{value})"


class _Format:
    """A number format's patterns. `plain` is what needs no repair: no groups, no marks, no more places than the type
    keeps. `full` takes what people and ledgers write around the same digits."""

    def __init__(self, column: Column, mapped: Cell, currency: str) -> None:
        self.column = column
        self.scale = SCALES[column.type]
        self.group = mapped.thousands
        self.point = mapped.decimal
        mark = re.escape(mapped.decimal)
        places = rf"({mark}\d{{1,{self.scale}}})?" if self.scale else ""
        self.plain = rf"[+-]?\d{{1,{18 - self.scale}}}{places}"
        group = _GROUPS.get(mapped.thousands, "")
        whole = rf"(\d+|\d{{1,3}}({group}\d{{3}})+)" if group else r"\d+"
        self.exponent = rf"[+-]?\d+({mark}\d+)?[eE][+-]\d{{1,2}}" if self.scale else ""
        self.digits = rf"({whole}({mark}\d*)?|{mark}\d+)"
        self.share = column.unit == "share"
        self.amount = "currency" in column.unit
        self.full = self._full(mark_pattern(currency or None) if self.amount else "")

    def _full(self, mark: str) -> str:
        before = f"({mark}{_SPACES})?" if mark else ""
        after = f"({_SPACES}{mark})?" if mark else f"({_SPACES}%)?" if self.share else ""
        leading = rf"{before}([+]|{_MINUS})?{before}{self.digits}{after}"
        trailing = rf"{before}{self.digits}{_MINUS}{after}"
        brackets = rf"{before}\({_SPACES}{before}{self.digits}{after}{_SPACES}\){after}"
        return f"({leading}|{trailing}|{brackets})"

    def clean(self, cell: str) -> str:
        """SQL of the number with its sign in front, without groups and with a point, for a cell that matched `full`."""
        digits = f"regexp_replace({cell}, '[^0-9{self.point}]', '', 'g')"
        if self.point == ",":
            digits = f"replace({digits}, ',', '.')"
        return f"(CASE WHEN regexp_matches({cell}, '{_NEGATIVE}') THEN '-' ELSE '' END || {digits})"

    def value(self, cell: str, is_plain: str, sql_type: str = "") -> str:
        """SQL of the number in the column's type, or NULL. `is_plain` is SQL: the cell matches `plain`."""
        wanted = sql_type or self.column.type.sql
        easy = cell if self.point == "." else f"replace({cell}, ',', '.')"
        hard = f"try_cast({self.clean(cell)} AS {wanted})"
        if self.scale == 0:
            lost = f"regexp_matches({self.clean(cell)}, '\\.\\d*[1-9]')"
            hard = f"CASE WHEN NOT {lost} THEN try_cast(split_part({self.clean(cell)}, '.', 1) AS {wanted}) END"
        if self.share:
            hundredth = f"(try_cast({self.clean(cell)} AS DECIMAL(26, 8)) * 0.01::DECIMAL(3, 2))::{wanted}"
            hard = f"CASE WHEN contains({cell}, '%') THEN {hundredth} ELSE {hard} END"
        return (
            f"CASE WHEN {is_plain} THEN try_cast({easy} AS {wanted}) "
            f"WHEN regexp_full_match(trim({cell}, {BLANKS}), {literal(self.full)}) THEN {hard}"
            f"{self._of_exponent(cell, wanted)} END"
        )

    def _of_exponent(self, cell: str, wanted: str) -> str:
        """An arm of `value` for numbers with an exponent; whole numbers have none."""
        if not self.exponent:
            return ""
        plain = f"trim({cell}, {BLANKS})" if self.point == "." else f"replace(trim({cell}, {BLANKS}), ',', '.')"
        return (
            f" WHEN regexp_full_match(trim({cell}, {BLANKS}), {literal(self.exponent)})"
            f" THEN try_cast({plain} AS {wanted})"
        )

    def kinds(self) -> dict[str, str]:
        """Which repairs a changed cell went through, over `text`."""
        found: dict[str, str] = {}
        if self.group:
            between = rf"\d{_GROUPS[self.group]}\d"
            found["thousands_separator"] = f"regexp_matches(text, {literal(between)})"
        if self.amount:
            # Every mark has a sign or a letter that no exponent has.
            found["currency_mark"] = r"regexp_matches(text, '[\p{Sc}A-DF-Za-df-z]')"
        found["negative_form"] = f"regexp_matches(text, '{_UNUSUAL_MINUS}')"
        if self.share:
            found["percent"] = "contains(text, '%')"
        if self.scale:
            found["exponent"] = f"regexp_full_match(trim(text, {BLANKS}), {literal(self.exponent)})"
            found["rounded_to_places"] = f"regexp_matches({self.clean('text')}, '\\.\\d{{{self.scale}}}\\d*[1-9]')"
        found["trimmed"] = f"trim(text, {BLANKS}) <> text"
        return found

    def reason(self, lacking: str) -> str:
        """SQL over `text` that says why a cell was refused; `lacking` is what a number may want beside its digits."""
        text = f"trim(text, {BLANKS})"
        beyond = "not_whole" if self.scale == 0 else f"{lacking}_or_out_of_range" if lacking else "out_of_range"
        tests = {
            literal(self.full): beyond,
            r"'(?i)[+-]?(nan|inf|infinity|∞)'": "not_finite",
            r"'[+-]?(\d+[.,]?\d*|[.,]\d+)[eE][+-]?\d+'": "exponent",
            literal(_GROUPED): "digit_groups",
        }
        if self.amount:
            tests[literal(self._full(mark_pattern()))] = "other_currency"
        arms = " ".join(f"WHEN regexp_full_match({text}, {test}) THEN '{word}'" for test, word in tests.items())
        return f"CASE {arms} ELSE 'not_a_number' END"


def _in_base_units(form: _Format, cell: str, wide: str, factor: str) -> str:
    """Quantity times factor; within half a printed decimal times the factor of a whole number it is that number.

    A file that prints 0.21 cartons of 24 means 5 units, not 5.04: the decimals it printed cannot say it better.
    """
    product = f"({quote(wide)} * {factor})"
    decimals = f"least(length(split_part({form.clean(cell)}, '.', 2)), 8)"
    near = f"abs({product} - round({product})) <= {factor} * ({_HALVES})[{decimals} + 1]"
    kept = ColumnType.QUANTITY.sql  # on each arm: one type for both would drop the places of the second
    return f"try(CASE WHEN {near} THEN round({product})::{kept} ELSE {product}::{kept} END)"


def _per_unit(price: str, factor: str) -> str:
    """Price divided by factor, half up at the fourth place, in whole numbers: a decimal division would be a float."""
    top = f"(abs({price})::DECIMAL(30, 4) * 10000)::HUGEINT * 2000000"
    bottom = f"({factor}::DECIMAL(20, 6) * 1000000)::HUGEINT"
    ratio = f"(({top} + {bottom}) // (2 * {bottom}))::DECIMAL(28, 0) * 0.0001::DECIMAL(5, 4)"
    return f"try((CASE WHEN {price} < 0 THEN -1 ELSE 1 END * ({ratio}))::DECIMAL(18, 4))"
