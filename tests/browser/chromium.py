"""Debian's chromium under playwright, with an eye on what a page must not do: console errors, refused by its policy,
a request to another host.
"""

import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe  # pyright: ignore[reportMissingTypeStubs]
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from tests.servers import programs
from tests.servers.programs import ServerMissing

DESKTOP = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
_WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@dataclass
class Watched:
    """A page, and what was wrong on it so far."""

    page: Page
    base: str
    wrong: list[str] = field(default_factory=list[str])

    def accessible(self) -> None:
        """Holds the page, as it is now, to WCAG 2.2 AA."""
        axe: Any = Axe()  # it has types for some of its parameters
        found: dict[str, Any] = axe.run(self.page, options=_WCAG).response
        told = [
            f"{each['id']}: {node['html'][:200]} {node['failureSummary']}"
            for each in found["violations"]
            for node in each["nodes"][:3]
        ]
        assert told == [], f"{self.page.url}: " + "\n".join(told)

    def fits(self) -> None:
        """Nothing stands out of the window to the side."""
        wide: int = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{self.page.url} is {wide} px wider than its window"

    def quiet(self) -> None:
        """Fails where anything was wrong."""
        assert self.wrong == []


@contextmanager
def chromium() -> Generator[Browser]:
    """The machine's chromium. Raises `ServerMissing`."""
    program = programs.chromium()
    if program is None:
        raise ServerMissing("Chromium")
    # As root it cannot build its own sandbox.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(program), args=arguments)
        yield browser
        browser.close()


@contextmanager
def watched(browser: Browser, base: str, **options: Any) -> Generator[Watched]:
    """A page of a browser that knows nothing yet, watched. `base` is the only host that it may ask."""
    context = browser.new_context(base_url=base, locale=options.pop("locale", "en-GB"), **options)
    context.set_default_timeout(20_000)
    page = context.new_page()
    seen = Watched(page, base)

    def console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            seen.wrong.append(f"{page.url}: {message.text}")

    def asked(request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(base).netloc and not request.url.startswith(("data:", "blob:")):
            seen.wrong.append(f"{page.url} asks {request.url}")

    page.on("console", console)
    page.on("pageerror", lambda error: seen.wrong.append(f"{page.url}: {error}"))
    context.on("request", asked)
    yield seen
    context.close()
