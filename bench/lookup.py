"""Looking customers up as one types, over a million of them made by the demo generator.

Who writes in, :mod:`bench.customer_base` says; what is typed then, :mod:`bench.judged`. A keystroke
is one call of ``lookup.find`` with what has been typed so far; on the screen
(:mod:`bench.keystrokes`), it is the time from the key to the rows in a real terminal.

The figures without a bar are harder than life: one word alone, however many share it, and
customers drawn uniformly, most of whom have never ordered.
"""

from __future__ import annotations

import gc
import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from statistics import median, quantiles

from bench.customer_base import NOW, Known, fill, habitual, known, writers_in
from bench.figure import Figure
from bench.judged import Search, alone, judged, remembered, shown
from bench.keystrokes import painted
from crm_tui.core.clock import FixedClock
from crm_tui.services.customers.lookup import find
from crm_tui.services.demo.odds import Odds
from crm_tui.services.upkeep.opening import open_studio
from crm_tui.storage.store import ReadWork, Store

MANY, FEW = 1_000_000, 10_000
JUDGED, SEARCHES, LIKES = 300, 200, 20
ROWS = 3
Ways = Callable[[Known, Random], list[Search]]


def places(work: ReadWork, wanted: Sequence[Search]) -> list[int]:
    """The row in which each sought customer stands, from 0; :data:`ROWS` if below those."""
    rows = []
    for search in wanted:
        ids = [hit.id for hit in find(work, search.text, ROWS)]
        rows.append(ids.index(search.customer_id) if search.customer_id in ids else ROWS)
    return rows


def keystrokes(work: ReadWork, search: Search) -> list[float]:
    """Milliseconds of every keystroke of a search, typed from the first sign to the last."""
    return [_timed(work, search.text[:end]) for end in range(1, len(search.text) + 1)]


def mixed(lately: Sequence[Known], to_order: Sequence[Known], seed: int = 2) -> list[Search]:
    """Searches of every way: those of who writes in, and one word alone."""
    random = Random(seed)
    pool = [each for one in lately for each in (*remembered(one, random), *alone(one, random))]
    pool += [each for one in to_order for each in (*shown(one, random), *alone(one, random))]
    return random.sample(pool, SEARCHES)


def _timed(work: ReadWork, text: str) -> float:
    began = time.perf_counter()
    find(work, text)
    return (time.perf_counter() - began) * 1000


def _p95(values: Sequence[float]) -> float:
    return quantiles(values, n=20)[-1]


def _like(file: Path, wanted: Sequence[Search]) -> list[float]:
    """Milliseconds of the same searches by ``LIKE '%…%'`` over names and identities."""
    took = []
    with closing(sqlite3.connect(file)) as connection:
        for search in wanted:
            pattern = {"text": f"%{search.text}%"}
            began = time.perf_counter()
            connection.execute(
                "SELECT id, nick FROM customer WHERE nick LIKE :text OR name LIKE :text OR id IN "
                "(SELECT customer_id FROM customer_identity WHERE normalised LIKE :text) "
                "ORDER BY last_order_at DESC LIMIT 20",
                pattern,
            ).fetchall()
            took.append((time.perf_counter() - began) * 1000)
    return took


def _people(
    work: ReadWork, odds: Odds[int], count: int, seed: int = 2
) -> tuple[list[Known], list[Known]]:
    """Who writes in about an order, and who writes in to order."""
    lately, to_order = writers_in(work, odds, count, seed)
    return [known(work, each) for each in lately], [known(work, each) for each in to_order]


def _share(rows: Sequence[int], below: int) -> float:
    return 100 * sum(row < below for row in rows) / len(rows)


def _found(work: ReadWork, lately: Sequence[Known], to_order: Sequence[Known]) -> list[Figure]:
    """Where the sought person stands: the judged queries, and what is harder."""
    rows = places(work, judged(lately, to_order, seed=2))
    first, three = _share(rows, 1), _share(rows, ROWS)
    note = f"{len(rows)} judged queries of who writes in"
    figures = [
        Figure("sought person first", first, "%", "≥ 90 %", first >= 90, note),
        Figure("sought person in the first three", three, "%", "≥ 98 %", three >= 98, note),
    ]
    random = Random(3)
    uniform = [known(work, each) for each in random.sample(range(1, MANY + 1), JUDGED)]
    groups: list[tuple[str, Sequence[Known], Ways]] = [
        ("about an order, as judged", lately, remembered),
        ("about an order, one word alone", lately, alone),
        ("to order, as judged", to_order, shown),
        ("to order, one word alone", to_order, alone),
        ("drawn uniformly, as judged to order", uniform, shown),
        ("drawn uniformly, one word alone", uniform, alone),
    ]
    for group, people, ways in groups:
        figures += _by_way(work, group, [each for one in people for each in ways(one, random)])
    return figures


def _by_way(work: ReadWork, group: str, wanted: Sequence[Search]) -> list[Figure]:
    figures = []
    for way in sorted({search.way for search in wanted}):
        rows = places(work, [search for search in wanted if search.way == way])
        note = f"{group}; first in {_share(rows, 1):.0f} % of {len(rows)}"
        figures.append(Figure(f"in the first three by {way}", _share(rows, ROWS), "%", note=note))
    return figures


def _in_turns(
    few: Store, many: Store, wanted: tuple[Sequence[Search], Sequence[Search]]
) -> tuple[list[float], list[float]]:
    """Milliseconds of every keystroke among few and among many, a search here and one there."""
    took: tuple[list[float], list[float]] = ([], [])
    with few.read() as in_few, many.read() as in_many:
        for here, there in zip(*wanted, strict=True):
            took[0].extend(keystrokes(in_few, here))
            took[1].extend(keystrokes(in_many, there))
    return took


def _speed(
    few: Store, many: Store, file: Path, wanted: tuple[list[Search], list[Search]]
) -> list[Figure]:
    """What a keystroke costs in the service, at both sizes and against LIKE in ``file``, the
    larger one."""
    at_few, at_many = _in_turns(few, many, wanted)
    with many.read() as work:
        whole = [_timed(work, each.text) for each in wanted[1]]
    like = _like(file, wanted[1][:LIKES])
    p95, few_p95 = _p95(at_many), _p95(at_few)
    growth, gain = p95 / few_p95, median(like) / median(whole)
    typed = f"{len(at_many):,} keystrokes of {SEARCHES} searches, median {median(at_many):.1f} ms"
    likes = f"medians: {median(like):,.0f} ms and {median(whole):.1f} ms"
    return [
        Figure("keystroke p95, 1,000,000 customers", p95, "ms", "≤ 20 ms", p95 <= 20, typed),
        Figure("keystroke p95, 10,000 customers", few_p95, "ms"),
        Figure("1,000,000 against 10,000", growth, "×", "≤ 2 ×", growth <= 2, "p95, in turns"),
        Figure("faster than LIKE '%…%'", gain, "×", "≥ 50 ×", gain >= 50, likes),
    ]


def _on_the_screen(file: Path, wanted: Sequence[Search]) -> list[Figure]:
    """What a keystroke costs until its rows are painted."""
    times = [each * 1000 for each in painted(file, [search.text for search in wanted])]
    p95 = _p95(times)
    note = f"{len(times):,} keystrokes of {len(wanted)} searches, median {median(times):.0f} ms"
    return [Figure("keystroke → painted p95", p95, "ms", "≤ 60 ms", p95 <= 60, note)]


def measure(few_file: Path, many_file: Path) -> list[Figure]:
    """The figures for two studios that :func:`bench.customer_base.fill` made."""
    clock = FixedClock(NOW)
    few, many = open_studio(few_file, clock=clock), open_studio(many_file, clock=clock)
    with few.read() as work:
        in_few = mixed(*_people(work, habitual(FEW), JUDGED))
    odds = habitual(MANY)
    with many.read() as work:
        lately, to_order = _people(work, odds, JUDGED)
    del odds
    in_many = mixed(lately, to_order)
    gc.freeze()  # the sought people are the bench's own, and no console would hold them
    figures = _speed(few, many, many_file, (in_few, in_many))
    with many.read() as work:
        people_found = _found(work, lately, to_order)
    few.close()
    many.close()
    return [*figures, *_on_the_screen(many_file, in_many), *people_found]


def run() -> list[Figure]:
    """Keystrokes at a million and at ten thousand customers, against LIKE, and who is found."""
    with tempfile.TemporaryDirectory() as name:
        files = Path(name) / "few.db", Path(name) / "many.db"
        began = time.perf_counter()
        for file, count in zip(files, (FEW, MANY), strict=True):
            store = open_studio(file, clock=FixedClock(NOW))
            fill(store, count)
            store.close()
        written = (FEW + MANY) / (time.perf_counter() - began)
        rate = Figure("customers written with keys and orders", written, "rows/s", note="generator")
        return [rate, *measure(*files)]
