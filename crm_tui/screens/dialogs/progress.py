"""Long work: how far it is, how fast it goes, how long it will take; Escape stops it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import ProgressBar, Static

from crm_tui.core.errors import CrmError
from crm_tui.core.language import _
from crm_tui.core.pace import span
from crm_tui.widgets.text import shown

REFRESHED_EVERY = 0.25
Tell = Callable[[int, int], bool]
"""Called by the work from its own thread: so many of so many are done. Answers whether to go on."""


class ProgressDialog(ModalScreen[Any]):
    """Runs ``work(tell)`` on a worker thread and is left with its answer, or with the ``CrmError``
    that it raised."""

    DEFAULT_CSS = """
    ProgressDialog {
        align: center middle;
        & Bar { width: 1fr; }
        & ProgressBar { width: 100%; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "stop", show=False)]

    def __init__(self, title: str, work: Callable[[Tell], Any], total: int = 0) -> None:
        super().__init__()
        self._title, self._work = title, work
        self._done, self._total = 0, total
        self._began = monotonic()
        self._stopped = False

    def compose(self) -> ComposeResult:
        box = Vertical(classes="dialog")
        box.border_title = shown(self._title)
        box.border_subtitle = Content(_("Esc stops"))
        with box:
            yield ProgressBar(total=self._total or None, show_percentage=False, show_eta=False)
            yield Static(markup=False)

    def on_mount(self) -> None:
        self.set_interval(REFRESHED_EVERY, self._show)
        self.run_worker(self._run(), group="progress")

    async def _run(self) -> None:
        try:
            answer = await asyncio.to_thread(self._work, self._tell)
        except CrmError as error:
            answer = error
        if self.app.is_running:
            self.dismiss(answer)

    def _tell(self, done: int, total: int) -> bool:
        """On the thread of the work: only plain values change hands."""
        self._done, self._total = done, total or self._total
        return not self._stopped

    def _show(self) -> None:
        self.query_one(ProgressBar).update(total=self._total or None, progress=self._done)
        self.query_one(Static).update(Content(self._told()))

    def _told(self) -> str:
        if self._stopped:
            return _("Stopping …")
        rate = self._done / max(monotonic() - self._began, 0.1)
        if not self._total or not self._done:
            return _("{done} · {rate} a second").format(done=self._done, rate=round(rate))
        left = span((self._total - self._done) / max(rate, 0.1))
        told = _("{done} of {total} · {rate} a second · {left} left")
        return told.format(done=self._done, total=self._total, rate=round(rate), left=left)

    def action_stop(self) -> None:
        """Let the work stop where it can; what is done stays done."""
        self._stopped = True
        self._show()
