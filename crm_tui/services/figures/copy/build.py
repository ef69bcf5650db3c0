"""Making the copy from nothing, or anew: every order, journal and customer, in portions.

What is read lies in a spool beside the copy until a month is whole, so that memory holds a portion
and what counts a customer's orders, never everything.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl

from crm_tui.core.errors import CrmError
from crm_tui.models import Customer, Order
from crm_tui.models.ledger import Journal
from crm_tui.services.figures.copy import layout, manifest, shaping, source
from crm_tui.services.figures.copy.changes import LATEST, latest_journals
from crm_tui.services.figures.copy.layout import Dataset
from crm_tui.services.figures.copy.manifest import File, Manifest
from crm_tui.services.figures.copy.shaping import Calendars
from crm_tui.storage.copies.files import private_folder
from crm_tui.storage.store import ReadWork

Progress = Callable[[int, int], bool]
"""Told how much is done, of how much; answers whether to go on."""

SPOOL = ".spool"
_ORDERS = 200_000
_JOURNALS = 500_000
_CUSTOMERS = 200_000
_COUNTED = 100_000
"""How many customers' orders are counted at a time."""
_DEALINGS = ("order_id", "customer_id", "store_id", "at", "gross_fen")


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
        builder = _Builder(work, folder, spool, calendars, _Meter.of(work, progress))
        latest, journals = latest_journals(work, source.ids_of(work, Journal)[1])
        files = {
            layout.CUSTOMERS.name: builder.customers(),
            **builder.orders(),
            **builder.posted(latest, journals.last - LATEST),
            **small(work, folder),
        }
        return replace(empty, journals=journals, files=files)
    finally:
        discard_spool(folder)


def small(work: ReadWork, folder: Path) -> dict[str, tuple[File, ...]]:
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
    """How much of the reading is done: every id counts one."""

    total: int
    progress: Progress | None
    done: int = 0

    @classmethod
    def of(cls, work: ReadWork, progress: Progress | None) -> _Meter:
        spans = [source.ids_of(work, table) for table in (Customer, Order, Order, Journal)]
        return cls(sum(last - first + 1 for first, last in spans), progress)

    def add(self, count: int) -> None:
        self.done = min(self.done + count, self.total)
        if self.progress and not self.progress(self.done, self.total):
            raise Stopped


@dataclass(slots=True)
class _Builder:
    work: ReadWork
    folder: Path
    spool: Path
    calendars: Calendars
    meter: _Meter
    of_whom: pl.DataFrame = field(default_factory=pl.DataFrame)
    """Channel and city of every customer."""

    def customers(self) -> tuple[File, ...]:
        found = [
            source.customers(self.work, which) for which in self._portions(Customer, _CUSTOMERS)
        ]
        everybody = _together(found, lambda: source.customers(self.work, source.between(1, 0)))
        self.of_whom = everybody.select("customer_id", "channel", "city")
        rows = shaping.customers(everybody, self.calendars)
        return (manifest.keep(self.folder, layout.CUSTOMERS, rows),)

    def orders(self) -> dict[str, tuple[File, ...]]:
        dealings: list[pl.DataFrame] = []
        months: dict[str, set[date]] = {each.name: set() for each in layout.BY_ORDER}
        for number, which in enumerate(self._portions(Order, _ORDERS)):
            found = source.orders(self.work, which)
            dealings.append(found.orders.select(_DEALINGS))
            for dataset, rows in (
                (layout.LINES, shaping.lines(found, self.of_whom, self.calendars)),
                (layout.SERVED, shaping.served(found, self.calendars)),
                (layout.OFFERS, shaping.offers(found, self.calendars)),
            ):
                months[dataset.name].update(months_of(rows))
                spooled = self.spool / f"{dataset.name}-{number}.parquet"
                manifest.write_rows(spooled, rows, compression="uncompressed")
        numbers, history = self._counted(dealings)
        files: dict[str, tuple[File, ...]] = {
            layout.HISTORY.name: (manifest.keep(self.folder, layout.HISTORY, history),)
        }
        actives = [pl.DataFrame(schema=layout.ACTIVES.schema)]
        for dataset in layout.BY_ORDER:
            kept: list[File] = []
            for month in sorted(months[dataset.name]):
                rows = self._month(dataset, month)
                if dataset is layout.LINES:
                    ids = rows["order_id"]
                    near = numbers.filter(pl.col("order_id").is_between(ids.min(), ids.max()))
                    rows = shaping.counted(rows, near, history)
                    actives.append(shaping.actives(rows))
                    self.meter.add(rows.height)
                kept.append(manifest.keep(self.folder, dataset, rows, f"{month:%Y-%m}"))
            files[dataset.name] = tuple(kept)
        months_of_all = pl.concat(actives)
        files[layout.ACTIVES.name] = (manifest.keep(self.folder, layout.ACTIVES, months_of_all),)
        return files

    def _counted(self, dealings: list[pl.DataFrame]) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Every order's number among its customer's, by order, and the customers' history."""
        found = _together(dealings, lambda: source.dealings(self.work, ()))
        dealings.clear()
        numbers, history = [], []
        first, last = source.ids_of(self.work, Customer)
        for begins in range(first, max(last, first) + 1, _COUNTED):
            of_some = pl.col("customer_id").is_between(begins, begins + _COUNTED - 1)
            some = shaping.numbered(found.filter(of_some))
            numbers.append(some.select("order_id", "nth"))
            history.append(shaping.history(some, self.calendars))
        return pl.concat(numbers).sort("order_id"), pl.concat(history)

    def _month(self, dataset: Dataset, month: date) -> pl.DataFrame:
        """What the spool holds of a month."""
        of_it = pl.col("day").is_between(month, pl.lit(month).dt.month_end())
        spooled = pl.scan_parquet(self.spool / f"{dataset.name}-*.parquet").filter(of_it)
        return spooled.collect().sort(dataset.sorted_by)

    def posted(self, latest: list[int], before: int) -> dict[str, tuple[File, ...]]:
        """What the journals up to number ``before`` and the ``latest`` posted."""
        parts = [[pl.DataFrame(schema=dataset.schema)] for dataset in layout.POSTED]
        earlier = self._portions(Journal, _JOURNALS, before)
        for which in chain(earlier, [source.among(self.work, latest)]):
            rows = source.journals(self.work, which)
            for part, more in zip(parts, shaping.posted(rows, self.calendars), strict=True):
                part.append(more)
        sums = [
            shaping.added(part, dataset) for part, dataset in zip(parts, layout.POSTED, strict=True)
        ]
        return {
            dataset.name: tuple(
                manifest.keep(self.folder, dataset, rows.filter(of_month(month)), f"{month:%Y-%m}")
                for month in months_of(rows)
            )
            for dataset, rows in zip(layout.POSTED, sums, strict=True)
        }

    def _portions(self, table: Any, most: int, until: int | None = None) -> Iterator[source.Which]:
        first, last = source.ids_of(self.work, table)
        last = last if until is None else until
        for begins in range(first, last + 1, most):
            ends = min(begins + most - 1, last)
            yield source.between(begins, ends)
            self.meter.add(ends - begins + 1)


def _together(parts: list[pl.DataFrame], nothing: Callable[[], pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(parts) if parts else nothing()
