from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from places import CHUNKING, CountingEmbedder, Place, assert_equal, chunks_of, texts

from qa import index as index_module
from qa.documents import FolderScan
from qa.embeddings import HashingEmbedder
from qa.errors import (
    DocumentError,
    EmptyLibraryError,
    IndexStoreError,
    LibraryNotFoundError,
    PostponedDocumentError,
    UnfinishedDocumentError,
)
from qa.index import open_index, store_folder
from qa.language.sentences import split_sentences
from qa.readers import DocumentReader
from qa.settings import ChunkingSettings
from qa.storage import entries as entries_module
from qa.storage.generations import GenerationStore
from qa.storage.sightings import load_sightings
from qa.types import Document, Sentence


def test_a_new_library_is_indexed_whole(place: Place) -> None:
    index, report = place.update()
    assert report.added == ("cats.txt", "dogs.txt")
    assert report.changed
    assert (report.updated, report.removed, report.unchanged) == ((), (), ())
    assert report.rebuilt is None
    assert report.seconds > 0
    assert texts(index) == {
        "cats.txt": "Cats sleep. Cats eat.",
        "dogs.txt": "Dogs bark. Dogs run.",
    }


def test_where_nothing_changed_nothing_is_read_embedded_or_written(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    built, _ = place.update()
    before = place.files()
    times = {path: path.stat().st_mtime_ns for path in place.store.rglob("*")}
    monkeypatch.setattr(DocumentReader, "read", None)
    index, report = place.update()
    assert not report.changed
    assert report.unchanged == ("cats.txt", "dogs.txt")
    assert place.embedder.embedded == []
    assert place.files() == before
    assert {path: path.stat().st_mtime_ns for path in place.store.rglob("*")} == times
    assert_equal(index, built)


def test_a_touched_file_is_unchanged(place: Place) -> None:
    place.update()
    before = place.files()
    os.utime(place.library / "cats.txt", ns=(1, 1))
    _, report = place.update()
    assert not report.changed
    assert report.unchanged == ("cats.txt", "dogs.txt")
    assert place.embedder.embedded == []
    assert {**place.files(), "seen.json": b""} == {**before, "seen.json": b""}


def test_a_touched_file_is_as_old_as_it_was(place: Place) -> None:
    os.utime(place.library / "cats.txt", (1_715_428_800, 1_715_428_800))
    index, _ = place.update()
    before = index.documents["cats.txt"]
    assert before.saved == "2024-05-11"
    os.utime(place.library / "cats.txt")
    place.put(birds="Birds sing.")
    index, report = place.update()
    assert report.added == ("birds.txt",)
    assert index.documents["cats.txt"] == before
    place.put(cats="Cats sleep. Cats purr.")
    os.utime(place.library / "cats.txt", (1_749_729_600, 1_749_729_600))
    assert place.update()[0].documents["cats.txt"].saved == "2025-06-12"


def test_a_file_rewritten_with_its_size_and_time_is_read(place: Place) -> None:
    place.update()
    path = place.library / "cats.txt"
    status = path.stat()
    path.write_text("Cats sleep. Cats sit.", "utf-8")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_size == status.st_size
    index, report = place.update()
    assert report.updated == ("cats.txt",)
    assert texts(index)["cats.txt"] == "Cats sleep. Cats sit."


def test_a_file_with_other_permissions_is_hashed_once_and_never_parsed(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.update()
    monkeypatch.setattr(DocumentReader, "read", None)
    (place.library / "cats.txt").chmod(0o600)
    index, report = place.update()
    assert (report.changed, report.unchanged) == (False, ("cats.txt", "dogs.txt"))
    monkeypatch.setattr(index_module, "_same_content", None)
    assert not place.update()[1].changed
    assert not any(b"cats.txt" in content for content in cleared(place).values())
    assert texts(index)["cats.txt"] == "Cats sleep. Cats eat."


def cleared(place: Place) -> dict[str, bytes]:
    """What the store holds after every document is deleted."""
    for path in place.library.iterdir():
        path.unlink()
    with pytest.raises(EmptyLibraryError):
        place.update()
    return place.files()


def test_an_index_made_before_these_times_were_kept_goes_on_in_use(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = index_module.scan_library

    def older(root: Path) -> FolderScan:
        scan = whole(root)
        return replace(scan, files=tuple(replace(file, ctime_ns=0) for file in scan.files))

    with monkeypatch.context() as patch:
        patch.setattr(index_module, "scan_library", older)
        place.update()
    report = place.update()[1]
    assert (report.changed, report.rebuilt) == (False, None)
    assert len(load_sightings(place.store, generation(place))) == 2
    place.put(cats="Cats purr.")
    place.update()
    assert load_sightings(place.store, generation(place)) == ()
    monkeypatch.setattr(index_module, "_same_content", None)
    assert not place.update()[1].changed


def generation(place: Place) -> str:
    return str(GenerationStore(place.store).current())


def test_only_what_changed_is_embedded(place: Place) -> None:
    place.update()
    place.put(cats="Cats sleep. Cats purr.", birds="Birds sing.")
    index, report = place.update()
    assert report.added == ("birds.txt",)
    assert report.updated == ("cats.txt",)
    assert report.unchanged == ("dogs.txt",)
    assert sorted(place.embedder.embedded) == [
        "Birds sing.",
        "Cats purr.",
    ]
    assert texts(index)["cats.txt"] == "Cats sleep. Cats purr."


def test_a_change_within_the_tick_of_the_clock_is_read(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = place.library / "cats.txt"
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        status = path.stat()
        path.write_text("Cats 2.", "utf-8")
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    for name in ("cats", "dogs"):
        place.put(**{name: f"{name.title()} 1."})
    # A time in the future hides nothing.
    os.utime(place.library / "dogs.txt", ns=(1, 10**19 // 3))
    with monkeypatch.context() as patch:
        patch.setattr(time, "time_ns", lambda: path.stat().st_ctime_ns + 1_000_000)
        patch.setattr(time, "sleep", sleep)
        index, _ = place.update()
    assert texts(index)["cats.txt"] == "Cats 2."
    assert len(slept) == 1
    assert 0 < slept[0] <= 0.02
    assert not place.update()[1].changed
    monkeypatch.setattr(time, "sleep", None)
    assert not place.update()[1].changed


def test_a_sentence_is_embedded_with_its_heading(place: Place) -> None:
    (place.library / "a.md").write_text("# Refunds\n\nIt takes two weeks.", "utf-8")
    index, _ = place.update()
    assert "Refunds\nIt takes two weeks." in place.embedder.embedded
    assert "It takes two weeks." not in place.embedder.embedded
    vector = index.entry("a.md").sentence_vectors[1]
    expected = HashingEmbedder(16).embed(["Refunds\nIt takes two weeks."])[0]
    np.testing.assert_array_equal(vector, expected)
    (place.library / "a.md").rename(place.library / "b.md")
    place.update()
    assert place.embedder.embedded == []


def test_a_chunk_has_the_mean_vector_of_its_sentences(place: Place) -> None:
    place.put(cats="Cats sleep all day. Cats purr.", dogs="Dogs bark.")
    index, _ = place.update()
    axes = [index.dense_scores(axis) for axis in np.eye(16, dtype=np.float32)]
    chunks, sentences = (np.stack(scores, axis=1) for scores in zip(*axes, strict=True))
    mean = len("Cats sleep all day.") * sentences[0] + len("Cats purr.") * sentences[1]
    np.testing.assert_allclose(chunks[0], mean / np.linalg.norm(mean), atol=1e-6)
    np.testing.assert_allclose(chunks[1], sentences[2], atol=1e-6)


def test_sentences_that_cancel_each_other_leave_a_usable_chunk(place: Place) -> None:
    class Opposing(CountingEmbedder):
        def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
            vectors = super().embed(["same"] * len(texts)).copy()
            vectors[[text.startswith("No") for text in texts]] *= -1
            return vectors

    place.put(cats="Cats purr. No, don't.")
    index, _ = place.update(embedder=Opposing())
    assert index.chunk_count == 2
    scores, _ = index.dense_scores(Opposing().embed_query("same"))
    np.testing.assert_allclose(scores, 1.0, atol=1e-6)


def test_a_renamed_file_is_not_embedded_again(place: Place) -> None:
    place.update()
    (place.library / "cats.txt").rename(place.library / "felines.txt")
    _, report = place.update()
    assert (report.added, report.removed) == (("felines.txt",), ("cats.txt",))
    assert place.embedder.embedded == []


def test_a_deleted_document_is_gone_from_the_index_and_the_disk(place: Place) -> None:
    place.put(secret="The Zanzibarquux password.")
    place.update()
    assert any(b"anzibarquux" in content for content in place.files().values())
    (place.library / "secret.txt").unlink()
    index, report = place.update()
    assert report.removed == ("secret.txt",)
    assert "secret.txt" not in index.documents
    assert not any(b"anzibarquux" in content for content in place.files().values())
    assert len(list(place.store.glob("generation-*"))) == 1


def test_a_file_that_cant_be_read_is_skipped_and_dropped(place: Place) -> None:
    place.update()
    (place.library / "cats.txt").write_bytes(bytes(range(256)) * 20)
    index, report = place.update()
    assert [file.path for file in report.skipped] == ["cats.txt"]
    assert "binary" in report.skipped[0].reason
    assert report.removed == ("cats.txt",)
    assert list(index.documents) == ["dogs.txt"]
    again = place.update()[1]
    assert not again.changed
    assert again.skipped == report.skipped


def passing_failures() -> list[Exception]:
    """What a busy machine, or a disk that doesn't answer, makes of reading a file."""
    failures: list[Exception] = [PostponedDocumentError("its parser was ended from outside")]
    for cause in (
        OSError(errno.EIO, "Input/output error"),
        OSError(errno.EMFILE, "Too many open files"),
        MemoryError(),
    ):
        failure = DocumentError("cats.txt can't be read")
        failure.__cause__ = cause
        failures.append(failure)
    return failures


@pytest.mark.parametrize("failure", passing_failures(), ids=repr)
def test_a_document_whose_file_cant_be_read_now_stays_as_it_was(
    place: Place, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    place.update()
    place.put(cats="Cats purr.", dogs="Dogs dig.", owls="Owls hoot.")
    read = DocumentReader.read

    def failing(reader: DocumentReader, path: str) -> Document:
        if path == "dogs.txt":
            return read(reader, path)
        raise failure

    with monkeypatch.context() as busy:
        busy.setattr(DocumentReader, "read", failing)
        for updated in (("dogs.txt",), ()):
            index, report = place.update()
            assert texts(index) == {"cats.txt": "Cats sleep. Cats eat.", "dogs.txt": "Dogs dig."}
            assert (report.updated, report.removed) == (updated, ())
            assert [file.path for file in report.postponed] == ["cats.txt", "owls.txt"]
            # One that is no document yet is told as what isn't read.
            assert [file.path for file in report.skipped] == ["owls.txt"]
    index, report = place.update()
    assert (report.added, report.updated) == (("owls.txt",), ("cats.txt",))
    assert (report.postponed, report.skipped) == ((), ())
    assert texts(index)["cats.txt"] == "Cats purr."


def test_a_real_disk_s_error_is_one_that_passes(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.update()
    place.put(cats="Cats purr.")

    def broken(*_: object, **__: object) -> int:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as disk:
        disk.setattr("qa.readers.os.open", broken)
        index, report = place.update()
    assert texts(index)["cats.txt"] == "Cats sleep. Cats eat."
    assert [file.path for file in report.postponed] == ["cats.txt"]


def test_a_file_that_vanishes_while_indexing_is_skipped(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = DocumentReader.read

    def vanishing(reader: DocumentReader, path: str) -> Document:
        (place.library / "cats.txt").unlink(missing_ok=True)
        return read(reader, path)

    monkeypatch.setattr(DocumentReader, "read", vanishing)
    index, report = place.update()
    assert [file.path for file in report.skipped] == ["cats.txt"]
    assert list(index.documents) == ["dogs.txt"]


def test_citations_stay_exact_when_the_files_are_gone(place: Place) -> None:
    place.update()
    shutil.rmtree(place.library)
    index = open_index(place.store, place.embedder, CHUNKING)
    for chunk in chunks_of(index):
        for sentence in chunk.sentences:
            text = index.documents[sentence.document].text
            assert text[sentence.start : sentence.end] == sentence.text


def test_names_in_any_script(place: Place) -> None:
    names = ["übung.txt", "한국어/문서.txt", "emoji 🎉.txt", "a'b\"c.txt"]
    for name in names:
        (place.library / name).parent.mkdir(exist_ok=True)
        (place.library / name).write_text(f"Text of {name.split('.')[0]}.", "utf-8")
    index, report = place.update()
    assert set(names) <= set(report.added)
    assert set(names) <= set(index.documents)
    assert not place.update()[1].changed


def test_an_updated_index_is_like_one_built_at_once(place: Place, tmp_path: Path) -> None:
    place.put(birds="Birds sing.")
    place.update()
    place.put(ants="Ants dig. Dogs bark.", cats="Cats sleep. Cats purr.")
    (place.library / "birds.txt").unlink()
    grown, _ = place.update()
    fresh, _ = place.update(store=tmp_path / "fresh", embedder=CountingEmbedder())
    assert_equal(grown, fresh)


def test_ids_are_never_used_again(place: Place) -> None:
    place.update()
    ever = place.ids()
    last = ever
    for number in range(5):
        place.put(cats=f"Cats of round {number}.")
        if number == 3:
            (place.library / "dogs.txt").unlink()
        place.update()
        current = place.ids()
        new = current - last
        assert new
        assert not new & ever
        assert min(new) > max(ever)
        ever |= current
        last = current
    place.update(chunking=ChunkingSettings(max_chunk_characters=300))
    store = GenerationStore(place.store)
    assert store.read(lambda generation: int(generation.facts["next_id"])) == max(ever) + 1 + len(
        last
    )


# --- Libraries without documents ---------------------------------------------------


def test_a_library_without_documents_is_said(place: Place) -> None:
    for path in place.library.iterdir():
        path.unlink()
    (place.library / "picture.png").write_bytes(b"\x89PNG")
    with pytest.raises(EmptyLibraryError, match=r"picture\.png") as caught:
        place.update()
    assert str(place.library) in str(caught.value)
    assert not place.store.exists()


def test_a_library_without_a_sentence_is_said(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(entries_module, "split_sentences", lambda document: ())
        with pytest.raises(EmptyLibraryError):
            place.update()
    assert place.files() == {}
    whole = split_sentences

    def only_dogs(document: Document) -> tuple[Sentence, ...]:
        return whole(document) if document.path == "dogs.txt" else ()

    monkeypatch.setattr(entries_module, "split_sentences", only_dogs)
    index, _ = place.update()
    assert list(index.documents) == ["cats.txt", "dogs.txt"]
    assert index.sentences("cats.txt") == ()
    assert {chunk.document for chunk in chunks_of(index)} == {"dogs.txt"}


def test_the_text_of_the_last_document_is_gone_from_the_disk(place: Place) -> None:
    place.put(cats="Cats say anzibarquux.")
    place.update()
    highest = max(place.ids())
    for path in place.library.iterdir():
        path.unlink()
    for removed in (True, False):
        with pytest.raises(EmptyLibraryError) as caught:
            place.update()
        assert ("Removed from the index: cats.txt, dogs.txt." in str(caught.value)) is removed
        kept = place.files()
        assert not any(b"anzibarquux" in content for content in kept.values())
        assert {name.rpartition("/")[2] for name in kept} == {"current", "manifest.json"}
    with pytest.raises(IndexStoreError, match="no index"):
        open_index(place.store, place.embedder, CHUNKING)
    place.put(cats="Cats sleep.")
    index, report = place.update()
    assert report.added == ("cats.txt",)
    assert report.rebuilt is None
    assert min(place.ids()) > highest
    assert list(index.documents) == ["cats.txt"]


def test_an_empty_library_asks_nothing_of_the_model(place: Place) -> None:
    for path in place.library.iterdir():
        path.unlink()

    class Unasked(CountingEmbedder):
        @property
        def dimension(self) -> int:
            raise AssertionError

        @dimension.setter
        def dimension(self, value: int) -> None: ...

    with pytest.raises(EmptyLibraryError):
        place.update(embedder=Unasked())


def test_a_library_that_isnt_there_is_said(place: Place) -> None:
    with pytest.raises(LibraryNotFoundError):
        place.update(library=place.library / "nowhere")


# --- Files that take too long ------------------------------------------------------


def test_a_file_that_takes_too_long_is_read_again_only_when_it_changes(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []
    read = DocumentReader.read

    def slow(reader: DocumentReader, path: str) -> Document:
        tried.append(path)
        if path == "cats.txt":
            raise UnfinishedDocumentError("cats.txt takes longer than 30 s.")
        return read(reader, path)

    monkeypatch.setattr(DocumentReader, "read", slow)
    first = place.update()[1]
    assert [file.path for file in first.skipped] == ["cats.txt"]
    tried.clear()
    again = place.update()[1]
    assert again.skipped == first.skipped
    assert tried == []
    os.utime(place.library / "cats.txt", ns=(1, 1))
    place.update()
    assert tried == ["cats.txt"]
    (place.store / "refused.json").write_text("{", "utf-8")
    place.update()
    assert tried == ["cats.txt"] * 2
    (place.library / "cats.txt").unlink()
    place.update()
    assert not (place.store / "refused.json").exists()


def test_what_is_refused_for_another_reason_is_tried_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = DocumentReader.read
    tried: list[str] = []

    def lacking(reader: DocumentReader, path: str) -> Document:
        tried.append(path)
        if path == "cats.txt":
            raise DocumentError("cats.txt needs something that may be installed later.")
        return read(reader, path)

    monkeypatch.setattr(DocumentReader, "read", lacking)
    place.update()
    place.update()
    assert tried.count("cats.txt") == 2


# --- Where an index is kept --------------------------------------------------------


def test_each_library_has_a_store_of_its_own(tmp_path: Path) -> None:
    home = tmp_path / "home"
    stores = {
        store_folder(home, tmp_path / "a" / "docs"),
        store_folder(home, tmp_path / "b" / "docs"),
        store_folder(home, tmp_path / "b" / "docs" / ".." / "docs"),
    }
    assert len(stores) == 2
    assert all(store.parent == home / "indexes" for store in stores)
    assert store_folder(home, tmp_path / "Übung 1").name.startswith("Übung-1-")


def test_a_store_inside_the_library_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IndexStoreError, match="QA_HOME"):
        store_folder(tmp_path / "docs" / "home", tmp_path / "docs")


def test_a_store_in_a_hidden_folder_of_the_library_is_none_of_its_documents(tmp_path: Path) -> None:
    store = store_folder(tmp_path / ".local" / "share" / "qa", tmp_path)
    assert store.is_relative_to(tmp_path / ".local")
