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
from qa.errors import DocumentError
from qa.readers.content import Content, TextWriter
from qa.readers.encoding import decode_labelled
from qa.readers.html import parse, write_html
from qa.readers.titles import tidy_title
from qa.readers.worker import damaged

__all__ = ["read"]

# A header follows; what begins so otherwise is text.
_SEPARATOR = re.compile(rb"^From [^\n]*\n(?=[!-9;-~]+:)", re.MULTILINE)
_SHOWN = ("From", "To", "Cc", "Date")
_MAX_NAMED = 20
# What the standard library raises over some malformed headers: a year of twenty digits, a
# name without end. One message must not lose a mailbox.
_STUMBLED = (ValueError, TypeError, LookupError, AttributeError, OverflowError, AssertionError)


def read(data: bytes, path: str) -> Content:
    """Read a message, or a mailbox message by message."""
    writer = TextWriter(path)
    mailbox = path.lower().endswith(".mbox")
    title, date = None, None
    attachments: list[str] = []
    unread: list[DocumentError] = []
    count = 0
    for raw in _messages(data) if mailbox else [data]:
        count += 1
        try:
            message = _parsed(raw, path)
        except DocumentError as error:
            unread.append(error)
            continue
        subject = _header(message, "Subject")
        if not mailbox:
            title, date = tidy_title(subject), _date(message)
        writer.heading(2 if mailbox else 1, subject)
        told = [f"{name}: {value}" for name in _SHOWN if (value := _header(message, name))]
        writer.paragraph("\n".join(told))
        try:
            text, is_html = _body(message, path)
        except DocumentError as error:
            unread.append(error)
        else:
            _write_body(text, writer, is_html=is_html)
        attachments += _attachments(message)
    if unread and len(unread) == count:
        raise unread[0]
    notes = []
    if unread:
        notes.append(f"{len(unread)} of its {count} messages are damaged and weren't read whole")
    if attachments:
        notes.append(_told(attachments))
    return Content(writer.text(), title, date, "header" if date else None, notes=tuple(notes))


def _messages(data: bytes) -> Iterator[bytes]:
    starts = [*_SEPARATOR.finditer(data)]
    for match, following in zip_longest(starts, starts[1:]):
        end = following.start() if following else len(data)
        yield data[match.end() : end].replace(b"\n>From ", b"\nFrom ")


def _parsed(raw: bytes, path: str) -> EmailMessage:
    try:
        message = email.message_from_bytes(raw, policy=email.policy.default)
    except _STUMBLED as error:
        raise DocumentError(damaged(path, error)) from error
    assert isinstance(message, EmailMessage)
    return message


def _header(message: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(message.get(name, "")).split())
    except _STUMBLED:
        written = (value for key, value in message.raw_items() if key.lower() == name.lower())
        return " ".join(str(next(written, "")).split())


def _date(message: EmailMessage) -> str | None:
    try:
        return parsedate_to_datetime(_header(message, "Date")).date().isoformat()
    except (ValueError, TypeError, OverflowError):
        return None


def _body(message: EmailMessage, path: str) -> tuple[str, bool]:
    """What a message says, and whether that is HTML."""
    try:
        part = message.get_body(("plain", "html"))
        payload = part.get_payload(decode=True) if part is not None else None
        if part is None or not isinstance(payload, bytes) or not payload.strip():
            return "", False
        text = decode_labelled(payload, part.get_content_charset(), path)
        return text, part.get_content_subtype() == "html"
    except _STUMBLED as error:
        raise DocumentError(damaged(path, error)) from error


def _write_body(text: str, writer: TextWriter, *, is_html: bool) -> None:
    if is_html:
        write_html(parse(text), writer)
    else:
        for paragraph in re.split(r"\n[ \t]*\n", canonical_text(text)):
            writer.paragraph(paragraph)


def _attachments(message: EmailMessage) -> list[str]:
    try:
        return [part.get_filename() or "unnamed" for part in message.iter_attachments()]
    except _STUMBLED:
        return []


def _told(names: list[str]) -> str:
    shown = ", ".join(" ".join(name.split()) for name in names[:_MAX_NAMED])
    more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
    return f"attachments aren't read: {shown}{more}"
