"""Seeing a person's data in full, handing it over, forgetting it. Every time is logged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Table, and_, cast, delete, or_, select, tuple_, update
from sqlalchemy import Text as TextType
from sqlmodel import SQLModel

from crm_tui.core.actor import Actor
from crm_tui.core.errors import Invalid, NotFound, Refused
from crm_tui.core.language import _, joined
from crm_tui.core.permissions import Permission, require
from crm_tui.core.words import IdentityKind, OrderStatus
from crm_tui.models import Customer
from crm_tui.models.every import METADATA
from crm_tui.services.attachments import actions as attachments
from crm_tui.services.attachments.folder import folder_of
from crm_tui.services.customers import index
from crm_tui.services.customers.lookup import resolve
from crm_tui.services.customers.reads import IdentityRow
from crm_tui.services.customers.rules import normalise_identity
from crm_tui.services.fields import values as fields
from crm_tui.services.money.members import transfers
from crm_tui.services.privacy.reach import Rows, ids_of, rows_about
from crm_tui.services.privacy.rules import FORGET, GOES, LOG_ENTITIES, Traces
from crm_tui.services.privacy.sweep import holds, sweep
from crm_tui.storage.store import ReadWork, Store, UnitOfWork

SHORTEST_REASON = 4
"""Characters that a reason has at least: it has to tell somebody something."""
ERASED_ANSWER = "erased"
NAMES = ("nick", "name")
"""The fields that hold names; all others that name a person hold ids."""

_TABLES = SQLModel.metadata.tables
_KEYED = (OrderStatus.COMPLETED, OrderStatus.CANCELLED)
"""The states in which an order needs its customer no more."""


def unmask(work: UnitOfWork, customer_id: int, reason: str) -> tuple[IdentityRow, ...]:
    """The customer's identities in full, phones too; who looked, and why, is logged.

    Raises :class:`Refused` for a role that may not, :class:`Invalid` without a reason,
    :class:`NotFound`.
    """
    require(work.actor, Permission.UNMASK)
    why = checked_reason(reason)
    customer = _customer(work, customer_id)
    identity = _TABLES["customer_identity"]
    rows = work.session.connection().execute(
        select(identity.c.kind, identity.c.normalised, identity.c.value)
        .where(identity.c.customer_id == customer.id)
        .order_by(identity.c.id)
    )
    seen = tuple(
        IdentityRow(kind, normalised if kind is IdentityKind.PHONE else value)
        for kind, normalised, value in rows
    )
    _tell(work, "customer.unmasked", customer, why, identities=len(seen))
    return seen


def erase(work: UnitOfWork, customer_id: int, reason: str) -> dict[str, Any]:
    """Forget a person: nothing that they could be recognised by stays in the database.

    Orders, payments, ratings and who served them stay, under the customer's number; see
    :data:`rules.FORGET`. Whoever was merged into the customer is forgotten with them, and no such
    merge can be taken back. Answers ``{"customer", "deleted", "blanked", "swept"}``, counts of
    rows.

    Raises :class:`Refused` for a role that may not, for open orders, for stored value that they
    paid, and for who was erased or merged; :class:`Invalid` without a reason; :class:`NotFound`.
    What is left of a bonus lapses. :func:`finish_erasing` removes what is left in files.
    """
    require(work.actor, Permission.PERSON_DATA)
    why = checked_reason(reason)
    customer = _customer(work, customer_id)
    _refuse_early(work, customer)
    rows = rows_about(work, customer_id)
    transfers.let_bonus_lapse(work, ids_of(rows, "customer"))
    traces = traces_of(work, rows, customer.no)
    index.remove(work, ids_of(rows, "customer"))
    _forget_log(work, rows, traces)
    _forget_copies(work, rows)
    deleted = _delete(work, rows)
    blanked = _blank(work, rows)
    swept = sweep(work, traces)
    work.session.expire_all()
    _tell(work, "customer.erased", customer, why, deleted=deleted, blanked=blanked, swept=swept)
    return {"customer": customer.no, "deleted": deleted, "blanked": blanked, "swept": swept}


def finish_erasing(store: Store, actor: Actor) -> None:
    """Remove every kept file that nothing refers to, and what deleted rows have left in the
    database's files; may be repeated.

    Files that were taken away not long ago go, too: whose they were, nobody can tell any more.
    Raises :class:`StorageBusy` where others work on the database all the time.
    """
    with store.write(actor) as work:
        kept = [sha256 for sha256, _at in folder_of(store).contents()]
        attachments.collect(work, kept)
    store.compact()


def traces_of(work: ReadWork, rows: Rows, pseudonym: str) -> Traces:
    """What the person may be recognised by elsewhere, now or before a change: ids, and names that
    are only theirs."""
    ids = {
        text
        for row in rows.get("customer_identity", ())
        for text in (row["value"], row["normalised"])
    }
    names: set[str] = set()
    for row in rows["customer"]:
        names |= {row["nick"], row["name"], *row["custom"].get(index.ALIASES, ())}
    mine = ids_of(rows, "customer")
    for field, text in _former(work, mine):
        (names if field in NAMES else ids).add(text)
    names -= {""}
    customer, companion = _TABLES["customer"], _TABLES["companion"]
    others = (
        select(customer.c.nick).where(customer.c.nick.in_(names), customer.c.id.not_in(mine)),
        select(customer.c.name).where(customer.c.name.in_(names), customer.c.id.not_in(mine)),
        select(companion.c.nick).where(companion.c.nick.in_(names)),
    )
    for query in others:
        names -= set(work.session.connection().scalars(query))
    return Traces.of(ids, names, pseudonym)


def _former(work: ReadWork, customer_ids: list[int]) -> Iterator[tuple[str, str]]:
    """The names and ids that these customers have had, by field, as the event log tells."""
    value, event = _TABLES["event_value"], _TABLES["event"]
    told = (
        select(value.c.field, value.c.before, value.c.after)
        .join(event, (event.c.store_id == value.c.store_id) & (event.c.seq == value.c.seq))
        .where(
            event.c.entity == "customer",
            event.c.entity_id.in_(customer_ids),
            value.c.field.in_([*NAMES, *IdentityKind]),
        )
    )
    for field, *texts in work.session.connection().execute(told):
        for text in filter(None, texts):
            yield field, text
            if field not in NAMES:
                yield field, normalise_identity(IdentityKind(field), text)


def checked_reason(text: str) -> str:
    """A reason that says something, or :class:`Invalid`."""
    reason = " ".join(text.split())
    if len(reason) < SHORTEST_REASON:
        raise Invalid(field=_("Reason"), value=text, expected=_("why it is needed"))
    return reason


def resolve_erasable(work: ReadWork, ref: str) -> Customer:
    """The customer that ``ref`` names, as :func:`erase` would take it. Raises as that does."""
    customer = _customer(work, resolve(work, ref))
    _refuse_early(work, customer)
    return customer


def _customer(work: ReadWork, customer_id: int) -> Customer:
    customer = work.session.get(Customer, customer_id, populate_existing=True)
    if customer is None:
        raise NotFound(what=_("customer"), ref=str(customer_id))
    if customer.erased_at is not None:
        raise Refused(why=_("{no} has been erased.").format(no=customer.no))
    return customer


def _refuse_early(work: ReadWork, customer: Customer) -> None:
    order = _TABLES["orders"]
    query = (
        select(order.c.no)
        .where(order.c.customer_id == customer.id, order.c.status.not_in(_KEYED))
        .order_by(order.c.id)
    )
    still_open = list(work.session.connection().scalars(query))
    if still_open:
        why = _("{no} has open orders: {orders}. Complete or cancel them first.")
        raise Refused(why=why.format(no=customer.no, orders=joined(still_open[:5])))
    if customer.merged_into_id is not None:
        why = _("{no} was merged into another customer; erase that one, or take the merge back.")
        raise Refused(why=why.format(no=customer.no))
    assert customer.id is not None
    transfers.refuse_unpaid(work, [customer.id])


def _tell(work: UnitOfWork, kind: str, customer: Customer, reason: str, **facts: Any) -> None:
    assert customer.id is not None
    work.record(
        kind,
        "customer",
        customer.id,
        store_id=customer.store_id,
        ref=customer.no,
        changed={"reason": (None, reason)},
        **facts,
    )


def _delete(work: UnitOfWork, rows: Rows) -> int:
    """Delete the rows that are only about the person, children before parents."""
    for entity, table_name in (("customer", "customer"), ("order", "orders")):
        for entity_id in ids_of(rows, table_name):
            fields.release(work, entity, entity_id)
    deleted = 0
    for table in reversed(METADATA.sorted_tables):
        if table.name in rows and FORGET[table.name] is GOES:
            work.session.connection().execute(delete(table).where(_these(table, rows)))
            deleted += len(rows[table.name])
    return deleted


def _blank(work: UnitOfWork, rows: Rows) -> int:
    """Overwrite what people wrote in the rows that stay."""
    connection = work.session.connection()
    blanked = 0
    for name, values in FORGET.items():
        if name in rows and values:
            table = _TABLES[name]
            connection.execute(update(table).where(_these(table, rows)).values(**values))
            blanked += len(rows[name])
    customer = _TABLES["customer"]
    connection.execute(
        update(customer)
        .where(_these(customer, rows))
        .values(nick=customer.c.no, erased_at=work.clock.now(), version=customer.c.version + 1)
    )
    return blanked


def _these(table: Table, rows: Rows) -> Any:
    """The rows of ``table`` that are about the person."""
    keys = list(table.primary_key.columns)
    known = [tuple(row[key.name] for key in keys) for row in rows[table.name]]
    if len(keys) == 1:
        return keys[0].in_([key for (key,) in known])
    return tuple_(*keys).in_(known)


def _forget_log(work: UnitOfWork, rows: Rows, traces: Traces) -> None:
    """Empty the values beside the event log that are about the person or name them."""
    connection = work.session.connection()
    value, event = _TABLES["event_value"], _TABLES["event"]
    of_rows = [
        and_(
            event.c.entity == LOG_ENTITIES.get(name, name),
            event.c.entity_id.in_(ids_of(rows, name)),
        )
        for name in rows
        if "id" in _TABLES[name].c
    ]
    of_removed = and_(
        event.c.entity == "interaction",
        event.c.data["customer_id"].as_integer().in_(ids_of(rows, "customer")),
    )
    told = select(event.c.store_id, event.c.seq).where(or_(of_removed, *of_rows))
    mine = tuple_(value.c.store_id, value.c.seq).in_(told)
    named = [holds(value.c[side], traces) for side in ("before", "after")]
    connection.execute(update(value).where(or_(mine, *named)).values(before=None, after=None))


def _forget_copies(work: UnitOfWork, rows: Rows) -> None:
    """Empty what imports and bulk actions kept to be undone, and answers kept to be repeated."""
    connection = work.session.connection()
    for kept, blank in (
        ("import_row", {"before": {}, "value": "", "reason": ""}),
        ("bulk_row", {"before": {}}),
    ):
        table = _TABLES[kept]
        for name in ("customer", "orders", "payment"):
            ids = ids_of(rows, name)
            of_rows = and_(
                table.c.entity == LOG_ENTITIES.get(name, name), table.c.entity_id.in_(ids)
            )
            if ids:
                connection.execute(update(table).where(of_rows).values(**blank))
    answers = _TABLES["idempotency_key"]
    for row in rows["customer"]:
        names_no = cast(answers.c.answer, TextType).contains(f'"{row["no"]}"', autoescape=True)
        erased = {"answer": {ERASED_ANSWER: row["no"]}}
        connection.execute(update(answers).where(names_no).values(answer=erased))
