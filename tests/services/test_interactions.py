"""Contacts with customers: written down, changed, taken away and put back, page by page."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import Conflict, FileProblem, Invalid, NotFound, Refused
from crm_tui.core.words import ContactChannel, ContactDirection, OrderStatus
from crm_tui.models import Event, EventValue
from crm_tui.models.contacts import Attachment, Interaction
from crm_tui.services.attachments import actions as attachments
from crm_tui.services.attachments.folder import folder_of
from crm_tui.services.customers import actions as customers
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.services.interactions import actions, reads
from crm_tui.services.interactions.actions import NewInteraction
from crm_tui.services.interactions.reads import InteractionRow
from crm_tui.services.upkeep.doctor import findings
from crm_tui.storage.store import Store
from tests.desk import Desk, open_desk


@pytest.fixture
def desk(store: Store, clock: FixedClock) -> Desk:
    return open_desk(store, clock)


def notes(desk: Desk, **page: Any) -> list[InteractionRow]:
    with desk.store.read() as work:
        return reads.of_customer(work, desk.customer, **page)


def note(desk: Desk, summary: str, **more: Any) -> int:
    noted: int = desk.do(actions.note, NewInteraction(desk.customer, summary, **more))
    return noted


def events(desk: Desk, entity: str = "interaction") -> list[Event]:
    with desk.store.read() as work:
        return list(
            work.session.exec(select(Event).where(Event.entity == entity).order_by(col(Event.seq)))
        )


def values_of(desk: Desk, event: Event) -> dict[str, tuple[str | None, str | None]]:
    with desk.store.read() as work:
        rows = work.session.exec(select(EventValue).where(EventValue.seq == event.seq)).all()
        return {row.field: (row.before, row.after) for row in rows}


def test_what_was_noted_is_read_with_its_order(desk: Desk) -> None:
    no = desk.order_in(OrderStatus.COMPLETED)
    order_id = desk.row(no).id
    noted = note(
        desk,
        "  wants 鹿鹿 again,\ttonight ",
        channel=ContactChannel.WECHAT,
        direction=ContactDirection.INBOUND,
        order_id=order_id,
    )
    (row,) = notes(desk)
    assert (row.id, row.customer_no, row.order_no) == (noted, "C1", no)
    assert row.summary == "wants 鹿鹿 again, tonight"
    assert (row.channel, row.direction) == (ContactChannel.WECHAT, ContactDirection.INBOUND)
    assert (row.noted_by, row.noted_at, row.version) == ("li", desk.clock.now(), 1)


def test_personal_text_stands_only_beside_the_log(desk: Desk) -> None:
    noted = note(desk, "13800138000 is the new number")
    desk.do(actions.edit, noted, {"summary": "new number", "channel": ContactChannel.QQ})
    desk.do(actions.remove, noted)
    told = events(desk)
    kinds = ["interaction.noted", "interaction.edited", "interaction.removed"]
    assert [each.kind for each in told] == kinds
    assert all(each.ref == "C1" and each.data["customer_id"] == desk.customer for each in told)
    assert "13800138000" not in str([each.data for each in told])
    assert values_of(desk, told[1])["summary"] == ("13800138000 is the new number", "new number")
    assert told[1].data["fields"] == ["channel", "summary"]


def test_pages_follow_one_another_without_gap_or_repetition(desk: Desk) -> None:
    for number in range(25):
        at = desk.clock.now() - timedelta(minutes=number // 4)
        note(desk, f"note {number}", at=at)
    seen: list[int] = []
    page = notes(desk, limit=7)
    while page:
        seen += [row.id for row in page]
        page = notes(desk, limit=7, before=page[-1].place)
    assert seen == [row.id for row in notes(desk)]
    assert len(seen) == len(set(seen)) == 25


def test_an_edit_compares_the_version(desk: Desk) -> None:
    noted = note(desk, "first")
    desk.do(actions.edit, noted, {"summary": "second"}, expected_version=1)
    with pytest.raises(Conflict):
        desk.do(actions.edit, noted, {"summary": "third"}, expected_version=1)
    with pytest.raises(Conflict):
        desk.do(actions.remove, noted, expected_version=1)
    desk.do(actions.edit, noted, {"summary": "second"}, expected_version=2)
    (row,) = notes(desk)
    assert (row.summary, row.version) == ("second", 2), "what changes nothing is no new version"


def test_removed_and_restored_it_is_as_it_was(desk: Desk, tmp_path: Path) -> None:
    picture = tmp_path / "chat.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 100)
    noted = note(desk, "see picture", files=attachments.take_in(desk.store, [picture]))
    (before,) = notes(desk)
    was = desk.do(actions.remove, noted)
    assert notes(desk) == []
    with desk.store.read() as work:
        assert work.session.exec(select(Attachment)).all() == []
    assert desk.do(actions.restore, was) == noted
    (after,) = notes(desk)
    assert after.version == before.version + 1
    assert after.attachments == before.attachments
    assert after.summary == before.summary
    with pytest.raises(Conflict):
        desk.do(actions.restore, was)


def test_what_can_not_be_noted_is_refused_with_the_reason(desk: Desk) -> None:
    other = desk.do(customers.add, NewCustomer(nick="别人"))
    order_id = desk.row(desk.order()).id
    with pytest.raises(Invalid, match="a text, or a file"):
        note(desk, " \n ")
    with pytest.raises(Invalid, match="a time that has been"):
        note(desk, "later", at=desk.clock.now() + timedelta(hours=1))
    with pytest.raises(Invalid, match="an order of this customer"):
        desk.do(actions.note, NewInteraction(other, "x", order_id=order_id))
    with pytest.raises(NotFound):
        desk.do(actions.note, NewInteraction(999, "x"))
    with pytest.raises(NotFound):
        desk.do(actions.edit, 999, {"summary": "x"})
    with pytest.raises(Invalid):
        desk.do(actions.edit, note(desk, "x"), {"summary": ""})
    assert [row.summary for row in notes(desk)] == ["x"]


def test_who_wants_no_contact_is_not_contacted(desk: Desk) -> None:
    noted = note(desk, "wrote to us", direction=ContactDirection.INBOUND)
    desk.do(customers.edit, desk.customer, {"do_not_contact": True})
    with pytest.raises(Refused, match="does not want to be contacted"):
        note(desk, "come back!", direction=ContactDirection.OUTBOUND)
    with pytest.raises(Refused):
        desk.do(actions.edit, noted, {"direction": ContactDirection.OUTBOUND})
    note(desk, "wrote again", direction=ContactDirection.INBOUND)
    note(desk, "does not want to be called")
    assert len(notes(desk)) == 3


@pytest.mark.parametrize("text", ["\x1b]52;c;aGk=\x07 \x1b[6n", "a\u202eb", "夜" * 10_000, "=1+1"])
def test_hostile_texts_are_kept_as_they_are(desk: Desk, text: str) -> None:
    note(desk, text)
    assert notes(desk)[0].summary == text


def test_a_text_longer_than_its_place_is_refused(desk: Desk) -> None:
    with pytest.raises(Invalid):
        note(desk, "x" * 20_001)


def test_a_note_whose_file_has_gone_is_not_written(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("hello")
    (kept,) = attachments.take_in(desk.store, [file])
    folder_of(desk.store).discard(kept.sha256)
    with pytest.raises(FileProblem, match="Attach it again"):
        note(desk, "with file", files=(kept,))
    assert notes(desk) == []
    assert events(desk) == []


def test_the_doctor_finds_a_note_of_somebody_else(desk: Desk) -> None:
    noted = note(desk, "x", order_id=desk.row(desk.order()).id)
    assert all(each.ok for each in findings(desk.store))
    other = desk.do(customers.add, NewCustomer(nick="别人"))
    with desk.store.write(desk.actor) as work:
        row = work.session.get(Interaction, noted)
        assert row is not None
        row.customer_id = other
    assert [each.name for each in findings(desk.store) if not each.ok] == ["interactions.orders"]
