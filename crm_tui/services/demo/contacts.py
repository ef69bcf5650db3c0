"""What was said with the demo studio's customers, and what is still to be done for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlmodel import col, select

from crm_tui.core.words import ContactChannel, ContactDirection, TaskKind
from crm_tui.models import Rating
from crm_tui.models.orders import LOW_RATED
from crm_tui.services.demo.cast import Cast
from crm_tui.services.demo.odds import Odds
from crm_tui.services.demo.people import Person
from crm_tui.services.demo.story import Story
from crm_tui.services.demo.words import words
from crm_tui.services.inbox.signs import LOOK_BACK
from crm_tui.services.interactions import actions, templates
from crm_tui.services.tasks import actions as tasks
from crm_tui.storage.store import UnitOfWork

_TALKED_WITH = 40
"""Customers with notes: the last who ordered, those of this evening first."""
_TASKS = 9
_STILL_TO_ASK = 2
"""Low ratings after which nobody has done anything yet."""
_DAYS = 20
_CHANNEL = Odds.of(
    ((ContactChannel.WECHAT, 8), (ContactChannel.PHONE, 1), (ContactChannel.DOUYIN, 1))
)
_DIRECTION = Odds.of(
    (
        (ContactDirection.INBOUND, 5),
        (ContactDirection.OUTBOUND, 3),
        (ContactDirection.NOTE, 3),
    )
)


def write(work: UnitOfWork, cast: Cast, stories: Sequence[Story]) -> None:
    """Templates, notes of the last weeks, and tasks of which some are late."""
    for name, body in words().templates.items():
        templates.add(work, name, body)
    lately = {story.wish.customer.id: story.wish.customer for story in reversed(stories)}
    people = list(lately.values())[:_TALKED_WITH]
    for person in people:
        for _note in range(cast.random.randint(1, 3)):
            _write_note(work, cast, person)
    _follow_up(work)
    for number, person in enumerate(people[:_TASKS]):
        _add_task(work, cast, person, hours=5 * number - 8)


def _follow_up(work: UnitOfWork) -> None:
    """Whoever gave a low rating has been asked why, but for the last ones."""
    since = work.clock.now() - LOOK_BACK
    rated = select(Rating.order_id).where(LOW_RATED, col(Rating.rated_at) >= since)
    newest_first = work.session.exec(rated.order_by(col(Rating.rated_at).desc())).all()
    title, outcome = words().low_rated
    for order_id in newest_first[_STILL_TO_ASK:]:
        tasks.done(work, tasks.add(work, tasks.NewTask(title, order_id=order_id)), outcome)


def _write_note(work: UnitOfWork, cast: Cast, person: Person) -> None:
    direction = _DIRECTION.draw(cast.random)
    ago = cast.seconds(3_600, _DAYS * 86_400)
    new = actions.NewInteraction(
        person.id,
        cast.random.choice(words().said[direction]),
        channel=_CHANNEL.draw(cast.random),
        direction=direction,
        at=max(work.clock.now() - ago, person.since),
    )
    actions.note(work, new)


def _add_task(work: UnitOfWork, cast: Cast, person: Person, hours: int) -> None:
    kind, title = cast.random.choice(words().to_do)
    due_at = work.clock.now() + timedelta(hours=hours)
    tasks.add(work, tasks.NewTask(title, person.id, due_at=due_at, kind=TaskKind(kind)))
