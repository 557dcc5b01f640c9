"""From answered yes-no questions to the weights that decide between yes, no and neither.

Three outcomes, so a multinomial logistic model: the score of "left open" is 0, and yes and no share
their weights, so that no document can be read as speaking for both. The questions that the
documents leave open weigh as much together as those that they decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logsumexp, softmax

from qa.answering.pipeline import parts_of
from qa.checking.claims import YesNoSignals
from qa.checking.yes_no import log_ratios, weigh
from qa.settings import YesNoModel

from .records import Record, groups_of

__all__ = ["Decision", "decisions_of", "fit_yes_no", "judged_apart"]

Said = Literal["yes", "no", "open"]
OUTCOMES: tuple[Said, ...] = ("open", "yes", "no")
# Fewer than so many of an outcome teach little about it.
LEAST_OF_EACH = 10
READ = tuple(field.name for field in fields(YesNoSignals))
# Little beside some dozens of questions; it keeps weights finite where one thing decides alone.
RIDGE = 1.0


@dataclass(frozen=True, slots=True)
class Decision:
    """A yes-no question as it was read, and what the documents say.

    Parameters
    ----------
    signals : YesNoSignals
    said : {"yes", "no", "open"}
        What the documents say.
    group : str
        What isn't independent has the same: the document that is asked about, or the question.
    """

    signals: YesNoSignals
    said: Said
    group: str


def decisions_of(records: Sequence[Record]) -> list[Decision]:
    """The yes-no questions of a run whose answer was decided by a reading."""
    grouped = groups_of(records)
    found = []
    for place, record in enumerate(records):
        claims = (record.answer or {}).get("claims", [])
        values = (claims[0].get("signals") if claims else None) or {}
        said = _said(record)
        # What answers a part of a question isn't judged by itself.
        read: list[Any] = [values.get(name) for name in READ]
        known = all(isinstance(value, int | float) and 0.0 <= value <= 1.0 for value in read)
        if said is not None and known and len(parts_of(record.question)) == 1:
            signals = YesNoSignals(*read)
            found.append(Decision(signals, said, grouped[place] if grouped else record.question))
    return found


def _said(record: Record) -> Said | None:
    if record.must_refuse:
        return "open"
    golds = {gold.casefold().strip(" .") for one in record.gold for gold in one}
    if ("yes" in golds) == ("no" in golds):
        return None
    return "yes" if "yes" in golds else "no"


def fit_yes_no(decisions: Sequence[Decision]) -> YesNoModel:
    """Fit the scores of yes and no by multinomial logistic regression.

    Where the reading turns from no to yes is fitted to the decided questions alone, by logistic
    regression on the reading's ratio, yes and no of one weight.

    Parameters
    ----------
    decisions : sequence of Decision
        At least ten of each outcome. Readings with as much for yes as for no decide nothing
        whatever the weights, and teach none.

    Raises
    ------
    ValueError
        There are fewer, or the reading has no more for yes where the documents say yes.
    """
    telling = [each for each in decisions if each.signals.yes != each.signals.no]
    said = np.array([OUTCOMES.index(decision.said) for decision in telling], dtype=np.intp)
    counts = np.bincount(said, minlength=len(OUTCOMES))
    if counts.min() < LEAST_OF_EACH:
        told = ", ".join(
            f"{count} {name}" for name, count in zip(OUTCOMES, counts.tolist(), strict=True)
        )
        raise ValueError(f"yes-no questions: {told}; at least {LEAST_OF_EACH} of each are needed.")
    values = np.array([log_ratios(decision.signals) for decision in telling], dtype=np.float64)
    is_open = said == 0
    shares = np.where(is_open, 0.5 / is_open.mean(), 0.5 / (~is_open).mean())
    # What each weight counts for in the score of each outcome.
    rises = np.zeros((len(said), len(OUTCOMES), 5))
    rises[:, 1, 0] = rises[:, 2, 1] = 1.0
    rises[:, 1:, 2] = values[:, :1]
    rises[:, 1, 3:] = values[:, 1:]
    rises[:, 2, 3:] = -values[:, 1:]
    observed = rises[np.arange(len(said)), said]

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scores = rises @ weights
        expected = (softmax(scores, axis=1)[:, :, None] * rises).sum(axis=1)
        ridge = RIDGE * np.where(np.arange(5) < 2, 0.0, weights)
        unlikely = logsumexp(scores, axis=1) - observed @ weights
        return (
            float(shares @ unlikely + 0.5 * ridge @ weights),
            shares @ (expected - observed) + ridge,
        )

    bounds = [(None, None)] * 2 + [(0.0, None)] * 3
    found = minimize(loss, np.zeros(5), jac=True, bounds=bounds, method="L-BFGS-B").x
    yes, no, clear, read, drafted = (round(float(weight), 2) + 0.0 for weight in found)
    return YesNoModel(
        yes=yes,
        no=no,
        clear=clear,
        read=read,
        drafted=drafted,
        yes_from=round(_turning_point(values[~is_open, 1], said[~is_open] == 1), 2) + 0.0,
    )


def _turning_point(ratios: NDArray[np.float64], yes: NDArray[np.bool_]) -> float:
    """Log-ratio of yes to no from which on yes is the likelier, were both as frequent."""
    shares = np.where(yes, 0.5 / yes.mean(), 0.5 / (~yes).mean())
    sign = 2.0 * yes - 1.0

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        against = -sign * (weights[0] + weights[1] * ratios)
        pulls = -sign * shares * expit(against)
        return (
            float(shares @ np.logaddexp(0, against) + 0.5 * weights[1] ** 2),
            np.array([pulls.sum(), pulls @ ratios + weights[1]]),
        )

    bounds = [(None, None), (0.0, None)]
    start, slope = minimize(loss, np.zeros(2), jac=True, bounds=bounds, method="L-BFGS-B").x
    if slope <= 0:
        raise ValueError("the reading has no more for yes where the documents say yes.")
    return float(-start / slope)


def judged_apart(decisions: Sequence[Decision], threshold: float) -> dict[str, float]:
    """How weights would do that were fitted without the group that a question is of.

    Parameters
    ----------
    decisions : sequence of Decision
    threshold : float
        Support that an answer needs, 0 to 1.

    Returns
    -------
    dict of str to float
        Shares, 0 to 1: "right" and "wrong" of the questions that the documents decide, "refused" of
        those that they leave open.

    Raises
    ------
    ValueError
        As `fit_yes_no`, without one of the groups.
    """
    answers: list[tuple[Said, Said]] = []
    for group in sorted({decision.group for decision in decisions}):
        model = fit_yes_no([decision for decision in decisions if decision.group != group])
        for decision in decisions:
            if decision.group == group:
                word, support = weigh(decision.signals, model)
                answers.append((decision.said, _told(word) if support >= threshold else "open"))
    decided = [(said, told) for said, told in answers if said != "open"]
    left = [told for said, told in answers if said == "open"]
    return {
        "right": sum(said == told for said, told in decided) / len(decided),
        "wrong": sum(told not in (said, "open") for said, told in decided) / len(decided),
        "refused": sum(told == "open" for told in left) / len(left),
    }


def _told(word: Literal["Yes", "No"]) -> Said:
    return "yes" if word == "Yes" else "no"
