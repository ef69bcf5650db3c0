"""``:import``: a spreadsheet is tried and shown for what it is, brought in, taken back by ``u``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_tui.core.errors import CrmError
from crm_tui.core.language import N_, _
from crm_tui.screens.console import Visit
from crm_tui.screens.exporting import ExportCommands
from crm_tui.screens.path_completion import suggest
from crm_tui.widgets.form import Field, Suggestion

if TYPE_CHECKING:
    from crm_tui.screens.desk import Desk
    from crm_tui.screens.dialogs.form_dialog import FormDialog
    from crm_tui.screens.dialogs.progress import Tell
    from crm_tui.services.imports.verdict import Progress
    from crm_tui.services.imports.whole import Outcome, Wanted

_ENTITIES = (
    ("", N_("whatever is recognised")),
    ("customers", N_("customers")),
    ("companions", N_("companions")),
    ("orders", N_("orders")),
    ("payments", N_("payments")),
)
_CONFLICTS = (
    ("update", N_("the file decides")),
    ("skip", N_("what is stored stays")),
    ("reject", N_("the row is rejected")),
)


class ImportCommands(ExportCommands):
    """What every screen can do with a studio's spreadsheet."""

    def shell_import(self, file: str = "") -> None:
        from crm_tui.screens.dialogs.form_dialog import FormDialog

        desk = self.desk
        if desk is None:
            self.say(_("The studio is not open yet."), "warning")
            return
        dialog = FormDialog(
            _("Import a file"),
            "",
            _fields(file.strip()),
            partial(self._try_import, desk),
            effect=_("First the rows are only looked at; nothing is stored."),
        )
        self.app.push_screen(dialog)

    def shell_reconcile(self, file: str = "") -> None:
        self.console.go_to(Visit("reconcile", file.strip() or None))

    def _try_import(self, desk: Desk, values: dict[str, Any], dialog: FormDialog) -> None:
        """Look at the first rows, and show what would become of them."""
        from crm_tui.screens.dialogs.progress import ProgressDialog
        from crm_tui.services.imports import whole

        wanted = _wanted(values)

        def work(tell: Tell) -> Outcome:
            tell(0, 0)
            return whole.preview(desk.store, desk.actor, wanted)

        def tried(answer: Outcome | CrmError) -> None:
            if isinstance(answer, CrmError):
                dialog.failed(answer)
                return
            dialog.dismiss()
            self.call_next(self._confirm_import, desk, wanted, answer)

        self.open_dialog(ProgressDialog(_title(wanted), work), tried)

    def _confirm_import(self, desk: Desk, wanted: Wanted, outcome: Outcome) -> None:
        from crm_tui.screens.dialogs.import_verdict import ImportVerdictDialog

        def answered(go_on: bool | None) -> None:
            if go_on:
                self._import(desk, wanted)

        self.app.push_screen(ImportVerdictDialog(_title(wanted), outcome, ask=True), answered)

    def _import(self, desk: Desk, wanted: Wanted) -> None:
        from crm_tui.screens.dialogs.progress import ProgressDialog
        from crm_tui.services.imports import whole

        def work(tell: Tell) -> Outcome:
            go_on = True

            def report(progress: Progress) -> None:
                nonlocal go_on
                go_on = tell(progress.done, progress.total or 0)

            return whole.carry_out(desk.store, desk.actor, wanted, report, lambda: not go_on)

        self.open_dialog(
            ProgressDialog(_title(wanted), work), partial(self._imported, desk, wanted)
        )

    def _imported(self, desk: Desk, wanted: Wanted, answer: Outcome | CrmError) -> None:
        """What became of it, row by row; ``u`` takes it back."""
        from crm_tui.screens.desk import LongUndo
        from crm_tui.screens.dialogs.import_verdict import ImportVerdictDialog

        if isinstance(answer, CrmError):
            if token := answer.facts.get("batch"):
                desk.remember(LongUndo(_title(wanted), partial(self._take_back, desk, str(token))))
            self.say(answer.message(), "warning")
            return
        desk.remember(LongUndo(_title(wanted), partial(self._take_back, desk, answer.token)))
        self.app.push_screen(ImportVerdictDialog(_title(wanted), answer))

    def _take_back(self, desk: Desk, token: str) -> None:
        from crm_tui.screens.dialogs.progress import ProgressDialog
        from crm_tui.services.imports import whole

        def work(tell: Tell) -> dict[str, Any]:
            tell(0, 0)
            return whole.take_back(desk.store, desk.actor, token)

        self.open_dialog(ProgressDialog(_("Undo the import"), work), self._taken_back)

    def _taken_back(self, answer: dict[str, Any] | CrmError) -> None:
        if isinstance(answer, CrmError):
            self.say(answer.message(), "warning")
            return
        told = _("Removed: {removed} · put back: {restored} · kept: {kept}")
        self.say(
            told.format(
                removed=sum(answer["undone"].values()),
                restored=sum(answer["restored"].values()),
                kept=len(answer["kept"]),
            )
        )


def _title(wanted: Wanted) -> str:
    return _("Import {file}").format(file=wanted.path.name)


def _fields(file: str) -> list[Field]:
    return [
        Field(
            "file",
            _("File"),
            parse=existing_file,
            required=True,
            initial=file,
            suggest=suggest,
            hint=_("an Excel or CSV file that is there"),
        ),
        Field(
            "entity",
            _("Holds"),
            suggest=partial(_choices, _ENTITIES),
            must_pick=True,
            at_once=True,
            hint=_("empty: whatever is recognised"),
        ),
        Field(
            "on_conflict",
            _("If it differs"),
            suggest=partial(_choices, _CONFLICTS),
            must_pick=True,
            at_once=True,
            hint=_("empty: the file decides"),
        ),
    ]


def _choices(choices: tuple[tuple[str, str], ...], typed: str) -> list[Suggestion]:
    labels = [(value, _(label)) for value, label in choices]
    return [Suggestion(label, value) for value, label in labels if typed.strip() in label]


def existing_file(text: str) -> Path:
    """The file that was typed. Raises ``ValueError`` where there is none."""
    path = Path(text.strip()).expanduser()
    if not path.is_file():
        raise ValueError(text)
    return path


def _wanted(values: dict[str, Any]) -> Wanted:
    from crm_tui.services.imports.actions import Options
    from crm_tui.services.imports.headers import Entity
    from crm_tui.services.imports.verdict import OnConflict
    from crm_tui.services.imports.whole import Wanted

    entity, conflict = values.get("entity") or "", values.get("on_conflict") or "update"
    options = Options(OnConflict(conflict))
    return Wanted(values["file"], Entity(entity) if entity else None, options)
