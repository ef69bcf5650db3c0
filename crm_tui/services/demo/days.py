"""When people order, what they ask for, and how a past order went."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from crm_tui.core.words import DispatchMode, Gender
from crm_tui.services.catalogue.rules import defaults
from crm_tui.services.demo.cast import Cast
from crm_tui.services.demo.habits import HOUR, KIND, RATING, WEEKDAYS
from crm_tui.services.demo.people import Person, Player
from crm_tui.services.demo.story import Story, Wish
from crm_tui.services.demo.words import words

_HALF_HOURS = (0, 0, 0, 30, 60)


def moments(cast: Cast, day: date, count: float) -> list[datetime]:
    """When the orders of one business day come in, in order; ``count`` is an average day's."""
    random, calendar = cast.random, cast.calendar
    number = round(count * WEEKDAYS[day.weekday()] * (0.9 + 0.2 * random.random()))
    made = []
    for _ in range(number):
        at = time(HOUR.draw(random), random.randint(0, 59), random.randint(0, 59))
        date_ = day if at >= calendar.day_start else day + timedelta(days=1)
        made.append(calendar.from_local(datetime.combine(date_, at)))
    return sorted(made)


def wish(cast: Cast, at: datetime, player: Player | None = None) -> Wish:
    """What a customer asks for at ``at``; with ``player``, something that they can serve."""
    random = cast.random
    customer = _somebody(cast, at)
    liked = cast.favourite.get(customer.id) if cast.chance(0.5) else None
    named = player or liked
    if named is not None:
        game = random.choice(named.games)[0]
    else:
        game = min(int(random.random() ** 1.6 * len(cast.game_ids)), len(cast.game_ids) - 1)
    kind = KIND.draw(random)
    usual = defaults().kinds[kind]
    demands, rate = _demands(cast, named)
    mode = random.choice((DispatchMode.AUTO, DispatchMode.AUTO, DispatchMode.GRAB))
    direct = named is not None and cast.chance(0.6)
    return Wish(
        customer=customer,
        game_id=cast.game_ids[game],
        kind=kind,
        unit=usual.billing_unit,
        mode=DispatchMode.DIRECT if direct else mode,
        planned=usual.minutes + (random.choice(_HALF_HOURS) if usual.minutes >= 60 else 0),
        rate_fen=named.rate_fen if direct and named else rate,
        demands={} if direct else demands,
        note=random.choice(words().order_notes),
        named=named if direct else None,
    )


def _somebody(cast: Cast, at: datetime) -> Person:
    """A customer who is one already, or becomes one with this order."""
    for _ in range(8):
        customer = cast.regulars.draw(cast.random)
        if customer.since <= at:
            return customer
    customer.since = at - cast.seconds(60, 3600)
    return customer


def _demands(cast: Cast, named: Player | None) -> tuple[dict[str, Any], int]:
    """What the companion should be like, and the price of an hour that goes with it."""
    wanted: dict[str, Any] = {}
    if cast.chance(0.35):
        gender = Gender.FEMALE if cast.chance(0.75) else Gender.MALE
        wanted["gender"] = (named.gender if named else gender).value
    if cast.chance(0.5):
        level = min(int(cast.random.random() ** 2 * 3), len(cast.level_rates) - 1)
        level = min(level, named.level) if named else level
        wanted["level"] = cast.level_names[level]
        return wanted, cast.level_rates[level]
    return wanted, cast.default_rate_fen


def able(cast: Cast, wanted: Wish, at: datetime) -> list[Player]:
    """The companions who can serve it and are free from ``at`` to its end."""
    until = at + timedelta(minutes=wanted.planned + 45)
    gender = wanted.demands.get("gender")
    level = cast.level_names.index(wanted.demands["level"]) if "level" in wanted.demands else 0
    return [
        player
        for player in cast.playing[cast.game_ids.index(wanted.game_id)]
        if player.free_at <= at
        and player.level >= level
        and (gender is None or player.gender == gender)
        and (player.id not in cast.bound_from or until <= cast.bound_from[player.id])
    ]


def past_order(cast: Cast, at: datetime) -> Story:
    """An order that came in at ``at`` and went its way to the end, good or bad."""
    wanted = wish(cast, at)
    free = able(cast, wanted, at)
    if wanted.named is not None and wanted.named not in free:
        wanted = replace(wanted, named=None, mode=DispatchMode.AUTO)
    story = Story(wanted, at)
    if not free or cast.chance(0.05):
        story.cancel(at + cast.seconds(90, 900), cast.random.choice(words().cancelled))
        return story
    _find_companion(cast, story, free)
    _serve(cast, story)
    return story


def _find_companion(cast: Cast, story: Story, free: list[Player]) -> None:
    random, at = cast.random, story.created_at
    wanted = story.wish
    liked = cast.favourite.get(wanted.customer.id)
    chosen = liked if liked in free and cast.chance(0.6) else random.choice(free)
    if wanted.named is not None:
        story.accept(at, wanted.named)
    elif wanted.mode is DispatchMode.GRAB:
        sent = at + cast.seconds(10, 60)
        others = [one for one in free if one is not chosen]
        random.shuffle(others)
        asked = [chosen, *others[: random.randint(0, 3)]]
        story.offer(sent, asked, cast.offer_seconds)
        if len(asked) > 1 and cast.chance(0.3):
            story.decline(sent + cast.seconds(3, 9), asked[1], random.choice(words().declined))
        story.accept(sent + cast.seconds(10, cast.offer_seconds - 1), chosen)
    else:
        late = cast.chance(0.06)
        story.accept(at + cast.seconds(*((185, 420) if late else (15, 150))), chosen)


def _serve(cast: Cast, story: Story) -> None:
    player = story.player
    assert player is not None and story.accepted_at is not None
    prepaid = cast.chance(0.4)
    tip = cast.tip_fen()
    if prepaid:
        story.pay(story.accepted_at + cast.seconds(5, 60), cast.pay_channel(), tip)
    started = story.accepted_at + cast.seconds(61, 400)
    longer = 30 if not prepaid and not story.wish.price_agreed and cast.chance(0.2) else 0
    billed = story.wish.planned + longer
    finished = started + timedelta(minutes=billed) + cast.seconds(-420, 600)
    story.start(started)
    story.finish(finished, billed)
    rating = RATING.draw(cast.random) if cast.chance(0.6) else None
    confirmed = finished + cast.seconds(20, 900)
    story.confirm(confirmed, rating, cast.random.choice(words().comments))
    if not prepaid:
        story.pay(confirmed + cast.seconds(10, 600), cast.pay_channel(), tip)
    player.free_at = finished
    cast.favourite[story.wish.customer.id] = player
