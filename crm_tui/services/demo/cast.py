"""Who appears in the demo studio's stories, and the dice that are cast for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crm_tui.core.clock import BusinessCalendar
from crm_tui.core.ids import RandomSource
from crm_tui.core.words import PayChannel
from crm_tui.services.demo.habits import PAY_CHANNEL, TIPS_FEN, regulars
from crm_tui.services.demo.odds import Odds
from crm_tui.services.demo.people import Person, Player


@dataclass(slots=True)
class Cast:
    """Everybody who appears in the stories, and the studio's prices.

    ``level_names`` and ``level_rates`` go from the lowest level; ``game_ids`` from the most played.
    """

    random: RandomSource
    calendar: BusinessCalendar
    customers: list[Person]
    players: list[Player]
    game_ids: list[int]
    level_names: list[str]
    level_rates: list[int]
    default_rate_fen: int
    offer_seconds: int
    regulars: Odds[Person] = field(init=False)
    playing: dict[int, list[Player]] = field(init=False)
    favourite: dict[int, Player] = field(default_factory=dict)
    """Customer → who served them last."""
    bound_from: dict[int, datetime] = field(default_factory=dict)
    """Companion → when the order begins that binds them now."""

    def __post_init__(self) -> None:
        able = [one for one in self.customers if not (one.blocked or one.minor)]
        self.random.shuffle(able)
        self.regulars = Odds(able, regulars(len(able)))
        self.playing = {
            game: [one for one in self.players if any(game == own for own, _ in one.games)]
            for game in range(len(self.game_ids))
        }

    def chance(self, probability: float) -> bool:
        """Whether it happens this time."""
        return self.random.random() < probability

    def seconds(self, least: int, most: int) -> timedelta:
        """A duration between ``least`` and ``most`` seconds."""
        return timedelta(seconds=self.random.randint(least, most))

    def pay_channel(self) -> PayChannel:
        """How a customer pays."""
        return PAY_CHANNEL.draw(self.random)

    def tip_fen(self) -> int:
        """What they give on top: mostly nothing."""
        return self.random.choice(TIPS_FEN) if self.chance(0.22) else 0
