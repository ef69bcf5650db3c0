"""Reading a bill: its form, its lines one after the other, what was refused, what it states.

Every data line of the file is a payment, a refund, neutral, or rejected with its reason. Rows
above the header, ruled lines, remarks and totals are not data.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from crm_tui.core.errors import FileProblem
from crm_tui.core.language import N_, _, joined
from crm_tui.core.words import BillLineKind
from crm_tui.services.imports.cells import Cell
from crm_tui.services.imports.files import Book, CsvSheet, Sheet, open_book
from crm_tui.services.imports.reasons import reason
from crm_tui.services.money.bills import alipay, wechat
from crm_tui.services.money.bills.archive import is_archive, unpacked
from crm_tui.services.money.bills.delimited import delimited
from crm_tui.services.money.bills.forms import BillForm, BillLine, Layout, Reject, plain, recognise
from crm_tui.services.money.bills.givenback import with_refunds
from crm_tui.services.money.bills.rowreader import BadField, Row
from crm_tui.services.money.bills.totals import Totals

HEADER_WITHIN = 200
"""The header stands in one of so many rows from the top."""
MOST_REJECTS = 10_000
"""Rejected lines that are listed one by one; all are counted."""

NOT_A_BILL = N_(
    "no header row of a WeChat Pay or Alipay bill was found. "
    "Give the file as the channel made it: CSV or Excel, not unpacked text or a picture."
)
SEVERAL = N_(
    "there are several bills in this archive: {names}. Unpack it, and give them one by one."
)
OTHER_COLUMNS = N_(
    "another table begins in line {line}, with other columns. Part the two, and give them one by "
    "one."
)
SEVERAL_SHEETS = N_(
    "there are different bills on several sheets: {names}. Save each as a file, and give them one "
    "by one."
)
_OTHER_TABLES = {
    "资金流水单号": N_(
        "this is WeChat Pay's list of movements of the account (资金账单). Give the trade bill "
        "(交易账单) of the same days: it says which payment a refund gives back."
    ),
    "交易订单总笔数": N_(
        "this is Alipay's table of sums. Give the file of single lines beside it: 业务明细 or "
        "账务明细."
    ),
}
"""By a header of theirs: tables of the channels that are no bills to reconcile."""
_MAY_BE_LEFT_OUT = 2
"""Empty cells at the end of a line that some files do not write; a line that ends before is cut."""
_NOT_DATA = re.compile(
    r"#|[-=—]{4,}|共\s*[\d,]+\s*笔|总交易[单笔]数|总交易额|(?:已|待)?(?:收入|支出)\s*[:：]"
    r"|(?:不计收支|中性交易)\s*[:：]|(?:交易|退款|收入|支出|本页|本月)?(?:合计|小计)|总计|导出(?:时间|信息)"
    r"|(?:用户|账号|姓名|支付宝账户|注|特别提示|说明|备注)\s*[:：]|\d{1,2}\s*[.．、]\s*\D"
)

_INTERPRETERS: dict[BillForm, Callable[[Row], BillLine]] = {
    BillForm.WECHAT_MERCHANT_ALL: wechat.merchant,
    BillForm.WECHAT_MERCHANT_SUCCESS: wechat.merchant,
    BillForm.WECHAT_MERCHANT_REFUND: wechat.merchant,
    BillForm.WECHAT_PERSONAL: wechat.personal,
    BillForm.ALIPAY_MERCHANT_TRADE: alipay.trade,
    BillForm.ALIPAY_MERCHANT_ACCOUNT: alipay.account,
    BillForm.ALIPAY_PERSONAL: alipay.personal,
}
_SEEN_AS_WHOLE: dict[BillForm, Callable[[Iterable[tuple[BillLine, str]]], Iterator[BillLine]]] = {
    BillForm.WECHAT_PERSONAL: lambda lines: with_refunds(line for line, _state in lines),
    BillForm.ALIPAY_MERCHANT_TRADE: lambda lines: alipay.with_fees(line for line, _state in lines),
    BillForm.ALIPAY_PERSONAL: lambda lines: with_refunds(alipay.with_closed(lines)),
}
"""Forms whose lines tell of more than themselves. Lines of personal bills, whose files are small,
explain each other."""

Rows = Iterator[tuple[int, list[Cell]]]


@dataclass(slots=True)
class Bill:
    """A bill that was opened. Its counts, rejects and totals stand when ``lines`` are through."""

    path: Path
    sha256: str
    layout: Layout
    totals: Totals
    height: int | None
    """Lines of the file, for showing progress; None where that is not known."""
    _rows: Rows
    counts: Counter[BillLineKind] = field(default_factory=Counter)
    rejected: int = 0
    rejects: list[Reject] = field(default_factory=list)
    _below_lines: bool = False
    """Whether a data line came since the last row that is none."""
    kept: TemporaryDirectory[str] | None = None
    """Where the bill lies while it is read, if it came in an archive."""

    @property
    def form(self) -> BillForm:
        """How it looks."""
        return self.layout.form

    def lines(self) -> Iterator[BillLine]:
        """The lines in the order of the file, each read when it is asked for. May be asked once."""
        whole = _SEEN_AS_WHOLE.get(self.form)
        found = self._interpreted()
        for line in whole(found) if whole else (line for line, _state in found):
            if not line.derived:
                self.counts[line.counts_as] += 1
                self.totals.add(line.sums)
            yield line

    def _interpreted(self) -> Iterator[tuple[BillLine, str]]:
        interpret = _INTERPRETERS[self.form]
        enough = len(self.layout.headers) - _MAY_BE_LEFT_OUT
        for number, cells in self._rows:
            if not self._is_data(number, cells):
                continue
            self._below_lines = True
            row = Row(number, cells, self.layout)
            try:
                if len(cells) < enough:
                    raise row.bad(self._first_missing(len(cells)), "cut_off")
                yield interpret(row), row.text("state")
            except BadField as problem:
                self._reject(Reject(number, problem.field, problem.value, problem.code))

    def _is_data(self, number: int, cells: Sequence[Cell]) -> bool:
        if not self.totals.awaited and _begins_as_data(cells):
            return True
        shown = [_shown(cell) for cell in cells]
        filled = [cell for cell in shown if cell]
        if not filled:
            return False
        alone = len(filled) == 1 and not filled[0][0].isdigit()
        if self.totals.awaited or alone or _NOT_DATA.match(filled[0]):
            if self._below_lines:
                self.totals.after_lines()
                self._below_lines = False
            self.totals.hear(shown, ",".join(shown))
            return False
        if len(filled) <= 7 and self.totals.hear_bare(shown):
            return False
        again = None if filled[0][0].isdigit() else recognise(shown)
        if again and (again.form, again.columns) != (self.form, self.layout.columns):
            raise FileProblem(file=self.path.name, why=_(OTHER_COLUMNS).format(line=number))
        return again is None

    def _first_missing(self, width: int) -> str:
        late = {place: name for name, place in self.layout.columns.items() if place >= width}
        return late[min(late)] if late else "at"

    def _reject(self, reject: Reject) -> None:
        self.rejected += 1
        if len(self.rejects) < MOST_REJECTS:
            self.rejects.append(reject)

    def document(self) -> dict[str, Any]:
        """The ``bill`` of CLI.md; ``lines`` is every data line of the file."""
        counts = {
            "payments": self.counts[BillLineKind.PAYMENT],
            "refunds": self.counts[BillLineKind.REFUND],
            "neutral": self.counts[BillLineKind.NEUTRAL] + self.counts[BillLineKind.FEE],
            "rejected": self.rejected,
        }
        return {
            "form": self.form.value,
            "file": self.path.name,
            "lines": sum(counts.values()),
            **counts,
            "rejects": [
                {
                    "line": reject.number,
                    "field": reject.field,
                    "value": reject.value,
                    "code": reject.code,
                    "expected": reason(reject.code),
                }
                for reject in self.rejects
            ],
        }


def open_bill(path: Path) -> Bill:
    """Open a bill and find its header, in whatever row of whatever sheet; also in a ZIP.

    Raises :class:`FileProblem` where the file can't be read or holds no bill that is known.
    """
    bill = _packed_bill(path) if is_archive(path) else _bill(path)
    if bill is None:
        raise FileProblem(file=path.name, why=_(_what_else(path)))
    return bill


def _what_else(path: Path) -> str:
    """What a file without a bill is."""
    sheets = () if is_archive(path) else open_book(path).sheets
    rows = chain.from_iterable(islice(_rows_of(sheet), HEADER_WITHIN) for sheet in sheets)
    headers = {plain(_shown(cell)) for _number, cells in rows for cell in cells}
    return next((why for header, why in _OTHER_TABLES.items() if header in headers), NOT_A_BILL)


def _packed_bill(path: Path) -> Bill | None:
    """The bill in an archive; what channels put beside it are sums of it."""
    folder = TemporaryDirectory(prefix="crm-tui-bill-")
    found = [bill for part in unpacked(path, folder) if (bill := _bill(part))]
    if len(found) > 1:
        names = joined(bill.path.name for bill in found)
        raise FileProblem(file=path.name, why=_(SEVERAL).format(names=names))
    for bill in found:
        bill.kept = folder
    return found[0] if found else None


def _bill(path: Path) -> Bill | None:
    """The bill that a file is; None where no sheet has the header of one."""
    book = open_book(path)
    found = {sheet: bill for sheet in book.sheets if (bill := _on(sheet, book))}
    if len(found) > 1 and len({_tells(sheet, book) for sheet in found}) > 1:
        names = joined(sheet.name for sheet in found)
        raise FileProblem(file=path.name, why=_(SEVERAL_SHEETS).format(names=names))
    return next(iter(found.values()), None)


def _tells(sheet: Sheet, book: Book) -> frozenset[tuple[object, ...]]:
    """What the bill on a sheet says: people keep copies of it on others."""
    bill = _on(sheet, book)
    lines = bill.lines() if bill else ()
    return frozenset((line.kind, line.at, line.amount_fen, line.outside_no) for line in lines)


def _on(sheet: Sheet, book: Book) -> Bill | None:
    """The bill on a sheet."""
    rows = _rows_of(sheet)
    above: list[list[str]] = []
    for number, cells in islice(rows, HEADER_WITHIN):
        shown = [part for cell in cells for part in _shown(cell).split("，")]
        if layout := recognise(shown):
            totals = Totals(layout.form)
            for row in above:
                totals.hear(row, ",".join(row))
            totals.damaged = False  # what stands above is not the foot of this bill
            left = _below(sheet, layout, number) or rows
            return Bill(book.path, book.sha256, layout, totals, sheet.height, left)
        above.append(shown)
    return None


def _begins_as_data(cells: Sequence[Cell]) -> bool:
    """Whether a row is surely data: it begins with a time or a number, and goes on."""
    if len(cells) <= 7 or not isinstance(cells[0], str) or not isinstance(cells[1], str):
        return False
    first = cells[0].lstrip("` ")
    return first[:4].isdigit() and bool(cells[1].strip())


def _shown(cell: Cell) -> str:
    return "" if cell is None else str(cell).strip(" \t`\ufeff\r\n")


def _rows_of(sheet: Sheet) -> Rows:
    return delimited(sheet.lines()) if isinstance(sheet, CsvSheet) else iter(sheet.rows())


def _below(sheet: Sheet, layout: Layout, header: int) -> Rows | None:
    """The rows below the header of a text file, parted as its layout says; None for Excel."""
    if not isinstance(sheet, CsvSheet):
        return None
    found = delimited(sheet.lines(), layout)
    return ((number, cells) for number, cells in found if number > header)
