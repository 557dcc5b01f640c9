"""How a library behaves as it grows: build, opening, latency, recall, memory, bytes on disk.

Recall compares the first ten hits with those of the same index when every vector is
scored; where the index does that anyway, it is 1 by definition.
"""

from __future__ import annotations

import contextlib
import copy
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qa.embeddings import Embedder
from qa.index import Index
from qa.retrieval import retrieve
from qa.settings import RetrievalSettings
from qa.types import Hit

__all__ = ["ScalePoint", "extra_memory", "folder_bytes", "measure_search"]

HITS = 10


@dataclass(frozen=True, slots=True)
class ScalePoint:
    """One size of the curve.

    Parameters
    ----------
    size : int
        Sentences.
    vectors : str
        How they are searched.
    build, open : float
        Seconds, without forward passes of the embedding model. Opening looks at the whole
        folder and checks the index; it is the median of several, in a warm file cache.
    search, search_p95 : float
        Seconds, the question's embedding included: median, and 95th percentile.
    recall : float
        Share of the first ten hits of an exhaustive search that are among ours.
    memory : int
        Bytes that the build took beyond what was in use before, without what the system
        may drop at any time (mapped files); 0 where the system doesn't tell.
    bytes_per_sentence : float
        Of the index on disk, chunks, words and texts included.
    """

    size: int
    vectors: str
    build: float
    open: float
    search: float
    search_p95: float
    recall: float
    memory: int
    bytes_per_sentence: float

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def measure_search(
    index: Index, embedder: Embedder, questions: Sequence[str]
) -> tuple[float, float, float]:
    """Search for each question, and again by scoring everything.

    Returns
    -------
    median, p95 : float
        Seconds.
    recall : float
        0 to 1.
    """
    settings = RetrievalSettings(chunks=HITS)
    exhaustive: Any = copy.copy(index)
    exhaustive.candidates = lambda *_: None
    seconds: list[float] = []
    found: list[set[tuple[str, int]]] = []
    retrieve(index, embedder, questions[0], settings)
    for question in questions:
        start = time.perf_counter()
        hits = retrieve(index, embedder, question, settings)
        seconds.append(time.perf_counter() - start)
        found.append(_places(hits))
    wanted = [_places(retrieve(exhaustive, embedder, one, settings)) for one in questions]
    recall = statistics.fmean(
        len(ours & theirs) / len(theirs) for ours, theirs in zip(found, wanted, strict=True)
    )
    return statistics.median(seconds), float(np.percentile(seconds, 95)), recall


@contextlib.contextmanager
def extra_memory() -> Iterator[list[int]]:
    """Watch this process; the list's only item is the most it took since, in bytes."""
    before = _anonymous_bytes()
    most = [0]
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.02):
            most[0] = max(most[0], _anonymous_bytes() - before)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield most
    finally:
        ended.set()
        watcher.join()


def folder_bytes(folder: Path) -> int:
    """Size of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _places(hits: Sequence[Hit]) -> set[tuple[str, int]]:
    return {(hit.chunk.document, hit.chunk.number) for hit in hits}


def _anonymous_bytes() -> int:
    with contextlib.suppress(OSError), open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
    return 0
