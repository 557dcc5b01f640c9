"""Whether a question asks for the opposite of what a passage says: a "not", or a scale's other end.

"Which machine may not branch?" sounds like the passage that says which one may, to a
retriever and to a small model alike. Words tell them apart.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from qa.language.alignment import FUNCTION_WORDS, NEGATIONS, Word, stem, words
from qa.language.mentions import speaks_of, stems

__all__ = ["denies", "denies_asked", "turns_around"]

# Words that say no without a negation: "refusal", "lacks", "unaffected", "pistonless".
_SAYS_NO = re.compile(
    r"\A(?:refus|lack|fail|prevent|forb|prohib|reject|avoid|exclu|unlike|except|exempt|den[iy]|absen"
    r"|refrain|bann(?:ed|ing)|instead|ceas|(?:end|stop|halt|quit)(?:p?ed|s|p?ing)?\Z"
    r"|clos(?:ed|ure)|non\Z)"
    r"|\A(?:un(?!cle|der|i[ft]|ion|iq|iv|less|til)|non)\w{4,}|less\Z"
)
# What looks like a negation or an end of a scale, but isn't.
_NEITHER = re.compile(
    r"(?i)\b(?:not only|or not|why not|if not)\b|\bno\.? ?(?:\d|\?|\Z)"
    r"|\bwhy \w+n['’]t\b"
    # "The common ones, and not the very common ones".
    r"|\b(?:and|but) not (?:the )?(?:very|just|all|most)\b"
    r"|\bat (?:least|most|last|first|best|worst)\b"
    r"|\b(?:first|last) (?:names?|time|years?|months?|weeks?|days?|nights?|centur(?:y|ies))\b"
)
# A condition, or the reason for asking, isn't part of what is asked: "when is it filled, if nothing
# leaks?", "now that we don't rent the hall, where is it held?".
_SUPPOSED = re.compile(
    r"(?i)\b(?:if|unless|now that|given that|provided|in case|since|because|although|though"
    r"|so(?: that)? (?:i|you|he|she|it|we|they|the|my|your|his|her|its|our|their))\b[^,;?]*"
)
# "Leave the tent at home", "nuts must be left out", "keep off the grass".
_AWAY = re.compile(
    r"(?i)(?:(?:\A|[.!?:;]\s+|\bplease\s+)leave|\b(?:must|should|shall|to) be left)\b"
    r"[^.;!?]{0,60}?\b(?:at home|out|behind)\b|\bkeep (?:off|away|out of)\b"
)
# Where a clause ends: not within "10:30", "3.5" or "well-known".
_CLAUSE_ENDS = re.compile(r"(?i)[,;:.!?](?=\s|\Z)|[()–—\n]|\s-\s|\bbut\b")
# A question or a condition states nothing.
_SENTENCE = re.compile(r"[^.!?;\n]+[.!?;\n]?")
_IF = frozenset({"if", "unless", "whether", "where"})
_ALLOWS = frozenset("allowed permitted possible welcome may can".split())
_DENIES_WHAT_FOLLOWS = frozenset({"without", "neither", "nor"})
# Words for one end, and for the other.
_SCALES = tuple(
    (frozenset(one.split()), frozenset(other.split()))
    for pair in (
        ("least fewest", "most greatest"),
        ("smallest", "largest biggest greatest"),
        ("lowest", "highest"),
        ("minimum", "maximum"),
        ("first earliest initial", "last latest final"),
        ("best strongest", "worst weakest"),
        ("shortest", "longest tallest"),
        ("youngest newest", "oldest eldest"),
        ("slowest", "fastest quickest"),
    )
    for one, other in (pair, pair[::-1])
)


def turns_around(question: str, texts: Sequence[str]) -> bool:
    """Whether a question denies what texts affirm, or asks for the other end of a scale.

    Parameters
    ----------
    question : str
    texts : sequence of str
        What answers it, in English; nothing is found in other languages.
    """
    asked = {word.key for word in words(_NEITHER.sub(" ", _SUPPOSED.sub(" ", question)))}
    said = {word.key for text in texts for word in words(_NEITHER.sub(" ", text))}
    if _has_negation(asked) and not denies(texts):
        return True
    return any(
        asked & one and said & other and not asked & other and not said & one
        for one, other in _SCALES
    )


def denies(texts: Sequence[str]) -> bool:
    """Whether texts, in English, contain a denial."""
    said = {word.key for text in texts for word in words(_NEITHER.sub(" ", text))}
    return _has_negation(said) or any(map(_SAYS_NO.search, said)) or any(map(_AWAY.search, texts))


def denies_asked(question: str, text: str) -> bool:
    """Whether a text denies the very thing that an English question asks for.

    "Foot passengers need no reservation" does, for "Do I need to book?": the negation stands beside
    a word of the question. A question with a negation of its own is left alone.
    """
    if denies([question]):
        return False
    asked, bare = stems(question), _NEITHER.sub(" ", text)
    stated = "".join(part for part in _SENTENCE.findall(bare) if not part.endswith("?"))
    denied = {
        (_spoken_of(asked, clause), _is_limited(clause, asked))
        for clause in _clauses(bare)
        if _says_no_of(clause, asked)
    }
    affirmed = {
        (_spoken_of(asked, clause), not _ALLOWS.isdisjoint(word.key for word in clause))
        for clause in _clauses(stated)
        if clause[0].key not in _IF and not denies([" ".join(word.key for word in clause)])
    }
    # "Do not park on the lawn. Parking by the garage is allowed" allows parking by the garage.
    # The affirming clause must match more of the question than the denial: one that matches as much
    # may only state the penalty.
    return any(
        not any(spoken < more and (limited or allows) for more, allows in affirmed)
        for spoken, limited in denied
    )


def _clauses(text: str) -> list[list[Word]]:
    return [found for part in _CLAUSE_ENDS.split(text) if (found := words(part))]


def _says_no_of(clause: Sequence[Word], asked: frozenset[str]) -> bool:
    """Whether a clause negates a word of a question."""
    found = denied = False
    for place, word in enumerate(clause):
        if not _is_negation(word.key):
            continue
        # "To Canada without extra fees".
        before = [] if word.key in _DENIES_WHAT_FOLLOWS else clause[max(0, place - 1) : place]
        before = [each for each in before if not _is_grammar(each)]
        said = (*before, *_denied(word.key, clause[place + 1 :]))
        speaks = any(speaks_of(each.key, asked) for each in said)
        # "No entry without a ticket" asks for one, and lets in whoever has it.
        if denied and speaks and word.key == "without":
            return False
        found, denied = found or speaks, True
    return found


def _spoken_of(asked: frozenset[str], clause: Sequence[Word]) -> frozenset[str]:
    """The words of a question that a clause speaks of."""
    told = frozenset(stem(word.key) for word in clause)
    return frozenset(key for key in asked if speaks_of(key, told))


def _is_limited(clause: Sequence[Word], asked: frozenset[str]) -> bool:
    """Whether a negating clause names something else, such as a place where it holds."""
    return any(
        not (_is_grammar(word) or _is_negation(word.key) or word.key in _ALLOWS)
        and not speaks_of(word.key, asked)
        for word in clause
    )


def _denied(no: str, after: Sequence[Word]) -> list[Word]:
    """What follows a negation: "no parking fee" is no fee, whatever it is for."""
    content = list(itertools.dropwhile(_is_grammar, after))
    if no == "no" and len(content) == len(after):
        return list(itertools.takewhile(lambda word: not _is_grammar(word), content))[-1:]
    return content[:1]


def _is_grammar(word: Word) -> bool:
    # "May" is a month as well.
    return word.key in FUNCTION_WORDS or word.key == "may"


def _has_negation(keys: set[str]) -> bool:
    return any(map(_is_negation, keys))


def _is_negation(key: str) -> bool:
    return key in NEGATIONS or key.endswith("n't")
