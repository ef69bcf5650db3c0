"""A mail server on this machine for tests: it takes letters, or says what a test wants it to."""

from __future__ import annotations

import base64
import socketserver
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

CERTIFICATE = Path(__file__).parent / "fixtures/mail/certificate.pem"


@dataclass
class Mailbox:
    """What arrived, and what the server answers."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    log_ins: list[tuple[str, str]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    """Of each letter, whether it came over TLS."""
    refuses: dict[str, str] = field(default_factory=dict)
    """What is said instead to a command that begins so, such as ``MAIL`` or ``RCPT TO:<a@b>``."""


class _Talk(socketserver.StreamRequestHandler):
    """One connection."""

    server: _Server

    def setup(self) -> None:
        if self.server.tls == "tls":
            self._encrypt()
        super().setup()

    def _encrypt(self) -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(CERTIFICATE)
        self.request = context.wrap_socket(self.request, server_side=True)

    @property
    def _encrypted(self) -> bool:
        return isinstance(self.request, ssl.SSLSocket)

    def handle(self) -> None:
        self._say("220 mail.test")
        self._talk()

    def _talk(self) -> None:
        taken: list[str] = []
        for raw in self.rfile:
            said = raw.decode().strip()
            box = self.server.box
            no = next((each for each in box.refuses if said.upper().startswith(each.upper())), None)
            word = said.split(" ", 1)[0].upper()
            if no is not None:
                self._say(box.refuses[no])
            elif word == "EHLO":
                offered = self.server.tls == "starttls" and not self._encrypted
                self._say(f"250-mail.test\r\n250 {'STARTTLS' if offered else 'AUTH PLAIN'}")
            elif word == "STARTTLS":
                self._say("220 go on")
                self._encrypt()
                super().setup()
                self._talk()
                return
            elif word == "AUTH":
                _nobody, user, password = base64.b64decode(said.split()[2]).decode().split("\0")
                box.log_ins.append((user, password))
                self._say("235 welcome")
            elif word == "DATA":
                self._say("354 go on")
                box.letters.append(self._letter())
                box.recipients.append(taken)
                box.encrypted.append(self._encrypted)
                self._say("250 taken")
            elif word == "QUIT":
                self._say("221 bye")
                return
            else:
                if word == "RCPT":
                    taken.append(said.partition("<")[2].partition(">")[0])
                self._say("250 fine")

    def _letter(self) -> EmailMessage:
        lines = []
        for raw in self.rfile:
            if raw == b".\r\n":
                break
            lines.append(raw.removeprefix(b".") if raw.startswith(b"..") else raw)
        return message_from_bytes(b"".join(lines), policy=policy.default)

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    box: Mailbox
    tls: str

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever does not trust the certificate hangs up; other mistakes are said."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


@contextmanager
def mail_server(tls: str = "none", address: str = "127.0.0.1", **more: Any) -> Iterator[Mailbox]:
    """A server that listens until the test ends; ``tls`` as in :class:`.mailing.MailServer`, with
    the certificate of 127.0.0.1 that nobody trusts by themselves."""
    with _Server((address, 0), _Talk) as server:
        server.tls = tls
        server.box = Mailbox(port=server.server_address[1], **more)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        try:
            yield server.box
        finally:
            server.shutdown()
