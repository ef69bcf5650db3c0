"""Bringing the copy up to date: what changed is read, and the files that hold it are written anew.

The cost follows what changed, not what there is: an evening's orders touch one month. An order's
number among its customer's follows from the customer's history as long as orders are only added
after the last one; where one comes before others, changes hands or goes, all of that customer's
orders are counted again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from crm_tui.models.ledger import Journal
from crm_tui.services.figures.copy import changes as log
from crm_tui.services.figures.copy import layout, manifest, shaping, source
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


@dataclass(frozen=True, slots=True)
class _Moves:
    """How the orders of customers differ from what was copied."""

    appended: pl.DataFrame
    """Orders of customers whose other orders all are as they were, and earlier."""
    recounted: pl.DataFrame
    """Customers whose orders have to be counted again, and from when on (``since``)."""


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
        """Copy what became of these orders; False where too many others follow from them."""
        if not ids:
            return True
        found = source.orders(self.work, source.among(self.work, ids))
        old = self._of_orders(layout.LINES, ids)
        moves = self._moves(old, found.orders)
        again = source.dealings(self.work, moves.recounted["customer_id"].to_list())
        later = pl.col("at") >= pl.col("since")
        others = set(again.join(moves.recounted, on="customer_id").filter(later)["order_id"])
        others -= set(ids)
        if len(others) > MOST_ORDERS:
            return False
        new = self._lines(found)
        if others:
            more = source.orders(self.work, source.among(self.work, others))
            new = pl.concat([new, self._lines(more)])
        known = self._known(layout.HISTORY, moves.appended["customer_id"].unique().to_list())
        numbers = pl.concat(
            [
                old.select("order_id", "nth"),
                shaping.continued(known, moves.appended).select("order_id", "nth"),
                shaping.numbered(again).select("order_id", "nth"),
            ]
        ).unique("order_id", keep="last", maintain_order=True)
        history = self._histories(moves, old, found.orders, again)
        lines = shaping.counted(new, numbers, history)
        self._actives(self._rewrite(layout.LINES, {*ids, *others}, lines))
        self._rewrite(layout.SERVED, ids, shaping.served(found, self.calendars))
        self._rewrite(layout.OFFERS, ids, shaping.offers(found, self.calendars))
        return True

    def _lines(self, found: source.Orders) -> pl.DataFrame:
        ids = found.orders["customer_id"].unique().to_list()
        of_whom = source.customers(self.work, source.among(self.work, ids))
        return shaping.lines(found, of_whom, self.calendars)

    def _moves(self, old: pl.DataFrame, new: pl.DataFrame) -> _Moves:
        """What became of the customers of these orders, as they were copied and as they are."""
        place = ("order_id", "customer_id", "store_id", "at")
        before = old.select(place).with_columns(pl.col("at").dt.epoch("us"))
        after = new.select(*place, "gross_fen")
        came = after.join(before, on=place, how="anti")
        left = before.join(after, on=place, how="anti")
        known = self._known(layout.HISTORY, came["customer_id"].unique().to_list())
        latest = known.select("customer_id", latest=pl.col("last_at").dt.epoch("us"))
        placed = came.join(latest, on="customer_id", how="left").with_columns(
            later=pl.col("latest").is_null() | (pl.col("at") > pl.col("latest"))
        )
        unsettled = pl.concat(
            [
                placed.filter(~pl.col("later")).select("customer_id", "at"),
                left.select("customer_id", "at"),
            ]
        )
        # What comes after the last stays in its place only where nothing else has moved.
        recounted = (
            pl.concat([unsettled, placed.select("customer_id", "at")])
            .filter(pl.col("customer_id").is_in(unsettled["customer_id"].implode()))
            .group_by("customer_id")
            .agg(pl.min("at").alias("since"))
        )
        appended = came.join(recounted, on="customer_id", how="anti")
        return _Moves(appended, recounted)

    def _histories(
        self, moves: _Moves, old: pl.DataFrame, new: pl.DataFrame, again: pl.DataFrame
    ) -> pl.DataFrame:
        """Copy and answer what became of the histories of all customers of these orders."""
        settled = ~pl.col("customer_id").is_in(moves.recounted["customer_id"].implode())
        worth = pl.concat(
            [
                new.select("customer_id", "gross_fen"),
                old.select("customer_id", -pl.col("gross_fen")),
            ]
        )
        sums = worth.filter(settled).group_by("customer_id").agg(pl.sum("gross_fen"))
        known = self._known(layout.HISTORY, sums["customer_id"].to_list())
        lengthened = shaping.lengthened(known, moves.appended, sums, self.calendars)
        counted = shaping.history(again, self.calendars)
        rows = pl.concat([lengthened, counted])
        gone = moves.recounted.join(counted, on="customer_id", how="anti")
        changed = rows.join(known, on=rows.columns, how="anti", nulls_equal=True)
        self._supersede(layout.HISTORY, changed, gone["customer_id"])
        return rows

    def _actives(self, months: Mapping[str, pl.DataFrame]) -> None:
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

    def _known(self, dataset: Dataset, ids: Collection[int]) -> pl.DataFrame:
        """The rows of a whole dataset about these customers."""
        rows = Frames.at(self.folder, self.state).scan(dataset, None, None)
        return rows.filter(_among("customer_id", ids)).collect().sort(dataset.sorted_by)

    def _of_orders(self, dataset: Dataset, ids: Collection[int]) -> pl.DataFrame:
        """The copied rows of these orders."""
        parts = [
            pl.scan_parquet(self.folder / file.path).filter(_among("order_id", ids)).collect()
            for file in self.state.of(dataset)
            if _may_hold(file, ids)
        ]
        return pl.concat(parts) if parts else pl.DataFrame(schema=dataset.schema)

    def _rewrite(
        self, dataset: Dataset, ids: Collection[int], rows: pl.DataFrame
    ) -> dict[str, pl.DataFrame]:
        """Let the rows of these orders be ``rows``, in whatever months they lie or lay; answers
        what those months hold now."""
        files = {file.month: file for file in self.state.of(dataset)}
        fresh = {f"{month:%Y-%m}": rows.filter(of_month(month)) for month in months_of(rows)}
        written = {}
        for month in {*fresh, *files}:
            parts = [fresh[month]] if month in fresh else []
            if month in files:
                if not parts and not _may_hold(files[month], ids):
                    continue
                before = pl.read_parquet(self.folder / files[month].path)
                kept = before.filter(~_among("order_id", ids))
                if not parts and kept.height == before.height:
                    continue
                parts.append(kept)
            written[month] = pl.concat(parts).sort(dataset.sorted_by)
            self._put(files, dataset, month, written[month])
        self.files[dataset.name] = tuple(files[month] for month in sorted(files))
        return written

    def _add(self, dataset: Dataset, more: pl.DataFrame) -> None:
        """Add sums of the ledger to those that are there."""
        files = {file.month: file for file in self.state.of(dataset)}
        for month in months_of(more):
            name = f"{month:%Y-%m}"
            sums = more.filter(of_month(month))
            if name in files:
                there = pl.read_parquet(self.folder / files[name].path)
                sums = shaping.added([there, sums], dataset)
            self._put(files, dataset, name, sums)
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


def _among(name: str, ids: Collection[int]) -> pl.Expr:
    return pl.col(name).is_in(pl.Series(sorted(ids), dtype=pl.Int64).implode())


def _may_hold(file: File, ids: Collection[int]) -> bool:
    return any(file.first_id <= each <= file.last_id for each in ids)
