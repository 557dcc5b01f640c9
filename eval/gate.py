"""Whether a change may ship: the seed suite against a committed baseline.

Only deterministic measures decide. Processors that compute in other precisions flip a
case here and there, either way; what fails is

- a single inexact citation or failure;
- that clearly more cases turned for the worse than for the better (McNemar's exact test);
- that clearly fewer answers are right than a change that was accepted ever left, counted by
  themselves for what the documents answer and for what they don't (`allowed`);
- another model or other documents than the baseline's: nothing can be told then.

A slice (``--limit``) asks cases of every kind that the baseline had right, since only those can
be lost, and none that adds documents, for each of which a library is read anew. What a slice
tells, where each right answer is lost with the same chance:

=====================  ====  ====  ====  ====  =====
lost, of right ones     5%   10%   20%   30%   half
=====================  ====  ====  ====  ====  =====
12 cases (9 and 3)     .02   .08   .34   .64   .96
16 cases (10 and 6)    .04   .18   .56   .84   .99
=====================  ====  ====  ====  ====  =====

So it stops a build that is broken: which refuses everything, refuses nothing, or loses every
other answer. Of a change that costs one answer in ten it sees little, of what becomes better
nothing, and of injected documents nothing: before a release the whole suite is asked.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError
from rich.console import Console
from rich.markup import escape
from scipy.stats import binom

from .cases import Case, CasesError
from .records import Record, Run, writing
from .statistics import Interval, mcnemar, paired_bootstrap

__all__ = [
    "Baseline",
    "Verdict",
    "allowed",
    "can_be_lost",
    "judge_gate",
    "load_baseline",
    "print_verdict",
    "save_baseline",
]

SYSTEM = "qa"
# For each of the two tests, so that a change without effect fails one time in twenty at most.
SIGNIFICANT = 0.025
# The largest share of right answers that was lost from one committed baseline to the next, of
# seven: 5 of 88 of the questions that the article answers, 2 of 61 of the others.
ACCEPTED_LOSS = {"answerable": 5 / 88, "unanswerable": 2 / 61}


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    question: str
    outcome: str
    score: int


class Baseline(BaseModel):
    """What the last accepted run answered, as little of it as a comparison needs.

    Parameters
    ----------
    model, fingerprint, corpus_digest : str
        As in the run's stamp.
    cases : dict of str to case
        Question, outcome and score by id.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    fingerprint: str
    corpus_digest: str
    cases: dict[str, _Kept]


class Verdict(BaseModel):
    """What the gate says.

    Parameters
    ----------
    faults : tuple of str
        Why it fails, in words; empty where it passes.
    notes : tuple of str
        What a reader should know besides.
    worse, better : tuple of str
        Ids of the cases whose score changed.
    difference : Interval
        Of truthfulness, this run minus the baseline.
    """

    model_config = ConfigDict(frozen=True)

    faults: tuple[str, ...]
    notes: tuple[str, ...]
    worse: tuple[str, ...]
    better: tuple[str, ...]
    difference: Interval


def save_baseline(run: Run, path: Path) -> None:
    """Keep a run's verdicts as the baseline.

    Raises
    ------
    CasesError
        It has an inexact citation or a failure, or can't be written.
    """
    records = _ours(run)
    if bad := [record.id for record in records if record.faults or record.error]:
        raise CasesError(
            f"a run with inexact or failed answers ({', '.join(bad[:5])}) can't be a baseline."
        )
    content = {
        "model": run.stamp.model,
        "fingerprint": run.stamp.fingerprint,
        "corpus_digest": run.stamp.corpus_digest,
        "cases": {
            record.id: {
                "question": record.question,
                "outcome": record.outcome,
                "score": record.score,
            }
            for record in records
        },
    }
    with writing(path):
        path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")


def load_baseline(path: Path) -> Baseline:
    """Read the baseline.

    Raises
    ------
    CasesError
        There is none, or it can't be read.
    """
    try:
        return Baseline.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError) as error:
        raise CasesError(
            f"{path}: not a baseline that can be read. Write one from an accepted run: "
            "python -m eval gate --write."
        ) from error


def can_be_lost(case: Case, baseline: Baseline) -> bool:
    """Whether the baseline had a case right, and it adds no document."""
    kept = baseline.cases.get(case.id)
    return (
        not case.added and kept is not None and kept.question == case.question and kept.score == 1
    )


def allowed(right: int, which: str) -> int:
    """How many of so many right answers may be lost, the regained ones counted against them.

    As many as a change that is as harmful as the worst that was accepted (`ACCEPTED_LOSS`)
    exceeds one time in forty at most, by the binomial distribution.

    Parameters
    ----------
    right : int
        Of the baseline.
    which : {"answerable", "unanswerable"}
    """
    return int(binom.isf(SIGNIFICANT, right, ACCEPTED_LOSS[which])) if right else 0


def judge_gate(run: Run, baseline: Baseline, *, anyway: bool = False) -> Verdict:
    """Compare a run with the baseline.

    Parameters
    ----------
    run : Run
    baseline : Baseline
    anyway : bool
        Whether to judge answers of another model, or about other documents, by it too.

    Raises
    ------
    CasesError
        They have fewer than half of the run's cases in common.
    """
    records = _ours(run)
    pairs = [
        (record, baseline.cases[record.id])
        for record in records
        if record.id in baseline.cases and baseline.cases[record.id].question == record.question
    ]
    if 2 * len(pairs) < len(records):
        raise CasesError(
            f"the baseline has {len(pairs)} of these {len(records)} cases: it would tell little. "
            "Write it again: gate --write."
        )
    before, after = [kept.score for _, kept in pairs], [record.score for record, _ in pairs]
    difference = paired_bootstrap(before, after)
    faults = [f"{record.id}: {fault}" for record in records for fault in record.faults]
    faults += [f"{record.id} failed: {record.error}" for record in records if record.error]
    faults += _turned(
        "right",
        lost=sum(kept.score == 1 and record.score != 1 for record, kept in pairs),
        gained=sum(kept.score != 1 and record.score == 1 for record, kept in pairs),
    )
    faults += _turned(
        "not wrong",
        lost=sum(kept.outcome != "wrong" and record.outcome == "wrong" for record, kept in pairs),
        gained=sum(kept.outcome == "wrong" and record.outcome != "wrong" for record, kept in pairs),
    )
    for which, must_refuse in (("answerable", False), ("unanswerable", True)):
        of_them = [(r, kept) for r, kept in pairs if r.must_refuse == must_refuse]
        had, have = sum(k.score == 1 for _, k in of_them), sum(r.score == 1 for r, _ in of_them)
        if had - have > (most := allowed(had, which)):
            faults.append(
                f"{have} of {len(of_them)} {which} cases are right, {had} were: at most {most} "
                "may be lost"
            )
    notes = []
    if new := len(records) - len(pairs):
        notes.append(f"{new} cases aren't in the baseline and were not compared")
    if missing := sorted(baseline.cases.keys() - {record.id for record in records}):
        shown = f"{', '.join(missing[:5])}{' …' if len(missing) > 5 else ''}"
        notes.append(
            f"{len(missing)} of the baseline's {len(baseline.cases)} cases weren't asked: {shown}"
        )
    for name, mine, theirs in (
        ("model", run.stamp.model, baseline.model),
        ("documents", run.stamp.corpus_digest, baseline.corpus_digest),
        # A change of these is what is judged.
        ("settings", run.stamp.fingerprint, baseline.fingerprint),
    ):
        if mine != theirs:
            told = f"other {name} than the baseline's: {mine}, was {theirs}"
            if name == "settings" or anyway:
                notes.append(told)
            else:
                faults.append(f"not comparable, {told} (--anyway compares all the same)")
    return Verdict(
        faults=tuple(faults),
        notes=tuple(notes),
        worse=tuple(r.id for r, kept in pairs if r.score < kept.score),
        better=tuple(r.id for r, kept in pairs if r.score > kept.score),
        difference=difference,
    )


def print_verdict(verdict: Verdict, console: Console) -> None:
    """Print what changed, by how much, and why it fails where it does."""
    for note in verdict.notes:
        console.print(f"[dim]{escape(note)}[/]", soft_wrap=True)
    for name, ids in (("worse", verdict.worse), ("better", verdict.better)):
        if ids:
            console.print(f"{name}: {escape(', '.join(ids))}", soft_wrap=True)
    difference = verdict.difference
    console.print(
        f"truthfulness against the baseline: {difference.mean:+.3f} "
        f"({difference.low:+.3f} to {difference.high:+.3f}), {difference.n} cases"
    )
    for fault in verdict.faults:
        console.print(f"[red]regression[/] {escape(fault)}", soft_wrap=True)
    if not verdict.faults:
        console.print("[green]passed[/]")


def _turned(what: str, *, lost: int, gained: int) -> list[str]:
    chance = mcnemar(lost, gained)
    if chance > SIGNIFICANT:
        return []
    return [
        f"fewer answers are {what}: {lost} were and aren't, {gained} the other way "
        f"(by chance: {chance:.3f})"
    ]


def _ours(run: Run) -> Sequence[Record]:
    records = run.of(SYSTEM)
    if not records:
        raise CasesError(f"the run has no answers of {SYSTEM!r}: it has {', '.join(run.systems)}.")
    return records
