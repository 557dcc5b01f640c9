"""Objections to a yes or no, however sure the second reading is of it.

A small model says yes although the documents give another number, and no to what they never
mention. Both can be detected by comparing words and numbers, without a model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.language.alignment import FUNCTION_WORDS, content_words, stem, words
from qa.language.mentions import around, is_unsaid, label_of, names_of, speaks_of, stems
from qa.language.polarity import denies, denies_asked
from qa.language.values import WEEKDAYS, Number, Ordinal, Value, matches, tokenise
from qa.types import Evidence, Passage

__all__ = ["is_no_denial", "objection"]

_PLACE = re.compile(
    r"(?i)\b(?:in|inside|within|at|on) ((?:the|my|your|our|this|that)\s"
    r"(?!(?:morning|afternoon|evening|night|day|week|weekend|month|year|future|past|end|meantime)\b)"
    r"[\w'’-]+(?:\s[\w'’-]+)?)\W*\Z"
)
_WHETHER_THERE_IS = re.compile(
    r"(?i)\A\W*(?:(?:is|are|was|were|will) there(?: be)?"
    r"|(?:do|does|did|will|can|has|have)\b.{1,60}?\s(?:have|has|had|get|got|need|require|offer|sell"
    r"|contain|include|serve|accept|own|provide))"
    r"\s(?:(?:an?|any|some|enough)\s)?(?!to\b)(?P<thing>[\w'’-]+(?:\s[\w'’-]+){0,2}?)"
    r"(?=\W*\Z|[,;]|\s(?:in|at|on|for|of|with|to|from|when|if|that|by|as|and|or|than|after|before"
    r"|during|while|because|every|per|inside|near|too|already|yet|there|here)\b)"
)
# "Is there a way to see it first?" asks how, and "is there a need" whether one must.
_NO_THING = frozenset("way chance possibility need point reason".split())
# Content words, besides names, of a sentence that says one thing.
_ONE_THING = 3
# "Cash only", "shoes must be worn": what isn't named is ruled out.
_LIMITS = frozenset("only must shall should required mandatory compulsory obligatory".split())
# "More than ten arches" are eleven, too.
_COMPARED = re.compile(
    r"(?i)\b(?:than|over|under|above|below|about|around|nearly|almost|roughly|least|most|up to"
    r"|within|between|only|still|yet|another|every|each|per)\b"
)


def objection(
    answer: str, evidence: Evidence, cited: Sequence[Passage], told: Sequence[str]
) -> str:
    """Why a yes or no to an English question isn't to be shown.

    Parameters
    ----------
    answer : {"Yes", "No"}
    evidence : Evidence
    cited : sequence of Passage
        What the answer stands on; at least one.
    told : sequence of str
        Its reason, or the sentences that it is quoted with.

    Returns
    -------
    str
        The end of a sentence that begins with "but"; ``""`` where nothing speaks against it.
    """
    question = evidence.question
    if answer == "Yes" and all(denies_asked(question, text) for text in told):
        return "they deny it"
    if answer == "Yes" and _counted_otherwise(evidence, cited):
        return "the documents give another number"
    if unsaid := _unsaid_place(evidence, cited) or _unsaid_thing(question, cited):
        return f"they don’t speak of “{unsaid}”"
    if answer == "No" and is_no_denial(question, cited):
        return "they say nothing about what is asked"
    return ""


def _counted_otherwise(evidence: Evidence, cited: Sequence[Passage]) -> bool:
    """Whether passages about a question's names give another number of the thing it counts.

    "The second bridge" isn't the first, nor are "eleven arches" twelve.
    """
    question = evidence.question
    if _COMPARED.search(question):
        return False
    names = [group for group in names_of(question) if not any(word.is_number for word in group)]
    speaking = [p for p in evidence.passages if not any(is_unsaid(name, p) for name in names)]
    told = [
        counted for p in (speaking if names else cited) for counted in _counted(p.sentence.text)
    ]
    for value, things in _counted(question):
        same = [other for other, of in told if things[0] in of and type(other) is type(value)]
        if same and not any(matches(value, other) for other in same):
            return True
    return False


def _counted(text: str) -> list[tuple[Value, tuple[str, ...]]]:
    """Numbers and ranks of a text, each with the stems of the words that follow."""
    tokens = tokenise(text)
    found: list[tuple[Value, tuple[str, ...]]] = []
    for place, token in enumerate(tokens):
        if not isinstance(token.value, Number | Ordinal):
            continue
        following = [each.value for each in tokens[place + 1 : place + 3]]
        things = tuple(stem(word) for word in following if isinstance(word, str))
        if things and following[0] not in FUNCTION_WORDS:
            found.append((token.value, things))
    return found


def is_no_denial(question: str, cited: Sequence[Passage]) -> bool:
    """Whether passages share at most names with a question, and say nothing that implies a no.

    Parameters
    ----------
    question : str
    cited : sequence of Passage
        What a no stands on.
    """
    asked = [word.key for word in content_words(question) if not word.is_capitalised]
    texts = [f"{label_of(passage.sentence)} {passage.sentence.text}" for passage in cited]
    said = frozenset[str]().union(*map(stems, texts))
    if not asked or denies(texts) or any(speaks_of(key, said) for key in asked):
        return False
    limits = any(word.key in _LIMITS for text in texts for word in words(text))
    # "Open from Tuesday to Sunday" implies a no for Monday, "20 euros" for more than 50.
    valued = any(_kinds(question) & _kinds(text) for text in texts)
    return not (limits or valued or any(_tells_another(question, p) for p in cited))


def _kinds(text: str) -> set[type | str]:
    """Kinds of values in a text."""
    values = [token.value for token in tokenise(text)]
    told: set[type | str] = {type(value) for value in values if not isinstance(value, str)}
    return told | {"weekday"} if any(value in WEEKDAYS for value in values) else told


def _tells_another(question: str, passage: Passage) -> bool:
    """Whether a passage states just one other thing about the names in a question.

    "Rex is a dog" implies that he isn't a cat, and "Lund lost" that it didn't win.
    """
    names = names_of(question)
    if not names or any(is_unsaid(name, passage) for name in names):
        return False
    named = {word.key for name in names for word in name}
    own = {word.key for word in content_words(passage.sentence.text)} - named
    return len(own) <= _ONE_THING


def _unsaid_thing(question: str, cited: Sequence[Passage]) -> str:
    """The thing whose existence a question asks about, if no cited passage mentions it.

    A gym's hours say nothing about a sauna, but a small model then says that it has none.
    """
    found = _WHETHER_THERE_IS.search(question)
    asked = content_words(found["thing"]) if found else []
    if found is None or not asked or any(w.is_number or w.key in _NO_THING for w in asked):
        return ""
    said = frozenset[str]().union(*(stems(text) for p in cited for text in around(p)))
    return "" if any(speaks_of(word.key, said) for word in asked) else found["thing"]


def _unsaid_place(evidence: Evidence, cited: Sequence[Passage]) -> str:
    """The place at a question's end, if another document has it, but not the one that answers.

    "No dogs in the flat" says nothing about the hut of another document, but "no smoking anywhere"
    includes a terrace that no document mentions. Named places are left to the readings: "it was in
    Graz" does say that it wasn't in Vienna.
    """
    found = _PLACE.search(evidence.question)
    asked = content_words(found[1]) if found else []
    if found is None or not asked or any(w.is_capitalised or w.is_number for w in asked):
        return ""
    document = max(cited, key=lambda passage: passage.score).sentence.document
    here, elsewhere = (
        frozenset[str]().union(
            *(
                stems(text)
                for passage in passages
                if (passage.sentence.document == document) == same
                for text in around(passage)
            )
        )
        for passages, same in ((cited, True), (evidence.passages, False))
    )
    spoken = [any(speaks_of(word.key, said) for word in asked) for said in (here, elsewhere)]
    return found[1] if spoken == [False, True] else ""
