"""What a library offers to the chat: choices for one question, a folder that may be empty."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from doubles import Script

from qa import AnswerReady, Library, Settings
from qa.errors import EmptyLibraryError, ModelUnavailableError
from qa.llms import Deadline

Write = Callable[..., Path]
Scripted = Callable[..., tuple[Library, Script]]

TIDES = {"tides.txt": "The tide rose by 12 cm in Bergen. Nobody saw it."}
QUESTION = "By how much did the tide rise in Bergen?"


def last(library: Library, **options: object) -> AnswerReady:
    *_, event = library.stream(QUESTION, **options)  # type: ignore[arg-type]
    assert isinstance(event, AnswerReady)
    return event


def test_quotes_only_asks_no_model(write: Write, scripted: Scripted) -> None:
    library, script = scripted(write(TIDES))
    script.answer = ModelUnavailableError("It was asked.")
    answer = last(library, quotes_only=True).answer
    assert answer.extractive
    assert "It was asked." not in answer.notes


def test_settings_hold_for_one_question_alone(write: Write, scripted: Scripted) -> None:
    library, script = scripted(write(TIDES))
    script.answer = "12 cm"
    strict = library.settings.model_copy(
        update={"verification": library.settings.verification.model_copy(update={"threshold": 1.0})}
    )
    assert last(library, settings=strict).answer.fingerprint == strict.fingerprint()
    assert (
        last(library).answer.fingerprint == library.settings.fingerprint() != strict.fingerprint()
    )


def test_a_deadline_that_was_called_off_ends_the_answer(write: Write, scripted: Scripted) -> None:
    library, script = scripted(write(TIDES))
    script.answer = "12 cm"
    deadline = Deadline(1000)
    deadline.call_off()
    answer = last(library, deadline=deadline).answer
    assert answer.extractive
    assert "called off" in answer.notes[0]


def test_a_model_s_problem_is_told(write: Write, scripted: Scripted) -> None:
    library, _ = scripted(write(TIDES))
    assert Library.open(write(TIDES), settings=library.settings).model_problem(1) is None
    library._model._script = lambda messages: "Yes"  # type: ignore[union-attr]
    assert library.model_problem(10) is None

    def fail(messages: object) -> str:
        raise ModelUnavailableError("It is down.")

    library._model._script = fail  # type: ignore[union-attr]
    assert library.model_problem(10) == "It is down."


def test_a_folder_may_be_empty_where_that_is_said(
    write: Write, fast: Callable[..., Settings]
) -> None:
    root = write({})
    with pytest.raises(EmptyLibraryError):
        Library.open(root, settings=fast())
    library = Library.open(root, settings=fast(), may_be_empty=True)
    answer = library.ask(QUESTION)
    assert (answer.status, dict(library.documents), library.files) == ("not_found", {}, ())
    assert "no document in the library yet" in answer.notes[0]
    (root / "tides.txt").write_text(TIDES["tides.txt"])
    assert library.changes() == ("tides.txt",)
    assert library.ask(QUESTION).citations
    assert library.changes() == ()
    assert [file.path for file in library.files] == ["tides.txt"]
