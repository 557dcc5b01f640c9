"""Files that mean harm: each is reported, none takes the reader along, the rest is read."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import struct
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Self

import files
import pytest

from qa import readers
from qa.documents import scan_folder
from qa.embeddings import HashingEmbedder
from qa.errors import DocumentError, UnfinishedDocumentError
from qa.index import update_index
from qa.readers import DocumentReader, sandbox, worker
from qa.settings import ChunkingSettings

ENCRYPTION = (
    b"<< /Filter /Standard /V 1 /R 2 /P -4 /O <" + b"41" * 32 + b"> /U <" + b"42" * 32 + b"> >>"
)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096)
TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    + "]><a>&a11;</a>"
)
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'


def changed(data: bytes, name: str, content: str | bytes) -> bytes:
    """An archive with one member replaced."""
    import io

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    members[name] = content if isinstance(content, bytes) else content.encode()
    return files.zipped(members)


def encrypted(data: bytes) -> bytes:
    """An archive whose members are marked as encrypted."""
    marked = bytearray(data)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = marked.find(signature)
        while place >= 0:
            marked[place + offset] |= 1
            place = marked.find(signature, place + 4)
    return bytes(marked)


def lying(data: bytes, size: int) -> bytes:
    """An archive that claims another size for its members' contents."""
    changed = bytearray(data)
    place = changed.find(b"PK\x01\x02")
    while place >= 0:
        changed[place + 24 : place + 28] = struct.pack("<I", size)
        place = changed.find(b"PK\x01\x02", place + 4)
    return bytes(changed)


def pdf_bomb() -> bytes:
    """A page whose content unpacks to a gigabyte."""
    # Each pair of bytes stands for 128 blanks.
    stream = zlib.compress(b"\x81 " * 2**23)
    return files.pdf_of_objects(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>",
            b"<< /Filter [/FlateDecode /RunLengthDecode] /Length %d >>\nstream\n%s\nendstream"
            % (len(stream), stream),
        ],
        "/Root 1 0 R",
    )


def of_pages(kids: str, more: bytes = b"null") -> bytes:
    return files.pdf_of_objects(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            f"<< /Type /Pages /Kids [{kids}] /Count 1000000 >>".encode(),
            more,
        ],
        "/Root 1 0 R",
    )


def hostile() -> dict[str, bytes]:
    """Files by name; what one of them does is told by its name."""
    good = files.of_every_format()
    docx, pptx, xlsx, epub, pdf = (good[f"a.{kind}"] for kind in "docx pptx xlsx epub pdf".split())
    zeros = bytes(17 * 2**20)
    sheet = "xl/worksheets/sheet1.xml"
    deep = 200_000
    return {
        # Archives.
        "bomb.docx": changed(docx, "word/document.xml", zeros),
        "bomb.pptx": changed(pptx, "ppt/slides/slide1.xml", zeros),
        "bomb.xlsx": changed(xlsx, sheet, zeros),
        "bomb.epub": changed(epub, "O/a.xhtml", zeros),
        "laughs.docx": changed(docx, "word/document.xml", LAUGHS),
        "laughs.pptx": changed(pptx, "ppt/presentation.xml", LAUGHS),
        "laughs.xlsx": changed(xlsx, "xl/workbook.xml", LAUGHS),
        "laughs.epub": changed(epub, "O/c.opf", LAUGHS),
        "laughs-core.docx": changed(docx, "docProps/core.xml", LAUGHS),
        "entity.docx": changed(docx, "word/document.xml", OUTSIDE),
        "entity.xlsx": changed(xlsx, "xl/workbook.xml", OUTSIDE),
        "entity.epub": changed(epub, "META-INF/container.xml", OUTSIDE),
        "deep.docx": changed(docx, "word/document.xml", "<a>" * deep + "</a>" * deep),
        "deep.xlsx": changed(xlsx, sheet, "<a>" * deep + "</a>" * deep),
        "deep.pptx": changed(pptx, "ppt/presentation.xml", "<a>" * deep + "</a>" * deep),
        "deep.epub": changed(epub, "O/c.opf", "<a>" * deep),
        "members.epub": files.zipped({f"m{n}": "" for n in range(20_001)}, zipfile.ZIP_STORED),
        "lying.docx": lying(docx, 2**32 - 2),
        "short.epub": lying(epub, 3),
        "encrypted.docx": encrypted(docx),
        "encrypted.epub": encrypted(epub),
        "encrypted-office.xlsx": OLE,
        "encrypted-office.pptx": OLE,
        "protected.epub": changed(epub, "META-INF/rights.xml", "<rights/>"),
        "truncated.docx": docx[: len(docx) // 2],
        "truncated.xlsx": xlsx[: len(xlsx) // 3],
        "empty-archive.docx": files.zipped({}),
        "types-only.docx": files.zipped({"[Content_Types].xml": TYPES}),
        "sheet.docx": xlsx,
        "words.xlsx": docx,
        "text.docx": b"just text",
        "cycle.epub": files.zipped(
            {"META-INF/container.xml": '<rootfile full-path="META-INF/container.xml"/>'}
        ),
        "escape.epub": files.book({"../../../../etc/passwd": ""}),
        "nothing.xlsx": files.workbook(Empty=[]),
        # PDF.
        "bomb.pdf": pdf_bomb(),
        "encrypted.pdf": pdf.replace(b"/Root 1 0 R", b"/Root 1 0 R /ID [<41><42>] /Encrypt 7 0 R")
        .replace(b"xref\n0 7", b"7 0 obj\n" + ENCRYPTION + b"\nendobj\nxref\n0 7"),
        "truncated.pdf": pdf[:60],
        "cycle.pdf": of_pages("2 0 R"),
        "cycle-of-two.pdf": of_pages("3 0 R", b"<< /Type /Pages /Parent 2 0 R /Kids [2 0 R] >>"),
        "no-pages.pdf": of_pages(""),
        "deep.pdf": b"%PDF-1.4\n1 0 obj\n" + b"[" * deep + b"]" * deep + b"\nendobj\n%%EOF",
        "random.pdf": b"%PDF-1.7\n" + bytes(range(256)) * 100,
        "html.pdf": b"<html>not found</html>",
        # Text that is more than text.
        "deep.json": b"[" * 10_000 + b"]" * 10_000,
        "deep-objects.json": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        "deep-enough.json": b"[" * 900 + b"]" * 900,
        "broken.json": b'{"a": ',
        "binary.json": bytes(range(256)) * 10,
        "broken.jsonl": b"{\n[\n",
        "binary.csv": b"\x00\x01\x02\x03" * 1000,
        "blank.csv": b",,,\n,,,\n",
        "blank.html": b"<p> <b>&nbsp;</b>",
        "script.html": b"<script>" + b"x" * 1000 + b"</script>",
        "picture.html": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8,
        "empty.eml": b"\n\n",
        "none.mbox": b"no message here",
        "binary.txt": bytes(range(256)) * 20,
        "marked.txt": b"\xff\xfeabc",
        "nul.txt": bytes(5000),
        "program.py": b"\x7fELF" + bytes(1000),
    }  # fmt: skip


def survivable() -> dict[str, bytes]:
    """Files that look bad and can be read nevertheless."""
    deep = 5000
    return {
        "digits.json": b"9" * 100_000,
        "deep.html": b"<div>" * deep + b"Rain fell." + b"</div>" * deep,
        "lists.html": b"<ul><li>" * 5000 + b"Rain fell.",
        "attributes.html": b"<p " + b"a=b " * deep + b">Rain fell.</p>",
        "unclosed.html": b"<p><b><table><tr><td>Rain fell.",
        "parts.eml": b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=B\n\n"
        + b"--B\nContent-Type: text/plain\n\nRain fell.\n" * 200
        + b"--B--\n",
        "header.eml": b"Subject: =?utf-8?q?" + b"=41" * 500 + b"?=\nTo: " + b"a@b, " * 200
        + b"\n\nRain fell.\n",
        "charset.eml": b"Content-Type: text/plain; charset=nonsense\n\nRain fell.\n",
        "quotes.csv": b'a,b\n"Rain fell.' + b'""' * 10_000 + b'",2\n',
        "wide.csv": b"a," * 20_000 + b"\n" + b"Rain fell.," * 20_000 + b"\n",
        "nul.csv": b"a,b\nRain\x00 fell.,2\n",
        "entity.html": b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><p>Rain &x; fell.",
        "anchors.md": b"---\na: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n---\nRain fell.",
        "brackets.md": b"---\na: " + b"[" * 10_000 + b"\n---\nRain fell.",
    }  # fmt: skip


def large() -> dict[str, bytes]:
    """Plain texts near the size that is read at all; what one of them does is told by its name."""
    return {
        "words.txt": b"Rain fell on the harbour. " * (2**26 // 26),
        "line.txt": b"rain " * (10 * 2**20),
        "headings.md": b"".join(b"# Heading %d\n" % number for number in range(10**6)),
        "roles.rst": b":" * (40 * 2**20),
    }


def small() -> dict[str, bytes]:
    """Plain texts of a size that this process reads itself."""
    size = readers.MAX_TEXT_HERE
    return {
        "small-word.txt": b"r" * size,
        "small-headings.md": b"# Heading\n" * (size // 10),
        "small-marks.txt": b"." * size,
        "small-joiners.txt": "\u200d\u0301a".encode() * (size // 6),
        "small-utf-16.txt": ("rain fell " * (size // 20)).encode("utf-16-le"),
        "small-newlines.txt": b"\n" * (size - 1) + b"a",
        "small-blanks.md": b"# " + b" " * (size - 3) + b"x",
        "small-combining.txt": b"a" + "\u0301\u0316".encode() * (size // 4 - 1),
        "small-ticks.rst": b"`" * size,
        "small-colons.rst": b":a" * (size // 2),
        "small-brackets.md": b"---\na: " + b"[" * 19_000 + b"\n---\nRain fell.",
        "small-stars.md": b"# " + b"*" * (size - 2),
        "small-fields.md": b"Ab: c\n" * (size // 6),
        "small-legacy.txt": bytes(0x80 + 37 * number % 128 for number in range(size)),
        "small-mixed.txt": b"".join(b"a\xe9 %d\xff\n" % number for number in range(size // 12)),
    }


class Use:
    """The most memory in bytes that a reader's child had, and that this process grew by."""

    def __init__(self, reader: DocumentReader) -> None:
        self._reader = reader
        self._before = _memory(os.getpid(), "VmRSS")
        self._ended = threading.Event()
        self._watching = threading.Thread(target=self._watch)
        self.child = self.grown = 0

    def __enter__(self) -> Self:
        self._watching.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._watching.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.005):
            child = self._reader._sandbox._child
            if child is not None:
                # Of the child alone: what `resource` tells begins with its parent's.
                self.child = max(self.child, _memory(child.pid, "VmHWM"))
            self.grown = max(self.grown, _memory(os.getpid(), "VmRSS") - self._before)


def _memory(pid: int, name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", _status(pid))
    return int(found[1]) * 1024 if found else 0


def test_each_file_ends_within_30_seconds_and_a_gigabyte(tmp_path: Path) -> None:
    took: dict[str, float] = {}
    children: dict[str, int] = {}
    tried = 0
    with DocumentReader(tmp_path) as reader:
        for made in (hostile, survivable, small, large):
            for name, data in made().items():
                (tmp_path / name).write_bytes(data)
                del data
                with Use(reader) as use:
                    started = time.monotonic()
                    with contextlib.suppress(DocumentError):
                        assert reader.read(name).text
                    took[name] = time.monotonic() - started
                (tmp_path / name).unlink()
                children[name] = use.child
                tried += 1
                assert took[name] < 30, name
                assert use.child <= worker.MEMORY_BYTES, name
                assert use.grown <= worker.MEMORY_BYTES - min(use.child, 2**29), name
    assert tried >= 90
    # Had nothing been measured, nothing could be too much.
    assert max(children.values()) > 2**27
    assert max(seconds for name, seconds in took.items() if name.startswith("small-")) < 5


def test_hostile_files_are_reported_and_the_rest_is_read(tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    bad, odd, good = hostile(), survivable(), files.of_every_format()
    assert len(bad) >= 50
    for name, data in {**bad, **odd, **good}.items():
        (library / name).write_bytes(data)
    with (library / "sparse.txt").open("wb") as sparse:
        sparse.truncate(2 * 2**30)
    with (library / "sparse.pdf").open("wb") as sparse:
        sparse.truncate(2 * 2**30)
    (tmp_path / "secret.txt").write_text("secret")
    (library / "out.txt").symlink_to(tmp_path / "secret.txt")
    (library / "device.txt").symlink_to("/dev/zero")
    (library / "loop").symlink_to(library)
    os.mkfifo(library / "pipe.json")
    for name in ("line\nbreak.txt", "esc\x1b[2J.txt", "gnp.\u202etxt.txt"):
        (library / name).write_text("Rain fell.")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(library / "s.txt"))
        index, report = update_index(
            tmp_path / "store", library, HashingEmbedder(16), ChunkingSettings()
        )
    skipped = {file.path: file.reason for file in report.skipped}
    assert set(bad) <= set(skipped)
    assert set(odd) | set(good) == set(index.documents)
    assert {
        "sparse.txt",
        "sparse.pdf",
        "out.txt",
        "device.txt",
        "loop",
        "pipe.json",
        "s.txt",
    } < set(skipped)
    assert len(skipped) == len(bad) + 10
    for path, reason in skipped.items():
        assert path.isprintable()
        assert reason.isprintable(), (path, reason)
        assert len(reason) < 600
    for document in index.documents.values():
        assert "root:" not in document.text
    for name, word in {
        "encrypted.docx": "encrypted",
        "encrypted.pdf": "encrypted",
        "encrypted-office.xlsx": "encrypted",
        "bomb.docx": "only a trap",
        "members.epub": "parts",
        "lying.docx": "limit",
        "deep.json": "nested too deeply",
        "protected.epub": "copy-protected",
        "sparse.txt": "2048 MiB",
        "nothing.xlsx": "holds no text",
        "no-pages.pdf": "1,000,000 pages",
        "laughs.docx": "amplification",
        "laughs.epub": "EntitiesForbidden",
    }.items():
        assert word in skipped[name]


def stand_in(folder: Path, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the child import this code by the name of a real parser."""
    (folder / "selectolax").mkdir(parents=True)
    (folder / "selectolax" / "__init__.py").write_text("")
    (folder / "selectolax" / "lexbor.py").write_text(code)
    monkeypatch.syspath_prepend(str(folder))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import time; time.sleep(60)", "wasn't read within 0.3 s"),
        ("while True: pass", "wasn't read within 0.3 s"),
        ("x = bytearray(2**31)", "needs more than 1024 MiB"),
        ("import os; os.kill(os.getpid(), 11)", "its parser crashed"),
        ("import os; os._exit(0)", "its parser ended by itself (status 0)"),
        ("import sys; sys.exit(3)", "its parser ended by itself (status 3)"),
        ("raise ZeroDivisionError('odd')", "ZeroDivisionError: odd"),
        ("import nothing_of_that_name", "Install qa again"),
        ("with open('written', 'w') as file: file.write('x')", "File too large"),
        ("print('x' * 100_000); raise ValueError('told')", "ValueError: told"),
        ("import os; assert 'QA_API_KEY' not in os.environ, 'seen'; raise ValueError('k')", ": k"),
    ],
)
def test_a_parser_that_misbehaves_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, message: str
) -> None:
    stand_in(tmp_path / "bad", code, monkeypatch)
    monkeypatch.setenv("QA_API_KEY", "secret")
    (tmp_path / "a.html").write_text("<p>Rain.</p>")
    (tmp_path / "b.json").write_text('{"what": "Rain fell."}')
    with DocumentReader(tmp_path) as reader:
        reader.read("b.json")
        if "0.3 s" in message:
            monkeypatch.setattr(sandbox, "PATIENCE", 0.3)
        with pytest.raises(DocumentError, match="a.html") as caught:
            reader.read("a.html")
        assert message in str(caught.value)
        monkeypatch.setattr(sandbox, "PATIENCE", 25)
        assert reader.read("b.json").text == "| what: Rain fell. |"


@pytest.mark.parametrize(
    ("ending", "remembered", "message"),
    [
        ("os.kill(os.getpid(), signal.SIGINT)", False, "ended from outside"),
        ("os.kill(os.getpid(), signal.SIGTERM)", False, "ended from outside"),
        ("os.kill(os.getpid(), signal.SIGKILL)", False, "ended from outside"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", True, "its parser crashed"),
        ("os._exit(1)", False, "ended by itself"),
        ("time.sleep(60)", False, "wasn't read within 2 s"),
        (
            "resource.setrlimit(resource.RLIMIT_CPU, (1, 60))\nwhile True: pass",
            True,
            "takes longer",
        ),
    ],
)
def test_only_what_the_file_did_is_held_against_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, remembered: bool, message: str
) -> None:
    # A shell lets what it starts in the background ignore Ctrl-C.
    script = (
        "import os, resource, signal, time\n"
        f"signal.signal(signal.SIGINT, signal.default_int_handler)\n{ending}"
    )
    if message.endswith(" 2 s"):
        monkeypatch.setattr(sandbox, "PATIENCE", 2)
    stand_in(tmp_path / "bad", script, monkeypatch)
    (tmp_path / "a.html").write_text("<p>Rain.</p>")
    with DocumentReader(tmp_path) as reader:
        with pytest.raises(DocumentError, match=message) as caught:
            reader.read("a.html")
        assert isinstance(caught.value, UnfinishedDocumentError) is remembered


def test_a_limit_of_processor_time_that_was_set_before_is_kept(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<p>Rain.</p>")
    program = f"""
import resource, sys
sys.path[:0] = {sys.path[:2]!r}
resource.setrlimit(resource.RLIMIT_CPU, (300, 300))
from pathlib import Path
from qa.readers import DocumentReader
with DocumentReader(Path({str(tmp_path)!r})) as reader:
    print(reader.read("a.html").text)
    print(resource.prlimit(reader._sandbox._child.pid, resource.RLIMIT_CPU)[1])
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    assert ended.stdout.split() == ["Rain.", "300"], ended.stderr


@pytest.mark.parametrize(
    ("hard", "used", "worn"), [(60, 20.0, False), (60, 31.0, True), (-1, 9e9, False)]
)
def test_a_child_is_replaced_before_the_system_ends_it(
    monkeypatch: pytest.MonkeyPatch, hard: int, used: float, worn: bool
) -> None:
    assert worker.resource.RLIM_INFINITY == -1
    monkeypatch.setattr(worker, "_used_memory", lambda: 0)
    monkeypatch.setattr(worker, "_used_seconds", lambda: used)
    monkeypatch.setattr(worker.resource, "getrlimit", lambda _: (hard, hard))
    assert worker._is_worn() is worn


def test_the_terminal_s_signals_are_not_the_child_s(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('"Rain"')
    with DocumentReader(tmp_path) as reader:
        reader.read("a.json")
        child = reader._sandbox._child
        assert child is not None
        assert os.getpgid(child.pid) != os.getpgid(0)


def test_the_end_of_the_program_ends_a_child_that_still_parses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path / "bad", "import time; time.sleep(20)", monkeypatch)
    (tmp_path / "a.html").write_text("<p>Rain.</p>")
    program = f"""
import sys, threading, time
sys.path[:0] = {sys.path[:2]!r}
from pathlib import Path
from qa.readers import DocumentReader
reader = DocumentReader(Path({str(tmp_path)!r}))
threading.Thread(target=reader.read, args=("a.html",), daemon=True).start()
while reader._sandbox._child is None:
    time.sleep(0.01)
time.sleep(0.2)
print(reader._sandbox._child.pid)
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    pid = int(ended.stdout)
    end = time.monotonic() + 5
    while Path(f"/proc/{pid}").exists() and "State:\tZ" not in _status(pid):
        assert time.monotonic() < end
        time.sleep(0.05)


def _status(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/status").read_text()
    return "State:\tZ"


def test_one_child_reads_many_files_and_is_ended(tmp_path: Path) -> None:
    for number in range(50):
        (tmp_path / f"{number}.json").write_text(json.dumps({"n": number}))
    with DocumentReader(tmp_path) as reader:
        children = set()
        for number in range(50):
            assert reader.read(f"{number}.json").text == f"| n: {number} |"
            child = reader._sandbox._child
            assert child is not None
            children.add(child.pid)
        assert len(children) == 1
    assert child.poll() is not None


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.rst", "a.py"])
def test_only_text_that_is_short_is_read_without_a_child(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("Rain fell. " + "x" * (readers.MAX_TEXT_HERE - 11))
    with DocumentReader(tmp_path) as reader:
        short = reader.read(name)
        assert reader._sandbox._child is None
        (tmp_path / name).write_text("Rain fell. " + "x" * (readers.MAX_TEXT_HERE - 10))
        longer = reader.read(name)
        assert reader._sandbox._child is not None
    assert longer.text == short.text + "x"
    kept = ("title", "date", "format", "language", "body_start", "notes")
    assert [getattr(longer, each) for each in kept] == [getattr(short, each) for each in kept]


def test_text_is_the_same_from_a_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        "---\ndate: 2024-05-11\n---\n# Tides 🌊 of Ålesund\n\nRain\x85fell.\u200b\r\n\ud7ff\ufffd"
    )
    (tmp_path / "a.md").write_text(text, "utf-8")
    with DocumentReader(tmp_path) as reader:
        here = reader.read("a.md")
        monkeypatch.setattr(readers, "MAX_TEXT_HERE", 0)
        assert reader.read("a.md") == here
        assert reader._sandbox._child is not None
        (tmp_path / "a.md").write_bytes(b"\x00\x01" * 99)
        with pytest.raises(DocumentError, match="looks binary"):
            reader.read("a.md")


def test_a_child_that_died_or_grew_large_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hoard = "import sys; sys.hoard = bytearray(b'x') * (400 * 2**20); raise ValueError('kept')"
    stand_in(tmp_path / "bad", hoard, monkeypatch)
    (tmp_path / "a.json").write_text('"Rain"')
    (tmp_path / "large.html").write_text("<p>Rain.</p>")
    with DocumentReader(tmp_path) as reader:
        reader.read("a.json")
        child = reader._sandbox._child
        assert child is not None
        child.kill()
        child.wait()
        assert reader.read("a.json").text == "| Rain |"
        assert reader._sandbox._child is not child
        with pytest.raises(DocumentError, match="kept"):
            reader.read("large.html")
        assert reader._sandbox._child is None
        assert reader.read("a.json").text == "| Rain |"


def test_a_file_replaced_by_a_pipe_does_not_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text("Rain.")
    stat = Path.stat
    before = (tmp_path / "a.txt").stat()

    def swapped(path: Path, **options: bool) -> os.stat_result:
        if path.name == "a.txt" and path.is_file():
            path.unlink()
            os.mkfifo(path)
            return before
        return stat(path, **options)

    monkeypatch.setattr(Path, "is_file", lambda path: os.path.isfile(path))
    monkeypatch.setattr(Path, "stat", swapped)
    with DocumentReader(tmp_path) as reader, pytest.raises(DocumentError, match="regular file"):
        reader.read("a.txt")


def test_what_is_too_large_for_a_parser_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "MAX_PARSED_BYTES", 2**20)
    (tmp_path / "a.json").write_bytes(b" " * 2**21)
    with DocumentReader(tmp_path) as reader, pytest.raises(DocumentError, match="limit is 1 MiB"):
        reader.read("a.json")


def test_limits_that_a_system_does_not_know_are_no_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker, "resource", None)
    calls: list[Callable[[], object]] = [
        worker._give_up_rights,
        worker._limit_processor_time,
        worker._used_memory,
        worker._is_worn,
    ]
    for call in calls:
        call()


def test_the_scan_and_the_reader_know_the_same_formats(tmp_path: Path) -> None:
    for name, data in files.of_every_format().items():
        (tmp_path / name).write_bytes(data)
    scan = scan_folder(tmp_path)
    assert not scan.skipped
    with DocumentReader(tmp_path) as reader:
        for file in scan.files:
            reader.read(file.path)
