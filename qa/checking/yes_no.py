"""Questions for yes or no: which questions these are, and which answer the passages give.

A small model says yes to nearly everything. So both answers are read again beside the closest
passages, and the likelier is given where it is likely enough; the draft's own word decides
nothing, and its reason is kept only where it is on the same side and stands near by.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence

from qa.checking.checker import read_again
from qa.checking.claims import CheckedClaim
from qa.checking.objections import is_no_denial, objection
from qa.generation import YES_NO, Draft, with_verdict
from qa.language.alignment import (
    AUXILIARIES,
    FUNCTION_WORDS,
    QUESTION_WORDS,
    Word,
    align,
    content_words,
    stem,
    words,
)
from qa.language.mentions import (
    is_unsaid,
    label_of,
    leads,
    names_of,
    speaks_of,
    stems,
    with_leads,
)
from qa.language.sentences import split_sentences
from qa.llms import ChatModel, Deadline
from qa.types import Document, Evidence, Passage, Verdict

__all__ = ["decide", "is_yes_no"]

# A yes-no question has three outcomes: yes, no, and not decided by the text, whose score is
# 0. Weights of the log-odds of a second reading of "Yes", of "No", of whether the draft was
# no refusal, and the intercept; fitted by multinomial logistic regression to questions over
# encyclopaedia articles. A small model says yes to nearly everything, but a probable "No" tells a
# no.
YES_SCORE = (1.11, 0.66, 1.13, -1.64)
NO_SCORE = (-0.25, 2.08, 0.93, -2.73)
LEAST_CHANCE = 0.01
PASSAGES = 3
# Of those, the ones are quoted that have at least this share of the question's words that the best
# one has, weighted by rarity, and are nearly as close, if a reading of them alone agrees.
TELLING_SHARE = 0.6
TELLING_MARGIN = 0.2
# "Can you give me …" is a request; "do you give …" is a yes-no question.
WILLING = frozenset("can could will would".split())
GIVING = frozenset("tell give list name show find explain describe provide quote remind".split())
_OR_NOT = re.compile(r"(?i),?\s+or not\W*\Z")
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


def is_yes_no(question: str) -> bool:
    """Whether an English question asks for yes or no."""
    asked = words(_OR_NOT.sub("", question))
    keys = [word.key for word in asked]
    if keys and keys[0] not in AUXILIARIES:
        return _has_leading_clause(question) or _follows_a_statement(question)
    if not keys or "or" in keys:
        return False
    # "May 2024 …", "Will Smith was …": a month and a name, unlike "May I …", "Will Ada come?".
    told = not (AUXILIARIES | QUESTION_WORDS).isdisjoint(keys[2:])
    named = any(w.is_number or (w.is_capitalised and w.key != "i" and told) for w in asked[1:2])
    if keys[0] in {"may", "will"} and named:
        return False
    # "Am wievielten Mai …?"
    if keys[0] == "am":
        return keys[1:2] == ["i"]
    return not (_is_request(keys) or (keys[0] == "was" and not _is_english(asked)))


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
    said = [
        sentence.text
        for sentence in split_sentences(Document("question", "question", question, None, ""))
    ]
    if len(said) < 2 or any("?" in sentence for sentence in said[:-1]):
        return False
    opened, first = ([word.key for word in words(sentence)[:1]] for sentence in (said[0], said[-1]))
    return (
        QUESTION_WORDS.isdisjoint(opened)
        and not AUXILIARIES.isdisjoint(first)
        and is_yes_no(said[-1])
    )


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
    keys = [word.key for word in asked[1:]]
    english, german = (sum(key in known for key in keys) for known in (ENGLISH_WORDS, GERMAN_WORDS))
    return english >= max(1, german)


def decide(
    draft: Draft, evidence: Evidence, model: ChatModel, threshold: float, deadline: Deadline
) -> CheckedClaim:
    """Choose between yes and no by what a second reading thinks of each.

    Parameters
    ----------
    draft : Draft
        Its first claim may give the reason.
    evidence : Evidence
        What the draft was written from; at least one passage.
    model : ChatModel
        Reads the closest passages again.
    threshold : float
        Support that a decision needs, 0 to 1.
    deadline : Deadline

    Returns
    -------
    CheckedClaim
        "Yes." or "No.", with the draft's reason where it holds.

    Raises
    ------
    ModelUnavailableError
    """
    closest = _of_named(evidence)
    read = with_leads(closest, evidence.passages)
    drafted = bool(draft.claims)
    answer, supported = _weighed(model, evidence.question, read, deadline, drafted=drafted)
    verdict: Verdict = "supported" if supported >= threshold else "unsupported"
    body = YES_NO.sub("", draft.claims[0]) if draft.claims else ""
    found = align(body, evidence.question, evidence.passages) if content_words(body) else None
    # The draft's reason may stand behind the verdict only where it is on the same side and
    # its passages are those that were read.
    said = YES_NO.match(draft.claims[0]) if draft.claims else None
    reasoned = (
        found is not None
        and not found.fault
        and said is not None
        and said.group(1).capitalize() == answer
        and set(found.passages) <= set(read)
    )
    nearest = max(passage.score for passage in read)
    # A reason from elsewhere is none: other passages are far closer to what is asked.
    if found is not None and reasoned:
        reasoned = min(p.score for p in found.passages) >= nearest - TELLING_MARGIN
    cited = found.passages if found is not None and reasoned else read
    telling = read if reasoned else with_leads(_telling(evidence, read), read)
    doubt = ", but too little to be sure."
    if verdict == "supported" and telling != read:
        alone, sure = _weighed(model, evidence.question, telling, deadline, drafted=drafted)
        if sure >= threshold and alone != answer:
            verdict, doubt = "unsupported", ", but the closest alone say otherwise."
        elif sure >= threshold and (
            answer == "Yes" or not is_no_denial(evidence.question, telling)
        ):
            cited = telling
    told = [body] if reasoned else [passage.sentence.text for passage in cited]
    if against := objection(answer, evidence, cited, told):
        verdict, doubt = "unsupported", f", but {against}."
    other = "no" if answer == "Yes" else "yes"
    return CheckedClaim(
        text=with_verdict(answer, body) if reasoned else f"{answer}.",
        passages=cited,
        support=supported,
        verdict=verdict,
        reason=f"A second reading of the quoted passages prefers {answer.lower()} to {other}"
        + ("." if verdict == "supported" else doubt),
        signals=None,
    )


def _log_odds(chance: float | None) -> float:
    """0 where the chance isn't known."""
    if chance is None:
        return 0.0
    return math.log(max(chance, LEAST_CHANCE) / max(1.0 - chance, LEAST_CHANCE))


def _weighed(
    model: ChatModel,
    question: str,
    passages: Sequence[Passage],
    deadline: Deadline,
    *,
    drafted: bool,
) -> tuple[str, float]:
    """Yes or no, whichever a second reading of passages prefers, and how surely."""
    yes, no = (read_again(model, question, answer, passages, deadline) for answer in ("Yes", "No"))
    values = (_log_odds(yes), _log_odds(no), float(drafted), 1.0)
    scores = [
        math.exp(sum(weight * value for weight, value in zip(weights, values, strict=True)))
        for weights in (YES_SCORE, NO_SCORE)
    ]
    answer, score = ("Yes", scores[0]) if scores[0] >= scores[1] else ("No", scores[1])
    # A reading that says the same of both, or nothing, has decided nothing.
    return answer, 0.0 if None in (yes, no) or yes == no else score / (1.0 + sum(scores))


def _of_named(evidence: Evidence) -> tuple[Passage, ...]:
    """The closest passages, of those documents that speak of most of a question's names."""
    closest = evidence.best()[:PASSAGES]
    names = names_of(evidence.question)
    told = {
        document: sum(not is_unsaid(name, *passages) for name in names)
        for document in {passage.sentence.document for passage in closest}
        if (passages := [p for p in closest if p.sentence.document == document])
    }
    most = max(told.values())
    return tuple(p for p in closest if told[p.sentence.document] == most)


def _telling(evidence: Evidence, read: tuple[Passage, ...]) -> tuple[Passage, ...]:
    """Passages that speak of the question about as much as any of them, by its rarer words."""
    said = {
        passage: stems(f"{label_of(passage.sentence)} {passage.sentence.text}")
        for passage in evidence.passages
    }
    weight = {
        key: math.log1p(len(said) / (1 + sum(speaks_of(key, held) for held in said.values())))
        for key in sorted({word.key for word in content_words(evidence.question)})
    }
    # A line that leads to items states nothing without one of them, which brings it along.
    stating = [passage for passage in read if not leads(passage.sentence)] or read
    told = {
        passage: sum(each for key, each in weight.items() if speaks_of(key, said[passage]))
        for passage in stating
    }
    most, closest = max(told.values()), max(passage.score for passage in stating)
    telling = tuple(
        passage
        for passage in stating
        if told[passage] >= TELLING_SHARE * most and passage.score >= closest - TELLING_MARGIN
    )
    return telling or read
