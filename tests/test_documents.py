"""Canonical text and folders."""

from __future__ import annotations

import os
import socket
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa import documents
from qa.documents import canonical_text, led_entry, plain_line, scan_folder
from qa.errors import LibraryNotFoundError
from qa.readers.titles import title_of_body

AWKWARD = "\r\n\v\f\x85\u2028\t\0\x1f\x7f\xad\u200b\u200c\u200d\u200e\u202e\u2066\u2069\ufeff"
AWKWARD += "\ufe0f\u0301e"
AWKWARD += "\U000e0041\U000e0100\ud800 aA.بकि❤👩💻葛"


def write(folder: Path, name: str, content: str | bytes) -> str:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return name


# --- Canonical text ----------------------------------------------------------------


@given(st.text(st.one_of(st.sampled_from(AWKWARD), st.characters(codec=None)), max_size=40))
def test_canonical_text_is_idempotent_and_clean(raw: str) -> None:
    text = canonical_text(raw)
    assert canonical_text(text) == text
    assert unicodedata.is_normalized("NFC", text)
    assert not {c for c in text if unicodedata.category(c) in {"Cc", "Cs"}} - {"\n", "\t"}
    text.encode("utf-8")


@pytest.mark.parametrize(
    "raw",
    [
        "\ufe0f\u200d\u2764",
        "x\ufe0f\u200c\ufe0f",
        " \u200c\ufe0fx",
        "❤\u200d\u3099\u200c\u0338",
        "ا\u0301\u200c\u064e\u200dx",
        "❤" + "\u200d\u3099\u200c\u0338" * 9,
    ],
)
def test_what_hides_what_else_is_hidden_is_gone_at_once(raw: str) -> None:
    text = canonical_text(raw)
    assert canonical_text(text) == text


@given(st.text("\u200c\u200d\ufe0e\ufe0f\u0301\u0338\u064e\u3099❤⊂a \n=اかक", max_size=12))
def test_canonical_text_of_what_binds_is_idempotent(raw: str) -> None:
    text = canonical_text(raw)
    assert canonical_text(text) == text


@pytest.mark.usefixtures("linear_time")
@pytest.mark.parametrize("unit", ["\u200d", "\ufe0f\u200d", "❤\u200d\u3099\u200c\u0338"])
def test_what_binds_takes_linear_time(unit: str) -> None:
    canonical_text("é" + unit * 25_000)


@given(st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S", "Zs"])))
def test_plain_text_stays_as_it_is(raw: str) -> None:
    assert canonical_text(raw) == raw


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("a\r\nb\rc\fd\u2028e", "a\nb\nc\nd\ne"),
        ("\ufeffa\ufeffb", "ab"),
        ("e\u0301", "é"),
        ("e\u200b\u0301", "é"),
        ("pass\u200bword zero\u2060width in\xadvisible", "password zerowidth invisible"),
        ("safe\u202egnp.exe\u2066x\u2069", "safegnp.exex"),
        ("hi\U000e0069\U000e0067\U000e006e", "hi"),
        ("a\0b\x07c\td", "abc\td"),
        ("in\u200cvis\u200dible", "invisible"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष", "क्\u200dष"),
        ("👩\u200d💻 and 👩\u200d", "👩\u200d💻 and 👩"),
        ("❤\ufe0f\u200d🔥", "❤\ufe0f\u200d🔥"),
        ("葛\U000e0100", "葛\U000e0100"),
        ("x\ufe00\U000e0101\U000e0102\U000e0103", "x\ufe00"),
        ("e\u200d\u0301", "é"),
        ("\u2126\u200d❤", "Ω❤"),
        ("lone \ud800 surrogate", "lone \ufffd surrogate"),
    ],
)
def test_canonical_text(raw: str, expected: str) -> None:
    assert canonical_text(raw) == expected


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("## The **bold** and `code` ##", "The bold and code"),
        ("[A link](http://x.y) and ![image](z.png)", "A link and image"),
        ("qa [![build](http://x.y/z.svg)](http://x.y) [![](a.png)](b)", "qa"),
        ("# qa [![build][z]][x] [![b](z)][x]", "qa"),
        ("# [![Sails](logo.svg)](http://x.y)", "Sails"),
        ("snake_case_name stays, 2 * 3 * 4 too", "snake_case_name stays, 2 * 3 * 4 too"),
        ("C# in   use", "C# in use"),
    ],
)
def test_plain_line(line: str, words: str) -> None:
    assert plain_line(line) == words


@pytest.mark.usefixtures("linear_time")
@pytest.mark.parametrize(
    "unit", ["__a ", "~~a", "*a ", "[a", "[a](", "[![a](", "[![a](b)](", "` a"]
)
def test_plain_line_takes_linear_time(unit: str) -> None:
    assert plain_line("# " + unit * 25_000)


@pytest.mark.parametrize(
    ("line", "entry"),
    [
        ("3.2 Invoking it . . . . . . 5", ("3.2 Invoking it", "5")),
        ("Preface .......ix ", ("Preface", "ix")),
        ("Tea …… 3", ("Tea", "3")),
        ("Coffee ..... €2.50", ("Coffee", "€2.50")),
        ("Cake ····· 2,50 €", ("Cake", "2,50 €")),
        ("Chapter 1 ......... 1–12", ("Chapter 1", "1–12")),
        ("wait...... what", None),
        ("so.... 5", None),
        ("1.5 ..... 5", None),
        ("..... 5", None),
        ("Name ........ Date ........", None),
        ("It cost 2.50", None),
        ("I went. I bought milk. " * 10 + "It said ..... 5", None),
        ("", None),
    ],
)
def test_entries_that_dots_lead_through(line: str, entry: tuple[str, str] | None) -> None:
    assert led_entry(line) == entry


@pytest.mark.usefixtures("linear_time")
@pytest.mark.parametrize("unit", [".", ". ", "a . . . . . 5 ", "5", "a", "…"])
def test_entries_take_linear_time(unit: str) -> None:
    led_entry("a" + unit * 100_000)
    led_entry("a" + unit * 100_000 + " 5")


@pytest.mark.usefixtures("linear_time")
def test_a_heading_with_many_blanks_takes_linear_time() -> None:
    line = "a" + " " * 100_000 + "b"
    assert plain_line(line) == "a b"
    assert title_of_body(f"Intro.\n\n# {line}\n", markdown=True) == "a"


# --- Folders -----------------------------------------------------------------------


def test_scan_lists_documents_sorted_with_size_and_time(tmp_path: Path) -> None:
    write(tmp_path, "b.TXT", "bb")
    write(tmp_path, "a/z.md", "z")
    write(tmp_path, "a/deep/er/é ü.markdown", "deep")
    os.utime(tmp_path / "b.TXT", ns=(1, 1_700_000_000_000_000_123))
    scan = scan_folder(tmp_path)
    assert [file.path for file in scan.files] == ["a/deep/er/é ü.markdown", "a/z.md", "b.TXT"]
    assert scan.files[2].size == 2
    assert scan.files[2].modified_ns == 1_700_000_000_000_000_123
    assert scan.files[2].ctime_ns == (tmp_path / "b.TXT").stat().st_ctime_ns
    assert scan.root == tmp_path.resolve()
    assert not scan.skipped
    assert scan_folder(tmp_path) == scan


def test_scan_says_why_something_is_skipped(tmp_path: Path) -> None:
    library = tmp_path / "library"
    outside = tmp_path / "outside"
    write(outside, "secret.txt", "secret")
    write(library, "kept.txt", "kept")
    write(library, ".git/config.txt", "hidden")
    write(library, "~$report.docx", "of a program that has it open")
    write(library, "paper.doc", "old")
    write(library, "picture.png", "old")
    write(library, "README", "no suffix")
    write(library, "empty.txt", "")
    write(library, "sub/real.txt", "real")
    (library / "inside.txt").symlink_to(library / "sub" / "real.txt")
    (library / "out.txt").symlink_to(outside / "secret.txt")
    (library / "out").symlink_to(outside)
    (library / "loop").symlink_to(library)
    (library / "broken.txt").symlink_to(library / "gone.txt")
    os.mkfifo(library / "pipe.txt")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(library / "s.txt"))
        scan = scan_folder(library)
    assert [file.path for file in scan.files] == ["inside.txt", "kept.txt", "sub/real.txt"]
    reasons = {file.path: file.reason for file in scan.skipped}
    assert list(reasons) == sorted(reasons)
    assert reasons.pop("s.txt") == reasons.pop("pipe.txt")
    assert reasons.pop("paper.doc") == ".doc: not a supported format; save it as .docx"
    assert reasons.pop("picture.png") == ".png: not a supported format"
    assert reasons.pop("README").startswith("no suffix")
    assert reasons == {
        ".git": "hidden",
        "~$report.docx": "hidden",
        "broken.txt": "a link that leads nowhere",
        "empty.txt": "empty",
        "loop": "a link to a folder: its files are read where they are",
        "out": "a link that leads out of the folder",
        "out.txt": "a link that leads out of the folder",
    }


def test_scan_skips_names_that_are_not_unicode(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_text("x")
    (skipped,) = scan_folder(tmp_path).skipped
    skipped.path.encode()
    assert "rename" in skipped.reason


def test_scan_goes_on_past_a_folder_that_cannot_be_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "a.txt", "a")
    write(tmp_path, "locked/b.txt", "b")
    scandir = os.scandir

    def guarded(path: Path) -> object:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(documents.os, "scandir", guarded)
    scan = scan_folder(tmp_path)
    assert [file.path for file in scan.files] == ["a.txt"]
    assert [(file.path, file.reason) for file in scan.skipped] == [
        ("locked", "can't be opened: Permission denied")
    ]


def test_scan_of_an_empty_folder_is_empty(tmp_path: Path) -> None:
    assert scan_folder(tmp_path).files == ()


def test_scan_needs_a_folder(tmp_path: Path) -> None:
    with pytest.raises(LibraryNotFoundError, match=r"no folder .*missing"):
        scan_folder(tmp_path / "missing")
    write(tmp_path, "a.txt", "a")
    with pytest.raises(LibraryNotFoundError, match=f"is a file.*give {tmp_path.resolve()} instead"):
        scan_folder(tmp_path / "a.txt")


@pytest.mark.parametrize(
    "name",
    ["line\nbreak.txt", "tab\t.txt", "esc\x1b[2J.txt", "txt.\u202efdp.txt", "zero\u200b.txt"],
)
def test_scan_skips_names_that_hide_something(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("x")
    write(tmp_path, "family 👩\u200d👩\u200d👧 é ü e\u0301.txt", "kept")
    scan = scan_folder(tmp_path)
    assert len(scan.files) == 1
    (skipped,) = scan.skipped
    assert "rename" in skipped.reason
    assert "\ufffd" in skipped.path
    assert skipped.path.isprintable()
