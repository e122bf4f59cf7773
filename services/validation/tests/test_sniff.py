"""The dialect is found, or the file is refused with what to do."""

from pathlib import Path

import pytest
from perito_kernel.errors import Invalid
from perito_validation.sniff import sniff


@pytest.mark.parametrize(
    ("text", "delimiter", "header"),
    [
        ("a,b\n1,2\n", ",", ("a", "b")),
        ("a;b\n1,5;2,5\n3,5;4,5\n", ";", ("a", "b")),
        ("a\tb,c\n1\t2\n", "\t", ("a", "b,c")),
        ("a|b|c\n1|2|3\n", "|", ("a", "b", "c")),
        ('"a,1";"b"\n"x,y";"z"\n', ";", ("a,1", "b")),
        ("only\n1\n2\n", ",", ("only",)),
        ("id,text\n1,a;b\n2,c;d\n", ",", ("id", "text")),
        ("\ufeffa,b\r\n1,2\r\n", ",", ("a", "b")),
    ],
)
def test_the_delimiter_and_the_header_are_found(tmp_path: Path, text: str, delimiter: str, header: tuple[str]) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(text.encode())
    dialect = sniff(path, "f.csv")
    assert (dialect.delimiter, dialect.header) == (delimiter, header)


def test_blank_lines_before_the_header_are_passed(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("\n  \na,b\n1,2\n")
    assert sniff(path, "f.csv").header_line == 3


@pytest.mark.parametrize(
    ("text", "delimiter", "header", "line"),
    [
        ("Sales report, June 2026\n\nDate;Product;Qty\n1;2;3\n2;3;4\n", ";", ("Date", "Product", "Qty"), 3),
        ("Company Ltd\nPage 1\na,b,c\n1,2,3\n", ",", ("a", "b", "c"), 3),
        ("Ledger,,,\n,,,\nid,ts,sku,qty\n1,2,3,4\n2,3,4,5\n", ",", ("id", "ts", "sku", "qty"), 3),
        ("sep=;\na;b\n1;2\n", ";", ("a", "b"), 2),
        ("sep=^\na^b\n1^2\n", "^", ("a", "b"), 2),
        ("a~b\n1~2\n", "~", ("a", "b"), 1),
        ("a,b,c\n1,2\n3,4\n5,6\n", ",", ("a", "b", "c"), 1),
        ("a,b\n1,2,3\n3,4,5\n", ",", ("a", "b"), 1),
        ("a,,\n1,2,3\n4,5,6\n", ",", ("a", "", ""), 1),
    ],
)
def test_titles_above_the_table_are_no_header(
    tmp_path: Path, text: str, delimiter: str, header: tuple[str], line: int
) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(text.encode())
    dialect = sniff(path, "f.csv")
    assert (dialect.delimiter, dialect.header, dialect.header_line) == (delimiter, header, line)


@pytest.mark.parametrize(
    ("content", "reason", "says"),
    [
        (b"", "INTAKE_EMPTY", "empty"),
        (b"\n\n", "INTAKE_EMPTY", "empty"),
        (b"%PDF-1.7", "INTAKE_FORMAT", "PDF"),
        (b"<!DOCTYPE html><p>1,2\n", "INTAKE_FORMAT", "web page"),
        (bytes(range(256)) * 9, "INTAKE_FORMAT", "no text"),
        (b"x" * (2 << 20), "INTAKE_LINE_TOO_LONG", "longer"),
        (b'"a"b,c\n1,2\n', "INTAKE_HEADER", "line 1"),
        (b",,\n1,2,3\n", "INTAKE_HEADER", "blank"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes, reason: str, says: str) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(content)
    with pytest.raises(Invalid) as caught:
        sniff(path, "books.csv")
    assert caught.value.reason == reason
    assert says in caught.value.message
    assert "books.csv" in caught.value.message


def test_a_carriage_return_among_the_rows_is_no_fault_of_the_sniffer(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(b"a,b\n1\r2,3\n")
    assert sniff(path, "f.csv").header == ("a", "b")  # the prescan refuses the file and names the line
