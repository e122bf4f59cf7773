"""Commands of `perito` that README and pages show are typed as written: each ends well, and does what it says."""

import json
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.docs.serving import Served, started
from tests.docs.test_examples import ROOT, first

_FENCE = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_KEY_ID = "8sVbq2Zk0nXcT4aL"
"""The id that docs/keys.md shows."""


def shown(page: str, beginning: str) -> list[str]:
    """Lines of a page that show this command, as they are written."""
    blocks = _FENCE.findall(re.sub(r"^ {3}", "", (ROOT / page).read_text("utf-8"), flags=re.MULTILINE))
    lines = [line.partition("   #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith(beginning)]


def typed(line: str, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Runs a line in a folder; `perito` is the one of this environment."""
    words = [sys.executable, "-m", "perito_standalone", *shlex.split(line)[1:], *more]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """A server for operators."""
    with started() as told:
        yield told


def test_what_an_operator_types(served: Served, tmp_path: Path) -> None:
    key_id, told, done = "", "", list[str]()
    for line in shown("docs/keys.md", "perito "):
        ended = typed(line.replace(_KEY_ID, key_id), tmp_path, "--data-dir", str(served.data_dir))
        assert ended.returncode == 0, (line, ended.stderr)
        done.append(" ".join(line.split()[1:3]))
        if done[-1] == "keys create":
            told = next(word for word in ended.stdout.split() if word.startswith("perito_live_"))
            key_id = told.split("_")[2]
            assert httpx.get(f"{served.address}/list", headers={"X-API-Key": told}, timeout=30).status_code == 200
    assert {"keys rotate", "keys revoke", "tenants suspend", "tenants quota", "audit verify"} <= set(done)
    until = time.monotonic() + 5
    while httpx.get(f"{served.address}/list", headers={"X-API-Key": told}, timeout=30).status_code != 401:
        assert time.monotonic() < until, "it was revoked"
        time.sleep(0.1)


def test_what_somebody_types_who_has_files(tmp_path: Path) -> None:
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "counts.csv").write_text(first("mapping.md", "csv"), encoding="utf-8")
    mapped, examined = shown("README.md", ".venv/bin/perito ")[:2]
    ended = typed(mapped, tmp_path)
    assert ended.returncode == 0, ended.stderr
    (exports / "mapping.yaml").unlink()  # the page: "You may skip this step"
    ended = typed(examined, tmp_path)
    assert ended.returncode in (0, 1), ended.stderr
    listed = re.findall(r"^\| `out/([\w./]+)` \|", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert len(listed) >= 5
    assert [name for name in listed if not (tmp_path / "out" / name).exists()] == []
    report = json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))
    finding = report["findings"][0]["fingerprint"][:8]
    said = re.search(r"`\.venv/bin/(perito reproduce .*?)`", (ROOT / "README.md").read_text("utf-8"))
    assert said is not None
    ended = typed(said[1].replace("FINDING", finding), tmp_path)
    assert ended.returncode == 0, ended.stderr


def test_a_mapping_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "books").mkdir()
    (tmp_path / "books" / "counts.csv").write_text(first("mapping.md", "csv"), encoding="utf-8")
    (tmp_path / "mapping.yaml").write_text(first("mapping.md", "yaml"), encoding="utf-8")
    (line,) = [line for line in shown("docs/mapping.md", ".venv/bin/perito analyze") if "--mapping" in line]
    ended = typed(line, tmp_path)
    assert ended.returncode in (0, 1), ended.stderr
    assert (tmp_path / "out" / "report.html").is_file()
