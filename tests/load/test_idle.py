"""The account of free slots: what counts as time in which work waited for nothing."""

import pytest

from tests.load.mesh_queue import idle


def test_a_slot_is_idle_only_while_work_for_it_waits() -> None:
    # Two slots; the second run waits from 1 to 3 beside a free slot, the third from 2 to 4 (from 3 both are taken).
    runs = [("read", 0.0, 0.0, 10.0), ("read", 1.0, 3.0, 10.0), ("read", 2.0, 10.0, 12.0)]
    share, longest = idle(runs, 2)
    assert share == pytest.approx(2 / 24)
    assert longest == pytest.approx(2)


def test_no_work_and_no_free_slot_are_not_idle() -> None:
    assert idle([("read", 0.0, 0.0, 1.0), ("read", 5.0, 5.0, 6.0)], 1) == (0, 0)
    assert idle([("read", 0.0, 0.0, 1.0), ("read", 0.0, 1.0, 2.0)], 1) == (0, 0)


def test_what_waits_while_others_begin_is_no_longer_lost_time() -> None:
    # One of two slots is free throughout, and from 0 to 6 somebody waits; but somebody begins every two seconds.
    runs = [("read", float(at), at + 2.0, at + 4.0) for at in (0, 2, 4)]
    assert idle(runs, 2)[1] == 2.0


def test_the_share_is_the_mean_of_phases() -> None:
    runs = [("read", 0.0, 1.0, 2.0), ("tell", 0.0, 0.0, 2.0)]
    assert idle(runs, 1) == (0.25, 1.0)
