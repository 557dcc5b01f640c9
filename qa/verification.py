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
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace

from qa.checking.checker import read_again, under_headings
from qa.checking.claims import CheckedClaim, Signals
from qa.checking.yes_no import decide
from qa.generation import YES_NO, Draft
from qa.language.alignment import Word, align, content_words, stands_verbatim, words
from qa.language.mentions import (
    is_item,
    is_unsaid,
    label_of,
    names_of,
    speaks_of,
    stems,
    with_leads,
)
from qa.language.polarity import denies, turns_around
from qa.language.questions import is_yes_no
from qa.llms import ChatModel, Deadline
from qa.settings import SupportModel, VerificationSettings
from qa.types import Evidence, Passage, Verdict

__all__ = ["check_claims", "support"]


# What a signal that can't be known counts as: its mean over the claims that the support
# model was fitted to.
UNKNOWN = {"check": 0.75, "confidence": 0.50}
# Marks of fields, cells and sentences, which state something even if all words are names.
_TELLING_MARKS = (":", "|", "=", "(", "–", " - ", ".", "!", ";")
# A section may share one word of a question by chance.
MIN_SHARED_WORDS = 1
_HOW_MUCH = re.compile(
    r"(?i)\bhow (?:much|many)\b(.*?)(?:\b(?:is|are|was|were|do|does|did|has|have|had|can|could"
    r"|will|would|shall|should|must|may|might)\b|[?.,;:]|\Z)"
)
# "Or" of English, German, French, and Italian and Spanish.
ALTERNATIVES = frozenset("or oder ou o".split())
# "Between Ada and Rehn", "which of Ada, Tom and Lee", "which of the two teams, Lund and Osk".
_CHOICE = re.compile(r"(?i)\b(?:between|among|(?:which|who) of)\b.*\band\b")


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
    # From 710 on it would overflow.
    return 1.0 / (1.0 + math.exp(min(-total, 700.0)))


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
        decided: tuple[CheckedClaim, ...] = (decide(draft, evidence, model, settings, deadline),)
        claims = draft.claims[1:]
    else:
        decided, claims = (), draft.claims
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
    return (*decided, *checked)


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
        found.fault
        or _repeats(claim, evidence.question)
        or _says_nothing(found.passages, evidence.question)
        or _measures_another(claim, evidence, found.passages)
        or _names_another(claim, evidence, found.passages)
    )
    if fault:
        return CheckedClaim(claim, found.passages, 0.0, "unsupported", fault, None)
    question = evidence.question
    # Items below "We do not cover:" say the opposite of what they seem to.
    led = with_leads(found.passages, evidence.passages)
    if denies([p.sentence.text for p in led if p not in found.passages]):
        found = replace(found, passages=led)
    texts = [passage.sentence.text for passage in found.passages]
    groups = names_of(question)
    # A number is searched for together with what it belongs to: "3" alone is too common, "Model 3"
    # isn't.
    numbered = [group for group in groups if any(word.is_number for word in group)]
    named = [part for group in groups if (part := [w for w in group if not w.is_number])]
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


def _repeats(claim: str, question: str) -> str:
    """Why a claim says nothing: all of its words are the question's."""
    asked = words(question)
    # "Was it the mill or the church?", "Between Ada and Rehn, who won?": answered with own words.
    chosen = any(word.key in ALTERNATIVES for word in asked) or _CHOICE.search(question)
    if chosen or YES_NO.match(claim):
        return ""
    known = {word.key for word in asked}
    # "Once" and "both" are answers of grammar alone.
    if all(word.key in known for word in content_words(claim) or words(claim)):
        return "It only repeats words of the question."
    return ""


def _says_nothing(cited: Sequence[Passage], question: str) -> str:
    """Why passages state nothing: bare names without a heading, such as a letter's addressee."""
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
    return "The quoted passages are bare names and state nothing."


def _measures_another(claim: str, evidence: Evidence, cited: Sequence[Passage]) -> str:
    """Why a list item is the amount of something else: "22 g salt" when sugar was asked for."""
    asked = _HOW_MUCH.search(evidence.question)
    if not asked or not content_words(asked[1]) or not any(w.is_number for w in words(claim)):
        return ""
    # The item, the line above it, or the heading says what the amount is of.
    said = frozenset[str]().union(
        *(
            stems(f"{label_of(passage.sentence)} {passage.sentence.text}")
            for passage in with_leads(cited, evidence.passages)
        )
    )
    of_it = any(speaks_of(word.key, said) for word in content_words(evidence.question))
    if of_it or not all(is_item(passage.sentence.text) for passage in cited):
        return ""
    return "The quoted items are about something else than what is asked."


def _names_another(claim: str, evidence: Evidence, cited: Sequence[Passage]) -> str:
    """Why a heading isn't the answer: the section below another one fits the question better."""
    named = {word.key for word in content_words(claim)}
    asked = {word.key for word in content_words(evidence.question)}
    for heading in cited:
        if not heading.sentence.is_heading:
            continue
        keys = [word.key for word in words(heading.sentence.text)]
        own, others = set[str](), list[set[str]]()
        for passage in evidence.passages:
            sentence = passage.sentence
            if sentence.document != heading.sentence.document or sentence.is_heading:
                continue
            told = {key for key in asked if speaks_of(key, stems(sentence.text))}
            if passage in cited or [word.key for word in words(sentence.heading)] == keys:
                own = max(own, told, key=len)
            # A passage that names the answer itself supports it, wherever it stands.
            elif not named <= {word.key for word in words(sentence.text)}:
                others.append(told)
        if any(len(told) > MIN_SHARED_WORDS and told > own for told in others):
            return "The text below another heading fits the question better."
    return ""


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
        return f"{found}, but the question asks for the opposite of what they say."
    if min(signals.names, signals.numbers) < 1.0:
        return f"{found}{read}, but they don’t speak of all that the question names."
    return f"{found}{read}, too little to be sure that they answer this question."
