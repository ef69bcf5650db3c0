"""What an order puts into the books, and who gives what back of a refund: whatever the amounts."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_tui.core.words import Account, JournalKind, OrderStatus, PayChannel, PaymentKind
from crm_tui.services.money import order_entries as entries
from crm_tui.services.money.order_entries import MoneyFacts, OrderFacts, Part
from crm_tui.services.money.refunding import Income, Taken, from_payments, give_back

fen = st.integers(1, 100_000)
earned = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 60_000)), max_size=4)
NOON = datetime(2026, 9, 21, 4, tzinfo=UTC)
FREE = date(2026, 9, 28)
CUSTOMER = 9


@given(st.integers(0, 100_000), st.integers(0, 120_000), earned, st.integers(0, 5_000))
def test_a_completion_balances_and_touches_no_more_than_was_paid(
    amount: int, paid: int, parts: list[tuple[int, int]], discount: int
) -> None:
    theirs = [Part(who, part, FREE) for who, part in parts]
    listed = entries.completion_entries(CUSTOMER, amount, paid, theirs, discount)
    sums: Counter[Account] = Counter()
    for entry in listed:
        assert entry.amount_fen
        sums[entry.account] += entry.amount_fen
    assert sum(sums.values()) == 0
    assert sums[Account.PREPAID] == min(paid, amount)
    assert sums[Account.PREPAID] + sums[Account.RECEIVABLE] == amount
    assert -sums[Account.COMPANION_PAYABLE] == sum(part for _who, part in parts)
    assert (
        -sums[Account.REVENUE] - sums[Account.DISCOUNT] == amount + sums[Account.COMPANION_PAYABLE]
    )
    lost = entries.write_off_entries(CUSTOMER, amount, paid, theirs, discount)
    assert sum(entry.amount_fen for entry in lost) == 0
    owed = [entry.amount_fen for entry in lost if entry.account is Account.RECEIVABLE]
    assert sum(owed) == 0
    debt = sum(entry.amount_fen for entry in lost if entry.account is Account.BAD_DEBT)
    assert debt == amount - min(paid, amount)


@given(
    st.integers(1, 100_000),
    st.dictionaries(st.integers(1, 4), st.integers(0, 60_000), max_size=4),
    st.integers(0, 20_000),
    st.lists(st.integers(1, 40_000), max_size=8),
    st.dictionaries(st.integers(1, 4), st.integers(0, 60_000), max_size=4),
)
def test_part_by_part_everybody_gives_back_what_the_whole_would(
    counted: int,
    parts: dict[int, int],
    prepaid: int,
    steps: list[int],
    owed: dict[int, int],
) -> None:
    income, left, back = Income(counted, 0, tuple(parts.items())), prepaid, Counter[int]()
    studio = returned = 0
    for step in [*steps, counted + prepaid]:
        amount = min(step, counted + prepaid - returned)
        given_back = give_back(amount, left, income, owed, FREE)
        assert given_back.amount_fen == amount
        assert 0 <= given_back.prepaid_fen <= left
        assert not given_back.earned_fen or given_back.prepaid_fen == left
        for one in given_back.companions:
            assert one.amount_fen > 0 and one.payable_fen >= 0 and one.clawback_fen >= 0
            assert one.payable_fen <= owed.get(one.companion_id, one.payable_fen)
            back[one.companion_id] += one.amount_fen
        left -= given_back.prepaid_fen
        income = income.less(given_back)
        studio += given_back.studio_fen
        returned += amount
        so_far = min(income.returned_fen, counted)
        for who, part in parts.items():
            assert abs(back[who] * counted - part * so_far) * 2 <= counted
    assert back == Counter({who: part for who, part in parts.items() if part})
    assert studio == counted - sum(parts.values())


def test_when_a_refund_between_others_was_taken_back_the_rest_is_given_by_the_last() -> None:
    whole = Income(4_500, 0, ((7, 3_600),))
    first = give_back(1, 0, whole, {}, None)
    second = give_back(2, 0, whole.less(first), {}, None)
    assert [one.companions[0].amount_fen for one in (first, second)] == [1, 1]
    without_the_first = Income(4_500, 2, whole.parts, {7: 1})
    assert without_the_first == whole.less(second)
    last = give_back(4_498, 0, without_the_first, {}, None)
    assert (last.companions[0].amount_fen, last.studio_fen) == (3_599, 899)
    assert give_back(5, 5, Income(4_500, 2, whole.parts), {}, None).companions == ()
    too_much = Income(4_500, 2, whole.parts, {7: 3})
    assert give_back(1, 0, too_much, {}, None).companions == (), "nobody gets of a refund"


@given(st.integers(0, 200_000), st.lists(fen, max_size=5))
def test_a_refund_goes_back_to_the_last_payments_and_never_exceeds_them(
    amount: int, lefts: list[int]
) -> None:
    payments = tuple(Taken(at, PayChannel.CASH, left) for at, left in enumerate(lefts))
    found = from_payments(amount, payments)
    assert sum(part for _one, part in found) == min(amount, sum(lefts))
    assert all(0 < part <= one.left_fen for one, part in found)
    assert [one.payment_id for one, _part in found] == sorted(
        (one.payment_id for one, _part in found), reverse=True
    )
    assert all(part == one.left_fen for one, part in found[:-1])


@settings(max_examples=60)
@given(
    st.sampled_from(OrderStatus),
    st.integers(0, 50_000),
    st.lists(st.tuples(st.sampled_from(PaymentKind), fen), max_size=6),
    st.lists(st.integers(0, 20_000), max_size=3),
)
def test_an_order_that_is_brought_in_can_be_posted_in_its_order(
    status: OrderStatus, amount: int, money: list[tuple[PaymentKind, int]], parts: list[int]
) -> None:
    done = status is OrderStatus.COMPLETED
    facts = OrderFacts(
        3, 1, CUSTOMER, status, amount, NOON if done else None, FREE if done else None, 8000
    )
    listed = [
        MoneyFacts(at, kind, PayChannel.WECHAT, part, NOON + timedelta(hours=at))
        for at, (kind, part) in enumerate(money, start=1)
    ]
    theirs = [Part(who, part, FREE) for who, part in enumerate(parts, start=1)]
    postings = entries.entries_of(facts, listed, theirs if done else [])
    assert len({posting.key for posting in postings}) == len(postings) == len(money) + done
    balances: Counter[Account] = Counter()
    for posting in postings:
        assert sum(entry.amount_fen for entry in posting.entries) == 0
        for entry in posting.entries:
            balances[entry.account] += entry.amount_fen
        assert balances[Account.PREPAID] <= 0 <= balances[Account.RECEIVABLE]
    came = {kind: sum(part for one, part in money if one is kind) for kind in PaymentKind}
    assert balances[Account.CHANNEL] == (
        came[PaymentKind.PAYMENT] + came[PaymentKind.TIP] - came[PaymentKind.REFUND]
    )
    assert not balances[Account.CLAWBACK]
    kinds = [posting.kind for posting in postings]
    assert kinds == sorted(kinds, key=[*_AS_POSTED].index)


@pytest.mark.parametrize(
    ("status", "amount", "prepaid", "payable", "refunds"),
    [
        (OrderStatus.CANCELLED, 4500, -4000, 0, 0),
        (OrderStatus.COMPLETED, 4500, 0, -3200, 100),
        (OrderStatus.COMPLETED, 0, -4000, 0, 0),
    ],
)
def test_an_order_brought_in_gives_back_first_what_nobody_had_earned(
    status: OrderStatus, amount: int, prepaid: int, payable: int, refunds: int
) -> None:
    """Paid 5,500, given back 500 and then 1,000."""
    done = status is OrderStatus.COMPLETED
    facts = OrderFacts(3, 1, CUSTOMER, status, amount, NOON, FREE, 8000)
    kinds = ((PaymentKind.PAYMENT, 5500), (PaymentKind.REFUND, 500), (PaymentKind.REFUND, 1000))
    money = [
        MoneyFacts(at, kind, PayChannel.CASH, fen, NOON) for at, (kind, fen) in enumerate(kinds)
    ]
    theirs = [Part(1, amount * 8 // 10, FREE)] if done else []
    sums: Counter[Account] = Counter()
    for posting in entries.entries_of(facts, money, theirs):
        for entry in posting.entries:
            sums[entry.account] += entry.amount_fen
    told = sums[Account.PREPAID], sums[Account.COMPANION_PAYABLE], sums[Account.REFUNDS]
    assert told == (prepaid, payable, refunds)


def test_the_books_know_what_they_hold_by_keys_that_never_change() -> None:
    """Books of studios that run hold them: with others everything would be booked again."""
    assert entries.payment_key(7) == "payment:7"
    assert entries.completion_key(7) == "order:7:end"


def test_the_simplest_entries() -> None:
    """Without a discount, of the studio's own money."""
    listed = entries.completion_entries(CUSTOMER, 4500, 4500, [Part(1, 3600)])
    assert {(entry.account, entry.amount_fen, entry.subject_id) for entry in listed} == {
        (Account.PREPAID, 4500, CUSTOMER),
        (Account.COMPANION_PAYABLE, -3600, 1),
        (Account.REVENUE, -900, 0),
    }
    lost = entries.write_off_entries(CUSTOMER, 4500, 0, [Part(1, 3600)])
    assert {entry.account for entry in lost} == {
        *(Account.RECEIVABLE, Account.COMPANION_PAYABLE, Account.REVENUE, Account.BAD_DEBT),
    }


_AS_POSTED = (JournalKind.PAYMENT, JournalKind.COMPLETION, JournalKind.TIP, JournalKind.REFUND)
