"""Bulk actions: judged first, a verdict for each customer, undone as one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlmodel import select

from crm_tui.core.actor import Actor
from crm_tui.core.errors import CrmError, Invalid, KeyReused, NotFound, Refused
from crm_tui.core.words import Role
from crm_tui.models import Customer, Event, Operator
from crm_tui.services.bulk import actions as bulk
from crm_tui.services.bulk import reads
from crm_tui.services.bulk.owning import NOBODY, Owning
from crm_tui.services.bulk.rules import BulkAction, Report, Verdict
from crm_tui.services.bulk.tagging import Tagging
from crm_tui.services.customers import actions, lookup
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.services.tags import actions as tags
from crm_tui.storage.store import Store


@pytest.fixture
def five(store: Store, manager: Actor) -> tuple[Store, list[int]]:
    """Five customers: the second is a VIP, the fourth was merged into the first; two operators."""
    with store.write(manager) as work:
        ids = [
            actions.add(work, NewCustomer(nick=f"顾客{n}", tags=("VIP",) if n == 2 else ()))
            for n in range(1, 6)
        ]
        work.session.get_one(Customer, ids[3]).merged_into_id = ids[0]
        for login in ("kefu", "xiao"):
            work.session.add(Operator(login=login, role=Role.OPERATOR, created_at=work.clock.now()))
    return store, ids


def counts(report: Report) -> dict[str, int]:
    return {verdict.value: count for verdict, count in report.counts.items() if count}


def tags_of(store: Store, ids: Sequence[int]) -> list[set[str]]:
    with store.read() as work:
        return [set(hit.tags) for hit in lookup.hits(work, ids)]


def owners(store: Store, ids: Sequence[int]) -> list[str | None]:
    with store.read() as work:
        logins = {each.id: each.login for each in work.session.exec(select(Operator))}
        found = (work.session.get_one(Customer, each).owner_id for each in ids)
        return [None if owner is None else logins[owner] for owner in found]


def test_a_dry_run_says_what_a_run_does(five: tuple[Store, list[int]], manager: Actor) -> None:
    store, ids = five
    tagging = Tagging.of(["+VIP", "+新客"])
    judged = bulk.judge(store, manager, tagging, [*ids, 999])
    assert counts(judged) == {"done": 4, "refused": 2}
    assert {each.code for each in judged.refusals} == {"merged", "not_found"}
    assert tags_of(store, ids)[0] == set()
    done = bulk.run(store, manager, tagging, [*ids, 999])
    assert counts(done) == counts(judged)
    assert tags_of(store, ids) == [{"VIP", "新客"}] * 3 + [set(), {"VIP", "新客"}]
    again = bulk.run(store, manager, tagging, ids)
    assert counts(again) == {"unchanged": 4, "refused": 1}
    with store.read() as work:
        assert [hit.id for hit in lookup.find(work, "新客")] != []


def test_undo_takes_back_exactly_what_was_done(
    five: tuple[Store, list[int]], manager: Actor
) -> None:
    store, ids = five
    before = tags_of(store, ids)
    report = bulk.run(store, manager, Tagging.of(["+新客", "-VIP"]), ids)
    undone = bulk.undo(store, manager, report.token)
    assert counts(undone) == {"undone": 4}
    assert tags_of(store, ids) == before
    with pytest.raises(Refused):
        bulk.undo(store, manager, report.token)
    with pytest.raises(NotFound):
        bulk.undo(store, manager, "nothing")


def test_who_was_changed_meanwhile_is_left_alone_and_named(
    five: tuple[Store, list[int]], manager: Actor
) -> None:
    store, ids = five
    report = bulk.run(store, manager, Tagging.of(["+新客"]), ids)
    with store.write(manager) as work:
        actions.edit(work, ids[1], {"city": "杭州"})
    undone = bulk.undo(store, manager, report.token)
    assert counts(undone) == {"undone": 3, "done": 1}
    (left,) = undone.refusals
    assert (left.customer_id, left.code) == (ids[1], "changed_meanwhile")
    assert left.why
    assert [("新客" in worn) for worn in tags_of(store, ids)] == [False, True, False, False, False]
    with store.read() as work:
        rows = reads.rows(work, reads.one(work, report.token).id)
    assert {row.customer_id: row.verdict for row in rows}[ids[1]] is Verdict.DONE


def test_owners_are_given_and_given_back(five: tuple[Store, list[int]], manager: Actor) -> None:
    store, ids = five
    bulk.run(store, manager, Owning("kefu"), ids[:2])
    report = bulk.run(store, manager, Owning("xiao"), ids)
    assert counts(report) == {"done": 4, "refused": 1}
    assert owners(store, ids) == ["xiao", "xiao", "xiao", None, "xiao"]
    bulk.undo(store, manager, report.token)
    assert owners(store, ids) == ["kefu", "kefu", None, None, None]
    nobody = bulk.run(store, manager, Owning(NOBODY), ids)
    assert counts(nobody) == {"done": 2, "unchanged": 2, "refused": 1}
    assert owners(store, ids) == [None] * 5


def test_one_event_a_customer_and_one_for_the_run(
    five: tuple[Store, list[int]], manager: Actor
) -> None:
    store, ids = five
    report = bulk.run(store, manager, Tagging.of(["+新客"]), ids)
    bulk.undo(store, manager, report.token)
    with store.read() as work:
        events = work.session.exec(select(Event).where(Event.seq > 0)).all()
    kinds = [event.kind for event in events]
    assert kinds.count("customer.tagged") == 8
    (done,) = (event for event in events if event.kind == "bulk.done")
    assert (done.ref, done.data["done"], done.data["refused"]) == (report.token, 4, 1)
    assert kinds.count("bulk.undone") == 1


def test_a_key_goes_on_where_it_stopped_and_answers_the_same(
    five: tuple[Store, list[int]], manager: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, ids = five
    monkeypatch.setattr(bulk, "PORTION", 2)
    tagging = Tagging.of(["+新客"])
    cut = bulk.run(store, manager, tagging, ids, key="k", progress=lambda done, _total: done < 2)
    assert (cut.total, cut.left) == (2, 3)
    whole = bulk.run(store, manager, tagging, ids, key="k")
    assert (whole.token, whole.total, whole.left) == (cut.token, 5, 0)
    assert counts(bulk.run(store, manager, tagging, ids, key="k")) == counts(whole)
    with store.read() as work:
        assert len(reads.runs(work)) == 1
    with pytest.raises(KeyReused):
        bulk.run(store, manager, Tagging.of(["+other"]), ids, key="k")
    assert counts(bulk.undo(store, manager, whole.token)) == {"undone": 4}


@pytest.mark.parametrize(
    ("action", "error"),
    [
        (Owning("nobody-here"), NotFound),
        (Tagging((), ("没有",)), NotFound),
        (Tagging(("自动",)), Refused),
        (Tagging((), ("自动",)), Refused),
    ],
)
def test_what_cannot_be_is_refused_as_a_whole(
    five: tuple[Store, list[int]], manager: Actor, action: BulkAction, error: type[CrmError]
) -> None:
    store, ids = five
    with store.write(manager) as work:
        tags.add(work, "自动", rule="orders:>5")
    for attempt in (bulk.judge, bulk.run):
        with pytest.raises(error):
            attempt(store, manager, action, ids)
    with store.read() as work:
        assert reads.runs(work) == []


def test_it_needs_the_permission(five: tuple[Store, list[int]]) -> None:
    store, ids = five
    reader = Actor("r", Role.READ_ONLY)
    with pytest.raises(Refused):
        bulk.judge(store, reader, Tagging(("VIP",)), ids)
    with pytest.raises(Refused):
        bulk.run(store, reader, Tagging(("VIP",)), ids)
    with pytest.raises(Refused):
        bulk.undo(store, reader, "x")


@pytest.mark.parametrize("words", [[], ["VIP"], ["+"], ["+a", "-a"]])
def test_tags_that_cannot_be_read_are_refused(words: list[str]) -> None:
    with pytest.raises(Invalid):
        Tagging.of(words)
