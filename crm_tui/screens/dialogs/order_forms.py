"""The small forms about one order: finish, who leaves, a reason; and fields of other forms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from crm_tui.core.language import _
from crm_tui.core.money import Money, yuan
from crm_tui.core.text import fold
from crm_tui.core.words import Word
from crm_tui.screens.dialogs.form_dialog import FormDialog, Submit
from crm_tui.screens.order_cells import headline
from crm_tui.widgets.form import Field, Suggestion

if TYPE_CHECKING:
    from crm_tui.services.orders.bill import Ending
    from crm_tui.services.orders.rows import Named, OrderRow


def spelled(words: Iterable[Word], typed: str) -> Word:
    """The word that was typed in any language. Raises ``ValueError`` for none of ``words``."""
    for word in words:
        if fold(typed) in map(fold, word.spellings):
            return word
    raise ValueError(typed)


def word_field(
    name: str,
    label: str,
    words: Iterable[Word],
    *,
    initial: Word | None = None,
    required: bool = False,
) -> Field:
    """A field for one word of a vocabulary, typed in any language or chosen from the list."""

    def suggest(typed: str) -> Sequence[Suggestion]:
        # A whole word stands there already (the initial one): then the others are wanted, too.
        whole = any(fold(typed) == fold(word.label) for word in words)
        wanted = "" if whole else fold(typed)
        found = [Suggestion(w.label, w) for w in words if wanted in fold(" ".join(w.spellings))]
        # Enter takes the first: the word that was typed, whatever its case.
        return sorted(found, key=lambda each: fold(each.text) != fold(typed))

    return Field(
        name,
        label,
        parse=partial(spelled, words),
        hint=" / ".join(word.label for word in words),
        required=required,
        initial=initial.label if initial else "",
        suggest=suggest,
    )


def fen(typed: str) -> int:
    """An amount typed in yuan, more than nothing, in fen."""
    amount = Money.parse(typed).fen
    if amount <= 0:
        raise ValueError(typed)
    return amount


def minutes(typed: str) -> int:
    """Whole minutes, from none to a week; ``1.5h`` and ``1h`` are hours."""
    text = fold(typed).removesuffix("min").removesuffix("分钟").strip()
    if text.endswith(("h", "小时")):
        whole = round(float(text.removesuffix("h").removesuffix("小时")) * 60)
    else:
        whole = int(text)
    if not 0 <= whole <= 7 * 24 * 60:
        raise ValueError(typed)
    return whole


def finish_dialog(row: OrderRow, ending: Ending, submit: Submit) -> FormDialog:
    """Values: ``minutes``, or None for what was measured."""
    bill = ending.bill
    hint = _("empty: {measured} measured, {billed} by the rule").format(
        measured=bill.served_minutes, billed=bill.billed_minutes
    )
    effect = [
        _("The clock stops; {customer} is asked to confirm.").format(customer=row.customer),
        _("As measured it comes to ¥{amount}.").format(amount=yuan(bill.amount_fen)),
        ending.explanation,
    ]
    if ending.renewal:
        effect.append(_("{no} begins at once.").format(no=ending.renewal))
    return FormDialog(
        _("Finish"),
        headline(row),
        (Field("minutes", _("Minutes"), parse=minutes, hint=hint),),
        submit,
        effect=" ".join(filter(None, effect)),
    )


def leaving_dialog(row: OrderRow, title: str, among: Sequence[Named], submit: Submit) -> FormDialog:
    """Values: ``who`` of several companions leaves, by id."""

    def suggest(typed: str) -> Sequence[Suggestion]:
        return [Suggestion(one.nick, one.id) for one in among if fold(typed) in fold(one.nick)]

    field = Field("who", _("Who leaves"), required=True, suggest=suggest, must_pick=True)
    return FormDialog(title, headline(row), (field,), submit)


def reason_dialog(
    row: OrderRow, title: str, effect: str, usual: Sequence[str], submit: Submit
) -> FormDialog:
    """Values: ``reason``, never empty; ``usual`` are offered for it."""

    def suggest(typed: str) -> Sequence[Suggestion]:
        return [Suggestion(each, each) for each in usual if fold(typed) in fold(each)]

    field = Field("reason", _("Reason"), required=True, suggest=suggest)
    return FormDialog(title, headline(row), (field,), submit, effect=effect)
