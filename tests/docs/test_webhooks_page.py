"""docs/webhooks.md: its receiver runs as it stands, and its curl lines answer as written, against an all-in-one."""

import asyncio
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.docs.serving import serving, wait
from tests.docs.test_examples import Line, Run, blocks, by_curl, by_python, curl_lines, names
from tests.faults.waiting import until

PAGE = "webhooks.md"


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, str]]:
    """An all-in-one whose webhooks may lead to this machine."""
    with serving({**os.environ, "PERITO_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8"}) as told:
        yield told


@contextmanager
def receiving(port: int, secret: str, said: Path) -> Generator[None]:
    """The page's receiver, in a process of its own; what it prints goes into a file."""
    (program,) = [block.text for block in blocks(PAGE) if block.language == "python"]
    with said.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(port)], env={**os.environ, "WEBHOOK_SECRET": secret}, stdout=output
        )
    try:
        yield
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("run", [by_python, *([by_curl] if shutil.which("curl") else [])])
async def test_the_receiver_and_every_curl_line(run: Run, served: tuple[str, str], tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    values = {"PERITO_URL": served[0], "PERITO_KEY": served[1], "HOOK_URL": f"http://127.0.0.1:{port}/hooks"}
    made, tested, listed, resent, rotated = curl_lines(PAGE)
    made.command = made.command.replace("erp-hook", f"erp-hook-{run.__name__}")  # the server is both runs'
    webhook = await asyncio.to_thread(answered_as_shown, made, run, tmp_path, values)
    values["WEBHOOK"] = webhook["id"]
    said = tmp_path / "said"
    with receiving(port, webhook["secret"], said):
        await until(lambda: _listens(port))
        test = await asyncio.to_thread(answered_as_shown, tested, run, tmp_path, values)
        assert test["state"] == "delivered", test
        analysis = await asyncio.to_thread(_analysis, served)
        await until(lambda: f"analysis.completed {analysis}" in said.read_text("utf-8"), 20)
        deliveries = await asyncio.to_thread(answered_as_shown, listed, run, tmp_path, values)
        newest = deliveries["items"][0]
        assert newest["analysis_id"] == analysis
        assert set(json.loads(newest["body"])) == {"data", "timestamp", "type"}
        values["DELIVERY"] = newest["id"]
        again = await asyncio.to_thread(answered_as_shown, resent, run, tmp_path, values)
        assert again["message_id"] == newest["message_id"]
        secret = (await asyncio.to_thread(answered_as_shown, rotated, run, tmp_path, values))["secret"]
        assert secret != webhook["secret"]
        with_both = await asyncio.to_thread(answered_as_shown, tested, run, tmp_path, values)
        assert with_both["state"] == "delivered", "the old secret signs too"
    told = [line for line in said.read_text("utf-8").splitlines() if line.startswith("analysis.")]
    assert told == [f"analysis.completed {analysis}"], "sent again under its id, it was dropped"


def test_the_page_names_every_failure() -> None:
    from perito_orchestrator import webhook_sender  # noqa: PLC0415 - for its source alone

    source = Path(webhook_sender.__file__).read_text("utf-8")
    failures = set(re.findall(r"_Failed\(\s*\"(\w+)\"", source)) | set(re.findall(r"return \"(\w+)\", f?\"", source))
    failures |= set(re.findall(r"None, \"\", \"(\w+)\"", source))
    page = (Path(__file__).parents[2] / "docs" / PAGE).read_text("utf-8")
    assert failures == set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) - {"failure"}


def answered_as_shown(line: Line, run: Run, folder: Path, values: dict[str, str]) -> dict[str, Any]:
    """What a line is answered, held to what the page says of it."""
    status, body = run(line.command, folder, values)
    assert status == line.status, (line.command, body[:500])
    answer: dict[str, Any] = json.loads(body)
    for shown in line.shown:
        assert names(json.loads(shown)) - names(answer) == set(), (line.command, answer)
    return answer


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _analysis(served: tuple[str, str]) -> str:
    """An analysis that completed."""
    import httpx  # noqa: PLC0415 - as test_examples

    books = {"data": {"inventory": [{"sku": "A", "quantity": 1}]}, "phases": [1]}
    answer = httpx.post(f"{served[0]}/analyze", json=books, headers={"X-API-Key": served[1]}, timeout=30)
    assert answer.status_code == 202, answer.text
    assert wait(f"{served[0]}/status/{answer.json()['id']}", served[1])["status"] == "completed"
    return str(answer.json()["id"])
