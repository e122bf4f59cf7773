"""What the documentation shows works: mappings are read, curl lines answer as written.

The books of the REST page are those of the first mapping, so both pages are one example from file to report.
"""

import argparse
import hashlib
import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import httpx
import perito_client
import pytest
from perito_kernel.errors import Invalid
from perito_kernel.phases import InputFile, Job
from perito_rules.canonical import load_canonical
from perito_validation.compute import take_in
from perito_validation.mapping import BooksMapping, Cell, Lookup, Step, TableMapping, Unit, parse_mapping

from tests.docs.serving import serving, wait

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
TABLES = {name: list(table.columns) for name, table in load_canonical().items()}
_FENCE = re.compile(r"^```(?P<language>\w+)(?: (?P<word>\w+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the word after it, and its text."""

    language: str
    word: str
    text: str


def blocks(page: str) -> list[Block]:
    text = (DOCS / page).read_text("utf-8")
    return [Block(found["language"], found["word"] or "", found["text"]) for found in _FENCE.finditer(text)]


def first(page: str, language: str) -> str:
    return next(block.text for block in blocks(page) if block.language == language)


def whole(block: Block) -> str:
    """A mapping; a block that shows a part of one table is put where it belongs."""
    if not block.word:
        return block.text
    inner = "".join(f"        {line}\n" for line in block.text.splitlines())
    return f"version: 1\ncurrency: EUR\nfiles:\n  part.csv:\n    tables:\n      {block.word}:\n{inner}"


MAPPINGS = [whole(block) for block in blocks("mapping.md") if block.language == "yaml"]


def job(folder: Path, files: dict[str, str]) -> Job:
    inputs: list[InputFile] = []
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
        data = text.encode()
        inputs.append(InputFile(name, str(folder / name), hashlib.sha256(data).hexdigest(), len(data)))
    return Job(
        "validation", "", inputs, "", [], {}, str(folder / "out"), str(folder / "scratch"), 2, 1 << 30, "5e" * 32
    )


def source_columns(mapping: BooksMapping, file: str) -> list[str]:
    """Every header that the mapping asks for in a file, joined ones included."""
    names: list[str] = []
    for name, entry in mapping.files.items():
        for part in entry.tables.values():
            names += [cell.column for cell in part.columns.values() if (cell.file or name) == file]
            names += part.join[file].match.values() if file in part.join else []
    for part in mapping.files[file].tables.values() if file in mapping.files else ():
        names += [column for join in part.join.values() for column in join.match]
        names += [cell.unit.column for cell in part.columns.values() if cell.unit]
        names += [cell.out for cell in part.columns.values() if cell.out]
        names += [*([part.skip_when_blank] if part.skip_when_blank else []), *part.skip_words]
    return list(dict.fromkeys(names))


@pytest.mark.parametrize("number", range(len(MAPPINGS)))
def test_every_mapping_is_read_with_files_that_have_its_columns(number: int, tmp_path: Path) -> None:
    mapping = parse_mapping(MAPPINGS[number], TABLES)
    headers = {name: source_columns(mapping, name) for name in sorted(mapping.wanted)}
    files = {name: ",".join(header) + "\n" + ",".join("x" for _ in header) + "\n" for name, header in headers.items()}
    intake = take_in(job(tmp_path, files), mapping, lambda _fraction, _step: None)
    mapped = {table for file in mapping.files.values() for table in file.tables}
    assert {intake.rows[table] > 0 for table in mapped} == {True}


def test_the_first_mapping_reads_its_file_as_the_page_says(tmp_path: Path) -> None:
    mapping = parse_mapping(first("mapping.md", "yaml"), TABLES)
    intake = take_in(job(tmp_path, {"counts.csv": first("mapping.md", "csv")}), mapping, lambda _fraction, _step: None)
    assert (intake.rows["counts"], intake.rows["rejected_cells"]) == (3, 1)


def test_a_slip_of_the_pen_is_answered_as_the_page_says() -> None:
    with pytest.raises(Invalid) as caught:
        parse_mapping(first("mapping.md", "yaml").replace("system_qty", "sistem_qty"), TABLES)
    assert caught.value.reason == "MAPPING_INVALID"
    assert caught.value.message.startswith(first("mapping.md", "text").strip().rstrip("?"))


def test_every_option_of_a_mapping_is_shown() -> None:
    shown = "".join(MAPPINGS)
    options = {name for model in (BooksMapping, TableMapping, Cell, Unit, Lookup) for name in model.model_fields}
    assert sorted(option for option in options if f"{option}:" not in shown) == []
    text = (DOCS / "mapping.md").read_text("utf-8")
    assert [step for step in get_args(Step) if f"`{step}`" not in text] == []


@dataclass
class Line:
    """A curl line as it is written, the status that it promises, and the JSON that the page shows as its answer."""

    command: str
    status: int
    shown: tuple[str, ...]


def curl_lines(page: str) -> list[Line]:
    found: list[Line] = []
    for block in blocks(page):
        if block.language == "json" and found:
            found[-1] = Line(found[-1].command, found[-1].status, (*found[-1].shown, block.text))
        elif block.language == "sh":
            # A command may take several lines; the last one says its status.
            for command, status in re.findall(r"(.+?) # (\d+)\n", block.text.replace("\\\n", " "), re.DOTALL):
                found.append(Line(command.strip(), int(status), ()))
    return found


Answer = tuple[int, bytes]
Run = Callable[[str, Path, dict[str, str]], Answer]


def by_curl(command: str, folder: Path, values: dict[str, str]) -> Answer:
    """The line itself, in a shell. A line with -o leaves its answer in that file."""
    exports = "".join(f"{name}={shlex.quote(value)}; " for name, value in values.items())
    script = f"{exports}{command} -sS -w '\\n%{{http_code}}'"
    done = subprocess.run(["sh", "-c", script], cwd=folder, capture_output=True, check=True, timeout=30)
    body, _, status = done.stdout.rpartition(b"\n")
    return int(status), body


def curl_options() -> argparse.ArgumentParser:
    """Those options of curl that the page uses."""
    options = argparse.ArgumentParser("curl", allow_abbrev=False, exit_on_error=False)
    options.add_argument("url")
    options.add_argument("-H", action="append", default=[])
    options.add_argument("-F", action="append", default=[])
    for word in ("-X", "-d", "-o", "--etag-save", "--etag-compare"):
        options.add_argument(word)
    for word in ("-N", "--head", "--compressed"):
        options.add_argument(word, action="store_true")
    return options


def by_python(command: str, folder: Path, values: dict[str, str]) -> Answer:
    """What curl would send, for machines without it. Options that it does not know fail."""
    words = [re.sub(r"\$([A-Z_]+)", lambda found: values[found[1]], word) for word in shlex.split(command)]
    assert words.pop(0) == "curl"
    asked = curl_options().parse_args(words)
    headers = dict(line.split(": ", 1) for line in asked.H)
    headers["Accept-Encoding"] = "gzip" if asked.compressed else "identity"
    if asked.etag_compare:
        headers["If-None-Match"] = (folder / asked.etag_compare).read_text("utf-8")
    parts: list[tuple[str, tuple[str, bytes]]] = []
    for part in asked.F:
        name, _, file = part.partition("=@")
        parts.append((name, (file, (folder / file).read_bytes())))
    method = asked.X or ("HEAD" if asked.head else "POST" if parts or asked.d else "GET")
    sent = (folder / asked.d[1:]).read_bytes() if (asked.d or "").startswith("@") else asked.d
    answer = httpx.request(method, asked.url, headers=headers, files=parts or None, content=sent, timeout=30)
    if asked.etag_save:
        (folder / asked.etag_save).write_text(answer.headers["ETag"], encoding="utf-8")
    if asked.o:
        (folder / asked.o).write_bytes(answer.content)
    return answer.status_code, answer.content


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, str]]:
    """Address and key of a real server, as it prints them."""
    with serving() as told:
        yield told


def names(value: Any) -> set[str]:
    """Every member name in a JSON value."""
    if isinstance(value, dict):
        return set[str](value) | {name for inner in value.values() for name in names(inner)}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # JSON has no static type
    if isinstance(value, list):
        return {name for inner in value for name in names(inner)}  # pyright: ignore[reportUnknownVariableType]  # as above
    return set()


def accepted_by(answer: Mapping[str, Any]) -> list[str]:
    """Ids of the analyses that an answer says were accepted, one or a batch."""
    results = answer.get("results", [{"accepted": answer}])
    return [result["accepted"]["id"] for result in results if result["accepted"]]


def learned(line: Line, answer: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, str]:
    """What the lines that follow name."""
    found: dict[str, str] = {}
    if line.status == 201 and "dataset_id" in answer:
        found["DATASET"] = answer["dataset_id"]
    if line.status == 201 and "key_id" in answer:
        found["KEY_ID"] = answer["key_id"]
    if "/findings?" in line.command and "/compare/" not in line.command:
        found["FINDING"] = answer["items"][0]["fingerprint"]
    if "/rerun" in line.command:
        found["BEFORE"] = values["ANALYSIS"]
    return found


@pytest.mark.parametrize("run", [by_python, *([by_curl] if shutil.which("curl") else [])])
def test_every_curl_line_answers_as_written(run: Run, served: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "counts.csv").write_text(first("mapping.md", "csv"), encoding="utf-8")
    (tmp_path / "mapping.yaml").write_text(first("mapping.md", "yaml"), encoding="utf-8")
    (tmp_path / "rule.json").write_text(json.dumps({"text": first("own-rules.md", "sql")}), encoding="utf-8")
    values = {"PERITO_URL": served[0], "PERITO_KEY": served[1]}
    lines = curl_lines("rest.md")
    assert len(lines) >= 16
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        status, body = run(line.command, tmp_path, values)
        assert status == line.status, (line.command, body[:500])
        answer: dict[str, Any] = json.loads(body) if body.startswith(b"{") and "-o" not in line.command else {}
        for shown in line.shown:
            assert names(json.loads(shown)) - names(answer) == set(), (line.command, answer)
        values |= learned(line, answer, values)
        if "/events" in line.command:
            told = re.findall(r"^event: (.+)$", body.decode(), re.MULTILINE)
            assert (told[0], told[-1]) == ("analysis.submitted", "analysis.completed")
        if status == 202 and "results" not in answer:
            values["ANALYSIS"] = answer["id"]
            if following and "/cancel" in following.command:
                continue
        for accepted in accepted_by(answer) if status == 202 else ():  # the next line may need its slot
            assert wait(f"{served[0]}/status/{accepted}", served[1])["status"] == "completed"
    assert json.loads((tmp_path / "report.json").read_text("utf-8"))["inputs"][0]["name"] == "counts.csv"
    assert (tmp_path / "report.html").read_text("utf-8").lstrip().lower().startswith("<!doctype html>")


async def test_the_clients_example_runs(
    served: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "counts.csv").write_text(first("mapping.md", "csv"), encoding="utf-8")
    (tmp_path / "mapping.yaml").write_text(first("mapping.md", "yaml"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    shown = re.findall(r"^    .*$", perito_client.__doc__ or "", re.MULTILINE)
    lines = "\n".join(shown).replace("http://127.0.0.1:8080", served[0])
    scope: dict[str, Any] = {**vars(perito_client), "Path": Path, "key": served[1]}
    exec(f"async def example():\n{lines}", scope)  # noqa: S102 -- the example, as it is written
    await scope["example"]()
    printed = capsys.readouterr().out.splitlines()
    assert "100" in printed
    assert printed[-2] == "completed"
    assert "Name a dataset here" in printed[-1]
    assert (tmp_path / "report.html").read_text("utf-8").lstrip().lower().startswith("<!doctype html>")
