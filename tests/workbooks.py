"""Workbooks of invented studios, each with its own habits, and the counts that are true of them.

Nothing here reads the importer: what is expected follows from how the rows were made.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import xlsxwriter

MONTH = date(2026, 8, 1)


@dataclass
class Truth:
    """What is true of a workbook."""

    customers: int = 0
    merged: int = 0
    companions: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    gross_fen: int = 0
    tips_fen: int = 0
    unknown_customers: int = 0
    served: Counter[str] = field(default_factory=Counter)
    shares: dict[str, int] = field(default_factory=dict)
    minutes: int = 0
    daily_fen: Counter[date] = field(default_factory=Counter)


@dataclass
class Sale:
    """One order as the studio knows it, before it is written in anybody's way."""

    no: str
    customer: int
    companion: int
    start: datetime
    minutes: int
    rate: int
    status: str
    tip: int
    rating: int | None
    game: str

    @property
    def amount_fen(self) -> int:
        return self.rate * 100 * self.minutes // 60


GAMES = ("王者荣耀", "和平精英", "英雄联盟")
STATUSES = ("completed",) * 8 + ("cancelled", "pending", "unpaid")


def sales(random: Random, count: int, customers: int, companions: int) -> list[Sale]:
    """``count`` orders of one month."""
    made = []
    for at in range(count):
        start = datetime.combine(MONTH, datetime.min.time()) + timedelta(
            days=random.randrange(30), seconds=random.randrange(12 * 3600, 23 * 3600)
        )
        status = random.choice(STATUSES)
        done = status == "completed"
        made.append(
            Sale(
                no=f"XD{start:%m%d}{at:05d}",
                customer=random.randrange(customers),
                companion=random.randrange(companions),
                start=start,
                minutes=random.choice((30, 60, 90, 120, 180)),
                rate=random.choice((30, 45, 68)),
                status=status,
                tip=random.choice((0, 0, 10, 52)) if done else 0,
                rating=random.choice((None, 3, 4, 5)) if done else None,
                game=random.choice(GAMES),
            )
        )
    return made


def count_up(truth: Truth, sold: list[Sale], nick: Any) -> None:
    """Add what is true of ``sold``."""
    for sale in sold:
        truth.statuses[sale.status] += 1
        if sale.status == "completed":
            truth.gross_fen += sale.amount_fen
            truth.tips_fen += sale.tip * 100
            truth.served[nick(sale.companion)] += 1
            truth.minutes += sale.minutes
            truth.daily_fen[sale.start.date()] += sale.amount_fen


def phone_of(at: int) -> str:
    return f"139{10_000_000 + at * 37}"


def lime_studio(path: Path, seed: int = 5) -> Truth:
    """Chinese words of another house: two header rows under merged groups, start and end in two
    columns, dates as 2026年8月3日 once a day in merged cells, shares as 分成 80%, sums within."""
    random = Random(seed)
    truth = Truth(customers=40, merged=3, companions=8, unknown_customers=2)
    book = xlsxwriter.Workbook(path, {"strings_to_formulas": False})
    _lime_customers(book, random)
    _lime_companions(book, truth)
    sold = sorted(sales(random, 120, 40, 8), key=lambda sale: sale.start)
    _lime_orders(book, sold, random)
    count_up(truth, sold, lambda at: f"小甜{at}")
    notes = book.add_worksheet("说明")
    notes.write_string(0, 0, "本表仅供内部使用")
    notes.write_string(1, 0, "有问题找店长")
    book.close()
    return truth


def _lime_customers(book: Any, random: Random) -> None:
    sheet = book.add_worksheet("老板档案")
    sheet.merge_range(0, 0, 0, 7, "青提陪玩 · 老板档案")
    sheet.merge_range(1, 0, 1, 7, "更新：2026年8月31日")
    sheet.merge_range(2, 0, 2, 1, "基本信息")
    sheet.merge_range(2, 2, 2, 4, "联系方式")
    sheet.merge_range(2, 5, 2, 7, "其他")
    _strings(sheet, 3, ["网名", "性别", "手机号码", "VX", "QQ号", "从哪来", "加好友时间", "说明"])
    row = 4
    for at in range(40):
        phone = phone_of(at)
        sheet.write_string(row, 0, f"老板{at}")
        sheet.write_string(row, 1, random.choice(("男生", "女生", "保密")))
        if at % 3 == 0:
            sheet.write_number(row, 2, int(phone))
        else:
            sheet.write_string(row, 2, f"{phone[:3]}-{phone[3:7]}-{phone[7:]}")
        sheet.write_string(row, 3, f"vx_{at:04d}\t" if at % 2 else f"VX_{at:04d}")
        sheet.write_number(row, 4, 100_000 + at)
        sheet.write_string(row, 5, random.choice(("抖音直播", "朋友推荐", "QQ群", "自己找来的")))
        sheet.write_string(row, 6, f"2026年{1 + at % 7}月{1 + at % 28}日")
        row += 1
    for at in range(3):
        sheet.write_string(row, 0, f"老板{at}小号")
        sheet.write_string(row, 2, phone_of(at))
        row += 1
    sheet.write_string(row, 0, "合计：")
    sheet.write_string(row, 2, "43人")


def _lime_companions(book: Any, truth: Truth) -> None:
    sheet = book.add_worksheet("打手")
    _strings(
        sheet,
        0,
        ["", *["打手昵称", "联系电话", "会玩游戏", "当前段位", "级别", "时薪", "分成", "声线"]],
    )
    for at in range(8):
        sheet.write_string(at + 1, 1, f"小甜{at}")
        sheet.write_string(at + 1, 2, f"+86 158{20_000_000 + at}")
        sheet.write_string(at + 1, 3, "王者荣耀 / 和平精英" if at % 2 else "英雄联盟")
        sheet.write_string(at + 1, 4, "最强王者/无敌战神" if at % 2 else "璀璨钻石")
        sheet.write_string(at + 1, 5, ("娱乐", "技术", "大神", "金牌")[at % 4])
        sheet.write_string(at + 1, 6, f"{(30, 45, 68, 88)[at % 4]}元/小时")
        if at % 2:
            sheet.write_string(at + 1, 7, "80%")
        else:
            sheet.write_number(at + 1, 7, 0.75)
        truth.shares[f"小甜{at}"] = 8000 if at % 2 else 7500


_LIME_STATUS = {"completed": "结单", "cancelled": "退单", "pending": "未派", "unpaid": "欠款"}
_LIME_HEADERS = [
    "日期",
    "上机时间",
    "下机时间",
    "流水号",
    "老板微信号",
    "老板",
    "游戏项目",
    "类型",
    "接单人",
    "小时数",
    "时薪",
    "总价",
    "小费",
    "付款渠道",
    "进度",
    "满意度",
]


def _lime_orders(book: Any, sold: list[Sale], random: Random) -> None:
    sheet = book.add_worksheet("八月报单")
    sheet.merge_range(0, 0, 0, len(_LIME_HEADERS) - 1, "2026年8月报单流水")
    _strings(sheet, 2, _LIME_HEADERS)
    row, day_began = 3, 3
    for at, sale in enumerate(sold):
        _lime_order(sheet, row, sale, random)
        row += 1
        last_of_day = at + 1 == len(sold) or sold[at + 1].start.date() != sale.start.date()
        if last_of_day:
            shown = f"{sale.start.year}年{sale.start.month}月{sale.start.day}日"
            if row - 1 > day_began:
                sheet.merge_range(day_began, 0, row - 1, 0, shown)
            else:
                sheet.write_string(day_began, 0, shown)
            sheet.write_string(row, 3, "小计")
            sheet.write_number(row, 11, 1234)
            row += 1
            day_began = row
    for at in range(2):
        _lime_order(sheet, row, sold[0], random, wechat=f"nobody_{at}", no=f"XX{at}")
        sheet.write_string(row, 0, "2026年8月31日")
        row += 1
    sheet.write_string(row, 0, "总计")
    sheet.write_string(row, 11, "￥99,999.00")


def _lime_order(
    sheet: Any, row: int, sale: Sale, random: Random, wechat: str = "", no: str = ""
) -> None:
    end = sale.start + timedelta(minutes=sale.minutes)
    served = sale.status in ("completed", "unpaid")
    hours = sale.minutes / 60
    cells: dict[int, Any] = {
        1: f"{sale.start:%H:%M:%S}",
        2: f"{end:%H:%M:%S}" if served else "",
        3: no or sale.no,
        4: wechat or f"vx_{sale.customer:04d}",
        5: f"老板{sale.customer}",
        6: sale.game,
        7: random.choice(("陪玩单", "上星", "娱乐局", "哄睡")),
        8: f"小甜{sale.companion}" if sale.status != "pending" else "—",
        9: random.choice((hours, f"{hours:g}h", f"{sale.minutes}分钟", f"{hours:g}个小时")),
        10: sale.rate,
        11: random.choice((sale.amount_fen / 100, f"¥{sale.amount_fen / 100:.2f}")),
        12: f"{sale.tip}元" if sale.tip else "",
        13: random.choice(("微信转账", "zfb", "现金")) if sale.status == "completed" else "",
        14: _LIME_STATUS[sale.status],
        15: f"{sale.rating}星" if sale.rating else "",
    }
    for at, value in cells.items():
        if isinstance(value, str):
            sheet.write_string(row, at, value)
        else:
            sheet.write_number(row, at, value)


def duke_studio(path: Path, seed: int = 6) -> Truth:
    """An English workbook: one date and time as a serial number, cut instead of share, minutes,
    customers told apart by phone, durations in minutes, a sheet of payments."""
    random = Random(seed)
    truth = Truth(customers=30, companions=6, unknown_customers=1)
    book = xlsxwriter.Workbook(path, {"strings_to_formulas": False})
    stamp = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    percent = book.add_format({"num_format": "0%"})
    clients = book.add_worksheet("Clients")
    _strings(
        clients, 0, ["Nickname", "Real Name", "Mobile No.", "Sex", "Source", "Joined", "Notes"]
    )
    for at in range(30):
        who = [f"Client {at}", f"Name {at}", int(phone_of(at)), "MF"[at % 2], "Referral"]
        _cells(clients, at + 1, [*who, f"2026-03-{1 + at % 28:02d}", "=1+1"])
    players = book.add_worksheet("Players")
    _strings(players, 0, ["Player", "Phone", "Games", "Rank", "Hourly Rate", "Studio cut"])
    for at in range(6):
        _cells(players, at + 1, [f"Ace{at}", f"186{30_000_000 + at}", "王者荣耀, 英雄联盟", "", 45])
        players.write_number(at + 1, 5, 0.2, percent)
        truth.shares[f"Ace{at}"] = 8000
    sold = sales(random, 80, 30, 6)
    orders = book.add_worksheet("Bookings")
    _strings(orders, 0, _DUKE_HEADERS)
    for row, sale in enumerate(sold, 1):
        _cells(orders, row, _duke_order(sale))
        orders.write_datetime(row, 1, sale.start, stamp)
    unknown = _duke_order(sold[0])
    unknown[:3] = ["ZZ1", 46250.5, "13000000000"]
    _cells(orders, len(sold) + 1, unknown)
    count_up(truth, sold, lambda at: f"Ace{at}")
    book.close()
    return truth


_DUKE_HEADERS = [
    "Order #",
    "Order time",
    "Client phone",
    "Client",
    "Game",
    "Service",
    "Player",
    "Duration (min)",
    "Unit price",
    "Amount",
    "Tips",
    "Payment method",
    "Status",
    "Stars",
]
_DUKE_STATUS = {
    "completed": "Finished",
    "cancelled": "Cancelled by client",
    "pending": "Not assigned",
    "unpaid": "Payment due",
}


def _duke_order(sale: Sale) -> list[Any]:
    return [
        sale.no,
        "",
        phone_of(sale.customer),
        f"Client {sale.customer}",
        sale.game,
        "Ranked",
        "" if sale.status == "pending" else f"Ace{sale.companion}",
        sale.minutes,
        sale.rate,
        sale.amount_fen / 100,
        sale.tip or "",
        "Cash" if sale.status == "completed" else "",
        _DUKE_STATUS[sale.status],
        sale.rating or "",
    ]


_CSV_STATUS = {
    "completed": "交易成功",
    "cancelled": "交易关闭",
    "pending": "待分配",
    "unpaid": "待付款",
}


def plain_csv(path: Path, encoding: str = "gb18030", seed: int = 7) -> Truth:
    """Orders as a billing system writes them: CSV with lines above the header, no order numbers,
    customers by phone, dates with dots, amounts with commas, a sum at the end."""
    random = Random(seed)
    truth = Truth(customers=10, companions=3)
    sold = sales(random, 40, 10, 3)
    for sale in sold:
        sale.tip = 0
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["导出时间", "2026-09-01 10:00"])
        writer.writerow([])
        writer.writerow(["下单时间", "客户手机", "游戏", "陪玩", "时长", "金额", "状态"])
        for sale in sold:
            who = "" if sale.status == "pending" else f"阿布{sale.companion}"
            when = f"{sale.start:%Y.%m.%d %H:%M:%S}"
            money = [f"{sale.minutes}分钟", f"{sale.amount_fen / 100:,.2f}"]
            status = _CSV_STATUS[sale.status]
            writer.writerow([when, phone_of(sale.customer), sale.game, who, *money, status])
        total = sum(sale.amount_fen for sale in sold)
        writer.writerow(["合计", "", "", "", "", f"{total / 100:,.2f}", ""])
    count_up(truth, sold, lambda at: f"阿布{at}")
    return truth


def _strings(sheet: Any, row: int, texts: list[str]) -> None:
    for column, shown in enumerate(texts):
        sheet.write_string(row, column, shown)


def _cells(sheet: Any, row: int, values: list[Any]) -> None:
    for column, value in enumerate(values):
        if isinstance(value, str):
            sheet.write_string(row, column, value)
        else:
            sheet.write_number(row, column, value)


def workbook(path: Path, **sheets: Sequence[Sequence[Any]]) -> Path:
    """A workbook with these sheets, each a list of rows; None leaves a cell out."""
    book = xlsxwriter.Workbook(path, {"strings_to_formulas": False})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for row, cells in enumerate(rows):
            for column, value in enumerate(cells):
                if isinstance(value, str):
                    sheet.write_string(row, column, value)
                elif value is not None:
                    sheet.write_number(row, column, value)
    book.close()
    return path


def csv_file(path: Path, rows: Sequence[Sequence[Any]], encoding: str = "utf-8") -> Path:
    """A CSV file with these rows."""
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream).writerows(rows)
    return path
