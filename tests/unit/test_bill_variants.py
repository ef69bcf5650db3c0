"""Personal bills as they came over the years, and as people save them once more: nothing lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from crm_tui.core.words import BillLineKind as Kind
from crm_tui.services.money.bills.forms import BillForm
from crm_tui.services.money.bills.reading import open_bill
from tests import bills

Rows = Sequence[Sequence[object]]

ALIPAY_2021 = (
    "收/支,交易对方,对方账号,商品说明,收/付款方式,金额,交易状态,交易分类,交易订单号,商家订单号,"
    "交易时间,"
)
ALIPAY_WEB = (
    "交易号 ,商家订单号 ,交易创建时间 ,付款时间 ,"
    "最近修改时间 ,交易来源地 ,类型 ,交易对方 ,商品名称 ,"
    "金额（元） ,收/支 ,交易状态 ,服务费（元） ,成功退款（元）  ,备注 ,资金状态 ,"
)
WECHAT = ",".join(bills.WECHAT_PERSONAL)


def _rows(*lines: str) -> Rows:
    return [line.split(",") for line in lines]


WECHAT_STATES = _rows(
    "微信支付账单明细",
    "共10笔记录",
    "收入：4笔 1422.00元",
    "支出：4笔 160.50元",
    "中性交易：2笔 300.00元",
    WECHAT,
    "2026-09-01 20:00:00,转账,小鱼干12,/,收入,¥1200.00,/,已存入零钱,1000001,/,/",
    "2026-09-02 20:00:00,微信红包,小鱼干13,/,收入,￥100.00,/,已全额退款,1000002,/,/",
    "2026-09-03 20:00:00,二维码收款,小鱼干14,陪玩,收入,¥62.00,零钱,已退款(￥12.00),1000003,/,/",
    "2026-09-03 21:00:00,群收款,小鱼干15,陪玩,收入,¥60.00,零钱,已收钱,1000004,/,/",
    "2026-09-04 20:00:00,商户消费,某店,奶茶,支出,¥20.50,零钱,支付成功,1000005,M5,/",
    "2026-09-04 21:00:00,亲属卡交易,某店,亲属卡,支出,¥30.00,零钱通,支付成功,1000006,M6,/",
    "2026-09-05 20:00:00,转账,小美,转账备注:工资,支出,¥100.00,零钱,对方已退还,1000007,/,/",
    "2026-09-05 21:00:00,商户消费,某店,奶茶,支出,¥10.00,零钱,支付失败,1000010,M10,/",
    "2026-09-06 20:00:00,零钱提现,招商银行,/,/,¥200.00,招商银行,提现已到账,1000008,/,服务费¥0.20",
    "2026-09-06 21:00:00,转入零钱通-来自零钱,/,/,中性交易,¥100.00,零钱,支付成功,1000009,/,/",
)
ALIPAY_STATES = _rows(
    "支付宝支付科技有限公司  电子客户回单",
    "导出交易类型：[全部]",
    "共7笔记录",
    "收入：2笔 1260.00元",
    "支出：2笔 130.00元",
    "不计收支：3笔 590.00元",
    ALIPAY_2021,
    "收入,小鱼干12,/,陪玩,余额,1200.00,交易成功,转账红包,2026090100001,,2026-09-01 20:00:00,",
    "收入,小鱼干13,/,陪玩,余额宝,60.00,交易成功,收钱码收款,2026090100002,,2026-09-01 21:00:00,",
    "支出,某店,/,奶茶,花呗,50.00,交易关闭,餐饮美食,2026090100003,M3,2026-09-02 20:00:00,",
    "不计收支,某店,/,退款-奶茶,花呗,50.00,退款成功,退款,2026090100003_M3,M3,2026-09-02 20:10:00,",
    "支出,亲友,/,亲情卡,余额,80.00,交易成功,亲友代付,2026090100004,M4,2026-09-03 20:00:00,",
    "不计收支,余额宝,/,转入,余额,500.00,交易成功,投资理财,2026090100005,,2026-09-04 20:00:00,",
    "不计收支,某店,/,衣服,,40.00,交易关闭,服饰装扮,2026090100006,M6,2026-09-05 20:00:00,",
)
WEB = _rows(
    "支付宝交易记录明细查询",
    "账号:[138****8000]",
    "起始日期:[2019-09-01 00:00:00]    终止日期:[2019-10-01 00:00:00]",
    "---------------------------------交易记录明细列表------------------------------------",
    ALIPAY_WEB,
    "2019090100001\t,P1\t,2019-09-01 10:00:00 ,2019-09-01 10:00:05 ,2019-09-01 10:00:06 ,其他,"
    "即时到账交易 ,小鱼干12,陪玩,60.00 ,收入 ,交易成功 ,0.00 ,10.00 , ,已收入 ,",
    "2019090100002\t,P2\t,2019-09-02 10:00:00 ,2019-09-02 10:00:05 ,2019-09-02 10:00:06 ,淘宝,"
    "担保交易 ,某店,耳机,99.90 ,支出 ,交易成功 ,0.00 ,0.00 , ,已支出 ,",
    "2019090100003\t,P3\t,2019-09-03 10:00:00 , ,2019-09-04 10:00:06 ,淘宝,"
    "担保交易 ,某店,键盘,199.00  , ,交易关闭 ,0.00 ,0.00 , , ,",
    "2019090100004\t,\t,2019-09-05 10:00:00 ,2019-09-05 10:00:00 ,2019-09-05 10:00:00 ,支付宝网站,"
    "转账 ,自己,转到余额宝,500.00  , ,交易成功 ,0.00 ,0.00 , ,资金转移 ,",
    "------------------------------------------------------------------------------------",
    "共4笔记录",
    "已收入:1笔,60.00元",
    "待收入:0笔,0.00元",
    "已支出:1笔,99.90元",
    "导出时间:[2019-10-02 05:46:49]    用户:某某",
)
EXCEL_DATES = _rows(
    WECHAT,
    "2025/9/1 8:05,转账,小鱼干12,/,收入,60,/,已收钱,1000001,/,/",
    "2025/9/1 8:06,转账,小鱼干13,/,收入,1E+02,/,已收钱,1.00005E+27,/,/",
    '2025/9/1 18:05:09,转账,小鱼干14,/,收入,"¥1，280.00",/,已收钱,1000003,/,/',
)


@dataclass(frozen=True)
class Case:
    form: BillForm
    rows: Rows
    counts: tuple[int, int, int, int]
    money: int
    """Fen that came less those that went, of payments and refunds."""
    agree: bool = True


CASES = {
    "wechat states": Case(BillForm.WECHAT_PERSONAL, WECHAT_STATES, (4, 3, 3, 0), 125950),
    "alipay since 2021": Case(BillForm.ALIPAY_PERSONAL, ALIPAY_STATES, (4, 1, 2, 0), 118000),
    "alipay web": Case(BillForm.ALIPAY_PERSONAL, WEB, (1, 1, 2, 0), -4990),
    "wechat saved by excel": Case(BillForm.WECHAT_PERSONAL, EXCEL_DATES, (2, 0, 0, 1), 134000),
    "a line is missing": Case(
        BillForm.WECHAT_PERSONAL, WECHAT_STATES[:-1], (4, 3, 2, 0), 125950, agree=False
    ),
    "the sums are not its own": Case(
        BillForm.ALIPAY_PERSONAL,
        [["收入：2笔 1260.01元"] if "收入：" in str(row[0]) else row for row in ALIPAY_STATES],
        (4, 1, 2, 0),
        118000,
        agree=False,
    ),
}
SAVED = ("utf-8-sig", "gb18030", "utf-16", "tabs", "semicolons", "padded", "xlsx")


def save(path: Path, rows: Rows, how: str) -> Path:
    """The rows as a program saves them: an encoding, a sign between cells, or Excel."""
    if how == "xlsx":
        return bills.save_xlsx(path.with_suffix(".xlsx"), [*[["/"]] * 3, *rows])
    if how == "padded":  # a spreadsheet program makes all rows as wide as the widest
        width = max(map(len, rows))
        rows = [[*row, *[""] * (width - len(row))] for row in rows]
    sign = {"tabs": "\t", "semicolons": ";"}.get(how, ",")
    text = "\r\n".join(sign.join(map(str, row)) for row in rows)
    encoding = how if how.startswith(("utf", "gb")) else "gb18030"
    return bills.save(path.with_suffix(".csv"), text + "\r\n", encoding)


@pytest.mark.parametrize("how", SAVED)
@pytest.mark.parametrize("name", CASES)
def test_nothing_is_lost_or_counted_twice(name: str, how: str, tmp_path: Path) -> None:
    case = CASES[name]
    bill = open_bill(save(tmp_path / "bill", case.rows, how))
    lines = list(bill.lines())

    told = bill.document()
    assert bill.form is case.form
    found = tuple(told[each] for each in ("payments", "refunds", "neutral", "rejected"))
    assert found == case.counts, told["rejects"]
    moved = (line.amount_fen for line in lines if line.kind is not Kind.NEUTRAL)
    assert sum(moved) == case.money
    assert bill.totals.agree() is case.agree, bill.totals.document()
