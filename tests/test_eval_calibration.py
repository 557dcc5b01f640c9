from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from eval_doubles import record
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.calibration import (
    SIGNALS,
    Example,
    area_under_curve,
    examples_of,
    fit_support,
    halves,
    risk_controlling_threshold,
)
from eval.cases import CasesError
from eval.records import Record
from qa.checking.claims import Signals
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
        made.append(Example(signals, bool(random.random() < chance), str(len(made))))
    return made


def test_what_decides_gets_the_weight() -> None:
    model = fit_support(examples(2000))
    assert model.check == pytest.approx(6, abs=1)
    assert model.verbatim == pytest.approx(1, abs=0.5)
    assert max(model.confidence, model.similarity, model.names) < 0.5


def test_no_weight_is_negative() -> None:
    inverted = [replace(e, right=not e.right) for e in examples(500)]
    model = fit_support(inverted)
    assert model.check == 0.0
    assert model.verbatim == 0.0


def test_claims_that_are_all_alike_teach_nothing() -> None:
    with pytest.raises(ValueError, match="3 claims"):
        fit_support([Example(Signals(*[1.0] * 8), right=True, group="a")] * 3)


def test_a_signal_that_is_unknown_or_constant_does_no_harm() -> None:
    made = [
        replace(e, signals=replace(e.signals, check=None, similarity=0.5, names=1.0))
        for e in examples(200)
    ]
    assert math.isfinite(fit_support(made).intercept)


@pytest.mark.parametrize("grouped", [1, 7])
def test_halves_share_no_group_and_are_alike(grouped: int) -> None:
    made = [replace(e, group=str(place // grouped)) for place, e in enumerate(examples(301))]
    first, second = halves(made)
    assert sorted(map(id, (*first, *second))) == sorted(map(id, made))
    assert not {e.group for e in first} & {e.group for e in second}
    for right in (True, False):
        counts = [sum(e.right == right for e in half) for half in (first, second)]
        assert abs(counts[0] - counts[1]) <= grouped, counts
    assert (first, second) == halves(made)
    assert (first, second) != halves(made, seed=1)


@pytest.mark.parametrize("wrong", [{3}, set(range(19)), set(), set(range(20))])
def test_both_halves_need_right_and_wrong_ones(wrong: set[int]) -> None:
    made = [replace(e, right=place not in wrong) for place, e in enumerate(examples(20))]
    with pytest.raises(CasesError, match="nothing to tell apart"):
        halves(made)
    two = [replace(e, right=place not in {3, 13}) for place, e in enumerate(examples(20))]
    for seed in range(20):
        assert [sum(not e.right for e in half) for half in halves(two, seed)] == [1, 1]
    together = [replace(e, group="a" if e.right else "b") for e in two]
    with pytest.raises(CasesError, match="more documents"):
        halves(together)


def test_what_is_fitted_to_noise_promises_nothing_to_other_claims() -> None:
    promised = [0, 0]
    for seed in range(60):
        random = np.random.default_rng(seed)
        # Half are wrong, whatever the signals tell.
        made = [
            Example(Signals(*random.random(8)), bool(random.random() < 0.5), str(place))
            for place in range(120)
        ]
        fitted, tested = halves(made)
        model = fit_support(fitted)
        for place, half in enumerate((fitted, tested)):
            supports, rights = [support(e.signals, model) for e in half], [e.right for e in half]
            promised[place] += risk_controlling_threshold(supports, rights, 0.45) is not None
    # A tenth may be: tested with what it was fitted to, it promises what it can't keep.
    assert promised[1] <= 6 < promised[0]


def test_what_a_run_teaches_and_what_it_leaves_out_is_counted() -> None:
    signals = dict.fromkeys(SIGNALS, 0.5)
    claim: dict[str, object] = {"signals": signals}

    def of(case_id: str, *claims: dict[str, object], **changes: object) -> Record:
        return record(case_id=case_id, answer={"claims": list(claims)}, **changes)

    records = [
        of("a", claim, candidate="correct"),
        of("b", claim, candidate="wrong", question="Who ran?"),
        of("c", claim, claim, candidate="correct"),
        of("d", {"signals": None}, candidate="correct"),
        of("e", claim),
        record(case_id="f", answer=None, candidate="wrong"),
    ]
    examples, counts = examples_of(records)
    assert [(e.right, e.group) for e in examples] == [(True, "Who sat?"), (False, "Who ran?")]
    assert (counts.weighed, counts.several, counts.otherwise, counts.silent) == (2, 1, 1, 2)
    assert counts.total == len(records)
    many = [of(str(k), claim, candidate="correct", group=f"{k // 2}.txt") for k in range(20)]
    assert [e.group for e in examples_of(many)[0]][:3] == ["0.txt", "0.txt", "1.txt"]
    # Of a few documents no half could do without: each question stands for itself.
    assert examples_of(many[:18])[0][0].group == "Who sat?"


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
        # Written down in thousandths it gives what was tested, and no more.
        ([0.9006] * 30 + [0.9004] * 30, [True] * 30 + [False] * 30, None),
        ([0.9016] * 30 + [0.9004] * 30, [True] * 30 + [False] * 30, 0.901),
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


def test_halves_are_alike_where_each_document_is_all_right_or_all_wrong() -> None:
    examples = [
        Example(Signals(*[1.0] * 8), right, name)
        for name, right, count in (
            ("a", True, 30),
            ("b", False, 30),
            ("c", True, 2),
            ("d", False, 2),
        )
        for _ in range(count)
    ]
    for seed in range(8):
        fitted, tested = halves(examples, seed)
        assert {len(fitted), len(tested)} == {32}
