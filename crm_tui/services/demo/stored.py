"""Stored value in the demo studio: this evening its best customers have topped up, with a bonus."""

from __future__ import annotations

import json

from crm_tui.core.words import PayChannel
from crm_tui.services.demo.cast import Cast
from crm_tui.services.demo.people import Person
from crm_tui.services.money.members.actions import top_up
from crm_tui.services.settings.actions import set_setting
from crm_tui.storage.store import UnitOfWork

_BONUS = [{"from_fen": 50_000, "bonus_bp": 500}, {"from_fen": 200_000, "bonus_bp": 1_000}]
_AMOUNTS_FEN = (20_000, 30_000, 50_000, 50_000, 100_000, 200_000)
_CHANNELS = (PayChannel.WECHAT, PayChannel.WECHAT, PayChannel.ALIPAY)
_ONE_IN = 40
"""Of so many customers one has stored value; somebody always has."""


def write(work: UnitOfWork, cast: Cast) -> None:
    """The top-ups, booked the ordinary way."""
    set_setting(work, "members.bonus_steps", json.dumps(_BONUS))
    able = [one for one in cast.customers if one.orders and not (one.blocked or one.minor)]
    for person in sorted(able, key=_loyalty)[: len(cast.customers) // _ONE_IN + 1]:
        top_up(work, person.id, cast.random.choice(_CHANNELS), cast.random.choice(_AMOUNTS_FEN))


def _loyalty(person: Person) -> tuple[int, int]:
    return -person.orders, person.id
