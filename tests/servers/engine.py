"""Whether a container engine answers and what images it has, asked without waiting for one that does not."""

import os
import socket
from pathlib import Path
from urllib.parse import urlsplit

_SECONDS = 2.0
_SOCKET = "/var/run/docker.sock"


def answers() -> bool:
    """A Docker engine answers at DOCKER_HOST or at the usual socket."""
    return _found("/_ping")


def has(image: str) -> bool:
    """It answers and has this image: tests pull none."""
    return _found(f"/images/{image}/json")


def _found(path: str) -> bool:
    try:
        with _connected() as connection:
            connection.sendall(f"GET {path} HTTP/1.0\r\nHost: engine\r\n\r\n".encode())
            return b" 200 " in connection.recv(64)
    except OSError:
        return False


def _connected() -> socket.socket:
    address = urlsplit(os.environ.get("DOCKER_HOST", f"unix://{_SOCKET}"))
    if address.scheme == "unix":
        if not Path(address.path).is_socket():
            raise FileNotFoundError(address.path)
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(_SECONDS)
        connection.connect(address.path)
        return connection
    return socket.create_connection((address.hostname or "", address.port or 2375), _SECONDS)
