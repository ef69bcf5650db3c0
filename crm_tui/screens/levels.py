"""The membership levels: what it takes to reach each, and what it gives."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from crm_tui.core.language import N_, _
from crm_tui.core.money import Money, yuan
from crm_tui.screens.desk import Undo
from crm_tui.screens.dialogs.form_dialog import FormDialog, typed_again
from crm_tui.screens.settings_page import SettingsPage
from crm_tui.widgets.form import Field
from crm_tui.widgets.record_table import Column
from crm_tui.widgets.text import Cell, shown

if TYPE_CHECKING:
    from crm_tui.services.money.members.rules import Level
    from crm_tui.storage.store import ReadWork, UnitOfWork

GIVES = ("threshold_fen", "discount_bp", "bonus_bp")


def _set(name: str, new_name: str | None, gives: dict[str, int], work: UnitOfWork) -> int:
    from crm_tui.services.money.members import levels

    return levels.set_level(work, name, new_name=new_name, **gives).id


def _remove(name: str, work: UnitOfWork) -> int:
    from crm_tui.services.money.members import levels

    return levels.remove_level(work, name)


class LevelsScreen(SettingsPage["Level"]):
    """Enter changes the level under the cursor; everybody who reaches it has it at once."""

    PLACE = "levels"
    HEADING = N_("Membership levels")
    ON_CHOSEN = "level.edit"
    SHOWN_BY = frozenset({"level.set", "level.removed"})
    NEED_A_ROW = frozenset({"level.edit", "level.remove"})

    def __init__(self) -> None:
        super().__init__(key=lambda row: row.id, cells=_cells)

    def columns(self) -> tuple[Column, ...]:
        return (
            Column("name", _("Level"), 12, grow=2, most=30),
            Column("threshold", _("Topped up"), 12, align="right"),
            Column("discount", _("Discount"), 9, align="right"),
            Column("bonus", _("Bonus"), 9, align="right"),
        )

    def look(self, work: ReadWork) -> list[Level]:
        from crm_tui.services.money.members import reads

        return list(reads.levels(work))

    def nothing(self) -> str:
        return _("There are no membership levels yet. c adds one.")

    def meaning(self, row: Level) -> str:
        return _(
            "Who has topped up ¥{threshold} in all pays {discount}% less, "
            "and has {bonus}% of bonus on every top-up."
        ).format(
            threshold=yuan(row.threshold_fen),
            discount=_percent(row.discount_bp),
            bonus=_percent(row.bonus_bp),
        )

    def copy_text(self) -> str | None:
        row = self.row()
        return row.name if row else None

    # Commands

    def level_add(self) -> None:
        def save(values: dict[str, Any], dialog: FormDialog) -> None:
            def saved(level_id: int) -> None:
                dialog.dismiss()
                self.show_record(level_id)

            name, gives = values["name"], _given(values)
            done = _("{level} is a level now").format(level=name)
            self.write(
                partial(_set, name, None, gives),
                done,
                undo=Undo(done, partial(_remove, name)),
                then=saved,
                failed=dialog.failed,
            )

        self.app.push_screen(FormDialog(_("Membership level"), _("new"), _fields(None), save))

    def level_edit(self) -> None:
        row = self.row()
        if row is None:
            return
        before = {name: getattr(row, name) for name in GIVES}

        def save(values: dict[str, Any], dialog: FormDialog) -> None:
            name, gives = values["name"], _given(values)
            done = _("{level} changed").format(level=name)
            self.write(
                partial(_set, row.name, name, gives),
                done,
                undo=Undo(done, partial(_set, name, row.name, before)),
                then=lambda _result: dialog.dismiss(),
                failed=dialog.failed,
            )

        effect = _("Holds for orders and top-ups from now on; orders taken keep their price.")
        fields = _fields(row)
        self.app.push_screen(
            FormDialog(_("Membership level"), row.name, fields, save, effect=effect)
        )

    def level_remove(self) -> None:
        row = self.row()
        if row is None:
            return
        gives = {name: getattr(row, name) for name in GIVES}
        done = _("{level} removed").format(level=row.name)

        def save(_values: dict[str, Any], dialog: FormDialog) -> None:
            self.write(
                partial(_remove, row.name),
                done,
                undo=Undo(done, partial(_set, row.name, None, gives)),
                then=lambda _result: dialog.dismiss(),
                failed=dialog.failed,
            )

        effect = _("Its members fall to the level below.")
        fields = [typed_again("name", _("Level"), row.name)]
        self.app.push_screen(FormDialog(_("Remove level"), row.name, fields, save, effect=effect))


def _fields(row: Level | None) -> tuple[Field, ...]:
    def typed(fen: int) -> str:
        return yuan(fen).replace(",", "") if row else ""

    return (
        Field("name", _("Level"), required=True, initial=row.name if row else ""),
        Field(
            "threshold_fen",
            _("Topped up"),
            _amount,
            _("yuan in all to reach it"),
            required=True,
            initial=typed(row.threshold_fen if row else 0),
        ),
        Field(
            "discount_bp",
            _("Discount"),
            _share,
            _("per cent off, such as 5"),
            initial=_percent(row.discount_bp) if row else "",
        ),
        Field(
            "bonus_bp",
            _("Bonus"),
            _share,
            _("per cent on every top-up, such as 2"),
            initial=_percent(row.bonus_bp) if row else "",
        ),
    )


def _given(values: dict[str, Any]) -> dict[str, int]:
    return {name: values[name] or 0 for name in GIVES}


def _amount(typed: str) -> int:
    fen = Money.parse(typed).fen
    if fen < 0:
        raise ValueError(typed)
    return fen


def _share(typed: str) -> int:
    """Per cent, of at most two decimals, in basis points."""
    points = Money.parse(typed.replace("%", "").replace("％", "")).fen
    if not 0 <= points <= 10_000:
        raise ValueError(typed)
    return points


def _percent(points: int) -> str:
    return f"{points / 100:g}"


def _cells(row: Level) -> tuple[Cell, ...]:
    return (
        shown(row.name),
        yuan(row.threshold_fen),
        f"{_percent(row.discount_bp)}%",
        f"{_percent(row.bonus_bp)}%",
    )
