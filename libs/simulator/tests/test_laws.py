"""Whatever the seed and the size: the books keep the laws of honest books, and the same seed gives the same bytes."""

import hashlib
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from perito_kernel.errors import Invalid
from perito_simulator import generate, size_of

from .laws import ALL, Books

SEEDS = st.integers(0, 2**64)
ROWS = st.integers(1_000, 6_000)


@given(SEEDS, ROWS, st.none() | st.integers(28, 120), st.none() | st.integers(1, 12), st.none() | st.integers(10, 80))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_honest_books_keep_every_law(
    seed: int, rows: int, days: int | None, shops: int | None, products: int | None
) -> None:
    with TemporaryDirectory() as folder:
        made = generate(Path(folder), size_of(rows, days=days, shops=shops, products=products), seed)
        assert made.ledger_rows["sales"] > 0
        for law in ALL:
            law(Books(Path(folder)))


@pytest.mark.parametrize("enough", [1, 700])
def test_the_same_seed_gives_the_same_bytes_in_whatever_pieces_they_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, enough: int
) -> None:
    size = size_of(3_000, days=60)
    usual = generate(tmp_path / "usual", size, 7)
    monkeypatch.setattr("perito_simulator.writing.ENOUGH", enough)
    assert generate(tmp_path / "in_pieces", size, 7).files == usual.files
    assert generate(tmp_path / "another", size, 8).files != usual.files


def test_world_json_says_what_the_files_are(tmp_path: Path) -> None:
    made = generate(tmp_path, size_of(2_000), 3)
    said = json.loads((tmp_path / "world.json").read_text())
    assert set(said["files"]) == {path.name for path in tmp_path.glob("*.csv")}
    for name, file in said["files"].items():
        content = (tmp_path / name).read_bytes()
        assert file["sha256"] == hashlib.sha256(content).hexdigest()
        assert (file["size"], file["records"]) == (len(content), content.count(b"\n") - 1)
    assert said["ledger_rows"] == made.ledger_rows
    assert said["entities"]["product"] == said["files"]["products.csv"]["records"]


@pytest.mark.parametrize("rows", [1_500, 40_000, 150_000])
def test_a_world_has_about_the_rows_that_were_asked_for(tmp_path: Path, rows: int) -> None:
    made = generate(tmp_path, size_of(rows), 5)
    assert 0.8 * rows < sum(made.ledger_rows.values()) < 1.25 * rows


def test_only_an_empty_folder_or_one_of_its_own_is_filled(tmp_path: Path) -> None:
    generate(tmp_path, size_of(1_000), 1)
    generate(tmp_path, size_of(1_000), 2)
    (tmp_path / "notes.txt").write_text("mine")
    generate(tmp_path, size_of(1_000), 1)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    (tmp_path / "world.json").unlink()
    with pytest.raises(Invalid, match="holds other things") as refused:
        generate(tmp_path, size_of(1_000), 1)
    assert refused.value.reason == "FOLDER_NOT_EMPTY"


def test_what_an_interrupted_run_left_is_replaced(tmp_path: Path) -> None:
    def interrupt(_progress: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(tmp_path, size_of(1_000), 1, style="mixed", progress=interrupt)
    (tmp_path / "truth.json").write_text("of an earlier run")
    made = generate(tmp_path, size_of(1_000), 1)
    names = {file.name for file in made.files} | {"mapping.yaml", "world.json"}
    assert {path.name for path in tmp_path.iterdir()} == names


def test_no_days_are_not_taken_for_days_that_were_not_given() -> None:
    with pytest.raises(Invalid, match="--days is 0"):
        size_of(1_000, days=0)


@pytest.mark.parametrize(("rows", "said"), [(999, "--rows is 999; it can be 1,000 to 1,000,000,000.")])
def test_a_size_that_cannot_be_is_refused(rows: int, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        size_of(rows)
