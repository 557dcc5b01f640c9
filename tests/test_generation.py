from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from doubles import Script
from hypothesis import given
from hypothesis import strategies as st

from qa.checking.checker import under_headings
from qa.documents import canonical_text
from qa.errors import ModelUnavailableError
from qa.generation import (
    EXAMPLES,
    INSTRUCTIONS,
    NOT_STATED,
    REWRITE_ANSWER_CHARACTERS,
    REWRITE_TURNS,
    YES_NO,
    answer_prompt,
    draft_answer,
    read_draft,
    standalone_question,
    warm_up_prompt,
    with_verdict,
)
from qa.language.alignment import content_words
from qa.llms import Completion, Deadline, ScriptedChatModel, Token
from qa.types import Evidence, Passage, Sentence, Turn


def evidence(question: str = "How high?", whole: bool = False, **texts: list[str]) -> Evidence:
    passages: list[Passage] = []
    for document, sentences in (
        texts or {"a": ["The tide rose\nby 12 cm.", "Nobody saw."]}
    ).items():
        for row, text in enumerate(sentences):
            sentence = Sentence(f"{document}.txt", row, 100 * row, 100 * row + len(text), text)
            date = "2024-05-01" if document == "a" else None
            passages.append(Passage(len(passages) + 1, sentence, f"Title {document}", date, 0.5))
    return Evidence(question, tuple(passages), (1,), whole)


def draft(text: str) -> tuple[str, ...]:
    return read_draft(Completion((Token(text),))).claims


def test_the_prompt_shows_titles_dates_and_sentences_once_each() -> None:
    prompt = answer_prompt(evidence(a=["One\n two.", "Three."], b=["Four."]))
    assert prompt[0].content == INSTRUCTIONS
    assert prompt[-1].content == (
        "New text:\nTitle a (2024-05-01)\nOne two.\nThree.\n\nTitle b\nFour.\n\nQuestion: How high?"
    )
    assert [message.role for message in prompt[1:]] == [
        role for message, role in zip(prompt[1:], ["user", "assistant"] * 99, strict=False)
    ]


def test_sentences_stand_under_their_headings() -> None:
    found = evidence(a=["One.", "Two.", "Three.", "Four."])
    headings = ("", "Roof", "Roof", "Title a")
    passages = tuple(
        replace(passage, sentence=replace(passage.sentence, heading=heading))
        for passage, heading in zip(found.passages, headings, strict=True)
    )
    prompt = answer_prompt(replace(found, passages=passages))[-1].content
    assert "Title a (2024-05-01)\nOne.\nRoof\nTwo.\nThree.\nFour.\n" in prompt
    # Where it can be quoted too, it is written once.
    above = Sentence("a.txt", 9, 50, 57, "## Roof", is_heading=True)
    with_heading = (passages[0], Passage(9, above, "Title a", "2024-05-01", 0.0), *passages[1:])
    assert answer_prompt(replace(found, passages=with_heading))[-1].content == prompt
    # Read whole, a heading is a passage of its own.
    whole = answer_prompt(replace(found, passages=passages, whole=True))[-1].content
    assert "Roof" not in whole


def test_a_reply_stands_under_its_subject_once() -> None:
    found = evidence(a=["Leave the tent at home."])
    (passage,) = found.passages
    reply = "Re: Lake weekend - change of plan"
    below = replace(passage, title=reply, sentence=replace(passage.sentence, heading=reply))
    prompt = answer_prompt(replace(found, passages=(below,)))[-1].content
    assert prompt.count("change of plan") == 1
    among_others = replace(below, title="Mails of May")
    assert under_headings((among_others,)).startswith("Lake weekend - change of plan: Leave")
    assert under_headings((below,)) == "Leave the tent at home."


def test_what_is_constant_comes_first() -> None:
    one, other = (answer_prompt(evidence(question, whole=True)) for question in ("A?", "B?"))
    assert one[:-1] == other[:-1]
    for warm in (warm_up_prompt(evidence("", whole=True)), warm_up_prompt(None)):
        assert [m.content for m in warm[:-1]] == [m.content for m in one[: len(warm) - 1]]
        assert one[len(warm) - 1].content.startswith(warm[-1].content)


def test_examples_answer_in_the_words_of_their_text() -> None:
    for text, turns in EXAMPLES:
        assert NOT_STATED in {reply for _, reply in turns}
        told = {word.key for word in content_words(text)}
        for _, reply in turns:
            said = {word.key for word in content_words(reply)}
            assert reply == NOT_STATED or said <= told


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("", ()),
        (" \n", ()),
        (NOT_STATED, ()),
        ("not stated.", ()),
        (f"{NOT_STATED}. But the tide rose by 12 cm.", ()),
        (f"{NOT_STATED} {NOT_STATED} {NOT_STATED}", ()),
        ("12 cm", ("12 cm",)),
        ("  12 cm\n", ("12 cm",)),
        ("12 cm [1]", ("12 cm",)),
        ("12 cm [1][2].", ("12 cm.",)),
        ("12 cm [1, 2] in Ålesund [3–5].", ("12 cm in Ålesund.",)),
        ("[9] 12 cm", ("12 cm",)),
        ("According to the text, 12 cm", ("12 cm",)),
        ("Answer: 12 cm", ("12 cm",)),
        ("The tide rose. The moon was late.", ("The tide rose.", "The moon was late.")),
        ("The tide rose. The rest is NOT STATED.", ("The tide rose.",)),
        ("Yes. The tide rose.", ("Yes. The tide rose.",)),
        ("no! The tide fell. It was late.", ("No. The tide fell.", "It was late.")),
        ("No! 12 cm were measured. It was late.", ("No, 12 cm were measured.", "It was late.")),
        (
            "The tide rose by 12 cm. It rose by 12 cm.",
            ("The tide rose by 12 cm.", "It rose by 12 cm."),
        ),
        (
            "The pump is blocked; switch it off. Switch it off!",
            ("The pump is blocked; switch it off.",),
        ),
        ("1. Lund\n2. Osk", ("Lund", "Osk")),
        ("(1) Lund\n(2) Osk\n(3) 5 mills", ("Lund", "Osk", "5 mills")),
        ("Two towns:\n1) Lund\n2) Osk", ("Two towns:", "Lund", "Osk")),
        ("- Lund\n* Osk\n• Rehn", ("Lund", "Osk", "Rehn")),
        ("1. FC Köln", ("1. FC Köln",)),
        ("24. Dezember", ("24. Dezember",)),
        ("3. Juni\n4. Juni", ("3. Juni", "4. Juni")),
        ("- 5 degrees", ("- 5 degrees",)),
        ("Yes", ("Yes",)),
        ("Yes.", ("Yes.",)),
        ("No. 1 in 82 regions", ("No. 1 in 82 regions",)),
        ("Right Place, Wrong Person", ("Right Place, Wrong Person",)),
        ("5.8 million views at 9 a.m. KST", ("5.8 million views at 9 a.m. KST",)),
    ],
)
def test_replies_are_read_as_claims(text: str, claims: tuple[str, ...]) -> None:
    assert draft(text) == claims


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("No. It sank.", "No"),
        ("no, 5 boats sank", "no"),
        ("No (5 boats sank)", "No"),
        ("Yes. 5 boats sank", "Yes"),
        # Houses, places of a list, and what there is none of.
        ("No. 5", None),
        ("No.5, Mill Lane", None),
        ("No. 12 Mill Lane", None),
        ("no 5", None),
        ("No boats sank", None),
    ],
)
def test_which_claims_begin_with_yes_or_no(text: str, verdict: str | None) -> None:
    found = YES_NO.match(text)
    assert (found[1] if found else None) == verdict


@given(reason=st.text())
def test_a_verdict_stays_one_before_any_reason(reason: str) -> None:
    for verdict in ("Yes", "No"):
        found = YES_NO.match(with_verdict(verdict, reason))
        assert found is not None
        assert found[1] == verdict


@given(st.text(max_size=200) | st.text(st.sampled_from("[]12,- .\nYesNo"), max_size=40))
def test_any_reply_can_be_read(text: str) -> None:
    completion = Completion((Token(text),))
    read = read_draft(completion)
    assert read.completion is completion
    for claim in read.claims:
        assert claim.strip() == claim
        assert claim
        assert NOT_STATED not in claim.upper() or "ſ" in claim


def test_a_draft_streams_what_the_model_says() -> None:
    script = Script()
    script.answer = "12 cm indeed"
    model = ScriptedChatModel(script)
    tokens = draft_answer(model, evidence(), max_tokens=2, deadline=Deadline(10))
    assert [token.text for token in tokens] == ["12 ", "cm "]
    assert model.prompts == [tuple(answer_prompt(evidence()))]


HISTORY = (
    Turn("Who is the director of Happy Together?", "Wong Kar-Wai directed it in 1997."),
    Turn("When is RM's album out?", "May 24 [1]"),
)


def rewritten(question: str, reply: Any, history: Sequence[Turn] = HISTORY) -> str:
    script = Script()
    script.rewrite = reply
    return standalone_question(ScriptedChatModel(script), question, history, Deadline(10))


@pytest.mark.parametrize(
    ("question", "reply", "expected"),
    [
        ("How many tracks has it?", "How many tracks has RM's album?", None),
        ("Who directed it?", '"Who directed Happy Together?"', "Who directed Happy Together?"),
        ("in which year?", "In which year did Wong Kar-Wai direct it, 1997?\nextra", "In which"),
        # What nobody spoke of is invented.
        (
            "How many tracks has it?",
            "How many tracks has Jimin's album?",
            "How many tracks has it?",
        ),
        ("How many tracks?", "How many tracks has the album of 2022?", "How many tracks?"),
        # What was asked for must stay.
        ("And of Indigo, in 2022?", "When is RM's album out?", "And of Indigo, in 2022?"),
        ("and the 2 videos?", "and the videos of RM?", "and the 2 videos?"),
        ("How many tracks has it?", "", "How many tracks has it?"),
        ("How many tracks has it?", "\n \n", "How many tracks has it?"),
        ("How many tracks has it?", '""', "How many tracks has it?"),
    ],
)
def test_a_follow_up_is_made_to_stand_alone(
    question: str, reply: str, expected: str | None
) -> None:
    found = rewritten(question, reply)
    assert found == (reply if expected is None else expected) or (
        expected == "In which" and found == reply.splitlines()[0]
    )


def test_the_prompt_of_a_rewrite_is_short_however_long_the_conversation() -> None:
    long = [Turn(f"Question {n}?", f"start{n} " + "x" * 5000 + f" end{n}") for n in range(50)]
    prompts: list[str] = []

    def keep(messages: Any) -> str:
        prompts.append(messages[-1].content)
        return ""

    assert rewritten("And then?", keep, long) == "And then?"
    (prompt,) = prompts
    assert prompt.endswith("Last question: And then?")
    assert [n for n in range(50) if f"Question {n}?" in prompt] == [48, 49]
    assert len(prompt) < REWRITE_TURNS * (REWRITE_ANSWER_CHARACTERS + 100)


def test_markers_of_earlier_answers_are_not_shown_to_the_rewriter() -> None:
    prompts: list[str] = []

    def keep(messages: Any) -> str:
        prompts.append(messages[-1].content)
        return "How many tracks has RM's album of May 24 [1]?"

    # The marker's number is none that anybody spoke of.
    assert rewritten("How many tracks has it?", keep) == "How many tracks has it?"
    assert "A: May 24\n" in prompts[0]


def test_a_model_that_fails_is_told() -> None:
    with pytest.raises(ModelUnavailableError):
        rewritten("And then?", ModelUnavailableError("down"))


@given(st.text(max_size=100), st.text(max_size=40))
def test_any_rewrite_is_taken_or_left(reply: str, question: str) -> None:
    found = rewritten(question, reply)
    lines = canonical_text(reply).strip().splitlines()
    assert found in {question, lines[0].strip().strip('"') if lines else ""}
