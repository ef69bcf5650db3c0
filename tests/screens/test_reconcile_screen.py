"""The reconciliation in the console: a bill is read, its lists walked through, lines decided."""

from __future__ import annotations

from pathlib import Path

from sqlmodel import select

from crm_tui.core.clock import FixedClock
from crm_tui.core.language import set_language
from crm_tui.core.words import BillLineState, OrderStatus, PayChannel
from crm_tui.models.bills import BillLine
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.services.orders import actions as orders
from crm_tui.storage.store import Store
from tests import bills
from tests.desk import open_desk
from tests.screens.console import console, opens, screen_text, settled, toasts, until


def states(store: Store) -> list[BillLineState]:
    with store.read() as work:
        return list(work.session.exec(select(BillLine.state).order_by(BillLine.id)).all())  # type: ignore[arg-type]


async def test_a_bill_is_read_and_its_lines_decided(
    sqlite_store: Store, clock: FixedClock, tmp_path: Path
) -> None:
    desk = open_desk(sqlite_store, clock)
    no = desk.order_in(OrderStatus.UNPAID)
    owed = f"{desk.row(no).amount_fen / 100:.2f}"
    known = desk.order()
    desk.do(orders.pay, known, PayChannel.WECHAT, 4500, bills.wechat_payment(9)["微信订单号"])
    day = {"交易时间": "2026-09-21 23:04:00"}
    lines = [
        bills.wechat_payment(1, owed, 商户订单号=no, 用户标识="\x1b]52;c;\x07[b]鱼", **day),
        bills.wechat_payment(2, "33.00", **day),
        bills.wechat_payment(3, "12.00", **day),
        bills.wechat_payment(9, "45.00", **day),
    ]
    path = bills.save(tmp_path / "bill.csv", bills.wechat_merchant(lines))
    async with console(sqlite_store) as (app, pilot):
        await pilot.press(":", *"reconcile", "enter")
        await until(pilot, lambda: "all bills" in screen_text(app))
        await pilot.press("o")
        await opens(pilot, FormDialog)
        await pilot.press(*str(path), "ctrl+s")
        await until(pilot, lambda: "4 lines, 4 payments" in screen_text(app))
        await until(pilot, lambda: "[b]" in screen_text(app))
        await settled(pilot)
        text = screen_text(app)
        assert "totals agree" in text and "Only in the bill 3" in text and "Matched 1" in text
        assert "\x1b" not in text and "[b]" in text, "what a bill says can't act on the terminal"

        await pilot.press("b")
        await opens(pilot, FormDialog)
        assert f"1 line, ¥{owed}." in screen_text(app)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: desk.row(no).status is OrderStatus.COMPLETED)
        await until(pilot, lambda: "Only in the bill 2" in screen_text(app))

        await pilot.press("i")
        await opens(pilot, FormDialog)
        await pilot.press("ctrl+s")
        assert isinstance(app.screen, FormDialog), "it wants a reason"
        await pilot.press(*"a friend", "ctrl+s")
        await until(pilot, lambda: states(sqlite_store).count(BillLineState.IGNORED) == 1)
        await until(pilot, lambda: "Only in the bill 1" in screen_text(app))
        await pilot.press("u")
        await until(pilot, lambda: states(sqlite_store).count(BillLineState.IGNORED) == 0)
        await until(pilot, lambda: "Only in the bill 2" in screen_text(app))

        await pilot.press("a")
        await until(pilot, lambda: any("proposed" in said for said in toasts(app)))
        await pilot.press("comma")
        await until(pilot, lambda: "[Matched 2]" in screen_text(app))
        await pilot.press("b")
        await settled(pilot)
        await until(pilot, lambda: "this list" in toasts(app)[-1])
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "board")


async def test_the_reconciliation_in_chinese_on_a_small_terminal(
    sqlite_store: Store, clock: FixedClock, tmp_path: Path
) -> None:
    open_desk(sqlite_store, clock)
    lines = [bills.wechat_payment(1), bills.wechat_payment(2)]
    whole = bills.wechat_merchant(lines)
    path = bills.save(tmp_path / "bill.csv", whole[: whole.index("总交易单数")])
    set_language("zh")
    async with console(sqlite_store, size=(80, 24)) as (app, pilot):
        await pilot.press(":", *f"reconcile {path}", "enter")
        await opens(pilot, FormDialog)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "仅账单有 2" in screen_text(app))
        await settled(pilot)
        assert "合计不符" in screen_text(app)
