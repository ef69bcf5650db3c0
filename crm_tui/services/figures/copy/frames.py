"""The copy's datasets as lazy frames, of a period and a store."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from crm_tui.services.figures.copy import layout, manifest
from crm_tui.services.figures.copy.layout import Dataset
from crm_tui.services.figures.copy.manifest import Manifest
from crm_tui.services.figures.lookup import looked_up


@dataclass(frozen=True, slots=True)
class Frames:
    """One state of the copy: what :mod:`.layout` says, lazily.

    Days are business days and both in; without them, all there are. ``as_of`` is when the copy was
    brought up to date, ``seqs`` the number of the last event of every store that is in it. Frames
    that are read from files can be read for ten minutes after the copy has gone on.
    """

    as_of: datetime
    seqs: Mapping[int, int]
    scan: Callable[[Dataset, date | None, date | None], pl.LazyFrame]
    """The rows of a dataset; of one by month, those of the days from … to."""

    @classmethod
    def of(
        cls, tables: Mapping[str, pl.LazyFrame], as_of: datetime = datetime.min.replace(tzinfo=UTC)
    ) -> Frames:
        """Frames of tables in memory by name of the dataset; those not given are empty."""

        def scan(dataset: Dataset, first: date | None, last: date | None) -> pl.LazyFrame:
            rows = tables.get(dataset.name, pl.LazyFrame(schema=dataset.schema))
            return _within(rows, first, last) if "day" in dataset.schema else rows

        return cls(as_of, {}, scan)

    @classmethod
    def at(cls, folder: Path, state: Manifest) -> Frames:
        """Frames of the files that ``state`` names."""

        def scan(dataset: Dataset, first: date | None, last: date | None) -> pl.LazyFrame:
            files = state.of(dataset)
            if dataset.key:
                return _superseded([folder / file.path for file in files], dataset)
            whole = [file for file in files if _holds(first, last, file.month)]
            parts = [file for file in files if _cuts(first, last, file.month)]
            asked = [
                pl.scan_parquet([folder / file.path for file in some])
                for some in (whole, parts)
                if some
            ]
            if parts:
                asked[-1] = _within(asked[-1], first, last)
            return pl.concat(asked) if asked else pl.LazyFrame(schema=dataset.schema)

        return cls(state.as_of, state.seqs, scan)

    def lines(
        self, first: date | None = None, last: date | None = None, store_id: int | None = None
    ) -> pl.LazyFrame:
        """A row for each order completed in the period."""
        return self._of_period(layout.LINES, first, last, store_id)

    def served(
        self, first: date | None = None, last: date | None = None, store_id: int | None = None
    ) -> pl.LazyFrame:
        """A row for each companion who served an order completed in the period."""
        return self._of_period(layout.SERVED, first, last, store_id)

    def with_level(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """``rows`` with the ``level`` of the companion as it is now."""
        return rows.with_columns(level=looked_up(self.companions(), ("companion_id",), "level"))

    def companions(self) -> pl.DataFrame:
        """The ``level`` of each companion as it is now."""
        return self.scan(layout.COMPANIONS, None, None).collect()

    def with_skill(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """``rows`` with the companion's ``skill`` (rank) in the game as it is now, and the
        ``skill_number``, see :meth:`skills`."""
        known, pair = self.skills(), ("companion_id", "game_id")
        return rows.with_columns(
            skill=looked_up(known, pair, "skill"),
            skill_number=looked_up(known, pair, "number", 0),
        )

    def skills(self) -> pl.DataFrame:
        """The ``skill`` of each companion in each game as it is now, and its ``number``: from 1 in
        the order of the words, 0 where it is not known."""
        number = pl.col("skill").rank("dense").fill_null(0).cast(pl.Int64)
        return self.scan(layout.SKILLS, None, None).collect().with_columns(number=number)

    def offers(
        self, first: date | None = None, last: date | None = None, store_id: int | None = None
    ) -> pl.LazyFrame:
        """A row for each offer sent in the period that was accepted, declined or ran out."""
        return self._of_period(layout.OFFERS, first, last, store_id)

    def books(
        self, first: date | None = None, last: date | None = None, store_id: int | None = None
    ) -> pl.LazyFrame:
        """What the ledger posted in the period, a row for each store and hour."""
        return self._of_period(layout.BOOKS, first, last, store_id)

    def days(
        self, first: date | None = None, last: date | None = None, store_id: int | None = None
    ) -> pl.LazyFrame:
        """What was sold in the period, a row for each store, business day and hour. A customer of
        two stores counts in both."""
        return self._of_period(layout.DAYS, first, last, store_id)

    def of_months(
        self, dataset: Dataset, first: date, last: date, store_id: int | None = None
    ) -> pl.LazyFrame:
        """What a dataset adds up by month (:data:`.layout.SUMS`), of the months that the days from
        … to hold whole."""
        rows = self._of_period(dataset, first, last, store_id)
        return rows.filter(pl.col("month").is_between(first, last))

    def shares(
        self, first: date | None = None, last: date | None = None, store_id: int | None = None
    ) -> pl.LazyFrame:
        """What each companion earned in the period, a row for each store and day."""
        return self._of_period(layout.SHARES, first, last, store_id)

    def history(self, store_id: int | None = None) -> pl.LazyFrame:
        """A row for each customer with a completed order, over all months and stores; of a store,
        those who began there."""
        return _of_store(self.scan(layout.HISTORY, None, None), store_id)

    @property
    def greatest_customer(self) -> int:
        """The greatest id of a customer with a completed order; 0 without one."""
        greatest = self.history().select(pl.max("customer_id").fill_null(0))
        return int(greatest.collect().item())

    def actives(self, store_id: int | None = None) -> pl.LazyFrame:
        """Who ordered in a month, a row for each store, month and cohort. A customer of two stores
        counts in both."""
        return _of_store(self.scan(layout.ACTIVES, None, None), store_id)

    def customers(self, store_id: int | None = None) -> pl.LazyFrame:
        """A row for each customer."""
        return _of_store(self.scan(layout.CUSTOMERS, None, None), store_id)

    def _of_period(
        self, dataset: Dataset, first: date | None, last: date | None, store_id: int | None
    ) -> pl.LazyFrame:
        return _of_store(self.scan(dataset, first, last), store_id)


def _of_store(rows: pl.LazyFrame, store_id: int | None) -> pl.LazyFrame:
    return rows if store_id is None else rows.filter(pl.col("store_id") == store_id)


def _within(rows: pl.LazyFrame, first: date | None, last: date | None) -> pl.LazyFrame:
    if first is not None:
        rows = rows.filter(pl.col("day") >= first)
    return rows if last is None else rows.filter(pl.col("day") <= last)


def _holds(first: date | None, last: date | None, month: str) -> bool:
    """Whether all days of ``month`` lie between; of what is not by month, they do."""
    if not month:
        return True
    begins = date.fromisoformat(f"{month}-01")
    ends = begins.replace(day=monthrange(begins.year, begins.month)[1])
    return (first is None or first <= begins) and (last is None or ends <= last)


def _cuts(first: date | None, last: date | None, month: str) -> bool:
    """Whether some days of ``month`` lie between, but not all."""
    return (
        not _holds(first, last, month)
        and (first is None or f"{first:%Y-%m}" <= month)
        and (last is None or month <= f"{last:%Y-%m}")
    )


def _superseded(files: list[Path], dataset: Dataset) -> pl.LazyFrame:
    """The rows of ``files``, the later before the earlier, without those that say that there is
    none any more."""
    rows = pl.scan_parquet(files[-1])
    for file in reversed(files[:-1]):
        (key,) = dataset.key
        newer = rows.select(key).unique().collect()[key]
        rows = pl.concat([pl.scan_parquet(file).filter(~pl.col(key).is_in(newer.implode())), rows])
    return rows.filter(pl.col("store_id").is_not_null())


def last(folder: Path) -> Frames | None:
    """The copy as it lies there, with its age, without a look at the database; None without one."""
    state = manifest.read(folder)
    if state is None:
        return None
    files = (each for files in state.files.values() for each in files)
    return Frames.at(folder, state) if manifest.is_whole(folder, files) else None
