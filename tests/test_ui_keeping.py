from __future__ import annotations

import datetime
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
from qa.ui.keeping import (
    LONGEST,
    LONGEST_EARLIER,
    MOST,
    MOST_EARLIER,
    filed,
    kept,
    listed,
    restored,
    taken,
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


def test_what_is_kept_comes_back_the_same() -> None:
    choice = Choice("strict", "many", "larger at host")
    value = json.loads(json.dumps(kept(conversation(), choice, "ada")))
    models = ["reader", "larger at host"]
    assert restored(value, "ada", models) == (conversation(), choice)
    # A model that has gone isn't chosen any more.
    assert restored(value, "ada", models[:1]) == (conversation(), Choice("strict", "many"))


def test_nobody_is_shown_what_another_asked() -> None:
    value = kept(conversation(), Choice(), "ada")
    assert restored(value, "bob") == ((), Choice())
    assert restored(value, None) == ((), Choice())


def test_only_the_latest_settled_exchanges_are_kept() -> None:
    many = tuple(Exchange(str(number)).stopped() for number in range(MOST + 5))
    back, _ = restored(kept((*many, Exchange("pending")), Choice(), None), None)
    assert [exchange.question for exchange in back] == [str(n) for n in range(5, MOST + 5)]


def test_what_is_pending_or_contradicts_itself_is_dropped() -> None:
    value = kept(conversation(), Choice(), None)
    value["exchanges"][0]["answer"] = None
    value["exchanges"][1]["stage"] = "reading"
    back, _ = restored(value, None)
    assert [exchange.stage for exchange in back] == ["told", "stopped", "failed"]


TODAY = datetime.date(2024, 5, 11)


def titled(*questions: str) -> Conversation:
    return tuple(Exchange(question).stopped() for question in questions)


def test_an_earlier_conversation_is_listed_and_taken_out_again() -> None:
    archive = filed(None, titled("First?", "More?"), "ada", TODAY)
    archive = filed(archive, (*titled("Second?"), Exchange("pending")), "ada", TODAY)
    archive = json.loads(json.dumps(archive))
    second, first = listed(archive, "ada")
    assert (first.title, first.questions, first.date) == ("First?", 2, "2024-05-11")
    assert (second.title, second.questions) == ("Second?", 1)
    conversation, left = taken(archive, first.name, "ada")
    assert conversation == titled("First?", "More?")
    assert listed(left, "ada") == (second,)
    assert taken(archive, "unknown", "ada") == ((), archive)


def test_an_empty_conversation_is_not_filed() -> None:
    assert listed(filed(None, (Exchange("pending"),), None, TODAY), None) == ()


def test_nobody_is_listed_what_another_asked() -> None:
    archive = filed(None, titled("First?"), "ada", TODAY)
    (entry,) = listed(archive, "ada")
    for person in ("bob", None):
        assert listed(archive, person) == ()
        assert taken(archive, entry.name, person)[0] == ()


def test_the_oldest_go_where_there_is_no_room() -> None:
    archive: dict[str, Any] = {}
    for number in range(MOST_EARLIER + 3):
        archive = filed(archive, titled(f"{number}?"), None, TODAY)
    assert [each.title for each in listed(archive, None)][:: MOST_EARLIER - 1] == ["52?", "3?"]
    long = titled("x" * (LONGEST - 2000))
    archive = filed(archive, long, None, TODAY)
    assert [each.title[0] for each in listed(archive, None)].count("x") == 1
    archive = filed(archive, long, None, TODAY)
    assert [each.title[0] for each in listed(archive, None)].count("x") == 1
    assert sum(len(json.dumps(each)) for each in archive["earlier"]) <= LONGEST_EARLIER
    # What has no room at all takes nobody's.
    assert filed(archive, titled("x" * LONGEST), None, TODAY) == archive


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


def test_a_long_conversation_outlasts_a_reload_and_is_filed() -> None:
    full = with_passages(MOST + 1, 10_000)
    value = kept(full, Choice(), None)
    assert len(json.dumps(value["exchanges"])) <= LONGEST + 2 * MOST
    back, _ = restored(json.loads(json.dumps(value)), None)
    assert [each.question for each in back] == [f"{n}?" for n in range(1, MOST + 1)]
    # The latest are whole; of those before what they say and quote is kept.
    assert back[-1] == full[-1]
    assert back[0].passages == ()
    assert back[0].answer == replace(full[1].answer, evidence=())  # type: ignore[type-var]
    archive = filed(None, full, None, TODAY)
    (entry,) = listed(archive, None)
    assert (entry.title, entry.questions) == ("0?", MOST)
    assert taken(archive, entry.name, None)[0] == back


def test_where_quotes_alone_are_too_much_the_oldest_go() -> None:
    long = tuple(replace(each, question="x" * 100_000) for each in conversation())
    back, _ = restored(kept(long * 4, Choice(), None), None)
    assert len(back) == LONGEST // 103_000
    assert back[-1].problem == "It is down."


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.data())
def test_whatever_a_browser_sends_is_survived(data: st.DataObject) -> None:
    value: Any = kept(conversation(), Choice(), None)
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
    back, _ = restored(value, None)
    conversation_html(back)


@given(st.data())
def test_whatever_a_browser_sends_of_earlier_ones_is_survived(data: st.DataObject) -> None:
    value: Any = filed(None, conversation(), None, TODAY)
    entry = value["earlier"][0]
    entry[data.draw(st.sampled_from(sorted(entry)))] = data.draw(JSON)
    for each in listed(value, None):
        conversation_html(taken(value, each.name, None)[0])
    filed(value, conversation(), None, TODAY)


@given(JSON)
def test_whatever_else_is_nothing(value: Any) -> None:
    assert restored(value, None)[0] == ()
    assert listed(value, None) == ()


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
        ("Thanks a lot!", "You're welcome"),
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
