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
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlmodel import SQLModel

from bench.actions import at, order_life
from bench.figure import Figure
from bench.person import engines
from crm_tui.core.actor import SYSTEM
from crm_tui.core.clock import FixedClock
from crm_tui.core.portions import portions
from crm_tui.core.words import PayChannel, Presence
from crm_tui.models import MAIN_STORE, Companion, Customer, Game
from crm_tui.models.ledger import Journal, LedgerBalance
from crm_tui.services.money.settlement import actions, drafting, proof, reads
from crm_tui.services.upkeep.opening import open_studio
from crm_tui.storage.store import Store

ORDERS = 200_000
COMPANIONS = 800
SEPTEMBER = date(2026, 9, 1)
DAYS = 30
NOW = datetime(2026, 10, 9, 4, 0, tzinfo=UTC)
PORTION = 20_000
LIVES = 12
TIMEOUT = 900
_LINES, _HEADS = (SQLModel.metadata.tables[name] for name in ("journal_line", "journal"))
_LINE = (
    *("journal_id", "position", "account", "subject_id", "channel", "amount_fen"),
    "available_on",
)
_HEAD = ("id", "at", "kind", "key", "order_id")
_ALIKE = {"store_id": MAIN_STORE, "request_sha256": "", "reason": "", "actor": SYSTEM.login}
_PLACE = ("store_id", "account", "subject_id", "channel", "balance_fen")
_COLUMNS = [_LINES.c[name] for name in _PLACE[:-1]]
_SUMS = select(*_COLUMNS, func.sum(_LINES.c.amount_fen)).group_by(*_COLUMNS)


Written = tuple[tuple[Any, ...], list[tuple[Any, ...]]]
"""A journal as it lies in its tables, without its number: the head, and its lines."""


def journals(store: Store, month: date, companions: list[int]) -> Iterator[Written]:
    """Each order of a month is paid and completed; one in fifty is tipped."""
    chance = Random(month.month)
    with store.read() as work:
        starts = work.calendar().starts
    days = [starts(month + timedelta(days=day)) for day in range(DAYS)]
    for number in range(ORDERS):
        day = number * DAYS // ORDERS
        when = days[day] + timedelta(minutes=chance.randrange(1_400))
        order, name = 1_000_000 * month.month + number, f"{month}:{number}"
        paid = chance.randrange(30, 300) * 100
        who, theirs = chance.choice(companions), paid * 8 // 10
        free = month + timedelta(days=day + 7)
        yield (
            (when, "payment", f"p{name}", order),
            [
                ("channel", 0, "wechat", paid, None),
                ("prepaid", 1, "", -paid, None),
            ],
        )
        yield (
            (when, "completion", f"c{name}", order),
            [
                ("prepaid", 1, "", paid, None),
                ("companion_payable", who, "", -theirs, free),
                ("revenue", 0, "", theirs - paid, None),
            ],
        )
        if number % 50 == 0:
            yield (
                (when, "tip", f"t{name}", order),
                [
                    ("channel", 0, "wechat", 1_000, None),
                    ("companion_payable", who, "", -800, free),
                    ("tip_revenue", 0, "", -200, None),
                ],
            )


def book(store: Store, month: date, companions: list[int]) -> None:
    """Put a month into the books as they lie: nothing is measured of it, so it need only be fast.
    The triggers see every journal."""
    for portion in portions(journals(store, month, companions), PORTION):
        with store.write(SYSTEM) as work:
            ids = work.reserve_ids(Journal, len(portion))
            numbered = list(zip(ids, portion, strict=True))
            lines = (
                (journal_id, position, *line)
                for journal_id, (_head, of) in numbered
                for position, line in enumerate(of, start=1)
            )
            heads = ((journal_id, *head) for journal_id, (head, _lines) in numbered)
            add = store.dialect.insert_rows
            add(work.session, _LINES, _LINE, lines, same={"store_id": MAIN_STORE})
            add(work.session, _HEADS, _HEAD, heads, same=_ALIKE)
    with store.write(SYSTEM) as work:
        work.session.connection().execute(delete(LedgerBalance))
        work.session.connection().execute(insert(LedgerBalance).from_select(_PLACE, _SUMS))


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
        book(store, month, companions)
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
