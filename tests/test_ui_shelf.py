from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from patience import PATIENCE, eventually

from qa import Library, Settings
from qa.documents import SkippedFile
from qa.errors import DocumentError
from qa.ui import shelf as module
from qa.ui.panel import panel_html
from qa.ui.shelf import Shelf

Write = Callable[..., Path]


@pytest.fixture
def library(write: Write, fast: Callable[..., Settings]) -> Iterator[Library]:
    with Library.open(write({"a.txt": "The tide rose."}), settings=fast()) as opened:
        yield opened


def settle(shelf: Shelf) -> dict[str, str]:
    eventually(lambda: not shelf.busy)
    return {entry.path: entry.state for entry in shelf.entries()}


def uploaded(write: Write, content: str | bytes) -> Path:
    return write({"up": content}, f"upload {time.monotonic_ns()}") / "up"


def test_what_was_read_in_part_is_told(library: Library) -> None:
    library.report = replace(
        library.report, incomplete=(SkippedFile("a.txt", "its 2 pictures hold no text"),)
    )
    (entry,) = Shelf(library).entries()
    assert (entry.state, entry.detail) == ("partial", "its 2 pictures hold no text")
    assert "Read in part: its 2 pictures hold no text" in panel_html([entry], editable=True)


def test_what_cant_be_read_now_is_told(library: Library) -> None:
    library.report = replace(library.report, postponed=(SkippedFile("a.txt", "no process"),))
    (entry,) = Shelf(library).entries()
    assert (entry.state, entry.detail) == ("changed", "Changed, and still as it was: no process")


def test_each_file_s_progress_is_told(library: Library, write: Write) -> None:
    shelf, seen = Shelf(library), []
    refresh = library.refresh

    def slow(progress: Any) -> Any:
        for done, total, path in ((0, 0, "one.txt"), (1, 0, "two.txt"), (42, 100, "x"), (9, 9, "")):
            progress(done, total, path)
            seen.append({entry.path: entry.detail for entry in shelf.entries()})
        return refresh(progress)

    library.refresh = slow
    may_end = threading.Event()
    add = library.add

    def patient(name: str, file: Path) -> str:
        may_end.wait(PATIENCE)
        return add(name, file)

    library.add = patient
    for name in ("one.txt", "two.txt"):
        shelf.add(name, uploaded(write, f"The moon of {name} was late."))
    may_end.set()
    settle(shelf)
    assert [(rows["one.txt"], rows["two.txt"]) for rows in seen[:4]] == [
        ("Being read", "Waiting"),
        ("Waiting", "Being read"),
        ("Indexing, 42%", "Indexing, 42%"),
        ("Being saved", "Being saved"),
    ]


def test_files_are_added_and_shown(library: Library, write: Write) -> None:
    shelf = Shelf(library)
    file = uploaded(write, "The moon was late.")
    shelf.add("sky/moon.txt", file)
    assert settle(shelf) == {"sky/moon.txt": "new", "a.txt": "ready"}
    assert "sky/moon.txt" in library.documents
    assert not file.exists()
    entry = shelf.entries()[0]
    assert entry.size == len("The moon was late.")
    assert entry.document == library.documents["sky/moon.txt"]


def test_files_of_the_same_content_do_not_take_each_other_along(
    library: Library, write: Write
) -> None:
    # Gradio names the folder of an upload by its content.
    same = "The moon was late."
    folder = write({"sha/b.txt": same, "sha/c.exe": same}, "uploads") / "sha"
    shelf = Shelf(library)
    shelf.add("c.exe", folder / "c.exe")
    settle(shelf)
    shelf.add("b.txt", folder / "b.txt")
    assert settle(shelf) == {"c.exe": "failed", "b.txt": "new", "a.txt": "ready"}
    assert [each.name for each in folder.parent.iterdir()] == ["sha"]
    with pytest.raises(DocumentError, match="Add it again"):
        shelf.add("b.txt", folder / "b.txt")
    assert [each.name for each in folder.parent.iterdir()] == ["sha"]


def test_one_bad_file_does_not_keep_the_others_out(library: Library, write: Write) -> None:
    shelf = Shelf(library)
    shelf.add("a.exe", uploaded(write, b"MZ"))
    shelf.add("b.txt", uploaded(write, "The moon was late."))
    assert settle(shelf) == {"a.exe": "failed", "b.txt": "new", "a.txt": "ready"}
    assert "not a supported format" in shelf.entries()[0].detail
    shelf.dismiss("a.exe")
    assert "a.exe" not in settle(shelf)


def test_dismissing_what_failed_never_removes_a_document(library: Library, write: Write) -> None:
    shelf = Shelf(library)
    shelf.add("b.txt", uploaded(write, b"\x00\x01" * 99))
    assert settle(shelf) == {"b.txt": "failed", "a.txt": "ready"}
    write({"b.txt": "The moon was late."})
    shelf.read_again()
    settle(shelf)
    assert [entry.state for entry in shelf.entries()] == ["failed", "new", "ready"]
    for _ in range(2):  # The second comes from a page that doesn't know of the first.
        shelf.dismiss("b.txt")
        assert settle(shelf) == {"b.txt": "new", "a.txt": "ready"}
    assert (library.root / "b.txt").exists()


def test_a_fault_of_one_file_leaves_the_others_and_is_logged(
    library: Library,
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    real_add, real_refresh = library.add, library.refresh
    faults = ["of indexing"]

    def add(name: str, file: Path) -> str:
        if name == "odd.txt":
            raise ZeroDivisionError("of a reader")
        return real_add(name, file)

    def refresh(*arguments: object) -> object:
        if faults:
            raise ZeroDivisionError(faults.pop())
        return real_refresh(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(library, "add", add)
    monkeypatch.setattr(library, "refresh", refresh)
    shelf = Shelf(library)
    shelf.add("odd.txt", uploaded(write, "Odd."))
    settle(shelf)
    assert "could not be indexed: there is a fault in qa" in shelf.message
    shelf.add("b.txt", uploaded(write, "The moon was late."))
    assert settle(shelf) == {"odd.txt": "failed", "b.txt": "new", "a.txt": "ready"}
    assert "a fault in qa" in shelf.entries()[0].detail
    assert "of a reader" in caplog.text
    assert "of indexing" in caplog.text


def test_a_document_is_taken_out_but_not_lost(library: Library, write: Write) -> None:
    shelf = Shelf(library)
    shelf.add("b.txt", uploaded(write, "The moon was late."))
    settle(shelf)
    shelf.remove("b.txt")
    assert settle(shelf) == {"a.txt": "ready"}
    assert "taken out of the library. It is now " in shelf.message
    assert Path(shelf.message.split("It is now ")[1]).read_text() == "The moon was late."
    with pytest.raises(DocumentError, match="isn’t in the library"):
        shelf.remove("b.txt")
    with pytest.raises(DocumentError, match="isn’t in the library"):
        shelf.remove("../secret.txt")


def test_only_what_is_shown_can_be_taken_out(write: Write, fast: Callable[..., Settings]) -> None:
    root = write({"a.txt": "The tide rose.", ".env": "SECRET=1", "qa.toml": "x = 1", "b.bin": "x"})
    shelf = Shelf(Library.open(root, settings=fast()))
    # Nor by the name of an upload that failed, which its sender chose.
    shelf.add(".env", uploaded(write, b"\x00\x01" * 99))
    settle(shelf)
    for path in (".env", "qa.toml"):
        with pytest.raises(DocumentError, match="isn’t in the library"):
            shelf.remove(path)
        assert (root / path).exists()
    shelf.remove("b.bin")
    assert not (root / "b.bin").exists()


def test_a_change_on_disk_is_noticed_and_told_while_somebody_looks(
    library: Library, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SCAN_MILLISECONDS", 100)
    monkeypatch.setattr(module, "WATCH_SECONDS", 0.5)
    shelf = Shelf(library)
    shelf.look()
    (library.root / "a.txt").write_text("The tide fell.")
    (library.root / "c.md").write_text("# New\n\nIt came.")
    (library.root / "x.bin").write_text("no")

    def told() -> str:
        shelf.look()
        return shelf.news[1]

    eventually(lambda: library.documents["a.txt"].text == "The tide fell.")
    eventually(lambda: bool(told()))
    eventually(lambda: "c.md" in library.documents)
    assert settle(shelf) == {"c.md": "new", "a.txt": "ready", "x.bin": "skipped"}
    (library.root / "a.txt").unlink()
    eventually(lambda: told() == "a.txt: no longer in the folder.")
    # What is done here needn't be told.
    count = shelf.news[0]
    shelf.add("b.txt", uploaded(write, "The moon was late."))
    settle(shelf)
    shelf.remove("c.md")
    settle(shelf)
    assert shelf.news[0] == count
    # Nobody looks any more.
    eventually(lambda: not any(t.name == "qa-folder-watch" for t in threading.enumerate()))


def test_the_last_document_can_go_and_another_come(
    write: Write, fast: Callable[..., Settings]
) -> None:
    root = write({"a.txt": "The tide rose."})
    shelf = Shelf(library := Library.open(root, settings=fast(), may_be_empty=True))
    shelf.remove("a.txt")
    assert settle(shelf) == {}
    assert library.ask("What rose?").status == "not_found"
    assert library.search("tide") == ()
    shelf.add("b.txt", uploaded(write, "The moon was late."))
    assert settle(shelf) == {"b.txt": "new"}
    assert library.ask("Who was late?").citations


def test_a_shelf_for_reading_changes_nothing(library: Library, write: Write) -> None:
    shelf = Shelf(library, editable=False)
    with pytest.raises(DocumentError, match="--read-only"):
        shelf.add("b.txt", uploaded(write, "x"))
    with pytest.raises(DocumentError, match="--read-only"):
        shelf.remove("a.txt")
    shelf.read_again()
    assert settle(shelf) == {"a.txt": "ready"}
