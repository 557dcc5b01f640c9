"""Comparisons and the gate: what changed, what fails, and what is only chance."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from eval_doubles import answered, record, run_of, stamp
from rich.console import Console
from scipy.stats import binom

from eval import gate
from eval.cases import KINDS, CasesError, load_cases
from eval.compare import compare, pick, print_comparison, told_apart
from eval.gate import (
    ACCEPTED_LOSS,
    allowed,
    can_be_lost,
    judge_gate,
    load_baseline,
    print_verdict,
    save_baseline,
)
from eval.records import Record, Run
from eval.run import select
from eval.workflow import SEED_CASES
from qa.documents import canonical_text

WORSE = {"outcome": "wrong", "score": -1}
SEED_BASELINE = SEED_CASES.with_suffix(".baseline.json")
SEEDS = tuple((Path(__file__).parent.parent / "seeds").glob("*.txt"))
REFUSED = {"outcome": "refused", "score": 0}


def many(count: int, changed: int = 0, **changes: object) -> tuple[Record, ...]:
    return tuple(record(case_id=f"c{k}", **(changes if k < changed else {})) for k in range(count))


def test_changes_are_listed_worst_first_and_only_those() -> None:
    before = (record(case_id="same"), record(case_id="a"), record(case_id="b", **REFUSED))
    before += (record(case_id="c"), record(case_id="gone"))
    after = (record(case_id="same"), record(case_id="a", **WORSE), record(case_id="b"))
    after += (record(case_id="c", answer=answered("That cat [1]").to_dict()),)
    after += (record(case_id="new"),)
    found = compare(before, after, ("old", "new"))
    assert [(c.first.id, c.verdict) for c in found.changes] == [
        ("a", "worse"),
        ("b", "better"),
        ("c", "other words"),
    ]
    assert found.cases == 4
    assert found.left_out == ("gone", "new")
    differences = {name: interval for name, interval, _ in found.differences}
    assert differences["truthfulness"].mean == pytest.approx((-2 + 1) / 4)
    assert "citation precision" not in differences


def test_a_case_that_asks_something_else_now_is_not_compared() -> None:
    before, after = (
        (record(), record(case_id="x")),
        (record(question="Who lay?"), record(case_id="x")),
    )
    assert compare(before, after, ("qa", "qa")).left_out == ("f1",)
    with pytest.raises(CasesError, match="no case in common"):
        compare(before[:1], after[:1], ("qa", "qa"))


def test_systems_are_picked_by_name_or_by_what_both_have() -> None:
    both, ours = run_of(record("qa"), record("copy")), run_of(record("qa"))
    other = run_of(record("abstain"))
    assert pick(both, ours, []) == [("qa", "qa")]
    assert pick(ours, other, []) == [("qa", "abstain")]
    assert pick(both, both, ["qa", "copy"]) == [("qa", "copy")]
    assert pick(both, both, ["copy"]) == [("copy", "copy")]
    for runs, names in (((both, other), []), ((ours, ours), ["copy"]), ((ours, ours), ["a"] * 3)):
        with pytest.raises(CasesError):
            pick(*runs, names)


def test_a_comparison_is_printed_with_what_is_more_than_chance() -> None:
    console = Console(file=io.StringIO(), width=200)
    before, after = many(20), many(20, 10, **WORSE)
    hostile = record(case_id="h", question="[red]Who?")
    print_comparison(compare((*before, hostile), (*after, hostile), ("a", "b")), console)
    print_comparison(compare(before, before, ("a", "b")), console)
    assert isinstance(console.file, io.StringIO)
    text = " ".join(console.file.getvalue().split())
    assert "truthfulness │ -0.952" in text
    assert "more than chance" in text
    assert "10 cases changed" in text
    assert "No case changed." in text


def test_one_changed_case_is_no_more_than_chance() -> None:
    console = Console(file=io.StringIO(), width=200)
    print_comparison(compare(many(1), many(1, 1, **WORSE), ("a", "b")), console)
    print_comparison(compare(many(40), many(40, 4, **WORSE), ("a", "b")), console)
    assert isinstance(console.file, io.StringIO)
    assert "more than chance" not in console.file.getvalue()


def test_what_two_runs_were_made_with_is_told_where_it_differs() -> None:
    one = stamp(versions={"python": "3.11", "numpy": "2.0"})
    assert told_apart(one, one) == []
    assert told_apart(one, stamp("copy", versions={"python": "3.12", "numpy": "2.0"})) == [
        "other version, python: 3.11 → 3.12"
    ]
    changes = {"corpus_digest": "9", "model": "other", "fingerprint": "def", "code_digest": "8"}
    assert told_apart(stamp(), stamp(**changes)) == [
        "other documents: 2 → 9",
        "other model: scripted → other",
        "other settings: abc → def",
        "other code: 3 → 8",
    ]


@pytest.fixture
def baseline(tmp_path: Path) -> Path:
    path = tmp_path / "seed.baseline.json"
    save_baseline(run_of(*many(40)), path)
    return path


def test_the_same_answers_pass(baseline: Path) -> None:
    verdict = judge_gate(run_of(*many(40)), load_baseline(baseline))
    assert (verdict.faults, verdict.notes, verdict.worse) == ((), (), ())


def test_a_few_changed_answers_are_told_but_are_no_regression(baseline: Path) -> None:
    for count in (1, 4):
        verdict = judge_gate(run_of(*many(40, count, **WORSE)), load_baseline(baseline))
        assert verdict.faults == ()
        assert verdict.worse == tuple(f"c{k}" for k in range(count))


def test_changes_either_way_are_no_regression(tmp_path: Path) -> None:
    path = tmp_path / "seed.baseline.json"
    save_baseline(run_of(*many(40, 8, **WORSE)), path)
    moved = (*many(40)[:8], *(record(case_id=f"c{k}", **WORSE) for k in range(8, 18)))
    assert judge_gate(run_of(*moved), load_baseline(path)).faults == ()
    worse = (*moved[:2], *(record(case_id=f"c{k}", **WORSE) for k in range(2, 20)))
    faults = judge_gate(run_of(*worse), load_baseline(path)).faults
    assert [fault.split(":")[0] for fault in faults] == [
        "fewer answers are right",
        "fewer answers are not wrong",
        "2 of 20 answerable cases are right, 12 were",
    ]


def test_the_verdict_is_printed(baseline: Path) -> None:
    console = Console(file=io.StringIO(), width=200)
    passed = judge_gate(run_of(*many(40, 1, **WORSE)), load_baseline(baseline))
    print_verdict(passed, console)
    assert isinstance(console.file, io.StringIO)
    assert "worse: c0" in console.file.getvalue()
    assert "-0.050" in console.file.getvalue()
    assert console.file.getvalue().endswith("passed\n")
    run = run_of(*many(40, 1, faults=("citation [1] quotes [red]",)), model="[other]")
    print_verdict(judge_gate(run, load_baseline(baseline), anyway=True), console)
    assert "other model than the baseline's: [other], was scripted" in console.file.getvalue()
    assert console.file.getvalue().endswith("regression c0: citation [1] quotes [red]\n")


@pytest.mark.parametrize(
    ("run", "named"),
    [
        (run_of(*many(40, 8, **WORSE)), "fewer answers are right: 8 were and aren't, 0"),
        (run_of(*many(40, 8, **WORSE)), "fewer answers are not wrong: 8 were and aren't, 0"),
        (run_of(*many(40, 6, **REFUSED)), "fewer answers are right: 6 were and aren't, 0"),
        (run_of(*many(40, 1, faults=("citation [1] quotes",))), "c0: citation [1] quotes"),
        (run_of(*many(40, 1, error="down", answer=None)), "c0 failed: down"),
    ],
)
def test_regressions_and_inexact_citations_fail(baseline: Path, run: Run, named: str) -> None:
    verdict = judge_gate(run, load_baseline(baseline))
    assert any(fault.startswith(named) for fault in verdict.faults), verdict.faults


def test_what_differs_besides_is_noted(baseline: Path) -> None:
    run = run_of(*many(40), record(case_id="new"), model="other", fingerprint="def")
    verdict = judge_gate(run, load_baseline(baseline), anyway=True)
    assert verdict.faults == ()
    assert [note.split()[0] for note in verdict.notes] == ["1", "other", "other"]
    reworded = run_of(*many(39), record(case_id="c39", question="Who lay?", **WORSE))
    verdict = judge_gate(reworded, load_baseline(baseline))
    assert (verdict.worse, verdict.difference.n, len(verdict.notes)) == ((), 39, 1)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"model": "other"}, "other model than the baseline's: other, was scripted"),
        ({"corpus_digest": "9"}, "other documents than the baseline's: 9, was 2"),
    ],
)
def test_what_cannot_be_compared_fails_unless_asked_for(
    baseline: Path, changes: dict[str, str], named: str
) -> None:
    run, held = run_of(*many(40), **changes), load_baseline(baseline)
    (fault,) = judge_gate(run, held).faults
    assert fault == f"not comparable, {named} (--anyway compares all the same)"
    verdict = judge_gate(run, held, anyway=True)
    assert (verdict.faults, verdict.notes) == ((), (named,))
    # Settings are what a change may change.
    assert judge_gate(run_of(*many(40), fingerprint="def"), held).faults == ()


UNANSWERABLE: dict[str, Any] = {"kind": "unanswerable", "must_refuse": True, "outcome": "refused"}


@pytest.fixture
def slice_of_twelve(tmp_path: Path) -> Path:
    path = tmp_path / "slice.json"
    save_baseline(run_of(*twelve(0, 0)), path)
    return path


def twelve(wrong: int, answered_after_all: int, **lost: Any) -> tuple[Record, ...]:
    told = tuple(record(case_id=f"u{k}", **UNANSWERABLE) for k in range(answered_after_all, 3))
    invented = (
        record(case_id=f"u{k}", **(UNANSWERABLE | WORSE)) for k in range(answered_after_all)
    )
    return (*many(9, wrong, **(lost or WORSE)), *told, *invented)


@pytest.mark.parametrize(
    ("records", "named"),
    [
        (twelve(0, 0), None),
        (twelve(2, 0), None),
        (twelve(1, 1), None),
        (twelve(3, 0), "6 of 9 answerable cases are right, 9 were: at most 2 may be lost"),
        (twelve(3, 0, **REFUSED), "6 of 9 answerable cases are right"),
        # What refuses everything, and what answers everything.
        (twelve(9, 0, **REFUSED), "0 of 9 answerable cases are right"),
        (twelve(0, 2), "1 of 3 unanswerable cases are right, 3 were: at most 1 may be lost"),
        (twelve(0, 3), "0 of 3 unanswerable cases are right"),
    ],
)
def test_a_slice_of_twelve_stops_what_is_broken(
    slice_of_twelve: Path, records: tuple[Record, ...], named: str | None
) -> None:
    faults = judge_gate(run_of(*records), load_baseline(slice_of_twelve)).faults
    assert bool(faults) == bool(named), faults
    assert named is None or any(fault.startswith(named) for fault in faults), faults


def test_what_the_gate_says_of_slices_is_so() -> None:
    said = gate.__doc__ or ""
    for size, answerable, unanswerable in ((12, 9, 3), (16, 10, 6)):
        (line,) = [line for line in said.splitlines() if line.startswith(f"{size} cases")]
        assert f"({answerable} and {unanswerable})" in line
        told = [float(word) for word in line.split() if word.startswith(".")]
        most = allowed(answerable, "answerable"), allowed(unanswerable, "unanswerable")
        passes = [
            binom.cdf(most[0], answerable, lost) * binom.cdf(most[1], unanswerable, lost)
            for lost in (0.05, 0.1, 0.2, 0.3, 0.5)
        ]
        assert told == pytest.approx([1 - chance for chance in passes], abs=0.006)


def test_no_change_as_harmless_as_those_accepted_is_stopped_often() -> None:
    for which, lost in ACCEPTED_LOSS.items():
        for right in range(1, 200):
            assert binom.sf(allowed(right, which), right, lost) <= 0.025
            # Nor is more allowed than that takes.
            assert binom.sf(allowed(right, which) - 1, right, lost) > 0.025
        assert allowed(0, which) == 0


def test_the_slice_of_the_committed_baseline_is_of_every_kind_and_was_right() -> None:
    held = load_baseline(SEED_BASELINE)
    suite = load_cases(SEED_CASES, {p.name: canonical_text(p.read_text("utf-8")) for p in SEEDS})
    could = [case for case in suite if can_be_lost(case, held)]
    for limit, answerable in ((12, 9), (16, 10)):
        chosen = select(could, limit=limit)
        assert {case.kind for case in chosen} == set(KINDS) - {"injection"}
        assert sum(not case.must_refuse for case in chosen) == answerable
        assert {held.cases[case.id].score for case in chosen} == {1}
        assert not any(case.added for case in chosen)


def test_cases_of_the_baseline_that_were_not_asked_are_noted(baseline: Path) -> None:
    (note,) = judge_gate(run_of(*many(1)), load_baseline(baseline)).notes
    assert note == "39 of the baseline's 40 cases weren't asked: c1, c10, c11, c12, c13 …"
    (note,) = judge_gate(run_of(*many(39)), load_baseline(baseline)).notes
    assert note.endswith("weren't asked: c39")


def test_the_committed_baseline_is_read() -> None:
    path = Path(__file__).parent.parent / "eval" / "cases" / "seed.baseline.json"
    assert len(load_baseline(path).cases) >= 150


def test_a_slice_is_judged_by_its_own_cases(baseline: Path) -> None:
    assert judge_gate(run_of(*many(5)), load_baseline(baseline)).difference.n == 5
    new = (record(case_id=name) for name in ("c0", "x", "y"))
    with pytest.raises(CasesError, match="has 1 of these 3 cases"):
        judge_gate(run_of(*new), load_baseline(baseline))
    with pytest.raises(CasesError, match="no answers of 'qa'"):
        judge_gate(run_of(record("copy")), load_baseline(baseline))


def test_a_bad_run_can_be_no_baseline_and_a_missing_one_says_how_to_write_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "b.json"
    with pytest.raises(CasesError, match="can't be a baseline"):
        save_baseline(run_of(record(faults=("x",))), path)
    with pytest.raises(CasesError, match="gate --write"):
        load_baseline(path)
    path.write_text("{}")
    with pytest.raises(CasesError, match=r"b\.json"):
        load_baseline(path)
