"""Own reports, goals and their sending as scripts use them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from python_calamine import CalamineWorkbook

from crm_tui.core.clock import FixedClock, SystemClock
from crm_tui.core.words import OrderStatus
from crm_tui.services.upkeep.opening import open_studio
from tests.command import crm
from tests.desk import open_desk
from tests.mail_server import mail_server


def _studio(url: str) -> None:
    """A studio in which an order for ¥45 was completed yesterday."""
    past = FixedClock(SystemClock().now() - timedelta(days=1))
    store = open_studio(url, clock=past)
    desk = open_desk(store, past)
    desk.order_in(OrderStatus.COMPLETED)
    store.close()


def test_a_report_is_defined_run_shared_and_written_to_files(
    sqlite_url: str, tmp_path: Path
) -> None:
    _studio(sqlite_url)
    define = ("report", "define", "每日", "--measures", "单数,Income", "--group", "day")
    made = crm(sqlite_url, *define, "--period=-6d..today", "--json", "--key", "k1")
    assert (made.code, made.document["report"]["measures"]) == (0, ["orders", "gross_fen"])
    told = crm(sqlite_url, "report", "每日", "--json").document
    assert (len(told["rows"]), told["total"]["orders"]) == (7, 1)
    assert sum(row["gross_fen"] for row in told["rows"]) == told["total"]["gross_fen"] > 0
    shown = crm(sqlite_url, "report", "每日")
    table, chart = shown.out.rsplit("\nOrders\n", 1)
    assert "Income" in table and len(chart.splitlines()) > 10

    beside = crm(sqlite_url, "report", "每日", "--compare", "previous")
    assert "Income, change" in beside.out and "⠒⠒ Orders, period before" in beside.out
    compared = crm(sqlite_url, "report", "每日", "--compare", "last_week", "--json").document
    assert compared["compared"]["total"] == {"orders": 0, "gross_fen": 0}
    assert compared["rows"][0]["before"]["orders"] == 0

    for ending in ("xlsx", "csv", "json", "svg"):
        target = tmp_path / f"daily.{ending}"
        assert crm(sqlite_url, "report", "每日", "--to", target).code == 0
        assert target.stat().st_size > 100
    rows = CalamineWorkbook.from_path(str(tmp_path / "daily.xlsx")).get_sheet_by_index(0)
    assert rows.to_python()[-1][1:] == [1.0, told["total"]["gross_fen"] / 100]

    assert crm(sqlite_url, "report", "share", "每日", "--json").document["report"]["shared"]
    assert crm(sqlite_url, "report", "delete", "每日").code == 0
    gone = crm(sqlite_url, "report", "每日", "--json")
    assert (gone.code, gone.document["error"]["code"]) == (1, "not_found")
    assert crm(sqlite_url, "report", "restore", "每日").code == 0
    assert "每日" in crm(sqlite_url, "report", "list").out
    refused = crm(sqlite_url, *define[:3], "--measures", "moon", "--json")
    assert (refused.code, refused.document["error"]["field"]) == (1, "measures")


def test_goals_are_set_told_and_ended(sqlite_url: str) -> None:
    _studio(sqlite_url)
    days = ("--from", "2020-01-01", "--to", "2020-12-31")
    relative = crm(sqlite_url, "goals", "set", "ltv_fen", "+15%", *days, "--json")
    ltv = relative.document["goal"]
    assert ltv["target"] == round(ltv["baseline"] * 1.15)
    cycle = ("goals", "set", "cycle_days", "30", "--baseline", "45", "--json")
    goal = crm(sqlite_url, *cycle).document["goal"]
    assert (goal["baseline"], goal["target"], goal["unit"]) == (45, 30, "days")
    assert "Sales cycle → 30" in crm(sqlite_url, "goals", "list").out
    (row,) = crm(sqlite_url, "report", "kpi", "--json").document["rows"]
    assert (row["goal_id"], row["measure"]) == (goal["id"], "cycle_days")
    assert crm(sqlite_url, "goals", "end", goal["id"], "--json").document["goal"]["ended"]
    assert "Sales cycle" not in crm(sqlite_url, "goals", "list").out
    wrong = crm(sqlite_url, "goals", "set", "orders", "60%", "--json")
    assert (wrong.code, wrong.document["error"]["field"]) == (1, "target")


def test_a_worker_sends_what_falls_due(sqlite_url: str, tmp_path: Path) -> None:
    past = FixedClock(SystemClock().now() - timedelta(days=2))
    store = open_studio(sqlite_url, clock=past)
    from crm_tui.core.actor import SYSTEM
    from crm_tui.core.words import Cadence
    from crm_tui.services.figures import schedules
    from crm_tui.services.figures.reports.actions import NewReport, save
    from crm_tui.services.figures.reports.definition import checked

    with store.write(SYSTEM) as work:
        report = save(work, NewReport("每日", checked({"measures": "orders"}), shared=True))
        new = schedules.NewSchedule(report, Cadence.DAILY, "06:00", 0, str(tmp_path))
        schedules.schedule(work, new)
    store.close()
    told = crm(sqlite_url, "worker", "--once")
    assert (told.code, told.out.splitlines()[-1].split(" ", 1)[1]) == (0, "report “每日” sent")
    assert len(list(tmp_path.glob("每日 * 0600.xlsx"))) == 1
    assert crm(sqlite_url, "worker", "--once").out == ""
    (kept,) = crm(sqlite_url, "report", "schedules", "--json").document["schedules"]
    assert (kept["last_state"], kept["every"]) == ("sent", "daily")

    with mail_server() as box:
        settings = {"host": "127.0.0.1", "port": box.port, "tls": "none", "sender": "crm@studio.cn"}
        for key, value in settings.items():
            assert crm(sqlite_url, "settings", "set", f"mail.{key}", value).code == 0
        sent = crm(sqlite_url, "report", "send", "每日", "--mail", "boss@studio.cn", "--json")
        assert sent.document["refused"] == []
        assert box.recipients == [["boss@studio.cn"]]
    unsent = crm(sqlite_url, "report", "send", "每日", "--mail", "boss@studio.cn", "--json")
    assert (unsent.code, unsent.document["error"]["code"]) == (1, "unsent")
    weekly = ("report", "schedule", "每日", "--every", "weekly", "--at", "09:30", "--on", "5")
    made = crm(sqlite_url, *weekly, "--folder", tmp_path, "--json").document["schedule"]
    assert (made["on"], made["at"]) == (5, "09:30")
    assert crm(sqlite_url, "report", "unschedule", made["id"]).code == 0
    ready = ("report", "schedule", "revenue", "--every", "monthly", "--at", "09:30", "--on", "31")
    made = crm(sqlite_url, *ready, "--folder", tmp_path, "--json").document["schedule"]
    assert (made["report"], made["every"], made["on"]) == ("revenue", "monthly", 31)
    nobody = crm(sqlite_url, "report", "send", "revenue", "--mail", "a@b\nBcc: c@d", "--json")
    assert (nobody.code, nobody.document["error"]["field"]) == (1, "mail")
