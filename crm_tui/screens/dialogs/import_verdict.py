"""What an import would do, or did: what was recognised, how many rows of each verdict, and every
row that was not taken or was taken with a remark, with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from crm_tui.core.language import N_, _, joined, ngettext
from crm_tui.widgets.text import shown

if TYPE_CHECKING:
    from crm_tui.services.imports.whole import Outcome

MOST_ROWS = 200
"""Rejected rows, and remarks, that are listed of a sheet."""
_COUNTS = (
    ("inserted", N_("{count} new")),
    ("updated", N_("{count} changed")),
    ("unchanged", N_("{count} as before")),
    ("merged", N_("{count} merged")),
    ("skipped", N_("{count} skipped")),
    ("rejected", N_("{count} rejected")),
)


class ImportVerdictDialog(ModalScreen[bool | None]):
    """The verdicts of ``outcome``. With ``ask``, Enter answers True: import it."""

    DEFAULT_CSS = """
    ImportVerdictDialog {
        align: center middle;
        & .dialog { width: 90%; max-width: 110; }
        & VerticalScroll { height: auto; max-height: 14; }
        & .effect { height: auto; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "answer", show=False),
        Binding("escape", "dismiss", show=False),
        Binding("j", "scroll(1)", show=False),
        Binding("k", "scroll(-1)", show=False),
    ]

    def __init__(self, title: str, outcome: Outcome, *, ask: bool = False) -> None:
        super().__init__()
        self._title, self._outcome, self._ask = title, outcome, ask

    def compose(self) -> ComposeResult:
        box = Vertical(classes="dialog")
        box.border_title = shown(self._title)
        box.border_subtitle = Content(
            _("Enter imports, Esc leaves") if self._ask else _("Esc closes")
        )
        with box:
            if self._outcome.partial:
                told = _("Only the first rows were looked at.")
                yield Static(Content(told), classes="effect")
            with VerticalScroll():
                yield Static(Content("\n").join(self._lines()), markup=False)

    def action_answer(self) -> None:
        """Enter."""
        self.dismiss(True if self._ask else None)

    def action_scroll(self, step: int) -> None:
        """Walk through the rows."""
        self.query_one(VerticalScroll).scroll_relative(y=step, animate=False)

    def _lines(self) -> Iterator[Content]:
        for verdict in self._outcome.verdicts:
            yield from _lines_of(verdict)
        if self._outcome.ignored:
            names = joined(self._outcome.ignored)
            yield shown(_("Sheets that were not recognised: {names}").format(names=names))


def _lines_of(verdict: dict[str, Any]) -> Iterator[Content]:
    yield shown(f"{verdict['sheet']}: {counted(verdict)}", "bold")
    columns = joined(verdict["columns"])
    yield shown(_("Columns: {names}").format(names=columns), limit=400)
    if verdict["ignored_columns"]:
        left = joined(verdict["ignored_columns"])
        yield shown(_("Columns that are left out: {names}").format(names=left), limit=400)
    for rows in (verdict["rejects"], verdict["notes"]):
        for row in rows[:MOST_ROWS]:
            where = " ".join(filter(None, (row["column"], row["value"])))
            about = _("Row {row}").format(row=row["row"]) + (f" ({where})" if where else "")
            yield shown(f"{about}: {row['reason']}", limit=400)
        if (more := len(rows) - MOST_ROWS) > 0:
            told = ngettext("… and {count} more", "… and {count} more", more)
            yield shown(told.format(count=f"{more:,}"))


def counted(verdict: dict[str, Any]) -> str:
    """How many rows of each verdict there are, in a line."""
    told = [_(label).format(count=f"{verdict[name]:,}") for name, label in _COUNTS if verdict[name]]
    return " · ".join(told) or _("no rows")
