"""Figures about answers: pure functions of a case, an answer and the documents' text.

Verdicts come from `eval.grading`. Citation figures say nothing about correctness (a
copied passage cites perfectly): a report shows them beside it, never alone.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Mapping, Sequence

from qa.types import Answer, Citation

from .cases import Alternatives, Case

__all__ = [
    "MAX_CITATION_CHARACTERS",
    "Span",
    "citation_precision",
    "citation_recall",
    "contract_faults",
    "dangling_markers",
    "exact_match",
    "gold_contained",
    "gold_rank",
    "normalise",
    "quote_faults",
    "references",
    "squad_scores",
    "token_f1",
]

# A document's path with a half-open span of its canonical text.
Span = tuple[str, int, int]

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


def squad_scores(case: Case, text: str, *, refused: bool) -> tuple[float, float] | None:
    """Exact match and F1 as SQuAD 2.0 counts them; None where a case has no text to match.

    A refusal is the empty answer: it scores 1 where there is no answer, else 0 (Rajpurkar
    et al., 2018). Yes-no cases are graded by what is said, never by its words.
    """
    if case.must_refuse:
        return float(refused), float(refused)
    golds = references(case)
    if case.kind == "yes-no" or not golds:
        return None
    said = "" if refused else text
    return exact_match(said, golds), token_f1(said, golds)


def gold_contained(case: Case, text: str) -> float | None:
    """1.0 if each gold item occurs in a text after `normalise`; None where there is no gold.

    The lenient score of open-domain question answering, "accuracy" of Liu et al., 2023,
    "Lost in the Middle": whoever says everything scores well. Read it as an upper bound,
    beside the verdicts of `eval.grading`.
    """
    if not case.gold or case.kind == "yes-no":
        return None
    said = f" {normalise(text)} "
    return float(all(any(f" {normalise(g)} " in said for g in item) for item in case.gold))


def quote_faults(answer: Answer, documents: Mapping[str, str]) -> tuple[str, ...]:
    """Citations whose quote isn't their document's text between their offsets, in words.

    Our own measure, of the first of the contract's invariants; stricter than the attribution
    of ALCE (Gao et al., 2023), which asks whether a passage entails a claim and takes the
    passage as given.

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
    return tuple(faults)


def dangling_markers(answer: Answer) -> tuple[int, ...]:
    """Numbers of the ``[n]`` of a text that lead to no citation, in order.

    Our own measure, of the second of the contract's invariants: users of systems that ask
    the model to cite report such markers more often than any other fault of citations.
    """
    numbers = {citation.number for citation in answer.citations}
    return tuple(n for n in _markers(answer) if n not in numbers)


def contract_faults(answer: Answer) -> tuple[str, ...]:
    """What breaks our own contract of numbering, in words; no other system promised it.

    Every citation is used, numbers go from 1 in order of first appearance, a claim's
    citations are there, and an answer that isn't ``"not_found"`` cites something.
    """
    faults: list[str] = []
    numbers, markers = [citation.number for citation in answer.citations], _markers(answer)
    if len(set(numbers)) < len(numbers):
        faults.append(f"citation numbers repeat: {numbers}")
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


def _markers(answer: Answer) -> list[int]:
    return list(dict.fromkeys(int(n) for n in re.findall(r"\[(\d+)\]", answer.text)))


def gold_rank(case: Case, spans: Sequence[Span], documents: Mapping[str, str]) -> int | None:
    """Place from 1 of the first retrieved span that shows gold; None where none does.

    Hit@k is whether it is at most k, and the mean of its inverse (0 for None) the mean
    reciprocal rank (Voorhees, 1999, "The TREC-8 Question Answering Track Report").

    Parameters
    ----------
    case : Case
    spans : sequence of Span
        Best first.
    documents : mapping of str to str
        Canonical text by document path.
    """
    golds = [quote for item in case.sources for quote in item]
    for rank, span in enumerate(spans, start=1):
        if any(_shows(span, case, quote, documents, None) for quote in golds):
            return rank
    return None


def citation_precision(
    case: Case,
    answer: Answer,
    documents: Mapping[str, str],
    *,
    longest: int | None = MAX_CITATION_CHARACTERS,
) -> float | None:
    """Share of an answer's citations that show gold, 0 to 1.

    A citation shows a gold quote or passage if they share at least half of the shorter
    one, and the citation isn't longer than `longest`. ALCE (Gao et al., 2023, "Enabling
    Large Language Models to Generate Text with Citations") judges by entailment; overlap
    with gold spans needs no judge.

    Parameters
    ----------
    case : Case
    answer : Answer
    documents : mapping of str to str
        Canonical text by document path.
    longest : int or None
        In characters; None for any length, by which citing all is never wrong.

    Returns
    -------
    float or None
        None where there is nothing to share: no citation, or no gold.
    """
    if not answer.citations or not case.sources:
        return None
    golds = [quote for item in case.sources for quote in item]
    right = [
        any(_shows(_span(c), case, quote, documents, longest) for quote in golds)
        for c in answer.citations
    ]
    return sum(right) / len(right)


def citation_recall(
    case: Case,
    answer: Answer,
    documents: Mapping[str, str],
    *,
    longest: int | None = MAX_CITATION_CHARACTERS,
) -> float | None:
    """Share of the needed gold quotes that a citation shows, 0 to 1.

    Any alternative of a needed quote will do. See `citation_precision`.

    Returns
    -------
    float or None
        None where nothing was answered, or there is no gold.
    """
    if answer.status == "not_found" or not case.sources:
        return None
    shown = [
        any(
            _shows(_span(c), case, quote, documents, longest)
            for quote in item
            for c in answer.citations
        )
        for item in case.sources
    ]
    return sum(shown) / len(shown)


def _span(citation: Citation) -> Span:
    return citation.document, citation.start, citation.end


def _shows(
    span: Span, case: Case, quote: str, documents: Mapping[str, str], longest: int | None
) -> bool:
    document, start, end = span
    length = end - start
    if document != case.document or length <= 0 or (longest is not None and length > longest):
        return False
    return any(
        2 * (min(end, match.start() + len(quote)) - max(start, match.start()))
        >= min(length, len(quote))
        for match in re.finditer(re.escape(quote), documents[document])
    )
