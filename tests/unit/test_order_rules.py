"""The state table, the order's clock, urgency, first/renewal/repurchase."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from crm_tui.core.words import OrderStatus as S
from crm_tui.services.orders.rules import (
    OPEN,
    TRANSITIONS,
    Purchase,
    allowed_from,
    purchase,
    sources_of,
    urgency,
)

NOW = datetime(2026, 9, 21, 15, 4, tzinfo=UTC)
DOMAIN_TABLE = """
pending > offered accepted cancelled
offered > accepted pending cancelled
accepted > serving pending cancelled
serving > confirming pending
confirming > completed unpaid serving
unpaid > completed cancelled
completed >
cancelled >
"""
EXPECTED = {
    S(line.split(" >")[0]): {S(word) for word in line.split(" >")[1].split()}
    for line in DOMAIN_TABLE.strip().splitlines()
}


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


@pytest.mark.parametrize(("source", "target"), list(product(S, S)))
def test_a_move_exists_exactly_when_the_table_of_the_domain_has_it(source: S, target: S) -> None:
    assert (target in TRANSITIONS[source]) is (target in EXPECTED[source])
    assert (source in sources_of(target)) is (target in EXPECTED[source])


def test_allowed_moves_are_named_in_the_order_of_an_orders_life() -> None:
    assert allowed_from(S.CONFIRMING) == ["serving", "unpaid", "completed"]
    assert allowed_from(S.CANCELLED) == []
    assert OPEN == (S.PENDING, S.OFFERED, S.ACCEPTED, S.SERVING, S.CONFIRMING, S.UNPAID)


def test_what_is_late_comes_first_and_what_is_closed_last() -> None:
    board = {
        "done": (S.COMPLETED, None, NOW),
        "unpaid": (S.UNPAID, None, NOW),
        "accepted": (S.ACCEPTED, None, NOW),
        "soon": (S.SERVING, NOW + minutes(5), NOW),
        "late": (S.PENDING, NOW - minutes(1), NOW),
    }
    order = sorted(board, key=lambda name: urgency(*board[name]))
    assert order == ["late", "soon", "accepted", "unpaid", "done"]


@pytest.mark.parametrize(
    ("earlier", "last_finish", "kind"),
    [
        (0, None, Purchase.FIRST),
        (0, NOW - minutes(5), Purchase.FIRST),
        (2, None, Purchase.REPURCHASE),
        (2, NOW - minutes(120), Purchase.RENEWAL),
        (2, NOW - minutes(121), Purchase.REPURCHASE),
        (2, NOW + minutes(10), Purchase.RENEWAL),
    ],
)
def test_first_renewal_and_repurchase_are_told_apart(
    earlier: int, last_finish: datetime | None, kind: Purchase
) -> None:
    assert purchase(NOW, earlier, last_finish, renewal_window=minutes(120)) is kind
