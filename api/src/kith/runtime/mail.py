"""Mail: one letter at a time, to the server that the settings name."""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from kith.runtime.settings import Settings

SECONDS = 20.0


class NotSent(Exception):
    """A letter could not be sent; the message says why, without the letter."""


def send(settings: Settings, to: str, subject: str, text: str) -> None:
    """Send a letter, which takes as long as the server does. Raises NotSent."""
    if settings.mail_server is None:
        raise NotSent("KITH_MAIL_SERVER is not set.")
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = sender(settings), to, subject
    letter["Date"], letter["Message-ID"] = formatdate(), make_msgid(domain=_host(settings))
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(text)
    try:
        with _connect(settings.mail_server) as server:
            server.send_message(letter)
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(f"The mail server refused or did not answer ({type(error).__name__}: {error}).") from error


def sender(settings: Settings) -> str:
    """Return the address that mail comes from."""
    return settings.mail_from or f"kith@{_host(settings)}"


def _host(settings: Settings) -> str:
    return urlsplit(settings.issuer).hostname or "localhost"


def _connect(url: str) -> smtplib.SMTP:
    """Return a connection that is encrypted, unless it does not leave this machine."""
    parts, context = urlsplit(url), ssl.create_default_context()
    host = parts.hostname or ""
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, parts.port or 587, timeout=SECONDS)
        if not _is_here(host):
            server.starttls(context=context)
    if parts.username:
        server.login(unquote(parts.username), unquote(parts.password or ""))
    return server


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
