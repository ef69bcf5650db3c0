"""How Chinese characters are read, without tones: the usual reading, and the other ones that
people really use for surnames and in nicknames. Data, and a cache of what pypinyin says."""

from __future__ import annotations

import os

_AS_SURNAME = """
曾 zeng ceng|单 shan dan|解 xie jie|仇 qiu chou|查 zha cha|翟 zhai di|覃 qin tan|朴 piao pu
缪 miao mou|区 ou qu|盖 ge gai|乐 yue le|种 chong zhong|员 yun yuan|洗 xian xi|冼 xian xi
折 she zhe|尉 wei yu|黑 he hei|秘 bi mi|隗 wei kui|宓 mi fu|郗 xi chi|召 shao zhao|佴 nai er
繁 po fan|祭 zhai ji|谌 chen shen|郇 xun huan|车 che ju|牟 mou mu|那 na nuo|万 wan mo
长 zhang chang|柏 bai bo|薄 bo bao|卜 bu bo|费 fei bi|句 gou ju|瞿 qu ju|莘 shen xin|乜 nie mie
贾 jia gu|降 jiang xiang|角 jue jiao|谷 gu yu|贲 ben bi|都 du dou|沈 shen chen|行 xing hang
六 lu liu|石 shi dan|宿 su xiu|阿 a e|令 ling lian|重 chong zhong|朝 chao zhao|嵇 ji xi
庹 tuo du|逄 pang feng|褚 chu zhu|臧 zang cang|藏 zang cang|盛 sheng cheng|隽 juan jun
仉 zhang zhai|呙 guo wai|过 guo|应 ying|占 zhan|相 xiang|哈 ha he|适 kuo shi|缴 jiao
"""
"""Surnames with more than one reading, that of the surname first."""

_ANYWHERE = """
长 chang zhang|乐 le yue|重 chong zhong|行 xing hang|朝 chao zhao|调 diao tiao|觉 jue jiao
角 jiao jue|弹 dan tan|藏 cang zang|传 chuan zhuan|降 jiang xiang|血 xue xie|露 lu lou
壳 ke qiao|卡 ka qia|泊 bo po|薄 bo bao|参 can shen|单 dan shan|解 jie xie|曾 ceng zeng
会 hui kuai|都 dou du|还 hai huan|仔 zai zi|咖 ka ga|伽 jia ga|炸 zha|便 bian pian|吓 xia he
娜 na nuo|给 gei ji|着 zhe zhao|地 di de|大 da dai|喔 wo o|谁 shei shui|叶 ye|尾 wei yi
"""
"""Characters with more than one common reading wherever they stand in a nickname."""

_DOUBLE_SURNAMES = """
万俟 mo qi|尉迟 yu chi|长孙 zhang sun|单于 chan yu|澹台 tan tai|鲜于 xian yu|令狐 ling hu
宇文 yu wen|皇甫 huang fu|夏侯 xia hou|呼延 hu yan|申屠 shen tu|宗政 zong zheng|濮阳 pu yang
"""


def _table(rows: str) -> dict[str, tuple[str, ...]]:
    entries = (entry.split() for line in rows.split("\n") for entry in line.split("|") if entry)
    return {text: tuple(readings) for text, *readings in entries}


SURNAMES = _table(_AS_SURNAME)
ANYWHERE = _table(_ANYWHERE)
DOUBLE_SURNAMES = _table(_DOUBLE_SURNAMES)
BEFORE_A_SURNAME = frozenset("老小阿大")
"""老曾, 小单: what follows is read as a surname too."""


class _Syllables(dict[str, str]):
    """The usual reading of each character, asked for once.

    Without pypinyin's phrases, since only single characters are asked for: they are 190,000
    objects, through which every full garbage collection would go while somebody types.
    """

    def __missing__(self, char: str) -> str:
        os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
        os.environ.setdefault("PYPINYIN_NO_DICT_COPY", "true")
        from pypinyin import lazy_pinyin

        syllable: str = lazy_pinyin(char)[0]
        self[char] = syllable
        return syllable


_SYLLABLES = _Syllables()


def is_chinese(char: str) -> bool:
    """A character that has a reading."""
    return "\u4e00" <= char <= "\u9fff" or "\u3400" <= char <= "\u4dbf" or char >= "\U00020000"


def readings(text: str, most: int = 4) -> list[list[str]]:
    """The ways to read ``text``, each a list of syllables; what is not Chinese stands for itself.

    The first character, and the second after 老 小 阿 大, is read as a surname and as a word.
    At most ``most`` ways, the likeliest first.
    """
    ways: list[list[str]] = [[]]
    start = 0
    if text[:2] in DOUBLE_SURNAMES:
        ways = [list(DOUBLE_SURNAMES[text[:2]]), [_SYLLABLES[char] for char in text[:2]]]
        start = 2
    for position in range(start, len(text)):
        char = text[position]
        options = _options(char, position, text)
        if len(options) > 1 and len(ways) * len(options) <= most:
            ways = [[*way, option] for way in ways for option in options]
        else:
            for way in ways:
                way.append(options[0])
    return ways


def _options(char: str, position: int, text: str) -> tuple[str, ...]:
    if not is_chinese(char):
        return (char,)
    if position == 0 or (position == 1 and text[0] in BEFORE_A_SURNAME):
        surname = SURNAMES.get(char)
        if surname is not None:
            return surname
    return ANYWHERE.get(char) or (_SYLLABLES[char],)
