"""The fact behind a reason, in the language in force: ``荣耀黄金 < 至尊星耀``, ``serves O0921-118
until 22:40``, ``works 18:00–02:00``. Pure: all of it stands in the situation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from crm_tui.core.clock import from_micros
from crm_tui.core.language import _
from crm_tui.core.words import Gender
from crm_tui.services.dispatch.columns import (
    NO_RANK,
    UNREACHABLE,
    Asked,
    Situation,
)
from crm_tui.services.dispatch.reasons import Why
from crm_tui.services.dispatch.rules import kinds_named, played_of

_WITH_LABEL = {
    Why.OFFLINE: " ",
    Why.RESTING: " ",
    Why.DECLINED: " ",
    Why.REFUSED: ": ",
    Why.RANK: ": ",
    Why.GENDER: ": ",
    Why.LEVEL: ": ",
}
"""The reasons whose fact alone does not say what is meant, and what stands between the two."""


@dataclass(frozen=True, slots=True)
class Against:
    """A reason that stands in the way, and the fact behind it in words."""

    why: Why
    fact: str

    @property
    def text(self) -> str:
        """Both, as one reads them: ``resting since 22:10``."""
        if not self.fact:
            return self.why.label
        if self.why in _WITH_LABEL:
            return f"{self.why.label}{_WITH_LABEL[self.why]}{self.fact}"
        return self.fact


def facts(
    situation: Situation, wanted: Asked, place: int, reasons: tuple[Why, ...]
) -> list[Against]:
    """The fact behind each of the reasons that keep one companion from the order."""
    return [Against(why, _TOLD[why](situation, wanted, place)) for why in reasons]


def _since(situation: Situation, _wanted: Asked, place: int) -> str:
    since = situation.since[place]
    if np.isnan(since):
        return ""
    return _("since {time}").format(time=_clock(situation, from_micros(int(since))))


def _serves(situation: Situation, _wanted: Asked, place: int) -> str:
    no = situation.numbers.get(int(situation.bound_to[place]), "?")
    minutes = float(situation.free_in[place])
    if not minutes:
        return _("serves {no}, over its time").format(no=no)
    until = situation.now + timedelta(minutes=minutes)
    return _("serves {no} until {time}").format(no=no, time=_clock(situation, until))


def _promised(situation: Situation, wanted: Asked, place: int) -> str:
    promises = situation.promises
    broken = promises.against(wanted.id, *situation.span(wanted))
    first = min(
        (each for each in broken if promises.place[each] == place),
        key=lambda each: int(promises.begins[each]),
    )
    begins = _clock(situation, from_micros(int(promises.begins[first])))
    return _("kept for {no} from {time}").format(no=promises.no[first], time=begins)


def _game(situation: Situation, wanted: Asked, _place: int) -> str:
    return _("no {game} among their skills").format(
        game=situation.names.games.get(wanted.game_id, "?")
    )


def _rank(situation: Situation, wanted: Asked, place: int) -> str:
    asked = str(wanted.demands.get("rank", ""))
    played, rungs = played_of(situation, wanted), situation.names.rungs
    ladder, step = int(played.ladder[place]), int(played.step[place])
    if step == NO_RANK:
        return _("no rank known, {rank} wanted").format(rank=asked)
    own = rungs.get((ladder, step), "?")
    if wanted.rank == UNREACHABLE or ladder != wanted.ladder_id:
        return _("{own}, on another ladder than {rank}").format(own=own, rank=asked)
    return f"{own} < {asked}"


def _gender(situation: Situation, wanted: Asked, place: int) -> str:
    own = list(Gender)[int(situation.gender[place])]
    asked = wanted.gender or own
    return _("{own}, {wanted} wanted").format(own=own.label, wanted=asked.label)


def _level(situation: Situation, wanted: Asked, place: int) -> str:
    step, names = int(situation.level[place]), situation.names.levels
    asked = names.get(wanted.level or 0, str(wanted.demands.get("level", "")))
    if step == NO_RANK:
        return _("no level, {level} wanted").format(level=asked)
    return f"{names.get(step, '?')} < {asked}"


def _tags(situation: Situation, wanted: Asked, place: int) -> str:
    missing = sorted(wanted.tags - situation.tags[place])
    return _("lacks {tags}").format(tags=_(", ").join(missing))


def _kinds(situation: Situation, wanted: Asked, place: int) -> str:
    named = sorted(kinds_named(situation.tags[place]))
    kinds = _(", ").join(kind.label for kind in named)
    return _("takes {kinds} only, this is {kind}").format(kinds=kinds, kind=wanted.kind.label)


def _schedule(situation: Situation, wanted: Asked, place: int) -> str:
    hours = situation.hours[situation.day_of(wanted)]
    theirs = np.flatnonzero(hours.place == place)
    spans = (
        tuple(_clock(situation, from_micros(int(each)), False) for each in (begins, ends))
        for begins, ends in zip(hours.begins[theirs], hours.ends[theirs], strict=True)
    )
    works = _(", ").join(dict.fromkeys(f"{begins}–{ends}" for begins, ends in spans))
    begins = _clock(situation, situation.begins(wanted))
    if not works:
        return _("does not work that day, the order begins {time}").format(time=begins)
    return _("works {hours}, the order begins {time}").format(hours=works, time=begins)


def _declined(situation: Situation, wanted: Asked, place: int) -> str:
    at, reason = situation.declined[wanted.id][place]
    when = _("at {time}").format(time=_clock(situation, at)) if at else ""
    return " ".join(filter(None, (when, f"({reason})" if reason else "")))


def _refused(situation: Situation, wanted: Asked, place: int) -> str:
    return situation.stances[wanted.customer_id][place][1]


def _store(situation: Situation, wanted: Asked, place: int) -> str:
    names, own = situation.names.stores, int(situation.store_ids[place])
    own_name, store = (
        names.get(each) or _("store {number}").format(number=each)
        for each in (own, wanted.store_id)
    )
    return _("{own} has no bridge to {store}").format(own=own_name, store=store)


def _nothing(_situation: Situation, _wanted: Asked, _place: int) -> str:
    return ""


def _clock(situation: Situation, instant: datetime, with_day: bool = True) -> str:
    """The store's wall clock; with the day where it is another than today."""
    there, today = instant.astimezone(situation.zone), situation.now.astimezone(situation.zone)
    elsewhen = with_day and abs(there - today) > timedelta(hours=18)
    return there.strftime("%m-%d %H:%M" if elsewhen else "%H:%M")


_TOLD: dict[Why, Callable[[Situation, Asked, int], str]] = {
    Why.OFFLINE: _since,
    Why.RESTING: _since,
    Why.BUSY: _serves,
    Why.SKILL: _game,
    Why.RANK: _rank,
    Why.GENDER: _gender,
    Why.LEVEL: _level,
    Why.TAGS: _tags,
    Why.DECLINED: _declined,
    Why.REFUSED: _refused,
    Why.KIND: _kinds,
    Why.SCHEDULE: _schedule,
    Why.PLACED: _nothing,
    Why.STORE: _store,
    Why.LEFT: _nothing,
    Why.PROMISED: _promised,
}
