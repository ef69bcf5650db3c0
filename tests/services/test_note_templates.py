"""Templates: known places are filled, nothing is computed, managers alone define them."""

from __future__ import annotations

import pytest

from crm_tui.core.actor import Actor
from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import Duplicate, Invalid, NotFound, Refused
from crm_tui.core.words import OrderStatus
from crm_tui.services.interactions import templates
from crm_tui.services.settings.actions import set_setting
from crm_tui.storage.store import Store
from tests.desk import Desk, open_desk


@pytest.fixture
def desk(store: Store, clock: FixedClock, manager: Actor) -> Desk:
    desk = open_desk(store, clock)
    desk.actor = manager
    return desk


def test_what_is_known_comes_into_the_places(desk: Desk) -> None:
    desk.do(set_setting, "store.name", "青柠电竞")
    order = desk.row(desk.order_in(OrderStatus.SERVING))
    with desk.store.read() as work:
        values = templates.known(work, desk.customer, order.id, "li")
        without = templates.known(work, desk.customer)
    body = "{studio} {date} {time}: {nick} ({no}), {order} {game} {companion}, {operator}"
    assert templates.fill(body, values) == (
        f"青柠电竞 2026-09-21 23:04: 小鱼干12 (C1), {order.no} {order.game} 鹿鹿00, li"
    )
    assert (without["order"], without["companion"]) == ("", "")
    assert set(values) == set(templates.PLACES)


@pytest.mark.parametrize(
    "body", ["{nick.__class__}", "{0}", "{nick!r}", "{}", "{password}", "{ nick }", "", "  "]
)
def test_what_is_no_place_is_refused(desk: Desk, body: str) -> None:
    with pytest.raises(Invalid):
        desk.do(templates.add, "bad", body)


def test_a_nickname_is_never_read_as_a_template() -> None:
    assert templates.fill("{nick} {no}", {"nick": "{no}{nick}", "no": "C1"}) == "{no}{nick} C1"
    assert templates.fill("{nick:>9999999999}", {"nick": "x"}) == "{nick:>9999999999}"


def test_they_are_listed_as_they_were_added_changed_and_removed(desk: Desk) -> None:
    for name in ("remind", "ask"):
        desk.do(templates.add, name, f"{name} {{nick}}")
    with pytest.raises(Duplicate):
        desk.do(templates.add, "ask", "again")
    desk.do(templates.edit, "ask", name="ask back", body="how was it, {nick}?")
    with pytest.raises(Duplicate):
        desk.do(templates.edit, "ask back", name="remind")
    with desk.store.read() as work:
        listed = [(row.name, row.body) for row in templates.listed(work)]
    assert listed == [("remind", "remind {nick}"), ("ask back", "how was it, {nick}?")]
    desk.do(templates.remove, "remind")
    with desk.store.read() as work, pytest.raises(NotFound):
        templates.one(work, "remind")


def test_only_who_may_define_changes_them(desk: Desk, actor: Actor) -> None:
    desk.do(templates.add, "ask", "how was it?")
    desk.actor = actor
    for act in (
        lambda: desk.do(templates.add, "x", "y"),
        lambda: desk.do(templates.edit, "ask", body="y"),
        lambda: desk.do(templates.remove, "ask"),
    ):
        with pytest.raises(Refused):
            act()
