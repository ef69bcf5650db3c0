"""The words of dispatch: why a companion is out, and what a score is made of.

Light on purpose: screens and commands load it before anything is read.
"""

from __future__ import annotations

from enum import StrEnum

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

    @property
    def label(self) -> str:
        """The reason as a person reads it."""
        return _(_WHY[self])

    @property
    def bit(self) -> int:
        """The bit that stands for it in a mask of reasons."""
        return _BITS[self]


_WHY = {
    Why.OFFLINE: N_("offline"),
    Why.RESTING: N_("resting"),
    Why.BUSY: N_("serves another order"),
    Why.SKILL: N_("does not play this game"),
    Why.RANK: N_("rank too low"),
    Why.GENDER: N_("other gender wanted"),
    Why.LEVEL: N_("level too low"),
    Why.TAGS: N_("lacks a wanted tag"),
    Why.DECLINED: N_("has declined this order"),
    Why.REFUSED: N_("is kept from this customer"),
}
_BITS = {why: 1 << place for place, why in enumerate(Why)}

PARTS = {
    "skill": N_("skill"),
    "history": N_("knows the customer"),
    "rating": N_("rating"),
    "fairness": N_("fairness"),
    "price": N_("price"),
}
"""The parts of the score, with their labels."""


def reasons_in(mask: int) -> list[Why]:
    """The reasons whose bits ``mask`` has; none means eligible."""
    return [why for why, bit in _BITS.items() if mask & bit]
