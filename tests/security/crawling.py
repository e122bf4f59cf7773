"""Walks through the dashboard as somebody who is signed in and follows every link, and looks at each page as a browser
would: what would run, load or lead elsewhere though no template of ours has it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urldefrag, urlencode

import httpx

from tests.security.world import World

_MOST = 2000
_LOADING = {"script", "link", "img"}
_NEVER = {"iframe", "object", "embed", "base", "style", "svg:script"}


@dataclass
class Looked(HTMLParser):
    """One page: its links, the fields of its forms that ask (GET), its text, and what is wrong with it. A `report` has
    a style of its own and no script at all.
    """

    report: bool = False
    links: list[str] = field(default_factory=list[str])
    asking: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    text: str = ""
    wrong: list[str] = field(default_factory=list[str])
    _script: bool = False
    _form: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag, and what it may do."""
        given = {name: value or "" for name, value in attrs}
        self._script = tag == "script"
        self.wrong += [f"<{tag} {name}>" for name in given if name.startswith("on") or name == "style"]
        if tag in _NEVER and not (self.report and tag == "style"):
            self.wrong.append(f"<{tag}>")
        if tag in _LOADING and (self.report or not (given.get("src") or given.get("href", "")).startswith("/static/")):
            self.wrong.append(f"<{tag}> of {given}")
        for name in ("href", "action", "src"):
            if (name in given and not given[name].startswith(("/", "#", "?"))) or given.get(name, "").startswith("//"):
                self.wrong.append(f"<{tag} {name}={given[name]!r}>")
        if tag == "a" and given.get("href", "").startswith("/"):
            self.links.append(urldefrag(given["href"]).url)
        if tag == "form":
            self._form = given["action"] if given.get("method", "get") == "get" and "action" in given else ""
            if self._form:
                self.asking.setdefault(self._form, set())
        if tag in ("input", "select") and self._form and "name" in given:
            self.asking[self._form].add(given["name"])

    def handle_endtag(self, tag: str) -> None:
        """The end of one."""
        self._script = False
        if tag == "form":
            self._form = ""

    def handle_data(self, data: str) -> None:
        """Text between tags."""
        if self._script and data.strip():
            self.wrong.append("a script in the page")
        self.text += data


@dataclass(frozen=True)
class Page:
    """What a walk has seen."""

    address: str
    answer: httpx.Response
    looked: Looked | None


async def signed_in(world: World, headers: Mapping[str, str], language: str = "en") -> httpx.AsyncClient:
    """A browser after the sign-in with a key, without redirects that are followed. To be closed."""
    base = f"http://{world.address}"
    client = httpx.AsyncClient(base_url=base, timeout=30, headers={"Origin": base, "Accept-Language": language})
    answer = await client.post("/sign-in", data={"key": headers["X-API-Key"], "next": "/"})
    assert answer.status_code == 303, answer.text
    # httpx keeps a cookie that asks for TLS back, where browsers count this machine as safe.
    client.headers["Cookie"] = answer.headers["set-cookie"].split(";", 1)[0]
    return client


async def walked(client: httpx.AsyncClient, begin: Iterable[str], typed: Sequence[str]) -> list[Page]:
    """Every page that links lead to, and every form that asks, with each of `typed` in each of its fields."""
    waiting, seen, pages = list(begin), set[str](), list[Page]()
    while waiting:
        address = waiting.pop(0)
        if address in seen or address.startswith("/static/"):
            continue
        seen.add(address)
        assert len(seen) <= _MOST, f"there is no end of pages: {sorted(seen)[-20:]}"
        answer = await client.get(address)
        html = answer.headers.get("content-type", "").startswith("text/html")
        looked = Looked(report="sandbox" in answer.headers["content-security-policy"]) if html else None
        if looked is not None:
            looked.feed(answer.text)
            waiting += looked.links
            fields = [(path, name) for path, names in looked.asking.items() for name in sorted(names)]
            waiting += [f"{path}?{urlencode({name: text})}" for path, name in fields for text in typed]
        if "location" in answer.headers:
            waiting.append(answer.headers["location"])
        pages.append(Page(address, answer, looked))
    return pages
