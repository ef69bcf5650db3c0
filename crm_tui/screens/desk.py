"""The store as a console uses it: reads, writes in the operator's name, undo, the live feed.

Textual is not known here; every method may be called on a worker thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from datetime import date, datetime

    from crm_tui.core.actor import Actor
    from crm_tui.core.clock import BusinessCalendar
    from crm_tui.services.clocks.upkeep import InBackground
    from crm_tui.storage.feed import ChangeFeed
    from crm_tui.storage.store import ReadWork, Store, UnitOfWork

Result = TypeVar("Result")
UNDO_DEPTH = 50


@dataclass(frozen=True, slots=True)
class Undo:
    """The opposite of an action that was carried out."""

    title: str
    """What is taken back, in the language in force."""
    action: Callable[[UnitOfWork], object]


@dataclass(frozen=True, slots=True)
class LongUndo:
    """The opposite of an action that was more than one transaction."""

    title: str
    """What is taken back, in the language in force."""
    start: Callable[[], object]
    """Takes it back, showing how far it is."""


@dataclass(frozen=True, slots=True)
class Studio:
    """What the header line shows of the studio."""

    name: str
    calendar: BusinessCalendar
    companions_online: int

    def wall(self, instant: datetime) -> datetime:
        """``instant`` on the studio's wall clock."""
        return self.calendar.local(instant)

    def day(self, instant: datetime) -> date:
        """The business day of ``instant``."""
        return self.calendar.day_of(instant)


@dataclass(slots=True)
class Desk:
    """One operator at one open store."""

    store: Store
    feed: ChangeFeed
    actor: Actor
    undos: list[Undo | LongUndo] = field(default_factory=list)
    memory: dict[str, Any] = field(default_factory=dict)
    """What dialogs remember until the console is left: drafts, and what was chosen last."""
    upkeep: InBackground | None = None
    closed: bool = False

    def now(self) -> datetime:
        """The present instant of the store's clock, UTC."""
        return self.store.clock.now()

    def read(self, query: Callable[[ReadWork], Result]) -> Result:
        """What ``query`` finds. Raises ``CrmError``."""
        with self.store.read() as work:
            return query(work)

    def write(self, action: Callable[[UnitOfWork], Any], undo: Undo | None = None) -> Any:
        """Carry ``action`` out in one transaction, in the operator's name. Raises ``CrmError``.

        ``undo`` is remembered once it has been committed.
        """
        result = self.store.perform(self.actor, action)
        if undo:
            self.remember(undo)
        return result

    def remember(self, undo: Undo | LongUndo) -> None:
        """Let ``undo`` be what is taken back next."""
        self.undos.append(undo)
        del self.undos[:-UNDO_DEPTH]

    def keep_up(self, failed: Callable[[Exception], object]) -> None:
        """See to the clocks on a thread of its own, until the desk is closed.

        ``failed`` hears there of what was refused, and of a mistake of the program.
        """
        from crm_tui.services.clocks.upkeep import Failed, InBackground, Told, Upkeep

        def tell(told: Told) -> None:
            if isinstance(told, Failed):
                failed(told.error)

        if not self.closed:
            self.upkeep = InBackground(Upkeep(self.store, "console", tell), failed)
            self.upkeep.start()

    def close(self) -> None:
        """Stop the upkeep and the feed, and close the store."""
        self.closed = True
        if self.upkeep is not None:
            self.upkeep.stop()
        self.feed.stop()
        self.store.close()


def open_desk(
    database: str, login: str, progress: Callable[[int, int], object] | None = None
) -> Desk:
    """Open the studio at ``database`` for the operator ``login``, or for the computer's user.

    Makes a database where there is none; ``progress`` hears how far the books of an old one are.
    Raises ``CrmError``.
    """
    from getpass import getuser

    from crm_tui.services.operators import reads
    from crm_tui.services.upkeep.opening import open_studio

    store = open_studio(database, progress=progress)
    with store.read() as work:
        actor = reads.actor_for(work, login or None, getuser())
    return Desk(store, store.feed(), actor)


def read_studio(work: ReadWork) -> Studio:
    """The facts for the header line."""
    from crm_tui.services.orders import reads

    return Studio(
        name=str(work.setting("store.name")),
        calendar=work.calendar(),
        companions_online=reads.counts(work).companions_online,
    )
