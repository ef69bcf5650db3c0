"""The split rules of the studio: versions with the day from which they hold, tried before."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from crm_tui.core.language import N_, _
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.screens.dialogs.rule_effect import RuleEffectDialog
from crm_tui.screens.settings_page import SettingsPage
from crm_tui.screens.split_rule_form import SplitRuleForm
from crm_tui.widgets.record_table import Column
from crm_tui.widgets.text import Cell, shown

if TYPE_CHECKING:
    from datetime import date

    from crm_tui.services.money.splits.in_force import RuleVersion
    from crm_tui.services.money.splits.rules import SplitRule
    from crm_tui.services.money.splits.what_if import WhatIf
    from crm_tui.storage.store import ReadWork, UnitOfWork


@dataclass(frozen=True, slots=True)
class Line:
    """One version as it is shown: in words, and whether it holds today."""

    version: RuleVersion
    words: tuple[str, ...]
    holds: bool
    level_names: dict[str, str]
    """The names of all levels by code, for the form."""


def _lines(work: ReadWork) -> list[Line]:
    from crm_tui.models import STUDIO
    from crm_tui.services.catalogue.reads import levels
    from crm_tui.services.money.splits.in_force import in_force, versions
    from crm_tui.services.money.splits.words import rule_in_words

    names = {level.code: level.name for level in levels(work)}
    holds = in_force(work, STUDIO, work.calendar(STUDIO).day_of(work.clock.now()))
    return [
        Line(each, tuple(rule_in_words(each.rule, names)), each.version == holds.version, names)
        for each in versions(work, STUDIO)
    ]


def _tried(rule: SplitRule, work: ReadWork) -> WhatIf:
    from crm_tui.services.money.splits.what_if import what_if

    return what_if(work, rule)


def _tried_definition(definition: dict[str, Any], work: ReadWork) -> WhatIf:
    from crm_tui.services.money.splits.actions import checked

    return _tried(checked(work, definition), work)


def _add(definition: dict[str, Any], day: date | None, note: str, work: UnitOfWork) -> int:
    from crm_tui.services.money.splits.actions import add_version

    return add_version(work, definition, day, note).version


class SplitRulesScreen(SettingsPage[Line]):
    """Enter tries the version under the cursor on the month that is over; a new version is tried
    before it is kept."""

    PLACE = "split_rules"
    HEADING = N_("Split rules")
    ON_CHOSEN = "rules.preview"
    SHOWN_BY = frozenset({"split_rule.added"})
    NEED_A_ROW = frozenset({"rules.preview", "rules.add"})

    def __init__(self) -> None:
        super().__init__(key=lambda line: line.version.version, cells=_cells)

    def columns(self) -> tuple[Column, ...]:
        return (
            Column("version", _("Version"), 7, align="right"),
            Column("from", _("Holds from"), 13),
            Column("state", "", 8),
            Column("rule", _("Split rule"), 20, grow=3),
            Column("note", _("Note"), 8, grow=1, priority=1),
            Column("by", _("By"), 8, priority=1),
        )

    def look(self, work: ReadWork) -> list[Line]:
        return _lines(work)

    def nothing(self) -> str:
        return ""

    def meaning(self, row: Line) -> str:
        return " · ".join(row.words)

    def copy_text(self) -> str | None:
        row = self.row()
        return "; ".join(row.words) if row else None

    # Commands

    def rules_preview(self) -> None:
        row = self.row()
        if row is None:
            return
        title = _("Version {version} on last month").format(version=row.version.version)

        def show(tried: WhatIf) -> None:
            self.app.push_screen(RuleEffectDialog(title, tried))

        self.say(_("Trying it on last month …"))
        self.read(partial(_tried, row.version.rule), show, group="rule")

    def rules_add(self) -> None:
        row = self.row()
        if row is None or self.desk is None:
            return

        def submit(values: dict[str, Any], form: FormDialog) -> None:
            assert isinstance(form, SplitRuleForm)
            definition = form.definition(values)
            day, note = values["valid_from"], values["note"] or ""

            def kept(version: int) -> None:
                form.dismiss()
                self.show_record(version)

            def keep(agreed: bool | None) -> None:
                if agreed:
                    done = _("The new split rule is kept")
                    add = partial(_add, definition, day, note)
                    self.write(add, done, then=kept, failed=form.failed)

            def show(tried: WhatIf) -> None:
                self.app.push_screen(
                    RuleEffectDialog(_("The new rule on last month"), tried, ask=True), keep
                )

            self.read(partial(_tried_definition, definition), show, failed=form.failed)

        self.app.push_screen(SplitRuleForm(row.version.rule, row.level_names, submit))


def _cells(line: Line) -> tuple[Cell, ...]:
    version = line.version
    return (
        str(version.version),
        str(version.valid_from or _("the beginning")),
        _("in force") if line.holds else "",
        shown("; ".join(line.words)),
        shown(version.note),
        shown(version.made_by),
    )
