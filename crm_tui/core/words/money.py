"""What payments, the ledger, settlement and bills are told in."""

from __future__ import annotations

from crm_tui.core.language import N_
from crm_tui.core.words.word import LABELS, Word


class PayChannel(Word):
    """How money came (C1)."""

    WECHAT = "wechat"
    ALIPAY = "alipay"
    BANK = "bank"
    CASH = "cash"
    BALANCE = "balance"
    OTHER = "other"


class PaymentKind(Word):
    """What the money was for."""

    PAYMENT = "payment"
    TIP = "tip"
    REFUND = "refund"


class Account(Word):
    """The chart of accounts (C2); what each holds stands in ``services/money/accounts.py``."""

    CHANNEL = "channel"
    RECEIVABLE = "receivable"
    CLAWBACK = "clawback"
    PREPAID = "prepaid"
    STORED = "stored"
    BONUS = "bonus"
    COMPANION_PAYABLE = "companion_payable"
    SETTLED_PAYABLE = "settled_payable"
    REVENUE = "revenue"
    TIP_REVENUE = "tip_revenue"
    DISCOUNT = "discount"
    REFUNDS = "refunds"
    BONUS_COST = "bonus_cost"
    BAD_DEBT = "bad_debt"
    ADJUSTMENTS = "adjustments"
    FEES = "fees"
    SUSPENSE = "suspense"


class JournalKind(Word):
    """What a journal tells of."""

    PAYMENT = "payment"
    COMPLETION = "completion"
    TIP = "tip"
    REFUND = "refund"
    DISCOUNT = "discount"
    WRITE_OFF = "write_off"
    HAND_OVER = "hand_over"
    TOP_UP = "top_up"
    BONUS = "bonus"
    SPENDING = "spending"
    STORED_REFUND = "stored_refund"
    ADJUSTMENT = "adjustment"
    SETTLEMENT = "settlement"
    PAYOUT = "payout"
    FEE = "fee"
    BILL = "bill"
    TRANSFER = "transfer"
    CORRECTION = "correction"
    REVERSAL = "reversal"


class SettlementState(Word):
    """Where a settlement batch stands (C4)."""

    DRAFT = "draft"
    APPROVED = "approved"
    PAID = "paid"
    CANCELLED = "cancelled"


class BillLineKind(Word):
    """What a line of a bill says happened (C5)."""

    PAYMENT = "payment"
    REFUND = "refund"
    FEE = "fee"
    NEUTRAL = "neutral"


class BillLineState(Word):
    """What was made of a line of a bill."""

    OPEN = "open"
    MATCHED = "matched"
    BOOKED = "booked"
    IGNORED = "ignored"


LABELS.update(
    {
        PayChannel: {
            "wechat": N_("WeChat Pay"),
            "alipay": N_("Alipay"),
            "bank": N_("Bank"),
            "cash": N_("Cash"),
            "balance": N_("Balance"),
            "other": N_("Other"),
        },
        PaymentKind: {
            "payment": N_("Payment"),
            "tip": N_("Tip"),
            "refund": N_("Refund"),
        },
        Account: {
            "channel": N_("Money in hand"),
            "receivable": N_("Customers owe"),
            "clawback": N_("Companions owe back"),
            "prepaid": N_("Paid in advance"),
            "stored": N_("Stored value"),
            "bonus": N_("Stored bonus"),
            "companion_payable": N_("Owed to companions"),
            "settled_payable": N_("Settled, to pay out"),
            "revenue": N_("Studio income"),
            "tip_revenue": N_("Studio part of tips"),
            "discount": N_("Discounts given"),
            "refunds": N_("Refunds given"),
            "bonus_cost": N_("Cost of bonuses"),
            "bad_debt": N_("Bad debt"),
            "adjustments": N_("Settlement adjustments"),
            "fees": N_("Channel fees"),
            "suspense": N_("Unexplained money"),
        },
        JournalKind: {
            "payment": N_("Payment"),
            "completion": N_("Order completed"),
            "tip": N_("Tip"),
            "refund": N_("Refund"),
            "discount": N_("Discount"),
            "write_off": N_("Written off"),
            "hand_over": N_("Handed over"),
            "top_up": N_("Top-up"),
            "bonus": N_("Bonus"),
            "spending": N_("Paid from stored value"),
            "stored_refund": N_("Stored value given back"),
            "adjustment": N_("Adjustment"),
            "settlement": N_("Settlement"),
            "payout": N_("Payout"),
            "fee": N_("Fee"),
            "bill": N_("Booked from a bill"),
            "transfer": N_("Customers merged"),
            "correction": N_("Correction"),
            "reversal": N_("Taken back"),
        },
        SettlementState: {
            "draft": N_("Draft"),
            "approved": N_("Approved"),
            "paid": N_("Paid out"),
            "cancelled": N_("Cancelled"),
        },
        BillLineKind: {
            "payment": N_("Payment"),
            "refund": N_("Refund"),
            "fee": N_("Fee"),
            "neutral": N_("Neutral"),
        },
        BillLineState: {
            "open": N_("To match"),
            "matched": N_("Matched"),
            "booked": N_("Booked"),
            "ignored": N_("Ignored"),
        },
    }
)
