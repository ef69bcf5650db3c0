"""What the 360° screen holds of its customer, and how that is read and kept up to date.

Little is read at first: the person, open orders, tasks, and the first page of what lies in the
middle. Sums over all orders follow by themselves, other sections when they are looked at, older
rows as one scrolls. What is committed elsewhere is read again: the first pages, and of the older
rows those that were touched.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from crm_tui.core.language import _
from crm_tui.core.words import Role
from crm_tui.screens import customer_page, person_facts
from crm_tui.screens import person_sections as sections
from crm_tui.screens.customer_in_hand import CustomerInHand
from crm_tui.screens.person_facts import Fact
from crm_tui.screens.person_reading import News, Opened, news, opened, page, worth
from crm_tui.screens.person_sections import MAIN, in_order
from crm_tui.widgets.pages import FIRST_PAGE, PagedSource
from crm_tui.widgets.record_table import MemorySource, RecordTable

if TYPE_CHECKING:
    from datetime import datetime

    from crm_tui.core.errors import CrmError
    from crm_tui.screens.desk import Studio
    from crm_tui.services.customers.reads import PaymentRow, Worth
    from crm_tui.services.customers.timeline import Entry, Mark
    from crm_tui.services.orders.rows import OrderRow
    from crm_tui.services.tasks.reads import TaskRow
    from crm_tui.storage.events import EventRow


class PersonData(CustomerInHand):
    """The records behind the screen. ``customer_id`` says whose, and stays whatever happens."""

    def __init__(self) -> None:
        super().__init__()
        self.customer_id: int | None = None
        self.worth: Worth | None = None
        self.main = ""
        """Which of the long sections lies in the middle."""
        self.loaded: set[str] = set()
        """The long sections whose first page was read or asked for."""
        self._stale_orders: set[int] = set()
        self._stale_contacts: set[tuple[str, int]] = set()
        self.facts: MemorySource[Fact] = MemorySource(
            key=lambda fact: fact.key, cells=person_facts.cells
        )
        self.open: MemorySource[OrderRow] = MemorySource(
            key=lambda row: row.id,
            cells=lambda row: sections.open_cells(row, self.now),
            tone=lambda row: sections.order_tone(row, self.now),
        )
        self.tasks: MemorySource[TaskRow] = MemorySource(
            key=lambda row: row.id,
            cells=lambda row: sections.task_cells(row, self.now),
            tone=lambda row: sections.task_tone(row, self.now),
        )
        self.timeline: PagedSource[Entry] = PagedSource(
            key=lambda entry: entry.mark,
            cells=lambda entry: sections.timeline_cells(entry, self.studio),
            place=lambda entry: entry.mark.place,
            ask=partial(self._asked, "timeline"),
        )
        self.orders: PagedSource[OrderRow] = PagedSource(
            key=lambda row: row.id,
            cells=lambda row: customer_page.order_cells(row, self.studio),
            tone=customer_page.order_tone,
            place=lambda row: (row.created_at, row.id),
            ask=partial(self._asked, "orders"),
        )
        self.payments: PagedSource[PaymentRow] = PagedSource(
            key=lambda row: row.id,
            cells=lambda row: sections.payment_cells(row, self.studio),
            place=lambda row: (row.paid_at, row.id),
            ask=partial(self._asked, "payments"),
        )

    @property
    def role(self) -> Role:
        """Whose eyes the screen is for."""
        return self.desk.actor.role if self.desk else Role.READ_ONLY

    @property
    def now(self) -> datetime:
        """The present instant of the store's clock."""
        assert self.desk is not None
        return self.desk.now()

    @property
    def studio(self) -> Studio | None:
        """The studio's name and calendar, once read."""
        return self.console.studio

    def table(self, section: str) -> RecordTable:
        """The table of a section."""
        return self.query_one(f"#{section}", RecordTable)

    def painted(self) -> None:
        """The headline and the headings show what is held now."""
        raise NotImplementedError

    # Reading

    def show_record(self, key: int | str) -> None:
        """Show the customer with the id ``key``; of who was shown before nothing stays."""
        if int(key) == self.customer_id:
            return
        self.customer_id = int(key)
        self.profile, self.worth = None, None
        self._stale_orders.clear()
        self._stale_contacts.clear()
        for source in (self.facts, self.open, self.tasks):
            source.replace(())
        for paged in self._paged.values():
            paged.begin((), wanted=1)
        for table in self.query(RecordTable):
            table.start_over()
        self.reload()

    @property
    def _paged(self) -> dict[str, PagedSource[Any]]:
        return {"timeline": self.timeline, "orders": self.orders, "payments": self.payments}

    def reload(self) -> None:
        if self.customer_id is None or self.desk is None:
            return
        if not self.main:
            self.main = next(name for name in in_order(self.role) if name in MAIN)
        self.loaded = {self.main}
        query = partial(opened, self.customer_id, self.main, self.role)
        self.read(query, self._show_opened, group="person")

    def _read_worth(self) -> None:
        if self.customer_id is not None:
            customer_id = self.customer_id
            self.read(
                partial(worth, customer_id),
                lambda found: self._show_worth(customer_id, found),
                group="worth",
            )

    def _show_opened(self, found: Opened) -> None:
        if self._show_person(found):
            self._paged[found.section].begin(found.page)
            self.table(found.section).reload(at_once=True)
            self.call_after_refresh(self._read_worth)

    def _show_person(self, found: Opened) -> bool:
        """Show who it is, open orders and tasks; False where the answer is of somebody else."""
        person = found.person
        if person.id != self.customer_id:
            return False
        if person.merged_into_id is not None:
            self.say(_("{no} was merged into another customer, who is shown.").format(no=person.no))
            self.show_record(person.merged_into_id)
            return False
        self.profile = person
        self._show_facts()
        self.table("open").reload(self.open.replace(found.open_orders))
        self.table("tasks").reload(self.tasks.replace(found.tasks))
        self.painted()
        self.refresh_keys()
        return True

    def _show_worth(self, customer_id: int, found: Worth) -> None:
        if customer_id == self.customer_id:
            first, self.worth = self.worth is None, found
            self._show_facts(as_changes=not first)
            self.painted()

    def _show_facts(self, *, as_changes: bool = True) -> None:
        """Show what is known; figures that were only just added up are no change."""
        if self.profile is not None:
            known = person_facts.facts(self.profile, self.worth, self.studio, self.role)
            changed = self.facts.replace(known)
            self.table("facts").reload(changed if as_changes else (), at_once=not as_changes)

    # The long sections

    def fill(self, section: str) -> None:
        """Read the first page of a section that is looked at for the first time."""
        if section in self.loaded or self.customer_id is None:
            return
        self.loaded.add(section)
        self._read_page(section, None)

    def _asked(self, section: str, last: Any) -> None:
        """While painting: the rows after ``last`` are wanted, once that is done."""
        self.call_after_refresh(self._read_page, section, last)

    def _read_page(self, section: str, last: Any) -> None:
        customer_id, source = self.customer_id, self._paged[section]
        assert customer_id is not None

        def show(rows: list[Any]) -> None:
            if customer_id == self.customer_id:
                source.begin(rows) if last is None else source.extend(rows)
                self.table(section).reload(at_once=True)
                self.painted()

        def failed(error: CrmError) -> None:
            source.asking_failed()
            self.say(error.message(), "error")

        wanted = source.wanted if last is not None else FIRST_PAGE
        query = partial(page, customer_id, section, self.role, last, wanted)
        self.read(query, show, group=f"page {section}", failed=failed)

    # What is committed, here or elsewhere

    def take(self, events: Iterable[EventRow]) -> None:
        if self.profile is None:
            self.reload()
            return
        touching = [event for event in events if self._touches(event)]
        if touching:
            self._read_news()

    def _touches(self, event: EventRow) -> bool:
        """Whether ``event`` is about this customer; notes which rows it makes stale."""
        mine = event.data.get("customer_id") == self.customer_id
        if event.entity in ("import_batch", "field_definition", "tag"):
            return True
        if event.entity == "customer":
            merged = self.profile is not None and event.data.get("other") == self.profile.no
            return merged or event.entity_id == self.customer_id
        if event.entity == "order":
            if mine or self._holds_order(event.entity_id):
                self._stale_orders.add(event.entity_id)
                return True
            return False
        if mine:
            self._stale_contacts.add((event.entity, event.entity_id))
        return mine

    def _holds_order(self, order_id: int) -> bool:
        return (
            self.orders.get(order_id) is not None
            or self.open.get(order_id) is not None
            or any(_tells_of(entry.mark, "order", order_id) for entry in self.timeline.records())
        )

    def _read_news(self) -> None:
        assert self.customer_id is not None
        stale = {("order", order_id) for order_id in self._stale_orders} | self._stale_contacts
        touched = frozenset(
            entry.mark
            for entry in self.timeline.records()
            if (entry.mark.source.name.lower(), entry.mark.id) in stale
        )
        loaded, orders = tuple(self.loaded), frozenset(self._stale_orders)
        query = partial(news, self.customer_id, self.main, loaded, orders, touched, self.role)
        self.read(query, partial(self._show_news, stale), group="person")
        self._read_worth()

    def _show_news(self, stale: set[tuple[str, int]], found: News) -> None:
        if not self._show_person(found.opened):
            return
        self._stale_orders -= {row_id for entity, row_id in stale if entity == "order"}
        self._stale_contacts -= stale
        changed = {name: self._paged[name].refresh(rows) for name, rows in found.pages.items()}
        held = [row for row in found.orders if self.orders.get(row.id) is not None]
        changed.setdefault("orders", set()).update(self.orders.upsert(held))
        gone = found.touched - {entry.mark for entry in found.entries}
        self.timeline.remove(gone)
        changed.setdefault("timeline", set()).update(self.timeline.upsert(found.entries))
        for name, keys in changed.items():
            self.table(name).reload(keys)


def _tells_of(mark: Mark, source: str, record_id: int) -> bool:
    return mark.id == record_id and mark.source.name.lower() == source
