"""Custom fields of orders and companions in the filter of their lists."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crm_tui.core.clock import FixedClock
from crm_tui.core.words import Role
from crm_tui.services.companions import actions as companions
from crm_tui.services.companions import filtering as of_companions
from crm_tui.services.companions import reads as roster
from crm_tui.services.fields import actions
from crm_tui.services.fields.filtering import fields_of
from crm_tui.services.fields.rules import Definition
from crm_tui.services.filters.rules import Context, Moment, UnknownField
from crm_tui.services.orders import editing
from crm_tui.services.orders import filtering as of_orders
from crm_tui.services.orders import reads as orders
from crm_tui.storage.store import Store
from tests.desk import MANAGER, Desk, open_desk

FIELDS = (
    Definition("server", "区服", "choice", options={"choices": ["微信区", "QQ区"]}),
    Definition("deposit", "押金", "money"),
    Definition("since", "签约日", "date"),
    Definition("double", "双倍", "formula", options={"formula": "deposit * 2"}),
    Definition("secret", "底价", "integer", seen_by=("admin",)),
)


@pytest.fixture
def desk(store: Store, clock: FixedClock) -> Desk:
    desk = open_desk(store, clock, companions=2)
    with store.write(MANAGER) as work:
        for entity in ("order", "companion"):
            for each in FIELDS:
                actions.define(work, entity, each)
    return desk


def passing(desk: Desk, entity: str, role: Role) -> Callable[[str], list[str]]:
    """The numbers of the records that a line lets pass."""

    def numbers(line: str) -> list[str]:
        with desk.store.read() as work:
            custom = fields_of(work, entity, role)
            here = Context(Moment(work.clock.now(), work.calendar()))
            if entity == "order":
                wanted = of_orders.filter_spec(custom).parse(line, here)
                return [row.no for row in orders.find_passing(work, wanted, limit=None)[0]]
            spec = of_companions.filter_spec(work.clock.now, custom).parse(line, here)
            return [row.no for row in roster.roster(work) if spec(row)]

    return numbers


@pytest.mark.parametrize("entity", ["order", "companion"])
def test_a_line_may_name_them_as_those_of_customers(desk: Desk, entity: str) -> None:
    filled = {
        "custom.server": "微信区",
        "custom.deposit": "30",
        "custom.since": "2026-09-01",
    }
    mine, other = desk.order(), desk.order()
    with desk.store.write(MANAGER) as work:
        if entity == "order":
            editing.edit_fields(
                work, mine, {key.removeprefix("custom."): text for key, text in filled.items()}
            )
        else:
            companions.edit(work, desk.companions[0], filled)
            mine, other = (row.no for row in roster.by_ids(work, desk.companions))
    found = passing(desk, entity, Role.MANAGER)
    for line in ("区服:=微信区", "deposit:>=30", "custom.since:<2026-09-02", "双倍:60"):
        assert found(line) == [mine], line
    assert found("区服:-") == [other] and found("押金:>30") == []
    with pytest.raises(UnknownField):
        found("底价:5")
    assert set(passing(desk, entity, Role.ADMIN)("底价:-")) == {mine, other}
