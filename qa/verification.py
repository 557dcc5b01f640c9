"""Draft and evidence to verdicts: is each claim what the documents say to this question?

A claim passes two gates. The first is exact: its words, and every name and number of it,
must stand in passages whose place is known. The second weighs independent signals, since
a small model copies faithfully but answers whatever comes near: what a second, sceptical
reading of the cited passages says; how sure the model was of its words; how close question
and claim are in meaning to the passages; how much of what the question names they speak
of. Support rises with each of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace

from qa.alignment import (
    FUNCTION_WORDS,
    Alignment,
    Word,
    align,
    content_words,
    stands_verbatim,
    words,
)
from qa.checker import read_again, under_headings
from qa.generation import YES_NO, Draft
from qa.llms import ChatModel, Deadline
from qa.mentions import is_item, is_unsaid, label_of, leads, names_of, speaks_of, stems
from qa.polarity import denies, turns_around
from qa.settings import SupportModel, VerificationSettings
from qa.types import Evidence, Passage, Verdict

__all__ = [
    "QUESTION_WORDS",
    "CheckedClaim",
    "Signals",
    "check_claims",
    "is_yes_no",
    "support",
]

# A claim that says less than this in the passages' own words is not taken from them.
MIN_COVERAGE = 0.7


@dataclass(frozen=True, slots=True)
class Signals:
    """What speaks for a claim, each 0 to 1; None where it can't be known.

    Parameters
    ----------
    check : float or None
        Probability of "Yes" from the second reading, against "No".
    confidence : float or None
        Probability of the draft's least probable token.
    similarity : float
        Cosine similarity of question with claim to the cited passages, at least 0.
    names, numbers : float
        Share of the question's names, and of its numbers and dates, that the cited passages,
        their neighbours, heading and title speak of; 1 where it has none.
    polarity : float
        0 where the question denies what the cited passages affirm, or asks for the other end
        of a scale, else 1.
    verbatim : float
        1 where the claim, or each item of it, stands word for word in a cited passage,
        else 0: what a model puts in its own words may be of its own making.
    whole : float
        1 where the library was read whole, else 0: among sentences selected for sounding
        like a question, one that only sounds like its answer is likelier.
    """

    check: float | None
    confidence: float | None
    similarity: float
    names: float
    numbers: float
    polarity: float
    verbatim: float
    whole: float


@dataclass(frozen=True, slots=True)
class CheckedClaim:
    """A claim with its verdict and the passages that it stands on."""

    text: str
    passages: tuple[Passage, ...]
    support: float
    verdict: Verdict
    reason: str
    signals: Signals | None


# What a signal that can't be known counts as: its mean over the claims that the support
# model was fitted to.
UNKNOWN = {"check": 0.75, "confidence": 0.50}
# A yes-no question has three outcomes: yes, no, and not decided by the text, whose score is
# 0. Weights of the log-odds of a second reading of "Yes", of "No", of whether the draft was
# no refusal, and the intercept; fitted by multinomial logistic regression to 63 questions
# over encyclopaedia articles, 12 of them undecided. Of the decided ones .84 went right in
# cross-validation, against .76 by the likelier reading and .55 by the draft: a small model
# says yes to nearly everything, but a probable "No" tells a no.
YES_SCORE = (1.11, 0.66, 1.13, -1.64)
NO_SCORE = (-0.25, 2.08, 0.93, -2.73)
LEAST_CHANCE = 0.01
YES_NO_PASSAGES = 3
# Of those, the quotes are the ones that have this share of the question's words, by rarity, that
# the best has, and are nearly as close to it, if a reading of them alone decides alike.
TELLING_SHARE = 0.6
TELLING_MARGIN = 0.2
# A field or a cell says what its name is of, and a sentence is more than its capitals.
_TELLING_MARKS = (":", "|", "=", "(", "–", " - ", ".", "!", ";")
AUXILIARIES = frozenset(
    """
    is are was were am do does did has have had can could will would shall should may might must
    isn't aren't wasn't weren't don't doesn't didn't hasn't haven't hadn't can't couldn't won't
    wouldn't shouldn't
    """.split()
)
# "Or" of English, German, French, and Italian and Spanish.
ALTERNATIVES = frozenset("or oder ou o".split())
QUESTION_WORDS = frozenset("who whom whose which what when where why how".split())
# "Can you give …" wants it given; "do you give …" asks whether somebody does.
WILLING = frozenset("can could will would".split())
GIVING = frozenset("tell give list name show find explain describe provide quote remind".split())
# What may stand around a request's verb.
POLITE = frozenset("please kindly just also maybe perhaps me us".split())
# After a request's verb they begin what is to be true or not.
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


def support(signals: Signals, model: SupportModel) -> float:
    """Support of a claim by its signals, 0 to 1: a monotone logistic model.

    Parameters
    ----------
    signals : Signals
    model : SupportModel

    Returns
    -------
    float
        Rises with every signal.
    """
    total = model.intercept
    for name, value in asdict(signals).items():
        weight: float = getattr(model, name)
        total += weight * (UNKNOWN[name] if value is None else value)
    return _logistic(total)


def _logistic(total: float) -> float:
    return 1.0 / (1.0 + math.exp(-total))


def _log_odds(chance: float | None) -> float:
    """0 where the chance isn't known."""
    if chance is None:
        return 0.0
    return math.log(max(chance, LEAST_CHANCE) / max(1.0 - chance, LEAST_CHANCE))


def check_claims(
    draft: Draft,
    evidence: Evidence,
    *,
    model: ChatModel,
    similarity: Callable[[str, str], float],
    settings: VerificationSettings,
    deadline: Deadline,
    whole: bool = False,
) -> tuple[CheckedClaim, ...]:
    """Give each claim of a draft its passages, its support and its verdict.

    Parameters
    ----------
    draft : Draft
    evidence : Evidence
        What the draft was written from.
    model : ChatModel
        Reads the cited passages a second time.
    similarity : callable
        Cosine similarity of two texts, -1 to 1.
    settings : VerificationSettings
    deadline : Deadline
    whole : bool
        Whether the library was read whole, before `evidence` was narrowed to what is read
        again.

    Returns
    -------
    tuple of CheckedClaim
        In the draft's order.

    Raises
    ------
    ModelUnavailableError
    """
    if is_yes_no(evidence.question) and evidence.ranked:
        decided = _decide_yes_no(draft, evidence, model, settings.threshold, deadline)
        claims = draft.claims[1:]
    else:
        decided, claims = None, draft.claims
    checked = tuple(
        _check_claim(
            claim,
            draft,
            evidence,
            model=model,
            similarity=similarity,
            settings=settings,
            deadline=deadline,
            whole=whole,
        )
        for claim in claims
    )
    return checked if decided is None else (decided, *checked)


def is_yes_no(question: str) -> bool:
    """Whether an English question asks for yes or no."""
    asked = words(question)
    keys = [word.key for word in asked]
    if not keys or keys[0] not in AUXILIARIES or "or" in keys:
        return False
    # "May 2024 …", "Will Smith …": a month and a name.
    if keys[0] in {"may", "will"} and any(w.is_number or w.is_capitalised for w in asked[1:2]):
        return False
    # "Am wievielten Mai …?"
    if keys[0] == "am":
        return keys[1:2] == ["i"]
    return not (_is_request(keys) or (keys[0] == "was" and not _is_english(asked)))


def _is_request(keys: Sequence[str]) -> bool:
    """Whether a question wants something told: "can you tell me the price", or when it is."""
    if keys[1:2] != ["you"]:
        return False
    rest = [key for key in keys[2:] if key not in POLITE]
    if QUESTION_WORDS & set(rest):
        return True
    verb = rest[0] if rest else ""
    wanted = "please" in keys or verb == "know" or (keys[0] in WILLING and verb in GIVING)
    return wanted and WHETHER.isdisjoint(rest[1:2])


def _is_english(asked: Sequence[Word]) -> bool:
    """Whether a question that begins with "was" is English, by its other words."""
    # A German verb comes next and has a small letter: "Was kostet …?"
    if len(asked) > 1 and asked[1].is_capitalised and not asked[0].text.isupper():
        return True
    keys = [word.key for word in asked[1:]]
    english, german = (sum(key in known for key in keys) for known in (ENGLISH_WORDS, GERMAN_WORDS))
    return english >= max(1, german)


def _decide_yes_no(
    draft: Draft, evidence: Evidence, model: ChatModel, threshold: float, deadline: Deadline
) -> CheckedClaim:
    """Choose between yes and no by what a second reading thinks of each."""
    closest = evidence.best()[:YES_NO_PASSAGES]
    read = _led(closest, evidence.passages)
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
        and not _fault(found)
        and said is not None
        and said.group(1).capitalize() == answer
        and set(found.passages) <= set(read)
    )
    nearest = max(passage.score for passage in read)
    # A reason from elsewhere is none: other passages are far closer to what is asked.
    if found is not None and reasoned:
        reasoned = min(p.score for p in found.passages) >= nearest - TELLING_MARGIN
    cited = found.passages if found is not None and reasoned else read
    telling = read if reasoned else _led(_telling(evidence, read), read)
    doubt = ", but too little to be sure."
    if verdict == "supported" and telling != read:
        alone, sure = _weighed(model, evidence.question, telling, deadline, drafted=drafted)
        if sure >= threshold and alone != answer:
            verdict, doubt = "unsupported", ", but the closest alone say otherwise."
        elif sure >= threshold:
            cited = telling
    other = "no" if answer == "Yes" else "yes"
    return CheckedClaim(
        text=f"{answer}. {body}" if reasoned else f"{answer}.",
        passages=cited,
        support=supported,
        verdict=verdict,
        reason=f"A second reading of the quoted passages prefers {answer.lower()} to {other}"
        + ("." if verdict == "supported" else doubt),
        signals=None,
    )


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
    told = {
        passage: sum(each for key, each in weight.items() if speaks_of(key, said[passage]))
        for passage in read
    }
    most, closest = max(told.values()), max(passage.score for passage in read)
    telling = tuple(
        passage
        for passage in read
        if told[passage] >= TELLING_SHARE * most and passage.score >= closest - TELLING_MARGIN
    )
    return telling or read


def _led(chosen: Sequence[Passage], passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """Passages, with the lines that lead to the items among them, in reading order."""
    found = set(chosen)
    lead: Passage | None = None
    for passage in passages:
        if not is_item(passage.sentence.text):
            lead = passage if leads(passage.sentence) else None
        elif lead is not None and passage in chosen:
            same = lead.sentence.document == passage.sentence.document
            found.update([lead] if same else [])
    return tuple(sorted(found, key=lambda passage: passage.number))


def _check_claim(
    claim: str,
    draft: Draft,
    evidence: Evidence,
    *,
    model: ChatModel,
    similarity: Callable[[str, str], float],
    settings: VerificationSettings,
    deadline: Deadline,
    whole: bool,
) -> CheckedClaim:
    found = align(YES_NO.sub("", claim) or claim, evidence.question, evidence.passages)
    fault = (
        _fault(found)
        or _repeats(claim, evidence.question)
        or _says_nothing(found.passages, evidence.question)
    )
    if fault:
        return CheckedClaim(claim, found.passages, 0.0, "unsupported", fault, None)
    question = evidence.question
    # Items below "We do not cover:" say the opposite of what they seem to.
    led = _led(found.passages, evidence.passages)
    if denies([p.sentence.text for p in led if p not in found.passages]):
        found = replace(found, passages=led)
    texts = [passage.sentence.text for passage in found.passages]
    groups = names_of(question)
    named, numbered = (
        [part for group in groups if (part := [w for w in group if w.is_number == number])]
        for number in (False, True)
    )
    signals = Signals(
        check=read_again(model, question, claim, found.passages, deadline),
        confidence=draft.completion.least_probability(),
        similarity=max(0.0, similarity(f"{question} {claim}", under_headings(found.passages))),
        names=_share_said(named, found.passages),
        numbers=_share_said(numbered, found.passages),
        polarity=float(not turns_around(question, texts)),
        verbatim=float(stands_verbatim(claim, found.passages)),
        whole=float(whole),
    )
    supported = support(signals, settings.model)
    verdict: Verdict = "supported" if supported >= settings.threshold else "unsupported"
    return CheckedClaim(
        claim, found.passages, supported, verdict, _reason(signals, verdict), signals
    )


def _fault(found: Alignment) -> str:
    if not found.passages:
        return "None of its words stand in the documents."
    if found.missing:
        return f"The documents’ passages don’t have {', '.join(found.missing)}."
    if found.coverage < MIN_COVERAGE:
        return f"Only {found.coverage:.0%} of its words stand in the documents’ passages."
    return ""


def _repeats(claim: str, question: str) -> str:
    """Why a claim says nothing, where all of its words were the question's already."""
    asked = words(question)
    # "Was it the mill or the church?" is answered with its own words.
    if any(word.key in ALTERNATIVES for word in asked) or YES_NO.match(claim):
        return ""
    known = {word.key for word in asked}
    # "Once" and "both" are answers of grammar alone.
    if all(word.key in known for word in content_words(claim) or words(claim)):
        return "It only repeats words of the question."
    return ""


def _says_nothing(cited: Sequence[Passage], question: str) -> str:
    """Why passages state nothing: bare names below no heading, as a letter's addressee is."""
    asked = {word.key for word in content_words(question)}
    for passage in cited:
        text = passage.sentence.text
        said = content_words(text)
        named = all(word.is_capitalised and not word.is_number for word in said)
        if (
            not named
            or is_item(text)
            or label_of(passage.sentence)
            or any(mark in text for mark in _TELLING_MARKS)
            or any(speaks_of(key, stems(text)) for key in asked)
        ):
            return ""
    return "The quoted passages are bare names, and state nothing of what is asked."


def _share_said(groups: Sequence[Sequence[Word]], cited: Sequence[Passage]) -> float:
    if not groups:
        return 1.0
    return sum(not is_unsaid(group, *cited) for group in groups) / len(groups)


def _reason(signals: Signals, verdict: Verdict) -> str:
    found = "Its words, names and numbers stand in the quoted passages"
    read = "" if signals.check is None else f"; a second reading agrees {signals.check:.2f}"
    if verdict == "supported":
        return f"{found}{read}."
    if not signals.polarity:
        return f"{found}, but the question turns around what they say."
    if min(signals.names, signals.numbers) < 1.0:
        return f"{found}{read}, but they don’t speak of all that the question names."
    return f"{found}{read}, too little to be sure that they answer this question."
