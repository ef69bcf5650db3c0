"""A bill held against the books: each line once, four lists, nothing matched silently."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, func, insert, select

from crm_tui.core.errors import Conflict, NotFound, Refused
from crm_tui.core.words import Account, BillLineKind, OrderStatus, PayChannel, PaymentKind
from crm_tui.models import MAIN_STORE, Event, Payment
from crm_tui.models.bills import BillLine
from crm_tui.models.ledger import LedgerBalance
from crm_tui.services.money.balances import replay_differences
from crm_tui.services.money.bills import actions, deciding, reads
from crm_tui.services.money.bills.drafts import Overtaken, Steps
from crm_tui.services.money.bills.reading import open_bill
from crm_tui.services.money.bills.storing import Keys
from crm_tui.services.money.bills.taking import Taken
from crm_tui.storage.store import ReadWork, Store
from tests import bills
from tests.desk import MANAGER, Desk, open_desk

LISTS = ("matched", "only_in_bill", "only_in_books", "differing")
NOON = datetime(2026, 9, 3, 4, tzinfo=UTC)
"""12:00 in Shanghai."""


@pytest.fixture
def desk(store: Store, clock: Any) -> Desk:
    return open_desk(store, clock)


@pytest.fixture
def book(desk: Desk) -> Callable[..., int]:
    """Books a payment straight into the table; answers its id."""

    def add(
        amount_fen: int,
        ref: str | None = None,
        at: datetime = NOON,
        kind: PaymentKind = PaymentKind.PAYMENT,
        no: str | None = None,
        channel: PayChannel = PayChannel.WECHAT,
    ) -> int:
        with desk.store.write(MANAGER) as work:
            made: Any = insert(Payment).returning(col(Payment.id))
            values = {
                "store_id": MAIN_STORE,
                "order_id": desk.row(no).id if no else None,
                "customer_id": desk.customer,
                "kind": kind,
                "channel": channel,
                "amount_fen": amount_fen,
                "external_ref": ref,
                "paid_at": at,
                "taken_by": "li",
            }
            return int(work.session.connection().execute(made, values).scalar_one())

    return add


def run(desk: Desk, path: Path, **more: Any) -> dict[str, Any]:
    """The document, and a check that holds for every one."""
    done = actions.reconcile(desk.store, MANAGER, path, **more)
    with desk.store.read() as work:
        told = reads.document(work, done)
    counts = told["bill"]
    parts = ("payments", "refunds", "neutral", "rejected")
    assert counts["lines"] == sum(counts[name] for name in parts)
    return told


def sizes(told: dict[str, Any]) -> tuple[int, ...]:
    return tuple(len(told[name]) for name in LISTS)


def stored(desk: Desk) -> int:
    with desk.store.read() as work:
        of_data = select(func.count()).where(BillLine.kind != BillLineKind.FEE)
        return int(work.session.exec(of_data).one())


def test_the_four_lists_and_the_same_again(
    desk: Desk, book: Callable[..., int], tmp_path: Path
) -> None:
    no = desk.order()
    by_ref = book(6000, "4200001800000000000000000001")
    by_own = book(6000, "pay00000002")
    by_order = book(6000, no=no)
    other_amount = book(5900, "4200001800000000000000000004")
    given_back = book(2000, kind=PaymentKind.REFUND, ref="back0000001")
    nowhere = book(700, "4200001800000000000000000099", NOON + timedelta(days=1))
    day = {"交易时间": "2026-09-03 12:00:30"}
    path = bills.save(
        tmp_path / "bill.csv",
        bills.wechat_merchant(
            [
                bills.wechat_payment(1, **day),
                bills.wechat_payment(2, **day),
                bills.wechat_payment(3, 商户订单号=no, **day),
                bills.wechat_payment(4, **day),
                bills.wechat_payment(5, "33.00", 交易时间="2026-09-04 09:00:00"),
                bills.wechat_refund(1, **day),
            ]
        ),
    )

    tried: dict[str, Any] = {}
    with pytest.raises(ZeroDivisionError), desk.store.write(MANAGER) as work:
        tried = reads.document(work, actions.try_reconcile(work, path))
        _nothing_is_kept = 1 // 0
    assert (sizes(tried), stored(desk)) == ((4, 1, 1, 1), 0)
    told = run(desk, path)

    assert told["totals"]["agree"]
    matched = {row["payment"]: (row["confidence"], row["how"]) for row in told["matched"]}
    assert matched == {
        by_ref: (1.0, "number"),
        by_own: (1.0, "number"),
        by_order: (0.95, "order"),
        given_back: (1.0, "number"),
    }
    (differing,) = told["differing"]
    assert (differing["payment"], differing["difference_fen"]) == (other_amount, 100)
    assert [row["line"] for row in told["only_in_bill"]] == [6]
    assert [row["payment"] for row in told["only_in_books"]] == [nowhere]
    with desk.store.read() as work:
        refund = work.session.get(Payment, given_back)
        assert refund is not None
        assert refund.refund_of_id == by_ref, "the bill says which payment it gives back"

    before = stored(desk)
    again = run(desk, path)
    assert [again[name] for name in LISTS] == [told[name] for name in LISTS]
    assert stored(desk) == before == 6


def test_the_same_lines_in_other_files_and_forms_are_stored_once(
    desk: Desk, tmp_path: Path
) -> None:
    lines = [bills.wechat_payment(1), bills.wechat_payment(2), bills.wechat_refund(1)]
    run(desk, bills.save(tmp_path / "all.csv", bills.wechat_merchant(lines)))
    longer = [*lines, bills.wechat_payment(3)]
    run(desk, bills.save(tmp_path / "longer.csv", bills.wechat_merchant(longer)))
    success = bills.wechat_merchant(lines[:2], bills.WECHAT_SUCCESS)
    run(desk, bills.save(tmp_path / "success.csv", success))
    refunds = bills.wechat_merchant([lines[2]], bills.WECHAT_REFUND)
    run(desk, bills.save(tmp_path / "refund.csv", refunds))
    assert stored(desk) == 4

    alike = bills.personal_line("2026-09-03 20:11:00", "收入", "60.00", "1")
    rows = bills.wechat_personal_rows([alike, alike])
    run(desk, bills.save_csv(tmp_path / "personal.csv", rows))
    run(desk, bills.save_xlsx(tmp_path / "personal.xlsx", rows))
    assert stored(desk) == 6, "two lines that say the same are two, in every file"


def test_both_bills_of_alipay_tell_of_the_same_lines(desk: Desk, tmp_path: Path) -> None:
    """A payment, its refund and its fee are one line each, whichever bill is read first."""
    trades = [
        bills.alipay_trade_line(1, **{"服务费（元）": "-0.36"}),
        bills.alipay_trade_line(1, "-20.00", **{"服务费（元）": "0.12"}),
        bills.alipay_trade_line(2, "90.00", **{"服务费（元）": "-0.54"}),
    ]
    fee, back = {"业务类型": "收费"}, {"业务类型": "退费"}
    named = fee | {"备注": "服务费[20260901220014" + f"{2:014d}]", "业务流水号": "7"}
    moves = [
        bills.alipay_account_line(1, "60.00"),
        bills.alipay_account_line(1, outgo="0.36", **fee),
        bills.alipay_account_line(1, outgo="20.00"),
        bills.alipay_account_line(1, "0.12", **back),
        bills.alipay_account_line(2, "90.00"),
        bills.alipay_account_line(2, outgo="0.54", **named),
    ]

    def trade(name: str, lines: list[bills.Cells]) -> list[int]:
        path = bills.save(tmp_path / name, bills.alipay_trade(lines), "gb18030")
        return [row["amount_fen"] for row in run(desk, path)["fees"]]

    assert trade("first.csv", trades[:2]) == [-36, 12]
    assert stored(desk) == 2
    account = bills.save(tmp_path / "moves.csv", bills.alipay_account(moves), "gb18030")
    assert [row["amount_fen"] for row in run(desk, account)["fees"]] == [-36, 12, -54]
    assert stored(desk) == 3
    assert trade("all.csv", trades) == [-36, 12, -54]
    assert stored(desk) == 3


def test_refunds_that_an_earlier_release_stored_are_known_again(desk: Desk, tmp_path: Path) -> None:
    """It knew refunds of Alipay's merchants by their own numbers, not by the payment and the day;
    two of a day are two, in whichever way they lie there."""
    trades = [bills.alipay_trade_line(1)]
    trades += [
        bills.alipay_trade_line(1, "-20.00", **{"退款批次号/请求号": f"back{number}"})
        for number in (1, 2)
    ]
    path = bills.save(tmp_path / "trade.csv", bills.alipay_trade(trades), "gb18030")
    told = run(desk, path)
    with desk.store.write(MANAGER) as work:
        of_refunds = select(BillLine).where(BillLine.kind == BillLineKind.REFUND)
        for line in work.session.exec(of_refunds):
            says = ("refund", line.outside_no, line.merchant_no, line.refund_of, "-2000")
            sign = hashlib.blake2b("\x1f".join(says).encode(), digest_size=16).hexdigest()
            line.line_key = f"{line.outside_no}-{sign}"

    again = run(desk, path)

    assert stored(desk) == 3
    assert [again[name] for name in LISTS] == [told[name] for name in LISTS]


def test_without_a_number_amount_time_and_payer_decide(
    desk: Desk, book: Callable[..., int], tmp_path: Path
) -> None:
    sure = book(6000, at=NOON + timedelta(minutes=20))
    twins = {book(8000, at=NOON + timedelta(minutes=minute)) for minute in (1, 2)}
    lines = [
        bills.personal_line("2026-09-03 12:00:00", "收入", "60.00", "1", 交易对方="小鱼干12"),
        bills.personal_line("2026-09-03 12:00:00", "收入", "80.00", "2", 交易对方="小鱼干12"),
        bills.personal_line("2026-09-03 12:00:00", "收入", "61.00", "3", 交易对方="小鱼干12"),
    ]
    rows = bills.wechat_personal_rows(lines)

    told = run(desk, bills.save_csv(tmp_path / "personal.csv", rows))

    (matched,) = told["matched"]
    assert (matched["payment"], matched["how"]) == (sure, "likely")
    assert 0.7 <= matched["confidence"] <= 0.9
    doubtful, unknown = told["only_in_bill"]
    assert doubtful["proposed"]["payment"] in twins
    assert doubtful["proposed"]["confidence"] < 0.7
    assert "proposed" not in unknown
    assert {row["payment"] for row in told["only_in_books"]} == twins


def test_what_a_person_decides_while_a_bill_is_read_again_stays(
    desk: Desk, book: Callable[..., int], tmp_path: Path
) -> None:
    desk.actor = MANAGER
    late = book(8000, at=NOON + timedelta(hours=9))
    line = bills.personal_line("2026-09-03 12:00:00", "收入", "80.00", "2", 交易对方="小鱼干12")
    path = bills.save_csv(tmp_path / "personal.csv", bills.wechat_personal_rows([line]))
    (doubtful,) = run(desk, path)["only_in_bill"]
    assert doubtful["proposed"]["payment"] == late

    def decide(_done: int, _of: int | None) -> bool:
        desk.do(deciding.accept, doubtful["id"])
        return True

    (matched,) = run(desk, path, progress=decide)["matched"]
    assert (matched["payment"], matched["how"]) == (late, "person")


def test_a_bill_is_told_in_the_log_and_others_work_meanwhile(desk: Desk, tmp_path: Path) -> None:
    path = bills.save(tmp_path / "bill.csv", bills.wechat_merchant([bills.wechat_payment(1)]))
    heard: list[tuple[int, int | None]] = []

    def progress(done: int, of: int | None) -> bool:
        heard.append((done, of))
        desk.order()  # another console writes between two portions
        return True

    run(desk, path, progress=progress)

    assert heard == [(1, 4)]
    with desk.store.read() as work:
        kinds = work.session.exec(select(Event.kind).where(Event.entity == "bill_file")).all()
    assert list(kinds) == ["bill.reconciled"]


def test_what_is_only_in_the_bill_is_booked_accepted_ignored_and_opened_again(
    desk: Desk, book: Callable[..., int], tmp_path: Path
) -> None:
    no = desk.order_in(OrderStatus.UNPAID)
    owed = desk.row(no).amount_fen
    twins = [book(8000, at=NOON + timedelta(minutes=minute)) for minute in (1, 2)]
    day = {"交易时间": "2026-09-03 12:00:30"}
    lines = [
        bills.wechat_payment(1, f"{owed / 100:.2f}", 商户订单号=no, **day),
        bills.wechat_refund(1, "5.00", **day),
        bills.wechat_payment(2, "33.00", **day),
        bills.wechat_payment(3, "80.00", **day),
        bills.wechat_payment(4, "12.00", **day),
    ]
    path = bills.save(tmp_path / "bill.csv", bills.wechat_merchant(lines))
    rows = {row["line"]: row for row in run(desk, path)["only_in_bill"]}
    ids = {number: row["id"] for number, row in rows.items()}
    assert sorted(ids) == [2, 3, 4, 5, 6]
    with pytest.raises(Refused):
        desk.do(deciding.book, ids[2])  # a dispatcher
    desk.actor = MANAGER

    assert desk.do(deciding.book, ids[2]) == no
    assert desk.do(deciding.book, ids[3]) == no, "it gives back the payment that was just booked"
    assert desk.do(deciding.book, ids[4]) is None
    desk.do(deciding.accept, ids[5])
    desk.do(deciding.ignore, [ids[6]], "a friend of the owner")

    assert desk.row(no).status is OrderStatus.COMPLETED
    assert balance_of(desk, Account.SUSPENSE) == -3300
    told = run(desk, path)
    assert sizes(told) == (4, 0, 1, 0)
    assert {row["payment"] for row in told["matched"]} >= {rows[5]["proposed"]["payment"]}
    assert told["only_in_books"][0]["payment"] in twins
    for decision, line_id in ((deciding.book, ids[4]), (deciding.accept, ids[5])):
        with pytest.raises(Conflict):
            desk.do(decision, line_id)

    desk.do(deciding.reopen, ids[4])
    with pytest.raises(Refused, match="nothing was decided"):
        desk.do(deciding.reopen, ids[4])
    assert balance_of(desk, Account.SUSPENSE) == 0
    assert desk.do(deciding.book, ids[4]) is None, "it can be decided anew"
    assert balance_of(desk, Account.SUSPENSE) == -3300
    with pytest.raises(Refused, match="give the payment back"):
        desk.do(deciding.reopen, ids[2])


def balance_of(desk: Desk, account: Account) -> int:
    with desk.store.read() as work:
        of_account = select(func.coalesce(func.sum(LedgerBalance.balance_fen), 0)).where(
            LedgerBalance.account == account
        )
        return int(work.session.exec(of_account).one())


def test_fees_are_a_line_a_day_booked_and_taken_back(desk: Desk, tmp_path: Path) -> None:
    desk.actor = MANAGER
    day = {"交易时间": "2026-09-03 12:00:30"}
    lines = [
        bills.wechat_payment(1, "60.90", **day),
        bills.wechat_refund(1, "20.00", **day),
        bills.wechat_payment(2, "100.00", 交易时间="2026-09-04 23:59:59"),
    ]
    path = bills.save(tmp_path / "bill.csv", bills.wechat_merchant(lines))
    success = bills.wechat_merchant([lines[0], lines[2]], bills.WECHAT_SUCCESS)

    first = run(desk, path)["fees"]
    assert [(row["at"][:10], row["amount_fen"], row["state"]) for row in first] == [
        ("2026-09-03", -25, "open"),
        ("2026-09-04", -60, "open"),
    ]
    assert run(desk, bills.save(tmp_path / "success.csv", success))["fees"] == first, "once"
    with pytest.raises(Refused, match="fees"):
        desk.do(deciding.accept, first[0]["id"], 1)

    for row in first:
        assert desk.do(deciding.book, row["id"]) is None
    assert (balance_of(desk, Account.FEES), balance_of(desk, Account.CHANNEL)) == (85, -85)
    desk.do(deciding.reopen, first[1]["id"])
    desk.do(deciding.ignore, [first[1]["id"]], "paid by the bank")
    assert balance_of(desk, Account.FEES) == 25
    told = run(desk, path)["fees"]
    assert [(row["id"], row["state"]) for row in told] == [(first[0]["id"], "booked")]
    with desk.store.read() as work:
        assert replay_differences(work) == []


def test_what_somebody_stored_since_it_was_looked_up_is_looked_up_again(
    desk: Desk, tmp_path: Path
) -> None:
    lines = [bills.wechat_payment(number) for number in range(3)]
    path = bills.save(tmp_path / "bill.csv", bills.wechat_merchant(lines))
    bill, looks = open_bill(path), 0

    def look(step: Callable[[ReadWork], Any]) -> Any:
        nonlocal looks
        looks += 1
        with desk.store.read() as work:
            seen = step(work)
        if looks == 1:
            run(desk, path)
        return seen

    steps = Steps(look, lambda step: desk.store.perform(MANAGER, step, steady=True))
    taken = Taken().take(steps, bill, Keys(bill.form), bill.lines())

    assert (looks, stored(desk)) == (2, 3)
    with desk.store.read() as work:
        payments = [row for row in reads.open_lines(work, 9) if row.kind is BillLineKind.PAYMENT]
    assert {one.id for one in taken} == {row.id for row in payments}


def test_an_unfinished_bill_is_seen_by_nobody(desk: Desk, tmp_path: Path) -> None:
    lines = [bills.wechat_payment(number) for number in range(4)]
    path = bills.save(tmp_path / "bill.csv", bills.wechat_merchant(lines))
    longer = bills.wechat_merchant([*lines, bills.wechat_payment(5)])
    longer_path = bills.save(tmp_path / "longer.csv", longer)

    def overtake(_done: int, _of: int | None) -> bool:
        with desk.store.read() as work:
            assert reads.open_lines(work, 10) == []
            line_id = work.session.exec(select(func.min(BillLine.id))).one()
            assert line_id is not None
        with pytest.raises(NotFound), desk.store.write(MANAGER) as work:
            deciding.ignore(work, [line_id], "why")
        assert sizes(run(desk, longer_path)) == (0, 5, 0, 0)
        return True

    with pytest.raises(Overtaken):
        run(desk, path, progress=overtake)
    assert stored(desk) == 5
    with pytest.raises(actions.ReconcilingStopped):
        other = bills.save(tmp_path / "o.csv", bills.wechat_merchant([bills.wechat_payment(9)]))
        run(desk, other, progress=lambda _done, _of: False)
    assert stored(desk) == 5, "what was stopped leaves nothing"
    assert sizes(run(desk, path)) == (0, 4, 0, 0)
