from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from commands import TIDES, Run

from qa.faces import watching
from qa.index import store_folder
from qa.settings import Settings
from qa.storage import generations
from qa.storage.generations import GenerationStore


@pytest.fixture
def folder(write: Callable[..., Path]) -> Path:
    return write({"tides.txt": TIDES, "binary.txt": b"\x00\x01\xff" * 99})


def test_index_says_what_changed(run: Run, folder: Path) -> None:
    status, out, _ = run("index", folder)
    assert status == 0
    assert "added    tides.txt" in out
    assert "skipped  binary.txt: " in out
    assert "1 document indexed in " in out
    assert "1 added, 0 updated, 0 removed, 0 unchanged, 1 skipped." in out
    assert "0 added, 0 updated, 0 removed, 1 unchanged" in run("index", folder)[1]
    (folder / "tides.txt").write_text(TIDES + "And more.")
    (folder / "new.txt").write_text("A new wave came.")
    _, out, _ = run("index", folder)
    assert "updated  tides.txt" in out
    assert "added    new.txt" in out
    (folder / "new.txt").unlink()
    assert "removed  new.txt" in run("index", folder)[1]


def test_index_says_that_another_process_is_writing(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("index", folder)
    monkeypatch.setattr(generations, "LOCK_SECONDS", 0.05)
    (folder / "new.txt").write_text("A new wave came.")
    with GenerationStore(store_folder(Settings.load().home, folder)).writing():
        status, out, _ = run("index", folder)
    assert status == 1
    assert "The documents are as they were before: Another process is writing" in out
    assert run("index", folder)[0] == 0


def test_index_says_why_everything_is_indexed_again(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("index", folder)
    monkeypatch.setenv("QA_CHUNKING__MAX_CHUNK_CHARACTERS", "300")
    _, out, _ = run("index", folder)
    assert "Everything was indexed again: " in out
    assert "chunking settings" in out


def test_what_cant_be_read_now_is_told_and_tried_again(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("index", folder)
    monkeypatch.setattr(watching, "RETRY_SECONDS", 0.0)
    monkeypatch.setattr("qa.readers.MAX_TEXT_HERE", 0)
    busy = pytest.MonkeyPatch()

    def changes(_: Path, **__: object) -> Iterator[set[object]]:
        busy.setattr("qa.readers.sandbox._START", "import os; os.kill(os.getpid(), 9)")
        (folder / "tides.txt").write_text(TIDES + "And more.")
        yield {"tides.txt"}
        busy.undo()
        yield set()
        raise KeyboardInterrupt

    monkeypatch.setattr("watchfiles.watch", changes)
    try:
        _, out, _ = run("index", folder, "--watch")
    finally:
        busy.undo()
    assert "as it was tides.txt: tides.txt couldn't be read: its parser was ended" in out
    assert "updated  tides.txt" in out


def test_index_watches_until_it_is_interrupted(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changes(root: Path, **_: object) -> Iterator[set[object]]:
        assert root == folder
        yield {"before"}
        (folder / "new.txt").write_text("A new wave came.")
        yield {"new.txt"}
        for path in list(folder.iterdir()):
            path.unlink()
        yield {"all"}
        (folder / "last.txt").write_text("The last wave came.")
        yield {"last.txt"}
        raise KeyboardInterrupt

    monkeypatch.setattr("watchfiles.watch", changes)
    status, out, err = run("index", folder, "--watch")
    assert status == 130
    assert "added    new.txt" in out
    assert "added    last.txt" in out
    assert out.count(" indexed in ") == 3
    assert "error: No document in" in err
    assert "Removed from the index: " in err
    assert "new.txt" in err
    assert "Watching" in err


def test_watching_tells_what_came_before_it_began_and_what_cant_be_read(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changes(
        root: Path, watch_filter: Callable[[str, str], bool], **_: object
    ) -> Iterator[set[object]]:
        assert watch_filter("added", str(root / "node_modules" / "a.txt"))
        assert not watch_filter("added", str(root / ".git" / "a.txt"))
        assert watch_filter("added", "/.elsewhere/a.txt")
        (folder / "between.txt").write_text("A wave came in between.")
        yield set()
        (folder / "later.txt").write_text("A wave came later.")
        # No event: it isn't looked for again.
        yield set()
        (folder / "later.txt").unlink()
        (folder / "broken.txt").write_bytes(b"\x00\x01\xff" * 99)
        (folder / ".broken.txt.swp").write_text("Written by an editor.")
        yield {"broken.txt"}
        yield {"broken.txt"}
        (folder / "b.jsonl").write_bytes(b"\x00\x01\xff" * 99)
        yield {"b.jsonl"}
        raise KeyboardInterrupt

    monkeypatch.setattr("watchfiles.watch", changes)
    status, out, _ = run("index", folder, "--watch")
    assert status == 130
    assert "added    between.txt" in out
    assert "later.txt" not in out
    assert out.count("skipped  broken.txt: ") == 1
    assert out.count("skipped  b.jsonl: ") == 1
    assert out.count("skipped  binary.txt: ") == 2
    assert out.count(" indexed in ") == 2
    assert ".swp" not in out


def test_watching_tries_again_while_another_process_writes(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generations, "LOCK_SECONDS", 0.05)

    def changes(root: Path, **_: object) -> Iterator[set[object]]:
        yield set()
        (folder / "new.txt").write_text("A new wave came.")
        with GenerationStore(store_folder(Settings.load().home, root)).writing():
            yield {"new.txt"}
            yield set()
        yield set()
        raise KeyboardInterrupt

    monkeypatch.setattr("watchfiles.watch", changes)
    _, out, err = run("index", folder, "--watch")
    assert err.count("error: Another process is writing") == 1
    assert "added    new.txt" in out


def test_versions_tell_what_they_are_newer_by(run: Run, folder: Path) -> None:
    text = "The tide rose at noon today. The wind came from the west."
    for number, name in enumerate(("a.txt", "b.txt")):
        (folder / name).write_text(text)
        os.utime(folder / name, (1_715_428_800 + number,) * 2)
    _, out, _ = run("index", folder)
    assert "versions b.txt: newer than a.txt (where their dates don't tell, by when the" in out


def test_index_tells_what_is_in_part_and_what_is_a_version(run: Run, folder: Path) -> None:
    text = "The tide rose at noon today. The wind came from the west."
    (folder / "2024-05-11 a.txt").write_text(text)
    (folder / "2024-05-12 a.txt").write_text(text)
    (folder / "b.jsonl").write_text('{"a": 1}\nbroken\n')
    _, out, _ = run("index", folder)
    assert "versions 2024-05-12 a.txt: newer than 2024-05-11 a.txt\n" in out
    assert "in part  b.jsonl: what isn't JSON wasn't read: line 2" in out
    assert "in part  b.jsonl" in run("index", folder)[1]
