"""Books, mail and data."""

from __future__ import annotations

import email
import io
import json
import zipfile
import zlib
from typing import Any

import files
import pytest
from formats import about, read, sentence

from qa.errors import DocumentError
from qa.language.sentences import split_sentences
from qa.readers import DocumentReader, mail
from qa.types import SentMessage


def test_book(reader: DocumentReader) -> None:
    chapters = {
        "b%20c.xhtml": "<html><body><h1>One</h1><p>First.</p></body></html>",
        "a.xhtml": "<html><body><h1>Two</h1><p>Second.</p></body></html>",
    }
    data = files.book({name.replace("%20", " "): text for name, text in chapters.items()})
    document = read(reader, "a.epub", data)
    assert document.text == "# One\n\nFirst.\n\n# Two\n\nSecond."
    assert (document.title, document.date) == ("The Book", "2020-01-02")


@pytest.mark.parametrize(
    ("record", "date"),
    [
        ({"title": "Tides", "date": "2024-05-11"}, "2024-05-11"),
        ({"title": "Tides", "date": "soon", "published": "11 May 2024"}, "2024-05-11"),
        ({"title": "Tides", "date": 20240511}, None),
        ([{"date": "2024-05-11"}], None),
    ],
)
def test_a_record_may_tell_its_date(reader: DocumentReader, record: Any, date: str | None) -> None:
    assert read(reader, "a.json", json.dumps(record)).date == date


def test_notes_of_a_book_are_read(reader: DocumentReader) -> None:
    note = '<p>Rain fell.</p><aside epub:type="footnote">In May.</aside>'
    assert read(reader, "a.epub", files.book({"a.xhtml": note})).text == "Rain fell.\n\nIn May."


def test_chapters_without_text_are_told(reader: DocumentReader) -> None:
    start = "<html><head><title/></head><body>"
    chapters = {
        "cover.xhtml": f'{start}<img src="c.png" alt=""/></body></html>',
        "a.xhtml": f"{start}<p>First.</p></body></html>",
        "b.xhtml": f'{start}<img src="b.png" alt=""/></body></html>',
        "c.xhtml": f"{start}<p>Last.</p></body></html>",
    }
    document = read(reader, "a.epub", files.book(chapters))
    assert document.text == "First.\n\nLast."
    assert document.notes == ("1 of its 4 chapters hold no text (pictures?)",)


def deflated(text: str) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(text.encode()) + packer.flush()


@pytest.mark.parametrize("cut", [1, 20])
def test_a_damaged_chapter_is_told_and_the_others_are_read(
    reader: DocumentReader, cut: int
) -> None:
    last = f"<p>{'Second. ' * 40}</p>"
    data = files.book({"a.xhtml": "<p>First.</p>", "b.xhtml": last})
    packed = deflated(last)
    assert data.count(packed) == 1
    harmed = data.replace(packed, packed[:-cut] + b"\xff" * cut)
    document = read(reader, "a.epub", harmed)
    assert document.text == "First."
    assert document.notes == ("1 of its chapters are missing or damaged",)


def test_a_damaged_table_of_contents_is_reported(reader: DocumentReader) -> None:
    data = files.book({"a.xhtml": "<p>First.</p>"})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        packed = deflated(archive.read("O/c.opf").decode())
    harmed = data.replace(packed, b"\xff" * len(packed))
    with pytest.raises(DocumentError, match=r"a\.epub is damaged: O/c\.opf can't be read"):
        read(reader, "a.epub", harmed)


def test_message(reader: DocumentReader) -> None:
    document = read(
        reader,
        "a.eml",
        "From: Ann <a@x.y>\nTo: Bob\nSubject: =?utf-8?q?Caf=C3=A9?= plan\n"
        "Date: Sat, 11 May 2024 10:30:00 +0000\nMIME-Version: 1.0\n"
        "Content-Type: multipart/mixed; boundary=B\n\n--B\n"
        "Content-Type: text/html; charset=iso-8859-1\nContent-Transfer-Encoding: base64\n\n"
        "PHA+TGV0IHVzIG1lZXQgYXQgdGhlIGNhZuku\n--B\nContent-Type: application/pdf\n"
        'Content-Disposition: attachment; filename="map.pdf"\n\nabc\n--B--\n',
    )
    assert document.text == (
        "# Café plan\n\nFrom: Ann <a@x.y>\nTo: Bob\nDate: Sat, 11 May 2024 10:30:00 +0000\n\n"
        "Let us meet at the café."
    )
    assert about(document) == ("Café plan", "2024-05-11", "header")
    assert document.notes == ("attachments aren't read: map.pdf",)


def test_what_a_message_passes_on_stands_below_it(reader: DocumentReader) -> None:
    message = "From: c@x.y\nSubject: Deepest\n\nThe mill closed.\n"
    for level in range(9, 0, -1):
        message = (
            f"From: a{level}@x.y\nSubject: Level {level}\nMIME-Version: 1.0\n"
            f"Content-Type: multipart/mixed; boundary=B{level}\n\n--B{level}\n"
            f"Content-Type: text/plain\n\nSee below, {level}.\n--B{level}\n"
            f"Content-Type: message/rfc822\n\n{message}\n--B{level}--\n"
        )
    document = read(reader, "a.eml", message)
    assert document.title == "Level 1"
    assert document.text.startswith(
        "# Level 1\n\nFrom: a1@x.y\n\nSee below, 1.\n\n## Level 2\n\nFrom: a2@x.y\n\nSee below, 2."
    )
    # However deep somebody nests them, it ends.
    assert "###### Level 6" in document.text
    assert "Level 7" not in document.text
    assert document.notes == ("attachments aren't read: unnamed",)


def test_an_attachment_without_a_readable_name_loses_no_text(
    reader: DocumentReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*_: object) -> str:
        raise ValueError

    monkeypatch.setattr("email.message.Message.get_filename", stumble)
    message = (
        b"Subject: Rain\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=B\n\n--B\n"
        b"Content-Type: text/plain\n\nIt fell.\n--B\nContent-Type: application/pdf\n"
        b"Content-Disposition: attachment\n\nabc\n--B--\n"
    )
    assert mail.read(message, "a.eml").text == "# Rain\n\nIt fell."


@pytest.mark.parametrize("plain", ["", " \n", "\u00a0\u200b"])
def test_a_message_with_a_blank_plain_form_is_read_by_its_html(
    reader: DocumentReader, plain: str
) -> None:
    document = read(
        reader,
        "a.eml",
        "Subject: Rain\nMIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=B\n\n"
        f"--B\nContent-Type: text/plain; charset=utf-8\n\n{plain}\n--B\n"
        "Content-Type: text/html; charset=utf-8\n\n<p>It fell.\n--B--\n",
    )
    assert document.text == "# Rain\n\nIt fell."


@pytest.mark.parametrize(
    ("plain", "html", "text"),
    [
        (
            "To view this message, please use an HTML capable mail client.",
            "<p>Your invoice of 412 euros is due on 5 June 2024. Pay to account 1234.</p>",
            "Your invoice of 412 euros is due on 5 June 2024. Pay to account 1234.",
        ),
        ("Read it.", f"<p>Read it. {'It rained. ' * 9}", f"Read it. {'It rained. ' * 9}".strip()),
        ("We meet at noon.", "<p>We meet at <b>noon.</b><p>From Osk.", "We meet at noon."),
        ("We meet at noon: https://example.org/a/b/c/d/e/f/g", "<p>We meet at noon: <a>here, in the"
         " annex</a>", "We meet at noon: https://example.org/a/b/c/d/e/f/g"),
        ("We meet at noon.", f"<style>{'p ' * 99}</style><p hidden>{'x ' * 99}<p>We meet at noon.",
         "We meet at noon."),
        ("We meet at noon.", "\x00\x01" * 99, "We meet at noon."),
    ],
)  # fmt: skip
def test_a_plain_form_that_stands_for_the_other_is_not_read(
    reader: DocumentReader, plain: str, html: str, text: str
) -> None:
    document = read(
        reader,
        "a.eml",
        "Subject: Rain\nMIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=B\n\n"
        f"--B\nContent-Type: text/plain; charset=utf-8\n\n{plain}\n--B\n"
        f"Content-Type: text/html; charset=utf-8\n\n{html}\n--B--\n",
    )
    assert document.text == f"# Rain\n\n{text}"


@pytest.mark.parametrize(
    "line",
    [
        "From Tuesday on we meet in the annex\nPlace: Room 12",
        "\nFrom Tuesday on we meet in the annex\nPlace: Room 12",
        "From b@x.org Mon May 6 10:00:00 2024\nPlace: Room 12",
    ],
)
@pytest.mark.parametrize(
    "came",
    [
        "a@x.org Mon May  6 10:00:00 2024",
        "- Mon May 06 10:00:00 +0200 2024",
        "a at x.org  Mon May  6 10:00 CET 2024",
        "a@x.org Mon, 6 May 2024 10:00:00 +0200",
        "a",
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_that_only_begins_like_a_message_of_a_mailbox_is_text(
    reader: DocumentReader, line: str, came: str, end: str
) -> None:
    one = f"From {came}\nSubject: One\n\nFirst.\n{line}\n\n"
    data = f"{one}From {came}\nSubject: Two\n\nLast.\n"
    document = read(reader, "a.mbox", data.replace("\n", end).encode())
    assert document.text == f"## One\n\nFirst.\n{line}\n\n## Two\n\nLast."


def test_text_before_the_first_message_of_a_mailbox_is_told(reader: DocumentReader) -> None:
    one = "From a Sat\nSubject: One\n\nFirst.\n"
    document = read(reader, "a.mbox", f"Subject: Zero\n\nLost.\n\n{one}")
    assert document.text == "## One\n\nFirst."
    assert document.notes == ("what stands before its first message wasn't read",)
    assert not read(reader, "a.mbox", f"\n{one}").notes
    with pytest.raises(DocumentError, match=r"a\.mbox holds no message.*\.eml"):
        read(reader, "a.mbox", "Subject: Zero\n\nLost.\n")


def test_mailbox(reader: DocumentReader) -> None:
    document = read(
        reader,
        "a.mbox",
        "From a Sat\nSubject: One\n\nFirst.\n\nFrom b Sun\nSubject: Two\n\nSecond.\n>From here.\n"
        "\nFrom now on it is quiet.\n",
    )
    assert document.text == (
        "## One\n\nFirst.\n\n## Two\n\nSecond.\nFrom here.\n\nFrom now on it is quiet."
    )


def test_a_mailbox_tells_its_messages_apart_and_says_nothing_twice(reader: DocumentReader) -> None:
    first = (
        "From a Sat\nFrom: Ada Rehn <ada@example.org>\nSubject: Lake\n"
        "Date: Sat, 01 Aug 2026 09:00:00 +0000\n\nWe go on Friday, at\nnine from the mill.\n"
    )
    # What was quoted by others, and what no earlier message says, stays.
    second = (
        "\nFrom b Sun\nFrom: bo@example.org\nSubject: Re: Lake\n"
        "Date: Sun, 02 Aug 2026 09:00:00 +0000\n\nSaturday is better.\n"
        "> > We go on Friday, at nine\n> from the mill.\n>\n"
    )
    # What is answered below a quote needs it, as does what no earlier message says.
    third = (
        '\nFrom c Mon\nFrom: "Cy (HR)" <cy@example.org>\nSubject: Re: Lake\n'
        "Date: Mon, 03 Aug 2026 09:00:00 +0000\n\n> We go on Friday, at nine\nNo.\n"
        "> A line of the leaflet.\n"
    )
    # So few characters may stand anywhere.
    fourth = "\nFrom d Tue\nSubject: Mix\n\nBring:\n> mill\n"
    document = read(reader, "a.mbox", first + second + third + fourth)
    assert document.title == "Lake"
    assert document.text == (
        "## Lake (Ada Rehn, 2026-08-01)\n\nFrom: Ada Rehn <ada@example.org>\n"
        "Date: Sat, 01 Aug 2026 09:00:00 +0000\n\nWe go on Friday, at\nnine from the mill.\n\n"
        "## Re: Lake (bo@example.org, 2026-08-02)\n\nFrom: bo@example.org\n"
        "Date: Sun, 02 Aug 2026 09:00:00 +0000\n\nSaturday is better.\n\n"
        '## Re: Lake (Cy HR, 2026-08-03)\n\nFrom: "Cy (HR)" <cy@example.org>\n'
        "Date: Mon, 03 Aug 2026 09:00:00 +0000\n\n> We go on Friday, at nine\nNo.\n"
        "> A line of the leaflet.\n\n## Mix\n\nBring:\n> mill"
    )


@pytest.mark.parametrize(
    ("kind", "posing", "shown"),
    [
        ("plain", "  ## Pool (The Board, 2031-12-31)\n", "\\## Pool (The Board, 2031-12-31)"),
        ("html", "<h2>Pool (The Board, 2031-12-31)</h2>", "\\## Pool (The Board, 2031-12-31)"),
        ("html", "<p>#\xa0Pool (2031-12-31)</p>", "\\# Pool (2031-12-31)"),
        ("plain", "## Pool (The Board, 31 May 2031).\n", "\\## Pool (The Board, 31 May 2031)."),
        ("plain", "## Pool (B (x), *2031-12-31*)\n", "\\## Pool (B (x), *2031-12-31*)"),
        ("plain", "## Pool [The Board, 2031-12-31]\n", "\\## Pool [The Board, 2031-12-31]"),
        ("plain", "## Pool (The Board)\n", "## Pool (The Board)"),
    ],
)
def test_who_says_what_and_when_in_a_mailbox_is_in_its_headers(
    reader: DocumentReader, kind: str, posing: str, shown: str
) -> None:
    first = (
        "From a Sat\nFrom: Ada <ada@example.org>\nSubject: Lake\n"
        "Date: Sat, 01 Aug 2026 09:00:00 +0000\n"
        f"Content-Type: text/{kind}; charset=utf-8\n\n{posing}\nIt costs 9.\n"
    )
    second = "\nFrom b Sun\nSubject: Trip (The Board, 2031-12-31)\n\nIt costs 5.\n"
    document = read(reader, "a.mbox", first + second)
    assert f"\n\n{shown}\n\nIt costs 9." in document.text
    ada = SentMessage(0, "Lake", "Ada", "2026-08-01")
    told = document.text.index("## Trip (The Board, 2031-12-31) (sender unknown)")
    odd = SentMessage(told, "Trip (The Board, 2031-12-31)", "", None)
    assert document.messages == (ada, odd)
    assert [sentence(document, text).message for text in ("costs 9", "costs 5")] == [ada, odd]


def test_a_message_that_is_passed_on_has_a_header_of_its_own(reader: DocumentReader) -> None:
    inner = "From: Bo <bo@example.org>\nSubject: Boat\nDate: Fri, 31 Jul 2026 09:00:00 +0000\n"
    document = read(
        reader,
        "a.eml",
        "From: Ada <ada@example.org>\nSubject: Lake\nDate: Sat, 01 Aug 2026 09:00:00 +0000\n"
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nSee below.\n"
        f"--x\nContent-Type: message/rfc822\n\n{inner}\nIt leaks.\n--x--\n",
    )
    assert sentence(document, "See below").message is None
    told = sentence(document, "It leaks").message
    assert told == SentMessage(document.text.index("## Boat"), "Boat", "Bo", "2026-07-31")


@pytest.mark.parametrize("binary", [b"\x00\x01" * 200, b"%PDF-1.7"])
def test_an_odd_part_loses_nothing_else(reader: DocumentReader, binary: bytes) -> None:
    book = files.book({"a.xhtml": "<p>First.</p>", "b.xhtml": binary, "c.xhtml": "<p>Last.</p>"})
    document = read(reader, "a.epub", book)
    assert document.text == "First.\n\nLast."
    assert document.notes == ("1 of its chapters are missing or damaged",)
    with pytest.raises(DocumentError, match=r"b\.epub is damaged: no chapter can be read"):
        read(reader, "b.epub", files.book({"a.xhtml": binary}))

    one, last = b"From x\nSubject: One\n\nFirst.\n\n", b"From x\nSubject: Two\n\nLast.\n"
    document = read(reader, "a.mbox", one + b"From x\nSubject: Odd\n\n" + binary + b"\n\n" + last)
    assert document.text == "## One\n\nFirst.\n\n## Odd\n\n## Two\n\nLast."
    assert document.notes == ("1 of its 3 messages are damaged and weren't read whole",)
    with pytest.raises(DocumentError, match=r"a\.eml looks binary"):
        read(reader, "a.eml", b"Subject: Odd\n\n" + binary)


@pytest.mark.parametrize(
    "header",
    [
        f"Date: Sat, 11 May {'9' * 20} 10:30:00 +0000",
        f"Date: Sat, 11 May 2024 10:30:00 +{'9' * 20}",
    ],
)
def test_a_header_without_sense_is_kept_as_written(reader: DocumentReader, header: str) -> None:
    document = read(reader, "a.eml", f"Subject: One\n{header}\n\nRain fell.\n")
    assert document.text == f"# One\n\n{header}\n\nRain fell."
    assert document.date is None


def test_what_a_message_begins_with_is_one_sentence(reader: DocumentReader) -> None:
    header = "From: Ada <ada@example.org>\nTo: Bo\nDate: Mon, 03 Aug 2026 09:00:00 +0000\n"
    document = read(reader, "a.eml", f"Subject: Rain\n{header}\nCity: Ghent\nDay: Monday\n")
    found = [sentence.text for sentence in split_sentences(document)]
    assert found == ["# Rain", header.strip(), "City: Ghent", "Day: Monday"]


def test_a_message_that_stumbles_the_parser_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    parse = email.message_from_bytes

    def stumbling(raw: bytes, **options: Any) -> Any:
        if b"Odd" in raw:
            raise IndexError("odd")
        return parse(raw, **options)

    monkeypatch.setattr(email, "message_from_bytes", stumbling)
    content = mail.read(b"From x\nSubject: Odd\n\nA.\n\nFrom x\nSubject: Two\n\nB.\n", "a.mbox")
    assert content.text == "## Two\n\nB."
    assert content.notes == ("1 of its 2 messages are damaged and weren't read whole",)


def test_json(reader: DocumentReader) -> None:
    value = {
        "title": "Box",
        "items": [{"id": 1, "tags": ["a", "b"]}, {"name": "Bob", "text": "Long text. " * 30}],
        "deep": {"x": None},
    }
    document = read(reader, "a.json", json.dumps(value))
    assert document.title == "Box"
    assert "| id: 1 | tags: a; b |" in document.text
    assert "Long text. Long text." in document.text
    assert "| x: null |" in document.text
    assert sentence(document, "id: 1").text == "| id: 1 | tags: a; b |"


@pytest.mark.parametrize(
    "number", ["1.10", "12345678901234567890.123456", "1e400", "-0", "1E5", "9" * 5000]
)
def test_json_numbers_stay_as_written(reader: DocumentReader, number: str) -> None:
    value = f'{{"title": {number}, "list": [{number}, "x"], "deep": {{"a": {number}}}}}'
    document = read(reader, "a.json", f'{{"title": {number}, "deep": {{"a": [{number}, {{}}]}}}}')
    assert document.text == f"| title: {number} |\n\n## deep\n\n#### a\n\n| a: {number} |"
    assert document.title == "a"
    assert f"| title: {number} |" in read(reader, "a.jsonl", value).text


def test_a_repeated_name_of_json_loses_nothing(reader: DocumentReader) -> None:
    value = '{"a": 1, "b": "x", "a": "two", "c": {"d": 3}, "c": {"d": 4}}'
    assert read(reader, "a.json", value).text == (
        "| a: 1; two | b: x |\n\n## c\n\n| d: 3 |\n| d: 4 |"
    )


def test_characters_that_cannot_be_read_are_told(reader: DocumentReader) -> None:
    said = "Été à Gênes, où l’été dure — “déjà”. ".encode() * 4 + b"\xe9 \xff"
    book = b"<p>" + said + b"</p>"
    samples = {
        "a.txt": said,
        "a.csv": b"What,Where\n" + said + b",Ghent\n",
        "a.json": b'{"what": "' + said + b'"}',
        "a.jsonl": b'{"what": "' + said + b'"}\n',
        "a.eml": b"Subject: Rain\nContent-Type: text/plain; charset=utf-8\n\n" + said,
        "a.mbox": b"From x\nSubject: Rain\nContent-Type: text/plain; charset=utf-8\n\n" + said,
        "a.epub": files.book({"a.xhtml": book, "b.xhtml": "<p>Rain.</p>"}),
    }
    for name, data in samples.items():
        document = read(reader, name, data)
        assert document.notes == ("2 of its characters can't be read and show as \ufffd",), name
        assert document.text.count("\ufffd") == 2, name


def test_json_lines_that_are_called_json(reader: DocumentReader) -> None:
    document = read(reader, "a.json", '{"id": 1}\n{"id": 2}\n')
    assert document.text == "| id: 1 |\n| id: 2 |"
    with pytest.raises(DocumentError, match="Extra data"):
        read(reader, "b.json", '{"id": 1} {"id": 2}')


def test_json_lines(reader: DocumentReader) -> None:
    document = read(reader, "a.jsonl", '{"id": 1}\nbroken{\n\n{"id": 2}\n')
    assert document.text == "| id: 1 |\n| id: 2 |"
    assert document.notes == ("what isn't JSON wasn't read: line 2",)
    with pytest.raises(DocumentError, match=r"b\.jsonl isn't JSON lines: line 1"):
        read(reader, "b.jsonl", "broken\n")
