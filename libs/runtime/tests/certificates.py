"""Certificates of a test's own authority, and a phase that shows one."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtensionOID
from perito_runtime.development_ca import issue
from perito_runtime.grpc_server import GrpcServer, build_server
from perito_runtime.tls import TlsFiles
from phase_double import PhaseDouble, double_service


def files_of(folder: Path, service: str, life: timedelta = timedelta(days=1)) -> TlsFiles:
    """A certificate of the folder's authority for a service, made anew."""
    (folder / f"{service}.crt").unlink(missing_ok=True)
    return issue(folder, [service], life=life)[0].files


def certificate_without_sense(key: bytes) -> bytes:
    """A certificate (PEM) of this key whose names are no ASN.1."""
    private = load_pem_private_key(key, None)
    assert isinstance(private, EllipticCurvePrivateKey)
    name, now = x509.Name([]), datetime.now(UTC)
    names = x509.UnrecognizedExtension(ExtensionOID.SUBJECT_ALTERNATIVE_NAME, b"\0no names")
    until, serial = now + timedelta(days=1), x509.random_serial_number()
    builder = x509.CertificateBuilder(name, name, private.public_key(), serial, now, until)
    return builder.add_extension(names, critical=False).sign(private, hashes.SHA256()).public_bytes(Encoding.PEM)


@asynccontextmanager
async def serving_tls(
    tls: TlsFiles, servicer: PhaseDouble | None = None, address: str = "127.0.0.1:0", **options: Any
) -> AsyncGenerator[GrpcServer, None]:
    """A server with that certificate."""
    server = build_server([double_service(servicer or PhaseDouble())], address, tls=tls, **options)
    await server.start()
    try:
        yield server
    finally:
        await server.stop(0.2)
