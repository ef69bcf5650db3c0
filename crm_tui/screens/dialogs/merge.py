"""What a merge would do, field by field: which value stands is seen, and may be changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from crm_tui.core.language import _
from crm_tui.widgets.record_table import Column, MemorySource, RecordTable, Tone
from crm_tui.widgets.text import Cell, shown

if TYPE_CHECKING:
    from crm_tui.services.duplicates.actions import MergePreview
    from crm_tui.services.duplicates.choices import FieldChoice
    from crm_tui.services.duplicates.reads import Party


def who(party: Party) -> str:
    """One of the two, in a few words."""
    return " ".join(filter(None, (party.no, party.nick, party.name, party.phone)))


class MergeDialog(ModalScreen[dict[str, str] | None]):
    """Answers the fields whose winner the person changed, with the side that they chose."""

    DEFAULT_CSS = """
    MergeDialog { align: center middle; }
    MergeDialog RecordTable { height: auto; min-height: 6; max-height: 1fr; }
    MergeDialog .moves { height: auto; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", show=False),
        Binding("left,h", "take('keep')", show=False),
        Binding("right,l", "take('other')", show=False),
        Binding("b", "take('both')", show=False),
        Binding("s", "swap", show=False),
    ]

    def __init__(self, preview: MergePreview, swapped: Callable[[], object]) -> None:
        super().__init__()
        self._preview, self._swapped = preview, swapped
        self.choose: dict[str, str] = {}
        self.fields: MemorySource[FieldChoice] = MemorySource(
            key=lambda choice: choice.field, cells=self._cells, tone=self._tone
        )
        self.fields.replace(each for each in preview.fields if each.known)

    def compose(self) -> ComposeResult:
        keep, other = self._preview.keep, self._preview.other
        box = Vertical(classes="dialog")
        box.border_title = shown(
            _("{other} goes into {keep}").format(other=who(other), keep=who(keep))
        )
        box.border_subtitle = Content(
            _("Enter merges, left/right whose, b both, s swaps, Esc leaves")
        )
        columns = (
            Column("field", _("Field"), 13, grow=1, most=20),
            Column("keep", _("{no} stays").format(no=keep.no), 13, grow=2, most=30),
            Column("wins", "", 2),
            Column("other", _("{no} goes").format(no=other.no), 12, grow=2, most=30),
            Column("why", _("Why"), 12, grow=1, most=26, priority=1),
        )
        with box:
            yield RecordTable(columns, self.fields, id="fields")
            yield Static(shown(self._moves(), limit=400), classes="moves", markup=False)

    def _cells(self, choice: FieldChoice) -> tuple[Cell, ...]:
        from crm_tui.services.duplicates.choices import Side, as_text, label_of

        sign = {Side.KEEP: "<", Side.OTHER: ">", Side.BOTH: "<>"}[choice.side]
        stays, goes = (
            shown(as_text(value), "bold" if choice.side in (side, Side.BOTH) else "dim")
            for value, side in ((choice.keep, Side.KEEP), (choice.other, Side.OTHER))
        )
        return shown(label_of(choice.field)), stays, sign, goes, choice.why.label

    def _tone(self, choice: FieldChoice) -> Tone:
        return "" if choice.differs else "muted"

    def _moves(self) -> str:
        from crm_tui.services.duplicates.documents import moved_line

        return _("Goes along: {what}").format(what=moved_line(asdict(self._preview.moved)))

    def action_take(self, side: str) -> None:
        """Let the value of ``side`` stand in the field under the cursor."""
        from crm_tui.services.duplicates.choices import chosen

        table = self.query_one(RecordTable)
        field = str(table.cursor_key)
        before = self.fields.get(field)
        if before is None or not before.differs or (side == "both" and field != "note"):
            self.notify(_("There is nothing to choose here."), markup=False)
            return
        self.choose[field] = side
        now = [chosen(each, side) if each.field == field else each for each in self.fields.shown()]
        table.reload(self.fields.replace(now), at_once=True)

    def action_swap(self) -> None:
        """The other one stays instead."""
        self.dismiss()
        self._swapped()

    def on_record_table_chosen(self, event: RecordTable.Chosen) -> None:
        event.stop()
        self.dismiss(self.choose)
