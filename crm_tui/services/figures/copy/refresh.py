"""Bringing the copy up to date: what changed is read, and the files that hold it are written anew.

The cost follows what changed, not what there is: an evening's orders touch one month. An order's
turn among its customer's follows from all of that customer's orders, which the copy itself holds.
Those before the first that changed stay as they are, and a little of them is read; those after it
are counted again, and written anew where they have another turn than before.

Files are written, and the ledger is read, beside the counting.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from crm_tui.models.ledger import Journal
from crm_tui.services.figures.copy import changes as log
from crm_tui.services.figures.copy import layout, manifest, shaping, source, summing
from crm_tui.services.figures.copy.build import months_of, of_month, small
from crm_tui.services.figures.copy.changes import Changes
from crm_tui.services.figures.copy.frames import Frames
from crm_tui.services.figures.copy.layout import Dataset
from crm_tui.services.figures.copy.manifest import File, Journals, Manifest
from crm_tui.services.figures.copy.recount import Changed, among, recounted, together
from crm_tui.services.figures.copy.shaping import Calendars
from crm_tui.storage.store import ReadWork, UnitOfWork

MOST_ORDERS = 100_000
"""With more changed orders than these, all is read anew."""
_BESIDE = 3
"""Threads that read the ledger and write files, beside the one that counts."""
_FOLDED_AT = 30_000
"""A list of changed rows longer than this is folded into the file that it is about."""


def refresh(
    work: ReadWork,
    folder: Path,
    state: Manifest,
    now: Manifest,
    calendars: Calendars,
    changes: Changes,
) -> Manifest | None:
    """The copy with ``changes``, as of ``now``; None where too much has changed.

    Files are written, the list of them is not.
    """
    threads = ThreadPoolExecutor(_BESIDE)
    try:
        refresher = _Refresher(work, folder, state, calendars, threads)
        moved = refresher.customers(changes.customers)
        changed = changes.orders | log.orders_of(work, moved)
        if len(changed) > MOST_ORDERS:
            return None
        journals = refresher.posted()
        if not refresher.orders(changed):
            return None
        if changes.companions:
            refresher.files |= small(work, folder)
        refresher.await_others()
    finally:
        # Whatever ends this ends what is beside it, too.
        threads.shutdown(cancel_futures=True)
    upto = Manifest(now.as_of, now.seqs, now.hashes, now.calendars, journals, state.files)
    return upto.with_files(refresher.files)


@dataclass(frozen=True, slots=True)
class _Month:
    """What becomes of a month of a dataset."""

    name: str
    gone: pl.DataFrame
    came: pl.DataFrame
    rows: pl.DataFrame
    """All that it holds now."""


@dataclass(slots=True)
class _Refresher:
    work: ReadWork
    folder: Path
    state: Manifest
    calendars: Calendars
    threads: ThreadPoolExecutor
    files: dict[str, tuple[File, ...]] = field(default_factory=dict)
    """Of the datasets that are others now; each thread sets those that it is about."""
    running: list[Future[None]] = field(default_factory=list)

    def await_others(self) -> None:
        """Wait until what is done beside is done; raises what it raised."""
        for each in self.running:
            each.result()

    def customers(self, ids: Collection[int]) -> set[int]:
        """Copy what became of these customers; answers those whose orders tell it, too."""
        if not ids:
            return set()
        found = source.customers(self.work, source.among(self.work, ids))
        new = shaping.customers(found, self.calendars)
        old = self._frames().customers().filter(among("customer_id", ids)).collect()
        old = old.sort(layout.CUSTOMERS.sorted_by)
        if new.equals(old):
            return set()
        gone = old.join(new, on="customer_id", how="anti")
        self._supersede(layout.CUSTOMERS, new, gone["customer_id"])
        told = ("customer_id", "channel", "city")
        differ = new.join(old, on=told, how="anti")
        return set(differ["customer_id"]) & set(old["customer_id"])

    def orders(self, ids: Collection[int]) -> bool:
        """Copy what became of these orders; False where too many others follow from them."""
        if not ids:
            return True
        found = source.orders(self.work, source.among(self.work, ids))
        self._beside(self._rewrite, layout.OFFERS, ids, shaping.offers(found, self.calendars))
        left, stood = (self._of_orders(each, ids) for each in (layout.LINES, layout.SERVED))
        dealings = shaping.dealings(found, self.calendars)
        sat = shaping.served(found, self.calendars)
        changed = Changed(ids, left, stood, dealings, sat)
        counted = self.threads.submit(recounted, changed, self._frames(), self.calendars)
        came = self._lines(found)
        told = counted.result()
        if max(len(told.others), len(told.other_places)) > MOST_ORDERS:
            return False
        others = self._of_orders(layout.SERVED, told.other_places)
        served = together(others, sat, shaping.UNCOUNTED_PLACES)
        served = shaping.counted_places(served, told.places)
        self._beside(self._rewrite, layout.SERVED, {*ids, *told.other_places}, served)
        others = self._of_orders(layout.LINES, told.others)
        lines = together(others, came, shaping.UNCOUNTED)
        lines = shaping.counted(lines, told.orders)
        rewritten = [*self._rewritten(layout.LINES, {*ids, *told.others}, lines)]
        months = {each.name: each.rows for each in rewritten}
        self._beside(self._keep, ((layout.LINES, *each) for each in months.items()))
        self._beside(
            self._keep, (sums for each in rewritten for sums in self._sums(layout.LINES, each))
        )
        self._sold(months)
        self._histories(told.known, told.histories)
        return True

    def _lines(self, found: source.Orders) -> pl.DataFrame:
        ids = found.orders["customer_id"].unique().to_list()
        of_whom = source.customers(self.work, source.among(self.work, ids))
        return shaping.lines(found, of_whom, self.calendars)

    def _frames(self) -> Frames:
        """The copy as it was."""
        return Frames.at(self.folder, self.state)

    def _histories(self, known: pl.DataFrame, histories: pl.DataFrame) -> None:
        """Copy what became of the ``known`` histories."""
        changed = histories.join(known, on=known.columns, how="anti", nulls_equal=True)
        gone = known.join(histories, on="customer_id", how="anti")
        self._supersede(layout.HISTORY, changed, gone["customer_id"])

    def _sold(self, months: Mapping[str, pl.DataFrame]) -> None:
        """Count anew who ordered in the months whose lines are these."""
        (file,) = self.state.of(layout.ACTIVES)
        before = pl.read_parquet(self.folder / file.path)
        others = before.filter(~pl.col("month").dt.strftime("%Y-%m").is_in([*months]))
        rows = pl.concat([others, *map(summing.actives, months.values())])
        kept = manifest.keep(self.folder, layout.ACTIVES, rows.sort(layout.ACTIVES.sorted_by))
        self.files[layout.ACTIVES.name] = (kept,)

    def posted(self) -> Journals:
        """Copy what was posted since; answers up to where."""
        last = source.ids_of(self.work, Journal)[1]
        found, journals = log.new_journals(self.work, self.state.journals, last)
        if not found:
            return journals
        # What a unit of work has written so far nobody else sees.
        if isinstance(self.work, UnitOfWork):
            self._posted(self.work, found)
        else:
            self._beside(self._posted_by_another_look, found)
        return journals

    def _posted_by_another_look(self, found: Sequence[int]) -> None:
        """As :meth:`_posted`: journals are never changed."""
        with self.work.store.read() as look:
            self._posted(look, found)

    def _posted(self, look: ReadWork, found: Sequence[int]) -> None:
        rows = source.journals(look, source.among(look, found))
        for dataset, more in zip(layout.POSTED, shaping.posted(rows, self.calendars), strict=True):
            self._add(dataset, more)

    def _beside(self, task: Callable[..., Any], *about: Any) -> None:
        self.running.append(self.threads.submit(task, *about))

    def _of_orders(self, dataset: Dataset, ids: Collection[int]) -> pl.DataFrame:
        """The copied rows of these orders."""
        sorted_ids = sorted(ids)
        parts = [
            pl.scan_parquet(self.folder / file.path).filter(among("order_id", ids)).collect()
            for file in self.state.of(dataset)
            if _may_hold(file, sorted_ids)
        ]
        return pl.concat(parts) if parts else pl.DataFrame(schema=dataset.schema)

    def _rewrite(self, dataset: Dataset, ids: Collection[int], rows: pl.DataFrame) -> None:
        """Let the rows of these orders be ``rows``, in whatever months they lie or lay, and their
        sums accordingly."""
        self._keep(
            told
            for each in self._rewritten(dataset, ids, rows)
            for told in ((dataset, each.name, each.rows), *self._sums(dataset, each))
        )

    def _rewritten(
        self, dataset: Dataset, ids: Collection[int], rows: pl.DataFrame
    ) -> Iterator[_Month]:
        """The months in which rows of these orders lie or lay, and what they hold once those are
        ``rows``."""
        files = {file.month: file for file in self.state.of(dataset)}
        fresh = {f"{month:%Y-%m}": rows.filter(of_month(month)) for month in months_of(rows)}
        sorted_ids = sorted(ids)
        for month in {*fresh, *files}:
            more = fresh.get(month, rows.clear())
            if month not in files:
                yield _Month(month, rows.clear(), more, more.sort(dataset.sorted_by))
            elif month in fresh or _may_hold(files[month], sorted_ids):
                before = pl.read_parquet(self.folder / files[month].path)
                of_them = among("order_id", ids)
                gone, kept = before.filter(of_them), before.filter(~of_them)
                if month in fresh or gone.height:
                    yield _Month(month, gone, more, _merged(kept, more, dataset))

    def _sums(self, dataset: Dataset, month: _Month) -> Iterator[tuple[Dataset, str, pl.DataFrame]]:
        """What a month of a dataset adds up to: to what it added up to, what came is added, and
        what went taken off; days are counted anew."""
        for each in layout.SUMS[dataset.name]:
            there = pl.concat(
                [
                    pl.DataFrame(schema=each.schema),
                    *(
                        pl.read_parquet(self.folder / file.path)
                        for file in self.state.of(each)
                        if file.month == month.name
                    ),
                ]
            )
            if each in layout.COUNTED_BY_DAY:
                changed = pl.concat([month.came["day"], month.gone["day"]]).unique().implode()
                of_them = pl.col("day").is_in(changed)
                anew = summing.summed(each, month.rows.filter(of_them))
                told = pl.concat([there.filter(~of_them), anew]).sort(each.sorted_by)
            else:
                came, went = (summing.summed(each, rows) for rows in (month.came, month.gone))
                told = summing.added([there, came], each, went)
            yield each, month.name, told

    def _add(self, dataset: Dataset, more: pl.DataFrame) -> None:
        """Add sums of the ledger to those that are there."""
        files = {file.month: file for file in self.state.of(dataset)}
        months = {f"{month:%Y-%m}": more.filter(of_month(month)) for month in months_of(more)}
        for month in files.keys() & months.keys():
            there = pl.read_parquet(self.folder / files[month].path)
            months[month] = summing.added([there, months[month]], dataset)
        self._keep((dataset, *each) for each in months.items())

    def _keep(self, told: Iterable[tuple[Dataset, str, pl.DataFrame]]) -> None:
        """Let months of datasets hold these rows."""
        files: dict[Dataset, dict[str, File]] = {}
        for dataset, month, rows in told:
            there = files.setdefault(dataset, {file.month: file for file in self.state.of(dataset)})
            there.pop(month, None)
            if not rows.is_empty():
                there[month] = manifest.keep(self.folder, dataset, rows, month)
        for dataset, there in files.items():
            self.files[dataset.name] = tuple(there[month] for month in sorted(there))

    def _supersede(self, dataset: Dataset, rows: pl.DataFrame, gone: pl.Series) -> None:
        """Let ``rows`` stand for what the dataset had on their customers; ``gone`` have none."""
        if rows.is_empty() and gone.is_empty():
            return
        none = pl.DataFrame({"customer_id": gone}, schema={"customer_id": pl.Int64})
        rows = pl.concat([rows, none], how="diagonal").select([*dataset.schema])
        base, *later = self.state.of(dataset) or (None,)
        parts = [rows]
        for file in later:
            before = pl.read_parquet(self.folder / file.path)
            parts.append(before.join(rows, on="customer_id", how="anti"))
        delta = pl.concat(parts).sort(dataset.sorted_by)
        if base is not None and delta.height <= _FOLDED_AT:
            files: Sequence[File] = (base, manifest.keep(self.folder, dataset, delta, "changed"))
        else:
            there = pl.read_parquet(self.folder / base.path) if base else delta.clear()
            whole = pl.concat([there.join(delta, on="customer_id", how="anti"), delta])
            whole = whole.filter(pl.col("store_id").is_not_null()).sort(dataset.sorted_by)
            files = (manifest.keep(self.folder, dataset, whole),)
        self.files[dataset.name] = tuple(files)


def _merged(kept: pl.DataFrame, more: pl.DataFrame, dataset: Dataset) -> pl.DataFrame:
    """Rows of a month that are sorted as the dataset is, with ``more``: those before it stay as
    they lie."""
    begins = (
        kept["at"].search_sorted(more.select(pl.min("at")).item()) if more.height else kept.height
    )
    late = pl.concat([more, kept.slice(begins)]).sort(dataset.sorted_by)
    return pl.concat([kept.head(begins), late])


def _may_hold(file: File, ids: Sequence[int]) -> bool:
    """Whether one of the ``ids``, which are sorted, lies where those of the file do."""
    place = bisect_left(ids, file.first_id)
    return place < len(ids) and ids[place] <= file.last_id
