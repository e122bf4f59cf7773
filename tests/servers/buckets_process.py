"""Run as a program: moto's S3, which misbehaves while a file says so. Prints its port; ends with its standard input."""

import json
import logging
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import (  # pyright: ignore[reportMissingTypeStubs]
    DomainDispatcherApplication,
    create_backend_app,
)
from werkzeug.serving import make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Misbehaving:
    """`faults` is a file of JSON: `status` is what every request is answered, `cut` ends reads of objects half way,
    `changed` turns a byte of each object whose key has this text. Without the file all is well. The file `struck`
    beside it grows by a byte each time.
    """

    def __init__(self, inner: "WSGIApplication", faults: Path) -> None:
        self._inner = inner
        self._faults = faults

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        faults: dict[str, Any] = json.loads(self._faults.read_text("utf-8")) if self._faults.exists() else {}
        if "status" in faults:
            self._strike()
            start_response(f"{faults['status']} Told to", [("Content-Length", "0")])
            return []
        answer = self._inner(environ, start_response)
        if environ["REQUEST_METHOD"] != "GET" or environ.get("QUERY_STRING"):
            return answer
        body = b"".join(answer)
        if faults.get("changed", "\0") in environ["PATH_INFO"] and body:
            self._strike()
            body = bytes([body[0] ^ 1]) + body[1:]
        if faults.get("cut") and body:
            self._strike()
            body = body[: len(body) // 2]
        return [body]

    def _strike(self) -> None:
        with self._faults.with_name("struck").open("ab") as file:
            file.write(b".")


def main() -> None:
    """Serves until nobody holds its standard input any more."""
    logging.getLogger("werkzeug").disabled = True
    app = Misbehaving(DomainDispatcherApplication(create_backend_app), Path(sys.argv[1]))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    main()
