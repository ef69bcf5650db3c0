"""One order over everything that waits: what it costs to let it wait on. Pure.

``urgency = weight × pressure``. The weight says what is lost in the end (the setting
``inbox.weights``, by :class:`Cause`, of a task by its kind). The pressure begins at
:data:`LEAST_PRESSURE` and is 1 when the time is over; after that it grows by one with every
doubling of the lateness measured in the patience that people have, up to the stake's ``most``::

    before the term:  least + (1 − least) × (now − since) / (due − since)
    after it:         1 + log2(1 + late / patience)

What has no term, or whose clock stands, stays at the least.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import log2
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

from crm_tui.core.errors import NotFound
from crm_tui.core.language import N_, _
from crm_tui.core.words import AlarmKind, Cause, OrderStatus, TaskKind

if TYPE_CHECKING:
    from crm_tui.services.orders.rows import OrderRow

VERSION = 1
LEAST_PRESSURE = 0.1
ASK_AGAIN = timedelta(minutes=15)
"""So long the customer is left alone with a question."""
NOW, LATER = 4.0, 2.0
"""The highest pressures: what is late for days does not push aside who waits right now."""
_FAR = datetime.max.replace(tzinfo=UTC)

Matter = Cause | TaskKind
"""What decides the weight: the cause, of a task its kind."""


@dataclass(frozen=True, slots=True)
class Stake:
    """How fast waiting gets worse, and what it costs."""

    minutes: int
    """The patience of those who wait."""
    cost: str
    """In words (msgid)."""
    most: float = LATER
    """The highest pressure."""

    @property
    def patience(self) -> timedelta:
        """How late it may become before it is twice as bad."""
        return timedelta(minutes=self.minutes)


STAKES: Mapping[Matter, Stake] = MappingProxyType(
    {
        Cause.TO_DISPATCH: Stake(
            3, N_("the customer waits for an answer and may go elsewhere"), NOW
        ),
        Cause.ASKED: Stake(15, N_("the customer may have forgotten the question")),
        Cause.OFFERED: Stake(
            2, N_("if nobody takes it, the customer goes on waiting for nothing"), NOW
        ),
        Cause.DISCONNECTED: Stake(5, N_("the customer sits there without a companion"), NOW),
        Cause.TO_START: Stake(10, N_("the customer is ready, the service is not"), NOW),
        Cause.ENDING: Stake(
            15, N_("now it can be renewed; later, minutes go by that nobody pays"), NOW
        ),
        Cause.UNPAID: Stake(60, N_("what is not asked for soon is seldom paid")),
        Cause.GIVE_BACK: Stake(720, N_("the studio keeps a customer’s money for nothing")),
        Cause.UNCONFIRMED: Stake(720, N_("the companion’s pay waits for the customer")),
        Cause.LOW_RATING: Stake(
            120,
            N_("an unhappy customer of whom nobody asks why does not come back"),
        ),
        Cause.ALARM: Stake(60, N_("nobody has looked into it yet")),
        TaskKind.RISK: Stake(120, N_("the studio loses money or a name meanwhile")),
        TaskKind.COMPLAINT: Stake(60, N_("the customer complained and hears nothing")),
        TaskKind.PAYMENT: Stake(240, N_("money is missing")),
        TaskKind.CALL_BACK: Stake(480, N_("the customer cools down")),
        TaskKind.FOLLOW_UP: Stake(480, N_("somebody was promised it")),
        TaskKind.OTHER: Stake(720, N_("somebody is to do it")),
    }
)
COMMANDS: Mapping[Cause, str] = MappingProxyType(
    {
        Cause.TO_DISPATCH: "order.assign",
        Cause.ASKED: "order.ask",
        Cause.OFFERED: "order.accept",
        Cause.DISCONNECTED: "order.disconnect",
        Cause.TO_START: "order.start",
        Cause.ENDING: "order.renew",
        Cause.UNPAID: "order.pay",
        Cause.UNCONFIRMED: "order.confirm",
        Cause.GIVE_BACK: "inbox.refund",
        Cause.LOW_RATING: "inbox.task",
        Cause.ALARM: "inbox.done",
        Cause.TASK: "inbox.done",
    }
)
"""The command that does something about it."""
ENDED_BY: Mapping[Cause, str] = MappingProxyType(
    {
        Cause.TO_DISPATCH: N_("it is given to a companion, or cancelled"),
        Cause.ASKED: N_("the customer has answered, or it is cancelled"),
        Cause.OFFERED: N_("a companion takes it, or the offers are recalled"),
        Cause.DISCONNECTED: N_("the service goes on, or is finished"),
        Cause.TO_START: N_("the service begins"),
        Cause.ENDING: N_("the service is finished, or renewed"),
        Cause.UNPAID: N_("it is paid, or written off"),
        Cause.UNCONFIRMED: N_("the customer confirms, or the time to do so is over"),
    }
)
"""What ends the waiting of an order; nobody can just say that it is done (msgids)."""
ALARMS_OF: Mapping[Cause, frozenset[AlarmKind]] = MappingProxyType(
    {
        Cause.TO_DISPATCH: frozenset(
            {AlarmKind.RESPONSE, AlarmKind.ESCALATION, AlarmKind.NOBODY_TOOK}
        ),
        Cause.OFFERED: frozenset({AlarmKind.RESPONSE, AlarmKind.ESCALATION}),
        Cause.DISCONNECTED: frozenset({AlarmKind.DISCONNECT}),
        Cause.TO_START: frozenset({AlarmKind.START_DELAY}),
        Cause.ENDING: frozenset({AlarmKind.OVERRUN, AlarmKind.LONG_OVERRUN}),
        Cause.UNPAID: frozenset({AlarmKind.UNPAID}),
        Cause.UNCONFIRMED: frozenset({AlarmKind.UNCONFIRMED}),
    }
)
"""The alarms that an order's own entry speaks of: one thing waits once."""


@dataclass(frozen=True, slots=True)
class Thing:
    """What waits, and why: what marks are put on."""

    entity: str
    """``order``, ``task``, ``rating`` or ``alarm``."""
    id: int
    cause: Cause

    def __str__(self) -> str:
        return f"{self.entity}:{self.id}:{self.cause.value}"

    @classmethod
    def of(cls, key: str) -> Self:
        """The thing that was written as ``key``. Raises :class:`NotFound`."""
        try:
            entity, number, cause = key.split(":")
            return cls(entity, int(number), Cause(cause))
        except ValueError:
            raise NotFound(what=_("waiting thing"), ref=key) from None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits for somebody. Instants are UTC."""

    thing: Thing
    matter: Matter
    ref: str
    """The number that people know it by."""
    what: str
    """What it is about; a person's text."""
    since: datetime
    due_at: datetime | None
    weight: float
    store_id: int
    customer_id: int | None = None
    customer: str | None = None
    companion_id: int | None = None
    order_id: int | None = None
    order_no: str = ""
    owner: str | None = None
    """The login of who took it on; None while nobody has."""
    snoozed_until: datetime | None = None
    alarms: tuple[AlarmKind, ...] = ()
    """What somebody was told of it already."""
    reason: str = ""
    """What was said of it by a person or a rule."""

    @property
    def title(self) -> str:
        """How a dialog names it."""
        return " ".join(filter(None, (self.order_no, self.customer, self.what)))

    @property
    def key(self) -> str:
        """The thing as a screen and a command name it."""
        return str(self.thing)

    def name(self, now: datetime) -> str:
        """Why it waits, in a word or two; service past its end is no longer about to end."""
        over = self.matter is Cause.ENDING and self.due_at is not None and self.due_at <= now
        return AlarmKind.OVERRUN.label if over else self.matter.label

    @property
    def cost(self) -> str:
        """What it costs to let it wait, in words."""
        return _(STAKES[self.matter].cost)

    @property
    def why(self) -> str:
        """What a dialog says of it: its reason, else what it costs."""
        return self.reason or self.cost

    @property
    def ended_by(self) -> str:
        """What ends the waiting of an order, in words; empty for what a person can end."""
        ended_by = ENDED_BY.get(self.thing.cause)
        return _(ended_by) if ended_by else ""

    @property
    def command(self) -> str:
        """The id of the command that does something about it."""
        return COMMANDS[self.thing.cause]

    def pressure(self, now: datetime) -> float:
        """How much of its time is used up; above 1 when it is over."""
        if self.due_at is None:
            return LEAST_PRESSURE
        late = self.due_at - now
        if late <= timedelta(0):
            grown = 1 + log2(1 - late / STAKES[self.matter].patience)
            return min(grown, STAKES[self.matter].most)
        whole = max(self.due_at - self.since, timedelta(seconds=1))
        used = min(max((now - self.since) / whole, 0.0), 1.0)
        return LEAST_PRESSURE + (1 - LEAST_PRESSURE) * used

    def urgency(self, now: datetime) -> float:
        """What it costs to wait, as a number."""
        return self.weight * self.pressure(now)

    def asleep(self, now: datetime) -> bool:
        """Put off, and not yet to be looked at again."""
        return self.snoozed_until is not None and self.snoozed_until > now

    def apart(self, now: datetime, login: str | None) -> int:
        """0 for what ``login`` should see to, 1 for what somebody else has, 2 for what rests."""
        if self.asleep(now):
            return 2
        return int(login is not None and self.owner not in (None, login))

    def rank(self, now: datetime, login: str | None) -> tuple[int, float, datetime, datetime, str]:
        """The sort key: what rests is last, then what others have; a total order."""
        return (
            self.apart(now, login),
            -round(self.urgency(now), 6),
            self.due_at or _FAR,
            self.since,
            self.key,
        )


Caused = tuple[Cause, datetime, datetime | None]
"""Why something waits, since when, and until when somebody has to have seen to it."""


def cause_of(row: OrderRow, now: datetime, warning: timedelta) -> Caused | None:
    """Why an order waits for somebody; None while it goes its way by itself.

    Service waits for somebody from ``warning`` before its planned end on, and while the connection
    is lost; a pause is the customer's. What is booked for later waits from then on.
    """
    asked_at = row.asked_customer_at
    if asked_at is not None and row.status in (OrderStatus.PENDING, OrderStatus.OFFERED):
        return Cause.ASKED, asked_at, asked_at + ASK_AGAIN
    caused = _by_status(row, now, warning)
    return (*caused, row.due_at) if caused else None


def _by_status(row: OrderRow, now: datetime, warning: timedelta) -> tuple[Cause, datetime] | None:
    if row.status is OrderStatus.PENDING:
        return Cause.TO_DISPATCH, row.created_at
    if row.status is OrderStatus.OFFERED:
        return Cause.OFFERED, row.created_at
    if row.status is OrderStatus.ACCEPTED:
        since = max(row.accepted_at or row.created_at, row.start_at or row.created_at)
        return (Cause.TO_START, since) if since <= now else None
    if row.status is OrderStatus.SERVING:
        return _service(row, now, warning)
    ended = row.finished_at or row.created_at
    if row.status is OrderStatus.CONFIRMING:
        return Cause.UNCONFIRMED, ended
    if row.status is OrderStatus.UNPAID:
        return Cause.UNPAID, row.confirmed_at or ended
    return None


def _service(row: OrderRow, now: datetime, warning: timedelta) -> tuple[Cause, datetime] | None:
    if row.disconnected and row.stood_since is not None:
        return Cause.DISCONNECTED, row.stood_since
    if row.running_since is None or row.due_at is None or row.due_at - warning > now:
        return None
    return Cause.ENDING, row.due_at - warning
