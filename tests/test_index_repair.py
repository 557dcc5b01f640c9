"""What interrupts or damages an index, and what makes it outdated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from places import CHUNKING, CountingEmbedder, Place, texts

from qa import index as index_module
from qa.errors import (
    IndexBusyError,
    IndexCorruptError,
    IndexOutdatedError,
    IndexStoreError,
)
from qa.index import open_index
from qa.readers import DocumentReader
from qa.settings import ChunkingSettings
from qa.storage import generations
from qa.storage.generations import GenerationStore
from qa.storage.snapshot import FORMAT
from qa.types import Document

# --- Failures ----------------------------------------------------------------------


class FailingEmbedder(CountingEmbedder):
    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        raise self.error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError(), OSError(28, "full")])
def test_an_interruption_leaves_the_old_index(place: Place, error: BaseException) -> None:
    place.update()
    before = place.files()
    place.put(cats="Cats changed.")
    with pytest.raises(type(error)):
        place.update(embedder=FailingEmbedder(error))
    assert place.files() == before
    index = place.update()[0]
    assert texts(index)["cats.txt"] == "Cats changed."


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
@pytest.mark.parametrize("step", ["os.replace", "os.fsync", "numpy.save", "pathlib.Path.mkdir"])
def test_an_interrupted_write_leaves_the_old_index(
    place: Place, monkeypatch: pytest.MonkeyPatch, step: str, error: BaseException
) -> None:
    place.update()
    before = place.files()
    place.put(cats="Cats changed.")

    def fail(*args: Any, **kwargs: Any) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(step, fail)
        with pytest.raises((KeyboardInterrupt, IndexStoreError)):
            place.update()
    remaining = place.files()
    remaining.pop("current.new", None)
    assert remaining == before
    assert texts(place.update()[0])["cats.txt"] == "Cats changed."
    assert not GenerationStore(place.store).has_leftovers()


def test_leftovers_are_cleared_even_when_nothing_changed(place: Place) -> None:
    place.update()
    left = place.store / "generation-0123456789abcdef"
    left.mkdir()
    (left / "documents.json").write_text("deleted text", "utf-8")
    assert not place.update()[1].changed
    assert not left.exists()


def test_a_busy_index_can_be_opened_but_not_written(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generations, "LOCK_SECONDS", 0.05)
    place.update()
    with GenerationStore(place.store).writing():
        open_index(place.store, place.embedder, CHUNKING)
        assert not place.update()[1].changed
        place.put(cats="Cats changed.")
        with pytest.raises(IndexBusyError):
            place.update()
    assert place.update()[1].updated == ("cats.txt",)


def outrun(place: Place, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Have another process write once, right before this one begins to; tells whether it did."""
    original = GenerationStore.writing
    raced: list[str] = []

    def writing(store: GenerationStore, timeout: float | None = None) -> Any:
        if not raced:
            raced.append("other")
            place.update(embedder=CountingEmbedder())
        return original(store, timeout)

    monkeypatch.setattr(GenerationStore, "writing", writing)
    return raced


def test_what_another_process_wrote_meanwhile_is_not_written_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.update()
    place.put(cats="Cats changed.")
    raced = outrun(place, monkeypatch)
    index, report = place.update()
    assert raced
    assert not report.changed
    assert place.embedder.embedded == []
    assert texts(index)["cats.txt"] == "Cats changed."


def test_a_rebuilding_reads_each_file_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    read = DocumentReader.read
    tried: list[str] = []

    def counted(reader: DocumentReader, path: str) -> Document:
        tried.append(path)
        return read(reader, path)

    monkeypatch.setattr(DocumentReader, "read", counted)
    place.update()
    place.update(chunking=ChunkingSettings(max_chunk_characters=300))
    (place.store / "current").write_text("{}", "utf-8")
    assert place.update()[1].rebuilt
    assert tried == ["cats.txt", "dogs.txt"] * 3


def test_what_another_process_repaired_meanwhile_is_not_repaired_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.update()
    (place.store / "current").write_text("{}", "utf-8")
    raced = outrun(place, monkeypatch)
    _, report = place.update()
    assert raced
    assert not report.changed
    assert place.embedder.embedded == []


# --- Damage and change of make ------------------------------------------------------


def every_file(folder: Path) -> Iterator[Path]:
    yield from (path for path in sorted(folder.rglob("*")) if path.is_file())


def test_damage_to_any_file_is_noticed_and_repaired(place: Place, tmp_path: Path) -> None:
    place.update()
    names = [path for path in place.files() if path != "current"]
    assert len(names) >= 10
    for name in names:
        path = place.store / next(
            found for found in place.files() if found.split("/")[1:] == name.split("/")[1:]
        )
        content = bytearray(path.read_bytes())
        content[len(content) // 3] ^= 4
        path.write_bytes(content)
        with pytest.raises(IndexCorruptError, match=path.name):
            open_index(place.store, place.embedder, CHUNKING)
        index, report = place.update()
        assert report.rebuilt is not None
        assert path.name in report.rebuilt
        assert report.changed
        assert list(index.documents) == ["cats.txt", "dogs.txt"]
        assert not place.update()[1].changed


def test_a_damaged_pointer_is_noticed_and_repaired(place: Place) -> None:
    place.update()
    (place.store / "current").write_text("{}", "utf-8")
    with pytest.raises(IndexCorruptError, match="Index the library again"):
        open_index(place.store, place.embedder, CHUNKING)
    assert place.update()[1].rebuilt
    assert len(list(place.store.glob("generation-*"))) == 1


@pytest.mark.parametrize("name", ["current", "*/manifest.json", "*/sentences.npy"])
@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_ids_are_not_used_again_after_damage(place: Place, name: str, damage: str) -> None:
    place.update()
    ever = place.ids()
    for _ in range(2):
        (path,) = place.store.glob(name)
        if damage == "gone" and name != "current":
            path.unlink()
        else:
            path.write_bytes(path.read_bytes()[:20])
        assert place.update()[1].rebuilt
        ids = place.ids()
        assert min(ids) > max(ever)
        assert max(ids) < 2**53
        ever |= ids


class RenamedEmbedder(CountingEmbedder):
    def __init__(self, name: str, fingerprint: str) -> None:
        super().__init__()
        self.name = name
        self.fingerprint = fingerprint


def test_another_model_means_rebuilding(place: Place) -> None:
    place.update()
    for other, reason in [
        (RenamedEmbedder("other", "x"), "'hashing', not 'other'"),
        (RenamedEmbedder("other", "y"), "'other' have changed"),
    ]:
        with pytest.raises(IndexOutdatedError, match=reason):
            open_index(place.store, other, CHUNKING)
        index, report = place.update(embedder=other)
        assert report.rebuilt is not None
        assert reason in report.rebuilt
        assert len(other.embedded) == index.sentence_count


def test_other_cutting_means_rebuilding(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.update()
    longer = ChunkingSettings(max_chunk_characters=300)
    with pytest.raises(IndexOutdatedError, match="300"):
        open_index(place.store, place.embedder, longer)
    assert "300" in str(place.update(chunking=longer)[1].rebuilt)
    monkeypatch.setattr(index_module, "CHUNKER_VERSION", "next")
    with pytest.raises(IndexOutdatedError, match="next"):
        open_index(place.store, place.embedder, longer)
    assert "next" in str(place.update(chunking=longer)[1].rebuilt)
    monkeypatch.setattr(index_module, "READER_VERSION", "newer")
    with pytest.raises(IndexOutdatedError, match="newer"):
        open_index(place.store, place.embedder, longer)
    assert "newer" in str(place.update(chunking=longer)[1].rebuilt)


def test_another_format_means_rebuilding(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.update()
    monkeypatch.setattr(index_module, "FORMAT", 99)
    with pytest.raises(IndexOutdatedError, match="format 99"):
        open_index(place.store, place.embedder, CHUNKING)
    assert "format 99" in str(place.update()[1].rebuilt)


def test_files_of_an_unknown_make_mean_rebuilding(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with GenerationStore(place.store).writing():
        GenerationStore(place.store).write(lambda folder: {"format": FORMAT})
    with pytest.raises(IndexOutdatedError, match="can't read it"):
        open_index(place.store, place.embedder, CHUNKING)
    assert place.update()[1].rebuilt


def test_an_index_that_isnt_there_is_said(place: Place) -> None:
    with pytest.raises(IndexStoreError, match="no index"):
        open_index(place.store, place.embedder, CHUNKING)
