"""Letters over TLS: only to a server that proves who it is, and what is said where it can't."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crm_tui.services.figures.mailing import PASSWORD, TRUSTED, Letter, MailServer, Unsent, send
from tests.mail_server import CERTIFICATE, Mailbox, mail_server

LETTER = Letter(
    "<1@studio.cn>",
    datetime(2026, 9, 21, tzinfo=UTC),
    ["boss@studio.cn"],
    "每日",
    "",
    "a.xlsx",
    b"",
)
WAYS = pytest.mark.parametrize("tls", ["starttls", "tls"])


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD, "geheim")


def _server(box: Mailbox, tls: str, host: str = "127.0.0.1") -> MailServer:
    return MailServer(host, box.port, tls, "crm", "crm@studio.cn")


@WAYS
def test_a_letter_and_the_password_go_encrypted(tls: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TRUSTED, str(CERTIFICATE))
    with mail_server(tls) as box:
        assert send(_server(box, tls), LETTER) == []
    assert (box.encrypted, box.log_ins) == ([True], [("crm", "geheim")])


@WAYS
@pytest.mark.parametrize(
    ("trusted", "host", "why"),
    [(False, "127.0.0.1", "self-signed certificate"), (True, "localhost", "Hostname mismatch")],
)
def test_whoever_can_not_prove_who_they_are_gets_nothing(
    tls: str, trusted: bool, host: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if trusted:
        monkeypatch.setenv(TRUSTED, str(CERTIFICATE))
    else:
        monkeypatch.delenv(TRUSTED, raising=False)
    with mail_server(tls) as box, pytest.raises(Unsent) as told:
        send(_server(box, tls, host), LETTER)
    said = told.value.message()
    assert "certificate is not trusted" in said and why in said and TRUSTED in said
    assert box.letters == [] == box.log_ins, "nor the password"


@WAYS
def test_a_server_without_tls_is_told_apart(tls: str) -> None:
    with mail_server() as box, pytest.raises(Unsent, match="TLS") as told:
        send(_server(box, tls), LETTER)
    assert "_ssl.c" not in told.value.message() and box.log_ins == []


def test_a_port_where_nobody_listens_is_told_of_in_words() -> None:
    with mail_server() as box:
        pass
    server = _server(box, "none")
    with pytest.raises(Unsent) as told:
        send(server, LETTER)
    where = f"{server.host}:{server.port}"
    assert told.value.facts["why"] == f"{where} can’t be reached (Connection refused)."


def test_a_password_goes_to_no_other_machine_in_the_open() -> None:
    with mail_server(address="127.0.0.2") as box, pytest.raises(Unsent, match="without TLS"):
        send(_server(box, "none", "127.0.0.2"), LETTER)
    assert box.log_ins == []
