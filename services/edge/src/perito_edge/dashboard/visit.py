"""Who looks at a page: signed in or not, in what language, with what theme, and what the form said."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from perito_kernel.errors import Unauthenticated
from perito_runtime.request_context import enter_acting_key
from starlette.datastructures import QueryParams
from starlette.requests import Request

from perito_edge.dashboard.cookies import Theme, language_of, session_of, theme_of
from perito_edge.dashboard.session_client import Session, SessionClient
from perito_edge.dashboard.voice import Voice
from perito_edge.metered import take
from perito_edge.orchestrator_client import Caller
from perito_edge.rate_limits import Guesses, RateLimits
from perito_edge.read_notes import ReadNotes
from perito_edge.requests import Parts

_CSRF = b"perito csrf 1"
_TOKEN_BYTES = 32


@dataclass(frozen=True)
class Visit:
    """One request for a page. `form` is empty where the page takes none."""

    request: Request
    voice: Voice
    theme: Theme
    session: Session | None
    form: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def given(self) -> Parts:
        """What handlers work with, the same as those of REST."""
        parts: Parts = self.request.app.state.parts
        return parts

    @property
    def sessions(self) -> SessionClient:
        """Where sessions are opened and closed."""
        sessions: SessionClient = self.request.app.state.sessions
        return sessions

    @property
    def guesses(self) -> Guesses:
        """Keys that were refused, those of REST among them."""
        guesses: Guesses = self.request.app.state.guesses
        return guesses

    @property
    def address(self) -> str:
        """Who is at the other end; empty where it came over a Unix socket."""
        client = self.request.client
        return client.host if client else ""

    async def take(self, caller: Caller, scope: str, cost: int) -> None:
        """Takes what this request costs of the quota of a key. Raises `Exhausted` RATE_LIMITED."""
        limits: RateLimits = self.request.app.state.limits
        await take(limits, self.request.scope, caller, scope, cost)

    @property
    def here(self) -> str:
        """Path and query of the page, as they can stand in an address."""
        query = self.request.scope["query_string"].decode("latin-1")
        path = quote(self.request.scope["path"])
        return f"{path}?{query}" if query else path

    @property
    def caller(self) -> Caller:
        """Who asks. Raises `Unauthenticated` where nobody is signed in, which no page that needs a scope sees."""
        if self.session is None:
            raise Unauthenticated("SESSION_INVALID", "Sign in with an API key.")
        return self.session.caller

    @property
    def query(self) -> QueryParams:
        """The query of the address."""
        return self.request.query_params

    @property
    def secret(self) -> str:
        """What the session's cookie holds; empty for who is not signed in."""
        return "" if self.session is None else self.session.secret

    def reads(self, analysis_id: str) -> None:
        """Notes for the audit log that results of an analysis are shown."""
        notes: ReadNotes = self.request.app.state.reads
        notes.note(self.caller, analysis_id)

    @property
    def csrf(self) -> str:
        """What every form and every request of a script shows; empty for who is not signed in."""
        return "" if self.session is None else _masked(_token(self.session.secret))

    def may(self, scope: str) -> bool:
        """Whether the key has a scope."""
        return self.session is not None and scope in self.session.caller.scopes


async def visit_of(request: Request, sessions: SessionClient | None) -> Visit:
    """The visit of a request; without `sessions` nobody's. A session that has ended is none.

    Raises `PeritoError` where nobody can say, and `Exhausted` RATE_LIMITED for one more cookie that opens nothing from
    an address that has sent too many: each is a question to the database.
    """
    visit = Visit(request, Voice(language_of(request.headers)), theme_of(request.headers), None)
    secret = session_of(request.headers)
    if secret is None or sessions is None:
        return visit
    visit.guesses.admit(visit.address, secret)
    try:
        session = await sessions.read(secret)
    except Unauthenticated:
        visit.guesses.refused(visit.address)
        return visit
    visit.guesses.worked(session, secret)
    request.scope["state"]["caller"] = session.caller  # for the log
    enter_acting_key(session.caller.key_id)
    return replace(visit, session=session)


def shows_token(visit: Visit, shown: str) -> bool:
    """Whether what a form shows is the token of the visit's session."""
    if visit.session is None or len(shown) != 4 * _TOKEN_BYTES:
        return False
    try:
        both = bytes.fromhex(shown)
    except ValueError:
        return False
    token = bytes(a ^ b for a, b in zip(both[:_TOKEN_BYTES], both[_TOKEN_BYTES:], strict=True))
    return hmac.compare_digest(token, _token(visit.session.secret))


def _token(secret: str) -> bytes:
    """Follows from the session and does not give it away: only a page that this session was answered holds it."""
    return hmac.new(secret.encode("ascii"), _CSRF, hashlib.sha256).digest()


def _masked(token: bytes) -> str:
    """Never written the same way twice, so that the length of a compressed page tells nothing of it (BREACH)."""
    mask = secrets.token_bytes(_TOKEN_BYTES)
    return (mask + bytes(a ^ b for a, b in zip(mask, token, strict=True))).hex()
