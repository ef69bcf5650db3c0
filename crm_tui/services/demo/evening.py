"""The evening in progress: open orders in every state, at believable points of their lives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from crm_tui.core.words import DispatchMode
from crm_tui.services.demo.cast import Cast
from crm_tui.services.demo.days import able, wish
from crm_tui.services.demo.people import Player
from crm_tui.services.demo.story import Story, Wish

STUDIO_OF = 60
"""The scenes are written for a studio of so many companions; others have more or fewer of each."""

PENDING_SECONDS = (25, 70, 130, 171, 252, 410)
"""How long they have waited; an answer is promised within 180."""
OFFER_SECONDS_LEFT = (8, 17, 29, 41, 55)
DRAWS = 8
"""Wishes drawn for an offer until somebody free fits one."""
ACCEPTED_SECONDS = (20, 95, 180, 300)
SERVED_PARTS = (
    *(0.02, 0.07, 0.13, 0.2, 0.26, 0.33, 0.4, 0.46, 0.52, 0.58),
    *(0.64, 0.7, 0.75, 0.8, 0.85, 0.89, 0.93, 0.97),
)
"""How much of the planned time is over."""
OVERRUN_MINUTES = (26,)
PAUSED_MINUTES = (12,)
"""How long the clock had run when it was stopped."""
REPORTED_MINUTES = (1, 4, 9)
UNPAID_MINUTES = (3, 14, 41)
"""How long ago the customer confirmed."""


def evening(cast: Cast, now: datetime) -> list[Story]:
    """The open orders of this moment. No companion is bound twice, no customer appears twice.

    Notes in ``cast.bound_from`` who is bound from when.
    """
    return list(_Scenes(cast, now).all())


class _Scenes:
    def __init__(self, cast: Cast, now: datetime) -> None:
        self.cast = cast
        self.now = now
        self.customers: set[int] = set()
        self.unbound = list(cast.players)
        cast.random.shuffle(self.unbound)

    def all(self) -> Iterator[Story]:
        """Scene by scene, those first that need companions."""
        yield from self._each(SERVED_PARTS, self._serving)
        yield from self._each(OVERRUN_MINUTES, self._overrunning)
        yield from self._each(PAUSED_MINUTES, self._paused)
        yield from self._each(ACCEPTED_SECONDS, self._accepted)
        yield from self._each(REPORTED_MINUTES, self._reported)
        yield from self._each(UNPAID_MINUTES, self._unpaid)
        yield from self._each(OFFER_SECONDS_LEFT, self._offered)
        yield from self._each(PENDING_SECONDS, self._pending)

    def _each(self, points: tuple[float, ...], scene: Callable[[float], Story]) -> Iterator[Story]:
        count = max(1, round(len(points) * len(self.cast.players) / STUDIO_OF))
        for place in range(count):
            if len(self.customers) < len(self.cast.regulars.choices) // 2:
                yield scene(points[place % len(points)])

    def _serving(self, part: float) -> Story:
        player, wanted = self._bound()
        served = timedelta(minutes=wanted.planned * part)
        return self._started(player, wanted, served)

    def _overrunning(self, minutes: float) -> Story:
        player, wanted = self._bound()
        return self._started(player, wanted, timedelta(minutes=wanted.planned + minutes))

    def _paused(self, minutes: float) -> Story:
        player, wanted = self._bound()
        served = timedelta(minutes=minutes)
        story = self._started(player, wanted, served + timedelta(minutes=4))
        story.pause(self.now - timedelta(minutes=4))
        return story

    def _accepted(self, seconds: float) -> Story:
        player, wanted = self._bound()
        return self._taken(player, wanted, self.now - timedelta(seconds=seconds))

    def _reported(self, minutes: float) -> Story:
        return self._finished(self.now - timedelta(minutes=minutes))

    def _unpaid(self, minutes: float) -> Story:
        confirmed = self.now - timedelta(minutes=minutes)
        story = self._finished(confirmed - self.cast.seconds(30, 500))
        story.confirm(confirmed)
        return story

    def _offered(self, seconds_left: float) -> Story:
        sent = self.now - timedelta(seconds=self.cast.offer_seconds - seconds_left)
        created = sent - self.cast.seconds(10, 50)
        wanted, asked = self._wish_for_the_free(created)
        story = Story(_as(wanted, DispatchMode.GRAB), created)
        if asked:
            story.offer(sent, asked[: self.cast.random.randint(2, 5)], self.cast.offer_seconds)
        return story

    def _wish_for_the_free(self, at: datetime) -> tuple[Wish, list[Player]]:
        """A wish, and who could be asked for it; the last one drawn may have nobody."""
        for _attempt in range(DRAWS):
            wanted = self._wish(at)
            asked = [one for one in able(self.cast, wanted, self.now) if one in self.unbound]
            if asked:
                break
        self.cast.random.shuffle(asked)
        return wanted, asked

    def _pending(self, seconds: float) -> Story:
        created = self.now - timedelta(seconds=seconds)
        return Story(_as(self._wish(created), DispatchMode.AUTO), created)

    def _finished(self, at: datetime) -> Story:
        """Reported at ``at``; the companion is free again."""
        player, wanted = self._bound()
        story = self._started(player, wanted, timedelta(minutes=wanted.planned), until=at)
        story.finish(at, wanted.planned)
        return story

    def _started(
        self, player: Player, wanted: Wish, served: timedelta, until: datetime | None = None
    ) -> Story:
        started = (until or self.now) - served
        story = self._taken(player, wanted, started - self.cast.seconds(61, 300))
        story.start(started)
        return story

    def _taken(self, player: Player, wanted: Wish, at: datetime) -> Story:
        direct = wanted.named is not None
        story = Story(wanted, at if direct else at - self.cast.seconds(15, 150))
        story.accept(at, player)
        self.cast.bound_from[player.id] = story.created_at
        return story

    def _bound(self) -> tuple[Player, Wish]:
        player = self.unbound.pop()
        return player, self._wish(self.now, player)

    def _wish(self, at: datetime, player: Player | None = None) -> Wish:
        wanted = wish(self.cast, at, player)
        while wanted.customer.id in self.customers:
            wanted = wish(self.cast, at, player)
        self.customers.add(wanted.customer.id)
        return wanted


def _as(wanted: Wish, mode: DispatchMode) -> Wish:
    """The same wish, without a name in it."""
    return replace(wanted, mode=mode, named=None)
