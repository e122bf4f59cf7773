"""Each of the real books through `perito analyze`, with and without a mapping, in both languages."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from tests.trials.harness.catalogue import Say, TrialFailed
from tests.trials.harness.sources import ROOT

BOOKS = ("crestline", "auditiq", "northwind")
LANGUAGES = ("en", "es")


def analyze_all(data: Path, folder: Path, say: Say) -> list[JsonValue]:
    """What each run took and found. Fails where the language changes anything but the page."""
    runs: list[JsonValue] = []
    for books in BOOKS:
        for mapping in (None, ROOT / "tests" / books / "mapping.yaml"):
            word = "by hand" if mapping else "proposed"
            pages: dict[str, tuple[bytes, bytes]] = {}
            for language in LANGUAGES:
                out = folder / f"{books} {word} {language}"
                seconds = analyze(data / books, mapping, language, out)
                report: dict[str, Any] = json.loads((out / "report.json").read_bytes())
                pages[language] = ((out / "report.json").read_bytes(), (out / "report.html").read_bytes())
                found = {"findings": len(report["findings"]), "cases": len(report["cases"])}
                runs.append({"books": books, "mapping": word, "language": language, **found, "seconds": seconds})
                say(f"perito analyze {books}, mapping {word}, {language}: {seconds} s, {found['findings']:,} findings")
            _compare(books, word, *pages.values())
    return runs


def analyze(books: Path, mapping: Path | None, language: str, out: Path) -> float:
    """Seconds of one run, which leaves its report in `out`. Raises TrialFailed where it does not end well."""
    given = ["--mapping", str(mapping)] if mapping else []
    command = [sys.executable, "-m", "perito_standalone", "analyze", str(books), "--out", str(out), *given]
    begun = time.monotonic()
    done = subprocess.run(
        [*command, "--lang", language, "--fail-on", "never"], check=False, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise TrialFailed(f"perito analyze {books.name} ended with {done.returncode}: {done.stderr.strip()}")
    return round(time.monotonic() - begun, 1)


def _compare(books: str, word: str, english: tuple[bytes, bytes], spanish: tuple[bytes, bytes]) -> None:
    if english[0] != spanish[0]:
        raise TrialFailed(f"report.json of {books}, mapping {word}, is not the same in both languages")
    if b'<html lang="en"' not in english[1] or b'<html lang="es"' not in spanish[1]:
        raise TrialFailed(f"report.html of {books}, mapping {word}, is not in the language that was asked for")
