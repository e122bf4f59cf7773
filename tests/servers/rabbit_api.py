"""RabbitMQ's management API as tests need it: virtual hosts to be alone in, connections to close."""

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

_SECONDS = 30.0


class ManagementApi:
    """`url` is http://user:password@host:port. Calls block, for a moment."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._base = f"{address.scheme}://{address.netloc.rpartition('@')[2]}/api"
        word = f"{address.username or 'guest'}:{address.password or 'guest'}"
        self._authorization = "Basic " + base64.b64encode(word.encode()).decode()

    def answers(self) -> bool:
        """The API is up."""
        try:
            self.get("overview")
        except OSError:
            return False
        return True

    @property
    def version(self) -> str:
        """The server's, such as 3.10.8."""
        return self.get("overview")["rabbitmq_version"]

    def add_vhost(self, name: str) -> None:
        """Makes a virtual host, with all rights for this user."""
        self._call("PUT", f"vhosts/{quote(name, safe='')}", {})

    def delete_vhost(self, name: str) -> None:
        """Deletes it with everything in it."""
        self._call("DELETE", f"vhosts/{quote(name, safe='')}")

    def add_user(self, name: str, password: str, vhost: str) -> None:
        """Makes a user with all rights in one virtual host and none elsewhere."""
        self._call("PUT", f"users/{quote(name, safe='')}", {"password": password, "tags": ""})
        rights = {"configure": ".*", "write": ".*", "read": ".*"}
        self._call("PUT", f"permissions/{quote(vhost, safe='')}/{quote(name, safe='')}", rights)

    def delete_user(self, name: str) -> None:
        """Deletes it; its connections are closed."""
        self._call("DELETE", f"users/{quote(name, safe='')}")

    def delete_queue(self, vhost: str, queue: str) -> None:
        """Deletes a queue with its messages, as an operator would."""
        self._call("DELETE", f"queues/{quote(vhost, safe='')}/{quote(queue, safe='')}")

    def purge_queue(self, vhost: str, queue: str) -> None:
        """Throws away what waits in a queue, as an operator would."""
        self._call("DELETE", f"queues/{quote(vhost, safe='')}/{quote(queue, safe='')}/contents")

    def publish(self, vhost: str, queue: str, body: bytes, headers: Mapping[str, object]) -> None:
        """A message without a message id, which clients would give it."""
        message = {
            "routing_key": queue,
            "payload": base64.b64encode(body).decode(),
            "payload_encoding": "base64",
            "properties": {"headers": headers},
        }
        self._call("POST", f"exchanges/{quote(vhost, safe='')}/amq.default/publish", message)

    def close_connections(self, vhost: str) -> int:
        """Closes every connection to a virtual host, as an operator would; how many."""
        found = self.get(f"vhosts/{quote(vhost, safe='')}/connections")
        for connection in found:
            self._call("DELETE", f"connections/{quote(connection['name'], safe='')}")
        return len(found)

    def get(self, path: str) -> Any:
        """What the API answers, decoded: the server decides its shape."""
        return json.loads(self._call("GET", path) or b"null")

    def _call(self, method: str, path: str, body: Any = None) -> bytes:
        request = urllib.request.Request(  # noqa: S310 - http by construction
            f"{self._base}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": self._authorization, "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
                return answer.read()
        except urllib.error.HTTPError as error:
            if method == "DELETE" and error.code == 404:
                return b""
            with error:
                raise
