from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from qa.errors import IndexBusyError, IndexCorruptError, IndexStoreError
from qa.storage import generations
from qa.storage.generations import Generation, GenerationStore


def write(store: GenerationStore, text: str) -> None:
    def fill(folder: Path) -> dict[str, Any]:
        (folder / "text.txt").write_text(text, "utf-8")
        (folder / "nested").mkdir()
        (folder / "nested" / "copy.txt").write_text(text, "utf-8")
        return {"length": len(text)}

    with store.writing():
        store.write(fill)


def read(store: GenerationStore) -> str | None:
    def parse(generation: Generation) -> str:
        text = (generation.folder / "text.txt").read_text("utf-8")
        assert generation.facts == {"length": len(text)}
        return text

    return store.read(parse)


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "lock")


@pytest.fixture
def store(tmp_path: Path) -> GenerationStore:
    return GenerationStore(tmp_path / "store")


def test_a_store_is_empty_before_the_first_generation(store: GenerationStore) -> None:
    assert store.current() is None
    assert read(store) is None
    assert not store.has_leftovers()


def test_what_is_written_is_read(store: GenerationStore) -> None:
    write(store, "größe")
    assert read(store) == "größe"


def test_a_replaced_generation_is_gone_from_the_disk(
    store: GenerationStore, tmp_path: Path
) -> None:
    write(store, "secret")
    first = store.current()
    write(store, "new")
    assert read(store) == "new"
    assert store.current() != first
    assert not any(b"secret" in path.read_bytes() for path in files(tmp_path))


def test_only_the_owner_can_look_into_a_store(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "indexes" / "store"
    store = GenerationStore(folder)
    write(store, "private")
    for path in (folder.parent.parent, folder.parent, folder, folder / str(store.current())):
        assert path.stat().st_mode & 0o077 == 0


class PowerCut(BaseException):
    """Ends a write where it stands, as KeyboardInterrupt does."""


def steps_of_a_write(patch: pytest.MonkeyPatch, fail_at: int, error: BaseException) -> list[str]:
    """Count the calls that reach the disk; raise at one of them."""
    taken: list[str] = []

    def watched(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            taken.append(name)
            if len(taken) - 1 == fail_at:
                raise error
            return original(*args, **kwargs)

        return call

    patch.setattr(os, "replace", watched("replace", os.replace))
    patch.setattr(os, "fsync", watched("fsync", os.fsync))
    patch.setattr(Path, "write_bytes", watched("write_bytes", Path.write_bytes))
    patch.setattr(Path, "write_text", watched("write_text", Path.write_text))
    patch.setattr(Path, "mkdir", watched("mkdir", Path.mkdir))
    patch.setattr(shutil, "rmtree", watched("rmtree", shutil.rmtree))
    return taken


@pytest.mark.parametrize("error", [PowerCut(), OSError(28, "No space left on device")])
def test_a_crash_at_any_step_leaves_the_old_state_or_the_new(
    tmp_path: Path, error: BaseException
) -> None:
    fail_at = 0
    outcomes = set()
    while True:
        store = GenerationStore(tmp_path / f"store-{fail_at}")
        write(store, "old")
        with pytest.MonkeyPatch.context() as patch:
            taken = steps_of_a_write(patch, fail_at, error)
            with suppress(PowerCut, IndexStoreError, OSError):
                write(store, "new")
        if len(taken) <= fail_at:
            break
        found = read(GenerationStore(tmp_path / f"store-{fail_at}"))
        assert found in {"old", "new"}
        outcomes.add((taken[fail_at], found))
        write(store, "newer")
        assert read(store) == "newer"
        assert not store.has_leftovers()
        assert len(files(tmp_path / f"store-{fail_at}")) == 4
        fail_at += 1
    assert ("replace", "old") in outcomes
    assert ("fsync", "old") in outcomes
    assert ("fsync", "new") in outcomes
    assert fail_at > 10


def test_a_full_disk_is_said_and_leaves_nothing_behind(
    store: GenerationStore, tmp_path: Path
) -> None:
    write(store, "old")

    def fill(folder: Path) -> dict[str, Any]:
        (folder / "half").write_text("half", "utf-8")
        raise OSError(28, "No space left on device")

    with store.writing(), pytest.raises(IndexStoreError, match=r"No space left.*unchanged") as e:
        store.write(fill)
    assert str(tmp_path / "store") in str(e.value)
    assert "QA_HOME" in str(e.value)
    assert read(store) == "old"
    assert not store.has_leftovers()


def test_leftovers_of_a_crash_are_cleared_by_the_next_writer(
    store: GenerationStore, tmp_path: Path
) -> None:
    write(store, "old")
    left = tmp_path / "store" / "generation-deadbeef"
    left.mkdir()
    (left / "text.txt").write_text("half", "utf-8")
    (tmp_path / "store" / "current.new").write_text("{", "utf-8")
    assert store.has_leftovers()
    with store.writing():
        pass
    assert not store.has_leftovers()
    assert not left.exists()
    assert read(store) == "old"


@pytest.mark.parametrize("damage", ["flip", "truncate", "extend", "delete"])
def test_damage_to_any_file_is_noticed(tmp_path: Path, damage: str) -> None:
    template = tmp_path / "template"
    write(GenerationStore(template), "the text")
    for number, original in enumerate(files(template)):
        folder = tmp_path / f"{number}"
        shutil.copytree(template, folder)
        path = folder / original.relative_to(template)
        content = path.read_bytes()
        if damage == "delete":
            path.unlink()
        elif damage == "flip":
            position = len(content) // 2
            flipped = bytes([content[position] ^ 1])
            path.write_bytes(content[:position] + flipped + content[position + 1 :])
        else:
            path.write_bytes(content[:-1] if damage == "truncate" else content + b" ")
        store = GenerationStore(folder)
        if path.name == "current" and damage == "delete":
            assert read(store) is None
        elif path.name == "current" and damage == "extend":
            assert read(store) == "the text"
        else:
            with pytest.raises(IndexCorruptError, match="damaged"):
                read(store)


@pytest.mark.parametrize(
    "pointer",
    [
        "",
        "[]",
        "null",
        "{}",
        '{"generation": "../../etc", "manifest": ""}',
        '{"generation": "generation-", "manifest": ""}',
        '{"generation": "generation-/../..", "manifest": ""}',
        '{"generation": "generation-\\u0000", "manifest": ""}',
        '{"generation": "generation-\\ud800", "manifest": ""}',
        '{"generation": "generation-gone", "manifest": ""}',
    ],
)
def test_a_pointer_to_nowhere_is_damage(
    store: GenerationStore, tmp_path: Path, pointer: str
) -> None:
    write(store, "old")
    (tmp_path / "store" / "current").write_text(pointer, "utf-8")
    with pytest.raises(IndexCorruptError):
        read(store)
    write(store, "new")
    assert read(store) == "new"
    assert not store.has_leftovers()


def test_a_second_writer_is_turned_away(
    store: GenerationStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generations, "LOCK_SECONDS", 0.05)
    with store.writing(), pytest.raises(IndexBusyError, match="Another process"):
        write(GenerationStore(tmp_path / "store"), "mine")
    write(GenerationStore(tmp_path / "store"), "mine")
    assert read(store) == "mine"


def test_a_second_writer_waits_for_a_short_one(store: GenerationStore, tmp_path: Path) -> None:
    inside = threading.Event()
    done = threading.Event()

    def hold() -> None:
        with GenerationStore(tmp_path / "store").writing():
            inside.set()
            done.wait(0.2)

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait(5)
    write(store, "after")
    thread.join()
    assert read(store) == "after"


def test_a_reader_overtaken_by_a_writer_gets_the_new_state(store: GenerationStore) -> None:
    write(store, "old")
    overtaken: list[str] = []

    def parse(generation: Generation) -> str:
        if not overtaken:
            overtaken.append(generation.name)
            write(store, "new")
        return (generation.folder / "text.txt").read_text("utf-8")

    assert store.read(parse) == "new"
    assert overtaken


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions don't bind here")
def test_a_folder_without_permission_is_said(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(IndexStoreError, match="Permission denied"):
        write(GenerationStore(tmp_path / "locked" / "store"), "text")


def test_a_place_that_is_no_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    store = GenerationStore(tmp_path / "file" / "store")
    with pytest.raises(IndexStoreError, match="QA_HOME"):
        write(store, "text")
    with pytest.raises(IndexStoreError, match="QA_HOME"):
        read(store)


def test_the_manifest_lists_every_file(store: GenerationStore, tmp_path: Path) -> None:
    write(store, "text")
    folder = tmp_path / "store" / str(store.current())
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert set(manifest["files"]) == {"text.txt", "nested/copy.txt"}
    assert manifest["files"]["text.txt"]["size"] == 4


@pytest.fixture
def large(store: GenerationStore, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A store whose every file counts as large; the names of files that are hashed."""
    hashed: list[str] = []
    digest = generations.sha256_of

    def counted(path: Path) -> str:
        hashed.append(path.name)
        return digest(path)

    monkeypatch.setattr(generations, "_ALWAYS_CHECKED", 0)
    write(store, "text")
    monkeypatch.setattr(generations, "sha256_of", counted)
    return hashed


def test_a_large_file_is_not_hashed_again_while_nobody_touched_it(
    store: GenerationStore, large: list[str]
) -> None:
    assert read(store) == "text"
    assert large == ["copy.txt", "text.txt"]
    assert read(store) == "text"
    assert len(large) == 2
    write(store, "next")
    large.clear()
    assert read(store) == "next"
    assert len(large) == 2


@pytest.mark.parametrize("mark", ["{", '{"generation": 7}', "[]", None])
def test_without_a_mark_of_the_last_check_all_is_hashed(
    store: GenerationStore, tmp_path: Path, large: list[str], mark: str | None
) -> None:
    read(store)
    path = tmp_path / "store" / "verified.json"
    path.write_text(mark, "utf-8") if mark else path.unlink()
    large.clear()
    assert read(store) == "text"
    assert len(large) == 2


def test_after_a_week_all_is_hashed(
    store: GenerationStore, large: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read(store)
    large.clear()
    now = generations.time.time()
    monkeypatch.setattr(generations.time, "time", lambda: now + 8 * 86_400)
    read(store)
    assert len(large) == 2
    monkeypatch.setattr(generations.time, "time", lambda: now - 3600)
    large.clear()
    read(store)
    assert len(large) == 2


def test_damage_to_a_large_file_is_noticed_though_its_time_was_set_back(
    store: GenerationStore, tmp_path: Path, large: list[str]
) -> None:
    read(store)
    path = next((tmp_path / "store").glob("generation-*/text.txt"))
    before = path.stat()
    path.write_text("tent", "utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(IndexCorruptError, match="text.txt"):
        read(store)


def test_what_is_not_large_is_hashed_whatever_its_times_say(
    store: GenerationStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(folder: Path) -> dict[str, str]:
        (folder / "large.bin").write_bytes(b"l" * 50)
        (folder / "small.bin").write_bytes(b"s" * 20)
        return {}

    monkeypatch.setattr(generations, "_ALWAYS_CHECKED", 40)
    with store.writing():
        store.write(fill)

    def rot(name: str) -> None:
        """Flip a bit as a disk does: no time tells."""
        path = next((tmp_path / "store").glob(f"generation-*/{name}"))
        content = bytearray(path.read_bytes())
        content[7] ^= 1
        path.write_bytes(content)
        mark = tmp_path / "store" / "verified.json"
        verified = json.loads(mark.read_bytes())
        status = path.stat()
        stamp = [status.st_ino, status.st_mtime_ns, status.st_ctime_ns]
        verified["files"][name] = stamp
        mark.write_text(json.dumps(verified), "utf-8")

    store.read(lambda _: None)
    assert set(json.loads((tmp_path / "store" / "verified.json").read_bytes())["files"]) == {
        "large.bin"
    }
    rot("large.bin")
    store.read(lambda _: None)
    rot("small.bin")
    with pytest.raises(IndexCorruptError, match="small.bin"):
        store.read(lambda _: None)


def test_what_lies_beside_says_when_it_cant_be_written(store: GenerationStore) -> None:
    def full(_: Path) -> None:
        raise OSError(28, "No space left on device")

    with store.writing(), pytest.raises(IndexStoreError, match="No space left"):
        store.beside(full)


def test_a_generation_without_files_is_told(store: GenerationStore) -> None:
    assert not store.has_files()
    write(store, "text")
    assert store.has_files()
    with store.writing():
        store.write(lambda _: {})
    assert not store.has_files()
    assert store.read(lambda generation: generation.facts) == {}


def test_a_current_generation_that_is_gone_or_closed_counts_as_holding_files(
    store: GenerationStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(store, "one")
    with monkeypatch.context() as closed:

        def refuse(path: Path) -> Any:
            raise PermissionError(13, "Permission denied", str(path))

        closed.setattr(Path, "iterdir", refuse)
        assert store.has_files()
        assert not store.has_leftovers()
    name = store.current()
    assert name is not None
    shutil.rmtree(tmp_path / "store" / name)
    assert store.has_files()
