"""Words of a vocabulary are taken in any language, in forms and on the command line."""

from __future__ import annotations

import pytest

from crm_tui.core.words import PayChannel
from crm_tui.screens.dialogs.order_forms import spelled


@pytest.mark.parametrize("typed", ["cash", "现金", "Cash", "ＣＡＳＨ"])
def test_a_word_is_read_in_any_language(typed: str) -> None:
    assert spelled(PayChannel, typed) is PayChannel.CASH


def test_another_word_is_no_channel() -> None:
    with pytest.raises(ValueError, match="gold"):
        spelled(PayChannel, "gold")
