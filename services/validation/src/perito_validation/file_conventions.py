"""How each file is written, decided and said once per file: signs, order of day and month, number marks, units.

A file has a row for what could have been read otherwise, and none for what could not: ISO dates and plain numbers need
no decision. Single columns are in `placements` and `columns`, single changes in `transformations`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from perito_rules.terms import label
from perito_rules.terms import spanish_number as es

from perito_validation.accounts import ColumnAccount
from perito_validation.conventions import Convention
from perito_validation.date_formats import exchanged
from perito_validation.source import Source
from perito_validation.understanding import Understanding

Rows = Sequence[Mapping[str, Any]]

_SIGNS = {"as_written": ("stand as written", "quedan como están escritos")} | {
    "by_type": ("come from the type: the file writes magnitudes", "salen del tipo: el archivo escribe magnitudes"),
    "turned": ("were turned: the file writes them the other way", "se invirtieron: el archivo los escribe al revés"),
}
_MARKS = {
    ".": ("a point", "un punto"),
    ",": ("a comma", "una coma"),
    " ": ("a space", "un espacio"),
    "'": ("an apostrophe", "un apóstrofo"),
}


@dataclass(frozen=True)
class Files:
    """What reading left of the files. `signs` and `date_formats` are rows of those system tables; `asked` are topics
    of questions by file; `proposed` says that nobody gave the mapping."""

    names: Mapping[int, str]
    accounts: Sequence[ColumnAccount]
    signs: Rows
    date_formats: Rows
    asked: frozenset[tuple[int | None, str]]
    proposed: bool

    @classmethod
    def of(
        cls,
        sources: Sequence[Source],
        accounts: Sequence[ColumnAccount],
        signs: Rows,
        date_formats: Rows,
        proposed: Understanding | None,
    ) -> "Files":
        """`proposed` is what was understood by a mapping that was made here, None where a person gave one."""
        asked = ((question.file_id, question.topic) for question in proposed.questions) if proposed else ()
        names = {source.file_id: source.name for source in sources}
        return cls(names, accounts, signs, date_formats, frozenset(asked), proposed is not None)

    def basis(self, *, proven: bool) -> str:
        """What a decision rests on: the mapping that a person gave; else the cells, where they prove it."""
        return "mapping" if not self.proposed else "evidence" if proven else "default"


def decide_files(files: Files) -> list[Convention]:
    """Conventions named `<topic>:<file>`, topics being sign, date_order, number_marks and units."""
    return [convention for rule in (_signs, _dates, _numbers, _units) for convention in rule(files)]


def _signs(files: Files) -> Iterator[Convention]:
    rules = {
        (account.file_id, account.table): account.fed.rule
        for account in files.accounts
        if account.fed.column.name == "qty"
    }
    for file_id, rows in _by_file(files.signs):
        tables = sorted({row["table_name"] for row in rows})
        kinds = {name: _sign_kind(rules.get((file_id, name), {})) for name in tables}
        english = [
            f"Signs of {label(name, 'en', {})} {_SIGNS[kind][0]} ({_signed(rows, name, 'en')})."
            for name, kind in kinds.items()
        ]
        spanish = [
            f"Los signos de {label(name, 'es', {})} {_SIGNS[kind][1]} ({_signed(rows, name, 'es')})."
            for name, kind in kinds.items()
        ]
        contrary = [(row["type"], f"{_contrary(row):,}", f"{row['rows']:,}") for row in rows if _contrary(row)]
        if contrary:
            told = ", ".join(f"{label(kind, 'en', {})} ({part}/{whole})" for kind, part, whole in contrary)
            english.append(f"Against their type: {told}.")
            told = ", ".join(f"{label(kind, 'es', {})} ({es(part)}/{es(whole)})" for kind, part, whole in contrary)
            spanish.append(f"Contra su tipo: {told}.")
        stated = any(kind != "as_written" for kind in kinds.values())
        yield Convention(
            f"sign:{files.names[file_id]}",
            ", ".join(dict.fromkeys(kinds.values())),
            files.basis(proven=True) if stated else "evidence",
            " ".join(english),
            " ".join(spanish),
            {"types": [{name: value for name, value in row.items() if name != "file_id"} for row in rows]},
        )


def _sign_kind(rule: Mapping[str, object]) -> str:
    return "by_type" if rule.get("sign") else "turned" if rule.get("negate") else "as_written"


def _signed(rows: Rows, table: str, language: str) -> str:
    """`receipt +, sale −, adjustment ±`: the signs that each type has once read."""
    return ", ".join(f"{label(row['type'], language, {})} {_sign(row)}" for row in rows if row["table_name"] == table)


def _sign(row: Mapping[str, Any]) -> str:
    if row["positive"] and row["negative"]:
        return "±"
    return "+" if row["positive"] else "\u2212" if row["negative"] else "0"


def _contrary(row: Mapping[str, Any]) -> int:
    return int({1: row["negative"], -1: row["positive"]}.get(row["expected"], 0))


def _dates(files: Files) -> Iterator[Convention]:
    for file_id, all_rows in _by_file(files.date_formats):
        read = [row for row in all_rows if row["stated"] and row["cells"]]
        formats = list(dict.fromkeys(row["format"] for row in read))
        orders = list(dict.fromkeys(_order(form) for form in formats if exchanged(form)))
        if not orders:
            continue
        rows = [row for row in read if exchanged(row["format"])]
        proof, both = (sum(int(row[name]) for row in rows) for name in ("one_way", "both_ways"))
        english, spanish = _order_said(orders, sorted({str(row["source_column"]) for row in rows}), proof, both)
        evidence = {"formats": formats, "one_way": proof, "both_ways": both}
        basis = files.basis(proven=proof > 0)
        yield Convention(f"date_order:{files.names[file_id]}", " + ".join(orders), basis, english, spanish, evidence)


def _order(form: str) -> str:
    return "d/m" if form.index("%d") < form.index("%m") else "m/d"


def _order_said(orders: Sequence[str], columns: Sequence[str], proof: int, both: int) -> tuple[str, str]:
    where = ", ".join(columns)
    if len(orders) > 1:
        english, spanish = f"Day and month stand in both orders in {where}", f"Día y mes van en ambos órdenes: {where}"
    elif orders[0] == "d/m":
        english, spanish = f"The day comes before the month in {where}", f"El día va antes que el mes en {where}"
    else:
        english, spanish = f"The month comes before the day in {where}", f"El mes va antes que el día en {where}"
    if proof:
        english += f": {proof:,} {'date has' if proof == 1 else 'dates have'} a number above 12 that shows it."
        holds = "fecha lleva" if proof == 1 else "fechas llevan"
        spanish += f": {es(f'{proof:,}')} {holds} un número mayor que 12 que lo muestra."
    else:
        english += "; no date has a number above 12 that would show it."
        spanish += "; ninguna fecha lleva un número mayor que 12 que lo muestre."
    if both:
        english += (
            f" {both:,} could be read the other way; that reading is kept beside {'it' if both == 1 else 'them'}."
        )
        could = "podría" if both == 1 else "podrían"
        spanish += f" {es(f'{both:,}')} {could} leerse al revés; esa lectura se conserva a su lado."
    return english, spanish


def _numbers(files: Files) -> Iterator[Convention]:
    found: dict[int, dict[tuple[str, str], list[str]]] = defaultdict(lambda: defaultdict(list))
    for account in files.accounts:
        marks = str(account.fed.rule.get("decimal", ".")), str(account.fed.rule.get("thousands", ""))
        if marks != (".", "") and account.fed.source_column is not None:
            found[account.file_id][marks].append(account.fed.source_column)
    for file_id, columns in sorted(found.items()):
        unsure = (file_id, "number_marks") in files.asked
        said = [_marks_said(marks, list(dict.fromkeys(names))) for marks, names in sorted(columns.items())]
        doubt = ("the cells alone do not prove it.", "las celdas solas no lo prueban.")
        english, spanish = ("; ".join(pair[i] for pair in said) + (f"; {doubt[i]}" if unsure else ".") for i in (0, 1))
        value = " | ".join(f"1{thousands}234{decimal}5" for decimal, thousands in sorted(columns))
        evidence = {"columns": sorted({name for names in columns.values() for name in names})}
        basis = files.basis(proven=not unsure)
        yield Convention(f"number_marks:{files.names[file_id]}", value, basis, english, spanish, evidence)


def _marks_said(marks: tuple[str, str], columns: Sequence[str]) -> tuple[str, str]:
    decimal, thousands, where = _MARKS[marks[0]], _MARKS.get(marks[1]), ", ".join(columns)
    english = f"Decimals follow {decimal[0]}" + (f" and {thousands[0]} parts thousands" if thousands else "")
    spanish = f"Los decimales siguen a {decimal[1]}" + (f" y {thousands[1]} separa los miles" if thousands else "")
    return f"{english} in {where}", f"{spanish} en {where}"


def _units(files: Files) -> Iterator[Convention]:
    stated: dict[int, list[ColumnAccount]] = defaultdict(list)
    for account in files.accounts:
        if account.fed.rule.get("unit"):
            stated[account.file_id].append(account)
    for file_id, accounts in sorted(stated.items()):
        factors: dict[str, str] = {}
        for account in accounts:
            unit = cast("Mapping[str, Any]", account.fed.rule["unit"])
            factors |= {str(word): _factor_said(factor) for word, factor in unit["factors"].items()}
        where = ", ".join(dict.fromkeys(str(account.fed.source_column) for account in accounts))
        listed = ", ".join(f"{word} = {factor}" for word, factor in sorted(factors.items()))
        english = f"Quantities of {where} are converted to base units: {listed}."
        spanish = f"Las cantidades de {where} se convierten a unidades base: {listed}."
        basis = files.basis(proven=(file_id, "units") not in files.asked)
        yield Convention(
            f"units:{files.names[file_id]}", ", ".join(sorted(factors)), basis, english, spanish, {"factors": factors}
        )


def _factor_said(factor: object) -> str:
    if isinstance(factor, Mapping):
        place = cast("Mapping[str, object]", factor)
        return f"{place['table']}.{place['column']}"
    return str(factor)


def _by_file(rows: Rows) -> Iterator[tuple[int, list[Mapping[str, Any]]]]:
    found: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        found[int(row["file_id"])].append(row)
    yield from sorted(found.items())
