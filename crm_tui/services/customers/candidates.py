"""Who may be meant by the words of a query: a bounded number of customers, weighed in memory.

The rarest word is looked up in the key table. Where few keys begin with it, all of them are
weighed (*narrow*). Where many do, those customers are gone through who were heard of last
(*wide*): somebody who shares a key with thousands belongs among the first rows only if few others
of those were heard of later.

Whoever was merged into another customer, or erased, is never among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Row,
    Select,
    Subquery,
    and_,
    false,
    func,
    or_,
    select,
    true,
    type_coerce,
    union,
    union_all,
)
from sqlmodel import SQLModel

from crm_tui.core.clock import to_micros
from crm_tui.core.words import IdentityKind, OrderStatus
from crm_tui.services.customers.keys import LAST, WHOLE, WITHOUT_PREFIX, forms_of
from crm_tui.services.customers.ranking import fit, in_full
from crm_tui.services.customers.rules import likelihood
from crm_tui.storage.store import ReadWork

NARROW = 1000
"""Up to so many keys that begin with a word, all of them are weighed."""
LAST_COMPLETED = 600
LAST_TAKEN = 1000
LAST_ADDED = 200
"""Who was heard of last: the customers of the last orders that were completed, of those among the
last taken that were not, and the newest."""
LAST_ELSEWHERE = 300
"""Of other stores, where the operator has one."""
HEARD_A_ROW = 5
"""Without a word, so many of each are weighed for each row."""
ENOUGH = 300
"""Of those heard of last, no more are weighed: where so many fit, the others are too long ago."""
FILLERS = 100
"""How many others, in the order of the keys, are weighed with those."""
RARE, COMMON, FEW = 5_000, 20_000, 2_000
"""Of two words that many share, so many keys of the rarer and of the other are put together; few of
the other where the rarer has more than that, since what comes of it is a sample in any case."""
MICROS_AN_HOUR = 3_600_000_000

SHORTEST_WHOLE = 5
"""Characters from which a word may be a whole identity or number."""

Facts = Row[int, int, str, int, int | None, int, date | None]
"""What a customer is weighed by: id, store, keys, completed orders, the last of them and the making
of the row in microseconds, the day of registration."""

_TABLES = SQLModel.metadata.tables
_CUSTOMER = _TABLES["customer"]
_KEY = _TABLES["customer_key"]
_ORDER = _TABLES["orders"]
_IDENTITY = _TABLES["customer_identity"]
_KEYS = _CUSTOMER.c["keys"]
_NOT_COMPLETED = [status for status in OrderStatus if status is not OrderStatus.COMPLETED]


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a query: where its keys lie, and which customers it fits."""

    text: str
    forms: tuple[str, ...]
    tail: str
    """The last four digits, where the word may be the end of a phone number."""
    orders_of: tuple[int, ...]
    """The customer of the order with this number."""
    owners: tuple[int, ...]
    """Whom the word names beyond doubt: by that number, their own number or an identity."""

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
    def whole(self) -> list[str]:
        """The keys of names that are the word in full."""
        return [form + WHOLE for form in self.forms]

    def fits(self, customer: FromClause = _CUSTOMER) -> ColumnElement[bool]:
        """The customers whose keys, or one of whose orders, the word fits."""
        keys = customer.c["keys"]
        ways: list[ColumnElement[bool]] = [
            keys.contains(" " + form, autoescape=True) for form in self.forms
        ]
        if self.tail:
            ways.append(keys.contains(f"{self.text}{WHOLE} ", autoescape=True))
        if self.orders_of:
            ways.append(customer.c.id.in_(self.orders_of))
        return or_(*ways)


def words(work: ReadWork, texts: Sequence[str]) -> list[Word]:
    """The words, with those looked up whom they name as a whole."""
    named = _named(work, [text for text in texts if len(text) >= SHORTEST_WHOLE])
    found = []
    for text in texts:
        forms = forms_of(text)
        is_tail = text.isascii() and text.isdigit() and 4 < len(text) < 11
        mine = [(is_order, owner) for written, is_order, owner in named if written in forms]
        by_order = tuple({owner for is_order, owner in mine if is_order})
        owners = tuple({owner for _is_order, owner in mine})
        found.append(Word(text, forms, text[-4:] if is_tail else "", by_order, owners))
    return found


def _named(work: ReadWork, texts: Sequence[str]) -> list[tuple[str, bool, int]]:
    """Whole numbers and identities among the texts: folded, whether it is an order's number, and
    whose it is."""
    if not texts:
        return []
    forms = sorted({form for text in texts for form in forms_of(text)})
    numbers = [form.upper() for form in forms]
    normalised = [*forms, *(f"{WITHOUT_PREFIX}{form}" for form in forms)]
    by_order = select(_ORDER.c.no, true(), _ORDER.c.customer_id).where(_ORDER.c.no.in_(numbers))
    kept = func.coalesce(_CUSTOMER.c.merged_into_id, _CUSTOMER.c.id)
    by_number = select(_CUSTOMER.c.no, false(), kept).where(_CUSTOMER.c.no.in_(numbers))
    by_identity = select(_IDENTITY.c.normalised, false(), _IDENTITY.c.customer_id).where(
        _IDENTITY.c.kind.in_(list(IdentityKind)), _IDENTITY.c.normalised.in_(normalised)
    )
    rows = work.session.connection().execute(union_all(by_order, by_number, by_identity))
    return [
        (each, bool(is_order), owner)
        for written, is_order, owner in rows
        for each in {written.casefold(), written.casefold().removeprefix(WITHOUT_PREFIX)}
    ]


def best(
    work: ReadWork, wanted: Sequence[Word], limit: int, store_id: int | None = None
) -> list[int]:
    """The ids of the customers whom all words fit, the likeliest first, at most ``limit``.

    First whom a word names beyond doubt, then the customers of ``store_id``; among those decide
    how well the words fit (:mod:`ranking`), and recency and frequency of orders. Without a word:
    the customers heard of last.
    """
    rows, bearers = _candidates(work, wanted, limit, store_id)
    now = to_micros(work.clock.now())
    taken = _last_taken(work, now)
    owners = {owner for word in wanted for owner in word.owners}
    gains = [(word.forms, in_full(count)) for word, count in zip(wanted, bearers, strict=True)]
    weighed = []
    for customer_id, store, keys, orders, last_order, created, registered_on in rows:
        heard = max(taken.get(customer_id, 0), last_order or 0)
        heard = heard or _arrived(created, registered_on)
        weight = likelihood((now - heard) / MICROS_AN_HOUR, orders)
        for forms, gain in gains:
            weight += fit(forms, keys, gain)
        weighed.append((customer_id in owners, store == store_id, weight, customer_id))
    weighed.sort(reverse=True)
    return [customer_id for *_weight, customer_id in weighed[:limit]]


def _arrived(created: int, registered_on: date | None) -> int:
    """When somebody without an order came: an import may know it better than the row does."""
    if registered_on is None:
        return created
    return min(created, to_micros(datetime.combine(registered_on, time.max, UTC)))


def _candidates(
    work: ReadWork, wanted: Sequence[Word], limit: int, store_id: int | None
) -> tuple[Sequence[Facts], list[int]]:
    """The facts of every customer who may be meant, and whom all words fit; and how many names
    each word is in full."""
    if not wanted:
        return _facts(work, _any_of(*_heard_of_last(store_id, HEARD_A_ROW * limit))), []
    sizes, bearers = _sizes(work, wanted)
    by_size = sorted(zip(sizes, wanted, strict=True), key=lambda it: (it[0], -len(it[1].text)))
    size, rarest = by_size[0]
    keyed = select(_KEY.c.customer_id)
    among: ColumnElement[bool]
    if size <= NARROW:
        among = _CUSTOMER.c.id.in_(keyed.where(or_(*rarest.spans)))
    else:
        among = _any_of(
            keyed.where(_KEY.c.key.in_(rarest.whole)).limit(FILLERS),
            *(keyed.where(span).order_by(_KEY.c.key).limit(FILLERS) for span in rarest.spans),
            *(_sharing(rarest, other, COMMON if size < RARE else FEW) for _, other in by_size[1:2]),
            *_heard_of_last(store_id, wanted=wanted),
        )
    if rarest.owners:
        among = or_(among, _CUSTOMER.c.id.in_(rarest.owners))
    return _facts(work, among, *(word.fits() for word in wanted)), bearers


def _sharing(rarest: Word, other: Word, most: int) -> Select[tuple[int]]:
    """Customers who have keys of both words, names in full first; ``most`` keys of the other word
    are looked at."""
    rare = select(_KEY.c.customer_id).where(or_(*rarest.spans)).limit(RARE)
    whole = select(_KEY.c.customer_id).where(_KEY.c.key.in_(other.whole)).limit(RARE)
    begun = select(_KEY.c.customer_id).where(or_(*other.spans)).limit(most)
    common = union_all(*(select(part.subquery()) for part in (whole, begun))).subquery()
    found = select(common.c.customer_id).where(common.c.customer_id.in_(rare))
    return found.limit(NARROW)


def _sizes(work: ReadWork, wanted: Sequence[Word]) -> tuple[list[int], list[int]]:
    """For each word: how many keys begin with it, and how many are names that it is in full. Both
    are counted no further than :data:`RARE`."""
    probes = [or_(*word.spans) for word in wanted]
    probes += [_KEY.c.key.in_(word.whole) for word in wanted]
    counts = work.session.connection().execute(
        select(
            *(
                select(func.count())
                .select_from(select(_KEY.c.key).where(probe).limit(RARE).subquery())
                .scalar_subquery()
                for probe in probes
            )
        )
    )
    found = list(counts.one())
    return found[: len(wanted)], found[len(wanted) :]


def _heard_of_last(
    store_id: int | None = None, most: int = LAST_COMPLETED, wanted: Sequence[Word] = ()
) -> list[Select[tuple[int]]]:
    """The ids of the customers of the last orders completed and taken, and of the newest; with
    ``store_id``, those of that store and some of the others. With ``wanted``, at most
    :data:`ENOUGH` of each whom all the words fit."""
    fitting = []
    for heard in _heard(store_id, most):
        ids = select(heard.c.id).where(*(word.fits(heard) for word in wanted))
        fitting.append(ids.limit(ENOUGH) if wanted else ids)
    return [*fitting, _taken(min(most, LAST_TAKEN), _ORDER.c.customer_id)]


@lru_cache(maxsize=64)
def _heard(store_id: int | None, most: int) -> tuple[Subquery, ...]:
    """Ids and keys of who completed an order last, and of the newest. Like all that is asked at
    every keystroke in the same words, it is put together once."""
    last = _CUSTOMER.c.last_order_at
    everybody = select(_CUSTOMER.c.id, _KEYS)
    completed = everybody.where(last.is_not(None)).order_by(last.desc())
    added = everybody.order_by(_CUSTOMER.c.id.desc()).limit(min(most, LAST_ADDED))
    if store_id is None:
        return completed.limit(most).subquery(), added.subquery()
    own = completed.where(_CUSTOMER.c.store_id == store_id).limit(most)
    elsewhere = completed.limit(min(most, LAST_ELSEWHERE))
    return own.subquery(), elsewhere.subquery(), added.subquery()


def _any_of(*sources: Select[tuple[int]]) -> ColumnElement[bool]:
    """Whether a customer is among any of these."""
    parts = [select(source.subquery()) for source in sources]
    return _CUSTOMER.c.id.in_(union(*parts))


_FACTS = select(
    _CUSTOMER.c.id,
    _CUSTOMER.c.store_id,
    _KEYS,
    _CUSTOMER.c.order_count,
    type_coerce(_CUSTOMER.c.last_order_at, BigInteger),
    type_coerce(_CUSTOMER.c.created_at, BigInteger),
    _CUSTOMER.c.registered_on,
).where(_CUSTOMER.c.merged_into_id.is_(None), _CUSTOMER.c.erased_at.is_(None))


def _facts(work: ReadWork, *conditions: ColumnElement[bool]) -> Sequence[Facts]:
    """What the customers who meet the conditions are weighed by."""
    return work.session.connection().execute(_FACTS.where(*conditions)).all()


@lru_cache(maxsize=64)
def _taken(most: int, *columns: ColumnElement[Any]) -> Select[Any]:
    """Of the last orders taken, those that were not completed."""
    made = type_coerce(_ORDER.c.created_at, BigInteger)
    first = select(made).order_by(_ORDER.c.created_at.desc()).offset(most - 1).limit(1)
    return select(*columns).where(
        _ORDER.c.status.in_(_NOT_COMPLETED), made >= func.coalesce(first.scalar_subquery(), 0)
    )


_CANCELLED_AT = type_coerce(_ORDER.c.cancelled_at, BigInteger)


def _last_taken(work: ReadWork, now: int) -> dict[int, int]:
    """When customers were heard of, of whose last orders none was completed, in microseconds:
    ``now`` while an order is open, else when it was cancelled."""
    heard: dict[int, int] = {}
    orders = _taken(LAST_TAKEN, _ORDER.c.customer_id, _CANCELLED_AT)
    for customer_id, cancelled in work.session.connection().execute(orders).all():
        heard[customer_id] = max(heard.get(customer_id, 0), now if cancelled is None else cancelled)
    return heard
