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
from crm_tui.services.imports.customers import OWN_NO, called, owners_of
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

    @classmethod
    def of(cls, work: ReadWork, references: Sequence[PersonRef]) -> Clientele:
        """Look up everybody whom ``references`` may mean."""
        identities = [each for ref in references for each in (*ref.identities, *_guesses(ref))]
        names = {ref.nick or ref.any for ref in references if not ref.identities}
        numbers = {ref.no or ref.any for ref in references if not ref.identities} - {""}
        return cls(
            owners_of(work, identities),
            called(work, names - {""}),
            _numbered(work, numbers) if any(ref.no or ref.any for ref in references) else {},
        )

    def find(self, reference: PersonRef) -> int:
        """The customer who is meant. Raises :class:`BadRow`.

        An identity decides alone: where it is unknown, a nickname that fits does not help.
        """
        certain = reference.identities or _guesses(reference)
        keys = [(each.kind, each.normalised) for each in certain]
        found = {self.owners[key] for key in keys if key in self.owners}
        if not found and not reference.identities:
            number = self.numbered.get(reference.no or reference.any)
            found = {number} if number else set(self.named.get(reference.nick or reference.any, ()))
        if len(found) == 1:
            return found.pop()
        code = "unknown_customer"
        if found:
            code = "conflicting_identities" if reference.identities else "ambiguous_customer"
        raise BadRow(code, reference.column, reference.value[:200])


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


def _numbered(work: ReadWork, numbers: Iterable[str]) -> dict[str, int]:
    """Customers by the number that their own file gave them, else by ours."""
    connection = work.session.connection()
    wanted = set(numbers)
    own = _CUSTOMERS.c.custom[OWN_NO].as_string()
    found = {}
    for column in (_CUSTOMERS.c.no, own):
        rows = connection.execute(select(column, _CUSTOMERS.c.id).where(column.in_(wanted)))
        found.update({row[0]: row.id for row in rows})
    return found


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
