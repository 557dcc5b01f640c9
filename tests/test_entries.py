from __future__ import annotations

import numpy as np
import pytest
from places import Place

from qa.storage import entries as entries_module


def test_progress_counts_what_is_read_and_then_what_is_embedded(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries_module, "_TEXTS_AT_ONCE", 2)
    calls: list[tuple[int, int, str]] = []
    place.update(progress=lambda *call: calls.append(call))
    assert calls[:2] == [(0, 0, "cats.txt"), (1, 0, "dogs.txt")]
    total = len(place.embedder.embedded)
    assert calls[2] == (0, total, "cats.txt")
    assert calls[-1] == (total, total, "")
    assert [done for done, _, _ in calls[2:]] == sorted(done for done, _, _ in calls[2:])
    assert {path for _, _, path in calls[2:]} == {"cats.txt", "dogs.txt", ""}


def test_a_text_that_stands_twice_is_embedded_once(place: Place) -> None:
    place.put(cats="The same. Another one.", dogs="The same. A third one.")
    index, _ = place.update()
    assert place.embedder.embedded.count("The same.") == 1
    vectors = [index.entry(path).sentence_vectors[0] for path in index.documents]
    np.testing.assert_array_equal(vectors[0], vectors[1])
    np.testing.assert_array_equal(vectors[0], place.embedder.embed_query("The same."))


def test_each_sentence_gets_its_own_vector_and_a_chunk_their_mean(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries_module, "_TEXTS_AT_ONCE", 3)
    place.put(**{f"d{n}": f"{'Word ' * (n * 7 % 5 + 1)}of {n}. Next of {n}." for n in range(9)})
    index, _ = place.update()
    for path in index.documents:
        entry = index.entry(path)
        for sentence, vector in zip(entry.sentences, entry.sentence_vectors, strict=True):
            np.testing.assert_array_equal(vector, place.embedder.embed_query(sentence.text))
        for chunk, vector in zip(entry.chunks, entry.chunk_vectors, strict=True):
            held = entry.sentence_vectors[[s.number for s in chunk.sentences]]
            mean = [len(s.text) for s in chunk.sentences] @ held
            np.testing.assert_allclose(vector, mean / np.linalg.norm(mean), atol=1e-6)


def test_texts_are_embedded_with_others_of_their_length() -> None:
    texts = [f"{number} " + "word " * (number * 7919 % 300) for number in range(5000)]
    batches = list(entries_module._batches(texts))
    assert sorted(text for batch in batches for text in batch) == sorted(texts)
    spreads = [len(batch[-1]) - len(batch[0]) for batch in batches]
    assert max(spreads) < 300
    # What is done so far stands for the rest, so that the time left can be told.
    done = sum(len(text) for batch in batches[:32] for text in batch)
    assert abs(done / sum(map(len, texts)) - 32 * 64 / 5000) < 0.05
