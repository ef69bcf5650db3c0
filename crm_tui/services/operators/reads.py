"""Who somebody is, and what they may do."""

from __future__ import annotations

from sqlmodel import select

from crm_tui.core.actor import Actor
from crm_tui.core.errors import NotFound
from crm_tui.core.language import _
from crm_tui.core.words import Role
from crm_tui.models import Operator
from crm_tui.storage.store import ReadWork


def actor_for(work: ReadWork, login: str | None, user: str) -> Actor:
    """The actor behind ``login``, else behind the computer's ``user``.

    As long as the studio has no operators, everybody who has the file may do everything. After
    that a login must be one of theirs: raises :class:`~crm_tui.core.errors.NotFound`.
    """
    wanted = login or user
    known = work.session.exec(
        select(Operator).where(Operator.login == wanted, Operator.active)
    ).first()
    if known:
        return Actor(known.login, known.role)
    if login and work.session.exec(select(Operator.id).limit(1)).first():
        raise NotFound(what=_("operator"), ref=login)
    return Actor(wanted, Role.ADMIN)


def resolve(work: ReadWork, login: str) -> int:
    """The id of the operator with this login. Raises :class:`~crm_tui.core.errors.NotFound`."""
    found = work.session.exec(
        select(Operator.id).where(Operator.login == login.strip(), Operator.active)
    ).first()
    if found is None:
        raise NotFound(what=_("operator"), ref=login)
    return found


def store_of(work: ReadWork, login: str) -> int | None:
    """The store that the operator works for; none for somebody who works for the whole studio."""
    return work.session.exec(select(Operator.store_id).where(Operator.login == login)).first()


def logins(work: ReadWork) -> list[str]:
    """The logins of all who work here, in alphabetical order."""
    return list(
        work.session.exec(select(Operator.login).where(Operator.active).order_by(Operator.login))
    )
