"""Signing in with an API key, signing out, and the two choices that need nobody signed in: language and theme."""

from urllib.parse import urlencode

from perito_kernel.errors import Invalid, Unauthenticated
from starlette.responses import RedirectResponse, Response

from perito_edge.dashboard.cookies import (
    LANGUAGE,
    LANGUAGES,
    THEME,
    THEMES,
    forget_session,
    keep_choice,
    keep_session,
    session_of,
)
from perito_edge.dashboard.drawing import draw
from perito_edge.dashboard.page import Page, own_path
from perito_edge.dashboard.visit import Visit
from perito_edge.keys import caller_of

_LONGEST_KEY = 200


async def form(visit: Visit) -> Response:
    """Where a key is asked for; whoever is signed in goes on to where he wanted to go."""
    following = own_path(visit.query.get("next", "/"))
    if visit.session is not None:
        return RedirectResponse(following, 303)
    told = next((name for name in ("lost", "ended", "out") if name in visit.query), "")
    response = draw("sign_in", visit, following=following, told=told, refused="")
    if session_of(visit.request.headers) is not None:
        forget_session(response)
    return response


async def sign_in(visit: Visit) -> Response:
    """Opens a session. Where the browser does not keep its cookie, the next page says what to do.

    Guessing costs waiting, as it does over REST, and signing in takes from the quota of the key that proved good.
    """
    following = own_path(visit.form.get("next", "/"))
    key = visit.form.get("key", "").strip()[:_LONGEST_KEY]
    visit.guesses.admit(visit.address, key)
    try:
        secret = await _opened(visit, key)
    except Unauthenticated:
        visit.guesses.refused(visit.address)
        return draw("sign_in", visit, 401, following=following, told="", refused=visit.voice.say("key_refused"))
    if visit.session is not None:
        await visit.sessions.close(visit.session.secret)  # who signs in anew leaves no session behind
    response = RedirectResponse(f"/sign-in?{urlencode({'lost': '1', 'next': following})}", 303)
    keep_session(response, secret)
    return response


async def _opened(visit: Visit, key: str) -> str:
    caller = caller_of(await visit.given.orchestrator.authenticate(key))
    visit.guesses.worked(caller, key)
    await visit.take(caller, "read", 1)
    secret = await visit.sessions.open(key)
    visit.guesses.worked(secret, secret)  # it will, and whoever guesses behind this address must not stand in its way
    return secret


async def sign_out(visit: Visit) -> Response:
    """Ends the session everywhere: what is left of its cookie opens nothing."""
    if visit.session is not None:
        await visit.sessions.close(visit.session.secret)
    response = RedirectResponse("/sign-in?out=1", 303)
    forget_session(response)
    return response


async def preferences(visit: Visit) -> Response:
    """Keeps a language or a theme in this browser."""
    response = RedirectResponse(own_path(visit.form.get("next", "/")), 303)
    for name, cookie, known in (("language", LANGUAGE, LANGUAGES), ("theme", THEME, THEMES)):
        value = visit.form.get(name)
        if value is not None:
            if value not in known:
                raise Invalid("CHOICE_UNKNOWN", f"There is no such {name}. Choose {' or '.join(known)}.")
            keep_choice(response, cookie, value)
    return response


PAGES = (
    Page("/sign-in", form, scope=None),
    Page("/sign-in", sign_in, "POST", scope=None, token=False),
    Page("/sign-out", sign_out, "POST", scope=None),
    Page("/preferences", preferences, "POST", scope=None),
)
