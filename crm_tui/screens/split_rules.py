"""The split rules of the studio: versions with the day from which they hold, tried before."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from crm_tui.core.language import N_, _
from crm_tui.core.text import clean
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.screens.dialogs.rule_effect import RuleEffectDialog
from crm_tui.screens.settings_page import SettingsPage
from crm_tui.screens.settlement_steps import choice_field
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


@dataclass(frozen=True, slots=True)
class Page:
    """The rules of a store, or of the whole studio."""

    lines: list[Line]
    in_force: Line
    """What it goes by today: the studio's where it has none of its own."""
    stores: dict[int, str]
    level_names: dict[str, str]
    """The names of all levels by code, for the form."""


def _page(store_id: int, work: ReadWork) -> Page:
    from crm_tui.services.catalogue.reads import levels
    from crm_tui.services.money.splits.in_force import in_force, own_versions, stores
    from crm_tui.services.money.splits.words import rule_in_words

    names = {level.code: level.name for level in levels(work)}
    holds = in_force(work, store_id, work.calendar(store_id).day_of(work.clock.now()))

    def line(version: RuleVersion) -> Line:
        return Line(version, tuple(rule_in_words(version.rule, names)), version == holds)

    lines = [line(each) for each in own_versions(work, store_id)]
    return Page(lines, line(holds), stores(work), names)


def _tried(rule: SplitRule, store_id: int, work: ReadWork) -> WhatIf:
    from crm_tui.services.money.splits.what_if import what_if

    return what_if(work, rule, store_id=store_id)


def _tried_definition(definition: dict[str, Any], store_id: int, work: ReadWork) -> WhatIf:
    from crm_tui.services.money.splits.actions import checked

    return _tried(checked(work, definition), store_id, work)


def _add(
    definition: dict[str, Any], day: date | None, note: str, store_id: int, work: UnitOfWork
) -> int:
    from crm_tui.services.money.splits.actions import add_version

    return add_version(work, definition, day, note, store_id).version


class SplitRulesScreen(SettingsPage[Line]):
    """Enter tries the version under the cursor on the month that is over; a new version is tried
    before it is kept. The rules are the studio's, or those of the store that was chosen."""

    PLACE = "split_rules"
    HEADING = N_("Split rules")
    ON_CHOSEN = "rules.preview"
    SHOWN_BY = frozenset({"split_rule.added"})
    NEED_A_ROW = frozenset({"rules.preview"})

    def __init__(self) -> None:
        super().__init__(key=lambda line: line.version.version, cells=self._cells)
        self._store_id = 0
        self._page: Page | None = None

    def columns(self) -> tuple[Column, ...]:
        return (
            Column("version", _("Version"), 7, align="right"),
            Column("store", _("Store"), 6, grow=1, most=16, priority=1),
            Column("from", _("Holds from"), 13),
            Column("state", "", 8),
            Column("rule", _("Split rule"), 20, grow=3),
            Column("note", _("Note"), 8, grow=1, priority=1),
            Column("by", _("By"), 8, priority=1),
        )

    def reload(self) -> None:
        self.read(partial(_page, self._store_id), self._show_page)

    def _show_page(self, page: Page) -> None:
        self._page = page
        self._show(page.lines)

    def nothing(self) -> str:
        if self._page is None:
            return ""
        text = _("{store} has no rule of its own: the studio’s is in force. {rule}")
        return text.format(store=clean(self._store()), rule="; ".join(self._page.in_force.words))

    def _store(self) -> str:
        """The name of whose rules are shown."""
        known = self._page.stores if self._page else {}
        return known.get(self._store_id, _("the whole studio"))

    def meaning(self, row: Line) -> str:
        return " · ".join(row.words)

    def copy_text(self) -> str | None:
        row = self.row()
        return "; ".join(row.words) if row else None

    def _cells(self, line: Line) -> tuple[Cell, ...]:
        version = line.version
        return (
            str(version.version),
            shown(self._store()),
            str(version.valid_from or _("the beginning")),
            _("in force") if line.holds else "",
            shown("; ".join(line.words)),
            shown(version.note),
            shown(version.made_by),
        )

    # Commands

    def rules_store(self) -> None:
        if self._page is None:
            return
        whole = _("the whole studio")
        choices = {whole: 0} | {name: store_id for store_id, name in self._page.stores.items()}
        current = self._page.stores.get(self._store_id, whole)

        def submit(values: dict[str, Any], dialog: FormDialog) -> None:
            dialog.dismiss()
            self._store_id = values["store"]
            self.reload()

        field = choice_field("store", _("Store"), choices, current)
        self.app.push_screen(FormDialog(_("Split rules"), _("Store"), [field], submit))

    def rules_preview(self) -> None:
        row = self.row()
        if row is None:
            return
        title = _("Version {version} on last month").format(version=row.version.version)

        def show(tried: WhatIf) -> None:
            self.app.push_screen(RuleEffectDialog(title, tried))

        self.say(_("Trying it on last month …"))
        self.read(partial(_tried, row.version.rule, self._store_id), show, group="rule")

    def rules_add(self) -> None:
        page, store_id = self._page, self._store_id
        if page is None or self.desk is None:
            return
        begins_with = self.row() or page.in_force

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
                    add = partial(_add, definition, day, note, store_id)
                    self.write(add, done, then=kept, failed=form.failed)

            def show(tried: WhatIf) -> None:
                self.app.push_screen(
                    RuleEffectDialog(_("The new rule on last month"), tried, ask=True), keep
                )

            query = partial(_tried_definition, definition, store_id)
            self.read(query, show, failed=form.failed)

        self.app.push_screen(SplitRuleForm(begins_with.version.rule, page.level_names, submit))
