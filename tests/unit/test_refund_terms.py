"""What a refund would do, and how it is said, from how an order stands in the books."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from crm_tui.core.errors import Refused
from crm_tui.core.words import PayChannel
from crm_tui.services.money.order_standing import Earning, OrderStanding
from crm_tui.services.money.refund_terms import Terms, in_words
from crm_tui.services.money.refunding import Back, Income, Taken, give_back

NOON = datetime(2026, 9, 21, 4, tzinfo=UTC)
TODAY = date(2026, 9, 21)
LU, BEI = 7, 8
NICKS = {LU: "鹿鹿", BEI: "北北"}


def earning(counted: int, *parts: tuple[int, int], settled: bool = False) -> Earning:
    return Earning(1, NOON, date(2026, 9, 28), Income(counted, 0, parts), settled)


def terms(
    order: Earning | None,
    *payments: Taken,
    prepaid: int = 0,
    owed: dict[int, int] | None = None,
    tip: Earning | None = None,
    today: date = TODAY,
) -> Terms:
    owed = {LU: 9_000, BEI: 9_000} if owed is None else owed
    tips = (Taken(5, PayChannel.CASH, 1_000),) if tip else ()
    books = OrderStanding(prepaid, order, {5: tip} if tip else {}, payments, tips, owed)
    return Terms("26-1", sum(one.left_fen for one in payments), books, NICKS, today)


WECHAT, CASH = Taken(1, PayChannel.WECHAT, 3_000), Taken(2, PayChannel.CASH, 1_500)


def test_what_was_paid_ahead_goes_back_first_and_each_party_is_told() -> None:
    quote = terms(earning(4_000, (LU, 3_200)), WECHAT, CASH, prepaid=500).quote(2_500)
    assert quote.by_channel == {PayChannel.CASH: 1_500, PayChannel.WECHAT: 1_000}
    assert quote.companions == (Back(LU, 1_600, 0, date(2026, 9, 28)),)
    assert (quote.amount_fen, quote.prepaid_fen, quote.studio_fen) == (2_500, 500, 400)
    assert in_words(quote) == [
        "¥15.00 back by Cash.",
        "¥10.00 back by WeChat Pay.",
        "¥5.00 of it was paid ahead: nobody has earned it.",
        "鹿鹿 gives ¥16.00 of what is frozen until 2026-09-28.",
        "The studio gives ¥4.00.",
    ]


@pytest.mark.parametrize(("day", "frozen"), [(27, True), (28, False), (29, False)])
def test_a_freeze_is_over_on_its_day(day: int, frozen: bool) -> None:
    free = terms(earning(4_500, (LU, 4_500)), WECHAT, today=date(2026, 9, day))
    why = "is frozen until 2026-09-28" if frozen else "they are owed"
    assert in_words(free.quote(100))[1:] == [f"鹿鹿 gives ¥1.00 of what {why}."]


def test_who_had_more_than_was_paid_gives_the_studio_something_back() -> None:
    quote = terms(earning(1_500, (LU, 2_000)), CASH).quote()
    assert quote.studio_fen == -500
    assert (
        in_words(quote)[-1] == "The studio gets ¥5.00 back: the companions had more than was paid."
    )


def test_more_than_is_owed_or_was_settled_is_a_claim() -> None:
    short = terms(earning(4_500, (LU, 1_800), (BEI, 1_800)), WECHAT, CASH, owed={LU: 300, BEI: 0})
    assert short.quote(4_500).companions == (
        Back(LU, 300, 1_500, date(2026, 9, 28)),
        Back(BEI, 0, 1_800, date(2026, 9, 28)),
    )
    settled = terms(earning(4_500, (LU, 1_800), settled=True), WECHAT, CASH).quote()
    assert [(back.payable_fen, back.clawback_fen) for back in settled.companions] == [(0, 1_800)]
    assert in_words(settled)[2] == "鹿鹿 owes ¥18.00 back: that was settled with them before."


def test_a_tip_goes_back_out_of_itself() -> None:
    whole = terms(
        earning(4_500, (LU, 3_600)), WECHAT, CASH, prepaid=700, tip=earning(1_000, (BEI, 800))
    )
    quote = whole.quote(of_tips=True)
    assert (quote.prepaid_fen, quote.studio_fen) == (0, 200)
    assert quote.companions == (Back(BEI, 800, 0, date(2026, 9, 28)),)
    with pytest.raises(Refused) as refused:
        whole.quote(1_001, of_tips=True)
    assert refused.value.facts["reason"] == "too_much"
    assert "¥10.00 of 26-1 can be given back, not ¥10.01." in refused.value.message()
    assert whole.only(PayChannel.CASH).left_fen() == 1_500
    assert whole.only(payment_id=1).left_fen() == 3_000


def test_before_anything_was_earned_all_of_it_was_paid_ahead_or_is_the_studios() -> None:
    assert terms(None, WECHAT, prepaid=3_000).quote().prepaid_fen == 3_000
    quote = terms(None, WECHAT, prepaid=2_000).quote()
    assert (quote.prepaid_fen, quote.studio_fen, quote.companions) == (2_000, 1_000, ())


def test_an_order_for_nothing_takes_nothing_from_who_served_it() -> None:
    given = give_back(100, 0, Income(0, 0, ((LU, 500),)), {}, None)
    assert (given.studio_fen, given.companions) == (100, ())
    half = give_back(1, 0, Income(2, 0, ((LU, 1),)), {}, None)
    assert half.companions[0].amount_fen == 1, "half up"
    assert in_words(terms(earning(3_000, (LU, 2_999)), WECHAT).quote())[-1] == (
        "The studio gives ¥0.01."
    )
