"""Second records of people who are stored already, as hurried operators write them, with the truth.

A copy is one of four kinds: a contact typed wrong, another channel, a changed phone, columns
swapped. Whatever its kind, the nickname comes as people change theirs, the full name and the city
may be left out or wrong, and *something that the person can be told by is left*: a contact in some
form, or the full name beside the nickname. Among the copies stand strangers who look alike and are
two people: the same nickname with other phones and WeChat ids, the same full name in the same city,
relatives with neighbouring numbers, friends whose number stands in a note, numbered handles.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from crm_tui.core.words import Gender, IdentityKind, SourceChannel
from crm_tui.services.customers.readings import is_chinese, readings
from crm_tui.services.demo.people import Person, full_name, nickname, phone, sign_id
from crm_tui.services.demo.words import words

_NEW_PHONES = 70_000_000
"""Where the permutation of phones goes on, far from any customer's."""
_OTHER_CHANNELS = (
    (SourceChannel.DOUYIN, IdentityKind.DOUYIN),
    (SourceChannel.KUAISHOU, IdentityKind.KUAISHOU),
    (SourceChannel.CHANNELS, IdentityKind.CHANNELS),
    (SourceChannel.APP, IdentityKind.APP),
)
KINDS = ("typo", "other channel", "changed phone", "swapped columns")
Identities = tuple[tuple[IdentityKind, str], ...]


@dataclass(slots=True)
class Dirt:
    """Copies and strangers of ``people``, and which pairs are one person.

    ``truth`` maps (original, copy) to the kind of the copy.
    """

    random: Random
    records: list[Person] = field(default_factory=list)
    truth: dict[tuple[int, int], str] = field(default_factory=dict)

    def copy(self, person: Person, new_id: int) -> bool:
        """Write ``person`` down a second time; False where the kind drawn leaves nothing to tell
        them by."""
        kind = self.random.choice(KINDS)
        make = {
            "typo": self._mistyped,
            "other channel": self._other_channel,
            "changed phone": self._changed_phone,
            "swapped columns": self._swapped,
        }[kind]
        record = make(person, self._again(person, new_id))
        if record is None:
            return False
        self.records.append(record)
        self.truth[(person.id, new_id)] = kind
        return True

    def stranger(self, person: Person, new_id: int) -> None:
        """Somebody who looks like ``person`` and is another one."""
        random = self.random
        other = replace(
            person,
            id=new_id,
            nick=nickname(random),
            name=full_name(random) if random.random() < 0.4 else "",
            city=random.choice(words().cities) if random.random() < 0.8 else "",
            gender=random.choice((Gender.FEMALE, Gender.MALE)),
            note="",
            identities=self._own_contacts(new_id),
        )
        likeness = random.choice((_same_nick, _same_name, _relative, _friend, _numbered))
        self.records.append(likeness(person, other))

    def without_clashes(self, taken: Callable[[list[str]], set[tuple[str, str]]]) -> Dirt:
        """Only the records that a database takes: an identity belongs to one customer, and a slip
        may hit somebody else's. ``taken`` tells which of some values are stored, with their kind.
        """
        seen = taken([value for record in self.records for _kind, value in record.identities])
        records = []
        for record in self.records:
            if seen.isdisjoint(record.identities):
                seen.update((kind.value, value) for kind, value in record.identities)
                records.append(record)
        written = {record.id for record in records}
        truth = {pair: kind for pair, kind in self.truth.items() if pair[1] in written}
        return Dirt(self.random, records, truth)

    # How each kind of copy is written

    def _mistyped(self, person: Person, record: Person) -> Person | None:
        contacts = dict(person.identities)
        typed: dict[IdentityKind, str] = {}
        if IdentityKind.PHONE in contacts:
            typed[IdentityKind.PHONE] = self._slip_in_phone(contacts[IdentityKind.PHONE])
        if IdentityKind.WECHAT in contacts and (not typed or self.random.random() < 0.3):
            wechat = contacts[IdentityKind.WECHAT]
            typed[IdentityKind.WECHAT] = wechat[:5] + self._slip(wechat[5:])
        return replace(record, identities=tuple(typed.items())) if typed else None

    def _other_channel(self, person: Person, record: Person) -> Person | None:
        contacts = dict(person.identities)
        channel, kind = self.random.choice(
            [each for each in _OTHER_CHANNELS if each[1] not in contacts]
        )
        handle, note = sign_id("x", record.id), record.note
        chance = self.random.random()
        if chance < 0.35:
            handle = contacts.get(IdentityKind.WECHAT) or contacts[IdentityKind.PHONE]
            handle = handle.removeprefix("wxid_")
        elif chance < 0.7 or not person.name:
            note = self._contact_told(contacts)
        elif not record.name:
            record = replace(record, name=person.name)
        return replace(record, channel=channel, note=note, identities=((kind, handle),))

    def _changed_phone(self, person: Person, record: Person) -> Person | None:
        old = dict(person.identities).get(IdentityKind.PHONE)
        if old is None:
            return None
        contacts: list[tuple[IdentityKind, str]] = [
            (IdentityKind.PHONE, phone(_NEW_PHONES + record.id))
        ]
        if self.random.random() < 0.25:
            contacts.append((IdentityKind.WECHAT, sign_id("wxid_", _NEW_PHONES + record.id)))
        note = record.note
        if not person.name or self.random.random() < 0.4:
            note = self.random.choice(("换号了，原来{}", "旧号 {}", "之前用{}")).format(
                self._as_written(old)
            )
        elif not record.name:
            record = replace(record, name=person.name)
        return replace(record, note=note, identities=tuple(contacts))

    def _swapped(self, person: Person, record: Person) -> Person | None:
        contacts = dict(person.identities)
        mobile = contacts.get(IdentityKind.PHONE)
        wechat = contacts.get(IdentityKind.WECHAT)
        ways: list[Person] = []
        if mobile:
            ways += [
                replace(record, identities=((IdentityKind.WECHAT, mobile),)),
                replace(record, nick=f"{record.nick} {self._as_written(mobile)}", identities=()),
                replace(record, name=mobile, identities=()),
            ]
        if wechat:
            ways += [
                replace(record, identities=((IdentityKind.APP, wechat),)),
                replace(record, note=wechat, identities=()),
            ]
        if person.name:
            own = sign_id("x", record.id)
            ways.append(
                replace(
                    record,
                    nick=person.name,
                    name=record.nick,
                    identities=((IdentityKind.DOUYIN, own),),
                )
            )
        return self.random.choice(ways)

    # What is told and written otherwise the second time

    def _again(self, person: Person, new_id: int) -> Person:
        random = self.random
        name, city, gender = person.name, person.city, person.gender
        chance = random.random()
        if name and chance < 0.25:
            name = (
                "" if chance < 0.15 else _sounds_alike(name, random) if chance < 0.22 else name[0]
            )
        chance = random.random()
        if chance < 0.2:
            city = "" if chance < 0.15 else random.choice(words().cities)
        chance = random.random()
        if chance < 0.1:
            gender = Gender.UNKNOWN if chance < 0.08 else random.choice(tuple(Gender))
        return replace(
            person,
            id=new_id,
            nick=self._nick_again(person.nick),
            name=name,
            city=city,
            gender=gender,
            note="",
            identities=(),
            orders=0,
            last_order_at=None,
        )

    def _nick_again(self, nick: str) -> str:
        random = self.random
        chance = random.random()
        if chance < 0.55:
            return nick
        if chance < 0.68:
            return random.choice(words().odd).format(nick)
        if chance < 0.78:
            return nick.rstrip("0123456789") or nick if nick[-1].isdigit() else nick + "66"
        if chance < 0.86:
            return _sounds_alike(nick, random)
        if chance < 0.92:
            return nick.swapcase()
        mood = next((each for each in words().moods if nick.startswith(each)), "")
        return nick.removeprefix(mood) or nick

    def _contact_told(self, contacts: dict[IdentityKind, str]) -> str:
        mobile, wechat = contacts.get(IdentityKind.PHONE), contacts.get(IdentityKind.WECHAT)
        if wechat and (not mobile or self.random.random() < 0.5):
            return f"微信 {wechat}"
        return f"电话{self._as_written(mobile or '')}"

    def _as_written(self, mobile: str) -> str:
        groups = f"{mobile[:3]} {mobile[3:7]} {mobile[7:]}"
        return self.random.choice((mobile, mobile, groups, groups.replace(" ", "-")))

    def _slip_in_phone(self, mobile: str) -> str:
        head, tail = mobile[:2], mobile[2:]
        return head + self._slip(tail)

    def _slip(self, text: str) -> str:
        """One sign replaced by another of its kind, or two neighbours exchanged."""
        random = self.random
        at = random.randrange(len(text) - 1)
        if random.random() < 0.35 and text[at] != text[at + 1]:
            return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        signs = "0123456789" if text[at].isdigit() else "abcdefghijklmnopqrstuvwxyz"
        return text[:at] + random.choice(signs.replace(text[at], "")) + text[at + 1 :]

    @staticmethod
    def _own_contacts(number: int) -> Identities:
        return (
            (IdentityKind.PHONE, phone(_NEW_PHONES + number)),
            (IdentityKind.WECHAT, sign_id("wxid_", _NEW_PHONES + number)),
        )


def _same_nick(person: Person, other: Person) -> Person:
    return replace(other, nick=person.nick)


def _same_name(person: Person, other: Person) -> Person:
    return replace(other, name=person.name or other.name, city=person.city)


def _relative(person: Person, other: Person) -> Person:
    """The number next to it, and the same city."""
    mobile = dict(person.identities).get(IdentityKind.PHONE)
    if mobile is None:
        return _same_nick(person, other)
    neighbour = mobile[:-1] + str((int(mobile[-1]) + 1) % 10)
    _own, wechat = other.identities
    return replace(other, city=person.city, identities=((IdentityKind.PHONE, neighbour), wechat))


def _friend(person: Person, other: Person) -> Person:
    """Brought by ``person``, whose contact stands in the note."""
    _kind, contact = person.identities[-1]
    return replace(other, note=f"朋友介绍来的 {contact}")


def _numbered(person: Person, other: Person) -> Person:
    """A handle that differs from another one in its last sign."""
    kinds = [each for each in person.identities if each[0] is IdentityKind.WECHAT]
    if not kinds:
        return _same_nick(person, other)
    handle = kinds[0][1]
    mobile, _own = other.identities
    last = "1" if handle[-1] != "1" else "2"
    return replace(other, identities=(mobile, (IdentityKind.WECHAT, handle[:-1] + last)))


def _sounds_alike(text: str, random: Random) -> str:
    """One Chinese character replaced by another that is read the same, where there is one."""
    places = [at for at, char in enumerate(text) if is_chinese(char) and _homophones(char)]
    if not places:
        return text
    at = random.choice(places)
    return text[:at] + random.choice(_homophones(text[at])) + text[at + 1 :]


def _homophones(char: str) -> list[str]:
    return [each for each in _by_sound()[readings(char)[0][0]] if each != char]


_MISTAKEN = (
    "宇雨羽语浩皓豪昊明铭名茗佳家嘉伟维玮薇文雯闻纹静婧靖敏闽强墙洋阳杨扬晓小筱笑鱼渔余星兴猩"
)
_SOUNDS: dict[str, list[str]] = defaultdict(list)


def _by_sound() -> dict[str, list[str]]:
    """The characters of the demo's words and some that are mistaken for them, by their reading."""
    if not _SOUNDS:
        pool = words()
        signs = {*_MISTAKEN, *"".join((*pool.nicks, *pool.given, *pool.moods))}
        for char in sorted(filter(is_chinese, signs)):
            _SOUNDS[readings(char)[0][0]].append(char)
    return _SOUNDS


def soil(people: Sequence[Person], ids: Iterator[int], random: Random, copies: int) -> Dirt:
    """``copies`` second records of some of ``people`` and as many strangers who look alike, with
    the ``ids`` given out to them."""
    dirt = Dirt(random)
    originals = random.sample(people, min(len(people), copies * 2))
    for person in originals[:copies]:
        new_id = next(ids)
        while not dirt.copy(person, new_id):
            pass
    for person in originals[copies:]:
        dirt.stranger(person, next(ids))
    return dirt
