"""What was understood of the files, on the terminal: where every column went, how sure that is, and what is open.

It prints the section `understanding` of a report or of a proposal. Words of the books are escaped: a column named `[b]`
is no markup.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from perito_reporting.voice import Language
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from perito_standalone.printed import printed

Said = Mapping[str, Any]
_PLACED = ("mapped", "constant", "joined")


def print_understanding(console: Console, said: Said, language: Language) -> None:
    """All of it: a table for each file, then what is not used and what could not be placed, then the questions."""
    for file in said["files"]:
        console.print(f"\n[bold]{_heading(file, language)}[/bold]")
        placed = [column for column in file["columns"] if column["status"] in _PLACED]
        if placed:
            console.print(_columns(placed, language))
        for status in ("not_used", "unplaced"):
            for column in (column for column in file["columns"] if column["status"] == status):
                name = escape(column["source_column"] or file["file"] or "")
                console.print(f"  {printed(language, status)}: {name}. {escape(_text(column['reason'], language))}")
    print_questions(console, said, language)


def print_brief(console: Console, said: Said, language: Language) -> None:
    """One line for each file, then the questions."""
    console.print("\n" + printed(language, "understood"))
    for file in said["files"]:
        counts = {status: sum(c["status"] == status for c in file["columns"]) for status in ("not_used", "unplaced")}
        placed = [column for column in file["columns"] if column["status"] in _PLACED]
        parts = [printed(language, "placed", count=len(placed))] if placed else []
        parts += [printed(language, f"count_{status}", count=count) for status, count in counts.items() if count]
        sure = [Decimal(column["confidence"]) for column in placed if column["confidence"] is not None]
        if sure:
            parts.append(printed(language, "least_sure", confidence=f"{min(sure):.2f}"))
        console.print(f"  {_heading(file, language)}: {', '.join(parts)}")
    print_questions(console, said, language)


def print_questions(console: Console, said: Said, language: Language) -> None:
    """What only a person can answer, each with the lines of the mapping that would."""
    if said["questions"]:
        console.print("\n" + printed(language, "open"))
    for number, question in enumerate(said["questions"], 1):
        where = f"{escape(question['file'])}: " if question["file"] else ""
        console.print(f"  {number}. {where}{escape(_text(question['question'], language))}")
        if question["add_yaml"]:
            console.print(f"     {printed(language, 'add')}")
            for line in str(question["add_yaml"]).rstrip().split("\n"):
                console.print(f"       {line}", markup=False, soft_wrap=True)


def _heading(file: Said, language: Language) -> str:
    tables = ", ".join(file["tables"]) or printed(language, "no_table")
    return f"{escape(file['file'] or '')} -> {tables}"


def _columns(placed: Sequence[Said], language: Language) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in ("column", "from", "confidence", "why"):
        table.add_column(printed(language, name), justify="right" if name == "confidence" else "left", overflow="fold")
    for column in placed:
        source = escape(column["source_column"]) if column["source_column"] else printed(language, column["status"])
        confidence = "" if column["confidence"] is None else f"{Decimal(column['confidence']):.2f}"
        reason = escape(_text(column["reason"], language))
        table.add_row(f"  {column['table']}.{column['column']}", f"<- {source}", confidence, reason)
    return table


def _text(texts: Mapping[str, str], language: Language) -> str:
    return texts.get(language) or texts["en"]
