"""Archives: their members are the files of the books, under names that lead nowhere, within limits."""

import gzip
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest
from perito_kernel.errors import Invalid
from perito_validation import archive
from perito_validation.compute import take_in

from .desk import HEAD, Books, make_job, one_table, read, silent, sources_of

CSV = b"a,b\n1,2\n"
HEADER = b"Order ID,SKU,Quantity\n"


def packed(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return made.getvalue()


def names(folder: Path, content: bytes, wanted: list[str] | None = None, file: str = "b.zip") -> list[str]:
    with duckdb.connect() as con:
        return list(sources_of(con, folder, {file: content}, wanted))


def test_members_are_tables_by_their_own_names(tmp_path: Path) -> None:
    body = json.dumps({"x": [{"q": 1}], "y": [{"q": 2}]}).encode()
    content = packed({"north/s.csv": CSV, "body.json": body, "__MACOSX/s.csv": b"\0", "sub/": b""})
    assert names(tmp_path, content) == ["b.zip/north/s.csv", "b.zip/body.json/x", "b.zip/body.json/y"]


def test_an_archive_of_one_table_keeps_its_name(tmp_path: Path) -> None:
    assert names(tmp_path / "1", packed({"s.csv": CSV})) == ["b.zip"]
    assert names(tmp_path / "2", packed({"s.csv": CSV}), ["b.zip/s.csv"]) == ["b.zip/s.csv"]
    assert names(tmp_path / "3", gzip.compress(CSV), file="s.csv.gz") == ["s.csv.gz"]


def test_a_mapping_names_members_and_the_others_are_told_unused(tmp_path: Path) -> None:
    mapping = one_table("b.zip/s.csv", "products", "{product: a}")
    content = packed({"s.csv": CSV, "t.csv": b"k\nv\n", "readme.bin": b"\0\1\2"})
    books = read(tmp_path, {"b.zip": content, "z.csv": CSV}, mapping)
    assert books.ask("SELECT file_id, name, reader, records FROM files ORDER BY 1") == [
        (0, "b.zip/s.csv", "fast", 1),
        (1, "b.zip/t.csv", "unused", 0),
        (2, "b.zip/readme.bin", "unused", 0),
        (3, "z.csv", "unused", 0),
    ]
    assert books.column("SELECT sha256 FROM files WHERE file_id = 0") == [hashlib.sha256(CSV).hexdigest()]
    assert books.ask("SELECT product, _file_id, _record, _line FROM products") == [("1", 0, 1, 2)]


@pytest.mark.parametrize("name", ["b.zip", "b.zip/u.csv"])
def test_a_name_that_is_no_single_table_is_answered_with_those_there_are(tmp_path: Path, name: str) -> None:
    with pytest.raises(Invalid, match=r"b\.zip/s\.csv, b\.zip/t\.csv") as caught:
        read(tmp_path, {"b.zip": packed({"s.csv": CSV, "t.csv": CSV})}, one_table(name, "products", "{product: a}"))
    assert caught.value.reason == "MAPPING_FILE_MISSING"


def test_names_lead_nowhere_and_stay_apart(tmp_path: Path) -> None:
    hostile = {
        "../../evil.csv": CSV,
        "/etc/evil.csv": CSV,
        "C:\\x\\..\\evil.csv": CSV,
        "evil.csv": CSV,
        "e\x1bvil.csv": CSV,
    }
    hostile |= {f"{'n' * 300}.csv": CSV}
    found = names(tmp_path, packed(hostile))
    assert found == [
        "b.zip/evil.csv",
        "b.zip/etc/evil.csv",
        "b.zip/C:/x/evil.csv",
        "b.zip/evil.csv (2)",
        "b.zip/e_vil.csv",
        f"b.zip/{'n' * 196}.csv",
    ]
    assert not list(tmp_path.parent.rglob("evil.csv"))


def test_a_nul_in_a_name_is_shown_as_a_mark(tmp_path: Path) -> None:
    content = packed({"good.csv": CSV, "s.csvXevil": CSV}).replace(b"s.csvXevil", b"s.csv\0evil")
    assert names(tmp_path, content) == ["b.zip/good.csv", "b.zip/s.csv_evil"]
    mapping = one_table("b.zip/s.csv_evil", "products", "{product: a}")
    told = read(tmp_path / "told", {"b.zip": content}, mapping).column("SELECT kind FROM transformations ORDER BY 1")
    assert "member_renamed" in told


@pytest.mark.parametrize(
    ("content", "reason", "says"),
    [
        (packed({"s.csv": b"a,b\n" + b"0" * (40 << 20)}), "INTAKE_BOMB", "200 times"),
        (gzip.compress(b"a,b\n" + b"0" * (40 << 20)), "INTAKE_BOMB", "200 times"),
        (packed({f"{i}.csv": CSV for i in range(1001)}), "INTAKE_BOMB", "1,000 files"),
        (packed({"in.zip": packed({"s.csv": CSV})}), "INTAKE_NESTED", "in.zip"),
        (packed({"s.csv.gz": gzip.compress(CSV)}), "INTAKE_NESTED", "s.csv.gz"),
        (gzip.compress(packed({"s.csv": CSV})), "INTAKE_NESTED", "b.zip"),
        (packed({}), "INTAKE_EMPTY", "no files"),
        (packed({"sub/": b""}), "INTAKE_EMPTY", "no files"),
        (packed({"s.csv": CSV})[:-30], "INTAKE_FORMAT", "damaged"),
        (gzip.compress(CSV * 100)[:-12], "INTAKE_FORMAT", "damaged"),
        (packed({"s.csv": CSV}, zipfile.ZIP_STORED).replace(CSV, b"a,b\n9,9\n", 1), "INTAKE_FORMAT", "s.csv"),
        (packed({"s.csv": b""}), "INTAKE_EMPTY", "s.csv"),
    ],
    ids=[
        *("zip bomb", "gzip bomb", "too many files", "zip in zip", "gzip in zip", "zip in gzip"),
        *("no members", "a folder only", "cut zip", "cut gzip", "other bytes", "an empty member"),
    ],
)  # fmt: skip
def test_what_cannot_be_unpacked_is_refused_in_words(tmp_path: Path, content: bytes, reason: str, says: str) -> None:
    with pytest.raises(Invalid) as caught:
        read(tmp_path, {"b.zip": content}, one_table("b.zip", "products", "{product: a}"))
    assert caught.value.reason == reason
    assert says in caught.value.message
    assert not list((tmp_path / "scratch").glob("member_*"))


def test_bytes_are_counted_whatever_the_archive_says_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_EXPANDED", 1000)
    content = packed({f"{i}.csv": CSV * 50 for i in range(3)})
    with pytest.raises(Invalid, match="INTAKE_BOMB"):
        names(tmp_path, content)


def test_one_bad_member_does_not_take_the_others_along_where_nobody_asked_for_it(tmp_path: Path) -> None:
    content = packed({"s.csv": CSV, "bad.json": b"{", "in.zip": packed({"s.csv": CSV})})
    mapping = HEAD + "  b.zip/s.csv:\n    tables:\n      products:\n        columns: {product: a}\n"
    assert read(tmp_path / "1", {"b.zip": content}, mapping).column("SELECT product FROM products") == ["1"]
    assert names(tmp_path / "2", content) == ["b.zip"]


def test_notes_and_pictures_beside_books_are_left_alone_and_told(tmp_path: Path) -> None:
    notes = {
        "README.txt": b"All, of it\nis here\n",
        "README.md": b"- a, b\n- c, d\n",
        "logo.png": b"\x89PNG\r\n\x1a\n\0",
    }
    content = packed({**notes, "sales.unl": b"a|b\n1|2\n", "s.csv": HEADER + b"1,A,2\n"})
    job = make_job(tmp_path, {"b.zip": content, ".DS_Store": b"\0\0\0\1Bud1", "notes.pdf": b"%PDF-1.7"}, "")
    books = Books(take_in(job, None, silent))
    assert books.ask("SELECT name, reader FROM files ORDER BY 1") == [
        (".DS_Store", "unused"),
        ("b.zip/README.md", "unused"),
        ("b.zip/README.txt", "unused"),
        ("b.zip/logo.png", "unused"),
        ("b.zip/s.csv", "fast"),
        ("b.zip/sales.unl", "fast"),
        ("notes.pdf", "unused"),
    ]
    told = "SELECT count(*) FROM placements WHERE status = 'not_used' AND reason_en LIKE '%left alone%'"
    assert books.column(told) == [5]


def test_what_comes_alone_is_read_whatever_its_name(tmp_path: Path) -> None:
    assert names(tmp_path / "1", packed({"export.md": CSV})) == ["b.zip"]
    assert names(tmp_path / "2", CSV, file="export.pdf") == ["export.pdf"]


def test_notes_beside_the_only_table_are_left_alone_under_its_mapping_too(tmp_path: Path) -> None:
    content = packed({"README.txt": b"All, of it\nis here\n", "s.csv": CSV})
    books = read(tmp_path, {"b.zip": content}, one_table("b.zip", "products", "{product: a}"))
    assert books.ask("SELECT name, reader FROM files ORDER BY 1") == [("b.zip", "fast"), ("b.zip/README.txt", "unused")]
