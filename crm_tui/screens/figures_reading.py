"""What the figures screen reads, on worker threads: the copy, a page, what lies behind a figure."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

from crm_tui.core.pace import progress
from crm_tui.screens.figures_page import Orders, Query, Reading, Tier
from crm_tui.screens.figures_period import Period
from crm_tui.screens.figures_wanted import Wanted

if TYPE_CHECKING:
    from crm_tui.services.figures.copy.door import Frames
    from crm_tui.services.figures.periods import Period as Days
    from crm_tui.services.figures.reports.definition import Definition
    from crm_tui.services.figures.rows import CustomerRow
    from crm_tui.services.orders.rows import OrderRow
    from crm_tui.storage.store import ReadWork

MOST_BEHIND = 500
"""Orders that are listed behind a figure, the last ones; all of them are counted."""

MOST_OF_TIER = 10_000
"""Customers that are listed behind a value tier, those who spent most."""


@dataclass(slots=True)
class Building:
    """How far bringing the copy up to date is; told and asked by two threads."""

    done: int = 0
    total: int = 0
    stopped: bool = False
    began: float = field(default_factory=monotonic)

    @property
    def stoppable(self) -> bool:
        """Whether there is work that takes its time, and nobody has stopped it yet."""
        return self.total > 0 and not self.stopped

    @property
    def seconds(self) -> float:
        """Since it began."""
        return monotonic() - self.began

    def told(self) -> str:
        """How far it is, and when it will be through."""
        return progress(self.done, self.total, self.seconds)

    def tell(self, done: int, total: int) -> bool:
        """So much is done; answers whether to go on."""
        self.done, self.total = done, total
        return not self.stopped


@dataclass(frozen=True, slots=True)
class Behind:
    """The orders behind a figure: how many, their income, and the last of them."""

    title: str
    count: int
    gross_fen: int
    rows: list[OrderRow]


def prepare() -> None:
    """Load what reading figures takes, before somebody waits for them. For a worker thread."""
    from importlib import import_module

    for name in (
        "screens.figures",
        "services.figures.reads_people",
        "services.figures.reports.tables",
    ):
        import_module(f"crm_tui.{name}")
    import_module("plotext")


def as_it_lies(query: Query, wanted: Wanted, work: ReadWork) -> tuple[Frames, Reading] | None:
    """The page of the copy as it is, however old; None where there is no copy."""
    from crm_tui.services.figures.copy import door

    frames = door.last(door.folder_of(work.store))
    return None if frames is None else (frames, page(frames, query, wanted, work))


def brought_up(
    building: Building, query: Query, wanted: Wanted, work: ReadWork
) -> tuple[Frames, Reading]:
    """The page of the copy, brought up to date first."""
    from crm_tui.services.figures.copy import door

    frames = door.frames(work, door.folder_of(work.store), progress=building.tell)
    return frames, page(frames, query, wanted, work)


def page(frames: Frames, query: Query, wanted: Wanted, work: ReadWork) -> Reading:
    """What a page shows of ``frames``."""
    from crm_tui.services.figures.copy import mending

    scope = wanted.scope()
    today = work.calendar(scope.store_id or 0).day_of(work.clock.now())
    resolved = wanted.resolved(today)
    compared = resolved.span().compared(resolved.against.value)
    before = None if compared is None else Period.over(compared.first, compared.last)
    found = mending.read(work, frames, lambda steady: query(resolved, steady, work))
    return Reading(resolved, before, today, frames.as_of, found)


def behind(frames: Frames, orders: Orders, wanted: Wanted, work: ReadWork) -> Behind:
    """The orders behind a figure."""
    from crm_tui.services.figures import reads_behind
    from crm_tui.services.figures.copy import mending
    from crm_tui.services.figures.periods import Period as Span
    from crm_tui.services.orders import reads

    for pick in orders.picks:
        wanted = wanted.only(pick)
    found = mending.read(
        work,
        frames,
        lambda steady: reads_behind.behind(
            work,
            steady,
            Span(*orders.days),
            wanted.scope(),
            hour=orders.hour,
            nth=orders.nth,
            new=orders.new,
            parts=orders.parts,
            limit=MOST_BEHIND,
        ),
    )
    rows = reads.by_ids(work, found.order_ids)
    return Behind(orders.title, found.orders, found.gross_fen, rows)


def tier(frames: Frames, tier: Tier, wanted: Wanted, work: ReadWork) -> tuple[CustomerRow, ...]:
    """The customers of a value tier, who spent most first."""
    from crm_tui.services.figures import reads_people
    from crm_tui.services.figures.copy import mending

    scope = wanted.only(tier.pick).scope()
    return mending.read(
        work,
        frames,
        lambda steady: reads_people.customer_rows(work, steady, scope, tier.day, MOST_OF_TIER),
    )


def behind_report(
    title: str,
    definition: Definition,
    period: Days,
    key: Any,
    store_id: int | None,
    frames: Frames,
    work: ReadWork,
) -> Behind | None:
    """The orders behind the row ``key`` of a report, or behind all of it; None where it is not
    told of orders."""
    from crm_tui.services.figures.copy import mending
    from crm_tui.services.figures.reports.behind import behind
    from crm_tui.services.orders import reads

    found = mending.read(
        work,
        frames,
        lambda steady: behind(
            work, steady, definition, period, key, store_id=store_id, limit=MOST_BEHIND
        ),
    )
    if found is None:
        return None
    return Behind(title, found.orders, found.gross_fen, reads.by_ids(work, found.order_ids))
