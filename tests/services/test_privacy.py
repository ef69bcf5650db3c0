"""A person's data: seen in full with a reason, handed over whole, forgotten without a trace."""

from __future__ import annotations

import json
from pathlib import Path
from zipfile import ZipFile

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from crm_tui.core.actor import Actor
from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import Invalid, Refused
from crm_tui.core.words import IdentityKind, OrderStatus, Role, Stance
from crm_tui.models import Customer, EventValue, Order
from crm_tui.models.every import METADATA
from crm_tui.services.attachments.actions import take_in
from crm_tui.services.customers import actions as customers
from crm_tui.services.customers import stances
from crm_tui.services.customers.lookup import find
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.services.fields import actions as fields
from crm_tui.services.fields.definition import Definition
from crm_tui.services.interactions import actions as interactions
from crm_tui.services.interactions.actions import NewInteraction
from crm_tui.services.money import refunds
from crm_tui.services.orders import actions as orders
from crm_tui.services.privacy import actions as privacy
from crm_tui.services.privacy.export import DOCUMENT, export_person
from crm_tui.services.privacy.reach import reached_tables
from crm_tui.services.privacy.rules import FORGET, Traces
from crm_tui.services.settings import actions as settings
from crm_tui.services.tasks import actions as tasks
from crm_tui.services.tasks.actions import NewTask
from crm_tui.services.upkeep.doctor import diagnose
from crm_tui.storage.store import Store
from tests.desk import MANAGER, Desk, open_desk

PHONE, WECHAT, NICK, NAME = "13812345678", "wxid_moonfish77", "月下捞鱼的猫88", "欧阳小鱼儿"
WHY = "asked by the person, ticket 12"


@pytest.fixture
def desk(store: Store, clock: FixedClock) -> Desk:
    return open_desk(store, clock)


def _person(desk: Desk, tmp_path: Path) -> int:
    """Somebody who has left traces everywhere."""
    new = NewCustomer(
        nick=NICK,
        name=NAME,
        city="杭州",
        note=f"{NICK} 只在晚上打",
        identities={IdentityKind.PHONE: "138 1234 5678", IdentityKind.WECHAT: WECHAT},
        tags=("夜猫",),
    )
    desk.actor = MANAGER
    customer = desk.do(customers.add, new)
    regular, desk.customer = desk.customer, customer
    done = desk.order_in(OrderStatus.COMPLETED)
    called_off = desk.order(note=f"call {PHONE}")
    desk.do(orders.cancel, called_off, f"{NICK} has no time")
    desk.do(refunds.refund, done, 100, f"{NICK} was not content")
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"\x89PNG\r\n\x1a\n" + WECHAT.encode() * 5)
    note = NewInteraction(
        customer_id=customer, summary=f"{NAME} sent a picture", files=take_in(desk.store, [photo])
    )
    desk.do(interactions.note, note)
    desk.do(customers.edit, regular, {"note": f"brought by {NICK} ({PHONE})"})
    desk.customer = regular
    with desk.store.read() as work:
        row = work.session.exec(select(col(Order.note)).where(col(Order.no) == done)).first()
    assert row is not None
    return int(customer)


def _texts(store: Store) -> str:
    """Every value of every table, as one text."""
    with store.read() as work:
        return "\n".join(
            json.dumps(
                [list(row) for row in work.session.connection().execute(table.select())],
                ensure_ascii=False,
                default=str,
            )
            for table in METADATA.sorted_tables
        )


def test_every_table_about_a_person_has_a_rule() -> None:
    assert reached_tables() == set(FORGET)


def test_an_erased_person_is_nowhere(desk: Desk, store: Store, tmp_path: Path) -> None:
    customer = _person(desk, tmp_path)
    for trace in (PHONE, WECHAT, NICK, NAME):
        assert trace in _texts(store)
    done = desk.do(privacy.erase, customer, WHY)
    privacy.finish_erasing(store, MANAGER)
    left = _texts(store)
    for trace in (PHONE, WECHAT, NICK, NAME):
        assert trace not in left
        assert json.dumps(trace)[1:-1] not in left
    assert not [file for file in store.dialect.attachments.rglob("*") if file.is_file()]
    with store.read() as work:
        for words in (NICK, WECHAT, "5678", "yxlydm", done["customer"]):
            assert not [hit for hit in find(work, words) if hit.id == customer]
        stays = work.session.get(Customer, customer)
        assert stays is not None and stays.nick == stays.no == done["customer"]
        assert stays.order_count == 1
    findings = diagnose(str(store.dialect.engine.url) if "postgres" in store.shown else store.shown)
    assert [each.detail for each in findings if not each.ok] == []


def test_what_was_changed_or_taken_away_before_is_forgotten_too(
    desk: Desk, store: Store, tmp_path: Path
) -> None:
    customer = _person(desk, tmp_path)
    desk.do(fields.define, "customer", Definition("contract", "Contract", "file"))
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(b"%PDF- signed by a cat")
    gone = desk.do(interactions.note, NewInteraction(customer, "her flat is in Moon Lane"))
    desk.do(interactions.remove, gone)
    regular = desk.customer
    desk.do(customers.edit, regular, {"note": f"sister of {PHONE}, {NICK}"})
    new = {"phone": "13900001111", "nick": "somebody else", "custom.contract": str(scan)}
    desk.do(customers.edit, customer, new)
    photo = tmp_path / "second.png"
    photo.write_bytes(b"\x89PNG once more")
    late = NewInteraction(customer, "", files=take_in(store, [photo]))
    desk.do(interactions.remove, desk.do(interactions.note, late))
    desk.do(privacy.erase, customer, WHY)
    privacy.finish_erasing(store, MANAGER)
    left = _texts(store)
    for trace in (PHONE, NICK, "13900001111", "somebody else", "Moon Lane"):
        assert trace not in left
    assert not [file for file in store.dialect.attachments.rglob("*") if file.is_file()]


def test_others_keep_what_is_theirs(desk: Desk, store: Store, tmp_path: Path) -> None:
    customer = _person(desk, tmp_path)
    namesake = desk.do(customers.add, NewCustomer(nick=NICK, note="a second cat"))
    desk.do(customers.edit, namesake, {"note": f"not the other {NICK}"})
    desk.do(privacy.erase, customer, WHY)
    with store.read() as work:
        assert [hit.id for hit in find(work, NICK)] == [namesake]
        kept = work.session.get(Customer, namesake)
        assert kept is not None and kept.note == f"not the other {NICK}"
        regular = work.session.get(Customer, desk.customer)
        assert regular is not None and PHONE not in regular.note


def test_nothing_new_is_written_about_who_was_erased(desk: Desk) -> None:
    desk.actor = MANAGER
    gone = desk.do(customers.add, NewCustomer(nick=NICK))
    companion = desk.companions[0]
    desk.do(privacy.erase, gone, WHY)
    desk.customer = gone
    for write in (
        lambda: desk.do(customers.edit, gone, {"nick": "back"}),
        lambda: desk.do(customers.tag, gone, ["back"]),
        lambda: desk.do(customers.add_identity, gone, IdentityKind.PHONE, PHONE),
        lambda: desk.do(interactions.note, NewInteraction(customer_id=gone, summary="back")),
        lambda: desk.do(tasks.add, NewTask("back", customer_id=gone)),
        lambda: desk.do(stances.set_stance, gone, companion, Stance.PREFERRED),
        desk.order,
    ):
        with pytest.raises(Refused) as refused:
            write()
        assert refused.value.facts["reason"] == "erased"


def test_erasing_is_refused_while_there_is_something_to_do(desk: Desk) -> None:
    desk.actor = MANAGER
    no = desk.order()
    with pytest.raises(Refused, match=no):
        desk.do(privacy.erase, desk.customer, WHY)
    desk.do(orders.cancel, no, "no time")
    with pytest.raises(Invalid):
        desk.do(privacy.erase, desk.customer, " x ")
    desk.do(privacy.erase, desk.customer, WHY)
    with pytest.raises(Refused, match="has been erased"):
        desk.do(privacy.erase, desk.customer, WHY)


@pytest.mark.parametrize("role", [Role.DISPATCHER, Role.OPERATOR, Role.READ_ONLY, Role.FINANCE])
def test_only_managers_erase_and_export(desk: Desk, tmp_path: Path, role: Role) -> None:
    desk.actor = Actor("li", role)
    with pytest.raises(Refused):
        desk.do(privacy.erase, desk.customer, WHY)
    with pytest.raises(Refused):
        export_person(desk.store, desk.actor, "C1", tmp_path / "x.zip", WHY)
    assert not (tmp_path / "x.zip").exists()


def test_who_may_only_read_changes_nothing(desk: Desk) -> None:
    desk.actor = Actor("x", Role.READ_ONLY)
    for change in (
        lambda: desk.do(customers.add, NewCustomer(nick=NICK)),
        lambda: desk.do(customers.edit, desk.customer, {"note": "x"}),
        lambda: desk.do(customers.tag, desk.customer, ["x"]),
        lambda: desk.do(interactions.note, NewInteraction(desk.customer, "x")),
        lambda: desk.do(tasks.add, NewTask("x", customer_id=desk.customer)),
        lambda: desk.do(settings.set_setting, "store.name", "x"),
        desk.order,
    ):
        with pytest.raises(Refused):
            change()
    with desk.store.read() as work:
        assert find(work, NICK) == []


def test_unmasking_shows_the_whole_and_is_logged(desk: Desk, store: Store, tmp_path: Path) -> None:
    customer = _person(desk, tmp_path)
    desk.actor = Actor("li", Role.OPERATOR)
    seen = {each.kind: each.value for each in desk.do(privacy.unmask, customer, "call back")}
    assert seen == {IdentityKind.PHONE: PHONE, IdentityKind.WECHAT: WECHAT}
    with store.read() as work:
        last = work.session.connection().execute(
            text("SELECT actor, kind, entity_id FROM event ORDER BY at DESC, seq DESC LIMIT 1")
        )
        assert tuple(last.one()) == ("li", "customer.unmasked", customer)
        why = select(col(EventValue.after)).where(col(EventValue.field) == "reason")
        assert "call back" in work.session.connection().scalars(why).all()
    with pytest.raises(Invalid):
        desk.do(privacy.unmask, customer, "")
    desk.actor = Actor("x", Role.READ_ONLY)
    with pytest.raises(Refused):
        desk.do(privacy.unmask, customer, "curious")


def test_a_persons_data_is_one_file(desk: Desk, store: Store, tmp_path: Path) -> None:
    _person(desk, tmp_path)
    target = tmp_path / "person.zip"
    answer = export_person(store, MANAGER, WECHAT, target, WHY)
    with ZipFile(target) as archive:
        document = json.loads(archive.read(DOCUMENT))
        pictures = [name for name in archive.namelist() if name.startswith("attachments/")]
        assert archive.read(pictures[0]).startswith(b"\x89PNG")
    assert answer["attachments"] == len(pictures) == 1
    assert document["customer"][0]["nick"] == NICK
    assert {each["value"] for each in document["customer_identity"]} == {"138 1234 5678", WECHAT}
    assert len(document["orders"]) == 2 and document["payment"]
    assert any(each["kind"] == "order.cancelled" for each in document["events"])
    assert oct(target.stat().st_mode)[-3:] == "600"


def test_short_and_common_words_are_left_alone() -> None:
    traces = Traces.of({"123", "13812345678"}, {"A", "小鱼"}, "C000007")
    assert traces.wiped("A 123 小鱼 13812345678") == "A 123 C000007 C000007"
    assert traces.wiped({"小鱼": ["小鱼干", 5, None]}) == {"C000007": ["C000007干", 5, None]}
