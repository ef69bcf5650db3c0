"""What ``make bench`` writes down: every number as it is, a section a topic."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import run
from bench.figure import Figure


def test_a_number_that_misses_its_bar_is_printed_as_it_is() -> None:
    figures = [
        Figure("help", 3.14159, "×", "≤ 2.5 ×", False),
        Figure("actions", 12_345.6, "/s", "≥ 300/s", True, "four processes"),
        Figure("peer", 7.0, "ms"),
    ]
    assert run.table(figures)[2:] == [
        "| help | 3.14 × | ≤ 2.5 × | **no** |  |",
        "| actions | 12,346 /s | ≥ 300/s | yes | four processes |",
        "| peer | 7 ms |  |  |  |",
    ]


def test_a_topic_that_is_measured_again_leaves_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "RESULTS", tmp_path / "results.md")
    first, second = run.topics()[:2]
    for topic, value in ((first, 1.0), (second, 2.0), (first, 3.0)):
        run.write_results({topic: run.section(topic, [Figure("x", value, "ms")], 1.0)})
    written = (tmp_path / "results.md").read_text("utf-8")
    assert "| x | 3 ms |" in written and "| x | 2 ms |" in written
    assert "| x | 1 ms |" not in written
    assert written.count(f"## {first}") == written.count(f"## {second}") == 1


def test_a_topic_that_does_not_exist_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["no-such-topic"]) == 2
    assert "no-such-topic" in capsys.readouterr().out
