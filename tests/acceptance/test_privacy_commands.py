"""Forgetting a person, proved on the bytes of the data folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crm_tui.core.actor import Actor
from crm_tui.core.words import IdentityKind
from crm_tui.services.attachments.actions import take_in
from crm_tui.services.customers import actions
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.services.interactions import actions as interactions
from crm_tui.services.interactions.actions import NewInteraction
from crm_tui.storage.store import Store
from tests.command import assert_clear, assert_clear_json, crm

PHONE, WECHAT, NICK = "13812345678", "wxid_moonfish77", "月下捞鱼的猫88"
WHY = "asked by the person"
FORMS = [
    form.encode()
    for text in (PHONE, WECHAT, NICK)
    for form in (text, json.dumps(text)[1:-1], text.casefold())
]


@pytest.fixture
def studio(sqlite_store: Store, sqlite_url: str, actor: Actor, tmp_path: Path) -> Path:
    """A studio in a folder of its own, with a person who has left traces in it."""
    identities = {IdentityKind.PHONE: PHONE, IdentityKind.WECHAT: WECHAT}
    photo = tmp_path / "photo.bin"
    photo.write_bytes(f"{NICK} {PHONE}".encode())
    with sqlite_store.write(actor) as work:
        customer = actions.add(
            work, NewCustomer(NICK, "月儿", identities, note=f"{NICK} likes 2v2")
        )
        files = take_in(sqlite_store, [photo])
        interactions.note(work, NewInteraction(customer, f"call {PHONE}", files=files))
    sqlite_store.close()
    photo.unlink()
    database = Path(sqlite_url)
    tags = crm(database, "customers", "tag", WECHAT, "+夜猫", "--key", f"key-of-{PHONE[-4:]}")
    assert tags.code == 0, tags
    return database


def _found(folder: Path) -> set[bytes]:
    """Which of the person's traces lie in any file of ``folder``."""
    contents = [file.read_bytes() for file in folder.rglob("*") if file.is_file()]
    assert contents
    return {form for form in FORMS for content in contents if form in content}


def test_no_byte_of_an_erased_person_is_left(studio: Path) -> None:
    folder = studio.parent
    assert _found(folder) >= {PHONE.encode(), WECHAT.encode(), NICK.encode()}
    words = ("customers", "erase", WECHAT, "--reason", WHY, "--json")
    tried = crm(studio, *words, "--dry-run").document
    assert tried["dry_run"] and tried["customer"] == "C000001"
    assert PHONE.encode() in _found(folder)
    done = crm(studio, *words, "--confirm", "C000001").document
    assert (done["customer"], done["deleted"] > 3) == ("C000001", True)
    assert _found(folder) == set()
    assert crm(studio, "doctor", "--json").document["ok"] is True
    assert crm(studio, "customers", "find", NICK, "--json").document["customers"] == []


def test_each_is_asked_twice(studio: Path) -> None:
    erase = ("customers", "erase", WECHAT, "--reason", WHY)
    assert_clear(crm(studio, *erase))
    assert_clear(crm(studio, *erase, "--confirm", "C000002"))
    error = assert_clear_json(crm(studio, *erase, "--confirm", "C9", "--json"))
    assert error["code"] == "refused"
    file = studio.parent / "person.zip"
    assert_clear(crm(studio, "customers", "data", WECHAT, "--to", file, "--reason", WHY))
    assert not file.exists()
    handed = crm(
        studio, "customers", "data", WECHAT, "--to", file, "--reason", WHY,
        "--confirm", "C000001", "--json",
    ).document  # fmt: skip
    assert handed["attachments"] == 1 and file.stat().st_size > 500


def test_a_phone_is_masked_until_somebody_says_why(studio: Path) -> None:
    known = crm(studio, "customers", "show", WECHAT, "--json").document["identities"]
    assert {"kind": "phone", "value": "138****5678"} in known
    assert crm(studio, "customers", "unmask", WECHAT).code == 2
    seen = crm(studio, "customers", "unmask", WECHAT, "--reason", "call back", "--json").document
    assert {"kind": "phone", "value": PHONE} in seen["identities"]
    events = crm(studio, "events").out
    assert "customer.unmasked" in events and "call back" not in events
