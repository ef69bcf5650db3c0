"""What errors say to a person: fields and the system's reasons in the language in force."""

from __future__ import annotations

import errno
import os

import pytest

from crm_tui.core.errors import FIELD_NAMES, OS_REASONS, Invalid, os_reason
from crm_tui.core.language import set_language


def chinese(text: str) -> bool:
    return any("\u4e00" <= char <= "\u9fff" for char in text)


@pytest.mark.parametrize("field", FIELD_NAMES)
def test_a_field_is_called_as_people_call_it_and_scripts_keep_its_name(field: str) -> None:
    set_language("zh")
    error = Invalid(field=field, value="x", expected="y")
    assert chinese(error.message().partition("：")[0])
    assert error.facts["field"] == field


@pytest.mark.parametrize("number", OS_REASONS)
def test_why_the_system_refused_is_said_in_the_language(number: int) -> None:
    set_language("zh")
    assert chinese(os_reason(OSError(number, os.strerror(number))))


def test_a_rare_reason_stays_as_the_system_says_it() -> None:
    assert os_reason(OSError(errno.EXDEV, "Cross-device link")) == "Cross-device link"
