"""Whether a report can be reproduced here and now: by this Perito, from these books, with the parameters of its run.

Every file is copied while it is hashed, so what is computed from is what was compared, whatever happens to the file.
"""

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from importlib.metadata import version
from pathlib import Path
from typing import Any

from perito_kernel.errors import Invalid, Precondition
from perito_kernel.phases import InputFile
from perito_rules.model import Parameter, ParameterType, Rule

from perito_standalone.books_folder import DEFAULT_MAPPING, Books, find_all, find_books
from perito_standalone.run_files import PROPOSED, REPORT_JSON, RUN_JSON

_NEEDED = ("perito_version", "inputs", "rules", "findings")
_ENGINES = ("duckdb", "pyarrow")
_PIECE = 1 << 20


def read_kept(out: Path) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The folder's report and its `run.json`, None where there is none.

    Raises Precondition REPORT_MISSING, VERSION_DIFFERS; Invalid REPORT_UNREADABLE.
    """
    path = out / REPORT_JSON
    if not path.is_file():
        raise Precondition("REPORT_MISSING", f"There is no {path}. Name the folder that `perito analyze` wrote.")
    report = _object(path)
    missing = [name for name in _NEEDED if name not in report]
    if missing:
        raise _unreadable(path)
    here = version("perito-reporting")
    if report["perito_version"] != here:
        raise Precondition(
            "VERSION_DIFFERS",
            f"The report was written by Perito {report['perito_version']}, this is Perito {here}: another version may"
            f" rightly find something else. Install Perito {report['perito_version']} to reproduce it.",
        )
    run = out / RUN_JSON
    return report, _object(run) if run.is_file() else None


def books_of_report(out: Path, path: Path, mapping: Path | None) -> Books:
    """The books at `path` as the run took them: with their mapping, or without where one was proposed in its place.

    Raises `Invalid` as `find_books`, and REPORT_UNREADABLE.
    """
    run = out / RUN_JSON
    proposed = mapping is None and run.is_file() and PROPOSED in _object(run)
    return find_all(path) if proposed else find_books(path, mapping)


def hints_of(run: Mapping[str, Any] | None) -> dict[str, str]:
    """What the run was told of books without a mapping."""
    return _proposed(run).get("hints") or {}


def check_proposal(out: Path, run: Mapping[str, Any] | None, proposed: Path) -> None:
    """Compares a mapping that was proposed again with the one of the run, in `run.json` and in the folder.

    Raises Precondition MAPPING_DIFFERS.
    """
    then: str | None = _proposed(run).get("sha256")
    kept = out / DEFAULT_MAPPING
    now, there = _digest_of(proposed), _digest_of(kept) if kept.is_file() else None
    if then is not None and (now != then or there not in {None, then}):
        edited = now == then
        which = f"{kept} was changed after the run" if edited else "Another mapping is proposed for the same books now"
        remedy = f"Analyse the books with --mapping {kept}." if edited else "Install the Perito of the report."
        raise Precondition("MAPPING_DIFFERS", f"{which}. {remedy}", {"file": str(kept)})


def other_engines(run: Mapping[str, Any] | None) -> list[str]:
    """A sentence for each engine whose version is another one than in that run."""
    then: Mapping[str, Any] = (run or {}).get("versions") or {}
    return [
        f"The report was computed with {name} {then[name]}, this is {name} {version(name)}."
        for name in _ENGINES
        if name in then and then[name] != version(name)
    ]


def take_books(
    books: Books, report: Mapping[str, Any], run: Mapping[str, Any] | None, into: Path
) -> tuple[list[InputFile], str, bool]:
    """Copies of the books and of the mapping, and whether the mapping's hash was known (it stands in `run.json`).

    Raises Precondition INPUT_DIFFERS, naming every file that is not the one of the report, with both hashes.
    """
    hashes: dict[str, str] = {str(entry["name"]): str(entry["sha256"]) for entry in report["inputs"]}
    names = {path: unicodedata.normalize("NFC", path.name) for path in books.files}  # as they were uploaded
    wrong = [
        f"{name} is missing: the report has it with {hashes[name]}" for name in sorted(hashes.keys() - names.values())
    ]
    files: list[InputFile] = []
    for number, (path, name) in enumerate(names.items()):
        copy = into / str(number)
        digest, size = _copy(path, copy)
        files.append(InputFile(name, str(copy), digest, size))
        if name not in hashes:
            wrong.append(f"{name} is not in the report")
        elif hashes[name] != digest:
            wrong.append(f"{name} has SHA-256 {digest}, in the report {hashes[name]}")
    mapping, known = "", True
    if books.mapping is not None:
        digest, _ = _copy(books.mapping, into / "mapping")
        mapping = str(into / "mapping")
        given = [str(entry["sha256"]) for entry in (run or {}).get("inputs", []) if entry["name"] == "mapping"]
        known = bool(given)
        if given and digest not in given:
            wrong.append(f"the mapping {books.mapping.name} has SHA-256 {digest}, in {RUN_JSON} {', '.join(given)}")
    if wrong:
        raise Precondition("INPUT_DIFFERS", f"These are not the books of the report: {'; '.join(wrong)}.")
    return files, mapping, known


def run_parameters(
    report: Mapping[str, Any], rules: Mapping[str, Mapping[str, Rule]]
) -> dict[str, dict[str, str | int | bool]]:
    """The parameters that the report states for each rule, by rule id, in the types in which a run is given them."""
    known = {rule_id: rule for of_phase in rules.values() for rule_id, rule in of_phase.items()}
    return {
        entry["id"]: {
            name: typed_parameter(known[entry["id"]].parameters.get(name), str(text))
            for name, text in entry["parameters"].items()
        }
        for entry in report["rules"]
        if entry["id"] in known
    }


def typed_parameter(parameter: Parameter | None, text: str) -> str | int | bool:
    """A report holds every parameter as text; what is no value of its type stays text and is refused by the rule."""
    if parameter is not None and parameter.type is ParameterType.BOOLEAN and text.lower() in {"true", "false"}:
        return text.lower() == "true"
    if parameter is not None and parameter.type is ParameterType.INTEGER:
        try:
            return int(Decimal(text))
        except (InvalidOperation, ValueError, OverflowError):
            return text
    return text


def _proposed(run: Mapping[str, Any] | None) -> dict[str, Any]:
    """What `run.json` says of a mapping that was proposed; empty where it says nothing."""
    return (run or {}).get(PROPOSED) or {}


def _digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _copy(source: Path, target: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as read, target.open("wb") as written:
        while piece := read.read(_PIECE):
            digest.update(piece)
            written.write(piece)
            size += len(piece)
    return digest.hexdigest(), size


def _object(path: Path) -> dict[str, Any]:
    try:
        value: object = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise _unreadable(path) from error
    if not isinstance(value, dict):
        raise _unreadable(path)
    return value  # pyright: ignore[reportUnknownVariableType]  # JSON


def _unreadable(path: Path) -> Invalid:
    return Invalid(
        "REPORT_UNREADABLE",
        f"{path} is not what an analysis writes. Take the folder as the analysis left it.",
        {"file": str(path)},
    )
