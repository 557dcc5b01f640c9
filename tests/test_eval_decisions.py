from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import pytest

from eval.decisions import Decision, Said, decisions_of, fit_yes_no, judged_apart
from eval.records import Record, Seconds
from qa.checking.claims import YesNoSignals
from qa.checking.yes_no import log_ratios, weigh
from qa.settings import YesNoModel

YES = YesNoSignals(yes=0.97, no=0.02, unclear=0.01, drafted_yes=0.9, drafted_no=0.1)
NO = YesNoSignals(yes=0.15, no=0.84, unclear=0.01, drafted_yes=0.4, drafted_no=0.6)
OPEN = YesNoSignals(yes=0.6, no=0.2, unclear=0.2, drafted_yes=0.7, drafted_no=0.1)


def noisy(signals: YesNoSignals, random: np.random.Generator) -> YesNoSignals:
    values = np.array(dataclasses.astuple(signals)) * random.uniform(0.5, 1.5, 5)
    values[:3] /= values[:3].sum()
    return YesNoSignals(*np.clip(values, 0.0, 1.0).tolist())


def drawn(counts: dict[Said, int], documents: int = 6) -> list[Decision]:
    """Questions whose signals scatter about what is typical of their outcome."""
    random = np.random.default_rng(0)
    typical: dict[Said, YesNoSignals] = {"yes": YES, "no": NO, "open": OPEN}
    return [
        Decision(noisy(typical[said], random), said, f"{place % documents}.md")
        for said, count in counts.items()
        for place in range(count)
    ]


def test_what_is_fitted_tells_the_three_outcomes_apart() -> None:
    model = fit_yes_no(drawn({"yes": 40, "no": 25, "open": 30}))
    assert weigh(YES, model)[0] == "Yes"
    assert weigh(NO, model)[0] == "No"
    for decided in (YES, NO):
        assert weigh(decided, model)[1] > 0.6 > 0.4 > weigh(OPEN, model)[1]
    assert min(model.clear, model.read, model.drafted) >= 0.0


def test_no_weights_near_by_fit_better() -> None:
    decisions = drawn({"yes": 40, "no": 25, "open": 30})

    def loss(model: YesNoModel) -> float:
        total = 0.5 * (model.clear**2 + model.read**2 + model.drafted**2)
        for decision in decisions:
            clear, read, drafted = log_ratios(decision.signals)
            leaning = model.read * read + model.drafted * drafted
            scores = {
                "open": 0.0,
                "yes": model.yes + model.clear * clear + leaning,
                "no": model.no + model.clear * clear - leaning,
            }
            every = sum(math.exp(score) for score in scores.values())
            share = 0.5 / 30 if decision.said == "open" else 0.5 / 65
            total -= 95 * share * math.log(math.exp(scores[decision.said]) / every)
        return total

    fitted = fit_yes_no(decisions)
    for name in ("yes", "no", "clear", "read", "drafted"):
        for step in (-0.1, 0.1):
            value = max(
                0.0 if name in {"clear", "read", "drafted"} else -9.0, getattr(fitted, name) + step
            )
            assert loss(fitted) < loss(fitted.model_copy(update={name: value})) + 1e-4


def test_how_many_are_left_open_changes_nothing() -> None:
    few = drawn({"yes": 40, "no": 25, "open": 30})
    often = few + [decision for decision in few if decision.said == "open"] * 3
    one, other = fit_yes_no(few), fit_yes_no(often)
    assert one.yes_from == other.yes_from
    for signals in (YES, NO, OPEN):
        assert weigh(signals, one)[1] == pytest.approx(weigh(signals, other)[1], abs=0.05)


@pytest.mark.parametrize("missing", ["yes", "no", "open"])
def test_too_few_of_an_outcome_fit_nothing(missing: Said) -> None:
    counts: dict[Said, int] = {"yes": 20, "no": 20, "open": 20}
    with pytest.raises(ValueError, match=f"9 {missing}.*at least 10"):
        fit_yes_no(drawn(counts | {missing: 9}))


def test_a_reading_that_leans_the_wrong_way_fits_nothing() -> None:
    turned: dict[Said, Said] = {"yes": "no", "no": "yes", "open": "open"}
    decisions = [
        dataclasses.replace(decision, said=turned[decision.said])
        for decision in drawn({"yes": 20, "no": 20, "open": 20})
    ]
    with pytest.raises(ValueError, match="no more for yes"):
        fit_yes_no(decisions)


def test_a_reading_with_as_much_for_yes_as_for_no_teaches_nothing() -> None:
    decisions = drawn({"yes": 20, "no": 20, "open": 20})
    silent = YesNoSignals(yes=0.0, no=0.0, unclear=0.0, drafted_yes=0.9, drafted_no=0.1)
    without = [Decision(silent, "open", "odd.md")] * 30
    assert fit_yes_no([*decisions, *without]) == fit_yes_no(decisions)
    # Nor does it make up for others that lack.
    with pytest.raises(ValueError, match="9 open"):
        fit_yes_no([*drawn({"yes": 20, "no": 20, "open": 9}), *without])
    # It is a question like others where answers are counted.
    odd = Decision(silent, "yes", "0.md")
    assert judged_apart([*decisions, odd], 0.0)["right"] < 1.0


def test_each_is_judged_by_weights_without_its_document() -> None:
    decisions = drawn({"yes": 40, "no": 25, "open": 30})
    shares = judged_apart(decisions, 0.4)
    assert shares["right"] > 0.8
    assert shares["wrong"] < 0.1
    assert shares["refused"] > 0.8
    # A document that leaves open what all others would decide: only by itself can that be learnt.
    odd = [
        dataclasses.replace(decision, said="open", group="odd.md")
        for decision in drawn({"yes": 200})
    ]
    assert weigh(YES, fit_yes_no([*decisions, *odd]))[1] < 0.5
    assert judged_apart([*decisions, *odd], 0.5)["refused"] < 0.5
    # Below a threshold of 0 all are answered, above 1 none.
    assert judged_apart(decisions, 0.0)["refused"] == 0.0
    assert judged_apart(decisions, 1.0) == {"right": 0.0, "wrong": 0.0, "refused": 1.0}


def asked(
    gold: Sequence[str],
    signals: object,
    *,
    must_refuse: bool = False,
    group: str = "",
    question: str = "Is it so?",
) -> Record:
    return Record(
        system="qa-unverified",
        id=f"{gold} {group}",
        kind="yes-no",
        question=question,
        gold=(tuple(gold),) if gold else (),
        must_refuse=must_refuse,
        group=group,
        outcome="refused",
        score=0,
        seconds=Seconds(total=1.0),
        answer={"claims": [{"signals": signals}]},
    )


def test_a_run_tells_what_was_read_and_what_the_documents_say() -> None:
    signals = dataclasses.asdict(YES)
    records = [
        asked(["Yes"], signals),
        # A later version may tell more.
        asked(["No.", "no"], {**signals, "later": 0.5}),
        asked([], signals, must_refuse=True),
        # Neither, both, not decided by a reading, not answered.
        asked(["thirty"], signals),
        asked(["yes", "no"], signals),
        asked(["Yes"], None),
        asked(["Yes"], {"check": 0.5, "confidence": 0.5}),
        asked(["Yes"], {"unclear": 0.5}),
        asked(["Yes"], {**signals, "yes": None}),
        asked(["Yes"], {**signals, "unclear": 1.5}),
        # Judged with what else is asked.
        asked(["Yes"], signals, question="Is it so? And who says that?"),
        asked(["Yes"], signals).model_copy(update={"answer": None}),
        asked(["Yes"], signals).model_copy(update={"answer": {"claims": []}}),
    ]
    found = decisions_of(records)
    assert [decision.said for decision in found] == ["yes", "no", "open"]
    assert {decision.signals for decision in found} == {YES}
    # Without many documents each question stands for itself.
    assert found[0].group == records[0].question
