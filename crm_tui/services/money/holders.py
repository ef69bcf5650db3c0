"""Whose an account is, by name: companions and customers."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlmodel import col

from crm_tui.core.errors import Invalid
from crm_tui.core.language import _
from crm_tui.core.words import Account
from crm_tui.models import Companion, Customer
from crm_tui.services.companions import reads as companions
from crm_tui.services.customers import lookup as customers
from crm_tui.services.money.accounts import CHART, Holder
from crm_tui.storage.store import ReadWork

_MODELS: dict[Holder, type[Companion] | type[Customer]] = {
    Holder.COMPANION: Companion,
    Holder.CUSTOMER: Customer,
}


def resolve(work: ReadWork, account: Account, ref: str) -> int:
    """The subject of ``account`` that a person names.

    Raises :class:`NotFound`, :class:`Ambiguous`, and :class:`Invalid` for an account of the studio.
    """
    holder = CHART[account].holder
    if holder is Holder.COMPANION:
        return companions.resolve(work, ref)
    if holder is Holder.CUSTOMER:
        return customers.resolve(work, ref)
    expected = _("nobody: {account} is the studio’s own").format(account=account.label)
    raise Invalid(field=account.value, value=ref, expected=expected)


def names(work: ReadWork, account: Account, subjects: Collection[int]) -> dict[int, str]:
    """The nicknames of those whose accounts these are; nobody's are left out."""
    model = _MODELS.get(CHART[account].holder)
    if model is None:
        return {}
    ids = work.store.dialect.among(model.__table__.c.id, subjects)  # type: ignore[union-attr]
    rows = work.session.connection().execute(select(col(model.id), col(model.nick)).where(ids))
    return {subject: nick for subject, nick in rows if subject is not None}
