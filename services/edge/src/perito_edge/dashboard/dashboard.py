"""All pages together, in front of REST: whatever does not begin with `/api/` is the dashboard's."""

from collections.abc import Sequence

from perito_kernel.errors import NotFound, PeritoError, Unauthenticated
from perito_runtime.logs import logger
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from perito_edge.dashboard import (
    analysis,
    books,
    case,
    cases,
    catalogue,
    comparing,
    deleting,
    exporting,
    figures,
    findings,
    following,
    key_pages,
    listing,
    own_rule_pages,
    quality,
    rerunning,
    reviewing,
    rules,
    service,
    sign_in,
    trends,
    uploading,
    webhook_pages,
)
from perito_edge.dashboard.cookies import language_of, theme_of
from perito_edge.dashboard.drawing import draw
from perito_edge.dashboard.page import Page, endpoint, from_script
from perito_edge.dashboard.refusals import spoken
from perito_edge.dashboard.session_client import SessionClient
from perito_edge.dashboard.static_files import static
from perito_edge.dashboard.visit import Visit
from perito_edge.dashboard.voice import Voice
from perito_edge.problems import internal, problem_response, request_id_of, status_of

PAGES: Sequence[Page] = (
    Page("/static/{digest}/{name}", static, scope=None, anonymous=True),
    *sign_in.PAGES,
    *listing.PAGES,
    *uploading.PAGES,
    *books.PAGES,
    *analysis.PAGES,
    *rerunning.PAGES,
    *deleting.PAGES,
    *following.PAGES,
    *findings.PAGES,
    *cases.PAGES,
    *case.PAGES,
    *reviewing.PAGES,
    *trends.PAGES,
    *comparing.PAGES,
    *figures.PAGES,
    *quality.PAGES,
    *rules.PAGES,
    *catalogue.PAGES,
    *own_rule_pages.PAGES,
    *exporting.PAGES,
    *service.PAGES,
    *key_pages.PAGES,
    *webhook_pages.PAGES,
)
log = logger("perito.edge.dashboard")


class Dashboard:
    """Answers people, and hands everything below `/api/` on. Pure ASGI."""

    def __init__(self, app: ASGIApp, sessions: SessionClient) -> None:
        self._app = app
        self._pages = Router(
            [Route(page.path, endpoint(page, sessions), methods=[page.method]) for page in PAGES],
            redirect_slashes=False,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        started = False

        async def send_noting(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._pages(scope, receive, send_noting)
        except (PeritoError, HTTPException) as error:
            if started:
                raise
            await refusal(Request(scope, receive), error)(scope, receive, send)
        except Exception as error:
            if started:
                raise
            log.error("page failed", exc_info=error)
            await refusal(Request(scope, receive), internal())(scope, receive, send)


def refusal(request: Request, error: PeritoError | HTTPException) -> Response:
    """What somebody sees who cannot see the page."""
    if isinstance(error, HTTPException):
        error = _framework_error(error)
    visit: Visit | None = request.scope["state"].get("visit")
    error = spoken(error, language_of(request.headers))
    if from_script(request):
        return problem_response(error, request_id_of(request))
    if visit is None or (isinstance(error, Unauthenticated) and request.method not in {"GET", "HEAD"}):
        if isinstance(error, Unauthenticated):
            return RedirectResponse("/sign-in?ended=1", 303)
        visit = Visit(request, Voice(language_of(request.headers)), theme_of(request.headers), None)
    status = status_of(error)
    later = str(error.details.get("retry_after_seconds", 1))
    told = visit.voice.say("rate_limited", seconds=later) if error.reason == "RATE_LIMITED" else error.message
    values = {"error": error, "told": told, "title": _title(visit, status), "request_id": request_id_of(request)}
    response = draw("error", visit, status, **values)
    if status in {429, 503}:
        response.headers["Retry-After"] = later
    return response


def _title(visit: Visit, status: int) -> str:
    known = {401: "error_401", 403: "error_403", 404: "error_404", 409: "error_409", 429: "error_429", 503: "error_503"}
    return visit.voice.say(known.get(status, "error_500" if status >= 500 else "error_422"))


def _framework_error(error: HTTPException) -> PeritoError:
    if error.status_code in {404, 405}:
        return NotFound("PAGE_NOT_FOUND", "There is no such page. Begin with the list of analyses.")
    return internal()
