"""What a row says of a customer or a companion. Pure: nothing is looked up or stored here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from crm_tui.core.words import Gender, IdentityKind, Presence, SourceChannel
from crm_tui.services.customers.rules import (
    LONGEST_NICK,
    LONGEST_TAG,
    mask_phone,
    normalise_identity,
)
from crm_tui.services.imports import cells, times
from crm_tui.services.imports import words as vocabulary
from crm_tui.services.imports.cells import Cell
from crm_tui.services.imports.custom import Told, told_in
from crm_tui.services.imports.rowcells import BadRow, Remark, RowCells

LONGEST_NO = 20
_LONGEST_CITY = 100
_LONGEST_NOTE = 20_000
_LONGEST_RANK = 60
_IDENTITIES = {
    "phone": IdentityKind.PHONE,
    "wechat": IdentityKind.WECHAT,
    "qq": IdentityKind.QQ,
    "douyin": IdentityKind.DOUYIN,
    "kuaishou": IdentityKind.KUAISHOU,
}
_SHARED_HEADER = re.compile(r"联系方式|联系$|contact(?!.*(?:no|num))", re.IGNORECASE)
_LETTER = re.compile(r"[A-Za-z](?![+]?\d+$)|[A-Za-z].*[A-Za-z]")
_SKILL = re.compile(r"([^:：(（]+)[:：(（]\s*([^)）]+)[)）]?")


class Identity(NamedTuple):
    """Something a customer is recognised by, as it was written and as it is compared."""

    kind: IdentityKind
    value: str
    normalised: str


class CustomerRecord(NamedTuple):
    """A customer as one row tells. Empty text and None mean that the row says nothing."""

    row: int
    nick: str
    no: str
    name: str
    identities: tuple[Identity, ...]
    gender: Gender | None
    city: str
    channel: SourceChannel | None
    tags: tuple[str, ...]
    note: str
    registered_on: date | None
    remarks: tuple[Remark, ...] = ()
    keys: str = ""
    """The look-up keys of a customer of whom nobody else tells, but for the number's."""
    custom: tuple[Told, ...] = ()
    """What the row says in custom fields."""
    opening: tuple[int, int] = (0, 0)
    """The stored value that the customer brings along, in fen: what they paid, and bonus."""


@dataclass(frozen=True, slots=True)
class CompanionRecord:
    """A companion as one row tells. ``share_bp`` is the companion's, whatever the file states."""

    row: int
    nick: str
    no: str
    phone: str
    gender: Gender | None
    level: str
    rate_fen: int | None
    share_bp: int | None
    skills: tuple[tuple[str, str], ...]
    """Game and rank, in the file's words."""
    tags: tuple[str, ...]
    presence: Presence | None
    note: str
    remarks: tuple[Remark, ...] = ()
    custom: tuple[Told, ...] = ()
    """What the row says in custom fields."""


def customer(row: RowCells) -> CustomerRecord:
    """The customer of a row. Raises :class:`BadRow`."""
    identities = tuple(
        dict.fromkeys(
            each
            for field, kind in _IDENTITIES.items()
            if field in row.columns
            for each in identities_in(row, field, kind)
        )
    )
    nick = cells.text(row.cell("nick"))
    name = row.line("name", LONGEST_NICK)
    if len(nick) > LONGEST_NICK:
        row.remark("nick", "shortened")
    if not (nick or name or identities):
        raise BadRow("empty")
    channel = row.word("source", vocabulary.SOURCE_CHANNEL)
    if channel is None and cells.words(row.cell("source")):
        channel = SourceChannel.OTHER
        row.remark("source", "source_unknown")
    registered = row.read("registered", lambda cell: times.when(cell, row.table.dating))
    return CustomerRecord(
        row=row.number,
        nick=nick[:LONGEST_NICK],
        no=_number(row),
        name=name,
        identities=identities,
        gender=row.word("gender", vocabulary.GENDER),
        city=row.line("city", _LONGEST_CITY),
        channel=channel,
        tags=_tags(row),
        note=row.line("note", _LONGEST_NOTE),
        registered_on=registered.day if registered else None,
        remarks=tuple(row.remarks),
        custom=told_in(row),
        opening=(_opening(row, "balance"), _opening(row, "bonus")),
    )


def _opening(row: RowCells, field: str) -> int:
    """An amount of stored value in fen; nothing where the sheet has no such column."""
    return (row.read(field, cells.amount) or 0) if field in row.columns else 0


def stand_in_nick(record: CustomerRecord) -> str:
    """What a customer is called whose row has no nickname: name, id, or the masked phone."""
    for known in record.identities:
        if not record.name and known.kind is not IdentityKind.PHONE:
            return known.value
    return record.name or mask_phone(record.identities[0].normalised)


def identities_in(row: RowCells, field: str, kind: IdentityKind) -> tuple[Identity, ...]:
    """The identities in a field; only phones may be several, parted as lists are.

    Under a header such as 联系方式 a text with letters that is no damaged number is a WeChat id.
    Raises :class:`BadRow` for one that is damaged or impossible.
    """

    def read(cell: Cell) -> tuple[Identity, ...]:
        if kind is IdentityKind.PHONE and not (shared and _LETTER.search(cells.words(cell))):
            listed = cells.items(cell) if isinstance(cell, str) and len(cell) > 20 else (cell,)
            found = [cells.phone(part) for part in listed]
            return tuple(Identity(kind, digits, digits) for digits in found if digits)
        named = IdentityKind.WECHAT if kind is IdentityKind.PHONE else kind
        value = cells.identifier(cell)
        return (Identity(named, value, normalise_identity(named, value)),) if value else ()

    shared = _is_shared(row.header(field))
    return row.read(field, read)


@lru_cache(maxsize=256)
def _is_shared(header: str) -> bool:
    return _SHARED_HEADER.search(header) is not None


def companion(row: RowCells) -> CompanionRecord:
    """The companion of a row. Raises :class:`BadRow`."""
    nick = cells.text(row.cell("nick")) or cells.words(row.cell("name"))
    if not nick:
        raise row.bad("nick", "missing_nick")
    cut = row.read("cut", lambda cell: cells.share(cell, smaller=True))
    own = row.read("share", cells.share)
    return CompanionRecord(
        row=row.number,
        nick=nick[:200],
        no=_number(row),
        phone=row.read("phone", cells.phone),
        gender=row.word("gender", vocabulary.GENDER),
        level=row.line("level", _LONGEST_RANK),
        rate_fen=row.read("rate", _rate),
        share_bp=own if own is not None else None if cut is None else 10_000 - cut,
        skills=_skills(row),
        tags=_tags(row),
        presence=row.word("presence", vocabulary.PRESENCE),
        note=row.line("note", _LONGEST_NOTE),
        custom=told_in(row),
        remarks=tuple(row.remarks),
    )


def _rate(cell: Cell) -> int | None:
    """An hourly price; ``45元/小时`` and ``45/h`` state the unit once more."""
    if isinstance(cell, str):
        cell = re.sub(r"\s*[/每一]\s*(个?小时|时|h|hr|hour)\s*$", "", cell, flags=re.IGNORECASE)
    return cells.amount(cell)


def _number(row: RowCells) -> str:
    number = row.read("no", cells.identifier) if "no" in row.columns else ""
    if len(number) > LONGEST_NO:
        raise row.bad("no", "too_long")
    return number


def _tags(row: RowCells) -> tuple[str, ...]:
    tags, shortened = _tags_of(cells.items(row.cell("tags")))
    if shortened:
        row.remark("tags", "shortened")
    return tags


@lru_cache(maxsize=4096)
def _tags_of(items: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    """The tags that a cell lists, and whether one of them had to be shortened."""
    found = [tag for tag in (item.lstrip("#").strip() for item in items) if tag]
    tags = tuple(dict.fromkeys(tag[:LONGEST_TAG] for tag in found))
    return tags, any(len(tag) > LONGEST_TAG for tag in found)


def _skills(row: RowCells) -> tuple[tuple[str, str], ...]:
    """Games with their ranks: two lists side by side, or ``王者荣耀(最强王者)`` in one."""
    ranks = cells.items(row.cell("ranks"))
    skills: dict[str, str] = {}
    for at, item in enumerate(cells.items(row.cell("games"))):
        inside = _SKILL.fullmatch(item)
        game, rank = inside.groups() if inside else (item, ranks[at] if at < len(ranks) else "")
        skills.setdefault(game.strip()[:_LONGEST_RANK], rank.strip()[:_LONGEST_RANK])
    return tuple(skills.items())
