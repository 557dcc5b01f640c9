from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.calibration import (
    Example,
    area_under_curve,
    cross_validated_supports,
    fit_support,
    risk_controlling_threshold,
)
from eval.cases import CasesError
from qa.claims import Signals
from qa.verification import support


def examples(count: int, seed: int = 0) -> list[Example]:
    """Claims whose rightness depends on the check, a little on verbatim, and else on nothing."""
    random = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        check, confidence, similarity, names, verbatim = random.random(5)
        chance = 1 / (1 + math.exp(-(6 * check + round(verbatim) - 4)))
        signals = Signals(
            check, confidence, similarity, names, 1.0, 1.0, float(round(verbatim)), 1.0
        )
        made.append(Example(signals, bool(random.random() < chance)))
    return made


def test_what_decides_gets_the_weight() -> None:
    model = fit_support(examples(2000))
    assert model.check == pytest.approx(6, abs=1)
    assert model.verbatim == pytest.approx(1, abs=0.5)
    assert max(model.confidence, model.similarity, model.names) < 0.5


def test_no_weight_is_negative() -> None:
    inverted = [Example(e.signals, not e.right) for e in examples(500)]
    model = fit_support(inverted)
    assert model.check == 0.0
    assert model.verbatim == 0.0


def test_claims_that_are_all_alike_teach_nothing() -> None:
    with pytest.raises(ValueError, match="3 claims"):
        fit_support([Example(Signals(*[1.0] * 8), right=True)] * 3)


def test_a_signal_that_is_unknown_or_constant_does_no_harm() -> None:
    made = [
        Example(replace(e.signals, check=None, similarity=0.5, names=1.0), e.right)
        for e in examples(200)
    ]
    assert math.isfinite(fit_support(made).intercept)


def test_supports_are_found_without_the_example_itself() -> None:
    made = examples(300)
    right = np.array([e.right for e in made])
    held_out = cross_validated_supports(made)
    model = fit_support(made)
    seen = np.array([support(e.signals, model) for e in made])
    assert 0.7 < area_under_curve(held_out, right) <= area_under_curve(seen, right)


def test_two_wrong_claims_are_never_held_out_together() -> None:
    made = [replace(e, right=place not in {3, 13}) for place, e in enumerate(examples(20))]
    for seed in range(20):
        assert len(cross_validated_supports(made, seed=seed)) == 20
    # Fewer than there are folds.
    assert len(cross_validated_supports(made[2:5] + made[12:14])) == 5


@pytest.mark.parametrize("wrong", [{3}, set(range(19)), set(), set(range(20))])
def test_a_fold_needs_two_of_each(wrong: set[int]) -> None:
    made = [replace(e, right=place not in wrong) for place, e in enumerate(examples(20))]
    with pytest.raises(CasesError, match="at least two of each"):
        cross_validated_supports(made)


def test_area_under_the_curve() -> None:
    right = np.array([True, True, False, False])
    assert area_under_curve(np.array([0.9, 0.8, 0.2, 0.1]), right) == 1.0
    assert area_under_curve(np.array([0.1, 0.2, 0.8, 0.9]), right) == 0.0
    assert area_under_curve(np.array([0.5] * 4), right) == 0.5


def test_the_threshold_keeps_its_promise_on_new_questions() -> None:
    risk, broken, given = 0.1, 0, 0
    for seed in range(100):
        random = np.random.default_rng(seed)
        supports = random.random(600)
        right = random.random(600) < supports**0.3
        threshold = risk_controlling_threshold(supports.tolist(), right.tolist(), risk)
        if threshold is None:
            continue
        given += 1
        # The true risk above the threshold, by integration.
        above = np.linspace(threshold, 1, 1000)
        broken += float(np.mean(1 - above**0.3)) > risk
    assert given > 50
    # At most a tenth of the calibration sets may mislead; some play for a hundred draws.
    assert broken / given <= 0.18


@pytest.mark.parametrize(
    ("supports", "right", "expected"),
    [
        ([], [], None),
        ([0.9] * 5, [True] * 5, None),
        ([0.9] * 30, [True] * 30, 0.9),
        ([0.9] * 30 + [0.5] * 30, [True] * 30 + [False] * 30, 0.9),
        ([0.9] * 30, [False] * 30, None),
        # A wrong one among the first few doesn't end it.
        ([0.95] * 22 + [0.9] * 200, [False] + [True] * 221, 0.9),
    ],
)
def test_a_promise_needs_enough_right_answers(
    supports: list[float], right: list[bool], expected: float | None
) -> None:
    assert risk_controlling_threshold(supports, right, 0.1) == expected


@settings(max_examples=30)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60))
def test_a_laxer_promise_never_asks_for_more(pairs: list[tuple[float, bool]]) -> None:
    supports, right = [p[0] for p in pairs], [p[1] for p in pairs]
    strict = risk_controlling_threshold(supports, right, 0.1)
    lax = risk_controlling_threshold(supports, right, 0.3)
    if strict is not None:
        assert lax is not None
        assert lax <= strict
