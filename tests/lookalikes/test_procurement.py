"""Mismatched invoices are found, and clean ones left alone, in the real books of auditiq and in books like them."""

import sys
from pathlib import Path

import pytest

from .auditiq_like import write_auditiq_like
from .examined import examine_books
from .procurement import assert_mismatches_found, read_labels, scores

MAPPING = Path(__file__).resolve().parents[1] / "auditiq" / "mapping.yaml"


def accept(books: Path, folder: Path) -> None:
    labels = read_labels(books / "invoices.csv")
    examined = examine_books(books, MAPPING, folder)
    sys.stdout.write(scores(examined, labels))
    assert_mismatches_found(examined, labels)


@pytest.mark.shared_data
@pytest.mark.trial_books
def test_the_real_books(shared_data: Path, tmp_path: Path) -> None:
    accept(shared_data / "auditiq", tmp_path)


def test_books_like_them(tmp_path: Path) -> None:
    write_auditiq_like(tmp_path / "books", 1)
    accept(tmp_path / "books", tmp_path / "run")
