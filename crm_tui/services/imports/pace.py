"""How fast an import goes, and when it will be through."""

from __future__ import annotations

from dataclasses import dataclass

from crm_tui.core.language import _
from crm_tui.core.pace import span
from crm_tui.services.imports.verdict import Progress, Stage


@dataclass(slots=True)
class Pace:
    """Measures one stage at a time, from its first report on."""

    stage: Stage | None = None
    began: float = 0.0
    first: int = 0

    def shown(self, progress: Progress, now: float) -> str:
        """The progress with its rate and, where the end is known, the time left; ``now`` in
        seconds of a clock that never goes back."""
        if progress.stage is not self.stage:
            self.stage, self.began, self.first = progress.stage, now, progress.done
        rate = (progress.done - self.first) / (now - self.began) if now > self.began else 0.0
        done = f"{progress.done:,}" + (f"/{progress.total:,}" if progress.total else "")
        template = _("{done} rows") if self.stage is Stage.ROWS else _("{done} look-up keys")
        parts = [template.format(done=done)]
        if rate:
            parts.append(_("{rate} a second").format(rate=f"{rate:,.0f}"))
            if progress.total:
                left = max(0, round((progress.total - progress.done) / rate))
                parts.append(_("{time} left").format(time=span(left)))
        return " · ".join(parts)
