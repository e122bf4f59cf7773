"""The mapping file: which file feeds which canonical tables, and how its cells are to be read.

A mapping says everything that cannot be seen in the data alone: the format of dates and numbers, units and their
factors, signs, constants that stand in a file's name, and how keys are normalised. It is YAML; this module turns it
into checked values or into an `Invalid` that names the place and the remedy. It reads no data.
"""

import difflib
import unicodedata
from collections.abc import Collection, Hashable, Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from perito_kernel.errors import Invalid
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

MAX_BYTES = 1 << 20
"""A mapping is written by people or proposed for them; a longer one is a mistake."""

MAX_FORMATS = 12
"""Date formats of one column; more make any text a date."""


def _plain(text: str) -> str:
    """Refuses control characters: a NUL passes through files and fails in the database, far from who wrote it."""
    if any(unicodedata.category(c) == "Cc" and c != "\t" for c in text):
        raise ValueError(f"{text!r} holds a control character: take it out")
    return text


Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_plain)]
FileName = Annotated[Name, AfterValidator(lambda name: unicodedata.normalize("NFC", name))]
"""NFC, as uploads are named: some systems write accents as marks of their own."""
Factor = Annotated[Decimal, Field(gt=0, lt=1_000_000, decimal_places=6)]
"""What `DECIMAL(12, 6)` holds: another factor would be rounded, or convert nothing."""
Step = Literal["trim", "upper", "lower", "nfkc", "strip_leading_zeros"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=False)


class Lookup(_Part):
    """A factor that stands in another canonical table: `column` of the row of `table` whose key equals `key`."""

    table: Name
    column: Name
    key: Name


class Unit(_Part):
    """Units of a quantity: the source column that names them, and base units in one of each.

    A converted quantity within half a printed decimal times the factor of a whole number is rounded and logged.
    """

    column: Name
    factors: Mapping[Name, Factor | Lookup] = Field(min_length=1)


class Cell(_Part):
    """How one canonical column is read from one source column.

    `format` is a strptime format for dates, or several of which the first that fits reads a cell; `decimal` and
    `thousands` are the marks of numbers; `unit` belongs to a quantity and `per_unit` to a price stated for the same
    unit; `negate` turns the sign; `sign: by_type` gives each movement the sign of its type; `normalise` is for keys, in
    the order given. `values` says what a word of the file means (`{WE: receipt}`, in any case of letters); the
    canonical words and their synonyms need no entry. `file` names a joined file in which the column stands. `out`
    is the column of what went out, where `column` is what came in.
    """

    column: Name
    file: FileName | None = None
    format: Name | Annotated[tuple[Name, ...], Field(min_length=1, max_length=MAX_FORMATS)] | None = None
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    unit: Unit | None = None
    per_unit: bool = False
    negate: bool = False
    sign: Literal["by_type"] | None = None
    out: Name | None = None
    normalise: tuple[Step, ...] = ()
    values: Mapping[Name, Name] = {}

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats in the order in which they are tried, () where none is stated."""
        return (self.format,) if isinstance(self.format, str) else self.format or ()

    @field_validator("format", mode="before")
    @classmethod
    def _format_or_formats(cls, value: object) -> object:
        """Said here in one sentence; a union's own errors name its branches."""
        given: list[object] = list(cast("list[object]", value)) if isinstance(value, list) else [value]
        texts = value is None or all(isinstance(form, str) and form for form in given)
        if not texts or not 1 <= len(given) <= MAX_FORMATS:
            raise ValueError(f'write a format such as "%d/%m/%Y", or a list of at most {MAX_FORMATS}')
        return given[0] if len(given) == 1 else given

    @model_validator(mode="after")
    def _not_both(self) -> "Cell":
        if self.decimal == self.thousands:
            raise ValueError("decimal and thousands are the same mark: a number could be read in two ways")
        if self.negate and self.sign:
            raise ValueError("negate and sign both turn signs: keep one")
        if self.out and (self.negate or self.sign or self.unit or self.file):
            raise ValueError("out gives the sign of two columns of one file: leave negate, sign, unit and file out")
        return self


class Join(_Part):
    """Another file whose columns complete the rows of this one: `match` says which column here equals which one there,
    compared after `normalise`. A row of this file takes the first row there that matches; rows never multiply."""

    match: Mapping[Name, Name] = Field(min_length=1)
    normalise: tuple[Step, ...] = ()


class TableMapping(_Part):
    """How one file feeds one canonical table. A constant is a value for every row, as text. Rows that are blank in the
    source column `skip_when_blank` are no rows of this table: an order line that nobody has received is no receipt. Nor
    are those that hold one of the words that `skip_words` gives for a source column: a sale in a list of purchases.
    `join` names other files of which cells take columns: the order to which a line belongs."""

    columns: Mapping[Name, Cell] = Field(min_length=1)
    constants: Mapping[Name, Name] = {}
    skip_when_blank: Name | None = None
    skip_words: Mapping[Name, tuple[Name, ...]] = {}
    join: Mapping[FileName, Join] = {}

    @field_validator("columns", mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        """`product: ProductID` is short for `product: {column: ProductID}`."""
        if not isinstance(value, dict):
            return value
        return {name: {"column": cell} if isinstance(cell, str) else cell for name, cell in value.items()}  # pyright: ignore[reportUnknownVariableType]  # YAML's values have no type until pydantic has seen them

    @model_validator(mode="after")
    def _one_source_each(self) -> "TableMapping":
        both = sorted(set(self.columns) & set(self.constants))
        if both:
            raise ValueError(f"{both[0]} is both a column and a constant: keep one")
        units = {repr(cell.unit) for cell in self.columns.values() if cell.unit}
        prices = [name for name, cell in self.columns.items() if cell.per_unit]
        if prices and len(units) != 1:
            raise ValueError(f"{prices[0]} is per_unit, so exactly one unit must stand on a quantity of this table")
        return self

    @model_validator(mode="after")
    def _joined_files_are_named(self) -> "TableMapping":
        named = {cell.file: name for name, cell in self.columns.items() if cell.file is not None}
        for file, name in named.items():
            if file not in self.join:
                raise ValueError(f"{name} stands in {file!r}, which `join` does not name: add it there")
        for file in self.join:
            if file not in named:
                raise ValueError(f"join names {file!r}, but no column says `file: {file}`: add one, or take it out")
        return self


class FileMapping(_Part):
    """The tables that one file feeds."""

    tables: Mapping[Name, TableMapping] = Field(min_length=1)


class BooksMapping(_Part):
    """A whole mapping. `currency` is ISO 4217; `timezone` an IANA name in which the books' dates and times stand."""

    version: Literal[1]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    timezone: Name = "UTC"
    files: Mapping[FileName, FileMapping] = Field(min_length=1)

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"{value!r} is no time zone; write an IANA name such as Africa/Lagos") from error
        return value

    @property
    def wanted(self) -> frozenset[str]:
        """Every file that is read: those that feed tables and those that are joined to them."""
        joined = (name for file in self.files.values() for part in file.tables.values() for name in part.join)
        return frozenset((*self.files, *joined))


class _StrictLoader(yaml.SafeLoader):
    """YAML lets a repeated key win in silence and aliases multiply without bound; a mapping has neither."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = cast("Any", self).peek_event().start_mark  # its stub gives events no type
            raise yaml.MarkedYAMLError(
                problem="an alias (*name) is not allowed: write the value out", problem_mark=mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                problem = f"{key.value!r} stands twice in one place: keep one"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


def parse_mapping(text: str, tables: Mapping[str, Collection[str]]) -> BooksMapping:
    """Reads a mapping. `tables` are the canonical tables and their columns.

    Raises `Invalid` (MAPPING_INVALID) naming the place in the file, what is wrong there and what to write instead.
    """
    if len(text) > MAX_BYTES:
        raise Invalid("MAPPING_INVALID", f"The mapping has {len(text)} characters; at most {MAX_BYTES} are read.")
    try:
        raw = yaml.load(text, _StrictLoader)  # noqa: S506  # it is a SafeLoader that refuses more
    except (yaml.YAMLError, RecursionError, ValueError) as error:  # ValueError: a date or number that cannot be
        raise _not_yaml(error) from error
    try:
        mapping = BooksMapping.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise _invalid(
            [str(part) for part in first["loc"]], _REMEDIES.get(first["type"], _words(first["msg"]))
        ) from error
    _check_names(mapping, tables)
    return mapping


def is_part_of(name: str, file: str) -> bool:
    """Is `name` the file itself or something in it?"""
    return name == file or name.startswith(f"{file}/")


def _check_names(mapping: BooksMapping, tables: Mapping[str, Collection[str]]) -> None:
    for file, entry in mapping.files.items():
        for table, part in entry.tables.items():
            place = ["files", file, "tables", table]
            if table not in tables:
                raise _invalid(place, _unknown("table", table, tables))
            for group, names in (("columns", part.columns), ("constants", part.constants)):
                for name in names:
                    if name not in tables[table]:
                        raise _invalid([*place, group, name], _unknown(f"column of {table}", name, tables[table]))
            _check_lookups(place, part, tables)


def _check_lookups(place: list[str], part: TableMapping, tables: Mapping[str, Collection[str]]) -> None:
    for name, cell in part.columns.items():
        for unit, factor in cell.unit.factors.items() if cell.unit else ():
            if not isinstance(factor, Lookup):
                continue
            where = [*place, "columns", name, "unit", "factors", unit]
            if factor.table not in tables:
                raise _invalid(where, _unknown("table", factor.table, tables))
            if factor.column not in tables[factor.table]:
                raise _invalid(where, _unknown(f"column of {factor.table}", factor.column, tables[factor.table]))
            if factor.key not in part.columns:
                raise _invalid(where, f"key {factor.key!r} is not among this table's mapped columns")


def _unknown(what: str, name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(sorted(known))}"
    return f"there is no {what} {name!r}; {hint}"


def _invalid(place: list[str], problem: str) -> Invalid:
    path = " > ".join(place) or "the whole file"
    return Invalid("MAPPING_INVALID", f"Mapping, {path}: {problem}.", {"place": path})


_REMEDIES = {
    "missing": "this is missing: add it",
    "extra_forbidden": "this is not known here: take it out, or look for a mistake in its name",
    "string_type": "text must stand here: put it in quotes",
    "model_type": "`name: value` lines must stand here, as in the examples",
    "dict_type": "`name: value` lines must stand here, as in the examples",
    "too_short": "at least one entry must stand here",
}
"""What to do, by pydantic's type of error; its own words speak to programmers."""


def _words(message: str) -> str:
    return message.removeprefix("Value error, ").removesuffix(".")


def _not_yaml(error: Exception) -> Invalid:
    mark = getattr(error, "problem_mark", None)
    line = int(mark.line) + 1 if mark is not None else 0
    where = f"line {line}" if line else "the whole file"
    if isinstance(error, RecursionError):
        problem = "nested too deeply"
    else:
        problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)[:200]
    return Invalid("MAPPING_INVALID", f"Mapping, {where}: {problem}.", {"line": line})
