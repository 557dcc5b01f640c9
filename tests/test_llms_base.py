from __future__ import annotations

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import ModelUnavailableError
from qa.llms import ChatModel, Completion, Deadline, Message, ScriptedChatModel, Token, complete
from qa.llms.base import probability

PROMPT = [Message("user", "How high?")]


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        ((), None),
        ((Token("a"),), None),
        ((Token("a", 0.5), Token("b"), Token("c", 0.2)), 0.2),
    ],
)
def test_least_probability(tokens: tuple[Token, ...], expected: float | None) -> None:
    assert Completion(tokens).least_probability() == expected


@pytest.mark.parametrize(
    ("tokens", "prefix", "expected"),
    [
        ((), "Yes", None),
        ((Token("Yes", 0.9),), "Yes", None),
        ((Token("Yes", 0.7, (("Yes", 0.7), ("No", 0.2))),), "Yes", 0.7),
        ((Token("Yes", 0.7, (("Yes", 0.7), ("No", 0.2))),), "No", 0.2),
        ((Token("Yes", 0.7, (("Yes", 0.7), ("No", 0.2))),), "Maybe", 0.0),
        # Spaces before, other cases and beginnings of the word count.
        ((Token(" yes", 0.5, ((" yes", 0.5), ("Y", 0.2), ("YES", 0.1))),), "Yes", 0.8),
        # So do marks around it.
        ((Token("**Yes", 0.5, (("**Yes", 0.5), ("“yes", 0.2), ("Yes.", 0.1))),), "Yes", 0.8),
        ((Token("**", 0.9, (("**", 0.9),)),), "Yes", 0.0),
        # A word that only begins alike doesn't.
        ((Token("Yesterday", 0.9, (("Yesterday", 0.9),)),), "Yes", 0.0),
        # Blank tokens aren't the first.
        ((Token("\n", 1.0, (("\n", 1.0),)), Token("No", 0.6, (("No", 0.6),))), "No", 0.6),
        ((Token("Yes", 1.0, (("Yes", 0.9), ("yes", 0.2))),), "Yes", 1.0),
    ],
)
def test_first_token_probability(
    tokens: tuple[Token, ...], prefix: str, expected: float | None
) -> None:
    found = Completion(tokens).first_token_probability(prefix)
    assert found == (None if expected is None else pytest.approx(expected))


def test_text_is_all_tokens() -> None:
    assert Completion((Token("12"), Token(" cm"))).text == "12 cm"


def test_text_can_be_encoded_whatever_comes() -> None:
    assert Completion((Token("\ud83c"), Token("\udf0a 12"))).text == "🌊 12"
    assert Completion((Token("\ud83c"), Token(" 12"))).text == "\ufffd 12"


@given(st.floats(allow_nan=False))
def test_a_probability_lies_between_0_and_1(logarithm: float) -> None:
    assert 0.0 <= probability(logarithm) <= 1.0


def test_a_logarithm_becomes_its_probability() -> None:
    assert probability(math.log(0.25)) == pytest.approx(0.25)


def test_a_deadline_counts_down_and_then_says_what_to_do() -> None:
    deadline = Deadline(100.0)
    assert 99.0 < deadline.remaining() <= 100.0
    over = Deadline(0.005)
    time.sleep(0.01)
    with pytest.raises(ModelUnavailableError, match=r"0\.005 s.*QA_GENERATION__DEADLINE_SECONDS"):
        over.remaining()


def test_a_deadline_can_be_postponed() -> None:
    deadline = Deadline(100.0)
    deadline.postpone(50.0)
    assert 149.0 < deadline.remaining() <= 150.0


def test_calling_off_interrupts_whoever_waits_and_whoever_comes_later() -> None:
    deadline, ended = Deadline(100.0), []
    deadline.when_called_off(lambda: ended.append("waiting"))
    assert ended == []
    deadline.call_off()
    deadline.call_off()
    assert ended == ["waiting"]
    deadline.when_called_off(lambda: ended.append("late"))
    assert ended == ["waiting", "late"]
    with pytest.raises(ModelUnavailableError, match="called off"):
        deadline.remaining()


def test_a_scripted_model_is_a_chat_model() -> None:
    model = ScriptedChatModel(lambda messages: f"echo {messages[-1].content}", name="echo")
    assert isinstance(model, ChatModel)
    assert model.name == "echo"
    reply = complete(model, PROMPT, max_tokens=10, deadline=Deadline(10))
    assert reply.text == "echo How high?"
    assert [token.text for token in reply.tokens] == ["echo ", "How ", "high?"]
    assert reply.least_probability() == 1.0
    assert model.prompts == [tuple(PROMPT)]


def test_a_scripted_model_stops_at_the_limit_and_the_deadline() -> None:
    model = ScriptedChatModel(lambda _: "one two three")
    assert complete(model, PROMPT, max_tokens=2, deadline=Deadline(10)).text == "one two "
    over = Deadline(0.001)
    time.sleep(0.005)
    with pytest.raises(ModelUnavailableError):
        complete(model, PROMPT, max_tokens=2, deadline=over)
