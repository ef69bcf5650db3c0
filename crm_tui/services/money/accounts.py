"""The chart of accounts: what each holds, on which side it stands, and whose it is.

An amount is debit positive, credit negative. What the studio has and spends stands in debit, what
it owes and earns in credit; :attr:`Terms.normal` turns a balance into the figure that people read.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from crm_tui.core.words import Account

DEBIT, CREDIT = 1, -1


class Holder(Enum):
    """Whose an account is."""

    STUDIO = auto()
    CUSTOMER = auto()
    COMPANION = auto()


@dataclass(frozen=True, slots=True)
class Terms:
    """How an account stands in the books."""

    normal: int
    """:data:`DEBIT` or :data:`CREDIT`: the side on which it grows."""
    holder: Holder = Holder.STUDIO


CHART: dict[Account, Terms] = {
    # Assets: what the studio has, and what others owe it.
    Account.CHANNEL: Terms(DEBIT),
    Account.RECEIVABLE: Terms(DEBIT, Holder.CUSTOMER),
    Account.CLAWBACK: Terms(DEBIT, Holder.COMPANION),
    # Liabilities: what it owes.
    Account.PREPAID: Terms(CREDIT, Holder.CUSTOMER),
    Account.STORED: Terms(CREDIT, Holder.CUSTOMER),
    Account.BONUS: Terms(CREDIT, Holder.CUSTOMER),
    Account.COMPANION_PAYABLE: Terms(CREDIT, Holder.COMPANION),
    Account.SETTLED_PAYABLE: Terms(CREDIT, Holder.COMPANION),
    Account.SUSPENSE: Terms(CREDIT),
    # Income, and what is taken from it.
    Account.REVENUE: Terms(CREDIT),
    Account.TIP_REVENUE: Terms(CREDIT),
    Account.DISCOUNT: Terms(DEBIT),
    Account.REFUNDS: Terms(DEBIT),
    # Expenses.
    Account.BONUS_COST: Terms(DEBIT),
    Account.BAD_DEBT: Terms(DEBIT),
    Account.ADJUSTMENTS: Terms(DEBIT),
    Account.FEES: Terms(DEBIT),
}
"""Every account, in the order of a balance sheet."""


def shown_fen(account: Account, balance_fen: int) -> int:
    """A balance as people read it, on the account's normal side.

    >>> shown_fen(Account.COMPANION_PAYABLE, -7200), shown_fen(Account.CLAWBACK, 300)
    (7200, 300)
    """
    return balance_fen * CHART[account].normal
