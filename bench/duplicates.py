"""Likely duplicates among a million customers with generated dirt: how many are found, how many of
those found are right, and how long the scan takes. The dirt and its truth: :mod:`bench.dirt`."""

from __future__ import annotations

import resource
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

from sqlmodel import col, select

from bench.customer_base import NOW
from bench.dirt import KINDS, Dirt, soil
from bench.figure import Figure
from crm_tui.core.actor import SYSTEM
from crm_tui.core.clock import FixedClock
from crm_tui.core.portions import portions
from crm_tui.core.words import IdentityKind
from crm_tui.models import Customer, CustomerIdentity, Tag
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.services.demo import people, write_people
from crm_tui.services.demo.people import Person
from crm_tui.services.duplicates.reads import Pair, alike, scan
from crm_tui.storage.store import ReadWork, Store, open_store

MANY = 1_000_000
COPIES = 30_000
_PORTION = 50_000


@dataclass(frozen=True, slots=True)
class Quality:
    """How right a scan is. ``recall_of`` is the share found of each kind of dirt."""

    precision: float
    recall: float
    recall_of: dict[str, float]


def fill(store: Store, count: int, copies: int, seed: int = 5) -> Dirt:
    """Write ``count`` customers of whom ``copies`` are second records and as many strangers who
    look like somebody."""
    random = Random(seed)
    with store.write(SYSTEM) as work:
        known = {tag.name: tag.id or 0 for tag in work.session.exec(select(Tag))}
        tags = known or write_people.tags(work)
    pool: list[Person] = []
    originals = count - 2 * copies
    for start in range(0, originals, _PORTION):
        with store.write(SYSTEM) as work:
            ids = work.reserve_ids(Customer, min(_PORTION, originals - start))
            portion = list(people.customers(random, ids, NOW))
            write_people.customers(work, portion, tags)
        pool += random.sample(portion, min(len(portion), 4 * copies * len(portion) // originals))
    with store.write(SYSTEM) as work:
        made = soil(pool, iter(work.reserve_ids(Customer, 2 * copies)), random, copies)
        dirt = made.without_clashes(partial(_taken, work))
        write_people.customers(work, dirt.records, tags)
    return dirt


def _taken(work: ReadWork, values: list[str]) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for some in portions(values, 500):
        stored = select(CustomerIdentity.kind, CustomerIdentity.normalised).where(
            col(CustomerIdentity.kind).in_(list(IdentityKind)),
            col(CustomerIdentity.normalised).in_(some),
        )
        found.update((IdentityKind(kind).value, value) for kind, value in work.session.exec(stored))
    return found


def quality(found: list[Pair], dirt: Dirt) -> Quality:
    """Precision and recall of the pairs that were found."""
    pairs = {(min(p.keep.id, p.other.id), max(p.keep.id, p.other.id)) for p in found}
    right = pairs & dirt.truth.keys()
    kinds = list(dirt.truth.values())
    recall_of = {
        kind: sum(dirt.truth[pair] == kind for pair in right) / max(kinds.count(kind), 1)
        for kind in KINDS
    }
    return Quality(len(right) / max(len(pairs), 1), len(right) / max(len(kinds), 1), recall_of)


def _entry_milliseconds(store: Store, dirt: Dirt) -> list[float]:
    """How long it takes to say who looks like somebody that is being entered."""
    took = []
    with store.read() as work:
        for record in dirt.records[:200]:
            new = NewCustomer(record.nick, record.name, dict(record.identities), city=record.city)
            began = time.perf_counter()
            alike(work, new)
            took.append((time.perf_counter() - began) * 1000)
    return sorted(took)


def run() -> list[Figure]:
    """Scan a million customers; precision, recall, seconds, memory, and the hint at entry."""
    with tempfile.TemporaryDirectory() as name:
        store = open_store(Path(name) / "many.db", clock=FixedClock(NOW))
        dirt = fill(store, MANY, COPIES)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.perf_counter()
        found = scan(store)
        seconds = time.perf_counter() - began
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        took = _entry_milliseconds(store, dirt)
        store.close()
    right = quality(found, dirt)
    told = f"{len(dirt.truth):,} second records among {MANY:,}, as many strangers who look alike"
    filled = f"{before / 1024:,.0f} MiB before the scan"
    p95 = took[int(len(took) * 0.95)]
    return [
        Figure("scan of 1,000,000 customers", seconds, "s", "≤ 120 s", seconds <= 120),
        Figure("peak memory of the process", after / 1024, "MiB", note=filled),
        Figure("precision", right.precision, "", "≥ 0.95", right.precision >= 0.95, told),
        Figure("recall", right.recall, "", "≥ 0.9", right.recall >= 0.9, told),
        *(Figure(f"recall of: {kind}", share, "") for kind, share in right.recall_of.items()),
        Figure("hint at entry, p95", p95, "ms", note="200 of the records, typed anew"),
    ]
