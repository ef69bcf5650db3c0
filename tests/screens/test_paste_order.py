"""Paste-to-order by keyboard only: paste, look, go on, save; nothing typed is lost."""

from __future__ import annotations

import pytest
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from crm_tui.app import ConsoleApp
from crm_tui.core.clock import FixedClock
from crm_tui.core.language import set_language
from crm_tui.core.words import BillingUnit, Gender, IdentityKind
from crm_tui.models import Order
from crm_tui.screens.paste_order import PasteDialog
from crm_tui.screens.pasted_form import PastedOrderForm
from crm_tui.services.customers import actions as customers
from crm_tui.services.customers import lookup
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.services.orders import reads
from crm_tui.storage.store import Store
from tests.desk import Desk, open_desk
from tests.screens.console import console, opens, screen_text, settled, toasts, until

SIZES = [(80, 24), (120, 36)]


@pytest.fixture
def desk(sqlite_store: Store, clock: FixedClock) -> Desk:
    """小鱼干12 has nothing but a name; 小鱼干 a phone; two are called 北岸."""
    desk = open_desk(sqlite_store, clock)
    for nick, phone in (("小鱼干", "13800138000"), ("北岸", "13700001111"), ("北岸", "")):
        known = {IdentityKind.PHONE: phone} if phone else {}
        desk.do(customers.add, NewCustomer(nick=nick, identities=known))
    return desk


async def paste(app: ConsoleApp, pilot: Pilot[None], text: str) -> PasteDialog:
    """Open the dialog by its key, paste, and wait until it has been read."""
    await pilot.press("v")
    await opens(pilot, PasteDialog)
    dialog = app.screen
    assert isinstance(dialog, PasteDialog)
    await pilot.pause()
    app.screen.post_message(Paste(text))
    await until(pilot, lambda: dialog.pasted is not None)
    await pilot.pause()
    return dialog


async def go_on(app: ConsoleApp, pilot: Pilot[None]) -> PastedOrderForm:
    await pilot.press("enter")
    await opens(pilot, PastedOrderForm)
    form = app.screen
    assert isinstance(form, PastedOrderForm)
    await settled(pilot)
    return form


def newest(desk: Desk) -> Order:
    """The row of the order taken last."""
    with desk.store.read() as work:
        (row,) = reads.find(work, limit=1)
        order = work.session.get(Order, row.id)
        assert order is not None
        return order


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_chat_becomes_an_order(desk: Desk, size: tuple[int, int], language: str) -> None:
    set_language(language)
    async with console(desk.store, size=size) as (app, pilot):
        text = "老板 小鱼干 王者 2小时 要女陪 明晚9点 13800138000"
        await paste(app, pilot, text)
        seen = screen_text(app)
        for word in ("王者荣耀", "120", "09-22 21:00", "138****8000", "小鱼干"):
            assert word in seen, word
        form = await go_on(app, pilot)
        assert form.form.row("customer").value() is not None
        assert form.form.row("minutes").text == "120"
        assert form.form.row("start").text == "2026-09-22 21:00"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: not isinstance(app.screen, PastedOrderForm | PasteDialog))
    order = newest(desk)
    assert order.planned_minutes == 120
    assert order.demands == {"gender": Gender.FEMALE}
    assert order.start_at is not None and order.start_at.isoformat().startswith("2026-09-22T13:00")


async def test_stretches_are_marked_by_letter_and_underline(desk: Desk) -> None:
    async with console(desk.store) as (app, pilot):
        dialog = await paste(app, pilot, "王者 2小时 9点")
        marked = dialog.query_one("#marked").render()
        assert str(marked) == "a王者 b2小时 c?9点"
        underlined = [
            str(marked)[span.start : span.end]
            for span in marked.spans
            if "underline" in str(span.style)
        ]
        assert underlined == ["王者", "2小时", "9点"]
        assert "the next such time" in screen_text(app)


async def test_a_new_customer_and_the_order_are_made_in_one_step(desk: Desk) -> None:
    async with console(desk.store) as (app, pilot):
        await paste(app, pilot, "昵称：晚风\n微信：wanfeng_99\n游戏：吃鸡\n时长：90分钟")
        assert "New customer: 晚风" in screen_text(app)
        form = await go_on(app, pilot)
        assert "in one step" in screen_text(app)
        assert form.form.row("nick").text == "晚风"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: not isinstance(app.screen, PastedOrderForm | PasteDialog))
        await until(pilot, lambda: any("晚风" in said for said in toasts(app)))
    with desk.store.read() as work:
        added = lookup.resolve(work, "wanfeng_99")
        assert newest(desk).customer_id == added


async def test_of_two_with_one_name_somebody_chooses(desk: Desk) -> None:
    async with console(desk.store) as (app, pilot):
        dialog = await paste(app, pilot, "北岸 王者 1小时")
        assert "Several customers are called 北岸" in screen_text(app)
        people = dialog.query_one("#people", OptionList)
        assert people.highlighted_option is not None and people.highlighted_option.id == "form"
        await pilot.press("tab", "home")
        chosen = people.highlighted_option.id
        form = await go_on(app, pilot)
        assert form.form.row("customer").value() == int(str(chosen)[1:])


async def test_without_a_choice_the_form_asks(desk: Desk) -> None:
    async with console(desk.store) as (app, pilot):
        await paste(app, pilot, "北岸 王者 1小时")
        form = await go_on(app, pilot)
        row = form.form.row("customer")
        assert row.text == "北岸" and row.picked is None
        assert app.focused is row.query_one(Input)
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert isinstance(app.screen, PastedOrderForm), "nobody was chosen: nothing is saved"


async def test_a_refusal_and_escape_lose_nothing(desk: Desk) -> None:
    desk.do(customers.edit, _id_of(desk, "13800138000"), {"blocked": True})
    async with console(desk.store) as (app, pilot):
        text = "小鱼干 13800138000 王者 2小时"
        dialog = await paste(app, pilot, text)
        form = await go_on(app, pilot)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "blocked" in screen_text(app))
        assert form.form.row("minutes").text == "120"
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is dialog)
        assert dialog.area.text == text and dialog.pasted is not None
        await pilot.press("escape", "v")
        again = app.screen
        assert isinstance(again, PasteDialog)
        await until(pilot, lambda: again.pasted is not None)
        assert again.area.text == text
        again.post_message(Paste("王者 1小时"))
        await until(pilot, lambda: again.area.text == "王者 1小时")


async def test_rounds_are_counted_and_marked(desk: Desk) -> None:
    async with console(desk.store) as (app, pilot):
        await paste(app, pilot, "小鱼干 13800138000 王者 3局")
        form = await go_on(app, pilot)
        assert form.form.row("minutes").text == "60"
        assert form.form.row("minutes").field.label.startswith("?")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: not isinstance(app.screen, PastedOrderForm | PasteDialog))
    assert newest(desk).billing_unit is BillingUnit.PER_ROUND


async def test_two_companions_serve_one_order_and_it_is_undone(desk: Desk) -> None:
    async with console(desk.store) as (app, pilot):
        await paste(app, pilot, "小鱼干 13800138000 王者 1小时 两个女陪")
        await go_on(app, pilot)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: not isinstance(app.screen, PastedOrderForm | PasteDialog))
        with desk.store.read() as work:
            assert [row.places for row in reads.find(work)] == [2]
        await pilot.press("u")
        await until(pilot, lambda: "Undone" in "".join(toasts(app)))
    with desk.store.read() as work:
        assert {row.status.value for row in reads.find(work)} == {"cancelled"}


@pytest.mark.parametrize("hostile", ["\x1b]52;c;eA==\x07", "\u202e", "[red]", "\x1b[6n\u200b"])
async def test_hostile_text_is_harmless(desk: Desk, hostile: str) -> None:
    async with console(desk.store) as (app, pilot):
        dialog = await paste(app, pilot, f"昵称：坏{hostile}人\n游戏：王者\n时长：{hostile}2小时")
        for text in (screen_text(app), dialog.area.text):
            assert not any(
                ord(char) < 32 or char in "\u202e\u200b" for char in text if char != "\n"
            )
        form = await go_on(app, pilot)
        assert form.form.row("minutes").text == "120"


async def test_the_line_opens_it_and_the_template_is_copied(desk: Desk) -> None:
    async with console(desk.store) as (app, pilot):
        await pilot.press("colon", *"template", "enter")
        await until(pilot, lambda: "昵称" in app.clipboard or "Name" in app.clipboard)
        await pilot.press("colon", *"paste", "enter")
        await opens(pilot, PasteDialog)
        await pilot.press("enter")
        await until(pilot, lambda: "There is no text yet" in screen_text(app))
        await pilot.press(*"lol2h")
        await until(pilot, lambda: app.screen.pasted is not None)
        assert app.screen.area.text == "lol2h"
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, PasteDialog))


def _id_of(desk: Desk, phone: str) -> int:
    with desk.store.read() as work:
        return lookup.resolve(work, phone)


async def test_what_was_understood_is_scrolled_from_the_text(desk: Desk) -> None:
    async with console(desk.store, size=(80, 24)) as (app, pilot):
        dialog = await paste(app, pilot, "小鱼干 20:01\n\n王者2小时 女陪\n\n今晚9点 60一小时")
        assert "Hourly price" not in screen_text(app)
        await pilot.press("ctrl+down")
        await until(pilot, lambda: "Hourly price" in screen_text(app))
        await pilot.press("ctrl+up")
        await until(pilot, lambda: "Hourly price" not in screen_text(app))
        assert app.focused is dialog.area
