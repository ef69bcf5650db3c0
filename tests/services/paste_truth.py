"""The snippets with their truth, the studio they are read in, and how a reading is judged."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from crm_tui.core.clock import FixedClock
from crm_tui.core.words import IdentityKind, Role
from crm_tui.models import MAIN_STORE, Companion, Customer, Operator
from crm_tui.services.customers import actions as customers
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.services.paste.matching import CustomerMatch
from crm_tui.services.paste.pieces import Part, Reading
from crm_tui.services.paste.vocabulary import Lexicon
from crm_tui.storage.store import Store, UnitOfWork
from tests.desk import MANAGER

DATA = Path(__file__).parent.parent / "data"
STUDIO = tomllib.loads((DATA / "paste_snippets.toml").read_text(encoding="utf-8"))
HELD = tomllib.loads((DATA / "paste_snippets_held.toml").read_text(encoding="utf-8"))
LATER = tomllib.loads((DATA / "paste_snippets_later.toml").read_text(encoding="utf-8"))
NOW = datetime.fromisoformat(STUDIO["now"])
_FEN = ("price", "rate")
_DEFAULT = {"kind": "companion", "places": 1}
"""What may be read or not: it says what would be so anyway."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """A text and what it says."""

    style: str
    text: str
    truth: dict[str, Any]


def snippets(source: dict[str, Any]) -> list[Snippet]:
    """The snippets of a file, without the line break after the opening quotes."""
    return [
        Snippet(each["style"], each["text"].lstrip("\n"), each["truth"])
        for each in source["snippets"]
    ]


def fill(store: Store, clock: FixedClock) -> None:
    """Make the studio of the snippets."""
    clock.instant = NOW
    with store.write(MANAGER) as work:
        for number, nick in enumerate(STUDIO["companions"]):
            work.session.add(_companion(nick, number))
        for name in STUDIO["operators"]:
            work.session.add(Operator(login=name, name=name, role=Role.OPERATOR, created_at=NOW))
        for each in STUDIO["customers"]:
            _customer(work, each)


def _companion(nick: str, number: int) -> Companion:
    return Companion(
        store_id=MAIN_STORE, no=f"P{number}", nick=nick, tags=STUDIO["tags"], created_at=NOW
    )


def _customer(work: UnitOfWork, known: dict[str, str]) -> None:
    identities = {IdentityKind(k): known[k] for k in ("phone", "wechat", "qq") if k in known}
    added = customers.add(work, NewCustomer(nick=known["nick"], identities=identities))
    row = work.session.get(Customer, added)
    assert row is not None
    row.no = known["no"]


@dataclass(frozen=True, slots=True)
class Judged:
    """One field of one snippet: what it should be, and what was read."""

    snippet: Snippet
    field: str
    wanted: Any
    got: Any

    @property
    def right(self) -> bool:
        return bool(self.wanted == self.got)


def judge(snippet: Snippet, reading: Reading, lexicon: Lexicon) -> Iterator[Judged]:
    """Every field that the truth or the reading has; one too many is as wrong as a wrong one."""
    games = {game.id: game.name for game in lexicon.games}
    truth = dict(snippet.truth)
    truth.pop("customer")
    if truth.get("several") or reading.several:
        yield Judged(snippet, "several", truth.pop("several", False), reading.several)
    for word in truth.pop("note", ()):
        yield Judged(snippet, "note", word, word if word in reading.note else reading.note)
    if truth.get("tags") or reading.tags:
        yield Judged(snippet, "tags", set(truth.pop("tags", ())), set(reading.tags))
    for part in Part:
        if part in (Part.NOTE, Part.TAG):
            continue
        piece = reading.get(part)
        wanted = truth.get(part.value, _DEFAULT.get(part.value))
        got = _DEFAULT.get(part.value)
        if piece is not None:
            got = _plain(part, piece.value, games, lexicon)
        if part.value in truth or got != wanted:
            yield Judged(snippet, part.value, wanted, got)


def _plain(part: Part, value: Any, games: dict[int, str], lexicon: Lexicon) -> Any:
    if part is Part.GAME:
        return games[value]
    if part is Part.START:
        return "now" if value is None else f"{lexicon.calendar.local(value):%Y-%m-%d %H:%M}"
    if part.value in _FEN:
        return value // 100
    return str(value) if isinstance(value, str) else value


def customer_of(match: CustomerMatch) -> str:
    """Whom the match names, as the truth says it."""
    if match.hit is not None:
        return match.hit.no
    return "choose" if match.candidates else "new"
