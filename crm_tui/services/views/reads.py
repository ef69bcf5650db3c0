"""The saved views of a list, and the context in which its filter lines are read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from crm_tui.models.views import SavedView
from crm_tui.services.filters.rules import Context, Moment
from crm_tui.storage.store import ReadWork

SHARED = ""
"""The login of a view that belongs to everybody."""


@dataclass(frozen=True, slots=True)
class View:
    """A filter line with a name. ``sort`` is the column sorted by, ``-`` before it downwards."""

    id: int
    place: str
    name: str
    filter: str
    sort: str
    shared: bool
    saved_at: datetime


def views_of(work: ReadWork, login: str, place: str | None = None) -> list[View]:
    """The views that ``login`` sees, of one list or of all, by list and name.

    Where a person's own view has the name of a shared one, only their own is there.
    """
    query = (
        select(SavedView)
        .where(col(SavedView.login).in_((SHARED, login)))
        .order_by(col(SavedView.place), col(SavedView.name), col(SavedView.login))
    )
    if place is not None:
        query = query.where(SavedView.place == place)
    found = {(row.place, row.name.casefold()): _view(row) for row in work.session.exec(query)}
    return list(found.values())


def context(work: ReadWork, place: str, login: str) -> Context:
    """What a filter line of ``place`` is read in: now, the business day, the saved views."""
    lines = {view.name: view.filter for view in views_of(work, login, place)}
    return Context(Moment(work.clock.now(), work.calendar()), lines)


def _view(row: SavedView) -> View:
    assert row.id is not None
    shared = row.login == SHARED
    return View(row.id, row.place, row.name, row.filter, row.sort, shared, row.saved_at)
