"""A mapping under construction: which file feeds which table, and for each column how it is read, how sure and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from perito_rules.canonical import Column, Table
from perito_rules.sqltext import literal

from perito_validation.mapping import Cell, TableMapping
from perito_validation.proposal import reasons
from perito_validation.proposal.content import Facts
from perito_validation.proposal.pairs import Pair
from perito_validation.proposal.tables import Book, Reading
from perito_validation.understanding import Question, Reason

MOST_SURE = 0.99
"""Nothing that was guessed is certain."""


@dataclass
class Entry:
    """How one canonical column is read: the file and column it stands in, and options of the mapping's `Cell`."""

    book: Book
    facts: Facts
    column: Column
    confidence: float
    reason: Reason
    options: dict[str, object] = field(default_factory=dict[str, object])

    def because(self, reason: Reason) -> None:
        """Adds a sentence to the reasons."""
        self.reason = reasons.joined(self.reason, reason)

    def magnitude(self) -> str:
        """SQL of the column's number as it is written, without its sign; NULL where it is none."""
        text = f"regexp_replace(c{self.facts.index}, '[^-0-9.,]', '', 'g')"
        if thousands := str(self.options.get("thousands", "")):
            text = f"replace({text}, {literal(thousands)}, '')"
        decimal = str(self.options.get("decimal", "."))
        return f"abs(try_cast(replace({text}, {literal(decimal)}, '.') AS DECIMAL(30, 6)))"

    def cell(self, own: Book) -> Cell:
        """The mapping's words for it, in a table that the file `own` feeds."""
        file = {} if self.book is own else {"file": self.book.source.name}
        return Cell.model_validate({"column": self.facts.header, **file, **self.options})


@dataclass(frozen=True)
class Constant:
    """A value for every row of a file."""

    value: str
    confidence: float
    reason: Reason


@dataclass
class Draft:
    """One file feeding one table. `joins` are other files with the columns that match: here and there."""

    book: Book
    table: Table
    sure: float
    entries: dict[str, Entry]
    constants: dict[str, Constant] = field(default_factory=dict[str, Constant])
    skip: str | None = None
    skip_words: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    joins: dict[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])

    def own(self, name: str) -> Entry | None:
        """The entry of a column that stands in the file itself."""
        entry = self.entries.get(name)
        return entry if entry and entry.book is self.book else None

    def mapping(self) -> TableMapping:
        """The mapping's words for it."""
        ordered = {name: self.entries[name].cell(self.book) for name in self.table.columns if name in self.entries}
        fields: dict[str, object] = {"columns": ordered}
        if self.constants:
            fields["constants"] = {name: constant.value for name, constant in self.constants.items()}
        if self.skip:
            fields["skip_when_blank"] = self.skip
        if self.skip_words:
            fields["skip_words"] = dict(self.skip_words)
        if self.joins:
            fields["join"] = {file: {"match": dict(match)} for file, match in self.joins.items()}
        return TableMapping.model_validate(fields)


@dataclass
class Plan:
    """All drafts, and what only a person can answer."""

    books: Sequence[Book]
    drafts: list[Draft] = field(default_factory=list[Draft])
    questions: list[Question] = field(default_factory=list[Question])

    def feeding(self, table: str) -> list[Draft]:
        """The drafts that feed a table."""
        return [draft for draft in self.drafts if draft.table.name == table]

    def of(self, book: Book) -> list[Draft]:
        """The drafts of one file."""
        return [draft for draft in self.drafts if draft.book is book]

    def ask(self, topic: str, text: Reason, add_yaml: str = "", book: Book | None = None) -> None:
        """Adds a question, once."""
        question = Question(book.source.file_id if book else None, topic, text, add_yaml)
        if question not in self.questions:
            self.questions.append(question)


def entry_of(book: Book, pair: Pair, sure: float) -> Entry:
    """A pair of columns as an entry, as sure as its name, its cells and its table are together."""
    confidence = min(MOST_SURE, pair.score * (0.55 + 0.45 * sure))
    return Entry(book, pair.facts, pair.column, confidence, reasons.of_pair(pair))


def draft_of(book: Book, reading: Reading) -> Draft:
    """A file as the table it is taken for."""
    entries = {name: entry_of(book, pair, reading.sure) for name, pair in reading.pairs.items()}
    return Draft(book, reading.table, reading.sure, entries)
