"""Writes a proposal as the mapping file that people edit: each line with how sure it is and why, questions where they
are to be answered, and what is not used where it stands. It reads back as the same mapping."""

from collections.abc import Iterator, Sequence

from perito_validation.mapping import BooksMapping, Cell
from perito_validation.proposal.drafts import Draft, Plan
from perito_validation.proposal.spelling import comment, flow, scalar
from perito_validation.proposal.tables import Book
from perito_validation.understanding import Placement, Question

_HEAD = """# Proposed from the files themselves; each line says how sure it is. Change what is wrong, answer what is
# asked, and run again with --mapping and this file. docs/mapping.md explains every word.
"""
_MOST_LEFT = 100
"""Columns of a file that feed nothing and are named here; the system table `placements` has them all."""


def write(mapping: BooksMapping, plan: Plan, placements: Sequence[Placement]) -> str:
    """The text of the mapping file."""
    lines = [_HEAD + "version: 1"]
    lines += list(_questions([q for q in plan.questions if q.file_id is None], ""))
    zone = f"timezone: {scalar(mapping.timezone)}"
    stated = "timezone" in mapping.model_fields_set
    lines += [
        f"currency: {mapping.currency}",
        zone if stated else f"# {zone}  # the default: nobody stated one",
        "files:",
    ]
    for book in plan.books:
        mine = [placement for placement in placements if placement.file_id == book.source.file_id]
        asked = [question for question in plan.questions if question.file_id == book.source.file_id]
        lines += list(_file(plan, book, mine, asked))
    return "\n".join(lines) + "\n"


def _file(plan: Plan, book: Book, placements: Sequence[Placement], asked: Sequence[Question]) -> Iterator[str]:
    name = book.source.name
    drafts = plan.of(book)
    yield ""
    if not drafts:
        yield f"  # {comment(name)}: feeds no table"
        yield from _questions(asked, "  ")
        yield from _unused(placements, "  ")
        return
    yield f"  {scalar(name)}:"
    yield from _questions(asked, "    ")
    yield "    tables:"
    for draft in drafts:
        yield from _table(draft)
    yield from _unused(placements, "    ")


def _table(draft: Draft) -> Iterator[str]:
    yield f"      {draft.table.name}:  # {draft.sure:.0%}"
    mapping = draft.mapping()
    if mapping.join:
        yield "        join:"
        for file, join in mapping.join.items():
            yield f"          {scalar(file)}: {flow(join.model_dump(exclude_defaults=True))}"
    yield "        columns:"
    for name, cell in mapping.columns.items():
        entry = draft.entries[name]
        text = f"          {name}: {_cell(cell)}"
        yield f"{text}  # {entry.confidence:.0%} {comment(entry.reason.english)}"
    if draft.constants:
        yield "        constants:"
        for name, constant in draft.constants.items():
            value = flow(constant.value)
            quoted = value if value.startswith('"') or not constant.value[:1].isdigit() else f'"{constant.value}"'
            yield f"          {name}: {quoted}  # {constant.confidence:.0%} {comment(constant.reason.english)}"
    if draft.skip:
        yield f"        skip_when_blank: {scalar(draft.skip)}"
    if draft.skip_words:
        yield f"        skip_words: {flow({name: list(words) for name, words in draft.skip_words.items()})}"


def _cell(cell: Cell) -> str:
    said = cell.model_dump(exclude_defaults=True)
    return scalar(cell.column) if said.keys() == {"column"} else flow(said)


def _questions(questions: Sequence[Question], indent: str) -> Iterator[str]:
    for question in questions:
        yield f"{indent}# QUESTION ({question.topic}): {comment(question.text.english)}"
        for text in question.add_yaml.splitlines():
            yield f"{indent}#   {comment(text.removeprefix('# '))}"


def _unused(placements: Sequence[Placement], indent: str) -> Iterator[str]:
    left = [placement for placement in placements if placement.status in {"not_used", "unplaced"}]
    for placement in left[:_MOST_LEFT]:
        what = "Not used" if placement.status == "not_used" else "Not placed"
        header = comment(placement.source_column) or "(no name)"
        yield f"{indent}# {what}: {header}. {comment(placement.reason.english)}"
    if len(left) > _MOST_LEFT:
        yield f"{indent}# and {len(left) - _MOST_LEFT} more that feed nothing"
