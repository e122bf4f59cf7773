"""An S3-compatible service for tests: moto's server in a process of its own, with buckets in its memory."""

import http.client
import json
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit
from xml.etree import ElementTree

BUCKET = "perito-tests"
_PROGRAM = Path(__file__).with_name("buckets_process.py")
_ANYBODY = "AWS4-HMAC-SHA256 Credential=anybody/20260101/us-east-1/s3/aws4_request"


@dataclass(frozen=True)
class Buckets:
    """A running service with one bucket. It checks no signature, so tests may look behind Perito's back."""

    endpoint: str
    faults: Path
    bucket: str = BUCKET

    def misbehave(self, **faults: str | int | bool) -> None:
        """From now on, as `buckets_process.Misbehaving` says; without a fault it is sound again."""
        staged = self.faults.with_suffix(".new")
        staged.write_text(json.dumps(faults), "utf-8")
        staged.replace(self.faults)

    @property
    def struck(self) -> int:
        """How many answers were spoilt so far."""
        file = self.faults.with_name("struck")
        return file.stat().st_size if file.exists() else 0

    def keys(self, prefix: str = "") -> list[str]:
        """Keys under a prefix."""
        return [_text(item, "Key") for item in self._listed(f"/{self.bucket}?list-type=2&prefix={prefix}", "Contents")]

    def uploads(self, prefix: str = "") -> list[str]:
        """Keys of multipart uploads that nobody completed or aborted."""
        return [_text(item, "Key") for item in self._listed(f"/{self.bucket}?uploads&prefix={prefix}", "Upload")]

    def ask(self, method: str, path: str, body: bytes = b"") -> bytes:
        """One request. Raises AssertionError where it is refused."""
        connection = http.client.HTTPConnection(urlsplit(self.endpoint).netloc, timeout=30)
        try:
            connection.request(method, path, body, {"Authorization": _ANYBODY})
            answer = connection.getresponse()
            content = answer.read()
            assert answer.status < 300, content
            return content
        finally:
            connection.close()

    def _listed(self, path: str, name: str) -> list["ElementTree.Element[str]"]:
        return list(ElementTree.fromstring(self.ask("GET", path)).iterfind(f"{{*}}{name}"))  # noqa: S314 - a test's server


@contextmanager
def buckets() -> Generator[Buckets]:
    """A new service, gone at the end."""
    with tempfile.TemporaryDirectory(prefix="buckets-") as folder:
        faults = Path(folder) / "faults"
        command = [sys.executable, str(_PROGRAM), str(faults)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
            assert server.stdin is not None
            assert server.stdout is not None
            try:
                port = int(server.stdout.readline())
                service = Buckets(f"http://127.0.0.1:{port}", faults)
                service.ask("PUT", f"/{BUCKET}")
                yield service
            finally:
                server.kill()


def _text(item: "ElementTree.Element[str]", name: str) -> str:
    return cast("str", item.findtext(f"{{*}}{name}"))
