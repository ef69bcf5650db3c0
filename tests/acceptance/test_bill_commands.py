"""``money reconcile`` and ``money bills`` as a script uses them."""

from __future__ import annotations

from pathlib import Path

from tests import bills
from tests.command import crm

SAMPLE = Path(__file__).parents[1] / "fixtures" / "bills" / "example-wechat-records.xlsx"


def test_a_bill_is_tried_reconciled_and_decided_by_command(sqlite_url: str, tmp_path: Path) -> None:
    tried = crm(sqlite_url, "money", "reconcile", SAMPLE, "--dry-run", "--json").document
    first = crm(sqlite_url, "money", "reconcile", SAMPLE, "--key", "k1", "--json").document
    again = crm(sqlite_url, "money", "reconcile", SAMPLE, "--key", "k1", "--json").document

    assert tried["dry_run"] and first == again
    assert {"bill", "totals", "matched", "only_in_bill", "only_in_books", "differing"} <= set(first)
    assert first["bill"]["form"] == "wechat_personal"
    parts = [first["bill"][name] for name in ("payments", "refunds", "neutral", "rejected")]
    assert (parts, first["bill"]["lines"]) == ([16, 0, 11, 0], 27)
    assert first["totals"]["stated"]["lines"] == 43 and first["totals"]["agree"] is False
    reused = crm(sqlite_url, "money", "reconcile", tmp_path / "x.csv", "--key", "k1", "--json")
    assert (reused.code, reused.document["error"]["code"]) == (1, "conflict")

    line, other, *_rest = [row["id"] for row in first["only_in_bill"]]
    booked = crm(sqlite_url, "money", "bills", "book", line, "--json").document
    assert booked["booked"] == [{"line": line, "order": None}]
    silent = crm(sqlite_url, "money", "bills", "ignore", other, "--reason", " ", "--json")
    assert (silent.code, silent.document["error"]["code"]) == (1, "invalid")
    left_out = crm(sqlite_url, "money", "bills", "ignore", other, "--reason", "mine", "--json")
    assert left_out.document == {"ignored": [other]}
    told = crm(sqlite_url, "money", "reconcile", SAMPLE).out
    assert "27 lines" in told and "do NOT agree" in told and "Matched: 1" in told
    assert crm(sqlite_url, "money", "bills", "reopen", line, "--json").code == 0

    hostile = [bills.wechat_payment(1, 用户标识="\x1b]52;c;x\x07昵称\u202e", 商品名称="=cmd()")]
    bill = bills.save(tmp_path / "bill.csv", bills.wechat_merchant(hostile))
    for words in ((), ("--json",)):
        out = crm(sqlite_url, "money", "reconcile", bill, *words).out
        assert "昵称" in out and not {"\x1b", "\x07", "\u202e"}.intersection(out)
    refused = crm(sqlite_url, "money", "reconcile", tmp_path / "no.csv", "--json")
    assert (refused.code, refused.document["error"]["code"]) == (1, "file")
