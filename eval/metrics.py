"""Figures about answers: pure functions of a case, an answer and the documents' text.

Verdicts come from `eval.grading`. Citation figures say nothing about correctness (a
copied passage cites perfectly): a report shows them beside it, never alone.
"""

from __future__ import annotations

import math
import re
import string
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .cases import Alternatives, Case
from qa.types import Answer, Citation

__all__ = [
    "MAX_CITATION_CHARACTERS",
    "Interval",
    "bootstrap_interval",
    "citation_faults",
    "citation_precision",
    "citation_recall",
    "exact_match",
    "normalise",
    "percentile",
    "references",
    "token_f1",
]

# A longer quote is a passage: a reader can't check a claim by it at a glance, and a
# whole document would overlap every gold quote.
MAX_CITATION_CHARACTERS = 800


def normalise(text: str) -> str:
    """SQuAD's normalisation: lower case, no punctuation, no articles, single spaces.

    Source: Rajpurkar et al., 2016, "SQuAD: 100,000+ Questions for Machine Comprehension
    of Text", and its official evaluation script.
    """
    bare = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(re.sub(r"\b(?:a|an|the)\b", " ", bare).split())


def references(case: Case) -> Alternatives:
    """Texts that an answer may equal: the alternatives, or a whole list in its order."""
    if len(case.gold) == 1:
        return case.gold[0]
    return (", ".join(item[0] for item in case.gold),) if case.gold else ()


def exact_match(text: str, golds: Sequence[str]) -> float:
    """1.0 if a text equals a gold after `normalise`, else 0.0 (Rajpurkar et al., 2016)."""
    return float(any(normalise(text) == normalise(gold) for gold in golds))


def token_f1(text: str, golds: Sequence[str]) -> float:
    """Best F1 of the words shared with a gold, 0 to 1 (Rajpurkar et al., 2016).

    As in SQuAD 2.0's script, an empty text or gold scores 1 only against the empty.
    """
    said = Counter(normalise(text).split())
    best = 0.0
    for gold in golds:
        wanted = Counter(normalise(gold).split())
        if not said or not wanted:
            best = max(best, float(said == wanted))
            continue
        shared = (said & wanted).total()
        if shared:
            precision, recall = shared / said.total(), shared / wanted.total()
            best = max(best, 2 * precision * recall / (precision + recall))
    return best


def citation_faults(answer: Answer, documents: Mapping[str, str]) -> tuple[str, ...]:
    """List what is inexact in an answer's citations, in words; empty where all is exact.

    Exact means: every quote is its document's text between its offsets, every marker of
    the text leads to a citation, every citation is used, numbers go from 1 in order of
    first appearance, and an answer that isn't ``"not_found"`` cites something.

    Parameters
    ----------
    answer : Answer
    documents : mapping of str to str
        Canonical text by document path.
    """
    faults: list[str] = []
    for citation in answer.citations:
        text = documents.get(citation.document)
        place = f"citation [{citation.number}]"
        if text is None:
            faults.append(f"{place} names {citation.document!r}, which isn't in the library")
        elif not 0 <= citation.start < citation.end <= len(text):
            faults.append(
                f"{place} has the span {citation.start}-{citation.end} in a document of "
                f"{len(text)} characters"
            )
        elif text[citation.start : citation.end] != citation.quote:
            faults.append(f"{place} quotes {citation.quote!r}, which isn't what its span holds")
    numbers = [citation.number for citation in answer.citations]
    markers = list(dict.fromkeys(int(n) for n in re.findall(r"\[(\d+)\]", answer.text)))
    if len(set(numbers)) < len(numbers):
        faults.append(f"citation numbers repeat: {numbers}")
    faults += [f"marker [{n}] leads nowhere" for n in markers if n not in numbers]
    faults += [f"citation [{n}] isn't used in the text" for n in numbers if n not in markers]
    if sorted(markers) == sorted(numbers) and markers != list(range(1, len(markers) + 1)):
        faults.append(f"markers first appear as {markers}, not from 1 in order")
    faults += [
        f"claim {claim.text!r} cites [{n}], which leads nowhere"
        for claim in answer.claims
        for n in claim.citations
        if n not in numbers
    ]
    if answer.status != "not_found" and not answer.citations:
        faults.append("it answers without a citation")
    return tuple(faults)


def citation_precision(case: Case, answer: Answer, documents: Mapping[str, str]) -> float | None:
    """Share of an answer's citations that show a gold quote, 0 to 1.

    A citation shows a quote if they share at least half of the shorter one, and the
    citation isn't longer than `MAX_CITATION_CHARACTERS`. ALCE (Gao et al., 2023,
    "Enabling Large Language Models to Generate Text with Citations") judges by
    entailment; overlap with gold spans needs no judge.

    Returns
    -------
    float or None
        None where there is nothing to share: no citation, or no gold quote.
    """
    if not answer.citations or not case.quotes:
        return None
    golds = [quote for item in case.quotes for quote in item]
    right = [any(_shows(c, case, quote, documents) for quote in golds) for c in answer.citations]
    return sum(right) / len(right)


def citation_recall(case: Case, answer: Answer, documents: Mapping[str, str]) -> float | None:
    """Share of the needed gold quotes that a citation shows, 0 to 1.

    Any alternative of a needed quote will do. See `citation_precision`.

    Returns
    -------
    float or None
        None where nothing was answered, or there is no gold quote.
    """
    if answer.status == "not_found" or not case.quotes:
        return None
    shown = [
        any(_shows(c, case, quote, documents) for quote in item for c in answer.citations)
        for item in case.quotes
    ]
    return sum(shown) / len(shown)


def _shows(citation: Citation, case: Case, quote: str, documents: Mapping[str, str]) -> bool:
    length = citation.end - citation.start
    if citation.document != case.document or not 0 < length <= MAX_CITATION_CHARACTERS:
        return False
    return any(
        2 * (min(citation.end, start + len(quote)) - max(citation.start, start))
        >= min(length, len(quote))
        for start in _occurrences(quote, documents[case.document])
    )


def _occurrences(quote: str, text: str) -> list[int]:
    return [match.start() for match in re.finditer(re.escape(quote), text)]


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its interval; all NaN where there are no values."""

    mean: float
    low: float
    high: float
    n: int


def bootstrap_interval(
    values: Sequence[float],
    *,
    bounds: tuple[float, float] = (0.0, 1.0),
    level: float = 0.95,
    resamples: int = 4000,
    seed: int = 0,
) -> Interval:
    """Mean of independent values with its percentile bootstrap interval.

    Source: Efron and Tibshirani, 1993, "An Introduction to the Bootstrap", chapter 13.
    Where all values sit at the same bound, resampling would show no uncertainty at all;
    the exact binomial limit (Clopper and Pearson, 1934) stands in.

    Parameters
    ----------
    values : sequence of float
        One for each case, within `bounds`.
    bounds : tuple of float
        Lowest and highest possible value.
    level : float
        Coverage, 0 to 1.
    resamples, seed : int
        The same seed gives the same interval.
    """
    n = len(values)
    if n == 0:
        return Interval(math.nan, math.nan, math.nan, 0)
    array = np.asarray(values, dtype=np.float64)
    mean, tail = float(array.mean()), (1.0 - level) / 2.0
    lowest, highest = bounds
    reach = (highest - lowest) * (1.0 - tail ** (1.0 / n))
    if bool((array == highest).all()):
        return Interval(mean, highest - reach, highest, n)
    if bool((array == lowest).all()):
        return Interval(mean, lowest, lowest + reach, n)
    rng = np.random.default_rng(seed)
    means = array[rng.integers(0, n, size=(resamples, n))].mean(axis=1)
    low, high = np.quantile(means, (tail, 1.0 - tail))
    return Interval(mean, float(low), float(high), n)


def percentile(values: Sequence[float], share: float) -> float:
    """Value below which a `share` (0 to 1) of the values lies; NaN where there are none."""
    return float(np.quantile(np.asarray(values, dtype=np.float64), share)) if values else math.nan
