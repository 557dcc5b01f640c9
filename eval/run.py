"""Ask every case of a suite and keep what came back, judged.

A `System` is whatever answers cases; a `Run` is one system over one suite. Nothing
here prints: `eval.report` does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from .cases import Case
from .grading import Outcome, grade, score, strip_markers
from .metrics import (
    citation_faults,
    citation_precision,
    citation_recall,
    exact_match,
    references,
    token_f1,
)
from qa import Library
from qa.errors import QaError
from qa.types import Answer

__all__ = ["LibrarySystem", "Result", "Run", "System", "judge", "run_cases", "select"]

_WARM_UP = Case(id="warm-up", question="What is this about?", kind="fact", document="")


class System(Protocol):
    """Whatever answers cases, beside others on the same ones."""

    @property
    def name(self) -> str:
        """What reports call it."""

    def answer(self, case: Case) -> Answer:
        """Answer a case's question, after its history.

        Raises
        ------
        qa.errors.QaError
            Counts as a wrong answer.
        """


@dataclass(frozen=True, slots=True)
class LibrarySystem:
    """Our own answers, over one library."""

    library: Library
    name: str = "qa"

    def answer(self, case: Case) -> Answer:
        """Ask the library."""
        return self.library.ask(case.question, case.history)


@dataclass(frozen=True, slots=True)
class Result:
    """One case, answered and judged.

    Parameters
    ----------
    case : Case
    answer : qa.types.Answer or None
        None where asking failed.
    outcome : {"correct", "wrong", "refused"}
    faults : tuple of str
        What is inexact in the citations.
    precision, recall : float or None
        Of the citations against the gold quotes, 0 to 1; None where they don't apply.
    seconds : float
        From question to whole answer, by this side's clock.
    error : str
        Why asking failed, ``""`` where it didn't.
    """

    case: Case
    answer: Answer | None
    outcome: Outcome
    faults: tuple[str, ...]
    precision: float | None
    recall: float | None
    seconds: float
    error: str = ""

    @property
    def right(self) -> bool:
        """Correct, or refused where the documents don't tell."""
        return score(self.case, self.outcome) == 1

    def to_dict(self) -> dict[str, Any]:
        """Plain values for `json.dumps`, all that is needed to judge the verdict."""
        case, text = self.case, strip_markers(self.answer.text) if self.answer else ""
        golds = references(case)
        return {
            "id": case.id,
            "kind": case.kind,
            "question": case.question,
            "history": [{"question": t.question, "answer": t.answer} for t in case.history],
            "gold": [list(item) for item in case.gold],
            "quotes": [list(item) for item in case.quotes],
            "outcome": self.outcome,
            "right": self.right,
            "exact_match": exact_match(text, golds) if golds else None,
            "token_f1": token_f1(text, golds) if golds else None,
            "citation_faults": list(self.faults),
            "citation_precision": self.precision,
            "citation_recall": self.recall,
            "seconds": self.seconds,
            "error": self.error,
            "answer": self.answer.to_dict() if self.answer else None,
        }


@dataclass(frozen=True, slots=True)
class Run:
    """One system over one suite, in the order of the cases."""

    system: str
    results: tuple[Result, ...]

    def stamps(self) -> tuple[tuple[str, str], ...]:
        """Model and settings' fingerprint of the answers; one pair, if nothing changed."""
        answers = (result.answer for result in self.results)
        return tuple(dict.fromkeys((a.model, a.fingerprint) for a in answers if a is not None))

    def checked(self) -> tuple[Result, ...]:
        """Results whose citations count: all that answer, and refusals with a fault."""
        return tuple(
            r for r in self.results if r.answer and (r.answer.status != "not_found" or r.faults)
        )

    def exactness(self) -> float:
        """Share of the answers that cite exactly; 1.0 where none had anything to cite."""
        checked = self.checked()
        return sum(not r.faults for r in checked) / len(checked) if checked else 1.0


def judge(case: Case, answer: Answer, documents: Mapping[str, str], seconds: float) -> Result:
    """Grade an answer and its citations."""
    return Result(
        case=case,
        answer=answer,
        outcome=grade(case, answer),
        faults=citation_faults(answer, documents),
        precision=citation_precision(case, answer, documents),
        recall=citation_recall(case, answer, documents),
        seconds=seconds,
    )


def run_cases(
    system: System,
    cases: Sequence[Case],
    documents: Mapping[str, str],
    *,
    on_result: Callable[[Result], None] = lambda _: None,
) -> Run:
    """Ask every case, after one question that only warms the system up.

    Parameters
    ----------
    system : System
    cases : sequence of Case
    documents : mapping of str to str
        Canonical text by document path.
    on_result : callable
        Called with each result as it comes.

    Raises
    ------
    qa.errors.QaError
        From the warm-up: a system that can't answer at all isn't measured.
    """
    system.answer(_WARM_UP)
    results: list[Result] = []
    for case in cases:
        start = time.perf_counter()
        try:
            answer = system.answer(case)
        except QaError as error:
            seconds = time.perf_counter() - start
            result = Result(case, None, "wrong", (), None, None, seconds, str(error))
        else:
            result = judge(case, answer, documents, time.perf_counter() - start)
        results.append(result)
        on_result(result)
    return Run(system.name, tuple(results))


def select(
    cases: Sequence[Case], *, kinds: Sequence[str] = (), limit: int | None = None
) -> tuple[Case, ...]:
    """Cases of some kinds (none named: all), at most `limit`, spread evenly over them."""
    chosen = [case for case in cases if not kinds or case.kind in kinds]
    if limit is None or limit >= len(chosen):
        return tuple(chosen)
    return tuple(chosen[k * len(chosen) // limit] for k in range(limit))
