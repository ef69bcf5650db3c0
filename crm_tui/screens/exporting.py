"""``x``: what a list shows, written to a file, with its filter, by its marks or its order."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_tui.core.errors import CrmError, FileProblem, Invalid, os_reason
from crm_tui.core.language import _, joined, ngettext
from crm_tui.core.permissions import Permission, may
from crm_tui.places import exports_folder
from crm_tui.screens.filtering import FilterCommands
from crm_tui.widgets.form import Field

if TYPE_CHECKING:
    from crm_tui.screens.desk import Desk
    from crm_tui.screens.dialogs.form_dialog import FormDialog
    from crm_tui.screens.dialogs.progress import Tell

ENDING = ".xlsx"
_BARE = str.maketrans(dict.fromkeys(' /\\:*?"<>|', "-"))


@dataclass(frozen=True, slots=True)
class ListShown:
    """The rows of a list as they are shown: ``what`` names the export; ``ids`` are None where the
    filter says more rows than are in memory."""

    what: str
    count: int
    ids: Sequence[int] | None = None
    filter: str = ""


class ExportCommands(FilterCommands):
    """What every screen with a list can do."""

    def shown_list(self) -> ListShown | None:
        """The rows that ``x`` exports; None where the screen has none."""
        return None

    def shell_export(self) -> None:
        from crm_tui.screens.dialogs.form_dialog import FormDialog

        shown, desk = self.shown_list(), self.desk
        if shown is None or desk is None:
            self.say(_("There is no list to export here."), "warning")
            return
        rows = ngettext("{count} row as shown", "{count} rows as shown", shown.count)
        line = f"/{shown.filter}" if shown.filter else ""
        file = self.free_file()
        facts = (rows.format(count=shown.count), line, f"→ {file.parent}")
        effect = "  ".join(filter(None, facts))
        dialog = FormDialog(
            _("Export"),
            _(self.HEADING),
            _fields(file, may(desk.actor.role, Permission.UNMASK)),
            partial(self._export, shown, desk),
            effect=effect,
        )
        self.app.push_screen(dialog)

    def free_file(self) -> Path:
        """A file that is not there yet, named by the list and the business day."""
        desk, studio = self.desk, self.console.studio
        day = f"-{studio.day(desk.now())}" if desk and studio else ""
        name = (_(self.HEADING) + day).translate(_BARE)
        file, number = exports_folder() / f"{name}{ENDING}", 2
        while file.exists():
            file, number = file.with_name(f"{name}-{number}{ENDING}"), number + 1
        return file

    def _export(
        self, shown: ListShown, desk: Desk, values: dict[str, Any], dialog: FormDialog
    ) -> None:
        from crm_tui.screens.dialogs.progress import ProgressDialog
        from crm_tui.services.exports import actions

        if values.get("whole") and not values.get("reason"):
            wanted = Invalid(
                field="reason", value="", expected=_("why the numbers are needed whole")
            )
            dialog.failed(wanted)
            return
        wanted_rows = actions.Wanted(
            shown.what,
            shown.filter,
            shown.ids,
            masked=not values.get("whole"),
            reason=str(values.get("reason") or ""),
        )
        file: Path = values["file"]

        def work(tell: Tell) -> dict[str, Any]:
            make_folder(file.parent)
            return actions.export(
                desk.store,
                desk.actor,
                wanted_rows,
                file,
                progress=lambda count: tell(count, shown.count),
            )

        dialog.dismiss()
        title = _("Export") + f": {file.name}"
        progress = ProgressDialog(title, work, shown.count)
        self.call_later(self.open_dialog, progress, self._exported)

    def _exported(self, answer: dict[str, Any] | CrmError) -> None:
        if isinstance(answer, CrmError):
            self.say(answer.message(), "warning")
            return
        told = ngettext(
            "{rows} row written to {file}", "{rows} rows written to {file}", answer["rows"]
        )
        self.say(told.format(**answer))


def _fields(file: Path, may_unmask: bool) -> list[Field]:
    fields = [
        Field(
            "file",
            _("File"),
            parse=_new_file,
            required=True,
            initial=str(file),
            hint=_("ends in .xlsx, .csv, .json or .parquet"),
        )
    ]
    if may_unmask:
        fields += [
            Field("whole", _("Phones whole"), parse=_yes, hint=_("yes: not as 138****8000")),
            Field("reason", _("Reason"), hint=_("is logged")),
        ]
    return fields


def _new_file(text: str) -> Path:
    """The file to write. Raises :class:`Invalid` for one that is there, or of no known format."""
    from crm_tui.services.exports.writers import WRITERS

    return new_file(text, tuple(WRITERS))


def new_file(text: str, endings: Collection[str]) -> Path:
    """The file meant by ``text``. Raises :class:`Invalid` for one that is there, or that has none
    of the ``endings``."""
    file = Path(text.strip()).expanduser()
    if file.suffix.lower() not in endings:
        raise Invalid(field=_("File"), value=file.name, expected=joined(endings))
    if file.exists():
        raise Invalid(field=_("File"), value=file.name, expected=_("a file that is not there yet"))
    return file


def make_folder(folder: Path) -> None:
    """Make ``folder`` for the user alone, where it is not there. Raises :class:`FileProblem`."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise FileProblem(file=str(folder), why=os_reason(error)) from error


def _yes(text: str) -> bool:
    answer = text.strip().casefold()
    if answer in ("", "no", "n", "否", _("no")):
        return False
    if answer in ("yes", "y", "是", _("yes")):
        return True
    raise ValueError(text)
