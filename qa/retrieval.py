"""A question to ranked chunks: meaning and words, each on its own scale, then summed.

Dense and lexical scores have no common unit, so each is expressed in standard
deviations from its mean over the library (z-scores) before they are weighted; see Fox
and Shaw (1994, "Combination of Multiple Searches") and, for z-scores, Savoy (2004,
"Combining Multiple Strategies for Effective Monolingual and Cross-Language Retrieval").
A chunk's dense score counts the chunk and its best sentence alike: the one knows the
context, the other isn't diluted by it. Of a very large library only the chunks that look
closest are scored, against the spread of a sample of all.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qa.embeddings import Embedder
from qa.index import Index
from qa.settings import RetrievalSettings
from qa.types import Hit, ScoredSentence

__all__ = ["retrieve"]

_DECIMALS = 5


def retrieve(
    index: Index, embedder: Embedder, question: str, settings: RetrievalSettings
) -> tuple[Hit, ...]:
    """Rank the chunks of a library for a question.

    Parameters
    ----------
    index : Index
    embedder : Embedder
        The one that the index was made with.
    question : str
    settings : RetrievalSettings

    Returns
    -------
    tuple of Hit
        Best first, equals in the order of documents and positions; as many as the
        settings say, fewer in a small library.

    Raises
    ------
    IndexOutdatedError
        When the embedder's vectors don't fit the index.
    ModelError
    """
    query = embedder.embed_query(question)
    lexical = _rounded(index.lexical_scores(question))
    rows = index.candidates(query, lexical)
    chunks, sentences = index.dense_scores(query, rows)
    dense = _rounded(chunks + index.best_in_chunks(sentences, rows)) / 2
    if rows is None:
        rows, usual = np.arange(len(dense)), dense
    else:
        # The closest chunks alone don't tell how close a usual one is.
        usual = _rounded(np.add(*index.usual_dense_scores(query))) / 2
    weight = settings.dense_weight
    fused = weight * _z_scores(dense, usual)
    fused += (1 - weight) * _z_scores(lexical[rows], lexical)
    ranked = np.argsort(-fused, kind="stable")[: settings.chunks]
    places = index.sentence_places(rows)
    return tuple(
        _hit(
            index,
            int(rows[place]),
            float(fused[place]),
            float(dense[place]),
            float(lexical[rows[place]]),
            sentences[places[place] :],
        )
        for place in ranked.tolist()
    )


def _rounded(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """Make scores equal that differ by the last bits only, as those of copies of a text may."""
    rounded: NDArray[np.float64] = scores.astype(np.float64).round(_DECIMALS)
    return rounded


def _z_scores(scores: NDArray[np.float64], usual: NDArray[np.float64]) -> NDArray[np.float64]:
    """Express scores in standard deviations from the usual; all 0 where that doesn't differ."""
    spread = usual.std()
    if spread < 10**-_DECIMALS:
        return np.zeros_like(scores)
    standardised: NDArray[np.float64] = (scores - usual.mean()) / spread
    return standardised


def _hit(
    index: Index,
    row: int,
    score: float,
    dense: float,
    lexical: float,
    sentences: NDArray[np.float32],
) -> Hit:
    chunk = index.chunk_at(row)
    document = index.documents[chunk.document]
    return Hit(
        chunk=chunk,
        title=document.title,
        date=document.date,
        score=score,
        dense=dense,
        lexical=lexical,
        sentences=tuple(
            ScoredSentence(sentence, value)
            for sentence, value in zip(
                chunk.sentences, sentences[: len(chunk.sentences)].tolist(), strict=True
            )
        ),
        date_source=document.date_source,
        saved=document.saved,
    )
