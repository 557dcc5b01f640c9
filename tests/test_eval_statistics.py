from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.statistics import (
    bootstrap_interval,
    mcnemar,
    paired_bootstrap,
    percentile,
    risk_coverage,
    sign_test,
)


def test_the_interval_holds_the_mean_and_repeats() -> None:
    values = [1.0] * 30 + [0.0] * 10
    interval = bootstrap_interval(values)
    assert interval == bootstrap_interval(values)
    assert interval.mean == 0.75
    # The normal approximation gives .75 +- 1.96 * sqrt(.75 * .25 / 40).
    assert interval.low == pytest.approx(0.616, abs=0.03)
    assert interval.high == pytest.approx(0.884, abs=0.03)


def test_values_of_one_group_count_as_one() -> None:
    random = np.random.default_rng(1)
    # Whole articles go well or badly: 300 questions tell no more than their 30 articles do.
    values = [float(random.random() < 0.5) for _ in range(30)]
    repeated = [value for value in values for _ in range(10)]
    groups = [article for article in range(30) for _ in range(10)]
    few, many = bootstrap_interval(values), bootstrap_interval(repeated)
    grouped = bootstrap_interval(repeated, groups=groups)
    assert (grouped.mean, grouped.n) == (many.mean, 300)
    assert (grouped.low, grouped.high) == pytest.approx((few.low, few.high))
    assert grouped.high - grouped.low > 2.5 * (many.high - many.low)
    # Each by itself is as if no group were named.
    assert bootstrap_interval(repeated, groups=range(300)) == many
    assert bootstrap_interval(repeated, groups=[g % 9 for g in groups]) == many
    # One large group with many small ones beside it is hardly more than one.
    assert bootstrap_interval(repeated, groups=[max(g, 10) for g in groups]) == many
    difference = paired_bootstrap([0.0] * 300, repeated, groups)
    assert (difference.low, difference.high) == (grouped.low, grouped.high)


def test_grouped_intervals_hold_the_truth_where_others_are_too_narrow() -> None:
    held = {"grouped": 0, "single": 0}
    for seed in range(100):
        random = np.random.default_rng(seed)
        values, groups = [], []
        for article in range(35):
            chance = random.choice([0.4, 1.0])
            count = int(random.integers(2, 11))
            values += (random.random(count) < chance).astype(float).tolist()
            groups += [article] * count
        for name, told in (("grouped", groups), ("single", None)):
            interval = bootstrap_interval(values, groups=told)
            held[name] += interval.low <= 0.7 <= interval.high
    assert held["grouped"] >= 90 > held["single"]


def test_a_perfect_score_is_still_uncertain() -> None:
    assert bootstrap_interval([1.0] * 20).low == pytest.approx(0.8316, abs=1e-4)
    assert bootstrap_interval([0.0] * 20).high == pytest.approx(0.1684, abs=1e-4)
    low = bootstrap_interval([-1.0] * 5, bounds=(-1.0, 1.0))
    assert low.low == -1.0
    assert -1.0 < low.high < 1.0
    assert math.isnan(bootstrap_interval([]).mean)


def test_equal_values_between_the_bounds_are_uncertain_both_ways() -> None:
    found = bootstrap_interval([0.0] * 5, bounds=(-1.0, 1.0))
    # Of so many cases that none differs in five, half of a chance of .05, 52% may differ.
    assert (found.mean, found.n) == (0.0, 5)
    assert found.high == pytest.approx(1 - 0.025 ** (1 / 5))
    assert found.low == -found.high
    more = bootstrap_interval([0.0] * 50, bounds=(-1.0, 1.0))
    assert found.low < more.low < 0.0 < more.high < found.high
    uneven = bootstrap_interval([0.75] * 20)
    assert uneven.low == pytest.approx(0.75 - 0.1684 * 0.75, abs=1e-4)
    assert uneven.high == pytest.approx(0.75 + 0.1684 * 0.25, abs=1e-4)


@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=1, max_size=60))
def test_intervals_stay_in_their_bounds(values: list[float]) -> None:
    interval = bootstrap_interval(values, bounds=(-1.0, 1.0))
    assert -1.0 <= interval.low <= interval.mean + 1e-9
    assert interval.mean - 1e-9 <= interval.high <= 1.0


def test_percentiles() -> None:
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([1.0, 2.0], 0.9) == pytest.approx(1.9)
    assert math.isnan(percentile([], 0.5))


def test_pairing_sees_what_two_separate_intervals_would_not() -> None:
    # Cases differ much, the second is better on each of the same five.
    first = [0.0] * 50 + [1.0] * 50
    second = [1.0] * 8 + first[8:]
    difference = paired_bootstrap(first, second)
    assert difference.mean == pytest.approx(0.08)
    assert 0 < difference.low < 0.08 < difference.high
    assert bootstrap_interval(first).high > bootstrap_interval(second).low
    back = paired_bootstrap(second, first)
    assert (back.mean, back.high) == (-difference.mean, -difference.low)


def test_pairing_of_equal_runs_and_of_unequal_lengths() -> None:
    same = paired_bootstrap([1.0, 0.0, 1.0], [1.0, 0.0, 1.0])
    assert (same.mean, same.low, same.high, same.n) == (0.0, 0.0, 0.0, 3)
    assert math.isnan(paired_bootstrap([], []).mean)
    with pytest.raises(ValueError, match="1 values"):
        paired_bootstrap([1.0], [])


def test_risk_over_coverage_by_hand() -> None:
    found = risk_coverage([0.9, 0.8, None, 0.5, 0.8], [False, True, True, True, False])
    # .9 alone; then both at .8 together; then .5. The one without an answer only dilutes.
    assert found.points == ((0.2, 0.0), (0.6, pytest.approx(1 / 3)), (0.8, 0.5))
    assert found.area == pytest.approx((0 + 1 / 3 + 1 / 3 + 1 / 2) / 4)


def test_risk_of_a_system_that_tells_no_confidence_or_nothing() -> None:
    flat = risk_coverage([1.0] * 4, [True, False, False, False])
    assert flat.points == ((1.0, 0.25),)
    assert flat.area == 0.25
    silent = risk_coverage([None, None], [False, False])
    assert silent.points == ()
    assert math.isnan(silent.area)


@given(st.lists(st.tuples(st.one_of(st.none(), st.floats(0, 1)), st.booleans()), min_size=1))
def test_coverage_rises_and_ends_at_the_share_answered(
    cases: list[tuple[float | None, bool]],
) -> None:
    found = risk_coverage([c for c, _ in cases], [w for _, w in cases])
    coverages = [coverage for coverage, _ in found.points]
    assert coverages == sorted(set(coverages))
    answered = [w for c, w in cases if c is not None]
    if answered:
        assert found.points[-1] == (len(answered) / len(cases), sum(answered) / len(answered))
        assert 0.0 <= found.area <= 1.0


def test_mcnemar_by_hand() -> None:
    assert mcnemar(0, 0) == mcnemar(0, 5) == 1.0
    assert mcnemar(1, 0) == 0.5
    assert mcnemar(5, 0) == 1 / 32
    assert mcnemar(6, 0) == 1 / 64
    assert mcnemar(2, 1) == (3 + 1) / 8
    assert mcnemar(3, 3) == pytest.approx(42 / 64)


def test_a_sign_test_by_hand() -> None:
    assert sign_test([], []) == sign_test([1.0], [1.0]) == 1.0
    assert sign_test([0.0], [1.0]) == 1.0
    assert sign_test([0.0] * 5, [1.0] * 5) == 2 / 32
    assert sign_test([1.0] * 6, [0.5] * 6) == 2 / 64
    assert sign_test([0.0, 1.0], [1.0, 0.0]) == 1.0
    with pytest.raises(ValueError, match="zip"):
        sign_test([1.0], [])
