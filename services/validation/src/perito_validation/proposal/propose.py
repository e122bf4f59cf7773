"""Proposes the mapping of books from headers, cells and file names, and says how sure it is of each column."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import duckdb
from perito_kernel.errors import Invalid
from perito_rules.canonical import load_canonical

from perito_validation.mapping import BooksMapping, FileMapping
from perito_validation.proposal import leftovers, notes
from perito_validation.proposal.agreement import let_columns_agree
from perito_validation.proposal.arithmetic import correct_amounts
from perito_validation.proposal.cells import CellReader
from perito_validation.proposal.companions import add_companions
from perito_validation.proposal.content import look
from perito_validation.proposal.drafts import Plan, draft_of
from perito_validation.proposal.headers import name_matches
from perito_validation.proposal.joined_ways import join_ways
from perito_validation.proposal.joining import join_headers, part_headers
from perito_validation.proposal.keys import Overlaps
from perito_validation.proposal.masters import MASTERS, drop_partial_masters, one_master_each
from perito_validation.proposal.places import name_places
from perito_validation.proposal.rows import complete_rows, decide_currency
from perito_validation.proposal.spelling import comment
from perito_validation.proposal.tables import Book, read_as
from perito_validation.proposal.two_kinds import part_purchases
from perito_validation.proposal.units import convert_units
from perito_validation.source import Source
from perito_validation.understanding import Placement, Question, Reason, Understanding

_DOCUMENTS = ("purchases", "receipts", "invoices")
_UNSURE = 0.7
_LONGEST_NAME = 200
_MOST_COLUMNS = 400


@dataclass(frozen=True)
class Hints:
    """What is known beside the files: a currency (ISO 4217) and a time zone (IANA), "" where they are not."""

    currency: str = ""
    timezone: str = ""


@dataclass(frozen=True)
class Proposal:
    """A mapping with what is said about it."""

    mapping: BooksMapping
    understanding: Understanding
    text: str = field(repr=False)

    @property
    def placements(self) -> Sequence[Placement]:
        """Where each source column went, or why it went nowhere."""
        return self.understanding.placements

    @property
    def questions(self) -> Sequence[Question]:
        """What only a person can answer."""
        return self.understanding.questions

    def to_yaml(self) -> str:
        """The mapping file, with confidence, reasons and questions as comments."""
        return self.text


def propose(con: duckdb.DuckDBPyConnection, sources: Mapping[str, Source], hints: Hints | None = None) -> Proposal:
    """The proposal for files that stand in the database of an intake.

    Raises `Invalid` (PROPOSAL_NO_TABLE) where no file is a table that is known, naming what they have.
    """
    hints = hints or Hints()
    books = [Book(source, look(con, source, _looked_at(source))) for _, source in sorted(sources.items())]
    books.sort(key=lambda book: book.source.file_id)
    overlaps = Overlaps(con)
    _read_all(books, overlaps)
    plan = Plan(books, [draft_of(book, book.best) for book in books if book.best and _writable(book.source.name)])
    join_ways(con, plan)
    part_headers(con, plan, overlaps)
    join_headers(con, plan, overlaps)
    if not plan.drafts:
        raise _nothing(books)
    add_companions(plan, overlaps)
    drop_partial_masters(plan, overlaps)
    one_master_each(plan, overlaps)
    let_columns_agree(con, plan)
    CellReader(con, plan, overlaps).decide()
    correct_amounts(con, plan)
    convert_units(con, plan)
    part_purchases(con, plan)
    complete_rows(con, plan)
    name_places(con, plan)
    currency = hints.currency or decide_currency(con, plan)
    _ask_about_tables(plan)
    mapping = _mapping(plan, currency, hints.timezone)
    placements = list(_placements(plan))
    text = notes.write(mapping, plan, placements)
    return Proposal(mapping, Understanding(placements, tuple(plan.questions)), text)


def _nameable(source: Source) -> list[int]:
    """Columns that a mapping can name: those that hold cells, under a header of their own that is not absurdly long."""
    names = Counter(header.strip() for header in source.header)
    return [
        at
        for at, header in enumerate(source.header)
        if header.strip() and names[header.strip()] == 1 and _writable(header) and header not in source.no_cells
    ]


def _looked_at(source: Source) -> list[int]:
    """The columns whose cells are looked at: all of a usual file, of a very wide one those whose header says something
    before those whose header does not."""
    columns = _nameable(source)
    if len(columns) > _MOST_COLUMNS:
        columns.sort(key=lambda at: not name_matches(source.header[at]))
    return sorted(columns[:_MOST_COLUMNS])


def _writable(name: str) -> bool:
    return len(name) <= _LONGEST_NAME and not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in name.replace("\t", ""))


def _read_all(books: Sequence[Book], overlaps: Overlaps) -> None:
    """Twice: once to find the master tables, and once more knowing their keys."""
    for book in books:
        book.readings = read_as(book, overlaps)
    for name in MASTERS:
        table = load_canonical()[name]
        found = [book for book in books if book.best and book.best.table.name == name]
        if found:
            best = max(found, key=lambda book: book.best.evidence if book.best else 0.0)
            key = table.key[0]
            if best.best and key in best.best.pairs:
                overlaps.add(f"{name}.{key}", best.source, best.best.pairs[key].facts)
    for book in books:
        book.readings = read_as(book, overlaps)
    _know_documents(books, overlaps)


def _know_documents(books: Sequence[Book], overlaps: Overlaps) -> None:
    """Once more, knowing the numbers of orders, receipts and invoices, by which other files refer to them."""
    before = len(overlaps.domains)
    for name in _DOCUMENTS:
        found = [book for book in books if book.best and book.best.table.name == name and "document" in book.best.pairs]
        best = max(found, key=lambda book: book.best.evidence if book.best else 0.0, default=None)
        if best and best.best and len(books) > 1:
            overlaps.add(f"{name}.document", best.source, best.best.pairs["document"].facts)
    if len(overlaps.domains) > before:
        for book in books:
            book.readings = read_as(book, overlaps)


def _ask_about_tables(plan: Plan) -> None:
    for book in plan.books:
        name, best = book.source.name, book.best
        fed = plan.of(book) or any(name in draft.joins for draft in plan.drafts)
        if not fed and leftovers.recognised(book) < 0.6:
            plan.ask(
                "table",
                Reason(
                    f"What are the rows of {name}? Its columns are {_headers(book)}. Nothing of it is examined.",
                    f"¿Qué son las filas de {name}? Sus columnas son {_headers(book)}. No se examina nada de él.",
                ),
                book=book,
            )
        elif fed and best and best.sure < _UNSURE and len(book.readings) > 1:
            other = book.readings[1].table.name
            plan.ask(
                "table",
                Reason(
                    f"{name} was taken for {best.table.name}; it could be {other}. Is it {best.table.name}?",
                    f"{name} se tomó por {best.table.name}; podría ser {other}. ¿Es {best.table.name}?",
                ),
                book=book,
            )


def _mapping(plan: Plan, currency: str, timezone: str) -> BooksMapping:
    files = {
        book.source.name: FileMapping(tables={draft.table.name: draft.mapping() for draft in plan.of(book)})
        for book in plan.books
        if plan.of(book)
    }
    stated = {"timezone": timezone} if timezone else {}  # what nobody stated stays a default, and is told as one
    return BooksMapping(version=1, currency=currency, files=files, **stated)


def _placements(plan: Plan) -> Iterable[Placement]:
    for book in plan.books:
        made = [*_mapped(plan, book), *_join_keys(plan, book)]
        used = {place for place, _ in made}
        made += [(_position(book, p.source_column), p) for p in leftovers.of_columns(plan, book, used)]
        yield from (placement for _, placement in sorted(made, key=lambda pair: pair[0]))
        for draft in plan.of(book):
            for name, constant in draft.constants.items():
                yield Placement(
                    book.source.file_id, "", draft.table.name, name, "constant", constant.confidence, constant.reason
                )
        yield from _unnameable(book)


def _mapped(plan: Plan, book: Book) -> Iterable[tuple[int, Placement]]:
    for draft in plan.drafts:
        for name, entry in draft.entries.items():
            if entry.book is book:
                status = "mapped" if draft.book is book else "joined"
                yield (
                    entry.facts.index,
                    Placement(
                        book.source.file_id,
                        entry.facts.header,
                        draft.table.name,
                        name,
                        status,
                        entry.confidence,
                        entry.reason,
                    ),
                )
            out = entry.options.get("out")
            if entry.book is book and out:
                place = Placement(
                    book.source.file_id, str(out), draft.table.name, name, "mapped", entry.confidence, entry.reason
                )
                yield (_position(book, str(out)), place)
            unit = entry.options.get("unit")
            if entry.book is book and isinstance(unit, dict):
                header = str(unit["column"])  # pyright: ignore[reportUnknownArgumentType]  # made by `units`
                reason = Reason(f"The unit of {name}.", f"La unidad de {name}.")
                place = Placement(
                    book.source.file_id, header, draft.table.name, "uom", "mapped", entry.confidence, reason
                )
                yield (_position(book, header), place)


def _join_keys(plan: Plan, book: Book) -> Iterable[tuple[int, Placement]]:
    reason = Reason("By this column its rows are found.", "Por esta columna se encuentran sus filas.")
    for draft in plan.drafts:
        for column in draft.joins.get(book.source.name, {}).values():
            place = Placement(book.source.file_id, column, draft.table.name, "", "joined", 0.9, reason)
            yield (_position(book, column), place)


def _position(book: Book, header: str) -> int:
    return next((facts.index for facts in book.facts if facts.header == header), len(book.facts))


def _unnameable(book: Book) -> Iterable[Placement]:
    known, nameable = {facts.index for facts in book.facts}, set(_nameable(book.source))
    strange = Reason(
        "Its header is blank, repeated or cannot be written in a mapping.",
        "Su encabezado está vacío, repetido o no se puede escribir en un mapeo.",
    )
    beyond = Reason(
        f"Its file has more than {_MOST_COLUMNS} columns, and its header is no known one.",
        f"Su archivo tiene más de {_MOST_COLUMNS} columnas, y su encabezado no es conocido.",
    )
    for at, header in enumerate(book.source.header):
        if at not in known:
            reason = beyond if at in nameable else strange
            yield Placement(book.source.file_id, comment(header)[:200], "", "", "unplaced", 0.0, reason)


def _headers(book: Book) -> str:
    return comment(", ".join(book.source.header))[:300]


def _nothing(books: Sequence[Book]) -> Invalid:
    files = "; ".join(f"{book.source.name} has {', '.join(book.source.header)[:200]}" for book in books)[:800]
    misfits = "; ".join(text for book in books for text in leftovers.misfits(book))[:400]
    wrong = f" {comment(misfits)}." if misfits else ""
    message = (
        f"No file is a table that is known ({comment(files)}).{wrong} Check that the first line names the columns, or "
        "write a mapping: docs/mapping.md."
    )
    return Invalid("PROPOSAL_NO_TABLE", message, {"files": files})
