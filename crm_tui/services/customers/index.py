"""The look-up keys in the database: written in the transaction that changes the customer.

``Customer.keys`` holds a customer's keys as one text; ``customer_key`` holds the same, a row a
key, to be range-scanned. Whoever writes one of them goes through this file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import bindparam, func, update
from sqlalchemy import select as columns
from sqlmodel import SQLModel, col, select

from crm_tui.core.portions import portions
from crm_tui.core.words import IdentityKind
from crm_tui.models import Customer, CustomerIdentity, CustomerTag, Tag
from crm_tui.services.customers.keys import (
    join_keys,
    keys_for,
    name_keys,
    number_key,
    split_keys,
)
from crm_tui.storage.store import ReadWork, UnitOfWork

ALIASES = "aliases"
"""Where ``Customer.custom`` holds other nicknames of the customer, which are found too."""

_CUSTOMERS = SQLModel.metadata.tables["customer"]
_KEYS = SQLModel.metadata.tables["customer_key"]
KEY_COLUMNS = ("key", "customer_id")
_IDS_AT_ONCE = 500
_ROWS_AT_ONCE = 200_000
_MANY_ROWS = 5_000


def write_keys(work: UnitOfWork, customer_ids: Iterable[int]) -> None:
    """Make the keys of these customers those of their present names, identities and tags.

    Call it after any of those changed, in the same unit of work; what did not change is not
    written.
    """
    work.session.flush()
    for ids in portions(customer_ids, _IDS_AT_ONCE):
        wanted = current_keys(work, ids)
        stored = _stored(work, ids)
        changed = [each for each in ids if stored.get(each) != wanted.get(each)]
        gone = [
            (key, each)
            for each in changed
            for key in set(split_keys(stored.get(each, ""))) - set(split_keys(wanted[each]))
        ]
        new = [
            (key, each)
            for each in changed
            for key in set(split_keys(wanted[each])) - set(split_keys(stored.get(each, "")))
        ]
        _delete(work, gone)
        _insert(work, new)
        _update(work, {each: wanted[each] for each in changed})


def add_in_bulk(work: UnitOfWork, rows: Iterable[tuple[int, str]]) -> None:
    """Write the key rows of new customers, whose ``keys`` column was already written.

    ``rows`` are ``(customer_id, keys)`` with keys from :func:`keys.join_keys`. They are sorted by
    key in large portions, because the table is; memory holds one portion.
    """
    pairs = ((key, customer_id) for customer_id, keys in rows for key in split_keys(keys))
    written = 0
    for portion in portions(pairs, _ROWS_AT_ONCE):
        _insert(work, portion)
        written += len(portion)
    if written >= _MANY_ROWS:
        for table in (_KEYS, _CUSTOMERS):
            work.store.dialect.learn(work.session, table)


def put_in(work: UnitOfWork, pairs: Sequence[tuple[str, int]]) -> None:
    """Write key rows in the order of the table; those that are there already stay."""
    work.store.dialect.insert_rows(work.session, _KEYS, KEY_COLUMNS, pairs, keep_known=True)


def take_out_stale(work: UnitOfWork, pairs: Iterable[tuple[str, int]]) -> None:
    """Delete those of these key rows that their customers no longer have."""
    for some in portions(pairs, _ROWS_AT_ONCE):
        stored = _stored(work, sorted({owner for _key, owner in some}))
        right = {each: set(split_keys(keys)) for each, keys in stored.items()}
        _delete(work, [(key, owner) for key, owner in some if key not in right.get(owner, ())])


def remove(work: UnitOfWork, customer_ids: Iterable[int]) -> None:
    """Take these customers out of the look-up, before they are deleted, merged or erased."""
    work.session.flush()
    for ids in portions(customer_ids, _IDS_AT_ONCE):
        stored = _stored(work, ids)
        _delete(work, [(key, each) for each in ids for key in split_keys(stored.get(each, ""))])
        _update(work, dict.fromkeys(stored, ""))


def current_keys(work: ReadWork, customer_ids: Sequence[int]) -> dict[int, str]:
    """What ``Customer.keys`` should hold, computed from the names, identities and tags, and the
    numbers of those who were merged into them."""
    session = work.session
    identities: dict[int, list[tuple[IdentityKind, str]]] = defaultdict(list)
    for owner, kind, normalised in session.exec(
        select(
            CustomerIdentity.customer_id, CustomerIdentity.kind, CustomerIdentity.normalised
        ).where(col(CustomerIdentity.customer_id).in_(customer_ids))
    ):
        identities[owner].append((IdentityKind(kind), normalised))
    tags: dict[int, list[str]] = defaultdict(list)
    for owner, tag in session.exec(
        select(CustomerTag.customer_id, Tag.name)
        .join(Tag, col(Tag.id) == CustomerTag.tag_id)
        .where(col(CustomerTag.customer_id).in_(customer_ids))
    ):
        tags[owner].append(tag)
    people = session.connection().execute(
        columns(*(_CUSTOMERS.c[name] for name in ("id", "nick", "name", "no", "custom"))).where(
            _CUSTOMERS.c.id.in_(customer_ids),
            _CUSTOMERS.c.merged_into_id.is_(None),
            _CUSTOMERS.c.erased_at.is_(None),
        )
    )
    merged = _merged_numbers(work, customer_ids)
    wanted = dict.fromkeys(customer_ids, "")
    for each, nick, name, no, custom in people:
        keys = keys_for(nick, name, no, identities[each], tags[each])
        keys.update(number_key(number) for number in merged[each])
        wanted[each] = join_keys(keys.union(*map(name_keys, custom.get(ALIASES, ()))))
    return wanted


def _merged_numbers(work: ReadWork, customer_ids: Sequence[int]) -> dict[int, list[str]]:
    """The numbers of those who were merged into each customer."""
    numbers: dict[int, list[str]] = defaultdict(list)
    into = _CUSTOMERS.c.merged_into_id
    rows = columns(into, _CUSTOMERS.c.no).where(into.in_(customer_ids))
    for owner, no in work.session.connection().execute(rows):
        numbers[owner].append(no)
    return numbers


def count_misplaced(work: ReadWork) -> int:
    """How many keys stand in only one of the two places; 0 in a sound database.

    Reads the whole table: for ``doctor``, not for a screen.
    """
    connection = work.session.connection()
    keys = _CUSTOMERS.c["keys"]
    blanks = func.length(keys) - func.length(func.replace(keys, " ", ""))
    words = connection.scalar(
        select(func.coalesce(func.sum(blanks - 1), 0)).where(func.length(keys) > 2)
    )
    rows = connection.scalar(select(func.count()).select_from(_KEYS))
    owned = connection.scalar(
        select(func.count())
        .select_from(_KEYS.join(_CUSTOMERS, _CUSTOMERS.c.id == _KEYS.c.customer_id))
        .where(func.replace(keys, " " + _KEYS.c.key + " ", "") != keys)
    )
    return abs(int(words or 0) - int(owned or 0)) + int(rows or 0) - int(owned or 0)


def _stored(work: ReadWork, ids: Sequence[int]) -> dict[int, str]:
    rows = work.session.connection().execute(
        select(_CUSTOMERS.c.id, _CUSTOMERS.c["keys"]).where(
            work.store.dialect.among(_CUSTOMERS.c.id, ids)
        )
    )
    return {row[0]: row[1] for row in rows}


def _insert(work: UnitOfWork, pairs: list[tuple[str, int]]) -> None:
    if pairs:
        work.store.dialect.insert_rows(work.session, _KEYS, KEY_COLUMNS, sorted(pairs))


def _delete(work: UnitOfWork, pairs: list[tuple[str, int]]) -> None:
    work.store.dialect.delete_rows(work.session, _KEYS, KEY_COLUMNS, sorted(pairs))


def _update(work: UnitOfWork, keys_of: dict[int, str]) -> None:
    if keys_of:
        rows = [{"of_customer": owner, "now": keys} for owner, keys in keys_of.items()]
        work.session.connection().execute(
            update(_CUSTOMERS)
            .where(_CUSTOMERS.c.id == bindparam("of_customer"))
            .values({"keys": bindparam("now")}),
            rows,
        )
        for owner in keys_of:
            loaded = work.session.identity_map.get(work.session.identity_key(Customer, owner))
            if loaded is not None:
                work.session.expire(loaded, ["keys"])
