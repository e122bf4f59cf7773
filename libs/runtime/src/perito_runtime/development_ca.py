"""A certificate authority for development and tests: one folder, one authority, one certificate for each service.

It is no authority for production: its key lies beside what it signs, and every certificate is good for loopback.
"""

import ipaddress
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from perito_kernel.errors import Invalid

from perito_runtime.tls import IDENTITY_PREFIX, TlsFiles

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import Certificate, ExtensionType, Name

SERVICES = ("edge", "orchestrator", "validation", "consistency", "pattern", "performance", "reporting")
AUTHORITY = "authority"

_AUTHORITY_DAYS = 3650
_CLOCKS_DIFFER = timedelta(hours=1)
_NAME = re.compile(r"[a-z][a-z0-9\-]{0,62}")
_LOOPBACK = (*(f"127.0.0.{last}" for last in range(1, 10)), "::1")


@dataclass(frozen=True)
class Issued:
    """A service's files, until when its certificate is good, and whether this run made it."""

    service: str
    files: TlsFiles
    expires: datetime
    made: bool


def issue(
    folder: Path,
    services: Sequence[str] = SERVICES,
    *,
    life: timedelta = timedelta(days=90),
    hosts: Sequence[str] = (),
) -> list[Issued]:
    """Certificates for these services in `<folder>/<service>.crt` and `.key`, of `<folder>/authority.crt`.

    Each is good for the service's own name, for loopback and for `hosts`. What is there and sound is kept; a
    certificate in the last third of its life is made anew, with a new key. Files are replaced whole, the key before its
    certificate. Raises `Invalid` CERTIFICATES_INVALID.
    """
    for service in services:
        if not _NAME.fullmatch(service) or service == AUTHORITY:
            raise Invalid(
                "CERTIFICATES_INVALID",
                f"{service[:100]!r} cannot be a service: use lower-case letters, digits and hyphens.",
            )
    try:
        _own(folder)
        authority, key = _authority(folder)
        return [_issued(folder, service, authority, key, life, hosts) for service in services]
    except OSError as error:
        raise Invalid("CERTIFICATES_INVALID", f"{error.filename or folder}: {error.strerror}.") from error


def _own(folder: Path) -> None:
    """Makes the folder, for its owner alone. Another one's modes are not for this command to change."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(path.suffix not in {".crt", ".key"} for path in folder.iterdir() if not path.name.startswith(".")):
        raise Invalid(
            "CERTIFICATES_INVALID", f"{folder} holds other things: name a folder that is new, empty or of this command."
        )
    folder.chmod(0o700)


def _authority(folder: Path) -> "tuple[Certificate, EllipticCurvePrivateKey]":
    from cryptography import x509  # noqa: PLC0415 (heavy; only whoever issues waits for it)

    files = _files(folder, AUTHORITY)
    kept = _kept(files)
    if kept is not None and kept[0].not_valid_after_utc > datetime.now(UTC):
        return kept
    if kept is None and (files.certificate.exists() or files.key.exists()):
        raise Invalid(
            "CERTIFICATES_INVALID",
            f"{files.certificate} and {files.key} are not an authority that this command made: choose another folder, "
            "or delete both to begin anew.",
        )
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Perito development authority")])
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    extensions = [(x509.BasicConstraints(ca=True, path_length=0), True), (usage, True)]
    return _signed(files, name, extensions, timedelta(days=_AUTHORITY_DAYS), None)


def _issued(
    folder: Path,
    service: str,
    authority: "Certificate",
    key: "EllipticCurvePrivateKey",
    life: timedelta,
    hosts: Sequence[str],
) -> Issued:
    from cryptography import x509  # noqa: PLC0415
    from cryptography.x509.oid import ExtendedKeyUsageOID  # noqa: PLC0415

    files = _files(folder, service)
    kept = _kept(files)
    if kept is not None and _fresh(kept[0]) and _is_from(kept[0], authority) and _names(kept[0]) >= set(hosts):
        return Issued(service, files, kept[0].not_valid_after_utc, made=False)
    names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(IDENTITY_PREFIX + service)]
    names += [x509.DNSName(service), x509.DNSName("localhost")]
    names += [x509.DNSName(host) for host in hosts]
    names += [x509.IPAddress(ipaddress.ip_address(address)) for address in _LOOPBACK]
    both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    extensions = [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (x509.SubjectAlternativeName(names), False),
        (x509.ExtendedKeyUsage(both), False),
    ]
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, service)])
    made, _ = _signed(files, subject, extensions, life, (authority, key))
    return Issued(service, files, made.not_valid_after_utc, made=True)


def _signed(
    files: TlsFiles,
    subject: "Name",
    extensions: "Sequence[tuple[ExtensionType, bool]]",
    life: timedelta,
    issuer: "tuple[Certificate, EllipticCurvePrivateKey] | None",
) -> "tuple[Certificate, EllipticCurvePrivateKey]":
    """A new key and its certificate, both written. Without an issuer it signs itself."""
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    by = issuer[1] if issuer else key
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder(
            issuer_name=issuer[0].subject if issuer else subject,
            subject_name=subject,
            public_key=key.public_key(),
            serial_number=x509.random_serial_number(),
            not_valid_before=now - _CLOCKS_DIFFER,
            not_valid_after=now + life,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    certificate = builder.sign(by, hashes.SHA256())
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    _replace(files.key, key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain), 0o600)
    _replace(files.certificate, certificate.public_bytes(encoding), 0o644)
    return certificate, key


def _kept(files: TlsFiles) -> "tuple[Certificate, EllipticCurvePrivateKey] | None":
    """What an earlier run left; None where there is nothing, or nothing sound."""
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415
    from cryptography.x509 import load_pem_x509_certificate  # noqa: PLC0415

    try:
        certificate = load_pem_x509_certificate(files.certificate.read_bytes())
        key = load_pem_private_key(files.key.read_bytes(), None)
    except (FileNotFoundError, ValueError, TypeError):
        return None
    if not isinstance(key, EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        return None
    return certificate, key


def _fresh(certificate: "Certificate") -> bool:
    """Whether two thirds of its life are not over."""
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return ends - datetime.now(UTC) > (ends - begins) / 3


def _is_from(certificate: "Certificate", authority: "Certificate") -> bool:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415

    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _names(certificate: "Certificate") -> set[str]:
    """The host names that it is good for."""
    from cryptography import x509  # noqa: PLC0415

    extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return set(extension.value.get_values_for_type(x509.DNSName))


def _files(folder: Path, name: str) -> TlsFiles:
    return TlsFiles(folder / f"{name}.crt", folder / f"{name}.key", folder / f"{AUTHORITY}.crt")


def _replace(path: Path, content: bytes, mode: int) -> None:
    """Whole or not at all, and never readable for a moment by those who must not."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    draft.replace(path)
