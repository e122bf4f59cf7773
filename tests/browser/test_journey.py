"""A person's way through the dashboard in a real browser: sign in, upload, correct, watch, read, export, sign out.

Every page is held to WCAG 2.2 AA by axe-core, to a silent console and to its own host; the user guide's screenshots are
taken on the way.
"""

import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from .chromium import DESKTOP, PHONE, Watched, watched
from .conftest import Served

_EXAMINED = 240_000
"""Milliseconds that an examination may take beside other tests."""


def sign_in(page: Page, key: str) -> None:
    page.goto("/")
    expect(page).to_have_url(re.compile("/sign-in$"))
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Analyses", exact=True)).to_be_visible()


def shot(seen: Watched, shots: Path, name: str, *, whole: bool = False) -> None:
    """Looks at the page, and takes its picture."""
    seen.accessible()
    seen.fits()
    seen.page.evaluate("scrollTo(0, 0)")
    shots.mkdir(parents=True, exist_ok=True)
    seen.page.screenshot(path=str(shots / f"dashboard-{name}.png"), full_page=whole)


def upload(seen: Watched, books: Path, shots: Path) -> None:
    """Drops one file and chooses the others."""
    page = seen.page
    page.get_by_role("link", name="New analysis").first.click()
    page.wait_for_url("**/upload")  # with its script, which takes what is dropped
    files = sorted(books.glob("*.csv"), key=lambda path: path.stat().st_size)
    dropped = {"name": files[0].name, "text": files[0].read_text("utf-8", "replace")}
    page.evaluate(
        """(file) => {
          const data = new DataTransfer();
          data.items.add(new File([file.text], file.name, { type: "text/csv" }));
          document.getElementById("drop").dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
        }""",
        dropped,
    )
    page.get_by_label("Drop files here").set_input_files([str(path) for path in files[1:]])
    expect(page.locator("#chosen li")).to_have_count(len(files))
    shot(seen, shots, "upload")
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page).to_have_url(re.compile("/datasets/"), timeout=60_000)


def correct_and_start(seen: Watched, shots: Path) -> None:
    """Answers the open question in the mapping itself, and starts."""
    page = seen.page
    mapping = page.get_by_label("Mapping", exact=True)
    expect(mapping).to_be_visible(timeout=90_000)
    shot(seen, shots, "mapping")
    said = mapping.input_value()
    corrected = re.sub(r"^currency: \w+$", "currency: NGN", said, flags=re.MULTILINE)
    assert "currency: NGN" in corrected
    mapping.fill(corrected + "\n# corrected\n")
    page.get_by_label("Name of the analysis").fill("Second half, all warehouses")
    page.get_by_role("button", name="Start the analysis").first.click()
    expect(page).to_have_url(re.compile("/analyses/"), timeout=60_000)


def run_again_and_compared(seen: Watched, shots: Path) -> None:
    """Runs the same books once more and compares the two, which do not differ."""
    page = seen.page
    page.get_by_role("link", name="Run it again").click()
    page.get_by_label("Name of the analysis").fill("Once more")
    page.get_by_label("Parameters that are to be different").fill("{")
    page.get_by_role("button", name="Run it").click()
    expect(page.get_by_role("alert")).to_contain_text("line 1")
    seen.wrong[:] = [each for each in seen.wrong if "422" not in each]  # the browser tells of the status
    shot(seen, shots, "rerun")
    page.get_by_label("Parameters that are to be different").fill("")
    page.get_by_role("button", name="Run it").click()
    expect(page.get_by_role("heading", name="The cases that matter")).to_be_visible(timeout=_EXAMINED)
    page.get_by_role("link", name="compare with the one before").click()
    expect(page.get_by_text("Nothing differs.")).to_be_visible()
    shot(seen, shots, "compare")
    page.get_by_role("navigation", name="Cases or findings").get_by_role("link", name="Findings").click()
    expect(page.get_by_text("Nothing differs.")).to_be_visible()


def followed_and_deleted(seen: Watched, shots: Path) -> None:
    """Looks at how it went from one to the other, at what there is to find, and deletes the second one."""
    page = seen.page
    parts = page.get_by_role("navigation", name="Parts of the dashboard")
    parts.get_by_role("link", name="Trends").click()
    page.get_by_label("Key figure").select_option(index=1)
    page.get_by_role("button", name="Filter").click()
    expect(page).to_have_url(re.compile("figure=K-"))
    expect(page.locator("tbody tr").nth(1)).to_be_visible()  # both; journeys on other books may have left theirs
    shot(seen, shots, "trends")
    parts.get_by_role("link", name="Rules").click()
    page.get_by_label("Words").fill("balance")
    page.get_by_role("button", name="Filter").click()
    page.locator("details.sheet summary").first.click()
    expect(page.locator("details[open] table")).to_be_visible()
    shot(seen, shots, "catalogue")
    page.goto("/?name=once+more")
    page.get_by_role("link", name="Once more").click()
    page.get_by_role("link", name="Delete this analysis").click()
    expect(page.get_by_role("heading", name="Once more")).to_be_visible()
    shot(seen, shots, "delete")
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("The analysis is deleted.")).to_be_visible()
    expect(page.get_by_role("link", name="Once more")).to_have_count(0)


def test_from_the_sign_in_to_the_export(served: Served, chromium: Browser, books: Path, shots: Path) -> None:
    with watched(chromium, served.base, **DESKTOP) as seen:
        page = seen.page
        page.goto("/")
        shot(seen, shots, "sign-in")
        sign_in(page, served.key)
        seen.accessible()
        upload(seen, books, shots)
        correct_and_start(seen, shots)
        expect(page.locator("#progress")).to_be_visible()
        shot(seen, shots, "progress")
        expect(page.get_by_role("heading", name="The cases that matter")).to_be_visible(timeout=_EXAMINED)
        shot(seen, shots, "results")
        address = page.url
        page.locator(".story a").first.click()
        page.go_back()
        page.locator(".story details summary").first.click()
        page.locator(".story details a").first.click()
        expect(page.get_by_role("heading", name="Rows that prove it")).to_be_visible()
        page.get_by_text(re.compile("^SQL of ")).click()
        expect(page.locator("pre")).to_contain_text("SELECT")
        shot(seen, shots, "case")
        page.get_by_label("It is", exact=True).select_option("confirmed")
        page.get_by_label("Why (needed").fill("Counted again: it is missing.")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Counted again: it is missing.").first).to_be_visible()
        seen.accessible()
        page.get_by_role("link", name="Findings", exact=True).click()
        page.get_by_label("Severity").select_option("high")
        page.get_by_role("button", name="Filter").click()
        expect(page).to_have_url(re.compile("severity=high"))
        page.reload()
        expect(page.get_by_label("Severity")).to_have_value("high")
        shot(seen, shots, "findings")
        for name, picture in (("Cases", "cases"), ("Key figures", "figures"), ("Data", "data"), ("Rules", "rules")):
            page.get_by_role("navigation", name="Parts of the analysis").get_by_role("link", name=name).click()
            expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
            shot(seen, shots, picture)
        page.goto(address)
        with page.expect_download() as download:
            page.get_by_role("link", name="All findings as CSV").click()
        run_again_and_compared(seen, shots)
        followed_and_deleted(seen, shots)
        assert download.value.path().read_text("utf-8").startswith('"fingerprint",')
        page.goto("/")
        expect(page.get_by_role("link", name="Second half, all warehouses").first).to_be_visible()
        shot(seen, shots, "analyses")
        seen.quiet()


def test_on_a_phone_in_spanish_and_in_the_dark(served: Served, chromium: Browser, books: Path, shots: Path) -> None:
    with watched(chromium, served.base, **PHONE, color_scheme="dark") as seen:
        page = seen.page
        sign_in(page, served.key)
        page.get_by_role("button", name="Español").click()
        expect(page.get_by_role("heading", name="Análisis", exact=True)).to_be_visible()
        shot(seen, shots, "phone-analyses")
        page.locator(".analyses a").first.click()
        expect(page.get_by_role("heading", name="Los casos que importan")).to_be_visible()
        shot(seen, shots, "phone-results")
        page.get_by_role("link", name="Hallazgos", exact=True).click()
        seen.accessible()
        seen.fits()
        page.locator("table.findings a").first.click()
        expect(page.get_by_role("heading", name="Filas que lo prueban")).to_be_visible()
        shot(seen, shots, "phone-case")
        analysis = re.sub("/findings.*", "", page.url)
        for part in ("Casos", "Indicadores", "Datos", "Reglas"):
            page.get_by_role("navigation", name="Partes del análisis").get_by_role("link", name=part).click()
            seen.accessible()
            seen.fits()
        page.get_by_role("button", name="Claro").click()
        expect(page.locator("html")).to_have_attribute("data-theme", "light")
        seen.accessible()
        shot_of = {"/trends": "trends", "/rules": "catalogue"}
        parts = ("/upload", "/service", "/keys", "/audit", "/webhooks", "/trends", "/rules")
        for path in (*parts, f"{analysis}/rerun", f"{analysis}/delete"):
            page.goto(path)
            if path in shot_of:
                shot(seen, shots, f"phone-{shot_of[path]}")
            seen.accessible()
            seen.fits()
        seen.quiet()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_session_is_the_browsers_alone_and_ends_with_the_sign_out(
    served: Served, chromium: Browser, host: str
) -> None:
    with watched(chromium, served.base.replace("127.0.0.1", host), **DESKTOP) as seen:
        page = seen.page
        sign_in(page, served.key)
        (session,) = [each for each in page.context.cookies() if each.get("name") == "__Host-perito"]
        assert session.get("httpOnly") is True
        assert session.get("secure") is True
        assert session.get("sameSite") == "Strict"
        assert page.evaluate("document.cookie") == ""
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_text("You are signed out.")).to_be_visible()
        seen.quiet()
    replayed = httpx.get(served.base, headers={"Cookie": f"__Host-perito={session.get('value')}"})
    assert (replayed.status_code, replayed.headers["location"]) == (303, "/sign-in")


def test_the_keyboard_reaches_the_content_first(served: Served, chromium: Browser) -> None:
    with watched(chromium, served.base, **DESKTOP) as seen:
        page = seen.page
        page.goto("/sign-in")
        page.keyboard.press("Tab")
        expect(page.locator(":focus")).to_have_text("To the content")
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.type(served.key)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Analyses", exact=True)).to_be_visible()
        seen.quiet()


@pytest.mark.parametrize("path", ["/analyses/7c9e6679-7425-40de-944b-e07fc1f90ae7", "/nothing"])
def test_what_is_not_there_says_so_to_everybody(served: Served, chromium: Browser, path: str) -> None:
    with watched(chromium, served.base, **DESKTOP) as seen:
        sign_in(seen.page, served.key)
        seen.page.goto(path)
        expect(seen.page.get_by_role("heading", name="There is nothing here")).to_be_visible()
        seen.accessible()
        assert [each for each in seen.wrong if "404" not in each] == []


def test_a_column_goes_where_somebody_sends_it(served: Served, chromium: Browser, tmp_path: Path, shots: Path) -> None:
    """A header that nobody knows is sent to a canonical column that the proposal does not use."""
    rows = "".join(f"S{n},P{n % 7},{n % 5 + 1},2026-03-{n % 28 + 1:02},4.50,K{n % 3}\n" for n in range(60))
    (tmp_path / "sales.csv").write_text(f"sale_id,product,quantity,sale_date,unit_price,zzq\n{rows}")
    with watched(chromium, served.base, **DESKTOP) as seen:
        page = seen.page
        sign_in(page, served.key)
        upload(seen, tmp_path, shots / "unknown")
        sent = page.get_by_label("Goes to: zzq")
        expect(sent).to_be_visible(timeout=90_000)
        assert page.locator("#targets option").count() > 150
        sent.fill("sales.nothing")
        page.get_by_label("Name of the analysis").fill("With cashiers")
        page.get_by_role("button", name="Start the analysis").first.click()
        expect(page.get_by_text("There is no sales.nothing")).to_be_visible()
        seen.wrong[:] = [each for each in seen.wrong if "422" not in each]  # the browser tells of the status
        page.go_back()
        expect(sent).to_be_visible(timeout=90_000)
        sent.fill("sales.user")
        page.get_by_role("button", name="Start the analysis").first.click()
        expect(page.get_by_role("heading", name="The cases that matter")).to_be_visible(timeout=_EXAMINED)
        page.get_by_role("navigation", name="Parts of the analysis").get_by_role("link", name="Data").click()
        page.locator(".placed summary").first.click()
        expect(page.get_by_role("row", name=re.compile("zzq"))).to_contain_text("sales.user")
        seen.accessible()
        seen.quiet()
