"""Shops and warehouses that stand in the name of a file only, and what kind of place a code names.

A name that equals a location's name or code is proposed; one that could be several is asked, and never guessed.
"""

import duckdb
from perito_rules.canonical import normal_header

from perito_validation.cells import is_blank
from perito_validation.proposal.drafts import Constant, Draft, Plan
from perito_validation.proposal.file_names import name_parts
from perito_validation.proposal.spelling import flow, line
from perito_validation.proposal.words import vocabulary
from perito_validation.understanding import Reason

_MOST = 5000
_NEEDS_PLACE = frozenset(("sales", "inventory", "movements", "counts", "receipts", "returns"))
_BY_NAME, _BY_CODE, _BY_FILE = 0.9, 0.88, 0.5
_KINDS = {
    "warehouse": {"warehouse", "wh", "whse", "almacen", "alm", "bodega", "deposito", "depot", "dc"},
    "store": {"store", "shop", "outlet", "tienda", "sucursal", "branch"},
}


def name_places(con: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Adds the location to drafts that lack it and whose file names one; asks where it does not."""
    for draft in plan.feeding("locations"):
        _kind(draft)
    masters = [row for draft in plan.feeding("locations") for row in _locations(con, draft)]
    elsewhere = any("location" in draft.entries for draft in plan.drafts if draft.table.name in _NEEDS_PLACE)
    for draft in plan.drafts:
        if draft.table.name not in _NEEDS_PLACE or "location" in draft.entries or "location" in draft.constants:
            continue
        if masters:
            _from_masters(plan, draft, masters)
        elif not elsewhere:
            _from_file_names(plan, draft)


def _kind(draft: Draft) -> None:
    """`WarehouseID` says that the places are warehouses."""
    if "type" in draft.entries or "location" not in draft.entries:
        return
    words = {*vocabulary().parts(draft.entries["location"].facts.header), *name_parts(draft.book.source.name)}
    kinds = [kind for kind, names in _KINDS.items() if any(w in names or w.rstrip("s") in names for w in words)]
    if len(kinds) == 1:
        header = draft.entries["location"].facts.header
        reason = Reason(f"{header} says so.", f"Lo dice {header}.")
        draft.constants["type"] = Constant(kinds[0], 0.85, reason)


def _locations(con: duckdb.DuckDBPyConnection, draft: Draft) -> list[tuple[str, str]]:
    """Codes and names of the locations; where there is no name, the code twice."""
    code = f"c{draft.entries['location'].facts.index}"
    named = draft.own("name")
    name = f"c{named.facts.index}" if named else code
    rows = f"{draft.book.source.table} WHERE NOT {is_blank(code)} ORDER BY 1 LIMIT {_MOST}"
    sql = f"SELECT trim({code}), trim({name}) FROM {rows}"
    return [(str(a), str(b)) for a, b in con.execute(sql).fetchall()]


def _from_masters(plan: Plan, draft: Draft, masters: list[tuple[str, str]]) -> None:
    words = set(_said(draft))
    whole = normal_header(draft.book.source.name)
    by_name = {code: set(normal_header(name).split("_")) for code, name in masters}
    inside = {code: parts for code, parts in by_name.items() if parts <= words}
    longest = max((len(parts) for parts in inside.values()), default=0)
    found = [code for code, parts in inside.items() if len(parts) == longest and parts != {""}]
    sure, english, spanish = _BY_NAME, "The file is named like this place.", "El archivo se llama como este lugar."
    if not found:
        found = [code for code, _ in masters if f"_{normal_header(code)}_" in f"_{whole}_"]
        sure, english, spanish = _BY_CODE, "The file's name holds its code.", "El nombre del archivo lleva su código."
    if len(found) == 1 and sum(1 for parts in by_name.values() if parts == by_name[found[0]]) == 1:
        draft.constants["location"] = Constant(found[0], sure, Reason(english, spanish))
        return
    some = ", ".join(f"{code} ({name})" for code, name in masters[:8])
    plan.ask(
        "location",
        Reason(
            f"Where did the rows of {draft.book.source.name} happen? No column tells, and the file's name is no place "
            f"that is known. Places are {some}.",
            f"¿Dónde ocurrieron las filas de {draft.book.source.name}? Ninguna columna lo dice y el nombre del archivo "
            f"no es un lugar conocido. Los lugares son {some}.",
        ),
        line(draft.book, f"{draft.table.name} > constants", {"location": masters[0][0]}, commented=True),
        draft.book,
    )


def _from_file_names(plan: Plan, draft: Draft) -> None:
    """Without a list of places, several files of one table are told apart by what their names do not share."""
    others = [d for d in plan.feeding(draft.table.name) if d.book is not draft.book and "location" not in d.entries]
    if not others:
        return
    shared = set(_said(draft)).intersection(*(_said(other) for other in others))
    rest = [word for word in _said(draft) if word not in shared]
    if not rest:
        return
    value = "_".join(rest)
    english = "What tells this file from the others of its kind; no list of places confirms it."
    spanish = "Lo que distingue a este archivo de los demás de su clase; ninguna lista de lugares lo confirma."
    draft.constants["location"] = Constant(value, _BY_FILE, Reason(english, spanish))
    plan.ask(
        "location",
        Reason(
            f"Is {value} the place where the rows of {draft.book.source.name} happened? The file's name says it.",
            f"¿Es {value} el lugar donde ocurrieron las filas de {draft.book.source.name}? Lo dice su nombre.",
        ),
        f"# {flow(draft.book.source.name)} > {draft.table.name} > constants\nlocation: {flow(value)}",
        draft.book,
    )


def _said(draft: Draft) -> list[str]:
    """Words of the file's name as they stand, those of tables left in: a place may be called Main Store."""
    stem = draft.book.source.name.rpartition("/")[2]
    return normal_header(stem.rpartition(".")[0] or stem).split("_")
