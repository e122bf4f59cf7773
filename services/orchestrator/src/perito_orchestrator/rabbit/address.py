"""Where RabbitMQ is and how to be let in, without a secret in any text of it."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from perito_kernel.errors import Invalid
from perito_runtime.tls import TlsFiles

_PORTS = {"amqp": 5672, "amqps": 5671}
_FORM = "Write it as amqp://user@host:5672/vhost, or amqps://... for TLS; several hosts are separated by commas."


@dataclass(frozen=True)
class Address:
    """`hosts` are the nodes of one cluster. The password is read from its file for each connection."""

    hosts: Sequence[tuple[str, int]]
    vhost: str
    user: str
    tls: bool
    files: TlsFiles | None = None
    password_file: Path | None = None
    _password: str = field(default="", repr=False)

    def __str__(self) -> str:
        """Hosts and virtual host, fit for a log."""
        return ",".join(f"{host}:{port}" for host, port in self.hosts) + f"/{self.vhost.lstrip('/')}"

    def password(self) -> str:
        """Raises Invalid BROKER_PASSWORD_UNREADABLE."""
        if self.password_file is None:
            return self._password
        try:
            return self.password_file.read_text().strip()
        except OSError as error:
            raise Invalid(
                "BROKER_PASSWORD_UNREADABLE", f"{self.password_file} cannot be read: {error.strerror}."
            ) from error

    def ssl_context(self) -> ssl.SSLContext | None:
        """None without TLS. Files are read anew, so that renewed certificates count for the next connection.

        Raises Invalid TLS_FILES_INVALID.
        """
        if not self.tls:
            return None
        try:
            context = ssl.create_default_context(cafile=self.files.authority if self.files else None)
            if self.files is not None:
                context.load_cert_chain(self.files.certificate, self.files.key)
        except (OSError, ssl.SSLError) as error:
            names = "" if self.files is None else f" ({self.files.certificate}, {self.files.authority})"
            raise Invalid("TLS_FILES_INVALID", f"Certificate files for the broker cannot be used{names}.") from error
        return context


def parse_address(url: str, password_file: Path | None = None, files: TlsFiles | None = None) -> Address:
    """Address from a URL. Raises Invalid BROKER_URL."""
    parts = urlsplit(url)
    credentials, _, places = parts.netloc.rpartition("@")
    user, _, password = credentials.partition(":")
    if parts.scheme not in _PORTS or not places:
        raise Invalid("BROKER_URL", f"The address of the broker is none. {_FORM}")
    try:
        hosts = [_place(place, _PORTS[parts.scheme]) for place in places.split(",")]
    except ValueError as error:
        raise Invalid("BROKER_URL", f"The address of the broker names no host and port. {_FORM}") from error
    return Address(
        hosts=hosts,
        vhost=unquote(parts.path.removeprefix("/")) or "/",
        user=unquote(user) or "guest",
        tls=parts.scheme == "amqps",
        files=files,
        password_file=password_file,
        _password=unquote(password) or "guest",
    )


def _place(text: str, port: int) -> tuple[str, int]:
    place = urlsplit(f"//{text}")
    if not place.hostname:
        raise ValueError(text)
    return place.hostname, place.port or port
