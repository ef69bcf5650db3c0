"""What the rule in force says of an order: computed when it is completed, and kept.

Each line keeps the version of the rule, all that the rule looked at, and its explanation; so it
can be made again and checked at any later time. Amounts are fen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import bindparam, func, insert, select
from sqlmodel import col

from crm_tui.core.language import DEFAULT_LANGUAGE, translated
from crm_tui.core.portions import portions
from crm_tui.core.words import OrderKind
from crm_tui.models import Companion
from crm_tui.models.splits import OrderSplit
from crm_tui.services.money.splits.in_force import RuleVersion, in_force
from crm_tui.services.money.splits.rules import NextStep, SplitInput, SplitLine, split
from crm_tui.services.money.splits.standing import Standing, month_of, standings
from crm_tui.services.money.splits.words import Circumstance, explanation
from crm_tui.services.orders.parts import Part, Priced, parts_of, priced
from crm_tui.storage.store import ReadWork, UnitOfWork


@dataclass(frozen=True, slots=True)
class PartSplit:
    """What one who served a part of an order gets of it, by which version of the rule, and why."""

    order_id: int
    assignment_id: int
    companion_id: int
    companion: str
    place: int
    served: timedelta
    rule_id: int | None
    rule_version: int
    given: SplitInput
    line: SplitLine
    around: Circumstance

    @property
    def companion_fen(self) -> int:
        """What the companion gets."""
        return self.line.companion_fen

    @property
    def explanation(self) -> str:
        """The line in words, in the language in force."""
        return explanation(self.line, self.given, self.around)


_PLAIN = ("paid_fen", "list_fen", "level", "agreed_bp", "turnover_fen", "tenure_months")
"""What the JSON form of the inputs takes over from :class:`SplitInput` as it is."""
_KINDS = {kind.value: kind for kind in OrderKind}
_IDS: Any = bindparam("ids", expanding=True)
_LAST = (
    select(col(OrderSplit.order_id), func.max(col(OrderSplit.seq)).label("seq"))
    .where(col(OrderSplit.order_id).in_(_IDS))
    .group_by(col(OrderSplit.order_id))
)
_NEWEST = _LAST.subquery()
_KEPT = (
    select(OrderSplit.__table__, col(Companion.nick))  # type: ignore[attr-defined]
    .join(
        _NEWEST,
        (col(OrderSplit.order_id) == _NEWEST.c.order_id) & (col(OrderSplit.seq) == _NEWEST.c.seq),
    )
    .join(Companion, col(Companion.id) == col(OrderSplit.companion_id))
    .order_by(col(OrderSplit.order_id), col(OrderSplit.place), col(OrderSplit.assignment_id))
)
_ADD = insert(OrderSplit)
_AT_ONCE = 2000


def record_splits(work: UnitOfWork, order_id: int) -> tuple[PartSplit, ...]:
    """Split an order that has just been completed, or written off though it was served, and keep
    the lines; they are answered by place.

    Lines that an earlier call kept are replaced: the later ones hold.
    """
    return record_many(work, [order_id]).get(order_id, ())


def record_many(work: UnitOfWork, order_ids: Sequence[int]) -> dict[int, tuple[PartSplit, ...]]:
    """Like :func:`record_splits`, for many orders, in the order in which they were completed;
    those that are still open are left out."""
    found: dict[int, tuple[PartSplit, ...]] = {}
    over = ((order.over_at, order) for order in priced(work, order_ids))
    ended = sorted(((at, order) for at, order in over if at), key=lambda each: each[0])
    orders = [order for _at, order in ended]
    parts = parts_of(work, orders)
    earlier = _last_seqs(work, order_ids)
    rules: dict[tuple[int, date], RuleVersion] = {}
    rows: list[dict[str, Any]] = []
    for at, order in ended:
        day = work.calendar(order.store_id).day_of(at)
        version = rules.get((order.store_id, day))
        if version is None:
            version = rules[order.store_id, day] = in_force(work, order.store_id, day)
        if version.rule.climbs or len(rows) >= _AT_ONCE:
            _write(work, rows)
        lines = split_parts(work, order, parts[order.id], version, at)
        found[order.id] = lines
        rows += _rows(order.store_id, lines, earlier.get(order.id, 0) + 1, at)
    _write(work, rows)
    return found


def split_parts(
    work: ReadWork, order: Priced, parts: Sequence[Part], version: RuleVersion, at: datetime
) -> tuple[PartSplit, ...]:
    """The lines of ``parts`` by ``version``, for an order that is completed at ``at``."""
    calendar = work.calendar(order.store_id)
    standing: dict[int, Standing] = {}
    if version.rule.climbs:
        who = {part.companion_id for part in parts}
        standing = standings(work, who, at, calendar, order.id)
    month = month_of(calendar.day_of(at))
    return tuple(
        split_part(order, part, version, standing.get(part.companion_id, Standing()), month)
        for part in parts
    )


def split_part(
    order: Priced, part: Part, version: RuleVersion, standing: Standing, month: date
) -> PartSplit:
    """The line of one part, for a companion who stands so in ``month``."""
    given = SplitInput(
        part.paid_fen,
        part.list_fen,
        order.kind,
        part.level,
        part.agreed_bp,
        standing.turnover_fen,
        standing.tenure_months,
    )
    by_kind = order.kind in version.rule.kinds
    return PartSplit(
        part.order_id,
        part.assignment_id,
        part.companion_id,
        part.companion,
        part.place,
        part.served,
        version.id,
        version.version,
        given,
        split(version.rule, given),
        Circumstance(part.level_name, month, order.amount_fen, by_kind),
    )


def kept(work: ReadWork, order_ids: Sequence[int]) -> dict[int, tuple[PartSplit, ...]]:
    """The lines that hold of these orders, by order and place; orders without any are left out."""
    found: dict[int, list[PartSplit]] = {}
    connection = work.session.connection()
    for some in portions(order_ids, _AT_ONCE):
        for row in connection.execute(_KEPT, {"ids": some}):
            found.setdefault(row.order_id, []).append(_from_row(row))
    return {order_id: tuple(lines) for order_id, lines in found.items()}


def _last_seqs(work: ReadWork, order_ids: Sequence[int]) -> dict[int, int]:
    """The numbers under which lines of these orders were kept last."""
    connection = work.session.connection()
    return {
        order_id: seq
        for some in portions(order_ids, _AT_ONCE)
        for order_id, seq in connection.execute(_LAST, {"ids": some})
    }


def _write(work: UnitOfWork, rows: list[dict[str, Any]]) -> None:
    """Keep the rows that are ready: the turnover of those that follow counts them."""
    if rows:
        work.session.connection().execute(_ADD, rows)
        rows.clear()


def _rows(
    store_id: int, lines: Iterable[PartSplit], seq: int, at: datetime
) -> list[dict[str, Any]]:
    say = partial(translated, language=DEFAULT_LANGUAGE)
    return [
        {
            "store_id": store_id,
            "order_id": one.order_id,
            "assignment_id": one.assignment_id,
            "companion_id": one.companion_id,
            "place": one.place,
            "seq": seq,
            "rule_id": one.rule_id,
            "rule_version": one.rule_version,
            "inputs": inputs_data(one),
            "base_fen": one.line.base_fen,
            "share_bp": one.line.share_bp,
            "companion_fen": one.line.companion_fen,
            "explanation": explanation(one.line, one.given, one.around, say),
            "at": at,
        }
        for one in lines
    ]


def inputs_data(one: PartSplit) -> dict[str, Any]:
    """All that a line depends on, as JSON: :func:`kept` makes the same line of it."""
    return {
        **{name: getattr(one.given, name) for name in _PLAIN},
        "kind": one.given.kind.value,
        "level_name": one.around.level_name,
        "month": one.around.month.isoformat()[:7],
        "order_fen": one.around.order_fen,
        "by_kind": one.around.by_kind,
        "served_seconds": int(one.served.total_seconds()),
        "agreed": one.line.agreed,
        "step": one.line.step,
        "next": asdict(one.line.next) if one.line.next else None,
    }


def given_in(told: Mapping[str, Any], turnover_fen: int, tenure_months: int) -> SplitInput:
    """What kept inputs say, for a companion who stands so."""
    return SplitInput(
        told["paid_fen"],
        told["list_fen"],
        _KINDS[told["kind"]],
        told["level"],
        told["agreed_bp"],
        turnover_fen,
        tenure_months,
    )


def _from_row(row: Any) -> PartSplit:
    told = row.inputs
    above = told["next"]
    return PartSplit(
        row.order_id,
        row.assignment_id,
        row.companion_id,
        row.nick,
        row.place,
        timedelta(seconds=told["served_seconds"]),
        row.rule_id,
        row.rule_version,
        given_in(told, told["turnover_fen"], told["tenure_months"]),
        SplitLine(
            row.base_fen,
            row.share_bp,
            row.companion_fen,
            told["agreed"],
            told["step"],
            NextStep(**above) if above else None,
        ),
        Circumstance(
            told["level_name"],
            date.fromisoformat(f"{told['month']}-01"),
            told["order_fen"],
            told["by_kind"],
        ),
    )
