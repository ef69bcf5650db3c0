"""The two languages: every text a person sees goes through ``_`` and the catalogues.

The source text (msgid) is English; ``locales/zh_CN`` and ``locales/en`` hold the translations.
``N_`` marks a text where it is defined, for a table or class that is translated when shown.
"""

from __future__ import annotations

import gettext
import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

LANGUAGES = {"zh": "zh_CN", "en": "en"}
DEFAULT_LANGUAGE = "zh"
_LOCALES = Path(__file__).parent.parent / "locales"


class _Current:
    """The language in force in this process, and its catalogue (read when first needed)."""

    language: str = DEFAULT_LANGUAGE
    catalogue: gettext.NullTranslations | None = None


def choose_language(wanted: str | None = None) -> str:
    """The language to speak: what was asked for, else ``CRM_TUI_LANG``, else the locale's.

    A locale that names neither language (``C``, ``POSIX``) means Chinese, the users' language.
    """
    for candidate in (
        wanted,
        os.environ.get("CRM_TUI_LANG"),
        os.environ.get("LC_ALL"),
        os.environ.get("LC_MESSAGES"),
        os.environ.get("LANG"),
    ):
        code = (candidate or "").lower()[:2]
        if code in LANGUAGES:
            return code
    return DEFAULT_LANGUAGE


def set_language(language: str) -> None:
    """Speak ``language`` ("zh" or "en") from now on, in the whole process."""
    _Current.language = language if language in LANGUAGES else DEFAULT_LANGUAGE
    _Current.catalogue = None


def current_language() -> str:
    """The language in force: "zh" or "en"."""
    return _Current.language


def _catalogue() -> gettext.NullTranslations:
    if _Current.catalogue is None:
        _Current.catalogue = _catalogue_of(_Current.language)
    return _Current.catalogue


def _(message: str) -> str:
    """``message`` in the language in force."""
    return _catalogue().gettext(message) if message else ""


def translated(message: str, language: str) -> str:
    """``message`` in ``language`` ("zh" or "en"), whatever is in force: for what is kept."""
    return _catalogue_of(language).gettext(message)


def in_every_language(message: str) -> tuple[str, ...]:
    """``message`` in each of the languages, for reading what a person typed in any of them."""
    return tuple(_catalogue_of(language).gettext(message) for language in LANGUAGES)


@cache
def _catalogue_of(language: str) -> gettext.NullTranslations:
    return gettext.translation("crm_tui", _LOCALES, languages=[LANGUAGES[language]], fallback=True)


def ngettext(singular: str, plural: str, count: int) -> str:
    """The form of a counted text that fits ``count``, in the language in force."""
    return _catalogue().ngettext(singular, plural, count)


def joined(parts: Iterable[object]) -> str:
    """Several words as one text: with ``、`` between them in Chinese, a comma in English."""
    return ("、" if current_language() == "zh" else ", ").join(map(str, parts))


def N_(message: str) -> str:
    """Mark ``message`` for the catalogues without translating it yet."""
    return message
