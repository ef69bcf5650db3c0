"""What a journal counts as: one that takes another back counts as that one, with the other sign.

A refund that was taken back lessens the refunds of the day on which that was done; it is no
takings. Whoever adds journals up by kind uses :data:`COUNTS_AS` on a query that went through
:func:`with_taken_back`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func
from sqlalchemy.orm import aliased
from sqlmodel import col

from crm_tui.core.words import JournalKind
from crm_tui.models.base import WordType
from crm_tui.models.ledger import Journal

_TAKEN_BACK = aliased(Journal)
COUNTS_AS: Any = func.coalesce(
    col(_TAKEN_BACK.kind), col(Journal.kind), type_=WordType(JournalKind)
)
"""The kind of the journal that was taken back, else the journal's own."""


def with_taken_back(query: Select[Any]) -> Select[Any]:
    """``query``, which reads :class:`Journal`, beside the journal that each takes back, if any."""
    return query.outerjoin(_TAKEN_BACK, col(_TAKEN_BACK.id) == col(Journal.reverses_id))
