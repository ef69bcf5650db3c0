"""The studio's tags: groups, colours, and the rules by which some come and go."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from crm_tui.core.errors import Invalid
from crm_tui.core.language import N_, _, joined, ngettext
from crm_tui.screens.custom_fields import offering
from crm_tui.screens.desk import Undo
from crm_tui.screens.dialogs.form_dialog import FormDialog, typed_again
from crm_tui.screens.settings_page import SettingsPage
from crm_tui.screens.tag_cells import tag_label
from crm_tui.widgets.form import Field
from crm_tui.widgets.record_table import Column
from crm_tui.widgets.text import Cell, shown

if TYPE_CHECKING:
    from crm_tui.services.tags.reads import TagRow
    from crm_tui.services.tags.rule_sets import Refreshed
    from crm_tui.storage.store import ReadWork, UnitOfWork

COLOUR_NAMES = {
    "red": N_("red"),
    "orange": N_("orange"),
    "yellow": N_("yellow"),
    "green": N_("green"),
    "cyan": N_("cyan"),
    "blue": N_("blue"),
    "purple": N_("purple"),
    "grey": N_("grey"),
}


def _add(values: dict[str, str], work: UnitOfWork) -> int:
    from crm_tui.services.tags import actions

    return actions.add(
        work,
        values["name"],
        group=values["group"],
        colour=values["colour"],
        rule=values["rule"],
    )


def _edit(before: str, values: dict[str, str], work: UnitOfWork) -> None:
    """Change a tag, its name last."""
    from crm_tui.services.tags import actions

    group, colour, rule = values["group"], values["colour"], values["rule"]
    actions.edit(work, before, group=group, colour=colour, rule=rule)
    if values["name"] != before:
        actions.rename(work, before, values["name"])


def _merge(name: str, into: str, work: UnitOfWork) -> int:
    from crm_tui.services.tags import actions

    return actions.merge(work, name, into)


def _remove(name: str, work: UnitOfWork) -> int:
    from crm_tui.services.tags import actions

    return actions.remove(work, name)


def _refresh(work: UnitOfWork) -> list[Refreshed]:
    from crm_tui.services.tags import rule_sets

    return rule_sets.refresh_all(work)


class TagsScreen(SettingsPage["TagRow"]):
    """Enter changes the tag under the cursor, on everybody who carries it."""

    PLACE = "tags"
    HEADING = N_("Tags")
    ON_CHOSEN = "tags.edit"
    SHOWN_BY = frozenset(
        {
            "tag.added",
            "tag.edited",
            "tag.ruled",
            "tag.renamed",
            "tag.merged",
            "tag.removed",
            "tag.refreshed",
            "customer.tagged",
            "import.done",
            "import.undone",
        }
    )
    NEED_A_ROW = frozenset({"tags.edit", "tags.merge", "tags.remove"})

    def __init__(self) -> None:
        super().__init__(key=lambda row: row.id, cells=_cells)

    def columns(self) -> tuple[Column, ...]:
        return (
            Column("name", _("Tag name"), 12, grow=2, most=30),
            Column("group", _("Group"), 8, grow=1, most=20),
            Column("colour", _("Colour"), 8, priority=1),
            Column("customers", _("Customers"), 9, align="right"),
            Column("rule", _("Rule"), 10, grow=3, priority=1),
        )

    def look(self, work: ReadWork) -> list[TagRow]:
        from crm_tui.services.tags import reads

        return reads.tags(work)

    def nothing(self) -> str:
        return _("There are no tags yet.")

    def meaning(self, row: TagRow) -> str:
        if row.rule:
            return _("{tag} comes and goes by its rule: {rule}").format(tag=row.name, rule=row.rule)
        return _("{tag} is put on and taken off by hand.").format(tag=row.name)

    def copy_text(self) -> str | None:
        row = self.row()
        return row.name if row else None

    # Commands

    def tags_add(self) -> None:
        def save(values: dict[str, Any], dialog: FormDialog) -> None:
            def saved(tag_id: int) -> None:
                dialog.dismiss()
                self.show_record(tag_id)

            given = _given(values)
            done = _("{tag} added").format(tag=given["name"])
            self.write(
                partial(_add, given),
                done,
                then=saved,
                failed=dialog.failed,
            )

        self.app.push_screen(FormDialog(_("Tags"), _("new"), self._fields(), save))

    def tags_edit(self) -> None:
        row = self.row()
        if row is None:
            return
        before = {name: getattr(row, name) for name in ("name", "group", "colour", "rule")}

        def save(values: dict[str, Any], dialog: FormDialog) -> None:
            given = _given(values)
            done = _("{tag} changed").format(tag=given["name"])
            self.write(
                partial(_edit, before["name"], given),
                done,
                undo=Undo(done, partial(_edit, given["name"], before)),
                then=lambda _result: dialog.dismiss(),
                failed=dialog.failed,
            )

        fields = self._fields(**before)
        effect = _carried(row.customers)
        self.app.push_screen(FormDialog(_("Tags"), row.name, fields, save, effect=effect))

    def tags_merge(self) -> None:
        row = self.row()
        if row is None:
            return
        others = {each.name: each.name for each in self.source.shown() if each.id != row.id}

        def save(values: dict[str, Any], dialog: FormDialog) -> None:
            into = values["into"]
            done = _("{tag} is {into} now").format(tag=row.name, into=into)
            self.write(
                partial(_merge, row.name, into),
                done,
                then=lambda _result: dialog.dismiss(),
                failed=dialog.failed,
            )

        field = Field("into", _("Into"), required=True, suggest=offering(others), must_pick=True)
        effect = _("{tag} is gone then, and can’t be brought back.").format(tag=row.name)
        effect = f"{_carried(row.customers)} {effect}"
        self.app.push_screen(FormDialog(_("Merge tag"), row.name, [field], save, effect=effect))

    def tags_remove(self) -> None:
        row = self.row()
        if row is None:
            return

        def save(_values: dict[str, Any], dialog: FormDialog) -> None:
            self.write(
                partial(_remove, row.name),
                _("{tag} removed").format(tag=row.name),
                then=lambda _result: dialog.dismiss(),
                failed=dialog.failed,
            )

        fields = [typed_again("name", _("Tag name"), row.name)]
        effect = _carried(row.customers)
        self.app.push_screen(FormDialog(_("Remove tag"), row.name, fields, save, effect=effect))

    def tags_refresh(self) -> None:
        def tell(lines: list[Refreshed]) -> None:
            if not lines:
                self.say(_("No tag goes by a rule."))
            for line in lines:
                says = f"{line.tag}: +{line.added} -{line.removed} {line.problem}".strip()
                self.say(says, "error" if line.problem else "information")

        self.write(_refresh, then=tell)

    def _fields(
        self, name: str = "", group: str = "", colour: str = "", rule: str = ""
    ) -> list[Field]:
        groups = {each.group: each.group for each in self.source.shown() if each.group}
        labels = {_(label): word for word, label in COLOUR_NAMES.items()}

        def coloured(text: str) -> str:
            if text in COLOUR_NAMES:
                return text
            if text not in labels:
                raise Invalid(field=_("Colour"), value=text, expected=joined(labels))
            return labels[text]

        shown_colour = _(COLOUR_NAMES[colour]) if colour else ""
        rule_hint = _("a filter line, such as {example}").format(example="last:<-30d orders:>=3")
        return [
            Field("name", _("Tag name"), required=True, initial=name),
            Field("group", _("Group"), initial=group, suggest=offering(groups, free=True)),
            Field(
                "colour",
                _("Colour"),
                coloured,
                joined(labels),
                initial=shown_colour,
                suggest=offering(labels),
            ),
            Field("rule", _("Rule"), hint=rule_hint, initial=rule),
        ]


def _given(values: dict[str, Any]) -> dict[str, str]:
    return {name: str(value or "") for name, value in values.items()}


def _carried(count: int) -> str:
    return ngettext("{count} customer carries it.", "{count} customers carry it.", count).format(
        count=count
    )


def _cells(row: TagRow) -> tuple[Cell, ...]:
    return (
        tag_label(row),
        shown(row.group),
        _(COLOUR_NAMES[row.colour]) if row.colour else "",
        str(row.customers),
        shown(row.rule),
    )
