"""From judged claims to a support model and a threshold whose promise can be kept.

The model is logistic with weights that are never negative, so that support can't fall when
a signal rises. The threshold is chosen by testing ever lower ones, the way of learn then
test, so that the share of wrong answers among those given stays below what was asked for
with high probability.
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

from qa.settings import SupportModel
from qa.verification import UNKNOWN, Signals, support

from .cases import CasesError
from .records import Record

__all__ = [
    "Example",
    "area_under_curve",
    "cross_validated_supports",
    "examples_of",
    "fit_support",
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
    """

    signals: Signals
    right: bool


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


def cross_validated_supports(
    examples: Sequence[Example], folds: int = 10, seed: int = 0
) -> NDArray[np.float64]:
    """Support of each example by a model that was fitted without it.

    Right and wrong ones are dealt out in turn, so that every model is fitted to some of both.

    Parameters
    ----------
    examples : sequence of Example
    folds : int
        At least 2.
    seed : int

    Returns
    -------
    ndarray, shape (n,), float64

    Raises
    ------
    CasesError
        Where fewer than two are right or fewer than two are wrong.
    """
    right = np.array([example.right for example in examples], dtype=bool)
    count = int(right.sum())
    if min(count, len(examples) - count) < 2:
        raise CasesError(
            f"of {len(examples)} claims {count} are right and {len(examples) - count} wrong: a "
            "model fitted without one of them needs at least two of each. Ask more questions, with "
            "and without an answer."
        )
    order = np.random.default_rng(seed).permutation(len(examples))
    order = np.concatenate([order[right[order]], order[~right[order]]])
    found = np.zeros(len(examples))
    for fold in range(min(folds, len(examples))):
        held_out = set(order[fold::folds].tolist())
        model = fit_support([e for place, e in enumerate(examples) if place not in held_out])
        for place in held_out:
            found[place] = support(examples[place].signals, model)
    return found


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
        None where too few answers are right to promise it at any threshold.

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
    for threshold in sorted(set(scores.tolist()), reverse=True):
        given = scores >= threshold
        count, wrong = int(given.sum()), int((given & ~good).sum())
        if count < least:
            continue
        if binom.cdf(wrong, count, risk) > 1 - confidence:
            break
        found = float(threshold)
    return found


def examples_of(records: Sequence[Record]) -> list[Example]:
    """What a run teaches: its answers of a single claim that was weighed by its signals."""
    examples = []
    for record in records:
        claims: list[Mapping[str, Any]] = (record.answer or {}).get("claims", [])
        if record.candidate is None or len(claims) != 1 or not claims[0].get("signals"):
            continue
        values = claims[0]["signals"]
        signals = Signals(**{name: values[name] for name in SIGNALS})
        examples.append(Example(signals, record.candidate == "correct"))
    return examples


def settings_of(model: SupportModel, threshold: float | None) -> str:
    """Write a support model, and a threshold if there is one, as a part of ``qa.toml``."""
    lines = [] if threshold is None else ["[verification]", f"threshold = {threshold:.3f}", ""]
    lines.append("[verification.model]")
    return "\n".join(lines + [f"{name} = {value}" for name, value in model])


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
