"""The rules of dispatch once more, slowly and one companion at a time, to compare with.

Written from the words of the rules and not from their code: plain Python, no columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from crm_tui.core.clock import to_micros
from crm_tui.core.words import Gender, OrderKind, OrderStatus, Presence, Stance
from crm_tui.services.dispatch.columns import (
    GENDERS,
    PRESENCES,
    Asked,
    Hours,
    Names,
    Played,
    Promises,
    Situation,
)
from crm_tui.services.dispatch.reasons import Why
from crm_tui.services.dispatch.rules import Weights

NOW = datetime(2026, 9, 21, 15, 4, tzinfo=UTC)
KINGS, PEACE = 1, 2
CUSTOMER, ORDER = 7, 70


@dataclass(frozen=True)
class Person:
    """What is known of a companion at the moment of dispatch."""

    id: int
    nick: str = "鹿鹿"
    presence: Presence = Presence.IDLE
    gender: Gender = Gender.FEMALE
    level: int = 2
    rate_fen: int = 4500
    tags: frozenset[str] = frozenset({"甜", "会唱歌"})
    ranks: dict[int, int | None] = field(default_factory=lambda: {KINGS: 5, PEACE: None})
    """Game → step on its ladder, which has the number of the game."""
    serves: int = 0
    """The order that they are bound to."""
    free_in: float = 0.0
    kept: tuple[int, int, int] | None = None
    """For which order, from and to in minutes from now."""
    hours: tuple[tuple[int, int], ...] | None = None
    """From and to in minutes from now; ``None``: whenever idle."""
    store: int = 1
    active: bool = True
    credit: int = 100
    declined: bool = False
    stance: Stance | None = None
    rating: float | None = None
    votes: int = 0
    together: int = 0
    load: int = 0
    idle_minutes: float | None = None
    answered: int = 0
    accepted: int = 0
    answer_seconds: float | None = None


def order(**demands: object) -> Asked:
    """The order of :data:`CUSTOMER` that waits, at ¥45 an hour."""
    known = {"game_id": KINGS, "rate_fen": 4500, "ladder_id": KINGS, **demands}
    return Asked(ORDER, "O1", 1, OrderStatus.PENDING, CUSTOMER, **known)  # type: ignore[arg-type]


def columns(people: Sequence[Person]) -> Situation:
    """The people as the rules see them."""

    def some(name: str) -> dict[int, Any]:
        return {at: getattr(one, name) for at, one in enumerate(people) if getattr(one, name)}

    def numbers(name: str) -> Any:
        values = (getattr(one, name) for one in people)
        return np.array([np.nan if value is None else value for value in values], np.float64)

    games = {game for one in people for game in one.ranks}
    kept = [(at, *one.kept) for at, one in enumerate(people) if one.kept]
    return Situation(
        now=NOW,
        since=numbers("idle_minutes"),
        store_ids=np.array([one.store for one in people], np.int64),
        active=np.array([one.active for one in people], bool),
        credit=np.array([one.credit for one in people], np.int64),
        free_in=numbers("free_in"),
        answered=np.array([one.answered for one in people], np.int64),
        accepted=np.array([one.accepted for one in people], np.int64),
        answer_seconds=numbers("answer_seconds"),
        numbers={one.serves: f"O{one.serves}" for one in people},
        promises=Promises(
            np.array([at for at, *_ in kept], np.int64),
            np.array([order for _, order, *_ in kept], np.int64),
            [f"O{order}" for _, order, *_ in kept],
            np.array([_micros(begins) for *_, begins, _ in kept], np.int64),
            np.array([_micros(ends) for *_, ends in kept], np.int64),
        ),
        hours={NOW.date(): _hours(people)},
        names=Names(
            levels={0: "娱乐", 1: "技术", 2: "大神"},
            rungs={(KINGS, step): f"段{step}" for step in range(9)},
            games={KINGS: "王者荣耀"},
            stores={1: "总店", 2: "杭州店"},
        ),
        ids=np.array([one.id for one in people], np.int64),
        nicks=tuple(one.nick for one in people),
        presence=np.array([PRESENCES[one.presence] for one in people]),
        gender=np.array([GENDERS[one.gender] for one in people]),
        level=np.array([one.level for one in people]),
        rate_fen=np.array([one.rate_fen for one in people]),
        tags=tuple(one.tags for one in people),
        bound_to=np.array([one.serves for one in people]),
        rating=np.array([one.rating or 0.0 for one in people]),
        votes=np.array([one.votes for one in people]),
        load=np.array([one.load for one in people]),
        idle_minutes=numbers("idle_minutes"),
        played={game: _played(people, game) for game in games},
        together={CUSTOMER: some("together")},
        stances={CUSTOMER: {at: (one, "吵过架") for at, one in some("stance").items()}},
        declined={ORDER: dict.fromkeys(some("declined"), (NOW, "累了"))},
    )


def _micros(minutes: float) -> int:
    return to_micros(NOW + timedelta(minutes=minutes))


def _hours(people: Sequence[Person]) -> Hours:
    known = [(at, one.hours) for at, one in enumerate(people) if one.hours is not None]
    spans = [(at, *span) for at, hours in known for span in hours]
    return Hours(
        np.array([one.hours is not None for one in people], bool),
        np.array([at for at, *_ in spans], np.int64),
        np.array([_micros(begins) for _, begins, _ in spans], np.int64),
        np.array([_micros(ends) for *_, ends in spans], np.int64),
    )


def _played(people: Sequence[Person], game: int) -> Played:
    steps = [one.ranks.get(game) for one in people]
    return Played(
        np.array([game in one.ranks for one in people]),
        np.array([0 if step is None else game for step in steps]),
        np.array([-1 if step is None else step for step in steps]),
    )


def reasons_against(one: Person, wanted: Asked) -> list[Why]:
    """Every hard rule that keeps ``one`` from the order; empty means eligible."""
    plays = wanted.game_id in one.ranks
    rank = one.ranks.get(wanted.game_id)
    start = (max(wanted.start_at or NOW, NOW) - NOW).total_seconds() / 60
    ends = start + wanted.planned_minutes
    here = one.serves == ORDER or (one.kept is not None and one.kept[0] == ORDER)
    in_time = start > 0 and one.free_in <= start
    named = {kind for kind in OrderKind for word in kind.spellings if word in one.tags}
    checks = (
        (Why.OFFLINE, one.presence is Presence.OFFLINE),
        (Why.RESTING, one.presence is Presence.RESTING),
        (Why.BUSY, one.serves != 0 and not here and not in_time),
        (Why.SKILL, not plays),
        (Why.RANK, plays and wanted.rank is not None and (rank is None or rank < wanted.rank)),
        (Why.GENDER, wanted.gender is not None and one.gender is not wanted.gender),
        (Why.LEVEL, wanted.level is not None and one.level < wanted.level),
        (Why.TAGS, not wanted.tags <= one.tags),
        (Why.DECLINED, one.declined),
        (Why.REFUSED, one.stance is Stance.REFUSED),
        (Why.KIND, bool(named) and wanted.kind not in named),
        (Why.SCHEDULE, one.hours is not None and not any(a <= start < b for a, b in one.hours)),
        (Why.PLACED, here),
        (Why.STORE, one.store != 1),
        (Why.LEFT, not one.active),
        (
            Why.PROMISED,
            one.kept is not None
            and one.kept[0] != ORDER
            and one.kept[1] < ends
            and start < one.kept[2],
        ),
    )
    return [why for why, holds in checks if holds]


def parts_of(one: Person, wanted: Asked, weights: Weights) -> dict[str, float]:
    """Every part of the score."""
    rank, votes = one.ranks.get(wanted.game_id), one.votes if one.rating is not None else 0
    skill = 0.8
    if wanted.rank is not None and rank is not None:
        skill = max(0.5, 1.0 - 0.1 * max(rank - wanted.rank, 0))
    told = (one.rating or 0.0) * votes + weights.prior_rating * weights.prior_votes
    mean = told / (votes + weights.prior_votes)
    waited = 30.0 if one.idle_minutes is None else one.idle_minutes
    price = 1.0
    if wanted.rate_fen and one.rate_fen > wanted.rate_fen:
        price = max(0.0, 2.0 - one.rate_fen / wanted.rate_fen)
    seconds = 30.0 if one.answer_seconds is None else one.answer_seconds
    fitting = len(one.tags & set(weights.styles.get(wanted.kind.value, ())))
    return {
        "skill": skill,
        "history": 1.0 if one.stance is Stance.PREFERRED else one.together / (one.together + 2),
        "rating": min(max((mean - 1) / 4, 0.0), 1.0),
        "fairness": 0.5 / (1 + 0.25 * one.load) + 0.5 * min(max(waited / 60, 0.0), 1.0),
        "price": price,
        "answers": 0.7 * (one.accepted + 3) / (one.answered + 5) + 0.3 * 30 / (30 + seconds),
        "style": 1 - 0.5 * 0.4**fitting,
        "credit": min(max(one.credit / 100, 0), 1),
    }
