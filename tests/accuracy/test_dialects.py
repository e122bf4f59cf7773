"""What was learnt of the exports of other systems is kept: of one set here, of all in `./taskw trials:accuracy`."""

from perito_validation.mapping import parse_mapping

from tests.accuracy.understood import TABLES, fails, proposals


def test_exports_stay_understood_and_are_never_surely_wrong() -> None:
    assert fails("held_out") == ""
    for made, _ in proposals("held_out").values():
        assert parse_mapping(made.to_yaml(), TABLES) == made.mapping, "what was proposed reads back as itself"
