"""What an index goes through: kills, full disks, damage, readers and writers at once.

A few trials run with every test; the full counts are marked ``slow``.
"""

from __future__ import annotations

import builtins
import errno
import io
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import indexing
import pytest
from indexing import opened, put, texts, update

from qa.errors import IndexCorruptError, IndexStoreError
from qa.index import update_index
from qa.storage.generations import GenerationStore

slow = pytest.mark.slow


def start(*arguments: object) -> subprocess.Popen[str]:
    # One thread, so that a process can be copied at any time.
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, indexing.__file__, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def result(process: subprocess.Popen[str]) -> dict[str, int]:
    out, err = process.communicate(timeout=1800)
    assert process.returncode == 0, err
    counts: dict[str, int] = json.loads(out)
    return counts


@pytest.fixture
def place(tmp_path: Path) -> tuple[Path, Path]:
    """Where the index is kept, and a library with three documents."""
    library = tmp_path / "library"
    library.mkdir()
    put(library, {f"{name}.txt": f"{name.title()} fell. It was wet." for name in "abc"}, 10**18)
    return tmp_path / "store", library


@pytest.mark.parametrize("count", [12, pytest.param(500, marks=slow)])
def test_a_killed_writer_leaves_the_old_state_or_the_new(tmp_path: Path, count: int) -> None:
    (tmp_path / "library").mkdir()
    counts = result(start("kill", tmp_path / "store", tmp_path / "library", count, 7))
    print(counts)
    assert sum(counts.values()) == count
    if count >= 500:
        assert min(counts["old"], counts["new"]) > 0
    store = GenerationStore(tmp_path / "store")
    assert not store.has_leftovers()
    kept = [path for path in (tmp_path / "store").rglob("*") if path.is_file()]
    stored = b"".join(path.read_bytes() for path in kept)
    assert b"It was wet" not in stored or (
        "It was wet" in "".join(texts(opened(tmp_path / "store")).values())
    )


class FaultyFile:
    """A file whose every write, flush and close may fail."""

    def __init__(self, file: Any, step: Callable[[], None]) -> None:
        self._file = file
        self._step = step

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> FaultyFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, data: Any) -> Any:
        self._step()
        return self._file.write(data)

    def flush(self) -> None:
        self._step()
        self._file.flush()

    def close(self) -> None:
        # What the system holds back is written, and may fail, at the end.
        if not self._file.closed:
            self._file.close()
            self._step()


def failing(patch: pytest.MonkeyPatch, store: Path, fail_at: int, code: int) -> list[str]:
    """Have the `fail_at`-th step that changes the disk fail; returns the steps taken."""
    taken: list[str] = []

    def step(name: str) -> None:
        taken.append(name)
        if len(taken) - 1 == fail_at:
            raise OSError(code, os.strerror(code))

    def watched(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            step(name)
            return original(*arguments, **options)

        return call

    real_open = io.open

    def faulty_open(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        opened = real_open(file, mode, *arguments, **options)
        inside = isinstance(file, str | os.PathLike) and str(file).startswith(str(store))
        if inside and set(mode) & set("wax+"):
            return FaultyFile(opened, lambda: step(f"write {Path(file).name}"))
        return opened

    patch.setattr(builtins, "open", faulty_open)
    patch.setattr(io, "open", faulty_open)
    for name in ("fsync", "replace", "mkdir"):
        patch.setattr(os, name, watched(name, getattr(os, name)))
    return taken


@pytest.mark.parametrize(
    ("code", "every"),
    [
        (errno.ENOSPC, 9),
        (errno.EIO, 11),
        pytest.param(errno.ENOSPC, 1, marks=slow),
        pytest.param(errno.EIO, 1, marks=slow),
    ],
)
def test_a_disk_that_fails_at_any_write_leaves_the_old_state_or_the_new(
    place: tuple[Path, Path], code: int, every: int
) -> None:
    store, library = place
    old = texts(update(store, library))
    new = {"a.txt": "Snow fell.", "d.txt": "Hail fell."}
    put(library, new, 2 * 10**18)
    template = store.with_name("template")
    store.rename(template)
    outcomes: dict[str, str] = {}
    fail_at = 0
    while True:
        shutil.rmtree(store, ignore_errors=True)
        shutil.copytree(template, store)
        with pytest.MonkeyPatch.context() as patch:
            taken = failing(patch, store, fail_at, code)
            try:
                update(store, library)
                failed = False
            except IndexStoreError as error:
                failed = True
                assert os.strerror(code) in str(error)
        if len(taken) <= fail_at:
            break
        found = texts(opened(store))
        assert found in (old, new)
        if not failed:
            assert found == new
        outcomes[f"{fail_at} {taken[fail_at]}"] = "old" if found == old else "new"
        assert texts(update(store, library)) == new
        assert not GenerationStore(store).has_leftovers()
        fail_at += every
    assert fail_at > 60
    if every > 1:
        return
    steps = {name.split()[1] for name in outcomes}
    assert {"write", "fsync", "replace", "mkdir"} <= steps
    written = {name.split()[2] for name in outcomes if name.split()[1] == "write"}
    assert written >= {path.name for path in store.rglob("*") if path.is_file()} - {
        "lock",
        "current",
    }
    assert set(outcomes.values()) == {"old", "new"}
    assert fail_at > 60


@pytest.mark.skipif(os.name == "nt", reason="needs a limit of file size")
def test_files_that_may_not_grow_leave_the_old_state(place: tuple[Path, Path]) -> None:
    import resource

    store, library = place
    old = texts(update(store, library))
    put(library, {"a.txt": "Snow fell. " * 50}, 2 * 10**18)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    for limit in (0, 1, 100, 500, 1000, 2000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limits[1]))
        try:
            with pytest.raises(IndexStoreError, match=r"File too large.*unchanged"):
                update(store, library)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert texts(opened(store)) == old
        assert not GenerationStore(store).has_leftovers()


@pytest.mark.parametrize("count", [20, pytest.param(200, marks=slow)])
def test_any_damage_is_noticed_and_repaired(place: tuple[Path, Path], count: int) -> None:
    store, library = place
    rng = random.Random(count)
    expected = texts(update(store, library))
    damaged = set()
    for _ in range(count):
        kept = [path for path in sorted(store.rglob("*")) if path.is_file() and path.name != "lock"]
        path = rng.choice(kept)
        content = bytearray(path.read_bytes())
        if rng.random() < 0.5 or not content:
            content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        else:
            del content[rng.randrange(len(content)) :]
        path.write_bytes(content)
        damaged.add(path.name)
        # A damaged pointer leads to a manifest that isn't the one that it names.
        told = r"current|manifest\.json" if path.name == "current" else path.name
        with pytest.raises(IndexCorruptError, match=f"damaged: .*({told})"):
            opened(store)
        index, report = update_index(store, library, indexing.EMBEDDER, indexing.CHUNKING)
        assert texts(index) == expected
        assert report.rebuilt is not None
        assert "damaged" in report.rebuilt
        assert report.unchanged == ()
        assert texts(opened(store)) == expected
    if count >= 200:
        assert damaged == {path.name for path in store.rglob("*") if path.is_file()} - {"lock"}


@pytest.mark.parametrize("count", [5, pytest.param(200, marks=slow)])
def test_readers_see_whole_generations_while_a_writer_works(
    place: tuple[Path, Path], count: int
) -> None:
    store, library = place

    def version(number: int) -> None:
        put(library, {f"{n}.txt": f"Version {number} of {n}." for n in range(5)}, 10**18 + number)
        update(store, library)

    version(0)
    readers = [start("read", store, count) for _ in range(2)]
    for number in range(1, count + 1):
        version(number)
    seen = [result(reader) for reader in readers]
    print(seen)
    assert all(reader["opens"] > 0 for reader in seen)


@pytest.mark.parametrize("count", [5, pytest.param(100, marks=slow)])
def test_two_writers_take_turns(place: tuple[Path, Path], count: int) -> None:
    store, library = place
    writers = [start("write", store, library, count) for _ in range(2)]
    number = 0
    while any(writer.poll() is None for writer in writers):
        number += 1
        put(library, {f"{n}.txt": f"Version {number} of {n}." for n in range(3)}, 10**18 + number)
    print([result(writer) for writer in writers])
    index = update(store, library)
    assert texts(index) == {f"{n}.txt": f"Version {number} of {n}." for n in range(3)}
    ids = [
        identity
        for path in index.documents
        for table in (index.entry(path).sentence_ids, index.entry(path).chunk_ids)
        for identity in table.tolist()
    ]
    assert len(ids) == len(set(ids))
    assert not GenerationStore(store).has_leftovers()
