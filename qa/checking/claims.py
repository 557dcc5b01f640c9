"""A claim that was checked, and the signals that its support was computed from.

Several stages make such claims: the check of a draft, and whatever finds or computes an answer
without a draft.
"""

from __future__ import annotations

from dataclasses import dataclass

from qa.types import Passage, Verdict

__all__ = ["CheckedClaim", "Signals", "YesNoSignals"]


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
class YesNoSignals:
    """What speaks for yes, for no, and for neither, each 0 to 1.

    Parameters
    ----------
    yes, no, unclear : float
        Probability of each reply of the reading; all 0 if it would rather say something else.
    drafted_yes, drafted_no : float
        Probability of each as the draft's first word.
    """

    yes: float
    no: float
    unclear: float
    drafted_yes: float
    drafted_no: float


@dataclass(frozen=True, slots=True)
class CheckedClaim:
    """A claim with its verdict and the passages that it rests on.

    Parameters
    ----------
    text : str
        As it would be shown.
    passages : tuple of Passage
        Empty where nothing supports it.
    support : float
        0 to 1.
    verdict : {"supported", "unsupported"}
    reason : str
        Why it is shown, or isn't, as a sentence.
    signals : Signals, YesNoSignals or None
        What its support was computed from; None where it was computed otherwise.
    """

    text: str
    passages: tuple[Passage, ...]
    support: float
    verdict: Verdict
    reason: str
    signals: Signals | YesNoSignals | None
