"""What a bulk action would do, or did: how many of each verdict, and why some were refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from crm_tui.core.language import _
from crm_tui.widgets.text import shown

if TYPE_CHECKING:
    from crm_tui.services.bulk.rules import Report


class VerdictDialog(ModalScreen[bool | None]):
    """The verdicts of ``report``. With ``ask``, Enter answers True: do it."""

    DEFAULT_CSS = """
    VerdictDialog {
        align: center middle;
        & VerticalScroll { height: auto; max-height: 12; }
        & .counts { text-style: bold; height: auto; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "answer", show=False),
        Binding("escape", "dismiss", show=False),
    ]

    def __init__(self, title: str, report: Report, *, ask: bool = False) -> None:
        super().__init__()
        self._title, self._report, self._ask = title, report, ask

    def compose(self) -> ComposeResult:
        box = Vertical(classes="dialog")
        box.border_title = shown(self._title)
        box.border_subtitle = Content(
            _("Enter does it, Esc leaves") if self._ask else _("Esc closes")
        )
        with box:
            yield Static(Content(counted(self._report)), classes="counts", markup=False)
            with VerticalScroll(can_focus=False):
                yield Static(Content("\n").join(_lines(self._report)), markup=False)

    def action_answer(self) -> None:
        """Enter."""
        self.dismiss(True if self._ask and self._report.total else None)


def counted(report: Report) -> str:
    """How many of each verdict there are, in a line."""
    words = {
        "done": _("{count} change") if report.dry_run else _("{count} done"),
        "unchanged": _("{count} unchanged"),
        "refused": _("{count} refused"),
        "undone": _("{count} undone"),
    }
    told = [words[verdict].format(count=count) for verdict, count in report.counts.items() if count]
    if report.left:
        told.append(_("{count} not looked at").format(count=report.left))
    return " · ".join(told) or _("Nobody fits.")


def _lines(report: Report) -> list[Content]:
    lines = [shown(f"{each.no} {each.nick}: {each.why}".strip()) for each in report.refusals]
    if report.token:
        lines.append(shown(_("crm-tui bulk show {token} has all.").format(token=report.token)))
    return lines
