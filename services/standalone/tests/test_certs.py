"""`perito certs dev`: what it makes, who can read it, and that it is safe to repeat."""

import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from perito_kernel.errors import Invalid
from perito_runtime.development_ca import SERVICES, issue

from .house import PERITO


def certs(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*PERITO, "certs", "dev", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def certificate(folder: Path, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / f"{name}.crt").read_bytes())


def test_it_makes_one_for_each_service_and_says_how_to_use_it(tmp_path: Path) -> None:
    folder = tmp_path / "certs"
    done = certs(folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split()[:2] for line in done.stdout.splitlines()[: len(SERVICES)]] == [["made", s] for s in SERVICES]
    assert f"PERITO_TLS_KEY={folder}/edge.key" in done.stdout
    assert {path.name for path in folder.iterdir()} == {
        f"{name}.{kind}" for name in ("authority", *SERVICES) for kind in ("crt", "key")
    }
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.glob("*.key")} == {0o600}
    names = certificate(folder, "pattern").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["spiffe://perito/pattern"]
    assert names.get_values_for_type(x509.DNSName) == ["pattern", "localhost"]
    addresses = [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    assert addresses == [*(f"127.0.0.{last}" for last in range(1, 10)), "::1"]
    certificate(folder, "pattern").verify_directly_issued_by(certificate(folder, "authority"))


def test_what_is_sound_stays_and_one_more_can_be_had(tmp_path: Path) -> None:
    issue(tmp_path)
    before = contents(tmp_path)
    issue(tmp_path)
    assert contents(tmp_path) == before
    done = certs(tmp_path, "--service", "erp", "--service", "edge", "--days", "2")
    assert [line.split()[:2] for line in done.stdout.splitlines()[:2]] == [["made", "erp"], ["kept", "edge"]]
    after = contents(tmp_path)
    assert {name: after[name] for name in before} == before
    assert certificate(tmp_path, "erp").not_valid_after_utc < datetime.now(UTC) + timedelta(days=2, minutes=1)


def test_the_last_third_of_a_life_is_the_time_to_renew(tmp_path: Path) -> None:
    for life, renewed in ((timedelta(minutes=25), True), (timedelta(hours=3), False)):  # it began an hour ago
        issue(tmp_path, ["edge"], life=life)
        assert issue(tmp_path, ["edge"])[0].made is renewed
        (tmp_path / "edge.crt").unlink()


@pytest.mark.parametrize("broken", ["edge.crt", "edge.key"])
def test_a_broken_pair_is_made_anew(tmp_path: Path, broken: str) -> None:
    issue(tmp_path, ["edge"])
    (tmp_path / broken).write_bytes(b"nothing")
    assert issue(tmp_path, ["edge"])[0].made
    assert not issue(tmp_path, ["edge"])[0].made


def test_a_folder_of_something_else_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    tmp_path.chmod(0o755)
    with pytest.raises(Invalid, match="holds other things"):
        issue(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_another_authority_makes_all_anew(tmp_path: Path) -> None:
    issue(tmp_path, ["edge"])
    for kind in ("crt", "key"):
        (tmp_path / f"authority.{kind}").unlink()
    assert issue(tmp_path, ["edge"])[0].made


def test_half_an_authority_is_not_written_over(tmp_path: Path) -> None:
    issue(tmp_path, ["edge"])
    (tmp_path / "authority.key").unlink()
    with pytest.raises(Invalid, match="delete both to begin anew"):
        issue(tmp_path)
    assert not (tmp_path / "authority.key").exists()


@pytest.mark.parametrize("name", ["../edge", "Edge", "", "authority", "a" * 64, "sp iffe"])
def test_a_service_has_a_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(Invalid, match="CERTIFICATES_INVALID"):
        issue(tmp_path / "c", [name])
    assert not (tmp_path / "c").exists()


def test_a_folder_that_cannot_be_had_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = certs(tmp_path / "file")
    assert done.returncode == 2
    assert done.stderr == f"{tmp_path}/file: File exists.\n"


def test_a_certificate_is_made_anew_for_another_host(tmp_path: Path) -> None:
    (plain,) = issue(tmp_path, ["site"])
    (named,) = issue(tmp_path, ["site"], hosts=["perito.example"])
    (again,) = issue(tmp_path, ["site"], hosts=["perito.example"])
    assert (plain.made, named.made, again.made) == (True, True, False)
    names = certificate(tmp_path, "site").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "perito.example" in names.get_values_for_type(x509.DNSName)
