"""The hostile corpus: files that people and attackers send, each with the answer that is promised for it.

`docs/reliability.md` shows the same table, written by `python -m services.validation.tests.hostile`; a test holds the
two equal. Files are made here, from nothing. An answer is a reason (`INTAKE_...`: refused, in words), or where the file
is readable but wrong: why a record was set aside (`record ...`), the column of a refused cell (`cell ...`), the kind of
a note (`told ...`), or `read`.
"""

import gzip
import io
import json
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from .sheets import number, row, text, workbook

CSV = b"id,name,price,day\nA-1,One,1.50,2024-01-31\nA-2,Two,2.50,2024-02-01\n"
HEADER = b"id,name,price,day\n"
GOOD = b"A-1,One,1.50,2024-01-31\n"


@dataclass(frozen=True)
class Hostile:
    """A file of the corpus: its name, what is wrong with it in words, the answer, and how it is made."""

    name: str
    wrong: str
    answer: str
    make: Callable[[], bytes]


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip file of these members."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as file:
        for name, content in members:
            file.writestr(name, content)
    return made.getvalue()


def parquet(columns: dict[str, list[object]], **options: object) -> bytes:
    """A Parquet file."""
    made = io.BytesIO()
    pq.write_table(pa.Table.from_pydict(columns), made, **options)  # pyright: ignore  # its stub leaves options open
    return made.getvalue()


def records(*rows: str) -> bytes:
    """A JSON array of the fields of each row after `"id": "A-1", "name": "One"`."""
    return f"[{', '.join(rows)}]".encode()


def sheet(*cells: str) -> bytes:
    """A workbook with the header and one more row of raw cells."""
    return workbook({"S": f'{row(1, "id", "name", "price", "day")}<row r="2">{"".join(cells)}</row>'})


def price(value: str) -> bytes:
    """The CSV with one more price."""
    return CSV + f"A-3,Three,{value},2024-02-02\n".encode()


def day(value: str) -> bytes:
    """The CSV with one more date."""
    return CSV + f"A-3,Three,3.50,{value}\n".encode()


_BOMB = b"0" * (64 << 20)
_DEEP = 1_000

CORPUS = (
    # nothing, or nothing that is a table
    Hostile("b.csv", "empty file", "INTAKE_EMPTY", lambda: b""),
    Hostile("b.csv", "blank lines only", "INTAKE_EMPTY", lambda: b"\n \n\t\n"),
    Hostile("b.csv", "byte order mark only", "INTAKE_EMPTY", lambda: b"\xef\xbb\xbf"),
    Hostile("b.csv", "header only", "read", lambda: HEADER),
    Hostile("b.csv", "NUL bytes only", "INTAKE_FORMAT", lambda: b"\0" * 5000),
    Hostile("b.csv", "random bytes", "INTAKE_FORMAT", lambda: bytes((i * i * 131 + i // 7) % 256 for i in range(9000))),
    Hostile("b.csv", "a picture named CSV", "INTAKE_FORMAT", lambda: b"\x89PNG\r\n\x1a\n" + bytes(500)),
    Hostile("b.csv", "a PDF named CSV", "INTAKE_FORMAT", lambda: b"%PDF-1.7\n1 0 obj\n"),
    Hostile("b.csv", "a web page named CSV (an expired session)", "INTAKE_FORMAT", lambda: b"<!DOCTYPE html><html>"),
    Hostile("b.csv", "prose without a table", "INTAKE_RAGGED", lambda: b"Dear all,\nsee attached.\nBye\n"),
    Hostile("b.csv", "a header of other columns", "MAPPING_COLUMN_MISSING", lambda: b"x,y\n1,2\n"),
    # encodings
    Hostile("b.csv", "cp1252", "told decoded", lambda: CSV + "A-3,Añil,3,2024-02-02\n".encode("cp1252")),
    Hostile("b.csv", "UTF-8 and cp1252 in one file", "told decoded",
            lambda: CSV + "A-3,Añil,3,2024-02-02\n".encode() + "A-4,Año,3,2024-02-02\n".encode("cp1252")),
    Hostile("b.csv", "UTF-8 cut in the middle of a letter", "told decoded", lambda: CSV + b"A-3,A\xc3,3,2024-02-02\n"),
    Hostile("b.csv", "UTF-16 with mark", "told decoded", lambda: CSV.decode().encode("utf-16")),
    Hostile("b.csv", "UTF-16 without mark", "told decoded", lambda: CSV.decode().encode("utf-16-be")),
    Hostile("b.csv", "UTF-32", "told decoded", lambda: CSV.decode().encode("utf-32")),
    Hostile("b.csv", "half of a surrogate pair in UTF-16", "told replaced_character",
            lambda: CSV.decode().encode("utf-16") + b"A\0,\0" + b"\x00\xd8" + ",3,\n".encode("utf-16-le")),
    Hostile("b.csv", "UTF-8 mark", "read", lambda: b"\xef\xbb\xbf" + CSV),
    Hostile("b.csv", "marks that turn the direction of writing", "read",
            lambda: CSV + "A-3,\u202egnp.exe\u202c,3,2024-02-02\n".encode()),
    # records
    Hostile("b.csv", "records of too few and too many cells", "record ragged",
            lambda: CSV + b"A-3\nA-4,x,1,2024-01-01,9\n"),
    Hostile("b.csv", "most records of another width than the header", "INTAKE_RAGGED",
            lambda: HEADER + b"A,B\n" * 3000),
    Hostile("b.csv", "no record as wide as the header", "INTAKE_RAGGED", lambda: HEADER + b"A;1\nB;2\n"),
    Hostile("b.csv", "a quote that never closes", "record unclosed_quote",
            lambda: HEADER + b'A-3,"x,1,2024-01-01\n' + GOOD * 9),
    Hostile("b.csv", "every second record with an open quote", "record unclosed_quote",
            lambda: HEADER + (GOOD * 9 + b'A-3,"x,1,2024-01-01\n') * 500),
    Hostile("b.csv", "text after a closing quote", "record stray_quote", lambda: CSV + b'A-3,"x"y,1,2024-01-01\n'),
    Hostile("b.csv", "quotes inside cells", "told stray_quote", lambda: CSV + b'A-3,5" pipe,1,2024-01-01\n'),
    Hostile("b.csv", "line breaks in quoted cells", "told quoted_line_break",
            lambda: CSV + b'A-3,"x\r\ny",1,2024-01-01\n'),
    Hostile("b.csv", "a quoted cell over 2,000 lines", "record unclosed_quote",
            lambda: HEADER + GOOD * 12_000 + b'A-3,"' + b"x\n" * 2000 + b'",1,2024-01-01\n'),
    Hostile("b.csv", "LF, CR LF and CR in one file", "told line_ends",
            lambda: CSV + GOOD.replace(b"\n", b"\r\n") + b"A-5,x,1,2024-01-01\r"),
    Hostile("b.csv", "NUL in a cell", "record nul", lambda: CSV + b"A-3,x\0y,1,2024-01-01\n"),
    Hostile("b.csv", "titles above the header", "told preamble", lambda: b"Ledger\nJune 2024\n\n" + CSV),
    Hostile("b.csv", "a total below the last record", "record total_line", lambda: CSV + b"Total,,4.00,\n"),
    Hostile("b.csv", "the same label twice", "told header_repeated",
            lambda: CSV.replace(b"day", b"day,day").replace(b"-31", b"-31,x")),
    Hostile("b.csv", "blank labels", "told header_blank",
            lambda: CSV.replace(b"day", b"day,").replace(b"-31", b"-31,x")),
    Hostile("b.csv", "a blank header", "INTAKE_HEADER", lambda: b",,,\n1,2,3,4\n"),
    Hostile("b.csv", "a header whose quote does not close", "INTAKE_HEADER", lambda: b'id,"name,price,day\n' + GOOD),
    Hostile("b.csv", "10,000 columns", "INTAKE_TOO_WIDE",
            lambda: ",".join(f"c{i}" for i in range(10_000)).encode() + b"\n" + b"1," * 9_999 + b"1\n"),
    Hostile("b.csv", "a single line of 100 MB", "INTAKE_LINE_TOO_LONG", lambda: b"x" * (100 << 20)),
    Hostile("b.csv", "one line of 100 MB among others", "record line_too_long",
            lambda: CSV + b"y" * (100 << 20) + b"\n" + GOOD),
    Hostile("b.csv", "100 MB of quotes", "INTAKE_RAGGED", lambda: HEADER + b'"\n' * (10 << 20)),
    Hostile("b.csv", "100 MB of line ends", "INTAKE_FORMAT", lambda: CSV + b"\n" * (100 << 20)),
    Hostile("b.csv", "100 MB of delimiters", "INTAKE_LINE_TOO_LONG", lambda: b"," * (100 << 20)),
    # values
    Hostile("b.csv", "NaN for a number", "cell price", lambda: price("NaN")),
    Hostile("b.csv", "infinity for a number", "cell price", lambda: price("inf")),
    Hostile("b.csv", "1e400 for a number", "cell price", lambda: price("1e400")),
    Hostile("b.csv", "a number of 400 digits", "cell price", lambda: price("9" * 400)),
    Hostile("b.csv", "letters for a number", "cell price", lambda: price("twelve")),
    Hostile("b.csv", "a formula for a number", "cell price", lambda: price("=1+1")),
    Hostile("b.csv", "the 31st of February", "cell day", lambda: day("2024-02-31")),
    Hostile("b.csv", "the year 99999", "cell day", lambda: day("99999-01-01")),
    Hostile("b.csv", "infinity for a date", "cell day", lambda: day("infinity")),
    Hostile("b.csv", "dates in another form", "cell day", lambda: day("31/12/2024")),
    Hostile("b.csv", "a cell of 500,000 characters", "read",
            lambda: CSV + b"A-3," + b"z" * 500_000 + b",1,2024-01-01\n"),
    # archives
    Hostile("b.zip", "a zip that expands 1,000 times", "INTAKE_BOMB", lambda: zipped(("s.csv", _BOMB))),
    Hostile("b.csv.gz", "a gzip that expands 1,000 times", "INTAKE_BOMB", lambda: gzip.compress(_BOMB)),
    Hostile("b.zip", "1,500 members", "INTAKE_BOMB", lambda: zipped(*((f"{i}.csv", CSV) for i in range(1500)))),
    Hostile("b.zip", "a zip in a zip", "INTAKE_NESTED", lambda: zipped(("in.zip", zipped(("s.csv", CSV))))),
    Hostile("b.zip", "members named ../ and /etc/", "told member_renamed", lambda: zipped(("../../etc/evil.csv", CSV))),
    Hostile("b.zip", "a member's name with NUL", "told member_renamed",
            lambda: zipped(("s.csvX.exe", CSV)).replace(b"s.csvX", b"s.csv\0")),
    Hostile("b.zip", "a member's name of 60,000 characters", "told member_renamed",
            lambda: zipped(("n" * 60_000 + ".csv", CSV))),
    Hostile("b.zip", "a zip without members", "INTAKE_EMPTY", zipped),
    Hostile("b.zip", "a zip cut in the middle", "INTAKE_FORMAT", lambda: zipped(("s.csv", CSV * 50))[:100]),
    Hostile("b.zip", "a member with a wrong checksum", "INTAKE_FORMAT",
            lambda: zipped(("s.csv", CSV), method=zipfile.ZIP_STORED).replace(b"One", b"Uno", 1)),
    Hostile("b.zip", "a member with a password", "INTAKE_FORMAT", lambda: _encrypted(zipped(("s.csv", CSV)))),
    Hostile("b.csv.gz", "a gzip that ends early", "INTAKE_FORMAT", lambda: gzip.compress(CSV * 50)[:-20]),
    # JSON
    Hostile("b.json", "1,000 levels", "INTAKE_JSON_DEPTH", lambda: b'[{"id":' + b"[" * _DEEP + b"]" * _DEEP + b"}]"),
    Hostile("b.json", "100,000 open brackets", "INTAKE_JSON_DEPTH", lambda: b"[" * 100_000),
    Hostile("b.json", "arrays in place of objects", "INTAKE_SHAPE", lambda: b'[["id", "name"], ["A-1", "x"]]'),
    Hostile("b.json", "one number", "INTAKE_SHAPE", lambda: b"42"),
    Hostile("b.json", "an error message of a service", "MAPPING_COLUMN_MISSING", lambda: b'{"error": "not found"}'),
    Hostile("b.json", "an empty array", "INTAKE_EMPTY", lambda: b"[]"),
    Hostile("b.json", "a document that ends early", "INTAKE_JSON", lambda: b'[{"id": "A-1"}, {"id": '),
    Hostile("b.json", "NaN and 1e400", "cell price",
            lambda: records('{"id": "A", "name": "x", "price": NaN, "day": ""}')),
    Hostile("b.json", "half of a surrogate pair", "record half_character",
            lambda: records('{"id": "A", "name": "\\ud800", "price": 1, "day": null}', '{"id": "B"}')),
    Hostile("b.json", "NUL in a text", "record nul",
            lambda: records('{"id": "A", "name": "\\u0000", "price": 1, "day": null}', '{"id": "B"}')),
    Hostile("b.json", "a name twice in one object", "told repeated_name",
            lambda: records('{"id": "A", "name": "x", "name": "y", "price": 1, "day": null}')),
    Hostile("b.json", "10,000 names in one object", "INTAKE_TOO_WIDE",
            lambda: json.dumps([{f"c{i}": 1 for i in range(10_000)}]).encode()),
    Hostile("b.json", "a text of 100 MB", "INTAKE_LINE_TOO_LONG", lambda: b'[{"id": "' + b"x" * (100 << 20) + b'"}]'),
    Hostile("b.ndjson", "lines that are no JSON", "record not_json",
            lambda: b'{"id": "A", "name": "x", "price": 1, "day": ""}\nnonsense\n'),
    # workbooks
    Hostile("b.xlsx", "a workbook cut in the middle", "INTAKE_FORMAT", lambda: sheet(text("A2", "A-1"))[:700]),
    Hostile("b.xlsx", "a cell in the last row and column", "INTAKE_BOMB",
            lambda: sheet(text("A2", "A-1"), '</row><row r="1048576">', number("XFD1048576", "1"))),
    Hostile("b.xlsx", "a sheet that expands 1,000 times", "INTAKE_BOMB", lambda: sheet(text("A2", " " * (64 << 20)))),
    Hostile("b.xlsx", "formulas without values", "INTAKE_FORMULA", lambda: sheet('<c r="C2"><f>1+1</f></c>')),
    Hostile("b.xlsx", "#DIV/0! in a cell", "cell price",
            lambda: sheet(text("A2", "A"), '<c r="C2" t="e"><v>#DIV/0!</v></c>')),
    Hostile("b.xlsx", "a zip named workbook", "MAPPING_COLUMN_MISSING", lambda: zipped(("s.csv", b"x,y\n1,2\n"))),
    Hostile("b.xls", "an old workbook that is damaged", "INTAKE_FORMAT",
            lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4000)),
    # Parquet
    Hostile("b.parquet", "a Parquet file cut in the middle", "INTAKE_FORMAT",
            lambda: parquet({"id": ["A"] * 99})[:200]),
    Hostile("b.parquet", "a footer of 4 GB by its own account", "INTAKE_FORMAT",
            lambda: b"PAR1" + bytes(100) + struct.pack("<I", 2**32 - 1) + b"PAR1"),
    Hostile("b.parquet", "NUL in a text", "INTAKE_NUL", lambda: parquet(_columns(name="x\0y"))),
    Hostile("b.parquet", "lists in a column", "INTAKE_COLUMN_TYPE", lambda: parquet(_columns(name=["x"]))),
    Hostile("b.parquet", "NaN for a number", "cell price", lambda: parquet(_columns(price=float("nan")))),
    Hostile("b.parquet", "10,000 columns", "INTAKE_TOO_WIDE", lambda: parquet({f"c{i}": [1] for i in range(10_000)})),
)  # fmt: skip


def _columns(**changed: object) -> dict[str, list[object]]:
    return {
        name: [value] for name, value in ({"id": "A", "name": "x", "price": 1.5, "day": "2024-01-31"} | changed).items()
    }


def _encrypted(content: bytes) -> bytes:
    """The zip with the flag for a password on its only member, in both places where it stands."""
    at = content.index(b"PK\x01\x02") + 8
    return content[:6] + b"\x01" + content[7:at] + b"\x01" + content[at + 1 :]


PAGE = Path(__file__).resolve().parents[3] / "docs" / "reliability.md"
MARK = "<!-- hostile corpus -->"


def table() -> str:
    """The corpus as the page of promises shows it."""
    rows = [f"| `{hostile.name}` | {hostile.wrong} | {_in_words(hostile.answer)} |" for hostile in CORPUS]
    return "\n".join(["| file | what is wrong | answer |", "|---|---|---|", *rows])


def _in_words(answer: str) -> str:
    kind, _, what = answer.partition(" ")
    words = {
        "record": f"the record is set aside, `{what}`",
        "cell": f"the cell of column {what} is empty, its text is kept and told",
        "told": f"read, and told: `{what}`",
        "read": "read",
    }
    return words.get(kind, f"refused, `{answer}`")


if __name__ == "__main__":
    before, _, after = PAGE.read_text(encoding="utf-8").split(MARK)
    PAGE.write_text(f"{before}{MARK}\n{table()}\n{MARK}{after}", encoding="utf-8")
