"""The rows of each export, read from the database in portions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlmodel import SQLModel

from crm_tui.core.words import IdentityKind
from crm_tui.services.exports.columns import Record
from crm_tui.storage.store import ReadWork

_TABLES = SQLModel.metadata.tables
_CUSTOMERS, _COMPANIONS, _ORDERS = (_TABLES[n] for n in ("customer", "companion", "orders"))
_PAYMENTS, _EVENTS, _GAMES = (_TABLES[n] for n in ("payment", "event", "game"))
_AT_ONCE = 1000


Ids = Sequence[int] | None
"""Whose rows are wanted, in this order; None: all."""
Rows = Callable[[ReadWork, Ids], Iterator[Record]]


def _portions(
    work: ReadWork, query: Select[Any], key: Any, ids: Ids
) -> Iterator[list[dict[str, Any]]]:
    """The rows of ``query``, which selects ``key`` as ``id``: those of ``ids``, in their order, or
    all in the order of ``key``."""
    if ids is not None:
        for start in range(0, len(ids), _AT_ONCE):
            portion = ids[start : start + _AT_ONCE]
            found = work.session.connection().execute(query.where(key.in_(portion))).mappings()
            by_id = {row["id"]: dict(row) for row in found}
            yield [by_id[each] for each in portion if each in by_id]
        return
    last = 0
    while True:
        some = query.where(key > last).order_by(key).limit(_AT_ONCE)
        rows = [dict(row) for row in work.session.connection().execute(some).mappings()]
        if not rows:
            return
        yield rows
        last = rows[-1]["id"]


def _many(work: ReadWork, query: Select[Any]) -> dict[int, list[Any]]:
    """Values by owner, from a query of (owner, value)."""
    found: dict[int, list[Any]] = defaultdict(list)
    for owner, value in work.session.connection().execute(query):
        found[owner].append(value)
    return found


def _customers(work: ReadWork, wanted: Ids) -> Iterator[Record]:
    identity, tag, tagged = (_TABLES[n] for n in ("customer_identity", "tag", "customer_tag"))
    query = select(_CUSTOMERS).where(
        _CUSTOMERS.c.merged_into_id.is_(None), _CUSTOMERS.c.erased_at.is_(None)
    )
    for rows in _portions(work, query, _CUSTOMERS.c.id, wanted):
        ids = [row["id"] for row in rows]
        tags = _many(
            work,
            select(tagged.c.customer_id, tag.c.name)
            .join(tag, tag.c.id == tagged.c.tag_id)
            .where(tagged.c.customer_id.in_(ids))
            .order_by(tag.c.id),
        )
        known: dict[int, dict[str, str]] = defaultdict(dict)
        for row in work.session.connection().execute(
            select(identity).where(identity.c.customer_id.in_(ids)).order_by(identity.c.id)
        ):
            known[row.customer_id].setdefault(row.kind.value, row.value)
        for each in rows:
            named = {kind.value: known[each["id"]].get(kind.value, "") for kind in IdentityKind}
            yield each | named | {"channel": each["channel"], "tags": tags.get(each["id"], [])}


def _companions(work: ReadWork, wanted: Ids) -> Iterator[Record]:
    skill, level = _TABLES["companion_skill"], _TABLES["companion_level"]
    query = select(_COMPANIONS, level.c.name.label("level")).outerjoin(
        level, level.c.id == _COMPANIONS.c.level_id
    )
    for rows in _portions(work, query, _COMPANIONS.c.id, wanted):
        ids = [row["id"] for row in rows]
        skills: dict[int, list[tuple[str, str]]] = defaultdict(list)
        for owner, game, rank in work.session.connection().execute(
            select(skill.c.companion_id, _GAMES.c.name, skill.c.rank_text)
            .join(_GAMES, _GAMES.c.id == skill.c.game_id)
            .where(skill.c.companion_id.in_(ids))
            .order_by(_GAMES.c.position)
        ):
            skills[owner].append((game, rank))
        for each in rows:
            plays = skills[each["id"]]
            ranks = [rank for _game, rank in plays]
            yield each | {
                "games": [game for game, _rank in plays],
                "ranks": ranks if any(ranks) else [],
            }


def _orders(work: ReadWork, wanted: Ids) -> Iterator[Record]:
    assignment, rating = _TABLES["assignment"], _TABLES["rating"]
    query = (
        select(_ORDERS, _CUSTOMERS.c.nick.label("customer_nick"), _GAMES.c.name.label("game"))
        .join(_CUSTOMERS, _CUSTOMERS.c.id == _ORDERS.c.customer_id)
        .join(_GAMES, _GAMES.c.id == _ORDERS.c.game_id)
    )
    for rows in _portions(work, query, _ORDERS.c.id, wanted):
        ids = [row["id"] for row in rows]
        served = _many(
            work,
            select(assignment.c.order_id, _COMPANIONS.c.nick)
            .join(_COMPANIONS, _COMPANIONS.c.id == assignment.c.companion_id)
            .where(assignment.c.order_id.in_(ids))
            .where(assignment.c.ended_at.is_(None) | (assignment.c.outcome == "finished"))
            .order_by(assignment.c.place),
        )
        named = _many(
            work,
            select(_ORDERS.c.id, _COMPANIONS.c.nick)
            .join(_COMPANIONS, _COMPANIONS.c.id == _ORDERS.c.named_companion_id)
            .where(_ORDERS.c.id.in_(ids)),
        )
        paid = select(_PAYMENTS.c.order_id, _PAYMENTS.c.channel).where(
            _PAYMENTS.c.order_id.in_(ids)
        )
        channels = _many(work, paid.order_by(_PAYMENTS.c.id))
        ratings = {
            row.order_id: row
            for row in work.session.connection().execute(
                select(rating).where(rating.c.order_id.in_(ids))
            )
        }
        wechat = _identity_of(work, rows, IdentityKind.WECHAT)
        phone = _identity_of(work, rows, IdentityKind.PHONE)
        for each in rows:
            order_id, rated = each["id"], ratings.get(each["id"])
            yield each | {
                "customer_wechat": wechat.get(each["customer_id"], ""),
                "customer_phone": phone.get(each["customer_id"], ""),
                "companion": served.get(order_id) or named.get(order_id, []),
                "minutes": each["billed_minutes"] or each["planned_minutes"],
                "channel": channels[order_id][0] if channels.get(order_id) else None,
                "rating": rated.overall if rated else None,
                "comment": rated.comment if rated else "",
            }


def _identity_of(work: ReadWork, rows: list[dict[str, Any]], kind: IdentityKind) -> dict[int, str]:
    identity = _TABLES["customer_identity"]
    query = select(identity.c.customer_id, identity.c.value).where(
        identity.c.kind == kind, identity.c.customer_id.in_({row["customer_id"] for row in rows})
    )
    found = work.session.connection().execute(query.order_by(identity.c.id.desc()))
    return {row.customer_id: row.value for row in found}


def _payments(work: ReadWork, wanted: Ids) -> Iterator[Record]:
    query = (
        select(
            _PAYMENTS,
            _ORDERS.c.no.label("order_no"),
            _CUSTOMERS.c.nick.label("customer_nick"),
            _CUSTOMERS.c.no.label("customer_no"),
        )
        .join(_CUSTOMERS, _CUSTOMERS.c.id == _PAYMENTS.c.customer_id)
        .outerjoin(_ORDERS, _ORDERS.c.id == _PAYMENTS.c.order_id)
    )
    for rows in _portions(work, query, _PAYMENTS.c.id, wanted):
        yield from rows


def _events(work: ReadWork, _wanted: Ids) -> Iterator[Record]:
    stores = work.session.connection().execute(select(_EVENTS.c.store_id).distinct())
    for store_id in sorted(stores.scalars()):
        query = select(_EVENTS, _EVENTS.c.seq.label("id")).where(_EVENTS.c.store_id == store_id)
        for rows in _portions(work, query, _EVENTS.c.seq, None):
            yield from rows


ROWS: dict[str, Rows] = {
    "customers": _customers,
    "companions": _companions,
    "orders": _orders,
    "payments": _payments,
    "events": _events,
}
"""By what is exported (:data:`catalogue.COLUMNS`)."""
