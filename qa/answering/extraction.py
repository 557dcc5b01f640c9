"""The answer without a language model: the documents' own closest sentences, or nothing."""

from __future__ import annotations

from collections.abc import Sequence

from qa.checking.claims import CheckedClaim
from qa.language.alignment import content_words
from qa.types import Evidence, Hit, Passage

__all__ = ["extract"]

MAX_SENTENCES = 2
# A sentence is close when it is alike in meaning, or fairly alike and in the same words.
CLOSE = 0.55
FAIRLY_CLOSE = 0.35
SHARED_WORDS = 0.5
# The second sentence must be about as close as the first.
MARGIN = 0.1


def extract(evidence: Evidence, hits: Sequence[Hit]) -> tuple[CheckedClaim, ...]:
    """Quote the sentences closest to the question.

    Parameters
    ----------
    evidence : Evidence
    hits : sequence of Hit
        What the evidence was gathered from, with each sentence's similarity.

    Returns
    -------
    tuple of CheckedClaim
        At most two, best first; empty where no sentence comes close.
    """
    # By place: evidence may leave out the heading that a sentence was found under.
    scores = {
        (scored.sentence.document, scored.sentence.start): scored.score
        for hit in hits
        for scored in hit.sentences
    }
    similar = [
        (passage, scores[passage.sentence.document, passage.sentence.start])
        for passage in evidence.best()
    ]
    asked = {word.key for word in content_words(evidence.question)}
    close = [
        (passage, similarity)
        for passage, similarity in similar
        if _is_close(passage, similarity, asked)
    ]
    if not close:
        return ()
    limit = close[0][1] - MARGIN
    chosen = [(passage, similarity) for passage, similarity in close if similarity >= limit]
    return tuple(
        CheckedClaim(
            text=" ".join(passage.sentence.text.split()),
            passages=(passage,),
            support=0.0,
            verdict="quoted",
            reason="A sentence of the document, quoted whole; not checked against the question.",
            signals=None,
        )
        for passage, _ in chosen[:MAX_SENTENCES]
    )


def _is_close(passage: Passage, similarity: float, asked: set[str]) -> bool:
    held = {word.key for word in content_words(passage.sentence.text)}
    shared = len(asked & held) / len(asked) if asked else 0.0
    return similarity >= CLOSE or (similarity >= FAIRLY_CLOSE and shared >= SHARED_WORDS)
