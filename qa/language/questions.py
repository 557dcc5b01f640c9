"""Which questions ask for yes or no.

A question for yes or no begins with an auxiliary, but not every one that does is one: "can you
tell me the price" wants the price.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from qa.language.alignment import (
    AUXILIARIES,
    FUNCTION_WORDS,
    QUESTION_WORDS,
    Word,
    stem,
    words,
)
from qa.language.sentences import TITLES, split_sentences
from qa.types import Document

__all__ = ["asked_of", "is_yes_no"]

# "Can you give me …" is a request; "do you give …" is a yes-no question.
WILLING = frozenset("can could will would".split())
GIVING = frozenset("tell give list name show find explain describe provide quote remind".split())
# From the first of several blanks on: trying each would take the square of their number.
_OR_NOT = re.compile(r"(?i)(?<!\s),?\s+or not\W*\Z")
# What a question may begin with that asks for nothing: "And can I come?", "Ok, so may I?".
_OPENERS = re.compile(
    r"(?i)\s*(?:(?:and|but|so|then|also|ok|okay|oh|yes|great|well|hi|hello|hey|please|sorry|thanks)\b"
    r"[\s,;:.!\u2026\u2013\u2014-]*)+"
)
# How a message ends after its question. "Thanks to Ada I know" tells something.
_THANKS = re.compile(r"(?i)\s*(?:many )?(?:thanks|thank you|thx|cheers)\b(?!\s+to\b)")
REGARDS = frozenset("regards wishes bye goodbye".split())
AROUND_REGARDS = frozenset("with kind kindest best warm warmest many all for now and".split())
_PART_ENDS = re.compile(r"(?<=[.?!])\s+")
_NO_TITLE = "".join(rf"(?<!{title.capitalize()}[.])" for title in sorted(TITLES | {"st"}))
_BEGINS = "|".join(sorted(map(str.capitalize, AUXILIARIES)))
# An abbreviation may end a sentence: "I live in the U.S. Can I come?", unlike "the U.S. Congress".
_ASKS_ANEW = re.compile(
    rf"(?<=\.){_NO_TITLE}\s+(?=(?:{_BEGINS})"
    r"\s+(?:I|we|you|he|she|it|they|there|the|an?|my|our|your)\b)"
)
# What may stand around a request's verb.
POLITE = frozenset("please kindly just also maybe perhaps me us".split())
SOMEBODY = frozenset("someone somebody anyone anybody".split())
# "Does the lease say who pays?" wants to know who; a document says, and only somebody knows.
DOCUMENT = frozenset("the my our your this it they".split())
KNOWING = frozenset("know known".split())
SAYING = frozenset("tell told say said state stated written mention specify explain".split())
LISTENERS = POLITE | frozenset("you him her them anyone everyone people exactly about on".split())
# Words for one certain thing: "the password".
CERTAIN = frozenset("the your his her its their".split())
# Things that are asked for to know them; others to have them: "can I get the key early?".
INFORMATION = frozenset(
    map(
        stem,
        """
        password passcode pin code number address price date time name recipe minutes list link url
        details hours phone email mail website answer reason result schedule timetable agenda
        """.split(),
    )
)
LOOK = frozenset("look glance peek read go try think guess check search".split())
# After a request's verb they begin a question for yes or no.
WHETHER = frozenset("if whether that".split())
# "Was" is German for "what" as well: words that tell the two languages apart.
SHARED_WITH_GERMAN = frozenset("an in am was so will her also me on name text".split())
ENGLISH_WORDS = (FUNCTION_WORDS - SHARED_WITH_GERMAN) | frozenset(
    "anyone anybody anything everyone everybody everything someone somebody something".split()
)
GERMAN_WORDS = frozenset(
    """
    der die das den dem des ein eine einen einem einer und oder ist sind war wird werden wurde
    wurden hat haben kann ich er sie es wir ihr man sich nicht mit von vom zu zum zur bei beim auf
    aus fur uber nach im ins als wie
    """.split()
)
# Of auxiliaries, the ones that never follow "will" or "may".
FINITE = AUXILIARIES - {"have", "do"}


def is_yes_no(question: str) -> bool:
    """Whether an English question asks for yes or no."""
    question = _OR_NOT.sub("", _without_closing(question))
    asked = words(question)
    keys = [word.key for word in asked]
    if keys and keys[0] not in AUXILIARIES:
        opening = _OPENERS.match(question)
        return (
            _has_leading_clause(question)
            or _follows_a_statement(question)
            or (opening is not None and is_yes_no(question[opening.end() :]))
        )
    if not keys or "or" in keys or _only_looks_like_one(question, asked):
        return False
    # "Am wievielten Mai …?"
    if keys[0] == "am":
        return keys[1:2] == ["i"]
    if keys[0] == "was" and not _is_english(asked):
        return False
    return not _is_request(keys)


def _only_looks_like_one(question: str, asked: Sequence[Word]) -> bool:
    """Whether the first word is no auxiliary, or what is asked for follows it: "Is what?"."""
    keys = [word.key for word in asked]
    if len(asked) < 2:
        return False
    if len(keys) == 2 and keys[1] in QUESTION_WORDS:
        return True
    if keys[0] not in {"may", "will"}:
        return keys[1] == "which"
    # "May 2024 …", "Will was …", "Will Smith was …", "Will, …": a month and a name, unlike
    # "May I …" and "Will Ada have a room?".
    named = keys[2:4] if asked[1].is_capitalised else keys[1:2]
    called = question[asked[0].end :].startswith(",")
    # "Will ich das?", but "Will man land on Mars?".
    german = keys[0] == "will" and asked[1].text in GERMAN_WORDS - {"man"}
    return asked[1].is_number or called or german or not FINITE.isdisjoint(named)


def asked_of(question: str) -> str:
    """The sentence that asks for yes or no, without what is told before it; else all of it.

    Parameters
    ----------
    question : str

    Returns
    -------
    str
        "May I come?" of "I'm 17. May I come?".
    """
    return _sentences(question)[-1] if _follows_a_statement(question) else question


def _has_leading_clause(question: str) -> bool:
    """Whether a clause stands before a question for yes or no: "If I cancel, do I pay?"."""
    before, comma, rest = question.partition(",")
    led = [word.key for word in words(before)]
    asks = not QUESTION_WORDS.isdisjoint(led) and (
        led[0] != "when" or not AUXILIARIES.isdisjoint(led[1:2])
    )
    first = [word.key for word in words(rest)[:1]]
    return (
        bool(comma)
        and not asks
        and first[0:1] != []
        and first[0] in AUXILIARIES
        and is_yes_no(rest)
    )


def _follows_a_statement(question: str) -> bool:
    """Whether what is told first leads to a question for yes or no: "I'm 17. May I come?"."""
    *told, asked = _sentences(question) or [""]
    if opening := _OPENERS.match(asked):
        asked = asked[opening.end() :]
    first, *rest = [word.key for word in words(asked)] or [""]
    return (
        bool(told)
        and first in AUXILIARIES
        and not any(_asks_or_orders(sentence) for sentence in told)
        and _has_english_words([*(word.key for word in words(" ".join(told))), *rest])
        and is_yes_no(asked)
    )


def _sentences(question: str) -> list[str]:
    document = Document("question", "question", _without_closing(question), None, "")
    return [
        part for sentence in split_sentences(document) for part in _ASKS_ANEW.split(sentence.text)
    ]


def _without_closing(question: str) -> str:
    """A question without what is said after it: "May I come? Thanks! Tom"."""
    kept = end = len(question)
    for gap in reversed(list(_PART_ENDS.finditer(question))):
        part = question[gap.end() : end]
        if "?" in part:
            break
        said = words(part)
        keys = {word.key for word in said}
        # Names may follow anything: "Thanks. Tom", "Best regards, Ada Lind".
        unnamed = {word.key for word in said if not word.is_capitalised} - AROUND_REGARDS - REGARDS
        thanks = _THANKS.match(part) and keys.isdisjoint(GIVING | QUESTION_WORDS)
        end = gap.start()
        if thanks or (not unnamed and not keys.isdisjoint(REGARDS)):
            kept = end
        elif unnamed:
            break
    return question[:kept]


def _asks_or_orders(sentence: str) -> bool:
    """Whether a sentence wants something itself: "Which vet is open.", "Tell me the price."."""
    opening = _OPENERS.match(sentence)
    rest = sentence[opening.end() :] if opening else sentence
    begun = [word.key for word in words(rest) if word.key not in POLITE][:1]
    return "?" in sentence or not (QUESTION_WORDS | GIVING).isdisjoint(begun)


def _is_request(keys: Sequence[str]) -> bool:
    """Whether a question wants something told: "can you tell me the price", or when it is."""
    if _is_order(keys) or _asks_who_knows(keys) or _asks_for_a_thing(keys):
        return True
    rest = [key for key in keys[2:] if key not in POLITE]
    verb = rest[0] if rest else ""
    gives = keys[0] in WILLING and verb in GIVING
    if keys[1:2] == ["you"]:
        # "Do you have to say why you are late?" asks about everybody.
        if keys[0] in {"must", "should"} or rest[:2] in (["have", "to"], ["need", "to"]):
            return False
        wanted = "please" in keys or verb == "know" or gives
        return bool(QUESTION_WORDS & set(rest)) or (wanted and WHETHER.isdisjoint(rest[1:2]))
    if SOMEBODY.isdisjoint(keys[1:2]):
        return False
    # "Will someone give a talk?" may be asked of whoever does.
    gives = gives and not {"me", "us", "please"}.isdisjoint(keys)
    knows = verb == "know" and not CERTAIN.isdisjoint(rest[1:2])
    return (gives or knows) and WHETHER.isdisjoint(rest[1:2])


def _is_order(keys: Sequence[str]) -> bool:
    """Whether a question is a command: "have a look at the price", "do tell me the price"."""
    if keys[0] == "have":
        return keys[1:2] == ["a"] and not LOOK.isdisjoint(keys[2:4])
    rest = [key for key in keys[1:] if key != "please"]
    # "Do list prices fall?" is none, though "list" is a verb as well.
    return (
        keys[0] == "do"
        and not (GIVING | {"let"}).isdisjoint(rest[:1])
        and not (QUESTION_WORDS | {"me", "us", "the"}).isdisjoint(rest[1:2])
    )


def _asks_who_knows(keys: Sequence[str]) -> bool:
    """Whether a question wants the information itself: "Do you know when?", "Does it say who?"."""
    known = keys[:2] == ["is", "it"] or not (SOMEBODY | {"we"}).isdisjoint(keys[1:2])
    said = known or (keys[0] != "is" and not DOCUMENT.isdisjoint(keys[1:2]))
    verbs = (KNOWING if known else frozenset()) | (SAYING if said else frozenset())
    # To know how to swim is to be able to.
    if keys[0] not in {"do", "does", "did", "has", "have", "is"} or " how to " in " ".join(keys):
        return False
    for place, key in enumerate(keys[2:], start=3):
        # "Does the tenant have to say why?"
        if key in verbs and keys[place - 2] != "to":
            rest = [each for each in keys[place:] if each not in LISTENERS]
            # "Does the lease tell tenants when to pay?"
            if not QUESTION_WORDS.isdisjoint(rest[: 2 if key in {"tell", "told"} else 1]):
                return True
    return False


def _asks_for_a_thing(keys: Sequence[str]) -> bool:
    """Whether something is asked for by its name: "can I have the password of the router?"."""
    if keys[0] not in {"can", "could", "may", "might"} or keys[1:2] not in (["i"], ["we"]):
        return False
    rest = [key for key in keys[2:] if key not in {"please", "also", "just"}]
    if rest[:1] == ["know"] and not QUESTION_WORDS.isdisjoint(rest[1:2]):
        return True
    if rest[:1] not in (["have"], ["get"], ["know"]) or CERTAIN.isdisjoint(rest[1:2]):
        return False
    thing = list(itertools.takewhile(lambda key: key not in {"of", "for"}, rest[2:]))
    # "Can I have the report sent by email?"
    return FUNCTION_WORDS.isdisjoint(thing[:-1]) and stem("".join(thing[-1:])) in INFORMATION


def _is_english(asked: Sequence[Word]) -> bool:
    """Whether a question that begins with "was" is English, by its other words."""
    # A German verb comes next and has a small letter: "Was kostet …?"
    if len(asked) > 1 and asked[1].is_capitalised and not asked[0].text.isupper():
        return True
    return _has_english_words([word.key for word in asked[1:]])


def _has_english_words(keys: Sequence[str]) -> bool:
    """Whether some are, and no fewer than are German."""
    english, german = (sum(key in known for key in keys) for known in (ENGLISH_WORDS, GERMAN_WORDS))
    return english >= max(1, german)
