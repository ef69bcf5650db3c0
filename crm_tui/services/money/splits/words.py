"""Splits in words: the line that explains one to the companion – what was taken, which share, why
that one –, how far it is to the next step, and what a rule says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from crm_tui.core.language import N_, _, joined
from crm_tui.core.money import yuan
from crm_tui.core.words import LABELS, OrderKind
from crm_tui.services.money.splits.rules import (
    Price,
    Scale,
    Scheme,
    SplitInput,
    SplitLine,
    SplitRule,
)

Say = Callable[[str], str]
"""What translates a text; ``_`` speaks the language in force."""


@dataclass(frozen=True, slots=True)
class Circumstance:
    """What the words need besides the numbers: the name of the level, the first day of the
    business month, the amount of the whole order, whether its kind has a share of its own."""

    level_name: str
    month: date
    order_fen: int
    by_kind: bool = False


def explanation(line: SplitLine, given: SplitInput, around: Circumstance, say: Say = _) -> str:
    """``净额 90.00 × 80 %（大神，9月已做 5,340 元，第2档）= 72.00``."""
    listed = line.base_fen != given.paid_fen
    base = say(N_("list price {amount}") if listed else N_("net {amount}"))
    text = say(N_("{base} × {share}% ({reasons}) = {theirs}"))
    return text.format(
        base=base.format(amount=yuan(line.base_fen)),
        share=percent(line.share_bp),
        reasons=say(N_("; ")).join(_reasons(line, given, around, say)),
        theirs=yuan(line.companion_fen),
    )


def _reasons(line: SplitLine, given: SplitInput, around: Circumstance, say: Say) -> list[str]:
    reasons = []
    if given.paid_fen != around.order_fen:
        reasons.append(say(N_("part of ¥{amount}")).format(amount=yuan(around.order_fen)))
    if around.by_kind:
        reasons.append(say(LABELS[OrderKind][given.kind.value]))
    if around.level_name:
        reasons.append(around.level_name)
    if line.step:
        done = say(N_("¥{done} done in month {month}"))
        reasons.append(done.format(month=around.month.month, done=short_yuan(given.turnover_fen)))
        reasons.append(say(N_("step {step}")).format(step=line.step))
    if line.agreed:
        reasons.append(say(N_("agreed share")))
    above = line.next
    if above is not None and not above.missing_fen:
        held_back = say(N_("step {step} after {months} more months"))
        reasons.append(held_back.format(step=above.number, months=above.missing_months))
    return reasons or [say(N_("for all"))]


def next_step(line: SplitLine) -> str:
    """How far it is to the next step once this order is done; empty where there is none."""
    above = line.next
    if above is None:
        return ""
    missing = max(above.missing_fen - line.base_fen, 0)
    share = percent(above.share_bp)
    if not missing and not above.missing_months:
        text = _("from the next order on step {step}: {share}%")
        return text.format(step=above.number, share=share)
    wanting = [_("¥{amount}").format(amount=short_yuan(missing))] if missing else []
    if above.missing_months:
        wanting.append(_("{months} months of tenure").format(months=above.missing_months))
    text = _("then {wanting} to step {step}: {share}%")
    return text.format(wanting=_(" and ").join(wanting), step=above.number, share=share)


def percent(basis_points: int) -> str:
    """Basis points as per cent: ``80``, ``62.5``."""
    return f"{basis_points / 100:g}"


def short_yuan(fen: int) -> str:
    """Yuan without a fraction that is none: ``5,340``, ``5,340.50``."""
    return yuan(fen).removesuffix(".00")


def rule_in_words(rule: SplitRule, level_names: Mapping[str, str]) -> list[str]:
    """The rule as sentences, one a line; ``level_names`` are the names of levels by code."""
    tips = rule.tip_share_bp
    return [
        *_scheme_in_words(rule.scheme, _("all orders"), level_names),
        *(
            line
            for kind, scheme in rule.kinds.items()
            for line in _scheme_in_words(scheme, kind.label, level_names)
        ),
        _("shares are of the list price: the studio bears discounts")
        if rule.price is Price.LIST
        else _("shares are of the price paid"),
        _("tips: as the setting says")
        if tips is None
        else _("tips: {share}%").format(share=percent(tips)),
    ]


def _scheme_in_words(scheme: Scheme, what: str, level_names: Mapping[str, str]) -> Iterator[str]:
    line = _("{what}: {share}")
    yield line.format(what=what, share=_scale_in_words(scheme.scale))
    for code, scale in scheme.levels.items():
        who = f"{what}, {level_names.get(code, code)}"
        yield line.format(what=who, share=_scale_in_words(scale))


def _scale_in_words(scale: Scale) -> str:
    if not scale.steps:
        return _("agreed share")
    if not scale.climbs:
        return f"{percent(scale.steps[0].share_bp)}%"
    return joined(
        _("from ¥{turnover} {share}%").format(
            turnover=short_yuan(step.from_fen), share=percent(step.share_bp)
        )
        + (
            " " + _("after {months} months").format(months=step.tenure_months)
            if step.tenure_months
            else ""
        )
        for step in scale.steps
    )
