"""What screens may ask of the application, and the messages that it sends them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from textual.message import Message

from crm_tui.core.language import _

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from crm_tui.commands import Call
    from crm_tui.config import Config
    from crm_tui.screens.desk import Desk, Studio
    from crm_tui.storage.events import EventRow


class StoreReady(Message):
    """The store is open: read what you show."""


class StoreReplaced(Message):
    """A back-up was put back: read everything that you show again."""


class StoreChanged(Message):
    """Something was committed, here or elsewhere; at most four of these a second."""

    def __init__(self, events: tuple[EventRow, ...]) -> None:
        super().__init__()
        self.events = events


def entity_ids(events: Iterable[EventRow], entity: str) -> list[int]:
    """The ids of the records of one kind that ``events`` name, each once."""
    return list(dict.fromkeys(event.entity_id for event in events if event.entity == entity))


@dataclass(frozen=True, slots=True)
class Visit:
    """A record that was looked at: where, and its key there."""

    place: str
    key: int | str | None = None


@dataclass(slots=True)
class Trail:
    """The records looked at, in order, and where the person stands in it."""

    visits: list[Visit] = field(default_factory=list)
    at: int = -1
    longest: int = 100

    def add(self, visit: Visit) -> None:
        """Go to ``visit``; what lay ahead is forgotten."""
        if self.at >= 0 and self.visits[self.at] == visit:
            return
        self.visits = [*self.visits[: self.at + 1], visit][-self.longest :]
        self.at = len(self.visits) - 1

    def walk(self, step: int) -> Visit | None:
        """One back (-1) or on (+1); None at the end."""
        if not 0 <= self.at + step < len(self.visits):
            return None
        self.at += step
        return self.visits[self.at]


@dataclass(slots=True)
class Opening:
    """How far the opening of the studio is: told by a worker, read by the first screen."""

    done: int = 0
    total: int = 0
    """Orders whose books are being made; 0 where there is nothing to make."""

    def tell(self, done: int, total: int) -> None:
        """So many orders of so many are in the books."""
        self.done, self.total = done, total

    def told(self) -> str:
        """What the header says meanwhile."""
        if not self.total:
            return _("opening the database")
        text = _("making the books: {done} of {total} orders")
        return text.format(done=self.done, total=self.total)


class Console(Protocol):
    """The application, as screens see it."""

    desk: Desk | None
    studio: Studio | None
    config: Config
    keymap: Mapping[str, str]
    late: int
    """Orders whose clock has run out."""
    trail: Trail
    opening: Opening

    def go_to(self, visit: Visit, *, remember: bool = True) -> None:
        """Show ``visit``'s screen, and there the record."""
        ...

    def call(self, call: Call) -> None:
        """Run a command where it applies: here, or at its own place."""
        ...

    def use_theme(self, name: str) -> None:
        """Change the colours and remember it."""
        ...

    def use_language(self, name: str) -> None:
        """Change the language of every screen and remember it."""
        ...
