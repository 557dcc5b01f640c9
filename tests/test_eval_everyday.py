"""The suite `everyday`: true to its documents, and its gold reads answers as a person would."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

import pytest

from eval.cases import Case, load_cases
from eval.grading import grade
from qa.readers import read_document
from qa.types import Answer

SUITE = Path(__file__).resolve().parent.parent / "eval" / "cases" / "everyday.jsonl"
LIBRARY = SUITE.with_suffix(".library")
DOCUMENTS = {path.name: read_document(LIBRARY, path.name).text for path in LIBRARY.iterdir()}
CASES = load_cases(SUITE, DOCUMENTS)
ANSWERABLE = [case for case in CASES if not case.must_refuse]
BY_QUESTION = {case.question: case for case in CASES}


def answer(text: str) -> Answer:
    return Answer("?", "answered", text, (), (), (), {"total": 0.1}, "scripted", "f")


def test_three_quarters_have_an_answer_and_every_document_is_asked_about() -> None:
    assert len(CASES) == len(BY_QUESTION) == 198
    assert len(ANSWERABLE) == 148
    asked = Counter(case.document for case in ANSWERABLE)
    assert asked.keys() == DOCUMENTS.keys()
    assert min(asked.values()) >= 4
    assert {"list", "yes-no", "reasoning", "paraphrase"} <= {case.kind for case in ANSWERABLE}


def test_the_file_says_that_nothing_may_be_tuned_by_it() -> None:
    head = [line for line in SUITE.read_text("utf-8").splitlines() if line.startswith("#")]
    assert "reporting only" in " ".join(head)


@pytest.mark.parametrize("case", ANSWERABLE, ids=lambda case: case.id)
def test_each_gold_is_right_and_neither_a_copy_of_the_document_nor_a_part_of_a_list_is(
    case: Case,
) -> None:
    said = [*itertools.product(*case.gold), *((text,) for text in case.statement)]
    for items in said:
        assert grade(case, answer(", ".join(items) + " [1].")) == "correct", items
    assert grade(case, answer(DOCUMENTS[case.document])) == "wrong"
    if len(case.gold) > 1:
        for left_out in range(len(case.gold)):
            rest = [item[0] for k, item in enumerate(case.gold) if k != left_out]
            assert grade(case, answer(", ".join(rest) + ".")) == "wrong", rest


@pytest.mark.parametrize("case", ANSWERABLE, ids=lambda case: case.id)
def test_the_gold_of_another_question_about_the_document_is_wrong(case: Case) -> None:
    others = [
        other
        for other in ANSWERABLE
        if other.document == case.document and other is not case and other.kind != "yes-no"
    ]
    if case.kind == "yes-no":
        assert grade(case, answer("No." if case.gold == (("yes",),) else "Yes.")) == "wrong"
    for other in others:
        text = ", ".join(item[0] for item in other.gold)
        assert grade(case, answer(text)) == "wrong", (case.question, text)


# What computes nothing is told by its own sentences.
TOLD = [case for case in ANSWERABLE if case.kind not in {"reasoning", "yes-no"}]


@pytest.mark.parametrize("case", TOLD, ids=lambda case: case.id)
def test_the_quoted_sentences_are_a_right_answer(case: Case) -> None:
    text = "\n".join(item[0] for item in case.quotes)
    assert grade(case, answer(text)) == "correct"


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Why can't I put my own washing machine in the flat?",
         "You may not install one because the kitchen drainpipe is too narrow."),
        ("Why isn't Nora allowed up the volcano?",
         "Nora isn't allowed because children under 8 can't come along."),
        ("Can I bring my dog to Tanner's Row?",
         "Dogs aren't allowed in the flat, except assistance dogs."),
        ("How much do we transfer to Mrs Farrant each month, everything included?",
         "£1,140 rent plus £95 in advance makes £1,235 a month."),
        ("How big is one instalment of the deposit?", "A third of £1,710, which is £570."),
        ("Which honey extractor did the meeting choose?",
         "The electric nine-frame one from Thistledown Supplies."),
        ("When does the last boat back sail now?", "At 10.40 pm instead of 7.15 pm."),
        ("What happened to the profit the ferry made?",
         "The members put it into a fund for a new engine, not into a dividend."),
        ("Who gave or lent the ferry cooperative money besides its members?",
         "A woman from Canada, the diocese, and the Holm sugar works."),
        ("How many of the rope bridges had a mesh roof?", "Twelve of the 24 bridges."),
        ("What clothes belong to the school uniform?",
         "A navy cardigan, a polo shirt, a grey skirt or shorts, and plain trainers."),
        ("What do the ferry tickets cost all of us, there and back?",
         "2 × (3 × 27.50 + 11) = 187 florins."),
        ("How old was Torralin when the Sallow Gorge Bridge opened?",
         "She was born on 7 March 1889 and it opened on 12 October 1930, so forty-one."),
        ("When does the guarantee on the washing machine run out?", "On 12 March 2026."),
        ("Under what licence is snapshed?", "It is licensed under MPL-2.0."),
        ("Are my photos uploaded anywhere when I use snapshed?", "Nothing is sent to anyone: no."),
        ("What have we bought at Compuvale?", "A Tarn Book 14 laptop and the printer."),
        ("What is Lotte Sander going to do as treasurer of the beekeepers?",
         "Lotte Sander isn't the treasurer; Hal Brannigan is."),
        ("Can I freeze soup dumplings at home?", "They can't be frozen, as the skins crack."),
        ("Until when will Ledgerly 5.0 get security fixes?",
         "It came out on 17 September 2024 and is fixed for 30 months, so until 17 March 2027."),
        ("I've mislaid the bill for a taxi. What now?",
         "Your team lead has to sign a short statement, at most three times a year."),
        ("Got back from a Tarnbeck customer close to midnight. How late may I come in tomorrow?",
         "You don't have to be in before 10.30 am."),
        ("Whom does the eye maker turn away after lunch, and why?",
         "People with brown eyes, because brown looks different in the afternoon."),
        ("How much of the ice storm clean-up does the insurance pay?",
         "$11,860 less the $2,500 deductible is $9,360."),
        ("When will Ms Brandreth's probation be over if it isn't extended?",
         "It began on 3 March 2025 and lasts five months, so it ends on 2 August 2025."),
        ("How many days was Wilhelmina Oakes's folding bike at the workshop?",
         "Twelve days, from 14 March to 26 March."),
        ("Why did they give up making salt in Halvenstedt?",
         "Not because the spring ran dry, but because rock salt brought by train was cheaper."),
        ("What's on the agenda of the HOA annual meeting?",
         "The treasurer's report, the election of three board members, a vote on the pool rules, "
         "a proposal on backyard hens, and an open floor."),
        ("Am I allowed to join a competitor after leaving Harrowgate?",
         "The contract has no clause that forbids it, so yes."),
        ("Do I need approval to fix my roof in the same color?",
         "You don't need approval for that."),
        ("What do two adults with a ten-year-old save with the family ticket at the salt museum?",
         "2 × 9.50 + 3.50 = 22.50 euros, and the family ticket is 21 euros: they save 1.50 euros."),
        ("What signs should make Mr Lindqvist go straight to the emergency department?",
         "A swollen or painful calf, a weeping wound, a fever above 38.3 °C, or a leg that looks "
         "shorter."),
        ("In what year did Sir Lionel Ashgrove flee to Buenos Aires?",
         "It was not Sir Lionel but Septimus Vane who left for Buenos Aires."),
        ("When did Mr Lindqvist have his right knee replaced?",
         "It was not his right knee: his left hip was replaced, on 9 September 2024."),
        ("Why was Ms Brandreth refused permission to teach in the evenings?",
         "She was not refused it; her evening teaching is approved in the contract."),
        ("Why is Wendell Okafor-Price stepping down as president?",
         "The president who is stepping down is Marguerite Dillahunt, not he."),
    ],
)  # fmt: skip
def test_a_right_answer_in_other_words_is_right(question: str, text: str) -> None:
    assert grade(BY_QUESTION[question], answer(text)) == "correct"


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("How much do we transfer to Mrs Farrant each month, everything included?", "£1,140"),
        ("How much notice do I need to give if I want to move out of Tanner's Row?",
         "Three months' notice in writing."),
        ("How many of the rope bridges had a mesh roof?", "Twelve places served as controls."),
        ("How much money does Benedetta want up front?", "640 florins"),
        ("When does the last boat back sail now?", "At 19:15."),
        ("Which rooms does the flat have?", "Living room, three bedrooms, kitchen, bathroom."),
        ("When does the guarantee on the washing machine run out?", "On 12 March 2021."),
        ("Which raw formats can snapshed read?",
         "JPEG, PNG, WebP, TIFF, HEIC, CR2, CR3, NEF, ARW and DNG."),
        ("What does error E7 mean?", "Fan blocked."),
        ("Did the beekeepers agree to raise the subscription?", "No, they voted against it."),
        ("Who is travelling to the Kessary Islands?", "Petra, Tom and Nora."),
        ("In what year was Torralin awarded the Order of the Republic?", "In 1955."),
        ("How many cars fit on the ferry Annemarie?", "16 cars."),
        ("What is the capital of Mongolia?", "Ulaanbaatar."),
        ("How many dumplings do the three recipes make altogether?", "48, 36 and 30."),
        ("Until when will Ledgerly 5.0 get security fixes?", "Until 17 March 2026."),
        ("How much of the ice storm clean-up does the insurance pay?", "$11,860"),
        ("In which cities may a hotel cost up to 220 euros a night?",
         "London, Zurich, Oslo and Munich."),
        ("Whom does the eye maker turn away after lunch, and why?", "Brown-eyed patients."),
        ("Can I hand in my notice at Harrowgate by e-mail?", "Yes, e-mail is fine."),
        ("How many households were counted at last year's failed HOA meeting?", "62"),
        ("When will Ms Brandreth's probation be over if it isn't extended?", "On 3 March 2026."),
        ("When will Ms Brandreth's probation be over if it isn't extended?", "On 31 August 2025."),
        ("How many days was Wilhelmina Oakes's folding bike at the workshop?", "Nine days."),
        ("What goes into the filling of the pierogi?",
         "Pork, potatoes, curd cheese, onions and salt."),
        ("Which painkiller muddled the patient's head and should be avoided?", "Paracetamol."),
        ("What was the old man doing when he broke his hip?", "He fell off a ladder."),
        ("Does Ledgerly 5 still work with MySQL?", "Yes, and with PostgreSQL."),
        ("What's the default port in Ledgerly 5?", "8085"),
        ("In what year did Sir Lionel Ashgrove flee to Buenos Aires?", "In 1872."),
        ("What did the new motor for Jun Takemitsu's Voltaro cost?", "12.40 EUR"),
        ("What time does the Panhouse Café close?", "At 6 pm."),
        ("What blood group does Mr Lindqvist have?", "O positive."),
    ],
)  # fmt: skip
def test_a_wrong_answer_is_wrong(question: str, text: str) -> None:
    assert grade(BY_QUESTION[question], answer(text)) == "wrong"
