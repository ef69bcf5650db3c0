"""Looking customers up as one types, over a million of them made by the demo generator.

Sought are customers who are in touch with the studio, as they are when somebody types their name:
their last order ended within the hour. How often those stand in the first three rows is measured
for each way to name them, and beside it for customers of the last thirty days, with one word and
with two. A keystroke is one call of ``lookup.find`` with what has been typed so far.
"""

from __future__ import annotations

import gc
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median, quantiles

from sqlmodel import select

from bench.figure import Figure
from crm_tui.core.actor import SYSTEM
from crm_tui.core.clock import FixedClock
from crm_tui.core.words import IdentityKind
from crm_tui.models import Customer, Tag
from crm_tui.services.customers.keys import fold_name
from crm_tui.services.customers.lookup import find
from crm_tui.services.customers.readings import readings
from crm_tui.services.demo import people, write_people
from crm_tui.services.demo.people import Person
from crm_tui.storage.store import ReadWork, Store, open_store

NOW = datetime(2026, 9, 21, 15, 4, 11, tzinfo=UTC)
MANY, FEW = 1_000_000, 10_000
SEARCHES = 200
ROWS = 3
TWO_READINGS = "曾单解"
_PORTION = 50_000


@dataclass(frozen=True, slots=True)
class Search:
    """What somebody types, and whom they mean."""

    way: str
    text: str
    customer_id: int


def fill(store: Store, count: int, seed: int = 1) -> list[Person]:
    """Write ``count`` customers; answers those heard of within thirty days.

    Seven in ten have ordered, the last time up to 400 days ago, more of them lately.
    """
    random = Random(seed)
    active = []
    with store.write(SYSTEM) as work:
        known = {tag.name: tag.id or 0 for tag in work.session.exec(select(Tag))}
        tags = known or write_people.tags(work)
    for start in range(0, count, _PORTION):
        with store.write(SYSTEM) as work:
            ids = work.reserve_ids(Customer, min(_PORTION, count - start))
            portion = list(people.customers(random, ids, NOW))
            for person in portion:
                if random.random() < 0.7:
                    person.orders = min(int(random.paretovariate(0.9)), 300)
                    person.last_order_at = NOW - timedelta(days=400 * random.random() ** 1.2)
            write_people.customers(work, portion, tags)
        active += [person for person in portion if heard_within(person, hours=30 * 24)]
    return active


def heard_within(person: Person, hours: float) -> bool:
    """Whether the last order of ``person`` ended at most so long ago."""
    last = person.last_order_at
    return last is not None and NOW - last <= timedelta(hours=hours)


def searches(person: Person) -> Iterator[Search]:
    """The ways to look for ``person``."""
    nick = fold_name(person.nick)
    known = dict(person.identities)
    if len(nick) > 2:
        yield Search("part of the nickname", nick[1:], person.id)
    if IdentityKind.PHONE in known:
        yield Search("last four digits", known[IdentityKind.PHONE][-4:], person.id)
    if IdentityKind.WECHAT in known:
        yield Search("WeChat id", known[IdentityKind.WECHAT][5:12], person.id)
    if person.name:
        for way in readings(person.name):
            both = "曾/单/解" if person.name[0] in TWO_READINGS else "other names"
            yield Search(f"initials, {both}", "".join(part[0] for part in way), person.id)
            yield Search(f"pinyin, {both}", "".join(way), person.id)


def two_words(person: Person) -> Iterator[Search]:
    """Initials of the name and the last four digits."""
    phone = dict(person.identities).get(IdentityKind.PHONE)
    if person.name and phone:
        initials = "".join(part[0] for part in readings(person.name)[0])
        yield Search("initials and last four digits", f"{initials} {phone[-4:]}", person.id)


def found(work: ReadWork, wanted: Sequence[Search]) -> float:
    """The share of ``wanted`` whose customer stands in the first three rows."""
    hits = sum(
        each.customer_id in [hit.id for hit in find(work, each.text, ROWS)] for each in wanted
    )
    return hits / len(wanted)


def keystrokes(work: ReadWork, search: Search) -> list[float]:
    """Milliseconds of every keystroke of a search, typed from the first sign to the last."""
    return [_timed(work, search.text[:end]) for end in range(1, len(search.text) + 1)]


def _timed(work: ReadWork, text: str) -> float:
    began = time.perf_counter()
    find(work, text)
    return (time.perf_counter() - began) * 1000


def mixed(active: Sequence[Person], seed: int = 2) -> list[Search]:
    """Searches of every way, for customers of the last thirty days."""
    random = Random(seed)
    pool = [
        each
        for person in random.sample(active, min(len(active), 2000))
        for each in searches(person)
    ]
    return random.sample(pool, min(SEARCHES, len(pool)))


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


def _by_way(
    work: ReadWork, chosen: Sequence[Person], ways: Callable[[Person], Iterator[Search]]
) -> dict[str, float]:
    """The share found, for each way to search; at most 200 searches a way."""
    pool: dict[str, list[Search]] = {}
    for person in chosen:
        for search in ways(person):
            if len(pool.setdefault(search.way, [])) < SEARCHES:
                pool[search.way].append(search)
    return {way: found(work, wanted) for way, wanted in sorted(pool.items())}


def _typed_in_turns(
    few: tuple[Store, list[Person]], many: tuple[Store, list[Person]]
) -> tuple[list[float], list[float]]:
    """Milliseconds of every keystroke among few and among many, a search here and one there."""
    took: tuple[list[float], list[float]] = ([], [])
    with few[0].read() as in_few, many[0].read() as in_many:
        for here, there in zip(mixed(few[1]), mixed(many[1]), strict=True):
            took[0].extend(keystrokes(in_few, here))
            took[1].extend(keystrokes(in_many, there))
    return took


def _found_by_way(store: Store, active: Sequence[Person]) -> list[Figure]:
    """How often the sought person stands in the first three rows."""
    now = [person for person in active if heard_within(person, hours=1)]
    lately = Random(3).sample(active, min(len(active), 4000))
    with store.read() as work:
        groups = (
            (f"customers of the last hour ({len(now)})", _by_way(work, now, searches)),
            ("customers of the last thirty days", _by_way(work, lately, searches)),
            ("customers of the last thirty days", _by_way(work, lately, two_words)),
        )
    return [
        Figure(f"in the first three by {way}", share * 100, "%", note=note)
        for note, shares in groups
        for way, share in shares.items()
    ]


def run() -> list[Figure]:
    """Keystrokes at a million and at ten thousand customers, against LIKE, and who is found."""
    with tempfile.TemporaryDirectory() as name:
        clock = FixedClock(NOW)
        few = open_store(Path(name) / "few.db", clock=clock)
        many = open_store(Path(name) / "many.db", clock=clock)
        active_few = fill(few, FEW)
        began = time.perf_counter()
        active = fill(many, MANY)
        seconds = time.perf_counter() - began
        gc.freeze()  # the sought people are the bench's own, and no console would hold them
        at_few, at_many = _typed_in_turns((few, active_few), (many, active))
        wanted = mixed(active)
        with many.read() as work:
            whole = [_timed(work, each.text) for each in wanted]
        people_found = _found_by_way(many, active)
        few.close()
        many.close()
        like = _like(Path(name) / "many.db", wanted[:20])
    p95, few_p95 = _p95(at_many), _p95(at_few)
    growth, gain = p95 / few_p95, median(like) / median(whole)
    typed = f"{len(at_many):,} keystrokes of {SEARCHES} searches, median {median(at_many):.1f} ms"
    likes = f"medians: {median(like):,.0f} ms and {median(whole):.1f} ms"
    return [
        Figure("customers written with their keys", MANY / seconds, "rows/s", note="generator"),
        Figure("keystroke p95, 1,000,000 customers", p95, "ms", "≤ 20 ms", p95 <= 20, typed),
        Figure("keystroke p95, 10,000 customers", few_p95, "ms"),
        Figure("1,000,000 against 10,000", growth, "×", "≤ 2 ×", growth <= 2, "p95, in turns"),
        Figure("faster than LIKE '%…%'", gain, "×", "≥ 50 ×", gain >= 50, likes),
        *people_found,
    ]
