"""Settlement from the books: what a batch holds, its steps, and that it can be proved later."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from random import Random
from typing import Any

import pytest
from sqlmodel import select

from crm_tui.core.actor import Actor
from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import Conflict, CrmError, Invalid, NotAllowed, NotFound, Refused
from crm_tui.core.words import Account, JournalKind, OrderStatus, PayChannel, Role
from crm_tui.models import MAIN_STORE
from crm_tui.models.ledger import LedgerBalance
from crm_tui.services.money import refunds
from crm_tui.services.money.ledger import Entry, post, reverse
from crm_tui.services.money.settlement import actions, drafting, dues, plan, proof, reads
from crm_tui.services.money.settlement.actions import Stale
from crm_tui.services.upkeep.doctor import findings
from crm_tui.storage.store import Store, UnitOfWork
from tests.desk import Desk, open_desk

OWNER = Actor("owner", Role.ADMIN)
WANG = Actor("wang", Role.MANAGER)
CASHIER = Actor("zhou", Role.FINANCE)
TODAY = date(2026, 9, 21)
STUDIO_PART = 1_000


@dataclass
class Books:
    """A studio whose companions earn by journals that are posted for the test."""

    store: Store
    clock: FixedClock
    desk: Desk
    posted: int = 0

    @property
    def companions(self) -> list[int]:
        return self.desk.companions

    def do(self, action: Callable[..., Any], *args: Any, by: Actor = OWNER) -> Any:
        with self.store.write(by) as work:
            return action(work, *args)

    def earn(
        self,
        who: int,
        fen: int,
        day: date = TODAY - timedelta(days=10),
        *,
        frozen: int = 7,
        kind: JournalKind = JournalKind.COMPLETION,
        order: int | None = None,
    ) -> int:
        """An order brought somebody so much on a day; answers the order's number."""
        with self.store.write(OWNER) as work:
            return self.book(work, who, fen, day, frozen, kind, order)

    def book(
        self,
        work: UnitOfWork,
        who: int,
        fen: int,
        day: date,
        frozen: int = 7,
        kind: JournalKind = JournalKind.COMPLETION,
        order: int | None = None,
    ) -> int:
        """The same in a unit of work that goes on."""
        order = order or self.posted + 1
        entries = (
            Entry(Account.CHANNEL, fen + STUDIO_PART, channel="wechat"),
            Entry(Account.REVENUE, -STUDIO_PART),
            Entry(Account.COMPANION_PAYABLE, -fen, who, available_on=day + timedelta(days=frozen)),
        )
        self.posting(work, kind, entries, order, day)
        return order

    def give_back(
        self, who: int, fen: int, order: int, day: date = TODAY, account: Any = None
    ) -> int:
        """The companion's part of a refund; answers the number of its journal."""
        entries = (
            Entry(account or Account.COMPANION_PAYABLE, fen, who),
            Entry(Account.CHANNEL, -fen, channel="wechat"),
        )
        with self.store.write(OWNER) as work:
            return self.posting(work, JournalKind.REFUND, entries, order, day)

    def posting(
        self,
        work: UnitOfWork,
        kind: JournalKind,
        entries: tuple[Entry, ...],
        order: int,
        day: date,
    ) -> int:
        """A journal that happened at noon of a business day; answers its number."""
        self.posted += 1
        at = work.calendar().starts(day) + timedelta(hours=12)
        key = f"t{self.posted}"
        return post(work, kind, entries, key=key, store_id=MAIN_STORE, at=at, order_id=order)

    def draft(self, first: date = date(2026, 9, 1), last: date = TODAY, **more: Any) -> str:
        return str(drafting.draft(self.store, OWNER, first, last, **more)["no"])

    def settle(self, last: date = TODAY) -> dict[int, int]:
        """A whole batch; what everybody got."""
        no = self.draft(last=last)
        self.do(actions.approve, no)
        self.do(actions.pay, no, PayChannel.BANK)
        return {who: line.payable_fen for who, line in self.lines(no).items() if line.payable_fen}

    def lines(self, no: str) -> dict[int, reads.LineRow]:
        with self.store.read() as work:
            batch = reads.one(work, no)
            return {line.companion_id: line for line in reads.lines(work, batch.id)}

    def verified(self, no: str) -> bool:
        with self.store.read() as work:
            return proof.verify(work, no) == []

    def balance(self, account: Account, who: int = 0) -> int:
        with self.store.read() as work:
            found = work.session.exec(
                select(LedgerBalance.balance_fen).where(
                    LedgerBalance.account == account, LedgerBalance.subject_id == who
                )
            )
            return sum(found)


@pytest.fixture
def books(store: Store, clock: FixedClock) -> Books:
    return Books(store, clock, open_desk(store, clock))


def test_a_batch_holds_what_is_free_and_tells_what_is_frozen(books: Books) -> None:
    lu, bei, _idle = books.companions
    books.earn(lu, 9_000)
    books.earn(lu, 500, kind=JournalKind.TIP)
    books.earn(lu, 700, TODAY - timedelta(days=2))
    books.earn(bei, 4_000, TODAY - timedelta(days=7))
    books.earn(bei, 300, date(2026, 8, 31))
    no = books.draft()

    lines = books.lines(no)
    assert list(lines) == [lu, bei], "who gets most first; the third has nothing to tell"
    assert (lines[lu].earned_fen, lines[lu].tips_fen, lines[lu].frozen_fen) == (9_000, 500, 700)
    assert (lines[lu].payable_fen, lines[lu].orders) == (9_500, 1)
    assert lines[bei].payable_fen == 4_000, "what is earned before the first day is not settled"
    with books.store.read() as work:
        row = reads.one(work, no)
    assert (row.payable_fen, row.frozen_fen, row.companions, row.orders) == (13_500, 700, 2, 2)

    books.do(actions.approve, no)
    assert books.balance(Account.COMPANION_PAYABLE, lu) == -700
    assert books.balance(Account.SETTLED_PAYABLE, lu) == -9_500
    before = books.balance(Account.CHANNEL)
    books.do(actions.pay, no, PayChannel.WECHAT)
    assert books.balance(Account.SETTLED_PAYABLE, lu) == 0
    assert books.balance(Account.CHANNEL) == before - 13_500

    books.clock.advance(timedelta(days=7))
    books.earn(bei, 100, TODAY)
    assert books.settle() == {lu: 700, bei: 100}
    assert books.verified(no), "by its cut a batch comes out the same later"


def test_a_refund_before_payout_reduces_and_after_it_is_kept_back(books: Books) -> None:
    lu = books.companions[0]
    first = books.earn(lu, 9_000)
    books.earn(lu, 2_000, TODAY - timedelta(days=1))
    no = books.draft()
    books.give_back(lu, 4_000, first)
    with pytest.raises(Stale, match="鹿鹿00"):
        books.do(actions.approve, no)
    drafting.renew(books.store, OWNER, no)
    assert books.lines(no)[lu].payable_fen == 5_000
    books.do(actions.approve, no)
    books.do(actions.pay, no, PayChannel.BANK)

    books.give_back(lu, 1_000, first)
    books.give_back(lu, 300, first, account=Account.CLAWBACK)
    no = books.draft()
    line = books.lines(no)[lu]
    assert (line.earned_fen, line.clawback_fen, line.payable_fen) == (-1_000, -1_000, 0)
    books.do(actions.approve, no)
    assert books.balance(Account.CLAWBACK, lu) == 1_300
    assert books.balance(Account.COMPANION_PAYABLE, lu) == -2_000
    books.do(actions.pay, no, PayChannel.BANK)
    books.clock.advance(timedelta(days=9))
    assert books.settle() == {lu: 700}
    assert books.balance(Account.CLAWBACK, lu) == 0


def test_adjustments_have_reasons_and_go_with_the_batch(books: Books) -> None:
    lu, bei, idle = books.companions
    books.earn(lu, 1_000)
    books.do(actions.adjust, bei, 2_000, "training of a newcomer")
    no = books.draft()
    dropped = books.do(actions.adjust, idle, 50, "typing error")
    books.do(actions.adjust, lu, -1_500, "lost headset")
    assert {who: line.payable_fen for who, line in books.lines(no).items()} == {
        lu: 0,
        bei: 2_000,
        idle: 50,
    }
    books.do(actions.drop_adjustment, dropped)
    assert idle not in books.lines(no)
    assert books.verified(no)
    books.do(actions.approve, no)
    assert books.balance(Account.ADJUSTMENTS) == 0
    assert books.balance(Account.ADJUSTMENTS, lu) == -1_500
    assert books.balance(Account.CLAWBACK, lu) == 500
    with pytest.raises(NotAllowed):
        books.do(actions.drop_adjustment, 1)

    with pytest.raises(Invalid):
        books.do(actions.adjust, lu, 0, "nothing")
    with pytest.raises(Invalid):
        books.do(actions.adjust, lu, 100, " ")
    with pytest.raises(NotFound):
        books.do(actions.drop_adjustment, 999)


def test_a_cancelled_batch_is_taken_back_and_comes_again(books: Books) -> None:
    lu, bei, _idle = books.companions
    books.earn(lu, 1_000)
    books.do(actions.adjust, bei, 300, "waited for nothing")
    no = books.draft()
    with pytest.raises(Refused, match="draft"):
        books.draft()
    with pytest.raises(Invalid):
        books.do(actions.cancel, no, "")
    books.do(actions.approve, no)
    books.do(actions.cancel, no, "wrong month")
    assert books.balance(Account.SETTLED_PAYABLE, lu) == 0
    assert books.balance(Account.COMPANION_PAYABLE, lu) == -1_000
    with pytest.raises(NotAllowed, match="final"):
        books.do(actions.pay, no, PayChannel.BANK)
    assert books.verified(no)

    again = books.draft()
    assert {who: line.payable_fen for who, line in books.lines(again).items()} == {
        lu: 1_000,
        bei: 300,
    }
    books.do(actions.approve, again)
    books.earn(lu, 10)
    third = books.draft()
    with pytest.raises(Refused, match=third):
        books.do(actions.cancel, again, "too late")
    books.do(actions.cancel, third, "not needed")
    books.do(actions.pay, again, PayChannel.CASH)
    assert books.settle() == {lu: 10}


def test_an_order_refunded_after_payout_is_kept_back_from_the_next_batch(books: Books) -> None:
    desk = books.desk
    lu = books.companions[0]
    first = desk.order_in(OrderStatus.COMPLETED)
    books.clock.advance(timedelta(days=7))
    assert books.settle(TODAY) == {lu: 3_600}
    books.do(refunds.refund, first, 4_500, "not as agreed")
    assert books.balance(Account.CLAWBACK, lu) == 3_600
    second = desk.order_in(OrderStatus.COMPLETED)
    books.do(refunds.refund, second, 1_500, "an hour was short")
    desk.order_in(OrderStatus.COMPLETED)
    books.clock.advance(timedelta(days=7))
    no = books.draft(last=TODAY + timedelta(days=7))
    line = books.lines(no)[lu]
    assert (line.earned_fen, line.clawback_fen, line.payable_fen) == (6_000, 3_600, 2_400)


def test_two_people_settle_where_roles_say_so(books: Books) -> None:
    books.earn(books.companions[0], 1_000)
    no = str(drafting.draft(books.store, WANG, date(2026, 9, 1), TODAY)["no"])
    with pytest.raises(Refused, match="two people"):
        books.do(actions.approve, no, by=WANG)
    with pytest.raises(Refused, match="roles"):
        books.do(actions.approve, no, by=CASHIER)
    chen = Actor("chen", Role.MANAGER)
    books.do(actions.adjust, books.companions[0], 10, "for Chen's friend", by=chen)
    with pytest.raises(Refused, match="two people"):
        books.do(actions.approve, no, by=chen)
    xu = Actor("xu", Role.MANAGER)
    books.do(actions.approve, no, by=xu)
    with pytest.raises(Refused, match="two people"):
        books.do(actions.pay, no, PayChannel.BANK, by=xu)
    books.do(actions.pay, no, PayChannel.BANK, by=CASHIER)
    with pytest.raises(Refused):
        drafting.draft(books.store, Actor("li", Role.DISPATCHER))


def test_the_same_key_settles_once_and_periods_follow_one_another(books: Books) -> None:
    lu = books.companions[0]
    assert plan.make(books.store, MAIN_STORE).asked.window.cut == 0, "no journal yet"
    with pytest.raises(NotFound):
        drafting.draft(books.store, OWNER, store_id=9)
    with pytest.raises(NotFound):
        books.do(actions.adjust, lu, 100, "of no store", 9)
    with pytest.raises(Refused, match="nothing"):
        books.draft()
    books.earn(lu, 1_000)
    days = date(2026, 9, 1), date(2026, 9, 15)
    first = drafting.draft(books.store, OWNER, *days, key="k1")
    assert first["earlier_fen"] == 0
    assert drafting.draft(books.store, OWNER, *days, key="k1") == first
    with pytest.raises(Conflict):
        drafting.draft(books.store, OWNER, date(2026, 9, 1), TODAY, key="k1")
    books.do(actions.approve, first["no"])
    with pytest.raises(Refused, match="2026-09-15"):
        books.draft(last=date(2026, 9, 14))
    with pytest.raises(Invalid) as wrong:
        books.draft(date(2026, 9, 20), date(2026, 9, 19))
    assert wrong.value.facts["field"] == "--to"
    with pytest.raises(Invalid):
        books.do(actions.pay, first["no"], PayChannel.BALANCE)
    books.earn(lu, 40, date(2026, 8, 3))
    late = drafting.would_be(books.store, date(2026, 8, 1), TODAY)
    assert late["payable_fen"] == 40, "an earlier first day takes what lies before, too"
    assert drafting.would_be(books.store, None, TODAY)["from"] == "2026-09-16"


def test_a_first_batch_says_what_was_earned_before_it(books: Books) -> None:
    lu = books.companions[0]
    order = books.earn(lu, 4_000, date(2026, 8, 3))
    books.give_back(lu, 500, order)
    with pytest.raises(Refused, match=r"¥35\.00 was earned before 2026-09-01"):
        drafting.draft(books.store, OWNER, None, TODAY)
    books.earn(lu, 1_000, date(2026, 9, 1))
    assert drafting.would_be(books.store, None, TODAY)["earlier_fen"] == 3_500
    made = drafting.draft(books.store, OWNER, None, TODAY)
    assert (made["from"], made["payable_fen"], made["earlier_fen"]) == ("2026-09-01", 1_000, 3_500)
    books.do(actions.approve, made["no"])
    books.earn(lu, 70, date(2026, 9, 2))
    assert drafting.draft(books.store, OWNER, None, TODAY)["earlier_fen"] == 0


def test_what_goes_back_belongs_to_what_was_earned_with_the_same_order(books: Books) -> None:
    """However late it comes, or is taken back: of August it is not September's, and of September
    it is."""
    lu, bei, _idle = books.companions
    order = books.earn(lu, 1_000, date(2026, 8, 3))
    books.earn(bei, 700, date(2026, 9, 1), order=order)
    books.earn(lu, 2_000, date(2026, 9, 3))
    books.earn(bei, 1, date(2026, 9, 3))
    for who, fen in ((lu, 300), (lu, 1), (bei, 200), (bei, 1)):
        books.give_back(who, fen, order, date(2026, 9, 10))
    for who in (lu, bei):
        again = books.give_back(who, 50, order, date(2026, 9, 10))
        books.do(partial(reverse, journal_id=again, key=f"back {who}", reason="not sent"))
    lines = books.lines(books.draft())
    told = {who: (line.earned_fen, line.orders) for who, line in lines.items()}
    assert told == {lu: (2_000, 1), bei: (500, 2)}


def test_a_period_holds_its_first_moment_and_not_its_last(books: Books) -> None:
    lu, bei, _idle = books.companions
    with books.store.read() as work:
        opens, closes = work.calendar().bounds(date(2026, 9, 1), date(2026, 9, 15))
    moment = timedelta(microseconds=1)
    frozen = date(2026, 9, 30)
    for who, fen, at, free in (
        (bei, 20, opens, frozen),
        (lu, 1, opens - moment, None),
        (lu, 10, opens, None),
        (lu, 100, closes - moment, None),
        (lu, 1_000, closes, None),
    ):
        entries = Entry(Account.FEES, fen), Entry(Account.COMPANION_PAYABLE, -fen, who, "", free)
        given = {"key": f"at {at} {fen}", "store_id": MAIN_STORE, "at": at}
        books.do(partial(post, kind=JournalKind.CORRECTION, entries=entries, **given))
    told = drafting.would_be(books.store, date(2026, 9, 1), date(2026, 9, 15))
    assert (told["payable_fen"], told["frozen_fen"], told["earlier_fen"]) == (110, 20, 1)
    assert books.settle(date(2026, 9, 15)) == {lu: 110}
    books.clock.advance(timedelta(days=10))
    assert books.settle(frozen) == {lu: 1_000, bei: 20}


def test_what_is_left_of_anybody_is_looked_at_next_time(books: Books) -> None:
    lu, bei, _idle = books.companions
    for who in (lu, bei):
        books.earn(who, 40, TODAY - timedelta(days=1))
    books.earn(lu, 1_000)
    assert books.settle() == {lu: 1_000}
    books.clock.advance(timedelta(days=10))
    assert books.settle(TODAY + timedelta(days=9)) == {lu: 40, bei: 40}


def test_what_came_while_a_draft_waited_and_what_lies_before_it_come_later(books: Books) -> None:
    lu, bei, _idle = books.companions
    books.earn(lu, 40, date(2026, 8, 3))
    books.earn(lu, 1_000)
    first = books.draft()
    books.earn(bei, 70)
    for refused, days in (("draft", (None, None)), ("period", (None, TODAY - timedelta(days=1)))):
        with pytest.raises(Refused) as told:
            drafting.draft(books.store, OWNER, *days)
        assert told.value.facts["reason"] == refused
        if refused == "draft":
            books.do(actions.approve, first)
    books.clock.advance(timedelta(days=1))
    made = drafting.draft(books.store, OWNER)
    assert (made["from"], made["to"], made["payable_fen"]) == ("2026-09-21", "2026-09-21", 70)
    books.do(actions.cancel, made["no"], "from August on")
    whole = books.draft(date(2026, 8, 1), TODAY)
    assert {who: line.payable_fen for who, line in books.lines(whole).items()} == {lu: 40, bei: 70}
    assert books.verified(first) and books.verified(whole)


def test_progress_is_told_and_can_stop_it(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dues, "PORTION", 2)
    for who in books.companions:
        books.earn(who, 1_000)
    with pytest.raises(CrmError, match="Stopped") as stopped:
        books.draft(progress=lambda done, total: False)
    assert stopped.value.code == "cancelled"
    told: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> bool:
        told.append((done, total))
        return True

    books.draft(progress=progress)
    assert told == [(0, 3), (2, 3)]


@pytest.mark.parametrize(
    "store_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
def test_a_draft_waits_for_a_booking_that_has_its_number_already(books: Books) -> None:
    """Where several write at once, a lower number may be committed after a higher one."""
    lu, bei, _idle = books.companions
    day = TODAY - timedelta(days=10)
    with ThreadPoolExecutor(1) as pool:
        with books.store.write(OWNER) as slow:
            books.book(slow, lu, 1_000, day)
            with books.store.write(OWNER) as quick:
                entries = (
                    Entry(Account.FEES, 2_000),
                    Entry(Account.COMPANION_PAYABLE, -2_000, bei),
                )
                books.posting(quick, JournalKind.CORRECTION, entries, 99, day)
            drafting_now = pool.submit(books.draft)
            with pytest.raises(TimeoutError):
                drafting_now.result(timeout=0.3)
        no = drafting_now.result(timeout=20)
    assert {who: line.payable_fen for who, line in books.lines(no).items()} == {
        lu: 1_000,
        bei: 2_000,
    }


def test_whatever_happens_everybody_gets_what_they_earned_once(books: Books) -> None:
    """Random earnings, refunds and batches: paid, owed and frozen add up to what was earned."""
    chance = Random(11)
    earned = dict.fromkeys(books.companions, 0)
    paid = dict.fromkeys(books.companions, 0)
    orders: list[tuple[int, int, int]] = []
    numbers: list[str] = []
    for _turn in range(6):
        day = books.clock.now().date()
        for _ in range(chance.randint(1, 5)):
            who, fen = chance.choice(books.companions), chance.randint(1, 5_000)
            when = day - timedelta(days=chance.randint(0, 12))
            order = books.earn(who, fen, when, frozen=chance.choice((3, 7)))
            orders.append((order, who, fen))
            earned[who] += fen
        order, who, fen = orders.pop(chance.randrange(len(orders)))
        owed = -books.balance(Account.COMPANION_PAYABLE, who)
        if part := min(fen, owed):
            books.give_back(who, part, order, day)
            earned[who] -= part
        if fen > part:
            books.give_back(who, fen - part, order, day, Account.CLAWBACK)
            earned[who] -= fen - part
        no = books.draft(date(2026, 9, 1), day)
        numbers.append(no)
        if chance.random() < 0.3:
            books.do(actions.cancel, no, "by chance")
        else:
            books.do(actions.approve, no)
            books.do(actions.pay, no, PayChannel.BANK)
            for each, line in books.lines(no).items():
                paid[each] += line.payable_fen
        books.clock.advance(timedelta(days=chance.randint(1, 6)))
    for who in books.companions:
        owed = -books.balance(Account.COMPANION_PAYABLE, who) - books.balance(Account.CLAWBACK, who)
        assert paid[who] + owed == earned[who]
    assert all(books.verified(no) for no in numbers)


def test_a_batch_that_was_tampered_with_would_be_noticed(books: Books) -> None:
    def wrong() -> set[str]:
        return {each.name for each in findings(books.store) if not each.ok}

    books.earn(books.companions[0], 1_000)
    no = books.draft()
    books.do(actions.approve, no)
    assert wrong() == set()
    with books.store.dialect.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE settlement_batch SET state = 'paid'")
    assert wrong() == {"settlement.booked"}
    with books.store.dialect.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE settlement_batch SET state = 'approved'")
        connection.exec_driver_sql("UPDATE settlement_line SET earned_fen = 999, payable_fen = 999")
    assert wrong() == {"settlement.booked", "settlement.proved"}
    with books.store.read() as work:
        (difference,) = proof.verify(work, no)
    assert difference.stored and difference.computed
    assert (difference.stored.payable_fen, difference.computed.payable_fen) == (999, 1_000)
