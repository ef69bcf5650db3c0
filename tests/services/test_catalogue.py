"""The catalogue: what a new studio begins with, and how games are named."""

from __future__ import annotations

import pytest

from crm_tui.core.actor import Actor
from crm_tui.core.errors import Duplicate, NotFound
from crm_tui.services.catalogue import actions, reads
from crm_tui.services.catalogue.rules import defaults
from crm_tui.storage.store import Store


def test_a_new_studio_has_games_ladders_and_levels(store: Store) -> None:
    with store.read() as work:
        games = {game.name: game.id for game in reads.games(work)}
        ladder = [rank.name for rank in reads.ranks(work, games["三角洲行动"])]
        levels = [(level.name, level.position) for level in reads.levels(work)]
    assert list(games)[:2] == ["王者荣耀", "和平精英"]
    assert ladder == ["青铜", "白银", "黄金", "铂金", "钻石", "黑鹰", "三角洲巅峰"]
    assert levels == [("娱乐", 0), ("技术", 1), ("大神", 2), ("巅峰", 3), ("魔王", 4)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("王者", "王者荣耀"),
        ("吃鸡", "和平精英"),
        ("lol", "英雄联盟"),
        ("ＬＯＬ", "英雄联盟"),
        ("瓦", "无畏契约"),
        (" 三角洲 ", "三角洲行动"),
        ("永劫", "永劫无间"),
        ("honor of  kings", "王者荣耀"),
        ("cs:go", "CS2"),
    ],
)
def test_a_game_is_found_by_its_other_words(sqlite_store: Store, text: str, name: str) -> None:
    with sqlite_store.read() as work:
        found = reads.find_game(work, text)
        assert {game.id: game.name for game in reads.games(work)}[found] == name


def test_an_unknown_game_is_not_found(sqlite_store: Store) -> None:
    with sqlite_store.read() as work, pytest.raises(NotFound):
        reads.find_game(work, "俄罗斯方块")


def test_no_word_names_two_games() -> None:
    words = [word.casefold() for game in defaults().games for word in (game.name, *game.aliases)]
    assert len(words) == len(set(words))


def test_seeding_again_changes_nothing_and_keeps_what_was_edited(
    store: Store, actor: Actor
) -> None:
    with store.write(actor) as work:
        game_id = actions.add_game(work, "炉石传说", ["炉石"], ["青铜", "传说"])
    with store.write(actor) as work:
        assert actions.seed(work) is False
    with store.read() as work:
        assert reads.find_game(work, "炉石") == game_id
        assert [rank.name for rank in reads.ranks(work, game_id)] == ["青铜", "传说"]
        assert len(reads.games(work)) == len(defaults().games) + 1


def test_a_game_is_not_added_twice(store: Store, actor: Actor) -> None:
    with pytest.raises(Duplicate), store.write(actor) as work:
        actions.add_game(work, "吃鸡")
