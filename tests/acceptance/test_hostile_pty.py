"""Hostile names in a real terminal: not one byte of theirs reaches it, on any screen or toast."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
from sqlmodel import select

from crm_tui.core.words import Presence
from crm_tui.models import MAIN_STORE, Companion, CompanionSkill, Customer, Game
from crm_tui.services.customers.index import write_keys
from crm_tui.services.dispatch import actions as dispatch
from crm_tui.services.orders import actions as orders
from crm_tui.services.orders.actions import NewOrder
from crm_tui.services.upkeep.opening import open_studio
from crm_tui.storage.store import UnitOfWork
from tests.acceptance.terminal import Terminal
from tests.desk import MANAGER

pytestmark = pytest.mark.pty

NAMES = {
    "markup": "[VIP]老白",
    "closing": "[/red]x",
    "clipboard": "a\x1b]52;c;aGFja2Vk\x07b",
    "question": "c\x1b[6nd",
    "title": "e\x1b]0;owned\x07f",
    "c1": "g\x9b6nh",
    "long": "长" * 10_000,
    "rlo": "i\u202egnp.exe",
    "lri": "j\u2066k\u2069l",
    "link": "[@click=app.quit]m[/]",
}
FORBIDDEN = {
    "the clipboard": b"\x1b]52;c;aGFja2Vk",
    "a cursor report": b"\x1b[6n",
    "the title": b"owned\x07",
    "a C1 introducer": "\x9b".encode(),
    "a right-to-left override": "\u202e".encode(),
    "an isolate": "\u2066".encode(),
    "a name without end": ("长" * 300).encode(),
}


def hostile_studio(database: str) -> None:
    """A customer, a companion and an order for each name; notes and reasons are names, too."""
    store = open_studio(database)
    with store.write(MANAGER) as work:
        game = work.session.exec(select(Game).order_by(Game.id)).first()
        assert game is not None
        game.name = NAMES["closing"]
        for number, nick in enumerate(NAMES.values()):
            _person(work, number, nick, game)
    store.close()


def _person(work: UnitOfWork, number: int, nick: str, game: Game) -> None:
    now = work.clock.now()
    customer = Customer(
        store_id=MAIN_STORE, no=f"C{number}", nick=nick, note=nick, city=nick[:50], created_at=now
    )
    companion = Companion(
        store_id=MAIN_STORE,
        no=f"P{number}",
        nick=nick,
        note=nick,
        presence=Presence.IDLE,
        rate_fen=4500,
        share_bp=8000,
        created_at=now,
    )
    work.session.add_all([customer, companion])
    work.session.flush()
    assert customer.id is not None and companion.id is not None and game.id is not None
    work.session.add(CompanionSkill(companion_id=companion.id, game_id=game.id))
    work.session.flush()
    write_keys(work, [customer.id])
    orders.create(work, NewOrder(customer.id, game.id, 60, note=nick))
    no = f"O{work.calendar().day_of(now):%m%d}-{number + 1:03d}"
    if number % 3 == 0:
        orders.assign(work, no, companion.id)
        orders.release(work, no, nick[:900])
    if number % 3 == 1:
        dispatch.offer(work, no, [companion.id])


SUGGESTED = "│" + 15 * " " + "[VIP]"
"""The suggestion below the first field of the form."""
TOUR = (
    # keys, and what shows that they have been taken in (! – what must be gone)
    ("ggy", "Copied"),
    ("i", "Wanted:"),
    ("\x1b", "!Wanted:"),
    ("X", "ends here"),
    ("nick\x1b[6nx\x13", "cancelled"),
    ("", "!ends here"),
    ("/", "status:"),
    ("[/red]\r", "/[/red]   10/10"),
    ("\x1b", "!/[/red]"),
    ("2", "Dispatch queue"),
    ("jjj", "agreed share"),
    ("GGo", "offered"),
    (":", "assign"),
    ("assign [/red]q x\r", "There is no order “[/red]q”"),
    (":", "assign"),
    ("[VIP]x\r", "no command “[VIP]x”"),
    ("N", "Price ¥"),
    ("[VIP]", SUGGESTED),
    ("\x1b", f"!{SUGGESTED}"),
    ("\x1b", "!Price ¥"),
    ("3", "Customers"),
    ("\t\t", "Customers"),
    ("4", "Roster"),
    ("jjjj", "Roster"),
    ("7", "Figures"),
    ("8", "Settings"),
    ("1", "Order board"),
)


@pytest.mark.parametrize("size", [(36, 120), (24, 80)], ids=["120x36", "80x24"])
def test_no_byte_of_a_hostile_name_reaches_the_terminal(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    database = str(tmp_path / "studio.db")
    hostile_studio(database)
    rows, columns = size
    terminal = Terminal("--db", database, folder=tmp_path, rows=rows, columns=columns)
    terminal.wait_for("To dispatch")
    terminal.wait_for("[VIP]老白")
    for keys, seen in TOUR:
        terminal.press(keys)
        if seen.startswith("!"):
            terminal.wait(lambda text, gone=seen[1:]: gone not in text)
        else:
            terminal.wait_for(seen)
    assert terminal.close() == 0
    found = {what for what, data in FORBIDDEN.items() if data in terminal.written}
    assert not found
    copied = re.findall(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)", terminal.written)
    assert copied, "the copy never happened: the test shows nothing"
    for data in copied:
        assert base64.b64decode(data).decode().isprintable() or b"\t" in base64.b64decode(data)
