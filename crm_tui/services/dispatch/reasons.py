"""The words of dispatch: why a companion is out, and what a score is made of.

Light on purpose: screens and commands load it before anything is read.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

from crm_tui.core.language import N_, _


class Why(StrEnum):
    """A reason for which a companion can't be given an order.

    The codes are what is stored and answered; the place of each is its bit in
    ``rules.Judged.excluded``, so new ones come last.
    """

    OFFLINE = "offline"
    RESTING = "resting"
    BUSY = "busy"
    SKILL = "skill"
    RANK = "rank"
    GENDER = "gender"
    LEVEL = "level"
    TAGS = "tags"
    DECLINED = "declined"
    REFUSED = "refused"
    KIND = "kind"
    SCHEDULE = "schedule"
    PLACED = "placed"
    STORE = "store"
    LEFT = "left"
    PROMISED = "promised"

    @property
    def label(self) -> str:
        """The reason as a person reads it."""
        return _(_WHY[self][0])

    @property
    def remedy(self) -> str:
        """What would have to change for it to go away."""
        return _(_WHY[self][1])

    @property
    def bit(self) -> int:
        """The bit that stands for it in a mask of reasons."""
        return _BITS[self]


_WHY = {
    Why.OFFLINE: (N_("offline"), N_("They have to come online and say that they are free.")),
    Why.RESTING: (N_("resting"), N_("They have to end their rest.")),
    Why.BUSY: (
        N_("serves another order"),
        N_("That order has to end first, or this one to begin after it."),
    ),
    Why.SKILL: (N_("does not play this game"), N_("The game has to stand among their skills.")),
    Why.RANK: (
        N_("rank too low"),
        N_("The order has to ask for less, or their rank to be brought up to date."),
    ),
    Why.GENDER: (N_("other gender wanted"), N_("The customer has to drop that demand.")),
    Why.LEVEL: (N_("level too low"), N_("The order has to ask for a lower level.")),
    Why.TAGS: (
        N_("lacks a wanted tag"),
        N_("The order has to drop the tag, or they to get it."),
    ),
    Why.DECLINED: (
        N_("has declined this order"),
        N_("They have to change their mind: assign it to them by hand then."),
    ),
    Why.REFUSED: (
        N_("is kept from this customer"),
        N_("The two have to be let together again, on the customer's page."),
    ),
    Why.KIND: (
        N_("does not take this kind of order"),
        N_("The kind has to be added to their tags, or all kinds to be taken out of them."),
    ),
    Why.SCHEDULE: (
        N_("not within their hours"),
        N_("Their hours have to change, or the order to begin within them."),
    ),
    Why.PLACED: (
        N_("has a place in this order already"),
        N_("Nothing: they serve it."),
    ),
    Why.STORE: (
        N_("belongs to another store"),
        N_("The stores have to be bridged, or they to move to this one."),
    ),
    Why.PROMISED: (
        N_("is kept for another order"),
        N_("That order has to be moved or given to another, or this one to end before it."),
    ),
    Why.LEFT: (N_("has left the studio"), N_("They have to be taken on again.")),
}
_BITS = {why: 1 << place for place, why in enumerate(Why)}

PARTS = {
    "skill": N_("skill"),
    "history": N_("knows the customer"),
    "rating": N_("rating"),
    "fairness": N_("fairness"),
    "price": N_("price"),
    "answers": N_("answers offers"),
    "style": N_("style"),
    "credit": N_("credit"),
}
"""The parts of the score, with their labels; the setting ``dispatch.weights`` says how much each
counts."""


@lru_cache(maxsize=4096)
def reasons_in(mask: int) -> tuple[Why, ...]:
    """The reasons whose bits ``mask`` has; none means eligible."""
    return tuple(why for why, bit in _BITS.items() if mask & bit)


@lru_cache(maxsize=4096)
def codes_in(mask: int) -> tuple[str, ...]:
    """Their codes."""
    return tuple(why.value for why in reasons_in(mask))
