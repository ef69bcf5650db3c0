"""Which companion the customer who is looked at prefers, or is kept from."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from crm_tui.core.language import _, joined
from crm_tui.core.words import Stance
from crm_tui.screens.customer_in_hand import CustomerInHand
from crm_tui.screens.desk import Undo
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.screens.pickers import companion_field
from crm_tui.widgets.form import Field, Suggestion

if TYPE_CHECKING:
    from crm_tui.services.customers.stances import StanceRow
    from crm_tui.storage.store import UnitOfWork


def _set(
    customer_id: int, companion_id: int, stance: Stance | None, reason: str, work: UnitOfWork
) -> None:
    from crm_tui.services.customers import stances

    stances.set_stance(work, customer_id, companion_id, stance, reason)


class StanceCommands(CustomerInHand):
    """``w``: pick a companion, say what is between the two and why."""

    def customer_stance(self) -> None:
        customer, person = self.customer_in_hand(), self.profile
        if customer is None or person is None:
            return
        before = {row.companion_id: (row.stance, row.reason) for row in person.stances}

        def save(values: dict[str, Any], dialog: FormDialog) -> None:
            companion_id, stance = values["companion"], values["stance"]
            change = partial(
                _set, customer.id, companion_id, stance or None, values["reason"] or ""
            )
            label = stance.label if stance else _("neither preferred nor refused")
            done = _("{nick}: {stance}").format(nick=customer.nick, stance=label)
            held, why = before.get(companion_id, (None, ""))
            self.write(
                change,
                done,
                undo=Undo(done, partial(_set, customer.id, companion_id, held, why)),
                then=lambda _result: dialog.dismiss(),
                failed=dialog.failed,
            )

        fields = [
            companion_field(self, required=True),
            _stance_field(),
            Field("reason", _("Reason"), hint=_("a refusal needs it")),
        ]
        title, effect = _("Preferred or refused companion"), _kept(person.stances)
        target = f"{customer.no} {customer.nick}"
        self.app.push_screen(FormDialog(title, target, fields, save, effect=effect))


NOTHING = ""
"""What the field of the stance holds where neither is wanted any more."""


def _stance_field() -> Field:
    """One of the stances by any spelling, or that there is none any more."""
    words: dict[str, Stance | str] = {stance.label: stance for stance in Stance}
    neither = {_("neither"): NOTHING}
    spelled = {each: stance for stance in Stance for each in stance.spellings}

    def read(text: str) -> Stance | str:
        try:
            return {**spelled, **words, **neither}[text]
        except KeyError:
            raise ValueError(text) from None

    def suggest(typed: str) -> list[Suggestion]:
        known = {**words, **neither}
        fitting = [word for word in known if typed in word and typed not in known]
        return [Suggestion(word, known[word]) for word in fitting or known]

    hint = joined((*words, *neither))
    return Field("stance", _("Stance"), read, hint, required=True, suggest=suggest)


def _kept(stances: Iterable[StanceRow]) -> str:
    """What is between them and others already, on one line."""
    return " · ".join(
        f"{row.companion}: {row.stance.label}" + (f" ({row.reason})" if row.reason else "")
        for row in stances
    )
