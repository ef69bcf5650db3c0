"""An empty workbook to be filled in: the sheets and headers that an import recognises."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from crm_tui.core.language import N_, _
from crm_tui.services.exports.catalogue import COLUMNS
from crm_tui.services.exports.writers import excel_book, replacing

_SHEETS = {
    "customers": N_("customers"),
    "companions": N_("companions"),
    "orders": N_("orders"),
}
_LEFT_OUT = {
    "customers": frozenset(("no", "order_count", "last_order_at")),
    "companions": frozenset(("no", "presence", "credit")),
    "orders": frozenset(("completed_at", "paid_fen")),
}
"""What the studio counts by itself, or hardly anybody fills in."""
_EXAMPLES: dict[str, dict[str, Any]] = {
    "customers": {
        "nick": "小鱼干12",
        "name": "王小雨",
        "phone": "13800138000",
        "wechat": "wxid_example",
        "gender": "女",
        "channel": "抖音",
        "tags": "夜猫子、话少",
        "city": "杭州",
        "registered_on": "2026/9/1",
    },
    "companions": {
        "nick": "鹿鹿09",
        "phone": "13900139000",
        "gender": "女",
        "games": "王者荣耀、和平精英",
        "ranks": "最强王者、超级王牌",
        "level": "技术",
        "rate_fen": "45",
        "share_bp": "80%",
        "tags": "声音甜美",
    },
    "orders": {
        "no": "A0901-001",
        "created_at": "2026/9/1 21:05",
        "customer_wechat": "wxid_example",
        "customer_nick": "小鱼干12",
        "game": "王者荣耀",
        "kind": "陪玩",
        "companion": "鹿鹿09",
        "minutes": "90",
        "rate_fen": "45",
        "amount_fen": "67.5",
        "tip_fen": "5.2",
        "channel": "微信",
        "status": "已完成",
        "rating": "5",
    },
}
"""One row a sheet that shows how cells are written; to be overwritten."""


def write_template(target: Path) -> dict[str, Any]:
    """Write the workbook, with headers in the language in force. Answers ``{"file", "sheets"}``.

    Raises :class:`FileProblem` where it can't be written.
    """
    with replacing(target) as unfinished, excel_book(unfinished) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        for what, title in _SHEETS.items():
            sheet = book.add_worksheet(_(title))
            columns = [c for c in COLUMNS[what] if c.key not in _LEFT_OUT[what]]
            sheet.set_column(0, len(columns) - 1, 14)
            sheet.freeze_panes(1, 0)
            for at, column in enumerate(columns):
                sheet.write_string(0, at, column.header, bold)
            for at, column in enumerate(columns):
                sheet.write_string(1, at, _EXAMPLES[what].get(column.key, ""))
    return {"file": str(target), "sheets": [_(title) for title in _SHEETS.values()]}
