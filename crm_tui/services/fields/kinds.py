"""The kinds of custom fields: how a text becomes the stored value, and how that is shown. Pure.

A value is JSON: money in fen, a decimal as text, a date and a time in ISO form, several choices as
a list, another record by the number that people know it by.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from crm_tui.core.language import N_, _, joined
from crm_tui.core.money import Money, yuan
from crm_tui.core.text import squeeze
from crm_tui.services.customers.rules import PhoneProblem, mask_phone, normalise_phone
from crm_tui.services.fields.definition import Definition

LONGEST_TEXT = 2_000
LONGEST_LONG_TEXT = 20_000
LONGEST_UNIQUE = 400
MOST_STARS = 5
PROVINCES = (
    "北京", "天津", "上海", "重庆", "河北", "山西", "辽宁", "吉林", "黑龙江", "江苏", "浙江",
    "安徽", "福建", "江西", "山东", "河南", "湖北", "湖南", "广东", "海南", "四川", "贵州", "云南",
    "陕西", "甘肃", "青海", "台湾", "内蒙古", "广西", "西藏", "宁夏", "新疆", "香港", "澳门",
)  # fmt: skip
_PROVINCE_ENDS = re.compile(r"(?:(?:壮族|回族|维吾尔)?自治区|特别行政区|省|市)?[\s/·-]*")
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+")
_LIST_SIGNS = re.compile(r"[、,，/;；]")


def _text(_definition: Definition, given: str) -> str:
    if len(given) > LONGEST_TEXT:
        raise ValueError(given)
    return given


def _long_text(_definition: Definition, given: str) -> str:
    if len(given) > LONGEST_LONG_TEXT:
        raise ValueError(given[:100])
    return given


def _integer(_definition: Definition, given: str) -> int:
    number = int(given)
    if abs(number) > 10**15:
        raise ValueError(given)
    return number


def _decimal(_definition: Definition, given: str) -> str:
    number = Decimal(given)
    if not number.is_finite():
        raise ValueError(given)
    return str(number)


def _money(_definition: Definition, given: str) -> int:
    return Money.parse(given).fen


def _date(_definition: Definition, given: str) -> str:
    return date.fromisoformat(given.replace("/", "-")).isoformat()


def _time(_definition: Definition, given: str) -> str:
    hours, _colon, rest = given.replace("：", ":").partition(":")
    return time.fromisoformat(f"{int(hours):02d}:{rest or '00'}").strftime("%H:%M")


def _switch(_definition: Definition, given: str) -> bool:
    if given.lower() in ("1", "true", "yes", "y", "on", "是"):
        return True
    if given.lower() in ("0", "false", "no", "n", "off", "否"):
        return False
    raise ValueError(given)


def _choice(definition: Definition, given: str) -> str:
    if given not in definition.choices:
        raise ValueError(given)
    return given


def _choices(definition: Definition, given: str) -> list[str]:
    named = {squeeze(part) for part in _LIST_SIGNS.split(given)} - {""}
    if not named or not named <= set(definition.choices):
        raise ValueError(given)
    return [choice for choice in definition.choices if choice in named]


def _phone(_definition: Definition, given: str) -> str:
    try:
        return normalise_phone(given)
    except PhoneProblem as problem:
        raise ValueError(given) from problem


def _url(_definition: Definition, given: str) -> str:
    address = given if "://" in given else f"https://{given}"
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or "." not in parts.netloc or len(address) > 2000:
        raise ValueError(given)
    return address


def _email(_definition: Definition, given: str) -> str:
    if not _EMAIL.fullmatch(given) or len(given) > LONGEST_UNIQUE:
        raise ValueError(given)
    return given.lower()


def _reference(_definition: Definition, given: str) -> str:
    if len(given) > 200:
        raise ValueError(given)
    return given


def _stars(_definition: Definition, given: str) -> int:
    number = int(given.removesuffix(f"/{MOST_STARS}"))
    if not 1 <= number <= MOST_STARS:
        raise ValueError(given)
    return number


def _region(_definition: Definition, given: str) -> str:
    """A known province and the rest apart: ``浙江省杭州市`` → ``浙江 杭州市``; others stay."""
    if len(given) > 100:
        raise ValueError(given)
    for province in PROVINCES:
        if given.startswith(province):
            rest = given.removeprefix(province)
            city = _PROVINCE_ENDS.sub("", rest, count=1)
            return f"{province} {city}".strip()
    return given


def _by_itself(_definition: Definition, given: str) -> Any:
    raise ValueError(given)


def _plain(value: Any) -> str:
    return str(value)


def _yes_or_no(value: Any) -> str:
    return _("yes") if value else _("no")


def _listed(value: Any) -> str:
    return joined(value)


def _file_name(value: Any) -> str:
    return str(value["name"]) if isinstance(value, dict) else str(value)


def _of_five(value: Any) -> str:
    return f"{value}/{MOST_STARS}"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: its name for people, how it is read from a text that is not blank (``ValueError``
    where it can't be), what is expected in words, and how a value is shown."""

    label: str
    expected: str
    read: Callable[[Definition, str], Any]
    show: Callable[[Any], str] = _plain
    lines: bool = False
    """Line breaks belong to the value."""
    unique: bool = False
    """It may be unique."""
    counted: bool = False
    """The system gives the value; nobody types it."""


KINDS: dict[str, Kind] = {
    "text": Kind(N_("Text"), N_("a text of up to 2000 characters"), _text, unique=True),
    "long_text": Kind(
        N_("Long text"), N_("a text of up to 20000 characters"), _long_text, lines=True
    ),
    "integer": Kind(N_("Whole number"), N_("a whole number"), _integer, unique=True),
    "decimal": Kind(N_("Decimal number"), N_("a number"), _decimal, unique=True),
    "money": Kind(N_("Amount of money"), N_("an amount in yuan"), _money, yuan),
    "date": Kind(N_("Date"), N_("a date such as 2026-09-21"), _date, unique=True),
    "time": Kind(N_("Time of day"), N_("a time such as 21:30"), _time),
    "switch": Kind(N_("Switch"), N_("yes or no"), _switch, _yes_or_no),
    "choice": Kind(N_("One choice"), N_("one of: {choices}"), _choice),
    "choices": Kind(N_("Many choices"), N_("some of: {choices}"), _choices, _listed),
    "phone": Kind(
        N_("Phone number"), N_("a mobile number of 11 digits"), _phone, mask_phone, unique=True
    ),
    "url": Kind(N_("Web address"), N_("an address such as https://example.com"), _url, unique=True),
    "email": Kind(N_("E-mail"), N_("an address such as name@example.com"), _email, unique=True),
    "operator": Kind(N_("Operator"), N_("the login of an operator"), _reference, unique=True),
    "order": Kind(N_("An order"), N_("the number of an order"), _reference, unique=True),
    "customer": Kind(
        N_("A customer"), N_("a customer's number, phone or name"), _reference, unique=True
    ),
    "companion": Kind(
        N_("A companion"), N_("a companion's number, phone or nickname"), _reference, unique=True
    ),
    "file": Kind(N_("File"), N_("the path of a file"), _reference, _file_name),
    "rating": Kind(N_("Stars"), N_("a whole number, 1 to 5"), _stars, _of_five),
    "region": Kind(N_("Region"), N_("province and city, such as 浙江 杭州"), _region),
    "auto_number": Kind(
        N_("Counted number"), N_("nothing: it is counted"), _by_itself, unique=True, counted=True
    ),
    "formula": Kind(N_("Formula"), N_("nothing: it is computed"), _by_itself, counted=True),
}
"""Every kind, in the order in which they are offered."""
