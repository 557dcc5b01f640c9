"""Which other documents speak of a question about as closely as the one that answers it.

Told by what retrieval and the question's own words say, so that looking costs nothing;
only what is found is worth another draft.
"""

from __future__ import annotations

from collections.abc import Sequence

from qa.alignment import content_words
from qa.mentions import around, is_unsaid, names_of, speaks_of, stems
from qa.types import Evidence, Passage

__all__ = ["closest_of", "witnesses"]

# How far behind the cited passage's score another document's may be (in a library of two,
# their chunks alone are 0.2 apart), and the least share of the question's words that it must
# have of those that the cited passage has. Of 492 NQ questions over 1,250 encyclopaedia
# articles 19 have a witness then, of 480 SQuAD questions over 8 articles one.
CLOSE_BEHIND = 0.25
SHARED_WORDS = 0.8
# By one word alone nobody can tell whether two passages speak of the same.
MIN_WORDS = 2
# As many as are read again where nothing was found.
PASSAGES = 3


def witnesses(evidence: Evidence, cited: Sequence[Passage]) -> tuple[str, ...]:
    """Find documents that speak of what cited passages do.

    Parameters
    ----------
    evidence : Evidence
    cited : sequence of Passage
        What answers its question; not empty.

    Returns
    -------
    tuple of str
        Paths of other documents, that with the closest passage first.
    """
    known = {passage.sentence.document for passage in cited}
    least = max(passage.score for passage in cited) - CLOSE_BEHIND
    groups = names_of(evidence.question)
    asked = {word.key for word in content_words(evidence.question)}
    held = set().union(*(_said(asked, passage) for passage in cited))
    if len(held) < MIN_WORDS:
        return ()
    found = [
        passage.sentence.document
        for passage in evidence.best()
        if passage.sentence.document not in known
        and passage.score >= least
        and len(_said(held, passage)) >= SHARED_WORDS * len(held)
        and not any(is_unsaid(group, passage) for group in groups)
    ]
    return tuple(dict.fromkeys(found))


def closest_of(evidence: Evidence, document: str) -> tuple[Passage, ...]:
    """A document's passages that are closest to the question, in reading order."""
    own = [
        passage
        for passage in evidence.passages
        if passage.sentence.document == document and not passage.sentence.is_heading
    ]
    closest = sorted(own, key=lambda passage: (-passage.score, passage.number))[:PASSAGES]
    return tuple(sorted(closest, key=lambda passage: passage.number))


def _said(keys: set[str], passage: Passage) -> set[str]:
    """Which words a passage, or what stands around it, speaks of."""
    said = frozenset[str]().union(*(stems(text) for text in around(passage)))
    return {key for key in keys if speaks_of(key, said)}
