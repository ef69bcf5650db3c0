"""The note that is taken down by one key: text first, the rest already right most of the time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType

from crm_tui.core.errors import CrmError
from crm_tui.core.language import _
from crm_tui.core.text import fold
from crm_tui.core.words import ContactChannel, ContactDirection
from crm_tui.screens import path_completion
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.screens.dialogs.order_forms import word_field
from crm_tui.widgets.form import Field, Form, Suggestion

if TYPE_CHECKING:
    from crm_tui.screens.contact_writes import Paper
    from crm_tui.services.interactions.reads import InteractionRow

TEMPLATES = "/"
"""What the text begins with to be offered the templates."""
Draft = dict[str, str]
"""What was typed in a form that was left: field → text."""


class NoteDialog(FormDialog):
    """A form that gives what was typed to ``keep`` when it is left, and saves only once.

    Its fields are those of :func:`note_fields`.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]

    def __init__(self, *form: Any, keep: Callable[[Draft], object], **more: Any) -> None:
        super().__init__(*form, **more)
        self._keep = keep
        self._saving = False

    def on_form_submitted(self, event: Form.Submitted) -> None:
        """A second Ctrl+S while the first is being carried out does nothing."""
        nothing = not (event.values["summary"] or event.values["files"])
        if nothing:
            self.form.show_errors({"summary": _("a text, or a file")})
        if nothing or self._saving:
            event.prevent_default()
            event.stop()
        else:
            self._saving = True

    def failed(self, error: CrmError) -> None:
        self._saving = False
        super().failed(error)

    def action_leave(self) -> None:
        """Escape: nothing that was typed is lost."""
        self._keep({row.field.name: row.text for row in self.form.rows})
        self.dismiss()


def note_fields(
    paper: Paper, channel: ContactChannel, direction: ContactDirection, order_no: str, draft: Draft
) -> list[Field]:
    """Values: ``summary``, ``channel``, ``direction``, ``order`` (number or None), ``files``."""

    def templates(typed: str) -> Sequence[Suggestion]:
        if not typed.startswith(TEMPLATES):
            return ()
        wanted = fold(typed.removeprefix(TEMPLATES))
        return [
            Suggestion(body, body, f"{name}: {body}", goes_on=True)
            for name, body in paper.templates
            if wanted in fold(name)
        ]

    def orders(typed: str) -> Sequence[Suggestion]:
        wanted = fold(typed)
        return [Suggestion(no, no, label) for no, label in paper.orders if wanted in fold(label)]

    hint = _("/ offers the templates") if paper.templates else ""
    return [
        Field("summary", _("Text"), hint=hint, initial=draft.get("summary", ""), suggest=templates),
        word_field("channel", _("Channel"), ContactChannel, initial=channel, required=True),
        word_field("direction", _("Direction"), ContactDirection, initial=direction, required=True),
        Field("order", _("Order"), initial=draft.get("order", order_no), suggest=orders),
        Field(
            "files",
            _("Files"),
            parse=path_completion.paths,
            hint=_("a file; several parted by ;"),
            initial=draft.get("files", ""),
            suggest=path_completion.suggest,
        ),
    ]


def edit_fields(row: InteractionRow) -> list[Field]:
    """Values: ``summary``, ``channel``, ``direction``."""
    return [
        Field("summary", _("Text"), initial=row.summary),
        word_field("channel", _("Channel"), ContactChannel, initial=row.channel, required=True),
        word_field(
            "direction", _("Direction"), ContactDirection, initial=row.direction, required=True
        ),
    ]
