from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from eval.cases import CasesError
from eval.metering import Meter, metered
from eval.metrics import quote_faults
from eval.systems import SYSTEMS, Setup, build, check_names
from qa import Settings
from qa.embeddings import HashingEmbedder
from qa.errors import ModelNotFoundError
from qa.llms import (
    ChatModel,
    Deadline,
    Message,
    PrimableChatModel,
    ScriptedChatModel,
    Token,
    complete,
)
from qa.types import Turn

TIDES = "The tide is high at noon. Boats leave the harbour at one.\n"
OWLS = "Owls hunt at night. An owl turns its head by 270 degrees.\n"


@pytest.fixture
def setup(write: Callable[..., Path], fast: Callable[..., Settings]) -> Callable[..., Setup]:
    folder = write({"tides.txt": TIDES, "birds/owls.txt": OWLS})

    def setup(script: Callable[[Sequence[Message]], str] | None = None) -> Setup:
        model = ScriptedChatModel(script) if script else None
        settings = fast(llm="auto") if script else fast()
        return Setup(folder, settings, model, HashingEmbedder())

    return setup


def test_copying_cites_exactly_and_says_the_passage(setup: Callable[..., Setup]) -> None:
    made = setup()
    reply = build("copy", made).ask("How far does an owl turn its head?", ())
    texts = {path: d.text for path, d in made.open_library().documents.items()}
    assert reply.answer.text == f"{OWLS.strip()} [1]"
    assert quote_faults(reply.answer, texts) == ()
    assert reply.answer.citations[0].document == "birds/owls.txt"
    assert len(reply.answer.evidence) == 2
    follow_up = build("copy", made).ask("And when?", (Turn("Do boats leave the harbour?", "Yes"),))
    assert follow_up.answer.citations[0].document == "tides.txt"


def test_abstaining_refuses_everything(setup: Callable[..., Setup]) -> None:
    reply = build("abstain", setup()).ask("When is the tide high?", ())
    assert reply.answer.status == "not_found"


def test_the_model_alone_sees_the_conversation_and_no_document(
    setup: Callable[..., Setup],
) -> None:
    prompts: list[Sequence[Message]] = []

    def script(messages: Sequence[Message]) -> str:
        prompts.append(messages)
        return "At noon."

    reply = build("closed-book", setup(script)).ask("When?", (Turn("Is there a tide?", "Yes."),))
    assert reply.answer.text == "At noon."
    assert [m.role for m in prompts[0]] == ["system", "user", "assistant", "user"]
    assert not any("harbour" in message.content for message in prompts[0])


def test_our_modes_differ_by_model_and_threshold(setup: Callable[..., Setup]) -> None:
    made = setup(lambda _: "NOT STATED")
    full, unverified, extractive = (
        build(name, made) for name in ("qa", "qa-unverified", "qa-extractive")
    )
    thresholds = [
        system.library.settings.verification.threshold  # type: ignore[attr-defined]
        for system in (full, unverified)
    ]
    assert thresholds[0] > thresholds[1] == 0.0
    asked = "When is the tide high?"
    reply = extractive.ask(asked, ())
    assert reply.answer.extractive
    assert not full.ask(asked, ()).answer.extractive
    assert reply.evidence_seconds is not None
    assert [s.name for s in (full, unverified, extractive)] == [*SYSTEMS][:3]


@pytest.mark.parametrize("name", ["qa", "llamaindex", "closed-book"])
def test_nobody_s_answer_is_cut_off_for_being_slow(setup: Callable[..., Setup], name: str) -> None:
    left: list[float] = []

    class Patient(ScriptedChatModel):
        def stream(
            self, messages: Sequence[Message], *, max_tokens: int, deadline: Deadline
        ) -> Iterator[Token]:
            left.append(deadline.remaining())
            return super().stream(messages, max_tokens=max_tokens, deadline=deadline)

    made = replace(setup(lambda _: "At noon."), model=Patient(lambda _: "At noon."))
    build(name, made).ask("When is the tide high?", ())
    assert min(left) > made.settings.generation.deadline_seconds


@pytest.mark.parametrize("name", ["llamaindex", "closed-book"])
def test_what_needs_a_model_says_so(setup: Callable[..., Setup], name: str) -> None:
    with pytest.raises(ModelNotFoundError, match=name):
        build(name, setup())


def test_names_are_checked() -> None:
    assert check_names(["qa", "copy", "qa"]) == ("qa", "copy")
    with pytest.raises(CasesError, match="'ragas'"):
        check_names(["qa", "ragas"])
    with pytest.raises(CasesError, match="no system"):
        check_names([])


def test_metering_changes_nothing_but_the_count() -> None:
    class Primable(ScriptedChatModel):
        primed = 0

        def prime(self, *_: object) -> None:
            self.primed += 1

    inner = Primable(lambda _: "one two", name="inner")
    meter = Meter()
    counted: ChatModel = metered(inner, meter)
    assert isinstance(counted, PrimableChatModel)
    assert counted.name == "inner"
    for _ in range(2):
        reply = complete(counted, [Message("user", "x" * 8)], max_tokens=9, deadline=Deadline(9))
    assert reply.text == "one two"
    assert (meter.calls, meter.read, meter.written) == (2, 4, 4)
    complete(inner, [Message("user", "x")], max_tokens=9, deadline=Deadline(9))
    assert meter.calls == 2
    meter.reset()
    assert meter == Meter()
