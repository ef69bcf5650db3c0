"""Settling a month of 200,000 orders, after a month that was settled before.

The draft is made by a process of its own, whose memory is measured; meanwhile another process
takes orders through their whole life, and how long it waits is told beside how long it waits with
nobody else at work. On PostgreSQL where a server is installed.
"""

from __future__ import annotations

import multiprocessing
import resource
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from random import Random
from time import perf_counter

from bench.actions import at, order_life
from bench.figure import Figure
from bench.person import engines
from crm_tui.core.actor import SYSTEM
from crm_tui.core.clock import FixedClock
from crm_tui.core.portions import portions
from crm_tui.core.words import Account, JournalKind, PayChannel, Presence
from crm_tui.models import MAIN_STORE, Companion, Customer, Game
from crm_tui.services.money.ledger import Entry, Posting, post_many
from crm_tui.services.money.settlement import actions, drafting, proof, reads
from crm_tui.services.upkeep.opening import open_studio
from crm_tui.storage.store import Store

ORDERS = 200_000
COMPANIONS = 800
SEPTEMBER = date(2026, 9, 1)
DAYS = 30
NOW = datetime(2026, 10, 9, 4, 0, tzinfo=UTC)
PORTION = 2_000
LIVES = 12
TIMEOUT = 900


def postings(store: Store, month: date, companions: list[int]) -> Iterator[Posting]:
    """Each order of a month is paid and completed; one in fifty is tipped."""
    chance = Random(month.month)
    with store.read() as work:
        starts = work.calendar().starts
    for number in range(ORDERS):
        day = month + timedelta(days=number * DAYS // ORDERS)
        when = starts(day) + timedelta(minutes=chance.randrange(1_400))
        order, name = 1_000_000 * month.month + number, f"{month}:{number}"
        paid = chance.randrange(30, 300) * 100
        who, theirs = chance.choice(companions), paid * 8 // 10
        free = day + timedelta(days=7)

        def of(kind: JournalKind, key: str, *entries: Entry) -> Posting:
            return Posting(kind, entries, key, MAIN_STORE, when, order)  # noqa: B023

        money, prepaid = Entry(Account.CHANNEL, paid, channel="wechat"), Account.PREPAID
        yield of(JournalKind.PAYMENT, f"p{name}", money, Entry(prepaid, -paid, 1))
        yield of(
            JournalKind.COMPLETION,
            f"c{name}",
            Entry(prepaid, paid, 1),
            Entry(Account.COMPANION_PAYABLE, -theirs, who, available_on=free),
            Entry(Account.REVENUE, theirs - paid),
        )
        if number % 50 == 0:
            part = Entry(Account.COMPANION_PAYABLE, -800, who, available_on=free)
            tip = Entry(Account.CHANNEL, 1_000, channel="wechat")
            yield of(JournalKind.TIP, f"t{name}", tip, part, Entry(Account.TIP_REVENUE, -200))


def fill(target: str) -> tuple[int, int, int]:
    """August, settled, and September; a customer, a companion and a game for the one at work."""
    store = open_studio(target, clock=FixedClock(NOW))
    with store.write(SYSTEM) as work:
        people = [
            Companion(store_id=MAIN_STORE, no=f"P{number}", nick=f"陪玩{number}", created_at=NOW,
                      presence=Presence.IDLE, rate_fen=4500)
            for number in range(COMPANIONS)
        ]  # fmt: skip
        customer = Customer(store_id=MAIN_STORE, no="C1", nick="客户", created_at=NOW)
        work.session.add_all([customer, *people])
        work.session.flush()
        companions = [one.id or 0 for one in people]
        game = work.session.get(Game, 1)
        known = customer.id or 0, companions[0], game.id or 0 if game else 0
    for month in (SEPTEMBER.replace(month=8), SEPTEMBER):
        for portion in portions(postings(store, month, companions), PORTION):
            with store.write(SYSTEM) as work:
                post_many(work, portion)
        if month < SEPTEMBER:
            no = drafting.draft(store, SYSTEM, month, date(2026, 8, 31))["no"]
            _step(store, no)
    store.close()
    return known


def _step(store: Store, no: str) -> tuple[float, float]:
    """Approve and pay; the seconds of each."""
    began = perf_counter()
    store.perform(SYSTEM, lambda work: actions.approve(work, no))
    approved = perf_counter()
    store.perform(SYSTEM, lambda work: actions.pay(work, no, PayChannel.BANK))
    return approved - began, perf_counter() - approved


def _settle(target: str, results: Queue[tuple[str, float, int]]) -> None:
    """Draft September in this process: number, seconds, and the most memory it ever took (KiB)."""
    store = open_studio(target, clock=FixedClock(NOW))
    began = perf_counter()
    no = drafting.draft(store, SYSTEM, SEPTEMBER, SEPTEMBER + timedelta(days=DAYS - 1))["no"]
    took = perf_counter() - began
    results.put((no, took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))
    store.close()


def _at_work(
    target: str, known: tuple[int, int, int], over: Event, results: Queue[list[float]]
) -> None:
    """Orders from beginning to end, at least :data:`LIVES` of them, until it is over."""
    store = open_studio(target)
    waits: list[float] = []
    lives = 0
    while lives < LIVES or not over.is_set():
        waits += order_life(store, *known)
        lives += 1
    results.put(waits)
    store.close()


def _waits(target: str, known: tuple[int, int, int], *, beside: bool) -> tuple[list[float], str]:
    """How long each action waited, alone or beside a draft; and what the draft says."""
    context = multiprocessing.get_context("spawn")
    over, waits = context.Event(), context.Queue()
    drafted: Queue[tuple[str, float, int]] = context.Queue()
    worker = context.Process(target=_at_work, args=(target, known, over, waits))
    worker.start()
    said = ""
    if beside:
        settler = context.Process(target=_settle, args=(target, drafted))
        settler.start()
        no, took, memory = drafted.get(timeout=TIMEOUT)
        settler.join()
        said = f"{no} {took} {memory}"
    over.set()
    found = sorted(waits.get(timeout=TIMEOUT))
    worker.join()
    return found, said


def measure(engine: str, target: str) -> list[Figure]:
    """The figures of one engine."""
    known = fill(target)
    alone, _said = _waits(target, known, beside=False)
    beside, said = _waits(target, known, beside=True)
    no, took, memory = said.split()
    store = open_studio(target, clock=FixedClock(NOW))
    approving, paying = _step(store, no)
    began = perf_counter()
    with store.read() as work:
        wrong = len(proof.verify(work, no))
        proving = perf_counter() - began
        row = reads.one(work, no)
    store.close()
    seconds, mib = float(took), int(memory) / 1024
    told = f"{row.orders:,} orders, {row.companions} companions, ¥{row.payable_fen / 100:,.2f}"
    waited = f"{at(alone, 0.95) * 1000:.1f} ms alone, at most {beside[-1] * 1000:.0f} ms beside"
    return [
        Figure(f"draft of a month, {engine}", seconds, "s", "≤ 20 s", seconds <= 20, told),
        Figure(f"its memory, {engine}", mib, "MiB", "≤ 600 MiB", mib <= 600),
        Figure(
            f"order action beside it, p95, {engine}", at(beside, 0.95) * 1000, "ms", note=waited
        ),
        Figure(f"approval, {engine}", approving, "s", note="one transaction"),
        Figure(f"payout, {engine}", paying, "s", note="one transaction"),
        Figure(
            f"proof from the books, {engine}", proving, "s", "no difference", not wrong,
            f"{wrong} lines differ",
        ),
    ]  # fmt: skip


def run() -> list[Figure]:
    """A month settled, on every engine there is."""
    with engines() as found:
        return [figure for engine, target in found for figure in measure(engine, target)]
