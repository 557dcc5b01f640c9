from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from doubles import Script
from tides import assert_sound

from qa import Answer, Library, Settings
from qa.answering.abstention import NOT_FOUND_TEXT
from qa.answering.pipeline import parts_of
from qa.errors import ModelUnavailableError
from qa.generation import INSTRUCTIONS, NOT_STATED, REFUSING
from qa.llms import Message, ScriptedChatModel, Token

DIARY = """\
date: 2024-05-11
title: The mill

The mill was sold on May 24. The bridge was opened on May 10, 2024. Rehn built it.

The shop has branches in Lund, Osk, Ferrow and Belmont.
"""

SAID = {
    "When was the mill sold?": "May 24",
    "When was the bridge opened?": "May 10, 2024",
    "On what date was the mill sold?": "May 24",
    "Which towns have branches?": "Lund, Osk, Ferrow and Belmont",
}


def answers(messages: Sequence[Message]) -> str:
    """Reply to the question that stands last in a prompt."""
    return SAID.get(messages[-1].content.rpartition("Question: ")[2], "NOT STATED")


@pytest.fixture
def mill(
    write: Callable[..., Path], scripted: Callable[..., tuple[Library, Script]]
) -> tuple[Library, Script]:
    library, script = scripted(write({"mill.txt": DIARY}))
    script.answer = answers
    script.operands = "When was the bridge opened? | When was the mill sold?"
    return library, script


def quotes(answer: Answer) -> list[str]:
    return [citation.quote for citation in answer.citations]


@pytest.mark.parametrize(
    ("question", "text", "cited"),
    [
        (
            "How many days after the bridge was opened was the mill sold?",
            "14 days: from May 10, 2024 to May 24 (2024) [1][2]",
            ["The bridge was opened on May 10, 2024.", "The mill was sold on May 24."],
        ),
        (
            "Was the bridge opened before the mill was sold?",
            "Yes. May 10, 2024 is before May 24 (2024) [1][2]",
            ["The bridge was opened on May 10, 2024.", "The mill was sold on May 24."],
        ),
        (
            "On what day of the week was the mill sold?",
            "Friday: May 24, 2024 [1]",
            ["The mill was sold on May 24."],
        ),
        (
            "How many towns have branches?",
            "4: Lund, Osk, Ferrow and Belmont [1]",
            ["The shop has branches in Lund, Osk, Ferrow and Belmont."],
        ),
    ],
)
def test_a_computed_answer_cites_its_operands(
    mill: tuple[Library, Script], question: str, text: str, cited: list[str]
) -> None:
    answer = mill[0].ask(question)
    assert (answer.status, answer.text, quotes(answer)) == ("answered", text, cited)
    assert "Computed from" in answer.claims[0].reason
    assert {"computation", "second reading"} & set(answer.timings)


def test_an_operand_that_fails_its_check_leaves_no_figure(mill: tuple[Library, Script]) -> None:
    library, script = mill
    script.check = lambda messages: "No" if "May 24" in messages[-1].content else "Yes"
    answer = library.ask("How many days after the bridge was opened was the mill sold?")
    assert answer.status == "not_found"


def test_nothing_is_computed_from_the_reason_of_a_yes(
    mill: tuple[Library, Script], monkeypatch: pytest.MonkeyPatch
) -> None:
    library, script = mill
    opened = "Yes. The bridge was opened on May 10, 2024"
    monkeypatch.setitem(SAID, "Was the bridge opened?", opened)
    script.operands = "Was the bridge opened? | When was the mill sold?"
    script.check = lambda messages: "No" if messages[-1].content.endswith(": No") else "Yes"
    assert library.ask("Was the bridge opened?").text.startswith(opened)
    answer = library.ask("Was the bridge opened before the mill was sold?")
    assert "is before" not in answer.text


def test_the_date_of_the_article_is_an_operand(mill: tuple[Library, Script]) -> None:
    library, script = mill
    script.operands = "When was the mill sold? | When is the article dated?"
    answer = library.ask("How many days before the mill was sold is the article dated?")
    assert answer.text == "13 days: from May 24 (2024) to 2024-05-11 [1][2]"
    assert "date: 2024-05-11" in quotes(answer)[1]
    assert_sound(library, answer)


def test_how_long_something_lasts_is_computed_from_its_times(
    write: Callable[..., Path], scripted: Callable[..., tuple[Library, Script]]
) -> None:
    library, script = scripted(write({"fair.txt": "The fair is from 11 am to 3 pm in the hall.\n"}))
    script.answer = "from 11 am to 3 pm"
    answer = library.ask("How long does the fair last?")
    assert answer.text == "4 hours: from 11 am to 3 pm [1]"
    assert answer.claims[0].reason.startswith("Computed from “from 11 am to 3 pm”")
    assert_sound(library, answer)


def test_the_last_of_several_times_is_told(
    write: Callable[..., Path], scripted: Callable[..., tuple[Library, Script]]
) -> None:
    library, script = scripted(write({"buses.txt": "Buses leave Osk at 14:10 and 18:40.\n"}))
    script.answer = "14:10"
    answer = library.ask("When does the last bus leave?")
    assert (answer.text, quotes(answer)) == ("18:40 [1]", ["Buses leave Osk at 14:10 and 18:40."])
    script.check = "No"
    assert library.ask("When does the last bus leave?").status == "not_found"


@pytest.mark.parametrize("draft", ["€12", "from €96 to €108"])
@pytest.mark.parametrize(("reading", "text"), [("Yes", "€12: from €96 to €108 [1]"), ("No", "")])
def test_by_how_much_is_computed_from_what_one_passage_tells(
    write: Callable[..., Path],
    scripted: Callable[..., tuple[Library, Script]],
    reading: str,
    text: str,
    draft: str,
) -> None:
    library, script = scripted(write({"fees.txt": "Fees\n\nThe fee rises from €96 to €108.\n"}))
    script.answer = draft
    script.check = reading
    answer = library.ask("By how much does the fee rise?")
    assert answer.text == (text or NOT_FOUND_TEXT)
    if text:
        assert "Computed from “from €96 to €108”" in answer.claims[0].reason
        assert_sound(library, answer)


def test_a_figure_that_the_text_states_is_not_computed(mill: tuple[Library, Script]) -> None:
    library, script = mill
    script.operands = "no idea"
    script.answer = "May 24"
    answer = library.ask("How many days after the bridge was opened was the mill sold?")
    assert answer.text == "May 24 [1]"


@pytest.mark.parametrize(
    ("question", "drafts"),
    [
        ("Why did Rehn build it?", 2),
        ("Why did Lindqvist build it?", 1),
        ("Why in 1931?", 1),
        # Capitals tell no name where nouns have them, or every word.
        ("Warum baute die Gemeinde es?", 2),
        ("Why Was The Mill Burnt?", 2),
    ],
)
def test_what_nothing_read_speaks_of_is_not_read_again(
    mill: tuple[Library, Script], question: str, drafts: int
) -> None:
    library, _ = mill
    assert library.ask(question).status == "not_found"
    (model,) = library._models.values()
    assert isinstance(model, ScriptedChatModel)
    heads = [prompt[0].content for prompt in model.prompts]
    assert heads.count(INSTRUCTIONS) == drafts


def test_sentences_that_were_selected_are_read_once(
    write: Callable[..., Path], scripted: Callable[..., tuple[Library, Script]]
) -> None:
    library, script = scripted(write({"mill.txt": DIARY}), evidence={"whole_library_tokens": 0})
    script.answer = NOT_STATED
    assert library.ask("Why did Rehn build it?").status == "not_found"
    (model,) = library._models.values()
    assert isinstance(model, ScriptedChatModel)
    assert [prompt[0].content for prompt in model.prompts].count(INSTRUCTIONS) == 1


def test_what_was_refused_twice_over_a_whole_library_stays_refused(
    write: Callable[..., Path], fast: Callable[..., Settings]
) -> None:
    model = Avoiding(Script(), "May 24")
    library = Library.open(write({"mill.txt": DIARY}), settings=fast(), llm=model)
    assert library.ask("When did they sell the mill?").status == "not_found"
    assert model.avoided == []


SELECTED: dict[str, Any] = {"evidence": {"whole_library_tokens": 0}}


class Avoiding(ScriptedChatModel):
    """Says what it was about to when it may not refuse."""

    def __init__(self, script: Script, instead: str | Exception) -> None:
        super().__init__(script)
        self.avoided: list[str] = []
        self.held = Script()
        self.held.answer = (
            instead
            if isinstance(instead, Exception)
            else [Token(instead, 0.4, (("NOT", 0.6), (instead, 0.4)))]
        )
        self.held_prompts: list[tuple[Message, ...]] = []

    def avoiding(self, words: Sequence[str]) -> ScriptedChatModel:
        self.avoided += words
        model = ScriptedChatModel(self.held)
        model.prompts = self.held_prompts
        return model


@pytest.mark.parametrize(
    ("instead", "check", "text"),
    [
        ("May 24", "Yes", "May 24 [1]"),
        ("May 24", "No", NOT_FOUND_TEXT),
        ("June 3", "Yes", NOT_FOUND_TEXT),
    ],
)
def test_a_model_that_refused_is_held_to_an_answer_which_is_checked(
    write: Callable[..., Path],
    fast: Callable[..., Settings],
    instead: str,
    check: str,
    text: str,
) -> None:
    script = Script()
    script.check = check
    model = Avoiding(script, instead)
    library = Library.open(write({"mill.txt": DIARY}), settings=fast(**SELECTED), llm=model)
    answer = library.ask("When did they sell the mill?")
    assert answer.text == text
    assert [claim.text for claim in answer.claims] == ([] if text == NOT_FOUND_TEXT else [instead])
    assert model.avoided == list(REFUSING)
    # It is asked the very thing that it refused.
    assert model.held_prompts == model.prompts[:1]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("When was the letter written?", "2024-03-01 [1]"),
        ("How many members are there?", "3: Ada, Mira and Tomas [1]"),
    ],
)
def test_what_can_be_computed_goes_before_what_a_model_is_held_to(
    write: Callable[..., Path], fast: Callable[..., Settings], question: str, text: str
) -> None:
    minutes = (
        "date: 2024-03-01\ntitle: Minutes\n\nThe letter was sent on 12 February 2024. The members "
        "are Ada, Mira and Tomas, beside 2 managers.\n"
    )
    script = Script()
    script.answer = lambda messages: (
        "Ada, Mira and Tomas" if "Which" in messages[-1].content else NOT_STATED
    )
    model = Avoiding(script, "2" if "How" in question else "12 February 2024")
    library = Library.open(write({"minutes.txt": minutes}), settings=fast(**SELECTED), llm=model)
    assert library.ask(question).text == text
    assert model.avoided == []


def test_a_model_that_fails_when_it_is_held_has_refused(
    write: Callable[..., Path], fast: Callable[..., Settings]
) -> None:
    model = Avoiding(Script(), ModelUnavailableError("The time is up."))
    library = Library.open(write({"mill.txt": DIARY}), settings=fast(**SELECTED), llm=model)
    answer = library.ask("When did they sell the mill?")
    assert (answer.text, answer.extractive) == (NOT_FOUND_TEXT, False)
    assert model.held_prompts


def test_a_model_is_held_to_nothing_where_that_can_t_help(
    write: Callable[..., Path], fast: Callable[..., Settings]
) -> None:
    script = Script()
    model = Avoiding(script, "May 24")
    library = Library.open(write({"mill.txt": DIARY}), settings=fast(**SELECTED), llm=model)
    script.check = "No"
    script.decision = "Unclear"
    assert library.ask("Was the mill sold in May?").status == "not_found"
    assert library.ask("When did Mordecai sell the mill?").status == "not_found"
    script.answer = answers
    assert library.ask("When was the mill sold?").status == "not_found"
    script.check = "Yes"
    assert library.ask("When was the mill sold?").text == "May 24 [1]"
    assert model.avoided == []


def test_operands_are_sought_in_a_library_too_large_to_be_read_whole(
    write: Callable[..., Path], scripted: Callable[..., tuple[Library, Script]]
) -> None:
    library, script = scripted(
        write({"mill.txt": DIARY}), evidence={"whole_library_tokens": 0, "sentences": 2}
    )
    script.answer = answers
    script.operands = "When was the bridge opened? | When was the mill sold?"
    answer = library.ask("How many days after the bridge was opened was the mill sold?")
    assert answer.text.startswith("14 days")
    # One citation a sentence, though each operand had evidence of its own.
    assert len(answer.citations) == len({citation.start for citation in answer.citations}) == 2


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("When was the mill sold?", ["When was the mill sold?"]),
        (
            "When was the mill sold, and who bought it?",
            ["When was the mill sold?", "Who bought it?"],
        ),
        (
            "When was the mill sold and for how much did it go?",
            ["When was the mill sold and for how much did it go?"],
        ),
        (
            "Who built it? When was it sold? and what is it now",
            ["Who built it?", "When was it sold?", "What is it now?"],
        ),
        (
            "When was the mill sold? Is it open? And why the sale?",
            ["When was the mill sold?", "Is it open?", "Why the sale?"],
        ),
        ("Who are Ada and Rehn?", ["Who are Ada and Rehn?"]),
        *(
            (whole, [whole])
            for whole in (
                "At what time and where does the meeting take place?",
                "At what price and when was the mill sold?",
                "How long and why was the mill closed?",
                "What did UNICEF and WHO recommend?",
                "What did Rehn and who else build?",
                "What is the difference between what Ada said and what the council said?",
            )
        ),
        (
            "At what time and where is the meeting, and who leads it?",
            ["At what time and where is the meeting?", "Who leads it?"],
        ),
        (
            "Between 1940 and 1950, who led the mill and who bought it?",
            ["Between 1940 and 1950, who led the mill?", "Who bought it?"],
        ),
        ("In 1950 who led it and who bought it?", ["In 1950 who led it?", "Who bought it?"]),
        ("Where is Rehn and who built it?", ["Where is Rehn?", "Who built it?"]),
        ("Who won and who lost?", ["Who won?", "Who lost?"]),
        ("How many were rejected, and why?", ["How many were rejected?", "Why?"]),
        ("When and where was it built?", ["When and where was it built?"]),
        ("Do you know when and why?", ["Do you know when and why?"]),
        ("Explain how it works and why it failed.", ["Explain how it works and why it failed."]),
        ("What is it, and who built it?", ["What is it?", "Who built it?"]),
        ("WHO BUILT IT AND WHO BOUGHT IT?", ["WHO BUILT IT?", "WHO BOUGHT IT?"]),
        ("", [""]),
    ],
)
def test_a_question_falls_into_its_parts(question: str, parts: list[str]) -> None:
    assert list(parts_of(question)) == parts


def test_what_a_part_has_no_answer_to_is_named(mill: tuple[Library, Script]) -> None:
    library, script = mill
    script.rewrite = "Who bought the mill?"
    answer = library.ask("When was the mill sold, and who bought it?")
    assert (answer.status, answer.text) == ("partial", "May 24 [1]")
    assert answer.notes == ("The documents don’t say: Who bought the mill?",)
    assert [claim.text for claim in answer.claims] == ["May 24", "Who bought it?"]


def test_each_part_is_answered_and_cited(mill: tuple[Library, Script]) -> None:
    library, _ = mill
    answer = library.ask("When was the mill sold, and when was the bridge opened?")
    assert (answer.status, answer.text) == ("answered", "May 24 [1]; May 10, 2024 [2]")
    assert answer.notes == ()


@pytest.mark.parametrize("rewrite", ["Why was the mill sold?", "Why?"])
def test_a_mere_why_asks_of_what_comes_before(mill: tuple[Library, Script], rewrite: str) -> None:
    library, script = mill
    script.rewrite = rewrite
    asked: list[str] = []

    def answer(messages: Sequence[Message]) -> str:
        asked.append(messages[-1].content.rpartition("Question: ")[2])
        return answers(messages)

    script.answer = answer
    question = "When was the mill sold, and why?"
    assert library.ask(question).text == "May 24 [1]"
    assert asked[0] == "When was the mill sold?"
    assert asked[1] == (rewrite if rewrite != "Why?" else question)


def test_parts_that_are_all_unanswered_are_no_partial_answer(
    mill: tuple[Library, Script],
) -> None:
    answer = mill[0].ask("Where was the king, and why was he there?")
    assert (answer.status, answer.citations, answer.notes) == ("not_found", (), ())


def test_a_document_s_date_is_quoted_from_its_header(mill: tuple[Library, Script]) -> None:
    library, _ = mill
    answer = library.ask("When was the article published?")
    assert answer.text == "2024-05-11 [1]"
    (citation,) = answer.citations
    text = library.documents["mill.txt"].text
    assert (
        citation.quote == text[citation.start : citation.end] == "date: 2024-05-11\ntitle: The mill"
    )


def test_a_computation_counts_with_the_date_that_words_mean(
    write: Callable[..., Path], scripted: Callable[..., tuple[Library, Script]]
) -> None:
    text = "date: 2024-05-11\n\nThe mill opens next Friday. The bridge was opened on May 10.\n"
    library, script = scripted(write({"mill.txt": text}))
    script.answer = lambda messages: (
        "next Friday" if "When does the mill open" in messages[-1].content else "May 10"
    )
    script.operands = "When was the bridge opened? | When does the mill open?"
    answer = library.ask("How many days after the bridge was opened does the mill open?")
    assert_sound(library, answer)
    assert answer.text.startswith("7 days: from May 10 (2024) to next Friday (17 May 2024")


def test_a_weekday_that_an_answer_leaves_out_tells_its_year(
    write: Callable[..., Path], scripted: Callable[..., tuple[Library, Script]]
) -> None:
    text = "date: 2024-12-20\n\nThe course begins on Monday, 5 May. The hall is warm.\n"
    library, script = scripted(write({"course.txt": text}))
    script.answer = "5 May"
    answer = library.ask("On what day of the week does the course begin?")
    assert_sound(library, answer)
    assert answer.text == "Monday: May 5, 2025 [1]"
