"""Saving, renaming and removing views. A view of one's own; a shared one is everybody's."""

from __future__ import annotations

from typing import Any

from sqlmodel import func, select

from crm_tui.core.errors import Duplicate, Invalid, NotFound
from crm_tui.core.language import _, joined
from crm_tui.core.text import squeeze
from crm_tui.models import STUDIO
from crm_tui.models.views import SavedView
from crm_tui.services.views.reads import SHARED
from crm_tui.storage.store import UnitOfWork

PLACES = ("board", "dispatch", "customers", "roster", "inbox", "payments", "events")
"""The lists that views can be saved for."""
LONGEST_NAME = 60
LONGEST_FILTER = 2000
_SIGNS = frozenset(" \t\"'()（）:：,，@")


def save(
    work: UnitOfWork, place: str, name: str, line: str, *, shared: bool = False, sort: str = ""
) -> int:
    """Keep ``line`` under ``name`` for the list ``place``; one that has the name is replaced.

    Of one's own, or with ``shared`` of everybody. Answers its id. Raises :class:`Invalid`.
    """
    name = _checked_name(name)
    if place not in PLACES:
        raise Invalid(field=_("list"), value=place, expected=joined(PLACES))
    if not line.strip() or len(line) > LONGEST_FILTER:
        raise Invalid(field=_("filter"), value=line, expected=_("words or field:value"))
    login = SHARED if shared else work.actor.login
    view = _find(work, place, name, login) or SavedView(
        place=place, login=login, name=name, filter=line, saved_at=work.clock.now()
    )
    view.name, view.filter, view.sort, view.saved_at = name, line, sort, work.clock.now()
    work.session.add(view)
    _settle(work, place, name)
    return _tell(work, "view.saved", view, line)


def rename(work: UnitOfWork, place: str, name: str, new_name: str) -> int:
    """Call the view ``name`` of ``place`` something else: one's own, else the shared one.

    Answers its id. Raises :class:`NotFound`, :class:`Invalid`, :class:`Duplicate`.
    """
    view = _named(work, place, name)
    wanted = _checked_name(new_name)
    other = _find(work, place, wanted, view.login)
    if other is not None and other.id != view.id:
        raise Duplicate(field=_("view"), value=wanted, owner=other.name)
    view.name = wanted
    _settle(work, place, wanted)
    return _tell(work, "view.renamed", view, view.filter)


def remove(work: UnitOfWork, place: str, name: str) -> int:
    """Forget the view ``name`` of ``place``: one's own, else the shared one.

    Answers what its id was. Raises :class:`NotFound`.
    """
    view = _named(work, place, name)
    view_id = _tell(work, "view.removed", view, view.filter)
    work.session.delete(view)
    return view_id


def _checked_name(name: str) -> str:
    """A name that can be typed after ``@``. Raises :class:`Invalid`."""
    squeezed = squeeze(name).removeprefix("@")
    if not squeezed or len(squeezed) > LONGEST_NAME or _SIGNS & set(squeezed):
        expected = _("up to {most} characters without blanks, quotes, colons or brackets")
        raise Invalid(field=_("name"), value=name, expected=expected.format(most=LONGEST_NAME))
    return squeezed


def _find(work: UnitOfWork, place: str, name: str, login: str) -> SavedView | None:
    query = select(SavedView).where(
        SavedView.place == place,
        SavedView.login == login,
        func.lower(SavedView.name) == func.lower(name),
    )
    return work.session.exec(query).first()


def _named(work: UnitOfWork, place: str, name: str) -> SavedView:
    wanted = squeeze(name).removeprefix("@")
    view = _find(work, place, wanted, work.actor.login) or _find(work, place, wanted, SHARED)
    if view is None:
        raise NotFound(what=_("view"), ref=name)
    return view


def _settle(work: UnitOfWork, place: str, name: str) -> None:
    """Write it now; whoever was first with the name keeps it."""
    taken = Duplicate(field=_("view"), value=name, owner=place)
    with work.on_violation({"uq_saved_view_place_login_name": taken}):
        work.session.flush()


def _tell(work: UnitOfWork, kind: str, view: SavedView, line: str) -> int:
    """A line may name people: it lies where it can be erased."""
    assert view.id is not None
    facts: dict[str, Any] = {"place": view.place, "shared": view.login == SHARED}
    changed = {"filter": (None, line)}
    work.record(
        kind, "saved_view", view.id, store_id=STUDIO, ref=view.name, changed=changed, **facts
    )
    return view.id
