"""The real models on the real article, end to end and offline: few, and quick once they run."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from subprocess import PIPE, run

import pytest

from qa import Answer, AnswerReady, DraftText, EvidenceFound, Library, Settings, Turn
from qa.answering.pipeline import Pipeline
from qa.generation import NOT_STATED, REFUSING, answer_prompt
from qa.llms import AvoidingChatModel, Deadline, complete

pytestmark = pytest.mark.real

SEEDS = Path(__file__).parent.parent / "seeds"
RELEASE = "When is the album Right Place, Wrong Person released?"


@pytest.fixture(scope="session")
def library() -> Iterator[Library]:
    """The seed library, on the weights that are kept where ``QA_HOME`` says."""
    pytest.importorskip("xllamacpp")
    # What this machine can do in time isn't what is tested.
    settings = Settings(llm="embedded", generation={"deadline_seconds": 600.0})
    with Library.open(SEEDS, settings=settings) as opened:
        yield opened


@pytest.fixture(scope="session")
def released(library: Library) -> Answer:
    """The answer to a question that the article answers."""
    return library.ask(RELEASE)


def assert_exact(library: Library, answer: Answer) -> None:
    for citation in answer.citations:
        text = library.documents[citation.document].text
        assert text[citation.start : citation.end] == citation.quote


def test_a_question_that_the_article_answers(library: Library, released: Answer) -> None:
    assert released.status == "answered"
    assert "May 24" in released.text
    assert released.citations
    assert any("May 24" in citation.quote for citation in released.citations)
    assert released.citations[0].date == "2024-05-11"
    assert_exact(library, released)
    assert not released.extractive
    assert "embedded" in released.model
    assert released.notes == ()


@pytest.mark.parametrize(
    "question",
    ["Who is the president of France?", "How much did the production of the video cost?"],
)
def test_a_question_that_it_does_not_answer(library: Library, question: str) -> None:
    answer = library.ask(question)
    assert answer.status == "not_found"
    assert answer.citations == ()
    assert answer.evidence
    assert not answer.extractive


def test_a_model_can_be_kept_from_refusing(library: Library) -> None:
    model = library._chosen(None)
    assert isinstance(model, AvoidingChatModel)
    assert library._state is not None
    pipeline = Pipeline(*library._state, library._embedder, library.settings)
    _, evidence = pipeline.gather("What did the drummer of the band say?")
    free, held = (
        complete(asked, answer_prompt(evidence), max_tokens=4, deadline=Deadline(120))
        for asked in (model, model.avoiding(REFUSING))
    )
    assert free.text.strip().startswith(REFUSING)
    assert not held.text.strip().startswith(REFUSING)
    # It still tells how much it would rather have refused.
    refusal = free.first_token_probability(NOT_STATED)
    assert held.first_token_probability(NOT_STATED) == pytest.approx(refusal, abs=0.05)


def test_the_same_question_has_the_same_answer(library: Library, released: Answer) -> None:
    library.ask("Who photographed the first set of concept photos?")
    assert replace(library.ask(RELEASE), timings={}) == replace(released, timings={})


def test_probabilities_of_the_embedded_model_are_used(library: Library, released: Answer) -> None:
    claim = released.claims[0]
    assert "a second reading agrees" in claim.reason
    assert 0.0 < claim.support < 1.0


def test_a_follow_up_is_understood(library: Library, released: Answer) -> None:
    answer = library.ask("How many tracks does it have?", [Turn(RELEASE, released.text)])
    assert answer.standalone_question is not None
    assert "Right Place, Wrong Person" in answer.standalone_question
    assert "eleven" in answer.text.lower()
    assert_exact(library, answer)


def test_a_stream_can_be_given_up(library: Library) -> None:
    events = library.stream("What was said about the music video?")
    assert isinstance(next(events), EvidenceFound)
    assert isinstance(next(events), DraftText)
    events.close()  # type: ignore[attr-defined]
    # The model is free for the next question.
    *_, last = library.stream(RELEASE)
    assert isinstance(last, AnswerReady)
    assert "May 24" in last.answer.text


LEAVES_WHILE_THE_MODEL_READS = """
import sys, threading, time
from pathlib import Path
from qa import Settings
from qa.errors import ModelError
from qa.llms import Deadline, Message, Part
from qa.llms.embedded import EmbeddedChatModel
from qa.llms.weights import ensure_weights

settings = Settings()
weights = ensure_weights(settings.home)
model = EmbeddedChatModel("model", lambda: weights, settings.local, Path(sys.argv[1]))
model.prime(Part.READER, [Message("user", "Hi")], Deadline(600))

def read():
    try:
        model.prime(Part.CHECKER, [Message("user", "word " * 3000)], Deadline(600))
    except ModelError:
        pass

threading.Thread(target=read, daemon=True).start()
time.sleep(2)
print(time.monotonic(), flush=True)
"""


def test_a_process_may_end_while_the_model_reads(tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    command = [sys.executable, "-c", LEAVES_WHILE_THE_MODEL_READS, str(tmp_path)]
    ended = run(command, check=False, stdout=PIPE, text=True)
    took = time.monotonic() - float(ended.stdout)
    assert ended.returncode == 0
    # Reading on to the end takes half a minute.
    assert took < 15


def test_opening_again_changes_nothing(library: Library) -> None:
    again = Library.open(SEEDS, settings=library.settings)
    assert not again.report.changed
    assert again.documents == library.documents


def test_the_bundled_embeddings_find_a_paraphrase(library: Library) -> None:
    hits = library.search("Which actress appears in the clip?", limit=1)
    assert "Kim Min-ah" in hits[0].chunk.text
