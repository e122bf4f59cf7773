"""What clients of production see from outside: a redirect, a certificate to verify, and nothing without a key."""

import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from tests.trials.harness.catalogue import TrialFailed


def tls_answers(http: int, https: int, authority: Path) -> Mapping[str, Any]:
    """What nginx answers on both ports. Raises TrialFailed where it is not as promised."""
    url = f"https://localhost:{https}/api/forensic"
    moved = httpx.get(f"http://localhost:{http}/api/forensic/list?limit=1", follow_redirects=False)
    if (moved.status_code, moved.headers.get("location")) != (308, "https://localhost/api/forensic/list?limit=1"):
        raise TrialFailed(f"without TLS it answers {moved.status_code} {moved.headers.get('location')}")
    _unknown_authority(f"{url}/health")
    context = ssl.create_default_context(cafile=authority)
    with httpx.Client(verify=context) as client:
        health, without_key = client.get(f"{url}/health"), client.get(f"{url}/list")
    if health.status_code != 200 or "max-age" not in health.headers.get("strict-transport-security", ""):
        raise TrialFailed(f"health over TLS answers {health.status_code} {dict(health.headers)}")
    if without_key.status_code != 401:
        raise TrialFailed(f"a list without a key answers {without_key.status_code}")
    return {"redirect": 308, "without_key": 401, "version": _protocol(https, context)}


def _unknown_authority(url: str) -> None:
    try:
        httpx.get(url)
    except httpx.ConnectError as error:
        if "CERTIFICATE_VERIFY_FAILED" not in str(error):
            raise TrialFailed(f"the certificate was refused for another reason: {error}") from error
    else:
        raise TrialFailed("a certificate of an unknown authority was believed")


def _protocol(port: int, context: ssl.SSLContext) -> str:
    """The version that is spoken, with the name of the site verified."""
    with (
        socket.create_connection(("localhost", port), 5) as plain,
        context.wrap_socket(plain, server_hostname="perito.example") as tls,
    ):
        return str(tls.version())
