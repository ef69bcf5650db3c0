"""Figures are told by what people are called, whatever signs that holds, on both engines."""

from __future__ import annotations

from sqlmodel import select

from crm_tui.core.clock import FixedClock
from crm_tui.core.words import OrderStatus
from crm_tui.models import Companion, CompanionLevel, CompanionSkill
from crm_tui.services.customers import actions as customers
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.services.figures import reads_people, reads_trade
from crm_tui.services.figures.copy import door
from crm_tui.services.figures.periods import EVER
from crm_tui.services.figures.scope import Scope
from crm_tui.storage.store import Store
from tests.desk import MANAGER, open_desk

NAMES = ("上海, 浦东", 'a"b,"c""', '",', "'x\\", "=1+1", "\x1b]52;c;eA==\x07\u202e")


def test_a_name_may_hold_any_sign(store: Store, clock: FixedClock) -> None:
    desk = open_desk(store, clock)
    unknown = desk.customer
    for name in NAMES:
        desk.customer = desk.do(customers.add, NewCustomer("老白", city=name))
        desk.order_in(OrderStatus.COMPLETED)
    desk.customer = unknown
    desk.order_in(OrderStatus.COMPLETED)
    odd = NAMES[1]
    with store.write(MANAGER) as work:
        level = CompanionLevel(code="odd", name=odd, position=99, rate_fen=6000)
        work.session.add(level)
        work.session.flush()
        who = work.session.get_one(Companion, desk.companions[0])
        who.level_id = level.id
        theirs = CompanionSkill.companion_id == who.id
        for skill in work.session.exec(select(CompanionSkill).where(theirs)):
            skill.rank_text = odd
    with store.read() as work:
        frames = door.rebuilt(work, door.folder_of(store))
        cities = reads_trade.cities(work, frames, EVER)
        assert {row.key: row.orders for row in cities} == dict.fromkeys((*NAMES, ""), 1)
        assert frames.customers().collect()["city"].null_count() == 0, "empty where it is not known"
        (board,) = reads_people.leaderboard(work, frames, EVER, Scope(level=odd))
        assert (board.level, board.orders) == (odd, len(NAMES) + 1)
        (rank,) = reads_trade.skills(work, frames, EVER)
        assert (rank.key, rank.orders) == (odd, len(NAMES) + 1)
