"""Customers with all that may belong to one, and every row of theirs as it is stored."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as some
from sqlalchemy import text
from sqlmodel import select

from crm_tui.core.actor import SYSTEM
from crm_tui.core.words import (
    Gender,
    IdentityKind,
    OrderStatus,
    PayChannel,
    PaymentKind,
    SourceChannel,
    Stance,
)
from crm_tui.models import Companion, Order, Payment
from crm_tui.models.contacts import Interaction, Task
from crm_tui.models.persons import CompanionStance
from crm_tui.services.catalogue.reads import find_game
from crm_tui.services.companions import actions as companions
from crm_tui.services.companions.rules import NewCompanion
from crm_tui.services.customers import actions as customers
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.services.duplicates import actions
from crm_tui.services.imports.orders import recount
from crm_tui.services.upkeep.doctor import findings
from crm_tui.storage.store import ReadWork, Store, UnitOfWork

OWNED = (
    "customer_identity",
    "customer_tag",
    "orders",
    "payment",
    "interaction",
    "task",
    "companion_stance",
    "customer_key",
)
"""The tables with a ``customer_id`` that a merge touches."""

people = some.fixed_dictionaries(
    {
        "nick": some.text("鱼小星北岸abc12", min_size=1, max_size=6),
        "name": some.sampled_from(("", "张伟", "曾小贤")),
        "city": some.sampled_from(("", "杭州", "上海")),
        "note": some.sampled_from(("", "只要女陪", "换号了")),
        "gender": some.sampled_from(tuple(Gender)),
        "channel": some.sampled_from(tuple(SourceChannel)),
        "tags": some.lists(some.sampled_from(("大客户", "夜猫子", "学生")), unique=True).map(tuple),
        "blocked": some.booleans(),
        "minor": some.booleans(),
    }
)
belongings = some.fixed_dictionaries(
    {
        "identities": some.sets(some.sampled_from(tuple(IdentityKind)), max_size=4),
        "orders": some.lists(some.sampled_from(("completed", "pending", "cancelled")), max_size=3),
        "notes": some.integers(0, 2),
        "tasks": some.integers(0, 2),
        "stances": some.dictionaries(some.integers(0, 2), some.sampled_from(tuple(Stance))),
    }
)


class Studio:
    """A store with three companions, in which every number is used once."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.used = 0
        with store.write(SYSTEM) as work:
            known = list(work.session.exec(select(Companion.id)))
            self.companions = known or [
                companions.add(work, NewCompanion(nick=f"鹿{place}")) for place in range(3)
            ]

    def number(self) -> int:
        self.used += 1
        return self.used

    def customer(self, person: dict[str, Any], owned: dict[str, Any]) -> int:
        """A customer with all that belongs to them."""
        with self.store.write(SYSTEM) as work:
            identities = {kind: self.identity(kind) for kind in sorted(owned["identities"])}
            who = customers.add(work, NewCustomer(identities=identities, **person))
            for status in owned["orders"]:
                self.order(work, who, OrderStatus(status))
            for place in range(owned["notes"]):
                work.session.add(
                    Interaction(
                        store_id=1, customer_id=who, at=work.clock.now(), summary=f"说了{place}",
                        noted_by="li", noted_at=work.clock.now(),
                    )
                )  # fmt: skip
            for place in range(owned["tasks"]):
                work.session.add(
                    Task(
                        store_id=1, customer_id=who, title=f"回访{place}",
                        created_at=work.clock.now(), created_by="li",
                    )
                )  # fmt: skip
            for place, stance in owned["stances"].items():
                work.session.add(
                    CompanionStance(
                        customer_id=who, companion_id=self.companions[place], stance=stance,
                        set_at=work.clock.now(), set_by="li",
                    )
                )  # fmt: skip
            recount(work, {who})
        return who

    def identity(self, kind: IdentityKind) -> str:
        number = self.number()
        return f"138{number:08d}" if kind is IdentityKind.PHONE else f"{10_000_000 + number}"

    def order(self, work: UnitOfWork, who: int, status: OrderStatus) -> int:
        done = status is OrderStatus.COMPLETED
        now = work.clock.now() - timedelta(hours=self.number())
        row = Order(
            store_id=1,
            no=f"O-{self.number()}",
            customer_id=who,
            game_id=find_game(work, "王者"),
            status=status,
            amount_fen=4500,
            paid_fen=4500 if done else 0,
            created_at=now,
            completed_at=now if done else None,
        )
        work.session.add(row)
        work.session.flush()
        if done:
            work.session.add(
                Payment(
                    store_id=1, order_id=row.id, customer_id=who, kind=PaymentKind.PAYMENT,
                    channel=PayChannel.WECHAT, amount_fen=4500, paid_at=now,
                )
            )  # fmt: skip
        assert row.id is not None
        return row.id


def rows_of(work: ReadWork, *customer_ids: int) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of these customers exactly as it is stored."""
    ids = ", ".join(map(str, customer_ids))
    queries = {"customer": f"SELECT * FROM customer WHERE id IN ({ids})"} | {
        table: f"SELECT * FROM {table} WHERE customer_id IN ({ids})" for table in OWNED
    }
    connection = work.session.connection()
    return {
        table: sorted(map(tuple, connection.execute(text(query))), key=repr)
        for table, query in queries.items()
    }


def stored(store: Store, *customer_ids: int) -> dict[str, list[tuple[Any, ...]]]:
    with store.read() as work:
        return rows_of(work, *customer_ids)


def merged(store: Store, keep: int, other: int, **choose: str) -> None:
    with store.write(SYSTEM) as work:
        actions.merge(work, keep, other, choose)


def unmerged(store: Store, customer_id: int) -> actions.Unmerged:
    with store.write(SYSTEM) as work:
        return actions.unmerge(work, customer_id)


def wrong(store: Store) -> list[str]:
    mine = ("customers.", "database.", "events.")
    return [each.detail for each in findings(store) if not each.ok and each.name.startswith(mine)]
