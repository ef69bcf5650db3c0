"""All there is about one order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from crm_tui.core.actor import by
from crm_tui.core.language import _
from crm_tui.core.money import yuan
from crm_tui.screens import order_cells
from crm_tui.services.orders.billing import margin
from crm_tui.widgets.text import shown

if TYPE_CHECKING:
    from datetime import datetime

    from crm_tui.screens.desk import Studio
    from crm_tui.services.orders.history import OrderDetail


class DetailDialog(ModalScreen[None]):
    """Facts, history, offers, stretches of service, payments, split."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q", "dismiss", show=False),
        Binding("j", "scroll(1)", show=False),
        Binding("k", "scroll(-1)", show=False),
    ]

    def __init__(self, detail: OrderDetail, studio: Studio) -> None:
        super().__init__()
        self._detail, self._studio = detail, studio

    def compose(self) -> ComposeResult:
        box = VerticalScroll(
            Static(Content("\n").join(self._lines()), markup=False), classes="dialog tall"
        )
        box.border_title = shown(order_cells.headline(self._detail.order))
        box.border_subtitle = Content(_("Esc closes"))
        yield box

    def action_scroll(self, lines: int) -> None:
        """Scroll by ``lines``."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def _lines(self) -> Iterator[Content]:
        yield from self._facts()
        detail = self._detail
        yield from self._part(
            _("History"), (f"{self._at(e.at)}  {e.text}  {by(e.actor)}" for e in detail.history)
        )
        yield from self._part(
            _("Offers"),
            (
                f"{self._at(offer.sent_at)}  {offer.companion}  {offer.state.label}"
                f"  {offer.score:.2f}  {offer.reason}"
                for offer in detail.offers
            ),
        )
        yield from self._part(
            _("Service"),
            (
                f"{self._at(s.started_at)} - {self._at(s.ended_at)}  {s.companion}"
                f"  {s.ended_by.label if s.ended_by else ''}"
                for s in detail.sessions
            ),
        )
        several = detail.served if len(detail.served) > 1 else ()
        yield from self._part(_("Shares"), (each.text for each in several))
        yield from self._part(
            _("Payments"),
            (
                f"{self._at(paid.paid_at)}  {paid.kind.label}  ¥{yuan(paid.amount_fen)}"
                f"  {paid.channel.label}  {paid.external_ref or ''}  {paid.taken_by}"
                for paid in detail.payments
            ),
        )

    def _facts(self) -> Iterator[Content]:
        row = self._detail.order
        facts = (
            (_("Status"), order_cells.standing(row)),
            (_("Kind"), f"{row.kind.label}, {row.mode.label}"),
            (_("Wanted"), order_cells.wanted(row)),
            (_("Start"), self._at(row.start_at) if row.start_at else _("at once")),
            (_("Companions"), order_cells.serving(row)),
            (_("Amount"), f"¥{yuan(row.amount_fen)}"),
            (_("Paid"), f"¥{yuan(row.paid_fen)}"),
            (_("Tip"), f"¥{yuan(row.tip_fen)}"),
            (_("Split"), self._split()),
            (_("Rating"), str(row.rating or order_cells.NONE)),
            (_("Note"), row.note or order_cells.NONE),
            *((each.label, each.shown) for each in self._detail.fields if each.shown),
        )
        for name, value in facts:
            label = shown(f"{name}: ", "$text-muted")
            yield Content.assemble(label, shown(value, limit=1000))

    def _split(self) -> str:
        """The split in words; where several share, theirs stand below."""
        split = self._detail.split
        if split is not None and len(self._detail.served) > 1:
            return margin(split.studio_fen)
        return self._detail.explanation or order_cells.NONE

    def _part(self, heading: str, lines: Iterator[str]) -> Iterator[Content]:
        listed = [shown(line, limit=1000) for line in lines]
        if listed:
            yield Content("")
            yield Content.styled(heading, "bold")
            yield from listed

    def _at(self, instant: datetime | None) -> str:
        return f"{self._studio.wall(instant):%m-%d %H:%M}" if instant else "…"
