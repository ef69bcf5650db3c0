"""The customers of a portion: read and held together, a version further where they changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from sqlalchemy import Row, select, update
from sqlmodel import SQLModel

from crm_tui.services.bulk.rules import Outcome, Verdict
from crm_tui.storage.store import ReadWork, UnitOfWork

CUSTOMERS = SQLModel.metadata.tables["customer"]
_COLUMNS = tuple(
    CUSTOMERS.c[name]
    for name in (
        "id", "no", "nick", "store_id", "version", "owner_id", "merged_into_id", "erased_at"
    )
)  # fmt: skip
Person = Row[*tuple[Any, ...]]


def people(work: ReadWork, ids: Sequence[int]) -> dict[int, Person]:
    """These customers by id; within a change they are held until it ends."""
    query = select(*_COLUMNS).where(CUSTOMERS.c.id.in_(ids)).order_by(CUSTOMERS.c.id)
    if isinstance(work, UnitOfWork):
        query = query.with_for_update()
    return {row.id: row for row in work.session.connection().execute(query)}


def judged(
    work: ReadWork, ids: Sequence[int], decide: Callable[[Person], Outcome]
) -> list[Outcome]:
    """What becomes of each of these customers, in this order: refused where nothing can be done
    to them, else as ``decide`` says."""
    found = people(work, ids)
    return [_refusal(each, found.get(each)) or decide(found[each]) for each in ids]


def _refusal(customer_id: int, person: Person | None) -> Outcome | None:
    if person is None:
        return Outcome(customer_id, "", "", 0, Verdict.REFUSED, "not_found")
    code = "merged" if person.merged_into_id else "erased" if person.erased_at else ""
    return _outcome(person, Verdict.REFUSED, code) if code else None


def unchanged(person: Person) -> Outcome:
    """It is so already."""
    return _outcome(person, Verdict.UNCHANGED)


def done(person: Person, **before: Any) -> Outcome:
    """It is done, or would be; ``before`` takes it back."""
    kept = {**before, "version": person.version + 1}
    return _outcome(person, Verdict.DONE, before=kept)


def bump(work: UnitOfWork, ids: Collection[int], **changes: Any) -> None:
    """Let these customers be a version further, with ``changes`` in all of them."""
    if ids:
        values = {"version": CUSTOMERS.c.version + 1, **changes}
        changed = update(CUSTOMERS).where(CUSTOMERS.c.id.in_(ids)).values(values)
        work.session.connection().execute(changed)


def _outcome(
    person: Person, verdict: Verdict, code: str = "", before: dict[str, Any] | None = None
) -> Outcome:
    return Outcome(person.id, person.no, person.nick, person.store_id, verdict, code, before or {})
