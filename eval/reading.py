"""What an answer says of itself: yes or no, or that the documents don't tell.

For systems whose answers are nothing but text.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence, Set
from typing import Literal

from qa.language.alignment import content_words, names_and_numbers, words
from qa.language.values import Date, Number, Ordinal, Value, matches, tokenise

__all__ = [
    "NEGATION",
    "answers_after_all",
    "is_refusal",
    "read_statement",
    "read_yes_no",
    "sentences",
    "strip_markers",
]

NEGATION = re.compile(
    r"not|never|neither|nor|without|except|cannot|cant|wont"
    r"|(?:is|was|are|were|does|did|do|has|have)nt"
)
_MARKERS = re.compile(r"\s*\[\d+(?:\s*[,;–-]\s*\d+)*\]")
# Not before a digit: "No. 1" is no sentence end.
_SENTENCE_END = re.compile(r"(?<=[.!?;])[”\"’')\]]*\s+(?!\d)|\n+")
_YES_NO = re.compile(
    r"[\W_]*(?:(?P<yes>yes|yeah|yep)|(?P<no>no|nope)"
    r"|(?P<agree>correct|true|indeed|right)|(?P<deny>incorrect|false))\b(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_BOTH = re.compile(r"\s*(?:and|or|/)\s*(?:yes|no)\b", re.IGNORECASE)
_CLOSED = re.compile(r"[\s*_]*(?:$|[,;:!—–]|-\s|\.(?!\s*\d))")
_SUBJECT = re.compile(r"\s+(?:it|he|she|they|the|this|that|there|his|her|its|their|not)\b")

_SOURCE = (
    r"(?:documents?|articles?|sources?|texts?|context|passages?|excerpts?|evidence|sentences?)"
)
_TELL = (
    r"(?:say|state|mention|specify|provide|contain|include|give|tell|indicate|disclose|address|"
    r"detail|answer|cover|discuss|reveal|explain|name|list)"
)
_TOLD = (
    r"(?:said|stated|mentioned|specified|provided|contained|included|given|known|indicated|"
    r"disclosed|found|available|revealed|clear|covered)"
)
_NOT = r"(?:n't|\s+not)"
_FINDING = r"(?:information|context|data|evidence|mention|indication|details?|records?)"
_GIVEN = r"(?:provided|given|available)"
_UNTOLD = r"(?:mentioned|provided|specified|stated|given|disclosed|indicated|known|named)"
_THERE = (
    rf"(?:\s+here|\s+(?:in|by)\s+(?:\w+\s+){{0,2}}"
    rf"(?:{_SOURCE}|{_GIVEN}\s+information|information\s+{_GIVEN}))?"
)
_REFUSAL = re.compile(
    rf"\b{_SOURCE}\b[^.;]{{0,60}}?\b(?:do|does|did|can){_NOT}\b[^.;]{{0,30}}?\b{_TELL}\b"
    rf"|\b(?:is|are|was|were){_NOT}\s+(?:\w+\s+)?{_TOLD}\b[^.;]{{0,30}}\b(?:in|by)\b[^.;]{{0,20}}"
    rf"\b{_SOURCE}\b"
    rf"|\b(?:it|this|that)\s+is{_NOT}\s+(?:\w+\s+)?(?:stated|mentioned|specified)\b"
    rf"|^\W*(?:information\s+)?not\s+{_TOLD}\b"
    r"|^\W*(?:unknown|unanswerable|n/a|no\s+answer)\W*$"
    r"|(?:^\W*|\bthere\s+is\s+)no\s+(?:information|mention|indication|details?|answer)\b"
    rf"|\b{_SOURCE}\b\s+(?:\w+\s+){{0,3}}?{_TELL}s?\s+(?:no|nothing)\b"
    rf"|\b(?:none|neither|no)\s+(?:of\s+)?(?:the\s+)?(?:\w+\s+){{0,2}}{_SOURCE}\b[^.;]{{0,40}}?"
    rf"\b(?:{_TELL}(?:s|d|ed|es)?|are\s+(?:helpful|relevant|useful))\b"
    rf"|\b{_SOURCE}\b[^.;]{{0,30}}?\b(?:are|is){_NOT}\s+(?:\w+\s+)?(?:helpful|relevant|useful)\b"
    rf"|\b(?:there\s+(?:is|are)|(?:has|have|contains?|with))\s+no\s+(?:\w+\s+){{0,2}}?"
    rf"(?:information|mention|indication|details?|record|answer)\b"
    rf"|^\W*empty\s+response\W*$"
    rf"|\b(?:i|we)\s+(?:do|can|could)(?:{_NOT}|not)\s+(?:\w+\s+)?"
    r"(?:know|find|answer|tell|determine|recommend|provide|give|say|specify|confirm|"
    r"identify|offer|suggest|help|assist|see|locate)\b"
    rf"|\b(?:can|could)(?:{_NOT}|not)\s+be\s+(?:determined|found|answered)\b"
    r"|\bunable\s+to\s+(?:find|answer|determine|provide)\b"
    rf"|\b(?:i|we)(?:\s+am|\s+are|'m|'re)?(?:\s+do)?{_NOT}\s+(?:have|aware|sure|familiar)\b"
    r"|\b(?:i|we)\s+have\s+no\s+idea\b"
    r"|(?:^\W*|\bthere\s+(?:is|are|was|were)\s+)(?:not\s+enough|insufficient)\s+"
    rf"(?:\w+\s+)?{_FINDING}\b"
    rf"|\bthere\s+(?:is|are|was|were){_NOT}\s+(?:any|enough|sufficient)\s+(?:\w+\s+)?{_FINDING}\b"
    rf"|\bthere\s+(?:was|were)\s+no\s+(?:mention|information|indication)\s+(?:of|about|on|that)\b"
    rf"|\b(?:{_GIVEN}\s+information|information\s+{_GIVEN})\b[^.;]{{0,30}}?"
    rf"\b(?:do|does|did){_NOT}\b[^.;]{{0,30}}?\b{_TELL}\b"
    rf"|\b(?:answer|information|it|this|that)\s+(?:is|are){_NOT}\s+(?:\w+\s+)?in\s+"
    rf"(?:\w+\s+){{0,2}}{_SOURCE}\b"
    rf"|^\W*(?:it|they)\s+(?:do|does){_NOT}\s+(?:say|specify|state|mention\s+(?:it|this|that))\W*$"
    rf"|^\W*no\s[^.;]{{1,40}}\b(?:is|are)\s+{_UNTOLD}{_THERE}\W*$"
    # To its end: "not mentioned in the contract" is what a document says of another. And only
    # in the present: what was not mentioned wasn't mentioned then.
    rf"|^[^,;]{{1,80}}(?<!\bwho\s)(?<!\bthat\s)(?<!\bwhich\s)\b(?:is|are){_NOT}\s+"
    rf"(?:\w+ly\s+)?{_UNTOLD}{_THERE}\W*$"
    rf"|^[^,;]{{1,80}}\b(?:is|are|remains?)\s+unknown{_THERE}\W*$",
    re.IGNORECASE,
)
# What a text is about, then that it doesn't tell: "It discusses X. However, it doesn't …".
_ABOUT = re.compile(
    rf"\W*(?:the|this|these|source\s+\d+)?\s*(?:\w+\s+){{0,2}}{_SOURCE}?\s+(?:only\s+)?"
    r"(?:discuss|mention|describe|cover|address|(?:talk|speak)|focus|provide|is\s+about|are\s+about)"
    r"(?:s|es)?\b",
    re.IGNORECASE,
)
_HOWEVER = re.compile(
    rf"\W*(?:however|but|unfortunately),?\s+(?:it|they|(?:the|these|this)\s+(?:\w+\s+)?{_SOURCE})\s+"
    rf"(?:do|does){_NOT}\s+(?:\w+ly\s+)?{_TELL}\b",
    re.IGNORECASE,
)
_APOLOGY = re.compile(
    r"(?:i'm|i\s+am|we're)?\s*(?:very\s+)?(?:sorry|i\s+apologi[sz]e|apologies)\b[^.]{0,40}[.!;]?",
    re.IGNORECASE,
)
_BARE_NO = re.compile(r"\W*no\W*", re.IGNORECASE)
_GUESS = re.compile(
    # What is likely to be told one day is no guess at the answer.
    r"\b(?:likely(?!\s+(?:that\s+\w+\s+will|to)\s+be\s+(?:announced|disclosed|revealed|published)\b)|probably|possibly|presumably|perhaps|(?:might|may|could)\s+be"
    # Where else it might be found is no guess, nor is what the sources are believed to lack.
    r"(?!\s+(?:able|available|found|helpful|listed|mentioned|possible|useful)\b)|"
    rf"i\s+(?:think|believe|guess|assume)(?!\s+(?:that\s+)?(?:the\s+)?(?:\w+\s+)?{_SOURCE}\b)|it\s+(?:seems|appears)|my\s+(?:own\s+)?knowledge|general\s+knowledge|"
    r"it\s+(?:can|could|may)\s+be\s+(?:inferred|assumed|estimated)|"
    r"(?:but|however),?\s+(?:the\s+answer|it)\s+(?:is|was|will))\b",
    re.IGNORECASE,
)
# A second clause may answer what the first says the documents don't tell.
_TURN = re.compile(r",\s*(?=(?:but|however|though|although|yet)\b)", re.IGNORECASE)
# "Source 2" is no number of anything that was asked.
_NUMBERED = re.compile(
    rf"\b{_SOURCE}\s+(?:no\.\s*)?\d+\b(?:(?:\s*,|\s+(?:and|or))\s*\d+\b)*", re.IGNORECASE
)
_ITEM = re.compile(r"^\s*(?:\d{1,2}[.)]|[-*•])\s+", re.MULTILINE)
# Where else to look, or what the speaker is: neither says anything of what was asked.
_ASIDE = re.compile(
    r"\b(?:you|your|please|consult|contact|recommend|suggest|as\s+an\s+ai|language\s+model|"
    r"i(?:'m|\s+am)\s+an?|(?:training|knowledge)\s+(?:data|cut-?off)|(?:last|latest)\s+update)\b",
    re.IGNORECASE,
)
_COPULA = frozenset({"is", "was", "are", "were"})
# What a question is built with, not what it is about.
_FRAME = frozenset(
    "is are was were am be been do does did has have had will would can could should shall may "
    "might must it its he she they his her their this that there of in on at to by for with from "
    "as and or any".split()
)


def read_yes_no(text: str) -> Literal["yes", "no"] | None:
    """Read the yes or no that a sentence opens with; None where there is none, or both.

    "No. 1 in 82 regions", "No one has" and "Yes and no" are no readings.
    """
    readings: set[Literal["yes", "no"]] = set()
    for sentence in sentences(text):
        opening = _YES_NO.match(sentence)
        if opening is None:
            continue
        rest = opening["rest"]
        if _BOTH.match(rest):
            return None
        closed = bool(_CLOSED.match(rest))
        if opening["yes"] or (closed and opening["agree"]):
            readings.add("yes")
        elif closed or (opening["no"] and _SUBJECT.match(rest)):
            readings.add("no")
    return readings.pop() if len(readings) == 1 else None


def read_statement(
    question: str, text: str, *, in_order: bool = False
) -> Literal["yes", "no"] | None:
    """Read a yes-no question that is repeated as a statement, or denied.

    All that the question names must stand in one sentence: "It will have more than ten
    songs" answers "Will it have more than ten songs?", "It will have songs" doesn't.

    Parameters
    ----------
    question, text : str
    in_order : bool
        Only where the sentence says it all in the question's order. "Indigo is the first
        album, and this is the second" has all words of "Is this the first album?" too.
    """
    asked = [token.value for token in tokenise(question) if token.value not in _FRAME]
    for sentence in sentences(text):
        tokens = [token.value for token in tokenise(sentence)]
        rest = iter(tokens)
        # Looking into an iterator goes on from the word before.
        among = itertools.repeat(rest) if in_order else itertools.repeat(tokens)
        if asked and all(
            any(_alike(word, other) for other in place)
            for word, place in zip(asked, among, strict=False)
        ):
            denied = any(
                isinstance(word, str) and (word == "no" or NEGATION.fullmatch(word))
                for word in tokens
            )
            return "no" if denied else "yes"
    return None


def _alike(one: str | Value, other: str | Value) -> bool:
    """Whether two words are one but for their endings, or two values the same."""
    if isinstance(one, str) and isinstance(other, str):
        pairs = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
        shared = sum(1 for _ in pairs)
        return one == other or shared >= max(4, min(len(one), len(other)) - 1)
    return not isinstance(one, str) and not isinstance(other, str) and matches(one, other)


def is_refusal(text: str) -> bool:
    """Whether a text is empty or opens by saying that the documents don't tell.

    For systems whose answers have no status of their own. Who says so and then guesses
    ("…, but it is probably eleven") has answered; who goes on with what the documents do
    say has refused.
    """
    said = sentences(text.replace("’", "'"))
    if not said:
        return True
    # An apology may itself say that the documents don't tell, or leave it to what follows.
    polite = bool(_APOLOGY.fullmatch(said[0]) or _BARE_NO.fullmatch(said[0]))
    openings = said[: 1 + polite]
    found = any(map(_REFUSAL.search, openings)) or (
        len(said) > len(openings)
        and bool(_ABOUT.match(openings[-1]) and _HOWEVER.match(said[len(openings)]))
    )
    return found and not _GUESS.search(" ".join(said))


def answers_after_all(text: str, question: str, known: Iterable[str]) -> bool:
    """Whether a text that opens as a refusal then states a value or a name of its own.

    "The documents don't mention the price. The album costs $12.99." has answered. Who goes on
    with what is known, with a further refusal, or with where else to look has not. A sentence
    that says something without a value or name is not read as an answer.

    Parameters
    ----------
    text : str
        Without markers.
    question : str
        With what was said before it.
    known : iterable of str
        What else a refusal may speak of, above all what the documents do say.
    """
    asked = {word.key for word in words(question)}
    texts = [passage.replace("’", "'") for passage in (question, *known)]
    values = [token.value for passage in texts for token in tokenise(passage)]
    keys = {word.key for passage in texts for word in words(passage)}
    plain = _NUMBERED.sub("it", _ITEM.sub("", text.replace("’", "'")))
    parts = [part for each in sentences(plain) for part in _TURN.split(each)]
    return any(
        not (_REFUSAL.search(part) or _HOWEVER.match(part))
        and (_has_new_value(part, values) or _has_new_name(part, keys, asked))
        for part in parts[1:]
    )


def _has_new_value(part: str, known: Sequence[str | Value]) -> bool:
    aside = bool(_ASIDE.search(part))
    return any(
        not isinstance(value, str)
        and not (aside and isinstance(value, Date))
        # "One" is as often a pronoun, and "the first" as often no rank.
        and not (isinstance(value, Number) and value.spelled and value.amount == 1)
        and value != Ordinal(1)
        and not any(_same_value(value, other) for other in known)
        for value in (token.value for token in tokenise(part))
    )


def _same_value(one: Value, other: str | Value) -> bool:
    if isinstance(one, Number) and isinstance(other, Number):
        # "5 dollars" for "$5".
        return one.amount == other.amount
    # Whoever says more of a date than was known, or less, speaks of the same.
    return matches(one, other) or matches(other, one)


def _has_new_name(part: str, known: Set[str], asked: Set[str]) -> bool:
    if _ASIDE.search(part):
        return False
    names = {word.key for word in names_and_numbers(part) if not word.is_number}
    names |= _opening_name(part, asked)
    return any(not any(_alike(name, key) for key in known) for name in names)


def _opening_name(part: str, asked: Set[str]) -> set[str]:
    """The word that a part opens with, where what follows shows that it is a name.

    Any sentence opens with a capital. "Eno produced it" and "Eno is the producer" go on with the
    question's own words, and "Eno." says nothing else.
    """
    said, content = words(part), content_words(part)
    if not content or content[0] != said[0] or not said[0].is_capitalised or said[0].is_number:
        return set()
    rest = said[1:]
    if not rest:
        return {said[0].key}
    between = part[said[0].end : rest[0].start]
    goes_on = rest[0] in content and rest[0].key in asked
    equates = rest[0].key in _COPULA and all(word.key in asked for word in rest[1:])
    return {said[0].key} if not between.strip() and (goes_on or equates) else set()


def strip_markers(text: str) -> str:
    """Leave out the ``[1]`` citation markers."""
    return _MARKERS.sub("", text).strip()


def sentences(text: str) -> list[str]:
    """Sentences and lines of a text, none blank."""
    return [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]
