"""Which figures are shown: the period, the comparison, and what was picked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from crm_tui.commands import Command
from crm_tui.core.clock import FIRST_DAY, LAST_DAY
from crm_tui.core.language import _
from crm_tui.core.words import Against
from crm_tui.screens.figures_in_hand import FiguresInHand
from crm_tui.screens.figures_period import Kind, Period
from crm_tui.screens.figures_wanted import Pick, Wanted
from crm_tui.screens.registry import REGISTRY
from crm_tui.widgets.text import shown

if TYPE_CHECKING:
    from crm_tui.screens.figures_choice import Choice
    from crm_tui.storage.store import ReadWork

    Named = Callable[[ReadWork], Sequence[Choice]]


class NarrowingCommands(FiguresInHand):
    """All pages show the same period, comparison and picks; a key changes one of them."""

    def want(self, wanted: Wanted) -> None:
        """Show these figures from now on."""
        self.wanted = wanted
        self._show_picks()
        self.read_page()

    def _show_picks(self) -> None:
        """The filter in force, and the key that takes it away."""
        labels = " · ".join(pick.label for pick in self.wanted.picks)
        away = _("Backspace shows everything again")
        only = _("Only")
        self.show_filter(f"{only}: {labels}   ({away})" if labels else "")

    def why_not_narrow(self, command: Command) -> str | None:
        """Why a command that changes what is shown can't act now."""
        if command.id == "figures.everything" and not self.wanted.picks:
            return _("Nothing is left out: no filter is in force.")
        told = self.shown
        if command.id in _OF_A_PERIOD and told is None:
            return _("The figures are still being read.")
        if command.id == "figures.forward" and told is not None:
            period = told.wanted.period
            if isinstance(period, Period) and period.last >= told.today:
                return _("This is the running period.")
        return None

    # The period

    def _of_kind(self, kind: Kind) -> None:
        """The period of ``kind`` around what is looked at; the running one where that is in it."""
        told = self.shown
        period: Period | Kind = kind
        if told is not None:
            first, last = told.wanted.days
            if not first <= told.today <= last:
                period = Period.around(kind, first)
        self.want(replace(self.wanted, period=period))

    def figures_day(self) -> None:
        self._of_kind(Kind.DAY)

    def figures_week(self) -> None:
        self._of_kind(Kind.WEEK)

    def figures_month(self) -> None:
        self._of_kind(Kind.MONTH)

    def figures_year(self) -> None:
        self._of_kind(Kind.YEAR)

    def figures_now(self) -> None:
        told = self.shown
        kind = told.wanted.period.kind if told and isinstance(told.wanted.period, Period) else None
        self.want(replace(self.wanted, period=kind if kind not in (None, Kind.OWN) else Kind.MONTH))

    def figures_back(self) -> None:
        self._move(-1)

    def figures_forward(self) -> None:
        self._move(+1)

    def _move(self, by: int) -> None:
        told = self.shown
        if told is not None and isinstance(told.wanted.period, Period):
            with suppress(OverflowError, ValueError):  # the calendar has no such days
                self._want_days(told.wanted.period.moved(by))

    def _want_days(self, period: Period) -> None:
        """Show these days, where they can be asked for."""
        if period.first >= FIRST_DAY and period.last <= LAST_DAY:
            self.want(replace(self.wanted, period=period))
        else:
            text = _("Figures are told of days from {first} to {last}.")
            self.say(text.format(first=FIRST_DAY, last=LAST_DAY), "warning")

    def figures_period(self, first: str = "", last: str = "") -> None:
        if not first:
            self.ask(REGISTRY["figures.period"])
            return
        try:
            days = sorted((date.fromisoformat(first), date.fromisoformat(last or first)))
        except ValueError:
            self.say(_("Write days like 2026-09-21."), "warning")
            return
        self._want_days(Period.over(*days))

    def figures_against(self, what: str = "") -> None:
        against = next(
            (each for each in Against if what in each.spellings),
            None if what else self.wanted.against.next(),
        )
        if against is None:
            known = ", ".join(each.value for each in Against)
            self.say(_("Figures can be held against: {known}").format(known=known), "warning")
            return
        self.want(replace(self.wanted, against=against))
        self.say(_("Against: {what}").format(what=against.label))

    # What is picked

    def figures_only(self) -> None:
        """Narrow every page to what the cursor stands on."""
        period, pick = self.page.drill(), self.page.pick()
        if period is not None:
            self.want(replace(self.wanted, period=period))
        elif pick is not None:
            self.want(self.wanted.only(pick))
        else:
            self.say(_("Figures can't be narrowed to what the cursor stands on."), "warning")

    def figures_everything(self) -> None:
        self.want(replace(self.wanted, picks=()))

    def figures_store(self, name: str = "") -> None:
        self._choose("store_id", _("Store"), _stores, name)

    def figures_game(self, name: str = "") -> None:
        self._choose("game_id", _("Game"), _games, name)

    def figures_level(self, name: str = "") -> None:
        self._choose("level", _("Level"), _levels, name)

    def _choose(self, field: str, label: str, query: Named, name: str) -> None:
        """Let one be picked, or take the one that is named."""
        self.read(query, partial(self._chosen, field, label, name), group="target")

    def _chosen(self, field: str, label: str, name: str, found: Sequence[Choice]) -> None:
        if len(found) < 2 and not name:
            self.say(_("There is only one: {name}").format(name=found[0][1] if found else "-"))
            return
        named = [each for each in found if name and name.casefold() in each[1].casefold()]
        if len(named) == 1:
            self._take(field, named[0])
        elif name and not named:
            known = ", ".join(each[1] for each in found)
            self.say(_("There is no “{name}”: {known}").format(name=name, known=known), "warning")
        else:
            from crm_tui.screens.figures_choice import EVERYTHING, ChoiceDialog

            offered = [(EVERYTHING, _("all of them")), *(named or found)]
            now = self.wanted.picked(field)
            dialog = ChoiceDialog(label, offered, now.value if now else EVERYTHING)
            self.open_dialog(dialog, partial(self._take, field))

    def _take(self, field: str, one: Choice) -> None:
        from crm_tui.screens.figures_choice import EVERYTHING

        value, name = one
        if value == EVERYTHING:
            self.want(self.wanted.without(field))
        else:
            self.want(self.wanted.only(Pick(field, value, shown(name).plain)))


_OF_A_PERIOD = frozenset({"figures.back", "figures.forward", "figures.only"})


def _stores(work: ReadWork) -> Sequence[Choice]:
    from crm_tui.services.catalogue import reads

    return reads.stores(work)


def _games(work: ReadWork) -> Sequence[Choice]:
    from crm_tui.services.catalogue import reads

    return [(game.id, game.name) for game in reads.games(work)]


def _levels(work: ReadWork) -> Sequence[Choice]:
    from crm_tui.services.catalogue import reads

    return [*((level.name, level.name) for level in reads.levels(work)), ("", _("without a level"))]
