"""What was learnt of the exports of other systems is kept: of a few sets here, of all in `./taskw trials:accuracy`."""

import pytest
from perito_validation.mapping import parse_mapping

from tests.accuracy.understood import TABLES, fails, proposals


@pytest.mark.parametrize("name", ["tuned", "held_out", "trade_first"])
def test_exports_stay_understood_and_are_never_surely_wrong(name: str) -> None:
    assert fails(name) == ""
    for made, _ in proposals(name).values():
        assert parse_mapping(made.to_yaml(), TABLES) == made.mapping, "what was proposed reads back as itself"
