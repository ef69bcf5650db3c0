"""What a row says of an order or a payment. Pure: nothing is looked up or stored here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from crm_tui.core.words import (
    BillingUnit,
    DispatchMode,
    IdentityKind,
    OrderKind,
    OrderStatus,
    PayChannel,
    PaymentKind,
)
from crm_tui.services.imports import cells, times
from crm_tui.services.imports import words as vocabulary
from crm_tui.services.imports.cells import Cell
from crm_tui.services.imports.custom import Told, told_in
from crm_tui.services.imports.people import Identity, identities_in
from crm_tui.services.imports.rowcells import Remark, RowCells
from crm_tui.services.imports.times import When, joined
from crm_tui.services.orders.billing import amount_fen

LONGEST_ORDER_NO = 40
_LONGEST_REF = 100
_LONGEST_NOTE = 20_000


@dataclass(frozen=True, slots=True)
class PersonRef:
    """Whom a row means: by identities, else a number, else a name that may be any of these."""

    identities: tuple[Identity, ...] = ()
    no: str = ""
    nick: str = ""
    any: str = ""
    column: str = ""
    """The header to name if nobody is found, with its value."""
    value: str = ""

    def __bool__(self) -> bool:
        return bool(self.identities or self.no or self.nick or self.any)


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """An order as one row tells. Empty text and None mean that the row says nothing."""

    row: int
    no: str
    customer: PersonRef
    companion: PersonRef
    game: str
    kind: OrderKind
    mode: DispatchMode | None
    status: OrderStatus
    unit: BillingUnit
    minutes: int | None
    rate_fen: int
    amount_fen: int
    paid_fen: int
    tip_fen: int
    channel: PayChannel
    rating: int | None
    comment: str
    note: str
    cancel_reason: str
    created_at: datetime
    timed: bool
    """The row says at which time of the day, not only on which day."""
    started_at: datetime | None
    finished_at: datetime | None
    custom: tuple[Told, ...] = ()
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class PaymentRecord:
    """A payment as one row tells."""

    row: int
    order_no: str
    customer: PersonRef
    kind: PaymentKind
    channel: PayChannel | None
    amount_fen: int
    external_ref: str
    paid_at: datetime | None
    remarks: tuple[Remark, ...] = ()


def order(row: RowCells) -> OrderRecord:
    """The order of a row. Raises :class:`BadRow`.

    - Without a state column an order with companion and amount is completed, else pending; a blank
      state is read from what the row shows of service and money.
    - A missing amount is rate × time, else what was paid; a missing time is end − start, else
      amount ÷ rate.
    - Completed without a paid amount means paid in full; paid less means that less was owed.
    """
    customer = person(row, "customer")
    if not customer:
        raise row.bad("customer", "missing_customer")
    created, timed, started, finished = _times(row)
    minutes, unit = _time_sold(row, started, finished)
    rate = row.read("rate", _money(row, "rate")) or 0
    amount = row.read("amount", _money(row, "amount"))
    paid = row.read("paid", _money(row, "paid"))
    tip = row.read("tip", _money(row, "tip")) or 0
    if amount is None:
        amount = amount_fen(rate, minutes) if rate and minutes else paid
    if minutes is None and rate and amount:
        minutes = round(amount * 60 / rate)
    record = OrderRecord(
        row=row.number,
        no=order_number(row, "order_no"),
        customer=customer,
        companion=person(row, "companion"),
        game=row.line("game", 60),
        kind=_kind(row),
        mode=row.word("mode", vocabulary.DISPATCH_MODE),
        status=OrderStatus.PENDING,
        unit=unit,
        minutes=minutes,
        rate_fen=rate,
        amount_fen=amount or 0,
        paid_fen=paid or 0,
        tip_fen=tip,
        channel=_channel(row) or PayChannel.OTHER,
        rating=row.read("rating", cells.rating),
        comment=row.line("comment", _LONGEST_NOTE),
        note=row.line("note", _LONGEST_NOTE),
        cancel_reason=row.line("cancel_reason", _LONGEST_NOTE),
        created_at=created,
        timed=timed,
        started_at=started,
        finished_at=finished,
        custom=told_in(row),
    )
    settled = _settled(replace(record, status=_status(row, record)), row, amount, paid)
    return replace(settled, remarks=tuple(row.remarks))


def payment(row: RowCells) -> PaymentRecord:
    """The payment of a row. Raises :class:`BadRow`. A negative amount is a refund."""
    stated = row.word("kind", vocabulary.PAYMENT_KIND)
    cell = row.cell("amount")
    negative = cells.text(cell).lstrip("¥￥ ").startswith(("-", "−"))

    def positive(value: Cell) -> int | None:
        if isinstance(value, int | float):
            value = abs(value)
        elif isinstance(value, str):
            value = value.replace("-", "").replace("−", "")
        return _money(row, "amount")(value)

    amount = row.read("amount", positive)
    if not amount:
        raise row.bad("amount", "missing_amount")
    reference = row.read("external_ref", cells.identifier)
    if len(reference) > _LONGEST_REF:
        raise row.bad("external_ref", "too_long")
    moment = row.read("paid_at", lambda value: times.when(value, row.table.dating))
    return PaymentRecord(
        row=row.number,
        order_no=order_number(row, "order_no"),
        customer=person(row, "customer"),
        kind=PaymentKind.REFUND if negative else stated or PaymentKind.PAYMENT,
        channel=_channel(row),
        amount_fen=amount,
        external_ref=reference,
        paid_at=row.instant(joined(row.table.day, moment)),
        remarks=tuple(row.remarks),
    )


def order_number(row: RowCells, field: str) -> str:
    """The order number in a field. Raises :class:`BadRow`."""
    number = row.read(field, cells.identifier)
    if len(number) > LONGEST_ORDER_NO:
        raise row.bad(field, "too_long")
    return number


def person(row: RowCells, role: str) -> PersonRef:
    """Whom the columns of ``role`` ("customer", "companion") mean. Raises :class:`BadRow`."""
    kinds = {"phone": IdentityKind.PHONE}
    if role == "customer":
        kinds["wechat"] = IdentityKind.WECHAT
    found = {part: identities_in(row, f"{role}_{part}", kind) for part, kind in kinds.items()}
    identities = {part: known for part, known in found.items() if known}
    reference = PersonRef(
        tuple(each for known in identities.values() for each in known),
        row.read(f"{role}_no", cells.identifier),
        cells.text(row.cell(f"{role}_nick")),
        cells.words(row.cell(role)),
    )
    named = [part for part in ("no", "nick") if getattr(reference, part)]
    parts = [*identities, *([] if reference.any else named)]
    named_by = f"{role}_{parts[0]}" if parts else role
    return replace(reference, column=row.header(named_by), value=cells.text(row.cell(named_by)))


def _money(row: RowCells, field: str) -> Callable[[Cell], int | None]:
    return lambda cell: cells.amount(cell, in_fen=row.unit(field) == "fen")


def _times(row: RowCells) -> tuple[datetime, bool, datetime | None, datetime | None]:
    """Order time, whether it names a time of the day, start and end of the service."""
    dating = row.table.dating

    def period(cell: Cell) -> tuple[When | None, When | None]:
        return times.period(cell, dating)

    day = row.read("date", lambda cell: times.when(cell, dating)) or row.table.day
    ordered, ordered_end = row.read("ordered", period)
    start, start_end = row.read("started", period)
    slot, slot_end = row.read("period", period)
    end = row.read("finished", lambda cell: times.when(cell, dating))
    ordered = joined(day, ordered)
    start = _on_day(start or slot, ordered)
    end = _on_day(end or slot_end or start_end or ordered_end, start or ordered)
    if ordered is None or (ordered.clock is None and start):
        ordered = start or ordered or end
    created = row.instant(ordered)
    if ordered is None or created is None:
        raise row.bad("ordered" if "ordered" in row.columns else "date", "missing_date")
    started = row.instant(start) if start and start.clock is not None else None
    finished = row.instant(end) if end and end.clock is not None else None
    if finished and finished < (started or created) and not _names_day(row, "finished", dating):
        finished += timedelta(days=1)
    if started and finished and finished < started:
        raise row.bad("finished", "bad_date")
    return created, ordered.clock is not None, started, finished


def _on_day(moment: When | None, other: When | None) -> When | None:
    """``moment``, on the day of ``other`` where it names none itself."""
    return joined(When(day=other.day), moment) if moment and other else moment


def _names_day(row: RowCells, field: str, dating: times.Dating) -> bool:
    moment = times.when(row.cell(field), dating)
    return moment is not None and moment.day is not None


def _time_sold(
    row: RowCells, started: datetime | None, finished: datetime | None
) -> tuple[int | None, BillingUnit]:
    if cells.words(row.cell("minutes")) and times.rounds(row.cell("minutes")):
        return None, BillingUnit.PER_ROUND
    unit = row.unit("minutes")
    minutes = row.read("minutes", lambda cell: times.minutes(cell, unit))
    if minutes is None and started and finished:
        minutes = round((finished - started) / timedelta(minutes=1))
    return minutes, BillingUnit.HOURLY


def _kind(row: RowCells) -> OrderKind:
    kind = row.word("kind", vocabulary.ORDER_KIND)
    if kind is None and cells.words(row.cell("kind")):
        row.remark("kind", "kind_unknown")
    return kind or OrderKind.COMPANION


def _channel(row: RowCells) -> PayChannel | None:
    channel = row.word("channel", vocabulary.PAY_CHANNEL)
    return channel or (PayChannel.OTHER if cells.words(row.cell("channel")) else None)


def _status(row: RowCells, record: OrderRecord) -> OrderStatus:
    if cells.words(row.cell("status")):
        status = row.word("status", vocabulary.ORDER_STATUS)
        if status is None:
            raise row.bad("status", "unknown_status")
        return OrderStatus.PENDING if status is OrderStatus.OFFERED else status
    money = record.paid_fen or cells.words(row.cell("channel"))
    if "status" not in row.columns:
        served = bool(record.companion and record.amount_fen)
    else:
        served = bool(record.finished_at or record.rating or (money and record.companion))
    if served:
        return OrderStatus.COMPLETED
    return OrderStatus.UNPAID if record.companion and record.amount_fen else OrderStatus.PENDING


def _settled(
    record: OrderRecord, row: RowCells, amount: int | None, paid: int | None
) -> OrderRecord:
    """The order with amount and payment as its state says."""
    if record.status in (OrderStatus.ACCEPTED, OrderStatus.SERVING) and not record.companion:
        raise row.bad("companion", "missing_companion")
    if record.status is not OrderStatus.COMPLETED:
        return replace(record, paid_fen=paid or 0)
    if amount is None:
        raise row.bad("amount", "missing_amount")
    if not paid or paid == amount + record.tip_fen:
        return replace(record, paid_fen=amount)
    if paid < amount:
        row.remark("paid", "discounted")
        return replace(record, amount_fen=paid)
    return record
