"""Who is meant: the customer who writes and the companion they name. Nobody is guessed at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlmodel import SQLModel

from crm_tui.core.language import _, joined
from crm_tui.core.text import clean, fold
from crm_tui.core.words import IdentityKind, OrderStatus
from crm_tui.services.customers.keys import whole_key
from crm_tui.services.customers.lookup import CustomerHit, find, hits
from crm_tui.services.customers.rules import NewCustomer, mask_phone, normalise_phone
from crm_tui.services.orders import reads as orders
from crm_tui.services.paste.pieces import How, Part, Piece, Reading
from crm_tui.storage.store import ReadWork

CANDIDATES = 6
_LOOKED_BACK = 20
"""Orders among which the last companion is sought."""
_IDENTITY = SQLModel.metadata.tables["customer_identity"]
_KEY = SQLModel.metadata.tables["customer_key"]
_COMPANION = SQLModel.metadata.tables["companion"]
_IDENTITY_PARTS = (Part.PHONE, Part.WECHAT, Part.QQ)


@dataclass(frozen=True, slots=True)
class CustomerMatch:
    """The customer that a text comes from.

    ``hit`` is the one whom an identity, or a nickname that only one has, names; ``by`` says which.
    Where it is a nickname alone, or the text says something else as well, a person must
    ``confirm`` it. Without a ``hit`` somebody chooses among the ``candidates``, or adds ``new``.
    """

    hit: CustomerHit | None
    by: tuple[Part, ...]
    candidates: tuple[CustomerHit, ...]
    new: NewCustomer
    remarks: tuple[str, ...] = ()
    confirm: bool = False

    @property
    def certain(self) -> bool:
        """Whether nobody has to look at it."""
        return self.hit is not None and not self.confirm


@dataclass(frozen=True, slots=True)
class CompanionMatch:
    """The companion whom the customer named, or served them last (``again``).

    Without an ``id`` the name fits nobody or several: then ``candidates`` are their nicknames.
    """

    id: int | None
    nick: str
    candidates: tuple[str, ...] = ()
    again: bool = False
    sure: bool = True


@dataclass(frozen=True, slots=True)
class LastOrder:
    """What the customer had last."""

    companion_id: int | None
    companion: str
    game: str


def match_customer(work: ReadWork, reading: Reading) -> CustomerMatch:
    """The customer by phone, WeChat id and QQ number, then by a nickname that only one has."""
    owners = _owners(work, reading)
    nick = reading.get(Part.NICK)
    called = _called(work, str(nick.value)) if nick else []
    new = new_customer(reading)
    if reading.for_another and (owners or called):
        remark = _("The text speaks for somebody else; say who orders.")
        found = hits(work, list(dict.fromkeys((*owners, *called))))
        return CustomerMatch(None, (), tuple(found), new, (remark,))
    if len(owners) > 1:
        return _conflict(work, owners, called, new)
    if owners:
        return _by_identity(work, owners, nick, called, new)
    if len(called) == 1:
        (hit,) = hits(work, called)
        near = tuple(each for each in _near(work, nick) if each.id != hit.id)
        return CustomerMatch(hit, (Part.NICK,), near, new, _unknown(reading), confirm=True)
    if called:
        remark = _("Several customers are called {nick}.").format(nick=_shown(nick))
        return CustomerMatch(None, (), tuple(hits(work, called)), new, (remark,))
    return CustomerMatch(None, (), tuple(_near(work, nick)), new)


def new_customer(reading: Reading) -> NewCustomer:
    """The customer who would be added, from what the text says; without a nickname it is empty."""
    nick = reading.get(Part.NICK)
    identities = {
        IdentityKind(part.value): str(piece.value)
        for part in _IDENTITY_PARTS
        if (piece := reading.get(part))
    }
    return NewCustomer(nick=str(nick.value) if nick else "", identities=identities)


def _owners(work: ReadWork, reading: Reading) -> dict[int, tuple[Part, ...]]:
    """Whose identities stand in the text, and which; a phone as a WeChat id counts as both."""
    wanted: dict[tuple[IdentityKind, str], Part] = {}
    for piece in (*reading.pieces, *reading.others):
        if piece.part in _IDENTITY_PARTS:
            wanted[IdentityKind(piece.part.value), str(piece.value)] = piece.part
            if piece.part is Part.WECHAT:
                wanted[IdentityKind.WECHAT, f"wxid_{piece.value}"] = piece.part
                if _is_phone(str(piece.value)):
                    wanted[IdentityKind.PHONE, str(piece.value)] = piece.part
    if not wanted:
        return {}
    rows = work.session.connection().execute(
        select(_IDENTITY.c.customer_id, _IDENTITY.c.kind, _IDENTITY.c.normalised).where(
            _IDENTITY.c.normalised.in_({normalised for _kind, normalised in wanted})
        )
    )
    found: defaultdict[int, list[Part]] = defaultdict(list)
    for customer_id, kind, normalised in rows:
        if part := wanted.get((kind, normalised)):
            found[customer_id].append(part)
    return {customer_id: tuple(dict.fromkeys(parts)) for customer_id, parts in found.items()}


def _is_phone(text: str) -> bool:
    try:
        return bool(normalise_phone(text))
    except ValueError:
        return False


def _called(work: ReadWork, nick: str) -> list[int]:
    """The customers with exactly this nickname or name, widths and cases aside."""
    keys = select(_KEY.c.customer_id).where(_KEY.c.key == whole_key(nick)).limit(CANDIDATES)
    ids = list(work.session.connection().scalars(keys))
    wanted = fold(nick)
    return [each.id for each in hits(work, ids) if wanted in (fold(each.nick), fold(each.name))]


def _near(work: ReadWork, nick: Piece | None) -> list[CustomerHit]:
    """Who may be meant by a nickname that nobody has exactly."""
    return find(work, str(nick.value), limit=CANDIDATES) if nick else []


def _conflict(
    work: ReadWork, owners: dict[int, tuple[Part, ...]], called: Sequence[int], new: NewCustomer
) -> CustomerMatch:
    """The identities belong to several customers."""
    found = hits(work, [*owners, *(each for each in called if each not in owners)])
    remarks = tuple(
        _("{what} belongs to {customer}.").format(what=_listed(owners[hit.id]), customer=hit.nick)
        for hit in found
        if hit.id in owners
    )
    return CustomerMatch(None, (), tuple(found), new, remarks)


def _by_identity(
    work: ReadWork,
    owners: dict[int, tuple[Part, ...]],
    nick: Piece | None,
    called: Sequence[int],
    new: NewCustomer,
) -> CustomerMatch:
    """One customer has the identities; the nickname may say otherwise."""
    ((owner, by),) = owners.items()
    if nick is None or owner in called:
        (hit,) = hits(work, [owner])
        return CustomerMatch(hit, (*by, Part.NICK) if nick else by, (), new)
    found = hits(work, [owner, *called])
    hit = found[0]
    remark = _("{what} belongs to {customer}, not to {nick}.").format(
        what=_listed(by), customer=hit.nick, nick=_shown(nick)
    )
    if called:
        return CustomerMatch(None, (), tuple(found), new, (remark,))
    told = nick.how is not How.PLACE
    return CustomerMatch(hit, by, (), new, (remark,), confirm=told)


def _unknown(reading: Reading) -> tuple[str, ...]:
    """What the text gives beside a nickname, and nobody has yet."""
    given = [piece for part in _IDENTITY_PARTS if (piece := reading.get(part))]
    return tuple(
        _("Nobody has {what} {value} yet.").format(
            what=piece.part.label,
            value=mask_phone(piece.value) if piece.part is Part.PHONE else piece.value,
        )
        for piece in given
    )


def _listed(parts: Sequence[Part]) -> str:
    return joined(part.label for part in parts)


def _shown(nick: Piece | None) -> str:
    return clean(str(nick.value), 40) if nick else ""


def match_companion(
    work: ReadWork, reading: Reading, last: LastOrder | None
) -> CompanionMatch | None:
    """The companion who was named; else, where the text asks for it, the one of ``last``."""
    named, again = reading.get(Part.COMPANION), reading.get(Part.AGAIN)
    if named is not None:
        return _named(work, str(named.value), sure=named.sure)
    if again is None:
        return None
    if last is None or last.companion_id is None:
        return CompanionMatch(None, "", again=True, sure=False)
    return CompanionMatch(last.companion_id, last.companion, again=True, sure=False)


def _named(work: ReadWork, name: str, *, sure: bool) -> CompanionMatch:
    crew: list[Any] = list(
        work.session.connection().execute(
            select(_COMPANION.c.id, _COMPANION.c.nick).where(_COMPANION.c.active)
        )
    )
    wanted = fold(name)
    exact = [row for row in crew if fold(row.nick) == wanted]
    if len(exact) == 1:
        return CompanionMatch(exact[0].id, exact[0].nick, sure=sure)
    near = exact or [row for row in crew if wanted in fold(row.nick) or fold(row.nick) in wanted]
    return CompanionMatch(None, name, tuple(row.nick for row in near[:CANDIDATES]), sure=False)


def last_order(work: ReadWork, customer_id: int) -> LastOrder | None:
    """The customer's last order that somebody served or will."""
    for row in orders.find(work, customer_id=customer_id, limit=_LOOKED_BACK):
        if row.companion_id is not None and row.status is not OrderStatus.CANCELLED:
            return LastOrder(row.companion_id, row.companion or "", row.game)
    return None
