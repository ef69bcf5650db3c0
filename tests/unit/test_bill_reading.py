"""Bills of every form are read completely: each data line taken, or refused with its reason."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from crm_tui.core.errors import FileProblem
from crm_tui.core.words import BillLineKind as Kind
from crm_tui.services.money.bills.forms import BillForm, BillLine
from crm_tui.services.money.bills.reading import Bill, open_bill
from tests import bills

SAMPLES = Path(__file__).parents[1] / "fixtures" / "bills"


def read(path: Path) -> tuple[Bill, list[BillLine]]:
    bill = open_bill(path)
    return bill, list(bill.lines())


def _padded(header: str) -> str:
    return "".join(f"{name:<16}," for name in header.split(","))


def counts(bill: Bill) -> tuple[int, int, int, int]:
    """Payments, refunds, neutral, rejected; they are all the lines."""
    told = bill.document()
    found = tuple(told[name] for name in ("payments", "refunds", "neutral", "rejected"))
    assert told["lines"] == sum(found)
    return found


@pytest.mark.parametrize(
    ("name", "form", "expected"),
    [
        ("example-alipay-records.csv", BillForm.ALIPAY_PERSONAL, (6, 2, 2, 0)),
        ("example-wechat-records.csv", BillForm.WECHAT_PERSONAL, (16, 0, 11, 0)),
        ("example-wechat-records.xlsx", BillForm.WECHAT_PERSONAL, (16, 0, 11, 0)),
    ],
)
def test_public_samples_are_read_completely(
    name: str, form: BillForm, expected: tuple[int, int, int, int]
) -> None:
    bill, lines = read(SAMPLES / name)

    assert bill.form is form
    assert counts(bill) == expected == (*counts(bill)[:3], 0)
    assert len({(line.number, line.kind) for line in lines}) == len(lines)
    stated, found = bill.totals.stated, bill.totals.read()
    assert stated["lines"] > found["lines"], "the samples are extracts of longer bills"
    assert not bill.totals.agree()


def test_a_wechat_merchant_bill_with_commas_refunds_and_a_revoked_line(tmp_path: Path) -> None:
    lines = [
        bills.wechat_payment(1, 商品名称='陪玩,王者荣耀,"双排",1 小时'),
        bills.wechat_payment(2, "1280.50"),
        bills.wechat_refund(1, "20.00"),
        bills.wechat_refund(2, "9.90", 交易状态="REVOKED", 微信退款单号="0", 商户退款单号="0"),
        bills.wechat_refund(3, "0.00", 交易状态="REVOKED"),
    ]
    path = bills.save(tmp_path / "1600000000All2026-09-30.csv", bills.wechat_merchant(lines))

    bill, (first, second, back, revoked, _nothing) = read(path)

    assert bill.form is BillForm.WECHAT_MERCHANT_ALL
    assert counts(bill) == (2, 2, 1, 0)
    assert first.title == '陪玩,王者荣耀,"双排",1 小时'
    assert (first.amount_fen, second.amount_fen) == (6000, 128050)
    assert first.at.isoformat() == "2026-09-02T12:01:00+00:00"
    assert back.kind is Kind.REFUND
    assert (back.amount_fen, back.refund_of) == (-2000, first.outside_no)
    assert back.outside_no == "5000001800000000000000000001"
    assert (revoked.amount_fen, revoked.outside_no) == (-990, second.outside_no)
    assert bill.totals.agree(), bill.totals.document()
    assert bill.totals.stated["refunded_fen"] == 2990
    assert bill.totals.stated["fees_fen"] == bill.totals.read()["fees_fen"] == 786


@pytest.mark.parametrize(
    ("form", "header", "lines", "expected"),
    [
        (
            BillForm.WECHAT_MERCHANT_SUCCESS,
            bills.WECHAT_SUCCESS,
            [bills.wechat_payment(1), bills.wechat_payment(2)],
            (2, 0, 0, 0),
        ),
        (
            BillForm.WECHAT_MERCHANT_REFUND,
            bills.WECHAT_REFUND,
            [bills.wechat_refund(1), bills.wechat_refund(2, 退款状态="FAIL")],
            (0, 1, 1, 0),
        ),
        (
            BillForm.WECHAT_MERCHANT_ALL,
            bills.WECHAT_OLD,
            [bills.wechat_payment(1), bills.wechat_refund(1, 总金额="0.00")],
            (1, 1, 0, 0),
        ),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_other_wechat_merchant_forms(
    tmp_path: Path,
    form: BillForm,
    header: list[str],
    lines: list[bills.Cells],
    expected: tuple[int, int, int, int],
    encoding: str,
) -> None:
    path = bills.save(tmp_path / "bill.csv", bills.wechat_merchant(lines, header), encoding)

    bill, found = read(path)

    assert (bill.form, counts(bill)) == (form, expected)
    assert bill.totals.agree(), bill.totals.document()
    if form is BillForm.WECHAT_MERCHANT_REFUND:
        assert found[0].at.isoformat() == "2026-09-20T03:00:05+00:00"


def test_a_wechat_personal_bill_as_csv_and_as_excel(tmp_path: Path) -> None:
    part, whole = {"当前状态": "已退款(￥5.00)"}, {"当前状态": "已全额退款"}
    bought = {"当前状态": "已退款(¥8.16)", "商户单号": "m-4"}
    lines = [
        bills.personal_line("2026-09-03 20:11:00", "收入", "60.00", "100001"),
        bills.personal_line(
            "2026-09-03 20:12:00",
            "收入",
            "88.00",
            "100002",
            **part,
        ),
        bills.personal_line(
            "2026-09-03 20:13:00",
            "收入",
            "30.00",
            "100003",
            **whole,
        ),
        bills.personal_line(
            "2026-09-04 09:00:00",
            "支出",
            "28.16",
            "100004",
            **bought,
        ),
        bills.personal_line(
            "2026-09-04 10:00:00", "收入", "8.16", "100005", 交易类型="美团-退款", 商户单号="m-4"
        ),
        bills.personal_line("2026-09-05 10:00:00", "/", "100.00", "100006", 交易类型="零钱提现"),
    ]
    rows = bills.wechat_personal_rows(lines, preamble=17)
    as_csv = bills.save_csv(tmp_path / "微信支付账单.csv", rows)
    numbers = [[float(cell[1:]) if cell[:1] == "¥" else cell for cell in row] for row in rows]
    as_text = bills.save_xlsx(tmp_path / "text.xlsx", rows, "账单")
    as_numbers = bills.save_xlsx(tmp_path / "numbers.xlsx", numbers)

    for path in (as_csv, as_text, as_numbers):
        bill, found = read(path)
        assert (bill.form, counts(bill)) == (BillForm.WECHAT_PERSONAL, (2, 3, 1, 0))
        assert bill.totals.agree(), bill.totals.document()
        derived = [(line.amount_fen, line.refund_of) for line in found if line.derived]
        assert derived == [(-500, "100002"), (-3000, "100003")]
        assert sum(line.amount_fen for line in found if line.kind is not Kind.NEUTRAL) == (
            6000 + 8300 + 0 - 2000
        )


def test_alipay_merchant_trade_and_account_bills(tmp_path: Path) -> None:
    trades = [
        bills.alipay_trade_line(1),
        bills.alipay_trade_line(2, "1200.00", 商品名称="陪玩, 双排"),
        bills.alipay_trade_line(1, "-20.00"),
    ]
    moves = [
        bills.alipay_account_line(1, "60.00"),
        bills.alipay_account_line(2, outgo="20.00"),
        bills.alipay_account_line(3, outgo="-0.36", 业务类型="收费"),
        bills.alipay_account_line(4, outgo="500.00", 业务类型="提现"),
    ]
    trade = bills.save(tmp_path / "业务明细.csv", bills.alipay_trade(trades), "gb18030")
    account = bills.save(tmp_path / "账务明细.csv", bills.alipay_account(moves), "gb18030")

    bill, (first, second, back) = read(trade)
    assert (bill.form, counts(bill)) == (BillForm.ALIPAY_MERCHANT_TRADE, (2, 1, 0, 0))
    assert (second.title, second.amount_fen) == ("陪玩, 双排", 120000)
    assert (back.refund_of, back.amount_fen) == (first.outside_no, -2000)
    assert bill.totals.agree(), bill.totals.document()
    assert bill.totals.stated["refunded_fen"] == -2000

    bill, found = read(account)
    assert (bill.form, counts(bill)) == (BillForm.ALIPAY_MERCHANT_ACCOUNT, (1, 1, 2, 0))
    assert found[0].outside_no == first.outside_no
    assert [line.kind for line in found[2:]] == [Kind.FEE, Kind.NEUTRAL]
    assert bill.totals.stated == {
        "expense": 3, "expense_fen": 51964, "income": 1, "income_fen": 6000
    }  # fmt: skip


def test_an_alipay_personal_bill_with_refunds_and_closed_trades(tmp_path: Path) -> None:
    closed = {"交易状态": "交易关闭"}
    lines = [
        bills.alipay_personal_line("2026-09-03 20:11:00", "收入", "60.00", "2026090322001"),
        bills.alipay_personal_line(
            "2026-09-04 20:11:00",
            "支出",
            "50.00",
            "88",
            **closed,
        ),
        bills.alipay_personal_line(
            "2026-09-04 20:12:00",
            "不计收支",
            "50.00",
            "88_2026",
            交易分类="退款",
            交易状态="退款成功",
        ),
        bills.alipay_personal_line(
            "2026-09-05 20:11:00",
            "不计收支",
            "82.00",
            "9",
            **closed,
        ),
        bills.alipay_personal_line(
            "2026-09-05 20:12:00",
            "支出",
            "12.00",
            "10",
            **closed,
        ),
    ]
    path = bills.save(tmp_path / "alipay.csv", bills.alipay_personal(lines), "gb18030")

    bill, found = read(path)

    assert (bill.form, counts(bill)) == (BillForm.ALIPAY_PERSONAL, (2, 1, 2, 0))
    assert bill.totals.agree(), bill.totals.document()
    assert (found[2].amount_fen, found[2].refund_of) == (5000, "88")


def test_the_alipay_web_site_has_another_layout(tmp_path: Path) -> None:
    text = (
        "支付宝交易记录明细查询\n账号:[138****8000]\n"
        "起始日期:[2026-09-01 00:00:00]    终止日期:[2026-10-01 00:00:00]\n"
        "---------------------------交易记录明细列表------------------------------\n"
        f"{_padded('交易号,商家订单号,交易创建时间,付款时间,最近修改时间,交易来源地,类型,交易对方')}"
        f"{_padded('商品名称,金额（元）,收/支,交易状态,服务费（元）,成功退款（元）,备注,资金状态')}\n"
        "2026090100001\t,P1\t,2026-09-01 10:00:00 ,2026-09-01 10:00:05 ,2026-09-01 10:00:06 ,其他,"
        "即时到账交易,小鱼干12,陪玩,60.00 ,收入 ,交易成功 ,0.00 ,0.00 ,,已收入 ,\n"
        "------------------------------------------------------------------------------------\n"
        "共1笔记录\n已收入:1笔,60.00元\n待收入:0笔,0.00元\n已支出:0笔,0.00元\n待支出:0笔,0.00元\n"
        "导出时间:[2026-10-02 05:46:49]    用户:某某\n"
    )

    bill, (line,) = read(bills.save(tmp_path / "web.txt", text, "gb18030"))

    assert (bill.form, counts(bill)) == (BillForm.ALIPAY_PERSONAL, (1, 0, 0, 0))
    assert (line.at.isoformat(), line.amount_fen) == ("2026-09-01T02:00:05+00:00", 6000)
    assert bill.totals.agree(), bill.totals.document()
    assert bill.totals.stated["income_fen"] == 6000


def test_what_can_t_be_taken_is_refused_with_line_field_and_reason(tmp_path: Path) -> None:
    good = bills.wechat_payment(1)
    text = bills.wechat_merchant(
        [
            good,
            bills.wechat_payment(2, 交易时间="yesterday"),
            bills.wechat_payment(3, "61.00"),
            bills.wechat_payment(4, 交易状态="MAYBE"),
            bills.wechat_payment(5, 微信订单号="4.2E+27"),
            bills.wechat_payment(6, 货币种类="USD"),
        ]
    )
    whole = text.replace("`61.00", "`6I.00").splitlines(keepends=True)
    cut = "".join([*whole[:7], "`2026-09-01 20:00:00,`wx00,`16"])

    bill, lines = read(bills.save(tmp_path / "bill.csv", cut))

    assert [line.number for line in lines] == [2]
    assert counts(bill) == (1, 0, 0, 6)
    told = [(each.number, each.field, each.code) for each in bill.rejects]
    assert told == [
        (3, "交易时间", "bad_date"),
        (4, "应结订单金额", "bad_amount"),
        (5, "交易状态", "unknown_word"),
        (6, "微信订单号", "number_damaged"),
        (7, "货币种类", "unknown_word"),
        (8, "微信订单号", "cut_off"),
    ]
    assert all(each["expected"] for each in bill.document()["rejects"])
    assert not bill.totals.agree(), "a merchant's bill without totals is not whole"


@pytest.mark.parametrize(
    "foot",
    [
        "总交易单数,应结订单总金额,退款总金额\r\n",
        "总交易单数,应结订单总金额,退款总金额\r\n`2,`1",
        "`2,`120.00,`0.00,`0.00,`0.72000,`120.00,`0.00\r\n",
        "总交易单数,应结订单总金额\r\n`2,`121.00\r\n",
        "总交易单数,应结订单总金额\r\n`2,`x\r\n",
        "",
    ],
)
def test_a_damaged_foot_is_told_and_the_lines_are_taken(tmp_path: Path, foot: str) -> None:
    whole = bills.wechat_merchant([bills.wechat_payment(1), bills.wechat_payment(2)])
    body = whole[: whole.index("总交易单数")]

    bill, lines = read(bills.save(tmp_path / "bill.csv", body + foot))

    assert (len(lines), counts(bill)) == (2, (2, 0, 0, 0))
    assert not bill.totals.agree()


def test_a_damaged_foot_of_alipay_is_told(tmp_path: Path) -> None:
    whole = bills.alipay_trade([bills.alipay_trade_line(1)])
    cut = whole[: whole.index("，商家优惠共") - 6]

    bill, _lines = read(bills.save(tmp_path / "bill.csv", cut, "gb18030"))

    assert counts(bill) == (1, 0, 0, 0)
    assert not bill.totals.agree()


def test_another_file_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="header"):
        open_bill(bills.save(tmp_path / "other.csv", "昵称,手机\n小鱼干,13800138000\n"))


def _zipped(path: Path, **parts: str) -> Path:
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(f"{name}.csv", text.encode("gb18030"))
    return path


def test_a_bill_is_read_out_of_its_archive(tmp_path: Path) -> None:
    text = bills.alipay_trade([bills.alipay_trade_line(1)])
    sums = "#支付宝业务汇总查询\n门店编号,门店名称,交易订单总笔数,退款订单总笔数\n,合计,1,0\n"

    bill, lines = read(_zipped(tmp_path / "1.zip", 业务明细=text, 汇总=sums))

    assert (bill.path.name, len(lines), bill.totals.agree()) == ("业务明细.csv", 1, True)
    plain = open_bill(bills.save(tmp_path / "plain.csv", text, "gb18030"))
    assert bill.sha256 == plain.sha256, "packed or not, it is the same bill"
    with pytest.raises(FileProblem, match="several bills"):
        open_bill(_zipped(tmp_path / "2.zip", a=text, b=text))
    with pytest.raises(FileProblem, match="header"):
        open_bill(_zipped(tmp_path / "3.zip", 汇总=sums))


def test_archives_that_bite_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = _zipped(tmp_path / "1.zip", bill=bills.alipay_trade([bills.alipay_trade_line(1)]))
    locked = bytearray(good.read_bytes())
    for sign, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(sign) + flags] |= 1
    (tmp_path / "locked.zip").write_bytes(locked)
    with pytest.raises(FileProblem, match="password"):
        open_bill(tmp_path / "locked.zip")
    (tmp_path / "half.zip").write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    with pytest.raises(FileProblem, match="damaged"):
        open_bill(tmp_path / "half.zip")
    monkeypatch.setattr("crm_tui.services.money.bills.archive.LARGEST_PART", 100)
    with pytest.raises(FileProblem, match="more than can be read safely"):
        open_bill(good)


@pytest.mark.parametrize("sign", [";", "\t"])
def test_other_signs_between_the_cells(tmp_path: Path, sign: str) -> None:
    text = bills.wechat_merchant([bills.wechat_payment(1), bills.wechat_refund(1)])

    bill, _lines = read(bills.save(tmp_path / "bill.csv", text.replace(",", sign)))

    assert counts(bill) == (1, 1, 0, 0)
    assert bill.totals.agree(), bill.totals.document()


def test_back_ticks_that_a_spreadsheet_program_quoted(tmp_path: Path) -> None:
    text = bills.wechat_merchant([bills.wechat_payment(1, 商品名称="陪玩,双排")])
    quoted = text.replace("`陪玩,双排", '"`陪玩,双排"')

    bill, (line,) = read(bills.save(tmp_path / "bill.csv", quoted))

    assert (line.title, line.amount_fen) == ("陪玩,双排", 6000)
    assert bill.totals.agree(), bill.totals.document()


@pytest.mark.parametrize("sign", [";", "\t"])
def test_other_signs_between_the_cells_of_alipay(tmp_path: Path, sign: str) -> None:
    """Numbers and names end in a tab of their own, and an empty name stays where it is."""
    text = bills.alipay_trade(
        [
            bills.alipay_trade_line(1),
            bills.alipay_trade_line(2, 商品名称=""),
            bills.alipay_trade_line(1, "-20.00"),
        ]
    )
    rows = [row if row[:1] == "#" else row.replace(",", sign) for row in text.split("\r\n")]

    bill, lines = read(bills.save(tmp_path / "bill.csv", "\r\n".join(rows), "gb18030"))

    assert counts(bill) == (2, 1, 0, 0)
    assert bill.totals.agree(), bill.totals.document()
    assert [line.title for line in lines] == ["陪玩 1 小时", "", "陪玩 1 小时"]
    assert lines[2].refund_of == lines[0].outside_no
