"""Taking an order down: everything is looked up inside the form, the price is seen while typing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Static

from crm_tui.core.errors import CrmError
from crm_tui.core.language import _, joined
from crm_tui.core.text import fold
from crm_tui.core.words import DispatchMode, Gender, OrderKind
from crm_tui.screens import order_price
from crm_tui.screens.custom_fields import form_fields, typable, typed
from crm_tui.screens.desk import Undo
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.screens.dialogs.order_forms import fen, minutes, word_field
from crm_tui.screens.pickers import companion_field, customer_field, suggesting
from crm_tui.widgets.form import Field, FieldRow, Suggestion
from crm_tui.widgets.text import shown

if TYPE_CHECKING:
    from crm_tui.screens.frame import Frame
    from crm_tui.services.fields.rules import Definition
    from crm_tui.services.orders.intake import NewOrder
    from crm_tui.storage.store import ReadWork, UnitOfWork

Values = dict[str, Any]
MOST_PLACES = 10
"""As many companions as ``orders.intake`` lets one order want."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The order that was taken down."""

    id: int
    no: str


class NewOrderForm(FormDialog):
    """Opened over ``place``, which reads and writes for it.

    ``customer`` is what would be typed to find one; ``chosen`` is one who needs no finding.
    """

    def __init__(
        self,
        place: Frame,
        customer: str = "",
        *,
        chosen: Suggestion | None = None,
        effect: str = "",
    ) -> None:
        self._place = place
        self._chosen = chosen
        self._saving = False
        super().__init__(
            _("New order"),
            "",
            self._all_fields(customer),
            lambda values, _form: self._save(values),
            effect=effect,
        )

    def compose_more(self) -> ComposeResult:
        yield Static(classes="price", markup=False)

    def _all_fields(self, customer: str) -> tuple[Field, ...]:
        look = partial(suggesting, self._place)
        return (
            customer_field(self._place, initial=customer),
            Field("game", _("Game"), required=True, suggest=look(_games), must_pick=True),
            word_field("kind", _("Kind"), OrderKind, initial=OrderKind.COMPANION),
            Field(
                "minutes",
                _("Minutes"),
                parse=_booked,
                hint=_("90 or 1.5h"),
                required=True,
                initial="60",
            ),
            Field(
                "places",
                _("How many"),
                parse=_places,
                hint=_("how many serve together"),
                initial="1",
            ),
            Field("start", _("Start"), parse=self._start, hint=_("21:30; empty: at once")),
            companion_field(
                self._place, hint=_("whom the customer asked for; empty: anybody who fits")
            ),
            word_field("mode", _("Mode"), DispatchMode),
            word_field("gender", _("Gender"), Gender),
            Field("level", _("Level"), suggest=look(_levels), must_pick=True),
            Field("rank", _("Rank"), hint=_("at least, on the game's ladder")),
            Field("tags", _("Tags"), parse=_tags, hint=_("parted by blanks")),
            Field("price", _("Agreed price"), parse=fen, hint=_("yuan; empty: as computed")),
            Field("note", _("Note")),
        )

    def on_mount(self) -> None:
        self._place.read(partial(typable, "order"), self._ask_more, group="custom")
        self._price()
        if self._chosen is not None:
            self.form.row("customer").fill(self._chosen.text, self._chosen)
            self.form.row("game").query_one(Input).focus()
            return
        for row in self.form.rows:
            if row.field.name == "customer" and row.text and row.picked is None:
                row.action_walk(1)

    def _start(self, typed: str) -> datetime | None:
        """The instant that was typed, on the studio's clock."""
        from crm_tui.services.paste.moments import start_of

        desk, studio = self._place.desk, self._place.console.studio
        if desk is None or studio is None:
            raise ValueError(typed)
        return start_of(typed, desk.now(), studio.calendar)

    def _ask_more(self, definitions: tuple[Definition, ...]) -> None:
        """The studio's own fields of an order, below the others."""
        desk = self._place.desk
        if desk is not None and self.is_mounted:
            more = form_fields(definitions, desk.actor.role, place=self._place)
            self.form.mount(*(FieldRow(field) for field in more))

    # The price, while typing

    @on(FieldRow.Edited)
    def _edited(self) -> None:
        self._price()

    def _price(self) -> None:
        """Read the price of what stands in the form, where that can be priced."""
        values: Values = dict.fromkeys(order_price.FIELDS)
        for row in self.form.rows:
            name = row.field.name
            if name in values:
                try:
                    values[name] = row.value()
                except (CrmError, ValueError):
                    if name not in order_price.MAY_BE_MISSING:
                        return
        query = partial(order_price.price_line, values)
        self._place.read(query, self._show_price, group="price")

    def _show_price(self, text: str) -> None:
        if self.is_mounted:
            lines = (shown(line, limit=600) for line in text.splitlines())
            self.query_one(".price", Static).update(Content("\n").join(lines))

    # Saving

    def _save(self, values: Values) -> None:
        """Take it down, once: whoever presses twice is still answered the first time."""
        if not self._saving:
            self._saving = True
            self._place.write(self._creation(values), then=self._saved, failed=self.failed)

    def failed(self, error: CrmError) -> None:
        """Say what went wrong; it can be saved again."""
        self._saving = False
        super().failed(error)

    def _creation(self, values: Values) -> Callable[[UnitOfWork], Sequence[Taken]]:
        """What takes the order down, on a worker thread."""
        return partial(_create, values)

    def _saved(self, taken: Sequence[Taken]) -> None:
        self.dismiss()
        numbers = [each.no for each in taken]
        done = _("{no} taken down").format(no=joined(numbers))
        if self._place.desk is not None:
            self._place.desk.remember(Undo(done, partial(_take_back, numbers)))
        self._place.say(done)
        self._place.order_taken(taken[0].id)


def _booked(typed: str) -> int:
    booked = minutes(typed)
    if booked == 0:
        raise ValueError(typed)
    return booked


def _places(typed: str) -> int:
    number = int(typed)
    if not 1 <= number <= MOST_PLACES:
        raise ValueError(typed)
    return number


def _tags(typed: str) -> list[str]:
    return typed.replace(",", " ").replace("，", " ").replace("、", " ").split()


# On a worker thread


def _games(typed: str, work: ReadWork) -> list[Suggestion]:
    from crm_tui.services.catalogue import reads

    wanted = fold(typed)
    return [
        Suggestion(game.name, game.id)
        for game in reads.games(work)
        if game.active and any(wanted in fold(name) for name in (game.name, *game.aliases))
    ]


def _levels(typed: str, work: ReadWork) -> list[Suggestion]:
    from crm_tui.services.catalogue import reads

    wanted = fold(typed)
    return [
        Suggestion(level.name, level.code)
        for level in reads.levels(work)
        if wanted in fold(f"{level.name} {level.code}")
    ]


def order_of(values: Values, customer_id: int) -> NewOrder:
    """The order that the form's values ask for."""
    from crm_tui.services.orders.intake import NewOrder

    demands = {name: values[name] for name in ("gender", "level", "rank", "tags") if values[name]}
    return NewOrder(
        customer_id=customer_id,
        game_id=values["game"],
        planned_minutes=values["minutes"],
        places=values["places"] or 1,
        kind=values["kind"] or OrderKind.COMPANION,
        mode=values["mode"],
        companion_id=values["companion"],
        price_fen=values["price"],
        demands=demands,
        note=values["note"] or "",
        start_at=values["start"],
        custom=typed(values),
    )


def take_down(new: NewOrder, work: UnitOfWork) -> Taken:
    """Take one order, and answer what it is called."""
    from crm_tui.services.orders import actions, reads

    order_id = actions.create(work, new)
    return Taken(order_id, reads.by_ids(work, [order_id])[0].no)


def _create(values: Values, work: UnitOfWork) -> list[Taken]:
    return [take_down(order_of(values, values["customer"]), work)]


def _take_back(numbers: Sequence[str], work: UnitOfWork) -> None:
    from crm_tui.services.orders import actions

    for no in numbers:
        actions.cancel(work, no, _("undone"))
