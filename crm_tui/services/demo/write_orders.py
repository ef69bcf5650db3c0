"""Writing told stories in bulk: orders with all that hangs on them, and their events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby

from crm_tui.core.clock import BusinessCalendar
from crm_tui.core.words import OfferState, SessionEnd
from crm_tui.models import (
    MAIN_STORE,
    Assignment,
    DispatchRound,
    Offer,
    Order,
    Payment,
    Rating,
    ServiceSession,
)
from crm_tui.services.demo.story import Story
from crm_tui.services.demo.write_people import Row, insert_rows
from crm_tui.storage.store import UnitOfWork

Numbered = tuple[int, str, Story]
"""A story with the row id and the number of its order."""


def orders(work: UnitOfWork, stories: Sequence[Story], events_since: datetime) -> None:
    """Write ``stories``, which are in the order of their beginnings; those that began at
    ``events_since`` or later also leave their events in the log."""
    ids = work.reserve_ids(Order, len(stories))
    numbered = list(zip(ids, _numbers(work, stories), stories, strict=True))
    answer_within = timedelta(seconds=work.setting("dispatch.response_seconds", MAIN_STORE))
    by = work.actor.login
    insert_rows(work, Order, (_order(*one, answer_within, by) for one in numbered))
    staffed = [one for one in numbered if one[2].player is not None]
    assignment_ids = work.reserve_ids(Assignment, len(staffed))
    served = list(zip(assignment_ids, staffed, strict=True))
    insert_rows(work, Assignment, (_assignment(*one) for one in served))
    insert_rows(work, ServiceSession, (row for one in served for row in _sessions(*one)))
    insert_rows(work, Rating, (row for one in numbered for row in _rating(one)))
    insert_rows(work, Payment, (row for one in numbered for row in _payments(one, by)))
    offered = [one for one in numbered if one[2].asks]
    rounds = list(zip(work.reserve_ids(DispatchRound, len(offered)), offered, strict=True))
    insert_rows(work, DispatchRound, (_round(*one) for one in rounds))
    insert_rows(work, Offer, (row for one in rounds for row in _offers(*one)))
    logged = [one for one in numbered if one[2].created_at >= events_since]
    _record(work, logged, answer_within)


def _numbers(work: UnitOfWork, stories: Iterable[Story]) -> Iterator[str]:
    """Order numbers as ``orders.intake`` gives them: counted by business day."""
    calendar: BusinessCalendar = work.calendar(MAIN_STORE)

    def day_of(story: Story) -> date:
        return calendar.day_of(story.created_at)

    for day, of_day in groupby(stories, key=day_of):
        count = len(list(of_day))
        series = f"O{day:%m%d}"
        first = work.next_number(MAIN_STORE, series, count)
        yield from (f"{series}-{first + place:03d}" for place in range(count))


def _order(order_id: int, no: str, story: Story, answer_within: timedelta, by: str) -> Row:
    wish = story.wish
    return {
        "id": order_id,
        "store_id": MAIN_STORE,
        "no": no,
        "status": story.status,
        "customer_id": wish.customer.id,
        "game_id": wish.game_id,
        "kind": wish.kind,
        "billing_unit": wish.unit,
        "mode": wish.mode,
        "demands": wish.demands,
        "named_companion_id": wish.named.id if wish.named else None,
        "planned_minutes": wish.planned,
        "billed_minutes": story.billed,
        "rate_fen": wish.rate_fen,
        "amount_fen": story.amount_fen,
        "price_agreed": wish.price_agreed,
        "paid_fen": story.paid_fen,
        "tip_fen": story.tip_fen,
        "note": wish.note,
        "created_at": story.created_at,
        "due_at": story.created_at + answer_within,
        "accepted_at": story.accepted_at,
        "started_at": story.started_at,
        "finished_at": story.finished_at,
        "completed_at": story.completed_at,
        "cancelled_at": story.cancelled_at,
        "cancel_reason": story.cancel_reason,
        "created_by": by,
        "version": story.version,
    }


def _assignment(assignment_id: int, numbered: Numbered) -> Row:
    order_id, _, story = numbered
    assert story.player is not None
    return {
        "id": assignment_id,
        "store_id": MAIN_STORE,
        "order_id": order_id,
        "companion_id": story.player.id,
        "share_bp": story.player.share_bp,
        "accepted_at": story.accepted_at,
        "ended_at": story.finished_at,
        "outcome": SessionEnd.FINISHED if story.finished_at else None,
    }


def _sessions(assignment_id: int, numbered: Numbered) -> Iterator[Row]:
    order_id, _, story = numbered
    assert story.player is not None
    for stretch in story.stretches:
        yield {
            "store_id": MAIN_STORE,
            "order_id": order_id,
            "assignment_id": assignment_id,
            "companion_id": story.player.id,
            "started_at": stretch.started_at,
            "ended_at": stretch.ended_at,
            "ended_by": stretch.ended_by,
        }


def _rating(numbered: Numbered) -> Iterator[Row]:
    order_id, _, story = numbered
    if story.rating is not None and story.player is not None:
        yield {
            "store_id": MAIN_STORE,
            "order_id": order_id,
            "companion_id": story.player.id,
            "overall": story.rating,
            "comment": story.comment,
            "rated_at": story.completed_at or story.finished_at,
        }


def _payments(numbered: Numbered, by: str) -> Iterator[Row]:
    order_id, _, story = numbered
    for place, one in enumerate(story.money):
        yield {
            "store_id": MAIN_STORE,
            "order_id": order_id,
            "customer_id": story.wish.customer.id,
            "kind": one.kind,
            "channel": one.channel,
            "amount_fen": one.fen,
            "external_ref": f"4200{one.at:%Y%m%d}{order_id:09d}{place}",
            "paid_at": one.at,
            "taken_by": by,
        }


def _round(round_id: int, numbered: Numbered) -> Row:
    order_id, _, story = numbered
    return {
        "id": round_id,
        "store_id": MAIN_STORE,
        "order_id": order_id,
        "number": 1,
        "mode": story.wish.mode,
        "opened_at": story.sent_at,
        "expires_at": story.expires_at,
        "closed_at": story.accepted_at,
    }


def _offers(round_id: int, numbered: Numbered) -> Iterator[Row]:
    order_id, _, story = numbered
    for ask in story.asks:
        yield {
            "store_id": MAIN_STORE,
            "round_id": round_id,
            "order_id": order_id,
            "companion_id": ask.player.id,
            "state": ask.state,
            "place": 1 if ask.state is OfferState.ACCEPTED else None,
            "sent_at": story.sent_at,
            "expires_at": story.expires_at,
            "answered_at": ask.answered_at,
            "reason": ask.reason,
        }


def _record(work: UnitOfWork, numbered: Sequence[Numbered], answer_within: timedelta) -> None:
    steps = [
        (step.at, order_id, no, step) for order_id, no, story in numbered for step in story.steps
    ]
    for at, order_id, no, step in sorted(steps, key=lambda one: one[:2]):
        taken = step.kind == "order.created"
        facts = {"due_at": (at + answer_within).isoformat()} if taken else {}
        work.record(
            step.kind,
            "order",
            order_id,
            store_id=MAIN_STORE,
            ref=no,
            at=at,
            status=step.status.value,
            version=step.version,
            **(step.facts | facts),
        )
