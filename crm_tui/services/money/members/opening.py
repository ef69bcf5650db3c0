"""What customers had with the studio before it kept books here: imported, and undone with that.

The money behind it came some way or other before: it stands in the channel ``other``. It counts as
topped up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlmodel import SQLModel

from crm_tui.core.words import Account, JournalKind, PayChannel
from crm_tui.services.money.ledger import Entry, Posting, post_many, reverse_many
from crm_tui.services.money.members import levels
from crm_tui.services.money.members.rules import Parts
from crm_tui.services.money.members.spending import entries
from crm_tui.storage.store import UnitOfWork

_JOURNALS = SQLModel.metadata.tables["journal"]


def bring_in(
    work: UnitOfWork, batch_id: int, store_id: int, held: Mapping[int, Parts], reason: str
) -> None:
    """Book what each customer brings along, by id; once for each batch."""
    if held:
        post_many(
            work,
            [
                Posting(
                    JournalKind.TOP_UP,
                    [
                        Entry(Account.CHANNEL, parts.paid_fen, channel=PayChannel.OTHER),
                        Entry(Account.BONUS_COST, parts.bonus_fen),
                        *entries(customer_id, parts, -1),
                    ],
                    _key(batch_id, customer_id),
                    store_id,
                    customer_id=customer_id,
                    reason=reason,
                )
                for customer_id, parts in held.items()
            ],
        )
        levels.refresh(work, held)


def take_back(work: UnitOfWork, batch_id: int, customer_ids: Sequence[int], reason: str) -> None:
    """Undo :func:`bring_in` for customers who go with their import, and have spent nothing."""
    keys = [_key(batch_id, customer_id) for customer_id in customer_ids]
    among = work.store.dialect.among(_JOURNALS.c.key, keys)
    found = work.session.connection().execute(select(_JOURNALS.c.id).where(among))
    reverse_many(work, [journal_id for (journal_id,) in found], reason=reason)


def _key(batch_id: int, customer_id: int) -> str:
    return f"opening:{batch_id}:{customer_id}"
