"""What the event log says has changed since the copy was brought up to date."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from crm_tui.models import Event, ImportRow, ImportSpan, Order, Payment
from crm_tui.models.ledger import Journal
from crm_tui.models.persons import CustomerMerge
from crm_tui.services.figures.copy.manifest import Journals
from crm_tui.services.figures.copy.source import among
from crm_tui.storage.store import ReadWork

MOST_EVENTS = 100_000
"""After more than these, all is read anew."""
_AT_ONCE = frozenset({"demo.built", "demo.customers"})
"""Events after which very much has changed that they don't name."""
_OF_COMPANIONS = frozenset({"companion", "level", "import_batch"})
_GAPS = 500
_GAP_SECONDS = 3600.0
"""So long a transaction may be under way that has taken numbers of journals."""
LATEST = 1000
"""Among so many of the latest numbers of journals a first reading looks for gaps."""


@dataclass(slots=True)
class Changes:
    """Which records may differ from what was copied of them."""

    orders: set[int] = field(default_factory=set)
    customers: set[int] = field(default_factory=set)
    companions: bool = False
    """Levels or ranks of companions."""


def since(
    work: ReadWork, before: Mapping[int, int], until: Mapping[int, int], most: int = MOST_EVENTS
) -> Changes | None:
    """What changed after the events ``before`` and up to ``until``, by store; None where that is
    more than ``most`` events, or more than the log can tell."""
    if sum(seq - before.get(store_id, 0) for store_id, seq in until.items()) > most:
        return None
    changes, batches, merged = Changes(), set(), set()
    for store_id, seq in until.items():
        for kind, entity, entity_id in _events(work, store_id, before.get(store_id, 0), seq):
            if kind in _AT_ONCE:
                return None
            changes.companions |= entity in _OF_COMPANIONS
            if entity == "order":
                changes.orders.add(entity_id)
            elif entity == "customer":
                changes.customers.add(entity_id)
                if kind in ("customer.merged", "customer.unmerged"):
                    merged.add(entity_id)
            elif entity == "import_batch":
                batches.add(entity_id)
    _of_merges(work, changes, merged)
    _of_batches(work, changes, batches)
    return changes


def orders_of(work: ReadWork, customer_ids: Collection[int]) -> set[int]:
    """The orders of these customers."""
    query = select(col(Order.id)).where(among(work, customer_ids)(col(Order.customer_id)))
    if not customer_ids:
        return set()
    found: Iterable[Any] = work.session.connection().execute(query).scalars()
    return set(found)


def latest_journals(work: ReadWork, last: int) -> tuple[list[int], Journals]:
    """The latest journals up to number ``last``, for a first reading of all: those after
    ``last`` − :data:`LATEST`, with what is known after them."""
    return new_journals(work, Journals(max(0, last - LATEST)), last)


def new_journals(work: ReadWork, known: Journals, last: int) -> tuple[list[int], Journals]:
    """The numbers of the journals that were not there when those of ``known`` had been read, up to
    ``last``, and what is known after them."""
    now, last = work.clock.now().timestamp(), max(last, known.last)
    waited_for = [*known.missing, (known.last + 1, last, now)]
    begins = min(first for first, _end, _since in waited_for)
    number: Any = col(Journal.id)
    query = select(number).where(number.between(begins, last)).order_by(number)
    there = list(work.session.connection().execute(query).scalars())
    found: list[int] = []
    missing: list[tuple[int, int, float]] = []
    for first, end, since_ in waited_for:
        used = there[bisect_left(there, first) : bisect_right(there, end)]
        found += used
        if now - since_ < _GAP_SECONDS:
            missing += [(*gap, since_) for gap in _gaps(first, end, used)]
    return found, Journals(last, tuple(missing[-_GAPS:]))


def _events(work: ReadWork, store_id: int, after: int, until: int) -> Any:
    query = (
        select(col(Event.kind), col(Event.entity), col(Event.entity_id))
        .where(col(Event.store_id) == store_id, col(Event.seq) > after, col(Event.seq) <= until)
        .distinct()
    )
    return work.session.connection().execute(query).all()


def _of_merges(work: ReadWork, changes: Changes, kept: Collection[int]) -> None:
    """Orders move between two records of a person, both ways."""
    if not kept:
        return
    query = select(col(CustomerMerge.kept_id), col(CustomerMerge.other_id)).where(
        among(work, kept)(col(CustomerMerge.kept_id))
    )
    both = {each for pair in work.session.connection().execute(query) for each in pair}
    changes.customers |= both
    changes.orders |= orders_of(work, both)


def _of_batches(work: ReadWork, changes: Changes, batches: Collection[int]) -> None:
    """A batch names the records that it brought or changed, also after it was undone."""
    execute = work.session.connection().execute
    payments: set[int] = set()
    into = {"order": changes.orders, "customer": changes.customers, "payment": payments}
    for batch_id in batches:
        rows = select(col(ImportRow.entity), col(ImportRow.entity_id)).where(
            col(ImportRow.batch_id) == batch_id,
            col(ImportRow.entity).in_([*into]),
            col(ImportRow.entity_id).is_not(None),
        )
        named: Iterable[tuple[str, Any]] = execute(rows.distinct()).all()
        for entity, entity_id in named:
            into[entity].add(entity_id)
        spans = select(
            col(ImportSpan.entity), col(ImportSpan.first_id), col(ImportSpan.count)
        ).where(col(ImportSpan.batch_id) == batch_id, col(ImportSpan.entity).in_([*into]))
        for entity, first, count in execute(spans):
            into[entity].update(range(first, first + count))
    for paid, payment in ((Payment.order_id, Payment.id), (Journal.order_id, Journal.payment_id)):
        if payments:
            found = execute(select(col(paid)).where(among(work, payments)(col(payment)))).scalars()
            changes.orders.update(order_id for order_id in found if order_id is not None)
    changes.orders.discard(0)


def _gaps(first: int, last: int, used: list[int]) -> list[tuple[int, int]]:
    """The runs of numbers from ``first`` to ``last`` that are not used.

    >>> _gaps(3, 9, [4, 5, 9])
    [(3, 3), (6, 8)]
    """
    gaps, begins = [], first
    for number in used:
        if number > begins:
            gaps.append((begins, number - 1))
        begins = number + 1
    return [*gaps, (begins, last)] if begins <= last else gaps
