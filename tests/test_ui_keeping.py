from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from written import LONG, WrittenLibrary, located

from qa.types import AnswerReady, EvidenceFound
from qa.ui.choices import Choice
from qa.ui.conversation import Conversation, Exchange
from qa.ui.frame import earlier_html
from qa.ui.keeping import (
    LONGEST,
    LONGEST_TITLE,
    MOST,
    MOST_EARLIER,
    Earlier,
    entry_of,
    listed,
    order,
    restored,
    slot,
)
from qa.ui.render import conversation_html
from qa.ui.small_talk import reply


def conversation() -> Conversation:
    exchanges = []
    for question in ("How high?", "Something unknown"):
        exchange = Exchange(question)
        for event in WrittenLibrary().stream(question):
            exchange = exchange.after(event)
        exchanges.append(exchange)
    told = Exchange("Hi", "told", told=("Hello.",), suggestions=("How high?",))
    return (*exchanges, told, Exchange("x").stopped(), Exchange("y").failed("It is down."))


PLACE = "qa-0123456789abcdef"
WHERE = slot(PLACE, "ada")


def given_back(conversation: Conversation, person: str | None = "ada") -> Any:
    """What the page gives the server when it is opened again."""
    return {"entry": json.loads(json.dumps(entry_of(conversation, person)))}


def test_what_is_kept_comes_back_the_same() -> None:
    choice = Choice("strict", "many", "larger at host")
    chosen = ["larger at host", "strict", "many"]
    value = given_back(conversation()) | {"choices": {WHERE: chosen, "another's": ["x"]}}
    models = ["reader", "larger at host"]
    assert restored(value, WHERE, "ada", models) == (conversation(), choice)
    # A model that has gone isn't chosen any more.
    assert restored(value, WHERE, "ada", models[:1])[1] == Choice("strict", "many")


def test_nobody_is_shown_what_another_asked() -> None:
    value = given_back(conversation()) | {"choices": {WHERE: ["model", "strict", "usual"]}}
    for person in ("bob", None):
        where = slot(PLACE, person)
        assert where != WHERE
        assert restored(value, where, person) == ((), Choice())


def test_only_the_latest_settled_exchanges_are_kept() -> None:
    many = tuple(Exchange(str(number)).stopped() for number in range(MOST + 5))
    back, _ = restored(given_back((*many, Exchange("pending"))), WHERE, "ada")
    assert [exchange.question for exchange in back] == [str(n) for n in range(5, MOST + 5)]


def test_what_is_pending_or_contradicts_itself_is_dropped() -> None:
    value = given_back(conversation())
    value["entry"]["exchanges"][0]["answer"] = None
    value["entry"]["exchanges"][1]["stage"] = "reading"
    back, _ = restored(value, WHERE, "ada")
    assert [exchange.stage for exchange in back] == ["told", "stopped", "failed"]


def test_a_conversation_is_kept_under_its_first_question() -> None:
    first = Exchange("x" * (LONGEST_TITLE + 9)).stopped()
    entry = entry_of((first, Exchange("More?").stopped(), Exchange("pending")), None)
    assert entry is not None
    assert (entry["title"], entry["questions"]) == ("x" * LONGEST_TITLE, 2)
    assert entry_of((Exchange("pending"),), None) is None


def test_what_the_page_is_told_is_no_markup_and_always_new() -> None:
    evil = (Exchange("<script>x</script>").stopped(),)
    one, other = (order(WHERE, entry=entry_of(evil, "ada")) for _ in range(2))
    assert "<" not in one
    assert one != other
    assert json.loads(one)["entry"]["title"] == "<script>x</script>"
    assert json.loads(one)["slot"] == WHERE


def test_what_the_page_lists_is_believed_as_far_as_it_makes_sense() -> None:
    head = {"name": "k", "title": "x" * 999, "questions": 2, "date": "2024-05-11"}
    wrong = [{**head, key: None} for key in head] + [{**head, "questions": 0}, None, "x"]
    assert listed([head, *wrong]) == (Earlier("k", "x" * LONGEST_TITLE, 2, "2024-05-11"),)
    assert len(listed([head] * 99)) == MOST_EARLIER
    for value in (None, {}, "x"):
        assert listed(value) == ()


def with_passages(count: int, characters: int) -> Conversation:
    """Exchanges with so much text in their passages."""
    (evidence, *_), passage = conversation(), located(1, LONG, 0, 8)
    assert evidence.answer is not None
    sentence = replace(passage.sentence, text="ü" * characters)
    passages = (replace(passage, sentence=sentence),)
    answer = replace(evidence.answer, evidence=passages)
    return tuple(
        replace(evidence, question=f"{number}?", answer=answer, passages=passages)
        for number in range(count)
    )


def test_a_long_conversation_outlasts_a_reload() -> None:
    full = with_passages(MOST + 1, 10_000)
    value = given_back(full)
    assert len(json.dumps(value["entry"]["exchanges"])) <= LONGEST + 2 * MOST
    back, _ = restored(value, WHERE, "ada")
    assert [each.question for each in back] == [f"{n}?" for n in range(1, MOST + 1)]
    # The latest are whole; of those before what they say and quote is kept.
    assert back[-1] == full[-1]
    assert back[0].passages == ()
    assert back[0].answer == replace(full[1].answer, evidence=())  # type: ignore[type-var]


def test_where_quotes_alone_are_too_much_the_oldest_go() -> None:
    long = tuple(replace(each, question="x" * 100_000) for each in conversation())
    back, _ = restored(given_back(long * 4), WHERE, "ada")
    assert len(back) == LONGEST // 103_000
    assert back[-1].problem == "It is down."


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.data())
def test_whatever_a_browser_sends_is_survived(data: st.DataObject) -> None:
    value: Any = given_back(conversation()) | {"choices": {WHERE: ["model", "balanced", "usual"]}}
    for _ in range(data.draw(st.integers(1, 3))):
        at: Any = value
        while isinstance(at, dict | list) and at:
            key = data.draw(
                st.sampled_from(sorted(at) if isinstance(at, dict) else list(range(len(at))))
            )
            if not isinstance(at[key], dict | list) or data.draw(st.booleans()):
                at[key] = data.draw(JSON)
                break
            at = at[key]
    back, _ = restored(value, WHERE, "ada")
    conversation_html(back)


@given(JSON)
def test_whatever_else_is_nothing(value: Any) -> None:
    assert restored(value, WHERE, "ada")[0] == ()
    earlier_html(listed(value))
    earlier_html(listed([value]))


# --- Small talk ----------------------------------------------------------------------

DOCUMENTS = WrittenLibrary.documents


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("Hi", "Hello. Ask about"),
        ("hello there!", "Hello. Ask about"),
        ("Good morning", "Hello. Ask about"),
        ("안녕하세요", "Hello. Ask about"),
        ("Hi, what can you do?", "Ask about what is written"),
        ("What can you do?", "Ask about what is written"),
        ("help", "Ask about what is written"),
        ("?", "Ask about what is written"),
        ("Thanks a lot!", "You’re welcome"),
        ("Which documents do you have?", "sea holds 3 documents"),
        ("list all documents", "sea holds 3 documents"),
    ],
)
def test_small_talk_is_replied_to(message: str, said: str) -> None:
    replied = reply(message, "sea", DOCUMENTS, lambda: ("How high?",))
    assert replied is not None
    assert replied[0][0].startswith(said)


@pytest.mark.parametrize(
    "message",
    [
        "Hi, when is the album out?",
        "What can you do about the tide?",
        "Who are you in the story?",
        "Why?",
        "And then?",
        "Help centre opening hours",
        "Which documents mention the tide?",
        "What is the Good Morning show?",
        "Hello Kitty",
        "Thanks to whom was it built?",
        "ok computer",
        "yes",
        "",
    ],
)
def test_a_question_is_never_small_talk(message: str) -> None:
    assert reply(message, "sea", DOCUMENTS, tuple) is None


def test_an_empty_library_says_how_to_fill_it() -> None:
    for message in ("hi", "help", "list documents"):
        replied = reply(message, "sea", {}, tuple)
        assert replied is not None
        assert "drop them onto this page" in replied[0][1]
        read_only = reply(message, "sea", {}, tuple, editable=False)
        assert read_only is not None
        assert "Add files" not in read_only[0][1]
    assert reply("History of Rome?", "sea", {}, tuple) is None


def test_evidence_of_whoever_waits_is_shown() -> None:
    from qa.ui.conversation import Queued

    events = list(WrittenLibrary().stream("How high?"))
    waiting = Exchange("q").after(Queued(2)).after(events[0])
    assert isinstance(events[0], EvidenceFound)
    assert (waiting.stage, waiting.ahead) == ("waiting", 2)
    assert waiting.passages
    assert isinstance(events[-1], AnswerReady)
    assert waiting.after(Queued(0)).stage == "searching"
