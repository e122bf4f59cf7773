"""A small one every day: the measure itself works, and memory does not grow with the upload."""

from tests.load.large_upload import MOST_GROWTH, measure


def test_a_quarter_of_a_gibibyte_is_taken_in_little_memory() -> None:
    told: list[str] = []
    found = measure(told.append, 2**28)
    assert found.sent > 0.99 * 2**28
    assert found.growth < MOST_GROWTH / 2, told
