"""Likely duplicates: of the whole base, of somebody who is being entered, of one customer."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import case, or_, select
from sqlmodel import SQLModel

import crm_tui.models.persons  # noqa: F401  (judged pairs and stances are read as tables)
from crm_tui.core.errors import Invalid
from crm_tui.core.language import N_
from crm_tui.core.masked import Masked
from crm_tui.core.words import IdentityKind
from crm_tui.services.customers.lookup import resolve
from crm_tui.services.customers.rules import NewCustomer, normalise_identity
from crm_tui.services.duplicates import near
from crm_tui.services.duplicates.rules import LIKELY, NOTEWORTHY, Ground, Likeness, compare
from crm_tui.services.duplicates.traits import Traits, traits_of
from crm_tui.storage.store import ReadWork, Store

if TYPE_CHECKING:
    import polars as pl

    from crm_tui.services.duplicates.blocks import Compared

PAIRS_AT_ONCE = 100_000
_IDS_AT_ONCE = 500
_TABLES = SQLModel.metadata.tables
_CUSTOMER = _TABLES["customer"]
_IDENTITY = _TABLES["customer_identity"]
_JUDGED = _TABLES["not_duplicate"]
_SHOWN = case(
    (_IDENTITY.c.kind == IdentityKind.PHONE, _IDENTITY.c.normalised), else_=_IDENTITY.c.value
)

STEPS = {
    "customers": N_("reading customers"),
    "identities": N_("reading identities"),
    "forms": N_("bringing texts into one form"),
    "contacts": N_("looking for shared contacts"),
    "phones": N_("looking for mistyped phones"),
    "ids": N_("looking for mistyped ids"),
    "nicknames": N_("looking for shared nicknames"),
    "names": N_("looking for shared names"),
    "compare": N_("comparing pairs"),
}
"""What a scan does, one after the other."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a scan is: the key of its step in :data:`STEPS`, steps or pairs done, and of how
    many."""

    step: str
    done: int
    total: int


Report = Callable[[Progress], object]


@dataclass(frozen=True, slots=True)
class Party:
    """One of two who look alike."""

    id: int
    no: str
    nick: str
    name: str
    city: str
    phone: Masked
    wechat: str
    orders: int
    last_order_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class Alike:
    """A stored customer who looks like another one, how much (0…1), and why."""

    customer: Party
    score: float
    grounds: tuple[Ground, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two customers who look like one person. ``keep`` has more orders, else is the older one."""

    keep: Party
    other: Party
    score: float
    grounds: tuple[Ground, ...]


def alike(work: ReadWork, who: NewCustomer | int, limit: int = 5) -> list[Alike]:
    """Stored customers who may be the same person as somebody who is being entered, or as a stored
    one (by id); the likeliest first, at most ``limit``, from a score of 0.2 on.

    What can't be read yet (half a phone number) is left out. Takes a few milliseconds, whatever the
    number of customers. Pairs that were judged to be two people are left out.
    """
    one = _typed(who) if isinstance(who, NewCustomer) else _stored(work, who)
    if one is None:
        return []
    rarity = near.rarity(work, one)
    known = near.candidates(work, one)
    judged = _judged(work, one.id)
    scored = [
        (other.id, likeness)
        for other in near.traits(work, [each for each in known if each not in judged])
        if (likeness := compare(one, other, rarity)).score >= NOTEWORTHY
    ]
    scored.sort(key=lambda each: (-each[1].score, each[0]))
    shown = scored[:limit]
    people = parties(work, [customer_id for customer_id, _likeness in shown])
    return [Alike(people[each], found.score, found.grounds) for each, found in shown]


def scan(
    store: Store,
    progress: Report | None = None,
    *,
    min_score: float = LIKELY,
    among: Collection[int] | None = None,
) -> list[Pair]:
    """All pairs of customers who score at least ``min_score``, the likeliest first.

    Compares within blocks only (:mod:`blocks`), so that a million customers take about a minute.
    ``among`` asks only for pairs with one of these customers (such as an import has just brought).
    Pairs that were judged to be two people are left out.
    """
    from crm_tui.services.duplicates import blocks

    tell = progress or (lambda _progress: None)
    steps = list(STEPS)

    def step(name: str) -> None:
        tell(Progress(name, steps.index(name), len(steps)))

    with store.read() as work:
        base = blocks.load(work, step)
        every = select(_JUDGED.c.first_id, _JUDGED.c.second_id)
        judged = {tuple(pair) for pair in work.session.connection().execute(every)}
    found = blocks.pairs(base, step, among)
    scored: list[tuple[int, int, Likeness]] = []
    compared = blocks.Compared(base)
    done = 0
    for portion in found.iter_slices(PAIRS_AT_ONCE):
        tell(Progress("compare", done, found.height))
        scored += _scored(compared, portion, min_score)
        done += portion.height
    tell(Progress("compare", done, found.height))
    kept = [each for each in scored if each[:2] not in judged]
    kept.sort(key=lambda each: (-each[2].score, each[0], each[1]))
    with store.read() as work:
        return _pairs(work, kept)


def _scored(
    compared: Compared, portion: pl.DataFrame, min_score: float
) -> list[tuple[int, int, Likeness]]:
    traits, rarity = compared.of(portion["id"].append(portion["other"]))
    return [
        (first, second, likeness)
        for first, second in portion.iter_rows()
        if (likeness := compare(traits[first], traits[second], rarity[first])).score >= min_score
    ]


def merged_record(work: ReadWork, ref: str) -> int:
    """The id of the customer that ``ref`` names, where it names one who was merged: that one, not
    the one they went into. Raises as :func:`~crm_tui.services.customers.lookup.resolve`."""
    number = _CUSTOMER.c.no == ref.strip().upper()
    exact = work.session.connection().scalar(select(_CUSTOMER.c.id).where(number))
    return int(exact) if exact is not None else resolve(work, ref)


def parties(work: ReadWork, customer_ids: Collection[int]) -> dict[int, Party]:
    """The customers with these ids, as the list of pairs shows them."""
    found: dict[int, Party] = {}
    ids = sorted(set(customer_ids))
    for start in range(0, len(ids), _IDS_AT_ONCE):
        found |= _portion(work, ids[start : start + _IDS_AT_ONCE])
    return found


def _portion(work: ReadWork, ids: list[int]) -> dict[int, Party]:
    connection = work.session.connection()
    first: dict[tuple[int, IdentityKind], str] = {}
    for owner, kind, value in connection.execute(
        select(_IDENTITY.c.customer_id, _IDENTITY.c.kind, _SHOWN)
        .where(_IDENTITY.c.customer_id.in_(ids))
        .order_by(_IDENTITY.c.id)
    ):
        first.setdefault((owner, kind), value)
    names = ("id", "no", "nick", "name", "city", "order_count", "last_order_at", "version")
    rows = connection.execute(
        select(*(_CUSTOMER.c[name] for name in names)).where(_CUSTOMER.c.id.in_(ids))
    )
    return {
        row.id: Party(
            id=row.id,
            no=row.no,
            nick=row.nick,
            name=row.name,
            city=row.city,
            phone=Masked(first.get((row.id, IdentityKind.PHONE), "")),
            wechat=first.get((row.id, IdentityKind.WECHAT), ""),
            orders=row.order_count,
            last_order_at=row.last_order_at,
            version=row.version,
        )
        for row in rows
    }


def _pairs(work: ReadWork, scored: list[tuple[int, int, Likeness]]) -> list[Pair]:
    people = parties(
        work, [each for first, second, _likeness in scored for each in (first, second)]
    )
    pairs = []
    for first, second, likeness in scored:
        if first in people and second in people:
            keep, other = sorted(
                (people[first], people[second]), key=lambda party: (-party.orders, party.id)
            )
            pairs.append(Pair(keep, other, likeness.score, likeness.grounds))
    return pairs


def _judged(work: ReadWork, customer_id: int) -> set[int]:
    """With whom a customer was judged not to be one person."""
    pairs = work.session.connection().execute(
        select(_JUDGED.c.first_id, _JUDGED.c.second_id).where(
            or_(_JUDGED.c.first_id == customer_id, _JUDGED.c.second_id == customer_id)
        )
    )
    return {each for pair in pairs for each in pair if each != customer_id}


def _stored(work: ReadWork, customer_id: int) -> Traits | None:
    return next(iter(near.traits(work, [customer_id])), None)


def _typed(new: NewCustomer) -> Traits | None:
    """What can be read of what was typed so far; None where that is nothing to go by."""
    identities = []
    for kind, text in new.identities.items():
        try:
            identities.append((kind, normalise_identity(kind, text)))
        except Invalid:
            continue
    if not (identities or new.nick.strip() or new.name.strip()):
        return None
    return traits_of(near.NOBODY, new.nick, new.name, new.city, new.gender, identities, new.note)
