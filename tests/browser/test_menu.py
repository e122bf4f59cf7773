"""The menu of a key that may do everything: one row where there is room, whatever the language and the organisation."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from .chromium import DESKTOP, PHONE, watched
from .conftest import Served
from .test_journey import sign_in

_LONG = "Distribuidora Comercial de Materiales y Herramientas del Norte, S. A. de C. V."


def rows_of_the_menu(page: Page) -> int:
    """How many rows its links and buttons stand in; what stands beside another has its middle at the same height."""
    middles: list[float] = page.evaluate(
        """[...document.querySelectorAll(".top a, .top button")].map((each) => each.getBoundingClientRect())
          .map((place) => place.top + place.height / 2)"""
    )
    assert len(middles) > 10, "every part, and the choices"
    return len({round(middle / 16) for middle in middles if middle - min(middles) > 4}) + 1


@pytest.mark.parametrize("name", ["default", _LONG])
def test_it_is_one_row_on_a_desktop_in_both_languages(served: Served, chromium: Browser, name: str) -> None:
    with watched(chromium, served.base, **DESKTOP) as seen:
        page = seen.page
        sign_in(page, served.key)
        for language, theme in (("Español", "Oscuro"), ("English", "Light"), ("Español", "Automático")):
            page.get_by_role("button", name=language).click()
            page.get_by_role("button", name=theme).click()
            expect(page.get_by_role("button", name=theme)).to_have_count(0)
            page.locator(".who").evaluate("(who, name) => { who.textContent = name; }", name)
            assert rows_of_the_menu(page) == 1, (language, theme)
            expect(page.locator(".who")).to_be_visible()
            seen.fits()
            seen.accessible()
        seen.quiet()


def test_a_narrow_window_has_more_rows_and_hides_nothing(served: Served, chromium: Browser) -> None:
    with watched(chromium, served.base, viewport={"width": 900, "height": 700}) as seen:
        page = seen.page
        sign_in(page, served.key)
        assert rows_of_the_menu(page) == 2
        seen.fits()
        seen.quiet()


def test_the_keyboard_goes_along_it_on_a_phone(served: Served, chromium: Browser) -> None:
    """Its parts stand beside each other and move to the side: the one with the focus is brought into sight."""
    with watched(chromium, served.base, **PHONE) as seen:
        page = seen.page
        sign_in(page, served.key)
        audit = page.get_by_role("navigation", name="Parts of the dashboard").get_by_role("link", name="Audit")
        for _ in range(12):
            page.keyboard.press("Tab")
            if audit.evaluate("(link) => link === document.activeElement"):
                break
        expect(audit).to_be_focused()
        expect(audit).to_be_in_viewport(ratio=1)
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("/audit$"))
        seen.fits()
        seen.quiet()
