"""What is read out of chats and forms, whom it is matched to, what is ordered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from time import thread_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import Invalid, Refused
from crm_tui.core.words import BillingUnit, DispatchMode, OrderStatus
from crm_tui.models import Order
from crm_tui.services.catalogue.reads import find_game
from crm_tui.services.companions.reads import roster
from crm_tui.services.customers import lookup
from crm_tui.services.orders import actions as orders
from crm_tui.services.orders import reads as order_reads
from crm_tui.services.orders.actions import NewOrder
from crm_tui.services.paste.actions import take
from crm_tui.services.paste.drafting import PastedOrder, draft
from crm_tui.services.paste.matching import match_customer
from crm_tui.services.paste.page import LONGEST
from crm_tui.services.paste.pieces import How, Part
from crm_tui.services.paste.reading import read
from crm_tui.services.paste.reads import lexicon
from crm_tui.services.paste.vocabulary import Lexicon, template
from crm_tui.storage.store import Store
from tests.desk import MANAGER
from tests.services.paste_truth import (
    HELD,
    LATER,
    STUDIO,
    Snippet,
    customer_of,
    fill,
    judge,
    snippets,
)

ALL = [*snippets(STUDIO), *snippets(HELD), *snippets(LATER)]


@pytest.fixture
def studio(store: Store, clock: FixedClock) -> Store:
    fill(store, clock)
    return store


@pytest.fixture
def words(sqlite_store: Store, clock: FixedClock) -> Lexicon:
    fill(sqlite_store, clock)
    with sqlite_store.read() as work:
        return lexicon(work)


def drafted(store: Store, text: str) -> PastedOrder:
    with store.read() as work:
        return draft(work, text)


# The snippets with their truth


def test_there_are_a_hundred_snippets_in_ten_styles() -> None:
    assert len(ALL) >= 100
    assert len({snippet.style for snippet in ALL}) >= 10


@pytest.mark.parametrize(
    "source", [STUDIO, HELD, LATER], ids=["written along", "held back", "later"]
)
def test_nine_fields_of_ten_are_read_right(words: Lexicon, source: dict[str, object]) -> None:
    judged = [
        each
        for snippet in snippets(source)
        for each in judge(snippet, read(snippet.text, words), words)
    ]
    wrong = [each for each in judged if not each.right]
    assert len(judged) > 90
    assert len(wrong) <= 0.1 * len(judged), wrong


def test_nobody_is_matched_wrongly_in_silence(studio: Store) -> None:
    with studio.read() as work:
        words = lexicon(work)
        found = [(each, match_customer(work, read(each.text, words))) for each in ALL]
    wrong = [
        (snippet.text, match.hit.nick)
        for snippet, match in found
        if match.hit is not None and match.hit.no != snippet.truth["customer"]
    ]
    assert wrong == []
    told = [customer_of(match) == snippet.truth["customer"] for snippet, match in found]
    assert sum(told) >= 0.9 * len(told)


WHO_IS_MEANT = [
    ("13800138000 王者 1小时", "C1", True),
    ("小鱼干 13800138000 王者 1小时", "C1", True),
    ("昵称：小鱼干 游戏：王者 时长：1小时", "C1", False),
    ("昵称：ＬＥＯ 游戏：王者", "C8", False),
    ("昵称：北岸 游戏：王者", "choose", False),
    ("昵称：小鱼 游戏：王者", "choose", False),
    ("昵称：夜猫 电话：13800138000", "choose", False),
    ("电话：13800138000 微信：yemao88", "choose", False),
    ("昵称：夜里的猫 电话：13800138000", "C1", False),
    ("帮我朋友下单 13800138000 王者1小时", "choose", False),
    ("昵称：谁也不是的人 电话：13999999999", "new", False),
    ("昵称：C1 游戏：王者", "new", False),
]
"""Texts, whom they name (as the truth says it), and whether nobody has to make sure."""


def test_only_who_is_meant_beyond_doubt_is_certain(studio: Store) -> None:
    with studio.read() as work:
        matches = [draft(work, text).customer for text, _who, _certain in WHO_IS_MEANT]
    told = [
        (text, customer_of(match), match.certain)
        for (text, _who, _certain), match in zip(WHO_IS_MEANT, matches, strict=True)
    ]
    assert told == WHO_IS_MEANT


def test_conflicts_are_said(studio: Store) -> None:
    (remark,) = drafted(studio, "昵称：夜猫 电话：13800138000").customer.remarks
    assert "小鱼干" in remark and "夜猫" in remark
    said = drafted(studio, "电话：13800138000 微信：yemao88").customer.remarks
    assert {"小鱼干", "夜猫"} == {name for name in ("小鱼干", "夜猫") if name in " ".join(said)}


# Reading


def test_every_piece_lies_where_it_was_read(words: Lexicon) -> None:
    for snippet in ALL:
        reading = read(snippet.text, words)
        for piece in (*reading.pieces, *reading.others):
            assert 0 <= piece.start < piece.end <= len(reading.text)
            if piece.part in (Part.NICK, Part.COMPANION) and piece.how is not How.LABEL:
                assert str(piece.value).casefold() == reading.words(piece).strip().casefold()


def test_what_is_supposed_is_not_sure(words: Lexicon) -> None:
    reading = read("小鱼干 王者 九点 男的女的 不要男的", words)
    for part in (Part.NICK, Part.START):
        piece = reading.get(part)
        assert piece is not None and not piece.sure


def test_the_second_order_is_told_and_not_mixed_in(words: Lexicon) -> None:
    reading = read("王者2小时女陪，另外再来一单瓦1小时男陪今晚9点", words)
    assert reading.several
    assert {piece.part for piece in reading.others} >= {Part.GAME, Part.MINUTES, Part.GENDER}
    minutes = reading.get(Part.MINUTES)
    assert minutes is not None and minutes.value == 120
    assert reading.get(Part.START) is None


def test_a_correction_holds_and_an_open_choice_is_unsure(words: Lexicon) -> None:
    corrected = read("王者2小时 算了3小时", words).get(Part.MINUTES)
    chosen = read("王者2小时还是3小时呢", words).get(Part.MINUTES)
    assert corrected is not None and (corrected.value, corrected.sure) == (180, True)
    assert chosen is not None and not chosen.sure and chosen.how is How.CHOICE


def test_the_studio_price_counts_once_the_customer_agrees(words: Lexicon) -> None:
    talk = "小鱼干 20:00\n王者两小时\n\n客服小李 20:01\n60一小时可以吗\n\n小鱼干 20:02\n{}"
    agreed = read(talk.format("好的"), words).get(Part.RATE)
    asked = read(talk.format("怎么这么贵"), words).get(Part.RATE)
    assert agreed is not None and agreed.sure
    assert asked is not None and not asked.sure


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_form_that_is_given_out_is_read_whole(words: Lexicon, language: str) -> None:
    assert read(template(language), words).pieces == ()
    answers = {
        "zh": "小鱼干 wxid_xyg 13800138000 王者荣耀 上分 2小时 今晚9点 女 星耀 声音甜 糖糖 别迟到",
        "en": "Leo leo_wx 13500004444 LOL coaching 2h 21:30 female 黄金 gentle Miya hurry",
    }[language].split()
    lines = template(language).splitlines()
    filled = "\n".join(label + answer for label, answer in zip(lines, answers, strict=True))
    reading = read(filled, words)
    parts = {piece.part for piece in reading.pieces}
    assert parts == set(Part) - {
        Part.QQ, Part.ROUNDS, Part.LEVEL, Part.AGAIN, Part.PLACES, Part.PRICE, Part.RATE,
    }  # fmt: skip
    assert all(piece.how in (How.LABEL, How.HINT) for piece in reading.pieces)
    assert reading.unread == ()


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    words = _words_alone()
    reading = read(text, words)
    assert all(0 <= piece.start <= piece.end <= len(text) for piece in reading.pieces)


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False), st.lists(st.sampled_from(ALL), min_size=2, max_size=5))
def test_no_mixture_of_snippets_breaks_the_reader(random: Random, some: list[Snippet]) -> None:
    pieces = [line for snippet in some for line in snippet.text.splitlines()]
    random.shuffle(pieces)
    assert read("\n".join(pieces), _words_alone()).text


def test_a_day_and_a_time_that_can_not_be_said_together_are_not_sure() -> None:
    reading = read("明天下午有空的人吗\nstarting at 10pm", _words_alone())
    (start,) = (piece for piece in reading.pieces if piece.part is Part.START)
    assert not start.sure


def _words_alone() -> Lexicon:
    """The shipped words without a studio."""
    from datetime import time
    from zoneinfo import ZoneInfo

    from crm_tui.core.clock import BusinessCalendar
    from crm_tui.services.catalogue.rules import defaults
    from crm_tui.services.paste.vocabulary import GameWords, LevelWords
    from tests.services.paste_truth import NOW

    shipped = defaults()
    return Lexicon(
        NOW,
        BusinessCalendar(ZoneInfo("Asia/Shanghai"), time(6)),
        tuple(
            GameWords(number, game.name, game.aliases, game.ladder)
            for number, game in enumerate(shipped.games)
        ),
        tuple(LevelWords(level.code, level.name) for level in shipped.levels),
        tuple(STUDIO["companions"]),
        frozenset(STUDIO["tags"]),
    )


@pytest.mark.parametrize(
    "unit",
    [
        "昵称：小鱼干 王者2小时 ",
        "小鱼干 20:01\n王者两小时\n",
        "9点9点",
        "1" * 50 + "a",
        "老板 " * 3,
        "一",
        "\n",
        "上次那个",
    ],
)
def test_time_grows_with_the_text_and_no_faster(words: Lexicon, unit: str) -> None:
    def took(length: int) -> float:
        text = (unit * length)[:length]
        return min(_timed(lambda: read(text, words)) for _again in range(3))

    took(1_000)
    assert took(10_000) < 60 * took(1_000)


def _timed(work: Callable[[], object]) -> float:
    began = thread_time()
    work()
    return thread_time() - began


def test_a_long_text_is_read_to_a_length_and_that_is_said(words: Lexicon) -> None:
    reading = read("王者2小时 " + "啦" * 20_000 + " 女陪", words)
    assert reading.clipped and len(reading.text) == LONGEST
    assert reading.get(Part.GAME) and reading.get(Part.GENDER) is None


# From text to order


def test_the_certain_order_is_taken(studio: Store) -> None:
    text = (
        "昵称：小鱼干 电话：13800138000 游戏：王者 时长：2小时 时间：今晚10点 性别：女 指定：糖糖"
    )
    with studio.write(MANAGER) as work:
        pasted = draft(work, text)
        assert pasted.missing == () and pasted.customer.hit is not None
        (order_id,) = take(work, pasted, pasted.customer.hit.id)
    with studio.read() as work:
        (row,) = order_reads.by_ids(work, [order_id])
    assert (row.customer, row.game, row.planned_minutes) == ("小鱼干", "王者荣耀", 120)
    assert row.demands == {"gender": "female"}
    assert row.start_at is not None and f"{row.start_at:%H:%M}" == "14:00"
    assert row.mode is DispatchMode.DIRECT
    assert row.status is OrderStatus.PENDING, "booked ahead: the companion is not bound yet"


MISSING = [
    ("王者 2小时", ("customer",)),
    ("昵称：小鱼干 游戏：王者 时长：2小时", ("customer",)),
    ("13800138000 2小时", ("game",)),
    ("13800138000 王者", ("minutes",)),
    ("13800138000 王者 3局", ("minutes",)),
    ("13800138000 游戏：王者 时长：2", ("minutes",)),
    ("13800138000 吃鸡或者永劫 1小时", ("game",)),
    ("哈哈", ("customer", "game", "minutes")),
]
"""Texts, and what they leave open."""


def test_what_is_not_certain_is_missing(studio: Store) -> None:
    for text, missing in MISSING:
        pasted = drafted(studio, text)
        assert pasted.missing == missing, text
        besides = [each for each in missing if each != "customer"]
        if besides:
            with pytest.raises(Refused) as refusal, studio.write(MANAGER) as work:
                take(work, pasted, 1)
            assert refusal.value.facts["missing"] == besides


def test_unsure_words_stand_in_the_note(studio: Store) -> None:
    with studio.write(MANAGER) as work:
        pasted = draft(work, "13800138000 王者 2小时 9点 会唱歌的 麦克风坏了")
        assert pasted.customer.hit is not None
        (order_id,) = take(work, pasted, pasted.customer.hit.id)
    with studio.read() as work:
        (row,) = order_reads.by_ids(work, [order_id])
    assert row.start_at is None
    for words in ("9点", "会唱歌", "麦克风坏了"):
        assert words in row.note


def test_a_booking_ahead_is_due_before_it_begins(studio: Store, clock: FixedClock) -> None:
    with studio.write(MANAGER) as work:
        customer, game = lookup.resolve(work, "13800138000"), find_game(work, "lol")
        tang = next(row.id for row in roster(work) if row.nick == "糖糖")
        starts = [None, clock.now() + timedelta(minutes=10), clock.now() + timedelta(days=1)]
        made = [
            orders.create(work, NewOrder(customer, game, 60, start_at=start)) for start in starts
        ]
        later = NewOrder(customer, game, 60, companion_id=tang, start_at=starts[2])
        orders.create(work, later)
        orders.create(work, NewOrder(customer, game, 60, companion_id=tang))
    with studio.read() as work:
        rows = order_reads.by_ids(work, made)
    waits = [row.due_at - clock.now() for row in rows if row.due_at]
    assert waits[0] == waits[1] == timedelta(minutes=3)
    assert waits[2] == timedelta(days=1) - timedelta(minutes=27)
    for wrong in (timedelta(days=-2), timedelta(days=200)):
        with pytest.raises(Invalid), studio.write(MANAGER) as work:
            orders.create(work, NewOrder(customer, game, 60, start_at=clock.now() + wrong))


def test_the_last_order_goes_on(studio: Store) -> None:
    with studio.write(MANAGER) as work:
        customer = lookup.resolve(work, "13800138000")
        lol = find_game(work, "lol")
        tang = next(row.id for row in roster(work) if row.nick == "糖糖")
        orders.create(work, NewOrder(customer, lol, 60, companion_id=tang))
    pasted = drafted(studio, "13800138000 再续两小时")
    assert pasted.companion is not None and pasted.companion.again
    assert (pasted.companion.id, pasted.companion.nick) == (tang, "糖糖")
    assert (pasted.fields["game"].value, pasted.fields["game"].sure) == (lol, False)
    assert pasted.fields["companion"].sure is False
    unknown = drafted(studio, "昵称：谁也不是的人 再续两小时")
    assert unknown.companion is not None and unknown.companion.id is None


def test_a_companion_is_matched_by_the_whole_name_only(studio: Store) -> None:
    named = drafted(studio, "点糖糖 王者1小时").companion
    assert named is not None and named.id is not None and named.sure
    near = drafted(studio, "指定：鹿鹿酱酱 游戏：王者").companion
    assert near is not None and near.id is None and near.candidates == ("鹿鹿",)
    nobody = drafted(studio, "指定：石破天惊 游戏：王者").companion
    assert nobody is not None and nobody.id is None and nobody.candidates == ()


def test_rounds_and_rates_are_counted_and_unsure(studio: Store) -> None:
    rounds = drafted(studio, "13800138000 王者 3局")
    assert rounds.billing_unit is BillingUnit.PER_ROUND
    assert (rounds.fields["minutes"].value, rounds.fields["minutes"].sure) == (60, False)
    rate = drafted(studio, "13800138000 王者 2小时 60一小时")
    assert (rate.fields["price"].value, rate.fields["price"].sure) == (12_000, False)
    total = drafted(studio, "13800138000 王者 2小时 共110")
    assert (total.fields["price"].value, total.fields["price"].sure) == (11_000, True)


def test_two_companions_serve_one_order(studio: Store) -> None:
    with studio.write(MANAGER) as work:
        pasted = draft(work, "13800138000 王者 2小时 双陪 共200")
        assert pasted.places == 2 and "price" not in pasted.fields
        assert pasted.customer.hit is not None
        (order_id,) = take(work, pasted, pasted.customer.hit.id)
        order = work.session.get(Order, order_id)
        assert order is not None
        assert (order.places, order.amount_fen) == (2, 4 * order.rate_fen)
