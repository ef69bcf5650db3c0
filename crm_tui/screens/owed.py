"""What a list has yet to read: the records that changed since it last did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

PAUSE_SECONDS = 0.5
"""Between two readings of what is read as a whole, however much is told meanwhile."""


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be read now: everything, or the records with these ids, by entity."""

    everything: bool
    ids: dict[str, set[int]]


class Owed:
    """Changes of which the feed told, until they are read.

    One reading at a time, so that no older answer can come last. After a reading that failed
    everything is owed, whatever it was of.
    """

    def __init__(self, *entities: str) -> None:
        self._entities = entities
        self._ids: dict[str, set[int]] = {entity: set() for entity in entities}
        self._everything = False
        self._reading = False

    def owe(self, entity: str, ids: Iterable[int]) -> None:
        """These records have changed."""
        self._ids[entity].update(ids)

    def owe_everything(self) -> None:
        """Any record may have changed."""
        self._everything = True

    def begin(self) -> Due | None:
        """What to read, until :meth:`ended` or :meth:`failed`; None while that is nothing, or a
        reading is under way."""
        if self._reading or not (self._everything or any(self._ids.values())):
            return None
        due = Due(self._everything, self._ids)
        self._ids = {entity: set() for entity in self._entities}
        self._everything, self._reading = False, True
        return due

    def ended(self) -> None:
        """What was due has been read."""
        self._reading = False

    def failed(self) -> None:
        """It could not be read."""
        self._reading, self._everything = False, True
