"""What the first start makes is complete, private and kept; what a deployment must not start with is told."""

import shutil
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
from perito_runtime.development_ca import SERVICES, issue

from deploy.credentials import PASSWORDS, faults, make

SCRIPT = Path(__file__).resolve().parents[2] / "deploy" / "credentials.py"
SITE = "perito.example"


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deployment") / "secrets"
    assert list(make(folder, SITE))
    return folder


@pytest.fixture
def folder(made_once: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made_once, tmp_path / "secrets"))


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def put(path: Path, text: str) -> None:
    path.chmod(0o644)
    path.write_text(text, "utf-8")


def test_the_first_start_makes_everything_and_a_second_replaces_nothing(folder: Path) -> None:
    assert list(faults(folder)) == []
    before = contents(folder)
    assert list(make(folder, SITE)) == []
    assert contents(folder) == before
    assert len({(folder / name).read_text("utf-8") for name in PASSWORDS}) == len(PASSWORDS)


def test_nobody_but_its_owner_enters_and_every_container_reads_its_own(made_once: Path) -> None:
    assert made_once.stat().st_mode & 0o777 == 0o700
    assert (made_once / "authority").stat().st_mode & 0o777 == 0o700
    assert (made_once / "authority" / "authority.key").stat().st_mode & 0o777 == 0o600
    mounted = [made_once / name for name in PASSWORDS]
    mounted += [path for name in ("tls", "site") for path in (made_once / name).rglob("*")]
    assert [path for path in mounted if path.stat().st_mode & 0o777 != (0o755 if path.is_dir() else 0o444)] == []


def test_the_certificate_of_the_site_is_believed_with_the_authority(made_once: Path) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(made_once / "site" / "tls.crt", made_once / "site" / "tls.key")
    client = ssl.create_default_context(cafile=made_once / "authority" / "authority.crt")
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(to_client, to_server, server_hostname=SITE),
        server.wrap_bio(to_server, to_client, server_side=True),
    )
    for end in (*ends, *ends, *ends):
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue
    assert ends[0].version() == "TLSv1.3"


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("redis_password", "changeme-changeme-changeme-changeme", "redis_password is a placeholder"),
        ("postgres_superuser", "k3Rq8", "postgres_superuser must hold 32 characters or more, not 5"),
        ("pseudonym_secret", "\n", "pseudonym_secret is empty"),
        ("tls/edge/tls.key", "neither", "holds no key in PEM"),
        ("site/tls.crt", "neither", "holds no certificate in PEM"),
    ],
)
def test_what_is_weak_or_broken_is_refused(folder: Path, name: str, text: str, told: str) -> None:
    put(folder / name, text)
    (said,) = faults(folder)
    assert told in said
    assert "`./taskw deploy:secrets` makes what is missing" in said
    assert text.strip() not in said or not text.strip()


@pytest.mark.parametrize("name", [*PASSWORDS, *(f"tls/{service}/tls.crt" for service in SERVICES), "site/tls.key"])
def test_what_is_missing_is_refused_and_made(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert name in " ".join(faults(folder))
    assert list(make(folder, SITE))
    assert list(faults(folder)) == []


def test_equal_secrets_and_another_s_certificate_are_refused(folder: Path) -> None:
    put(folder / "perito_owner", (folder / "perito_app").read_text("utf-8"))
    assert list(faults(folder)) == ["perito_owner and perito_app are equal: each needs its own."]
    shutil.rmtree(folder / "tls" / "pattern")
    shutil.copytree(folder / "tls" / "edge", folder / "tls" / "pattern")
    assert "of spiffe://perito/edge and not of spiffe://perito/pattern" in " ".join(faults(folder))


def test_a_new_password_reaches_rabbitmq_s_definitions(folder: Path) -> None:
    put(folder / "rabbitmq_password", (folder / "redis_password").read_text("utf-8")[::-1])
    assert "rabbitmq_definitions.json is missing or not of rabbitmq_password" in " ".join(faults(folder))
    (line,) = make(folder, SITE)
    assert line.startswith("rabbitmq_definitions.json")
    assert list(faults(folder)) == []


def test_certificates_of_another_authority_are_left_alone(folder: Path, tmp_path: Path) -> None:
    (others,) = issue(tmp_path / "others", ["site"], hosts=[SITE])
    for name, path in (("tls.crt", others.files.certificate), ("tls.key", others.files.key)):
        put(folder / "site" / name, path.read_text("utf-8"))
    before = contents(folder / "site")
    assert list(make(folder, SITE)) == []
    assert contents(folder / "site") == before
    assert list(faults(folder)) == []


def test_the_command_tells_every_fault_and_no_secret(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), "check", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == len(PASSWORDS) + len(SERVICES) + 2
    assert all(line.startswith("Refused: ") for line in done.stderr.splitlines())
