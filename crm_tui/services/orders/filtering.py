"""What a filter line can ask of orders: the same on the board, in lists and by command."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from crm_tui.core.language import N_
from crm_tui.core.words import DispatchMode, Gender, OrderKind, OrderStatus, Word
from crm_tui.services.filters.rules import Field, FilterSpec, Kind, called

if TYPE_CHECKING:
    from crm_tui.services.orders.rows import OrderRow


def filter_spec(custom: Iterable[Field[OrderRow]] = ()) -> FilterSpec[OrderRow]:
    """The fields of orders, under their names in both languages, then the ``custom`` ones."""
    return FilterSpec((*_words(), *_measures(), *_times(), *custom), _haystack)


def wanted(row: OrderRow) -> str:
    """What was asked for, in a few words; empty where nothing was."""
    demands = row.demands
    parts = [Gender(demands["gender"]).label] if demands.get("gender") else []
    parts += [str(demands[name]) for name in ("level", "rank") if demands.get(name)]
    parts += [str(tag) for tag in demands.get("tags") or ()]
    return " ".join(parts)


def _words() -> tuple[Field[OrderRow], ...]:
    return (
        Field(
            called(N_("status")),
            lambda row: row.status.spellings,
            _labels(OrderStatus),
            leading=True,
        ),
        Field(called(N_("order-no"), "no"), lambda row: row.no),
        Field(called(N_("game")), lambda row: row.game),
        Field(called(N_("customer"), "老板"), lambda row: row.customer),
        Field(called(N_("companion")), lambda row: tuple(one.nick for one in row.companions)),
        Field(called(N_("kind")), lambda row: row.kind.spellings, _labels(OrderKind), leading=True),
        Field(
            called(N_("mode")), lambda row: row.mode.spellings, _labels(DispatchMode), leading=True
        ),
        Field(called(N_("wanted")), wanted),
        Field(called(N_("note")), lambda row: row.note),
    )


def _measures() -> tuple[Field[OrderRow], ...]:
    return (
        Field(called(N_("amount")), lambda row: row.amount_fen, kind=Kind.MONEY),
        Field(called(N_("paid")), lambda row: row.paid_fen, kind=Kind.MONEY),
        Field(called(N_("tip")), lambda row: row.tip_fen, kind=Kind.MONEY),
        Field(called(N_("minutes")), lambda row: row.planned_minutes, kind=Kind.MINUTES),
        Field(called(N_("rating")), lambda row: row.rating, kind=Kind.NUMBER),
    )


def _times() -> tuple[Field[OrderRow], ...]:
    return (
        Field(called(N_("taken"), "created"), lambda row: row.created_at, kind=Kind.INSTANT),
        Field(called(N_("due")), lambda row: row.due_at, kind=Kind.INSTANT),
        Field(called(N_("started")), lambda row: row.started_at, kind=Kind.INSTANT),
        Field(called(N_("completed")), lambda row: row.completed_at, kind=Kind.INSTANT),
    )


def _labels(words: type[Word]) -> Callable[[], list[str]]:
    return lambda: [word.label for word in words]


def _haystack(row: OrderRow) -> str:
    return " ".join((row.no, row.customer, row.companion or "", row.game, row.note, wanted(row)))
