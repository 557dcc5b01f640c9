from __future__ import annotations

import pytest

from qa.computing.computation import (
    OPERANDS_EXAMPLES,
    Computation,
    asks_document_date,
    counted,
    operand_questions,
    plan_computation,
)
from qa.language.questions import is_yes_no
from qa.llms import Deadline, ScriptedChatModel


@pytest.mark.parametrize(
    ("question", "plan"),
    [
        (
            "How many days after the single does the album come out?",
            Computation("difference", "day"),
        ),
        ("How many weeks lie between the two fairs?", Computation("difference", "week")),
        ("How long before the fire was it sold?", Computation("difference", "day")),
        ("How many more pupils walk than cycle?", Computation("difference", "number")),
        (
            "Which came first, the mill or the church by Rehn?",
            Computation("order", "first", options=("the mill", "the church by Rehn")),
        ),
        (
            "Which was opened later: the tunnel or the bridge",
            Computation("order", "last", options=("the tunnel", "the bridge")),
        ),
        ("Was the law signed before the strike began?", Computation("order", "before")),
        ("Did the fire break out later than the flood?", Computation("order", "after")),
        (
            "On what day of the week was the bridge opened?",
            Computation("weekday", "", ("On what date was the bridge opened?",)),
        ),
        (
            "Does the album come out on a Sunday?",
            Computation("weekday", "sunday", ("When does the album come out?",)),
        ),
        (
            "Was the bridge opened on Monday?",
            Computation("weekday", "monday", ("When was the bridge opened?",)),
        ),
        # Of one Monday among others, or of every Sunday.
        ("Was the concert on Monday cancelled?", None),
        ("Is the pool open on Sunday?", None),
        ("Does the pool open on Sunday?", None),
        ("Are the shops open on a Sunday?", None),
        ("Was the mill sold before 1990?", None),
        ("How long is the bridge?", None),
        ("How long can I keep books from the library?", None),
        ("How long is it from the flood to the fire?", Computation("difference", "day")),
        ("By how much did the visits fall?", None),
        (
            "By how many metres is the bridge longer than the tunnel?",
            Computation("difference", "number"),
        ),
        ("How many people worked there?", None),
        ("How many years did the war last?", None),
        ("When was the mill sold after the fire?", None),
        ("Who came first?", None),
        # What should or may be done is a rule, and has no date.
        ("How long should I wait between coats of paint?", None),
        ("How many days before the fair can I cancel?", None),
        ("How long after the treatment do I have to stay?", None),
        ("Must I register before using the pool?", None),
        ("Can I cancel before the trial ends?", None),
        ("May I leave before the end?", None),
        ("Is it possible to pay after the course has begun?", None),
        ("Do we need to register before the tour starts?", None),
        ("Will the album come out before the single?", Computation("order", "before")),
        ("Was the May fair held before the flood?", Computation("order", "before")),
        # Of trains in general none can be dated.
        ("How long is it between trains?", None),
        ("How long is it between the flood and the fire?", Computation("difference", "day")),
        # The last year, and a novel that is a first one, are in no order.
        ("Which mill burnt down last year, the one in Osk or the one in Lund?", None),
        ("Who wrote the first novel, Holt or Rehn?", None),
        ("Which first opened and later closed, the mill or the school?", None),
        (
            "Which of these, if any, came first, the mill or the church?",
            Computation("order", "first", options=("the mill", "the church")),
        ),
        (
            "Which was the first to open, the mill, or the church, by Rehn?",
            Computation("order", "first", options=("the mill", "the church, by Rehn")),
        ),
        ("", None),
    ],
)
def test_what_must_be_computed_is_recognised(question: str, plan: Computation | None) -> None:
    assert plan_computation(question, yes_no=is_yes_no(question)) == plan


@pytest.mark.parametrize(
    "question",
    [
        "Which came first, the mill, the church or the school?",
        "Which came first: the mill, the church or the school?",
        "Which came first, the mill or the church or the school?",
    ],
)
def test_of_three_things_none_is_said_to_be_first(question: str) -> None:
    assert plan_computation(question, yes_no=False) is None


@pytest.mark.parametrize("repeated", ["first , ", "first: ", "first or ", "how long from "])
def test_a_question_of_any_length_is_planned(repeated: str) -> None:
    # It would take minutes, where each comma is tried with each "or".
    assert plan_computation("which " + repeated * 2_000, yes_no=False) is None


@pytest.mark.parametrize(
    ("question", "which"),
    [
        ("How many countries are named?", "Which countries are named?"),
        ("According to it, how many firms made gates?", "According to it, which firms made gates?"),
        ("How much did it cost?", None),
        # Days between two dates are a difference, and no list.
        ("How many days before the fair is the letter dated?", None),
        ("How many bridges stood before the flood?", "Which bridges stood before the flood?"),
    ],
)
def test_a_count_has_a_list(question: str, which: str | None) -> None:
    assert counted(question) == which


@pytest.mark.parametrize(
    ("reply", "questions"),
    [
        ("When was the mill sold? | When was it built?", 2),
        ("When was the mill sold?", 0),
        ("When was the mill sold? | When was it built? | Why?", 0),
        ("When was the mill sold? | built", 0),
        ("When was the mill sold? | When was the mill sold?", 0),
        # A name that the question doesn't have.
        ("When was the mill sold? | When did Rehn build it?", 0),
        ("", 0),
    ],
)
def test_a_question_is_split_in_two_or_not_at_all(reply: str, questions: int) -> None:
    model = ScriptedChatModel(lambda _: reply)
    asked = "How many years after it was built was the mill sold?"
    assert len(operand_questions(model, asked, Deadline(10))) == questions


def test_examples_are_such_questions() -> None:
    for question, split in OPERANDS_EXAMPLES:
        plan = plan_computation(question, yes_no=is_yes_no(question))
        assert plan is not None
        model = ScriptedChatModel(lambda _, split=split: split)
        assert len(operand_questions(model, question, Deadline(10))) == 2


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("When was the article published?", True),
        ("What date is the article from?", True),
        ("what’s the date of this report", True),
        ("When was this document last posted?", True),
        ("When was the report on the mill burnt?", False),
        ("When was the mill sold?", False),
        ("What is the date of the sale?", False),
    ],
)
def test_the_date_of_a_document_is_asked_for(question: str, expected: bool) -> None:
    assert asks_document_date(question) is expected
