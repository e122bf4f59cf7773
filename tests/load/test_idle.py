"""The account of free slots: what counts as time in which work waited for nothing."""

import pytest

from tests.load.mesh_queue import idle


def test_a_slot_is_idle_only_while_work_for_it_waits() -> None:
    # Two slots; the second run waits from 1 to 3 beside a free slot, the third from 2 to 4 (from 3 both are taken).
    runs = [("read", 0.0, 0.0, 10.0), ("read", 1.0, 3.0, 10.0), ("read", 2.0, 10.0, 12.0)]
    share, longest = idle(runs, 2)
    assert share == pytest.approx(2 / 12)
    assert longest == pytest.approx(2)


def test_no_work_and_no_free_slot_are_not_idle() -> None:
    assert idle([("read", 0.0, 0.0, 1.0), ("read", 5.0, 5.0, 6.0)], 1) == (0, 0)
    assert idle([("read", 0.0, 0.0, 1.0), ("read", 0.0, 1.0, 2.0)], 1) == (0, 0)


def test_the_share_is_the_mean_of_phases() -> None:
    runs = [("read", 0.0, 1.0, 2.0), ("tell", 0.0, 0.0, 2.0)]
    assert idle(runs, 1) == (0.25, 1.0)
