"""Paste-to-order in a real terminal: a bracketed paste, two keys, an order."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_tui.core.clock import SystemClock
from crm_tui.core.words import IdentityKind
from crm_tui.services.customers import actions as customers
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.services.orders import reads
from crm_tui.services.upkeep.opening import open_studio
from tests.acceptance.terminal import Terminal
from tests.desk import open_desk

pytestmark = pytest.mark.pty
HOSTILE = "\x1b]52;c;eA==\x07"
CHAT = f"""小鱼干 20:01
王者两小时 要女陪

客服阿珍 20:02
好的老板

小鱼干 20:03
13800138000{HOSTILE}"""


def test_a_bracketed_paste_becomes_an_order(tmp_path: Path) -> None:
    database = str(tmp_path / "studio.db")
    store = open_studio(database)
    desk = open_desk(store, SystemClock())  # type: ignore[arg-type]
    known = {IdentityKind.PHONE: "13800138000"}
    customer = desk.do(customers.add, NewCustomer(nick="小鱼干", identities=known))
    here = Terminal("--db", database, folder=tmp_path, rows=24, columns=80)
    here.wait_for("No orders.")
    here.press("v")
    here.wait_for("Enter goes on")
    here.press(f"\x1b[200~{CHAT}\x1b[201~")
    here.wait_for("Customer 小鱼干, by Phone")
    assert HOSTILE.encode() not in here.written, "what was pasted never reaches the terminal"
    here.press("\r")
    here.wait_for("Price ¥")
    here.press("\x13\x13")
    here.wait_for("taken down")
    here.wait_for("To dispatch 1")
    assert here.close() == 0
    with store.read() as work:
        (row,) = reads.find(work)
    assert (row.customer_id, row.planned_minutes) == (customer, 120)
    assert row.demands == {"gender": "female"}
    store.close()
