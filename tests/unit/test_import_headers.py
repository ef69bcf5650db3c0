"""Headers and words of many studios: recognised by synonym, never guessed."""

from __future__ import annotations

import pytest

from crm_tui.core.words import (
    Gender,
    OrderKind,
    OrderStatus,
    PayChannel,
    SourceChannel,
)
from crm_tui.services.imports import words
from crm_tui.services.imports.headers import Entity, columns_of, likeness, plain_header

SHEETS = [
    (
        Entity.CUSTOMERS,
        "会员资料",
        "会员编号 微信昵称 真实姓名 微信号 联系电话 性别 客户来源 偏好 所在地 注册时间 备注",
        "no nick name wechat phone gender source tags city registered note",
    ),
    (
        Entity.CUSTOMERS,
        "Sheet1",
        "Nickname|Full name|WeChat ID|Phone number|Gender|Channel|Tags|City|Date added|Remarks",
        "nick name wechat phone gender source tags city registered note",
    ),
    (
        Entity.COMPANIONS,
        "打手名单",
        "打手昵称 手机号 性别 主玩游戏 最高段位 级别 时薪 平台抽成 特长",
        "nick phone gender games ranks level rate cut tags",
    ),
    (
        Entity.COMPANIONS,
        "陪玩",
        "姓名 电话 游戏 等级段位 价格(元/小时) 分成(%) 介绍",
        "name phone games ranks rate share note",
    ),
    (
        Entity.COMPANIONS,
        "Roster",
        "Companion|Mobile|Games|Rank|Level|Price per hour|Commission rate",
        "nick phone games ranks level rate cut",
    ),
    (
        Entity.ORDERS,
        "流水",
        "下单时间 订单编号 老板微信 老板 游戏项目 服务类型 接单打手 "
        "小时数 单价(元) 总价 小费 付款方式 订单状态 满意度 反馈",
        "ordered order_no customer_wechat customer game kind companion "
        "minutes rate amount tip channel status rating comment",
    ),
    (
        Entity.ORDERS,
        "9月",
        "日期 开始时间 结束时间 客户手机 客户昵称 项目 "
        "陪玩 时长（分钟） 应收 实收 打赏金额 支付 进度",
        "date started finished customer_phone customer_nick game "
        "companion minutes amount paid tip channel status",
    ),
    (
        Entity.ORDERS,
        "Bookings",
        "Order No|Start|End|Customer|Customer phone|Game|Service|Player|"
        "Hours|Rate|Total|Tip|Paid by|Status|Rating|Review",
        "order_no started finished customer customer_phone game kind companion "
        "minutes rate amount tip channel status rating comment",
    ),
    (
        Entity.PAYMENTS,
        "收款明细",
        "收款时间 订单号 收款金额 收款方式 交易单号 款项类型",
        "paid_at order_no amount channel external_ref kind",
    ),
]


@pytest.mark.parametrize(("entity", "title", "headers", "fields"), SHEETS)
def test_the_columns_of_many_studios(entity: Entity, title: str, headers: str, fields: str) -> None:
    row = headers.split("|") if "|" in headers else headers.split()
    assert [column.field for column in columns_of(row, entity)] == fields.split()


@pytest.mark.parametrize(("entity", "title", "headers", "fields"), SHEETS)
def test_what_a_sheet_holds(entity: Entity, title: str, headers: str, fields: str) -> None:
    row = headers.split("|") if "|" in headers else headers.split()
    scores = {other: likeness(columns_of(row, other), other, title) for other in Entity}
    assert max(scores, key=lambda other: scores[other]) is entity


def test_a_sheet_of_daily_sums_is_nothing_that_is_imported() -> None:
    row = ["日期", "订单数", "流水", "打赏", "客户数", "新客"]
    assert all(likeness(columns_of(row, entity), entity, "日报") == 0 for entity in Entity)


def test_cut_and_share_are_never_mixed_up() -> None:
    for header, field in (
        ("抽成", "cut"),
        ("抽成比例", "cut"),
        ("工作室抽成", "cut"),
        ("平台分成", "cut"),
        ("Studio cut", "cut"),
        ("分成", "share"),
        ("分成比例", "share"),
        ("陪玩师分成", "share"),
        ("打手提成", "share"),
        ("Companion share", "share"),
    ):
        (column,) = columns_of([header], Entity.COMPANIONS)
        assert (header, column.field) == (header, field)


@pytest.mark.parametrize(
    ("header", "bare", "unit"),
    [
        ("时长（分钟）", "时长", "min"),
        ("Duration (min)", "duration", "min"),
        ("小时数", "小时数", "h"),
        ("金额(分)", "金额", "fen"),
        ("评分", "评分", ""),
        (" 微 信 号 *", "微信号", ""),
    ],
)
def test_units_in_headers(header: str, bare: str, unit: str) -> None:
    assert plain_header(header) == (bare, unit)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("已完成", OrderStatus.COMPLETED),
        ("结单", OrderStatus.COMPLETED),
        (" Done ", OrderStatus.COMPLETED),
        ("✅已完成", OrderStatus.COMPLETED),
        ("已打完", OrderStatus.COMPLETED),
        ("退单（客户）", OrderStatus.CANCELLED),
        ("Cancelled by client", OrderStatus.CANCELLED),
        ("待派", OrderStatus.PENDING),
        ("Not assigned", OrderStatus.PENDING),
        ("欠款50", OrderStatus.UNPAID),
        ("完成-待付款", OrderStatus.UNPAID),
        ("已完成未付款", OrderStatus.UNPAID),
        ("Payment due", OrderStatus.UNPAID),
        ("进行中", OrderStatus.SERVING),
        ("In Progress", OrderStatus.SERVING),
        ("已接单", OrderStatus.ACCEPTED),
        ("待客户确认", OrderStatus.CONFIRMING),
        ("未完成", None),
        ("incomplete", None),
        ("随便", None),
    ],
)
def test_states_in_the_words_of_studios(word: str, status: OrderStatus | None) -> None:
    assert words.meaning(word, words.ORDER_STATUS) is status


def test_other_vocabularies() -> None:
    assert words.meaning("微信转账", words.PAY_CHANNEL) is PayChannel.WECHAT
    assert words.meaning("ZFB", words.PAY_CHANNEL) is PayChannel.ALIPAY
    assert words.meaning("♀", words.GENDER) is Gender.FEMALE
    assert words.meaning("男生", words.GENDER) is Gender.MALE
    assert words.meaning("老客户介绍", words.SOURCE_CHANNEL) is SourceChannel.REFERRAL
    assert words.meaning("抖音直播间", words.SOURCE_CHANNEL) is SourceChannel.DOUYIN
    assert words.meaning("上分单", words.ORDER_KIND) is OrderKind.RANK_BOOST


@pytest.mark.parametrize(
    "cell", ["合计", "合计：", "总计（30单）", "小 计", "Total", "Grand total:"]
)
def test_sums(cell: str) -> None:
    assert words.is_total(cell)


@pytest.mark.parametrize("cell", ["合计哥", "小计算机", "Totally", "总是赢"])
def test_names_that_begin_like_sums(cell: str) -> None:
    assert not words.is_total(cell)
