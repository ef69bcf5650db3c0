"""Bills as WeChat Pay and Alipay make them, for tests and benches. All in them is invented."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path


def _split(header: str) -> list[str]:
    return header.split(",")


WECHAT_ALL = _split(
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
WECHAT_SUCCESS = [*WECHAT_ALL[:14], *WECHAT_ALL[20:25], WECHAT_ALL[26]]
WECHAT_REFUND = [*WECHAT_ALL[:14], "退款申请时间", "退款成功时间", *WECHAT_ALL[14:]]
WECHAT_OLD = _split(
    "交易时间,公众账号ID,商户号,子商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "总金额,企业红包金额,微信退款单号,商户退款单号,退款金额,企业红包退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率"
)
WECHAT_PERSONAL = _split(
    "交易时间,交易类型,交易对方,商品,收/支,金额(元),支付方式,当前状态,交易单号,商户单号,备注"
)
ALIPAY_TRADE = _split(
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,"
    "订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,"
    "商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
)
ALIPAY_ACCOUNT = _split(
    "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,"
    "交易渠道,业务类型,备注"
)
ALIPAY_PERSONAL = _split(
    "交易时间,交易分类,交易对方,对方账号,商品说明,收/支,金额,收/付款方式,交易状态,交易订单号,商家订单号,备注"
)

Cells = dict[str, str]


def wechat_payment(no: int, yuan: str = "60.00", **more: str) -> Cells:
    """A SUCCESS line of a WeChat merchant's bill."""
    return {
        "交易时间": f"2026-09-{1 + no % 28:02d} 20:{no % 60:02d}:00",
        "公众账号ID": "wx0000000000000000",
        "商户号": "1600000000",
        "特约商户号": "0",
        "微信订单号": f"42000018{no:020d}",
        "商户订单号": f"pay{no:08d}",
        "用户标识": f"oUpF8u{no:022d}",
        "交易类型": "JSAPI",
        "交易状态": "SUCCESS",
        "付款银行": "OTHERS",
        "货币种类": "CNY",
        "应结订单金额": yuan,
        "总金额": yuan,
        "代金券金额": "0.00",
        "微信退款单号": "0",
        "商户退款单号": "0",
        "退款金额": "0.00",
        "充值券退款金额": "0.00",
        "商品名称": "陪玩 1 小时",
        "手续费": f"{float(yuan) * 0.006:.5f}",
        "费率": "0.60%",
        "订单金额": yuan,
        "申请退款金额": "0.00",
    } | more


def wechat_refund(no: int, yuan: str = "20.00", **more: str) -> Cells:
    """A REFUND line: it names the payment's number, and has one of its own."""
    return wechat_payment(no, "0.00") | {
        "交易状态": "REFUND",
        "微信退款单号": f"50000018{no:020d}",
        "商户退款单号": f"back{no:07d}",
        "退款金额": yuan,
        "退款类型": "ORIGINAL",
        "退款状态": "SUCCESS",
        "手续费": f"-{float(yuan) * 0.006:.5f}",
        "申请退款金额": yuan,
        "退款申请时间": "2026-09-20 11:00:00",
        "退款成功时间": "2026-09-20 11:00:05",
    } | more  # fmt: skip


def wechat_merchant(lines: Sequence[Cells], header: Sequence[str] = WECHAT_ALL) -> str:
    """A WeChat merchant's bill with its two lines of totals."""
    new = "应结订单金额" in header
    settled = "应结订单金额" if new else "总金额"
    heads = ["总交易单数", "应结订单总金额", "退款总金额", "充值券退款总金额", "手续费总金额"]
    sums = [
        str(len(lines)),
        _sum(lines, settled),
        _sum(lines, "退款金额") if "退款金额" in header else "0.00",
        "0.00",
        _sum(lines, "手续费", 5),
    ]
    if new:
        heads += ["订单总金额", "申请退款总金额"]
        asked = _sum(lines, "申请退款金额") if "申请退款金额" in header else "0.00"
        sums += [_sum(lines, "订单金额"), asked]
    else:
        heads = ["总交易单数", "总交易额", "总退款金额", "总企业红包退款金额", "手续费总金额"]
    body = [",".join("`" + line.get(name, "") for name in header) for line in lines]
    foot = [",".join(heads), ",".join("`" + value for value in sums)]
    return "\r\n".join([",".join(header), *body, *foot]) + "\r\n"


def alipay_trade_line(no: int, yuan: str = "60.00", **more: str) -> Cells:
    """A 交易 line of 业务明细, or a 退款 line for a negative amount."""
    refund = yuan.startswith("-")
    return {
        "支付宝交易号": f"20260901220014{no:014d}\t",
        "商户订单号": f"pay{no:08d}\t",
        "业务类型": "退款\t" if refund else "交易\t",
        "商品名称": "陪玩 1 小时",
        "创建时间": "2026-09-01 20:00:00",
        "完成时间": f"2026-09-01 20:{no % 60:02d}:08",
        "对方账户": "*明(138****8000)\t",
        "订单金额（元）": yuan,
        "商家实收（元）": yuan,
        "商家优惠（元）": "0.00",
        "退款批次号/请求号": f"back{no:07d}\t" if refund else "\t",
        "服务费（元）": "0.00",
    } | more


def alipay_trade(lines: Sequence[Cells]) -> str:
    """业务明细 with its preamble and its foot."""
    took = [line for line in lines if not line["订单金额（元）"].startswith("-")]
    gave = [line for line in lines if line["订单金额（元）"].startswith("-")]
    return "\r\n".join(
        [
            "#支付宝业务明细查询",
            "#账号：[20880000000000000156]",
            "#起始日期：[2026年09月01日 00:00:00]   终止日期：[2026年09月02日 00:00:00]",
            "#-----------------------------------------业务明细列表----------------------------------------",
            *_rows(ALIPAY_TRADE, lines),
            "#-----------------------------------------业务明细列表结束------------------------------------",
            f"#交易合计：{len(took)}笔，商家实收共{_sum(took, '商家实收（元）')}元，"
            "商家优惠共0.00元",
            f"#退款合计：{len(gave)}笔，商家实收退款共{_sum(gave, '商家实收（元）')}元，"
            "商家优惠退款共0.00元",
            "#导出时间：[2026年09月02日 05:46:49]",
            "",
        ]
    )


def alipay_account_line(no: int, income: str = "", outgo: str = "", **more: str) -> Cells:
    """A line of 账务明细."""
    return {
        "账务流水号": f"9900{no:012d}\t",
        "业务流水号": f"20260901220014{no:014d}\t",
        "商户订单号": f"pay{no:08d}\t",
        "商品名称": "陪玩 1 小时\t",
        "发生时间": f"2026-09-01 20:{no % 60:02d}:08",
        "对方账号": "小明 (138****8000)",
        "收入金额（+元）": income or "0.00",
        "支出金额（-元）": outgo or "0.00",
        "账户余额（元）": "1000.00",
        "交易渠道": "支付宝",
        "业务类型": "在线支付" if income else "交易退款",
    } | more


def alipay_account(lines: Sequence[Cells]) -> str:
    """账务明细 with its preamble and its foot."""
    took = [line for line in lines if line["收入金额（+元）"] != "0.00"]
    gave = [line for line in lines if line["收入金额（+元）"] == "0.00"]
    return "\r\n".join(
        [
            "#支付宝账务明细查询",
            "#账号：[20880000000000000156]",
            "#起始日期：[2026年09月01日 00:00:00]   终止日期：[2026年09月02日 00:00:00]",
            "#-----------------------------------------账务明细列表----------------------------------------",
            *_rows(ALIPAY_ACCOUNT, lines),
            "#-----------------------------------------账务明细列表结束------------------------------------",
            f"#支出合计：{len(gave)}笔，共{_sum(gave, '支出金额（-元）')}元",
            f"#收入合计：{len(took)}笔，共{_sum(took, '收入金额（+元）')}元",
            "#导出时间：[2026年09月02日 05:46:49]",
            "",
        ]
    )


def personal_line(when: str, direction: str, yuan: str, no: str, **more: str) -> Cells:
    """A line of a WeChat personal bill."""
    return {
        "交易时间": when,
        "交易类型": "二维码收款",
        "交易对方": "小鱼干12",
        "商品": "收款方备注:二维码收款",
        "收/支": direction,
        "金额(元)": f"¥{yuan}",
        "支付方式": "零钱",
        "当前状态": "已收钱",
        "交易单号": f"{no}\t",
        "商户单号": "/\t",
        "备注": "/",
    } | more


def wechat_personal_rows(lines: Sequence[Cells], preamble: int = 16) -> list[list[str]]:
    """The rows of a WeChat personal bill with its totals above."""
    filler = [[f"{place}. 本明细仅供个人对账使用"] for place in range(1, preamble)]
    return [
        ["微信支付账单明细"],
        ["起始时间：[2026-09-01 00:00:00] 终止时间：[2026-09-30 23:59:59]"],
        [f"共{len(lines)}笔记录"],
        *(
            [f"{word}：{len(of)}笔 {_sum(of, '金额(元)')}元"]
            for word, sign in (("收入", "收入"), ("支出", "支出"), ("中性交易", "/"))
            for of in [[line for line in lines if line["收/支"] == sign]]
        ),
        *filler[: max(0, preamble - 7)],
        ["----------------------微信支付账单明细列表--------------------"],
        WECHAT_PERSONAL,
        *([line[name] for name in WECHAT_PERSONAL] for line in lines),
    ]


def alipay_personal_line(when: str, direction: str, yuan: str, no: str, **more: str) -> Cells:
    """A line of an Alipay personal bill."""
    return {
        "交易时间": f"{when} ",
        "交易分类": "转账红包",
        "交易对方": "小鱼干12",
        "对方账号": "138****8000",
        "商品说明": "陪玩",
        "收/支": f"{direction}        ",
        "金额": yuan,
        "收/付款方式": "余额",
        "交易状态": "交易成功",
        "交易订单号": f"{no}\t",
        "商家订单号": "\t",
    } | more


def alipay_personal(lines: Sequence[Cells]) -> str:
    """An Alipay personal bill: padded header, an empty last column, totals above."""
    of = {sign: [line for line in lines if line["收/支"].strip() == sign] for sign in _ALIPAY}
    return "\r\n".join(
        [
            "-" * 84,
            "导出信息：",
            "姓名：某某",
            "起始时间：[2026-09-01 00:00:00]    终止时间：[2026-09-30 23:59:59]",
            f"共{len(lines)}笔记录",
            *(f"{sign}：{len(of[sign])}笔 {_sum(of[sign], '金额')}元" for sign in _ALIPAY),
            "",
            "特别提示：",
            *(f"{place}.本明细仅供个人对账使用；" for place in range(1, 10)),
            "",
            f"{'-' * 24}支付宝（中国）网络技术有限公司  电子客户回单{'-' * 24}",
            ",".join(f"{name:<12}" for name in ALIPAY_PERSONAL) + ",",
            *(",".join(line.get(name, "") for name in ALIPAY_PERSONAL) + "," for line in lines),
            "",
        ]
    )


_ALIPAY = ("收入", "支出", "不计收支")


def save(path: Path, text: str, encoding: str = "utf-8") -> Path:
    """Write a bill; answers its path."""
    path.write_bytes(text.encode(encoding))
    return path


def save_csv(path: Path, rows: Iterable[Sequence[str]], encoding: str = "utf-8-sig") -> Path:
    """Write rows as the CSV that WeChat made until 2025."""
    return save(path, "\n".join(",".join(row) for row in rows) + "\n", encoding)


def save_xlsx(path: Path, rows: Iterable[Sequence[object]], sheet: str = "Sheet1") -> Path:
    """Write rows as an Excel file behind an empty first sheet."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"strings_to_urls": False}) as book:
        book.add_worksheet("cover")
        page = book.add_worksheet(sheet)
        for place, row in enumerate(rows):
            page.write_row(place, 0, row)
    return path


def _rows(header: Sequence[str], lines: Iterable[Cells]) -> list[str]:
    return [",".join(header), *(",".join(line.get(name, "") for name in header) for line in lines)]


def _sum(lines: Iterable[Cells], name: str, places: int = 2) -> str:
    return f"{sum(float(line.get(name, '0').strip('¥')) for line in lines):.{places}f}"
