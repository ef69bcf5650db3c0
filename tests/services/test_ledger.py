"""The books: what is posted balances, once, for ever, and never beyond what there is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from crm_tui.core.actor import Actor
from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import Conflict, CrmError, KeyReused, NotFound, Refused
from crm_tui.core.words import Account, JournalKind
from crm_tui.models import MAIN_STORE, Order
from crm_tui.models import Store as Shop
from crm_tui.services.money import balances, ledger
from crm_tui.services.money.ledger import Entry, Posting
from crm_tui.storage.store import Store, UnitOfWork
from tests.desk import open_desk

CUSTOMER, COMPANION = 11, 22


def paid(fen: int, channel: str = "wechat") -> tuple[Entry, Entry]:
    """What a customer pays in advance."""
    return (
        Entry(Account.CHANNEL, fen, channel=channel),
        Entry(Account.PREPAID, -fen, CUSTOMER),
    )


def earned(fen: int, companion_fen: int) -> tuple[Entry, ...]:
    """An order done: what was prepaid belongs to the companion and the studio."""
    return (
        Entry(Account.PREPAID, fen, CUSTOMER),
        Entry(Account.COMPANION_PAYABLE, -companion_fen, COMPANION),
        Entry(Account.REVENUE, companion_fen - fen),
    )


def post(
    store: Store, actor: Actor, kind: JournalKind, entries: Sequence[Entry], key: str, **more: Any
) -> int:
    def act(work: UnitOfWork) -> int:
        return ledger.post(work, kind, entries, key=key, store_id=MAIN_STORE, **more)

    return store.perform(actor, act)


def standing(store: Store) -> dict[str, int]:
    """The balances that are not zero, by account."""
    with store.read() as work:
        assert balances.replay_differences(work) == []
        found = balances.balances(work)
    assert sum(row.balance_fen for row in found) == 0
    return {row.account.value: row.balance_fen for row in found if row.balance_fen}


def test_what_is_posted_stands_in_the_balances_and_only_once(store: Store, actor: Actor) -> None:
    first = post(store, actor, JournalKind.PAYMENT, paid(9000), "p1", order_id=5)
    assert post(store, actor, JournalKind.PAYMENT, paid(9000), "p1", order_id=5) == first
    assert standing(store) == {"channel": 9000, "prepaid": -9000}

    with pytest.raises(KeyReused):
        post(store, actor, JournalKind.PAYMENT, paid(9001), "p1", order_id=5)
    with pytest.raises(KeyReused):
        post(store, actor, JournalKind.PAYMENT, paid(9000), "p1", order_id=6)

    post(store, actor, JournalKind.COMPLETION, earned(9000, 7200), "c1", order_id=5)
    assert standing(store) == {"channel": 9000, "companion_payable": -7200, "revenue": -1800}
    assert post(store, actor, JournalKind.FEE, [Entry(Account.FEES, 0)], "nothing") == 0
    with pytest.raises(ValueError, match="does not balance"):
        post(store, actor, JournalKind.FEE, [Entry(Account.FEES, 1)], "wrong")


def test_nobody_can_have_had_more_than_was_theirs(store: Store, actor: Actor) -> None:
    post(store, actor, JournalKind.PAYMENT, paid(1000), "p1")
    with pytest.raises(Refused) as refused:
        post(store, actor, JournalKind.COMPLETION, earned(1001, 0), "c1")
    assert refused.value.facts["reason"] == "beyond_zero"
    assert refused.value.facts["account"] == "prepaid"
    assert "less than the ¥10.01" in refused.value.message()
    assert standing(store) == {"channel": 1000, "prepaid": -1000}

    first_ever = [Entry(Account.CLAWBACK, -1, COMPANION), Entry(Account.REVENUE, 1)]
    with pytest.raises(Refused):
        post(store, actor, JournalKind.ADJUSTMENT, first_ever, "a1")


def test_a_mistake_is_taken_back_by_its_opposite_once(
    store: Store, actor: Actor, clock: FixedClock
) -> None:
    wrong = post(store, actor, JournalKind.PAYMENT, paid(9000), "p1", order_id=5, reason="phone")
    before = clock.now()
    clock.advance(timedelta(hours=1))

    def take_back(key: str) -> Callable[[UnitOfWork], int]:
        return lambda work: ledger.reverse(work, wrong, key=key, reason="of another order")

    back = store.perform(actor, take_back("back"))
    assert store.perform(actor, take_back("back")) == back
    with pytest.raises(Refused, match="before") as refused:
        store.perform(actor, take_back("again"))
    assert refused.value.facts["reason"] == "reversed"
    with pytest.raises(NotFound):
        store.perform(actor, lambda work: ledger.reverse(work, 10**6, key="none", reason=""))

    assert standing(store) == {}
    with store.read() as work:
        then = balances.balances(work, at=before, store_id=MAIN_STORE)
        assert {row.account: row.balance_fen for row in then if row.balance_fen} == {
            Account.CHANNEL: 9000,
            Account.PREPAID: -9000,
        }
        told = balances.journal(work, back)
        assert (told.reverses_id, told.reason, told.order_id) == (wrong, "of another order", 5)
        assert [(line.account, line.amount_fen) for line in told.lines] == [
            (Account.CHANNEL, -9000),
            (Account.PREPAID, 9000),
        ]
        assert [line.position for line in told.lines] == [1, 2]
        assert [each.id for each in balances.journals_of_order(work, 5)] == [wrong, back]
        with pytest.raises(NotFound):
            balances.journal(work, 10**6)


def test_the_ledger_of_an_account_runs_backwards_page_by_page(store: Store, actor: Actor) -> None:
    payments = [
        Posting(JournalKind.PAYMENT, paid(fen, channel), f"p{fen}", MAIN_STORE)
        for fen, channel in ((100, "wechat"), (200, "cash"), (300, "wechat"), (400, "alipay"))
    ]
    ids = store.perform(actor, lambda work: ledger.post_many(work, payments))
    assert ids == sorted(ids)

    with store.read() as work:
        page = balances.statement(work, Account.CHANNEL, limit=2)
        rest = balances.statement(
            work, Account.CHANNEL, before=(page[-1].journal_id, page[-1].position)
        )
        assert [line.balance_fen for line in (*page, *rest)] == [1000, 600, 300, 100]
        wechat = balances.statement(work, Account.CHANNEL, channel="wechat")
        assert [(line.amount_fen, line.balance_fen) for line in wechat] == [(300, 400), (100, 100)]
        assert balances.subjects(work, Account.PREPAID) == [(CUSTOMER, -1000)]
        assert balances.balance(work, Account.PREPAID, CUSTOMER) == -1000
        assert balances.balance(work, Account.PREPAID, CUSTOMER + 1) == 0
        (row,) = (row for row in balances.balances(work) if row.account is Account.CHANNEL)
        assert row.channels == (("alipay", 400), ("cash", 200), ("wechat", 400))


def test_each_store_has_books_of_its_own_and_journals_name_their_order(
    store: Store, clock: FixedClock, actor: Actor
) -> None:
    desk = open_desk(store, clock)
    no = desk.order()
    with store.write(actor) as work:
        work.session.add(Shop(id=9, name="second"))
        work.session.flush()
        order_id = work.session.exec(select(Order.id).where(Order.no == no)).one()
        for fen, place in ((100, MAIN_STORE), (7, 9)):
            key = f"p{fen}"
            ledger.post(
                work, JournalKind.PAYMENT, paid(fen), key=key, store_id=place, order_id=order_id
            )
        away = [Entry(Account.PREPAID, -1, CUSTOMER + 1), Entry(Account.FEES, 1)]
        ledger.post(work, JournalKind.FEE, away, key="away", store_id=MAIN_STORE)
    with store.read() as work:
        for at in (None, clock.now()):
            (money, *_rest) = balances.balances(work, at, 9)
            assert (money.account, money.balance_fen) == (Account.CHANNEL, 7)
        assert balances.balance(work, Account.CHANNEL) == 107
        assert balances.balance(work, Account.CHANNEL, store_id=9) == 7
        assert balances.subjects(work, Account.PREPAID) == [(CUSTOMER, -107), (CUSTOMER + 1, -1)]
        assert balances.subjects(work, Account.PREPAID, 9) == [(CUSTOMER, -7)]
        assert balances.statement(work, Account.SUSPENSE) == []
        here = balances.statement(work, Account.CHANNEL, store_id=9)
        assert [(line.amount_fen, line.balance_fen, line.order_no) for line in here] == [(7, 7, no)]
        told = balances.journals_of_order(work, order_id or 0)
        assert {each.order_no for each in told} == {no}
        assert {(line.order_no, line.balance_fen) for each in told for line in each.lines} == {
            (no, 0)
        }


def test_money_that_lay_elsewhere_moves_once(store: Store, clock: FixedClock, actor: Actor) -> None:
    posted = post(store, actor, JournalKind.PAYMENT, paid(900), "p1")
    now, later = clock.now(), clock.now() + timedelta(hours=1)

    def move(channel: str, at: datetime) -> list[tuple[str, int]]:
        def act(work: UnitOfWork) -> None:
            ledger.relocate(work, [(posted, channel, at)], reason="as the file says")

        store.perform(actor, act)
        with store.read() as work:
            return [(line.channel, line.amount_fen) for line in balances.statement(
                work, Account.CHANNEL)]  # fmt: skip

    assert move("wechat", now) == [("wechat", 900)], "it lies there"
    assert move("alipay", now) == [("alipay", 900), ("wechat", -900), ("wechat", 900)]
    posted += 2
    assert len(move("alipay", later)) == 5, "only the time is another"


def test_many_journals_go_the_fast_way_with_the_same_result(store: Store, actor: Actor) -> None:
    many = [
        Posting(JournalKind.PAYMENT, paid(fen), f"p{fen}", MAIN_STORE, order_id=fen)
        for fen in range(1, 61)
    ]
    done = [
        Posting(JournalKind.COMPLETION, earned(fen, fen), f"c{fen}", MAIN_STORE, order_id=fen)
        for fen in range(1, 61)
    ]
    first = store.perform(actor, lambda work: ledger.post_many(work, many[:30]))
    ids = store.perform(actor, lambda work: ledger.post_many(work, [*many, *done]))
    assert ids[:30] == first
    total = sum(range(1, 61))
    assert standing(store) == {"channel": total, "companion_payable": -total}
    with pytest.raises(ValueError, match="one key"):
        store.perform(actor, lambda work: ledger.post_many(work, [many[0], many[0]]))


TAMPERING = (
    "UPDATE journal SET actor = 'somebody else'",
    "DELETE FROM journal",
    "UPDATE journal_line SET amount_fen = amount_fen + 1",
    "DELETE FROM journal_line",
    "INSERT INTO journal_line (journal_id, position, store_id, account, subject_id, channel, "
    "amount_fen) SELECT max(id), 9, 1, 'fees', 0, '', 5 FROM journal",
    "INSERT INTO journal_line (journal_id, position, store_id, account, subject_id, channel, "
    "amount_fen) VALUES (999999, 1, 1, 'fees', 0, '', 5)",
    "INSERT INTO journal (id, store_id, at, kind, key, request_sha256, reason, actor) "
    "VALUES (999999, 1, 0, 'fee', 'k', '', '', '')",
)


def test_the_database_itself_keeps_the_books_whole(store: Store, actor: Actor) -> None:
    post(store, actor, JournalKind.PAYMENT, paid(9000), "p1")
    for statement in TAMPERING:
        with pytest.raises((DBAPIError, CrmError)), store.write(actor) as work:
            work.session.connection().execute(text(statement))
    assert standing(store) == {"channel": 9000, "prepaid": -9000}


def test_lines_that_do_not_sum_to_zero_get_no_head(store: Store, actor: Actor) -> None:
    lines = text(
        "INSERT INTO journal_line (journal_id, position, store_id, account, subject_id, channel, "
        "amount_fen) VALUES (77, 1, 1, 'fees', 0, '', 5), (77, 2, 1, 'revenue', 0, '', :other)"
    )
    head = text(
        "INSERT INTO journal (id, store_id, at, kind, key, request_sha256, reason, actor) "
        "VALUES (77, 1, 0, 'fee', 'k', '', '', '')"
    )
    with pytest.raises((DBAPIError, Conflict)), store.write(actor) as work:
        work.session.connection().execute(lines, {"other": -4})
        work.session.connection().execute(head)
    with store.write(actor) as work:
        work.session.connection().execute(lines, {"other": -5})
        work.session.connection().execute(head)
    with store.read() as work:
        assert [line.amount_fen for line in balances.journal(work, 77).lines] == [5, -5]
        unposted = balances.replay_differences(work)
    assert [(row.account, row.lines_fen, row.kept_fen) for row in unposted] == [
        (Account.FEES, 5, 0),
        (Account.REVENUE, -5, 0),
    ]
