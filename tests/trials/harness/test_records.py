"""Every trial has passed once and is written up: its record parses, and pages show each of its tables. Stale is no
failure here; `./taskw trials:status` tells it.
"""

from tests.trials.harness import catalogue, pages, record
from tests.trials.harness.sources import digests


def test_there_is_no_record_without_its_trial() -> None:
    assert {path.stem for path in record.FOLDER.glob("*.json")} == set(catalogue.names())


def test_every_trial_has_a_record_and_its_tables_are_shown() -> None:
    shown = {block for page in pages.pages() for block in pages.blocks(page.read_text("utf-8"))}
    for name in catalogue.names():
        trial, kept = catalogue.trial(name), record.load(name)
        assert kept is not None, f"it never passed: ./taskw trials:{name}"
        assert (trial.NAME, kept.name) == (name, name)
        assert digests(trial.SOURCES), "its sources exist"
        assert {(name, title) for title in catalogue.tables_of(trial, kept.figures)} <= shown


def test_pages_say_what_the_records_say() -> None:
    assert pages.write(check=True) == []


def test_pages_have_no_marker_that_is_not_understood() -> None:
    for page in pages.pages():
        lines = page.read_text("utf-8").splitlines()
        begins, ends = (sum(line.startswith(mark) for line in lines) for mark in ("<!-- trial ", "<!-- end of trial"))
        assert begins == ends == len(list(pages.blocks(page.read_text("utf-8")))), page
