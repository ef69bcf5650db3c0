"""Look-up keys of very many new customers, written when all of them are in, in the key's order.

A key table that is written customer by customer is touched everywhere at once, and slower the
larger it is. Here the keys are sorted first – in parts that fit into memory, on the disk – and
written in short transactions, so that others work meanwhile. ``Customer.keys`` is what counts:
the same may be done again, and what somebody changes in between stays as they changed it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
from sqlalchemy import select
from sqlmodel import SQLModel

from crm_tui.core.actor import Actor
from crm_tui.core.portions import portions
from crm_tui.services.customers import index
from crm_tui.storage.store import Store

Told = Callable[[int, int], None]
"""Is told how many keys are written, of how many."""

_CUSTOMERS = SQLModel.metadata.tables["customer"]
_CUSTOMERS_AT_ONCE = 20_000
_CUSTOMERS_A_PART = 8_000
_ROWS_AT_ONCE = 40_000


def write_backlog(
    store: Store, actor: Actor, spans: Sequence[range], told: Told | None = None
) -> None:
    """Write the key rows of the customers in ``spans``, whose ``keys`` column is written."""
    stretches = [
        span[at : at + _CUSTOMERS_AT_ONCE]
        for span in _joined(spans)
        for at in range(0, len(span), _CUSTOMERS_AT_ONCE)
    ]
    if not stretches:
        return
    with tempfile.TemporaryDirectory(prefix="crm-tui-keys-") as folder:
        parts = _Parts(Path(folder), sum(map(len, stretches)) // _CUSTOMERS_A_PART + 1)
        marks = []
        for stretch in stretches:
            people = _read(store, stretch)
            parts.add(people)
            marks.append(people.select("customer_id", mark=pl.col("keys").hash()))
        _write(store, actor, parts, told)
        for stretch, before in zip(stretches, marks, strict=True):
            _mend(store, actor, stretch, before, parts)


class _Parts:
    """The keys on the disk, in parts that follow one another."""

    def __init__(self, folder: Path, count: int) -> None:
        self._folder = folder
        self._count = count
        self._borders: pl.Series | None = None
        self._added = 0
        self.rows = 0

    def add(self, people: pl.DataFrame) -> None:
        """Put the keys of these people where they belong."""
        keys = people.select(
            key=pl.col("keys").str.strip_chars(" ").str.split(" "), customer_id="customer_id"
        ).explode("key")
        keys = keys.filter(pl.col("key").str.len_bytes() > 0)
        if self._borders is None:
            sample = keys["key"].sample(min(len(keys), 200 * self._count), seed=1).sort()
            step = max(1, len(sample) // self._count)
            self._borders = sample.gather_every(step, step).unique().sort()
        place = self._borders.search_sorted(keys["key"], side="right")
        for (part,), rows in (
            keys.with_columns(part=place).partition_by("part", as_dict=True).items()
        ):
            rows.select("key", "customer_id").write_ipc(self._folder / f"{part:06d}-{self._added}")
        self._added += 1
        self.rows += len(keys)

    def __iter__(self) -> Iterator[pl.DataFrame]:
        """The parts in order, each sorted; the next is read while one is in use."""
        numbers = sorted({file.name.partition("-")[0] for file in self._folder.iterdir()})
        with ThreadPoolExecutor(1) as ahead:
            waiting = [ahead.submit(self._sorted, number) for number in numbers[:1]]
            for following in [*numbers[1:], None]:
                part = waiting.pop().result()
                if following is not None:
                    waiting.append(ahead.submit(self._sorted, following))
                yield part

    def of(self, ids: Sequence[int]) -> list[tuple[str, int]]:
        """The keys that were put here for these customers."""
        found = [
            pl.read_ipc(file).filter(pl.col("customer_id").is_in(ids))
            for file in self._folder.iterdir()
        ]
        return [(key, owner) for part in found for key, owner in part.iter_rows()]

    def _sorted(self, number: str) -> pl.DataFrame:
        files = sorted(self._folder.glob(f"{number}-*"))
        return pl.concat([pl.read_ipc(file) for file in files]).sort("key", "customer_id")


def _joined(spans: Sequence[range]) -> Iterator[range]:
    """``spans`` as few as possible: what follows on one another together."""
    last: range | None = None
    for span in sorted(spans, key=lambda each: each.start):
        if last is not None and last.stop == span.start:
            last = range(last.start, span.stop)
            continue
        if last is not None:
            yield last
        last = span
    if last is not None:
        yield last


def _read(store: Store, stretch: range) -> pl.DataFrame:
    query = select(_CUSTOMERS.c.id, _CUSTOMERS.c["keys"]).where(
        _CUSTOMERS.c.id.between(stretch.start, stretch.stop - 1)
    )
    with store.read() as work:
        rows = work.session.connection().execute(query).all()
    return pl.DataFrame(
        {"customer_id": [row[0] for row in rows], "keys": [row[1] for row in rows]},
        schema={"customer_id": pl.Int64, "keys": pl.String},
    )


def _write(store: Store, actor: Actor, parts: _Parts, told: Told | None) -> None:
    done = 0
    for part in parts:
        for rows in portions(part.iter_rows(buffer_size=_ROWS_AT_ONCE), _ROWS_AT_ONCE):
            with store.write(actor) as work:
                index.put_in(work, rows)
            done += len(rows)
            if told:
                told(done, parts.rows)


def _mend(store: Store, actor: Actor, stretch: range, before: pl.DataFrame, parts: _Parts) -> None:
    """Take out the keys that somebody else took out while they were still being written."""
    now = _read(store, stretch).select("customer_id", now=pl.col("keys").hash())
    both = before.join(now, on="customer_id", how="left")
    changed = both.filter(pl.col("mark").ne_missing(pl.col("now")))["customer_id"].to_list()
    if changed:
        with store.write(actor) as work:
            index.take_out_stale(work, parts.of(changed))
