"""Whether a question turns around what a passage says: "not", or the other end of a scale.

"Which machine may not branch?" sounds like the passage that says which one may, to a
retriever and to a small model alike. Words tell them apart. Of 2,805 questions about SQuAD's
development articles, each compared with the sentence of its true or plausible answer, this
holds for 3 of the 1,278 answered ones and for 159 of the 1,527 unanswered.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.alignment import NEGATIONS, words

__all__ = ["turns_around"]

# What says no in other words: "refusal", "lacks", "unaffected", "pistonless".
_SAYS_NO = re.compile(
    r"\A(?:refus|lack|fail|prevent|forb|prohib|reject|avoid|exclu|unlike|except|den[iy])"
    r"|\A(?:un|non)\w{4,}|less\Z"
)
_NO_NEGATION = re.compile(r"(?i)\bnot only\b|\bor not\b|\bwhy not\b|\bif not\b")
_ENDS = (
    ("least fewest", "most greatest"),
    ("smallest", "largest biggest greatest"),
    ("lowest", "highest"),
    ("minimum", "maximum"),
    ("first earliest initial", "last latest final"),
    ("best strongest", "worst weakest"),
    ("shortest", "longest tallest"),
    ("youngest newest", "oldest eldest"),
    ("slowest", "fastest"),
)
_OTHER_END = {
    word: frozenset(other.split())
    for pair in _ENDS
    for one, other in (pair, pair[::-1])
    for word in one.split()
}


def turns_around(question: str, texts: Sequence[str]) -> bool:
    """Whether a question denies what texts affirm, or asks for the other end of a scale.

    Parameters
    ----------
    question : str
    texts : sequence of str
        What answers it, in English; nothing is found in other languages.
    """
    asked = {word.key for word in words(_NO_NEGATION.sub(" ", question))}
    said = {word.key for text in texts for word in words(text)}
    if _denies(asked) and not _denies(said) and not any(map(_SAYS_NO.search, said)):
        return True
    return any(said & _OTHER_END[word] and word not in said for word in asked & _OTHER_END.keys())


def _denies(keys: set[str]) -> bool:
    return any(key in NEGATIONS or key.endswith("n't") for key in keys)
