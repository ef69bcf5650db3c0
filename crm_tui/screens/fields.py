"""The studio's own fields: what is asked of customers, companions and orders beside the usual."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from crm_tui.core.language import N_, _
from crm_tui.core.words import Role
from crm_tui.screens.desk import Undo
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.screens.field_form import ENTITY_NAMES, definition_fields, parts_of
from crm_tui.screens.settings_page import SettingsPage
from crm_tui.widgets.record_table import Column
from crm_tui.widgets.text import Cell, shown

if TYPE_CHECKING:
    from crm_tui.services.fields.rules import Definition
    from crm_tui.storage.store import ReadWork, UnitOfWork


@dataclass(frozen=True, slots=True)
class FieldLine:
    """A field as the page shows it; ``values`` records have something in it."""

    entity: str
    definition: Definition
    values: int

    @property
    def ref(self) -> str:
        """What it is called in commands and in the log."""
        return f"{self.entity}.{self.definition.key}"


def _define(entity: str, key: str, parts: dict[str, Any], work: UnitOfWork) -> None:
    from crm_tui.services.fields import actions
    from crm_tui.services.fields.rules import Definition

    actions.define(work, entity, Definition(key=key, **parts))


def _change(entity: str, key: str, parts: dict[str, Any], work: UnitOfWork) -> None:
    from crm_tui.services.fields import actions

    actions.change(work, entity, key, **parts)


def _archive(entity: str, key: str, archived: bool, work: UnitOfWork) -> None:
    from crm_tui.services.fields import actions

    actions.archive(work, entity, key, archived=archived)


def _reorder(entity: str, keys: list[str], work: UnitOfWork) -> None:
    from crm_tui.services.fields import actions

    actions.reorder(work, entity, keys)


class FieldsScreen(SettingsPage[FieldLine]):
    """Enter changes the field under the cursor, as far as the stored values allow it."""

    PLACE = "fields"
    HEADING = N_("Fields")
    ON_CHOSEN = "field.edit"
    SHOWN_BY = frozenset({"field.defined", "import.done", "import.undone"})
    NEED_A_ROW = frozenset({"field.edit", "field.archive", "field.up", "field.down"})

    def __init__(self) -> None:
        super().__init__(key=lambda line: line.ref, cells=_cells)

    def columns(self) -> tuple[Column, ...]:
        return (
            Column("entity", _("Belongs to"), 8, most=12),
            Column("label", _("Called"), 10, grow=2, most=30),
            Column("kind", _("Kind"), 10, grow=1, most=20),
            Column("key", _("Key"), 8, grow=1, most=24, priority=1),
            Column("demands", _("Demands"), 10, grow=1, most=30, priority=2),
            Column("values", _("Values"), 7, align="right", priority=1),
        )

    def look(self, work: ReadWork) -> list[FieldLine]:
        from crm_tui.services.fields import reads

        return [
            FieldLine(entity, definition, reads.count_values(work, entity, definition.key))
            for entity in ENTITY_NAMES
            for definition in reads.definitions(work, entity, archived=True)
        ]

    def nothing(self) -> str:
        return _("No fields are defined.")

    def meaning(self, row: FieldLine) -> str:
        from crm_tui.services.fields.rules import expected

        definition = row.definition
        parts = [f"{definition.label}: {expected(definition)}"]
        if definition.options.get("formula"):
            parts.append(str(definition.options["formula"]))
        if definition.default:
            parts.append(_("begins with {default}").format(default=definition.default))
        for names, says in (
            (definition.seen_by, _("seen by {roles}")),
            (definition.edited_by, _("changed by {roles}")),
        ):
            if names:
                parts.append(says.format(roles=" ".join(Role(name).label for name in names)))
        return " · ".join(parts)

    def copy_text(self) -> str | None:
        row = self.row()
        return row.ref if row else None

    # Commands

    def field_add(self) -> None:
        def save(values: dict[str, Any], dialog: FormDialog) -> None:
            entity, key = values["entity"], values["key"]
            done = _("{field} added").format(field=values["label"])
            self._save(partial(_define, entity, key, parts_of(values)), done, dialog)
            self.show_record(f"{entity}.{key}")

        fields = definition_fields(None)
        self.app.push_screen(FormDialog(_("Field"), _("new"), fields, save))

    def field_edit(self) -> None:
        row = self.row()
        if row is None:
            return
        entity, key, before = row.entity, row.definition.key, row.definition

        def save(values: dict[str, Any], dialog: FormDialog) -> None:
            done = _("{field} changed").format(field=before.label)
            self._save(partial(_change, entity, key, parts_of(values)), done, dialog)

        effect = _("{count} records have a value in it.").format(count=row.values)
        fields = definition_fields(before)
        self.app.push_screen(FormDialog(_("Field"), row.ref, fields, save, effect=effect))

    def field_archive(self) -> None:
        row = self.row()
        if row is None:
            return
        archived = not row.definition.archived
        says = _("{field} is no longer asked for") if archived else _("{field} is asked for again")
        done = says.format(field=row.definition.label)
        act = partial(_archive, row.entity, row.definition.key)
        opposite = partial(act, not archived)
        self.write(partial(act, archived), done, undo=Undo(done, opposite))

    def field_up(self) -> None:
        self._move(-1)

    def field_down(self) -> None:
        self._move(+1)

    def _move(self, step: int) -> None:
        row = self.row()
        if row is None:
            return
        keys = [line.definition.key for line in self.source.shown() if line.entity == row.entity]
        place = keys.index(row.definition.key) + step
        if 0 <= place < len(keys):
            keys.remove(row.definition.key)
            keys.insert(place, row.definition.key)
            self.write(partial(_reorder, row.entity, keys))

    def _save(self, action: Any, done: str, dialog: FormDialog) -> None:
        self.write(action, done, then=lambda _result: dialog.dismiss(), failed=dialog.failed)


def _cells(line: FieldLine) -> tuple[Cell, ...]:
    from crm_tui.services.fields.kinds import KINDS

    definition = line.definition
    demands = [
        word
        for word, holds in (
            (_("archived"), definition.archived),
            (_("required"), definition.required),
            (_("unique"), definition.unique),
            (_("by role"), bool(definition.seen_by or definition.edited_by)),
        )
        if holds
    ]
    style = "$text-muted" if definition.archived else ""
    return (
        _(ENTITY_NAMES[line.entity]),
        shown(definition.label, style),
        _(KINDS[definition.kind].label),
        definition.key,
        " ".join(demands),
        str(line.values),
    )
