"""What figures over many cases may claim: intervals, paired differences, risk and coverage.

Pure functions of numbers; they know nothing of cases and answers.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

__all__ = [
    "Interval",
    "RiskCoverage",
    "are_many",
    "bootstrap_interval",
    "mcnemar",
    "paired_bootstrap",
    "percentile",
    "risk_coverage",
    "sign_test",
]

RESAMPLES = 4000
LEVEL = 0.95
MIN_GROUPS = 10


def are_many(groups: Sequence[Hashable]) -> bool:
    """Whether groups are enough to be resampled, for which `MIN_GROUPS` of one size would do.

    Of unequal ones the effective number counts, so that one large group with a few small ones
    beside it isn't taken for many (Kish, 1965, "Survey Sampling", section 11.7).

    Parameters
    ----------
    groups : sequence
        One for each value.
    """
    sizes = Counter(groups).values()
    return sum(sizes) ** 2 >= MIN_GROUPS * sum(size**2 for size in sizes) > 0


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
    groups: Sequence[Hashable] | None = None,
) -> Interval:
    """Mean of values with its 95% percentile bootstrap interval.

    Source: Efron and Tibshirani, 1993, "An Introduction to the Bootstrap", chapter 13.
    Where all values are the same, resampling would show no uncertainty at all; the exact
    binomial limit (Clopper and Pearson, 1934) of the share of cases that could be otherwise
    stands in, as if each of those were at a bound.

    Parameters
    ----------
    values : sequence of float
        One for each case, within `bounds`.
    bounds : tuple of float
        Lowest and highest possible value.
    groups : sequence or None
        One for each value: only values of different groups are independent, and whole groups
        are resampled (Davison and Hinkley, 1997, "Bootstrap Methods and their Application",
        section 3.8). None where each value is independent; of groups that aren't many (`are_many`)
        single values are resampled all the same, since so few would show no spread.
        Equal values are all taken as independent: nothing shows how much a group shares.
    """
    n = len(values)
    if n == 0:
        return Interval(math.nan, math.nan, math.nan, 0)
    array = np.asarray(values, dtype=np.float64)
    if bool((array == array[0]).all()):
        value, (lowest, highest) = float(array[0]), bounds
        unseen = 1.0 - ((1.0 - LEVEL) / 2.0) ** (1.0 / n)
        low, high = value - unseen * (value - lowest), value + unseen * (highest - value)
        return Interval(value, low, high, n)
    return Interval(float(array.mean()), *_resampled(array, groups), n)


def paired_bootstrap(
    first: Sequence[float], second: Sequence[float], groups: Sequence[Hashable] | None = None
) -> Interval:
    """Mean of ``second - first`` over the same cases, with its 95% percentile interval.

    Cases are resampled with both their values, so what makes a case hard for either
    cancels out: far fewer cases show a difference than two separate intervals would.
    Sources: Koehn, 2004, "Statistical Significance Tests for Machine Translation
    Evaluation"; Berg-Kirkpatrick et al., 2012, "An Empirical Investigation of Statistical
    Significance in NLP".

    Parameters
    ----------
    first, second : sequence of float
        The values of one case stand at the same place.
    groups : sequence or None
        As for `bootstrap_interval`.

    Raises
    ------
    ValueError
        When they aren't of one length.
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} values can't be paired with {len(second)}")
    n = len(first)
    if n == 0:
        return Interval(math.nan, math.nan, math.nan, 0)
    array = np.asarray(second, dtype=np.float64) - np.asarray(first, dtype=np.float64)
    return Interval(float(array.mean()), *_resampled(array, groups), n)


def mcnemar(worse: int, better: int) -> float:
    """Probability that chance alone turns at least so many of the changed cases worse.

    Where two runs differ only by accident, each changed case is as likely better as worse.
    One-sided and exact, so that it holds for few changes too. Source: McNemar, 1947, "Note
    on the sampling error of the difference between correlated proportions".

    Parameters
    ----------
    worse, better : int
        Cases that changed, either way.

    Returns
    -------
    float
        0 to 1; 1 where none turned worse.
    """
    changed = worse + better
    return float(sum(math.comb(changed, k) for k in range(worse, changed + 1)) / 2**changed)


def sign_test(first: Sequence[float], second: Sequence[float]) -> float:
    """Probability that chance alone changes at least so many more cases one way than the other.

    Two-sided and exact; for values of 0 and 1 it is McNemar's test (`mcnemar`). A bootstrap
    of one changed case has no width, so that what it says of chance is nothing; this one says
    that a coin would do the same. Source: Dixon and Mood, 1946, "The Statistical Sign Test".

    Parameters
    ----------
    first, second : sequence of float
        The values of one case stand at the same place.

    Returns
    -------
    float
        0 to 1; 1 where nothing changed.

    Raises
    ------
    ValueError
        When they aren't of one length.
    """
    better = sum(a < b for a, b in zip(first, second, strict=True))
    worse = sum(a > b for a, b in zip(first, second, strict=True))
    return min(1.0, 2.0 * mcnemar(max(worse, better), min(worse, better)))


def _resampled(
    array: np.ndarray[tuple[int], np.dtype[np.float64]], groups: Sequence[Hashable] | None
) -> tuple[float, float]:
    # Sums and sizes of the groups, in the order in which they come.
    if groups is None or not are_many(groups):
        groups = range(len(array))
    numbers: dict[Hashable, int] = {}
    places = [numbers.setdefault(group, len(numbers)) for group in groups]
    sums, sizes = np.bincount(places, weights=array), np.bincount(places)
    # The same values have the same interval.
    rng, n = np.random.default_rng(0), len(numbers)
    drawn = rng.integers(0, n, size=(RESAMPLES, n))
    means = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    low, high = np.quantile(means, ((1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0))
    return float(low), float(high)


def percentile(values: Sequence[float], share: float) -> float:
    """Value below which a `share` (0 to 1) of the values lies; NaN where there are none.

    Between two values it is interpolated linearly (definition 7 of Hyndman and Fan, 1996,
    numpy's default).
    """
    return float(np.quantile(np.asarray(values, dtype=np.float64), share)) if values else math.nan


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """How wrong a system is among the share of cases that it is surest of.

    Parameters
    ----------
    points : tuple of (float, float)
        Coverage (share of all cases) and risk (share wrong of those), rising coverage.
    area : float
        Mean risk over the coverage that is reached, 0 to 1, less is better; NaN where
        nothing is covered. Areas of systems that reach different coverage compare only
        with that in mind.
    """

    points: tuple[tuple[float, float], ...]
    area: float


def risk_coverage(confidences: Sequence[float | None], wrong: Sequence[bool]) -> RiskCoverage:
    """Risk at every coverage, from the surest answer to the least sure.

    Sources: El-Yaniv and Wiener, 2010, "On the Foundations of Noise-free Selective
    Classification"; the area is AURC of Geifman et al., 2019, "Bias-Reduced Uncertainty
    Estimation for Deep Neural Classifiers". Equal confidences come in together, since
    nothing tells them apart: a system without confidences has one point.

    Parameters
    ----------
    confidences : sequence of float or None
        One for each case; None where there is no answer at any confidence.
    wrong : sequence of bool
        Whether that answer is wrong.
    """
    answers = [(c, w) for c, w in zip(confidences, wrong, strict=True) if c is not None]
    answers.sort(key=lambda answer: -answer[0])
    points: list[tuple[float, float]] = []
    errors, before, total = 0, 0, 0.0
    for k, (confidence, is_wrong) in enumerate(answers, start=1):
        errors += is_wrong
        if k < len(answers) and answers[k][0] == confidence:
            continue
        points.append((k / len(confidences), errors / k))
        total += (k - before) * errors / k
        before = k
    return RiskCoverage(tuple(points), total / len(answers) if answers else math.nan)
