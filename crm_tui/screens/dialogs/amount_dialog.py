"""A dialog about an amount of money: what comes of it is seen while it is typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Static

from crm_tui.core.errors import CrmError
from crm_tui.screens.dialogs.form_dialog import FormDialog, Submit
from crm_tui.widgets.form import Field
from crm_tui.widgets.text import shown

Tell = Callable[[str], object]
Preview = Callable[[dict[str, Any], Tell], object]
"""Gets what is typed, by field (``amount`` in fen, None where a field makes no sense yet), and what
to tell of what would come of it."""


class AmountDialog(FormDialog):
    """``preview`` says what comes of the amount. It is handed over once at a time: money that is
    being booked is not booked again by a second Enter.

    ``watched`` are the fields, beside ``amount``, on which that depends.
    """

    def __init__(
        self,
        title: str,
        target: str,
        fields: Sequence[Field],
        submit: Submit,
        preview: Preview,
        effect: str,
        watched: Sequence[str] = (),
    ) -> None:
        self._hand_over, self._preview = submit, preview
        self._watched = ("amount", *watched)
        self._booking = False
        super().__init__(title, target, fields, self._once, effect=effect, first="amount")

    def compose_more(self) -> ComposeResult:
        yield Static(classes="price", markup=False)

    def on_mount(self) -> None:
        super().on_mount()
        for name in self._watched:
            self.watch(self.form.row(name).query_one(Input), "value", self._look, init=False)
        self.call_after_refresh(self._look)

    def _look(self) -> None:
        """Ask what comes of the amount, where it is one."""
        values = {name: self._typed(name) for name in self._watched}
        if values["amount"] is None:
            self.tell("")
        else:
            self._preview(values, self.tell)

    def _typed(self, name: str) -> Any:
        try:
            return self.form.row(name).value()
        except (CrmError, ValueError):
            return None

    def tell(self, text: str) -> None:
        """Say below the form what comes of it, line by line."""
        if self.is_mounted:
            lines = Content("\n").join(shown(line) for line in text.splitlines())
            self.query_one(".price", Static).update(lines)

    def failed(self, error: CrmError) -> None:
        self._booking = False
        super().failed(error)

    def _once(self, values: dict[str, Any], _dialog: FormDialog) -> None:
        if not self._booking:
            self._booking = True
            self._hand_over(values, self)
