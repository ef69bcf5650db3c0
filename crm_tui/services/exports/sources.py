"""The rows of each export, read from the database in portions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlmodel import SQLModel

from crm_tui.core.language import N_
from crm_tui.core.words import IdentityKind
from crm_tui.services.exports.columns import Column, Kind, Record
from crm_tui.storage.store import ReadWork

_TABLES = SQLModel.metadata.tables
_CUSTOMERS, _COMPANIONS, _ORDERS = (_TABLES[n] for n in ("customer", "companion", "orders"))
_PAYMENTS, _EVENTS, _GAMES = (_TABLES[n] for n in ("payment", "event", "game"))
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Source:
    """What an export holds and where its rows come from."""

    columns: tuple[Column, ...]
    rows: Callable[[ReadWork], Iterator[Record]]


def _portions(work: ReadWork, query: Select[Any], key: Any) -> Iterator[list[dict[str, Any]]]:
    """The rows of ``query`` in the order of ``key``, which it selects as ``id``."""
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


def _customers(work: ReadWork) -> Iterator[Record]:
    identity, tag, tagged = (_TABLES[n] for n in ("customer_identity", "tag", "customer_tag"))
    query = select(_CUSTOMERS).where(_CUSTOMERS.c.merged_into_id.is_(None))
    for rows in _portions(work, query, _CUSTOMERS.c.id):
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


def _companions(work: ReadWork) -> Iterator[Record]:
    skill, level = _TABLES["companion_skill"], _TABLES["companion_level"]
    query = select(_COMPANIONS, level.c.name.label("level")).outerjoin(
        level, level.c.id == _COMPANIONS.c.level_id
    )
    for rows in _portions(work, query, _COMPANIONS.c.id):
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


def _orders(work: ReadWork) -> Iterator[Record]:
    assignment, rating = _TABLES["assignment"], _TABLES["rating"]
    query = (
        select(_ORDERS, _CUSTOMERS.c.nick.label("customer_nick"), _GAMES.c.name.label("game"))
        .join(_CUSTOMERS, _CUSTOMERS.c.id == _ORDERS.c.customer_id)
        .join(_GAMES, _GAMES.c.id == _ORDERS.c.game_id)
    )
    for rows in _portions(work, query, _ORDERS.c.id):
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


def _payments(work: ReadWork) -> Iterator[Record]:
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
    for rows in _portions(work, query, _PAYMENTS.c.id):
        yield from rows


def _events(work: ReadWork) -> Iterator[Record]:
    stores = work.session.connection().execute(select(_EVENTS.c.store_id).distinct())
    for store_id in sorted(stores.scalars()):
        query = select(_EVENTS, _EVENTS.c.seq.label("id")).where(_EVENTS.c.store_id == store_id)
        for rows in _portions(work, query, _EVENTS.c.seq):
            yield from rows


SOURCES: dict[str, Source] = {
    "customers": Source(
        (
            Column("no", N_("Customer no")),
            Column("nick", N_("Nickname")),
            Column("name", N_("Real name")),
            Column("phone", N_("Phone")),
            Column("wechat", N_("WeChat ID")),
            Column("qq", N_("QQ")),
            Column("douyin", N_("Douyin ID")),
            Column("kuaishou", N_("Kuaishou ID")),
            Column("gender", N_("Gender"), Kind.WORD),
            Column("channel", N_("Source"), Kind.WORD),
            Column("tags", N_("Tags"), Kind.LIST),
            Column("city", N_("City")),
            Column("registered_on", N_("Registered on"), Kind.DAY),
            Column("note", N_("Note")),
            Column("order_count", N_("Orders done"), Kind.NUMBER),
            Column("last_order_at", N_("Last served"), Kind.INSTANT),
        ),
        _customers,
    ),
    "companions": Source(
        (
            Column("no", N_("Staff no")),
            Column("nick", N_("Nickname")),
            Column("phone", N_("Phone")),
            Column("gender", N_("Gender"), Kind.WORD),
            Column("games", N_("Games"), Kind.LIST),
            Column("ranks", N_("Ranks"), Kind.LIST),
            Column("level", N_("Level")),
            Column("rate_fen", N_("Hourly rate"), Kind.MONEY),
            Column("share_bp", N_("Companion share"), Kind.SHARE),
            Column("tags", N_("Tags"), Kind.LIST),
            Column("presence", N_("Presence"), Kind.WORD),
            Column("note", N_("Note")),
        ),
        _companions,
    ),
    "orders": Source(
        (
            Column("no", N_("Order no")),
            Column("created_at", N_("Order time"), Kind.INSTANT),
            Column("customer_wechat", N_("Customer WeChat")),
            Column("customer_phone", N_("Customer phone")),
            Column("customer_nick", N_("Customer nickname")),
            Column("game", N_("Game")),
            Column("kind", N_("Service type"), Kind.WORD),
            Column("companion", N_("Companion"), Kind.LIST),
            Column("minutes", N_("Duration (min)"), Kind.NUMBER),
            Column("rate_fen", N_("Unit price"), Kind.MONEY),
            Column("amount_fen", N_("Amount"), Kind.MONEY),
            Column("paid_fen", N_("Paid amount"), Kind.MONEY),
            Column("tip_fen", N_("Tip"), Kind.MONEY),
            Column("channel", N_("Payment method"), Kind.WORD),
            Column("status", N_("Order status"), Kind.WORD),
            Column("rating", N_("Rating"), Kind.NUMBER),
            Column("comment", N_("Feedback")),
            Column("started_at", N_("Start time"), Kind.INSTANT),
            Column("finished_at", N_("End time"), Kind.INSTANT),
            Column("completed_at", N_("Settled on"), Kind.INSTANT),
            Column("cancel_reason", N_("Cancel reason")),
            Column("note", N_("Note")),
        ),
        _orders,
    ),
    "payments": Source(
        (
            Column("order_no", N_("Order no")),
            Column("paid_at", N_("Payment time"), Kind.INSTANT),
            Column("kind", N_("Payment kind"), Kind.WORD),
            Column("channel", N_("Payment method"), Kind.WORD),
            Column("amount_fen", N_("Amount"), Kind.MONEY),
            Column("external_ref", N_("Transaction no")),
            Column("customer_nick", N_("Customer nickname")),
            Column("customer_no", N_("Customer no")),
            Column("taken_by", N_("Taken by")),
        ),
        _payments,
    ),
    "events": Source(
        (
            Column("store_id", N_("Store"), Kind.NUMBER),
            Column("seq", N_("Number"), Kind.NUMBER),
            Column("at", N_("At"), Kind.INSTANT),
            Column("actor", N_("By")),
            Column("kind", N_("What")),
            Column("entity", N_("Record")),
            Column("entity_id", N_("Record id"), Kind.NUMBER),
            Column("ref", N_("Reference")),
            Column("data", N_("Facts")),
        ),
        _events,
    ),
}
"""What can be exported."""
