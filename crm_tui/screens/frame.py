"""The machinery of every screen: frame, reading and writing off the UI thread, feed, filter."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import ModalScreen, Screen

from crm_tui.commands import Call, Command
from crm_tui.core.errors import CrmError
from crm_tui.core.language import _
from crm_tui.core.text import clean
from crm_tui.screens.console import StoreChanged, StoreReady, Visit
from crm_tui.screens.footer import KeyLine
from crm_tui.screens.header import HeaderLine
from crm_tui.screens.prompt import Prompt
from crm_tui.screens.registry import REGISTRY, bindings_of
from crm_tui.widgets.panel import Panel
from crm_tui.widgets.record_table import RecordTable

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel
    from textual.worker import WorkType

    from crm_tui.screens.console import Console
    from crm_tui.screens.desk import Desk, Undo
    from crm_tui.services.filters.rules import Filter, FilterSpec
    from crm_tui.storage.events import EventRow
    from crm_tui.storage.store import ReadWork, UnitOfWork

Result = TypeVar("Result")
MESSAGE_LIMIT = 400
"""Characters of a toast."""
CATCH_UP_LIMIT = 2_000
"""With more unseen events than this, a screen reads everything again instead."""


class FilterBar(Panel):
    """The filter in force and how many rows pass it; hidden while there is none."""


class Frame(Screen[None]):
    """What ``ConsoleScreen`` stands on: everything but the commands."""

    PLACE: ClassVar[str] = ""
    HEADING: ClassVar[str] = ""
    ON_CHOSEN: ClassVar[str] = ""
    """The id of the command that Enter runs for the record under the cursor."""

    def __init_subclass__(cls, **options: Any) -> None:
        if "PLACE" in cls.__dict__:
            cls.BINDINGS = [*bindings_of(cls.PLACE)]
        super().__init_subclass__(**options)

    def __init__(self) -> None:
        super().__init__()
        self.filter: Filter[Any] | None = None
        self._unseen: list[EventRow] = []
        self._read_once = False

    def compose(self) -> ComposeResult:
        yield HeaderLine(self.HEADING)
        yield FilterBar()
        with Container(id="body"):
            yield from self.compose_body()
        yield Prompt()
        yield KeyLine()

    # What a screen says of itself

    def compose_body(self) -> ComposeResult:
        """What lies between header and footer."""
        raise NotImplementedError

    def reload(self) -> None:
        """Read everything that is shown."""

    def take(self, events: Iterable[EventRow]) -> None:
        """Read again what ``events`` name."""

    def filter_spec(self) -> FilterSpec[Any] | None:
        """What ``/`` can filter by here; none: there is nothing to filter."""
        return None

    def filtered(self) -> tuple[int, int] | None:
        """Apply ``self.filter``; answer how many rows pass, and of how many."""
        return None

    def record_state(self) -> str | None:
        """The state of the record under the cursor, as commands name it."""
        return None

    def copy_text(self) -> str | None:
        """What ``y`` copies: the row under the cursor."""
        return None

    def cursor_visit(self) -> Visit:
        """Where the person stands, for the trail."""
        return Visit(self.PLACE)

    def show_record(self, key: int | str) -> None:
        """Put the cursor on the record ``key``, now or when it has been read."""

    def order_taken(self, order_id: int) -> None:
        """A new order was taken down from here."""

    def why_not(self, command: Command) -> str | None:
        """Why ``command`` can't act now; None where it can."""
        if self.desk is None and command.id not in _NEED_NO_STORE:
            return _("The database is still being opened.")
        state = self.record_state()
        if command.states and state is None:
            return _("There is nothing under the cursor.")
        return None

    # Commands

    @property
    def console(self) -> Console:
        """The application."""
        return cast("Console", self.app)

    @property
    def desk(self) -> Desk | None:
        """The open store; None until it is open."""
        return self.console.desk

    def action_run(self, command_id: str) -> None:
        """A key was pressed, or the footer clicked."""
        self.console.call(Call(REGISTRY[command_id]))

    def run_here(self, call: Call) -> None:
        """Carry a command out on this screen, or say why not."""
        why = None if call.values else self.why_not(call.command)
        if why:
            self.say(why, "warning")
        else:
            getattr(self, call.command.method)(*call.values)

    def on_record_table_chosen(self, event: RecordTable.Chosen) -> None:
        """Enter or a double click on a row."""
        if self.ON_CHOSEN:
            event.stop()
            self.action_run(self.ON_CHOSEN)

    def on_record_table_highlighted(self) -> None:
        """Other keys may act on the other record."""
        self.refresh_keys()

    def refresh_keys(self) -> None:
        """Show in the footer which keys can act now."""
        self.query_one(KeyLine).refresh()

    def say(self, text: str, severity: SeverityLevel = "information") -> None:
        """Show a toast; the text is cleaned and never read as markup."""
        self.notify(clean(text, MESSAGE_LIMIT), severity=severity, markup=False)

    def open_dialog(
        self, dialog: ModalScreen[Result | None], then: Callable[[Result], object]
    ) -> None:
        """Show ``dialog``; ``then`` gets its answer, unless the person left it.

        From within another dialog that is being dismissed it goes through ``call_later``: the
        answer comes to whoever opened the dialog, and must find them alive.
        """

        def answered(answer: Result | None) -> None:
            if answer is not None:
                then(answer)

        self.app.push_screen(dialog, answered)

    # The store, off the UI thread

    def read(
        self,
        query: Callable[[ReadWork], Result],
        then: Callable[[Result], object],
        *,
        group: str = "read",
        failed: Callable[[CrmError], object] | None = None,
    ) -> None:
        """Run ``query`` on a worker thread and give ``then`` its answer on this one.

        Of several reads with the same ``group``, only the last one's answer counts. A refusal is
        said, or given to ``failed``. A console or dialog that is being left takes no more answers.
        """

        async def reading() -> None:
            if desk := self.desk:
                try:
                    answer = await asyncio.to_thread(desk.read, query)
                except CrmError as error:
                    if self._still_asked_by(then):
                        failed(error) if failed else self.say(error.message(), "error")
                else:
                    if self._still_asked_by(then):
                        then(answer)

        self._in_background(reading, group=group)

    def write(
        self,
        action: Callable[[UnitOfWork], Any],
        done: str = "",
        *,
        undo: Undo | None = None,
        then: Callable[[Any], object] | None = None,
        failed: Callable[[CrmError], object] | None = None,
    ) -> None:
        """Carry ``action`` out on a worker thread, in one transaction.

        ``done`` is said once it has been committed, then ``then`` gets the answer. A refusal
        is said, or given to ``failed``. What the screen shows changes when the feed tells of it.
        """

        async def writing() -> None:
            if desk := self.desk:
                try:
                    result = await asyncio.to_thread(desk.write, action, undo)
                except CrmError as error:
                    failed(error) if failed else self.say(error.message(), "error")
                    return
                if not self.app.is_running:
                    return
                if done:
                    self.say(done)
                if then:
                    then(result)

        self._in_background(writing, group="write", exclusive=False)

    def _still_asked_by(self, then: Callable[..., object]) -> bool:
        """Whether whoever asked is still there: the parts of a dialog go before it is gone."""
        asker = getattr(then, "__self__", None)
        left = isinstance(asker, ModalScreen) and asker not in self.app.screen_stack
        return self.app.is_running and not left

    def _in_background(self, work: WorkType[None], *, group: str, exclusive: bool = True) -> None:
        """Start ``work`` (a function, so that one cancelled before it began leaves nothing)."""
        self.run_worker(work, group=group, exclusive=exclusive)

    # The feed

    def on_mount(self) -> None:
        self.call_after_refresh(self._read_first)

    def on_store_ready(self, _event: StoreReady) -> None:
        self._read_first()

    def _read_first(self) -> None:
        if self.desk is not None and not self._read_once:
            self._read_once = True
            self.first_read()
            self.reload()
            self.refresh_keys()
            self.query_one(HeaderLine).refresh()

    def first_read(self) -> None:
        """The store is open: read what the frame itself shows."""

    def heard(self, events: Iterable[EventRow]) -> None:
        """Something was committed: read again what the frame itself shows."""

    def on_store_changed(self, event: StoreChanged) -> None:
        self.heard(event.events)
        self._unseen.extend(event.events)
        if self in self.app.screen_stack:
            self._catch_up()

    def on_store_replaced(self) -> None:
        self._unseen.clear()
        if self._read_once:
            self.first_read()
            self.reload()

    def on_screen_resume(self) -> None:
        self._catch_up()

    def _catch_up(self) -> None:
        """Read what changed since the screen was last looked at."""
        unseen, self._unseen = self._unseen, []
        if not unseen or not self._read_once:
            return
        if len(unseen) > CATCH_UP_LIMIT:
            self.reload()
        else:
            self.take(unseen)

    def relabel(self) -> None:
        """The language changed: everything is composed and read anew, the cursor stays."""
        self._in_background(self._relabel, group="relabel")

    async def _relabel(self) -> None:
        visit = self.cursor_visit()
        await self.recompose()
        if self._read_once:
            self.reload()
        if visit.key is not None:
            self.show_record(visit.key)


_NEED_NO_STORE = frozenset(
    {"shell.help", "shell.palette", "shell.line", "shell.quit", "shell.theme", "shell.lang"}
) | frozenset(f"place.{place}" for place in REGISTRY.PLACES)
"""The commands that work before the database is open."""
