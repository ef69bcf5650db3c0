"""Whether the copy says what the database says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from crm_tui.services.figures.copy import door, layout, manifest, shaping, source, summing
from crm_tui.services.figures.copy.frames import Frames
from crm_tui.services.figures.copy.manifest import Manifest
from crm_tui.storage.store import ReadWork

_TRIES = 3


def differences(work: ReadWork, folder: Path) -> list[str]:
    """What the copy, brought up to date, tells otherwise than the database: datasets and months,
    and files whose content is not what was written. Reads everything, and adds it up in the
    database. Empty where there is no copy."""
    if manifest.read(folder) is None:
        return []
    found: list[str] = []
    for _attempt in range(_TRIES):
        with work.store.read() as look:
            door.frames(look, folder)
            state, now = door.state_of(look, folder)
            found = [*_differing(look, folder, state)] if state else [manifest.NAME]
        with work.store.read() as later:
            # Where others have written meanwhile, a difference may be theirs.
            if not found or door.state_of(later, folder)[1].seqs == now.seqs:
                break
    return found


def _differing(work: ReadWork, folder: Path, state: Manifest) -> Iterator[str]:
    every = (file for files in state.files.values() for file in files)
    spoilt = [file.path for file in every if not manifest.is_sound(folder, file)]
    if spoilt:
        # What is not what was written says nothing, if it can be read at all.
        yield from spoilt
        return
    frames = Frames.at(folder, state)
    calendars = door.calendars_of(work)
    month = pl.col("day").dt.strftime("%Y-%m").alias("month")
    for name, rows in source.sums(work).items():
        dataset = layout.DATASETS[name]
        amounts = [column for column in rows.columns if column.endswith("_fen")]
        here = shaping.dated(rows, calendars).group_by(month).agg(pl.sum("rows", *amounts))
        copied = (
            frames.scan(dataset, None, None)
            .group_by(month)
            .agg(pl.len().cast(pl.Int64).alias("rows"), pl.sum(*amounts) if amounts else [])
            .collect()
        )
        if dataset is layout.BOOKS:
            # Of the books a row is an hour, not a journal.
            here, copied = here.drop("rows"), copied.drop("rows")
        either = here.join(copied, on=here.columns, how="anti")
        other = copied.join(here, on=here.columns, how="anti")
        for differs in sorted({*either["month"], *other["month"]}):
            yield f"{name} {differs}"
    whole = frames.history().select(pl.len(), pl.sum("orders", "gross_fen")).collect().row(0)
    lines = frames.lines().select(pl.n_unique("customer_id"), pl.len(), pl.sum("gross_fen"))
    if whole != lines.collect().row(0):
        yield layout.HISTORY.name
    for dataset in layout.BY_ORDER:
        yield from _otherwise_summed(folder, state, dataset)
    earned = frames.books().select(pl.sum("companion_fen")).collect().item()
    if earned != frames.shares().select(pl.sum("share_fen")).collect().item():
        yield layout.SHARES.name


def _otherwise_summed(folder: Path, state: Manifest, dataset: layout.Dataset) -> Iterator[str]:
    """The months of which the copy has other sums than the rows of ``dataset`` add up to."""
    kept = {(each.name, file.month): file for each in layout.BY_MONTH for file in state.of(each)}
    for file in state.of(dataset):
        for summed, told in summing.sums(dataset, pl.read_parquet(folder / file.path)):
            there = kept.get((summed.name, file.month))
            if there is None or not pl.read_parquet(folder / there.path).equals(told):
                yield f"{summed.name} {file.month}"


@dataclass(frozen=True, slots=True)
class Standing:
    """The copy as it lies in its folder."""

    as_of: datetime | None
    """None where there is none."""
    usable: bool
    """It is of this database, dated as it dates, and whole."""
    behind: int
    """Events that it does not know of yet."""
    size: int
    """Bytes of its files."""
    rows: Mapping[str, int]
    """Rows of every dataset."""


def standing(work: ReadWork, folder: Path) -> Standing:
    """How the copy stands to the database; it is left as it is."""
    state, (usable, now) = manifest.read(folder), door.state_of(work, folder)
    if state is None:
        return Standing(None, False, sum(now.seqs.values()), 0, {})
    frames = Frames.at(folder, state)
    return Standing(
        state.as_of,
        usable is not None,
        sum(max(seq - state.seqs.get(store_id, 0), 0) for store_id, seq in now.seqs.items()),
        sum(file.size for files in state.files.values() for file in files),
        {
            name: frames.scan(dataset, None, None).select(pl.len()).collect().item()
            if usable
            else sum(file.rows for file in state.of(dataset))
            for name, dataset in layout.DATASETS.items()
        },
    )
