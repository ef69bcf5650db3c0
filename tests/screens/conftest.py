"""Tests of screens wait for the console to be idle after every key; here that is looked for often.

Textual looks 50 times a second, and twice a key: most of a test of screens would be that wait.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from textual import _wait

LOOK_SECONDS = 0.004


@pytest.fixture(autouse=True, scope="session")
def _look_often() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_wait, "SLEEP_GRANULARITY", LOOK_SECONDS)
        patch.setattr(_wait, "SLEEP_IDLE", LOOK_SECONDS / 4)
        yield
