"""Mail: one message or a mailbox of them; attachments are named, not read."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from itertools import zip_longest

from qa.documents import canonical_text
from qa.readers.content import Content, TextWriter
from qa.readers.encoding import decode_labelled
from qa.readers.html import parse, write_html
from qa.readers.titles import tidy_title

__all__ = ["read"]

# A header follows; what begins so otherwise is text.
_SEPARATOR = re.compile(rb"^From [^\n]*\n(?=[!-9;-~]+:)", re.MULTILINE)
_SHOWN = ("From", "To", "Cc", "Date")
_MAX_NAMED = 20


def read(data: bytes, path: str) -> Content:
    """Read a message, or a mailbox message by message."""
    writer = TextWriter(path)
    mailbox = path.lower().endswith(".mbox")
    title, date = None, None
    attachments: list[str] = []
    for number, raw in enumerate(_messages(data) if mailbox else [data]):
        message = email.message_from_bytes(raw, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        subject = _header(message, "Subject")
        if number == 0 and not mailbox:
            title, date = tidy_title(subject), _date(message)
        writer.heading(2 if mailbox else 1, subject)
        told = [f"{name}: {value}" for name in _SHOWN if (value := _header(message, name))]
        writer.paragraph("\n".join(told))
        _body(message, path, writer)
        attachments += _attachments(message)
    return Content(
        writer.text(),
        title,
        date,
        "header" if date else None,
        notes=(_told(attachments),) if attachments else (),
    )


def _messages(data: bytes) -> Iterator[bytes]:
    starts = [*_SEPARATOR.finditer(data)]
    for match, following in zip_longest(starts, starts[1:]):
        end = following.start() if following else len(data)
        yield data[match.end() : end].replace(b"\n>From ", b"\nFrom ")


def _header(message: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(message.get(name, "")).split())
    except (ValueError, TypeError, IndexError, AttributeError):
        # The standard library stumbles over some malformed headers.
        return ""


def _date(message: EmailMessage) -> str | None:
    try:
        return parsedate_to_datetime(_header(message, "Date")).date().isoformat()
    except (ValueError, TypeError):
        return None


def _body(message: EmailMessage, path: str, writer: TextWriter) -> None:
    part = message.get_body(("plain", "html"))
    if part is None:
        return
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes) or not payload.strip():
        return
    text = decode_labelled(payload, part.get_content_charset(), path)
    if part.get_content_subtype() == "html":
        write_html(parse(text), writer)
    else:
        for paragraph in re.split(r"\n[ \t]*\n", canonical_text(text)):
            writer.paragraph(paragraph)


def _attachments(message: EmailMessage) -> list[str]:
    try:
        return [part.get_filename() or "unnamed" for part in message.iter_attachments()]
    except (KeyError, AttributeError, TypeError):
        return []


def _told(names: list[str]) -> str:
    shown = ", ".join(" ".join(name.split()) for name in names[:_MAX_NAMED])
    more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
    return f"attachments aren't read: {shown}{more}"
