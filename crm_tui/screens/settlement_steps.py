"""The steps of a batch, from its list and from its own screen alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.content import Content

from crm_tui.commands import Command
from crm_tui.core.errors import CrmError, Invalid
from crm_tui.core.language import _, joined, ngettext
from crm_tui.core.money import yuan
from crm_tui.core.words import PayChannel, SettlementState
from crm_tui.places import exports_folder
from crm_tui.screens.base import ConsoleScreen
from crm_tui.screens.custom_fields import offering
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.screens.dialogs.progress import ProgressDialog
from crm_tui.widgets.form import Field
from crm_tui.widgets.text import shown

if TYPE_CHECKING:
    from crm_tui.screens.dialogs.progress import Tell
    from crm_tui.services.money.settlement.reads import BatchRow
    from crm_tui.storage.store import ReadWork, UnitOfWork

SEEN_BY = "settlement"
"""The entity of the events that change what is shown of batches."""


def _approve(no: str, work: UnitOfWork) -> None:
    from crm_tui.services.money.settlement import actions

    actions.approve(work, no)


def _pay(no: str, channel: PayChannel, work: UnitOfWork) -> None:
    from crm_tui.services.money.settlement import actions

    actions.pay(work, no, channel)


def _cancel(no: str, reason: str, work: UnitOfWork) -> None:
    from crm_tui.services.money.settlement import actions

    actions.cancel(work, no, reason)


def _verified(no: str, work: ReadWork) -> dict[str, Any]:
    from crm_tui.services.money.settlement import documents

    return documents.verified_document(work, no)


class SettlementSteps(ConsoleScreen):
    """What both screens of settlement can do with :meth:`in_hand`."""

    def in_hand(self) -> BatchRow | None:
        """The batch that is meant: under the cursor, or the one that is open."""
        raise NotImplementedError

    def record_state(self) -> str | None:
        batch = self.in_hand()
        return batch.state.value if batch else None

    def why_not(self, command: Command) -> str | None:
        batch = self.in_hand()
        if batch and command.states and batch.state.value not in command.states:
            states = joined(each.label for each in SettlementState if each in command.states)
            told = _("{no} is {status}; this needs: {states}.")
            return told.format(no=batch.no, status=batch.state.label, states=states)
        return super().why_not(command)

    # Steps

    def settlement_approve(self) -> None:
        self._confirm(_("Approve"), _approve, _("{no} approved"))

    def settlement_cancel(self) -> None:
        field = Field("reason", _("Reason"), required=True, hint=_("is kept"))
        self._ask(_("Call off"), field, _cancel, _("{no} cancelled"))

    def settlement_pay(self) -> None:
        from crm_tui.services.money.settlement.rules import PAYOUT_CHANNELS

        field = channel_field("channel", _("Channel"), PAYOUT_CHANNELS)
        self._ask(_("Pay out"), field, _pay, _("{no} paid out"))

    def _confirm(self, title: str, step: Callable[..., None], done: str) -> None:
        batch = self.in_hand()
        if batch is None:
            return

        def same(text: str) -> str:
            if text != batch.no:
                raise ValueError(text)
            return text

        hint = _("type {no} to confirm").format(no=batch.no)
        field = Field("no", _("Number"), same, hint, required=True)
        self._ask(title, field, lambda no, _typed, work: step(no, work), done)

    def _ask(self, title: str, field: Field, step: Callable[..., None], done: str) -> None:
        """A form of one field, with the batch and what it comes to above it."""
        batch = self.in_hand()
        if batch is None:
            return
        no = batch.no

        def submit(values: dict[str, Any], dialog: FormDialog) -> None:
            self.write(
                partial(step, no, values[field.name]),
                done.format(no=no),
                then=lambda _result: dialog.dismiss(),
                failed=dialog.failed,
            )

        self.app.push_screen(FormDialog(title, no, [field], submit, effect=effect_of(batch)))

    # Long work

    def settlement_renew(self) -> None:
        from crm_tui.services.money.settlement import drafting

        batch, desk = self.in_hand(), self.desk
        if batch is None or desk is None:
            return

        def work(tell: Tell) -> dict[str, Any]:
            return drafting.renew(desk.store, desk.actor, batch.no, progress=tell)

        self.open_dialog(ProgressDialog(f"{_('Read anew')}: {batch.no}", work), self.drafted)

    def drafted(self, answer: dict[str, Any] | CrmError) -> None:
        """A draft was written, or why not is said."""
        if isinstance(answer, CrmError):
            self.say(answer.message(), "warning")
            return
        from crm_tui.services.money.settlement import documents

        told = _("{no}: ¥{amount} to pay, ¥{frozen} still frozen")
        self.say(
            told.format(
                no=answer["no"],
                amount=yuan(answer["payable_fen"]),
                frozen=yuan(answer["frozen_fen"]),
            )
        )
        if more := documents.left_out(answer.get("earlier_fen", 0), answer["from"]):
            self.say(more, "warning")
        self.show_record(answer["no"])

    def settlement_verify(self) -> None:
        batch = self.in_hand()
        if batch is not None:
            self.read(partial(_verified, batch.no), self._tell_verified, group="verify")

    def _tell_verified(self, document: dict[str, Any]) -> None:
        if document["ok"]:
            self.say(_("{no} is what the books say.").format(no=document["no"]))
            return
        named = joined(str(each["companion"]) for each in document["differences"][:5])
        told = _("{no} is not what the books say: {companions}")
        self.say(told.format(no=document["no"], companions=named), "error")

    # The payout file

    def settlement_file(self) -> None:
        from crm_tui.services.money.settlement.payout_file import FORMS

        batch = self.in_hand()
        if batch is None:
            return
        fields = [
            channel_field("form", _("Form"), FORMS),
            Field(
                "file",
                _("File"),
                required=True,
                initial=str(free_file(f"{batch.no}.xlsx")),
                hint=_("ends in .xlsx or .csv"),
            ),
        ]
        submit = partial(self._write_file, batch.no)
        dialog = FormDialog(_("Payout file"), batch.no, fields, submit, effect=effect_of(batch))
        self.app.push_screen(dialog)

    def _write_file(self, no: str, values: dict[str, Any], dialog: FormDialog) -> None:
        from crm_tui.services.money.settlement import payout_file

        desk = self.desk
        if desk is None:
            return
        file = Path(values["file"]).expanduser()

        def work(_tell: Tell) -> dict[str, Any]:
            return payout_file.write(desk.store, desk.actor, no, values["form"], file)

        def wrote(answer: dict[str, Any] | CrmError) -> None:
            if isinstance(answer, CrmError):
                dialog.failed(answer)
                return
            dialog.dismiss()
            self._tell_file(answer)

        self.open_dialog(ProgressDialog(f"{_('Payout file')}: {no}", work), wrote)

    def _tell_file(self, answer: dict[str, Any]) -> None:
        from crm_tui.screens.dialogs.text import TextDialog

        rows = answer["rows"]
        told = ngettext(
            "{rows} payment of ¥{total} written to {file}",
            "{rows} payments of ¥{total} written to {file}",
            rows,
        ).format(rows=rows, total=yuan(answer["total_fen"]), file=answer["file"])
        if not answer["left_out"]:
            self.say(told)
            return
        left = _("left out: {companion} {nick}, ¥{amount}: no {why}")
        lines = [told, ""]
        lines += [
            left.format(amount=yuan(each["payable_fen"]), **each) for each in answer["left_out"]
        ]
        text = Content("\n").join(shown(each, limit=300) for each in lines)
        self.app.push_screen(TextDialog(_("Payout file"), text))


def effect_of(batch: BatchRow) -> str:
    """What a batch comes to, on one line."""
    people = ngettext("{count} companion", "{count} companions", batch.companions)
    parts = (
        _("{first} to {last}").format(first=batch.period_from, last=batch.period_to),
        people.format(count=batch.companions),
        _("¥{amount} to pay").format(amount=yuan(batch.payable_fen)),
    )
    return " · ".join(parts)


def channel_field(name: str, label: str, channels: Iterable[PayChannel]) -> Field:
    """A field for one of ``channels``, by its label; the bank unless another is typed."""
    return choice_field(name, label, {each.label: each for each in channels}, PayChannel.BANK.label)


def choice_field(name: str, label: str, choices: Mapping[str, Any], initial: str) -> Field:
    """A field whose value is one of ``choices``, by its text."""

    def choose(text: str) -> Any:
        if text not in choices:
            raise Invalid(field=label, value=text, expected=joined(choices))
        return choices[text]

    offered = joined(choices)
    return Field(
        name, label, choose, offered, required=True, initial=initial, suggest=offering(choices)
    )


def free_file(name: str) -> Path:
    """A file in the exports' folder that is not there yet."""
    folder = exports_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file, number = folder / name, 2
    while file.exists():
        file, number = folder / f"{Path(name).stem}-{number}{file.suffix}", number + 1
    return file
