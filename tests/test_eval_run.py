from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
from rich.console import Console

from eval import __main__ as command_line
from eval.cases import Case
from eval.report import print_run, run_to_dict
from eval.run import LibrarySystem, Result, run_cases, select
from qa.errors import ModelUnavailableError, QaError
from qa.types import Answer, Citation, Document, Turn

TEXT = "The cat sat. The dog ran on May 2."
DOCUMENTS = {"a.txt": TEXT}
CASES = (
    Case("f1", "Who sat?", "fact", "a.txt", (("cat",),), (("The cat sat.",),)),
    Case("f2", "Who ran?", "fact", "a.txt", (("dog",),), (("The dog ran on May 2.",),)),
    Case("d1", "When?", "date", "a.txt", (("May 2",),), (("The dog ran on May 2.",),)),
    Case("u1", "Who flew?", "unanswerable", "a.txt"),
    Case("u2", "Who swam?", "unanswerable", "a.txt"),
)


def answered(text: str, start: int, end: int, shift: int = 0) -> Answer:
    citation = Citation(1, "a.txt", "A", None, start, end, TEXT[start + shift : end + shift], 0.8)
    timings = {"evidence": 0.01, "total": 0.5}
    return Answer("?", "answered", text, (), (citation,), (), timings, "scripted", "abc")


REFUSED = Answer("?", "not_found", "Not found.", (), (), (), {"total": 0.2}, "scripted", "abc")
SCRIPT = {
    "What is this about?": REFUSED,
    "Who sat?": answered("The cat [1].", 0, 12),
    "Who ran?": answered("The cat [1].", 0, 12),
    "When?": REFUSED,
    "Who flew?": REFUSED,
    "Who swam?": answered("The dog [1].", 13, 34),
}


class Scripted:
    name = "scripted"

    def __init__(self, script: dict[str, Answer | QaError]) -> None:
        self.script = script
        self.asked: list[str] = []

    def answer(self, case: Case) -> Answer:
        self.asked.append(case.question)
        reply = self.script[case.question]
        if isinstance(reply, QaError):
            raise reply
        return reply


def test_every_case_is_asked_once_after_a_warm_up() -> None:
    system, seen = Scripted(dict(SCRIPT)), list[Result]()
    run = run_cases(system, CASES, DOCUMENTS, on_result=seen.append)
    assert system.asked == ["What is this about?", *(case.question for case in CASES)]
    assert tuple(seen) == run.results
    assert [r.outcome for r in run.results] == ["correct", "wrong", "refused", "refused", "wrong"]
    assert [r.right for r in run.results] == [True, False, False, True, False]
    assert [r.precision for r in run.results] == [1.0, 0.0, None, None, None]
    assert run.stamps() == (("scripted", "abc"),)
    assert run.exactness() == 1.0


def test_a_failing_question_is_wrong_even_where_refusing_is_right() -> None:
    error = ModelUnavailableError("down")
    run = run_cases(Scripted(SCRIPT | {"Who flew?": error}), CASES, DOCUMENTS)
    assert run.results[3].outcome == "wrong"
    assert not run.results[3].right
    assert run.results[3].error == "down"
    assert run.results[4].answer is not None


def test_a_system_that_cannot_warm_up_is_not_measured() -> None:
    with pytest.raises(ModelUnavailableError):
        run_cases(Scripted({"What is this about?": ModelUnavailableError("down")}), CASES, {})


def test_inexact_citations_lower_exactness() -> None:
    script = SCRIPT | {"Who sat?": answered("The cat [1].", 0, 12, shift=1)}
    run = run_cases(Scripted(script), CASES, DOCUMENTS)
    assert run.exactness() == pytest.approx(2 / 3)


def test_follow_ups_reach_the_library_with_their_history() -> None:
    asked: list[tuple[str, Sequence[Turn]]] = []

    class Library:
        def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
            asked.append((question, history))
            return REFUSED

    history = (Turn("Who sat?", "The cat."),)
    case = Case("x", "When?", "follow-up", "a.txt", history=history)
    assert LibrarySystem(Library()).answer(case) is REFUSED  # type: ignore[arg-type]
    assert asked == [("When?", history)]


def test_selection_by_kind_and_evenly_by_limit() -> None:
    assert [c.id for c in select(CASES)] == ["f1", "f2", "d1", "u1", "u2"]
    assert [c.id for c in select(CASES, kinds=["fact", "date"])] == ["f1", "f2", "d1"]
    assert [c.id for c in select(CASES, limit=2)] == ["f1", "d1"]
    assert [c.id for c in select(CASES, limit=9)] == [c.id for c in CASES]
    assert select(CASES, kinds=["quote"], limit=3) == ()


def report(details: bool = False, **script: Answer | QaError) -> str:
    run = run_cases(Scripted(SCRIPT | script), CASES, DOCUMENTS)
    console = Console(file=io.StringIO(), width=200)
    print_run(run, console, details=details)
    assert isinstance(console.file, io.StringIO)
    return " ".join(console.file.getvalue().split())


def test_the_report_shows_outcomes_totals_and_latency() -> None:
    text = report()
    assert "model scripted · settings abc · 5 cases" in text
    assert "fact │ 2 │ 1 │ 1 │ 0 │ 0.50" in text
    assert "unanswerable │ 2 │ 0 │ 1 │ 1 │ 0.50" in text
    assert "answerable correct │ 0.333" in text
    assert "unanswerable refused │ 0.500" in text
    assert "truthfulness │ 0.000" in text
    assert "citation exactness │ 1.000" in text
    assert "citation precision │ 0.500" in text
    assert "evidence │ 0.010 │ 0.010 │ 3" in text
    assert "total │ 0.500" in text
    assert "warm" in text
    assert "Who ran?" not in text


def test_the_report_names_faults_errors_and_on_demand_what_went_wrong() -> None:
    script: dict[str, Answer | QaError] = {
        "Who sat?": answered("The [b]cat[/b] [1].", 0, 12, shift=1),
        "When?": ModelUnavailableError("[red]down"),
    }
    text = report(details=True, **script)
    assert "inexact f1: citation [1] quotes" in text
    assert "error d1: [red]down" in text
    assert "Who ran?" in text
    assert "Who flew?" not in text


def test_the_machine_readable_run_holds_every_case() -> None:
    run = run_cases(Scripted(dict(SCRIPT)), CASES, DOCUMENTS)
    record = json.loads(json.dumps(run_to_dict(run), allow_nan=False))
    assert record["stamps"] == [{"model": "scripted", "fingerprint": "abc"}]
    assert record["summary"]["answerable correct"]["mean"] == pytest.approx(1 / 3)
    first = record["results"][0]
    assert (first["id"], first["outcome"], first["exact_match"]) == ("f1", "correct", 1.0)
    assert first["answer"]["citations"][0]["quote"] == "The cat sat."
    assert [r["id"] for r in record["results"]] == [c.id for c in CASES]
    empty = run_to_dict(run_cases(Scripted(dict(SCRIPT)), (), DOCUMENTS))
    assert json.loads(json.dumps(empty, allow_nan=False))["summary"]["truthfulness"] is None


class FakeLibrary:
    """Stands where the command line opens a library."""

    script: ClassVar[dict[str, Answer | QaError]] = dict(SCRIPT)
    opened: ClassVar[list[tuple[Path, Any]]] = []

    @classmethod
    def open(cls, folder: Path, *, settings: Any = None) -> FakeLibrary:
        cls.opened.append((folder, settings))
        return cls()

    def __enter__(self) -> FakeLibrary:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    @property
    def documents(self) -> dict[str, Document]:
        return {"a.txt": Document("a.txt", "A", TEXT, None, "0")}

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        reply = self.script[question]
        if isinstance(reply, QaError):
            raise reply
        return reply


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(command_line, "Library", FakeLibrary)
    monkeypatch.setattr(FakeLibrary, "script", dict(SCRIPT))
    monkeypatch.setattr(FakeLibrary, "opened", [])
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "cases.jsonl"
    records = [
        {"id": "f1", "question": "Who sat?", "kind": "fact", "gold": "cat"}
        | {"quote": "The cat sat.", "document": "a.txt"},
        {"id": "u1", "question": "Who flew?", "kind": "unanswerable", "document": "a.txt"},
    ]
    path.write_text("\n".join(map(json.dumps, records)), "utf-8")
    return path


def exit_code(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        command_line.main([str(argument) for argument in arguments])
    assert isinstance(caught.value.code, int)
    return caught.value.code


def test_running_needs_no_command(suite: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = suite.with_name("out.json")
    assert exit_code("--cases", suite, "--library", "docs", "--json", out, "--llm", "none") == 0
    folder, settings = FakeLibrary.opened[0]
    assert folder == Path("docs")
    assert settings.llm == "none"
    assert "answerable correct" in capsys.readouterr().out
    assert len(json.loads(out.read_text("utf-8"))["results"]) == 2
    assert exit_code("run", "--cases", suite, "--kind", "unanswerable", "--json", out) == 0
    assert [r["id"] for r in json.loads(out.read_text("utf-8"))["results"]] == ["u1"]


def test_an_inexact_citation_exits_with_1(suite: Path) -> None:
    FakeLibrary.script["Who sat?"] = answered("The cat [1].", 0, 12, shift=1)
    assert exit_code("--cases", suite) == 1


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["--cases", "nowhere.jsonl"], "nowhere.jsonl"),
        (["--kind", "trivia"], "'trivia'"),
        (["--limit", "1", "--json", "no/such/out.json"], "out.json"),
    ],
)
def test_what_cannot_be_done_exits_with_2_and_a_reason(
    suite: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], names: str
) -> None:
    given = arguments if "--cases" in arguments else ["--cases", str(suite), *arguments]
    assert exit_code(*given) == 2
    assert names in capsys.readouterr().err


def test_a_model_that_is_down_exits_with_2(suite: Path, capsys: pytest.CaptureFixture[str]) -> None:
    FakeLibrary.script["What is this about?"] = ModelUnavailableError("nobody [answers]")
    assert exit_code("--cases", suite) == 2
    assert "nobody [answers]" in capsys.readouterr().err


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("--help") == 0
    assert "squad" in capsys.readouterr().out


def test_squad_runs_on_one_library_of_all_paragraphs(
    suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QA_HOME", str(suite.parent / "home"))
    data = suite.with_name("squad.json")
    qas = [
        {"id": "1", "question": "Who sat?", "is_impossible": False}
        | {"answers": [{"text": "cat", "answer_start": 4}]},
        {"id": "2", "question": "Who flew?", "is_impossible": True, "answers": []},
    ]
    article = {"title": "a", "paragraphs": [{"context": TEXT, "qas": qas}]}
    data.write_text(json.dumps({"data": [article]}), "utf-8")
    out = suite.with_name("out.json")
    assert exit_code("squad", "--data", data, "--sample", 2, "--json", out) == 0
    folder = FakeLibrary.opened[0][0]
    assert (folder / "a.txt").read_text("utf-8") == f"a\n\n{TEXT}\n"
    outcomes = [r["outcome"] for r in json.loads(out.read_text("utf-8"))["results"]]
    assert outcomes == ["correct", "refused"]
