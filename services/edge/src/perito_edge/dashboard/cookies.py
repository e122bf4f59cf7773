"""Cookies of the dashboard: the session, and two choices that are no secret.

`__Host-` lets a browser take the session only with Secure, for this host and for every path, so no other host of the
domain can plant one. Browsers count `localhost` and 127.0.0.1 as safe without TLS (decision 127).
"""

from typing import Literal

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import Response

from perito_edge.reports import preferred_language
from perito_edge.request_models import Language

Theme = Literal["auto", "light", "dark"]
THEMES: tuple[Theme, ...] = ("auto", "light", "dark")

SESSION = "__Host-perito"
LANGUAGE = "perito-language"
THEME = "perito-theme"
LANGUAGES: tuple[Language, ...] = ("en", "es")
_LANGUAGES: dict[str, Language] = {each: each for each in LANGUAGES}
_THEMES: dict[str, Theme] = {each: each for each in THEMES}
_LONGEST = 64
_YEAR_SECONDS = 365 * 24 * 3600


def session_of(headers: Headers) -> str | None:
    """What the session's cookie holds; None where there is none, or something that no session ever was."""
    value = _cookies(headers).get(SESSION)
    return value if value and len(value) <= _LONGEST and value.isascii() else None


def language_of(headers: Headers) -> Language:
    """The language that was chosen, else the one that the browser likes best."""
    chosen = _LANGUAGES.get(_cookies(headers).get(LANGUAGE, ""))
    return chosen or preferred_language(headers.get("accept-language", ""))


def theme_of(headers: Headers) -> Theme:
    """Light or dark where that was chosen."""
    return _THEMES.get(_cookies(headers).get(THEME, ""), "auto")


def keep_session(response: Response, secret: str) -> None:
    """Signs in. The cookie goes with the browser's window; how long the session lasts is the orchestrator's to say."""
    response.set_cookie(SESSION, secret, path="/", secure=True, httponly=True, samesite="strict")


def forget_session(response: Response) -> None:
    """Signs out in the browser."""
    response.delete_cookie(SESSION, path="/", secure=True, httponly=True, samesite="strict")


def keep_choice(response: Response, name: str, value: str) -> None:
    """Remembers a language or a theme for a year."""
    response.set_cookie(name, value, max_age=_YEAR_SECONDS, path="/", httponly=True, samesite="strict")


def _cookies(headers: Headers) -> dict[str, str]:
    return cookie_parser("; ".join(headers.getlist("cookie")))
