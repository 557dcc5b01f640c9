"""Runs put together: whose answers are whose, and what doesn't compare."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from eval_doubles import record, run_of
from rich.console import Console

from eval.cases import CasesError
from eval.merge import merge_runs
from eval.page import page_html
from eval.records import Run
from eval.terminal import print_run

OURS, PEERS = Path("ours.json"), Path("peers.json")


def shown(run: Run) -> str:
    console = Console(file=io.StringIO(), width=250)
    print_run(run, console)
    assert isinstance(console.file, io.StringIO)
    return " ".join(console.file.getvalue().split())


def test_systems_of_several_runs_stand_side_by_side() -> None:
    ours = run_of(record("qa"), code_digest="new")
    peers = run_of(record("copy", outcome="wrong", score=-1), record("abstain"), code_digest="old")
    run = merge_runs([(OURS, ours), (PEERS, peers)])
    assert run.systems == ("qa", "copy", "abstain")
    assert [r.outcome for r in run.of("copy")] == ["wrong"]
    text = shown(run)
    assert "fact │ 1 │ 1 / 0 / 0 │ 0 / 1 / 0 │ 1 / 0 / 0" in text
    assert "qa from ours.json: scripted · settings abc · code new" in text
    assert "copy, abstain from peers.json: scripted · settings abc · code old" in text
    page = page_html(run)
    assert "copy, abstain from peers.json" in page
    assert page.count('class="case"') == 1


def test_one_run_is_left_as_it_is() -> None:
    run = run_of(record())
    assert merge_runs([(OURS, run)]) is run
    assert run.apart() == ""
    assert "from ours.json" not in shown(run)


def test_a_system_that_occurs_twice_is_named_by_its_run() -> None:
    monday, tuesday = run_of(record("qa"), record("copy")), run_of(record("qa", outcome="refused"))
    run = merge_runs([(Path("a|b=c.json"), monday), (Path("t.json"), tuesday)])
    assert run.systems == ("qa (a-b-c)", "copy", "qa (t)")
    assert [r.outcome for r in run.of("qa (t)")] == ["refused"]
    again = merge_runs([(Path(f"{day}/run.json"), monday) for day in ("mo", "tu", "we")])
    assert again.systems[::2] == ("qa (run)", "qa (run) 2", "qa (run) 3")
    page = page_html(merge_runs([(Path(f"{k}.json"), monday) for k in range(5)]))
    # The style has seven colours.
    assert "name s6" in page
    assert "s7" not in page
    assert "name s2" in page.partition("4.json")[2]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"suite_digest": "9"}, r"other cases \(9, was 1\)"),
        ({"corpus_digest": "8"}, r"other documents \(8, was 2\)"),
    ],
)
def test_runs_of_other_cases_or_documents_are_refused(changes: dict[str, str], named: str) -> None:
    runs = [(OURS, run_of(record())), (PEERS, run_of(record("copy"), **changes))]
    with pytest.raises(CasesError, match=rf"peers\.json can't stand beside ours\.json: {named}"):
        merge_runs(runs)


def test_latency_says_where_it_does_not_compare() -> None:
    here = {"processor": "A", "model threads": "2"}
    runs = [
        (OURS, run_of(record(), machine=here)),
        (PEERS, run_of(record("copy"), machine=here | {"model threads": "1"})),
    ]
    apart = "not comparable between the runs, with other model threads"
    run = merge_runs(runs)
    assert run.apart() == apart
    assert apart in shown(run)
    assert page_html(run).count(apart) == 2
    same = merge_runs([runs[0], (PEERS, run_of(record("copy"), machine=here))])
    assert "separate runs on one machine" in same.apart()
    assert "separate runs on one machine" in page_html(same)
