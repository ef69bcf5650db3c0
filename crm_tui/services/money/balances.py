"""What the books say: balances now and at any past moment, the ledger of an account, journals.

Amounts are fen, debit positive, credit negative.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, literal, select, tuple_, union_all
from sqlmodel import col

from crm_tui.core.errors import NotFound
from crm_tui.core.language import _
from crm_tui.core.words import Account, JournalKind
from crm_tui.models import Order
from crm_tui.models.ledger import Journal, JournalLine, LedgerBalance
from crm_tui.services.money.accounts import CHART
from crm_tui.storage.store import ReadWork


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """What stands on one account, of all its holders together."""

    account: Account
    balance_fen: int
    channels: tuple[tuple[str, int], ...] = ()
    """Where the money lies, by channel, and how much; only of what names one."""


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One line of an account's ledger with what stood on the account after it."""

    journal_id: int
    position: int
    at: datetime
    kind: JournalKind
    store_id: int
    account: Account
    subject_id: int
    channel: str
    amount_fen: int
    balance_fen: int
    available_on: date | None
    order_id: int | None
    order_no: str
    payment_id: int | None
    batch_id: int | None
    reason: str
    actor: str


@dataclass(frozen=True, slots=True)
class JournalRow:
    """A journal with all its lines; their balances are 0 here."""

    id: int
    store_id: int
    at: datetime
    kind: JournalKind
    key: str
    order_id: int | None
    order_no: str
    payment_id: int | None
    customer_id: int | None
    companion_id: int | None
    batch_id: int | None
    bill_line_id: int | None
    reverses_id: int | None
    reason: str
    actor: str
    lines: tuple[LedgerLine, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """A kept balance that is not the sum of its lines."""

    store_id: int
    account: Account
    subject_id: int
    channel: str
    lines_fen: int
    kept_fen: int


def balances(
    work: ReadWork, at: datetime | None = None, store_id: int | None = None
) -> tuple[AccountBalance, ...]:
    """Every account of the chart, in its order, of one store or all; they sum to zero.

    With ``at``: as the books stood after all that happened up to that moment.
    """
    found = work.session.connection().execute(_sums(at, store_id))
    by_account: dict[Account, dict[str, int]] = {account: {} for account in CHART}
    for account, channel, fen in found:
        by_account[account][channel] = int(fen)
    return tuple(
        AccountBalance(
            account,
            sum(by_channel.values()),
            tuple((channel, fen) for channel, fen in sorted(by_channel.items()) if channel),
        )
        for account, by_channel in by_account.items()
    )


def _sums(at: datetime | None, store_id: int | None) -> Any:
    if at is None:
        kept = col(LedgerBalance.account), col(LedgerBalance.channel)
        query = select(*kept, func.sum(col(LedgerBalance.balance_fen))).group_by(*kept)
        return query if store_id is None else query.where(col(LedgerBalance.store_id) == store_id)
    lines = col(JournalLine.account), col(JournalLine.channel)
    query = (
        select(*lines, func.sum(col(JournalLine.amount_fen)))
        .join(Journal, col(Journal.id) == col(JournalLine.journal_id))
        .where(col(Journal.at) <= at)
        .group_by(*lines)
    )
    return query if store_id is None else query.where(col(JournalLine.store_id) == store_id)


def balance(
    work: ReadWork, account: Account, subject_id: int = 0, store_id: int | None = None
) -> int:
    """What stands on one account of one subject, in one store or all together, in fen."""
    query = select(func.coalesce(func.sum(col(LedgerBalance.balance_fen)), 0)).where(
        col(LedgerBalance.account) == account, col(LedgerBalance.subject_id) == subject_id
    )
    if store_id is not None:
        query = query.where(col(LedgerBalance.store_id) == store_id)
    return int(work.session.connection().execute(query).scalar_one())


def subjects(
    work: ReadWork, account: Account, store_id: int | None = None
) -> list[tuple[int, int]]:
    """Whose account stands at what: subject and fen, without those at zero, the most first."""
    total = func.sum(col(LedgerBalance.balance_fen))
    query = (
        select(col(LedgerBalance.subject_id), total)
        .where(col(LedgerBalance.account) == account)
        .group_by(col(LedgerBalance.subject_id))
        .having(total != 0)
        .order_by((total * CHART[account].normal).desc(), col(LedgerBalance.subject_id))
    )
    if store_id is not None:
        query = query.where(col(LedgerBalance.store_id) == store_id)
    return [(subject, int(fen)) for subject, fen in work.session.connection().execute(query)]


_COLUMNS: tuple[Any, ...] = (
    col(JournalLine.journal_id),
    col(JournalLine.position),
    col(Journal.at),
    col(Journal.kind),
    col(JournalLine.store_id),
    col(JournalLine.account),
    col(JournalLine.subject_id),
    col(JournalLine.channel),
    col(JournalLine.amount_fen),
    literal(0).label("balance_fen"),
    col(JournalLine.available_on),
    col(Journal.order_id),
    func.coalesce(col(Order.no), "").label("order_no"),
    col(Journal.payment_id),
    col(Journal.batch_id),
    col(Journal.reason),
    col(Journal.actor),
)


def statement(
    work: ReadWork,
    account: Account,
    subject_id: int | None = None,
    *,
    store_id: int | None = None,
    channel: str | None = None,
    limit: int = 200,
    before: tuple[int, int] | None = None,
) -> list[LedgerLine]:
    """The ledger of an account, the newest booking first, each with the balance after it.

    ``before`` goes on behind the line with that journal id and position: the last one of the page
    before.
    """
    these: list[ColumnElement[bool]] = [col(JournalLine.account) == account]
    for column, wanted in (
        (col(JournalLine.subject_id), subject_id),
        (col(JournalLine.store_id), store_id),
        (col(JournalLine.channel), channel),
    ):
        if wanted is not None:
            these.append(column == wanted)
    if before is not None:
        place = tuple_(col(JournalLine.journal_id), col(JournalLine.position))
        these.append(place < tuple_(*before))
    connection = work.session.connection()
    total = select(func.coalesce(func.sum(col(JournalLine.amount_fen)), 0)).where(*these)
    after = int(connection.execute(total).scalar_one())
    newest = (
        select(*_COLUMNS)
        .join(Journal, col(Journal.id) == col(JournalLine.journal_id))
        .outerjoin(Order, col(Order.id) == col(Journal.order_id))
        .where(*these)
        .order_by(col(JournalLine.journal_id).desc(), col(JournalLine.position).desc())
        .limit(limit)
    )
    return list(_running(connection.execute(newest), after))


def _running(newest: Iterable[Any], after: int) -> Iterable[LedgerLine]:
    """The lines with their balances, backwards from the last one."""
    for row in newest:
        yield LedgerLine(**{**row._mapping, "balance_fen": after})
        after -= row.amount_fen


def journal(work: ReadWork, journal_id: int) -> JournalRow:
    """One journal, whole. Raises :class:`NotFound`."""
    found = _journals(work, col(Journal.id) == journal_id)
    if not found:
        raise NotFound(what=_("journal"), ref=journal_id)
    return found[0]


def journals_of_order(work: ReadWork, order_id: int) -> list[JournalRow]:
    """All that was ever booked of an order, in the order of booking."""
    return _journals(work, col(Journal.order_id) == order_id)


def _journals(work: ReadWork, these: ColumnElement[bool]) -> list[JournalRow]:
    connection = work.session.connection()
    heads = (
        select(
            *(getattr(Journal, name) for name in JournalRow.__slots__
              if name not in ("lines", "order_no")),
            func.coalesce(col(Order.no), "").label("order_no"),
        )
        .outerjoin(Order, col(Order.id) == col(Journal.order_id))
        .where(these)
        .order_by(col(Journal.id))
    )  # fmt: skip
    rows = (
        select(*_COLUMNS)
        .join(Journal, col(Journal.id) == col(JournalLine.journal_id))
        .outerjoin(Order, col(Order.id) == col(Journal.order_id))
        .where(these)
        .order_by(col(JournalLine.journal_id), col(JournalLine.position))
    )
    lines: defaultdict[int, list[LedgerLine]] = defaultdict(list)
    for row in connection.execute(rows):
        lines[row.journal_id].append(LedgerLine(**row._mapping))
    return [
        JournalRow(**head._mapping, lines=tuple(lines[head.id]))
        for head in connection.execute(heads)
    ]


def replay_differences(work: ReadWork) -> list[Difference]:
    """The balances that are not the sum of their lines; none in sound books."""
    lines: Any = select(
        col(JournalLine.store_id).label("store_id"),
        col(JournalLine.account).label("account"),
        col(JournalLine.subject_id).label("subject_id"),
        col(JournalLine.channel).label("channel"),
        col(JournalLine.amount_fen).label("lines_fen"),
        literal(0).label("kept_fen"),
    )
    kept = select(
        col(LedgerBalance.store_id),
        col(LedgerBalance.account),
        col(LedgerBalance.subject_id),
        col(LedgerBalance.channel),
        literal(0),
        col(LedgerBalance.balance_fen),
    )
    both = union_all(lines, kept).subquery()
    place = (both.c.store_id, both.c.account, both.c.subject_id, both.c.channel)
    replayed, stored = func.sum(both.c.lines_fen), func.sum(both.c.kept_fen)
    query = select(*place, replayed, stored).group_by(*place).having(replayed != stored)
    return [Difference(*row) for row in work.session.connection().execute(query.order_by(*place))]
