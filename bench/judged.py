"""Judged queries: what operators type, and whom they mean.

*Whom* they mean, :mod:`bench.customer_base` says. *What* they type depends on how they know them:

- Who writes about an order is remembered. One word is typed, of those that fit the person, each as
  likely as the other: the nickname without the mood before it or without the number behind it, the
  initials or the pinyin of the name in any of its readings, the last four digits, five to eight
  signs of the WeChat id, the number of the order.
- Who wants to order is read from the chat: the nickname as it stands there, the WeChat id, the
  whole phone number, or the initials and the last four digits.
- A nickname without a number in it (小鱼干) is one of thousands, which operators know: the last
  four digits, the initials or three signs of the WeChat id are typed after it, or a tag where the
  person is remembered.

What is typed depends on the person alone, never on what the look-up answers. The same ways are
drawn for customers taken uniformly from all, whoever they are: nobody writes in like that, but it
shows what the words alone are worth.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from bench.customer_base import Known
from crm_tui.core.words import IdentityKind
from crm_tui.services.customers.keys import fold_name
from crm_tui.services.customers.readings import readings
from crm_tui.services.demo.words import words

TWO_READINGS = frozenset("曾单解")


@dataclass(frozen=True, slots=True)
class Search:
    """What somebody types, and whom they mean."""

    way: str
    text: str
    customer_id: int


def remembered(one: Known, random: Random) -> list[Search]:
    """The ways to look up somebody who is in touch, one search a way."""
    ways = [*_short_nick(one, random), *_spelled(one, random), *_ends(one, random)]
    if one.last_order_no:
        ways.append(("order number", one.last_order_no))
    return _searches(one, ways)


def shown(one: Known, random: Random) -> list[Search]:
    """The ways to look up somebody from what a chat shows, one search a way."""
    ways = [("whole nickname", _with_more(fold_name(one.nick), one, random, ()))]
    known = one.identities
    if IdentityKind.WECHAT in known:
        ways.append(("WeChat id", known[IdentityKind.WECHAT]))
    if phone := known.get(IdentityKind.PHONE):
        ways.append(("phone number", phone))
        if one.name:
            initials = "".join(part[0] for part in random.choice(readings(one.name)))
            ways.append(("initials and last four digits", f"{initials} {phone[-4:]}"))
    return _searches(one, ways)


def alone(one: Known, _random: Random) -> list[Search]:
    """One word, however many share it: the harder figures."""
    nick = fold_name(one.nick)
    ways = [("nickname without its number", nick.rstrip("0123456789") or nick)]
    if one.name:
        for way in readings(one.name):
            both = "曾/单/解" if one.name[0] in TWO_READINGS else "other names"
            ways.append((f"initials, {both}", "".join(part[0] for part in way)))
            ways.append((f"pinyin, {both}", "".join(way)))
    if phone := one.identities.get(IdentityKind.PHONE):
        ways.append(("last four digits", phone[-4:]))
    if wechat := one.identities.get(IdentityKind.WECHAT):
        ways.append(("WeChat id, five signs", wechat.removeprefix("wxid_")[:5]))
    return _searches(one, ways)


def judged(lately: Sequence[Known], to_order: Sequence[Known], seed: int) -> list[Search]:
    """One search for each of those who write in."""
    random = Random(seed)
    chosen = [random.choice(remembered(one, random)) for one in lately]
    chosen += [random.choice(shown(one, random)) for one in to_order]
    random.shuffle(chosen)
    return chosen


def _searches(one: Known, ways: Sequence[tuple[str, str]]) -> list[Search]:
    return [Search(way, text, one.id) for way, text in ways if text]


def _short_nick(one: Known, random: Random) -> Iterator[tuple[str, str]]:
    """Without its mood, or without its number."""
    nick = fold_name(one.nick)
    mood = next((mood for mood in words().moods if nick.startswith(mood)), "")
    parts = {nick.removeprefix(mood), nick.rstrip("0123456789")} - {"", nick} or {nick}
    yield "part of the nickname", _with_more(random.choice(sorted(parts)), one, random, one.tags)


def _with_more(nick: str, one: Known, random: Random, tags: Sequence[str]) -> str:
    """A nickname that thousands share, with something else that is known."""
    if any(char.isdigit() for char in nick):
        return nick
    more = list(tags)
    if phone := one.identities.get(IdentityKind.PHONE):
        more.append(phone[-4:])
    if wechat := one.identities.get(IdentityKind.WECHAT):
        more.append(wechat.removeprefix("wxid_")[:3])
    if one.name:
        more.append("".join(part[0] for part in readings(one.name)[0]))
    return f"{nick} {random.choice(more)}" if more else nick


def _spelled(one: Known, random: Random) -> Iterator[tuple[str, str]]:
    if one.name:
        way = random.choice(readings(one.name))
        yield "initials", "".join(part[0] for part in way)
        yield "pinyin", "".join(way)


def _ends(one: Known, random: Random) -> Iterator[tuple[str, str]]:
    if phone := one.identities.get(IdentityKind.PHONE):
        yield "last four digits", phone[-4:]
    if wechat := one.identities.get(IdentityKind.WECHAT):
        start = random.choice((wechat, wechat.removeprefix("wxid_")))
        yield "WeChat id", start[: len(start) - 12 + random.randint(5, 8)]
