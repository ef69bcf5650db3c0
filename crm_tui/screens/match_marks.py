"""What was typed, made visible in what it found: by weight and a line below, not colour alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.content import Content

from crm_tui.widgets.text import shown

if TYPE_CHECKING:
    from crm_tui.services.customers.lookup import CustomerHit

MARKED = "bold underline"


def marked(text: str, spans: Iterable[tuple[int, int]], before: str = "") -> Content:
    """``text`` from a person, cleaned, with the characters of ``spans`` marked. ``before`` is
    put in front and does not count.

    >>> marked("小鱼干12", [(1, 3)]).markup
    '小[bold underline]鱼干[/bold underline]12'
    """
    content = shown(text)
    for start, end in spans:
        content = content.stylize(MARKED, start, end)
    return shown(before) + content if before else content


def who(hit: CustomerHit, *, always_name: bool = False) -> Content:
    """The nickname, and the name if it was found by that; a sign stands before those with a
    warning."""
    warned = hit.blocked or hit.do_not_contact or hit.minor
    nick = marked(hit.nick, hit.spans("nick"), before="! " if warned else "")
    spans = hit.spans("name")
    if not hit.name or not (spans or always_name):
        return nick
    return Content(" ").join((nick, marked(hit.name, spans)))


def phone(hit: CustomerHit) -> Content:
    """The masked phone."""
    return marked(hit.phone, hit.spans("phone"))


def tags(hit: CustomerHit) -> Content:
    """The tags; before them the WeChat id or number that it was found by, which has no column."""
    parts = [
        marked(text, spans)
        for part, text in (("wechat", hit.wechat), ("no", hit.no))
        if (spans := hit.spans(part))
    ]
    if hit.tags:
        parts.append(marked(" ".join(hit.tags), hit.spans("tags")))
    return Content(" ").join(parts)
