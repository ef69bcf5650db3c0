"""What the studio owes its customers of stored value: paid part and bonus apart, and by age."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from crm_tui.core.language import _
from crm_tui.core.words import Account
from crm_tui.models import Customer
from crm_tui.models.ledger import Journal, JournalLine
from crm_tui.services.money.members.reads import PARTS
from crm_tui.services.money.members.rules import AGE_BANDS, Movement, Parts, by_age
from crm_tui.storage.store import ReadWork


@dataclass(frozen=True, slots=True)
class Owed:
    """What one customer has, and when it last changed."""

    customer_id: int
    no: str
    nick: str
    balance: Parts
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Age:
    """What is owed that came ``up_to_days`` ago or less, and longer ago than the band before;
    ``None``: any longer."""

    up_to_days: int | None
    owed: Parts


def age_says(after: int | None, limit: int | None) -> str:
    """An age in words: more than ``after`` days, up to ``limit``; None where there is no such."""
    if limit is None:
        return _("more than {days} days").format(days=after)
    if after is None:
        return _("up to {days} days").format(days=limit)
    return _("{first} to {last} days").format(first=after + 1, last=limit)


@dataclass(frozen=True, slots=True)
class Liability:
    """All that is owed ``at`` an instant: those who have most first, the youngest age first."""

    at: datetime
    owed: Parts
    ages: tuple[Age, ...]
    customers: tuple[Owed, ...]


def liability(work: ReadWork, at: datetime | None = None, store_id: int | None = None) -> Liability:
    """What was owed ``at`` an instant, now where it is not given; by one store or by the studio.

    It adds up the journals themselves. What came first counts as spent first; what a customer
    brought along who was merged into another keeps its age.
    """
    until = at or work.clock.now()
    found: dict[int, Owed] = {}
    ages: dict[Account, list[int]] = {account: [0] * (len(AGE_BANDS) + 1) for account in PARTS}
    for row, account, movements, changed_at in _movements(work, until, store_id):
        bands = by_age(movements, until)
        ages[account] = [a + b for a, b in zip(ages[account], bands, strict=True)]
        left = sum(bands)
        parts = Parts(left, 0) if account is Account.STORED else Parts(0, left)
        known = found.get(row.whose)
        found[row.whose] = Owed(
            row.whose,
            row.no,
            row.nick,
            known.balance + parts if known else parts,
            max(known.changed_at, changed_at) if known else changed_at,
        )
    owed = [each for each in found.values() if each.balance.total_fen]
    limits: tuple[int | None, ...] = (*AGE_BANDS, None)
    return Liability(
        at=until,
        owed=sum((each.balance for each in owed), Parts()),
        ages=tuple(
            Age(limit, Parts(paid, bonus))
            for limit, paid, bonus in zip(limits, *ages.values(), strict=True)
        ),
        customers=tuple(sorted(owed, key=lambda each: (-each.balance.total_fen, each.customer_id))),
    )


def _movements(
    work: ReadWork, until: datetime, store_id: int | None
) -> Iterator[tuple[Any, Account, list[Movement], datetime]]:
    """By customer and part, what came and went, oldest first. What a journal only moves from a
    customer to the one they were merged into is nothing."""
    kept = aliased(Customer)
    whose = func.coalesce(col(Customer.merged_into_id), col(Customer.id)).label("whose")
    amount = -func.sum(col(JournalLine.amount_fen)).label("amount")
    columns: tuple[Any, ...] = (
        whose,
        col(kept.no),
        col(kept.nick),
        col(JournalLine.account),
        col(Journal.id),
        col(Journal.at),
        amount,
    )
    query = (
        select(*columns)
        .select_from(JournalLine)
        .join(Journal, col(Journal.id) == col(JournalLine.journal_id))
        .join(Customer, col(Customer.id) == col(JournalLine.subject_id))
        .join(kept, col(kept.id) == whose)
        .where(col(JournalLine.account).in_(PARTS), col(Journal.at) <= until)
        .group_by(*columns[:-1])
        .having(func.sum(col(JournalLine.amount_fen)) != 0)
        .order_by(whose, col(JournalLine.account), col(Journal.at), col(Journal.id))
    )
    if store_id is not None:
        query = query.where(col(Journal.store_id) == store_id)
    rows = work.session.connection().execute(query)
    for _of, group in groupby(rows, key=attrgetter("whose", "account")):
        ours = list(group)
        movements = [Movement(row.at, int(row.amount)) for row in ours]
        yield ours[0], ours[0].account, movements, ours[-1].at


def document(found: Liability, zone: tzinfo) -> dict[str, Any]:
    """The report as commands answer it; times in ``zone``."""
    return {
        "at": found.at.astimezone(zone).isoformat(),
        **_parts(found.owed),
        "ages": [{"up_to_days": each.up_to_days, **_parts(each.owed)} for each in found.ages],
        "customers": [
            {
                "id": each.customer_id,
                "no": each.no,
                "nick": each.nick,
                **_parts(each.balance),
                "changed_at": each.changed_at.astimezone(zone).isoformat(),
            }
            for each in found.customers
        ],
    }


def _parts(parts: Parts) -> dict[str, int]:
    return {
        "balance_fen": parts.total_fen,
        "paid_fen": parts.paid_fen,
        "bonus_fen": parts.bonus_fen,
    }
