"""Bills as other programs and other years leave them: every data line accounted for, whatever the
habit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
import xlsxwriter

from crm_tui.core.errors import FileProblem
from crm_tui.core.words import BillLineKind as Kind
from crm_tui.services.money.bills.forms import BillForm
from crm_tui.services.money.bills.reading import open_bill
from tests import bills

WECHAT = ",".join(bills.WECHAT_PERSONAL)
ACCOUNT = ",".join(bills.ALIPAY_ACCOUNT)
ALIPAY = ",".join(bills.ALIPAY_PERSONAL)
PAY, BACK = bills.wechat_payment, bills.wechat_refund
MERCHANT = bills.wechat_merchant([PAY(1), PAY(2, "30.00"), BACK(1)])


def _wechat(*rows: str, above: Sequence[str] = ()) -> str:
    return "\n".join([*above, WECHAT, *rows]) + "\n"


def _row(no: int, kind: str, amount: str, state: str, direction: str = "收入", **more: str) -> str:
    when, note = more.get("when", "2026-09-01 20:00:00"), more.get("note", "/")
    return f"{when},{kind},小鱼干{no},陪玩,{direction},{amount},零钱,{state},{10_000 + no},/,{note}"


def _account(*rows: str, header: str = ACCOUNT) -> str:
    return "\n".join(["#支付宝账务明细查询", header, *rows, "#账务明细列表结束"]) + "\n"


def _alipay(*rows: str, header: str = ALIPAY) -> str:
    return "\n".join([header + ",", *(row + "," for row in rows)]) + "\n"


def _replaced(text: str, *pairs: tuple[str, str]) -> str:
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


SIGNS = _wechat(
    _row(1, "商户消费", "-28.16", "支付成功", "支出"),
    _row(2, "商户消费", "−28.16", "支付成功", "支出"),
    _row(3, "商户消费", "－28.16", "支付成功", "支出"),
    _row(4, "商户消费", "¥-28.16", "支付成功", "支出"),
    _row(5, "转账", "+60.00元", "已收钱"),
    _row(6, "转账", "￥ 60．00", "已收钱"),
    _row(7, "转账", '"1,060.00"', "已收钱"),
    _row(8, "转账", "CNY 60.00", "已收钱"),
    _row(9, "转账", "RMB60", "已收钱"),
    _row(10, "转账", "六十", "已收钱"),
)
STATES = _wechat(
    _row(1, "转账", "¥60.00", "对方已收钱", "支出"),
    _row(2, "微信红包（单发）", "¥8.88", "对方已收钱", "支出"),
    _row(3, "转账", "¥60.00", "已存入零钱"),
    _row(4, "二维码收款", "¥60.00", "已退款（￥12.00）"),
    _row(5, "二维码收款", "¥60.00", "已部分退款12.00元"),
    _row(6, "转账", "¥60.00", "已全额退款"),
    _row(7, "零钱提现", "¥100.00", "提现已到账", "/", note="服务费¥0.10"),
    _row(8, "理财通", "¥100.00", "支付成功", "/"),
    _row(9, "信用卡还款", "¥100.00", "支付成功", "/"),
    _row(10, "零钱充值", "¥100.00", "充值完成", "中性交易"),
    _row(11, "商户消费-退款", "¥5.00", "已全额退款"),
    _row(12, "转账", "¥60.00", "待对方确认收款", "支出"),
    above=("收入：4笔 240.00元", "共12笔记录"),
)
TIMES = _wechat(
    _row(1, "转账", "60", "已收钱", when="2026/9/1 8:05"),
    _row(2, "转账", "60", "已收钱", when="2026年9月1日 20:05:06"),
    _row(3, "转账", "60", "已收钱", when="2026.9.1 20:05"),
    _row(4, "转账", "60", "已收钱", when="2026-09-01T20:05:06"),
    _row(5, "转账", "60", "已收钱", when="2026-09-01T12:05:06Z"),
    _row(6, "转账", "60", "已收钱", when="2026-09-01 20:05:06.000"),
    _row(7, "转账", "60", "已收钱", when="46266.8368"),
    _row(8, "转账", "60", "已收钱", when="昨天"),
)
NEWER_ACCOUNT = _account(
    "9900000000000001\t,2026090122001400000000000001\t,pay1\t,陪玩\t,2026-09-01 20:00:00,小明,"
    "+60.00, ,1060.00,支付宝,在线支付,,0030001|交易收款,外部业务,,",
    "9900000000000002\t,2026090122001400000000000001\t,pay1\t,陪玩\t,2026-09-01 21:00:00,小明,"
    " ,-20.00,1040.00,支付宝,交易退款,,0030002|交易退款,外部业务,,",
    "9900000000000003\t,2026090122001400000000000001\t,\t,\t,2026-09-01 20:00:00,支付宝, ,−0.36,"
    "1039.64,支付宝,收费,服务费[2026090122001400000000000001],,,,",
    "9900000000000004\t,\t,\t,\t,2026-09-01 23:00:00,招商银行, ,-1000.00,39.64,支付宝,提现,,,,,",
    header=ACCOUNT + ",业务描述,业务账单来源,业务基础订单号,业务订单号",
)
OLDER_ACCOUNT = _account(
    "2017090110001,2017090121001004,pay1,陪玩,2017-09-01 20:00:00,小明,"
    "60.00,0.00,60.00,支付宝,在线支付,",
    "2017090110002,2017090121001005,pay2,陪玩,2017-09-01 21:00:00,小明,"
    ",20.00,40.00,支付宝,交易退款,",
    header=_replaced(
        ACCOUNT,
        ("账务流水号", "支付宝流水号"),
        ("发生时间", "入账时间"),
        ("收入金额（+元）", "收入（元）"),
        ("支出金额（-元）", "支出（元）"),
    ),
)
ALIPAY_STATES = _alipay(
    "2026-09-01 20:00:00,日用百货,某店,/,耳机,支出,99.00,余额,等待确认收货,2026090100001,M1,",
    "2026-09-01 20:00:01,信用借还,花呗,/,还款,不计收支,300.00,余额,还款成功,2026090100002,,",
    "2026-09-01 20:00:02,转账红包,小鱼干12,/,陪玩,收入,￥1，060.00,,交易成功,2026090100003,,",
    "2026-09-01 20:00:03,充值缴费,某店,/,话费,支出,30.00,余额,等待付款,2026090100004,M4,",
    "2026-09-01 20:00:04,其他,某店,/,免押,不计收支,0.00,,芝麻免押下单成功,2026090100005,M5,",
    "2026-09-02 20:00:04,退款,某店,/,退款-耳机,不计收支,9.00,余额,退款成功,2026090100001_R1,M1,",
    "2026-09-02 20:00:05,投资理财,基金,/,买入,不计收支,10.00,余额宝,份额确认成功,2026090100007,,",
)
BREAKS = (
    f"{WECHAT}\r\n"
    '2026-09-01 20:00:00,转账,"小鱼干\r\n12","陪玩,\r\n双排",收入,¥60.00,/,已收钱,'
    '1000001,/,"备注\n两行"\r\n'
    '2026-09-01 21:00:00,转账,小"鱼"干,他说"好",收入,¥60.00,/,已收钱,1000002,/,/\r\n'
)
TWO_MONTHS = MERCHANT + bills.wechat_merchant([PAY(3), BACK(2, "10.00")])
TWO_PERSONAL = _wechat(_row(1, "转账", "60.00", "已收钱"), above=("收入：1笔 60.00元",)) + _wechat(
    _row(2, "转账", "40.00", "已收钱"), above=("微信支付账单明细", "收入：1笔 40.00元")
)
ANOTHER_ORDER = MERCHANT + bills.wechat_merchant(
    [PAY(3), PAY(4)], [*bills.WECHAT_ALL[5:], *bills.WECHAT_ALL[:5]]
)
PLAIN = _wechat(_row(1, "转账", "60.00", "已收钱"), _row(2, "转账", "40.00", "已收钱"))
SUMMED = PLAIN + ",,,,合计,100,,,,,\n小计,,,,,100,,,,,\n本页合计,,,,,100,,,,,\n"
FOOTLESS = "\r\n".join(MERCHANT.splitlines()[:-2])
NO_LINES = bills.wechat_merchant([])
WITH_NUMBERS = "\n".join(
    f"{place or '序号'},{line}" for place, line in enumerate(_wechat(*_wechat(
        _row(1, "转账", "60.00", "已收钱"), _row(2, "转账", "40.00", "已收钱")
    ).splitlines()[1:]).splitlines())
)  # fmt: skip


def _text(text: str, encoding: str, path: Path) -> Path:
    return bills.save(path.with_suffix(".csv"), text, encoding)


def _styled(path: Path) -> Path:
    """A workbook with a merged title, dates as dates, amounts as numbers with a format."""
    with xlsxwriter.Workbook(str(path.with_suffix(".xlsx"))) as book:
        page = book.add_worksheet("账单")
        bold, day = (
            book.add_format({"bold": True}),
            book.add_format({"num_format": "yyyy/m/d h:mm"}),
        )
        money = book.add_format({"num_format": '"¥"#,##0.00'})
        page.merge_range(0, 0, 0, 10, "微信支付账单明细", bold)
        page.merge_range(1, 0, 1, 10, "收入：2笔 1260.50元", bold)
        page.write_row(3, 1, bills.WECHAT_PERSONAL, bold)
        for place, (when, yuan) in enumerate(
            [(datetime.fromisoformat("2026-09-01 20:05"), 60.5), (46_266.5, 1200)], start=4
        ):
            row = [
                when,
                "转账",
                "小鱼干12",
                "/",
                "收入",
                yuan,
                "/",
                "已收钱",
                f"10000{place}",
                "/",
                "/",
            ]
            page.write_row(place, 1, row)
            page.write(place, 1, when, day)
            page.write(place, 6, yuan, money)
        page.write_row(6, 1, ["合计", "", "", "", "", 1260.5], bold)
    return path.with_suffix(".xlsx")


def _merchant_workbook(path: Path) -> Path:
    rows = [line.split(",`") for line in MERCHANT.splitlines()]
    rows = [row if len(row) > 2 else row[0].split(",") for row in rows]
    return bills.save_xlsx(path.with_suffix(".xlsx"), rows)


@dataclass(frozen=True)
class Case:
    make: Callable[[Path], Path]
    form: BillForm
    counts: tuple[int, int, int, int]
    """Payments, refunds, neutral, rejected."""
    money: int
    """Fen that came less those that went, of payments and refunds."""
    agree: bool = True


def _of(
    text: str,
    form: BillForm,
    counts: tuple[int, int, int, int],
    money: int,
    agree: bool = True,
    encoding: str = "utf-8",
) -> Case:
    return Case(partial(_text, text, encoding), form, counts, money, agree)


F = BillForm
CASES = {
    "signs of amounts": _of(
        SIGNS, F.WECHAT_PERSONAL, (9, 0, 0, 1), 130000 - 11264, encoding="gb18030"
    ),
    "states of wechat": _of(STATES, F.WECHAT_PERSONAL, (3, 4, 5, 0), 9212, agree=False),
    "times": _of(TIMES, F.WECHAT_PERSONAL, (7, 0, 0, 1), 42000),
    "newer account": _of(NEWER_ACCOUNT, F.ALIPAY_MERCHANT_ACCOUNT, (1, 1, 2, 0), 4000 - 36, False),
    "older account": _of(OLDER_ACCOUNT, F.ALIPAY_MERCHANT_ACCOUNT, (1, 1, 0, 0), 4000, False),
    "states of alipay": _of(
        ALIPAY_STATES, F.ALIPAY_PERSONAL, (2, 1, 4, 0), 97000, encoding="gb18030"
    ),
    "line breaks": _of(BREAKS, F.WECHAT_PERSONAL, (2, 0, 0, 0), 12000, encoding="utf-8-sig"),
    "old mac": _of(MERCHANT.replace("\r\n", "\r"), F.WECHAT_MERCHANT_ALL, (2, 1, 0, 0), 7000),
    "unix, utf-16": _of(
        MERCHANT.replace("\r\n", "\n"), F.WECHAT_MERCHANT_ALL, (2, 1, 0, 0), 7000, encoding="utf-16"
    ),
    "blank columns": _of(
        MERCHANT.replace("\r\n", ",,,\r\n"), F.WECHAT_MERCHANT_ALL, (2, 1, 0, 0), 7000
    ),
    "blank lines": _of(
        MERCHANT.replace("\r\n", "\r\n\r\n ,, \r\n"), F.WECHAT_MERCHANT_ALL, (2, 1, 0, 0), 7000
    ),
    "no back-ticks": _of(MERCHANT.replace("`", ""), F.WECHAT_MERCHANT_ALL, (2, 1, 0, 0), 7000),
    "two months": _of(TWO_MONTHS, F.WECHAT_MERCHANT_ALL, (3, 2, 0, 0), 12000),
    "two personal ones": _of(TWO_PERSONAL, F.WECHAT_PERSONAL, (2, 0, 0, 0), 10000),
    "no foot": _of(FOOTLESS, F.WECHAT_MERCHANT_ALL, (2, 1, 0, 0), 7000, agree=False),
    "no lines": _of(NO_LINES, F.WECHAT_MERCHANT_ALL, (0, 0, 0, 0), 0),
    "numbered lines": _of(WITH_NUMBERS, F.WECHAT_PERSONAL, (2, 0, 0, 0), 10000),
    "full-width commas": _of(PLAIN.replace(",", "，"), F.WECHAT_PERSONAL, (2, 0, 0, 0), 10000),
    "bars": _of(PLAIN.replace(",", "|"), F.WECHAT_PERSONAL, (2, 0, 0, 0), 10000),
    "sums in between": _of(SUMMED, F.WECHAT_PERSONAL, (2, 0, 0, 0), 10000),
    "styled workbook": Case(_styled, F.WECHAT_PERSONAL, (2, 0, 0, 0), 126050),
    "merchant's workbook": Case(_merchant_workbook, F.WECHAT_MERCHANT_ALL, (2, 1, 0, 0), 7000),
}


@pytest.mark.parametrize("name", CASES)
def test_every_line_is_accounted_for(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    bill = open_bill(case.make(tmp_path / "bill"))
    lines = list(bill.lines())

    told = bill.document()
    assert bill.form is case.form
    found = tuple(told[each] for each in ("payments", "refunds", "neutral", "rejected"))
    assert found == case.counts, (told["rejects"], lines)
    moved = (line.amount_fen for line in lines if line.kind is not Kind.NEUTRAL)
    assert sum(moved) == case.money, lines
    assert bill.totals.agree() is case.agree, bill.totals.document()


def _two_sheets(path: Path) -> Path:
    with xlsxwriter.Workbook(str(path.with_suffix(".xlsx"))) as book:
        for name in ("九月", "其他月"):
            page = book.add_worksheet(name)
            page.write_row(0, 0, bills.WECHAT_PERSONAL)
            page.write_row(1, 0, _row(len(name), "转账", "60.00", name).split(","))
    return path.with_suffix(".xlsx")


REFUSED = {
    "another table": (partial(_text, ANOTHER_ORDER, "utf-8"), "line 7, with other columns"),
    "two sheets": (_two_sheets, "several sheets: 九月, 其他月"),
    "movements": (
        partial(
            _text,
            "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元)\n",
            "utf-8",
        ),
        "交易账单",
    ),
    "sums": (
        partial(
            _text, "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）\n", "gb18030"
        ),
        "业务明细",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_t_be_read_to_its_end_says_what_to_give_instead(name: str, tmp_path: Path) -> None:
    make, why = REFUSED[name]
    with pytest.raises(FileProblem, match=why):
        list(open_bill(make(tmp_path / "bill")).lines())
