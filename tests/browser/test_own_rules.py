"""Somebody's own rule in a real browser: out of a file, refused with the place, kept, switched off, and deleted."""

import re
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.docs.test_examples import first

from .chromium import DESKTOP, PHONE, watched
from .conftest import Served
from .test_journey import shot, sign_in


def test_a_rule_is_refused_corrected_kept_switched_off_and_deleted(
    served: Served, chromium: Browser, shots: Path, tmp_path: Path
) -> None:
    good = first("own-rules.md", "sql")
    file = tmp_path / "U-001.sql"
    file.write_text(good.replace("unit_price < $least", "unit_price < getenv('HOME')"), encoding="utf-8")
    with watched(chromium, served.base, **DESKTOP) as seen:
        page = seen.page
        sign_in(page, served.key)
        page.goto("/rules")
        page.get_by_role("link", name="Your own rules").click()
        expect(page.get_by_text("No rule of your own yet.")).to_be_visible()
        page.get_by_label("From a file").set_input_files(str(file))
        text = page.get_by_label("Text of the rule")
        expect(text).to_have_value(re.compile("getenv"))
        page.get_by_role("button", name="Check and keep").click()
        expect(page.get_by_text(re.compile(r"^Line \d+, character \d+:$"))).to_be_visible()
        shot(seen, shots, "own-rule-refused")
        seen.wrong = [told for told in seen.wrong if "status of 422" not in told]  # the browser says it of the page
        text.fill(good)
        page.get_by_role("button", name="Check and keep").click()
        expect(page).to_have_url(re.compile("/rules/own/U-001$"))
        shot(seen, shots, "own-rule")
        page.get_by_role("button", name="Switch off").click()
        expect(page.get_by_role("button", name="Switch on")).to_be_visible()
        page.goto("/rules/own")
        shot(seen, shots, "own-rules")
        page.get_by_role("link", name="U-001").click()
        page.get_by_text("Delete", exact=True).click()
        page.get_by_role("button", name="Delete with all versions").click()
        expect(page.get_by_text("No rule of your own yet.")).to_be_visible()
        seen.quiet()
    with watched(chromium, served.base, **PHONE, locale="es-ES") as seen:
        page = seen.page
        page.goto("/sign-in")
        page.locator("input[name=key]").fill(served.key)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Análisis", exact=True)).to_be_visible()
        page.goto("/rules/own")
        expect(page.get_by_role("heading", name="Sus propias reglas")).to_be_visible()
        seen.accessible()
        seen.fits()
        seen.quiet()
