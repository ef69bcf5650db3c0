"""Whom the rows of orders and payments mean, among those whom the studio knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlmodel import SQLModel

from crm_tui.core.errors import Invalid
from crm_tui.core.words import IdentityKind
from crm_tui.models import STUDIO, Companion
from crm_tui.services.companions.rules import NUMBER_SERIES, companion_no
from crm_tui.services.customers.rules import normalise_identity
from crm_tui.services.imports.cells import items
from crm_tui.services.imports.companions import DEFAULT_SHARE, Crew
from crm_tui.services.imports.known import OWN_NO, called, numbered, owners_of
from crm_tui.services.imports.people import Identity
from crm_tui.services.imports.rowcells import BadRow
from crm_tui.services.imports.run import Run, blank_row
from crm_tui.services.imports.sales import PersonRef
from crm_tui.storage.store import ReadWork

_CUSTOMERS = SQLModel.metadata.tables["customer"]
_COMPANIONS = SQLModel.metadata.tables["companion"]


@dataclass(frozen=True, slots=True)
class Clientele:
    """The customers whom the rows of one portion may mean."""

    owners: dict[tuple[IdentityKind, str], int]
    named: dict[str, list[int]]
    numbered: dict[str, int]
    numbers_decide: bool = False
    """Customers of this studio carry numbers of its own."""

    @classmethod
    def of(cls, work: ReadWork, references: Sequence[PersonRef]) -> Clientele:
        """Look up everybody whom ``references`` may mean."""
        identities = [each for ref in references for each in (*ref.identities, *_guesses(ref))]
        uncertain = [ref for ref in references if not ref.identities]
        names = {name for ref in uncertain for name in (ref.nick, ref.any)} - {""}
        numbers = {number for ref in uncertain for number in (ref.no, ref.any)} - {""}
        return cls(
            owners_of(work, identities),
            called(work, names),
            numbered(work, numbers) if numbers else {},
            any(ref.no for ref in uncertain) and _has_own_numbers(work),
        )

    def find(self, reference: PersonRef) -> int:
        """The customer who is meant. Raises :class:`BadRow`.

        What tells a person apart decides alone: where an id is unknown, a nickname that fits does
        not help; where a number is, it helps only in a studio whose customers have no numbers.
        """
        found = self._candidates(reference)
        if len(found) == 1:
            return next(iter(found))
        code = "unknown_customer"
        if found:
            code = "conflicting_identities" if reference.identities else "ambiguous_customer"
        raise BadRow(code, reference.column, reference.value[:200])

    def _candidates(self, reference: PersonRef) -> set[int]:
        if reference.identities:
            return self._owners_of(reference.identities)
        if reference.any:
            number = self.numbered.get(reference.any)
            found = self._owners_of(_guesses(reference)) or ({number} if number else set())
            return found or set(self.named.get(reference.any, ()))
        if reference.no and (reference.no in self.numbered or self.numbers_decide):
            number = self.numbered.get(reference.no)
            return {number} if number else set()
        return set(self.named.get(reference.nick, ()))

    def _owners_of(self, identities: Iterable[Identity]) -> set[int]:
        keys = [(each.kind, each.normalised) for each in identities]
        return {self.owners[key] for key in keys if key in self.owners}


def _guesses(reference: PersonRef) -> tuple[Identity, ...]:
    """A name that may be an identity, as identities."""
    guesses = []
    if reference.any and not reference.identities:
        for kind in (IdentityKind.PHONE, IdentityKind.WECHAT):
            try:
                normalised = normalise_identity(kind, reference.any)
            except Invalid:
                continue
            guesses.append(Identity(kind, reference.any, normalised))
    return tuple(guesses)


def _has_own_numbers(work: ReadWork) -> bool:
    own = _CUSTOMERS.c.custom[OWN_NO].as_string()
    query = select(_CUSTOMERS.c.id).where(own.is_not(None)).limit(1)
    return work.session.connection().execute(query).first() is not None


class Staff:
    """The companions whom rows of orders name; unknown ones are added."""

    def __init__(self, run: Run, sheet: str) -> None:
        self._run = run
        self._sheet = sheet
        self._crew = Crew(run)
        rows = run.work.session.connection().execute(
            select(_COMPANIONS.c.id, _COMPANIONS.c.share_bp)
        )
        self.share_bp: dict[int, int] = {row.id: row.share_bp for row in rows}

    def find(self, reference: PersonRef) -> tuple[tuple[int, ...], list[str]]:
        """The companions who are meant, and the nicknames of those who had to be added.

        A name that nobody has may be several, parted as lists are.
        """
        if not reference:
            return (), []
        name = reference.nick or reference.any
        phone = next((each.normalised for each in reference.identities), "")
        known = self._crew.find(name, phone, reference.no or reference.any)
        if known is not None:
            return (known,), []
        parts = items(name)
        found = {part: self._crew.find(part) for part in parts}
        if not any(found.values()):
            found = {name or phone or reference.no: None}
        added = [part for part, each in found.items() if each is None]
        ids = {part: each or self._add(part, phone) for part, each in found.items()}
        return tuple(ids.values()), added

    def _add(self, nick: str, phone: str) -> int:
        work = self._run.work
        (new_id,) = work.reserve_ids(Companion, 1)
        number = companion_no(work.next_number(STUDIO, NUMBER_SERIES))
        row = blank_row(Companion) | {
            "id": new_id,
            "store_id": self._run.store_id,
            "no": number,
            "nick": nick[:200],
            "phone": phone or None,
            "share_bp": DEFAULT_SHARE,
            "created_at": work.clock.now(),
        }
        work.session.connection().execute(insert(_COMPANIONS), [row])
        self._crew.add(new_id, nick, phone, number)
        self.share_bp[new_id] = DEFAULT_SHARE
        self._run.book.brought(self._sheet, "companion", new_id)
        return new_id
