"""The parts of a mail: its own words, and the mails that it carries for others."""

import re
from base64 import b64decode
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes
from email.message import Message
from email.policy import compat32

from kith.connectors.html import CHARACTERS, html_text
from kith.connectors.mail.charsets import decoded
from kith.connectors.mail.headers import Headers, charset_of
from kith.connectors.mail.texts import new_text

_RULE = re.compile(r"^-{30}\s*$|^-{70}\s*$|^(?:_{60,}\s*\n)+", re.MULTILINE)
#: Heads that are set in, as those of Yahoo's digests.
_SET_IN = re.compile(r"^ {1,4}(?=(?:from|date|to|subject|message-id|reply-to):)", re.MULTILINE | re.IGNORECASE)
_INNER_HEAD = re.compile(r"(?:[!-9;-~]+:[^\n]*\n(?:[ \t][^\n]*\n)*){2,}(?=\s*\n|$)")
_NUMBER = re.compile(r"\A(?:Message: *\d+ *\n)")


def body(message: "Message[str, str]") -> tuple[str, int]:
    """Return the plain text, or where there is none that of the HTML, and how many characters of the HTML are too much.

    Attached mails and files are left out.
    """
    plain: list[str] = []
    html: list[str] = []
    for part in _leaves(message):
        if part.get_content_type() in ("text/plain", "text/html") and part.get_content_disposition() != "attachment":
            (plain if part.get_content_type() == "text/plain" else html).append(_payload(part))
    text = "\n".join(plain)
    if text.strip():
        return text, 0
    markup = "\n".join(html)
    return html_text(markup), max(0, len(markup) - CHARACTERS)


def carried(message: "Message[str, str]", *, is_lists: bool, key: str) -> list[bytes]:
    """Return the mails that this one only carries: those of a digest, or the one that a list or a filter wrapped.

    is_lists: whether the list itself sends it; a mail that a human attached is no act of its author here.
    """
    digest = [
        inner for part in message.walk() if part.get_content_type() == "multipart/digest" for inner in _mails(part)
    ]
    if digest:
        return [inner.as_bytes() for inner in digest]
    attached = list(_mails(message))
    if len(attached) > 1 and is_lists and "digest" in Headers(message).words("subject").lower():
        return [inner.as_bytes() for inner in attached]
    if len(attached) == 1 and (is_lists or key in Headers(attached[0]).ids("message-id")):
        own = new_text(body(message)[0])
        return (
            [attached[0].as_bytes()] if (is_lists and not own) or key in Headers(attached[0]).ids("message-id") else []
        )
    return _written_out(message) if is_lists and message.get_content_maintype() in ("text", "multipart") else []


def _leaves(message: "Message[str, str]") -> Iterator["Message[str, str]"]:
    """Yield the parts in order, without those of attached mails."""
    parts = deque([message])
    while parts:
        part = parts.popleft()
        if not part.is_multipart():
            yield part
        elif part.get_content_maintype() == "multipart":
            parts.extendleft([child for child in part.get_payload() if isinstance(child, Message)][::-1])


def _mails(message: "Message[str, str]") -> Iterator["Message[str, str]"]:
    """Yield the mails that are attached, not those attached to them."""
    parts = deque([message])
    while parts:
        part = parts.popleft()
        children = [child for child in part.get_payload() if isinstance(child, Message)] if part.is_multipart() else []
        if part.get_content_maintype() == "message":
            yield from (_unpacked(child, str(part.get("content-transfer-encoding", ""))) for child in children)
        else:
            parts.extendleft(reversed(children))


def _unpacked(inner: "Message[str, str]", encoding: str) -> "Message[str, str]":
    """Return an attached mail, also where it is packed, as the standard does not allow."""
    packed = inner.get_payload()
    if encoding.strip().lower() != "base64" or inner.keys() or not isinstance(packed, str):
        return inner
    with suppress(ValueError):
        return message_from_bytes(b64decode(packed), policy=compat32)
    return inner


def _written_out(message: "Message[str, str]") -> list[bytes]:
    """Return the mails of a digest in plain text (RFC 1153): each after a rule of dashes, with headers of its own."""
    text = "\n".join(_payload(part) for part in _leaves(message) if part.get_content_type() == "text/plain")
    pieces = (_head_set_out(_NUMBER.sub("", piece.strip("\n") + "\n")) for piece in _RULE.split(text)[1:])
    found = [piece for piece in pieces if (head := _INNER_HEAD.match(piece)) and _has_author(head[0])]
    return [b"Content-Type: text/plain; charset=utf-8\n" + _without_type(piece).encode() for piece in found]


def _head_set_out(piece: str) -> str:
    head, blank, text = piece.partition("\n\n")
    return _SET_IN.sub("", head) + blank + text


def _has_author(head: str) -> bool:
    names = {line.partition(":")[0].lower() for line in head.splitlines()}
    return "from" in names and bool(names & {"date", "message-id"})


def _without_type(piece: str) -> str:
    head, blank, text = piece.partition("\n\n")
    head = re.sub(
        r"^(?:content-[\w-]+|mime-version):.*\n(?:[ \t].*\n)*", "", head + "\n", flags=re.IGNORECASE | re.MULTILINE
    )
    return head.rstrip("\n") + (blank or "\n\n") + text


def _payload(part: "Message[str, str]") -> str:
    data = part.get_payload(decode=True)
    return decoded(data, charset_of(part)).replace("\r\n", "\n") if isinstance(data, bytes) else ""
