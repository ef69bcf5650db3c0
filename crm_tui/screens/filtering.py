"""The filter of a screen: the line after ``/``, its completion, the views it can be kept as."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.content import Content

from crm_tui.core.errors import CrmError
from crm_tui.core.language import N_, _, joined
from crm_tui.core.text import clean
from crm_tui.screens.frame import FilterBar, Frame
from crm_tui.screens.prompt import Completion, Prompt, Purpose
from crm_tui.services.filters.completion import Suggestions, complete
from crm_tui.services.filters.rules import VIEW, Context, Moment

if TYPE_CHECKING:
    from crm_tui.core.words import Role
    from crm_tui.services.filters.rules import Field
    from crm_tui.services.views.reads import View
    from crm_tui.storage.events import EventRow
    from crm_tui.storage.store import ReadWork, UnitOfWork

REMEMBERED = 8
"""Filters that ``/`` offers again on an empty line, the last one first."""
SHARED = N_("shared")
"""The word that lets everybody have a view."""


def _views(place: str, login: str, work: ReadWork) -> list[View]:
    from crm_tui.services.views import reads

    return reads.views_of(work, login, place)


def _custom_fields(entity: str, role: Role, work: ReadWork) -> tuple[Field[Any], ...]:
    from crm_tui.services.fields.filtering import fields_of

    return fields_of(work, entity, role)


def _save(place: str, name: str, line: str, shared: bool, sort: str, work: UnitOfWork) -> int:
    from crm_tui.services.views import actions

    return actions.save(work, place, name, line, shared=shared, sort=sort)


def _rename(place: str, name: str, new_name: str, work: UnitOfWork) -> int:
    from crm_tui.services.views import actions

    return actions.rename(work, place, name, new_name)


def _remove(place: str, name: str, work: UnitOfWork) -> int:
    from crm_tui.services.views import actions

    return actions.remove(work, place, name)


class FilterCommands(Frame):
    """What filters the rows of a screen, and the commands that every screen has for it."""

    RECORDS: ClassVar[str] = ""
    """The entity whose custom fields a line may name here, where its rows have them."""

    def __init__(self) -> None:
        super().__init__()
        self.views: dict[str, View] = {}
        """The saved views of this list, by name."""
        self.custom_fields: tuple[Field[Any], ...] = ()
        """Those of :attr:`RECORDS` that the operator may see."""
        self._past_filters: list[str] = []

    # What a screen may do its own way

    def filter_line(self) -> str:
        """The line in force."""
        return self.filter.text if self.filter else ""

    def use_filter(self, line: str) -> None:
        """Put ``line`` in force."""
        self.filter_by(line)

    async def suggestions(self, line: str) -> Suggestions:
        """What ``line`` may become."""
        spec = self.filter_spec()
        return complete(spec.fields if spec else (), line, self.filter_context().views)

    def sorted_by(self) -> str:
        """The column that the rows are sorted by, for a saved view."""
        return ""

    def sort_by(self, name: str) -> None:
        """Sort by a column that a saved view names."""

    # The line

    def shell_filter(self) -> None:
        if self.filter_spec() is None:
            self.say(_("There is nothing to filter here."), "warning")
            return
        self.open_filter(self.filter_line())

    def open_filter(self, line: str) -> None:
        """Let the person type a filter, beginning with ``line``."""
        purpose = Purpose("/", self._submit_filter, self._complete_filter, self.use_filter)
        self.query_one(Prompt).open(purpose, line)

    def _submit_filter(self, line: str) -> None:
        self.use_filter(line)
        if line.strip():
            past = [each for each in self._past_filters if each != line.strip()]
            self._past_filters = [line.strip(), *past][:REMEMBERED]

    async def _complete_filter(self, line: str) -> Completion:
        try:
            found = await self.suggestions(line)
        except CrmError:
            return Completion()
        past = self._past_filters if not line.strip() else []
        return Completion(found.before, [*past, *found.values])

    def filter_context(self) -> Context:
        """What a line is read in here: now, the business day, the saved views."""
        lines = {name: view.filter for name, view in self.views.items()}
        if self.desk is None or self.console.studio is None:
            return Context(views=lines)
        return Context(Moment(self.desk.now(), self.console.studio.calendar), lines)

    def filter_by(self, line: str) -> None:
        """Show only what ``line`` lets pass; what is wrong with it stands in the bar."""
        spec = self.filter_spec()
        if spec is None:
            return
        try:
            self.filter = spec.parse(line, self.filter_context()) if line.strip() else None
        except CrmError as error:
            self.show_filter(f"! {error.message()}", wrong=True)
        else:
            self.refresh_filter()

    def refresh_filter(self) -> None:
        """Apply the filter anew and count again: after it, or the rows, changed."""
        spec = self.filter_spec()
        if self.filter is not None and self.filter.timed and spec is not None:
            self.filter = spec.parse(self.filter.text, self.filter_context())
        self.show_passed(*(self.filtered() or (0, 0)))

    def show_passed(self, passed: int, total: int) -> None:
        """Put the filter in force into the bar, and how many rows it lets pass, of how many."""
        self.show_filter(f"/{self.filter.text}   {passed}/{total}" if self.filter else "")

    def show_filter(self, text: str, *, wrong: bool = False) -> None:
        """Put ``text`` into the bar; none hides it."""
        bar = self.query_one(FilterBar)
        bar.show(Content(clean(text)))
        bar.set_class(bool(text), "-on")
        bar.set_class(wrong, "-wrong")

    # Saved views

    def first_read(self) -> None:
        super().first_read()
        self._read_views()
        self._read_custom_fields()

    def heard(self, events: Iterable[EventRow]) -> None:
        super().heard(events)
        if any(event.entity == "saved_view" for event in events):
            self._read_views()
        if any(event.entity == "field_definition" for event in events):
            self._read_custom_fields()

    def _read_custom_fields(self) -> None:
        if self.desk is not None and self.RECORDS:
            query = partial(_custom_fields, self.RECORDS, self.desk.actor.role)
            self.read(query, self._take_custom_fields, group="custom-fields")

    def _take_custom_fields(self, fields: tuple[Field[Any], ...]) -> None:
        self.custom_fields = fields

    def _read_views(self) -> None:
        if self.desk is not None and self.PLACE:
            query = partial(_views, self.PLACE, self.desk.actor.login)
            self.read(query, self._take_views, group="views")

    def _take_views(self, views: list[View]) -> None:
        self.views = {view.name: view for view in views}

    def shell_views(self) -> None:
        if not self.views:
            self.say(_("No view is saved here yet. :view-save NAME keeps the present filter."))
            return
        self.open_filter(VIEW)

    def shell_view(self, name: str) -> None:
        view = next((each for each in self.views.values() if each.name == name.lstrip(VIEW)), None)
        if view is None:
            known = joined(self.views) or "-"
            self.say(_("There is no view “{name}”: {known}").format(name=name, known=known))
            return
        self._submit_filter(view.filter)
        if view.sort:
            self.sort_by(view.sort)

    def shell_view_save(self, name: str, whose: str = "") -> None:
        line = self.filter_line().strip()
        if not line:
            self.say(_("There is no filter to keep. Press / first."), "warning")
            return
        everybody = whose.casefold() in (SHARED, _(SHARED))
        action = partial(_save, self.PLACE, name, line, everybody, self.sorted_by())
        self.write(action, _("Saved as @{name}").format(name=name))

    def shell_view_rename(self, name: str, new_name: str) -> None:
        done = _("@{name} is called @{new_name} now").format(name=name, new_name=new_name)
        self.write(partial(_rename, self.PLACE, name, new_name), done)

    def shell_view_remove(self, name: str) -> None:
        from crm_tui.screens.desk import Undo

        view = self.views.get(name.lstrip(VIEW))
        done = _("@{name} removed").format(name=name)
        undo = None
        if view is not None:
            again = partial(_save, self.PLACE, view.name, view.filter, view.shared, view.sort)
            undo = Undo(done, again)
        self.write(partial(_remove, self.PLACE, name), done, undo=undo)
