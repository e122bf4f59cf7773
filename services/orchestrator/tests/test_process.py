"""The orchestrator's process and the one that makes its database: what they are told and what they refuse."""

import asyncio
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from perito_kernel.errors import Invalid
from perito_orchestrator.process import OrchestratorProcessSettings, with_user
from perito_orchestrator.roles import ROLES

from tests.servers import local_postgres

SECRET = "0123456789abcdef" * 3


def settings(**changed: str) -> dict[str, str]:
    """An environment that says everything."""
    return {
        "PERITO_LISTEN": "127.0.0.1:0",
        "PERITO_OBJECTS": "objects",
        "PERITO_DATABASE": "postgresql://db.example:5432/perito?sslmode=verify-full",
        "PERITO_DATABASE_SECRETS": "secrets",
        "PERITO_BROKER": "amqps://perito@rabbit.example/perito",
        "PERITO_BROKER_PASSWORD_FILE": "secrets/broker",
        "PERITO_PHASES": "dns:///read:50051  dns:///tell:50051",
        **changed,
    }


def read(monkeypatch: pytest.MonkeyPatch, **changed: str) -> OrchestratorProcessSettings:
    """The settings of such an environment."""
    for name, value in settings(**changed).items():
        monkeypatch.setenv(name, value)
    return OrchestratorProcessSettings()  # pyright: ignore[reportCallIssue]  # its fields come from the environment


def test_passwords_come_from_files_named_after_their_roles(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for role in ROLES:
        (tmp_path / role).write_text(f"{role}/{SECRET}\n")
    found = read(monkeypatch, PERITO_DATABASE_SECRETS=str(tmp_path), PERITO_CLIENTS="erp pos").orchestrator()
    for dsn, role in ((found.owner_dsn, ROLES[0]), (found.app_dsn, ROLES[1]), (found.system_dsn, ROLES[2])):
        parts = urlsplit(dsn)
        assert (parts.username, parts.password) == (role, f"{role}%2F{SECRET}")
        assert (parts.hostname, parts.query) == ("db.example", "sslmode=verify-full")
    assert found.phase_addresses == ["dns:///read:50051", "dns:///tell:50051"]
    assert found.clients == ("erp", "pos")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"PERITO_HEARTBEAT_SECONDS": "11"}, "a third of PERITO_LEASE_SECONDS"),
        ({"PERITO_PHASES": " "}, "name where the phases are served"),
        ({"PERITO_TLS_KEY": "key.pem"}, "set all three or none"),
    ],
)
def test_what_makes_no_sense_is_refused(monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read(monkeypatch, **changed)


@pytest.mark.parametrize("url", ["postgresql://perito:secret@db/perito", "mysql://db/perito", "db/perito"])
def test_a_database_with_a_user_in_it_is_refused_without_telling_it(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        with_user(url, "perito_app", SECRET, "PERITO_DATABASE")
    assert "postgresql://host:5432/perito, no user" in refused.value.message
    assert "secret" not in refused.value.message


async def bootstrapped(**environment: str) -> tuple[int | None, str]:
    """Exit code and words of the process that makes the database."""
    measured = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "perito_orchestrator.bootstrap"),
        env={"PATH": os.environ["PATH"], **measured, **environment},
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    return process.returncode, said.decode()


async def test_the_database_is_made_once_and_again_for_new_passwords(tmp_path: Path) -> None:
    with local_postgres(tcp=True) as server:
        superuser = await asyncpg.connect(server.superuser)
        await superuser.execute(f"CREATE ROLE maker SUPERUSER LOGIN PASSWORD '{SECRET}'")
        place = urlsplit(server.superuser).netloc.rpartition("@")[2]
        (tmp_path / "superuser").write_text(SECRET)
        environment = {
            "PERITO_SUPERUSER_DATABASE": f"postgresql://{place}/postgres",
            "PERITO_SUPERUSER": "maker",
            "PERITO_SUPERUSER_PASSWORD_FILE": str(tmp_path / "superuser"),
            "PERITO_DATABASE_SECRETS": str(tmp_path),
        }
        code, said = await bootstrapped(**environment)
        assert (code, "PERITO_DATABASE_SECRETS" in said) == (2, True)  # there are none yet
        for change in ("first", "second"):
            for role in ROLES:
                (tmp_path / role).write_text(f"{change}{role}{SECRET}")
            assert await bootstrapped(**environment) == (
                0,
                f"Database perito and the roles {', '.join(ROLES)} are there.\n",
            )
            for role in ROLES:
                connection = await asyncpg.connect(f"postgresql://{role}:{change}{role}{SECRET}@{place}/perito")
                await connection.close()
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(f"postgresql://{ROLES[1]}:first{ROLES[1]}{SECRET}@{place}/perito")
        (tmp_path / "superuser").write_text(SECRET[::-1])
        code, said = await bootstrapped(**environment)
        assert (code, "refuses its superuser" in said) == (2, True)
        await superuser.close()
