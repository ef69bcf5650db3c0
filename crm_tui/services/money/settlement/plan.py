"""What a batch would hold: read from the books without holding anybody up, written later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlmodel import col, select

from crm_tui.core.errors import CrmError, Invalid, Refused
from crm_tui.core.language import N_, _
from crm_tui.core.words import SettlementState
from crm_tui.models.settlement import SettlementBatch
from crm_tui.services.catalogue.reads import require_store
from crm_tui.services.money.settlement import dues
from crm_tui.services.money.settlement.dues import Question
from crm_tui.services.money.settlement.rules import Dues, Window
from crm_tui.storage.store import ReadWork, Store

Progress = Callable[[int, int], bool]
"""Told how many of how many companions were looked at; answers whether to go on."""


class Stopped(CrmError):
    """The person stopped it before anything was written."""

    code = "cancelled"
    template = N_("Stopped. Nothing was drafted.")


def on_and_on(_done: int, _total: int) -> bool:
    """Never stops."""
    return True


@dataclass(frozen=True, slots=True)
class Plan:
    """A batch before it is written; all of it comes from journals that don't change any more."""

    first: date
    last: date
    previous_id: int | None
    asked: Question
    dues: tuple[Dues, ...]
    open_from_id: int
    earlier_fen: int
    """What companions earned before the first batch of a store begins: it lies in none."""


def make(
    store: Store,
    store_id: int,
    first: date | None = None,
    last: date | None = None,
    progress: Progress = on_and_on,
    *,
    before_id: int | None = None,
) -> Plan:
    """What a batch of the business days ``first`` to ``last`` of a store holds, as it stands now.

    Without ``last`` it ends with yesterday; without ``first`` it begins where the batch before
    ended, else with the month of ``last``. ``before_id`` is that of a draft which is read anew.
    Raises :class:`NotFound` for a store, :class:`Invalid` for a period that ends before it begins,
    :class:`Refused` for one that ends before that of the last batch and while there is a draft, and
    :class:`Stopped`.
    """
    with store.read() as work:
        require_store(work, store_id)
        work.store.dialect.await_books(work.session)
        cut = dues.last_journal(work)
    with store.read() as work:
        previous = latest(work, store_id, before_id)
        require_no_draft(previous)
        today = work.calendar(store_id).day_of(work.clock.now())
        last = last or today - timedelta(days=1)
        first = first or begins(previous, last)
        window = _window(work, store_id, (first, last), today, cut, previous)
        before = window_of(previous) if previous else None
        from_id = previous.open_from_id if previous and window.opens == previous.opens_at else 0
        asked = Question(store_id, window, before, from_id)
        found, left = _look(work, asked, progress)
        earlier = 0 if previous else dues.earned_before(work, asked)
    before_id = previous.id if previous else None
    return Plan(first, last, before_id, asked, tuple(found), left, earlier)


def _look(work: ReadWork, asked: Question, progress: Progress) -> tuple[list[Dues], int]:
    """What everybody is due, and the first journal of which something is left."""
    companions = dues.companions_of(work, asked.store_id)
    found: list[Dues] = []
    left = asked.window.cut + 1
    for seen, (portion, first) in enumerate(dues.in_portions(work, asked, companions)):
        if not progress(seen * dues.PORTION, len(companions)):
            raise Stopped
        found += portion
        left = min(left, first or left)
    return found, left


def begins(previous: SettlementBatch | None, last: date) -> date:
    """The day after the period before, or the first of the month, but not after ``last``."""
    if previous is None:
        return last.replace(day=1)
    return min(previous.period_to + timedelta(days=1), last)


def _window(
    work: ReadWork,
    store_id: int,
    days: tuple[date, date],
    today: date,
    cut: int,
    previous: SettlementBatch | None,
) -> Window:
    first, last = days
    if last < first:
        raise Invalid(
            field="--to", value=last, expected=_("a day not before {first}").format(first=first)
        )
    opens, closes = work.calendar(store_id).bounds(first, last)
    if previous is None:
        return Window(cut, opens, closes, today)
    window = Window(cut, min(opens, previous.opens_at), closes, today)
    if not window_of(previous).lies_in(window):
        earlier = last < previous.period_to
        why = _("{no} went up to {day}; a later batch can’t end before that.").format(
            no=previous.no, day=previous.period_to if earlier else previous.free_on
        )
        raise Refused(why=why, reason="period", batch=previous.no)
    return window


def window_of(batch: SettlementBatch) -> Window:
    """What a batch looked at."""
    return Window(batch.cut_journal_id, batch.opens_at, batch.closes_at, batch.free_on)


def latest(work: ReadWork, store_id: int, before_id: int | None = None) -> SettlementBatch | None:
    """The last batch of a store that was not cancelled, or the last one before another."""
    found = (
        select(SettlementBatch)
        .where(
            SettlementBatch.store_id == store_id,
            SettlementBatch.state != SettlementState.CANCELLED,
        )
        .order_by(col(SettlementBatch.id).desc())
        .limit(1)
    )
    if before_id is not None:
        found = found.where(col(SettlementBatch.id) < before_id)
    return work.session.exec(found).first()


def require_no_draft(newest: SettlementBatch | None) -> None:
    """Raise :class:`Refused` where the last batch of a store is a draft."""
    if newest and newest.state is SettlementState.DRAFT:
        raise draft_in_the_way(newest.no)


def draft_in_the_way(no: str) -> Refused:
    """The refusal of a second draft."""
    why = _("{no} is a draft still: approve it or cancel it first.").format(no=no)
    return Refused(why=why, reason="draft", batch=no)


def question_of(work: ReadWork, batch: SettlementBatch) -> Question:
    """What a batch that there is asked of the books: it can be asked again at any time."""
    previous = work.session.get(SettlementBatch, batch.previous_id) if batch.previous_id else None
    before = window_of(previous) if previous else None
    from_id = previous.open_from_id if previous and previous.opens_at == batch.opens_at else 0
    return Question(batch.store_id, window_of(batch), before, from_id)
