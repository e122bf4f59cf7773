"""Makes the secrets and certificates of a deployment, and says what is wrong with those that are there.

    credentials.py make FOLDER [--site HOST]   makes what is missing, renews certificates, replaces nothing else
    credentials.py check FOLDER                exits with 2 and one sentence for each fault

FOLDER holds one file for each secret, `tls/<service>/` for what services show each other, `site/` for what clients of
REST see, and `authority/`, whose key signs them and which no container is given. Only its owner may enter FOLDER; its
files are readable, since a container reads them as a user that the machine does not know. More in docs/deploy.md.
"""

import argparse
import base64
import hashlib
import json
import secrets
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.x509 import load_pem_x509_certificate
from perito_kernel.errors import PeritoError
from perito_runtime.development_ca import AUTHORITY, SERVICES, Issued, issue
from perito_runtime.secret_texts import weakness
from perito_runtime.tls import IDENTITY_PREFIX, TlsFiles, read_material

PASSWORDS = {
    "postgres_superuser": "PostgreSQL's superuser, for the first start alone",
    "perito_owner": "the database role that owns the tables",
    "perito_app": "the database role of requests",
    "perito_system": "the database role of the outbox and of sweeping",
    "rabbitmq_password": "RabbitMQ's user",
    "redis_password": "Redis",
    "webhook_secret": "what seals the secrets of webhooks",
    "pseudonym_secret": "what pseudonyms of people are made with; without it nobody is re-identified",
}
"""Each secret by its file, and whose it is."""
DEFINITIONS = "rabbitmq_definitions.json"
SITE = "site"
_AGAIN = "delete what is wrong, `./taskw deploy:secrets` makes what is missing"


def make(folder: Path, site: str | None) -> Iterator[str]:
    """Makes what `folder` lacks and tells each thing made; with `site`, the certificate of that host too.

    Raises `PeritoError` or OSError where it cannot.
    """
    if not folder.exists():
        folder.mkdir(parents=True, mode=0o700)
    for name, whose in PASSWORDS.items():
        if not (folder / name).exists():
            _write(folder / name, secrets.token_urlsafe(32).encode())
            yield f"{name}: {whose}"
    password = (folder / "rabbitmq_password").read_text("utf-8").strip()
    if not _opens(folder / DEFINITIONS, password):
        _write(folder / DEFINITIONS, _definitions(password).encode())
        yield f"{DEFINITIONS}: the user and the virtual host that RabbitMQ starts with"
    authority = folder / "authority"
    certificates = {each.service: (folder / "tls" / each.service, each) for each in issue(authority, SERVICES)}
    if site:
        (issued,) = issue(authority, [SITE], hosts=[site])
        certificates[SITE] = (folder / SITE, issued)
    for place, issued in certificates.values():
        if _laid_out(place, issued):
            yield f"{place.relative_to(folder)}: a certificate, good until {issued.expires:%Y-%m-%d}"


def faults(folder: Path) -> Iterator[str]:
    """A sentence for whatever a deployment must not start with."""
    files = defaultdict[str, list[str]](list)
    for name in PASSWORDS:
        try:
            text = (folder / name).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            yield f"{name} is missing or cannot be read; {_AGAIN}."
            continue
        if fault := weakness(text):
            yield f"{name} {fault}; {_AGAIN}."
        files[text].append(name)
    password = next((text for text, names in files.items() if "rabbitmq_password" in names), "")
    if not _opens(folder / DEFINITIONS, password):
        yield f"{DEFINITIONS} is missing or not of rabbitmq_password; {_AGAIN}."
    yield from (f"{' and '.join(names)} are equal: each needs its own." for names in files.values() if len(names) > 1)
    for service in SERVICES:
        yield from _certificate_faults(folder, f"tls/{service}", IDENTITY_PREFIX + service)
    yield from _certificate_faults(folder, SITE, None)


def _definitions(password: str) -> str:
    """What RabbitMQ loads at each start: its user with the hash of its password, and a virtual host."""
    hashed, hashing = _hashed(password, secrets.token_bytes(4)), "rabbit_password_hashing_sha256"
    tags: list[str] = []
    user = {"name": "perito", "password_hash": hashed, "hashing_algorithm": hashing, "tags": tags}
    may = {"user": "perito", "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"}
    return json.dumps({"users": [user], "vhosts": [{"name": "/"}], "permissions": [may]}, indent=1) + "\n"


def _hashed(password: str, salt: bytes) -> str:
    """See rabbitmq.com/docs/passwords: base64 of a salt of four bytes and the SHA-256 of it and the password."""
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def _opens(definitions: Path, password: str) -> bool:
    """Whether RabbitMQ, started with these definitions, knows this password."""
    try:
        (user,) = json.loads(definitions.read_bytes())["users"]
        hashed = str(user["password_hash"])
        return secrets.compare_digest(hashed, _hashed(password, base64.b64decode(hashed)[:4]))
    except (OSError, ValueError, LookupError, TypeError):
        return False


def _files(place: Path) -> TlsFiles:
    return TlsFiles(place / "tls.crt", place / "tls.key", place / f"{AUTHORITY}.crt")


def _laid_out(place: Path, issued: Issued) -> bool:
    """Copies a certificate to where a container reads it, unless another authority's is there. Whether it did."""
    to = _files(place)
    pairs = list(zip(_paths(issued.files), _paths(to), strict=True))
    if to.certificate.exists() and not _is_from(to.certificate, issued.files.authority):
        return False
    if all(target.exists() and target.read_bytes() == source.read_bytes() for source, target in pairs):
        return False
    for each in (place.parent, place):
        if not each.exists():
            each.mkdir()
            each.chmod(0o755)
    for source, target in pairs:
        _write(target, source.read_bytes())
    return True


def _is_from(certificate: Path, authority: Path) -> bool:
    try:
        issuer = load_pem_x509_certificate(authority.read_bytes())
        load_pem_x509_certificate(certificate.read_bytes()).verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _paths(files: TlsFiles) -> tuple[Path, Path, Path]:
    """The key before its certificate: whoever reads in between sees a pair that does not match, and waits."""
    return files.authority, files.key, files.certificate


def _certificate_faults(folder: Path, name: str, identity: str | None) -> Iterator[str]:
    files = _files(folder / name)
    if identity is None:  # clients of REST bring authorities of their own
        files = TlsFiles(files.certificate, files.key, files.certificate)
    try:
        found = read_material(files)
    except PeritoError as error:
        yield f"{error.message.removesuffix('.')}; {_AGAIN}{'' if identity else ', this one with `-- --site HOST`'}."
        return
    if found.expires <= datetime.now(UTC):
        yield f"The certificate in {name}/ expired on {found.expires:%Y-%m-%d}; {_AGAIN}."
    if identity and found.identity != identity:
        yield f"The certificate in {name}/ is of {found.identity or 'no service'} and not of {identity}."


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.new")
    draft.write_bytes(content)
    draft.chmod(0o444)
    draft.replace(path)


def main(arguments: list[str]) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("make", "check"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--site", metavar="HOST", help="make the certificate of this host, signed by authority/")
    options = parser.parse_args(arguments)
    try:
        if options.action == "make":
            for line in make(options.folder, options.site):
                print(f"made {line}")
            print(f"{options.folder} is complete.")
            return 0
        found = list(faults(options.folder))
    except (PeritoError, OSError) as error:
        found = [str(error)]
    for fault in found:
        print(f"Refused: {fault}", file=sys.stderr)
    return 2 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
