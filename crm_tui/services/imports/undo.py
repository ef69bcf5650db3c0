"""Undoing a whole import: what it inserted goes, what it updated becomes what it was.

Nothing that the studio built on since is torn down: a record that was changed later, or that
something else now refers to, stays and is reported with the reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Table, delete, select, update
from sqlmodel import SQLModel

from crm_tui.core.errors import Refused
from crm_tui.core.language import N_, _
from crm_tui.core.portions import portions
from crm_tui.core.words import BatchState, OrderStatus
from crm_tui.models.every import METADATA
from crm_tui.services.customers import index
from crm_tui.services.fields.rules import ENTITIES
from crm_tui.services.fields.values import claim
from crm_tui.services.imports.custom import release
from crm_tui.services.imports.orders import recount
from crm_tui.services.imports.placing import IMPORTED
from crm_tui.services.imports.reads import find_batch, spans
from crm_tui.services.imports.run import ToBook
from crm_tui.services.imports.snapshots import CHILDREN, put_back
from crm_tui.services.imports.verdict import Outcome
from crm_tui.services.money import backfill
from crm_tui.services.money.members.opening import take_back
from crm_tui.services.tags import rule_sets
from crm_tui.storage.store import UnitOfWork

_TABLES = SQLModel.metadata.tables
_ROWS = _TABLES["import_row"]
_BATCHES = _TABLES["import_batch"]
_TABLE_OF = {
    "payment": "payment",
    "order": "orders",
    "companion": "companion",
    "customer": "customer",
    "tag": "tag",
    "game": "game",
    "companion_level": "companion_level",
}
"""What an import may insert, in the order in which it may be deleted."""
_OWNED = {
    "order": frozenset((*CHILDREN, "order_split")),
    "companion": frozenset(("companion_skill",)),
    "customer": frozenset(("customer_identity", "customer_tag", "membership")),
}
"""What goes with a record when it is deleted."""
_IDS_AT_ONCE = 2_000

WHY_KEPT = {
    "changed_since": N_("It was changed after the import."),
    "in_use": N_("Something else refers to it now."),
    "gone": N_("It no longer exists."),
}


@dataclass(slots=True)
class _Undoing:
    """What was undone so far, and what was not."""

    work: UnitOfWork
    batch_id: int
    token: str
    deleted: Counter[str] = field(default_factory=Counter)
    restored: Counter[str] = field(default_factory=Counter)
    kept: list[dict[str, Any]] = field(default_factory=list)
    recount: set[int] = field(default_factory=set)
    """Customers whose completed orders change."""
    bound: set[int] = field(default_factory=set)
    """Payments that their order counts on."""
    to_book: ToBook = field(default_factory=ToBook)
    fields: dict[int, dict[str, Any]] = field(default_factory=dict)
    """The custom fields that records of the entity in hand have again, by id."""

    def execute(self, statement: Any, rows: Any = None) -> Any:
        return self.work.session.connection().execute(statement, rows)

    def keep(self, entity: str, record_id: int, code: str) -> None:
        self.kept.append(
            {
                "entity": entity,
                "id": record_id,
                "ref": self._ref(entity, record_id),
                "code": code,
                "reason": _(WHY_KEPT[code]),
            }
        )

    def _ref(self, entity: str, record_id: int) -> str:
        table = _TABLES[_TABLE_OF[entity]]
        name = next((n for n in ("no", "name", "external_ref") if n in table.c), "id")
        found = self.execute(select(table.c[name]).where(table.c.id == record_id)).scalar()
        return str(found or record_id)


def undo(work: UnitOfWork, token: str) -> dict[str, Any]:
    """Undo the import that ``token`` names (its beginning will do where that is unique).

    Answers ``{"batch", "state", "undone": {entity: count}, "restored": {entity: count}, "kept":
    [{"entity", "id", "ref", "code", "reason"}]}``. Raises :class:`NotFound`, and :class:`Refused`
    for an import that was undone before.
    """
    batch = find_batch(work, token)
    if batch.state is BatchState.UNDONE:
        raise Refused(why=_("the import {batch} was undone before.").format(batch=batch.token))
    undoing = _Undoing(work, batch.id, batch.token)
    for entity in _TABLE_OF:
        for record_id, before in _changes(undoing, entity):
            _RESTORE[entity](undoing, record_id, before)
        for ids in portions(_inserted(undoing, entity), _IDS_AT_ONCE):
            _delete(undoing, entity, ids)
        _claim_fields(undoing, entity)
        if entity == "order":
            recount(work, undoing.recount)
    undoing.to_book.follow(work, batch.token)
    rule_sets.refresh_all(work)
    this = _BATCHES.c.id == batch.id
    undoing.execute(update(_BATCHES).where(this).values(state=BatchState.UNDONE))
    work.record(
        "import.undone",
        "import_batch",
        batch.id,
        store_id=batch.store_id,
        ref=batch.token,
        deleted=dict(undoing.deleted),
        restored=dict(undoing.restored),
        kept=len(undoing.kept),
    )
    return {
        "batch": batch.token,
        "state": BatchState.UNDONE.value,
        "undone": dict(undoing.deleted),
        "restored": dict(undoing.restored),
        "kept": undoing.kept,
    }


def _changes(undoing: _Undoing, entity: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """What the import changed of records, the last change first."""
    query = (
        select(_ROWS.c.entity_id, _ROWS.c.before)
        .where(_ROWS.c.batch_id == undoing.batch_id, _ROWS.c.entity == entity)
        .where(_ROWS.c.verdict.in_((Outcome.UPDATED, Outcome.MERGED, Outcome.INSERTED)))
        .order_by(_ROWS.c.id.desc())
    )
    for record_id, before in undoing.execute(query).all():
        if before:
            yield record_id, before


def _inserted(undoing: _Undoing, entity: str) -> list[int]:
    query = select(_ROWS.c.entity_id).where(
        _ROWS.c.batch_id == undoing.batch_id,
        _ROWS.c.entity == entity,
        _ROWS.c.verdict == Outcome.INSERTED,
    )
    ids = set(undoing.execute(query).scalars())
    for span in spans(undoing.work, undoing.batch_id, entity):
        ids.update(span)
    return sorted(ids - undoing.bound if entity == "payment" else ids)


def _delete(undoing: _Undoing, entity: str, ids: list[int]) -> None:
    """Delete what nothing has changed and nothing refers to."""
    table = _TABLES[_TABLE_OF[entity]]
    among = undoing.work.store.dialect.among
    rows = undoing.execute(select(table).where(among(table.c.id, ids))).mappings().all()
    used = _used(undoing, entity, table, ids)
    if entity == "order":
        used |= backfill.settled(undoing.work, ids)
    going = []
    for row in rows:
        if not _as_imported(entity, row):
            undoing.keep(entity, row["id"], "changed_since")
        elif row["id"] in used:
            undoing.keep(entity, row["id"], "in_use")
        else:
            going.append(row)
    gone = [row["id"] for row in going]
    for row in going:
        _unbook(undoing, entity, row)
    if entity == "customer":
        index.remove(undoing.work, gone)
        take_back(undoing.work, undoing.batch_id, gone, reason=undoing.token)
    if entity in ENTITIES:
        release(undoing.work, entity, gone)
    if entity == "order":
        undoing.recount.update(row["customer_id"] for row in going)
    for name in (*CHILDREN, *sorted(_OWNED.get(entity, frozenset()) - set(CHILDREN))):
        if name in _OWNED.get(entity, ()):
            child = _TABLES[name]
            owner = child.c[_reference(child, table).name]
            undoing.execute(delete(child).where(among(owner, gone)))
    undoing.execute(delete(table).where(among(table.c.id, gone)))
    undoing.deleted[entity] += len(gone)


def _unbook(undoing: _Undoing, entity: str, row: Any) -> None:
    """Note that the books must follow the deletion of ``row``."""
    if entity == "order":
        undoing.to_book.orders.add(row["id"])
    elif entity == "payment":
        undoing.to_book.payment(row["id"], row["order_id"])


def _claim_fields(undoing: _Undoing, entity: str) -> None:
    """Let restored records own their unique values again, which others may have had meanwhile.

    Raises :class:`Duplicate` for a value of a record that could not be undone.
    """
    for ids in portions(sorted(undoing.fields), _IDS_AT_ONCE):
        release(undoing.work, entity, ids)
    for record_id, values in undoing.fields.items():
        claim(undoing.work, entity, record_id, values)
    undoing.fields.clear()


def _as_imported(entity: str, row: Any) -> bool:
    if entity == "order":
        return bool(row["version"] == row["custom"].get(IMPORTED))
    return entity not in ("customer", "companion") or row["version"] == 1


def _used(undoing: _Undoing, entity: str, table: Table, ids: Iterable[int]) -> set[int]:
    """Which of these records anything refers to that would not go with them."""
    wanted = list(ids)
    among = undoing.work.store.dialect.among
    used: set[int] = set()
    for other in METADATA.sorted_tables:
        if other.name in _OWNED.get(entity, ()):
            continue
        for column in other.columns:
            if any(key.column.table is table for key in column.foreign_keys):
                found = undoing.execute(select(column).where(among(column, wanted)).distinct())
                used.update(found.scalars())
    return used


def _reference(child: Table, parent: Table) -> Column[Any]:
    return next(
        column
        for column in child.columns
        if any(key.column.table is parent for key in column.foreign_keys)
    )


def _restore_customer(undoing: _Undoing, customer_id: int, before: dict[str, Any]) -> None:
    if not _restore_values(undoing, "customer", customer_id, before):
        return
    identities, tags, tagged = (
        _TABLES[name] for name in ("customer_identity", "tag", "customer_tag")
    )
    for kind, normalised in before["identities"]:
        mine = identities.c.customer_id == customer_id
        this = (identities.c.kind == kind) & (identities.c.normalised == normalised)
        undoing.execute(delete(identities).where(mine, this))
    if before["tags"]:
        these = select(tags.c.id).where(tags.c.name.in_(before["tags"]))
        mine = tagged.c.customer_id == customer_id
        undoing.execute(delete(tagged).where(mine, tagged.c.tag_id.in_(these)))
    if "custom" in before["values"]:
        undoing.fields[customer_id] = before["values"]["custom"]
    index.write_keys(undoing.work, [customer_id])


def _restore_companion(undoing: _Undoing, companion_id: int, before: dict[str, Any]) -> None:
    if not _restore_values(undoing, "companion", companion_id, before):
        return
    if "custom" in before["values"]:
        undoing.fields[companion_id] = before["values"]["custom"]
    if before["skills"] is not None:
        skills = _TABLES["companion_skill"]
        kept = {int(game) for game in before["skills"]}
        mine = skills.c.companion_id == companion_id
        undoing.execute(delete(skills).where(mine, skills.c.game_id.not_in(kept)))
        for game, rank in before["skills"].items():
            this = skills.c.game_id == int(game)
            undoing.execute(update(skills).where(mine, this).values(rank_text=rank))


def _restore_values(undoing: _Undoing, entity: str, record_id: int, before: dict[str, Any]) -> bool:
    """Put replaced values back, if nobody has changed the record since."""
    table = _TABLES[_TABLE_OF[entity]]
    values = dict(before["values"])
    if values.get("registered_on"):
        values["registered_on"] = date.fromisoformat(values["registered_on"])
    version = before["version"]
    this = (table.c.id == record_id) & (table.c.version == version)
    done = undoing.execute(update(table).where(this).values(**values, version=version - 1))
    if done.rowcount != 1:
        undoing.keep(entity, record_id, "changed_since")
        return False
    undoing.restored[entity] += 1
    return True


def _restore_order(undoing: _Undoing, order_id: int, before: dict[str, Any]) -> None:
    orders = _TABLES["orders"]
    stored = undoing.execute(select(orders).where(orders.c.id == order_id)).mappings().first()
    if stored is None or stored["version"] != before["version"]:
        undoing.keep("order", order_id, "changed_since" if stored else "gone")
        return
    undoing.recount.update((stored["customer_id"], before["order"]["customer_id"]))
    undoing.to_book.orders.add(order_id)
    undoing.to_book.replaced.add(order_id)
    put_back(undoing.work, before)
    undoing.fields[order_id] = before["order"]["custom"]
    undoing.restored["order"] += 1


def _restore_payment(undoing: _Undoing, payment_id: int, before: dict[str, Any]) -> None:
    """Put a payment's values back, or take what it gave from its order."""
    if "values" in before:
        payments = _TABLES["payment"]
        values = dict(before["values"])
        if values.get("paid_at"):
            values["paid_at"] = datetime.fromisoformat(values["paid_at"])
        this = payments.c.id == payment_id
        undoing.execute(update(payments).where(this).values(values))
        of = undoing.execute(select(payments.c.order_id).where(this)).scalar()
        undoing.to_book.payment(payment_id, of)
        undoing.restored["payment"] += 1
        return
    _debit(undoing, payment_id, before)


def _debit(undoing: _Undoing, payment_id: int, before: dict[str, Any]) -> None:
    orders = _TABLES["orders"]
    this = (orders.c.id == before["order_id"]) & (orders.c.version == before["version"])
    completed = before["completed_at"]
    values = {
        "status": OrderStatus(before["status"]),
        "paid_fen": before["paid_fen"],
        "tip_fen": before["tip_fen"],
        "completed_at": datetime.fromisoformat(completed) if completed else None,
        "version": before["version"] - 1,
    }
    if undoing.execute(update(orders).where(this).values(values)).rowcount == 1:
        owner = select(orders.c.customer_id).where(orders.c.id == before["order_id"])
        undoing.recount.add(undoing.execute(owner).scalar_one())
        undoing.to_book.orders.add(before["order_id"])
        return
    undoing.keep("payment", payment_id, "changed_since")
    undoing.bound.add(payment_id)


_RESTORE: dict[str, Callable[[_Undoing, int, dict[str, Any]], None]] = {
    "payment": _restore_payment,
    "order": _restore_order,
    "companion": _restore_companion,
    "customer": _restore_customer,
}
