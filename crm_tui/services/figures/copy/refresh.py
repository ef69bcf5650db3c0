"""Bringing the copy up to date: what changed is read, and the files that hold it are written anew.

The cost follows what changed, not what there is: an evening's orders touch one month. An order's
turn among its customer's follows from all of that customer's orders, which the copy itself holds:
where an order comes before others, changes hands or goes, those after it are written anew, too.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from crm_tui.models.ledger import Journal
from crm_tui.services.figures.copy import changes as log
from crm_tui.services.figures.copy import layout, manifest, shaping, source, turns
from crm_tui.services.figures.copy.build import months_of, of_month, small
from crm_tui.services.figures.copy.changes import Changes
from crm_tui.services.figures.copy.frames import Frames
from crm_tui.services.figures.copy.layout import Dataset
from crm_tui.services.figures.copy.manifest import File, Journals, Manifest
from crm_tui.services.figures.copy.shaping import Calendars
from crm_tui.storage.store import ReadWork

MOST_ORDERS = 100_000
"""With more changed orders than these, all is read anew."""
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
    refresher = _Refresher(work, folder, state, calendars)
    moved = refresher.customers(changes.customers)
    changed = changes.orders | log.orders_of(work, moved)
    if len(changed) > MOST_ORDERS or not refresher.orders(changed):
        return None
    journals = refresher.posted()
    if changes.companions:
        refresher.files |= small(work, folder)
    upto = Manifest(now.as_of, now.seqs, now.hashes, now.calendars, journals, state.files)
    return upto.with_files(refresher.files)


@dataclass(slots=True)
class _Refresher:
    work: ReadWork
    folder: Path
    state: Manifest
    calendars: Calendars
    files: dict[str, tuple[File, ...]] = field(default_factory=dict)

    def customers(self, ids: Collection[int]) -> set[int]:
        """Copy what became of these customers; answers those whose orders tell it, too."""
        if not ids:
            return set()
        found = source.customers(self.work, source.among(self.work, ids))
        new = shaping.customers(found, self.calendars)
        old = self._known(layout.CUSTOMERS, ids)
        if new.equals(old):
            return set()
        gone = old.join(new, on="customer_id", how="anti")
        self._supersede(layout.CUSTOMERS, new, gone["customer_id"])
        told = ("customer_id", "channel", "city")
        differ = new.join(old, on=told, how="anti")
        return set(differ["customer_id"]) & set(old["customer_id"])

    def orders(self, ids: Collection[int]) -> bool:
        """Copy what became of these orders; False where too many others follow from them.

        Where one came, went or moved, all orders of whose it is or was are counted again, from the
        copy; of the others those are written that have another turn than before.
        """
        if not ids:
            return True
        found = source.orders(self.work, source.among(self.work, ids))
        came, sat = self._lines(found), shaping.served(found, self.calendars)
        left, stood = (self._of_orders(each, ids) for each in (layout.LINES, layout.SERVED))
        moved = {*_moved(left, came, turns.DEALINGS), *_moved(stood, sat, turns.SITTINGS)}
        dealt = self._theirs(layout.LINES, moved, ids, (*turns.DEALINGS, *turns.COUNTED))
        seated = self._theirs(layout.SERVED, moved, ids, (*turns.SITTINGS, *turns.COUNTED_PLACES))
        theirs = _among("customer_id", moved)
        dealings = _with(dealt, came.filter(theirs), turns.DEALINGS)
        orders = turns.of_orders(dealings)
        places = turns.of_places(_with(seated, sat.filter(theirs), turns.SITTINGS), orders)
        others = _unlike(orders, dealt, ("order_id", *turns.COUNTED)) - {*ids}
        sat_by = _unlike(places, seated, ("order_id", "place", *turns.COUNTED_PLACES)) - {*ids}
        if max(len(others), len(sat_by)) > MOST_ORDERS:
            return False
        self._histories(moved, shaping.history(dealings))
        lines = _with(self._of_orders(layout.LINES, others), came, shaping.UNCOUNTED)
        orders = _with(left.filter(~theirs), orders, ("order_id", *turns.COUNTED))
        self._sold(self._rewrite(layout.LINES, {*ids, *others}, shaping.counted(lines, orders)))
        served = _with(self._of_orders(layout.SERVED, sat_by), sat, shaping.UNCOUNTED_PLACES)
        places = _with(stood.filter(~theirs), places, ("order_id", "place", *turns.COUNTED_PLACES))
        served = shaping.counted_places(served, places)
        self._rewrite(layout.SERVED, {*ids, *sat_by}, served)
        self._rewrite(layout.OFFERS, ids, shaping.offers(found, self.calendars))
        return True

    def _lines(self, found: source.Orders) -> pl.DataFrame:
        ids = found.orders["customer_id"].unique().to_list()
        of_whom = source.customers(self.work, source.among(self.work, ids))
        return shaping.lines(found, of_whom, self.calendars)

    def _theirs(
        self, dataset: Dataset, whose: set[int], but: Collection[int], columns: Sequence[str]
    ) -> pl.DataFrame:
        """The copied rows of these customers, ``but`` those of these orders."""
        rows = Frames.at(self.folder, self.state).scan(dataset, None, None)
        theirs = rows.filter(_among("customer_id", whose)).select(columns).collect()
        return theirs.filter(~_among("order_id", but))

    def _histories(self, whose: set[int], histories: pl.DataFrame) -> None:
        """Copy what became of the histories of all these customers."""
        known = self._known(layout.HISTORY, whose)
        changed = histories.join(known, on=known.columns, how="anti", nulls_equal=True)
        gone = known.join(histories, on="customer_id", how="anti")
        self._supersede(layout.HISTORY, changed, gone["customer_id"])

    def _sold(self, months: Mapping[str, pl.DataFrame]) -> None:
        """Count anew who ordered in the months whose lines are these."""
        (file,) = self.state.of(layout.ACTIVES)
        before = pl.read_parquet(self.folder / file.path)
        others = before.filter(~pl.col("month").dt.strftime("%Y-%m").is_in([*months]))
        rows = pl.concat([others, *map(shaping.actives, months.values())])
        kept = manifest.keep(self.folder, layout.ACTIVES, rows.sort(layout.ACTIVES.sorted_by))
        self.files[layout.ACTIVES.name] = (kept,)

    def posted(self) -> Journals:
        """Copy what was posted since; answers up to where."""
        last = source.ids_of(self.work, Journal)[1]
        found, journals = log.new_journals(self.work, self.state.journals, last)
        if found:
            rows = source.journals(self.work, source.among(self.work, found))
            for dataset, more in zip(
                layout.POSTED, shaping.posted(rows, self.calendars), strict=True
            ):
                self._add(dataset, more)
        return journals

    def _known(self, dataset: Dataset, ids: Iterable[int]) -> pl.DataFrame:
        """The rows of a whole dataset about these customers."""
        rows = Frames.at(self.folder, self.state).scan(dataset, None, None)
        return rows.filter(_among("customer_id", ids)).collect().sort(dataset.sorted_by)

    def _of_orders(self, dataset: Dataset, ids: Collection[int]) -> pl.DataFrame:
        """The copied rows of these orders."""
        sorted_ids = sorted(ids)
        parts = [
            pl.scan_parquet(self.folder / file.path).filter(_among("order_id", ids)).collect()
            for file in self.state.of(dataset)
            if _may_hold(file, sorted_ids)
        ]
        return pl.concat(parts) if parts else pl.DataFrame(schema=dataset.schema)

    def _rewrite(
        self, dataset: Dataset, ids: Collection[int], rows: pl.DataFrame
    ) -> dict[str, pl.DataFrame]:
        """Let the rows of these orders be ``rows``, in whatever months they lie or lay, and their
        sums accordingly; answers what those months hold now."""
        touched = (dataset, *layout.SUMS[dataset.name])
        files = {each.name: self._months(each) for each in touched}
        there = files[dataset.name]
        fresh = {f"{month:%Y-%m}": rows.filter(of_month(month)) for month in months_of(rows)}
        written, sorted_ids = {}, sorted(ids)
        for month in {*fresh, *there}:
            parts = [fresh[month]] if month in fresh else []
            if month in there:
                if not parts and not _may_hold(there[month], sorted_ids):
                    continue
                before = pl.read_parquet(self.folder / there[month].path)
                kept = before.filter(~_among("order_id", ids))
                if not parts and kept.height == before.height:
                    continue
                parts.append(kept)
            written[month] = pl.concat(parts).sort(dataset.sorted_by)
            for each, told in ((dataset, written[month]), *shaping.sums(dataset, written[month])):
                self._put(files[each.name], each, month, told)
        for each in touched:
            self._set(each, files[each.name])
        return written

    def _add(self, dataset: Dataset, more: pl.DataFrame) -> None:
        """Add sums of the ledger to those that are there."""
        files = self._months(dataset)
        for month in months_of(more):
            name = f"{month:%Y-%m}"
            sums = more.filter(of_month(month))
            if name in files:
                there = pl.read_parquet(self.folder / files[name].path)
                sums = shaping.added([there, sums], dataset)
            self._put(files, dataset, name, sums)
        self._set(dataset, files)

    def _months(self, dataset: Dataset) -> dict[str, File]:
        return {file.month: file for file in self.state.of(dataset)}

    def _set(self, dataset: Dataset, files: Mapping[str, File]) -> None:
        self.files[dataset.name] = tuple(files[month] for month in sorted(files))

    def _put(
        self, files: dict[str, File], dataset: Dataset, month: str, rows: pl.DataFrame
    ) -> None:
        if rows.is_empty():
            files.pop(month, None)
        else:
            files[month] = manifest.keep(self.folder, dataset, rows, month)

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


def _among(name: str, ids: Iterable[int]) -> pl.Expr:
    return pl.col(name).is_in(pl.Series(sorted(ids), dtype=pl.Int64).implode())


def _with(known: pl.DataFrame, more: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    return pl.concat([known.select(columns), more.select(columns)])


def _moved(left: pl.DataFrame, came: pl.DataFrame, columns: Sequence[str]) -> set[int]:
    """The customers of the rows that are not the same in these ``columns`` as they were."""
    before, after = left.select(columns), came.select(columns)
    unlike = (
        one.join(other, on=columns, how="anti", nulls_equal=True)
        for one, other in ((before, after), (after, before))
    )
    return {customer_id for rows in unlike for customer_id in rows["customer_id"]}


def _unlike(rows: pl.DataFrame, known: pl.DataFrame, by: Sequence[str]) -> set[int]:
    """The orders of the ``rows`` of which nothing that is the same ``by`` these was ``known``."""
    return set(rows.join(known, on=by, how="anti", nulls_equal=True)["order_id"])


def _may_hold(file: File, ids: Sequence[int]) -> bool:
    """Whether one of the ``ids``, which are sorted, lies where those of the file do."""
    place = bisect_left(ids, file.first_id)
    return place < len(ids) and ids[place] <= file.last_id
