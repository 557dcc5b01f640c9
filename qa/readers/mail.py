"""Mail: one message or a mailbox of them; attachments are named, not read."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage, Message
from email.utils import parseaddr, parsedate_to_datetime
from itertools import zip_longest

from qa.documents import canonical_text
from qa.errors import DocumentError
from qa.readers.content import Content, TextWriter
from qa.readers.encoding import count_unreadable, decode_labelled, told_unreadable
from qa.readers.html import parse, write_html
from qa.readers.titles import tidy_title
from qa.readers.worker import damaged
from qa.types import SentMessage

__all__ = ["read"]

# A header follows; what begins so otherwise is text. Programs write when a message came, in one
# order or another; of a mailbox that tells it nowhere, only a header that mail has makes sure.
_SEPARATOR = re.compile(rb"^From (?P<told>[^\n]*)\n(?=(?P<name>[!-9;-~]+):)", re.MULTILINE)
_DAY = rb"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,?[ ]+"
_MONTH = rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*[ ]+"
_TIME = rb"\d{1,2}:\d\d(?::\d\d)?\b"
_CAME = re.compile(
    _DAY + _MONTH + rb"\d{1,2},?[ ]+" + _TIME + rb"(?:[ ]+[\w+:-]+)?[ ]+\d{4}\b"
    rb"|" + _DAY + rb"\d{1,2}[ ]+" + _MONTH + rb"\d{4},?[ ]+" + _TIME
)
_OF_MAIL = re.compile(
    rb"(?:from|to|cc|subject|date|sender|received|return-path|reply-to|delivered-to|message-id"
    rb"|mime-version|content-type|(?:x-)?status|x-[\w-]+)",
    re.IGNORECASE,
)
_BLANK_LINES = (b"\n\n", b"\n\r\n")
# A plain form of so much less text than the other, or most of whose words the other hasn't, says
# that another program is needed. Addresses of links are shown in it alone.
_MANY_TIMES = 3
_MOST = 0.5
_LINK = re.compile(r"\b(?:https?|mailto|ftp):\S+")
# Characters of earlier messages among which a quote is looked for, line by line.
_REMEMBERED = 50_000
# Fewer characters may stand anywhere by chance.
_LEAST_QUOTED = 15
# A line of what is said that would look like the heading of another message: with a year in
# brackets, however the day is written and whatever follows.
_BRACKETS = r"(\[{<（［【〔「〈《"
_POSING = re.compile(
    rf"(?m)^([^\S\n]*)(?=#{{1,6}}[^\S\n][^{_BRACKETS}\n]*[{_BRACKETS}][^\n]*[12]\d{{3}})"
)
_TELLS_YEAR = re.compile(rf"[^{_BRACKETS}]*[{_BRACKETS}].*[12]\d{{3}}")
_QUOTED = re.compile(r"[ \t]*>[> \t]*")
_UNKNOWN = "sender unknown"
_SHOWN = ("From", "To", "Cc", "Date")
_MAX_NAMED = 20
# Of headings: a message within a message within …
_MAX_LEVEL = 6
# What the standard library raises over some malformed headers: a year of twenty digits, a
# name without end. One message must not lose a mailbox.
_STUMBLED = (ValueError, TypeError, LookupError, AttributeError, OverflowError, AssertionError)


@dataclass(slots=True)
class _Found:
    """What is told of a file beside its text; `said` is what its messages said so far.

    `messages` are those under a heading of their own, as their headers tell them.
    """

    attachments: list[str] = field(default_factory=list)
    unread: list[DocumentError] = field(default_factory=list)
    unreadable: int = 0
    count: int = 0
    messages: list[SentMessage] = field(default_factory=list)
    said: str = ""


def read(data: bytes, path: str) -> Content:
    """Read a message, or a mailbox message by message; what a message passes on stands below it.

    Each message of a mailbox is led by its subject, its sender and its day, by which later ones
    are told from earlier ones. What it quotes of an earlier one isn't said again: it was, there.
    """
    writer = TextWriter(path)
    mailbox = path.lower().endswith(".mbox")
    title, date = None, None
    found = _Found()
    starts = _starts(data) if mailbox else []
    if mailbox and not starts and data.strip():
        raise DocumentError(
            f"{path} holds no message after a line that begins with From. Rename it to .eml if it "
            "is a single message."
        )
    for raw in _messages(data, starts) if mailbox else [data]:
        try:
            message = _parsed(raw, path)
        except DocumentError as error:
            found.count += 1
            found.unread.append(error)
            continue
        if mailbox:
            title = title or tidy_title(_header(message, "Subject"))
        else:
            title, date = tidy_title(_header(message, "Subject")), _date(message)
        _write(message, path, 2 if mailbox else 1, writer, found)
    if found.unread and len(found.unread) == found.count:
        raise found.unread[0]
    notes = [*told_unreadable(found.unreadable)]
    if starts and data[: starts[0].start()].strip():
        notes.append("what stands before its first message wasn't read")
    if found.unread:
        few = f"{len(found.unread)} of its {found.count} messages"
        notes.append(f"{few} are damaged and weren't read whole")
    if found.attachments:
        notes.append(_told(found.attachments))
    return Content(
        writer.text(),
        title,
        date,
        "header" if date else None,
        notes=tuple(notes),
        messages=tuple(found.messages),
    )


def _write(message: EmailMessage, path: str, level: int, writer: TextWriter, found: _Found) -> None:
    found.count += 1
    subject = _header(message, "Subject")
    if level > 1:
        sent = _sent(message, subject, writer.next_start)
        found.messages.append(sent)
        # A subject that ends as those do isn't left to say who sent it.
        if sent.date or _TELLS_YEAR.match(subject):
            subject = f"{subject} ({sent.sent or _UNKNOWN})".strip()
    writer.heading(level, subject)
    told = [f"{name}: {value}" for name in _SHOWN if (value := _header(message, name))]
    writer.paragraph("\n".join(told))
    found.unreadable += "\n".join([subject, *told]).count("\ufffd")
    try:
        text, is_html, harmed = _body(message, path)
    except DocumentError as error:
        found.unread.append(error)
    else:
        found.unreadable += harmed
        if level > 1 and not is_html:
            text = _without_repeats(canonical_text(text), found.said)
            found.said = f"{found.said} {_flowing(text)}"[-_REMEMBERED:]
        _write_body(text, path, writer, is_html=is_html)
    for part, name in _attached(message):
        passed_on = _passed_on(part) if level < _MAX_LEVEL else None
        if passed_on is None:
            found.attachments.append(name)
        else:
            _write(passed_on, path, level + 1, writer, found)


def _sent(message: EmailMessage, subject: str, start: int) -> SentMessage:
    name, address = parseaddr(_header(message, "From"))
    sender = " ".join(re.sub(r"[()]", " ", canonical_text(name or address)).split())
    return SentMessage(start, canonical_text(subject), sender, _date(message))


def _without_repeats(text: str, said: str) -> str:
    """A message without the quoted lines at its end, where earlier messages say them all.

    What is answered below each quoted line is understood by it.
    """
    lines = text.rstrip().split("\n")
    end = len(lines)
    while end and (_QUOTED.match(lines[end - 1]) or not lines[end - 1].strip()):
        end -= 1
    quoted = [_flowing(_QUOTED.sub("", line)) for line in lines[end:]]
    told = all(line in said for line in quoted) and len("".join(quoted)) >= _LEAST_QUOTED
    return "\n".join(lines[:end]) if told else text


def _flowing(text: str) -> str:
    return " ".join(text.split())


def _attached(message: EmailMessage) -> list[tuple[Message, str]]:
    try:
        return [(part, part.get_filename() or "unnamed") for part in message.iter_attachments()]
    except _STUMBLED:
        return []


def _passed_on(part: Message) -> EmailMessage | None:
    """The message that an attachment is, or None."""
    inner = part.get_payload() if part.get_content_type() == "message/rfc822" else None
    message = inner[0] if isinstance(inner, list) and inner else None
    return message if isinstance(message, EmailMessage) else None


def _starts(data: bytes) -> list[re.Match[bytes]]:
    """The lines that part the messages of a mailbox, each below a blank one or the first."""
    first = re.match(rb"\s*", data)
    assert first is not None
    found = [
        line
        for line in _SEPARATOR.finditer(data)
        if line.start() <= first.end()
        or data[max(line.start() - 3, 0) : line.start()].endswith(_BLANK_LINES)
    ]
    dated = [line for line in found if _CAME.search(line["told"])]
    if dated:
        return [
            *(line for line in found[:1] if line.start() <= first.end() < dated[0].start()),
            *dated,
        ]
    return [line for line in found if _OF_MAIL.fullmatch(line["name"])]


def _messages(data: bytes, starts: Sequence[re.Match[bytes]]) -> Iterator[bytes]:
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


def _body(message: EmailMessage, path: str) -> tuple[str, bool, int]:
    """What a message says, whether that is HTML, and how many characters can't be read."""
    plain = _form(message, "plain", path)
    # Some programs leave the plain form blank and say everything in HTML.
    if plain is None:
        html = _form(message, "html", path)
        return (html[0], True, html[1]) if html else ("", False, 0)
    with suppress(DocumentError):
        html = _form(message, "html", path)
        if html and _stands_for(plain[0], _shown(html[0], path)):
            return html[0], True, html[1]
    return plain[0], False, plain[1]


def _form(message: EmailMessage, kind: str, path: str) -> tuple[str, int] | None:
    """One form of a message that isn't blank, with how many of its characters can't be read."""
    try:
        part = message.get_body((kind,))
        payload = part.get_payload(decode=True) if part is not None else None
        if part is None or not isinstance(payload, bytes) or not payload.strip():
            return None
        text = decode_labelled(payload, part.get_content_charset(), path)
    except _STUMBLED as error:
        raise DocumentError(damaged(path, error)) from error
    return (text, count_unreadable(payload, text)) if canonical_text(text).strip() else None


def _shown(html: str, path: str) -> str:
    writer = TextWriter(path)
    write_html(parse(html), writer)
    return writer.text()


def _stands_for(plain: str, shown: str) -> bool:
    """Whether a message's plain form only stands for its other one."""
    text = _LINK.sub(" ", canonical_text(plain))
    sizes = [len("".join(each.split())) for each in (text, shown)]
    if sizes[1] <= sizes[0]:
        return False
    words, others = ({*re.findall(r"\w+", each.casefold())} for each in (text, shown))
    return sizes[1] > _MANY_TIMES * sizes[0] or len(words - others) > _MOST * len(words)


def _write_body(text: str, path: str, writer: TextWriter, *, is_html: bool) -> None:
    if is_html:
        body = TextWriter(path)
        write_html(parse(text), body)
        writer.written(_in_no_other_s_name(body.text() if len(body) else ""))
    else:
        for paragraph in re.split(r"\n[ \t]*\n", canonical_text(text)):
            writer.paragraph(_in_no_other_s_name(paragraph))


def _in_no_other_s_name(text: str) -> str:
    """What a message says, none of it as the heading of another message.

    Who says what and when is taken from headers alone; this is for people and models, who would
    take such a line for what it looks like.
    """
    return _POSING.sub(r"\1\\", text)


def _told(names: list[str]) -> str:
    shown = ", ".join(" ".join(name.split()) for name in names[:_MAX_NAMED])
    more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
    return f"attachments aren't read: {shown}{more}"
