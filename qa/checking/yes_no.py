"""Questions for yes or no: which answer the passages give.

A small model says yes to nearly everything. So the closest passages are read again for yes, no or
neither. How probable each was decides; the draft's first word makes it more or less sure, and its
reason is kept only where it is on the same side and stands near by.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from qa.checking.claims import CheckedClaim, YesNoSignals
from qa.checking.decider import first_word, read_for_yes_no
from qa.checking.objections import is_no_denial, objection
from qa.generation import YES_NO, Draft, with_verdict
from qa.language.alignment import align, content_words
from qa.language.mentions import (
    is_unsaid,
    label_of,
    leads,
    names_of,
    speaks_of,
    stems,
    with_leads,
)
from qa.language.questions import asked_of
from qa.llms import ChatModel, Completion, Deadline
from qa.settings import VerificationSettings, YesNoModel
from qa.types import Evidence, Passage, Verdict

__all__ = ["decide", "log_ratios", "weigh"]

# What a probability counts at least; "Unclear" is never probable, so that less of it tells more.
LEAST_CHANCE = 0.01
LEAST_DOUBT = 0.001
PASSAGES = 3
# Of those, the ones are quoted that have at least this share of the question's words that the best
# one has, weighted by rarity, and are nearly as close, if a reading of them alone agrees.
TELLING_SHARE = 0.6
TELLING_MARGIN = 0.2


def decide(
    draft: Draft,
    evidence: Evidence,
    model: ChatModel,
    settings: VerificationSettings,
    deadline: Deadline,
) -> CheckedClaim:
    """Choose between yes and no by a second reading and the draft.

    Parameters
    ----------
    draft : Draft
        Its first word makes the answer more or less sure, and its first claim may give the reason.
    evidence : Evidence
        What the draft was written from; at least one passage.
    model : ChatModel
        Reads the closest passages again.
    settings : VerificationSettings
        Its threshold is the support that a decision needs.
    deadline : Deadline

    Returns
    -------
    CheckedClaim
        "Yes." or "No.", with the draft's reason where it holds.

    Raises
    ------
    ModelUnavailableError
    """
    # Numbers and negations of what is told before the question aren't asked for.
    asked = asked_of(evidence.question)
    closest = _of_named(evidence)
    read = with_leads(closest, evidence.passages)
    threshold = settings.threshold
    signals = _signals(model, evidence.question, read, draft.completion, deadline)
    answer, supported = weigh(signals, settings.yes_no)
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
        alone, sure = weigh(
            _signals(model, evidence.question, telling, draft.completion, deadline),
            settings.yes_no,
        )
        if sure >= threshold and alone != answer:
            verdict, doubt = "unsupported", ", but the closest alone say otherwise."
        elif sure >= threshold and (answer == "Yes" or not is_no_denial(asked, telling)):
            cited = telling
    told = [body] if reasoned else [passage.sentence.text for passage in cited]
    if against := objection(answer, replace(evidence, question=asked), cited, told):
        verdict, doubt = "unsupported", f", but {against}."
    return CheckedClaim(
        text=with_verdict(answer, body) if reasoned else f"{answer}.",
        passages=cited,
        support=supported,
        verdict=verdict,
        reason=f"A second reading of the quoted passages speaks for {answer.lower()}"
        + ("." if verdict == "supported" else doubt),
        signals=signals,
    )


def _signals(
    model: ChatModel,
    question: str,
    passages: Sequence[Passage],
    draft: Completion,
    deadline: Deadline,
) -> YesNoSignals:
    reading = read_for_yes_no(model, question, passages, deadline)
    drafted = first_word(draft, "Yes"), first_word(draft, "No")
    return YesNoSignals(reading.yes, reading.no, reading.unclear, *drafted)


def weigh(signals: YesNoSignals, model: YesNoModel) -> tuple[Literal["Yes", "No"], float]:
    """Yes or no, whichever the passages speak for, and how surely, 0 to 1.

    A yes-no question has three outcomes: yes, no, and left open by the passages, whose score is 0.
    The scores of yes and no fall alike with the odds of "Unclear" in the reading, and go apart with
    the ratio of yes to no in it and as the draft's first word. A small model says yes to nearly
    everything, so yes starts lower.

    The reading alone chooses the side; the draft makes that more or less sure and never turns it:
    it was written from more passages, and one of them may tell the model what to say. Where the
    reading has more for yes and yet too little to speak for it, a no needs the draft beside it.
    """
    clear, read, drafted = log_ratios(signals)
    leaning = model.read * read + model.drafted * drafted
    yes, no = (
        start + model.clear * clear + towards
        for start, towards in ((model.yes, leaning), (model.no, -leaning))
    )
    says_yes = read >= model.yes_from
    # A reading that says neither, or both alike, has decided nothing.
    decided = signals.yes != signals.no and (says_yes or read < 0.0 or drafted < 0.0)
    support = _share(yes if says_yes else no, (0.0, yes, no)) if decided else 0.0
    return "Yes" if says_yes else "No", support


def _share(score: float, scores: Sequence[float]) -> float:
    """Of all that are scored (softmax), however large the scores."""
    highest = max(scores)
    return math.exp(score - highest) / sum(math.exp(each - highest) for each in scores)


def log_ratios(signals: YesNoSignals) -> tuple[float, float, float]:
    """What the scores rise with.

    Returns
    -------
    tuple of (float, float, float)
        Logarithms of the odds that the passages leave nothing open, and of the ratio of yes to no
        in the reading and in the draft; about -7 to 7, and -5 to 5 for the ratios.
    """
    return (
        _log_ratio(1.0 - signals.unclear, signals.unclear, LEAST_DOUBT),
        _log_ratio(signals.yes, signals.no, LEAST_CHANCE),
        _log_ratio(signals.drafted_yes, signals.drafted_no, LEAST_CHANCE),
    )


def _log_ratio(one: float, other: float, least: float) -> float:
    return math.log((one + least) / (other + least))


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
