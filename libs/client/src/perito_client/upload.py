"""A dataset as a `multipart/form-data` body (RFC 7578) that is read from disk while it is sent, once.

Each file is hashed as it goes, and the last part says what was hashed: the service compares, so what was damaged on the
way, or changed on disk meanwhile, is refused and nothing is kept.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from uuid import uuid4

from perito_client.errors import ClientError

_PIECE = 1 << 20
_HEX = 64


class Form:
    """The body of one upload: files by the names that the books have for them, and a mapping. Can be sent again."""

    def __init__(self, files: Mapping[str, Path], mapping: Path | None) -> None:
        for name in files:
            if any(c in name for c in "\r\n"):
                raise ClientError(f"No line may end within a file's name: {name!r}.")
        self._boundary = uuid4().hex
        self._files = [(_head(self._boundary, "files", name), name, path) for name, path in files.items()]
        self._mapping = [] if mapping is None else [(_head(self._boundary, "mapping", mapping.name), "", mapping)]
        self._digests = _head(self._boundary, "sha256")
        self._tail = f"--{self._boundary}--\r\n".encode()

    @property
    def headers(self) -> dict[str, str]:
        """Headers that the body needs; its length is that of the files now."""
        parts = [*self._files, *self._mapping]
        length = sum(len(head) + path.stat().st_size + 2 for head, _, path in parts)
        lines = sum(_HEX + 2 + len(name.encode()) + 1 for _, name, _ in self._files if _listed(name))
        length += len(self._digests) + lines + 2 + len(self._tail)
        return {"Content-Type": f"multipart/form-data; boundary={self._boundary}", "Content-Length": str(length)}

    async def body(self) -> AsyncGenerator[bytes]:
        """The body, piece by piece."""
        lines: list[str] = []
        for head, name, path in [*self._files, *self._mapping]:
            yield head
            digest = hashlib.sha256()
            with path.open("rb") as file:
                while piece := await asyncio.to_thread(file.read, _PIECE):
                    await asyncio.to_thread(digest.update, piece)
                    yield piece
            if _listed(name):
                lines.append(f"{digest.hexdigest()}  {name}\n")
            yield b"\r\n"
        yield self._digests + "".join(lines).encode() + b"\r\n" + self._tail


def _listed(name: str) -> bool:
    """Whether a list as `sha256sum` prints it can name the file: it cannot tell such names from its own signs."""
    return bool(name) and name == name.strip() and not name.startswith("*")


def _head(boundary: str, name: str, filename: str | None = None) -> bytes:
    # A quote would end the name.
    quoted = "" if filename is None else '; filename="{}"'.format(filename.replace("\\", "\\\\").replace('"', '\\"'))
    kind = "" if filename is None else "Content-Type: application/octet-stream\r\n"
    return f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{quoted}\r\n{kind}\r\n'.encode()
