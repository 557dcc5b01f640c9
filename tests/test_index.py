from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)
from numpy.typing import NDArray

from qa import generations
from qa import index as index_module
from qa.embeddings import HashingEmbedder
from qa.errors import (
    EmptyLibraryError,
    IndexBusyError,
    IndexCorruptError,
    IndexOutdatedError,
    IndexStoreError,
    LibraryNotFoundError,
)
from qa.generations import GenerationStore
from qa.index import Index, UpdateReport, open_index, store_folder, update_index
from qa.readers import DocumentReader
from qa.retrieval import retrieve
from qa.sentences import split_sentences
from qa.settings import ChunkingSettings, RetrievalSettings
from qa.snapshot import FORMAT
from qa.types import Document, Sentence

CHUNKING = ChunkingSettings(max_chunk_characters=200)


class CountingEmbedder(HashingEmbedder):
    """Remembers what it embedded."""

    def __init__(self, dimension: int = 16) -> None:
        super().__init__(dimension)
        self.embedded: list[str] = []

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.embedded += texts
        return super().embed(texts)


class Place:
    """A library with its store, and the calls that the tests make on them."""

    def __init__(self, folder: Path) -> None:
        self.library = folder / "library"
        self.library.mkdir()
        self.store = folder / "store"
        self.embedder = CountingEmbedder()

    def put(self, **texts: str) -> None:
        for name, text in texts.items():
            (self.library / f"{name}.txt").write_text(text, "utf-8")

    def update(self, **changes: Any) -> tuple[Index, UpdateReport]:
        given = {
            "store": self.store,
            "library": self.library,
            "embedder": self.embedder,
            "chunking": CHUNKING,
        }
        self.embedder.embedded.clear()
        return update_index(**{**given, **changes})

    def files(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.store).as_posix(): path.read_bytes()
            for path in sorted(self.store.rglob("*"))
            if path.is_file() and path.name != "lock"
        }

    def ids(self) -> set[int]:
        index = open_index(self.store, self.embedder, CHUNKING)
        found: list[int] = []
        for path in index.documents:
            entry = index.entry(path)
            found += entry.sentence_ids.tolist() + entry.chunk_ids.tolist()
        assert len(found) == len(set(found))
        return set(found)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path)
    place.put(cats="Cats sleep. Cats eat.", dogs="Dogs bark. Dogs run.")
    return place


def texts(index: Index) -> dict[str, str]:
    return {path: document.text for path, document in index.documents.items()}


def assert_equal(first: Index, second: Index) -> None:
    assert dict(first.documents) == dict(second.documents)
    assert first.chunks == second.chunks
    query = HashingEmbedder(16).embed_query("cats and dogs")
    for left, right in zip(first.dense_scores(query), second.dense_scores(query), strict=True):
        np.testing.assert_array_equal(left, right)
    np.testing.assert_array_equal(
        first.lexical_scores("cats and dogs"), second.lexical_scores("cats and dogs")
    )


# --- Updating ----------------------------------------------------------------------


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
    assert place.files() == before


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
        "Cats sleep. Cats purr.",
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
        os.utime(place.library / f"{name}.txt", ns=(1, 10**18))
    monkeypatch.setattr(time, "time_ns", lambda: path.stat().st_mtime_ns + 1_000_000)
    monkeypatch.setattr(time, "sleep", sleep)
    index, _ = place.update()
    assert texts(index)["cats.txt"] == "Cats 2."
    assert len(slept) == 1
    assert 0 < slept[0] <= 0.02
    assert not place.update()[1].changed
    assert len(slept) == 1


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
    for chunk in index.chunks:
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


def test_progress_counts_what_is_embedded(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_module, "_TEXTS_AT_ONCE", 2)
    calls: list[tuple[int, int, str]] = []
    place.update(progress=lambda *call: calls.append(call))
    total = len(place.embedder.embedded)
    assert calls[0] == (0, total, "cats.txt")
    assert calls[-1] == (total, total, "")
    assert [done for done, _, _ in calls] == sorted(done for done, _, _ in calls)
    assert {path for _, _, path in calls} == {"cats.txt", "dogs.txt", ""}


# --- Libraries without documents ---------------------------------------------------


def test_texts_are_embedded_with_others_of_their_length() -> None:
    texts = [f"{number} " + "word " * (number * 7919 % 300) for number in range(5000)]
    batches = list(index_module._batches(texts))
    assert sorted(text for batch in batches for text in batch) == sorted(texts)
    spreads = [len(batch[-1]) - len(batch[0]) for batch in batches]
    assert max(spreads) < 300
    # What is done so far stands for the rest, so that the time left can be told.
    done = sum(len(text) for batch in batches[:32] for text in batch)
    assert abs(done / sum(map(len, texts)) - 32 * 64 / 5000) < 0.05


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
        patch.setattr(index_module, "split_sentences", lambda document: ())
        with pytest.raises(EmptyLibraryError):
            place.update()
    assert place.files() == {}
    whole = split_sentences

    def only_dogs(document: Document) -> tuple[Sentence, ...]:
        return whole(document) if document.path == "dogs.txt" else ()

    monkeypatch.setattr(index_module, "split_sentences", only_dogs)
    index, _ = place.update()
    assert list(index.documents) == ["cats.txt", "dogs.txt"]
    assert index.sentences("cats.txt") == ()
    assert {chunk.document for chunk in index.chunks} == {"dogs.txt"}


def test_an_emptied_library_keeps_its_index(place: Place) -> None:
    place.update()
    before = place.files()
    for path in place.library.iterdir():
        path.unlink()
    with pytest.raises(EmptyLibraryError):
        place.update()
    assert place.files() == before


def test_a_library_that_isnt_there_is_said(place: Place) -> None:
    with pytest.raises(LibraryNotFoundError):
        place.update(library=place.library / "nowhere")


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


def test_what_another_process_wrote_meanwhile_is_not_written_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.update()
    place.put(cats="Cats changed.")
    original = GenerationStore.writing
    raced: list[str] = []

    def writing(store: GenerationStore, timeout: float | None = None) -> Any:
        if not raced:
            raced.append("other")
            place.update(embedder=CountingEmbedder())
        return original(store, timeout)

    monkeypatch.setattr(GenerationStore, "writing", writing)
    index, report = place.update()
    assert raced
    assert not report.changed
    assert place.embedder.embedded == []
    assert texts(index)["cats.txt"] == "Cats changed."


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
        assert len(other.embedded) == index.sentence_count + index.chunk_count


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


# --- Any history -------------------------------------------------------------------

NAMES = st.sampled_from(["a.txt", "b.md", "sub/c.txt", "ü.txt"])
WORDS = st.sampled_from(["cat", "dog", "sleeps.", "Barks", "\n\n", "# Head", "7", "한국", "é."])
BODIES = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)


class AnyHistory(RuleBasedStateMachine):
    """An index after any changes, against a plain mapping of what the folder holds."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.place = Place(self.folder)
        self.bodies: dict[str, str] = {}
        self.indexed: dict[str, str] = {}
        self.time = 10**18
        self.ids: set[int] = set()
        self.current: set[int] = set()

    @rule(name=NAMES, body=BODIES)
    def write(self, name: str, body: str) -> None:
        path = self.place.library / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(body, "utf-8")
        self.time += 1
        os.utime(path, ns=(self.time, self.time))
        self.bodies[name] = body

    @precondition(lambda self: self.bodies)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.bodies)))
        (self.place.library / name).unlink()
        del self.bodies[name]

    @precondition(lambda self: self.bodies)
    @rule(data=st.data())
    def touch(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.bodies)))
        self.time += 1
        os.utime(self.place.library / name, ns=(self.time, self.time))

    @rule()
    def update(self) -> None:
        readable = {name: body for name, body in self.bodies.items() if body.strip()}
        if not readable:
            with pytest.raises(EmptyLibraryError):
                self.place.update()
            return
        index, report = self.place.update()
        before, self.indexed = self.indexed, readable
        assert set(report.added) == readable.keys() - before.keys()
        assert set(report.removed) == before.keys() - readable.keys()
        common = readable.keys() & before.keys()
        assert set(report.updated) == {name for name in common if readable[name] != before[name]}
        assert set(report.unchanged) == common - set(report.updated)
        assert report.changed == (before != readable)
        assert report.rebuilt is None
        assert texts(index) == readable
        ids = self.place.ids()
        assert not (ids - self.current) & self.ids
        self.ids |= ids
        self.current = ids

    @precondition(lambda self: self.indexed)
    @rule(question=BODIES)
    def search(self, question: str) -> None:
        index = open_index(self.place.store, self.place.embedder, CHUNKING)
        hits = retrieve(index, HashingEmbedder(16), question, RetrievalSettings())
        assert len(hits) == min(12, index.chunk_count)
        for hit in hits:
            text = self.indexed[hit.chunk.document]
            assert text[hit.chunk.start : hit.chunk.end] == hit.chunk.text
            for scored in hit.sentences:
                sentence = scored.sentence
                assert text[sentence.start : sentence.end] == sentence.text

    @invariant()
    def one_generation_is_kept(self) -> None:
        kept = len(list(self.place.store.glob("generation-*")))
        assert kept == (1 if self.indexed else 0)

    def teardown(self) -> None:
        if self.indexed:
            index = open_index(self.place.store, self.place.embedder, CHUNKING)
            with tempfile.TemporaryDirectory() as folder:
                fresh = Place(Path(folder))
                for name, body in self.indexed.items():
                    (fresh.library / name).parent.mkdir(exist_ok=True)
                    (fresh.library / name).write_text(body, "utf-8")
                assert_equal(index, fresh.update()[0])
        shutil.rmtree(self.folder)


AnyHistory.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
test_any_history = AnyHistory.TestCase


class LongHistory(AnyHistory):
    """The same, 10,000 operations long."""


LongHistory.TestCase.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)
test_long_history = pytest.mark.slow(LongHistory.TestCase)
