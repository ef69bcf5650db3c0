"""The proof that the lines kept are what the rules say: each is made again from its inputs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Text, cast, select
from sqlmodel import col

from crm_tui.models import Order
from crm_tui.models.splits import OrderSplit
from crm_tui.models.splits import SplitRule as SplitRuleRow
from crm_tui.services.money.splits.definition import parse
from crm_tui.services.money.splits.in_force import SHIPPED
from crm_tui.services.money.splits.record import given_in
from crm_tui.services.money.splits.rules import SplitRule, split
from crm_tui.storage.store import ReadWork

_AT_ONCE = 5_000
_RULES = select(col(SplitRuleRow.id), col(SplitRuleRow.definition))
_COLUMNS: tuple[Any, ...] = (
    col(Order.no),
    col(OrderSplit.rule_id),
    cast(col(OrderSplit.inputs), Text).label("inputs"),
    col(OrderSplit.base_fen),
    col(OrderSplit.share_bp),
    col(OrderSplit.companion_fen),
)
_LINES = (
    select(*_COLUMNS)
    .join(Order, col(Order.id) == col(OrderSplit.order_id))
    .order_by(col(OrderSplit.id))
)


def astray(work: ReadWork) -> Iterator[str]:
    """The numbers of orders with a line that its rule does not make of its inputs."""
    connection = work.session.connection()
    rules: dict[int | None, SplitRule] = {None: SHIPPED.rule}
    rules |= {rule_id: parse(data) for rule_id, data in connection.execute(_RULES)}
    lines = connection.execute(
        _LINES, execution_options={"stream_results": True, "yield_per": _AT_ONCE}
    )
    for no, rule_id, inputs, base, share, theirs in lines:
        told = json.loads(inputs)
        given = given_in(told, told["turnover_fen"], told["tenure_months"])
        line = split(rules[rule_id], given)
        if (line.base_fen, line.share_bp, line.companion_fen) != (base, share, theirs):
            yield no
