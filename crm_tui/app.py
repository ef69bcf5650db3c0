"""The application: modes, themes, key map, and the store that all screens share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import PurePath
from time import monotonic
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, work
from textual.app import App
from textual.message import Message
from textual.worker import WorkerFailed

from crm_tui.commands import Call
from crm_tui.config import Config, save_config
from crm_tui.core.errors import CrmError
from crm_tui.core.language import _, set_language
from crm_tui.core.text import clean_lines
from crm_tui.screens import alarms
from crm_tui.screens.base import ConsoleScreen
from crm_tui.screens.collection import Collection
from crm_tui.screens.console import Opening, StoreChanged, StoreReady, StoreReplaced, Trail, Visit
from crm_tui.screens.desk import Desk, Studio, read_studio
from crm_tui.screens.registry import REGISTRY

if TYPE_CHECKING:
    from crm_tui.storage.events import EventRow
    from crm_tui.storage.feed import Changed

SCREENS = {
    "board": "BoardScreen",
    "dispatch": "DispatchScreen",
    "customers": "CustomersScreen",
    "person": "PersonScreen",
    "roster": "RosterScreen",
    "inbox": "InboxScreen",
    "replay": "ReplayScreen",
    "money": "MoneyScreen",
    "reconcile": "ReconcileScreen",
    "figures": "FiguresScreen",
    "settlements": "SettlementsScreen",
    "settlement": "SettlementScreen",
    "settings": "SettingsScreen",
    "fields": "FieldsScreen",
    "tags": "TagsScreen",
    "levels": "LevelsScreen",
    "split_rules": "SplitRulesScreen",
}
"""The modes, in ``crm_tui/screens/<mode>.py``; imported when first shown."""
THEME_NAMES = {"dark": "textual-dark", "light": "textual-light", "ansi": "ansi-dark"}
PAUSE_SECONDS = 0.25
"""Between two deliveries of changes to the screens."""
UPKEEP_AFTER_SECONDS = 5.0
"""After the first rows: what sees to the clocks takes time to load."""
HEADER_ENTITIES = frozenset({"companion", "setting", "import_batch"})
"""Whose changes may change the header line."""


class Committed(Message):
    """The feed's thread tells of new events."""

    def __init__(self, events: tuple[EventRow, ...]) -> None:
        super().__init__()
        self.events = events


class UpkeepFailed(Message):
    """The upkeep's thread was refused something that it wanted to do, or made a mistake."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


class Replaced(Message):
    """The feed's thread tells that an older moment of the studio was put back."""


class ConsoleApp(App[None]):
    """The console. ``open_desk`` runs on a worker thread, after the first frame."""

    CSS_PATH: ClassVar[list[str | PurePath]] = [
        "screens/base.tcss",
        "screens/board.tcss",
        "screens/dialogs/dialogs.tcss",
    ]
    DEFAULT_MODE = "board"
    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self,
        open_desk: Callable[[], Desk],
        config: Config,
        first: Visit | None = None,
        opening: Opening | None = None,
    ) -> None:
        super().__init__()
        self.opening = opening or Opening()
        self._open_desk = open_desk
        self._first = first
        self.config = config
        self.desk: Desk | None = None
        self.studio: Studio | None = None
        self.keymap: Mapping[str, str] = config.keys
        self.late = 0
        self.trail = Trail()
        self.failure: Exception | None = None
        """Why the console ended by itself."""
        self._places: list[ConsoleScreen] = []
        for place in SCREENS:
            if place != self.DEFAULT_MODE:
                self.add_mode(place, partial(self._make, place))
        self._pending: list[EventRow] = []
        self._delivered_at = 0.0
        self._delivery_waits = False
        self._collection = Collection()

    def get_default_screen(self) -> ConsoleScreen:
        """The board. A mode's first screen has all styles parsed twice; this one has not."""
        return self._make(self.DEFAULT_MODE)

    def _make(self, place: str) -> ConsoleScreen:
        """The screen of a mode; its module is imported now."""
        module = import_module(f"crm_tui.screens.{place}")
        screen: ConsoleScreen = getattr(module, SCREENS[place])()
        self._places.append(screen)
        return screen

    def on_mount(self) -> None:
        self.theme = THEME_NAMES[self.config.theme]
        self.set_keymap(self.keymap)
        self.call_after_refresh(self._painted)
        self._report_keymap()

    def _painted(self) -> None:
        """The first frame is there: what takes longer may begin."""
        self.add_mode(self.DEFAULT_MODE, self.get_default_screen)
        self._open()

    def _report_keymap(self) -> None:
        for clash in REGISTRY.clashes(self.keymap):
            self.notify(
                _("Key {key} is both “{first}” and “{second}”.").format(
                    key=clash.key, first=_(clash.first.title), second=_(clash.second.title)
                ),
                severity="warning",
                markup=False,
            )
        for unknown in REGISTRY.unknown(self.keymap):
            self.notify(
                _("The key map names no known command: {name}").format(name=unknown),
                severity="warning",
                markup=False,
            )

    # The store

    @work(group="open")
    async def _open(self) -> None:
        try:
            self.desk, self.studio = await asyncio.to_thread(self._opened)
            self._collection.begin()
        except CrmError as error:
            self.failure = error
            self.exit(return_code=1)
            return
        self._to_screens(StoreReady)
        self.set_interval(1.0, self._collection.look)
        if self._first is not None:
            self.go_to(self._first)
        self.set_timer(UPKEEP_AFTER_SECONDS, self._keep_up)

    def _opened(self) -> tuple[Desk, Studio]:
        """On a worker thread. The feed starts before anything is read: nothing is missed."""
        desk = self._open_desk()
        desk.feed.start(self._told)
        return desk, desk.read(read_studio)

    @work(group="upkeep")
    async def _keep_up(self) -> None:
        """See to what time alone brings about, as long as no other process does; then have the
        figures ready."""
        from crm_tui.screens.figures_reading import prepare

        if self.desk is not None:
            await asyncio.to_thread(self.desk.keep_up, self._upkeep_failed)
            await asyncio.to_thread(prepare)

    def _upkeep_failed(self, error: Exception) -> None:
        """On the upkeep's thread."""
        self.post_message(UpkeepFailed(error))

    def on_upkeep_failed(self, message: UpkeepFailed) -> None:
        if not isinstance(message.error, CrmError):
            raise message.error
        self.place.say(message.error.message(), "error")

    def _told(self, changed: Changed) -> None:
        """On the feed's thread: hand over, touch nothing."""
        self.post_message(Replaced() if changed.replaced else Committed(changed.events))

    def on_replaced(self) -> None:
        """A back-up was restored under us: everything is read anew."""
        self._pending.clear()
        self._to_screens(StoreReplaced)
        self._read_studio()

    def on_committed(self, message: Committed) -> None:
        """Gather what comes in a burst; the first of it goes out at once."""
        self._pending += message.events
        if self._delivery_waits:
            return
        pause = PAUSE_SECONDS - (monotonic() - self._delivered_at)
        if pause <= 0:
            self._deliver()
        else:
            self._delivery_waits = True
            self.set_timer(pause, self._deliver)

    def _deliver(self) -> None:
        self._delivery_waits = False
        self._delivered_at = monotonic()
        events, self._pending = tuple(self._pending), []
        self._to_screens(lambda: StoreChanged(events))
        if raised := alarms.among(events):
            self._sound(raised)
        if any(event.entity in HEADER_ENTITIES for event in events):
            self._read_studio()

    def _sound(self, raised: list[EventRow]) -> None:
        """Tell of alarms on whichever screen one is, and ring if it is wished."""
        text, severity = clean_lines(alarms.text(raised)), alarms.severity(raised)
        self.notify(text, severity=severity, markup=False)
        if self.config.bell:
            self.bell()

    @work(group="studio", exclusive=True)
    async def _read_studio(self) -> None:
        if self.desk is not None:
            with suppress(CrmError):
                self.studio = await asyncio.to_thread(self.desk.read, read_studio)

    def _to_screens(self, message: Callable[[], Message]) -> None:
        for screen in self._places:
            screen.post_message(message())

    async def on_event(self, event: events.Event) -> None:
        """Called by Textual for everything that comes from the terminal."""
        if isinstance(event, events.Key):
            self._collection.typed()
        await super().on_event(event)

    # What screens ask for

    @property
    def place(self) -> ConsoleScreen:
        """The screen of the present mode, whatever dialog lies on it."""
        return cast("ConsoleScreen", self.screen_stack[0])

    def call(self, call: Call) -> None:
        """Run a command where it applies: here, or at its own place."""
        if call.command.applies_at(self.place.PLACE):
            self.place.run_here(call)
        else:
            self.go_to(Visit(min(call.command.places)))
            self.place.call_later(self.place.run_here, call)

    def go_to(self, visit: Visit, *, remember: bool = True) -> None:
        """Show ``visit``'s screen, and there the record; a new screen is mounted before that."""
        if remember:
            self.trail.add(self.place.cursor_visit())
        if visit.place != self.current_mode:
            self.switch_mode(visit.place)
        if visit.key is not None:
            self.place.call_later(self.place.show_record, visit.key)
        if remember:
            self.trail.add(visit)

    def use_theme(self, name: str) -> None:
        """Change the colours and remember it."""
        self.theme = THEME_NAMES[name]
        self._remember(theme=name)

    def use_language(self, name: str) -> None:
        """Change the language of every screen and remember it."""
        set_language(name)
        self._remember(language=name)
        for screen in self._places:
            screen.relabel()

    @work(group="config")
    async def _remember(self, **changes: str) -> None:
        try:
            self.config = await asyncio.to_thread(save_config, changes)
        except CrmError as error:
            self.place.say(error.message(), "error")

    def _handle_exception(self, error: Exception) -> None:
        """A mistake of the program ends the console; whoever started it writes the mistake down."""
        if self.failure is None:
            cause = error.error if isinstance(error, WorkerFailed) else error
            self.failure = cause if isinstance(cause, Exception) else error
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Textual would print a traceback here, with the values of all variables."""
        self._close_messages_no_wait()

    async def action_quit(self) -> None:
        self.exit()

    def on_unmount(self) -> None:
        self._collection.end()
        if self.desk is not None:
            self.desk.close()
