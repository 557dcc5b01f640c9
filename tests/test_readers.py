"""Files to Documents: decoding, what is refused, titles, dates and languages."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa import readers
from qa.documents import canonical_text
from qa.errors import DocumentError
from qa.language.sentences import split_sentences
from qa.readers import DocumentReader
from qa.types import Document


def write(folder: Path, name: str, content: str | bytes) -> str:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return name


def read(folder: Path, content: str | bytes, name: str = "a.txt") -> Document:
    return read_document(folder, write(folder, name, content))


def read_document(folder: Path, path: str) -> Document:
    with DocumentReader(folder) as reader:
        return reader.read(path)


# --- Reading -----------------------------------------------------------------------

PROSE = "Élise a goûté les crêpes à l’été — “délicieuses”. Ça coûte 5 €."


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"],
)
def test_read_decodes(tmp_path: Path, encoding: str) -> None:
    data = PROSE.encode(encoding)
    document = read(tmp_path, data)
    assert document.text == PROSE
    assert document.content_hash == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Café", "latin-1"),
        ("The price was £5 for a naïve approach.", "latin-1"),
        ("Все люди рождаются свободными и равными в своем достоинстве и правах.", "cp1251"),
        ("Все люди рождаются свободными и равными.\nОни наделены разумом.\n", "utf-16-le"),
        (
            "すべての人間は、生れながらにして自由であり、かつ、尊厳と権利とについて平等である。",
            "shift_jis",
        ),
        ("人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心。", "gb18030"),
        ("人人生而自由，在尊严和权利上一律平等。\n他们赋有理性和良心。\n", "utf-16-be"),
        ("Zażółć gęślą jaźń. Wszyscy ludzie rodzą się wolni i równi.", "cp1250"),
        ("Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια.", "cp1253"),
    ],
)
def test_read_detects_encodings_from_before_unicode(
    tmp_path: Path, text: str, encoding: str
) -> None:
    assert read(tmp_path, text.encode(encoding)).text == text


def test_read_finds_the_encoding_where_it_shows_late(tmp_path: Path) -> None:
    text = "Plain words only. \n" * 20_000 + "Все люди рождаются свободными и равными.\n"
    assert read(tmp_path, text.encode("cp1251")).text == text


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize(
    "harm",
    [
        lambda data: data.replace(b"co\xc3", b"co\x92\xc3", 1),
        lambda data: data + b"\xff and \xfe",
        lambda data: data[:-1],
        lambda data: data[:-2],
    ],
    ids=["another encoding", "at the end", "cut", "cut early"],
)
def test_a_few_harmed_bytes_do_not_change_the_encoding(
    tmp_path: Path, mark: bytes, harm: Callable[[bytes], bytes]
) -> None:
    data = mark + harm(("Rain. " * 20 + PROSE.removesuffix(".") * 3).encode())
    for name in ("a.txt", "a.rst", "a.html"):
        document = read(tmp_path, data, name)
        count = document.text.count("\ufffd")
        assert count
        assert document.text.count("délicieuses") == 3
        assert document.notes == (f"{count} of its characters can't be read and show as \ufffd",)


def test_a_character_that_was_unreadable_before_is_none_of_the_file(tmp_path: Path) -> None:
    assert read(tmp_path, "Rain \ufffd fell in Gént.").notes == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, "looks binary"),
        (b"%PDF-1.7\n% all ASCII\n", "looks binary"),
        (b"\x7fELF" + b"\0" * 100, "looks binary"),
        (b"", "holds no text"),
        (" \n\t\ufeff\u200b\n".encode(), "holds no text"),
        (b"\xff\xfeabc", "marked as UTF-16 but isn't"),
        (b"\xef\xbb\xbfab\xff", "marked as UTF-8 but isn't"),
    ],
)
def test_read_refuses(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(DocumentError, match=rf"a\.txt.*{message}"):
        read(tmp_path, content)


def test_read_forgives_a_stray_control_character(tmp_path: Path) -> None:
    assert read(tmp_path, b"word " * 100 + b"\x00\x1a").text == "word " * 100


def test_read_refuses_what_is_gone_elsewhere_or_no_file(tmp_path: Path) -> None:
    library = tmp_path / "library"
    write(tmp_path, "outside.txt", "outside")
    (library / "folder.txt").mkdir(parents=True)
    os.mkfifo(library / "pipe.txt")
    (library / "link.txt").symlink_to(tmp_path / "outside.txt")
    for path, message in [
        ("gone.txt", "no longer there"),
        ("../outside.txt", "outside of the library"),
        ("link.txt", "outside of the library"),
        (str(tmp_path / "outside.txt"), "outside of the library"),
        ("folder.txt", "isn't a regular file"),
        ("pipe.txt", "isn't a regular file"),
        ("nul\0.txt", "can't be read"),
    ]:
        with pytest.raises(DocumentError, match=message):
            read_document(library, path)


def test_read_refuses_what_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "MAX_TEXT_BYTES", 2**20)
    with pytest.raises(DocumentError, match=r"a\.txt has 2 MiB; the limit is 1 MiB"):
        read(tmp_path, b"x" * 2**21)


def test_read_reports_a_file_that_may_not_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)
    with pytest.raises(DocumentError, match=r"a\.txt can't be read: Permission denied"):
        read_document(tmp_path, write(tmp_path, "a.txt", "a"))


@pytest.mark.parametrize("module", ["text.read", "language_of"])
def test_a_fault_of_a_reader_is_told_of_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    def stumble(*_: object) -> None:
        raise IndexError("odd\n\x1b[2J")

    monkeypatch.setattr(f"qa.readers.{module}", stumble)
    with pytest.raises(DocumentError, match=r"^a\.txt is damaged .*\(IndexError: odd \[2J\)"):
        read(tmp_path, "Rain fell.")


@given(data=st.binary(max_size=200))
def test_read_gives_a_document_or_a_document_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    folder = tmp_path_factory.mktemp("any")
    try:
        document = read(folder, data)
    except DocumentError:
        return
    assert canonical_text(document.text) == document.text
    assert document.text[document.body_start :].strip()
    assert document.title.strip()


# --- Title and date ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "title", "date", "body"),
    [
        (" date 2024-05-11 Rain fell.", "Rain fell.", "2024-05-11", "Rain fell."),
        ("Date: May 11, 2024\n\nRain fell.", "Rain fell.", "2024-05-11", "Rain fell."),
        ("published 2024-05-11\nRain fell.", "Rain fell.", "2024-05-11", "Rain fell."),
        ("Published on 11th May 2024 | Rain fell.", "Rain fell.", "2024-05-11", "Rain fell."),
        ("title: Rain\ndate: 2024/5/1\n\nIt fell.", "Rain", "2024-05-01", "It fell."),
        ("date 2024-05-11 title: Rain\nIt fell.", "Rain", "2024-05-11", "It fell."),
        ("**Title:** Rain\n**Date:** 1 Sept. 2023\n\nIt fell.", "Rain", "2023-09-01", "It fell."),
        ("Date: Sat, 11 May 2024 10:30:00 +0000\nRain.", "Rain.", "2024-05-11", "Rain."),
        ("Date: 2024-05-11T10:30:00.5Z\nRain fell.", "Rain fell.", "2024-05-11", "Rain fell."),
        ("date 2024年5月11日\n雨が降った。", "雨が降った。", "2024-05-11", "雨が降った。"),
        # The first date counts before a later change, wherever it stands.
        ("Updated: 2024-06-01\nPublished: 2024-05-11\nRain.", "Rain.", "2024-05-11", None),
        ("Last updated: 2024-06-01\nRain fell.", "Rain fell.", "2024-06-01", "Rain fell."),
        ("Date: 5 \u017fep 2020\nRain fell.", "Rain fell.", "2020-09-05", "Rain fell."),
        # Not a day of the calendar.
        ("Date: 2023-02-29\nRain fell.", "Rain fell.", None, None),
        # What became neither title nor date is to be found.
        ("Title: Rain\nPublished: 2024-05-11\nUpdated: 2024-06-01\nSubject: East basin\n\nIt fell.",
         "Rain", "2024-05-11", "Updated: 2024-06-01\nSubject: East basin\n\nIt fell."),
        # A sentence that tells the date is text.
        ("Posted 2024-05-11 by us here.", "Posted 2024-05-11 by us here.", "2024-05-11", None),
        ("Created May 11, 2024, it sells.", "Created May 11, 2024, it sells.", "2024-05-11", None),
        ("Date nights are fun.", "Date nights are fun.", None, None),
        ("Title IX is a law.", "Title IX is a law.", None, None),
        ("Rain fell on 2024-05-11.", "Rain fell on 2024-05-11.", None, None),
        # An author's line is text to be searched, and doesn't hide the date below it.
        ("Title: Rain\nAuthor: Ann\nDate: 2024-05-11\n\nIt fell.", "Rain", "2024-05-11",
         "Author: Ann\nDate: 2024-05-11\n\nIt fell."),
        # All header: nothing is lost.
        ("date 2024-05-11\n", "date 2024-05-11", "2024-05-11", None),
        ("Short First Line\n\nRain fell.", "Short First Line", None, None),
        ("Ruled\n=====\n\nRain fell.", "Ruled", None, None),
        ("Rain fell in May. It was wet.", "Rain fell in May.", None, None),
        ("“Rain fell.” They said so.", "“Rain fell.” They said so.", None, None),
        ("Line with no end\nthat goes on. More.", "Line with no end that goes on.", None, None),
        ("!!!\n---", "c88cc47", None, None),
    ],
)  # fmt: skip
def test_title_date_and_body(
    tmp_path: Path, text: str, title: str, date: str | None, body: str | None
) -> None:
    document = read(tmp_path, text, "c88cc47.txt")
    assert document.text == text
    assert (document.title, document.date) == (title, date)
    assert document.text[document.body_start :] == (text if body is None else body)


@pytest.mark.parametrize(
    ("text", "title", "date", "body"),
    [
        ("---\ntitle: Rain\ndate: 2024-05-11\n---\nIt fell.", "Rain", "2024-05-11", "It fell."),
        ("---\ntitle: >-\n  Rain\n  again\n---\nIt fell.", "Rain again", None, "It fell."),
        ("---\nTitle: 12:30\ntags: [a, b]\n---\n# Else\n", "12:30", None,
         "tags: [a, b]\n---\n# Else\n"),
        ("---\ntitle: Rain: a story\npublish_date: 11 May 2024\n---\nIt fell.", "Rain: a story",
         "2024-05-11", "It fell."),
        ("---\ndate: 2024-13-45\ntitle: [\n---\n# Rain #\n\nIt fell.", "Rain", None,
         "date: 2024-13-45\ntitle: [\n---\n# Rain #\n\nIt fell."),
        ('---\ntitle: "Rain \\UFFFFFFFF"\n---\nIt fell.', 'Rain \\UFFFFFFFF', None, "It fell."),
        ('---\ntitle: "Rain \\U7FFFFFFF"\n---\nIt fell.', 'Rain \\U7FFFFFFF', None, "It fell."),
        ("---\nIt fell.\n---\nAgain it fell.", "Again it fell.", None, None),
        ("Intro.\n\n```\n# comment\n```\n\n# The *real* [title](http://x.y)\n", "The real title",
         None, None),
        ("Rain\n====\n\nIt fell.", "Rain", None, None),
        ("## Rain\n\nIt fell.", "Rain", None, None),
        ("---\ntitle: Rain\n", "Rain", None, None),
        (
            '+++\ntitle = "Rain"\ndate = 2021-03-04T10:00:00Z\n+++\n\nIt fell.',
            "Rain", "2021-03-04", "It fell.",
        ),
        ("+++\ndate = 2021-03-04\n[a]\nb = 1\n+++\nIt fell.", "It fell.", "2021-03-04",
         "[a]\nb = 1\n+++\nIt fell."),
        # What became neither title nor date is to be found, and what a title was cut from.
        ("---\ntitle: Rain\nauthor: Ann\ndate: 2024-05-11\n---\nIt fell.", "Rain", "2024-05-11",
         "author: Ann\ndate: 2024-05-11\n---\nIt fell."),
        ("---\nauthor: Ann\n\n# Of all.\ntitle: Rain\n...\nIt fell.", "Rain", None,
         "author: Ann\n\n# Of all.\ntitle: Rain\n...\nIt fell."),
        ("---\ntitle: >-\n  Rain\n  again\nby: Ann\n---\nIt fell.", "Rain again", None,
         "by: Ann\n---\nIt fell."),
        ("---\ntitle: Rain\ntitle: Snow\n---\nIt fell.", "Snow", None,
         "title: Rain\ntitle: Snow\n---\nIt fell."),
        ("---\ntitle: Rain # by Ann\n---\nIt fell.", "Rain", None,
         "title: Rain # by Ann\n---\nIt fell."),
        ("---\ndate: 2024-05-11, as a draft\n---\nIt fell.", "It fell.", "2024-05-11",
         "date: 2024-05-11, as a draft\n---\nIt fell."),
        (f"---\ntitle: Rain {'fell ' * 50}\n---\nIt fell.", f"Rain {'fell ' * 38}fell…", None,
         f"title: Rain {'fell ' * 50}\n---\nIt fell."),
        # Between two rules stands text.
        ("---\nHello all,\n\nIt cost 5 million.\nNote: we meet in Oslo.\n\n---\nSee you.",
         "Hello all,", None,
         "---\nHello all,\n\nIt cost 5 million.\nNote: we meet in Oslo.\n\n---\nSee you."),
        ("---\nNote: we meet in Oslo.\nBring a coat.\n---\nIt fell.", None, None,
         "---\nNote: we meet in Oslo.\nBring a coat.\n---\nIt fell."),
        ("+++\ntitle = [\n+++\nIt fell.", "+++ title = [ +++ It fell.", None, None),
    ],
)  # fmt: skip
def test_markdown_title_date_and_body(
    tmp_path: Path, text: str, title: str | None, date: str | None, body: str | None
) -> None:
    document = read(tmp_path, text, "a.md")
    assert document.text == text
    if body is not None:
        assert document.text[document.body_start :] == body
        assert (document.title if title else None, document.date) == (title, date)


def test_fields_of_front_matter_are_found_and_make_no_heading(tmp_path: Path) -> None:
    for mark in ("---", "..."):
        text = f"---\ntitle: Rain\nAuthor: Ann\n{mark}\nIt fell.\n\n# Snow\n\nIt lay."
        found = split_sentences(read(tmp_path, text, "a.md"))
        assert [(each.text, each.heading) for each in found if each.text != mark] == [
            ("Author: Ann", ""),
            ("It fell.", ""),
            ("# Snow", ""),
            ("It lay.", "Snow"),
        ]


def test_a_long_first_sentence_is_shortened_between_words(tmp_path: Path) -> None:
    sentence = "The quick brown fox, which is No. 1 of its kind, jumps over " + "a lazy dog " * 20
    title = read(tmp_path, sentence + ".").title
    assert title.endswith("…")
    assert 60 < len(title) <= 81
    assert sentence.startswith(title[:-1] + " ")
    assert len(read(tmp_path, "字" * 500).title) <= 81


def test_hostile_front_matter_is_only_text(tmp_path: Path) -> None:
    bomb = "---\na: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\ntitle: Bomb\n---\nBoom."
    assert read(tmp_path, bomb, "a.md").title == "Bomb"
    code = "---\ntitle: !!python/object/apply:os.getcwd []\n---\nBoom."
    assert read(tmp_path, code, "a.md").title == "Boom."
    for mark, names in (("---", "title: "), ("+++", "title = ")):
        for depth in (400, 9_000):
            deep = f"{mark}\n{names}{'[' * depth}\n{mark}\nBoom."
            assert read(tmp_path, deep, "a.md").text == deep
