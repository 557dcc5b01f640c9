from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from doubles import Script
from hypothesis import example, given
from hypothesis import strategies as st
from tides import FILES, QUESTION, SONGS, TIDES, assert_sound

from qa import AnswerReady, EvidenceFound, Library, Settings, Turn
from qa.answer import MAX_QUESTION_CHARACTERS, checked_history
from qa.answering.abstention import NOT_FOUND_TEXT
from qa.errors import ModelUnavailableError, QuestionError, SettingsError
from qa.llms import Deadline, Message, ScriptedChatModel, Token

Open = Callable[..., tuple[Library, Script]]
Write = Callable[..., Path]
Fast = Callable[..., Settings]


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


LONG = f"The pool is open to guests{' and to their friends' * 10}."


@pytest.mark.parametrize(
    ("document", "question", "text"),
    [
        # What a bare verdict would hide is seen at once.
        (
            "No cat may be kept without the owner's consent.",
            "May I keep a cat?",
            "No: “No cat may be kept without the owner's consent.” [1]",
        ),
        ("The pool [3] is closed.", "Is the pool closed?", "No: “The pool (3) is closed.” [1]"),
        # Too long to be read at a glance, no statement, or one that needs the line above it.
        (LONG, "Is the pool open?", "No. [1]"),
        ("Is the pool open to all guests?", "Is the pool open?", "No. [1]"),
        ("- Dogs are not allowed.", "Are dogs allowed?", "No. [1]"),
        ("We do not pay for:\n\n- Damage by flood.", "Do you pay for flood?", "No. [1][2]"),
    ],
)
def test_a_bare_yes_or_no_is_told_with_the_sentence_it_rests_on(
    write: Write, scripted: Open, document: str, question: str, text: str
) -> None:
    library, script = scripted(write({"a.txt": document}))
    script.answer = "No"
    script.decision = "No"
    answer = library.ask(question)
    assert_sound(library, answer)
    assert answer.text == text


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


ASKED = (
    "What is the price of the ticket?",
    "Is the price of the ticket 5 crowns?",
    "Who sells tickets, and when does the circus come?",
    "Which of the circus and the theatre came first?",
    "What is the latest price?",
)
ONE_PROCESS = """
import json, sys
from qa import Library, Settings
from qa.llms import ScriptedChatModel

def script(messages):
    if messages[0].content.startswith("You check"):
        return "Yes"
    text = messages[-1].content.rpartition("Question:")[0].strip()
    return text.splitlines()[-1] if text else "NOT STATED"

model = ScriptedChatModel(script)
settings = Settings(home=sys.argv[2], embedding={"model": "hashing"}, llm="none")
library = Library.open(sys.argv[1], settings=settings, llm=model)
for question in json.loads(sys.argv[3]):
    answer = library.ask(question).to_dict()
    assert answer.pop("timings")
    print(json.dumps(answer))
print(json.dumps([[message.content for message in prompt] for prompt in model.prompts]))
"""


def test_the_same_answer_in_every_process(write: Write, tmp_path: Path) -> None:
    # Much is equally close, so that any order which isn't fixed would show.
    said = "The circus, the theatre and the museum sell tickets. The price of a ticket is 5 crowns."
    folder = write(
        {
            **{f"{name}.txt": f"{said}\n\nThe {name} is in town.\n" for name in "gdafbec"},
            "old.txt": f"date: 2021-01-02\n\n{said} The price of a ticket was 4 crowns.\n",
        }
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", ONE_PROCESS, folder, tmp_path / seed, json.dumps(ASKED)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    answers = [json.loads(line) for line in told[0].splitlines()[:-1]]
    assert [answer["question"] for answer in answers] == list(ASKED)
    assert any(answer["status"] == "answered" for answer in answers)
    assert told[0] == told[1]


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
    shared_tides: tuple[Library, Script], answer: str, check: str, question: str
) -> None:
    library, script = shared_tides
    script.answer, script.check, script.rewrite = answer, check, answer
    for found in (library.ask(question), library.ask(question, [Turn("Who?", "Kim [1]")])):
        assert_sound(library, found)
        assert found.question == question


@given(question=st.text(min_size=1).filter(str.strip))
@example(question="\ud800 How much?")
@example(question="[1] [2]")
@example(question="x " * (MAX_QUESTION_CHARACTERS // 2))
def test_whatever_is_asked_the_answer_is_sound(
    shared_tides: tuple[Library, Script], question: str
) -> None:
    library, script = shared_tides
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


# --- Follow-ups ----------------------------------------------------------------------


def test_a_follow_up_is_rewritten_and_shown(tides: tuple[Library, Script]) -> None:
    library, script = tides
    script.rewrite = "At what time did the tide rise?"
    script.answer = "9 am"
    history = [Turn(QUESTION, "12 cm [1]")]
    _, *events = library.stream("and when?", history)
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


# --- Questions that can't be used ----------------------------------------------------


@pytest.mark.parametrize("question", ["", " \n\t\u00a0"])
@pytest.mark.parametrize("verb", ["ask", "stream", "search"])
def test_an_empty_question(tides: tuple[Library, Script], verb: str, question: str) -> None:
    with pytest.raises(QuestionError, match="empty"):
        getattr(tides[0], verb)(question)


@pytest.mark.parametrize("verb", ["ask", "stream", "search"])
def test_a_huge_question(tides: tuple[Library, Script], verb: str) -> None:
    with pytest.raises(QuestionError, match=r"100,000 characters.*2,000"):
        getattr(tides[0], verb)("x" * 100_000)


# --- Choices for one question --------------------------------------------------------


def last(library: Library, **options: object) -> AnswerReady:
    *_, event = library.stream(QUESTION, **options)  # type: ignore[arg-type]
    assert isinstance(event, AnswerReady)
    return event


@pytest.mark.parametrize("turn", ["x", {"question": "When?"}, {"question": 1, "answer": ""}, None])
def test_what_is_no_turn_is_named(tides: tuple[Library, Script], turn: Any) -> None:
    library, _ = tides
    with pytest.raises(QuestionError, match=r"^history\[1\] is .*Turn\(question, answer\)"):
        library.ask("And then?", [Turn("When?", "9 am"), turn])
    with pytest.raises(QuestionError, match="The question is 5. Write it as text"):
        library.ask(5)  # type: ignore[arg-type]


def test_a_turn_may_come_as_json_has_it(tides: tuple[Library, Script]) -> None:
    library, script = tides
    script.rewrite = QUESTION
    script.answer = "12 cm"
    turn = {"question": "Did the tide rise?", "answer": "Yes."}
    told = replace(library.ask("By how much?", [turn]), timings={})
    assert told.standalone_question == QUESTION
    assert told == replace(library.ask("By how much?", [Turn(**turn)]), timings={})


def test_a_long_question_before_it_takes_no_model_from_the_next(write: Write, fast: Any) -> None:
    longest = MAX_QUESTION_CHARACTERS + 4000
    script = Script()
    script.rewrite, script.answer = QUESTION, "12 cm"

    def read(messages: Sequence[Message]) -> Any:
        if len(messages[-1].content) > longest:
            raise ModelUnavailableError("The prompt is too long.")
        return script(messages)

    library = Library.open(write(FILES), settings=fast(), llm=ScriptedChatModel(read))
    answer = library.ask("By how much?", [Turn("Did it rise? " * 10_000, "Yes.")])
    assert_sound(library, answer)
    assert (answer.text, answer.notes) == ("12 cm [1]", ())


def test_quotes_only_asks_no_model(write: Write, scripted: Open) -> None:
    library, script = scripted(write(FILES))
    script.answer = ModelUnavailableError("It was asked.")
    answer = last(library, quotes_only=True).answer
    assert answer.extractive
    assert "It was asked." not in answer.notes


def test_settings_hold_for_one_question_alone(write: Write, scripted: Open) -> None:
    library, script = scripted(write(FILES))
    script.answer = "12 cm"
    strict = library.settings.model_copy(
        update={"verification": library.settings.verification.model_copy(update={"threshold": 1.0})}
    )
    usual = last(library).answer
    assert (last(library).answer.fingerprint, usual.status) == (usual.fingerprint, "answered")
    other = last(library, settings=strict).answer
    assert other.fingerprint != usual.fingerprint
    assert other.status == "not_found"


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("llm", {"llm": "http://127.0.0.1:9/v1#x"}),
        ("embedding", {"embedding": {"model": "all-MiniLM-L6-v2"}}),
        ("chunking", {"chunking": {"max_chunk_characters": 300}}),
        ("local", {"local": {"context_tokens": 2048}}),
        ("whole_library_tokens", {"evidence": {"whole_library_tokens": 0}}),
    ],
)
def test_settings_that_an_open_library_can_t_take_are_refused(
    tides: tuple[Library, Script], name: str, values: dict[str, Any]
) -> None:
    library, _ = tides
    given = library.settings.model_dump(exclude_unset=True) | values
    with pytest.raises(SettingsError, match=rf"^{name} can't be set for one question.*open it"):
        library.stream(QUESTION, settings=Settings.load(**given))
    same = Settings.load(**library.settings.model_dump(exclude_unset=True))
    assert last(library, settings=same).answer.fingerprint == last(library).answer.fingerprint


@pytest.mark.parametrize("copy", [{"retrieval": {"chunks": 0}}, None])
def test_settings_for_one_question_are_checked(
    tides: tuple[Library, Script], copy: dict[str, Any] | None
) -> None:
    library, _ = tides
    settings: Any = library.settings.model_copy(update=copy) if copy else "none"
    with pytest.raises(SettingsError):
        library.stream(QUESTION, settings=settings)


def test_a_deadline_that_was_called_off_ends_the_answer(write: Write, scripted: Open) -> None:
    library, script = scripted(write(FILES))
    script.answer = "12 cm"
    deadline = Deadline(1000)
    deadline.call_off()
    answer = last(library, deadline=deadline).answer
    assert answer.extractive
    assert "called off" in answer.notes[0]


@pytest.mark.parametrize("whole_library_tokens", [2000, 0])
def test_when_a_file_was_saved_reaches_no_prompt_and_no_day_is_counted_from_it(
    write: Write, scripted: Open, whole_library_tokens: int
) -> None:
    folder = write({"a.txt": "title: Ferry\n\nThe ferry to Osk sails tomorrow.\n"})
    os.utime(folder / "a.txt", (1_715_428_800, 1_715_428_800))
    library, script = scripted(folder, evidence={"whole_library_tokens": whole_library_tokens})
    prompts: list[str] = []

    def check(messages: Sequence[Message]) -> str:
        prompts.extend(message.content for message in messages)
        return "Yes"

    def draft(messages: Sequence[Message]) -> str:
        prompts.extend(message.content for message in messages)
        return "tomorrow"

    script.answer, script.check = draft, check
    answer = library.ask("When does the ferry to Osk sail?")
    assert answer.text == "tomorrow [1]"
    assert [(each.date, each.saved) for each in answer.citations] == [(None, "2024-05-11")]
    assert prompts
    assert not any("2024" in prompt or "saved" in prompt for prompt in prompts)
    script.answer = "NOT STATED"
    for question in (
        "How many days before 1 June 2024 does the ferry to Osk sail?",
        "When was the article about the ferry to Osk written?",
    ):
        assert "2024-05-11" not in library.ask(question).text


@pytest.mark.parametrize("history", [None, 7])
def test_a_history_that_is_no_list_is_named(history: Any) -> None:
    with pytest.raises(QuestionError, match=f"The history is {history}"):
        checked_history(history)


def test_a_turn_is_read_no_further_than_a_question_may_be_long() -> None:
    long = "x" * (MAX_QUESTION_CHARACTERS + 1)
    (turn,) = checked_history([{"question": long, "answer": "Yes."}])
    assert turn == Turn(long[:-1], "Yes.")
