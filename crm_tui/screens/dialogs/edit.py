"""A form in a dialog: stays open, with everything that was typed, until it has been saved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Label

from crm_tui.core.errors import CrmError
from crm_tui.core.language import N_, _
from crm_tui.widgets.form import Field, Form
from crm_tui.widgets.text import shown


class EditDialog(ModalScreen[None]):
    """Asks for ``fields`` and hands the values to ``save``.

    ``save`` gets the values and this dialog; it closes it when the write is done, and calls
    :meth:`refuse` when it was not.
    """

    DEFAULT_CSS = """
    EditDialog {
        align: center middle;
        & > Vertical {
            width: 90%; max-width: 96; height: auto; max-height: 90%;
            border: round $primary; background: $surface; padding: 0 1;
        }
        & Form { height: auto; max-height: 16; margin: 1 0; }
        & #says { color: $text-error; width: 1fr; }
        & #keys { color: $text-muted; width: 1fr; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss_dialog", N_("Cancel"), show=False),
    ]

    def __init__(
        self,
        title: str,
        fields: Sequence[Field],
        save: Callable[[dict[str, Any], EditDialog], object],
        about: str = "",
    ) -> None:
        super().__init__()
        self._title = title
        self._fields = fields
        self._save = save
        self._about = about

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = shown(self._title).plain
            if self._about:
                yield Label(shown(self._about), id="about")
            yield Form(self._fields)
            yield Label("", id="says", markup=False)
            keys = _("Enter next field · Ctrl+S save · Esc leave")
            yield Label(Content(keys), id="keys")

    @on(Form.Submitted)
    def _submitted(self, message: Form.Submitted) -> None:
        self._save(message.values, self)

    def refuse(self, error: CrmError) -> None:
        """Say why it was not saved, beside the field that the error names where it names one."""
        named = str(error.facts.get("field", ""))
        for row in self.query_one(Form).rows:
            if named in (row.field.name, row.field.label):
                self.query_one(Form).show_errors({row.field.name: error.message()})
                return
        self.query_one("#says", Label).update(shown(error.message()))

    def action_dismiss_dialog(self) -> None:
        """Leave without saving."""
        self.dismiss()
