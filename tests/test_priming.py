from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from doubles import Script
from patience import PATIENCE
from tides import FILES, QUESTION, Primable

from qa import Library, Settings, Turn
from qa.errors import ModelUnavailableError
from qa.generation import INSTRUCTIONS, REWRITE_INSTRUCTIONS
from qa.llms import Deadline, Message, Part, ScriptedChatModel
from qa.types import AnswerReady, DraftText

Open = Callable[..., tuple[Library, Script]]
Write = Callable[..., Path]
Fast = Callable[..., Settings]


def test_a_small_library_is_read_whole_and_a_large_one_in_parts(
    write: Write, scripted: Open
) -> None:
    prompts = {}
    for tokens in (1600, 0):
        library, script = scripted(
            write(FILES), evidence={"whole_library_tokens": tokens, "sentences": 2}
        )
        seen: list[str] = []

        def keep(messages: Sequence[Message], seen: list[str] = seen) -> str:
            seen.append(messages[-1].content)
            return "The tide rose by 12 cm."

        script.answer = keep
        assert library.ask(QUESTION).status == "answered"
        (prompts[tokens],) = seen
    assert "Kim plays the piano" in prompts[1600]
    assert "The tide rose" in prompts[0]
    assert "Kim plays the piano" not in prompts[0]


def test_a_short_context_is_not_filled_with_the_library(write: Write, fast: Fast) -> None:
    script = Script()
    model = ScriptedChatModel(script, context_tokens=1024)
    library = Library.open(write(FILES), settings=fast(evidence={"sentences": 1}), llm=model)
    library.ask(QUESTION)
    (prompt,) = [prompt for prompt in model.prompts if prompt[0].content == INSTRUCTIONS]
    assert "Kim plays the piano" not in prompt[-1].content


def test_a_model_is_made_ready_once_for_an_index(write: Write, fast: Fast) -> None:
    model = Primable(Script())
    folder = write(FILES)
    library = Library.open(folder, settings=fast(), llm=model)
    for _ in range(2):
        library.ask(QUESTION)
    assert [part for _, part, _ in model.primed].count(Part.READER) == 1
    assert any("The tide rose" in said for _, part, said in model.primed if part is Part.READER)
    (folder / "new.txt").write_text("A new wave came.")
    library.ask(QUESTION)
    assert any("A new wave" in said for _, _, said in model.primed[2:])


def test_first_words_do_not_wait_for_the_checker_s_prompt(write: Write, fast: Fast) -> None:
    model = Primable(Script())
    library = Library.open(write(FILES), settings=fast(), llm=model)
    events = library.stream(QUESTION)
    next(event for event in events if isinstance(event, DraftText))
    assert Part.CHECKER not in {part for _, part, _ in model.primed}
    assert any(isinstance(event, AnswerReady) for event in events)
    assert Part.CHECKER in {part for _, part, _ in model.primed}


@pytest.mark.parametrize("llm", [None, Primable(Script())])
def test_what_a_model_made_of_deleted_text_is_deleted(
    write: Write, fast: Fast, llm: Primable | None
) -> None:
    folder, settings = write(FILES), fast()
    model = Primable(Script())
    Library.open(folder, settings=settings, llm=model).ask(QUESTION)
    (owner,) = {library for library, part, _ in model.primed if part is Part.READER}
    states = settings.home / "states"
    states.mkdir(parents=True)
    kept, deleted = states / "checker-1-a.bin", states / f"{owner}-0-b.bin"
    kept.touch()
    deleted.touch()
    (folder / "tides.txt").unlink()
    Library.open(folder, settings=settings, llm=llm)
    assert kept.exists()
    assert not deleted.exists()


def test_a_follow_up_s_prompt_is_made_ready_too(write: Write, fast: Fast) -> None:
    model = Primable(Script())
    library = Library.open(write(FILES), settings=fast(), llm=model)
    library.ask(QUESTION)
    assert Part.REWRITER not in {part for _, part, _ in model.primed}
    library.ask("And then?", [Turn(QUESTION, "At 9 am.")])
    (rewriter,) = [prompt for prompt in model.prompts if prompt[0].content == REWRITE_INSTRUCTIONS]
    (primed,) = [said for _, part, said in model.primed if part is Part.REWRITER]
    assert primed in [message.content for message in rewriter]


def test_warming_up_makes_the_first_question_quick(write: Write, fast: Fast) -> None:
    model = Primable(Script())
    library = Library.open(write(FILES), settings=fast(), llm=model)
    library.warm_up()
    for thread in threading.enumerate():
        if thread.name == "qa-warm-up":
            thread.join(10)
    primed = set(model.primed)
    assert {part for _, part, _ in primed} == set(Part)
    library.ask(QUESTION)
    assert set(model.primed) == primed


def test_whoever_waits_for_the_first_loses_no_time(write: Write, fast: Fast) -> None:
    begun, may_end = threading.Event(), threading.Event()

    class Slow(Primable):
        def prime(self, *arguments: Any, **options: Any) -> None:
            begun.set()
            may_end.wait(PATIENCE)
            super().prime(*arguments, **options)

    library = Library.open(write(FILES), settings=fast(), llm=Slow(Script()))
    library.warm_up()
    begun.wait(PATIENCE)
    deadline = Deadline(0.5)
    threading.Timer(1.0, may_end.set).start()
    *_, last = library.stream(QUESTION, deadline=deadline)
    assert isinstance(last, AnswerReady)
    assert not last.answer.extractive


def test_warming_up_never_fails(write: Write, fast: Fast) -> None:
    class Broken(Primable):
        def prime(self, *arguments: Any, **options: Any) -> None:
            raise ModelUnavailableError("down")

    library = Library.open(write(FILES), settings=fast(), llm=Broken(Script()))
    library.warm_up()
    for thread in threading.enumerate():
        if thread.name == "qa-warm-up":
            thread.join(10)
    assert library.ask(QUESTION).notes[0] == "down"
    Library.open(write(FILES), settings=fast()).warm_up()
