"""The command as people and scripts use it: real processes, exit codes, sentences, files."""

import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import psutil
import pyarrow.parquet as pq
import pytest
from perito_kernel.findings import Severity
from perito_reporting.document import schema
from perito_simulator.faults.catalogue import told
from perito_simulator.truth import read_truth
from perito_standalone.commands import run_analyze
from perito_standalone.options import networks_of
from perito_standalone.outcome import exit_code

from .conftest import Ran
from .house import PERITO, House, gone, reachable_folder
from .statuses import status

_HEAVY = ("fastapi", "grpc", "duckdb", "pyarrow", "numpy", "asyncpg", "pydantic", "httpx")


def environment(**more: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "FORCE_COLOR"}} | more


def perito(out: Path, *arguments: str, **more: str) -> Ran:
    done = subprocess.run(
        [*PERITO, *arguments], capture_output=True, text=True, check=False, timeout=180, env=environment(**more)
    )
    assert "Traceback" not in done.stdout + done.stderr
    return Ran(done.returncode, done.stdout, done.stderr, out)


@pytest.fixture
def demo(demonstration: Ran) -> Ran:
    """The demonstration, made once; the other tests start processes."""
    return demonstration


def read(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return value


def parquet_rows(path: Path) -> int:
    return int(pq.read_metadata(path).num_rows)  # pyright: ignore[reportUnknownMemberType]  # pyarrow's stubs lack it


def test_help_teaches_and_imports_nothing_heavy() -> None:
    code = f"import sys, perito_standalone.cli; print([m for m in {_HEAVY!r} if m in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
    for command in ("analyze", "serve", "dead-letters replay"):
        helped = subprocess.run([*PERITO, *command.split(), "--help"], capture_output=True, text=True, check=True)
        assert f"  perito {command} " in helped.stdout, "it shows an example"


def test_demo_finds_what_was_planted_and_accuses_nobody(demo: Ran) -> None:
    """As `perito evaluate` holds it: 95 % found, nothing severe that is false, the amounts within 5 %."""
    assert demo.code == 0, demo.said + demo.complained
    assert "False findings: 0 of severity high or critical" in demo.said
    assert "Not used (the mapping does not name it): truth.json" in demo.said
    planted = Counter(fault.kind for fault in read_truth(demo.out / "books").faults)
    assert len(planted) > 30
    titles = {kind: (rule, what) for kind, rule, _, what in told()}
    for kind, count in planted.items():
        rule, what = titles[kind]
        assert re.search(rf"\n{rule}  {re.escape(what[:60])}.* +{count} ", demo.said), kind
    for line in ("report.html", "perito evaluate", "--lang es"):
        assert line in demo.said.partition("Look around:")[2]


def test_report_keeps_its_schema_and_tables_hold_every_finding(demo: Ran) -> None:
    report = read(demo.out / "report.json")
    jsonschema.validate(report, schema())
    assert "<html" in (demo.out / "report.html").read_text(encoding="utf-8")
    by_phase: dict[str, int] = {}
    for rule in report["rules"]:
        by_phase[rule["phase"]] = by_phase.get(rule["phase"], 0) + rule["findings"]
    for phase, findings in by_phase.items():
        assert parquet_rows(demo.out / "tables" / phase / "findings.parquet") == findings
    assert sum(by_phase.values()) == report["exposure"]["findings"] > 0
    assert parquet_rows(demo.out / "tables" / "performance" / "kpis.parquet") == report["kpis_total"]


def test_run_facts_stand_beside_the_report_and_not_in_it(demo: Ran) -> None:
    run = read(demo.out / "run.json")
    text = (demo.out / "report.json").read_text(encoding="utf-8")
    assert run["analysis_id"] not in text
    assert run["dataset_id"] not in text
    assert run["status"] == "completed"
    assert run["analysis_seconds"] > 0
    assert run["phases"][0]["phase"] == "validation"
    assert all(phase["attempts"] == 1 and phase["content_digest"] for phase in run["phases"])
    given = {file["name"]: file["sha256"] for file in run["inputs"]}
    assert all(given[entry["name"]] == entry["sha256"] for entry in read(demo.out / "report.json")["inputs"])
    assert run["host"]["cores"] == os.cpu_count()


def test_same_books_same_bytes_and_nothing_is_left_behind(demo: Ran, tmp_path: Path) -> None:
    with reachable_folder() as base:
        books = str(demo.out / "books")
        again = perito(tmp_path, "analyze", books, "--out", str(tmp_path), "--fail-on", "never", TMPDIR=str(base))
        assert list(base.iterdir()) == []
    assert again.code == 0, again.said + again.complained
    for name in ("report.json", "report.html"):
        assert (tmp_path / name).read_bytes() == (demo.out / name).read_bytes()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_leaves_nothing(demo: Ran, tmp_path: Path, how: signal.Signals) -> None:
    with reachable_folder() as base:
        command = [*PERITO, "analyze", str(demo.out / "books"), "--out", str(tmp_path)]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(TMPDIR=str(base))
        )
        assert process.stdout is not None
        while "validation: running" not in process.stdout.readline():
            assert process.poll() is None
        children = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
        process.send_signal(how)
        said, complained = process.communicate(timeout=30)
        assert (process.returncode, complained) == (130, "Stopped.\n"), said
        assert gone(children)
        assert list(base.iterdir()) == []


def test_exit_code_follows_severity_threshold_and_completeness(demo: Ran) -> None:
    report = read(demo.out / "report.json")
    whole, partial = status(), status(partial=True)
    for least in (*Severity, None):
        assert exit_code(whole, report, least) == (0 if least is None else 1)
    counts = {"critical": 0, "high": 0, "medium": 3, "low": 0, "info": 0}
    mild = report | {"findings": [f | {"severity": "medium"} for f in report["findings"]]}
    mild["exposure"] = report["exposure"] | {"cases_by_severity": counts}
    assert exit_code(whole, mild, Severity.HIGH) == 0
    assert exit_code(whole, mild, Severity.MEDIUM) == 1
    assert exit_code(partial, mild, Severity.HIGH) == 2
    assert exit_code(partial, mild, Severity.LOW) == 1, "what was found outweighs what was not tried"
    assert exit_code(status(status="failed"), mild, Severity.LOW) == 2
    assert exit_code(whole, None, None) == 2
    unlisted = mild | {"exposure": {"cases_by_severity": counts | {"critical": 1}}}
    assert exit_code(whole, unlisted, Severity.HIGH) == 1, "a case counts though no finding of it is listed"
    for gap in ({"complete": False}, {"level": "untested"}):
        assert exit_code(whole, mild | {"verdict": report["verdict"] | gap}, Severity.HIGH) == 2
    errored = mild | {"rules": [rule | {"status": "errored"} for rule in report["rules"]]}
    assert exit_code(whole, errored, None) == 2


def clean_books(folder: Path) -> Path:
    """One product, one location, two snapshots that the ledger explains."""
    folder.mkdir()
    (folder / "ledger.csv").write_text("id,at,sku,site,type,qty\nM1,2026-01-05,A,W,receipt,5\n", encoding="utf-8")
    (folder / "stock.csv").write_text("date,sku,site,qty\n2025-12-31,A,W,1\n2026-01-31,A,W,6\n", encoding="utf-8")
    day = 'format: "%Y-%m-%d"'
    (folder / "mapping.yaml").write_text(
        "version: 1\ncurrency: EUR\nfiles:\n  ledger.csv:\n    tables:\n      movements:\n        columns:\n"
        f"          {{movement: id, ts: {{column: at, {day}}}, product: sku, location: site, type: type, qty: qty}}\n"
        "  stock.csv:\n    tables:\n      inventory:\n        columns:\n"
        f"          {{snapshot_date: {{column: date, {day}}}, product: sku, location: site, qty: qty}}\n",
        encoding="utf-8",
    )
    return folder


def test_clean_books_exit_with_0_and_unreadable_ones_with_2_and_the_place(tmp_path: Path) -> None:
    books = clean_books(tmp_path / "books")
    clean = perito(tmp_path, "analyze", str(books), "--out", str(tmp_path / "out"), "--fail-on", "info")
    assert clean.code == 0, clean.said + clean.complained
    (books / "stock.csv").write_text("date,item,site,qty\n2025-12-31,A,W,1\n", encoding="utf-8")
    broken = perito(tmp_path, "analyze", str(books), "--out", str(tmp_path / "out"), "--fail-on", "info")
    assert broken.code == 2
    assert "stock.csv" in broken.said
    assert "sku" in broken.said
    assert read(tmp_path / "out" / "run.json")["status"] == "failed"


def test_what_cannot_begin_is_one_sentence_and_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    books, out = clean_books(tmp_path / "books"), tmp_path / "out"
    (tmp_path / "a_file").write_text("", encoding="utf-8")
    broken = tmp_path / "broken.yaml"
    broken.write_text("version: 1\ncurrency: euros\n", encoding="utf-8")
    more = tmp_path / "more.yaml"
    text = (books / "mapping.yaml").read_text(encoding="utf-8")
    ledger = text.partition("files:\n")[2].partition("  stock.csv")[0]
    more.write_text(text + ledger.replace("ledger.csv", "sales.csv"), encoding="utf-8")
    for path, mapping, into, fail_on, memory, sentence in [
        (tmp_path / "nowhere", None, out, "high", "", "There is nothing at"),
        (books / "ledger.csv", tmp_path / "none.yaml", out, "high", "", "There is no mapping at"),
        (books, broken, out, "high", "", "currency"),
        (books, more, out, "high", "", "sales.csv, not found"),
        (books / "ledger.csv", books / "mapping.yaml", out, "high", "", "stock.csv, not found"),
        (books, None, out, "awful", "", "--fail-on awful is unknown"),
        (books, None, out, "high", "lots", "--memory lots is no size"),
        (books, None, out, "high", "1MiB", "512MiB is the least"),
        (books, None, tmp_path / "a_file", "high", "", "Name another folder with --out"),
    ]:
        assert run_analyze(path, mapping, into, fail_on, "", memory) == 2
        complained = capsys.readouterr().err
        assert sentence in complained
        assert len(complained.strip().splitlines()) == 1


def test_a_fault_of_our_own_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("on purpose")

    monkeypatch.setattr("perito_standalone.examination.find_books", fail)
    assert run_analyze(tmp_path, None, tmp_path, "high", "", "") == 2
    assert "a fault of its own" in capsys.readouterr().err


def test_serve_refuses_an_open_door_without_encryption(tmp_path: Path) -> None:
    done = perito(tmp_path, "serve", "--host", "192.0.2.1", "--data-dir", str(tmp_path / "data"))
    assert done.code == 2
    assert "unencrypted" in done.complained
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("word", ["10.1.0.0/33", "home", "10.1.0.1/16"])
def test_serve_refuses_what_is_no_network(tmp_path: Path, word: str) -> None:
    done = perito(tmp_path, "serve", "--webhook-network", word, "--data-dir", str(tmp_path / "data"))
    assert done.code == 2
    assert f"--webhook-network {word} is no network" in " ".join(done.complained.split())
    assert not (tmp_path / "data").exists()


def test_networks_are_given_one_by_one_or_by_blanks() -> None:
    assert networks_of(()) == ()
    assert networks_of(("10.1.0.0/16", "fd12::/48 127.0.0.0/8")) == ("10.1.0.0/16", "fd12::/48", "127.0.0.0/8")


def test_key_is_shown_once_only_its_hash_is_kept_and_the_directory_has_one_holder() -> None:
    with reachable_folder() as base:
        house = House(base / "data")
        house.start()
        try:
            assert house.key.startswith("perito_live_")
            assert house.ask("GET", "/health").json()["ready"]
            assert house.ask("GET", "/status/7c9e6679-7425-40de-944b-e07fc1f90ae7").status_code == 404
            wrong = house.key[:-1] + ("a" if house.key[-1] != "a" else "b")
            assert house.ask("GET", "/status/7c9e6679-7425-40de-944b-e07fc1f90ae7", key=wrong).status_code == 401
            assert house.process is not None
            second = perito(base, "serve", "--data-dir", str(base / "data"), "--port", "0")
            assert second.code == 2
            assert f"in use by process {house.process.pid}" in second.complained
            sockets = [c for c in psutil.Process(house.process.pid).net_connections("inet") if c.status == "LISTEN"]
            assert [c.laddr.ip for c in sockets] == ["127.0.0.1"]
            secret = house.key.rpartition("_")[2].encode()
            kept = [path for path in (base / "data").rglob("*") if path.is_file() and secret in path.read_bytes()]
            assert kept == []
            first = house.key
            assert "not finished goes on" in house.stop()
            house.start()
            assert house.ask("GET", "/status/7c9e6679-7425-40de-944b-e07fc1f90ae7", key=first).status_code == 404
        finally:
            house.end()


def test_a_demo_that_keeps_serving_tells_how_to_ask_and_leaves_nothing(tmp_path: Path) -> None:
    with reachable_folder() as base:
        command = [*PERITO, "demo", "--out", str(tmp_path), "--rows", "2000", "--serve"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment(TMPDIR=str(base)))
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        asked = next(line for line in lines if "/status/" in line)
        found = re.search(r'"X-API-Key: (\S+)" "(\S+)"', asked)
        assert found, asked
        assert httpx.get(found[2], headers={"X-API-Key": found[1]}, timeout=30).status_code == 200
        children = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        assert gone(children)
        assert list(base.iterdir()) == []
