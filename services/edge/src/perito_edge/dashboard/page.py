"""What every page goes through: is somebody signed in, may they, and does the request come from a page of ours.

Requests that change something must come from this origin (Sec-Fetch-Site or Origin, which pages cannot forge) and show
the token of the session, in the form's field `csrf` or in the header X-CSRF-Token. Signing in has no session yet, so
for it the origin alone decides.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode, urlsplit

from perito_kernel.errors import Forbidden, Invalid, Unauthenticated
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from perito_edge.bodies import read_body
from perito_edge.dashboard.drawing import draw
from perito_edge.dashboard.page_costs import cost_of_page
from perito_edge.dashboard.session_client import SessionClient
from perito_edge.dashboard.visit import Visit, shows_token, visit_of
from perito_edge.keys import require_scope

FORM_BYTES = 16 * 2**10
_SAFE = frozenset({"GET", "HEAD"})


@dataclass(frozen=True)
class Page:
    """One address. `scope` is what a key needs, None where nobody need be signed in. `form_bytes` bounds the form of a
    POST; 0 where `answer` reads the body itself, and the token must come in a header. `token` is False for signing in,
    which begins a session. `fields` bounds how many a form has. `anonymous`: it is the same for everybody, and
    nobody is asked whose session it is.
    """

    path: str
    answer: Callable[[Visit], Awaitable[Response]]
    method: str = "GET"
    scope: str | None = "read"
    form_bytes: int = FORM_BYTES
    token: bool = True
    fields: int = 200
    anonymous: bool = False


def endpoint(page: Page, sessions: SessionClient) -> Callable[[Request], Awaitable[Response]]:
    """The page as a route answers it. A request of somebody who is signed in takes from the quota of his key."""
    cost = cost_of_page(page.method, page.path)

    async def answer(request: Request) -> Response:
        visit = await visit_of(request, None if page.anonymous else sessions)
        request.scope["state"]["visit"] = visit
        if page.scope is not None and visit.session is not None:
            # Before a body is read. As over REST, what the key may not do at all costs 1.
            await visit.take(visit.caller, page.scope, cost if visit.may(page.scope) else 1)
        if request.method not in _SAFE:
            visit = await _changing(page, visit)
        if page.scope is not None:
            if visit.session is None:
                return _sign_in_first(visit)
            require_scope(visit.caller, page.scope)
        return await page.answer(visit)

    return answer


def from_script(request: Request) -> bool:
    """Whether a script asks, which wants problem documents and no pages."""
    return "x-csrf-token" in request.headers or "application/json" in request.headers.get("accept", "")


def own_path(path: str) -> str:
    """`path` where it leads to a page of this dashboard, else the first page."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\", "/api/")) and path.isprintable()
    return path if plain and len(path) <= 2000 and path.isascii() else "/"


def _sign_in_first(visit: Visit) -> Response:
    request = visit.request
    if from_script(request) or request.method not in _SAFE:
        raise Unauthenticated("SESSION_INVALID", "This session has ended. Sign in again, then repeat what you did.")
    if request.headers.get("sec-fetch-site") == "cross-site" and "cookie" not in request.headers:
        # A link from elsewhere: the browser keeps the session's cookie back once. Our own page asks again, with it.
        return draw("entering", visit)
    return RedirectResponse("/sign-in" + (f"?{urlencode({'next': visit.here})}" if visit.here != "/" else ""), 303)


async def _changing(page: Page, visit: Visit) -> Visit:
    request = visit.request
    _check_origin(request)
    if page.form_bytes:
        visit = replace(visit, form=await _form(request, page, visit.given.settings.body_idle_seconds))
    if page.token and visit.session is not None:
        shown = request.headers.get("x-csrf-token") or visit.form.get("csrf", "")
        if not shows_token(visit, shown):
            raise Forbidden("CSRF_TOKEN_WRONG", "This form is from another session. Open the page again and repeat it.")
    return visit


def _check_origin(request: Request) -> None:
    """Raises `Forbidden` ORIGIN_WRONG for what another site, or no page at all, has sent."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    ours = origin is not None and urlsplit(origin).netloc == request.headers.get("host", "")
    if (site is None and origin is None) or (site is not None and site != "same-origin") or (origin and not ours):
        raise Forbidden("ORIGIN_WRONG", "This was not sent by a page of this Perito. Open the dashboard and repeat it.")


async def _form(request: Request, page: Page, idle_seconds: float) -> dict[str, str]:
    kind = request.headers.get("content-type", "").split(";", 1)[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise Invalid("UNSUPPORTED_MEDIA_TYPE", "Send the form as a page of the dashboard does.")
    body = await read_body(request, page.form_bytes, idle_seconds)
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=page.fields, errors="strict")
    except ValueError as error:
        raise Invalid("FORM_UNREADABLE", "The form cannot be read. Open the page again and repeat it.") from error
    return dict(pairs)
