from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from doubles import Endpoint, Handler, Script, chunk, drops, fails, hangs, repeats, replies, streams
from hypothesis import example, given
from hypothesis import strategies as st

import qa
from qa import Answer, AnswerReady, DraftText, EvidenceFound, Library, Settings, Turn, ask
from qa import answer as answer_module
from qa.answer import MAX_QUESTION_CHARACTERS, NOT_FOUND_TEXT, default_documents
from qa.errors import (
    EmptyLibraryError,
    LibraryNotFoundError,
    ModelNotFoundError,
    ModelUnavailableError,
    QuestionError,
)
from qa.generation import INSTRUCTIONS, REWRITE_INSTRUCTIONS
from qa.llms import Deadline, Message, Part, ScriptedChatModel, Token

TIDES = """\
date: 2024-05-01
title: Tides of Ålesund

The volcano erupted near Milano in 1944.[12] The tide rose by 12 cm 🌊 at 9 am.
Nobody saw it. The array a[0] comes first.

The circus is in town. The price is 5 crowns. Nobody saw it.

The theatre is on Castle Street. The price is 5 crowns. Nobody saw it.

Dr. Ada Lindqvist measured eleven waves, and “the water decides”, she said.
"""
SONGS = "# Songs\n\nKim plays the piano on Sundays. The song sold 5.8 million copies in Japan.\n"
FILES: dict[str, str | bytes] = {"tides.txt": TIDES, "sub/songs.md": SONGS}
QUESTION = "How much did the tide rise?"

Open = Callable[..., tuple[Library, Script]]
Write = Callable[..., Path]
Fast = Callable[..., Settings]

_MARKER = re.compile(r"\[(\d+)\]")


def assert_sound(library: Library, answer: Answer) -> None:
    """Invariants 1 to 4 of an answer, whatever the model wrote."""
    # Quotes stand where they say.
    for citation in answer.citations:
        document = library.documents[citation.document]
        assert citation.quote.strip()
        assert document.text[citation.start : citation.end] == citation.quote
        assert (document.title, document.date) == (citation.title, citation.date)
        assert 0.0 <= citation.support <= 1.0
    # Markers lead to citations, and citations are used, in order of appearance.
    markers = [int(number) for number in _MARKER.findall(answer.text)]
    numbers = [citation.number for citation in answer.citations]
    assert list(dict.fromkeys(markers)) == numbers == list(range(1, len(numbers) + 1))
    assert len({(c.document, c.start) for c in answer.citations}) == len(numbers)
    # The text is the supported claims, and nothing else.
    shown = [claim for claim in answer.claims if claim.verdict == "supported"]
    hidden = [claim for claim in answer.claims if claim.verdict == "unsupported"]
    assert list(answer.claims) == shown + hidden
    said = [
        _MARKER.sub(r"(\1)", claim.text) + " " + "".join(f"[{n}]" for n in claim.citations)
        for claim in shown
    ]
    assert answer.text == (" ".join(said) if shown else NOT_FOUND_TEXT)
    for claim in shown:
        assert claim.citations
        assert answer.extractive or claim.support >= library.settings.verification.threshold
        strongest = [answer.citations[number - 1].support for number in claim.citations]
        assert all(support >= claim.support for support in strongest)
    for claim in hidden:
        assert claim.citations == ()
        assert claim.reason
    expected = "not_found" if not shown else "partial" if hidden else "answered"
    assert answer.status == expected
    # It can be written down and read again.
    assert json.loads(answer.to_json().encode())["text"] == answer.text
    # Read as Markdown, a backslash before a sign is not there.
    assert re.sub(r"\\([^\w\s])", r"\1", answer.to_markdown()).startswith(answer.text)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Library, Script]:
    """One library with a scripted model for tests that only ask."""
    folder = tmp_path_factory.mktemp("documents")
    for path, content in FILES.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(content.encode() if isinstance(content, str) else content)
    script = Script()
    settings = Settings(
        home=tmp_path_factory.mktemp("home"), embedding={"model": "hashing"}, llm="none"
    )
    return Library.open(folder, settings=settings, llm=ScriptedChatModel(script)), script


@pytest.fixture
def tides(shared: tuple[Library, Script]) -> Iterator[tuple[Library, Script]]:
    """The shared library, with a script that refuses everything."""
    vars(shared[1]).update(vars(Script()))
    return shared


# --- Invariants ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("draft", "text", "quotes"),
    [
        ("12 cm", "12 cm [1]", ["The tide rose by 12 cm 🌊 at 9 am."]),
        # A marker that the model writes is a hint, never trusted.
        ("12 cm [7]", "12 cm [1]", ["The tide rose by 12 cm 🌊 at 9 am."]),
        ("[2] 12 cm [1][3]", "12 cm [1]", ["The tide rose by 12 cm 🌊 at 9 am."]),
        ("at 9 am [9[2]]", "at 9 am (9) [1]", ["The tide rose by 12 cm 🌊 at 9 am."]),
        (
            "The song sold 5.8 million copies. The tide rose by 12 cm.",
            "The song sold 5.8 million copies. [1] The tide rose by 12 cm. [2]",
            ["The song sold 5.8 million copies in Japan.", "The tide rose by 12 cm 🌊 at 9 am."],
        ),
        # A claim from two places, one of which was cited before.
        (
            "Kim plays the piano. Kim plays the piano near Milano in 1944.",
            "Kim plays the piano. [1] Kim plays the piano near Milano in 1944. [1][2]",
            ["Kim plays the piano on Sundays.", "The volcano erupted near Milano in 1944.[12]"],
        ),
        ("piano", "piano [1]", ["Kim plays the piano on Sundays."]),
        (
            "“the water decides”, she said",
            "“the water decides”, she said [1]",
            ["Dr. Ada Lindqvist measured eleven waves, and “the water decides”, she said."],
        ),
    ],
)
def test_citations_are_found_by_code(
    tides: tuple[Library, Script], draft: str, text: str, quotes: list[str]
) -> None:
    library, script = tides
    script.answer = draft
    answer = library.ask(QUESTION)
    assert_sound(library, answer)
    assert (answer.status, answer.text) == ("answered", text)
    assert [citation.quote for citation in answer.citations] == quotes
    assert answer.model == "scripted"
    assert not answer.extractive
    assert answer.notes == ()


@pytest.mark.parametrize("place", ["circus", "theatre", "museum"])
def test_a_repeated_sentence_is_cited_where_it_was_retrieved(
    write: Write, scripted: Open, place: str
) -> None:
    paragraphs = {
        name: f"The {name} is in town again, and the {name} is well worth a visit by young and old "
        f"alike, as all who were at the {name} say.\nThe price is 5 crowns.\nNobody knows why."
        for name in ("circus", "theatre", "museum")
    }
    files: dict[str, str | bytes] = {
        "a.txt": f"{paragraphs['circus']}\n\n{paragraphs['theatre']}\n",
        "b.txt": paragraphs["museum"],
    }
    library, script = scripted(write(files), chunking={"max_chunk_characters": 250})
    script.answer = "5 crowns"
    answer = library.ask(f"What is the price of the {place}?")
    assert_sound(library, answer)
    (citation,) = answer.citations
    text = library.documents[citation.document].text
    assert text[: citation.start].endswith(f"at the {place} say.\n")


@pytest.mark.parametrize(
    ("draft", "status", "text"),
    [
        ("13 cm", "not_found", NOT_FOUND_TEXT),
        ("The tide rose by 12 cm. It sank by 99 m.", "partial", "The tide rose by 12 cm. [1]"),
        ("NOT STATED", "not_found", NOT_FOUND_TEXT),
        ("Paris is the capital of France", "not_found", NOT_FOUND_TEXT),
    ],
)
def test_what_is_not_supported_is_not_in_the_text(
    tides: tuple[Library, Script], draft: str, status: str, text: str
) -> None:
    library, script = tides
    script.answer = draft
    answer = library.ask(QUESTION)
    assert_sound(library, answer)
    assert (answer.status, answer.text) == (status, text)
    assert answer.evidence, "the closest passages are shown all the same"


def test_a_second_reading_that_disagrees_drops_the_claim(tides: tuple[Library, Script]) -> None:
    library, script = tides
    script.answer = "12 cm"
    script.check = (Token("No", 0.999, (("No", 0.999), ("Yes", 0.001))),)
    answer = library.ask(QUESTION)
    assert_sound(library, answer)
    assert answer.status == "not_found"
    assert [claim.text for claim in answer.claims] == ["12 cm"]
    assert answer.claims[0].support < 0.3


WRITTEN = st.one_of(
    st.text(max_size=200),
    # What stands in the documents, cut anywhere and mixed with markers and rubbish.
    st.lists(
        st.one_of(
            st.sampled_from(re.split(r"(?<=[ .\n])", TIDES + SONGS)),
            st.sampled_from(
                "[1] [99] [1, 2] [9[2]] [12] a[0] Yes. No. NOT STATED \n\n <b>x</b> **y** ``` "
                "12 cm 9 am eleven 5 crowns “ \\ \\1 \u202e \u0000 \ud800 🌊".split(" ")
            ),
            st.text(max_size=3),
        ),
        max_size=20,
    ).map(" ".join),
)


@given(
    answer=WRITTEN,
    check=WRITTEN | st.just("Yes"),
    question=st.sampled_from(
        [QUESTION, "Did the volcano erupt?", "9 am or 10 am?", "?", "Nobody saw it."]
    ),
)
@example(answer="", check="Yes", question=QUESTION)
@example(answer="NOT STATED " * 50, check="Yes", question=QUESTION)
@example(answer="The tide rose by 12 cm. " * 50, check="Yes", question=QUESTION)
@example(answer="x" * 100_000, check="Yes", question=QUESTION)
@example(answer="at 9 am [9[2]] and [[9]]", check="Yes", question=QUESTION)
@example(answer="\ud800 12 cm", check="\ud800", question=QUESTION)
def test_whatever_the_model_writes_the_answer_is_sound(
    shared: tuple[Library, Script], answer: str, check: str, question: str
) -> None:
    library, script = shared
    script.answer, script.check, script.rewrite = answer, check, answer
    for found in (library.ask(question), library.ask(question, [Turn("Who?", "Kim [1]")])):
        assert_sound(library, found)
        assert found.question == question


@given(question=st.text(min_size=1).filter(str.strip))
@example(question="\ud800 How much?")
@example(question="[1] [2]")
@example(question="x " * (MAX_QUESTION_CHARACTERS // 2))
def test_whatever_is_asked_the_answer_is_sound(
    shared: tuple[Library, Script], question: str
) -> None:
    library, script = shared
    script.answer = "The tide rose by 12 cm."
    script.check = "Yes"
    assert_sound(library, library.ask(question))


def test_the_same_question_has_the_same_answer(
    write: Write, scripted: Open, tmp_path: Path
) -> None:
    answers = []
    for home in ("one", "other"):
        library, script = scripted(write(FILES), home=tmp_path / home)
        script.answer = "The tide rose by 12 cm. It sank by 99 m."
        answers += [replace(library.ask(QUESTION), timings={}) for _ in range(2)]
        assert re.fullmatch(r"[0-9a-f]{12}", answers[-1].fingerprint)
    first = answers[0]
    for other in answers[1:]:
        assert replace(other, fingerprint="") == replace(first, fingerprint="")
    assert answers[0] == answers[1]


def test_an_index_that_grew_answers_like_one_built_at_once(
    write: Write, scripted: Open, tmp_path: Path
) -> None:
    folder = write({"sub/songs.md": SONGS})
    grown, script = scripted(folder)
    write(FILES)
    script.answer = "The tide rose by 12 cm."
    fresh, other = scripted(folder, home=tmp_path / "other")
    other.answer = script.answer
    assert grown.ask(QUESTION).citations == fresh.ask(QUESTION).citations
    assert grown.ask(QUESTION).evidence == fresh.ask(QUESTION).evidence


# --- Without a model -----------------------------------------------------------------


def test_without_a_model_the_answer_is_quoted_and_says_so(write: Write, fast: Fast) -> None:
    library = Library.open(write(FILES), settings=fast())
    answer = library.ask("When did the volcano erupt near Milano?")
    assert_sound(library, answer)
    assert answer.status == "answered"
    assert answer.extractive
    assert answer.model == library.model_name == "none"
    # The document's own "[12]" can't pass for a citation, while the quote stays as it is.
    assert answer.text == "The volcano erupted near Milano in 1944.(12) [1]"
    assert answer.citations[0].quote == "The volcano erupted near Milano in 1944.[12]"
    assert any("No language model" in note for note in answer.notes)


def test_without_a_model_and_without_a_close_sentence_nothing_is_quoted(
    write: Write, fast: Fast
) -> None:
    library = Library.open(write(FILES), settings=fast())
    answer = library.ask("zzzz qqqq xxxx?")
    assert_sound(library, answer)
    assert (answer.status, answer.text) == ("not_found", NOT_FOUND_TEXT)
    assert any("no sentence comes close" in note for note in answer.notes)


@given(question=st.text(st.sampled_from("abcdefgh [1]29.\n🌊"), min_size=1).filter(str.strip))
@example(question="The array a[0] comes first")
@example(question="The volcano erupted near Milano in 1944.[12]")
def test_without_a_model_any_answer_is_sound(shared: tuple[Library, Script], question: str) -> None:
    library, script = shared
    script.answer = ModelUnavailableError("down")
    try:
        assert_sound(library, library.ask(question))
    finally:
        script.answer = ""


@pytest.mark.parametrize("stage", ["answer", "check", "rewrite"])
def test_a_model_that_fails_at_any_stage_leaves_quotes(
    tides: tuple[Library, Script], stage: str
) -> None:
    library, script = tides
    script.answer = "12 cm"
    setattr(script, stage, ModelUnavailableError("The model went away."))
    answer = library.ask("How much did the tide rise at 9 am?", [Turn("When?", "At 9 am.")])
    assert_sound(library, answer)
    assert answer.extractive
    assert answer.model == "none"
    assert answer.notes[0] == "The model went away."
    assert "12 cm" in answer.text


def test_an_endpoint_answers_as_a_model_does(write: Write, fast: Fast, endpoint: Endpoint) -> None:
    script = Script()
    script.answer = "12 cm [4]"

    def reply(request: dict[str, Any]) -> str:
        said = script([Message(m["role"], m["content"]) for m in request["messages"]])
        assert isinstance(said, str)
        return said

    endpoint.behaviour = replies(reply)
    settings = fast(llm=f"{endpoint.url}#m", api_key="hunter2")
    library = Library.open(write(FILES), settings=settings)
    answer = library.ask(QUESTION)
    assert_sound(library, answer)
    assert (answer.text, answer.model) == ("12 cm [1]", "m at 127.0.0.1")
    assert len(endpoint.requests) == 2
    assert "hunter2" not in answer.to_json()


def test_an_unreachable_endpoint_is_told_at_once(
    write: Write, fast: Fast, closed_port: int
) -> None:
    url = f"http://127.0.0.1:{closed_port}/v1#m"
    library = Library.open(write(FILES), settings=fast(llm=url))
    library.ask(QUESTION)
    started = time.perf_counter()
    answer = library.ask("How much did the tide rise at 9 am?")
    assert time.perf_counter() - started < 2
    assert_sound(library, answer)
    assert answer.extractive
    assert "can't be reached" in answer.notes[0]


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (fails(401), "QA_API_KEY"),
        (fails(404), "QA_LLM"),
        (fails(500), "failed"),
        (streams(["data: {not json\n\n"]), "failed"),
        (drops, "failed"),
        (hangs, "QA_GENERATION__DEADLINE_SECONDS"),
        (repeats(chunk("tide ")), "QA_GENERATION__DEADLINE_SECONDS"),
        (repeats(": wait\n\n"), "QA_GENERATION__DEADLINE_SECONDS"),
    ],
)
def test_an_endpoint_that_misbehaves_leaves_quotes(
    write: Write,
    fast: Fast,
    endpoint: Endpoint,
    behaviour: Callable[[Handler], None],
    said: str,
) -> None:
    endpoint.behaviour = behaviour
    settings = fast(
        llm=f"{endpoint.url}#m",
        api_key="hunter2",
        generation={"deadline_seconds": 0.5, "max_tokens": 4096},
    )
    library = Library.open(write(FILES), settings=settings)
    answer = library.ask("How much did the tide rise at 9 am?")
    assert_sound(library, answer)
    assert answer.extractive
    assert said in answer.notes[0]
    assert "12 cm" in answer.text
    assert answer.timings["total"] < 10
    assert len(endpoint.requests) == 1
    assert "hunter2" not in answer.to_json()


@pytest.mark.parametrize("body", ["<html>hello</html>", "", "null", '{"error": {"message": "no"}}'])
def test_a_server_of_another_kind_gives_no_fact(
    write: Write, fast: Fast, endpoint: Endpoint, body: str
) -> None:
    endpoint.behaviour = fails(200, body)
    library = Library.open(write(FILES), settings=fast(llm=f"{endpoint.url}#m"))
    answer = library.ask(QUESTION)
    assert_sound(library, answer)
    assert answer.extractive or answer.status == "not_found"


# --- Streaming -----------------------------------------------------------------------


def test_a_stream_is_evidence_then_draft_then_answer(tides: tuple[Library, Script]) -> None:
    library, script = tides
    script.answer = "The tide rose by 12 cm [3]."
    first, *drafts, last = library.stream(QUESTION)
    assert isinstance(first, EvidenceFound)
    assert first.standalone_question is None
    assert first.passages
    assert all(isinstance(event, DraftText) for event in drafts)
    assert "".join(event.delta for event in drafts if isinstance(event, DraftText)) == script.answer
    assert isinstance(last, AnswerReady)
    assert last.answer.evidence == first.passages
    assert replace(last.answer, timings={}) == replace(library.ask(QUESTION), timings={})


def test_evidence_comes_before_the_model_is_asked(tides: tuple[Library, Script]) -> None:
    library, script = tides
    asked: list[Sequence[Message]] = []

    def reply(messages: Sequence[Message]) -> str:
        asked.append(messages)
        return "12 cm"

    script.answer = reply
    events = library.stream(QUESTION)
    assert isinstance(next(events), EvidenceFound)
    assert asked == []
    assert isinstance(next(events), DraftText)
    assert len(asked) == 1


def test_a_bad_question_is_refused_before_the_stream_begins(tides: tuple[Library, Script]) -> None:
    with pytest.raises(QuestionError):
        tides[0].stream(" ")


class Closable:
    """A chat model that notices when its reply is given up."""

    name = "closable"
    context_tokens = 4096

    def __init__(self) -> None:
        self.closed = False

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int, deadline: Deadline
    ) -> Iterator[Token]:
        try:
            while True:
                yield Token("tide ")
        finally:
            self.closed = True


def test_closing_the_stream_stops_the_model(write: Write, fast: Fast) -> None:
    model = Closable()
    events = Library.open(write(FILES), settings=fast(), llm=model).stream(QUESTION)
    for event in events:
        if isinstance(event, DraftText):
            break
    assert not model.closed
    events.close()  # type: ignore[attr-defined]
    assert model.closed


def test_closing_the_stream_hangs_up_on_an_endpoint(
    write: Write, fast: Fast, endpoint: Endpoint
) -> None:
    endpoint.behaviour = repeats(chunk("tide "))
    library = Library.open(write(FILES), settings=fast(llm=f"{endpoint.url}#m"))
    events = library.stream(QUESTION)
    assert isinstance(next(events), EvidenceFound)
    assert isinstance(next(events), DraftText)
    events.close()  # type: ignore[attr-defined]
    assert endpoint.hung_up.wait(10)


def test_stages_are_timed(tides: tuple[Library, Script]) -> None:
    library, script = tides
    script.answer = "12 cm"
    timings = library.ask(QUESTION).timings
    assert {"evidence", "generation", "verification", "total"} <= set(timings)
    assert all(seconds >= 0 for seconds in timings.values())
    stages = sum(seconds for stage, seconds in timings.items() if stage != "total")
    assert stages <= timings["total"] + 1e-6
    assert "rewriting" in library.ask(QUESTION, [Turn("a", "b")]).timings


# --- Follow-ups ----------------------------------------------------------------------


def test_a_follow_up_is_rewritten_and_shown(tides: tuple[Library, Script]) -> None:
    library, script = tides
    script.rewrite = "At what time did the tide rise?"
    script.answer = "9 am"
    history = [Turn(QUESTION, "12 cm [1]")]
    events = list(library.stream("and when?", history))
    assert isinstance(events[0], EvidenceFound)
    assert events[0].standalone_question == "At what time did the tide rise?"
    assert isinstance(events[-1], AnswerReady)
    answer = events[-1].answer
    assert (answer.question, answer.standalone_question) == ("and when?", script.rewrite)
    assert answer.text == "9 am [1]"
    assert_sound(library, answer)


@pytest.mark.parametrize(
    "rewrite", ["When did the tide rise in Bergen?", "When, in 1999?", "", "\n"]
)
def test_a_rewrite_that_invents_is_not_used(tides: tuple[Library, Script], rewrite: str) -> None:
    library, script = tides
    script.rewrite = rewrite
    script.answer = "9 am"
    answer = library.ask("when did the tide rise?", [Turn("Who measured?", "Ada [1]")])
    assert answer.standalone_question is None
    assert answer.text == "9 am [1]"


def test_a_question_without_history_is_not_rewritten(tides: tuple[Library, Script]) -> None:
    library, script = tides
    script.rewrite = AssertionError("asked to rewrite")
    assert library.ask(QUESTION).standalone_question is None


def test_without_a_model_a_follow_up_is_searched_with_the_question_before(
    write: Write, fast: Fast
) -> None:
    library = Library.open(write(FILES), settings=fast())
    answer = library.ask("and the price?", [Turn("Is the circus in town?", "Yes.")])
    assert answer.standalone_question == "Is the circus in town? and the price?"
    assert_sound(library, answer)


# --- What is read --------------------------------------------------------------------


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


class Primable(ScriptedChatModel):
    """Remembers what it was made ready for."""

    def __init__(self, script: Script) -> None:
        super().__init__(script)
        self.primed: list[tuple[str, Part, str]] = []

    def prime(
        self, part: Part, messages: Sequence[Message], deadline: Deadline, library: str = ""
    ) -> None:
        self.primed.append((library, part, messages[-1].content))


def test_a_model_is_made_ready_once_for_an_index(write: Write, fast: Fast) -> None:
    model = Primable(Script())
    folder = write(FILES)
    library = Library.open(folder, settings=fast(), llm=model)
    for _ in range(2):
        library.ask(QUESTION)
    assert [part for _, part, _ in model.primed].count(Part.CHECKER) == 1
    assert any("The tide rose" in said for _, part, said in model.primed if part is Part.READER)
    (folder / "new.txt").write_text("A new wave came.")
    library.ask(QUESTION)
    assert any("A new wave" in said for _, _, said in model.primed[2:])


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


def test_an_empty_reply_is_no_statement_about_the_documents(write: Write, fast: Fast) -> None:
    model = ScriptedChatModel(lambda _messages: "")
    answer = Library.open(write(FILES), settings=fast(), llm=model).ask(QUESTION)
    assert answer.extractive
    assert any("empty reply" in note for note in answer.notes)


def test_a_reply_that_was_cut_off_is_told(write: Write, fast: Fast) -> None:
    settings = fast(generation={"max_tokens": 16})
    model = ScriptedChatModel(lambda _messages: "word " * 40)
    answer = Library.open(write(FILES), settings=settings, llm=model).ask(QUESTION)
    assert any("cut off" in note for note in answer.notes)


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


# --- Questions and folders that can't be used ----------------------------------------


@pytest.mark.parametrize("question", ["", " \n\t\u00a0"])
@pytest.mark.parametrize("verb", ["ask", "stream", "search"])
def test_an_empty_question(tides: tuple[Library, Script], verb: str, question: str) -> None:
    with pytest.raises(QuestionError, match="empty"):
        getattr(tides[0], verb)(question)


@pytest.mark.parametrize("verb", ["ask", "stream", "search"])
def test_a_huge_question(tides: tuple[Library, Script], verb: str) -> None:
    with pytest.raises(QuestionError, match=r"100,000 characters.*2,000"):
        getattr(tides[0], verb)("x" * 100_000)


def test_a_folder_that_is_not_there(tmp_path: Path, fast: Fast) -> None:
    with pytest.raises(LibraryNotFoundError, match="nowhere"):
        Library.open(tmp_path / "nowhere", settings=fast())
    (tmp_path / "file.txt").write_text("text")
    for name in ("a\0b", "x" * 10_000, "~nobody/at/all"):
        with pytest.raises(LibraryNotFoundError):
            Library.open(name, settings=fast())
    with pytest.raises(LibraryNotFoundError, match=r"file\.txt"):
        Library.open(tmp_path / "file.txt", settings=fast())


@pytest.mark.parametrize(
    "files", [{}, {"a.txt": ""}, {"a.txt": " \n"}, {"a.txt": b"\x00\x01\x02" * 99}, {"a.exe": "x"}]
)
def test_a_folder_without_a_document(
    write: Write, fast: Fast, files: dict[str, str | bytes]
) -> None:
    with pytest.raises(EmptyLibraryError, match="documents"):
        Library.open(write(files), settings=fast())


def test_a_binary_file_is_skipped_and_told(write: Write, scripted: Open) -> None:
    library, script = scripted(write({**FILES, "image.txt": b"\x89PNG\x00\x01\xff" * 500}))
    assert set(library.documents) == set(FILES)
    assert [skipped.path for skipped in library.report.skipped] == ["image.txt"]
    script.answer = "12 cm"
    assert library.ask(QUESTION).status == "answered"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252"])
def test_any_encoding_is_quoted_exactly(write: Write, scripted: Open, encoding: str) -> None:
    text = "Die Flut in Ålesund stieg früh um 12 cm. Später fiel sie über Nacht wieder.\n" * 3
    library, script = scripted(write({"flut.txt": text.encode(encoding)}))
    script.answer = "12 cm"
    answer = library.ask("Wie hoch stieg die Flut in Ålesund?")
    assert_sound(library, answer)
    assert answer.citations[0].quote == "Die Flut in Ålesund stieg früh um 12 cm."


@pytest.mark.parametrize("llm", ["gpt-4", "/nowhere/model.gguf", "http://host/v1"])
def test_an_unknown_model_is_told_before_anything_is_indexed(
    write: Write, fast: Fast, tmp_path: Path, llm: str
) -> None:
    with pytest.raises(ModelNotFoundError, match="QA_LLM"):
        Library.open(write(FILES), settings=fast(), llm=llm)
    assert not (tmp_path / "home").exists()


def test_an_unknown_embedding_model_is_told(write: Write, fast: Fast) -> None:
    with pytest.raises(ModelNotFoundError, match="QA_EMBEDDING__MODEL|embedding model"):
        Library.open(write(FILES), settings=fast(embedding={"model": "no/such-model"}))


# --- A folder that changes -----------------------------------------------------------


def test_a_deleted_file_is_not_cited(write: Write, scripted: Open) -> None:
    folder = write(FILES)
    library, script = scripted(folder)
    script.answer = "Kim plays the piano. The tide rose by 12 cm."
    (folder / "sub" / "songs.md").unlink()
    answer = library.ask(QUESTION)
    assert_sound(library, answer)
    assert answer.status == "partial"
    assert {citation.document for citation in answer.citations} == {"tides.txt"}
    assert set(library.documents) == {"tides.txt"}


def test_a_changed_and_an_added_file_are_read_anew(write: Write, scripted: Open) -> None:
    folder = write(FILES)
    library, script = scripted(folder)
    write({"tides.txt": "Prologue.\n\nThe tide rose by 77 cm.", "new.txt": "A 55 cm wave came."})
    script.answer = "The tide rose by 77 cm. A 55 cm wave came. The tide rose by 12 cm."
    answer = library.ask(QUESTION)
    assert_sound(library, answer)
    assert answer.text == "The tide rose by 77 cm. [1] A 55 cm wave came. [2]"


def test_when_every_file_is_gone_the_answer_says_that_it_is_from_before(
    write: Write, scripted: Open
) -> None:
    folder = write({"tides.txt": TIDES})
    library, script = scripted(folder)
    (folder / "tides.txt").unlink()
    script.answer = "12 cm"
    answer = library.ask(QUESTION)
    assert_sound(library, answer)
    assert "may have changed" in answer.notes[0]
    folder.rmdir()
    assert "may have changed" in library.ask(QUESTION).notes[0]


def test_opening_again_does_nothing_again(write: Write, scripted: Open) -> None:
    folder = write(FILES)
    first, _ = scripted(folder)
    second, _ = scripted(folder)
    assert set(first.report.added) == set(FILES)
    assert set(second.report.unchanged) == set(FILES)
    assert not second.report.changed


def test_an_interruption_while_indexing_keeps_the_old_index(write: Write, fast: Fast) -> None:
    folder = write(FILES)
    Library.open(folder, settings=fast())
    write({"new.txt": "A new wave came."})

    def interrupt(done: int, total: int, path: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Library.open(folder, settings=fast(), progress=interrupt)
    library = Library.open(folder, settings=fast())
    assert library.report.rebuilt is None
    assert library.report.added == ("new.txt",)
    assert set(library.report.unchanged) == set(FILES)


def test_an_interruption_of_the_first_indexing_leaves_nothing_half_done(
    write: Write, fast: Fast
) -> None:
    folder = write(FILES)
    seen: list[str] = []

    def interrupt(done: int, total: int, path: str) -> None:
        seen.append(path)
        if done == total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Library.open(folder, settings=fast(), progress=interrupt)
    assert seen
    library = Library.open(folder, settings=fast())
    assert set(library.report.added) == set(FILES)
    assert library.report.rebuilt is None


# --- Several at once -----------------------------------------------------------------


def test_threads_get_their_own_answers(write: Write, scripted: Open) -> None:
    library, script = scripted(write(FILES))
    replies = {
        "How much did the tide rise?": "12 cm",
        "What does Kim play?": "the piano",
        "How many copies did the song sell?": "5.8 million",
        "Where is the theatre?": "Castle Street",
    }
    script.answer = lambda messages: replies[messages[-1].content.rpartition("Question: ")[2]]
    questions = list(replies) * 6
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(library.ask, questions))
    for question, answer in zip(questions, answers, strict=True):
        assert answer.question == question
        assert answer.text == f"{replies[question]} [1]"
        assert_sound(library, answer)


def test_asking_while_files_come_and_go(write: Write, scripted: Open) -> None:
    folder = write(FILES)
    library, script = scripted(folder)
    script.answer = "The tide rose by 12 cm."
    stop = threading.Event()

    def change() -> None:
        for number in range(15):
            (folder / f"new{number % 3}.txt").write_text(f"Wave {number} came. " * (number + 1))
            time.sleep(0.01)
        stop.set()

    def keep_asking() -> list[Answer]:
        answers = []
        while not stop.is_set():
            answers.append(library.ask(QUESTION))
        return answers

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(keep_asking) for _ in range(3)]
        pool.submit(change).result(60)
        answers = [answer for future in asking for answer in future.result(60)]
    assert answers
    for answer in answers:
        assert [citation.quote for citation in answer.citations] == [
            "The tide rose by 12 cm 🌊 at 9 am."
        ]


def test_a_question_meets_one_state_of_the_library(
    write: Write, scripted: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(FILES)
    library, script = scripted(folder)
    script.answer = "A 55 cm wave came."
    whole = answer_module._whole
    with ThreadPoolExecutor(1) as pool:
        asked = []

        def slow(*arguments: Any) -> Any:
            # Another thread asks while this one is between two states.
            if not asked:
                asked.append(pool.submit(library.ask, "What came?"))
                wait(asked, timeout=0.3)
            return whole(*arguments)

        monkeypatch.setattr(answer_module, "_whole", slow)
        write({"new.txt": "A 55 cm wave came."})
        library.refresh()
        assert asked[0].result(30).text == "A 55 cm wave came. [1]"


# --- Opening -------------------------------------------------------------------------


def test_the_default_folder(tmp_path: Path, fast: Fast, seeds: Path) -> None:
    assert default_documents(fast()) == seeds
    assert default_documents(fast(documents=tmp_path)) == tmp_path


def test_ask_keeps_the_library_open(
    write: Write, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("QA_DOCUMENTS", str(write(FILES)))
    monkeypatch.setenv("QA_LLM", "none")
    monkeypatch.setenv("QA_EMBEDDING__MODEL", "hashing")
    answer_module._shared_library.cache_clear()
    request.addfinalizer(answer_module._shared_library.cache_clear)
    opened: list[str] = []
    real = Library.open.__func__  # type: ignore[attr-defined]

    def counted(cls: type[Library], *arguments: Any, **options: Any) -> Library:
        opened.append(str(arguments))
        library: Library = real(cls, *arguments, **options)
        return library

    monkeypatch.setattr(Library, "open", classmethod(counted))
    answer = ask("When did the volcano erupt near Milano?")
    assert answer.text.startswith("The volcano erupted")
    assert ask("What does Kim play on Sundays?").extractive
    assert len(opened) == 1
    other = write({"b.txt": "A unicorn slept in the garden."}, name="other")
    assert "unicorn" in ask("Where did the unicorn sleep?", library=other).text
    assert len(opened) == 2


def test_llamaindex_models_plug_in(write: Write, fast: Fast) -> None:
    from llama_index.core.embeddings import MockEmbedding
    from llama_index.core.llms import MockLLM

    library = Library.open(
        write(FILES),
        settings=fast(),
        llm=MockLLM(max_tokens=5),
        embedder=MockEmbedding(embed_dim=8),
    )
    assert library.model_name == "MockLLM" or library.model_name
    assert_sound(library, library.ask(QUESTION))


def test_a_library_is_a_context(write: Write, fast: Fast) -> None:
    with Library.open(write(FILES), settings=fast()) as library:
        hits = library.search("piano", limit=1)
        assert [hit.chunk.document for hit in hits] == ["sub/songs.md"]
        assert len(library.search("piano")) <= 10
    assert qa.Library is Library


def test_search_finds_the_best_first(tides: tuple[Library, Script]) -> None:
    hits = tides[0].search("theatre on Castle Street", limit=3)
    assert "Castle Street" in hits[0].chunk.text
    assert all(one.score >= other.score for one, other in pairwise(hits))
