"""The commands of an operator where there is an orchestrator and no `perito`: words to work, and what goes wrong."""

import asyncio
import re
import secrets
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
from perito_orchestrator.operate import main
from perito_orchestrator.operations import Place

from .databases import Dsns

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(dsns: Dsns, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs one command; its exit code and what it printed."""

    def command(*words: str) -> tuple[int, str]:
        code = main(words, "operate", lambda _: Place(dsns.owner, dsns.system))
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return command


async def asked(run: Run, *words: str) -> tuple[int, str]:
    """In a thread: the command has a loop of its own."""
    return await asyncio.to_thread(run, *words)


async def test_the_first_tenant_and_its_key_are_made_and_told(run: Run, dsns: Dsns) -> None:
    assert "0 tenants fit" in (await asked(run, "keys", "create", "--name", "x", "--scopes", "read"))[1]
    code, said = await asked(run, "tenants", "create", "Shop Ltd")
    assert code == 0
    tenant = re.findall(r"[0-9a-f-]{36}", said)[0]
    code, said = await asked(run, "keys", "create", "--name", "x", "--scopes", "read, submit", "--days", "1")
    assert code == 0
    key_id = said.split()[1]
    assert re.search(rf"^perito_live_{key_id}_\w{{38}}$", said, re.MULTILINE)
    assert (await asked(run, "keys", "list", "--tenant", tenant))[1].splitlines()[1].split()[:3] == [
        key_id,
        "active",
        "read,submit",
    ]
    code, said = await asked(run, "tenants", "quota", "Shop Ltd", "--bytes", "2GiB", "--analyses", "5")
    assert code == 0
    assert [line.split()[-1] for line in said.splitlines()[1:]] == ["5", "says", str(2 << 30), "says"]
    said = (await asked(run, "tenants", "quota", "Shop Ltd", "--bytes", "0", "--analyses", "default"))[1]
    assert [line.split()[-1] for line in said.splitlines()[1:]] == ["says", "says", "bound", "says"]
    assert (await asked(run, "tenants", "quota", "Shop Ltd"))[1] == said
    for words, reason in (
        (("tenants", "quota", tenant, "--datasets", "many"), "takes a number"),
        (("tenants", "quota", tenant, "--datasets", "-1"), "from 0"),
        (("keys", "create", "--name", "x", "--scopes", "fly"), "There is no scope fly"),
        (("keys", "create", "--name", "x", "--scopes", "read", "--days", "-1"), "in the future"),
        (("keys", "revoke", "nobody"), "There is no such key"),
        (("keys", "rotate", key_id, "--overlap-hours", "9999"), "no longer"),
        (("tenants", "suspend", "nobody"), "There is no tenant 'nobody'"),
        (("audit", "verify", "--head", "x"), "--head takes"),
        (("audit", "verify", "--head", "1:" + "0" * 64), "Whose head"),
    ):
        code, said = await asked(run, *words)
        assert (code, reason in said) == (2, True), said
    code, said = await asked(run, "audit", "verify")
    assert (code, "whole, 4 records" in said) == (0, True)
    superuser = await asyncpg.connect(dsns.superuser, server_settings={"search_path": "perito"})
    await superuser.execute("ALTER TABLE audit_records DISABLE TRIGGER audit_stays")
    await superuser.execute("UPDATE audit_records SET actor = 'key:somebody' WHERE number = 2")
    await superuser.close()
    code, said = await asked(run, "audit", "verify")
    assert (code, "BROKEN at record 2" in said) == (1, True)


def test_it_says_which_database_it_wants_and_that_it_is_away(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PERITO_DATABASE", raising=False)
    assert main(["tenants", "list"], "operate") == 2
    assert "Which database?" in capsys.readouterr().err
    for role in ("perito_owner", "perito_system"):
        (tmp_path / role).write_text(secrets.token_hex(24))
    monkeypatch.setenv("PERITO_DATABASE", f"postgresql:///perito?host={tmp_path}")
    monkeypatch.setenv("PERITO_DATABASE_SECRETS", str(tmp_path))
    assert main(["tenants", "list"], "operate") == 2
    assert "The database does not answer" in capsys.readouterr().err
    monkeypatch.setenv("PERITO_DATABASE", "postgresql://somebody@host/perito")
    assert main(["tenants", "list"], "operate") == 2
    assert "no user" in capsys.readouterr().err


async def test_a_key_gets_quotas_of_its_own(run: Run) -> None:
    await asked(run, "tenants", "create", "Shop Ltd")
    words = ("keys", "create", "--name", "x", "--scopes", "read,submit", "--rates", "submit=50,read=1000")
    key_id = (await asked(run, *words))[1].split()[1]
    assert "read=1000,submit=50" in (await asked(run, "keys", "list"))[1]
    code, said = await asked(run, "keys", "rates", key_id, "read=7")
    assert (code, "a minute read=7" in said) == (0, True)
    for words, reason in (
        (("keys", "rates", key_id, "admin=7"), "lacks the scope"),
        (("keys", "rates", key_id, "read=0"), "1 to 1000000"),
        (("keys", "rates", "nobody", "read=1"), "There is no such key"),
    ):
        code, said = await asked(run, *words)
        assert (code, reason in said) == (2, True), said
    with pytest.raises(SystemExit, match="2"):
        await asked(run, "keys", "rates", key_id, "read")
    code, said = await asked(run, "keys", "rates", key_id, "")
    assert (code, "the quotas of the deployment" in said) == (0, True)
    assert "read=7" not in (await asked(run, "keys", "list"))[1]
