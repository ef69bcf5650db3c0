"""What a bulk action says of each customer, and what every kind of action can do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from crm_tui.core.language import N_, _
from crm_tui.storage.store import ReadWork, UnitOfWork

JsonObject = dict[str, Any]


class Verdict(StrEnum):
    """What became of one customer."""

    DONE = "done"
    UNCHANGED = "unchanged"
    """It was so already."""
    REFUSED = "refused"
    UNDONE = "undone"


REASONS = {
    "not_found": N_("there is no such customer"),
    "merged": N_("merged into another customer"),
    "erased": N_("erased at the person's request"),
    "changed_meanwhile": N_("changed by someone else meanwhile"),
}
"""Why a customer is refused, or was not undone, by code."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an action does to one customer, or did. ``before`` is what it takes to undo that, with
    the ``version`` that the customer has afterwards."""

    customer_id: int
    no: str
    nick: str
    store_id: int
    verdict: Verdict
    code: str = ""
    before: JsonObject = field(default_factory=dict)

    @property
    def why(self) -> str:
        """The reason in the language in force; empty where there is none."""
        return _(REASONS.get(self.code, self.code))


class BulkAction(Protocol):
    """A kind of action, with what was asked for."""

    kind: ClassVar[str]

    def request(self) -> JsonObject:
        """What was asked for, to be kept with the run."""
        ...

    def title(self) -> str:
        """What is done, in words."""
        ...

    def prepare(self, work: ReadWork) -> None:
        """Refuse the whole where it can't be. Raises ``CrmError``."""
        ...

    def judge(self, work: ReadWork, ids: Sequence[int]) -> list[Outcome]:
        """What would become of each of these customers, in this order; nothing is written."""
        ...

    def carry_out(self, work: UnitOfWork, outcomes: Sequence[Outcome]) -> None:
        """Do what was judged, for the outcomes that are ``DONE``."""
        ...

    @classmethod
    def take_back(cls, work: UnitOfWork, rows: Mapping[int, JsonObject]) -> None:
        """Undo it for these customers, from what was kept of each."""
        ...


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did, would do, or what undoing it did: how many of each verdict, and examples
    of those that were refused or left as they are."""

    token: str
    kind: str
    counts: Mapping[Verdict, int]
    refusals: tuple[Outcome, ...] = ()
    left: int = 0
    """Not looked at any more, because it was cancelled."""
    dry_run: bool = False

    @property
    def total(self) -> int:
        """All customers that were looked at."""
        return sum(self.counts.values())


SHOWN_REFUSALS = 100
"""Refusals that a report lists; the run keeps all of them."""


@dataclass(slots=True)
class Tally:
    """Counts verdicts while a run goes on."""

    counts: Counter[Verdict] = field(default_factory=Counter)
    refusals: list[Outcome] = field(default_factory=list)

    def add(self, outcomes: Sequence[Outcome]) -> None:
        """Count these."""
        for each in outcomes:
            self.counts[each.verdict] += 1
            if each.code and len(self.refusals) < SHOWN_REFUSALS:
                self.refusals.append(each)

    def report(self, token: str, kind: str, *, left: int = 0, dry_run: bool = False) -> Report:
        """What it came to."""
        return Report(token, kind, dict(self.counts), tuple(self.refusals), left, dry_run)
