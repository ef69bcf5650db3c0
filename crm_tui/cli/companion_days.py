"""``companions schedule``, ``credit`` and ``day``: when they work, how reliable they are."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crm_tui.cli._run import Document, DryRun, Json, Key, answer, line, read, table, write
from crm_tui.core.errors import Invalid
from crm_tui.core.language import _
from crm_tui.core.money import yuan

if TYPE_CHECKING:
    from crm_tui.services.companions.credit import CreditRow
    from crm_tui.services.companions.schedule_rules import DayHours
    from crm_tui.storage.store import ReadWork, UnitOfWork

app = typer.Typer()
WEEK_AGAIN = "week"
"""What ``--hours`` is for a day on which the week holds again."""
SHOWN_DAYS = timedelta(days=60)

Ref = Annotated[str, typer.Argument(metavar="REF", help=_("Number, id, phone or nickname."))]


@app.command("schedule", help=_("When a companion works; an empty week means whenever idle."))
def schedule_(
    ref: Ref,
    week: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help=_("Such as “Mon-Fri 18:00-02:00; Sat 12:00-03:00”.")),
    ] = None,
    day: Annotated[
        str | None, typer.Option(metavar="D", help=_("Such as 2026-09-21 or tomorrow."))
    ] = None,
    hours: Annotated[
        str | None,
        typer.Option(metavar="HOURS", help=_("On that day: 18:00-02:00, off, or week as usual.")),
    ] = None,
    reason: Annotated[str, typer.Option(metavar="TEXT", help=_("Why, on that day."))] = "",
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.companions import reads

    if (day is None) != (hours is None):
        raise typer.BadParameter(_("--day and --hours go together."))
    if week is None and day is None:

        def look(work: ReadWork) -> Document:
            return _schedule(work, reads.resolve(work, ref))

        answer(read(look), as_json, _show_schedule)
        return

    def act(work: UnitOfWork) -> Document:
        companion_id = reads.resolve(work, ref)
        _change(work, companion_id, week, day, hours, reason)
        return _schedule(work, companion_id)

    request = ["companions schedule", ref, week, day, hours, reason]
    answer(write(act, key=key, request=request, dry_run=dry_run), as_json, _show_schedule)


@app.command("credit", help=_("A companion's credit and what moved it; --points corrects it."))
def credit_(
    ref: Ref,
    points: Annotated[int | None, typer.Option(help=_("Points to add, or to take away."))] = None,
    reason: Annotated[str, typer.Option(metavar="TEXT", help=_("Why it is corrected."))] = "",
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.companions import credit, reads

    if points is None:

        def look(work: ReadWork) -> Document:
            return _credit(work, reads.resolve(work, ref))

        answer(read(look), as_json, _show_credit)
        return

    def act(work: UnitOfWork) -> Document:
        companion_id = reads.resolve(work, ref)
        moved = credit.correct(work, companion_id, points, reason)
        return _credit(work, companion_id) | {"moved": moved}

    request = ["companions credit", ref, points, reason]
    answer(write(act, key=key, request=request, dry_run=dry_run), as_json, _show_credit)


@app.command("day", help=_("A companion's business day: what happened and what lies ahead."))
def day_(ref: Ref, as_json: Json = False) -> None:
    from crm_tui.services.companions import day, reads

    def look(work: ReadWork) -> Document:
        now, zone = work.clock.now(), work.calendar().zone
        seen = day.day_of(work, reads.resolve(work, ref))
        return {
            "companion": reads.document(seen.row, now, zone),
            "day": seen.day.isoformat(),
            "finished": seen.finished,
            "gross_fen": seen.gross_fen,
            "earned_fen": seen.earned_fen,
            "moments": [{"at": _at(each.at, zone), "text": each.text} for each in seen.moments],
            "promises": [
                {
                    "order": each.order,
                    "customer": each.customer,
                    "start_at": _at(each.start_at, zone),
                    "minutes": each.minutes,
                }
                for each in seen.promises
            ],
        }

    answer(read(look), as_json, _show_day)


def _change(
    work: UnitOfWork,
    companion_id: int,
    week: str | None,
    day: str | None,
    hours: str | None,
    reason: str,
) -> None:
    from crm_tui.services.companions import schedule_actions as actions
    from crm_tui.services.companions.schedule_rules import DayHours
    from crm_tui.services.companions.schedule_words import read_hours, read_week

    if week is not None:
        actions.set_hours(work, companion_id, read_week(week))
    if day is None or hours is None:
        return
    which = _day(work, day)
    if hours.strip().casefold() == WEEK_AGAIN:
        actions.clear_day(work, companion_id, which)
    else:
        starts, ends = read_hours(hours) or (None, None)
        actions.set_day(work, companion_id, DayHours(which, starts, ends, reason))


def _day(work: ReadWork, text: str) -> date:
    """The date that ``text`` means, by the local calendar. Raises :class:`Invalid`."""
    from crm_tui.services.filters import times

    today = work.calendar().local(work.clock.now()).date()
    try:
        found: date = times.days(text.strip().casefold(), today).first
    except (ValueError, OverflowError):
        expected = _("such as 2026-09-21, tomorrow or +3d")
        raise Invalid(field=_("Day"), value=text, expected=expected) from None
    return found


def _schedule(work: ReadWork, companion_id: int) -> Document:
    from crm_tui.services.companions import reads, schedule
    from crm_tui.services.companions.schedule_words import week_in_words

    row = reads.one(work, companion_id)
    now, calendar = work.clock.now(), work.calendar(row.store_id)
    today = calendar.local(now).date()
    week = schedule.week(work, companion_id)
    windows = schedule.windows(work, [companion_id], now, now + timedelta(days=7))
    return {
        "companion": {"id": row.id, "no": row.no, "nick": row.nick},
        "week": week_in_words(week),
        "hours": [
            {"weekday": each.weekday + 1, "starts_minutes": each.starts, "ends_minutes": each.ends}
            for each in week
        ],
        "days": [
            _day_document(each)
            for each in schedule.days(work, companion_id, today, today + SHOWN_DAYS)
        ],
        "windows": [
            {"starts_at": _at(begin, calendar.zone), "ends_at": _at(end, calendar.zone)}
            for begin, end in windows[companion_id]
        ]
        if companion_id in windows
        else None,
    }


def _day_document(other: DayHours) -> Document:
    from crm_tui.services.companions.schedule_words import hours_in_words

    return {
        "day": other.day.isoformat(),
        "off": other.off,
        "hours": hours_in_words(other.starts, other.ends),
        "starts_minutes": other.starts,
        "ends_minutes": other.ends,
        "reason": other.reason,
    }


def _credit(work: ReadWork, companion_id: int) -> Document:
    from crm_tui.services.companions import credit, reads

    row, zone = reads.one(work, companion_id), work.calendar().zone
    return {
        "companion": {"id": row.id, "no": row.no, "nick": row.nick, "credit": row.credit},
        "entries": [_entry(each, zone) for each in credit.entries(work, companion_id)],
    }


def _entry(entry: CreditRow, zone: tzinfo) -> Document:
    return {
        "at": _at(entry.at, zone),
        "cause": entry.cause.value,
        "points": entry.points,
        "order": entry.order,
        "note": entry.note,
        "rule_version": entry.rule_version,
    }


def _at(instant: datetime, zone: tzinfo) -> str:
    return instant.astimezone(zone).isoformat()


def _show_schedule(document: Document) -> None:
    companion = document["companion"]
    week = document["week"] or _("whenever idle")
    line(f"{companion['no']} {companion['nick']}: {week}")
    rows = [(each["day"], each["hours"], each["reason"]) for each in document["days"]]
    if rows:
        table((_("Day"), _("Works"), _("Reason")), rows, empty="")


def _show_credit(document: Document) -> None:
    from crm_tui.core.words import CreditCause

    companion = document["companion"]
    line(f"{companion['no']} {companion['nick']}: {companion['credit']}")
    rows = [
        (
            each["at"][:16].replace("T", " "),
            f"{each['points']:+d}",
            CreditCause(each["cause"]).label,
            each["order"],
            each["note"],
        )
        for each in document["entries"]
    ]
    columns = (_("When"), _("Points"), _("Why"), _("Order"), _("Note"))
    table(columns, rows, empty=_("Nothing has moved it yet."))


def _show_day(document: Document) -> None:
    companion: dict[str, Any] = document["companion"]
    facts = _("{finished} finished, ¥{earned} of ¥{gross} earned").format(
        finished=document["finished"],
        earned=yuan(document["earned_fen"]),
        gross=yuan(document["gross_fen"]),
    )
    line(f"{companion['no']} {companion['nick']}, {document['day']}: {facts}")
    for each in (*document["moments"], *document["promises"]):
        at = each.get("at") or each["start_at"]
        line(f"{at[11:16]}  {each.get('text') or each['order'] + '  ' + each['customer']}")
