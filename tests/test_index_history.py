"""Any history of changes against a plain mapping."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)
from places import CHUNKING, Place, assert_equal, texts

from qa.embeddings import HashingEmbedder
from qa.errors import (
    EmptyLibraryError,
)
from qa.index import open_index
from qa.retrieval import retrieve
from qa.settings import RetrievalSettings

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
            self.indexed, self.current = {}, set()
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
        kept = list(self.place.store.glob("generation-*"))
        assert len(kept) == (1 if self.ids else 0)
        stored = {path.name for folder in kept for path in folder.rglob("*")}
        assert not kept or bool(self.indexed) == (stored != {"manifest.json"})

    def teardown(self) -> None:
        if self.indexed:
            index = open_index(self.place.store, self.place.embedder, CHUNKING)
            with tempfile.TemporaryDirectory() as folder:
                fresh = Place(Path(folder))
                for name, body in self.indexed.items():
                    (fresh.library / name).parent.mkdir(exist_ok=True)
                    (fresh.library / name).write_text(body, "utf-8")
                    # Only a change of what it says makes a document younger, no touch.
                    saved = index.documents[name].saved_ns
                    os.utime(fresh.library / name, ns=(saved, saved))
                assert_equal(index, fresh.update()[0])
        shutil.rmtree(self.folder)


AnyHistory.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
test_any_history = AnyHistory.TestCase


class LongHistory(AnyHistory):
    """The same, 10,000 operations long."""


LongHistory.TestCase.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)
test_long_history = pytest.mark.slow(LongHistory.TestCase)
