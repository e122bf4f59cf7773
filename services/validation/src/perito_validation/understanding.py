"""What was understood of the files: where each source column went, and what only a person can answer.

Rows of the system tables `placements` and `questions`. A proposal brings its own, with confidence and reasons; for a
mapping that a person gave they are read off the mapping, so that what nobody named is said as well.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from perito_validation.mapping import BooksMapping, FileMapping
from perito_validation.source import Source, Unread

Status = Literal["mapped", "constant", "joined", "not_used", "unplaced"]


@dataclass(frozen=True)
class Reason:
    """One sentence in both languages."""

    english: str
    spanish: str


@dataclass(frozen=True)
class Placement:
    """Where one source column went. `source_column` is "" for a constant and for a file that was not read; `table`
    and `column` are "" where it feeds none. `confidence` is 0 to 1, None where a person decided."""

    file_id: int
    source_column: str
    table: str
    column: str
    status: Status
    confidence: float | None
    reason: Reason

    def row(self, ordinal: int) -> dict[str, object]:
        """Its row of the system table `placements`."""
        return {
            "ordinal": ordinal,
            "file_id": self.file_id,
            "source_column": self.source_column or None,
            "table_name": self.table or None,
            "column_name": self.column or None,
            "status": self.status,
            "confidence": None if self.confidence is None else f"{self.confidence:.2f}",
            "reason_en": self.reason.english,
            "reason_es": self.reason.spanish,
        }


@dataclass(frozen=True)
class Question:
    """What the books do not tell. `file_id` is None for all files; `add_yaml` the lines that would answer it, with the
    place in the mapping where they belong; "" where no line can."""

    file_id: int | None
    topic: str
    text: Reason
    add_yaml: str

    def row(self, ordinal: int) -> dict[str, object]:
        """Its row of the system table `questions`."""
        return {
            "ordinal": ordinal,
            "file_id": self.file_id,
            "topic": self.topic,
            "question_en": self.text.english,
            "question_es": self.text.spanish,
            "add_yaml": self.add_yaml or None,
        }


@dataclass(frozen=True)
class Understanding:
    """All that is said about how the files were understood, in the order of files and columns."""

    placements: Sequence[Placement] = ()
    questions: Sequence[Question] = ()

    def rows(self) -> dict[str, list[dict[str, object]]]:
        """Rows of the two system tables, by their names."""
        return {
            "placements": [placement.row(ordinal) for ordinal, placement in enumerate(self.placements, 1)],
            "questions": [question.row(ordinal) for ordinal, question in enumerate(self.questions, 1)],
        }


_GIVEN = Reason("The mapping says so.", "Lo dice el mapeo.")
_JOIN_KEY = Reason("By this column its rows are found.", "Por esta columna se encuentran sus filas.")
_UNNAMED = Reason("The mapping does not name this column.", "El mapeo no nombra esta columna.")
_UNREAD = Reason(
    "The mapping does not name this file: nothing of it was examined.",
    "El mapeo no nombra este archivo: no se examinó nada de él.",
)
_LEFT = Reason(
    "Its name and its first lines are not those of books: it was left alone.",
    "Ni su nombre ni sus primeras líneas son de libros: no se leyó.",
)


def with_unread(understood: Understanding, unread: Sequence[Unread]) -> Understanding:
    """The same with the files that no table could be made of, and the reason why."""
    found = [
        Placement(part.file_id, "", "", "", "unplaced" if part.reason else "not_used", None, _why(part))
        for part in unread
    ]
    placements = sorted([*understood.placements, *found], key=lambda placement: placement.file_id)
    return Understanding(placements, understood.questions)


def _why(part: Unread) -> Reason:
    """The words of the error, which are English only and quoted in the other language."""
    if not part.reason:
        return _LEFT
    return Reason(part.message, f"No se pudo leer ({part.reason}): «{part.message}»")


def of_given_mapping(mapping: BooksMapping, sources: Mapping[str, Source], unread: Sequence[Unread]) -> Understanding:
    """What a mapping that a person wrote says about every column of every file, those it leaves out included."""
    found: list[Placement] = []
    joined = _joined_columns(mapping, sources)
    for source in sorted(sources.values(), key=lambda source: source.file_id):
        found += _of_file(source, mapping.files.get(source.name), joined.get(source.name, []))
    found += [Placement(part.file_id, "", "", "", "unplaced", None, _UNREAD) for part in unread]
    return Understanding(found)


def _joined_columns(mapping: BooksMapping, sources: Mapping[str, Source]) -> dict[str, list[Placement]]:
    """By joined file: its columns that complete another file's rows, and those by which they are found."""
    found: dict[str, list[Placement]] = {}
    for file in mapping.files.values():
        for table, part in file.tables.items():
            for name, cell in part.columns.items():
                if cell.file is not None:
                    source = sources[cell.file]
                    header = _header(source, cell.column)
                    placed = Placement(source.file_id, header, table, name, "joined", None, _GIVEN)
                    found.setdefault(source.name, []).append(placed)
            for other, join in part.join.items():
                for column in join.match.values():
                    source = sources[other]
                    header = _header(source, column)
                    placed = Placement(source.file_id, header, table, "", "joined", None, _JOIN_KEY)
                    found.setdefault(source.name, []).append(placed)
    return found


def _of_file(source: Source, entry: FileMapping | None, joined: Sequence[Placement]) -> Iterator[Placement]:
    used = dict.fromkeys(source.header, False) | {placed.source_column: True for placed in joined}
    made = list(joined)
    for table, part in entry.tables.items() if entry else ():
        for name, cell in part.columns.items():
            if cell.file is not None:
                continue
            header = _header(source, cell.column)
            used[header] = True
            made.append(Placement(source.file_id, header, table, name, "mapped", None, _GIVEN))
            if cell.unit is not None:
                used[_header(source, cell.unit.column)] = True
        made += [Placement(source.file_id, "", table, name, "constant", None, _GIVEN) for name in part.constants]
    places = {header: at for at, header in enumerate(source.header)}
    made += [
        Placement(source.file_id, h, "", "", "not_used", None, _UNNAMED) for h, is_used in used.items() if not is_used
    ]
    yield from sorted(made, key=lambda placement: places.get(placement.source_column, len(places)))


def _header(source: Source, column: str) -> str:
    """The header as the file has it, for a name that the mapping wrote with other blanks around it."""
    return next((name for name in source.header if name.strip() == column.strip()), column)
