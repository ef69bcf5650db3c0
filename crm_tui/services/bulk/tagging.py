"""Putting tags on many customers and taking others off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from sqlalchemy import delete, insert, select, tuple_
from sqlmodel import SQLModel

from crm_tui.core.errors import Invalid
from crm_tui.core.language import _, joined
from crm_tui.services.bulk.people import Person, bump, done, judged, people, unchanged
from crm_tui.services.bulk.rules import JsonObject, Outcome, Verdict
from crm_tui.services.customers.index import write_keys
from crm_tui.services.customers.rules import checked_tag
from crm_tui.services.tags import actions as tags
from crm_tui.services.tags import reads as tag_reads
from crm_tui.services.tags import rule_sets
from crm_tui.storage.store import ReadWork, UnitOfWork

_TAG, _TAGGED = (SQLModel.metadata.tables[name] for name in ("tag", "customer_tag"))
Change = tuple[Sequence[str], Sequence[str]]
"""Tags put on a customer, tags taken off."""


@dataclass(frozen=True, slots=True)
class Tagging:
    """``add`` is put on, ``remove`` taken off. What is already so stays so."""

    add: tuple[str, ...]
    remove: tuple[str, ...] = ()
    kind: ClassVar[str] = "tag"

    @classmethod
    def of(cls, words: Iterable[str]) -> Self:
        """From ``+VIP -trial`` as typed. Raises :class:`Invalid`."""
        given = [word for word in words if word.strip()]
        wrong = [word for word in given if word[0] not in "+-" or len(word) < 2]
        if wrong or not given:
            raise Invalid(field=_("tags"), value=" ".join(wrong), expected="+VIP -trial")
        add = dict.fromkeys(checked_tag(word[1:]) for word in given if word[0] == "+")
        remove = dict.fromkeys(checked_tag(word[1:]) for word in given if word[0] == "-")
        if both := add.keys() & remove.keys():
            raise Invalid(field=_("tags"), value=joined(both), expected=_("either + or -"))
        return cls(tuple(add), tuple(remove))

    def request(self) -> JsonObject:
        return {"add": list(self.add), "remove": list(self.remove)}

    def title(self) -> str:
        return " ".join((*(f"+{name}" for name in self.add), *(f"-{name}" for name in self.remove)))

    def prepare(self, work: ReadWork) -> None:
        known = {row.name: row for row in tag_reads.tags(work)}
        for name in self.add:
            if name in known:
                tags.require_by_hand(known[name])
        for name in self.remove:
            tags.require_by_hand(known.get(name) or tag_reads.one(work, name))

    def judge(self, work: ReadWork, ids: Sequence[int]) -> list[Outcome]:
        worn = _worn(work, ids, (*self.add, *self.remove))

        def decide(person: Person) -> Outcome:
            put = [name for name in self.add if name not in worn[person.id]]
            taken = [name for name in self.remove if name in worn[person.id]]
            if not put and not taken:
                return unchanged(person)
            return done(person, added=put, removed=taken)

        return judged(work, ids, decide)

    def carry_out(self, work: UnitOfWork, outcomes: Sequence[Outcome]) -> None:
        changes = {
            each.customer_id: (each.before["added"], each.before["removed"])
            for each in outcomes
            if each.verdict is Verdict.DONE
        }
        _apply(work, changes)

    @classmethod
    def take_back(cls, work: UnitOfWork, rows: Mapping[int, JsonObject]) -> None:
        _apply(work, {each: (kept["removed"], kept["added"]) for each, kept in rows.items()})


def _worn(work: ReadWork, ids: Sequence[int], names: Sequence[str]) -> dict[int, set[str]]:
    """Which of these tags each of the customers carries."""
    worn: dict[int, set[str]] = defaultdict(set)
    query = (
        select(_TAGGED.c.customer_id, _TAG.c.name)
        .join(_TAG, _TAG.c.id == _TAGGED.c.tag_id)
        .where(_TAGGED.c.customer_id.in_(ids), _TAG.c.name.in_(names))
    )
    for owner, name in work.session.connection().execute(query):
        worn[owner].add(name)
    return worn


def _apply(work: UnitOfWork, changes: Mapping[int, Change]) -> None:
    """Change the tags of these customers, with their look-up, events and tags by rule."""
    if not changes:
        return
    put = {name for added, _removed in changes.values() for name in added}
    known: dict[str, Any] = {name: tags.by_hand(work, name, new=True).id for name in sorted(put)}
    taken = {name for _added, removed in changes.values() for name in removed}
    rows = work.session.connection().execute(
        select(_TAG.c.name, _TAG.c.id).where(_TAG.c.name.in_(taken))
    )
    known |= {row.name: row.id for row in rows}
    new = [(each, known[name]) for each, (added, _) in changes.items() for name in added]
    gone = [
        (each, known[name])
        for each, (_, removed) in changes.items()
        for name in removed
        if name in known
    ]
    _write(work, new, gone)
    bump(work, changes)
    write_keys(work, changes)
    _tell(work, changes)
    rule_sets.refresh(work, changes)


def _write(work: UnitOfWork, new: list[tuple[int, int]], gone: list[tuple[int, int]]) -> None:
    connection = work.session.connection()
    if new:
        rows = [{"customer_id": owner, "tag_id": tag_id} for owner, tag_id in new]
        connection.execute(insert(_TAGGED), rows)
    if gone:
        pair = tuple_(_TAGGED.c.customer_id, _TAGGED.c.tag_id)
        connection.execute(delete(_TAGGED).where(pair.in_(gone)))


def _tell(work: UnitOfWork, changes: Mapping[int, Change]) -> None:
    for each, person in people(work, list(changes)).items():
        added, removed = changes[each]
        work.record(
            "customer.tagged",
            "customer",
            each,
            store_id=person.store_id,
            ref=person.no,
            added=list(added),
            removed=list(removed),
        )
