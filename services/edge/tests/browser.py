"""A browser's view of the dashboard without a network: cookies, forms with their token, and what no page may hold."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from html import unescape
from html.parser import HTMLParser

import httpx
from fastapi import FastAPI

from .orchestrator_double import KEY

_TOKEN = re.compile(r'name="csrf" value="([0-9a-f]+)"')
_LOADED = ("default-src 'self'", "object-src 'none'", "form-action 'self'", "frame-ancestors 'none'")


class _Inline(HTMLParser):
    """Notes whatever the policy of the pages would refuse, and links to elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self._script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._script = tag == "script"
        self.wrong += [f"{tag} {name}" for name in given if name.startswith("on") or name == "style"]
        self.wrong += [tag] if tag in ("style", "iframe", "object", "base") else []
        for name in ("src", "href", "action"):
            where = given.get(name)
            if where is not None and not (where.startswith(("/", "#")) and not where.startswith("//")):
                self.wrong.append(f"{tag} {name}={where}")

    def handle_data(self, data: str) -> None:
        if self._script and data.strip():
            self.wrong.append("script in the page")


def browser(app: FastAPI, language: str = "en") -> httpx.AsyncClient:
    """A client that sends what a browser's own page sends, keeps cookies, and holds each page to its policy."""

    async def check(response: httpx.Response) -> None:
        kind = response.headers.get("content-type", "")
        if not kind.startswith("text/html") or "sandbox" in response.headers["content-security-policy"]:
            return
        await response.aread()
        policy = response.headers["Content-Security-Policy"]
        assert all(each in policy for each in _LOADED)
        assert "unsafe" not in policy
        found = _Inline()
        found.feed(response.text)
        assert found.wrong == [], response.request.url
        assert response.headers["Cache-Control"] == "no-store"

    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=True),
        base_url="https://edge",
        headers={"Sec-Fetch-Site": "same-origin", "Origin": "https://edge", "Accept-Language": language},
        event_hooks={"response": [check]},
        timeout=30,
    )


@asynccontextmanager
async def signed_in(app: FastAPI, key: str = KEY, language: str = "en") -> AsyncGenerator[httpx.AsyncClient]:
    """A browser after the sign-in form."""
    async with browser(app, language) as client:
        answer = await client.post("/sign-in", data={"key": key, "next": "/"})
        assert answer.status_code == 303, answer.text
        yield client


async def token(client: httpx.AsyncClient) -> str:
    """The token of the session, as a page shows it."""
    found = _TOKEN.search((await client.get("/service")).text)
    assert found is not None
    return found[1]


def text_of(html: str) -> str:
    """What people read of a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())
