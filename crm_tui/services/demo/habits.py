"""The habits of the demo studio's customers, as weighted dice."""

from __future__ import annotations

from crm_tui.core.words import OrderKind, PayChannel
from crm_tui.services.demo.odds import Odds

HOURS = (
    *(9.0, 7.0, 4.0, 2.0, 1.0, 0.6, 0.4, 0.4, 0.6, 0.8, 1.2, 1.6),
    *(2.4, 2.8, 3.0, 3.0, 3.2, 3.4, 4.0, 5.5, 8.0, 10.0, 11.0, 11.0),
)
"""How many orders come in each hour of the day, from midnight; only the proportion counts."""
WEEKDAYS = (0.85, 0.85, 0.9, 0.95, 1.2, 1.35, 1.15)
"""Monday to Sunday, as parts of an average day."""

HOUR = Odds(list(range(24)), list(HOURS))
KIND = Odds.of(
    [
        (OrderKind.COMPANION, 45),
        (OrderKind.RANK_BOOST, 20),
        (OrderKind.CASUAL, 12),
        (OrderKind.COACHING, 10),
        (OrderKind.VOICE, 6),
        (OrderKind.ESCORT, 5),
        (OrderKind.TRIAL, 2),
    ]
)
PAY_CHANNEL = Odds.of(
    [
        (PayChannel.WECHAT, 60),
        (PayChannel.ALIPAY, 30),
        (PayChannel.BALANCE, 5),
        (PayChannel.CASH, 3),
        (PayChannel.BANK, 2),
    ]
)
RATING = Odds.of([(5, 70), (4, 20), (3, 6), (2, 2), (1, 2)])
TIPS_FEN = (666, 880, 1314, 2000, 5200, 6600, 8800, 13140)


def regulars(customers: int) -> list[float]:
    """How likely each of so many customers is to order, the most loyal first: a power law."""
    return [(place + 25) ** -0.8 for place in range(customers)]
