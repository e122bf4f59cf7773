"""Exports of somebody who has never heard of Perito: shown, examined and reproduced without a mapping of their own."""

import contextlib
import io
import json
import re
import shlex
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from perito_rules.canonical import load_canonical
from perito_standalone import cli
from perito_standalone.books_folder import find_all, find_books
from perito_standalone.commands import run_analyze, run_map, run_reproduce
from perito_standalone.map_books import understanding
from perito_validation.mapping import parse_mapping
from typer.testing import CliRunner

COUNTS = "Date;Article;Warehouse;System Qty;Counted Qty;Shelf colour\n" + "".join(
    f"{1 + n:02}.06.2026;A-{n};WH-1;{n}40,50;{'n/a' if n == 7 else n};red\n" for n in range(20)
)
OTHERS = {
    "README.md": b"# Exports",
    ".DS_Store": b"\0\0\0\1Bud1",
    "shelf.png": b"\x89PNG\r\n\x1a\n",
    "notes.txt": b"Hi.\nBye.",
}
TABLES = {name: list(table.columns) for name, table in load_canonical().items()}


@dataclass(frozen=True)
class Said:
    """What a command answered and printed."""

    code: int
    out: str
    err: str


def said(command: Any, *arguments: Any, **options: Any) -> Said:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = command(*arguments, **options)
    return Said(code, out.getvalue(), err.getvalue())


def read(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return value


def exports(folder: Path) -> Path:
    """A folder as people have them: one export, and what else lies about."""
    folder.mkdir(parents=True)
    (folder / "counts.csv").write_text(COUNTS, encoding="utf-8")
    for name, content in OTHERS.items():
        (folder / name).write_bytes(content)
    (folder / "old").mkdir()
    return folder


@pytest.fixture(scope="module")
def analyzed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Said]:
    """The exports, the results, and what was said."""
    base = tmp_path_factory.mktemp("without")
    books, out = exports(base / "exports"), base / "out"
    return books, out, said(run_analyze, books, None, out, "never", "", "", hints={"currency": "EUR"})


def test_a_map_says_where_every_column_goes_and_leaves_a_mapping_that_works(tmp_path: Path) -> None:
    books = exports(tmp_path / "exports")
    mapped = said(run_map, books, None, {"currency": "NGN", "timezone": "Africa/Lagos"}, "")
    assert mapped.code == 0, mapped.err
    for left in OTHERS:
        assert f"Left alone (no books): {left}\n" in mapped.out
    assert "(a folder inside; examine it by itself): old/\n" in mapped.out
    assert "counts.csv -> counts" in mapped.out
    assert re.search(r"counts\.counted_qty +<- Counted Qty +0\.\d\d +\S", mapped.out)
    assert re.search(r"Not (placed|used): Shelf colour\. \S", mapped.out)
    assert f"Mapping to look at and correct: {books}/mapping.yaml" in mapped.out
    mapping = parse_mapping((books / "mapping.yaml").read_text(encoding="utf-8"), TABLES)
    assert (mapping.currency, mapping.timezone, list(mapping.files)) == ("NGN", "Africa/Lagos", ["counts.csv"])
    assert find_books(books, None).mapping == books / "mapping.yaml", "the next analysis takes it"


def test_what_is_open_is_asked_with_the_line_to_add(tmp_path: Path) -> None:
    books = exports(tmp_path / "exports")
    mapped = said(run_map, books, tmp_path / "m.yaml", {}, "", "es")
    assert "Lo que solo usted puede decir:" in mapped.out
    assert re.search(r"\n  1\. .*moneda.*\n     Añada al mapeo:\n       currency: EUR\n", mapped.out), mapped.out


def test_a_mapping_that_is_there_is_not_written_over_unless_told(tmp_path: Path) -> None:
    books = exports(tmp_path / "exports")
    (books / "mapping.yaml").write_text("mine", encoding="utf-8")
    refused = said(run_map, books, None, {}, "")
    assert (refused.code, refused.out) == (2, "")
    assert "mapping.yaml already" in refused.err
    assert (books / "mapping.yaml").read_text(encoding="utf-8") == "mine"
    assert said(run_map, books, None, {}, "", force=True).code == 0
    assert (books / "mapping.yaml").read_text(encoding="utf-8") != "mine"


@pytest.mark.parametrize(
    ("name", "content", "hints", "sentence"),
    [
        ("", None, {}, "No file in"),
        ("nowhere", None, {}, "There is nothing at"),
        ("photo.csv", OTHERS["shelf.png"] * 50, {}, "photo.csv"),
        ("empty.csv", b"", {}, "empty.csv"),
        ("a.csv", COUNTS.encode(), {"currency": "EURO"}, "ISO 4217"),
        ("a.csv", COUNTS.encode(), {"timezone": "Mars/Base"}, "IANA"),
    ],
)
def test_what_cannot_be_mapped_is_one_sentence_and_2(
    tmp_path: Path, name: str, content: bytes | None, hints: dict[str, str], sentence: str
) -> None:
    folder = tmp_path / "books"
    folder.mkdir()
    if content is not None:
        (folder / name).write_bytes(content)
    refused = said(run_map, folder / name, tmp_path / "m.yaml", hints, "")
    assert (refused.code, refused.out.removeprefix(f"Reading {name} ...\n")) == (2, "")  # told where it takes a second
    assert sentence in refused.err
    assert len(refused.err.strip().splitlines()) == 1
    assert not (tmp_path / "m.yaml").exists()


def test_exports_and_notes_are_told_apart(tmp_path: Path) -> None:
    books = {
        "a.TXT": b"x;y\n1;2\n",
        "export": b"x\ty\n1\t2\n",
        "b.dat": b"\nx|y|z\n\n1|2|3\n",
        "c.xlsx": b"",
        "d.zip": b"",
    }
    none = {"LICENSE": b"One, two\nthree", "~$c.xlsx": b"", "one.txt": b"x;y\n", "raw.dat": bytes(range(256)) * 9}
    for name, content in (books | none).items():
        (tmp_path / name).write_bytes(content)
    found = find_all(tmp_path)
    assert ({path.name for path in found.files}, set(found.left)) == (set(books), set(none))


def test_an_analysis_without_a_mapping_says_what_was_understood(analyzed: tuple[Path, Path, Said]) -> None:
    books, out, told = analyzed
    assert told.code == 0, told.err
    assert re.search(r"counts\.csv -> counts: 5 columns, 1 not (placed|used), lowest confidence 0\.\d\d", told.out)
    assert f"The mapping that was used: {out}/mapping.yaml" in told.out
    assert "Left alone (no books): README.md" in told.out
    assert "What only you can say" not in told.out, "the currency was given"
    run = read(out / "run.json")
    assert run["proposed_mapping"]["hints"] == {"currency": "EUR"}
    assert [entry["name"] for entry in run["inputs"]] == ["counts.csv"]
    assert set(run["unused_files"]) == {*OTHERS, "old/"}
    assert not (books / "mapping.yaml").exists(), "nothing is written beside the books"
    assert read(out / "report.json")["inputs"][0]["rejected_cells"] == 1


def test_its_mapping_is_that_of_perito_map_and_reads_the_same(
    analyzed: tuple[Path, Path, Said], tmp_path: Path
) -> None:
    books, out, _ = analyzed
    assert said(run_map, books, tmp_path / "m.yaml", {"currency": "EUR"}, "").code == 0
    assert (tmp_path / "m.yaml").read_bytes() == (out / "mapping.yaml").read_bytes()
    again = said(run_analyze, books, tmp_path / "m.yaml", tmp_path / "out", "never", "", "")
    assert again.code == 0, again.err
    assert "lowest confidence" not in again.out
    first, second = read(out / "report.json"), read(tmp_path / "out" / "report.json")
    for member in ("findings", "cases", "kpis", "scores"):
        assert first[member] == second[member]
    assert "proposed_mapping" not in read(tmp_path / "out" / "run.json")


def test_its_findings_are_reproduced_and_an_edited_mapping_is_noticed(
    analyzed: tuple[Path, Path, Said], tmp_path: Path
) -> None:
    books, out = shutil.copytree(analyzed[0], tmp_path / "books"), shutil.copytree(analyzed[1], tmp_path / "out")
    (books / "mapping.yaml").write_text("put here later", encoding="utf-8")
    fingerprint = read(out / "report.json")["findings"][0]["fingerprint"]
    again = said(run_reproduce, fingerprint, out, books, None, "")
    assert again.code == 0, again.out + again.err
    with (out / "mapping.yaml").open("a", encoding="utf-8") as mapping:
        mapping.write("# mine\n")
    edited = said(run_reproduce, fingerprint, out, books, None, "")
    assert edited.code == 2
    assert "was changed after the run" in edited.err
    (books / "mapping.yaml").unlink()
    kept = said(run_analyze, books, None, out, "never", "", "")
    assert (kept.code, (out / "report.json").exists()) == (2, True), "what a person corrected is not written over"
    assert "Name it with --mapping" in kept.err


def test_hints_beside_a_mapping_are_refused(analyzed: tuple[Path, Path, Said], tmp_path: Path) -> None:
    books, out, _ = analyzed
    refused = said(
        *(run_analyze, books, out / "mapping.yaml", tmp_path / "out", "never", "", ""), hints={"currency": "NGN"}
    )
    assert (refused.code, "correct it" in refused.err) == (2, True)


def test_a_zip_is_books_too(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "exports.zip", "w") as archive:
        archive.writestr("june/counts.csv", COUNTS)
        archive.writestr("june/README.md", "# Exports")
    mapped = said(run_map, tmp_path / "exports.zip", tmp_path / "m.yaml", {}, "")
    assert mapped.code == 0, mapped.err
    assert "-> counts" in mapped.out
    books = find_books(tmp_path / "exports.zip", tmp_path / "m.yaml")
    assert [path.name for path in books.files] == ["exports.zip"], "the mapping names what is in the archive"


def test_columns_stand_with_their_files() -> None:
    row: dict[str, Any] = {
        "table_name": None, "column_name": None, "status": "unplaced", "confidence": None, "reason_en": "a",
        "reason_es": "b",
    }  # fmt: skip
    placements = [
        {**row, "file": file, "source_column": column} for file, column in (("a", "x"), ("a", "y"), ("b", "x"))
    ]
    said_ = understanding({"placements": placements, "questions": []})
    assert [(file["file"], len(file["columns"])) for file in said_["files"]] == [("a", 2), ("b", 1)]


def examples() -> list[str]:
    """Every command line that a help text shows."""
    texts = [getattr(cli, name) for name in vars(cli) if re.fullmatch(r"_[A-Z]+", name)]
    return [line for text in texts for line in re.findall(r"^  (perito [^(\n]+)", text, re.MULTILINE)]


RUN = [line.strip() for line in examples() if " map " in line or ".zip" in line or " es" in line]
"""Every `perito map`, and of `perito analyze` what no other test runs like this: an archive, and another language."""


def test_help_shows_examples_of_every_command_that_takes_books() -> None:
    assert {line.split()[1] for line in examples()} >= {"map", "analyze", "serve", "reproduce", "reidentify"}
    assert len(RUN) == 5


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that has the files which the examples name."""
    monkeypatch.chdir(tmp_path)
    exports(tmp_path / "exports" / "2026-06")
    exports(tmp_path / "libros")
    (tmp_path / "ledger.csv").write_text(COUNTS, encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "exports.zip", "w") as archive:
        archive.writestr("counts.csv", COUNTS)
    for books, mapping in (("exports/2026-06", "books"), ("ledger.csv", "ledger"), ("libros", "mapeo")):
        assert said(run_map, Path(books), Path(f"{mapping}.yaml"), {"currency": "EUR"}, "").code == 0
    return tmp_path


def test_examples_of_map_and_analyze_work(desk: Path) -> None:
    for line in RUN:
        if " map " in line and "--force" not in line:
            for mapping in ("books.yaml", "exports/2026-06/mapping.yaml"):
                (desk / mapping).unlink(missing_ok=True)
        ran = CliRunner().invoke(cli.app, shlex.split(line)[1:])
        assert ran.exit_code in {0, 1}, (line, ran.output)
        written_ = desk / ("informe" if "informe" in line else "out")
        assert " map " in line or (written_ / "report.html").stat().st_size > 0


@pytest.mark.parametrize("line", [line for line in examples() if line.strip() not in RUN])
def test_every_other_example_is_understood(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What they do is tried with real books, servers and keys elsewhere."""
    asked: list[tuple[Any, ...]] = []

    def ask(*arguments: Any, **_: Any) -> int:
        asked.append(arguments)
        return 0

    for name in ("analyze", "serve", "reproduce", "reidentify"):
        monkeypatch.setattr(f"perito_standalone.commands.run_{name}", ask)
    monkeypatch.setattr("perito_standalone.demo.run_demo", ask)
    ran = CliRunner().invoke(cli.app, shlex.split(line)[1:])
    assert (ran.exit_code, len(asked)) == (0, 1), ran.output


def test_a_file_that_is_only_joined_is_sent_too(tmp_path: Path) -> None:
    for name in ("lines.csv", "orders.csv", "other.csv"):
        (tmp_path / name).write_text("id,day\n1,2024-01-01\n", encoding="utf-8")
    (tmp_path / "mapping.yaml").write_text(
        "version: 1\ncurrency: EUR\nfiles:\n  lines.csv:\n    tables:\n      sales:\n"
        "        join: {orders.csv: {match: {id: id}}}\n"
        "        columns: {document: id, ts: {column: day, file: orders.csv}}\n",
        encoding="utf-8",
    )
    books = find_books(tmp_path, None)
    assert ([file.name for file in books.files], books.unused) == (["lines.csv", "orders.csv"], ("other.csv",))
