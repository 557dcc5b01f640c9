"""From judged claims to a support model and a threshold whose promise can be kept.

The model is logistic with weights that are never negative, so that support can't fall when
a signal rises. It is fitted on one half of the claims. The threshold is chosen on the other
half, with that very model, by testing ever lower ones, the way of learn then test: a promise
needs a score that doesn't depend on what it is tested with. No document's questions are in
both halves where there are documents enough.

The promise assumes that later claims are drawn like those of the second half, each
independently of the others. Questions about one document aren't quite, so that it promises
a little too much where few documents gave many claims; and of other documents, another
model or other questions it says nothing. It is about answers that rest on a single weighed
claim of the first reading: see `Counts`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import binom

from qa.checking.claims import Signals
from qa.settings import SupportModel, YesNoModel
from qa.verification import UNKNOWN

from .cases import CasesError
from .records import Record, groups_of

__all__ = [
    "Counts",
    "Example",
    "area_under_curve",
    "examples_of",
    "fit_support",
    "halves",
    "risk_controlling_threshold",
    "settings_of",
]

SIGNALS = tuple(field.name for field in fields(Signals))
# On standardised signals; it only keeps weights finite where a signal decides alone.
RIDGE = 1.0
# Of the answers that could be given: where the search for a threshold begins.
LEAST_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Example:
    """A drafted claim, whether it was shown or not.

    Parameters
    ----------
    signals : Signals
    right : bool
        Whether it answers its question, which the documents answer.
    group : str
        What isn't independent has the same: the document that is asked about, or the question.
    """

    signals: Signals
    right: bool
    group: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How many records of a run teach, and why the others don't: a promise doesn't cover them.

    Parameters
    ----------
    weighed : int
        Answers that rest on a single claim which was weighed by its signals.
    several : int
        Answers of several claims, each weighed by itself.
    otherwise : int
        Answers decided otherwise: yes or no, computed, copied from a heading or the like.
    silent : int
        Nothing was drafted, or asking failed.
    """

    weighed: int
    several: int
    otherwise: int
    silent: int

    @property
    def total(self) -> int:
        """All records."""
        return self.weighed + self.several + self.otherwise + self.silent


def fit_support(examples: Sequence[Example]) -> SupportModel:
    """Fit the support model by penalised logistic regression with non-negative weights.

    Parameters
    ----------
    examples : sequence of Example
        Right and wrong ones.

    Raises
    ------
    ValueError
        Where all are right or all are wrong.
    """
    right = np.array([example.right for example in examples], dtype=bool)
    if right.all() or not right.any():
        raise ValueError(f"{len(examples)} claims, all alike: there is nothing to tell apart.")
    values = _matrix(examples)
    mean, scale = values.mean(axis=0), values.std(axis=0)
    scale[scale == 0] = 1.0
    weights = _fit((values - mean) / scale, right)
    slopes = weights[:-1] / scale
    intercept = float(weights[-1] - slopes @ mean)
    return SupportModel(
        intercept=round(intercept, 2),
        **{name: round(float(slope), 2) for name, slope in zip(SIGNALS, slopes, strict=True)},
    )


def halves(
    examples: Sequence[Example], seed: int = 0
) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
    """Two halves with as many right and wrong ones in each as can be, no group in both.

    Parameters
    ----------
    examples : sequence of Example
    seed : int

    Returns
    -------
    tuple of (tuple of Example, tuple of Example)
        To fit on, and to choose a threshold on.

    Raises
    ------
    CasesError
        A half has no right one or no wrong one.
    """
    members: dict[str, list[Example]] = {}
    for example in examples:
        members.setdefault(example.group, []).append(example)
    groups = list(members.values())
    order = np.random.default_rng(seed).permutation(len(groups))
    found: tuple[list[Example], list[Example]] = ([], [])
    # How many more right and wrong ones the first half has.
    ahead = np.zeros(2, dtype=np.int64)
    for group in sorted((groups[place] for place in order), key=len, reverse=True):
        right = sum(example.right for example in group)
        counts = np.array([right, len(group) - right])
        with_it, without = ahead + counts, ahead - counts
        # Where right and wrong ones are shared out as well either way, the halves are to be alike.
        costs = [(int((each**2).sum()), abs(int(each.sum()))) for each in (with_it, without)]
        second = costs[0] > costs[1]
        found[second].extend(group)
        ahead = without if second else with_it
    for half in found:
        if len({example.right for example in half}) < 2:
            raise CasesError(
                f"of {len(examples)} claims {sum(e.right for e in examples)} are right: half of "
                "them have nothing to tell apart. Ask more questions, with and without an answer, "
                "about more documents, or give --keep."
            )
    return tuple(found[0]), tuple(found[1])


def area_under_curve(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Chance that a right claim scores above a wrong one, ties counting half (AUC)."""
    above = scores[right][:, None] - scores[~right][None]
    return float(np.mean((above > 0) + 0.5 * (above == 0)))


def risk_controlling_threshold(
    supports: Sequence[float], right: Sequence[bool], risk: float, confidence: float = 0.9
) -> float | None:
    """The lowest threshold at which given answers are wrong no more often than `risk`.

    Thresholds are tested from the highest down, each by an exact binomial test of the
    hypothesis that the risk is larger, until one can't be rejected (fixed-sequence
    testing). The first is the highest that gives a quarter of the answers: a single wrong one
    among the first few would end it otherwise, and fewer answers are hardly worth a promise.
    Where it begins rests on how many are given and not on which are right, as the test needs.
    The scores must not have been fitted to these answers.

    Parameters
    ----------
    supports : sequence of float
        Of the answers that would be given at threshold 0.
    right : sequence of bool
    risk : float
        Largest tolerated share of wrong answers among those given, 0 to 1.
    confidence : float
        Probability over calibration sets with which the promise holds, 0 to 1.

    Returns
    -------
    float or None
        In thousandths; None where too few answers are right to promise it at any threshold.

    References
    ----------
    Angelopoulos, Bates, Candès, Jordan, Lei: "Learn then Test: Calibrating Predictive
    Algorithms to Achieve Risk Control", 2021. The guarantee assumes that later questions
    are drawn like the calibration questions, independently of them.
    """
    found: float | None = None
    scores, good = np.asarray(supports), np.asarray(right, dtype=bool)
    # With no error at all, so many answers are needed to reject a larger risk.
    least = math.ceil(math.log(1 - confidence) / math.log(1 - risk))
    least = max(least, math.ceil(len(scores) * LEAST_SHARE))
    # As it will be written down: what lies between two such thresholds is tested with the lower.
    written = np.floor(scores * 1000 + 1e-9) / 1000
    for threshold in sorted(set(written.tolist()), reverse=True):
        given = scores >= threshold
        count, wrong = int(given.sum()), int((given & ~good).sum())
        if count < least:
            continue
        if binom.cdf(wrong, count, risk) > 1 - confidence:
            break
        found = float(threshold)
    return found


def examples_of(records: Sequence[Record]) -> tuple[list[Example], Counts]:
    """What a run teaches: its answers of a single claim that was weighed by its signals."""
    grouped = groups_of(records)
    examples, several, otherwise, silent = [], 0, 0, 0
    for place, record in enumerate(records):
        claims: list[Mapping[str, Any]] = (record.answer or {}).get("claims", [])
        if record.candidate is None or not claims:
            silent += 1
        elif len(claims) > 1:
            several += 1
        elif "check" not in (claims[0].get("signals") or ()):
            otherwise += 1
        else:
            values = claims[0]["signals"]
            signals = Signals(**{name: values[name] for name in SIGNALS})
            # By its words: of several runs a question may have come more than once.
            group = grouped[place] if grouped else record.question
            examples.append(Example(signals, record.candidate == "correct", group))
    return examples, Counts(len(examples), several, otherwise, silent)


def settings_of(
    model: SupportModel, threshold: float | None, yes_no: YesNoModel | None = None
) -> str:
    """Write a support model, and a threshold and weights of yes or no if there are, as TOML.

    It is a part of ``qa.toml``.
    """
    sections = [] if threshold is None else [["[verification]", f"threshold = {threshold:.3f}"]]
    sections.append(["[verification.model]", *(f"{name} = {value}" for name, value in model)])
    if yes_no is not None:
        sections.append(["[verification.yes_no]", *(f"{name} = {v}" for name, v in yes_no)])
    return "\n\n".join("\n".join(lines) for lines in sections)


def _matrix(examples: Sequence[Example]) -> NDArray[np.float64]:
    return np.array(
        [
            [
                UNKNOWN[name] if (value := getattr(example.signals, name)) is None else value
                for name in SIGNALS
            ]
            for example in examples
        ],
        dtype=np.float64,
    )


def _fit(values: NDArray[np.float64], right: NDArray[np.bool_]) -> NDArray[np.float64]:
    sign = 2.0 * right - 1.0

    def loss(weights: NDArray[np.float64]) -> float:
        total = values @ weights[:-1] + weights[-1]
        return float(np.logaddexp(0, -sign * total).sum() + 0.5 * RIDGE * (weights[:-1] ** 2).sum())

    count = values.shape[1]
    bounds = [(0.0, None)] * count + [(None, None)]
    found = minimize(loss, np.zeros(count + 1), bounds=bounds, method="L-BFGS-B")
    return np.asarray(found.x, dtype=np.float64)
