"""How long, how many and for how much, out of how people say it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crm_tui.core.numerals import NUMERALS, digits
from crm_tui.services.imports import cells, times
from crm_tui.services.imports.reasons import BadCell
from crm_tui.services.paste.page import Page, Span
from crm_tui.services.paste.pieces import How, Part, Piece
from crm_tui.services.paste.vocabulary import pattern

_ENGLISH = {
    "half an": "0.5", "an": "1", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5",
    "six": "6", "eight": "8", "ten": "10",
}  # fmt: skip
_SPELLED = rf"(?<![a-z])(?:{'|'.join(_ENGLISH)})(?=\s+(?:hour|round|game))"
_NUMBER = rf"(?:\d{{1,3}}(?:\.\d+)?|[{NUMERALS}]{{1,5}}|{_SPELLED})"
_HOURS = r"(?:个?(?:半)?\s*小[时是]|个?半?钟头?|\s*h(?:ou)?rs?(?![a-z])|\s*h(?![a-z]))"
_MINUTES = r"(?:分钟|分(?![段成])|\s*min(?:ute)?s?(?![a-z]))"
_SPAN = re.compile(
    rf"(?<![\d.:])(?:半个?小时|半个?钟头?|个半小时|{_NUMBER}\s*{_HOURS}半?(?:\s*\d{{1,2}}\s*{_MINUTES}?)?"
    rf"|{_NUMBER}\s*{_MINUTES})"
)
_ROUNDS = re.compile(rf"(?<![\d.:]){_NUMBER}\s*(?:局|把|场|盘|rounds?|games?(?!\s*:))(?![手戏])")
_SUM = rf"(?:\d{{1,5}}(?:\.\d{{1,2}})?|[{NUMERALS}]{{2,5}})"
_UNIT = r"(?:元|块钱|块|rmb|yuan|大洋|米(?!\w)|r(?![a-z]))"
_PER_HOUR = r"(?:/|一个?|每个?|1|per\s*|an\s*)\s*(?:个)?(?:小时|钟头|钟|h(?:ou)?r?(?![a-z]))"
_RATE = re.compile(
    rf"[¥￥]?\s*(?<![\d.])(?P<n>{_SUM})\s*{_UNIT}?\s*的?\s*{_PER_HOUR}"
    rf"|(?<!\d){_PER_HOUR}\s*(?:是|:)?\s*[¥￥]?(?P<m>{_SUM})(?!\s*(?:分|点|:|\d))\s*{_UNIT}?"
)
_TOTAL = re.compile(
    rf"(?:一共|总共|总价|合计|打包价?|一口价|价格|共|total(?:ly)?)\s*(?:是|:|给)?\s*[¥￥]?(?P<a>{_SUM})\s*{_UNIT}?"
    rf"|[¥￥$]\s*(?P<b>{_SUM})|(?<![\d.])(?P<c>{_SUM})\s*{_UNIT}(?!\s*(?:[/每]|一个?小时))"
)
_ABOUT = re.compile(r"\s*(?:以内|以下|左右|上下|预算|之内)")
_PLACES = re.compile(
    r"(?P<n>[2-5]|[两俩二三仨四])\s*(?:个|名|位)?\s*"
    r"(?=(?:女|男)?陪|妹子|小姐姐|小哥哥|女生|男生|大神|小哥|女的|男的|companions?|girls|guys)"
    r"|(?P<d>双)(?=陪)|(?P<mix>(?=一[个名]?男[的生陪]?一[个名]?女|一[个名]?女[的生陪]?一[个名]?男)一[个名]?[男女][的生陪]?一[个名]?[男女][生的陪]?)"
)
_OURS = re.compile(r"(?:我们|我和|我跟|咱们|咱)\s*$")


def read_price(page: Page, span: Span, *, labelled: Part | None = None) -> Iterator[Piece]:
    """The price of an hour or of the whole, in fen; tips and deposits are left alone.

    Under a label (price or rate) a bare number will do.
    """
    for match in page.find(_RATE, span):
        if piece := _money(page, span, match, Part.RATE, match["n"] or match["m"]):
            yield piece
    for match in page.find(_TOTAL, span):
        wanted = match["a"] or match["b"] or match["c"]
        if piece := _money(page, span, match, labelled or Part.PRICE, wanted):
            yield piece
    if labelled:
        for match in page.find(re.compile(_SUM), span):
            if piece := _money(page, span, match, labelled, match.group()):
                yield piece
            return


def _money(page: Page, span: Span, match: re.Match[str], part: Part, said: str) -> Piece | None:
    if pattern("money_aside").search(page.before(match.start(), span)):
        return None
    try:
        fen = cells.amount(digits(said))
    except BadCell:
        return None
    about = _ABOUT.match(page.folded, match.end()) or "预算" in page.before(match.start(), span)
    page.strike(*match.span())
    return Piece(part, fen, *match.span(), How.HINT if about else How.SAID, not about)


def read_minutes(page: Page, span: Span, *, labelled: bool = False) -> Iterator[Piece]:
    """Durations in minutes and counts of rounds; a bare number only where a form asks for it."""
    for match in page.find(_SPAN, span):
        try:
            minutes = times.minutes(_plain(match.group()))
        except BadCell:
            continue
        if minutes:
            page.strike(*match.span())
            yield Piece(Part.MINUTES, minutes, *match.span(), How.SAID)
    for match in page.find(_ROUNDS, span):
        rounds = times.rounds(_plain(match.group()))
        if rounds:
            page.strike(*match.span())
            yield Piece(Part.ROUNDS, rounds, *match.span(), How.SAID)
    if labelled:
        yield from _bare_number(page, span)


def _plain(said: str) -> str:
    """A duration with digits, as spreadsheets have it."""
    said = re.sub(_SPELLED, lambda word: _ENGLISH[word.group()], said)
    return re.sub(r"^个半", "1.5", digits(said)).replace("小是", "小时")


_BARE = re.compile(rf"{_NUMBER}")


def _bare_number(page: Page, span: Span) -> Iterator[Piece]:
    for match in page.find(_BARE, span):
        try:
            minutes = times.minutes(digits(match.group()))
        except BadCell:
            continue
        if minutes:
            page.strike(*match.span())
            yield Piece(Part.MINUTES, minutes, *match.span(), How.ALONE, sure=False)
        return


def read_places(page: Page, span: Span, *, labelled: bool = False) -> Iterator[Piece]:
    """How many companions are wanted, where it is more than one."""
    for match in page.find(_PLACES, span):
        if _OURS.search(page.before(match.start(), span)):
            continue
        number = 2 if match["d"] or match["mix"] else int(digits(match["n"]))
        page.strike(*match.span())
        yield Piece(Part.PLACES, number, *match.span(), How.SAID)
    if labelled:
        for match in page.find(_BARE, span):
            page.strike(*match.span())
            number = int(digits(match.group()).partition(".")[0])
            if 1 < number <= 5:
                yield Piece(Part.PLACES, number, *match.span(), How.LABEL)
            return
