"""Certificates by which services know each other: read, checked, and read again when their files change.

Both sides show a certificate of one authority (mutual TLS, 1.2 or newer: gRPC knows no older one). Who a process is
stands in the certificate as URI `spiffe://perito/<service>`. A new certificate counts for new connections; those that
are open stay. A pair of files that is half written, does not belong together or is gone leaves the old one in force.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
from perito_kernel.errors import Invalid

from perito_runtime.logs import logger

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

IDENTITY_PREFIX = "spiffe://perito/"
"""What stands before the name of a service in the URI of its certificate (SPIFFE, with the trust domain `perito`)."""

_log = logger("tls")


@dataclass(frozen=True)
class TlsFiles:
    """Files in PEM: the process's certificate (with intermediate ones, if any), its key, and the certificates of the
    authorities that the other side's certificate may come from.
    """

    certificate: Path
    key: Path
    authority: Path


@dataclass(frozen=True)
class TlsMaterial:
    """What such files held. `identity` is the URI of the certificate, empty where it has none."""

    certificate: bytes
    key: bytes = field(repr=False)
    authority: bytes
    identity: str
    expires: datetime


def read_material(files: TlsFiles) -> TlsMaterial:
    """What the files hold now. Raises `Invalid` TLS_FILES_INVALID, naming the file and what is wrong with it."""
    return _checked(files, _contents(files))


class WatchedMaterial:
    """Files as they were last found sound. May be asked from any thread.

    Raises `Invalid` TLS_FILES_INVALID when it is made, naming the file and what is wrong with it.
    """

    def __init__(self, files: TlsFiles) -> None:
        self._files = files
        self._lock = threading.Lock()
        self._seen = _contents(files)
        self._sound = _checked(files, self._seen)
        self._refused = ""
        self._expiry_told = False
        self._tell("certificate read")
        self._tell_expiry()

    def look(self) -> TlsMaterial:
        """What is in force now. Says in the log where it is new, where new files are refused, and where it expired."""
        with self._lock:
            try:
                self._take(_contents(self._files))
            except Invalid as error:
                if error.message != self._refused:  # once, however often they are looked at
                    _log.warning("new certificate refused, the old one stays in force", reason=error.message)
                self._refused = error.message
            self._tell_expiry()
            return self._sound

    def _take(self, found: tuple[bytes, bytes, bytes]) -> None:
        if found == self._seen:
            return
        self._seen = found
        self._sound = _checked(self._files, found)
        self._refused = ""
        self._expiry_told = False
        self._tell("certificate renewed")

    def _tell(self, event: str) -> None:
        _log.info(event, identity=self._sound.identity, expires=self._sound.expires.isoformat())

    def _tell_expiry(self) -> None:
        expires = self._sound.expires
        if not self._expiry_told and expires <= datetime.now(UTC):
            self._expiry_told = True
            path = str(self._files.certificate)
            _log.error("own certificate has expired, other services refuse it", file=path, expires=expires.isoformat())


def server_credentials(files: TlsFiles) -> grpc.ServerCredentials:
    """Credentials that demand a certificate of every client and look at the files for each new connection.

    Raises `Invalid` TLS_FILES_INVALID.
    """
    watched = WatchedMaterial(files)
    served = watched.look()

    def fetch() -> grpc.ServerCertificateConfiguration | None:
        nonlocal served
        found = watched.look()
        if found is served:
            return None  # no change: gRPC goes on with what it has
        served = found
        return _configuration(found)

    # Its stub knows no None, which gRPC documents as "no change".
    return grpc.dynamic_ssl_server_credentials(
        _configuration(served),
        fetch,  # pyright: ignore[reportArgumentType]
        require_client_authentication=True,
    )


def channel_credentials(material: TlsMaterial) -> grpc.ChannelCredentials:
    """Credentials of a client: its own certificate, and who it believes."""
    return grpc.ssl_channel_credentials(material.authority, material.key, material.certificate)


def identity_of(peer_uris: Sequence[str]) -> str | None:
    """The service that a certificate with these URIs is of; None where it says none, or several."""
    if len(peer_uris) != 1 or not peer_uris[0].startswith(IDENTITY_PREFIX):
        return None
    return peer_uris[0].removeprefix(IDENTITY_PREFIX) or None


def _configuration(material: TlsMaterial) -> grpc.ServerCertificateConfiguration:
    return grpc.ssl_server_certificate_configuration([(material.key, material.certificate)], material.authority)


def _contents(files: TlsFiles) -> tuple[bytes, bytes, bytes]:
    found: list[bytes] = []
    for path in (files.certificate, files.key, files.authority):
        try:
            found.append(path.read_bytes())
        except OSError as error:
            raise Invalid("TLS_FILES_INVALID", f"{path} cannot be read: {error.strerror}.") from error
    return found[0], found[1], found[2]


def _checked(files: TlsFiles, contents: tuple[bytes, bytes, bytes]) -> TlsMaterial:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 (processes without TLS wait for none)
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    certificate, key, authority = contents
    leaf = _certificates(files.certificate, certificate)[0]
    _certificates(files.authority, authority)
    try:
        private = load_pem_private_key(key, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Invalid("TLS_FILES_INVALID", f"{files.key} holds no key in PEM without a passphrase.") from error
    try:
        belongs, uris = private.public_key() == leaf.public_key(), _uris(leaf)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Invalid("TLS_FILES_INVALID", f"{files.certificate} has a key or a name that cannot be read.") from error
    if not belongs:
        raise Invalid(
            "TLS_FILES_INVALID", f"{files.key} is not the key of {files.certificate}: name files that belong together."
        )
    identity = uris[0] if identity_of(uris) else ""
    return TlsMaterial(certificate, key, authority, identity, leaf.not_valid_after_utc)


def _uris(certificate: "Certificate") -> list[str]:
    """What it says it is of. Raises ValueError where its extensions make no sense."""
    from cryptography import x509  # noqa: PLC0415 (processes without TLS do not wait for it)

    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    except (x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        raise ValueError(str(error)) from error
    return names.get_values_for_type(x509.UniformResourceIdentifier)


def _certificates(path: Path, text: bytes) -> "list[Certificate]":
    from cryptography import x509  # noqa: PLC0415 (processes without TLS do not wait for it)

    try:
        return x509.load_pem_x509_certificates(text)
    except ValueError as error:
        raise Invalid("TLS_FILES_INVALID", f"{path} holds no certificate in PEM.") from error
