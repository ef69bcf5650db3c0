"""Who may be meant by the words of a query: a bounded number of customers, weighed in memory.

The rarest word is looked up in the key table. Where few keys begin with it, all of them are
weighed (*narrow*). Where many do, those customers are gone through who were heard of last
(*wide*): somebody who shares a key with thousands belongs among the first rows only if few others
of those were heard of later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    Select,
    and_,
    func,
    or_,
    select,
    type_coerce,
    union,
)
from sqlmodel import SQLModel

from crm_tui.core.clock import to_micros
from crm_tui.services.customers.keys import LAST, WHOLE, forms_of
from crm_tui.services.customers.rules import likelihood
from crm_tui.storage.store import ReadWork

NARROW = 1000
"""Up to so many keys that begin with a word, all of them are weighed."""
LAST_COMPLETED = 1200
LAST_TAKEN = 300
LAST_ADDED = 200
"""Who was heard of last: the customers of the last orders completed and taken, and the newest."""
FILLERS = 100
FILLERS_OF_SEVERAL = 500
"""How many others, in the order of the keys, are weighed with those: of one word, of several."""
EQUAL_GAIN = 2.0
"""How much likelier a word typed in full (initials, a tag, four digits) is than a beginning."""
MICROS_AN_HOUR = 3_600_000_000

Facts = Row[int, str, int, int | None, int, date | None]
"""What a customer is weighed by: id, keys, completed orders, the last of them and the making of
the row in microseconds, the day of registration."""

_TABLES = SQLModel.metadata.tables
_CUSTOMER = _TABLES["customer"]
_KEY = _TABLES["customer_key"]
_ORDER = _TABLES["orders"]
_KEYS = _CUSTOMER.c["keys"]


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a query: where its keys lie, and which customers it fits."""

    text: str
    forms: tuple[str, ...]
    tail: str
    """The last four digits, where the word may be the end of a phone number."""
    owners: tuple[int, ...]
    """The customer of the order with this number."""

    @property
    def spans(self) -> list[ColumnElement[bool]]:
        """The ranges of keys that begin with the word; none lies within another."""
        starts = [
            form
            for form in self.forms
            if not any(form != other and form.startswith(other) for other in self.forms)
        ]
        ranges = [and_(_KEY.c.key >= start, _KEY.c.key < start + LAST) for start in starts]
        return [*ranges, _KEY.c.key == self.tail] if self.tail else ranges

    @property
    def fits(self) -> ColumnElement[bool]:
        """The customers whose keys, or one of whose orders, the word fits."""
        ways: list[ColumnElement[bool]] = [
            _KEYS.contains(" " + form, autoescape=True) for form in self.forms
        ]
        if self.tail:
            ways.append(_KEYS.contains(f"{self.text}{WHOLE} ", autoescape=True))
        if self.owners:
            ways.append(_CUSTOMER.c.id.in_(self.owners))
        return or_(*ways)


def words(work: ReadWork, texts: Sequence[str]) -> list[Word]:
    """The words, with the orders that have their numbers looked up."""
    numbers = {each for text in texts for each in (text, text.upper()) if len(text) > 4}
    owners: dict[str, int] = {}
    if any(char.isdigit() for number in numbers for char in number):
        orders = select(_ORDER.c.no, _ORDER.c.customer_id).where(_ORDER.c.no.in_(sorted(numbers)))
        owners = dict(work.session.connection().execute(orders).all())
    found = []
    for text in texts:
        is_tail = text.isascii() and text.isdigit() and 4 < len(text) < 11
        mine = tuple({owners[each] for each in (text, text.upper()) if each in owners})
        found.append(Word(text, forms_of(text), text[-4:] if is_tail else "", mine))
    return found


def best(work: ReadWork, wanted: Sequence[Word], limit: int) -> list[int]:
    """The ids of the customers whom all words fit, the likeliest first, at most ``limit``.

    Whoever has a name or identity typed in full comes before the others. Without a word: the
    customers heard of last.
    """
    rows = _candidates(work, wanted) if wanted else _facts(work, _any_of(*_heard_of_last(limit)))
    taken = _last_taken(work)
    now = to_micros(work.clock.now())
    whole = [f" {form}{WHOLE} " for word in wanted for form in word.forms]
    equal = [f" {form} " for word in wanted for form in word.forms]
    owners = {owner for word in wanted for owner in word.owners}
    weighed = []
    for customer_id, keys, orders, last_order, created, registered_on in rows:
        heard = max(taken.get(customer_id, 0), last_order or 0)
        heard = heard or _arrived(created, registered_on)
        weight = likelihood((now - heard) / MICROS_AN_HOUR, orders)
        in_full = int(customer_id in owners)
        for key in whole:
            if key in keys:
                in_full += 1
        for key in equal:
            if key in keys:
                weight += EQUAL_GAIN
        weighed.append((in_full, weight, customer_id))
    weighed.sort(reverse=True)
    return [customer_id for _in_full, _weight, customer_id in weighed[:limit]]


def _arrived(created: int, registered_on: date | None) -> int:
    """When somebody without an order came: an import may know it better than the row does."""
    if registered_on is None:
        return created
    return min(created, to_micros(datetime.combine(registered_on, time.max, UTC)))


def _candidates(work: ReadWork, wanted: Sequence[Word]) -> Sequence[Facts]:
    """The facts of every customer who may be meant, and whom all words fit."""
    probes = [
        select(func.count())
        .select_from(select(_KEY.c.key).where(or_(*word.spans)).limit(NARROW + 1).subquery())
        .scalar_subquery()
        for word in wanted
    ]
    sizes = work.session.connection().execute(select(*probes)).one()
    size, rarest = min(zip(sizes, wanted, strict=True), key=lambda it: (it[0], -len(it[1].text)))
    keyed = select(_KEY.c.customer_id)
    among: ColumnElement[bool]
    if size <= NARROW:
        among = _CUSTOMER.c.id.in_(keyed.where(or_(*rarest.spans)))
    else:
        whole = [form + WHOLE for form in rarest.forms]
        others = FILLERS_OF_SEVERAL if len(wanted) > 1 else FILLERS
        among = _any_of(
            keyed.where(_KEY.c.key.in_(whole)).limit(FILLERS),
            *(keyed.where(span).order_by(_KEY.c.key).limit(others) for span in rarest.spans),
            *_heard_of_last(),
        )
    if rarest.owners:
        among = or_(among, _CUSTOMER.c.id.in_(rarest.owners))
    return _facts(work, among, *(word.fits for word in wanted))


def _heard_of_last(most: int = LAST_COMPLETED) -> list[Select[tuple[int]]]:
    """The ids of the customers of the last orders completed and taken, and of the newest."""
    completed = (
        select(_CUSTOMER.c.id)
        .where(_CUSTOMER.c.last_order_at.is_not(None))
        .order_by(_CUSTOMER.c.last_order_at.desc())
        .limit(most)
    )
    taken = select(_ORDER.c.customer_id).order_by(_ORDER.c.created_at.desc()).limit(LAST_TAKEN)
    added = select(_CUSTOMER.c.id).order_by(_CUSTOMER.c.id.desc()).limit(min(most, LAST_ADDED))
    return [completed, taken, added]


def _any_of(*sources: Select[tuple[int]]) -> ColumnElement[bool]:
    """Whether a customer is among any of these."""
    parts = [select(source.subquery()) for source in sources]
    return _CUSTOMER.c.id.in_(union(*parts))


def _facts(work: ReadWork, *conditions: ColumnElement[bool]) -> Sequence[Facts]:
    """What the customers who meet the conditions are weighed by."""
    facts = select(
        _CUSTOMER.c.id,
        _KEYS,
        _CUSTOMER.c.order_count,
        type_coerce(_CUSTOMER.c.last_order_at, BigInteger),
        type_coerce(_CUSTOMER.c.created_at, BigInteger),
        _CUSTOMER.c.registered_on,
    )
    return work.session.connection().execute(facts.where(*conditions)).all()


def _last_taken(work: ReadWork) -> dict[int, int]:
    """When the customers of the last orders asked for them, in microseconds."""
    orders = (
        select(_ORDER.c.customer_id, type_coerce(_ORDER.c.created_at, BigInteger))
        .order_by(_ORDER.c.created_at.desc())
        .limit(LAST_TAKEN)
    )
    rows = work.session.connection().execute(orders).all()
    return dict(reversed(rows))
