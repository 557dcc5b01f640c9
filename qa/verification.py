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
from dataclasses import dataclass

from qa.alignment import Alignment, align, content_words, names_and_numbers, words
from qa.generation import YES_NO, Draft
from qa.llms import ChatModel, Completion, Deadline, Message, complete
from qa.types import Evidence, Passage, Verdict

__all__ = [
    "CheckedClaim",
    "Signals",
    "check_claims",
    "check_prompt",
    "constant_check_prompt",
    "support",
]

# A claim that says less than this in the passages' own words is not taken from them.
MIN_COVERAGE = 0.7

# The sceptical reader sees only the cited passages: alone, a wrong name or relation stands
# out that goes unnoticed in a long text.
CHECK_INSTRUCTIONS = (
    "You check answers. You get a passage, a question and a proposed answer. Reply Yes if the "
    "passage states that this is the answer to exactly this question. Reply No if the passage "
    "speaks of another person, thing, place, time or relation than the question does, or if the "
    "answer is something else than what was asked for."
)
# Twins: the same passage with a question that it answers and one that only sounds like it.
# With 22 examples the verdicts were better than with 8 (AUC .830 against .821).
CHECK_EXAMPLES: tuple[tuple[str, str, str, str], ...] = tuple(
    (passage, question, answer, verdict)
    for passage, cases in (
        (
            "The Ferrow Bridge was opened on 3 June 1931 by the mayor, Ada Lindqvist.",
            (("When was the bridge opened?", "3 June 1931", "Yes"),),
        ),
        (
            "The Ferrow Bridge was designed by the engineer Tomas Rehn and cost 2.4 million "
            "crowns.",
            (("Who designed the Ferrow tunnel?", "Tomas Rehn", "No"),),
        ),
        (
            "After the flood of 1954 it was closed for two years.",
            (
                ("How long did the closing after the 1954 flood last?", "two years", "Yes"),
                ("Why was it closed after the fire of 1954?", "flood", "No"),
            ),
        ),
        (
            "Ferries, trams and a railway had been proposed before, but the council rejected all "
            "three.",
            (
                ("Which proposals did the council accept?", "Ferries, trams and a railway", "No"),
                ("Who turned down the earlier ideas?", "the council", "Yes"),
            ),
        ),
        (
            "The longest arch spans 96 metres.",
            (("How wide is the shortest arch?", "96 metres", "No"),),
        ),
        (
            "Rehn's pupil Mira Holt built the lock gates in Osk.",
            (("In which town did Holt work on gates?", "Osk", "Yes"),),
        ),
        (
            "Varga & Sons, which employed 310 people, made the gates; its rival Belmont Works had "
            "offered a lower price.",
            (
                ("How many people did Belmont Works employ?", "310", "No"),
                ("Which firm would have been cheaper?", "Belmont Works", "Yes"),
            ),
        ),
        (
            "In 1961 the gates were electrified, and in 1987 the town sold them to the harbour "
            "company for one crown.",
            (
                ("When did the harbour company sell the gates?", "1987", "No"),
                ("What was the price of the gates?", "one crown", "Yes"),
            ),
        ),
        (
            '"The water decides, we only ask it politely," she said in an interview with the '
            "Evening Post.",
            (
                ("Which paper did she talk to?", "the Evening Post", "Yes"),
                (
                    "What did the Evening Post reporter say?",
                    '"The water decides, we only ask it politely"',
                    "No",
                ),
            ),
        ),
        (
            "The orchestra plays in the old mill, while the theatre moved to Castle Street in "
            "2003.",
            (
                ("Where does the orchestra play?", "Castle Street", "No"),
                ("Since when has the theatre been in Castle Street?", "2003", "Yes"),
            ),
        ),
        (
            "Unlike copper, the alloy does not rust, and it melts at 640 degrees.",
            (
                ("What is the melting point of copper?", "640 degrees", "No"),
                ("Which metal rusts?", "copper", "Yes"),
            ),
        ),
        (
            "About 40 percent of the pupils come by bus; the rest walk or cycle.",
            (("What share of the teachers come by bus?", "40 percent", "No"),),
        ),
        (
            "The law was drafted by Senator Brandt and signed by President Oyelaran in May.",
            (
                ("Who vetoed the law?", "President Oyelaran", "No"),
                ("Who put his signature under the law?", "President Oyelaran", "Yes"),
                ("Was the law signed in May?", "Yes", "Yes"),
            ),
        ),
    )
    for question, answer, verdict in cases
)


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
    names : float
        Share of the question's names and numbers that the cited passages, their
        neighbours, heading and title hold; 1 where it has none.
    """

    check: float | None
    confidence: float | None
    similarity: float
    names: float


@dataclass(frozen=True, slots=True)
class CheckedClaim:
    """A claim with its verdict and the passages that it stands on."""

    text: str
    passages: tuple[Passage, ...]
    support: float
    verdict: Verdict
    reason: str
    signals: Signals | None


# Fitted by logistic regression with weights held at 0 or above, on 221 drafts for questions
# over public encyclopaedia articles (SQuAD 2.0's own and paraphrases, lists and yes-no
# questions written for the purpose), of which 114 were right: AUC .853 in ten-fold
# cross-validation. Tried and left out, because they added nothing: the probability of a
# refusal, the mean token probability, the share of the question's words in the passages.
INTERCEPT = -7.13
WEIGHTS = {"check": 6.06, "confidence": 3.32, "similarity": 0.49, "names": 1.00}
# What a signal that can't be known counts as: its mean over those drafts.
UNKNOWN = {"check": 0.75, "confidence": 0.50}
# A yes-no question is decided by the margin between the two answers. There were too few
# such questions to fit these: they were set so that a margin of .1 is just enough, or of .3
# where the draft was a refusal.
YES_NO_INTERCEPT = -1.5
YES_NO_MARGIN_WEIGHT = 9.0
YES_NO_REFUSAL_WEIGHT = 1.8
YES_NO_PASSAGES = 3
AUXILIARIES = frozenset(
    """
    is are was were am do does did has have had can could will would shall should may might must
    isn't aren't wasn't weren't don't doesn't didn't hasn't haven't hadn't can't couldn't won't
    wouldn't shouldn't
    """.split()
)
QUESTION_WORDS = frozenset("who whom whose which what when where why how".split())
# How many sentences around a cited one may name what it speaks of.
NEIGHBOURS = 2
# "Japan" is held by "Japanese": names are compared by so many letters.
NAME_LETTERS = 4


def support(signals: Signals) -> float:
    """Support of a claim by its signals, 0 to 1: a monotone logistic model.

    Parameters
    ----------
    signals : Signals

    Returns
    -------
    float
        Rises with every signal.
    """
    total = INTERCEPT
    for name, weight in WEIGHTS.items():
        value: float | None = getattr(signals, name)
        total += weight * (UNKNOWN[name] if value is None else value)
    return _logistic(total)


def _logistic(total: float) -> float:
    return 1.0 / (1.0 + math.exp(-total))


def check_prompt(question: str, claim: str, passages: Sequence[Passage]) -> list[Message]:
    """Messages that ask for a sceptical reading of the cited passages."""
    text = " ".join(" ".join(passage.sentence.text.split()) for passage in passages)
    return [*constant_check_prompt(), Message("user", _check_question(text, question, claim))]


def constant_check_prompt() -> list[Message]:
    """The part of `check_prompt` that is the same for every claim."""
    messages = [Message("system", CHECK_INSTRUCTIONS)]
    for passage, asked, answer, verdict in CHECK_EXAMPLES:
        messages += [
            Message("user", _check_question(passage, asked, answer)),
            Message("assistant", verdict),
        ]
    return messages


def check_claims(
    draft: Draft,
    evidence: Evidence,
    *,
    model: ChatModel,
    similarity: Callable[[str, str], float],
    threshold: float,
    deadline: Deadline,
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
    threshold : float
        Least support of a claim that is shown as fact, 0 to 1.
    deadline : Deadline

    Returns
    -------
    tuple of CheckedClaim
        In the draft's order.

    Raises
    ------
    ModelUnavailableError
    """
    if is_yes_no(evidence.question) and evidence.ranked:
        decided = _decide_yes_no(draft, evidence, model, threshold, deadline)
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
            threshold=threshold,
            deadline=deadline,
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
    if keys[0] in {"may", "will"} and len(asked) > 1:
        return not (asked[1].is_number or asked[1].is_capitalised)
    # "Can you tell me when …": asks for the time, not whether.
    return not (keys[1:2] == ["you"] and QUESTION_WORDS & set(keys[2:]))


def _decide_yes_no(
    draft: Draft, evidence: Evidence, model: ChatModel, threshold: float, deadline: Deadline
) -> CheckedClaim:
    """Choose between yes and no by what the second reading thinks of each.

    A small model's draft says yes to nearly everything. Asked about either answer, it
    tells them apart: 13 of 15 development questions went right, against 8 by the draft.
    """
    read = tuple(sorted(evidence.best()[:YES_NO_PASSAGES], key=lambda passage: passage.number))
    chances: dict[str, float] = {}
    for answer in ("Yes", "No"):
        reading = complete(
            model,
            check_prompt(evidence.question, answer, read),
            max_tokens=1,
            deadline=deadline,
        )
        chances[answer] = _yes_probability(reading) or 0.0
    answer = max(chances, key=lambda key: chances[key])
    margin = abs(chances["Yes"] - chances["No"])
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
    total = YES_NO_INTERCEPT + YES_NO_MARGIN_WEIGHT * margin
    if not draft.claims:
        total -= YES_NO_REFUSAL_WEIGHT
    supported = _logistic(total)
    verdict: Verdict = "supported" if supported >= threshold else "unsupported"
    other = chances["No" if answer == "Yes" else "Yes"]
    compared = (
        f"a second reading gives {answer.lower()} {chances[answer]:.2f}, the opposite {other:.2f}"
    )
    return CheckedClaim(
        text=f"{answer}. {body}" if reasoned else f"{answer}.",
        passages=found.passages if found is not None and reasoned else read,
        support=supported,
        verdict=verdict,
        reason=f"Of the quoted passages, {compared}"
        + ("." if verdict == "supported" else ", too close to be sure."),
        signals=None,
    )


def _check_claim(
    claim: str,
    draft: Draft,
    evidence: Evidence,
    *,
    model: ChatModel,
    similarity: Callable[[str, str], float],
    threshold: float,
    deadline: Deadline,
) -> CheckedClaim:
    found = align(YES_NO.sub("", claim) or claim, evidence.question, evidence.passages)
    fault = _fault(found)
    if fault:
        return CheckedClaim(claim, found.passages, 0.0, "unsupported", fault, None)
    question = evidence.question
    reading = complete(
        model, check_prompt(question, claim, found.passages), max_tokens=1, deadline=deadline
    )
    cited = " ".join(passage.sentence.text for passage in found.passages)
    signals = Signals(
        check=_yes_probability(reading),
        confidence=draft.completion.least_probability(),
        similarity=max(0.0, similarity(f"{question} {claim}", cited)),
        names=_names_held(question, found.passages, evidence),
    )
    supported = support(signals)
    verdict: Verdict = "supported" if supported >= threshold else "unsupported"
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


def _yes_probability(reading: Completion) -> float | None:
    """Probability of yes against no; from the word alone where there is no probability."""
    yes, no = reading.first_token_probability("Yes"), reading.first_token_probability("No")
    if yes is None or no is None or yes + no == 0:
        word = reading.text.strip().casefold()
        return 1.0 if word.startswith("yes") else 0.0 if word.startswith("no") else None
    return yes / (yes + no)


def _names_held(question: str, cited: Sequence[Passage], evidence: Evidence) -> float:
    asked = {word.key for word in names_and_numbers(question)}
    if not asked:
        return 1.0
    around = {
        (passage.sentence.document, passage.sentence.number + step)
        for passage in cited
        for step in range(-NEIGHBOURS, NEIGHBOURS + 1)
    }
    texts = [
        text
        for passage in evidence.passages
        if (passage.sentence.document, passage.sentence.number) in around
        for text in (passage.sentence.text, passage.sentence.heading, passage.title)
    ]
    held = {word.key for text in texts for word in words(text)}
    stems = {key[:NAME_LETTERS] for key in held if len(key) >= NAME_LETTERS}
    return sum(
        key in held
        or (len(key) > NAME_LETTERS and not key[0].isdigit() and key[:NAME_LETTERS] in stems)
        for key in asked
    ) / len(asked)


def _reason(signals: Signals, verdict: Verdict) -> str:
    found = "Its words, names and numbers stand in the quoted passages"
    read = "" if signals.check is None else f"; a second reading agrees {signals.check:.2f}"
    if verdict == "supported":
        return f"{found}{read}."
    return f"{found}{read}, too little to be sure that they answer this question."


def _check_question(passage: str, question: str, answer: str) -> str:
    return f"Passage: {passage}\nQuestion: {question}\nAnswer: {answer}"
