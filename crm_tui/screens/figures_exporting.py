"""``x``: the page as it is shown, written to a file: Excel with its charts, CSV, JSON, SVG."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_tui.core.errors import CrmError
from crm_tui.core.language import _
from crm_tui.screens.exporting import make_folder, new_file
from crm_tui.screens.figures_in_hand import FiguresInHand
from crm_tui.widgets.form import Field

if TYPE_CHECKING:
    from crm_tui.screens.dialogs.form_dialog import FormDialog
    from crm_tui.screens.figures_board import Board
    from crm_tui.services.figures.table import Table
    from crm_tui.widgets.chart import ChartData


class ExportingCommands(FiguresInHand):
    """A page is exported with its charts and tables, and with what it is of."""

    def shell_export(self) -> None:
        from crm_tui.screens.dialogs.form_dialog import FormDialog

        if self.shown is None:
            self.say(_("The figures are still being read."), "warning")
            return
        file = self.free_file()
        hint = _("ends in .xlsx, .csv, .json or .svg")
        field = Field("file", _("File"), _file, hint, required=True, initial=str(file))
        effect = f"{self._about()}  → {file.parent}"
        title = f"{_('Export')}: {_(self.page.TITLE)}"
        self.app.push_screen(FormDialog(title, "", [field], self._export_page, effect=effect))

    def _about(self) -> str:
        """What the figures are of: the period, the comparison, the filter."""
        told = self.shown
        assert told is not None, "exported only once it was read"
        picks = (pick.label for pick in self.wanted.picks)
        return " · ".join((self.page.heading(told).plain, *picks))

    def _export_page(self, values: dict[str, Any], dialog: FormDialog) -> None:
        file: Path = values["file"]
        about = self._about()
        tables = [_of_chart(each, about) for each in self.page.charts() if any(each.values)]
        tables += [_of_board(each, about) for each in self.page.boards() if each.rows.count()]
        self._in_background(partial(self._write, tables, file, dialog), group="export")

    async def _write(self, tables: list[Table], file: Path, dialog: FormDialog) -> None:
        from crm_tui.services.figures.exporting import export

        desk = self.desk
        if desk is None:
            return

        def work() -> dict[str, Any]:
            make_folder(file.parent)
            return export(desk.store, desk.actor, tables, file)

        try:
            answer = await asyncio.to_thread(work)
        except CrmError as error:
            dialog.failed(error)
            return
        dialog.dismiss()
        self.say(_("Written to {file}").format(file=answer["file"]))


def _file(text: str) -> Path:
    """The file to write. Raises :class:`Invalid` for one that is there, or of no known format."""
    from crm_tui.services.figures.exporting import WRITERS

    return new_file(text, tuple(WRITERS))


def _of_chart(data: ChartData, about: str) -> Table:
    """A chart with its numbers: what was before beside what is now."""
    from crm_tui.services.figures.table import Chart, Column, Look, Table

    columns = [Column("name", "", Look.TEXT), Column("value", data.label, Look(data.look))]
    values: list[tuple[Any, ...]] = list(zip(data.names, _padded(data.values, data), strict=True))
    if data.before is not None:
        columns.append(Column("before", data.before_label, Look(data.look)))
        before = _padded(data.before, data)
        values = [(*row, earlier) for row, earlier in zip(values, before, strict=True)]
    series = tuple(range(1, len(columns)))
    chart = Chart(0, series, timed=True, before=data.before is not None)
    return Table(data.label, tuple(columns), tuple(values), chart, about)


def _padded(values: tuple[float, ...], data: ChartData) -> list[float | None]:
    """A value for every name; none for what has not begun."""
    return [*values, *[None] * (len(data.names) - len(values))][: len(data.names)]


def _of_board(board: Board, about: str) -> Table:
    """A table as it stands, without the columns in which nothing is told; with a chart where it
    shows bars."""
    from crm_tui.services.figures.table import Chart, Column, Look, Table

    rows = board.values()
    told = [
        (at, each)
        for at, each in enumerate(each for each in board.figures if each.told)
        if any(row[at] is not None for row in rows)
    ]
    names = [each.column.name for _at, each in told]
    columns = tuple(
        Column(each.column.name, each.title or each.column.label, Look(each.look))
        for _at, each in told
    )
    drawn = next((each.of for each in board.figures if each.of), "")
    chart = Chart(0, (names.index(drawn),)) if drawn in names else None
    values = tuple(tuple(row[at] for at, _each in told) for row in rows)
    return Table(board.title_text, columns, values, chart, about)
