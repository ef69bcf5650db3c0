"""The frame of every screen: header, body, prompt, footer; reading and writing off the UI thread.

How to write a screen::

    class RosterScreen(ConsoleScreen):
        PLACE = "roster"                  # its name in the registry and in ConsoleApp.MODES
        HEADING = N_("Roster")
        CSS_PATH = "roster.tcss"
        AUTO_FOCUS = "#roster"            # the table that has the keys
        ON_CHOSEN = "companion.open"      # the command of Enter and double click

        def compose_body(self):           # what lies between header and footer
            yield RecordTable(self.columns(), self.source, id="roster")

        def reload(self):                 # the store is open, or ctrl+r: read everything
            self.read(_roster, self._show)

        def take(self, events):           # something was committed, here or elsewhere
            if ids := entity_ids(events, "companion"):
                self.read(partial(_companions, ids), self._merge, group="merge")

- ``_roster`` is a module function ``(work: ReadWork) -> rows`` that imports its service *inside*
  (it runs on a worker thread, and nothing heavy may be imported before the first frame). Its
  answer comes back on the UI thread; errors become toasts.
- Commands are declared in ``screens/<family>_commands.py`` with ``places={"roster"}`` and listed in
  ``registry.py``. The command ``companion.rest`` is the method ``companion_rest(self, *values)``;
  ``values`` are what was typed on the ``:`` line, none for a key press. It calls ``self.write``.
- A screen never changes what it shows because of its own key: the write commits, the feed tells,
  ``take`` reads.
- Optional: ``filter_spec`` (what ``/`` may name), ``filtered`` (apply it), ``record_state`` (for
  ``Command.states``), ``why_not``, ``copy_text``, ``cursor_visit``, ``show_record``.
- Texts of people go through ``widgets.text.shown``; ``self.say`` cleans what it is given.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from crm_tui.commands import Command
from crm_tui.config import THEMES
from crm_tui.core.errors import CrmError
from crm_tui.core.language import LANGUAGES, _, joined
from crm_tui.core.text import clean
from crm_tui.screens import completion
from crm_tui.screens.console import Visit
from crm_tui.screens.desk import LongUndo
from crm_tui.screens.filtering import SHARED
from crm_tui.screens.importing import ImportCommands
from crm_tui.screens.prompt import Completion, Prompt, Purpose
from crm_tui.screens.registry import REGISTRY

COPY_LIMIT = 10_000
"""Characters that are copied at most."""


class ConsoleScreen(ImportCommands):
    """A screen of the console, with the commands that every screen has.

    See the module's docstring for how to write one.
    """

    def shell_line(self, text: str = "") -> None:
        async def complete(line: str) -> Completion:
            here = {"view": tuple(self.views), "whose": (_(SHARED),)}
            return await completion.complete_line(line, self.desk, here)

        self.query_one(Prompt).open(Purpose(":", self.run_line, complete), text)

    def ask(self, command: Command) -> None:
        """Let the person type what ``command`` needs."""
        self.shell_line(f"{command.words[0]} ")

    def run_line(self, line: str) -> None:
        """Carry out what was typed after the colon."""
        if not line.strip():
            return
        try:
            self.console.call(REGISTRY.parse(line))
        except CrmError as error:
            self.say(error.message(), "warning")

    def shell_help(self) -> None:
        from crm_tui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen(self))

    def shell_palette(self) -> None:
        from textual.command import CommandPalette

        from crm_tui.screens.palette import RegistryProvider

        self.app.push_screen(
            CommandPalette(providers=[RegistryProvider], placeholder=_("Find a command"))
        )

    def shell_undo(self) -> None:
        self.undo_last()

    def undo_last(self, then: Callable[[Any], object] | None = None) -> None:
        """Take back the person's last action; ``then`` is told once that is committed."""
        desk = self.desk
        if desk is None or not desk.undos:
            self.say(_("There is nothing of yours that can be undone."), "warning")
            return
        undo = desk.undos.pop()
        if isinstance(undo, LongUndo):
            undo.start()
            return
        self.write(undo.action, _("Undone: {what}").format(what=undo.title), then=then)

    def shell_copy(self) -> None:
        text = self.copy_text()
        if text is None:
            self.say(_("There is nothing under the cursor."), "warning")
            return
        self.app.copy_to_clipboard(clean(text, COPY_LIMIT))
        self.say(_("Copied: {text}").format(text=clean(text, 80)))

    def shell_escape(self) -> None:
        prompt = self.query_one(Prompt)
        if prompt.is_open:
            prompt.close()
        elif self.filter:
            self.filter_by("")
        else:
            self.shell_back()

    def shell_back(self) -> None:
        self._walk(-1, _("This is where you began."))

    def shell_forward(self) -> None:
        self._walk(+1, _("The trail ends here."))

    def _walk(self, step: int, at_end: str) -> None:
        visit = self.console.trail.walk(step)
        if visit is None:
            self.say(at_end)
        else:
            self.console.go_to(visit, remember=False)

    def shell_next(self) -> None:
        from crm_tui.screens.inbox_next import go_next

        go_next(self)

    def order_new(self, customer: str = "") -> None:
        from crm_tui.screens.new_order import NewOrderForm

        self.app.push_screen(NewOrderForm(self, customer))

    def order_paste(self) -> None:
        from crm_tui.screens.paste_order import PasteDialog

        self.app.push_screen(PasteDialog(self))

    def order_template(self) -> None:
        from crm_tui.screens.paste_order import copy_template

        copy_template(self)

    def shell_find(self, words: str = "") -> None:
        self.console.go_to(Visit("customers", f"?{words}"))

    def shell_theme(self, name: str) -> None:
        if name not in THEMES:
            known = joined(THEMES)
            self.say(_("There is no theme “{name}”: {known}").format(name=name, known=known))
            return
        self.console.use_theme(name)

    def shell_lang(self, name: str) -> None:
        if name not in LANGUAGES:
            known = joined(LANGUAGES)
            self.say(_("There is no language “{name}”: {known}").format(name=name, known=known))
            return
        self.console.use_language(name)

    def shell_reload(self) -> None:
        self.reload()

    def shell_quit(self) -> None:
        self.app.exit()

    def place_board(self) -> None:
        self.console.go_to(Visit("board"))

    def place_dispatch(self) -> None:
        self.console.go_to(Visit("dispatch"))

    def place_customers(self) -> None:
        self.console.go_to(Visit("customers"))

    def place_roster(self) -> None:
        self.console.go_to(Visit("roster"))

    def place_figures(self) -> None:
        self.console.go_to(Visit("figures"))

    def place_settlements(self) -> None:
        self.console.go_to(Visit("settlements"))

    def place_settings(self) -> None:
        self.console.go_to(Visit("settings"))

    def place_inbox(self) -> None:
        self.console.go_to(Visit("inbox"))

    def place_money(self) -> None:
        self.console.go_to(Visit("money"))

    def stored_owed(self) -> None:
        from crm_tui.screens.customer_stored import show_owed

        show_owed(self)
