"""E-mail over SMTP: what the studio's settings say, with a password from the environment only."""

from __future__ import annotations

import os
import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from crm_tui.core.errors import CrmError, Invalid, os_reason
from crm_tui.core.language import N_, _
from crm_tui.core.settings.values import address
from crm_tui.core.text import clean, clean_lines
from crm_tui.storage.store import ReadWork

PASSWORD = "CRM_TUI_SMTP_PASSWORD"
"""The variable that holds the password: it is stored nowhere, logged nowhere, shown nowhere."""
TRUSTED = "SSL_CERT_FILE"
"""The variable that names a file of certificates, such as a company's own authority."""
TIMEOUT_SECONDS = 20
EXCEL = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")


class Unsent(CrmError):
    """The e-mail was not taken; ``why`` says what the server or the network said."""

    code = "unsent"
    template = N_("The e-mail was not sent: {why}")


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where e-mail is handed in. ``tls``: ``starttls``, ``tls`` from the beginning, or ``none``."""

    host: str
    port: int
    tls: str
    user: str
    sender: str


@dataclass(frozen=True, slots=True)
class Letter:
    """An e-mail with one file. The same ``message_id`` is the same letter: mail programs show one
    that reaches them twice once."""

    message_id: str
    at: datetime
    recipients: Sequence[str]
    subject: str
    body: str
    file_name: str
    content: bytes


def mail_server(work: ReadWork) -> MailServer:
    """As the settings say. Raises :class:`Unsent` where there is no host or sender yet."""
    keys = ("host", "port", "tls", "user", "sender")
    server = MailServer(*(work.setting(f"mail.{key}") for key in keys))
    if not server.host or not server.sender:
        raise Unsent(why=_("the settings mail.host and mail.sender are empty."))
    return server


def checked_address(text: str) -> str:
    """An e-mail address as servers take it. Raises :class:`Invalid`."""
    try:
        return address(text)
    except ValueError:
        expected = _("an address such as boss@example.com")
        raise Invalid(field="mail", value=text, expected=expected) from None


def send(server: MailServer, letter: Letter) -> list[str]:
    """Hand the letter in; answers the recipients whom the server refused, while it took the others.

    Raises :class:`Unsent` where it took nobody, could not be reached or could not prove who it is;
    never with the password in it. A password goes over TLS only, or to this machine itself. Trusted
    are the certificates that the system trusts, or those of the file in :data:`TRUSTED`.
    """
    try:
        with _connected(server) as smtp:
            refused = smtp.send_message(_message(server, letter))
    except smtplib.SMTPResponseException as error:
        raise Unsent(why=f"{error.smtp_code} {_text(error.smtp_error)}") from None
    except smtplib.SMTPRecipientsRefused as error:
        said = (f"{who}: {code} {_text(why)}" for who, (code, why) in error.recipients.items())
        raise Unsent(why="; ".join(said)) from None
    except ssl.SSLCertVerificationError as error:
        told = _(
            "its certificate is not trusted: {reason}. {name} may name a file of trusted ones."
        )
        raise Unsent(why=told.format(reason=error.verify_message, name=TRUSTED)) from None
    except ssl.SSLError as error:
        told = _("it does not speak TLS as mail.tls and mail.port say ({reason}).")
        raise Unsent(why=told.format(reason=error.reason)) from None
    except smtplib.SMTPException as error:
        raise Unsent(why=str(error)) from None
    except OSError as error:
        told = _("{host}:{port} can’t be reached ({reason}).")
        why = told.format(host=server.host, port=server.port, reason=os_reason(error))
        raise Unsent(why=why) from None
    return sorted(refused)


def _connected(server: MailServer) -> smtplib.SMTP:
    """A connection over which one may send."""
    context = ssl.create_default_context()
    if server.tls == "tls":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=TIMEOUT_SECONDS, context=context
        )
    else:
        smtp = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
    try:
        if server.tls == "starttls":
            smtp.starttls(context=context)
        if server.user:
            _log_in(smtp, server)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _log_in(smtp: smtplib.SMTP, server: MailServer) -> None:
    password = os.environ.get(PASSWORD, "")
    if not password:
        raise Unsent(why=_("{name} holds no password.").format(name=PASSWORD))
    if server.tls == "none" and server.host not in ("localhost", "127.0.0.1", "::1"):
        raise Unsent(why=_("without TLS no password is sent; set mail.tls to starttls or tls."))
    smtp.login(server.user, password)


def _message(server: MailServer, letter: Letter) -> EmailMessage:
    message = EmailMessage()
    message["From"] = server.sender
    message["To"] = ", ".join(letter.recipients)
    message["Subject"] = clean(letter.subject)
    message["Date"] = format_datetime(letter.at)
    message["Message-ID"] = letter.message_id
    message.set_content(clean_lines(letter.body))
    maintype, subtype = EXCEL
    message.add_attachment(
        letter.content, maintype=maintype, subtype=subtype, filename=letter.file_name
    )
    return message


def _text(said: bytes | str) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said
