"""What is to be played, and with whom: games, kinds, gender, level, rank, style, a companion."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crm_tui.core.text import fold
from crm_tui.core.words import Gender, OrderKind
from crm_tui.services.imports.words import GENDER, ORDER_KIND, meaning
from crm_tui.services.paste.page import STRUCK, Page, Span
from crm_tui.services.paste.pieces import How, Part, Piece
from crm_tui.services.paste.vocabulary import (
    GENDER_PATTERN,
    GENDERS,
    KIND_PATTERN,
    KINDS,
    TAG_PATTERN,
    TAGS,
    Lexicon,
    pattern,
    squashed,
)

_GAP = r"[\s,，。;:!?、/]"
_ALONE_BEFORE = re.compile(rf"(?:^|[{STRUCK}]|{_GAP}|打|玩|来|上|的|要|是|搞|下|会|把|单)$")
_ALONE_AFTER = re.compile(
    rf"$|[{STRUCK}]|{_GAP}|的|单|\d|[一二两三半]|陪|双|上|排|有|能|吗|大|吧|啊|哈|哦"
)
_RANK_BEFORE = re.compile(
    r"(?:上到|打到|冲到|打上|冲上|冲|到|上|段位|最低|至少|不低于|是|要|荣耀|最强|巅峰)\s*$"
)
_RANK_AFTER = re.compile(
    r"\s*(?:\d+\s*星|段位?|以上|及以上|起|\+|局|的号|[一二三四五12345ⅠⅡⅢⅣⅤ](?!\s*(?:个|小时|h|把|局)))"
)
_DEMAND_BEFORE = re.compile(
    r"(?:要|来个?|来一个|找个?|至少|最低|不低于|段位要求|陪玩段位|得|有没有|求)\s*(?:个|是)?\s*$"
)
_DEMAND_AFTER = re.compile(
    r"\s*(?:段位?)?\s*(?:以上|及以上|起步|起|\+)|的?(?:女|男)?陪|的大神|水平的"
)
_TOWARDS = re.compile(r"(?:到|上|冲|升|打上|冲上|打到)\s*$")
_GOES_ON = re.compile(r"\s*[\d一二三四五]*\s*(?:星)?\s*(?:到|上|冲|升|打到|局|的?号|-|→|~)")
_LEVEL_AFTER = re.compile(r"\s*(?:级别|等级|级|档|(?:女|男)?陪玩?)")
_LEVEL_BEFORE = re.compile(r"(?:要|来个|来一个|找个|点个|等级|级别|档位)\s*:?\s*$")
_CALLED_BEFORE = re.compile(
    r"(?:点名|指定|就点|点|找|想找|要|想要|就要|约|叫|派|让|选|喊|还是|有没有|跟|和|book|with|want|for)\s*(?:的|个|一下)?\s*:?\s*$"
)
_CALLED_AFTER = re.compile(
    r"\s*(?:在吗|在不在|在么|在嘛|有空|空不空|还在|接单吗|能接|现在有|有时间|陪我|带我|来陪|上号|available|free|online)"
)
_NAMED = re.compile(
    r"(?:点名要?|指定要?|就点|(?<![早晚快差一有多几些\d零〇二两三四五六七八九十])点(?!单|个|到|餐|钟|的|一|两|半))\s*(?:的?陪玩)?\s*:?\s*"
    rf"(?P<name>[^\s{STRUCK},，。;:!?、/~\d的吧]{{1,12}}?\d{{0,4}})(?=$|[\s{STRUCK},，。;:!?、/~的吧]|陪|打|玩|在|有空|来|上号)"
)
_AFTER_NAME = re.compile(
    rf"$|[{STRUCK}]|{_GAP}|[打玩陪在有来带吧的上啊呀哈么呢吗可能我现今明晚和跟或教一两下空接]"
)
_NEGATED = re.compile(r"(?:不要|别要|别给我|不想要|别派|别)\s*$")
_GREETED = re.compile(r"\s*(?:在吗|在不|在么|你好|您好|好[,，!])")
_LONE = re.compile(rf"(?<![^\s,，、/|{STRUCK}])(?P<gender>[男女])(?![^\s,，、/|{STRUCK}])")
_AFTER_OWN = re.compile(r"[\u4e00-\u9fff]{0,2}$")


def read_games(page: Page, span: Span, lexicon: Lexicon) -> Iterator[Piece]:
    """The games that are named. What may also be a rank, or a syllable, must look like a game."""
    found = []
    for match in page.find(lexicon.game_pattern, span):
        said = match.group()
        game = lexicon.game_names.get(fold(said)) or lexicon.game_names.get(squashed(said))
        if game is None or (len(said) == 1 and not _stands_alone(page, match)):
            continue
        rank_like = said in lexicon.rank_names and _like_a_rank(page, match, span)
        found.append((rank_like, game, match.span()))
    surely = [each for each in found if not each[0]] or found
    for rank_like, game, (start, end) in surely:
        page.strike(start, end)
        how = How.HINT if rank_like else How.SAID
        yield Piece(Part.GAME, game.id, start, end, how, not rank_like)


def _stands_alone(page: Page, match: re.Match[str]) -> bool:
    before, after = page.rest[max(match.start() - 1, 0) : match.start()], page.rest[match.end() :]
    return bool(_ALONE_BEFORE.search(before) and _ALONE_AFTER.match(after[:2]))


def _like_a_rank(page: Page, match: re.Match[str], span: Span) -> bool:
    before = _RANK_BEFORE.search(page.before(match.start(), span))
    after = _RANK_AFTER.match(page.folded, match.end(), span.end)
    return bool(after) or bool(before and before.group().strip() not in ("上", "要", "是"))


def read_rank(
    page: Page, span: Span, lexicon: Lexicon, game_id: int | None, *, labelled: bool = False
) -> Iterator[Piece]:
    """The rank that the companion shall have; the customer's own is left to the note."""
    for match in page.find(lexicon.rank_pattern, span):
        meant = [
            rank for game, rank in lexicon.rank_names[match.group()] if game_id in (None, game)
        ]
        before = page.before(match.start(), span, 8)
        tail = page.folded[match.end() : min(match.end() + 8, span.end)]
        demanded = bool(_DEMAND_BEFORE.search(before) or _DEMAND_AFTER.match(tail)) or labelled
        theirs = pattern("own").search(before) or _TOWARDS.search(before) or _GOES_ON.match(tail)
        if not meant or (theirs and not demanded):
            continue
        sure = demanded and len(set(meant)) == 1
        more = _DEMAND_AFTER.match(page.rest, match.end(), span.end)
        page.strike(match.start(), more.end() if more else match.end())
        yield Piece(Part.RANK, meant[0], *match.span(), How.SAID if sure else How.HINT, sure)


def read_kind(page: Page, span: Span, *, labelled: bool = False) -> Iterator[Piece]:
    """The kind of order."""
    if labelled:
        kind = meaning(page.folded[span.start : span.end], ORDER_KIND)
        if kind is not None:
            page.strike(span.start, span.end)
            yield Piece(Part.KIND, kind, span.start, span.end, How.LABEL)
            return
    for match in page.find(KIND_PATTERN, span):
        kind = KINDS[squashed(match.group())]
        if kind is not OrderKind.COMPANION:
            page.strike(*match.span())
        yield Piece(Part.KIND, kind, *match.span(), How.SAID)


def read_gender(page: Page, span: Span, *, labelled: bool = False) -> Iterator[Piece]:
    """The gender that the companion shall have; ``unknown`` where it does not matter."""
    if labelled:
        said = page.rest[span.start : span.end].replace(STRUCK, "").strip()
        gender = GENDERS.get(squashed(said)) or meaning(said, GENDER)
        if gender is None and said[:1] in ("男", "女") and "男女" not in said:
            gender = Gender.FEMALE if said[0] == "女" else Gender.MALE
        if gender is not None or any(
            word in said for word in ("都行", "不限", "随", "无所谓", "any")
        ):
            page.strike(span.start, span.end)
            yield Piece(Part.GENDER, gender or Gender.UNKNOWN, span.start, span.end, How.LABEL)
            return
    for match in page.find(GENDER_PATTERN, span):
        gender = GENDERS[squashed(match.group())]
        before = page.before(match.start(), span)
        own = pattern("own").search(before)
        if _GREETED.match(page.folded, match.end(), span.end):
            continue
        if own and _AFTER_OWN.fullmatch(before, own.end()) and "要" not in before[own.end() :]:
            continue
        page.strike(*match.span())
        if _NEGATED.search(before):
            other = Gender.MALE if gender is Gender.FEMALE else Gender.FEMALE
            yield Piece(Part.GENDER, other, *match.span(), How.HINT, sure=False)
        else:
            yield Piece(Part.GENDER, gender, *match.span(), How.SAID)
    for match in page.find(_LONE, span):
        gender = Gender.FEMALE if match["gender"] == "女" else Gender.MALE
        page.strike(*match.span())
        yield Piece(Part.GENDER, gender, *match.span(), How.SAID)


def read_level(
    page: Page, span: Span, lexicon: Lexicon, *, labelled: bool = False
) -> Iterator[Piece]:
    """The companion level; a level's name alone may be any word."""
    for match in page.find(lexicon.level_pattern, span):
        after = _LEVEL_AFTER.match(page.folded, match.end(), span.end)
        before = _LEVEL_BEFORE.search(page.before(match.start(), span))
        if not (labelled or after or before):
            continue
        sure = labelled or bool(after)
        page.strike(*match.span())
        how = How.SAID if sure else How.HINT
        yield Piece(Part.LEVEL, lexicon.level_names[match.group()].code, *match.span(), how, sure)


def read_tags(page: Page, span: Span, lexicon: Lexicon) -> Iterator[Piece]:
    """What the companion shall be like; sure where companions of this studio carry such a tag."""
    for match in page.find(lexicon.tag_pattern, span):
        said = match.group()
        tag = lexicon.tag_names.get(fold(said)) or TAGS[squashed(said)]
        if _NEGATED.search(page.before(match.start(), span)):
            continue
        page.strike(*match.span())
        sure = tag in lexicon.tags
        yield Piece(Part.TAG, tag, *match.span(), How.SAID if sure else How.HINT, sure)


def read_companion(
    page: Page, span: Span, lexicon: Lexicon, *, labelled: bool = False
) -> Iterator[Piece]:
    """Whom the customer names: a nickname of the roster, or what stands where a name would."""
    for match in page.find(pattern("again"), span):
        page.strike(*match.span())
        yield Piece(Part.AGAIN, True, *match.span(), How.SAID)
    for match in page.find(lexicon.companion_pattern, span):
        before = page.before(match.start(), span, 8)
        called = (
            labelled
            or _CALLED_BEFORE.search(before)
            or _CALLED_AFTER.match(page.folded, match.end(), span.end)
        )
        whole = _AFTER_NAME.match(page.folded, match.end(), span.end)
        if _NEGATED.search(before) or (labelled and not whole):
            continue
        page.strike(*match.span())
        name = lexicon.companion_names[match.group()]
        sure = bool(called and whole)
        how = How.SAID if sure else How.HINT
        yield Piece(Part.COMPANION, name, *match.span(), how, sure)
    for match in page.find(_NAMED, span):
        name = page.text[match.start("name") : match.end("name")]
        if not _no_name(fold(name)):
            page.strike(*match.span())
            yield Piece(Part.COMPANION, name, *match.span("name"), How.SAID)


def _no_name(word: str) -> bool:
    known = (GENDER_PATTERN, KIND_PATTERN, TAG_PATTERN, pattern("fillers"))
    return any(each.fullmatch(word) for each in known) or len(word) < 2


def read_renewal(page: Page, span: Span) -> Iterator[Piece]:
    """That the last order goes on, with the same companion."""
    for match in page.find(pattern("renewal"), span):
        page.strike(*match.span())
        yield Piece(Part.AGAIN, True, *match.span(), How.SAID)
