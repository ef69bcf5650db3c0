"""Finding the customer who is meant, from whatever is known of them (A2), as one types.

Every word must fit one of a customer's keys. The rarest word is looked up in the key table. Where
few keys begin with it, all of them are weighed (*narrow*). Where many do, those customers are gone
through who were heard of last (*wide*): somebody who shares a key with thousands belongs among the
first rows only if few others of those were heard of later. Both read a bounded number of rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, union
from sqlmodel import SQLModel

from crm_tui.core.errors import Ambiguous, Invalid, NotFound
from crm_tui.core.language import _
from crm_tui.core.words import IdentityKind
from crm_tui.services.customers.keys import (
    LAST,
    WHOLE,
    forms_of,
    matched_by,
    whole_key,
    words_of,
)
from crm_tui.services.customers.rules import likelihood, mask_phone, normalise_identity
from crm_tui.storage.store import ReadWork

NARROW = 1500
"""Up to so many keys that begin with a word, all of them are weighed."""
LAST_COMPLETED = 1500
LAST_TAKEN = 500
LAST_ADDED = 300
"""Who was heard of last: the customers of the last orders completed and taken, and the newest."""
FILLERS = 100
"""How many others, in the order of the keys, are weighed with those."""
HOUR = timedelta(hours=1)
EQUAL_GAIN = 2.0
"""How much likelier a word typed in full (initials, a tag, four digits) is than a beginning."""

_TABLES = SQLModel.metadata.tables
_CUSTOMER = _TABLES["customer"]
_KEY = _TABLES["customer_key"]
_IDENTITY = _TABLES["customer_identity"]
_TAG = _TABLES["tag"]
_CUSTOMER_TAG = _TABLES["customer_tag"]
_ORDER = _TABLES["orders"]
_KEYS = _CUSTOMER.c["keys"]


@dataclass(frozen=True, slots=True)
class CustomerHit:
    """A customer in a list. ``phone`` is masked; ``matched`` says what the first word was found
    by (:func:`keys.matched_by`, ``order`` for an order's number, empty without a query)."""

    id: int
    no: str
    nick: str
    name: str
    phone: str
    wechat: str
    tags: tuple[str, ...]
    orders: int
    last_order_at: datetime | None
    blocked: bool
    do_not_contact: bool
    minor: bool
    matched: str


@dataclass(frozen=True, slots=True)
class _Word:
    """One word of a query: where its keys lie, and which customers it fits."""

    text: str
    forms: tuple[str, ...]
    tail: str
    """The last four digits, where the word may be the end of a phone number."""
    owners: tuple[int, ...]
    """The customer of the order with this number."""

    @property
    def span(self) -> ColumnElement[bool]:
        """The keys that begin with the word."""
        ranges = [and_(_KEY.c.key >= form, _KEY.c.key < form + LAST) for form in self.forms]
        return or_(*ranges, _KEY.c.key == self.tail) if self.tail else or_(*ranges)

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

    def is_whole(self, row: Row[Any]) -> bool:
        """A name, identity or number of this customer was typed in full."""
        return row.id in self.owners or any(
            f" {form}{WHOLE} " in row.found_by for form in self.forms
        )

    def is_equal(self, row: Row[Any]) -> bool:
        """Another key of this customer was typed in full."""
        return any(f" {form} " in row.found_by for form in self.forms)


def find(work: ReadWork, query: str, limit: int = 20) -> list[CustomerHit]:
    """The customers that every word of ``query`` fits, the likeliest first, at most ``limit``.

    A word is the beginning of a nickname, name, pinyin, pinyin initials, identity, customer number
    or tag, a part of a nickname, an end of a phone number of at least four digits, or a whole
    order number. Names and ids typed in full come first; else recency and frequency of orders
    decide (:func:`rules.likelihood`). Without a word: the customers heard of last.
    """
    texts = words_of(query)
    if not texts:
        return recent(work, limit)
    words = _words(work, texts)
    rows = _candidates(work, words)
    taken = _last_taken(work)
    now = work.clock.now()

    def rank(row: Row[Any]) -> tuple[int, float, int]:
        whole = sum(word.is_whole(row) for word in words)
        equal = sum(word.is_equal(row) for word in words)
        return -whole, -_weight(row, taken, now) - EQUAL_GAIN * equal, -row.id

    best = sorted(rows, key=rank)[:limit]
    return _hits(work, [row.id for row in best], words[0])


def recent(work: ReadWork, limit: int = 20) -> list[CustomerHit]:
    """The customers heard of last: who ordered or was added."""
    rows = _facts(work, _any_of(*_heard_of_last(limit)))
    taken = _last_taken(work)
    now = work.clock.now()
    best = sorted(rows, key=lambda row: (-_weight(row, taken, now), -row.id))[:limit]
    return _hits(work, [row.id for row in best])


def resolve(work: ReadWork, ref: str) -> int:
    """The id of the one customer that ``ref`` names: customer number, id, phone, WeChat id or
    other identity, or a nickname or name that only one has.

    Raises :class:`NotFound`; :class:`Ambiguous` with the numbers of those it fits.
    """
    connection = work.session.connection()
    text = ref.strip()
    is_id = text.isascii() and text.isdigit() and len(text) < 11
    identities = [
        and_(_IDENTITY.c.kind == kind, _IDENTITY.c.normalised == normalised)
        for kind, normalised in _as_identities(text)
    ]
    ways = (
        select(_CUSTOMER.c.id).where(_CUSTOMER.c.no == text.upper()),
        select(_CUSTOMER.c.id).where(_CUSTOMER.c.id == int(text)) if is_id else None,
        select(_IDENTITY.c.customer_id).where(or_(*identities)) if identities else None,
        select(_KEY.c.customer_id).where(_KEY.c.key == whole_key(text)).limit(6),
    )
    for way in ways:
        found = sorted(set(connection.scalars(way))) if way is not None else []
        if len(found) == 1:
            return int(found[0])
        if found:
            numbers = select(_CUSTOMER.c.no).where(_CUSTOMER.c.id.in_(found))
            raise Ambiguous(ref=ref, matches=sorted(connection.scalars(numbers)))
    raise NotFound(what=_("customer"), ref=ref)


def _as_identities(text: str) -> list[tuple[IdentityKind, str]]:
    """What ``text`` may be as an identity, in normal form."""
    found: list[tuple[IdentityKind, str]] = []
    for kind in IdentityKind:
        try:
            found.append((kind, normalise_identity(kind, text)))
        except Invalid:
            continue
    bare = [(kind, f"wxid_{each}") for kind, each in found if kind is IdentityKind.WECHAT]
    return found + bare


def _words(work: ReadWork, texts: Sequence[str]) -> list[_Word]:
    """The words, with the orders that have their numbers looked up."""
    numbers = {each for text in texts for each in (text, text.upper()) if len(text) > 4}
    owners: dict[str, int] = {}
    if any(char.isdigit() for number in numbers for char in number):
        orders = select(_ORDER.c.no, _ORDER.c.customer_id).where(_ORDER.c.no.in_(sorted(numbers)))
        found = work.session.connection().execute(orders)
        owners = {row[0]: row[1] for row in found}
    words = []
    for text in texts:
        is_tail = text.isascii() and text.isdigit() and 4 < len(text) < 11
        mine = tuple({owners[each] for each in (text, text.upper()) if each in owners})
        words.append(_Word(text, forms_of(text), text[-4:] if is_tail else "", mine))
    return words


def _candidates(work: ReadWork, words: Sequence[_Word]) -> Sequence[Row[Any]]:
    """The facts of every customer who may be meant, and whom all words fit."""
    probes = [
        select(func.count())
        .select_from(select(_KEY.c.key).where(word.span).limit(NARROW + 1).subquery())
        .scalar_subquery()
        for word in words
    ]
    sizes = work.session.connection().execute(select(*probes)).one()
    size, rarest = min(zip(sizes, words, strict=True), key=lambda it: (it[0], -len(it[1].text)))
    keyed = select(_KEY.c.customer_id)
    among: ColumnElement[bool]
    if size <= NARROW:
        among = _CUSTOMER.c.id.in_(keyed.where(rarest.span))
    else:
        whole = [form + WHOLE for form in rarest.forms]
        others = NARROW if len(words) > 1 else FILLERS
        among = _any_of(
            keyed.where(_KEY.c.key.in_(whole)).limit(FILLERS),
            keyed.where(rarest.span).limit(others),
            *_heard_of_last(),
        )
    if rarest.owners:
        among = or_(among, _CUSTOMER.c.id.in_(rarest.owners))
    return _facts(work, among, *(word.fits for word in words))


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


def _facts(work: ReadWork, *conditions: ColumnElement[bool]) -> Sequence[Row[Any]]:
    """What customers are weighed by: ``found_by`` are their keys."""
    columns = ("id", "order_count", "last_order_at", "created_at", "registered_on")
    known = (_CUSTOMER.c[column] for column in columns)
    facts = select(_KEYS.label("found_by"), *known).where(*conditions)
    return work.session.connection().execute(facts).all()


def _last_taken(work: ReadWork) -> dict[int, datetime]:
    """When the customers of the last orders asked for them."""
    orders = (
        select(_ORDER.c.customer_id, _ORDER.c.created_at)
        .order_by(_ORDER.c.created_at.desc())
        .limit(LAST_TAKEN)
    )
    taken: dict[int, datetime] = {}
    for owner, at in work.session.connection().execute(orders):
        taken.setdefault(owner, at)
    return taken


def _weight(row: Row[Any], taken: dict[int, datetime], now: datetime) -> float:
    """The likelihood of a customer, from when they were last heard of."""
    heard = taken.get(row.id) or row.last_order_at
    if row.last_order_at and heard < row.last_order_at:
        heard = row.last_order_at
    if heard is None:
        heard = row.created_at
        if row.registered_on is not None:
            day_after = datetime.combine(row.registered_on, time.max, UTC)
            heard = min(heard, day_after)
    return likelihood((now - heard) / HOUR, row.order_count)


def _hits(work: ReadWork, ids: Sequence[int], word: _Word | None = None) -> list[CustomerHit]:
    """The customers with these ids, in this order."""
    connection = work.session.connection()
    identities: dict[int, list[tuple[IdentityKind, str, str]]] = defaultdict(list)
    for owner, kind, normalised, value in connection.execute(
        select(_IDENTITY.c.customer_id, _IDENTITY.c.kind, _IDENTITY.c.normalised, _IDENTITY.c.value)
        .where(_IDENTITY.c.customer_id.in_(ids))
        .order_by(_IDENTITY.c.id)
    ):
        identities[owner].append((kind, normalised, value))
    tags: dict[int, list[str]] = defaultdict(list)
    for owner, tag in connection.execute(
        select(_CUSTOMER_TAG.c.customer_id, _TAG.c.name)
        .join_from(_CUSTOMER_TAG, _TAG, _TAG.c.id == _CUSTOMER_TAG.c.tag_id)
        .where(_CUSTOMER_TAG.c.customer_id.in_(ids))
        .order_by(_TAG.c.name)
    ):
        tags[owner].append(tag)
    rows = connection.execute(select(_CUSTOMER).where(_CUSTOMER.c.id.in_(ids)))
    found = {row.id: _hit(row, identities[row.id], tags[row.id], word) for row in rows}
    return [found[each] for each in ids if each in found]


def _hit(
    row: Row[Any],
    identities: Sequence[tuple[IdentityKind, str, str]],
    tags: Sequence[str],
    word: _Word | None,
) -> CustomerHit:
    phone = next((text for kind, text, _value in identities if kind is IdentityKind.PHONE), "")
    wechat = next((value for kind, _n, value in identities if kind is IdentityKind.WECHAT), "")
    matched = ""
    if word is not None:
        known = [(kind, normalised) for kind, normalised, _value in identities]
        matched = matched_by(word.text, row.nick, row.name, row.no, known, tags)
        matched = matched or ("order" if row.id in word.owners else "")
    return CustomerHit(
        id=row.id,
        no=row.no,
        nick=row.nick,
        name=row.name,
        phone=mask_phone(phone) if phone else "",
        wechat=wechat,
        tags=tuple(tags),
        orders=row.order_count,
        last_order_at=row.last_order_at,
        blocked=row.blocked,
        do_not_contact=row.do_not_contact,
        minor=row.minor,
        matched=matched,
    )
