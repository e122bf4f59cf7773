"""Why something was placed as it was, and what is asked, in English and Spanish."""

from collections.abc import Sequence

from perito_rules.canonical import ColumnType
from perito_rules.terms import label

from perito_validation.proposal.headers import DOCUMENTS
from perito_validation.proposal.pairs import Pair
from perito_validation.understanding import Reason

_KINDS = {
    ColumnType.DATE: ("dates", "fechas"),
    ColumnType.TIMESTAMP: ("dates", "fechas"),
    ColumnType.QUANTITY: ("numbers", "números"),
    ColumnType.MONEY: ("numbers", "números"),
    ColumnType.RATE: ("numbers", "números"),
    ColumnType.INTEGER: ("numbers", "números"),
    ColumnType.ENUM: ("known words", "palabras conocidas"),
    ColumnType.BOOLEAN: ("yes or no", "sí o no"),
}


def joined(*parts: Reason) -> Reason:
    """Several sentences as one text."""
    return Reason(" ".join(part.english for part in parts), " ".join(part.spanish for part in parts))


def of_pair(pair: Pair) -> Reason:
    """Name, cells and keys that speak for a pair of columns."""
    parts = [_name(pair)]
    kind = _KINDS.get(pair.column.type)
    if kind and pair.facts.looks:
        share = f"{pair.fit:.0%}"
        if pair.column.type is not ColumnType.ENUM:
            parts.append(Reason(f"{share} of its cells are {kind[0]}.", f"El {share} de sus celdas son {kind[1]}."))
    if pair.overlap is not None and pair.overlap >= 0.5:
        domain = pair.column.references or DOCUMENTS.get(pair.column.name, "")
        parent, *_ = domain.partition(".")
        english = f"{pair.overlap:.0%} of its values are keys of {label(parent, 'en', {})}."
        parts.append(Reason(english, f"El {pair.overlap:.0%} de sus valores son claves de {label(parent, 'es', {})}."))
    return joined(*parts)


def _name(pair: Pair) -> Reason:
    if pair.name.how == "known":
        return Reason("A known header.", "Un encabezado conocido.")
    if pair.name.how == "own":
        return Reason("The code of the rows of its file.", "El código de las filas de su archivo.")
    if pair.name.how == "cells":
        english = "Its header says little; its cells look like it, and no other column could be it."
        return Reason(english, "Su encabezado dice poco; sus celdas lo parecen y ninguna otra columna podría serlo.")
    like = pair.name.like
    return Reason(f"Its words say the same as {like}.", f"Sus palabras dicen lo mismo que {like}.")


def dates(formats: Sequence[str], *, sure: bool) -> Reason:
    """How dates were read."""
    shown = ", ".join(formats)
    if sure:
        return Reason(f"Dates are written {shown}.", f"Las fechas se escriben {shown}.")
    english = f"Dates are read as {shown}; day and month could be exchanged."
    return Reason(english, f"Las fechas se leen como {shown}; el día y el mes podrían estar cambiados.")


def marks(decimal: str, thousands: str, *, sure: bool) -> Reason:
    """How numbers were read."""
    names = {".": "a point", ",": "a comma", " ": "a space", "'": "an apostrophe"}
    nombres = {".": "un punto", ",": "una coma", " ": "un espacio", "'": "un apóstrofo"}
    english = f"Decimals follow {names[decimal]}"
    spanish = f"Los decimales siguen a {nombres[decimal]}"
    if thousands:
        english += f", {names[thousands]} parts thousands"
        spanish += f"; {nombres[thousands]} separa los miles"
    if not sure:
        return Reason(f"{english}; the cells alone do not prove it.", f"{spanish}; las celdas solas no lo prueban.")
    return Reason(f"{english}.", f"{spanish}.")
