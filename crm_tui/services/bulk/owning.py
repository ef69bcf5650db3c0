"""Giving many customers to one operator, or to nobody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import select
from sqlmodel import SQLModel

from crm_tui.core.language import _
from crm_tui.services.bulk.people import Person, bump, done, judged, people, unchanged
from crm_tui.services.bulk.rules import JsonObject, Outcome, Verdict
from crm_tui.services.operators.reads import resolve
from crm_tui.services.tags import rule_sets
from crm_tui.storage.store import ReadWork, UnitOfWork

NOBODY = "-"
"""Typed for: the customers have no owner any more."""
_OPERATOR = SQLModel.metadata.tables["operator"]


@dataclass(frozen=True, slots=True)
class Owning:
    """The customers are ``login``'s from now on; :data:`NOBODY`: nobody's."""

    login: str
    kind: ClassVar[str] = "owner"

    def request(self) -> JsonObject:
        return {"owner": self.login}

    def title(self) -> str:
        return _("owner: {login}").format(login=self.login)

    def prepare(self, work: ReadWork) -> None:
        self._owner_id(work)

    def judge(self, work: ReadWork, ids: Sequence[int]) -> list[Outcome]:
        owner_id = self._owner_id(work)

        def decide(person: Person) -> Outcome:
            if person.owner_id == owner_id:
                return unchanged(person)
            return done(person, owner_id=person.owner_id)

        return judged(work, ids, decide)

    def carry_out(self, work: UnitOfWork, outcomes: Sequence[Outcome]) -> None:
        ids = [each.customer_id for each in outcomes if each.verdict is Verdict.DONE]
        _give(work, ids, self._owner_id(work))

    @classmethod
    def take_back(cls, work: UnitOfWork, rows: Mapping[int, JsonObject]) -> None:
        owners: dict[int | None, list[int]] = defaultdict(list)
        for each, kept in rows.items():
            owners[kept["owner_id"]].append(each)
        for owner_id, ids in owners.items():
            _give(work, ids, owner_id)

    def _owner_id(self, work: ReadWork) -> int | None:
        return None if self.login == NOBODY else resolve(work, self.login)


def _give(work: UnitOfWork, ids: Sequence[int], owner_id: int | None) -> None:
    if not ids:
        return
    bump(work, ids, owner_id=owner_id)
    login = work.session.connection().scalar(
        select(_OPERATOR.c.login).where(_OPERATOR.c.id == owner_id)
    )
    for each, person in people(work, ids).items():
        facts = {"store_id": person.store_id, "ref": person.no, "owner": login}
        work.record("customer.edited", "customer", each, **facts)
    rule_sets.refresh(work, ids)
