"""`perito keys`, `perito tenants`, `perito audit` against a served data directory, as an operator types them."""

import re
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from perito_standalone.local_database import place_of

from .house import PERITO, House, reachable_folder


@contextmanager
def served() -> Generator[House]:
    with reachable_folder() as base:
        house = House(base / "data")
        house.start()
        try:
            yield house
        finally:
            house.stop()


def perito(house: House, *words: str) -> tuple[int, str]:
    """Exit code, and what it printed, errors too."""
    command = [*PERITO, *words, "--data-dir", str(house.data_dir)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return ended.returncode, ended.stdout + ended.stderr


def status(house: House, key: str) -> int:
    return httpx.get(f"{house.base}/api/forensic/list", headers={"X-API-Key": key}, timeout=30).status_code


def until(house: House, key: str, wanted: int) -> None:
    began = time.monotonic()
    while status(house, key) != wanted:
        assert time.monotonic() - began < 5
        time.sleep(0.1)


def test_an_operator_makes_replaces_and_ends_keys_and_suspends_tenants() -> None:
    with served() as house:
        code, said = perito(house, "keys", "create", "--name", "tills", "--scopes", "read,submit", "--days", "30")
        assert code == 0, said
        key = said.split()[-1]
        assert status(house, key) == 200
        key_id = key.split("_")[2]

        code, said = perito(house, "keys", "rotate", key_id, "--overlap-hours", "0")
        assert code == 0, said
        newer = next(word for word in said.split() if word.startswith("perito_live_"))
        until(house, key, 401)
        assert status(house, newer) == 200

        code, said = perito(house, "keys", "list")
        assert code == 0
        assert [line.split()[0] for line in said.splitlines()] == [
            "id",
            newer.split("_")[2],
            key_id,
            house.key.split("_")[2],
        ]
        assert key.split("_")[3] not in said

        code, said = perito(house, "keys", "revoke", house.key.split("_")[2])
        assert (code, "last key that may manage keys" in said) == (2, True)
        assert status(house, house.key) == 200

        code, said = perito(house, "tenants", "create", "Shop Ltd")
        assert code == 0
        shop = re.findall(r"[0-9a-f-]{36}", said)[0]
        code, said = perito(house, "keys", "create", "--name", "x", "--scopes", "read")
        assert (code, "2 tenants fit" in said) == (2, True)
        code, said = perito(house, "keys", "create", "--tenant", "Shop Ltd", "--name", "x", "--scopes", "read")
        theirs = said.split()[-1]
        assert status(house, theirs) == 200
        assert perito(house, "tenants", "suspend", shop, "--reason", "unpaid")[0] == 0
        until(house, theirs, 403)
        assert status(house, newer) == 200
        assert "unpaid" in perito(house, "tenants", "list")[1]
        assert perito(house, "tenants", "resume", shop)[0] == 0
        until(house, theirs, 200)

        code, said = perito(house, "audit", "verify")
        assert code == 0, said
        assert said.count("whole") == 2
        head = re.search(rf"{shop}.*head (\d+:[0-9a-f]{{64}})", said)
        assert head is not None
        assert perito(house, "audit", "verify", "--tenant", shop, "--head", head[1])[0] == 0
        code, said = perito(house, "audit", "verify", "--tenant", shop, "--head", "1:" + "0" * 64)
        assert (code, "BROKEN at record 1" in said) == (1, True)
        code, said = perito(house, "audit", "list", "--tenant", shop)
        assert [line.split()[4] for line in said.splitlines()[1:]] == [
            "tenant.resumed",
            "tenant.suspended",
            "key.created",
            "tenant.created",
        ]


def test_help_is_quick_to_find_and_nobody_there_is_said(tmp_path: Path) -> None:
    shown = subprocess.run([*PERITO, "keys", "--help"], capture_output=True, text=True, check=True, timeout=60).stdout
    assert all(word in shown for word in ("create", "list", "rotate", "revoke"))
    ended = subprocess.run(
        [*PERITO, "keys", "list", "--data-dir", str(tmp_path)], capture_output=True, text=True, check=False, timeout=60
    )
    assert (ended.returncode, "No Perito serves" in ended.stderr) == (2, True)


@pytest.mark.parametrize("left", [{}, {"perito_owner": "x"}])
def test_a_data_directory_that_nobody_serves_has_no_database(tmp_path: Path, left: dict[str, str]) -> None:
    with pytest.raises(Exception, match="NOT_SERVING"):
        place_of(str(tmp_path / ("x" if left else "")))
