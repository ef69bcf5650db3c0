"""What a list has yet to read: nothing is forgotten, and no two readings overlap."""

from __future__ import annotations

from crm_tui.screens.owed import Due, Owed


def test_one_reading_at_a_time_and_the_rest_afterwards() -> None:
    owed = Owed("order", "companion")
    assert owed.begin() is None
    owed.owe("order", [1, 2])
    assert owed.begin() == Due(False, {"order": {1, 2}, "companion": set()})
    owed.owe("companion", [7])
    assert owed.begin() is None, "another reading is under way"
    owed.ended()
    assert owed.begin() == Due(False, {"order": set(), "companion": {7}})
    owed.ended()
    assert owed.begin() is None


def test_a_reading_that_failed_leaves_everything_owed() -> None:
    owed = Owed("order")
    owed.owe("order", [1])
    owed.begin()
    owed.failed()
    due = owed.begin()
    assert due is not None and due.everything
    owed.ended()
    assert owed.begin() is None
