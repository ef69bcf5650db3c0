"""A dialog with a form: stays open, with all that was typed, until what it asked for is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from crm_tui.core.language import _
from crm_tui.widgets.form import Field, FieldRow, Form
from crm_tui.widgets.text import shown

if TYPE_CHECKING:
    from crm_tui.core.errors import CrmError

Submit = Callable[[dict[str, Any], "FormDialog"], None]


class FormDialog(ModalScreen[None]):
    """``submit`` gets the values and this dialog: it closes it when done, or calls ``failed``.

    ``first`` is the field that one begins in, by name.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", show=False)]

    def __init__(
        self,
        title: str,
        target: str,
        fields: Sequence[Field],
        submit: Submit,
        *,
        effect: str = "",
        first: str = "",
    ) -> None:
        super().__init__()
        self._first = first
        self._title, self._target, self._effect = title, target, effect
        self._fields = tuple(fields)
        self._submit = submit

    def compose(self) -> ComposeResult:
        box = Vertical(classes="dialog")
        box.border_title = shown(": ".join(filter(None, (self._title, self._target))))
        box.border_subtitle = Content(_("Enter next, Ctrl+S saves, Esc leaves"))
        with box:
            if self._effect:
                yield Static(shown(self._effect, limit=1000), classes="effect")
            yield Form(self._fields)
            yield from self.compose_more()
            yield Static(classes="failure", markup=False)

    def on_mount(self) -> None:
        """Begin in the field ``first``, where there is one of that name."""
        for row in self.query(FieldRow):
            if row.field.name == self._first:
                row.query_one(Input).focus()

    def compose_more(self) -> ComposeResult:
        """What stands below the form."""
        yield from ()

    @property
    def form(self) -> Form:
        """The fields."""
        return self.query_one(Form)

    @on(Form.Submitted)
    def _submitted(self, event: Form.Submitted) -> None:
        event.stop()
        self.query_one(".failure", Static).update("")
        self._submit(event.values, self)

    def failed(self, error: CrmError) -> None:
        """Say what went wrong, in full and beside its field; all that was typed stays."""
        named = error.facts.get("field")
        fields = [row.field for row in self.query(FieldRow)]
        field = next((each for each in fields if named in (each.name, each.label)), None)
        if field is not None:
            self.form.show_errors({field.name: error.message()})
        self.query_one(".failure", Static).update(shown(f"! {error.message()}"))


def typed_again(name: str, label: str, text: str) -> Field:
    """A field into which ``text`` is typed once more, so that nothing goes by mistake."""

    def same(typed: str) -> str:
        if typed != text:
            raise ValueError(typed)
        return typed

    return Field(name, label, same, _("type {tag} to confirm").format(tag=text), required=True)
