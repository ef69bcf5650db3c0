"""Finding the customer who is meant, from whatever is known of them (A2), as one types."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import BindParameter, Row, and_, bindparam, func, or_, select
from sqlmodel import SQLModel

from crm_tui.core.errors import Ambiguous, Invalid, NotFound
from crm_tui.core.language import _
from crm_tui.core.masked import Masked
from crm_tui.core.words import IdentityKind
from crm_tui.services.customers.candidates import Word, best, words
from crm_tui.services.customers.keys import whole_key, words_of
from crm_tui.services.customers.marks import Face, Mark, match
from crm_tui.services.customers.readings import readings
from crm_tui.services.customers.rules import normalise_identity
from crm_tui.services.customers.tiers import tiers_of
from crm_tui.storage.store import ReadWork

_TABLES = SQLModel.metadata.tables
_CUSTOMER = _TABLES["customer"]
_KEPT = func.coalesce(_CUSTOMER.c.merged_into_id, _CUSTOMER.c.id)
_KEY = _TABLES["customer_key"]
_IDENTITY = _TABLES["customer_identity"]
_TAG = _TABLES["tag"]
_CUSTOMER_TAG = _TABLES["customer_tag"]
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_IDENTITIES_OF = (
    select(_IDENTITY.c.customer_id, _IDENTITY.c.kind, _IDENTITY.c.normalised, _IDENTITY.c.value)
    .where(_IDENTITY.c.customer_id.in_(_IDS))
    .order_by(_IDENTITY.c.id)
)
_TAGS_OF = (
    select(_CUSTOMER_TAG.c.customer_id, _TAG.c.name)
    .join_from(_CUSTOMER_TAG, _TAG, _TAG.c.id == _CUSTOMER_TAG.c.tag_id)
    .where(_CUSTOMER_TAG.c.customer_id.in_(_IDS))
    .order_by(_TAG.c.name)
)
_SHOWN_OF = select(
    _CUSTOMER.c.id,
    _CUSTOMER.c.no,
    _CUSTOMER.c.nick,
    _CUSTOMER.c.name,
    _CUSTOMER.c.order_count,
    _CUSTOMER.c.last_order_at,
    _CUSTOMER.c.blocked,
    _CUSTOMER.c.do_not_contact,
    _CUSTOMER.c.minor,
    _CUSTOMER.c["keys"].label("found_by"),
).where(_CUSTOMER.c.id.in_(_IDS))


@dataclass(frozen=True, slots=True)
class CustomerHit:
    """A customer in a list. ``phone`` is masked; ``matched`` says what the first word was found
    by (:func:`marks.label` in words, empty without a query), ``marks`` where the words stand in
    what is shown."""

    id: int
    no: str
    nick: str
    name: str
    phone: Masked
    wechat: str
    tags: tuple[str, ...]
    orders: int
    last_order_at: datetime | None
    blocked: bool
    do_not_contact: bool
    minor: bool
    matched: str
    marks: tuple[Mark, ...] = ()

    def spans(self, part: str) -> list[tuple[int, int]]:
        """Where the words stand in ``part`` of what is shown (:class:`marks.Mark`)."""
        return [(mark.start, mark.end) for mark in self.marks if mark.part == part]


def find(
    work: ReadWork, query: str, limit: int = 20, store_id: int | None = None
) -> list[CustomerHit]:
    """The customers that every word of ``query`` fits, the likeliest first, at most ``limit``.

    A word is the beginning of a nickname, name, pinyin, pinyin initials, identity, customer number
    (also of who was merged into the customer) or tag, a part of a nickname, an end of a phone
    number of at least four digits, or a whole order number. First stands whom a number or identity
    names as a whole, then the customers of ``store_id``, the operator's own store. Among those
    decide how well the words fit (:mod:`ranking`), and recency and frequency of orders
    (:func:`rules.likelihood`). Nothing typed: the customers heard of last.
    """
    wanted = words(work, words_of(query))
    if query.strip() and not wanted:
        return []
    return hits(work, best(work, wanted, limit, store_id), wanted)


def recent(work: ReadWork, limit: int = 20, store_id: int | None = None) -> list[CustomerHit]:
    """The customers heard of last: who ordered or was added; those of ``store_id`` first."""
    return find(work, "", limit, store_id)


def prepare() -> None:
    """Load what the readings of Chinese need, so that no first keystroke has to wait for it."""
    readings("准备")


def resolve(work: ReadWork, ref: str) -> int:
    """The id of the one customer that ``ref`` names: customer number, id, phone, WeChat id or
    other identity, or a nickname or name that only one has. Who was merged stands for the customer
    that they went into.

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
        select(_KEPT).where(_CUSTOMER.c.no == text.upper()),
        select(_KEPT).where(_CUSTOMER.c.id == int(text)) if is_id else None,
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


def hits(work: ReadWork, ids: Sequence[int], wanted: Sequence[Word] = ()) -> list[CustomerHit]:
    """The customers with these ids, in this order, with marks where the words stand; unknown ids
    are left out."""
    connection, these = work.session.connection(), {"ids": list(ids)}
    identities: dict[int, list[tuple[IdentityKind, str, str]]] = defaultdict(list)
    for owner, kind, normalised, value in connection.execute(_IDENTITIES_OF, these).all():
        identities[owner].append((kind, normalised, value))
    tags: dict[int, list[str]] = defaultdict(list)
    for owner, tag in connection.execute(_TAGS_OF, these).all():
        tags[owner].append(tag)
    rows = connection.execute(_SHOWN_OF, these).all()
    found = {row.id: _hit(row, identities[row.id], tags[row.id], wanted) for row in rows}
    return [found[each] for each in ids if each in found]


def _hit(
    row: Row[*tuple[Any, ...]],
    identities: Sequence[tuple[IdentityKind, str, str]],
    tags: Sequence[str],
    wanted: Sequence[Word],
) -> CustomerHit:
    phone = next((text for kind, text, _value in identities if kind is IdentityKind.PHONE), "")
    wechat = next((value for kind, _n, value in identities if kind is IdentityKind.WECHAT), "")
    face = Face(row.nick, row.name, row.no, identities, tags)
    matches = [match(word.text, face, row.found_by) for word in wanted]
    by_order = bool(wanted) and row.id in wanted[0].orders_of
    found_by = matches[0].found_by if matches else ""
    return CustomerHit(
        id=row.id,
        no=row.no,
        nick=row.nick,
        name=row.name,
        phone=Masked(phone),
        wechat=wechat,
        tags=tuple(tags),
        orders=row.order_count,
        last_order_at=row.last_order_at,
        blocked=row.blocked,
        do_not_contact=row.do_not_contact,
        minor=row.minor,
        matched=found_by or ("order" if by_order else ""),
        marks=tuple(dict.fromkeys(mark for each in matches for mark in each.marks)),
    )


def documents(work: ReadWork, hits: Sequence[CustomerHit]) -> list[dict[str, Any]]:
    """The JSON form of found customers that commands answer: with their value tiers, and times as
    the studio's clock shows them."""
    zone = work.calendar().zone
    tiers = tiers_of(work, [hit.id for hit in hits])
    return [_document(hit, zone, tiers[hit.id].name) for hit in hits]


def _document(hit: CustomerHit, zone: tzinfo, tier: str) -> dict[str, Any]:
    last = hit.last_order_at
    return {
        "id": hit.id,
        "no": hit.no,
        "nick": hit.nick,
        "name": hit.name,
        "phone": hit.phone,
        "wechat": hit.wechat,
        "tags": list(hit.tags),
        "tier": tier,
        "orders": hit.orders,
        "last_order_at": last.astimezone(zone).isoformat() if last else None,
        "blocked": hit.blocked,
        "do_not_contact": hit.do_not_contact,
        "minor": hit.minor,
        "matched": hit.matched,
        "marks": [{"part": mark.part, "start": mark.start, "end": mark.end} for mark in hit.marks],
    }
