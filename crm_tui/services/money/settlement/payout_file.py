"""The file that a bank, WeChat Pay or Alipay takes to pay a batch out.

Where a companion's money goes stands in custom fields of the studio, which the setting
``money.payout_fields`` names. Nothing that somebody typed becomes a formula.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlmodel import SQLModel, col

from crm_tui.core.actor import Actor
from crm_tui.core.errors import Invalid, NotAllowed, Refused
from crm_tui.core.language import N_, _, joined
from crm_tui.core.permissions import Permission, require
from crm_tui.core.words import PayChannel, SettlementState
from crm_tui.models import Companion
from crm_tui.services.exports.columns import Column, Kind, Record
from crm_tui.services.exports.custom import PREFIX, values_of
from crm_tui.services.exports.writers import write_file
from crm_tui.services.fields.reads import visible
from crm_tui.services.money.settlement import batches, reads
from crm_tui.services.money.settlement.reads import BatchRow, LineRow
from crm_tui.storage.store import ReadWork, Store, UnitOfWork

FIELDS = "money.payout_fields"
"""The setting: which custom field holds ``account``, ``holder``, ``bank``, ``openid``,
``alipay``; by key or label."""
ENDINGS = (".xlsx", ".csv")
_COMPANION_ID = SQLModel.metadata.tables["companion"].c.id


@dataclass(frozen=True, slots=True)
class Form:
    """A form of file: its columns, as the bank calls them, and what nobody can be paid without."""

    columns: tuple[Column, ...]
    needs: tuple[str, ...]


FORMS: dict[PayChannel, Form] = {
    PayChannel.BANK: Form(
        (
            Column("number", "序号", Kind.NUMBER),
            Column("account", "收款账号"),
            Column("holder", "收款户名"),
            Column("bank", "开户行"),
            Column("payable_fen", "金额", Kind.MONEY),
            Column("purpose", "用途"),
        ),
        ("account", "holder"),
    ),
    PayChannel.WECHAT: Form(
        (
            Column("reference", "商家明细单号"),
            Column("openid", "收款用户OpenID"),
            Column("holder", "收款用户姓名"),
            Column("payable_fen", "转账金额", Kind.MONEY),
            Column("purpose", "转账备注"),
        ),
        ("openid",),
    ),
    PayChannel.ALIPAY: Form(
        (
            Column("number", "序号", Kind.NUMBER),
            Column("alipay", "收款方支付宝账号"),
            Column("holder", "收款方姓名"),
            Column("payable_fen", "金额", Kind.MONEY),
            Column("purpose", "备注"),
        ),
        ("alipay", "holder"),
    ),
}
"""By where the money leaves from; cash needs no file."""


@dataclass(frozen=True, slots=True)
class Payee:
    """Somebody who gets money, and where to."""

    line: LineRow
    where: Mapping[str, str]

    def lacks(self, form: Form) -> list[str]:
        """What is not known of them and needed."""
        return [name for name in form.needs if not self.where.get(name)]


def write(
    store: Store,
    actor: Actor,
    no: str,
    channel: PayChannel,
    target: Path,
    *,
    key: str | None = None,
) -> dict[str, Any]:
    """Write the payout file of an approved or paid batch; it is logged that it was written.

    Who can't be paid that way is left out and told of, with why. Answers ``{"file", "form",
    "rows", "total_fen", "left_out"}``. Raises :class:`NotFound`, :class:`NotAllowed` for a batch
    that is not approved, :class:`Invalid` for a form or ending that there is not,
    :class:`Refused` where nobody can be paid, :class:`FileProblem`.
    """
    require(actor, Permission.SETTLE)
    form = _form(channel, target)
    with store.read() as work:
        batch = reads.one(work, no)
        if batch.state not in (SettlementState.APPROVED, SettlementState.PAID):
            raise NotAllowed(no=batch.no, status=batch.state, allowed=[SettlementState.APPROVED])
        payees = list(_payees(work, batch, actor))
        paid = [each for each in payees if not each.lacks(form)]
        if not paid:
            raise Refused(why=_no_account(work), reason="accounts")
        if not (key and store.is_answered(key)):
            write_file(target, form.columns, _rows(batch, paid), work.calendar().zone)
    left_out = [_left_out(each, form) for each in payees if each.lacks(form)]
    answer = {
        "file": str(target),
        "form": channel.value,
        "rows": len(paid),
        "total_fen": sum(each.line.payable_fen for each in paid),
        "left_out": left_out,
    }

    def log(work: UnitOfWork) -> dict[str, Any]:
        work.record(
            "export.done",
            batches.ENTITY,
            batch.id,
            store_id=batch.store_id,
            ref=batch.no,
            what="payout",
            form=channel.value,
            rows=len(paid),
            payable_fen=answer["total_fen"],
        )
        return answer

    return store.perform(actor, log, key=key, request=["payout-file", no, channel, str(target)])


def _form(channel: PayChannel, target: Path) -> Form:
    if channel not in FORMS:
        known = joined(each.value for each in FORMS)
        raise Invalid(field="--form", value=channel.value, expected=known)
    if target.suffix.lower() not in ENDINGS:
        raise Invalid(field="--to", value=target.name, expected=joined(ENDINGS))
    return FORMS[channel]


def _payees(work: ReadWork, batch: BatchRow, actor: Actor) -> Iterator[Payee]:
    definitions = visible(work, "companion", actor.role)
    by_name = {name: each.key for each in definitions for name in (each.label, each.key)}
    wanted = {
        name: PREFIX + by_name[field]
        for name, field in work.setting(FIELDS, batch.store_id).items()
        if field in by_name
    }
    lines = [line for line in reads.lines(work, batch.id) if line.payable_fen]
    stored: Any = select(col(Companion.id), col(Companion.custom)).where(
        work.store.dialect.among(_COMPANION_ID, [line.companion_id for line in lines])
    )
    custom: dict[int, Any] = dict(work.session.connection().execute(stored).all())
    for line in lines:
        values = values_of(definitions, custom[line.companion_id], actor.role)
        where = {name: str(values.get(key) or "").strip() for name, key in wanted.items()}
        yield Payee(line, where)


def _rows(batch: BatchRow, payees: list[Payee]) -> Iterator[Record]:
    purpose = f"{batch.store or ''} {batch.no}".strip()
    for number, each in enumerate(payees, start=1):
        yield {
            **dict.fromkeys(("account", "holder", "bank", "openid", "alipay"), ""),
            **each.where,
            "number": number,
            "reference": _reference(batch.no, each.line.no),
            "payable_fen": each.line.payable_fen,
            "purpose": purpose,
        }


def _reference(batch: str, companion: str) -> str:
    """One that is never used twice: letters and digits, as WeChat Pay wants it."""
    return "".join(char for char in f"{batch}{companion}" if char.isascii() and char.isalnum())


_NAMES = {
    "account": N_("account number"),
    "holder": N_("account holder"),
    "openid": N_("WeChat OpenID"),
    "alipay": N_("Alipay account"),
}


def _left_out(payee: Payee, form: Form) -> dict[str, Any]:
    return {
        "companion": payee.line.no,
        "nick": payee.line.nick,
        "payable_fen": payee.line.payable_fen,
        "why": joined(_(_NAMES[name]) for name in payee.lacks(form)),
    }


def _no_account(work: ReadWork) -> str:
    fields = joined(work.setting(FIELDS).values())
    return _(
        "of nobody it is known where the money goes. It is read from these fields: {fields}."
    ).format(fields=fields)
