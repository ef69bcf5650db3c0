"""Making the copy from nothing, or anew: every order, journal and customer, in portions.

What is read lies in a spool beside the copy until a month is whole, so that memory holds a portion
and what counts a customer's orders, never everything. The ledger is read beside the orders.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain
from pathlib import Path
from threading import get_ident
from typing import Any

import polars as pl

from crm_tui.core.errors import CrmError
from crm_tui.models import Customer, Order
from crm_tui.models.ledger import Journal
from crm_tui.services.figures.copy import layout, manifest, shaping, source, summing, turns
from crm_tui.services.figures.copy.changes import LATEST, latest_journals
from crm_tui.services.figures.copy.layout import Dataset
from crm_tui.services.figures.copy.manifest import File, Manifest
from crm_tui.services.figures.copy.shaping import Calendars
from crm_tui.storage.copies.files import private_folder
from crm_tui.storage.store import ReadWork, UnitOfWork

Progress = Callable[[int, int], bool]
"""Told how much is done, of how much; answers whether to go on."""

SPOOL = ".spool"
_Files = dict[str, tuple[File, ...]]
_LOOK_SECONDS = 0.2
_ORDERS = 100_000
_JOURNALS = 125_000
_CUSTOMERS = 200_000
_BESIDE = 2
"""Threads that read the ledger and write months, beside the one that reads and counts orders."""
_MONTHS_AHEAD = 3
"""So many months may wait to be written."""
_AT_A_TIME = 100_000
"""Of so many customers the orders are counted together."""


class Stopped(CrmError):
    """The person stopped it; the copy is as it was before."""

    code = "stopped"


def build(
    work: ReadWork,
    folder: Path,
    empty: Manifest,
    calendars: Calendars,
    progress: Progress | None = None,
) -> Manifest:
    """The whole copy; ``empty`` says of which moment. Files are written, the list of them is not.

    Raises :class:`Stopped` where ``progress`` says so, :class:`FileProblem` and
    :class:`StorageFull`.
    """
    spool = folder / SPOOL
    discard_spool(folder)
    private_folder(folder)
    private_folder(spool)
    try:
        latest, journals = latest_journals(work, source.ids_of(work, Journal)[1])
        asked = latest, journals.last - LATEST
        meter = _Meter.of(work, progress)
        with ThreadPoolExecutor(_BESIDE) as threads:
            builder = _Builder(work, folder, spool, calendars, meter, threads)
            try:
                # What a unit of work has written so far nobody else sees.
                alone = isinstance(work, UnitOfWork)
                beside = None if alone else threads.submit(builder.posted_beside, *asked)
                files = {
                    layout.CUSTOMERS.name: builder.customers(),
                    **builder.orders(),
                    **small(work, folder),
                    **(builder.meter.awaited(beside) if beside else builder.posted(work, *asked)),
                }
            finally:
                # Whatever ends this ends what is beside it, too.
                builder.meter.stopped = True
        return replace(empty, journals=journals, files=files)
    finally:
        discard_spool(folder)


def small(work: ReadWork, folder: Path) -> _Files:
    """The files of the small datasets, by name."""
    return {
        layout.COMPANIONS.name: (
            manifest.keep(folder, layout.COMPANIONS, source.companions(work)),
        ),
        layout.SKILLS.name: (manifest.keep(folder, layout.SKILLS, source.skills(work)),),
    }


def discard_spool(folder: Path) -> None:
    """Take away what a build that was killed has left."""
    shutil.rmtree(folder / SPOOL, ignore_errors=True)


def months_of(rows: pl.DataFrame) -> list[date]:
    """The first days of the months in which ``rows`` lie."""
    return sorted(rows["day"].dt.truncate("1mo").unique().to_list())


def of_month(month: date) -> pl.Expr:
    """The rows of a month."""
    return pl.col("day").dt.truncate("1mo") == month


@dataclass(slots=True)
class _Meter:
    """How much of the reading is done: every id counts one. Only the thread that made it tells of
    it; when that is stopped, the others are at their next portion."""

    total: int
    progress: Progress | None
    done: int = 0
    stopped: bool = False
    teller: int = field(default_factory=get_ident)

    @classmethod
    def of(cls, work: ReadWork, progress: Progress | None) -> _Meter:
        spans = [source.ids_of(work, table) for table in (Customer, *3 * [Order], Journal)]
        return cls(sum(last - first + 1 for first, last in spans), progress)

    def add(self, count: int) -> None:
        self.done += count
        if self.progress and get_ident() == self.teller and not self.stopped:
            self.stopped = not self.progress(min(self.done, self.total), self.total)
        if self.stopped:
            raise Stopped

    def awaited(self, other: Future[_Files]) -> _Files:
        """What the ``other`` thread has come to."""
        while not wait([other], _LOOK_SECONDS).done:
            self.add(0)
        return other.result()


@dataclass(frozen=True, slots=True)
class _Counted:
    """What all orders of the customers together tell: of each order, of each place, of each
    customer."""

    orders: pl.DataFrame
    places: pl.DataFrame
    history: pl.DataFrame


@dataclass(slots=True)
class _Builder:
    work: ReadWork
    folder: Path
    spool: Path
    calendars: Calendars
    meter: _Meter
    threads: ThreadPoolExecutor
    written: list[Future[list[tuple[str, File]]]] = field(default_factory=list)
    """Files of months by dataset, in the order of the months."""
    of_whom: pl.DataFrame = field(default_factory=pl.DataFrame)
    """Channel and city of every customer."""

    def customers(self) -> tuple[File, ...]:
        found = [
            source.customers(self.work, which)
            for which in self._portions(self.work, Customer, _CUSTOMERS)
        ]
        everybody = pl.concat(found or [source.customers(self.work, source.between(1, 0))])
        self.of_whom = everybody.select("customer_id", "channel", "city")
        rows = shaping.customers(everybody, self.calendars)
        return (manifest.keep(self.folder, layout.CUSTOMERS, rows),)

    def orders(self) -> _Files:
        months = self._spooled()
        known = self._counted()
        actives = [pl.DataFrame(schema=layout.ACTIVES.schema)]
        for month in months[layout.LINES.name]:
            rows = self._month(layout.LINES, month)
            rows = shaping.counted(rows, _near(rows, known.orders))
            actives.append(summing.actives(rows))
            self._keep(layout.LINES, rows, month)
        for month in months[layout.SERVED.name]:
            rows = self._month(layout.SERVED, month)
            rows = shaping.counted_places(rows, _near(rows, known.places))
            self._keep(layout.SERVED, rows, month)
        for month in months[layout.OFFERS.name]:
            self._keep(layout.OFFERS, self._month(layout.OFFERS, month), month)
        whole = ((layout.HISTORY, known.history), (layout.ACTIVES, pl.concat(actives)))
        kept: dict[str, tuple[File, ...]] = {
            each.name: (manifest.keep(self.folder, each, rows),) for each, rows in whole
        }
        for written in self.written:
            for name, file in written.result():
                kept[name] = (*kept.get(name, ()), file)
        return kept

    def _spooled(self) -> dict[str, list[date]]:
        """Let the spool hold all that belongs to orders; answers in which months it lies."""
        months: dict[str, set[date]] = {each.name: set() for each in layout.BY_ORDER}
        for number, which in enumerate(self._portions(self.work, Order, _ORDERS)):
            found = source.orders(self.work, which)
            for dataset, rows in (
                (layout.LINES, shaping.lines(found, self.of_whom, self.calendars)),
                (layout.SERVED, shaping.served(found, self.calendars)),
                (layout.OFFERS, shaping.offers(found, self.calendars)),
            ):
                months[dataset.name].update(months_of(rows))
                spooled = self.spool / f"{dataset.name}-{number}.parquet"
                manifest.write_rows(spooled, rows, compression="uncompressed")
        return {name: sorted(found_in) for name, found_in in months.items()}

    def _counted(self) -> _Counted:
        """What all orders of the customers together tell."""
        parts = []
        first, last = source.ids_of(self.work, Customer)
        for begins in range(first, max(last, first) + 1, _AT_A_TIME):
            of_some = pl.col("customer_id").is_between(begins, begins + _AT_A_TIME - 1)
            orders = self._in_spool(layout.LINES).filter(of_some).select(turns.DEALINGS).collect()
            self.meter.add(0)
            known = turns.of_orders(orders)
            self.meter.add(0)
            places = self._in_spool(layout.SERVED).filter(of_some).select(turns.SITTINGS).collect()
            self.meter.add(0)
            parts.append((known, turns.of_places(places, known), shaping.history(orders)))
            self.meter.add(0)
        orders, places, history = (pl.concat(each) for each in zip(*parts, strict=True))
        return _Counted(orders.sort("order_id"), places.sort("order_id"), history)

    def _in_spool(self, dataset: Dataset) -> pl.LazyFrame:
        files = sorted(self.spool.glob(f"{dataset.name}-*.parquet"))
        return pl.scan_parquet(files) if files else pl.LazyFrame(schema=dataset.schema)

    def _month(self, dataset: Dataset, month: date) -> pl.DataFrame:
        """What the spool holds of a month."""
        of_it = pl.col("day").is_between(month, pl.lit(month).dt.month_end())
        return self._in_spool(dataset).filter(of_it).collect().sort(dataset.sorted_by)

    def _keep(self, dataset: Dataset, rows: pl.DataFrame, month: date) -> None:
        """Have the ``rows`` of a month written, and what they add up to."""
        self.meter.add(rows.height if dataset is not layout.OFFERS else 0)
        self.written.append(self.threads.submit(self._write, dataset, rows, month))
        if len(self.written) > _MONTHS_AHEAD:
            self.written[-_MONTHS_AHEAD].result()

    def _write(self, dataset: Dataset, rows: pl.DataFrame, month: date) -> list[tuple[str, File]]:
        return [
            (each.name, manifest.keep(self.folder, each, told, f"{month:%Y-%m}"))
            for each, told in ((dataset, rows), *summing.sums(dataset, rows))
        ]

    def posted_beside(self, latest: list[int], before: int) -> _Files:
        """As :meth:`posted`, by another look at the database: journals are never changed."""
        with self.work.store.read() as look:
            return self.posted(look, latest, before)

    def posted(self, look: ReadWork, latest: list[int], before: int) -> _Files:
        """What the journals up to number ``before`` and the ``latest`` posted."""
        parts = [[pl.DataFrame(schema=dataset.schema)] for dataset in layout.POSTED]
        earlier = self._portions(look, Journal, _JOURNALS, before)
        for which in chain(earlier, [source.among(look, latest)]):
            rows = source.journals(look, which)
            for part, more in zip(parts, shaping.posted(rows, self.calendars), strict=True):
                part.append(more)
        sums = [
            summing.added(part, dataset) for part, dataset in zip(parts, layout.POSTED, strict=True)
        ]
        return {
            dataset.name: tuple(
                manifest.keep(self.folder, dataset, rows.filter(of_month(month)), f"{month:%Y-%m}")
                for month in months_of(rows)
            )
            for dataset, rows in zip(layout.POSTED, sums, strict=True)
        }

    def _portions(
        self, work: ReadWork, table: Any, most: int, until: int | None = None
    ) -> Iterator[source.Which]:
        first, last = source.ids_of(work, table)
        last = last if until is None else until
        for begins in range(first, last + 1, most):
            ends = min(begins + most - 1, last)
            yield source.between(begins, ends)
            self.meter.add(ends - begins + 1)


def _near(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """What is known of about these orders; ``known`` is sorted by them."""
    ids = rows["order_id"]
    return known.filter(pl.col("order_id").is_between(ids.min(), ids.max()))
