"""The offer ladder of one order: who was asked in which tier, what they said, who is next (N4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Protocol

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from crm_tui.core.language import _, ngettext
from crm_tui.core.pace import span
from crm_tui.core.words import OfferState, OrderStatus
from crm_tui.screens.order_cells import headline
from crm_tui.widgets.countdown import countdown
from crm_tui.widgets.record_table import Column, MemorySource, RecordTable, Tone
from crm_tui.widgets.text import shown

if TYPE_CHECKING:
    from crm_tui.services.dispatch.rounds import Asked, LadderView, Step
    from crm_tui.services.orders.rows import OrderRow

NONE = "-"
NOW = ">"
"""Before the tier that was asked last."""


class LadderActions(Protocol):
    """What can be done with the order and those asked; the dialog reads on when it is committed."""

    def order_offer(self, no: str = "") -> None: ...
    def order_offer_again(self, no: str = "") -> None: ...
    def order_widen(self, no: str = "") -> None: ...
    def order_recall(self, no: str = "") -> None: ...
    def accepted(self, row: OrderRow, companion: int, nick: str) -> None: ...
    def declined(self, row: OrderRow, companion: int, nick: str) -> None: ...
    def say_nobody(self) -> None: ...


class LadderDialog(ModalScreen[None]):
    """The tiers above with their countdowns, those asked below. It acts on ``view``'s order,
    whatever the board behind it shows; :meth:`show` gives it what was read anew."""

    DEFAULT_CSS = """
    LadderDialog { align: center middle; }
    LadderDialog #round { height: auto; text-style: bold; }
    LadderDialog #tiers { height: auto; max-height: 8; }
    LadderDialog RecordTable { height: 1fr; border-top: solid $primary; }
    """
    AUTO_FOCUS = "RecordTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", show=False),
        Binding("o", "offer", show=False),
        Binding("w", "widen", show=False),
        Binding("O", "recall", show=False),
        Binding("A", "accepted", show=False),
        Binding("D", "declined", show=False),
    ]

    def __init__(
        self, view: LadderView, now: Callable[[], datetime], actions: LadderActions
    ) -> None:
        super().__init__()
        self.view = view
        self._now, self._actions = now, actions
        self.source: MemorySource[Asked] = MemorySource(
            key=lambda one: one.companion_id, cells=self._cells, tone=self._tone
        )
        self.source.replace(view.asked)

    def compose(self) -> ComposeResult:
        box = Vertical(classes="dialog tall")
        box.border_title = shown(_("Ladder") + ": " + headline(self.view.order))
        box.border_subtitle = Content(
            _("o offer, w widen, O recall, A accepted, D declined, Esc closes")
        )
        columns = (
            Column("tier", _("Tier"), 4, align="right"),
            Column("companion", _("Companion"), 8, grow=2, most=20),
            Column("state", _("Answer"), 8, grow=1, most=12),
            Column("left", _("Left"), 6, align="right", live=True),
            Column("took", _("Took"), 6, align="right", priority=2),
            Column("score", _("Match"), 5, align="right", priority=1),
            Column("reason", _("Reason"), 6, grow=3, priority=3),
        )
        with box:
            yield Static(id="round", markup=False)
            yield Static(id="tiers", markup=False)
            yield RecordTable(columns, self.source, empty=_("Nobody has been asked yet."))

    def on_mount(self) -> None:
        self._tick()
        self.set_interval(1.0, self._tick)

    def show(self, view: LadderView) -> None:
        """Take over what was read anew; the cursor stays on its companion."""
        self.view = view
        if self.is_mounted:
            self.query_one(RecordTable).reload(self.source.replace(view.asked))
            self._tick()

    def _tick(self) -> None:
        """Let the clocks go on; nothing is read for it."""
        now = self._now()
        self.query_one("#round", Static).update(shown(round_line(self.view, now)))
        lines = [shown(tier_line(self.view, step, now)) for step in self.view.steps]
        self.query_one("#tiers", Static).update(Content("\n").join(lines))

    def _cells(self, one: Asked) -> tuple[str, ...]:
        waits = one.state is OfferState.OPEN
        took = one.answered_at - one.sent_at if one.answered_at else None
        return (
            str(one.tier),
            one.companion,
            _("busy meanwhile") if waits and one.bound else one.state.label,
            countdown(one.expires_at, self._now()) if waits else NONE,
            span(took.total_seconds()) if took else NONE,
            f"{one.score:.2f}",
            one.reason,
        )

    def _tone(self, one: Asked) -> Tone:
        if one.state is OfferState.OPEN:
            return "warning" if one.bound else ""
        return "" if one.state is OfferState.ACCEPTED else "muted"

    # Keys

    def action_offer(self) -> None:
        """Offer it, or once more to all but those who declined."""
        again = self._actions.order_offer_again if self.view.number else self._actions.order_offer
        again(self.view.order.no)

    def action_widen(self) -> None:
        self._actions.order_widen(self.view.order.no)

    def action_recall(self) -> None:
        self._actions.order_recall(self.view.order.no)

    def action_accepted(self) -> None:
        self._with_asked(self._actions.accepted)

    def action_declined(self) -> None:
        self._with_asked(self._actions.declined)

    def on_record_table_chosen(self, event: RecordTable.Chosen) -> None:
        """Enter and a double click only look: nobody gets an order by them."""
        event.stop()

    def _with_asked(self, act: Callable[[OrderRow, int, str], None]) -> None:
        one = self.source.get(self.query_one(RecordTable).cursor_key)
        if one is None:
            self._actions.say_nobody()
        else:
            act(self.view.order, one.companion_id, one.companion)


def round_line(view: LadderView, now: datetime) -> str:
    """Where the round stands: ``round 1 · tier 2 of 3 · 3 to answer 0:41 · next tier in 0:17``."""
    if not view.is_open:
        return " · ".join(_no_round(view))
    waiting = [one for one in view.asked if one.state is OfferState.OPEN]
    until = max((one.expires_at for one in waiting), default=None)
    parts = [
        _("Round {number}").format(number=view.number),
        _("tier {tier} of {tiers}").format(tier=view.tier, tiers=len(view.steps)),
        _still(len(waiting), countdown(until, now)),
        _("next tier in {time}").format(time=countdown(view.widens_at, now))
        if view.widens_at
        else _("all tiers are asked"),
    ]
    if view.order.places > 1:
        filled = view.order.places - view.order.free_places
        parts.append(
            _("{filled} of {places} places").format(filled=filled, places=view.order.places)
        )
    return " · ".join(parts)


def _no_round(view: LadderView) -> Iterator[str]:
    """Where nobody is asked: who has the order, and what can be done."""
    yield " ".join(filter(None, (view.order.status.label, view.order.companion)))
    if view.number:
        yield _("Round {number} is over").format(number=view.number)
    if view.order.status is OrderStatus.PENDING:
        yield _("o offers it again") if view.number else _("o offers it")


def _still(count: int, left: str) -> str:
    text = ngettext("{count} to answer {time}", "{count} to answer {time}", count)
    return text.format(count=count, time=left).rstrip()


def tier_line(view: LadderView, step: Step, now: datetime) -> str:
    """A tier in one line: whom it asks, and what came of it or when its turn is."""
    who = "、".join(step.levels or step.named) or _("all who fit")
    mark = NOW if view.is_open and step.number == view.tier else " "
    return f"{mark} {step.number}  {who}  {', '.join(_came_of(view, step, now))}"


def _came_of(view: LadderView, step: Step, now: datetime) -> Iterator[str]:
    asked = view.of(step.number)
    counted = Counter(one.state for one in asked)
    for state in OfferState:
        if counted[state] and state is not OfferState.OPEN:
            yield f"{state.label} {counted[state]}"
    waiting = [one.expires_at for one in asked if one.state is OfferState.OPEN]
    if waiting:
        yield _still(len(waiting), countdown(max(waiting), now))
    if step.fits:
        would = ngettext("{count} more fits", "{count} more fit", step.fits)
        yield would.format(count=step.fits)
    if view.widens_at and step.number == view.tier + 1:
        yield _("asked in {time}").format(time=countdown(view.widens_at, now))
    elif not asked and not step.fits:
        waits = view.order.status in (OrderStatus.PENDING, OrderStatus.OFFERED)
        yield _("nobody fits now") if waits else _("was not asked")
