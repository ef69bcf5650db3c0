"""Who in the database may be the person that is being entered: a few index look-ups, no scan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import ColumnElement, and_, func, select
from sqlmodel import SQLModel

from crm_tui.core.words import IdentityKind
from crm_tui.services.customers.keys import LAST, LONGEST_KEY, WHOLE
from crm_tui.services.duplicates.rules import Rarity, expected_others
from crm_tui.services.duplicates.traits import WECHAT_PREFIX, Traits, traits_of
from crm_tui.storage.store import ReadWork

NOBODY = 0
"""The id of somebody who is not stored yet."""
MOST = 40
"""A key that more customers have is no reason to look at any of them."""
MOST_COUNTED = 300
CITY_SHARE = 0.1
"""The share of customers that a city is taken to have; counting them would need a scan."""

_TABLES = SQLModel.metadata.tables
_CUSTOMER = _TABLES["customer"]
_IDENTITY = _TABLES["customer_identity"]
_KEY = _TABLES["customer_key"]


def candidates(work: ReadWork, one: Traits) -> list[int]:
    """The ids of those who share a contact with ``one``, have a phone one slip away, or a name
    that is the same or begins alike. Who was merged or erased has neither."""
    found: set[int] = set()
    values = sorted({*one.contacts, *one.mentioned, *_with_prefix(one), *_slips_of_phones(one)})
    if values:
        owners = select(_IDENTITY.c.customer_id).where(
            _IDENTITY.c.kind.in_(list(IdentityKind)), _IDENTITY.c.normalised.in_(values)
        )
        found.update(work.session.connection().scalars(owners))
    for key in _whole(one):
        found.update(_holders(work, _KEY.c.key == key))
    for start in _starts(one):
        found.update(_holders(work, and_(_KEY.c.key >= start, _KEY.c.key < start + LAST)))
    return sorted(found - {one.id})


def _with_prefix(one: Traits) -> Iterator[str]:
    return (WECHAT_PREFIX + contact for contact in one.contacts)


def _slips_of_phones(one: Traits) -> Iterator[str]:
    """The numbers one slip away from a phone that was typed."""
    for phone in one.identities.get(IdentityKind.PHONE, ()):
        for at, digit in enumerate(phone):
            yield from (phone[:at] + other + phone[at + 1 :] for other in "0123456789"
                        if other != digit)  # fmt: skip
            yield phone[:at] + phone[at + 1 : at + 2] + digit + phone[at + 2 :]


def _holders(work: ReadWork, span: ColumnElement[bool]) -> Sequence[int]:
    """Who has a key in ``span``; nobody where it is so common that it tells nothing."""
    query = select(_KEY.c.customer_id).where(span).limit(MOST + 1)
    found = work.session.connection().scalars(query).all()
    return found if len(found) <= MOST else ()


def _whole(one: Traits) -> list[str]:
    """The keys of those with the same nickname or full name, whichever of the two it is."""
    return [name[:LONGEST_KEY] + WHOLE for name in dict.fromkeys((one.nick, one.name)) if name]


def _starts(one: Traits) -> list[str]:
    """What the keys of similar nicknames and of names that sound the same begin with."""
    forms = dict.fromkeys((one.core, one.sound, one.name_sound))
    return [form[:LONGEST_KEY] for form in forms if len(form) > 1]


def traits(work: ReadWork, customer_ids: Collection[int]) -> list[Traits]:
    """The traits of those with these ids who were neither merged nor erased."""
    connection = work.session.connection()
    identities: dict[int, list[tuple[IdentityKind, str]]] = defaultdict(list)
    of_these = _IDENTITY.c.customer_id.in_(customer_ids)
    for owner, kind, normalised in connection.execute(
        select(_IDENTITY.c.customer_id, _IDENTITY.c.kind, _IDENTITY.c.normalised).where(of_these)
    ):
        identities[owner].append((kind, normalised))
    names = ("id", "nick", "name", "city", "gender", "note")
    rows = connection.execute(
        select(*(_CUSTOMER.c[name] for name in names)).where(
            _CUSTOMER.c.id.in_(customer_ids),
            _CUSTOMER.c.merged_into_id.is_(None),
            _CUSTOMER.c.erased_at.is_(None),
        )
    )
    return [
        traits_of(row.id, row.nick, row.name, row.city, row.gender, identities[row.id], row.note)
        for row in rows
    ]


def rarity(work: ReadWork, one: Traits) -> Rarity:
    """How rare the values of ``one`` are, from the key table; counted no further than needed."""
    newest = work.session.connection().scalar(select(func.max(_CUSTOMER.c.id)))
    itself = 1 if one.id == NOBODY else 0

    def others(form: str, end: str = WHOLE) -> float:
        start = form[:LONGEST_KEY]
        span = and_(_KEY.c.key >= start + end, _KEY.c.key < start + (end or LAST) + LAST)
        held = select(_KEY.c.key).where(span).limit(MOST_COUNTED).subquery()
        count = work.session.connection().scalar(select(func.count()).select_from(held))
        return expected_others(int(count or 0) + itself)

    return Rarity(
        customers=int(newest or 1),
        nick=others(one.nick),
        core=others(one.core, ""),
        sound=others(one.sound, ""),
        name=others(one.name),
        name_sound=others(one.name_sound, ""),
        city_share=CITY_SHARE,
    )
