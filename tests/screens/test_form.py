"""Forms validate as one types, complete from what is known, and keep what was typed."""

from __future__ import annotations

from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.events import Key, Paste
from textual.pilot import Pilot
from textual.widgets import Input, Label, OptionList

from crm_tui.core.errors import Invalid
from crm_tui.widgets.entry import Entry
from crm_tui.widgets.form import Field, Form, Suggestion
from tests.screens.console import until

PEOPLE = {"小鱼干12": 1, "小鱼儿[/red]": 2, "夜猫": 3}


def people(text: str) -> list[Suggestion]:
    return [Suggestion(nick, key) for nick, key in PEOPLE.items() if text in nick]


def minutes(text: str) -> int:
    if int(text) > 600:
        raise Invalid(field="时长", value=text, expected="≤ 600")
    return int(text)


class FormApp(App[None]):
    """A form of three fields, and what it handed over."""

    submitted: dict[str, Any] | None = None

    def compose(self) -> ComposeResult:
        yield Form(
            [
                Field("customer", "客户", required=True, suggest=people, must_pick=True),
                Field("minutes", "时长", parse=minutes, hint="分钟", initial="60"),
                Field("note", "备注"),
            ]
        )

    def on_form_submitted(self, message: Form.Submitted) -> None:
        self.submitted = message.values


async def type_in(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def message_of(app: FormApp, name: str) -> str:
    return str(app.query_one(Form).row(name).query_one(".message", Label).render())


async def test_picks_a_suggestion_and_submits_by_enter() -> None:
    app = FormApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await type_in(pilot, "小", "鱼")
        options = app.query_one("#field-customer OptionList", OptionList)
        assert options.has_class("open") and options.option_count == 2
        await type_in(pilot, "down", "enter")
        assert app.query_one(Form).row("customer").text == "小鱼儿[/red]"
        assert app.focused is app.query_one("#field-minutes Input")
        await type_in(pilot, "enter", "快", "enter")
        assert app.submitted == {"customer": 2, "minutes": 60, "note": "快"}


async def test_says_what_is_wrong_beside_the_field_and_keeps_it() -> None:
    app = FormApp()
    async with app.run_test(size=(80, 24)) as pilot:
        form = app.query_one(Form)
        form.row("minutes").query_one(Input).focus()
        await type_in(pilot, *"6000")
        assert "600" in message_of(app, "minutes")
        await type_in(pilot, "x")
        assert message_of(app, "minutes") == "! 分钟"
        await type_in(pilot, "ctrl+s")
        assert app.submitted is None and form.row("minutes").text == "6000x"
        assert app.focused is form.row("customer").query_one(Input)
        await type_in(pilot, "无")
        assert message_of(app, "customer").startswith("!")
        form.show_errors({"note": "不能有[b]这个"})
        await pilot.pause()
        assert message_of(app, "note") == "! 不能有[b]这个"
        assert app.focused is form.row("note").query_one(Input)


@pytest.mark.parametrize("hostile", ["\x1b[6n", "\x1b]52;c;eA==\x07", "\u202eabc", "a\u200bb"])
async def test_nothing_invisible_gets_into_a_field(hostile: str) -> None:
    app = FormApp()
    async with app.run_test(size=(80, 24)) as pilot:
        row = app.query_one(Form).row("note")
        row.query_one(Input).focus()
        await pilot.pause()
        app.screen.post_message(Paste(f"夜{hostile}猫"))
        await pilot.pause()
        row.fill(row.text + hostile, Suggestion(row.text + hostile, 7))
        painted = "".join(strip.text for strip in app.screen._compositor.render_strips())
        for text in (painted, row.text):
            assert not any(ord(char) < 32 or char in "\u202e\u200b" for char in text)
        assert row.text.startswith("夜") and row.value() == 7


async def test_escape_closes_the_suggestions_first() -> None:
    app = FormApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await type_in(pilot, "小")
        options = app.query_one("#field-customer OptionList", OptionList)
        assert options.has_class("open")
        await type_in(pilot, "escape")
        assert not options.has_class("open")
        await type_in(pilot, "down")
        assert options.has_class("open")
        app.query_one(Form).row("customer").fill("夜猫", Suggestion("夜猫", 3))
        await type_in(pilot, "ctrl+s")
        assert app.submitted == {"customer": 3, "minutes": 60, "note": None}


class LabelledByAStudio(App[None]):
    """A form whose field was named by people."""

    def compose(self) -> ComposeResult:
        yield Form([Field("own", "\u202ekcab\x1b]52;c;eA==\x07", hint="[red]\x1b[6n")])


async def test_a_label_that_people_gave_cannot_act_on_the_terminal() -> None:
    async with LabelledByAStudio().run_test() as pilot:
        texts = "".join(str(label.content) for label in pilot.app.query(Label))
        assert "kcab" in texts
        assert "[red]" in texts
        assert not {"\u202e", "\x1b", "\x07"} & {*texts}


class _OneLine(App[None]):
    def compose(self) -> ComposeResult:
        with Vertical():
            yield Entry()


async def test_keys_that_come_in_one_go_act_in_their_turn() -> None:
    app = _OneLine()
    async with app.run_test() as pilot:
        entry = app.query_one(Entry)
        for key in ("a", "b", "backspace", "backspace", "x", "y", "home", "z"):
            app.post_message(Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: len(entry.value) == 3)
        assert entry.value == "zxy"
