from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import pytest
from patience import PATIENCE, eventually
from written import PASSAGES, WrittenLibrary

from qa.errors import ModelUnavailableError
from qa.settings import Settings
from qa.types import Answer, AnswerReady, DraftText, Event, EvidenceFound, ModelFailure, Turn
from qa.ui import desk as module
from qa.ui.choices import CAUTION, QUOTES, SOURCES, USUAL, Choice, applied, choice_of, models
from qa.ui.conversation import Queued
from qa.ui.desk import Desk


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TICK", 0.01)
    monkeypatch.setattr(module, "PROBE_PAUSES", (0.01,))


def answer(desk: Desk, question: str, history: Sequence[Turn] = (), **options: Any) -> Answer:
    *_, last = desk.events(question, history, **options)
    assert isinstance(last, AnswerReady)
    return last.answer


def test_an_answer_comes_in_steps() -> None:
    desk = Desk(WrittenLibrary())
    events = [event for event in desk.events("How high?", person="a") if event is not None]
    assert [type(event) for event in events] == [EvidenceFound, DraftText, DraftText, AnswerReady]


def test_the_second_waits_and_sees_where_it_stands_and_what_was_found() -> None:
    library = WrittenLibrary()
    desk = Desk(library)
    with closing(desk.events("How high? wait", person="a")) as first:
        assert isinstance(next(first), EvidenceFound)
        with closing(desk.events("How low?", person="b")) as second:
            assert next(second) == Queued(1)
            assert next(second) == EvidenceFound(None, PASSAGES)
            assert next(second) is None
            assert library.asked == ["How high? wait"]
            library.may_end.set()
            assert isinstance([event for event in first if event][-1], AnswerReady)
            rest = [event for event in second if event]
            assert rest[0] == Queued(0)
            assert isinstance(rest[-1], AnswerReady)
    assert library.asked == ["How high? wait", "How low?"]


def test_whoever_waits_with_a_follow_up_sees_what_its_own_words_find() -> None:
    library = WrittenLibrary()
    desk = Desk(library)
    turn = Turn("How high?", "12 cm [1].")
    with closing(desk.events("How high? wait", person="a")) as first:
        next(first)
        with closing(desk.events("And low?", (turn,), person="b")) as second:
            assert next(second) == Queued(1)
            # The model, which understands it, isn't free yet.
            assert next(second) == EvidenceFound(None, PASSAGES, provisional=True)
            library.may_end.set()
            list(first)
            found = [event for event in second if isinstance(event, EvidenceFound)]
    assert [event.provisional for event in found] == [True, False]
    assert found[-1].standalone_question == "How high was the tide?"


def test_whoever_leaves_frees_the_model_for_the_next() -> None:
    library = WrittenLibrary()
    desk = Desk(library)
    first = desk.events("How high? wait", person="a")
    assert isinstance(next(first), EvidenceFound)
    second = desk.events("How low?", person="b")
    assert next(second) == Queued(1)
    first.close()
    assert isinstance([event for event in second if event][-1], AnswerReady)


def test_whoever_leaves_the_line_is_not_waited_for() -> None:
    library = WrittenLibrary()
    desk = Desk(library)
    with closing(desk.events("How high? wait", person="a")) as first:
        next(first)
        second = desk.events("How low?", person="b")
        next(second)
        third = desk.events("How far?", person="c")
        assert next(third) == Queued(2)
        second.close()
        assert Queued(1) in [next(third) for _ in range(4)]
        third.close()


def test_one_failure_leaves_the_others_alone() -> None:
    desk = Desk(WrittenLibrary())
    with pytest.raises(RuntimeError):
        list(desk.events("Is there a fault?", person="a"))
    with pytest.raises(ModelUnavailableError):
        list(desk.events("Is it down?", person="a"))
    assert answer(desk, "How high?", person="a").status == "partial"


def test_the_model_is_called_off_when_nobody_waits_for_it() -> None:
    called_off = threading.Event()

    class Silent(WrittenLibrary):
        def _events(self, question, understood):  # type: ignore[no-untyped-def]
            yield EvidenceFound(None, PASSAGES)
            while True:
                time.sleep(0.005)
                try:
                    self.deadline.remaining()
                except ModelUnavailableError:
                    called_off.set()
                    return

        def stream(self, question, history=(), *, deadline=None, **options):  # type: ignore[no-untyped-def]
            self.deadline = deadline
            yield from super().stream(question, history, deadline=deadline, **options)

    events = Desk(Silent()).events("How high?", person="a")
    assert isinstance(next(events), EvidenceFound)
    assert next(events) is None
    events.close()
    assert called_off.wait(PATIENCE)


def test_a_model_that_is_down_is_told_and_found_again() -> None:
    library = WrittenLibrary()
    desk = Desk(library)
    library.problem = "reader can't be reached."
    first = answer(desk, "How high?", person="a")
    assert first.extractive
    assert desk.problem(library.model_name) == "reader can't be reached."
    # Meanwhile nobody waits for it, and everybody is told why.
    second = answer(desk, "How low?", person="a")
    assert second.extractive
    assert second.notes == first.notes
    assert second.notes[0] == "reader can't be reached."
    assert library.asked == []
    library.problem = None
    eventually(lambda: desk.problem(library.model_name) is None)
    assert not answer(desk, "How high?", person="a").extractive


class Failing(WrittenLibrary):
    """One question meets an error; whether the model answers others is told by `problem`."""

    failure = ModelFailure("This prompt is longer than the context.", lasting=False)

    def __init__(self) -> None:
        super().__init__()
        self.probes = 0

    def stream(self, question: str, *arguments: Any, **options: Any) -> Iterator[Event]:
        if question != "Too long?":
            yield from super().stream(question, *arguments, **options)
            return
        yield AnswerReady(self._quoted(question, self.failure.reason), self.failure)

    def model_problem(self, seconds: float, model: str | None = None) -> str | None:
        self.probes += seconds > 0
        return super().model_problem(seconds, model)


def test_what_one_question_met_leaves_the_model_to_the_others() -> None:
    library = Failing()
    desk = Desk(library)
    for count in (1, 2):
        assert answer(desk, "Too long?", person="a").extractive
        eventually(lambda count=count: library.probes == count and not desk._watched)  # type: ignore[misc]
        assert desk.problem(library.model_name) is None
    assert not answer(desk, "How high?", person="b").extractive


def test_until_a_model_was_asked_again_it_counts_as_working() -> None:
    library = Failing()
    desk = Desk(library)
    told: list[str | None] = []

    def probed(seconds: float, model: str | None = None) -> str | None:
        told.append(desk.problem(library.model_name))
        return None

    library.model_problem = probed  # type: ignore[method-assign]
    answer(desk, "Too long?", person="a")
    eventually(lambda: bool(told) and not desk._watched)
    assert told == [None]


def test_a_model_that_answers_nobody_is_found_out_by_asking_it() -> None:
    library = Failing()
    library.problem = "reader didn't answer in time."
    desk = Desk(library)
    assert answer(desk, "Too long?", person="a").extractive
    eventually(lambda: desk.problem(library.model_name) == library.problem)
    library.problem = None
    eventually(lambda: desk.problem(library.model_name) is None)


def test_whoever_waited_for_a_model_that_went_down_is_not_kept_longer() -> None:
    library = WrittenLibrary()
    desk = Desk(library)
    with closing(desk.events("How high? wait", person="a")) as first:
        next(first)
        second = desk.events("How low?", person="b")
        assert isinstance(next(second), Queued)
        desk._problems[library.model_name] = "reader can't be reached."
        library.may_end.set()
        assert isinstance(list(first)[-1], AnswerReady)
    (quoted,) = [event.answer for event in second if isinstance(event, AnswerReady)]
    assert quoted.extractive
    assert library.asked == ["How high? wait"]


def test_quotes_only_asks_no_model_and_waits_for_nobody() -> None:
    library = WrittenLibrary()
    desk = Desk(library)
    with closing(desk.events("How high? wait", person="a")) as first:
        next(first)
        quoted = answer(desk, "How low?", person="b", choice=Choice(model=QUOTES))
    assert quoted.extractive
    assert desk.model(Choice(model=QUOTES)) is None
    assert desk.problem(library.model_name) is None


class TwoModels(WrittenLibrary):
    further_models = ("larger at gpu.example",)


def test_a_model_is_asked_by_its_name() -> None:
    library = TwoModels()
    desk = Desk(library)
    for model in (USUAL, "larger at gpu.example", "one that has gone"):
        assert not answer(desk, "How high?", person="a", choice=Choice(model=model)).extractive
    assert library.models == [library.model_name, "larger at gpu.example", library.model_name]


def test_one_model_that_is_down_leaves_the_others_alone() -> None:
    library = TwoModels()
    desk = Desk(library)
    library.problem = "reader can't be reached."
    assert answer(desk, "How high?", person="a").extractive
    larger = Choice(model="larger at gpu.example")
    assert not answer(desk, "How high?", person="a", choice=larger).extractive
    assert desk.problem(desk.model(larger)) is None
    assert desk.problem(desk.model(Choice())) == "reader can't be reached."


def test_history_and_choices_reach_the_library() -> None:
    library = WrittenLibrary()
    turn = Turn("How high?", "12 cm [1].")
    answer(Desk(library), "And when?", (turn,), person="a", choice=Choice("strict", "many"))
    assert library.histories == [(turn,)]
    chosen = library.chosen[0]
    assert chosen is not None
    assert chosen.verification.threshold > library.settings.verification.threshold
    assert chosen.evidence.sentences == 2 * library.settings.evidence.sentences


@pytest.mark.parametrize("threshold", [0.0, 0.35, 0.9, 1.0])
def test_caution_is_in_order_whatever_the_owner_chose(threshold: float) -> None:
    settings = Settings(verification={"threshold": threshold})
    steps = [
        applied(Choice(caution), settings).verification.threshold
        for caution in ("daring", "balanced", "careful", "strict")
    ]
    assert steps == sorted(steps)
    assert steps[1] == threshold
    assert all(0 <= step <= 1 for step in steps)
    assert applied(Choice(), settings) is settings


def test_unknown_choices_are_the_usual_ones() -> None:
    assert choice_of("?", None, ["many"]) == Choice()
    strict = choice_of(QUOTES, CAUTION[3][1], SOURCES[0][1], ["reader"])
    assert strict == Choice("strict", "few", QUOTES)
    assert choice_of("larger", None, None, ["reader", "larger"]).model == "larger"
    assert choice_of("larger", None, None, ["reader"]).model == USUAL
    # Where there is no model quotes are all there is.
    assert models([]) == (("None: quotes only", USUAL),)


def test_more_sources_are_more_of_all_that_bounds_them() -> None:
    usual = Settings()
    more, fewer = (applied(Choice(sources=name), usual).evidence for name in ("many", "few"))
    for name in ("least_tokens", "sentences", "max_tokens"):
        assert getattr(fewer, name) < getattr(usual.evidence, name) < getattr(more, name)
