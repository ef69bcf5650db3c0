"""Full garbage collections keep out of the way of who types."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from crm_tui.screens import collection
from crm_tui.screens.collection import Collection


class Tied:
    """Garbage that only a collection finds: it holds itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    now = [1000.0]
    monkeypatch.setattr(collection, "monotonic", lambda: now[0])
    before = gc.get_threshold()
    yield now
    gc.unfreeze()
    assert gc.get_threshold() == before


def tied() -> int:
    return sum(isinstance(each, Tied) for each in gc.get_objects())


def test_a_full_collection_waits_for_quiet_but_not_for_ever(time: list[float]) -> None:
    collecting = Collection()
    collecting.begin()
    gc.disable()
    try:
        Tied()
        time[0] += collection.EVERY_SECONDS + 5
        collecting.typed()
        time[0] += collection.QUIET_SECONDS / 2
        collecting.look()
        assert tied(), "somebody is typing"
        time[0] += collection.QUIET_SECONDS
        collecting.look()
        assert not tied()
        Tied()
        time[0] += collection.LATEST_SECONDS
        collecting.typed()
        collecting.look()
        assert not tied(), "it can't be put off for ever"
    finally:
        gc.enable()
        collecting.end()
