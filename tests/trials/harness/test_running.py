"""A trial that passed is recorded with what it is true of; one that did not changes nothing and says why."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.trials.harness import pages, record, running
from tests.trials.harness.catalogue import Figures, Say, Trial, TrialFailed
from tests.trials.harness.sources import changes, digests
from tests.trials.harness.status import status


def trial(run: Any) -> Trial:
    """A trial of this file alone."""
    return cast(Trial, SimpleNamespace(NAME="example", SOURCES=["tests/trials/harness/test_running.py"], run=run))


def passes(seed: int, say: Say) -> Figures:
    say("half done")
    return {"rows": 12, "seed": seed}


def fails(seed: int, say: Say) -> Figures:
    raise TrialFailed("13 rows, promised 12", {"rows": 13})


def breaks(seed: int, say: Say) -> Figures:
    assert seed == 0, "the seed is not 0"
    return {}


def lingers(seed: int, say: Say) -> Figures:
    time.sleep(30)
    return {}


def test_what_passed_is_recorded_with_what_it_is_true_of(tmp_path: Path) -> None:
    said: list[str] = []
    assert running.run(trial(passes), 7, said.append, tmp_path)
    kept = record.load("example", tmp_path)
    assert kept is not None
    assert (kept.figures, kept.seed) == ({"rows": 12, "seed": 7}, 7)
    assert list(kept.files) == ["tests/trials/harness/test_running.py"]
    assert any("half done" in line for line in said)
    assert next(status(trial(passes), tmp_path)).split()[:2] == ["example", "fresh"]


@pytest.mark.parametrize(
    ("run", "told"),
    [(fails, "13 rows, promised 12"), (breaks, "the seed is not 0"), (lingers, "not done after 0 minutes")],
)
def test_what_was_not_kept_is_told_and_nothing_is_written(tmp_path: Path, run: Any, told: str) -> None:
    said: list[str] = []
    assert not running.run(trial(run), 1, said.append, tmp_path, longest=1)
    assert told in "\n".join(said)
    assert list(tmp_path.iterdir()) == []
    if run is fails:
        assert '"rows": 13' in "\n".join(said)


def test_a_change_of_content_makes_a_record_stale_and_is_named(tmp_path: Path) -> None:
    running.run(trial(passes), 1, lambda _: None, tmp_path)
    place = record.place("example", tmp_path)
    content = json.loads(place.read_text("utf-8"))
    content |= {"files": {"gone.py": "0" * 16}, "sources_digest": "0" * 64}
    place.write_text(json.dumps(content), "utf-8")
    first, *changed = status(trial(passes), tmp_path)
    assert first.split()[:2] == ["example", "stale"]
    assert [line.split() for line in changed] == [["gone", "gone.py"], ["new", "tests/trials/harness/test_running.py"]]


def test_sources_are_told_apart_by_content_alone(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("1", "utf-8")
    before = digests(["*.py"], tmp_path)
    (tmp_path / "a.py").touch()
    assert changes(before, digests(["*.py"], tmp_path)) == []
    (tmp_path / "a.py").write_text("2", "utf-8")
    assert changes(before, digests(["*.py"], tmp_path)) == ["changed a.py"]
    with pytest.raises(ValueError, match="names no file"):
        digests(["*.sql"], tmp_path)


def test_what_is_no_record_says_which_file_and_why(tmp_path: Path) -> None:
    (tmp_path / "load.json").write_text('{"name": "load", "rows": 3}', "utf-8")
    with pytest.raises(ValueError, match=r"load\.json is no record of a trial"):
        record.load("load", tmp_path)


def test_tables_are_written_between_their_markers_and_nowhere_else() -> None:
    page = "before\n<!-- trial load: phases -->\nold\n<!-- end of trial -->\nafter\n"
    tables: Mapping[tuple[str, str], str] = {("load", "phases"): "| a |\n"}
    wanted = page.replace("old", "| a |")
    assert pages.filled(page, lambda name, title: tables[name, title]) == wanted
    assert list(pages.blocks(page)) == [("load", "phases")]
    with pytest.raises(ValueError, match="no trial is named 'nothing'"):
        pages.from_records("nothing", "phases")
