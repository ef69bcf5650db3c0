"""Who writes: speakers of a chat, phones, ids, nicknames."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from crm_tui.core.errors import Invalid
from crm_tui.core.text import fold
from crm_tui.core.words import IdentityKind
from crm_tui.services.customers.rules import PhoneProblem, normalise_identity, normalise_phone
from crm_tui.services.paste.page import STRUCK, Page, Span
from crm_tui.services.paste.pieces import How, Part, Piece
from crm_tui.services.paste.vocabulary import Lexicon, label_of, pattern, words

LONGEST_NICK = 20
_DATE = r"(?:\d{4}[-/年.]\d{1,2}[-/月.]\d{1,2}日?|\d{1,2}[-/月]\d{1,2}日?|昨天|今天|星期.|周.)"
_AT = rf"(?:{_DATE}\s*)?(?:上午|下午|晚上|中午|凌晨)?\s*\d{{1,2}}:\d{{2}}(?::\d{{2}})?"
_HEADER = re.compile(
    rf"^[ \t]*(?:(?P<a>[^\n:]{{1,40}}?)\s*(?:\((?P<qq>[1-9]\d{{4,11}})\)|<[^>\n]*>)?\s+{_AT}"
    rf"|\[?{_AT}\]?\s+(?P<b>[^\n:\d][^\n:]{{0,39}}?)|(?P<c>[^\n:]{{1,30}}?)\s*:)[ \t]*$",
    re.MULTILINE,
)
_INLINE = re.compile(
    rf"^[ \t]*(?:\[?{_AT}\]?\s*)?(?P<name>[^\n:\d][^\n:]{{0,29}}?)\s*(?:{_AT})?\s*:(?=[ \t]*\S)",
    re.MULTILINE,
)
_TIME_BELOW = re.compile(rf"^[ \t]*(?P<a>[^\n:]{{1,40}}?)[ \t]*\n[ \t]*{_AT}[ \t]*$", re.MULTILINE)
_ONLY_TIME = re.compile(rf"^[ \t]*(?:[-—]+\s*)?{_AT}(?:\s*[-—]+)?[ \t]*$", re.MULTILINE)
_PHONE = re.compile(r"(?<![\da-z])(?:\+?86[\s-]?)?1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}(?!\d)")
_WECHAT = re.compile(
    r"(?:微信号?|加微|vx|v信|wx(?!id)|wechat|weixin|(?<![a-z])v(?=\s*:))\s*(?:id|是|号)?\s*[:是]?\s*"
    r"(?P<id>[a-z][a-z0-9_-]{4,19}|1[3-9]\d{9})|(?P<wxid>wxid_[a-z0-9_-]{3,30})"
)
_QQ = re.compile(r"(?:qq|扣扣|企鹅|球球)\s*号?\s*[:是]?\s*(?P<id>[1-9]\d{4,11})(?!\d)")
_NAME = rf"[^\s{STRUCK},，。;:!?！、/|()（）~…]{{1,{LONGEST_NICK}}}"
_END = rf"(?=$|[\s{STRUCK},，。;:!?！、/|()（）~…])"
_VOICED = rf"(?:{_END}|(?<=..)(?=[啊呀哦哈要想来给帮点约]|然后|安排))"
_INTRODUCED = (
    r"(?:我的?(?:昵称|名字|id)(?:是|叫)?|昵称是?|我叫|叫我|我是"
    r"|(?<![a-z])i'?m|i am|this is|my name is)\s*:?\s*"
)
_TITLED = r"老板(?:叫|是)?[\s:]+|(?:客户|顾客|老板昵称|游戏id|(?<![a-z])id)\s*[:是]?\s*"
_SAID_NAME = re.compile(
    rf"(?:{_INTRODUCED}|{_TITLED})(?P<name>{_NAME}?){_VOICED}"
    rf"|(?:^|\n)老板(?P<after>{_NAME}){_END}"
    r"|(?<![a-z0-9])(?P<here>[a-z][a-z0-9_]{1,19})\s+here(?![a-z])"
)
_FIRST_TOKEN = re.compile(rf"^[\s,，。#@*【\[]*(?P<name>{_NAME})(?:】|\])?{_END}")
_CALLS = re.compile(r"(?<=.)\s*(?:下单|预约|约单|点单)$")
"""What stands between a name and its colon, and is not the name."""
_NEVER_IN_NAMES = re.compile(r"[我你]|帮|请|一下|一个|有没|有木")
_MEANT = re.compile(r"[^\W_]")
_ENDS_NAME = re.compile(r"(?:老板|这边|这里)?(?:下单|点单|要|想|来|约|再|预约)")


@dataclass(frozen=True, slots=True)
class Turn:
    """What one person wrote at a time."""

    speaker: str
    span: Span
    name: Span | None
    staff: bool = False


def turns_of(page: Page, lexicon: Lexicon, *, chat: bool = True) -> tuple[list[Turn], list[Piece]]:
    """The turns of a chat, headers struck out, and what the headers say of the customer.

    A text without headers is one turn of nobody in particular. Names before a colon count only in
    a ``chat``: in a form they are labels that nobody knows.
    """
    heads = [*_heads(page, _HEADER, lexicon), *_heads(page, _TIME_BELOW, lexicon)]
    for match in page.find(_ONLY_TIME, page.whole):
        page.strike(*match.span())
    if chat:
        heads += _heads(page, _INLINE, lexicon)
    heads.sort(key=lambda head: head[0].start)
    if not heads:
        return [Turn("", page.whole, None)], []
    ends = [head.start for head, _name, _qq in heads[1:]] + [len(page.text)]
    turns = [Turn("", Span(0, heads[0][0].start), None)]
    for (head, name, _qq), end in zip(heads, ends, strict=True):
        turns.append(Turn(page.text[name.start : name.end].strip(), Span(head.end, end), name))
    turns = _sides(page, turns, lexicon)
    return turns, [*_senders(turns), *_qqs(page, turns, heads)]


_Head = tuple[Span, Span, Span | None]
"""The line above a message, the name in it, and the QQ number."""


def _heads(page: Page, head: re.Pattern[str], lexicon: Lexicon) -> Iterator[_Head]:
    for match in page.find(head, page.whole):
        named = next((name for name in ("a", "b", "c", "name") if match.groupdict().get(name)), "")
        said = match[named] if named else ""
        if not said.strip() or STRUCK in match.group() or not _may_speak(said, lexicon):
            continue
        named_as = _CALLS.sub("", said.rstrip())
        qq = Span(*match.span("qq")) if match.groupdict().get("qq") else None
        start = match.start(named)
        yield Span(*match.span()), Span(start, start + len(named_as)), qq
        page.strike(*match.span())


def _may_speak(said: str, lexicon: Lexicon) -> bool:
    """Whether ``said`` before a colon or a time is a name, not the label of a form or a wish."""
    plain = said.strip()
    if label_of(plain) or len(plain) > 30 or plain[0] in "【":
        return False
    if lexicon.game_pattern.fullmatch(fold(plain)) or plain.endswith(
        ("今晚", "明晚", "明天", "今天", "晚上")
    ):
        return False
    return not re.search(r"[,，。;！!?？]|小时|^(?:http|https)$", plain)


def _sides(page: Page, turns: list[Turn], lexicon: Lexicon) -> list[Turn]:
    """Each turn with the side that wrote it."""
    speakers = list(dict.fromkeys(turn.speaker for turn in turns if turn.speaker))
    own = {fold(name) for name in lexicon.staff}
    studio = {
        name
        for name in speakers
        if fold(name) in own or any(word in fold(name) for word in words("staff"))
    }
    crew = {name for name in speakers if fold(name) in lexicon.companion_names}
    if set(speakers) - studio - crew:
        studio |= crew
    undecided = [name for name in speakers if name not in studio]
    if len(undecided) > 1 or (len(undecided) == 1 and not studio):
        for name in undecided:
            said = [turn for turn in turns if turn.speaker == name]
            addresses = any(
                pattern("addressed").match(page.folded[turn.span.start : turn.span.end].strip())
                for turn in said
            )
            if (addresses and len(undecided) > 1) or fold(name) in ("我", "me"):
                studio.add(name)
    return [Turn(turn.speaker, turn.span, turn.name, turn.speaker in studio) for turn in turns]


def _senders(turns: list[Turn]) -> Iterator[Piece]:
    """The customer among those who wrote: sure where only one can be."""
    customers = {turn.speaker for turn in turns if turn.speaker and not turn.staff}
    seen: set[str] = set()
    for turn in turns:
        if turn.name and not turn.staff and turn.speaker not in seen:
            seen.add(turn.speaker)
            sure = len(customers) == 1
            yield Piece(Part.NICK, turn.speaker, turn.name.start, turn.name.end, How.SENDER, sure)


def _qqs(page: Page, turns: list[Turn], heads: list[_Head]) -> Iterator[Piece]:
    """The QQ number that stands beside the customer's name."""
    customers = {turn.name.start for turn in turns if turn.name and not turn.staff}
    for _head, name, qq in heads:
        if qq and name.start in customers:
            yield Piece(Part.QQ, page.text[qq.start : qq.end], qq.start, qq.end, How.SENDER)
            return


def read_identities(page: Page, span: Span) -> Iterator[Piece]:
    """Phones, WeChat ids and QQ numbers, in the form in which they are compared."""
    for match in page.find(_QQ, span):
        if piece := _identity(page, match, "id", Part.QQ, IdentityKind.QQ):
            yield piece
    for match in page.find(_WECHAT, span):
        group = "id" if match["id"] else "wxid"
        if piece := _identity(page, match, group, Part.WECHAT, IdentityKind.WECHAT):
            yield piece
    for match in page.find(_PHONE, span):
        try:
            phone = normalise_phone(match.group())
        except PhoneProblem:
            continue
        page.strike(*match.span())
        yield Piece(Part.PHONE, phone, *match.span(), How.FORM)


def _identity(
    page: Page, match: re.Match[str], group: str, part: Part, kind: IdentityKind
) -> Piece | None:
    start, end = match.span(group)
    try:
        value = normalise_identity(kind, page.text[start:end])
    except Invalid:
        return None
    page.strike(*match.span())
    return Piece(part, value, start, end, How.SAID)


def read_labelled_identity(page: Page, span: Span, part: Part) -> Iterator[Piece]:
    """What a form has under phone, WeChat or QQ; a phone under WeChat is both."""
    kind = IdentityKind(part.value)
    said = page.text[span.start : span.end].strip()
    try:
        value = normalise_identity(kind, said)
    except Invalid:
        return
    if part is Part.WECHAT and not re.fullmatch(r"[a-z0-9][a-z0-9_-]{3,29}", value):
        return
    page.strike(span.start, span.end)
    yield Piece(part, value, span.start, span.end, How.LABEL)


def read_said_name(page: Page, span: Span, lexicon: Lexicon) -> Iterator[Piece]:
    """A nickname that is called one: 我是…, 老板 …, this is …."""
    for match in page.find(_SAID_NAME, span):
        start, end = match.span(match.lastgroup or "name")
        end = start + _cut(page.folded[start:end])
        word = page.folded[start:end]
        if not word or not_a_name(word, lexicon):
            continue
        page.strike(match.start(), end)
        yield Piece(Part.NICK, page.text[start:end], start, end, How.SAID, not match["after"])


def read_first_name(page: Page, span: Span, lexicon: Lexicon) -> Iterator[Piece]:
    """What stands first, alone, and means nothing else: likely the nickname, never surely."""
    for line in re.compile(r"[^\n]+").finditer(page.rest, span.start, span.end):
        match = _FIRST_TOKEN.match(page.rest[line.start() : line.end()])
        if not match:
            if page.rest[line.start() : line.end()].strip():
                return
            continue
        start = line.start() + match.start("name")
        end = start + _cut(match["name"])
        word = page.rest[start:end]
        runs_on = end == start + len(match["name"]) and page.rest[end : end + 1] == STRUCK
        likely = len(word) > 1 and not runs_on and not _NEVER_IN_NAMES.search(word)
        if likely and not not_a_name(word, lexicon):
            page.strike(start, end)
            yield Piece(Part.NICK, page.text[start:end], start, end, How.PLACE, sure=False)
        return


def _cut(name: str) -> int:
    """How much of ``name`` is before what the customer wants (小鱼干要两小时 → 3)."""
    wish = _ENDS_NAME.search(name, 1)
    return wish.start() if wish else len(name)


def not_a_name(word: str, lexicon: Lexicon) -> bool:
    """Whether ``word`` is one of those with which wishes begin, or says something else."""
    known = (lexicon.game_pattern, pattern("fillers"), pattern("at_once"))
    if any(each.fullmatch(word) for each in known):
        return True
    begins = words("not_name")
    latin = re.match(r"[a-z0-9]*", word)
    if latin and (latin.group() in begins or (latin.group() == word and word.isdigit())):
        return True
    if not _MEANT.search(word) or any(
        fold(rank) in word for game in lexicon.games for rank in game.ranks
    ):
        return True
    return word.startswith(tuple(each for each in begins if not each.isascii()))
