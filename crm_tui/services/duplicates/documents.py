"""Pairs, previews and hints as commands answer them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from typing import Any

from crm_tui.core.language import _
from crm_tui.core.money import yuan
from crm_tui.services.duplicates.actions import MergePreview
from crm_tui.services.duplicates.choices import FieldChoice
from crm_tui.services.duplicates.reads import Alike, Pair, Party
from crm_tui.services.duplicates.rules import Ground

Document = dict[str, Any]


def pair_document(pair: Pair) -> Document:
    """``{"keep", "other", "score", "reasons": [{"code", "reason"}]}``."""
    return {
        "keep": party_document(pair.keep),
        "other": party_document(pair.other),
        "score": round(pair.score, 4),
        "reasons": _reasons(pair.grounds),
    }


def alike_document(found: Alike) -> Document:
    """``{"customer", "score", "reasons"}``."""
    return {
        "customer": party_document(found.customer),
        "score": round(found.score, 4),
        "reasons": _reasons(found.grounds),
    }


def party_document(party: Party) -> Document:
    """One of two who look alike; the phone masked."""
    names = ("id", "no", "nick", "name", "city", "phone", "wechat", "orders")
    last = party.last_order_at
    return {name: getattr(party, name) for name in names} | {
        "last_order_at": last.isoformat() if last else None
    }


def preview_document(preview: MergePreview) -> Document:
    """``{"keep", "other", "fields": [{"field", "keep", "other", "wins", "why", "result"}],
    "moved": {"orders", "payments", …}}``."""
    return {
        "keep": party_document(preview.keep),
        "other": party_document(preview.other),
        "fields": [_field_document(each) for each in preview.fields if each.known],
        "moved": asdict(preview.moved),
    }


def moved_line(moved: Document) -> str:
    """What changes hands, in one line."""
    labels = {
        "orders": _("orders"),
        "payments": _("payments"),
        "identities": _("identities"),
        "interactions": _("contacts"),
        "tasks": _("tasks"),
        "tags": _("tags"),
        "stances": _("preferences"),
    }
    parts = [f"{label} {moved[name]}" for name, label in labels.items()]
    if moved["stored_fen"]:
        parts.append(_("stored value ¥{amount}").format(amount=yuan(moved["stored_fen"])))
    return " · ".join(parts)


def _field_document(each: FieldChoice) -> Document:
    return {
        "field": each.field,
        "keep": _plain(each.keep),
        "other": _plain(each.other),
        "wins": each.side.value,
        "why": each.why.value,
        "reason": each.why.label,
        "result": _plain(each.result),
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _reasons(grounds: Iterable[Ground]) -> list[Document]:
    return [{"code": ground.value, "reason": ground.label} for ground in grounds]
