"""The money of an order in the books: paid, completed, tipped, given back, written off."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest
from sqlmodel import col, select

from crm_tui.core.actor import Actor
from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import Duplicate, Invalid, NotAllowed, NotFound, Refused
from crm_tui.core.words import Account as A
from crm_tui.core.words import OrderStatus as S
from crm_tui.core.words import PayChannel, PaymentKind, Role
from crm_tui.models import MAIN_STORE, Customer, Order, Payment
from crm_tui.models.ledger import Journal, JournalLine
from crm_tui.services.money import backfill, balances, refund_undoing, refunds, tips
from crm_tui.services.money.members import actions as members
from crm_tui.services.money.order_standing import standing
from crm_tui.services.money.refund_terms import in_words
from crm_tui.services.money.refunding import Income
from crm_tui.services.money.settlement import actions as settlement
from crm_tui.services.money.settlement import drafting
from crm_tui.services.money.settlement import reads as settlement_reads
from crm_tui.services.orders import actions as orders
from crm_tui.services.orders.moves import Final
from crm_tui.services.replay import reads as replay
from crm_tui.services.settings.actions import set_setting
from crm_tui.services.upkeep.doctor import findings
from crm_tui.storage.store import Store
from tests.desk import MANAGER, Desk, open_desk

WECHAT, CASH, ALIPAY = PayChannel.WECHAT, PayChannel.CASH, PayChannel.ALIPAY


@pytest.fixture
def desk(store: Store, clock: FixedClock) -> Desk:
    return open_desk(store, clock)


@pytest.fixture
def one_desk(sqlite_store: Store, clock: FixedClock) -> Desk:
    """Where the engine does not matter."""
    return open_desk(sqlite_store, clock)


def books(desk: Desk) -> Mapping[A, int]:
    """What stands on the accounts, without those at zero; always sound."""
    with desk.store.read() as work:
        assert balances.replay_differences(work) == []
        found = {one.account: one.balance_fen for one in balances.balances(work)}
    assert sum(found.values()) == 0
    return {account: fen for account, fen in found.items() if fen}


def test_what_is_paid_is_prepaid_until_the_order_is_completed(desk: Desk) -> None:
    no = desk.order_in(S.SERVING)
    desk.do(orders.pay, no, WECHAT, 2000, "wx-1")
    assert books(desk) == {A.CHANNEL: 2000, A.PREPAID: -2000}
    desk.do(orders.finish, no, 60)
    desk.do(orders.confirm, no)
    assert books(desk) == {A.CHANNEL: 2000, A.PREPAID: -2000}
    desk.do(orders.pay, no, CASH, 2500)
    assert books(desk) == {A.CHANNEL: 4500, A.COMPANION_PAYABLE: -3600, A.REVENUE: -900}
    with desk.store.read() as work:
        line = work.session.exec(
            select(JournalLine).where(JournalLine.account == A.COMPANION_PAYABLE)
        ).one()
        row = balances.journal(work, line.journal_id)
        completed = desk.row(no).completed_at
    assert (line.subject_id, line.available_on) == (desk.companions[0], date(2026, 9, 28))
    assert (row.at, row.order_no) == (completed, no)


def test_a_part_that_was_handed_over_is_kept_and_reopening_posts_nothing(desk: Desk) -> None:
    no = desk.order_in(S.SERVING)
    desk.do(orders.pay, no, WECHAT, 4500)
    desk.wait(15)
    desk.do(orders.hand_over, no, desk.companions[1])
    desk.do(orders.start, no)
    desk.wait(45)
    desk.do(orders.finish, no, 60)
    desk.do(orders.reopen, no)
    assert books(desk) == {A.CHANNEL: 4500, A.PREPAID: -4500}
    desk.do(orders.finish, no, 60)
    desk.do(orders.confirm, no)
    with desk.store.read() as work:
        theirs = dict(balances.subjects(work, A.COMPANION_PAYABLE))
    assert theirs == {desk.companions[0]: -900, desk.companions[1]: -2700}


def test_money_of_a_cancelled_order_is_given_back_the_way_it_came(desk: Desk) -> None:
    no = desk.order_in(S.ACCEPTED)
    desk.do(orders.pay, no, WECHAT, 3000, "wx-1")
    desk.do(orders.pay, no, CASH, 1000)
    desk.do(orders.cancel, no, "家里有事")
    assert books(desk)[A.PREPAID] == -4000
    with pytest.raises(Refused) as over:
        desk.do(refunds.refund, no, 4001, "too much")
    assert over.value.facts["refundable_fen"] == 4000
    with pytest.raises(Refused) as several:
        desk.do(refunds.refund, no, 4000, "two at once", "wx-r1")
    assert several.value.facts["reason"] == "several"
    with desk.store.read() as work:
        terms = refunds.terms(work, no)
    assert terms.only(WECHAT).quote().by_channel == {WECHAT: 3000}
    assert terms.only(ALIPAY).left_fen() == 0
    done = desk.do(refunds.refund, no, 4000, "called off")
    assert [(one.channel, one.given.amount_fen) for one in done.pieces] == [
        (CASH, 1000),
        (WECHAT, 3000),
    ]
    assert books(desk) == {}
    assert desk.row(no).paid_fen == 0
    detail = desk.detail(no)
    assert [line.kind for line in detail.payments][-2:] == [PaymentKind.REFUND] * 2
    assert detail.history[-1].text == "¥40.00 given back by Cash、WeChat Pay (called off)"


def test_a_refund_of_a_completed_order_is_given_by_all_who_earned(desk: Desk) -> None:
    no = desk.order_in(S.COMPLETED)
    with desk.store.read() as work:
        terms = refunds.terms(work, no)
    seen, everything = terms.quote(1001), terms.quote()
    assert (everything.amount_fen, terms.left_fen()) == (4500, 4500)
    assert in_words(seen) == [
        "¥10.01 back by Cash.",
        "鹿鹿00 gives ¥8.01 of what is frozen until 2026-09-28.",
        "The studio gives ¥2.00.",
    ]
    desk.do(refunds.refund, no, 1001, "came late", "till-7")
    (piece,) = seen.pieces
    assert (piece.given.studio_fen, piece.given.companions[0].payable_fen) == (200, 801)
    assert books(desk) == {
        A.CHANNEL: 3499,
        A.COMPANION_PAYABLE: -2799,
        A.REVENUE: -900,
        A.REFUNDS: 200,
    }
    assert desk.row(no).status is S.COMPLETED
    with pytest.raises(Duplicate):
        desk.do(refunds.refund, no, 1001, "came late", "till-7")
    desk.do(refunds.refund, no, 3499, "all of it")
    assert books(desk) == {A.REVENUE: -900, A.REFUNDS: 900}


def test_what_was_paid_beyond_the_bill_goes_back_before_anybody_earned_of_it(desk: Desk) -> None:
    no = desk.order_in(S.SERVING)
    desk.do(orders.pay, no, CASH, 4500)
    desk.do(orders.finish, no, 30)
    desk.do(orders.confirm, no)
    assert desk.row(no).status is S.COMPLETED
    assert books(desk)[A.PREPAID] == -2250
    with desk.store.read() as work:
        seen = refunds.terms(work, no).quote(3000)
    assert (seen.prepaid_fen, seen.pieces[0].given.earned_fen) == (2250, 750)
    desk.do(refunds.refund, no, 2250, "was shorter")
    assert books(desk) == {A.CHANNEL: 2250, A.COMPANION_PAYABLE: -1800, A.REVENUE: -450}


def test_a_tip_is_shared_by_its_own_rule_and_can_be_given_back(desk: Desk) -> None:
    no = desk.order_in(S.COMPLETED)
    before = books(desk)
    desk.do(tips.tip, no, WECHAT, 1001, "wx-t1")
    assert desk.row(no).tip_fen == 1001
    after = books(desk)
    assert after[A.COMPANION_PAYABLE] - before[A.COMPANION_PAYABLE] == -801
    assert after[A.TIP_REVENUE] == -200
    with pytest.raises(Duplicate):
        desk.do(tips.tip, no, WECHAT, 1001, "wx-t1")
    with pytest.raises(Refused):
        desk.do(refunds.refund, no, 1002, "more than was tipped", of_tips=True)
    desk.do(refunds.refund, no, 1001, "by mistake", of_tips=True)
    with desk.store.read() as work:
        (then,) = replay.board_at(work, desk.clock.now()).rows
    assert [one for one in findings(desk.store) if not one.ok] == []
    assert (then.tip_fen, then.paid_fen) == (0, 4500)
    assert (desk.row(no).tip_fen, desk.row(no).paid_fen) == (0, 4500)
    assert books(desk) == {**before, A.TIP_REVENUE: -200, A.REFUNDS: 200}
    assert [line.text for line in desk.detail(no).history][-2:] == [
        "¥10.01 tipped by WeChat Pay",
        "¥10.01 of the tips given back by WeChat Pay (by mistake)",
    ]


def test_what_is_left_of_every_payment_and_tip_is_known(one_desk: Desk) -> None:
    desk = one_desk
    no = desk.order_in(S.SERVING)
    for channel, fen in ((WECHAT, 2000), (CASH, 1000), (ALIPAY, 1500)):
        desk.do(orders.pay, no, channel, fen)
    desk.do(orders.finish, no, 60)
    desk.do(orders.confirm, no)
    desk.do(tips.tip, no, CASH, 500)
    desk.do(tips.tip, no, WECHAT, 1000)
    with desk.store.read() as work:
        order_id = work.session.exec(select(Order.id).where(Order.no == no)).one() or 0
        whole = standing(work, order_id, MAIN_STORE)
    (first, *_others), (small, large) = whole.payments, whole.tips
    assert (whole.prepaid_fen, set(whole.owed.values())) == (0, {4800})
    desk.do(refunds.refund, no, 300, "late", payment_id=first.payment_id)
    desk.do(refunds.refund, no, 1700, "very late")
    desk.do(refunds.refund, no, 200, "too much", payment_id=small.payment_id)
    desk.do(refunds.refund, no, 1100, "all too much", of_tips=True)
    with desk.store.read() as work:
        books_say = standing(work, order_id, MAIN_STORE, hold=True)
    assert [one.left_fen for one in books_say.payments] == [1700, 800, 0]
    assert [one.left_fen for one in books_say.tips] == [200, 0]
    assert books_say.order is not None and not books_say.order.settled
    who = desk.companions[0]
    assert books_say.order.income == Income(4500, 2000, ((who, 3600),), {who: 1600})
    assert {at: one.income for at, one in books_say.tip_earnings.items()} == {
        small.payment_id: Income(500, 300, ((who, 400),), {who: 240}),
        large.payment_id: Income(1000, 1000, ((who, 800),), {who: 800}),
    }
    assert books_say.owed == {who: 4800 - 1600 - 240 - 800}
    assert [one for one in findings(desk.store) if not one.ok] == []


def test_an_order_is_paid_from_the_balance_and_given_back_to_it(desk: Desk) -> None:
    desk.actor = MANAGER
    desk.do(set_setting, "members.bonus_steps", '[{"from_fen": 3000, "bonus_bp": 5000}]')
    no = desk.order_in(S.UNPAID)
    with pytest.raises(Refused) as too_little:
        desk.do(orders.pay, no, PayChannel.BALANCE, 4500)
    assert too_little.value.facts["balance_fen"] == 0
    assert (desk.row(no).status, desk.row(no).paid_fen) == (S.UNPAID, 0)
    desk.do(members.top_up, desk.customer, WECHAT, 4000)
    desk.do(orders.pay, no, PayChannel.BALANCE, 4500)
    stood = books(desk)
    assert (stood[A.BONUS], stood[A.BONUS_COST], stood[A.REVENUE]) == (-1500, 2000, -900)
    assert A.STORED not in stood and A.PREPAID not in stood
    desk.do(refunds.refund, no, 1000, "late")
    stood = books(desk)
    assert (stood[A.BONUS], stood[A.STORED]) == (-2000, -500)
    assert (stood[A.COMPANION_PAYABLE], stood[A.REFUNDS], stood[A.CHANNEL]) == (-2800, 200, 4000)


def test_nobody_tips_for_nothing_and_no_minor_tips(one_desk: Desk) -> None:
    desk = one_desk
    with pytest.raises(Refused):
        desk.do(tips.tip, desk.order_in(S.PENDING), WECHAT, 100)
    with pytest.raises(NotAllowed):
        desk.do(tips.tip, desk.order_in(S.CANCELLED), WECHAT, 100)
    no = desk.order_in(S.COMPLETED)
    with pytest.raises(Invalid):
        desk.do(tips.tip, no, WECHAT, 0)
    with pytest.raises(Refused):
        desk.do(tips.tip, no, WECHAT, 100, companion_id=desk.companions[2])
    with desk.store.write(MANAGER) as work:
        work.session.get_one(Customer, desk.customer).minor = True
    with pytest.raises(Refused) as refused:
        desk.do(tips.tip, no, WECHAT, 100)
    assert refused.value.facts["reason"] == "minor"


def test_writing_off_pays_who_served_and_is_the_studios_loss(desk: Desk) -> None:
    no = desk.order_in(S.UNPAID)
    desk.do(orders.pay, no, CASH, 1000)
    desk.actor = MANAGER
    desk.do(orders.cancel, no, "never paid")
    assert books(desk) == {
        A.CHANNEL: 1000,
        A.COMPANION_PAYABLE: -3600,
        A.REVENUE: -900,
        A.BAD_DEBT: 3500,
    }
    with pytest.raises(Final):
        desk.do(orders.pay, no, CASH, 3500)


def test_nothing_is_booked_of_an_order_for_nothing(one_desk: Desk) -> None:
    desk = one_desk
    no = desk.order(price_fen=0, companion_id=desk.companions[0])
    for step in (orders.start, orders.finish, orders.confirm):
        desk.do(step, no)
    assert desk.row(no).status is S.COMPLETED
    with desk.store.read() as work:
        assert work.session.exec(select(Journal.id)).all() == []
        assert work.session.exec(select(Payment.id).where(col(Payment.id) > 0)).all() == []
    with pytest.raises(Refused):
        desk.do(refunds.refund, no, 1, "what for")


def test_what_was_paid_out_is_clawed_back(desk: Desk, clock: FixedClock) -> None:
    no = desk.order_in(S.COMPLETED)
    desk.wait(8 * 24 * 60)
    later = desk.order_in(S.COMPLETED)
    desk.actor = Actor("chen", Role.ADMIN)
    batch = drafting.draft(desk.store, desk.actor)["no"]
    desk.do(settlement.approve, batch)
    desk.do(settlement.pay, batch, PayChannel.BANK)
    with desk.store.read() as work:
        told = in_words(refunds.terms(work, no).quote())
    assert told[1] == "鹿鹿00 owes ¥36.00 back: that was settled with them before."
    desk.do(refunds.refund, no, 4500, "complaint")
    stood = books(desk)
    assert (stood[A.CLAWBACK], stood[A.COMPANION_PAYABLE]) == (3600, -3600)
    desk.do(refunds.refund, later, 4500, "complaint")
    stood = books(desk)
    assert stood[A.CLAWBACK] == 3600
    assert A.COMPANION_PAYABLE not in stood


def test_a_refund_whose_money_was_not_sent_is_taken_back(desk: Desk) -> None:
    no = desk.order_in(S.COMPLETED)
    desk.do(tips.tip, no, CASH, 1000)
    before = books(desk)
    done = desk.do(refunds.refund, no, 2250, "late")
    of_tip = desk.do(refunds.refund, no, 500, "late", of_tips=True)
    both = (*done.payment_ids, *of_tip.payment_ids)
    assert desk.do(refund_undoing.take_back, no, both, "undone") == 2750
    assert books(desk) == before
    assert (desk.row(no).paid_fen, desk.row(no).tip_fen) == (4500, 1000)
    with desk.store.read() as work:
        assert refunds.terms(work, no).left_fen() == 4500
        assert refunds.terms(work, no).left_fen(of_tips=True) == 1000
    with pytest.raises(NotFound):
        desk.do(refund_undoing.take_back, no, done.payment_ids, "undone")
    with desk.store.write(MANAGER) as work:
        backfill.bring_in_all(work)
    assert books(desk) == before
    sent = desk.do(refunds.refund, no, 100, "late", "wx-back").payment_ids
    with pytest.raises(Refused, match="the money was sent"):
        desk.do(refund_undoing.take_back, no, sent, "undone")
    desk.do(refunds.refund, no, 1900, "late")
    again = desk.do(refunds.refund, no, 500, "late").payment_ids
    desk.do(refund_undoing.take_back, no, again, "undone")
    desk.actor = Actor("chen", Role.ADMIN)
    last = desk.do(refunds.refund, no, 500, "late").payment_ids
    desk.wait(8 * 24 * 60)
    batch = drafting.draft(desk.store, desk.actor)["no"]
    with desk.store.read() as work:
        (line,) = settlement_reads.lines(work, settlement_reads.one(work, batch).id)
    owed = 3600 + 800 - (2000 + 500) * 8 // 10
    assert (line.orders, line.payable_fen) == (1, owed)
    desk.do(settlement.approve, batch)
    with pytest.raises(Refused, match="was settled"):
        desk.do(refund_undoing.take_back, no, last, "undone")
    clawed = desk.do(refunds.refund, no, 200, "late")
    assert clawed.companions[0].clawback_fen == 160
    desk.do(refund_undoing.take_back, no, clawed.payment_ids, "undone")
    assert A.CLAWBACK not in books(desk)
    assert [found for found in findings(desk.store) if not found.ok] == []
