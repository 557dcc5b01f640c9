"""The commands end to end, with a model-free embedder and no language model."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eval_doubles import run_of
from typer.testing import CliRunner

from eval import __main__ as command_line
from eval.decisions import Decision, judged_apart
from eval.records import Record, Seconds, load_run, save_run
from eval.workflow import SEED_CASES
from qa import Settings
from qa.checking.claims import Signals, YesNoSignals
from qa.checking.yes_no import weigh
from qa.cli import app as qa_app
from qa.llms import Message, ScriptedChatModel
from qa.settings import SupportModel, YesNoModel
from qa.verification import support

TIDE = "The tide is high at noon."
TEXT = f"{TIDE}\n\nBoats leave the harbour at one on May 2, in any weather at all.\n"


@pytest.fixture
def suite(tmp_path: Path, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QA_EMBEDDING__MODEL", "hashing")
    monkeypatch.setenv("QA_LLM", "none")
    write({"tides.txt": TEXT})
    about = {"document": "tides.txt"}
    records = [
        {"id": "f1", "question": "When is the tide high?", "kind": "date", "gold": "noon", **about}
        | {"quote": "The tide is high at noon."},
        {"id": "u1", "question": "Who painted Guernica?", "kind": "unanswerable", **about},
        {"id": "d1", "question": "Who?", "kind": "unanswerable", "accepted": False, **about},
    ]
    path = tmp_path / "cases.jsonl"
    path.write_text("\n".join(map(json.dumps, records)), "utf-8")
    return path


def exit_code(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        command_line.main([str(argument) for argument in arguments])
    assert isinstance(caught.value.code, int)
    return caught.value.code


def run(suite: Path, *more: object, name: str = "out.json") -> Path:
    out = suite.with_name(name)
    documents = suite.with_name("documents")
    assert exit_code("run", suite, "--library", documents, "--json", out, *more) == 0
    return out


def test_a_run_writes_figures_page_and_no_journal(
    suite: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = run(suite, "--systems", "qa,copy,abstain")
    content = json.loads(out.read_text("utf-8"))
    assert [(r["system"], r["id"]) for r in content["records"]] == [
        (system, case) for system in ("qa", "copy", "abstain") for case in ("f1", "u1")
    ]
    outcomes = [r["outcome"] for r in content["records"]]
    assert outcomes[2:] == ["correct", "wrong", "refused", "refused"]
    assert "<!doctype html>" in out.with_suffix(".html").read_text("utf-8")
    assert not out.with_name("out.json.journal").exists()
    captured = capsys.readouterr()
    assert "truthfulness" in captured.out
    assert "1 drafted cases are left out" in " ".join(captured.err.split())


def test_names_are_given_again_or_with_commas_and_files_by_either_name(suite: Path) -> None:
    with_commas = run(suite, "--systems", "copy,abstain", "--kinds", "date, unanswerable")
    again = ("--system", "copy", "--systems", "abstain", "--kind", "date", "--kind", "unanswerable")
    out, documents = suite.with_name("b.json"), suite.with_name("documents")
    assert exit_code("run", suite, "--library", documents, "--out", out, *again) == 0
    first, second = (load_run(file) for file in (with_commas, out))
    assert first.systems == second.systems == ("copy", "abstain")
    asked = [[(r.system, r.id) for r in found.records] for found in (first, second)]
    assert asked[0] == asked[1]
    assert len(asked[0]) == 4
    only = run(suite, "--kind", "date", "--systems", "copy,abstain", name="c.json")
    assert [r.id for r in load_run(only).of("copy")] == ["f1"]
    for given in (("--systems", "copy,abstain"), ("--system", "copy", "--system", "abstain")):
        assert exit_code("compare", with_commas, out, *given) == 0
    assert exit_code("run", suite, "--library", documents, "--systems", " , ") == 2


def test_the_default_place_is_under_qa_home(
    suite: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    documents = suite.with_name("documents")
    assert exit_code("run", suite, "--library", documents, "--kind", "date") == 0
    (kept,) = (tmp_path / "home" / "eval" / "runs").glob("*.json")
    assert kept.name == "run-cases.json"
    assert str(kept) in "".join(capsys.readouterr().err.split("\n"))
    assert len(json.loads(kept.read_text("utf-8"))["records"]) == 1


def test_runs_are_reported_again_and_compared(
    suite: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = run(suite), run(suite, "--systems", "copy", name="b.json")
    first.with_suffix(".html").unlink()
    assert exit_code("report", first) == 0
    assert first.with_suffix(".html").is_file()
    capsys.readouterr()
    assert exit_code("report", first, second) == 0
    assert "qa from out.json" in " ".join(capsys.readouterr().out.split())
    assert "copy" in first.with_name("out.and-1-more.html").read_text("utf-8")
    assert "copy" not in first.with_suffix(".html").read_text("utf-8")
    other = run(suite, "--kind", "date", name="c.json")
    assert exit_code("report", first, other) == 2
    assert "other cases" in " ".join(capsys.readouterr().err.split())
    assert exit_code("compare", first, second) == 0
    assert "qa → copy" in capsys.readouterr().out
    assert exit_code("compare", first, second, "--systems", "llamaindex") == 2


def test_the_gate_holds_a_run_to_its_baseline(
    suite: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, baseline = run(suite), suite.with_name("baseline.json")
    arguments = ("gate", "--baseline", baseline, "--run", out)
    assert exit_code(*arguments) == 2
    assert "gate --write" in " ".join(capsys.readouterr().err.split())
    assert exit_code(*arguments, "--write") == 0
    assert exit_code(*arguments) == 0
    assert "passed" in capsys.readouterr().out
    content = json.loads(out.read_text("utf-8"))
    content["records"][0]["faults"] = ["citation [1] quotes something else"]
    out.write_text(json.dumps(content), "utf-8")
    assert exit_code(*arguments) == 1
    assert "regression" in capsys.readouterr().out
    assert exit_code("gate", "--write", "--limit", 3) == 2
    content["records"][0]["faults"] = []
    content["stamp"]["model"] = "another"
    out.write_text(json.dumps(content), "utf-8")
    assert exit_code(*arguments) == 1
    assert "not comparable, other model" in " ".join(capsys.readouterr().out.split())
    assert exit_code(*arguments, "--anyway") == 0


def test_a_slice_is_no_baseline(suite: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, baseline = suite.with_name("slice.json"), suite.with_name("baseline.json")
    assert exit_code("run", "--limit", 3, "--json", out) == 0
    assert exit_code("gate", "--baseline", baseline, "--run", out, "--write") == 2
    assert "needs every case" in " ".join(capsys.readouterr().err.split())
    assert not baseline.exists()


def test_a_slice_of_the_gate_asks_what_the_baseline_had_right(suite: Path) -> None:
    out, held = suite.with_name("g.json"), SEED_CASES.with_suffix(".baseline.json")
    # No model answers here: too few are right, and the model is another.
    assert exit_code("gate", "--limit", 12, "--json", out) == 1
    records = json.loads(out.read_text("utf-8"))["records"]
    assert len(records) == len({r["kind"] for r in records}) == 12
    assert {json.loads(held.read_text("utf-8"))["cases"][r["id"]]["score"] for r in records} == {1}


def test_the_seed_suite_runs_on_the_seeds(suite: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("run", "--systems", "abstain", "--json", suite.with_name("s.json")) == 0
    records = json.loads(suite.with_name("s.json").read_text("utf-8"))["records"]
    assert len(records) >= 150
    assert {r["outcome"] for r in records} == {"refused"}


def test_our_suites_are_run_by_name(suite: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = suite.with_name("a.json")
    arguments = ("run", "attacks", "--systems", "abstain,copy", "--limit", 10, "--json", out)
    assert exit_code(*arguments) == 0
    records = json.loads(out.read_text("utf-8"))["records"]
    hostile = [r for r in records if r["kind"] == "injection"]
    assert {r["attacked"] for r in hostile if r["system"] == "abstain"} == {False}
    assert {r["attacked"] for r in records if r["kind"] != "injection"} == {None}
    shown = capsys.readouterr().out
    assert "attack succeeded" in shown
    # In the terminal a narrow column may break it.
    assert "look hostile" in out.with_suffix(".html").read_text("utf-8")
    assert "attacked" in out.with_suffix(".html").read_text("utf-8")


def test_a_suite_may_bring_its_own_library(
    suite: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(suite.parent)
    out = suite.with_name("e.json")
    arguments = ("run", "everyday", "--systems", "copy", "--limit", 10, "--json", out)
    assert exit_code(*arguments) == 0
    records = json.loads(out.read_text("utf-8"))["records"]
    cited = {c["document"] for r in records for c in r["answer"]["citations"]}
    assert len(cited) > 2
    assert "tides.txt" not in cited
    # A folder that is named goes before the suite's own.
    assert exit_code(*arguments, "--library", suite.with_name("documents")) == 2
    assert "isn't in the library" in " ".join(capsys.readouterr().err.split())


def test_public_suites_are_one_library_of_all_passages(suite: Path, tmp_path: Path) -> None:
    qas = [
        {"id": "1", "question": "When is the tide high?", "is_impossible": False}
        | {"answers": [{"text": "noon", "answer_start": 20}]},
        {"id": "2", "question": "Who painted Guernica?", "is_impossible": True, "answers": []},
    ]
    paragraph = {"context": "The tide is high at noon.", "qas": qas}
    squad = suite.with_name("squad.json")
    squad.write_text(json.dumps({"data": [{"title": "tides", "paragraphs": [paragraph]}]}))
    out = suite.with_name("out.json")
    assert exit_code("squad", "--data", squad, "--sample", 2, "--json", out) == 0
    (folder,) = (tmp_path / "home" / "eval").glob("squad-*")
    assert (folder / "tides.txt").read_text("utf-8") == "tides\n\nThe tide is high at noon.\n"
    records = json.loads(out.read_text("utf-8"))["records"]
    assert [r["must_refuse"] for r in records] == [False, True]
    for command in ("squad", "squad-paragraphs"):
        assert exit_code(command, "--data", squad, "--sample", 2, "--systems", "abstain") == 0
    kept = (tmp_path / "home" / "eval" / "runs").glob("*.json")
    assert {path.name for path in kept} == {"squad-squad.json", "squad-paragraphs-squad.json"}
    assert list((tmp_path / "home" / "eval").glob("squad-paragraphs-*/tides_001.txt"))
    nq = suite.with_name("nq.jsonl")
    lines = [
        {"question": "when is the tide high", "answers": ["noon"], "title": "Tide"}
        | {"text": "The tide is high at noon."},
        {"question": "who paints", "answers": ["Ada"], "title": "Art", "text": "Ada paints."},
    ]
    nq.write_text("\n".join(map(json.dumps, lines)))
    arguments = ("nq", "--data", nq, "--sample", 2, "--json", suite.with_name("nq.json"))
    assert exit_code(*arguments, "--unanswerable", 1) == 0
    assert exit_code(*arguments, "--unanswerable", 3) == 2


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["run", "nowhere.jsonl"], "nowhere.jsonl"),
        (["run", "--kind", "trivia"], "'trivia'"),
        (["run", "--systems", "ragas"], "'ragas'"),
        (["run", "--systems", "closed-book"], "needs a language model"),
        (["run", "--library", "no/such/folder"], "no/such/folder"),
        (["run", "--systems", "abstain", "--json", "file/out.json"], "out.json"),
        (["compare", "a.json", "b.json"], "a.json"),
        (["draft", "documents"], "needs a language model"),
        (["draft", "documents", "--llm", "embedded", "--out", "cases.jsonl"], "there already"),
        (["squad", "--data", "cases.jsonl"], "cases.jsonl"),
    ],
)
def test_what_cannot_be_done_exits_with_2_and_a_reason(
    suite: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], names: str
) -> None:
    suite.with_name("file").write_text("")
    assert exit_code(*arguments) == 2
    error = " ".join(capsys.readouterr().err.split())
    assert "error:" in error
    assert names in error
    assert "Traceback" not in error


def test_drafting_and_benchmarks_reach_the_model(
    suite: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def script(messages: Sequence[Message]) -> str:
        if "three lines" in messages[0].content:
            return "Question: When do boats leave the harbour?\nAnswer: May 2\nNear miss: Who?"
        return "NOT STATED"

    def opened(*_: Any) -> ScriptedChatModel:
        return ScriptedChatModel(script)

    monkeypatch.setattr(command_line, "open_chat_model", opened)
    out = suite.with_name("drafted.jsonl")
    assert exit_code("draft", suite.with_name("documents"), "--out", out) == 0
    assert "1 date, 1 unanswerable" in " ".join(capsys.readouterr().out.split())

    class Plain:
        def encode(self, *_: Any, **__: Any) -> None:
            """Embed nothing."""

    monkeypatch.setattr(command_line, "plain_model", lambda _: Plain())
    timings = suite.with_name("bench.json")
    documents = suite.with_name("documents")
    assert exit_code("bench", "--library", documents, "--size", 20, "--json", timings) == 0
    whats = [t["what"] for t in json.loads(timings.read_text("utf-8"))["timings"]]
    assert whats[0] == "embed sentences"
    assert "answer, whole" in whats


def test_an_inexact_citation_of_ours_exits_with_1(
    suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eval.run.quote_faults", lambda *_: ("citation [1] quotes wrongly",))
    arguments = ("run", suite, "--library", suite.with_name("documents"))
    assert exit_code(*arguments, "--json", suite.with_name("a.json")) == 1
    theirs = ("--systems", "copy", "--json", suite.with_name("b.json"))
    assert exit_code(*arguments, *theirs) == 0


def test_an_interruption_says_how_to_go_on(
    suite: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("eval.workflow.run_suite", interrupted)
    documents = suite.with_name("documents")
    assert exit_code("run", suite, "--library", documents) == 130
    assert "goes on from here" in " ".join(capsys.readouterr().err.split())
    assert "raceback" not in capsys.readouterr().err


def test_qa_eval_forwards_everything(suite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = suite.with_name("out.json")
    documents = str(suite.with_name("documents"))
    arguments = ["eval", "run", str(suite), "--library", documents, "--json", str(out)]
    result = CliRunner().invoke(qa_app, arguments)
    assert result.exit_code == 0, result.output
    assert out.is_file()
    usage = CliRunner().invoke(qa_app, ["eval", "--help"])
    assert "qa eval" in usage.output
    assert "draft" in usage.output


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("--help") == 0
    shown = capsys.readouterr().out
    for name in ("run", "squad", "nq", "report", "compare", "gate", "draft", "bench"):
        assert name in shown


def calibration_run(path: Path, rights: Sequence[bool]) -> Path:
    """A run whose drafts were right as told, and the better checked the righter."""
    records = [
        Record(
            system="qa-unverified",
            id=str(number),
            kind="fact",
            question=f"Which is number {number}?",
            must_refuse=False,
            outcome="correct" if right else "wrong",
            score=1 if right else -1,
            seconds=Seconds(total=1.0),
            candidate="correct" if right else "wrong",
            answer={
                "claims": [
                    {
                        "signals": {
                            "check": 0.9 if right else 0.2,
                            "confidence": None,
                            "similarity": 0.5,
                            "names": 1.0,
                            "numbers": 1.0,
                            "polarity": 1.0,
                            "verbatim": 1.0,
                            "whole": 1.0,
                        }
                    }
                ]
            },
        )
        for number, right in enumerate(rights)
    ]
    save_run(run_of(*records), {}, path)
    return path


def test_calibration_prints_settings_that_can_be_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_file = calibration_run(tmp_path / "run.json", [True, False] * 60)
    assert exit_code("calibrate", run_file, "--risk", "0.1") == 0
    out, notes = capsys.readouterr()
    notes = " ".join(notes.split())
    assert "fitted to 60 claims" in notes
    assert "60 claims, 30 right" in notes
    assert "30 of the 30 right ones" in notes
    assert "one weighed claim of the first reading" in notes
    (tmp_path / "qa.toml").write_text(out)
    monkeypatch.chdir(tmp_path)
    settings = Settings.load()
    assert settings.verification.model.check > 1
    assert 0.5 < settings.verification.threshold < 1
    # The threshold was tested with the support that is printed.
    weak, sure = (Signals(check, None, *[1.0] * 6) for check in (0.2, 0.9))
    weak, sure = replace(weak, similarity=0.5), replace(sure, similarity=0.5)
    given = [support(s, settings.verification.model) for s in (weak, sure)]
    assert given[0] < settings.verification.threshold <= given[1] < 1
    assert given[1] - settings.verification.threshold < 0.001
    # The weights that are in use may be kept: support then rests on no claim of the run.
    (tmp_path / "qa.toml").write_text(re.sub(r"check = .*", "check = 9.87", out))
    assert exit_code("calibrate", run_file, "--risk", "0.1", "--keep") == 0
    kept, notes = capsys.readouterr()
    assert "60 of the 60 right ones" in " ".join(notes.split())
    assert "fitted to" not in notes
    assert "check = 9.87\n" in kept


def test_too_few_claims_promise_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_file = calibration_run(tmp_path / "run.json", [True, False] * 10)
    assert exit_code("calibrate", run_file, "--risk", "0.05") == 0
    out, notes = capsys.readouterr()
    assert "No threshold" in notes
    assert "threshold" not in out


def test_claims_that_are_all_alike_calibrate_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_file = calibration_run(tmp_path / "run.json", [True] * 5)
    assert exit_code("calibrate", run_file) == 2
    assert "5 claims" in capsys.readouterr().err


def test_one_wrong_claim_calibrates_no_weights(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_file = calibration_run(tmp_path / "run.json", [True] * 19 + [False])
    assert exit_code("calibrate", run_file) == 2
    assert "give --keep" in " ".join(capsys.readouterr().err.split())
    assert exit_code("calibrate", run_file, "--keep") == 0


YES_NO = {
    "Yes": {"yes": 0.97, "no": 0.02, "unclear": 0.01, "drafted_yes": 0.9, "drafted_no": 0.1},
    "No": {"yes": 0.1, "no": 0.89, "unclear": 0.01, "drafted_yes": 0.3, "drafted_no": 0.7},
    "": {"yes": 0.6, "no": 0.2, "unclear": 0.2, "drafted_yes": 0.7, "drafted_no": 0.1},
}


def yes_no_run(path: Path, count: int) -> Path:
    """A run with so many questions for yes or no of each outcome, beside other claims."""
    run = load_run(calibration_run(path, [True, False] * 60))
    decided = [
        run.records[0].model_copy(
            update={
                "id": f"{gold}-{number}",
                "question": f"Is {gold}{number} so?",
                "gold": ((gold,),) if gold else (),
                "must_refuse": not gold,
                "answer": {"claims": [{"signals": signals}]},
            }
        )
        for gold, signals in YES_NO.items()
        for number in range(count)
    ]
    save_run(run_of(*run.records, *decided), {}, path)
    return path


def test_calibration_fits_yes_or_no_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_file = yes_no_run(tmp_path / "run.json", 11)
    assert exit_code("calibrate", run_file) == 0
    out, notes = capsys.readouterr()
    assert "Yes or no is fitted to 33 questions" in " ".join(notes.split())
    assert "yes or no and what is computed (33)" in " ".join(notes.split())
    (tmp_path / "qa.toml").write_text(out)
    monkeypatch.chdir(tmp_path)
    fitted = Settings.load().verification.yes_no
    assert fitted != YesNoModel()
    assert weigh(YesNoSignals(**YES_NO["Yes"]), fitted)[0] == "Yes"
    # What is in use is kept where that is asked for, and where too few would fit it.
    assert exit_code("calibrate", run_file, "--keep") == 0
    kept, notes = capsys.readouterr()
    assert f"yes = {fitted.yes}\n" in kept
    assert "Yes or no" not in notes
    assert exit_code("calibrate", yes_no_run(tmp_path / "few.json", 9)) == 0
    kept, notes = capsys.readouterr()
    assert "9 open, 9 yes, 9 no" in " ".join(notes.split())
    assert "Yes or no is fitted" not in notes
    assert f"yes = {fitted.yes}\n" in kept


def test_yes_or_no_is_judged_by_documents_where_there_are_many(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_file = yes_no_run(tmp_path / "run.json", 22)
    records = load_run(run_file).records
    grouped = [
        record.model_copy(update={"group": f"{place % 20}.md"})
        for place, record in enumerate(records)
    ]
    for each, left_out in ((records, "question"), (grouped, "document")):
        save_run(run_of(*each), {}, run_file)
        assert exit_code("calibrate", run_file) == 0
        _, notes = capsys.readouterr()
        assert f"By weights without each one’s {left_out}" in " ".join(notes.split())


def test_yes_or_no_is_judged_at_the_threshold_that_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[float] = []

    def judged(decisions: Sequence[Decision], threshold: float) -> dict[str, float]:
        seen.append(threshold)
        return judged_apart(decisions, threshold)

    monkeypatch.setattr("eval.__main__.judged_apart", judged)
    run_file = yes_no_run(tmp_path / "run.json", 11)
    assert exit_code("calibrate", run_file, "--risk", "0.6") == 0
    out, _ = capsys.readouterr()
    (threshold,) = seen
    assert f"threshold = {threshold:.3f}\n" in out
    assert threshold != Settings().verification.threshold


def test_what_cannot_be_judged_apart_is_fitted_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Without one question there are nine.
    assert exit_code("calibrate", yes_no_run(tmp_path / "ten.json", 10)) == 0
    out, notes = capsys.readouterr()
    told = " ".join(notes.split())
    assert "fitted to 30 questions" in told
    assert "isn’t known: without one question, yes-no questions: 9 open, 10 yes, 10 no" in told
    assert "are kept" not in told
    assert f"yes = {YesNoModel().yes}\n" not in out


def test_questions_for_yes_or_no_alone_can_be_calibrated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = load_run(yes_no_run(tmp_path / "run.json", 11))
    asked = [record for record in whole.records if record.question.endswith(" so?")]
    save_run(run_of(*asked), {}, tmp_path / "run.json")
    assert exit_code("calibrate", tmp_path / "run.json") == 0
    out, notes = capsys.readouterr()
    assert "Support and its threshold are kept: 0 claims" in " ".join(notes.split())
    assert f"intercept = {SupportModel().intercept}\n" in out
    assert f"yes = {YesNoModel().yes}\n" not in out
    # Where only a threshold is wanted, there is nothing to tell.
    assert exit_code("calibrate", tmp_path / "run.json", "--keep") == 2
    assert "0 claims" in capsys.readouterr().err


def test_the_suite_for_reporting_calibrates_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_file = calibration_run(tmp_path / "run.json", [True, False] * 60)
    content = json.loads(run_file.read_text("utf-8"))
    content["stamp"]["suite"] = "everyday"
    run_file.write_text(json.dumps(content), "utf-8")
    assert exit_code("calibrate", run_file) == 2
    assert exit_code("calibrate", run_file, "--keep") == 2
    assert "may be tuned by 'everyday'" in capsys.readouterr().err
