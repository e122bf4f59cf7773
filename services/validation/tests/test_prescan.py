"""The prescan counts what stands in a file, sets aside what is irregular and refuses what it cannot prove."""

import csv
import hashlib
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from perito_kernel.errors import Invalid
from perito_validation import prescan as module
from perito_validation.prescan import Prescan, prescan
from perito_validation.sniff import Dialect


def scan(folder: Path, content: bytes, width: int = 2, header_line: int = 1) -> Prescan:
    path = folder / "f.csv"
    path.write_bytes(content)
    header = tuple("abcdefgh"[:width])
    return prescan(path, "f.csv", Dialect(",", header, header_line, bom=False))


def test_a_clean_file_is_counted_and_hashed(tmp_path: Path) -> None:
    content = b'a,b\n1,2\n"x, ""y""",z\n'
    found = scan(tmp_path, content)
    assert (found.records, found.regular, found.blank_lines, found.lines) == (2, 2, 0, 3)
    assert found.sha256 == hashlib.sha256(content).hexdigest()
    assert found.bytes == len(content)
    assert not len(found.cuts)


def test_ragged_and_stray_quoted_records_are_set_aside_with_their_lines(tmp_path: Path) -> None:
    content = b'a,b\n1,2\n3\n4,5,6\n5" pipe 6",8\n\n  \n"open,9\n"1","2"\n"1"x,2\n7,8'
    found = scan(tmp_path, content)
    rejected = [(r.record, r.line, r.reason, r.raw) for r in found.rejected]
    assert rejected == [
        (2, 3, "ragged", "3"),
        (3, 4, "ragged", "4,5,6"),
        (4, 5, "stray_quote", '5" pipe 6",8'),
        (5, 8, "stray_quote", '"open,9'),
        (7, 10, "stray_quote", '"1"x,2'),
    ]
    assert (found.records, found.regular, found.blank_lines) == (8, 3, 2)
    kept = b"".join(
        content[start:end]
        for start, end in zip([0, *found.cuts[:, 1].tolist()], [*found.cuts[:, 0].tolist(), len(content)], strict=True)
    )
    assert kept == b'a,b\n1,2\n"1","2"\n7,8'


@pytest.mark.parametrize(
    ("content", "reason", "line"),
    [
        (b"a,b\n1,2\nx,\xff\n", "INTAKE_ENCODING", 3),
        (b"a,b\n1,\xc3", "INTAKE_ENCODING", 2),
        (b"a,b\n1,2\n3,\x00\n", "INTAKE_NUL", 3),
        (b"a,b\r\n1,2\n3,4\r\n", "INTAKE_LINE_ENDS", 2),
        (b"a,b\n1\r,2\n", "INTAKE_LINE_ENDS", 2),
        (b"a,b\r1,2\r3,4", "INTAKE_LINE_ENDS", 1),
        (b'a,b\n1,"x\ny"\n', "INTAKE_QUOTED_NEWLINE", 2),
        (b"a,b\n1,2\n" + b"x" * (2 << 20), "INTAKE_LINE_TOO_LONG", 3),
        (b"a,b\n" + b"x" * (2 << 20) + b"\n1,2\n", "INTAKE_LINE_TOO_LONG", 2),
        (b"a,b\n1;2\n3;4\n", "INTAKE_RAGGED", 2),
    ],
)
def test_what_cannot_be_proven_is_refused_at_its_line(tmp_path: Path, content: bytes, reason: str, line: int) -> None:
    with pytest.raises(Invalid) as caught:
        scan(tmp_path, content)
    assert caught.value.reason == reason
    assert caught.value.details["line"] == line
    assert "f.csv" in caught.value.message


def test_the_byte_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as caught:
        scan(tmp_path, "a,b\nñ,2\n".encode() + b"x,\xf1\n")
    assert caught.value.details["byte"] == 11


def test_too_many_ragged_records_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as caught:
        scan(tmp_path, b"a,b\n" + b"1,2\n" * 2000 + b"1\n" * 1500)
    assert caught.value.reason == "INTAKE_RAGGED"


def test_one_column_has_no_delimiter(tmp_path: Path) -> None:
    found = scan(tmp_path, b"a\n1\n \n2\n", width=1)
    assert (found.records, found.blank_lines) == (2, 1)


CELLS = st.text(alphabet=st.sampled_from('ab",; \tñ€01.-'), max_size=6)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=20), crlf=st.booleans(), block=st.integers(1, 40))
def test_blocks_do_not_change_what_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[tuple[str, str, str]], crlf: bool, block: int
) -> None:
    """Wherever the blocks are cut, the prescan says what Python's csv module says."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n" if crlf else "\n")
    writer.writerow(["a", "b", "c"])
    writer.writerows(rows)
    monkeypatch.setattr(module, "BLOCK", block)
    found = scan(tmp_path, text.getvalue().encode(), width=3)
    assert (found.records, found.rejected, found.blank_lines) == (len(rows), [], 0)
    assert found.crlf == crlf
    for sample in found.samples:
        assert tuple(next(csv.reader([sample.text], strict=True))) == rows[sample.ordinal]


ARRAYS = ("cuts", "cut_lines", "cut_blank")


def never(_block: bytes, _delimiter: int, _width: int) -> None:
    """As if no block were plain."""


LINES = st.sampled_from(
    [b"1,2,3", b"ab,,\xc3\xb1", b",,", b"1,2", b"1,2,3,4", b"", b"  ", b'"a",b,c', b'x"y,2,3', b"a\r,b,c"]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.tuples(LINES, st.sampled_from([b"\n"] * 8 + [b"\r\n"]))), block=st.integers(1, 60))
def test_blocks_that_are_plainly_rectangles_are_counted_as_line_by_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: list[tuple[bytes, bytes]], block: int
) -> None:
    content = b"a,b,c\n" + b"".join(line + end for line, end in lines)
    monkeypatch.setattr(module, "BLOCK", block)
    told: list[object] = []
    for looks in (True, False):
        with monkeypatch.context() as patch:
            if not looks:
                patch.setattr(module, "rectangle", never)
            try:
                found = scan(tmp_path, content, width=3)
                told.append({**vars(found), **{name: getattr(found, name).tolist() for name in ARRAYS}})
            except Invalid as error:
                told.append((error.reason, error.message))
    assert told[0] == told[1]
