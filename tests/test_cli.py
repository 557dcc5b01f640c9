from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from commands import TIDES, Run
from doubles import Endpoint, Script, fails, replies
from rich.console import Console
from rich.progress import Progress

import qa
from qa import Answer, Library, cli, ui
from qa.errors import ServeError
from qa.faces.printing import weights_progress
from qa.llms import Message
from qa.settings import Settings
from qa.types import Claim

QUESTION = "How much did the tide rise at 9 am?"


@pytest.fixture
def folder(write: Callable[..., Path]) -> Path:
    return write({"tides.txt": TIDES, "binary.txt": b"\x00\x01\xff" * 99})


@pytest.fixture
def llm(endpoint: Endpoint) -> tuple[str, Script]:
    """The name of a model at an endpoint, and the script that it follows."""
    script = Script()

    def reply(request: dict[str, Any]) -> str:
        said = script([Message(m["role"], m["content"]) for m in request["messages"]])
        assert isinstance(said, str)
        return said

    endpoint.behaviour = replies(reply)
    return f"{endpoint.url}#m", script


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ([], 2, "Usage: "),
        (["--help"], 0, "check every word"),
        (["--version"], 0, f"qa {qa.__version__}\n"),
        (["ask", "--help"], 0, "--json"),
        (["chat", "--help"], 0, "--port"),
        (["index", "--help"], 0, "DIR"),
        (["search", "--help"], 0, "--limit"),
        (["doctor", "--help"], 0, "--llm"),
        (["ask"], 2, "Missing argument"),
        (["index"], 2, "Missing argument"),
        (["nonsense"], 2, "nonsense"),
        (["ask", "q", "--nonsense"], 2, "--nonsense"),
        (["chat", "--port", "0"], 2, "--port"),
        (["chat", "--port", "eighty"], 2, "--port"),
        (["search", "q", "--limit", "0"], 2, "--limit"),
    ],
)
def test_usage(run: Run, arguments: list[str], status: int, said: str) -> None:
    found, out, err = run(*arguments)
    assert found == status
    assert said in out + err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ask", "", "--library", "{folder}"], "The question is empty"),
        (["ask", " \n", "--library", "{folder}"], "The question is empty"),
        (["ask", "x" * 100_000, "--library", "{folder}"], "100,000 characters"),
        (["search", "", "--library", "{folder}"], "The question is empty"),
        (["ask", "q", "--library", "/nowhere/at/all"], "/nowhere/at/all"),
        (["ask", "q", "--library", "{folder}/tides.txt"], "tides.txt is a file"),
        (["ask", "q", "--library", "{empty}"], "No document in {empty}"),
        (["index", "{empty}"], "No document in {empty}"),
        (["index", "/nowhere/at/all"], "/nowhere/at/all"),
        (["ask", "q", "--library", "{folder}", "--llm", "gpt-4"], "'gpt-4' names no model"),
        (["ask", "q", "--library", "{folder}", "--llm", "/no/m.gguf"], "no model file /no/m.gguf"),
        (["chat", "--library", "/nowhere/at/all"], "/nowhere/at/all"),
    ],
)
def test_a_mistake_ends_in_one_line(
    run: Run, folder: Path, tmp_path: Path, arguments: list[str], said: str
) -> None:
    places = {"folder": folder, "empty": tmp_path / "empty"}
    places["empty"].mkdir()
    status, out, err = run(*(argument.format(**places) for argument in arguments))
    assert status == 1
    assert out == ""
    (line,) = err.strip().splitlines()
    assert line.startswith("error: ")
    assert said.format(**places) in line


def test_a_bad_setting_ends_in_one_line(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QA_RETRIEVAL__CHUNKS", "many")
    status, out, err = run("ask", "q", "--library", folder)
    assert (status, out) == (1, "")
    assert err.strip().startswith("error: ")
    assert "retrieval.chunks = 'many'" in err


def test_ask_shows_answer_quotes_and_place(run: Run, folder: Path, llm: tuple[str, Script]) -> None:
    name, script = llm
    script.answer = "12 cm. It sank by 99 m."
    status, out, err = run("ask", QUESTION, "--library", folder, "--llm", name)
    assert status == 0
    for said in (
        "12 cm. [1]",
        "[1] Tides of Ålesund, 2024-05-01  tides.txt, ",
        "“The tide rose by 12 cm at 9 am.”",
        "support 0.",
        "Left out: “It sank by 99 m.”",
        "m at 127.0.0.1; ",
        "total ",
    ):
        assert said in out
    assert "Traceback" not in err


def test_a_question_needs_no_quotation_marks(
    run: Run, folder: Path, llm: tuple[str, Script]
) -> None:
    arguments = ("--library", folder, "--json", "--llm", llm[0])
    whole = json.loads(run("ask", QUESTION, *arguments)[1])
    words = json.loads(run("ask", *QUESTION.split(), *arguments)[1])
    assert words["question"] == whole["question"] == QUESTION
    hits = run("search", "the", "tide", "-l", folder, "--json")
    assert hits[0] == 0
    assert json.loads(hits[1]) == json.loads(run("search", "the tide", "-l", folder, "--json")[1])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_output_that_can_not_be_written(folder: Path, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-c",
        "from qa.cli import main; main()",
        "search",
        "tide",
        "-l",
        str(folder),
    ]
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            command,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env={**os.environ, "QA_HOME": str(tmp_path), "QA_EMBEDDING__MODEL": "hashing"},
        )
    assert ended.returncode == 1
    assert "Nothing could be written: [Errno 28]" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr


def test_ask_as_json_prints_nothing_else(run: Run, folder: Path, llm: tuple[str, Script]) -> None:
    name, script = llm
    script.answer = "12 cm"
    status, out, _ = run("ask", QUESTION, "--library", folder, "--json", "--llm", name)
    assert status == 0
    answer = json.loads(out)
    assert answer["status"] == "answered"
    assert answer["text"] == "12 cm [1]"
    assert answer["model"] == "m at 127.0.0.1"
    (citation,) = answer["citations"]
    text = Library.open(folder).documents["tides.txt"].text
    assert text[citation["start"] : citation["end"]] == citation["quote"]


def test_ask_without_a_model_says_so(run: Run, folder: Path) -> None:
    status, out, _ = run("ask", QUESTION, "-l", folder)
    assert status == 0
    assert "The tide rose by 12 cm at 9 am. [1]" in out
    assert "No language model could be used" in out
    assert "support" not in out
    told = json.loads(run("ask", QUESTION, "-l", folder, "--json")[1])
    assert told["extractive"] is True
    assert {claim["verdict"] for claim in told["claims"]} == {"quoted"}
    status, out, _ = run("ask", "Summarise the tides of Ålesund", "-l", folder)
    assert "Word for word from the documents, not checked against the question." in out
    assert "support" not in out


def test_ask_shows_the_closest_passages_when_nothing_is_found(
    run: Run, folder: Path, llm: tuple[str, Script]
) -> None:
    name, _ = llm
    status, out, _ = run("ask", QUESTION, "-l", folder, "--llm", name)
    assert status == 0
    assert "The documents don’t say." in out
    assert "Closest passages:\n    “The tide rose by 12 cm at 9 am.” tides.txt, " in out


def test_an_unreachable_model_is_no_error(run: Run, folder: Path, closed_port: int) -> None:
    url = f"http://127.0.0.1:{closed_port}/v1#m"
    status, out, _ = run("ask", QUESTION, "-l", folder, "--llm", url)
    assert status == 0
    assert "can't be reached" in out
    assert "12 cm" in out


@pytest.mark.parametrize(
    "question", ["[bold]12[/bold] :smile: [link=http://x]", "\udcff 12 cm", "\x1b[31mred", "🌊 ‮12"]
)
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_any_question_can_be_printed(
    run: Run, folder: Path, question: str, options: list[str]
) -> None:
    status, out, err = run("ask", question, "-l", folder, *options)
    assert status == 0, err
    assert out
    if options:
        json.loads(out)


def test_text_of_documents_is_no_markup_and_no_escape(run: Run, write: Callable[..., Path]) -> None:
    folder = write({"a.txt": "The [bold]tide[/bold] rose :smile: by \x1b[31m12 cm[/red] today."})
    _, out, _ = run("ask", "How much rose the tide today?", "-l", folder)
    assert "The [bold]tide[/bold] rose :smile: by [31m12 cm[/red] today." in out
    assert "\x1b" not in out


def test_what_a_model_says_is_no_escape(
    run: Run, folder: Path, llm: tuple[str, Script], endpoint: Endpoint
) -> None:
    name, script = llm
    script.answer = "\x1b[31mThe tide\x1b[0m rose by \x9b12 cm. It\x07 sank\x1b]0;x\x07 by 99 m."
    _, out, err = run("ask", QUESTION, "-l", folder, "--llm", name)
    assert "99 m" in out
    assert not set("\x1b\x9b\x07") & set(out + err)
    endpoint.behaviour = fails(500, '{"error": {"message": "\\u001b[31mno"}}')
    _, out, err = run("ask", QUESTION, "-l", folder, "--llm", name)
    assert "failing" in out
    assert "\x1b" not in out + err


def test_a_name_of_a_file_is_no_escape(run: Run, write: Callable[..., Path]) -> None:
    folder = write({"a.txt": "The tide rose by 12 cm today.", "b\x1b[0m.txt": b"\0" * 99})
    for arguments in (["index", folder], ["ask", "How much rose the tide?", "-l", folder]):
        status, out, err = run(*arguments)
        assert status == 0
        assert "\x1b" not in out + err


def test_while_the_index_is_written_the_bar_is_not_full() -> None:
    bars = Progress(console=Console(file=io.StringIO()))
    show = cli._index_progress(bars)
    told = []
    for call in [(3, 0, "a.txt"), (2, 8, "a.txt"), (8, 8, ""), (0, 0, "")]:
        show(*call)
        (task,) = bars.tasks
        told.append((task.description, task.completed, task.total))
    assert told == [
        ("Reading files", 3, None),
        ("Embedding", 2, 8),
        ("Writing the index", 8, None),
        ("Writing the index", 0, None),
    ]


def test_an_interruption_ends_quietly(
    run: Run,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(cli, "_index_progress", lambda _: interrupt)
        patched.setattr(sys, "unraisablehook", sys.unraisablehook)
        status, out, err = run("index", folder)
        # What was loaded in the background complains when it is taken down half loaded.
        sys.unraisablehook(SimpleNamespace(exc_value=TypeError("taken down"), object=None))
    assert (status, out) == (130, "")
    assert "Traceback" not in err
    assert "Interrupted." in err
    assert capsys.readouterr().err == ""
    assert run("index", folder)[0] == 0


def test_search_shows_passages(run: Run, folder: Path) -> None:
    status, out, _ = run("search", "waves", "-l", folder, "--limit", "1")
    assert status == 0
    assert out.startswith("[1] Tides of Ålesund, 2024-05-01  tides.txt, ")
    assert "Ada Lindqvist measured eleven waves." in out
    status, out, _ = run("search", "waves", "-l", folder, "--json")
    (hit,) = json.loads(out)
    assert set(hit) == {
        *("document", "title", "date", "date_source", "saved", "page", "heading"),
        *("start", "end", "text", "score", "dense", "lexical"),
    }
    text = Library.open(folder).documents[hit["document"]].text
    assert text[hit["start"] : hit["end"]] == hit["text"]


def test_a_document_without_a_date_shows_when_it_was_saved(
    run: Run, write: Callable[..., Path]
) -> None:
    folder = write({"a.txt": "The tide rose by 12 cm at 9 am."})
    os.utime(folder / "a.txt", (1_715_428_800, 1_715_428_800))
    assert "12 cm at 9 am., saved 2024-05-11  a.txt, 0–" in run("search", "tide", "-l", folder)[1]
    assert ", saved 2024-05-11  a.txt, 0–" in run("ask", QUESTION, "-l", folder)[1]
    (hit,) = json.loads(run("search", "tide", "-l", folder, "--json")[1])
    assert (hit["date"], hit["date_source"], hit["saved"]) == (None, None, "2024-05-11")


def test_search_asks_no_model(run: Run, folder: Path) -> None:
    assert run("search", "waves", "-l", folder)[0] == 0


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], {}),
        (
            ["--host", "0.0.0.0", "--port", "80", "--no-browser"],
            {"host": "0.0.0.0", "port": 80, "open_browser": False},
        ),
        (
            ["--root-path", "/qa", "--read-only", "--mcp", "--at-once", "4"],
            {"root_path": "/qa", "editable": False, "mcp": True, "at_once": 4},
        ),
    ],
)
def test_chat_opens_the_page(
    run: Run,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    expected: dict[str, Any],
) -> None:
    launched: list[dict[str, Any]] = []

    def launch(library: Library, **given: Any) -> None:
        launched.append({"documents": sorted(library.documents), **given})

    monkeypatch.setattr(ui, "launch", launch)
    status, _, err = run("chat", "-l", folder, *options)
    assert status == 0
    usual = {"host": "127.0.0.1", "port": 7860, "open_browser": True, "auth": None}
    usual |= {"root_path": "", "editable": True, "mcp": False, "at_once": 1}
    assert launched == [{"documents": ["tides.txt"], **usual, **expected}]
    assert "1 document; model: none" in err


def test_several_models_are_the_chat_s_alone(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = ["http://localhost:1/v1#one", "http://localhost:1/v1#two"]
    launched: list[tuple[str, ...]] = []
    monkeypatch.setattr(Library, "warm_up", lambda library: None)
    monkeypatch.setattr(ui, "launch", lambda library, **given: launched.append(library.model_names))
    status, _, err = run("chat", "-l", folder, "--model", named[0], "--model", named[1])
    assert status == 0
    assert launched == [("one at localhost", "two at localhost")]
    assert "models: one at localhost, two at localhost" in err
    monkeypatch.setenv("QA_FURTHER_LLMS", json.dumps(named))
    run("chat", "-l", folder)
    assert launched[1:] == [("one at localhost", "two at localhost")]
    opened: list[Settings] = []
    real = Library.open
    monkeypatch.setattr(
        Library,
        "open",
        lambda *given, **rest: opened.append(rest["settings"]) or real(*given, **rest),
    )
    run("search", "When?", "-l", folder)
    assert [settings.further_llms for settings in opened] == [()]


def test_chat_starts_on_an_empty_folder_and_reads_accounts(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    launched: list[dict[str, Any]] = []

    def launch(library: Library, **given: Any) -> None:
        launched.append({"documents": sorted(library.documents), "auth": given["auth"]})

    monkeypatch.setattr(ui, "launch", launch)
    empty = tmp_path / "empty"
    empty.mkdir()
    accounts = tmp_path / "accounts"
    monkeypatch.setattr(sys, "stdin", io.StringIO("the tide: rose\n"))
    status, out, _ = run("account", "ada", "--auth-file", accounts)
    assert (status, "ada may sign in" in out) == (0, True)
    status, _, err = run("chat", "-l", empty, "--auth-file", accounts)
    assert status == 0
    assert launched[0]["documents"] == []
    assert launched[0]["auth"]("ada", "the tide: rose")
    assert "0 documents" in err
    accounts.write_text("ada\n")
    status, _, err = run("chat", "-l", empty, "--auth-file", accounts)
    assert status == 1
    assert "Line 1" in err


def test_chat_on_a_port_in_use_ends_in_one_line(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def launch(*_: Any, **__: Any) -> None:
        raise ServeError("Port 7860 is in use. Choose another with --port.")

    monkeypatch.setattr(ui, "launch", launch)
    status, _, err = run("chat", "-l", folder)
    assert status == 1
    assert err.splitlines()[-1] == "error: Port 7860 is in use. Choose another with --port."


def test_doctor_tells_what_is_there(run: Run, folder: Path) -> None:
    status, out, _ = run("doctor", "-l", folder)
    assert status == 0
    for said in (
        "Python",
        "torch",
        "hashing",
        "none: answers are quoted",
        "as QA_LLM has it",
        "1 documents",
        "home",
    ):
        assert said in out


def test_doctor_fails_when_something_is_wrong(run: Run, folder: Path, closed_port: int) -> None:
    url = f"http://127.0.0.1:{closed_port}/v1#m"
    status, out, _ = run("doctor", "-l", folder, "--llm", url)
    assert status == 1
    assert "can't be reached" in out
    assert run("doctor", "-l", folder / "nowhere")[0] == 1


def test_a_follow_up_shows_how_it_was_understood(capsys: pytest.CaptureFixture[str]) -> None:
    cli._print_answer(
        Answer(
            "and when?",
            "not_found",
            "The documents don’t say.",
            (Claim("[bold]x[/bold]", (), 0.0, "unsupported", "No."),),
            (),
            (),
            {"total": 0.5},
            "m",
            "f",
            standalone_question="When [i]was[/i] it?",
        )
    )
    out = capsys.readouterr().out
    assert "Understood as: When [i]was[/i] it?" in out
    assert "Left out: “[bold]x[/bold]”. No." in out


def test_assembling_the_model_is_told_in_lines(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    show = weights_progress(Console(stderr=True, width=200).print)
    for done in range(0, 1001, 10):
        show(done * 10**6, 10**9)
    lines = capsys.readouterr().err.splitlines()
    assert 2 <= len(lines) <= 10
    assert "100%" in lines[-1]
