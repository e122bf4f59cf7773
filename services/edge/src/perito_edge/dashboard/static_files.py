"""Style and scripts of the pages. Their addresses hold a digest of their content, so browsers keep them for good."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from perito_kernel.errors import NotFound
from starlette.responses import Response

from perito_edge.dashboard.visit import Visit

_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_DIGITS = 12


@dataclass(frozen=True)
class _File:
    content: bytes
    media_type: str
    digest: str


def static_path(name: str) -> str:
    """The address of a file: `/static/1f2e3d4c5b6a/dashboard.css`. Raises KeyError for one that is not there."""
    return f"/static/{_files()[name].digest}/{name}"


async def static(visit: Visit) -> Response:
    """A file. One of another version is not found: a page and its scripts are of one Perito."""
    wanted = visit.request.path_params
    file = _files().get(wanted["name"])
    if file is None or wanted["digest"] != file.digest:
        raise NotFound("FILE_NOT_FOUND", "This file is of another version of Perito. Load the page again.")
    return Response(
        file.content,
        media_type=file.media_type,
        headers={"Cache-Control": "public, max-age=31536000, immutable", "ETag": f'"{file.digest}"'},
    )


@cache
def _files() -> dict[str, _File]:
    found: dict[str, _File] = {}
    for item in files("perito_edge.dashboard").joinpath("static").iterdir():
        kind = _TYPES.get(f".{item.name.rpartition('.')[2]}")
        if kind is not None:
            content = item.read_bytes()
            found[item.name] = _File(content, kind, hashlib.sha256(content).hexdigest()[:_DIGITS])
    return found
