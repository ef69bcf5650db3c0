"""Building a studio: everybody in it, months of history, and an evening in progress.

The store's random source decides everything: the same seed and the same clock make the same
studio.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import select

from crm_tui.core.actor import Actor
from crm_tui.core.clock import BusinessCalendar
from crm_tui.core.words import OrderStatus, Presence, Role
from crm_tui.models import MAIN_STORE, STUDIO, Companion, Customer, Event
from crm_tui.services.catalogue import reads as catalogue
from crm_tui.services.demo import contacts, people, stored, write_orders, write_people
from crm_tui.services.demo.cast import Cast
from crm_tui.services.demo.days import moments, past_order
from crm_tui.services.demo.evening import evening
from crm_tui.services.demo.story import Story
from crm_tui.services.demo.words import words
from crm_tui.services.money import backfill
from crm_tui.services.settings.actions import set_setting
from crm_tui.storage.store import ReadWork, Store, UnitOfWork

DEMO_ACTOR = Actor("客服A", Role.ADMIN)
"""Who has done everything so far."""
BUILT = "demo.built"
"""The event that a studio ends with when it is whole."""
_EVENING_HOURS = range(20, 24)
_EVENING = 22
_EVENTS_DAYS = 7
"""So many days back, orders have their history in the event log."""

Progress = Callable[[int, int], None]
"""Called with what is done and what there is to do."""


@dataclass(frozen=True, slots=True)
class Size:
    """How big the studio is. ``orders_a_day`` is an average day's."""

    customers: int = 800
    companions: int = 60
    days: int = 90
    orders_a_day: int = 100


SMALL = Size(customers=120, companions=16, days=14, orders_a_day=25)
"""Enough for a test."""
LARGE = Size(customers=20_000, companions=200, days=180, orders_a_day=400)
"""A chain on a good day."""


def build(store: Store, size: Size | None = None, progress: Progress | None = None) -> None:
    """Fill an empty studio, in one transaction.

    Where it is not evening in the studio's time zone, the studio moves to one where it is.
    """
    size = size or Size()
    with store.write(DEMO_ACTOR) as work:
        set_setting(work, "store.name", words().studio)
        zone = evening_zone(work.calendar(), work.clock.now())
        if zone is not None:
            set_setting(work, "store.timezone", zone)
    with store.write(DEMO_ACTOR) as work:
        _fill(work, size, progress or (lambda done, total: None))
        work.record(BUILT, "store", MAIN_STORE, store_id=STUDIO, customers=size.customers)


def built_at(work: ReadWork) -> datetime | None:
    """When the studio was built; ``None`` where it is not a whole demo studio."""
    newest = select(func.max(Event.at)).where(Event.store_id == STUDIO, Event.kind == BUILT)
    return work.session.exec(newest).one()


def is_current(work: ReadWork) -> bool:
    """Whether the studio was built on the business day that is running."""
    built = built_at(work)
    calendar = work.calendar()
    return built is not None and calendar.day_of(built) == calendar.day_of(work.clock.now())


def evening_zone(calendar: BusinessCalendar, now: datetime) -> str | None:
    """A time zone in which ``now`` is between 22:00 and 23:00; ``None`` if the studio's own
    clock shows an evening."""
    if calendar.local(now).hour in _EVENING_HOURS:
        return None
    ahead = (_EVENING - now.hour + 12) % 24 - 12
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/UTC"


def customers(
    store: Store, count: int, progress: Progress | None = None, portion: int = 50_000
) -> None:
    """Add ``count`` customers without orders, a transaction each ``portion``, which is what memory
    holds."""
    done = 0
    while done < count:
        with store.write(DEMO_ACTOR) as work:
            chunk = min(portion, count - done)
            ids = work.reserve_ids(Customer, chunk)
            tags = write_people.tags(work)
            made = list(people.customers(work.random, ids, work.clock.now()))
            write_people.customers(work, made, tags)
            work.record("demo.customers", "customer", ids[0], store_id=STUDIO, count=chunk)
        done += chunk
        if progress:
            progress(done, count)


def _fill(work: UnitOfWork, size: Size, progress: Progress) -> None:
    now, calendar = work.clock.now(), work.calendar(MAIN_STORE)
    levels = catalogue.levels(work)
    games = [game.id for game in catalogue.games(work)]
    ranks = [
        (game, [(rank.id, rank.name) for rank in catalogue.ranks(work, game)]) for game in games
    ]
    random = work.random
    cast = Cast(
        random=random,
        calendar=calendar,
        customers=list(people.customers(random, work.reserve_ids(Customer, size.customers), now)),
        players=people.players(
            random,
            work.reserve_ids(Companion, size.companions),
            [(level.rate_fen, level.share_bp) for level in levels],
            [len(ladder) for _, ladder in ranks],
            now,
        ),
        game_ids=games,
        level_names=[level.name for level in levels],
        level_rates=[level.rate_fen for level in levels],
        default_rate_fen=work.setting("orders.default_rate_fen", MAIN_STORE),
        offer_seconds=work.setting("dispatch.offer_seconds", MAIN_STORE),
    )
    stories = _stories(cast, size, now, progress)
    _count_orders(stories)
    write_people.customers(work, cast.customers, write_people.tags(work))
    level_ids = [level.id for level in levels]
    write_people.companions(work, cast.players, level_ids, ranks, _presence(cast, stories))
    events_since = calendar.starts(calendar.day_of(now) - timedelta(days=_EVENTS_DAYS))
    write_orders.orders(work, stories, events_since)
    backfill.bring_in_all(work)
    contacts.write(work, cast, stories)
    stored.write(work, cast)


def _stories(cast: Cast, size: Size, now: datetime, progress: Progress) -> list[Story]:
    """All orders there ever were, in the order of their beginnings."""
    today = cast.calendar.day_of(now)
    stories: list[Story] = []
    for back in range(size.days, 0, -1):
        day = today - timedelta(days=back)
        stories += [past_order(cast, at) for at in moments(cast, day, size.orders_a_day)]
        progress(size.days - back + 1, size.days)
    open_now = evening(cast, now)
    earlier = (at for at in moments(cast, today, size.orders_a_day) if at < now)
    stories += [past_order(cast, at) for at in earlier]
    stories = [story for story in stories if story.steps[-1].at <= now]
    return sorted(stories + open_now, key=lambda story: story.created_at)


def _count_orders(stories: list[Story]) -> None:
    for story in stories:
        if story.completed_at is not None:
            customer = story.wish.customer
            customer.orders += 1
            customer.last_order_at = max(
                customer.last_order_at or story.completed_at, story.completed_at
            )


def _presence(cast: Cast, stories: list[Story]) -> dict[int, Presence]:
    """What each companion says: those with an order or an offer are there, of the others most."""
    needed = {
        story.player.id
        for story in stories
        if story.player and story.status in (OrderStatus.ACCEPTED, OrderStatus.SERVING)
    } | {ask.player.id for story in stories if not story.player for ask in story.asks}
    said = {}
    for player in cast.players:
        absent = Presence.RESTING if cast.chance(0.3) else Presence.OFFLINE
        there = player.id in needed or cast.chance(0.4)
        said[player.id] = Presence.IDLE if there else absent
    return said
