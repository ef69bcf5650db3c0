"""What a companion's record may hold, and which presence they may take. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crm_tui.core.errors import Invalid
from crm_tui.core.language import _, joined
from crm_tui.core.words import Gender, OrderStatus, Presence

NUMBER_SERIES = "companion"
"""The studio's series (store 0) that companion numbers are counted in."""
OWN_PRESENCE = (Presence.IDLE, Presence.RESTING, Presence.OFFLINE)
"""What companions say of themselves; the rest is derived from orders."""
MOST_RATE_FEN = 10_000_000
_FIRST = {presence: place for place, presence in enumerate(Presence)}


def companion_no(number: int) -> str:
    """The number that people see: ``P0123``."""
    return f"P{number:04d}"


@dataclass(frozen=True, slots=True)
class Skill:
    """A game that a companion plays, with the rank in the studio's words."""

    game_id: int
    rank: str = ""


@dataclass(frozen=True, slots=True)
class NewCompanion:
    """A companion to be added. Without a rate or share of their own, those of the level hold;
    ``rate_fen`` is the price of an hour, ``share_bp`` the companion's share in basis points."""

    nick: str
    phone: str = ""
    gender: Gender = Gender.UNKNOWN
    level_id: int | None = None
    rate_fen: int | None = None
    share_bp: int | None = None
    skills: tuple[Skill, ...] = ()
    tags: tuple[str, ...] = ()
    note: str = ""
    custom: Mapping[str, str] = field(default_factory=dict)
    """Custom fields as they were typed."""
    store_id: int = 1


def shown_presence(own: Presence, order: OrderStatus | None, offers: int) -> Presence:
    """What the roster shows, from what the companion says, the order in hand and open offers.

    An order counts before everything: serving, or about to (接单中). An open offer is only
    somebody's who is there for it.
    """
    if order is OrderStatus.SERVING:
        return Presence.SERVING
    if order is not None or (offers and own is Presence.IDLE):
        return Presence.OFFERED
    return own


def roster_order(presence: Presence, level_place: int, no: str) -> tuple[int, int, str]:
    """The order of the roster, which is read to find somebody: idle ones first, then by level from
    the highest, and number."""
    return _FIRST[presence], -level_place, no


def checked_rate(rate_fen: int) -> int:
    """A price of an hour in fen. Raises :class:`Invalid`."""
    if not 0 <= rate_fen <= MOST_RATE_FEN:
        raise Invalid(field=_("Price"), value=rate_fen, expected=_("0 to 100,000 yuan an hour"))
    return rate_fen


def checked_share(share_bp: int) -> int:
    """A companion's share in basis points. Raises :class:`Invalid`."""
    if not 0 <= share_bp <= 10_000:
        raise Invalid(field=_("Share"), value=share_bp, expected=_("0 to 10000 basis points"))
    return share_bp


def checked_presence(presence: Presence) -> Presence:
    """A presence that a companion may take. Raises :class:`Invalid` for a derived one."""
    if presence not in OWN_PRESENCE:
        expected = joined(OWN_PRESENCE)
        raise Invalid(field=_("Presence"), value=presence.value, expected=expected)
    return presence
