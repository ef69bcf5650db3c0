"""What a customer's identities look like, how they are compared and how they are shown. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from math import log2

from crm_tui.core.errors import Invalid
from crm_tui.core.language import _
from crm_tui.core.masked import Masked
from crm_tui.core.text import squeeze
from crm_tui.core.words import Gender, IdentityKind, SourceChannel

LONGEST_NICK = 20_000
LONGEST_IDENTITY = 200
SPREADSHEET_DIGITS = 15
"""A number cell keeps this many digits; of a longer number the rest is lost."""

_MOBILE = re.compile(r"1[3-9]\d{9}")
_SEPARATORS = re.compile(r"[\s\-‐‑–—_.()（）/`'\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_EXPONENT = re.compile(r"\d(\.\d+)?e[+-]?\d+", re.IGNORECASE)
_NUMBER_CELL = re.compile(r"(\d+)\.0+")
_ONLY_DIGITS = frozenset({IdentityKind.QQ})


class PhoneProblem(ValueError):
    """A text that is no mobile number. ``code`` is ``phone_damaged`` where a spreadsheet has
    already lost digits, else ``phone_invalid``; ``expected`` says in words what was wanted."""

    def __init__(self, code: str, value: str) -> None:
        super().__init__(f"{code}: {value[:40]!r}")
        self.code = code
        self.value = value

    @property
    def expected(self) -> str:
        """What would have been accepted, in the language in force."""
        if self.code == "phone_damaged":
            return _("the phone number as text; the spreadsheet has lost digits of it")
        return _("a mobile number of 11 digits")


def normalise_phone(text: str) -> str:
    """The 11 digits of a mainland mobile number, however it was written.

    Blanks, dashes, brackets, full-width digits, ``+86``/``0086`` and the ``.0`` of a number cell
    are taken off. Raises :class:`PhoneProblem`: a number in exponent form or of more digits than
    a number cell holds is damaged and never guessed at.
    """
    given = unicodedata.normalize("NFKC", text).strip()
    if _EXPONENT.fullmatch(given):
        raise PhoneProblem("phone_damaged", text)
    cell = _NUMBER_CELL.fullmatch(given)
    digits = _SEPARATORS.sub("", cell.group(1) if cell else given)
    if digits.isdigit() and len(digits) > SPREADSHEET_DIGITS:
        raise PhoneProblem("phone_damaged", text)
    for prefix in ("+86", "0086", "86"):
        if digits.startswith(prefix) and len(digits) == len(prefix) + 11:
            digits = digits[len(prefix) :]
            break
    if not digits.isascii() or not _MOBILE.fullmatch(digits):
        raise PhoneProblem("phone_invalid", text)
    return digits


def mask_phone(phone: str) -> Masked:
    """``13800138000`` → ``138****8000``."""
    return Masked(phone)


def normalise_identity(kind: IdentityKind, text: str) -> str:
    """The form in which an identity is compared, so that it belongs to one customer only.

    Phones become their 11 digits. Other ids lose white space and invisible characters and are
    case-folded: nobody can tell in a chat whether ``WXID_a`` or ``wxid_A`` was meant.
    Raises :class:`Invalid` with the field and what was expected.
    """
    if kind is IdentityKind.PHONE:
        try:
            return normalise_phone(text)
        except PhoneProblem as problem:
            raise Invalid(field=kind.label, value=text, expected=problem.expected) from problem
    folded = unicodedata.normalize("NFKC", text).casefold()
    if not (folded.isascii() and folded.isprintable() and " " not in folded):
        folded = "".join(char for char in folded if not _is_unseen(char))
    if kind in _ONLY_DIGITS:
        cell = _NUMBER_CELL.fullmatch(folded)
        folded = cell.group(1) if cell else folded
        if not re.fullmatch(r"[1-9]\d{4,14}", folded, re.ASCII):
            raise Invalid(field=kind.label, value=text, expected=_("5 to 15 digits"))
    if not folded or len(folded) > LONGEST_IDENTITY:
        raise Invalid(field=kind.label, value=text, expected=_("an id of 1 to 200 characters"))
    return folded


def _is_unseen(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) in ("Cc", "Cf", "Cs")


def checked_nick(text: str) -> str:
    """The nickname with white space squeezed. Raises :class:`Invalid` if nothing is left."""
    nick = squeeze(_without_broken(text))
    if not nick or len(nick) > LONGEST_NICK:
        raise Invalid(field=_("Nickname"), value=text, expected=_("a nickname"))
    return nick


def checked_text(field: str, text: str, longest: int) -> str:
    """A free text with white space squeezed, of at most ``longest`` characters, or
    :class:`Invalid`."""
    value = squeeze(_without_broken(text))
    if len(value) > longest:
        expected = _("at most {count} characters").format(count=longest)
        raise Invalid(field=field, value=text, expected=expected)
    return value


def _without_broken(text: str) -> str:
    """``text`` without what no database stores: NUL and halves of surrogate pairs."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")


COLOURS = ("red", "orange", "yellow", "green", "cyan", "blue", "purple", "grey")
"""Colours that a tag may have; an empty colour means none."""
LONGEST_TAG = 60


def checked_tag(text: str) -> str:
    """A tag's name: ``#`` before it taken off, white space squeezed. Raises :class:`Invalid`."""
    name = squeeze(_without_broken(text)).lstrip("#").strip()
    if not name or len(name) > LONGEST_TAG:
        raise Invalid(field=_("Tag name"), value=text, expected=_("a name of up to 60 characters"))
    return name


NEVER_HOURS = 10 * 365 * 24.0
"""Age, in hours, that stands for "never heard of"."""


def likelihood(hours_since: float | None, orders: int, *, has_open_order: bool = False) -> float:
    """How likely it is this customer who is asked for, from recency and frequency alone.

    A logarithm to base 2: twice the time since the customer was last heard of takes 1 away, four
    times the completed orders gives 1. Who has an open order counts as heard of just now.
    """
    hours = 0.0 if has_open_order else NEVER_HOURS if hours_since is None else hours_since
    return 0.5 * log2(1 + orders) - log2(1 + max(hours, 0.0))


NUMBER_SERIES = "customer"
"""The studio's series (store 0) that customer numbers are counted in."""


def customer_no(number: int) -> str:
    """The number that people see: ``C000123``."""
    return f"C{number:06d}"


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """A customer to be added. ``identities`` and ``custom`` hold texts as they were typed;
    ``custom`` is read by the definitions of the fields."""

    nick: str
    name: str = ""
    identities: Mapping[IdentityKind, str] = field(default_factory=dict)
    gender: Gender = Gender.UNKNOWN
    city: str = ""
    channel: SourceChannel = SourceChannel.OTHER
    note: str = ""
    tags: tuple[str, ...] = ()
    custom: Mapping[str, str] = field(default_factory=dict)
    blocked: bool = False
    do_not_contact: bool = False
    minor: bool = False
    store_id: int = 1


TEXT_LIMITS = {"name": 200, "city": 100, "note": 20_000}
"""Characters that a text field of a customer may have."""
FLAGS = ("blocked", "do_not_contact", "minor")


def problems(new: NewCustomer) -> Iterator[tuple[str, Invalid]]:
    """Everything that is wrong with ``new``, as ``(field, error)``: what a form shows beside its
    fields. Custom fields and what others already have are not looked at."""
    checks: list[tuple[str, Callable[[], str]]] = [
        ("nick", partial(checked_nick, new.nick)),
        *(
            (kind.value, partial(normalise_identity, kind, text))
            for kind, text in new.identities.items()
        ),
        *(("tags", partial(checked_tag, tag)) for tag in new.tags),
        *((name, partial(checked_field, name, getattr(new, name))) for name in TEXT_LIMITS),
    ]
    for name, check in checks:
        try:
            check()
        except Invalid as problem:
            yield name, problem


def checked_field(name: str, text: str) -> str:
    """A text field of a customer, squeezed, or :class:`Invalid`."""
    return checked_text(name, text, TEXT_LIMITS[name])
