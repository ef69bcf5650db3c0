"""What is due, who may take which step, and what is posted."""

from __future__ import annotations

from dataclasses import astuple, replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.core.settings import parse_setting
from crm_tui.core.words import Account, OrderKind, PayChannel, Role, SettlementState
from crm_tui.services.money.settlement.freeze import free_on
from crm_tui.services.money.settlement.rules import (
    PAYOUT_CHANNELS,
    TRANSITIONS,
    Dues,
    Line,
    Window,
    approved,
    is_alone,
    line_of,
    lines_of,
    paid_out,
)

FEN = st.integers(-1_000_000, 1_000_000)
DUES = st.builds(
    Dues,
    st.integers(1, 50),
    earned_fen=FEN,
    tips_fen=FEN,
    claim_fen=st.integers(0, 1_000_000),
    frozen_fen=FEN,
    orders=st.integers(0, 99),
)


@pytest.mark.parametrize("kind", OrderKind)
def test_a_trial_is_frozen_for_three_days_all_else_for_seven(kind: OrderKind) -> None:
    days = {"trial": 3, "other": 7}
    assert free_on(kind, date(2026, 9, 28), days) == (
        date(2026, 10, 1) if kind is OrderKind.TRIAL else date(2026, 10, 5)
    )


@pytest.mark.parametrize(
    ("dues", "adjustment", "told"),
    [
        # earned, tips, adjustments, clawback, frozen, payable, orders
        (Dues(7, 9_000, 800, 0, 50, 3), 0, (9_000, 800, 0, 0, 50, 9_800, 3)),
        (Dues(7, 9_000, 0, 2_500), 0, (9_000, 0, 0, 2_500, 0, 6_500, 0)),
        (Dues(7, 1_000, 500, 2_500), 0, (1_000, 500, 0, 1_500, 0, 0, 0)),
        (Dues(7, 1_000, 0, 400), -1_500, (1_000, 0, -1_500, -500, 0, 0, 0)),
        (Dues(7, -300), 0, (-300, 0, 0, -300, 0, 0, 0)),
        (Dues(7, -300, 0, 100), 1_000, (-300, 0, 1_000, 100, 0, 600, 0)),
        (Dues(7), 1, (0, 0, 1, 0, 0, 1, 0)),
        (Dues(7, frozen_fen=1), 0, (0, 0, 0, 0, 1, 0, 0)),
        (Dues(7, orders=1), 0, (0, 0, 0, 0, 0, 0, 1)),
        (Dues(7, tips_fen=1), 0, (0, 1, 0, 0, 0, 1, 0)),
    ],
)
def test_what_is_due_pays_the_debt_first(
    dues: Dues, adjustment: int, told: tuple[int, ...]
) -> None:
    line = line_of(dues, adjustment)
    assert line is not None
    assert astuple(line) == (7, *told)


def test_a_debt_alone_is_not_a_line() -> None:
    assert line_of(Dues(7, claim_fen=5_000)) is None
    assert lines_of([Dues(7, claim_fen=5_000), Dues(8)], {}) == []


@given(DUES, FEN)
def test_nobody_is_asked_for_money_and_every_line_adds_up(dues: Dues, adjustment: int) -> None:
    line = line_of(dues, adjustment)
    if line is None:
        return
    assert line.payable_fen >= 0
    due = line.earned_fen + line.tips_fen + line.adjustments_fen
    assert line.payable_fen == due - line.clawback_fen
    assert line.clawback_fen <= dues.claim_fen
    assert line.payable_fen == 0 or line.clawback_fen == dues.claim_fen
    assert sum(fen for _account, _who, fen in approved([line])) == 0


def test_lines_follow_the_companions_and_adjustments_make_their_own() -> None:
    lines = lines_of([Dues(9, 100), Dues(3, 200, claim_fen=50)], {5: 70, 9: -10})
    assert [(line.companion_id, line.payable_fen) for line in lines] == [(3, 150), (5, 70), (9, 90)]


def test_approval_and_payout_post_what_the_lines_say() -> None:
    lines = [Line(7, 9_000, 800, 100, 900, 50, 9_000, 3), Line(8, 100, 0, -300, -200, 0, 0, 1)]
    assert list(approved(lines)) == [
        (Account.COMPANION_PAYABLE, 7, 9_800),
        (Account.ADJUSTMENTS, 7, 100),
        (Account.CLAWBACK, 7, -900),
        (Account.SETTLED_PAYABLE, 7, -9_000),
        (Account.COMPANION_PAYABLE, 8, 100),
        (Account.ADJUSTMENTS, 8, -300),
        (Account.CLAWBACK, 8, 200),
        (Account.SETTLED_PAYABLE, 8, 0),
    ]
    assert list(paid_out(lines)) == [
        (Account.SETTLED_PAYABLE, 7, 9_000),
        (Account.SETTLED_PAYABLE, 8, 0),
    ]


def test_a_batch_goes_from_draft_to_approved_to_paid_or_is_cancelled_before() -> None:
    told = {state: sorted(TRANSITIONS[state]) for state in SettlementState}
    assert told == {
        SettlementState.DRAFT: ["approved", "cancelled"],
        SettlementState.APPROVED: ["cancelled", "paid"],
        SettlementState.PAID: [],
        SettlementState.CANCELLED: [],
    }
    assert PayChannel.BALANCE not in PAYOUT_CHANNELS


def _window() -> Window:
    opens, closes = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)
    return Window(100, opens, closes, date(2026, 10, 8))


def test_a_window_lies_in_a_later_one_that_sees_no_less() -> None:
    window = _window()
    assert window.lies_in(window)
    later = replace(
        window,
        cut=101,
        opens=datetime(2026, 8, 1, tzinfo=UTC),
        closes=datetime(2026, 11, 1, tzinfo=UTC),
        free_on=date(2026, 10, 9),
    )
    assert window.lies_in(later)
    for name in ("cut", "opens", "closes", "free_on"):
        narrower = replace(later, **{name: getattr(window, name)})
        assert window.lies_in(narrower)
        assert not later.lies_in(narrower)


@pytest.mark.parametrize(
    ("role", "login", "alone"),
    [
        (Role.MANAGER, "wang", True),
        (Role.MANAGER, "li", False),
        (Role.FINANCE, "wang", True),
        (Role.ADMIN, "wang", False),
    ],
)
def test_two_people_settle_where_their_role_says_so(role: Role, login: str, alone: bool) -> None:
    assert is_alone(role, login, {"wang", "zhou"}, ["manager", "finance"]) is alone
    assert not is_alone(role, login, {"wang"}, [])


def test_the_settings_are_read_as_people_type_them() -> None:
    assert parse_setting("money.freeze_days", '{"other": 5, "voice": 0}') == {
        "other": 5,
        "voice": 0,
    }
    assert parse_setting("money.two_people", "manager, admin") == ["manager", "admin"]
    assert parse_setting("money.two_people", '["finance"]') == ["finance"]
    assert parse_setting("money.two_people", "-") == []


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("money.freeze_days", '{"trial": 3}'),
        ("money.freeze_days", '{"other": -1}'),
        ("money.freeze_days", '{"other": 366}'),
        ("money.freeze_days", '{"other": 1.5}'),
        ("money.freeze_days", '{"other": 7, "tea": 1}'),
        ("money.freeze_days", "7"),
        ("money.two_people", "boss"),
    ],
)
def test_settings_that_make_no_sense_are_refused(key: str, text: str) -> None:
    with pytest.raises(Exception, match="is not valid"):
        parse_setting(key, text)
