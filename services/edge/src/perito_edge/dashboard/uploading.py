"""Files by drag and drop: the page, and where its script sends them, which is what `POST /datasets` of REST does."""

from starlette.responses import JSONResponse, Response

from perito_edge.bodies import stream_body
from perito_edge.dashboard.drawing import draw
from perito_edge.dashboard.page import Page
from perito_edge.dashboard.visit import Visit


async def form(visit: Visit) -> Response:
    """Where files are dropped."""
    settings = visit.given.settings
    limits = {
        "files": visit.voice.number(settings.max_files),
        "file": visit.voice.size(settings.max_file_bytes),
        "all": visit.voice.size(settings.max_upload_bytes),
    }
    return draw("upload", visit, limits=limits)


async def upload(visit: Visit) -> Response:
    """Streams the files into the store and says where to go on."""
    request, settings = visit.request, visit.given.settings
    body = stream_body(request, settings.max_upload_bytes, settings.body_idle_seconds)
    kind = request.headers.get("content-type", "")
    registered, _ = await visit.given.uploads.receive(visit.caller, kind, body, "")
    return JSONResponse({"next": f"/datasets/{registered.dataset_id}"}, 201)


PAGES = (Page("/upload", form, scope="submit"), Page("/upload", upload, "POST", scope="submit", form_bytes=0))
"""The script shows the token in a header: the body is never held to look for it."""
