"""A rule tried on a month that is over: who would have had more, and who less, before it holds.

Every line of the month is split again, in the order in which the orders were completed, as if the
rule had held from the first of them: the turnover of the month grows with what the new rule takes
shares of. Levels and agreed shares are those of that time. One pass over the kept lines, so that
a month of 200,000 orders takes seconds. Amounts are fen.
"""

from __future__ import annotations

import json
from bisect import bisect
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Text, bindparam, cast, select, type_coerce
from sqlmodel import col

from crm_tui.core.clock import to_micros
from crm_tui.core.language import _
from crm_tui.core.money import yuan
from crm_tui.models import STUDIO, Companion
from crm_tui.models.base import Instant
from crm_tui.models.splits import OrderSplit
from crm_tui.models.splits import SplitRule as SplitRuleRow
from crm_tui.services.money.splits.record import given_in
from crm_tui.services.money.splits.rules import SplitRule, split, tenure_months
from crm_tui.services.money.splits.standing import HOLDS, month_of, there_since
from crm_tui.storage.store import ReadWork


@dataclass(slots=True)
class Effect:
    """What the rule would have changed for one companion."""

    companion_id: int
    companion: str = ""
    lines: int = 0
    before_fen: int = 0
    after_fen: int = 0

    @property
    def difference_fen(self) -> int:
        """What they would have had more."""
        return self.after_fen - self.before_fen


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The month ``first`` … ``last`` as it was and as it would have been."""

    first: date
    last: date
    orders: int
    amount_fen: int
    """What all of them cost."""
    losses: int
    """Orders for which the studio would have paid."""
    companions: tuple[Effect, ...] = field(repr=False)
    """Whom it would have changed most comes first."""

    @property
    def before_fen(self) -> int:
        """What the companions had."""
        return sum(one.before_fen for one in self.companions)

    @property
    def after_fen(self) -> int:
        """What they would have had."""
        return sum(one.after_fen for one in self.companions)

    @property
    def difference_fen(self) -> int:
        """What the companions would have had more, and the studio less."""
        return self.after_fen - self.before_fen

    @property
    def text(self) -> str:
        """``companions +1,204.50, studio −1,204.50``."""
        return _("companions {theirs}, studio {ours}").format(
            theirs=signed(self.difference_fen), ours=signed(-self.difference_fen)
        )


_LINES = (
    select(
        col(OrderSplit.order_id),
        col(OrderSplit.companion_id),
        col(OrderSplit.companion_fen),
        type_coerce(col(OrderSplit.at), BigInteger),
        cast(col(OrderSplit.inputs), Text),
    )
    .where(
        col(OrderSplit.at) >= bindparam("since", type_=Instant),
        col(OrderSplit.at) < bindparam("until", type_=Instant),
        HOLDS,
    )
    .order_by(col(OrderSplit.at), col(OrderSplit.id))
)
_NICKS = select(col(Companion.id), col(Companion.nick))
_AT_ONCE = 5_000


def what_if(
    work: ReadWork, rule: SplitRule, month: date | None = None, store_id: int = STUDIO
) -> WhatIf:
    """What ``rule`` would have changed in the business month of ``month`` (``None``: the last one
    that is over), for one store or for all that go by the studio's rule."""
    calendar = work.calendar(store_id)
    today = calendar.day_of(work.clock.now())
    first = month_of(month or month_of(today) - timedelta(days=1))
    last = month_of(first + timedelta(days=31)) - timedelta(days=1)
    since = {who: calendar.day_of(at) for who, at in there_since(work).items()}
    months_of_tenure = cache(tenure_months)
    days = [first + timedelta(days=each) for each in range((last - first).days + 1)]
    begins = [to_micros(calendar.starts(day)) for day in days]
    effects: defaultdict[int, Effect] = defaultdict(lambda: Effect(0))
    done: defaultdict[int, int] = defaultdict(int)
    left: dict[int, int] = {}
    amount = 0
    for order_id, who, before, at, inputs in _lines(work, first, last, store_id):
        told = json.loads(inputs)
        months = months_of_tenure(since[who], days[bisect(begins, at) - 1])
        line = split(rule, given_in(told, done[who], months))
        if order_id not in left:
            left[order_id] = told["order_fen"]
            amount += told["order_fen"]
        left[order_id] -= line.companion_fen
        done[who] += line.base_fen
        effect = effects[who]
        effect.lines += 1
        effect.before_fen += before
        effect.after_fen += line.companion_fen
    losses = sum(rest < 0 for rest in left.values())
    return WhatIf(first, last, len(left), amount, losses, _named(work, effects))


def signed(fen: int) -> str:
    """A difference with its sign: ``+1,204.50``, ``−12.00``, ``0.00``."""
    sign = "+" if fen > 0 else "−" if fen < 0 else ""
    return f"{sign}{yuan(abs(fen))}"


def _lines(work: ReadWork, first: date, last: date, store_id: int) -> Iterator[Any]:
    """The lines of the month that hold, in the order in which they came about."""
    since, until = work.calendar(store_id).bounds(first, last)
    if store_id == STUDIO:
        own = select(col(SplitRuleRow.store_id)).where(col(SplitRuleRow.store_id) != STUDIO)
        query = _LINES.where(col(OrderSplit.store_id).not_in(own))
    else:
        query = _LINES.where(col(OrderSplit.store_id) == store_id)
    options = {"stream_results": True, "yield_per": _AT_ONCE}
    asked = {"since": since, "until": until}
    yield from work.session.connection().execute(query, asked, execution_options=options)


def _named(work: ReadWork, effects: dict[int, Effect]) -> tuple[Effect, ...]:
    nicks: Any = work.session.connection().execute(_NICKS)
    known: dict[int, str] = dict(nicks.all())
    for companion_id, effect in effects.items():
        effect.companion_id, effect.companion = companion_id, known.get(companion_id, "")
    return tuple(
        sorted(effects.values(), key=lambda one: (-abs(one.difference_fen), one.companion_id))
    )
