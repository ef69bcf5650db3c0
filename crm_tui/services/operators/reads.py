"""Who somebody is, and what they may do."""

from __future__ import annotations

from sqlalchemy import bindparam, or_
from sqlmodel import col, select

from crm_tui.core.actor import Actor
from crm_tui.core.errors import NotFound, Refused
from crm_tui.core.language import _
from crm_tui.core.words import Role
from crm_tui.models import Operator
from crm_tui.storage.store import ReadWork

_STORE_OF = select(Operator.store_id).where(col(Operator.login) == bindparam("login"))


def actor_for(work: ReadWork, login: str | None, user: str) -> Actor:
    """The actor behind ``login``, else behind the computer's ``user``.

    As long as the studio has no operators, everybody who has the file may do everything. After
    that one must be one of theirs: raises :class:`~crm_tui.core.errors.NotFound` for another login,
    and :class:`~crm_tui.core.errors.Refused` for a user of the computer who named none.
    """
    wanted = login or user
    known = work.session.exec(
        select(Operator).where(Operator.login == wanted, Operator.active)
    ).first()
    if known:
        return Actor(known.login, known.role)
    if work.session.exec(select(Operator.id).limit(1)).first() is None:
        return Actor(wanted, Role.ADMIN)
    if login:
        raise NotFound(what=_("operator"), ref=login)
    why = _("“{user}” is no operator of this studio. Say who you are: {option} LOGIN.")
    raise Refused(why=why.format(user=user, option="--as"), reason="no_operator")


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
    return work.session.connection().execute(_STORE_OF, {"login": login}).scalar()


def logins(work: ReadWork) -> list[str]:
    """The logins of all who work here, in alphabetical order."""
    return list(
        work.session.exec(select(Operator.login).where(Operator.active).order_by(Operator.login))
    )


def a_manager(work: ReadWork, store_id: int) -> str | None:
    """The login of a manager, one of this store before one of the whole studio, else of an
    administrator; ``None`` where nobody of them works here."""
    roles = (Role.MANAGER, Role.ADMIN)
    found = work.session.exec(
        select(Operator).where(
            Operator.active,
            col(Operator.role).in_(roles),
            or_(col(Operator.store_id).is_(None), col(Operator.store_id) == store_id),
        )
    )
    ranked = sorted(found, key=lambda one: (roles.index(one.role), one.store_id is None, one.login))
    return ranked[0].login if ranked else None
