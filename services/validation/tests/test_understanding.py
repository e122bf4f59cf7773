"""A given mapping tells of every column where it went, of those that it leaves out too."""

from pathlib import Path

from .desk import HEAD, one_table, read

FILES = {"counts.csv": "Date,Item,Where,Book,Counted,Mood\n2026-06-15,A,W,1,2,good\n", "other.csv": "x,y\n1,2\n"}
COLUMNS = "{ts: Date, product: Item, system_qty: Book, counted_qty: ' Counted'}"
MAPPING = one_table("counts.csv", "counts", COLUMNS, "        constants: {location: W}\n", HEAD)


def test_every_column_is_told(tmp_path: Path) -> None:
    books = read(tmp_path, FILES, MAPPING)
    rows = books.ask("SELECT file_id, source_column, table_name, column_name, status, confidence FROM placements")
    assert rows == [
        (0, "Date", "counts", "ts", "mapped", None),
        (0, "Item", "counts", "product", "mapped", None),
        (0, "Where", None, None, "not_used", None),
        (0, "Book", "counts", "system_qty", "mapped", None),
        (0, "Counted", "counts", "counted_qty", "mapped", None),
        (0, "Mood", None, None, "not_used", None),
        (0, None, "counts", "location", "constant", None),
        (1, None, None, None, "unplaced", None),
    ]
    assert books.ask("SELECT count(*) FROM questions") == [(0,)]


def test_reasons_stand_in_both_languages(tmp_path: Path) -> None:
    books = read(tmp_path, FILES, MAPPING)
    said = books.ask("SELECT reason_en, reason_es FROM placements WHERE file_id = 1")
    assert said == [
        (
            "The mapping does not name this file: nothing of it was examined.",
            "El mapeo no nombra este archivo: no se examinó nada de él.",
        )
    ]
