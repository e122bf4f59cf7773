"""Draws templates. Everything that is put into one is escaped; what stands around the content is the same on all pages.

A page is bounded by whoever fills it (lists have pages of their own), so it is drawn in the serving loop.
"""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse

from perito_edge.dashboard.cookies import THEMES
from perito_edge.dashboard.static_files import static_path
from perito_edge.dashboard.visit import Visit
from perito_edge.dashboard.voice import OTHER

if TYPE_CHECKING:
    from jinja2 import Environment

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'",
    # `no-referrer` would make browsers hide the origin of forms, by which ours are told from those of other sites.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Vary": "Accept-Language, Cookie",
}

PARTS = (
    ("upload", "submit"),
    ("trends", "read"),
    ("compare", "read"),
    ("rules", "read"),
    ("service", "read"),
    ("webhooks", "admin"),
    ("keys", "admin"),
    ("audit", "admin"),
)
"""Parts of the dashboard beside the list of analyses, each with the scope that it needs."""


def draw(template: str, visit: Visit, status: int = 200, **values: Any) -> HTMLResponse:
    """The page of a template, in the visit's language."""
    voice = visit.voice
    page = environment().get_template(f"{template}.html.j2")
    html = page.render(
        voice=voice,
        say=voice.say,
        visit=visit,
        here=visit.here if visit.request.method in {"GET", "HEAD"} else "/",
        parts=PARTS,
        themes=THEMES,
        part=visit.request.scope["path"].split("/", 2)[1],
        other=OTHER[voice.language],
        static=static_path,
        **values,
    )
    return HTMLResponse(html, status, headers={**HEADERS, "Content-Language": voice.language})


@cache
def environment() -> "Environment":
    """The templates, read once."""
    import jinja2  # noqa: PLC0415 - whoever only asks REST does not wait for it

    return jinja2.Environment(
        loader=jinja2.PackageLoader("perito_edge.dashboard"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
