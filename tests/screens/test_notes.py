"""Notes and tasks by keyboard only, on what the store holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from crm_tui.app import ConsoleApp
from crm_tui.core.clock import FixedClock
from crm_tui.core.language import set_language
from crm_tui.core.words import ContactChannel, ContactDirection, Role, TaskState
from crm_tui.models import Operator
from crm_tui.screens.console import Visit
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.screens.dialogs.note import NoteDialog
from crm_tui.screens.dialogs.notes import NotesDialog
from crm_tui.screens.dialogs.task import PickTask
from crm_tui.services.attachments import actions as attachments
from crm_tui.services.customers import actions as customers
from crm_tui.services.interactions import actions, reads, templates
from crm_tui.services.interactions.actions import NewInteraction
from crm_tui.services.interactions.reads import InteractionRow
from crm_tui.services.tasks import actions as tasks
from crm_tui.services.tasks import reads as task_reads
from crm_tui.services.tasks.actions import NewTask
from crm_tui.services.tasks.reads import TaskRow
from crm_tui.storage.store import Store
from crm_tui.widgets.record_table import RecordTable
from tests.desk import MANAGER, Desk, open_desk
from tests.screens.console import console, opens, screen_text, settled, toasts, until


@pytest.fixture
def desk(sqlite_store: Store, clock: FixedClock) -> Desk:
    desk = open_desk(sqlite_store, clock)
    desk.actor = MANAGER
    desk.do(templates.add, "ask", "how was it, {nick}?")
    return desk


def notes(desk: Desk) -> list[InteractionRow]:
    with desk.store.read() as work:
        return reads.of_customer(work, desk.customer)


def to_do(desk: Desk) -> list[TaskRow]:
    with desk.store.read() as work:
        return task_reads.of_customer(work, desk.customer)


def note(desk: Desk, summary: str, *files: Path) -> int:
    kept = attachments.take_in(desk.store, files)
    noted: int = desk.do(actions.note, NewInteraction(desk.customer, summary, files=kept))
    return noted


async def look_at(app: Any, pilot: Pilot[None], desk: Desk) -> None:
    """The 360° screen of the desk's customer."""
    app.go_to(Visit("person", desk.customer))
    await until(pilot, lambda: app.place.PLACE == "person" and app.place.profile is not None)
    await settled(pilot)


async def opened(app: ConsoleApp, pilot: Pilot[None], key: str, dialog: type) -> None:
    await pilot.press(key)
    await opens(pilot, dialog)


async def closed(app: ConsoleApp, pilot: Pilot[None]) -> None:
    await until(pilot, lambda: app.screen is app.place)


async def test_a_note_is_taken_down_by_one_key_and_undone(desk: Desk) -> None:
    async with console(desk.store) as (app, pilot):
        await look_at(app, pilot, desk)
        await opened(app, pilot, "i", NoteDialog)
        await pilot.press(*"wants 鹿鹿", "ctrl+s", "ctrl+s")
        await closed(app, pilot)
        (row,) = notes(desk)
        assert (row.summary, row.noted_by) == ("wants 鹿鹿", "li")
        assert (row.channel, row.direction) == (ContactChannel.WECHAT, ContactDirection.NOTE)
        await pilot.press("l")
        await until(pilot, lambda: "wants 鹿鹿" in screen_text(app))
        await pilot.press("u")
        await until(pilot, lambda: notes(desk) == [])
        await until(pilot, lambda: "wants 鹿鹿" not in screen_text(app))


async def test_what_was_chosen_last_stands_there_again(desk: Desk) -> None:
    async with console(desk.store) as (app, pilot):
        await look_at(app, pilot, desk)
        await opened(app, pilot, "i", NoteDialog)
        form = app.screen.form
        await pilot.press(*"rang")
        form.row("channel").fill("Phone call")
        form.row("direction").fill("From the customer")
        await pilot.press("ctrl+s")
        await closed(app, pilot)
        await opened(app, pilot, "i", NoteDialog)
        assert app.screen.form.row("channel").text == "Phone call"
        assert app.screen.form.row("direction").text == "From the customer"


async def test_a_template_begins_the_text_and_one_types_on(desk: Desk) -> None:
    async with console(desk.store) as (app, pilot):
        await look_at(app, pilot, desk)
        await opened(app, pilot, "i", NoteDialog)
        await pilot.press(*"/as")
        row = app.screen.form.row("summary")
        await until(pilot, lambda: row._open)
        await pilot.press("enter")
        await until(pilot, lambda: row.text == "how was it, 小鱼干12?")
        assert row.query_one(Input).has_focus
        await pilot.press(*" great", "ctrl+s")
        await closed(app, pilot)
        assert notes(desk)[0].summary == "how was it, 小鱼干12? great"


async def test_what_was_typed_survives_escape(desk: Desk) -> None:
    async with console(desk.store) as (app, pilot):
        await look_at(app, pilot, desk)
        await opened(app, pilot, "i", NoteDialog)
        await pilot.press(*"half a sentence", "escape")
        await closed(app, pilot)
        assert "小鱼干12" in toasts(app)[-1]
        await opened(app, pilot, "i", NoteDialog)
        assert app.screen.form.row("summary").text == "half a sentence"
        assert "As you left it" in screen_text(app)
        await pilot.press(*", whole", "ctrl+s")
        await closed(app, pilot)
        assert notes(desk)[0].summary == "half a sentence, whole"
        await opened(app, pilot, "i", NoteDialog)
        assert app.screen.form.row("summary").text == ""
        await pilot.press("escape")
        await closed(app, pilot)
        await opened(app, pilot, "i", NoteDialog)
        assert app.screen.form.row("summary").text == ""


async def test_a_refusal_keeps_the_form_with_all_that_was_typed(desk: Desk) -> None:
    desk.do(customers.edit, desk.customer, {"do_not_contact": True})
    async with console(desk.store) as (app, pilot):
        await look_at(app, pilot, desk)
        await opened(app, pilot, "i", NoteDialog)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "a text, or a file" in screen_text(app))
        await pilot.press(*"come back!")
        app.screen.form.row("direction").fill("To the customer")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "does not want to be contacted" in screen_text(app))
        assert app.screen.form.row("summary").text == "come back!"
        app.screen.form.row("direction").fill("Internal note")
        await pilot.press("ctrl+s")
        await closed(app, pilot)
        assert [row.summary for row in notes(desk)] == ["come back!"]


async def test_a_file_is_found_by_typing_and_saved_again(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "chats"
    folder.mkdir()
    (folder / "chat.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    async with console(desk.store) as (app, pilot):
        await look_at(app, pilot, desk)
        await opened(app, pilot, "i", NoteDialog)
        row = app.screen.form.row("files")
        row.query_one(Input).focus()
        row.query_one(Input).value = f"{tmp_path}/ch"
        await until(pilot, lambda: row._open)
        await pilot.press("enter")
        await until(pilot, lambda: row.text == f"{folder}/" and row._open)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, NoteDialog) is False)
        (noted,) = notes(desk)
        assert [file.name for file in noted.attachments] == ["chat.png"]
        await opened(app, pilot, "I", NotesDialog)
        await until(pilot, lambda: "chat.png" in screen_text(app))
        await opened(app, pilot, "s", FormDialog)
        app.screen.form.row("to").fill(str(tmp_path))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: (tmp_path / "chat.png").exists())


async def test_a_file_that_is_not_there_is_told_beside_the_field(desk: Desk) -> None:
    async with console(desk.store) as (app, pilot):
        await look_at(app, pilot, desk)
        await opened(app, pilot, "i", NoteDialog)
        await pilot.press(*"x")
        app.screen.form.row("files").fill("/nowhere/a.png")
        await pilot.press("ctrl+s")
        assert isinstance(app.screen, NoteDialog)
        assert app.screen.form.row("files").query_one(".message").has_class("wrong")
        assert notes(desk) == []


async def test_notes_are_listed_changed_and_removed(desk: Desk) -> None:
    note(desk, "first")
    note(desk, "second")
    async with console(desk.store) as (app, pilot):
        await look_at(app, pilot, desk)
        await opened(app, pilot, "I", NotesDialog)
        await until(pilot, lambda: app.screen.source.total == 2)
        await opened(app, pilot, "e", FormDialog)
        await pilot.press("end", *" word", "ctrl+s")
        await opens(pilot, NotesDialog)
        await until(pilot, lambda: "second word" in screen_text(app))
        await pilot.press("X")
        await until(pilot, lambda: app.screen.source.total == 1)
        await pilot.press("escape")
        await closed(app, pilot)
        await pilot.press("u")
        await until(pilot, lambda: [row.summary for row in notes(desk)] == ["second word", "first"])
        await pilot.press("u")
        await until(pilot, lambda: [row.summary for row in notes(desk)] == ["second", "first"])


async def test_enter_on_the_timeline_opens_the_note_there(desk: Desk) -> None:
    first = note(desk, "first")
    desk.wait(1)
    note(desk, "second")
    async with console(desk.store) as (app, pilot):
        await look_at(app, pilot, desk)
        await pilot.press("l")
        await until(pilot, lambda: app.place.timeline.total >= 2)
        await settled(pilot)
        await pilot.press("down")
        await opened(app, pilot, "enter", NotesDialog)
        await until(pilot, lambda: app.screen.source.total == 2)
        assert app.screen.query_one(RecordTable).cursor_key == first


async def test_a_note_comes_from_an_order_on_the_board(desk: Desk) -> None:
    no = desk.order()
    async with console(desk.store) as (app, pilot):
        await until(pilot, lambda: no in screen_text(app))
        await opened(app, pilot, "I", NoteDialog)
        await pilot.press(*"late", "ctrl+s")
        await closed(app, pilot)
        assert [(row.summary, row.order_no) for row in notes(desk)] == [("late", no)]
        await opened(app, pilot, "T", FormDialog)
        await pilot.press(*"call", "ctrl+s")
        await closed(app, pilot)
        assert [(row.title, row.order_no) for row in to_do(desk)] == [("call", no)]


async def test_a_task_goes_through_its_life_by_keys(desk: Desk) -> None:
    with desk.store.write(MANAGER) as work:
        for login in ("li", "wang"):
            now = work.clock.now()
            work.session.add(Operator(login=login, role=Role.OPERATOR, created_at=now))
    async with console(desk.store) as (app, pilot):
        await look_at(app, pilot, desk)
        await opened(app, pilot, "T", FormDialog)
        await pilot.press(*"call", "enter", *"tomorrow 18:00", "ctrl+s")
        await closed(app, pilot)
        (task,) = to_do(desk)
        assert (task.title, task.owner) == ("call", "li")
        assert task.due_at is not None
        assert f"{task.due_at:%m-%d %H:%M}" == "09-22 10:00"
        await opened(app, pilot, "Z", FormDialog)
        await pilot.press(*"+3h", "ctrl+s")
        await closed(app, pilot)
        assert to_do(desk)[0].asleep(desk.clock.now())
        await pilot.press("u")
        await until(pilot, lambda: not to_do(desk)[0].asleep(desk.clock.now()))
        await opened(app, pilot, "H", FormDialog)
        await pilot.press(*"wang", "ctrl+s")
        await closed(app, pilot)
        assert to_do(desk)[0].owner == "wang"
        await opened(app, pilot, "D", FormDialog)
        await pilot.press(*"she comes tonight", "ctrl+s")
        await closed(app, pilot)
        assert (to_do(desk)[0].state, to_do(desk)[0].outcome) == (
            TaskState.DONE,
            "she comes tonight",
        )
        await pilot.press("u")
        await until(pilot, lambda: to_do(desk)[0].open)
        await opened(app, pilot, "X", FormDialog)
        await pilot.press("ctrl+s")
        await closed(app, pilot)
        assert to_do(desk)[0].state is TaskState.DROPPED
        await pilot.press("D")
        await until(pilot, lambda: "nothing to do for 小鱼干12" in toasts(app)[-1])


async def test_of_several_tasks_one_is_chosen(desk: Desk) -> None:
    for title in ("first", "second"):
        desk.do(tasks.add, NewTask(title, customer_id=desk.customer))
    async with console(desk.store) as (app, pilot):
        await look_at(app, pilot, desk)
        app.place.section = "facts"
        await opened(app, pilot, "D", PickTask)
        await pilot.press("down", "enter")
        await opens(pilot, FormDialog)
        assert "second" in screen_text(app)
        await pilot.press("ctrl+s")
        await closed(app, pilot)
        assert [row.title for row in to_do(desk) if row.open] == ["first"]


async def test_the_task_under_the_cursor_is_closed(desk: Desk) -> None:
    for title in ("first", "second"):
        desk.do(tasks.add, NewTask(title, customer_id=desk.customer))
    async with console(desk.store) as (app, pilot):
        await look_at(app, pilot, desk)
        await pilot.press("d", "down")
        await opened(app, pilot, "D", FormDialog)
        assert "Task done: second" in screen_text(app)
        await pilot.press("ctrl+s")
        await closed(app, pilot)
        assert [row.title for row in to_do(desk) if row.open] == ["first"]
        await until(pilot, lambda: "Tasks 1" in screen_text(app))


async def test_a_time_that_is_none_is_told_beside_the_field(desk: Desk) -> None:
    async with console(desk.store) as (app, pilot):
        await look_at(app, pilot, desk)
        await opened(app, pilot, "T", FormDialog)
        await pilot.press(*"call", "enter", *"sometime", "ctrl+s")
        await settled(pilot)
        assert isinstance(app.screen, FormDialog)
        assert app.screen.form.row("due").query_one(".message").has_class("wrong")
        assert to_do(desk) == []


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_hostile_notes_and_names_are_shown_harmlessly(
    desk: Desk, tmp_path: Path, size: tuple[int, int]
) -> None:
    file = tmp_path / "\x1b[6n\u202egnp.exe"
    file.write_bytes(b"x")
    note(desk, "[bold]\x1b]52;c;aGk=\x07\u202e" + "夜" * 10_000, file)
    desk.do(tasks.add, NewTask("\x1b[2J\u202e[red]", customer_id=desk.customer, why="\x9b6n"))
    async with console(desk.store, size=size) as (app, pilot):
        await look_at(app, pilot, desk)
        for key, dialog in (("I", NotesDialog), ("D", FormDialog)):
            await opened(app, pilot, key, dialog)
            text = screen_text(app)
            assert not [hex(ord(c)) for c in text if ord(c) < 32 and c != "\n"]
            assert not set(text) & set("\u202e\x9b")
            await pilot.press("escape")
            await closed(app, pilot)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_the_forms_speak_chinese(desk: Desk, size: tuple[int, int]) -> None:
    set_language("zh")
    async with console(desk.store, size=size) as (app, pilot):
        await look_at(app, pilot, desk)
        await opened(app, pilot, "i", NoteDialog)
        text = screen_text(app)
        for word in ("备注: 小鱼干12", "渠道", "方向", "内部备注", "/ 选择模板"):
            assert word in text, text
        await pilot.press(*"想约", "ctrl+s")
        await closed(app, pilot)
        await opened(app, pilot, "T", FormDialog)
        await pilot.press(*"回访", "enter", *"明天 18:00", "ctrl+s")
        await closed(app, pilot)
        assert [row.title for row in to_do(desk)] == ["回访"]
        await opened(app, pilot, "I", NotesDialog)
        await until(pilot, lambda: "想约" in screen_text(app))
        await settled(pilot)
        assert "内部备注" in screen_text(app)
