from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pages import (
    DOCUMENT,
    EARLIER,
    FIRST,
    ONE,
    PATIENTLY,
    TEXT,
    TWO,
    Page,
)

from qa.types import (
    Answer,
    AnswerReady,
    Citation,
    Claim,
    Document,
    DraftText,
    EvidenceFound,
    Passage,
    Sentence,
    Turn,
)
from qa.ui.conversation import Exchange, history
from qa.ui.frame import banner_html, earlier_html, header_html, hello_html, welcome_html
from qa.ui.keeping import Earlier
from qa.ui.panel import panel_html
from qa.ui.render import conversation_html, exchange_html, support_words
from qa.ui.shelf import Entry
from qa.ui.source import (
    Quote,
    date_html,
    digest,
    notice_html,
    source_html,
)


def citation(number: int, start: int, end: int, support: float = 0.9) -> Citation:
    return Citation(
        number, DOCUMENT.path, "Tides", "2024-05-01", start, end, TEXT[start:end], support
    )


def passage(number: int, start: int, end: int) -> Passage:
    sentence = Sentence(DOCUMENT.path, number, start, end, TEXT[start:end])
    return Passage(number, sentence, "Tides", None, 0.5)


def answer(**changes: Any) -> Answer:
    return replace(
        Answer(
            question="By how much did the tide rise?",
            status="answered",
            text="It rose by 12 cm [1]. Nobody saw it [2].",
            claims=(
                Claim("It rose by 12 cm.", (1,), 0.9, "supported", "All numbers are in the quote."),
                Claim("Nobody saw it.", (2,), 0.6, "supported"),
            ),
            citations=(citation(1, *ONE, 0.93), citation(2, *TWO, 0.6)),
            evidence=(passage(1, *EARLIER), passage(2, *TWO)),
            timings={"total": 1.26},
            model="reader",
            fingerprint="abc",
        ),
        **changes,
    )


def answered(value: Answer) -> Page:
    return Page(exchange_html(Exchange(value.question, "answered", answer=value), 0))


def test_markers_become_chips_that_lead_to_the_quote() -> None:
    page = answered(answer())
    chips = page.of_class("qa-chip")
    assert [chip["data-number"] for chip in chips] == ["1", "2"]
    first = chips[0]
    assert (first["data-document"], first["data-start"], first["data-end"]) == (
        "sea/tides.txt",
        str(ONE[0]),
        str(ONE[1]),
    )
    assert first["data-quote"] == FIRST
    assert first["data-check"] == digest(FIRST)
    assert first["data-why"] == "Strong support (0.93): All numbers are in the quote"
    assert chips[1]["data-why"] == "Fair support (0.60)"
    assert "It rose by 12 cm1. Nobody saw it2." in page.text


def test_a_quote_of_two_statements_tells_why_once() -> None:
    claims = (
        Claim("It rose by 12 cm.", (1,), 0.9, "supported", "A second reading agrees 0.92."),
        Claim("The tide rose.", (1,), 0.93, "supported", "A second reading agrees 0.95."),
        Claim("It fell.", (1,), 0.95, "unsupported", "“fell” isn't in the quote."),
    )
    first = answered(answer(claims=claims)).of_class("qa-chip")[0]
    assert first["data-why"] == "Strong support (0.93): A second reading agrees 0.95"


def test_a_long_question_is_scrolled_by_key() -> None:
    short, long = (
        Page(exchange_html(Exchange(question, "answered", answer=answer()), 0))
        for question in ("How high?", "How high? " * 40)
    )
    assert "tabindex" not in short.of_class("qa-question")[0]
    assert long.of_class("qa-question")[0]["tabindex"] == "0"


def test_only_markers_with_a_citation_become_chips() -> None:
    page = answered(answer(text="See table [7] and [x], [1]. Also [99999999999]."))
    assert [chip["data-number"] for chip in page.of_class("qa-chip")] == ["1"]
    assert "See table [7] and [x],1. Also [99999999999]." in page.text


def test_a_chip_stays_with_its_word_and_the_full_stop() -> None:
    html = exchange_html(Exchange("q", "answered", answer=answer()), 0)
    held = html.split('<span class="qa-hold">')[1]
    assert held.startswith("cm<button")
    assert held.split("</button>")[1].startswith(".</span>")


def test_all_quotes_are_listed_with_their_support() -> None:
    page = answered(answer())
    assert len(page.of_class("qa-row")) == 4
    assert "Strong support (0.93)" in page.text
    assert "Fair support (0.60)" in page.text
    assert "Machine-checked against 2 quotes" in page.text
    assert "reader · 1.3 s" in page.text


def test_a_dropped_claim_is_told_with_its_reason_on_request() -> None:
    dropped = Claim("It rose in Busan.", (), 0.1, "unsupported", "“Busan” isn't in the quotes.")
    page = answered(answer(status="partial", claims=(*answer().claims, dropped)))
    assert "1 statement left out" in page.text
    assert "“Busan” isn't in the quotes." in page.text
    assert "It rose in Busan." in page.text
    assert all("open" not in attributes for attributes in page.of_class("qa-details"))
    assert "Answered in part" in page.text


def test_a_refusal_shows_the_closest_passages() -> None:
    page = answered(
        answer(status="not_found", text="The documents don't say.", claims=(), citations=())
    )
    assert "No answer found in the documents" in page.text
    assert "No passage was found that answers this" in page.text
    assert "Closest passages" in page.text
    places = page.of_class("qa-passage")
    assert [(place["data-start"], place["data-end"]) for place in places] == [
        (str(start), str(end)) for start, end in (EARLIER, TWO)
    ]
    assert not page.of_class("qa-chip")


QUOTED: dict[str, Any] = {
    "claims": (
        Claim("It rose by 12 cm.", (1,), 0.0, "quoted", "Quoted whole."),
        Claim("Nobody saw it.", (2,), 0.0, "quoted"),
    ),
    "citations": tuple(replace(each, support=0.0) for each in answer().citations),
    "model": "none",
}


def test_a_summary_that_no_model_wrote_claims_no_check() -> None:
    page = answered(answer(**QUOTED))
    assert [chip["data-why"] for chip in page.of_class("qa-chip")] == ["Quoted whole", ""]
    assert "Word for word from the documents: 2 quotes" in page.text
    assert "support (" not in page.text


def test_an_extractive_answer_says_so() -> None:
    page = answered(answer(**QUOTED, extractive=True, notes=("No model could be reached.",)))
    assert "Word for word from the documents: 2 quotes" in page.text
    assert "No model used" in page.text
    assert "No model could be reached." in page.text
    assert "support (" not in page.text
    assert page.attributes("data-level") == []


def test_copying_takes_the_answer_with_its_references() -> None:
    value = answer()
    assert answered(value).attributes("data-copy") == [value.to_markdown()]


def test_an_exchange_on_its_way() -> None:
    exchange = Exchange("And then?")
    assert "Searching the documents…" in Page(exchange_html(exchange, 0)).text
    early = exchange.after(EvidenceFound(None, answer().evidence[:1], provisional=True))
    assert early.stage == "searching"
    assert "Working out what the question refers to" in exchange_html(early, 1)
    assert exchange_html(early, 1).count("qa-passage") == 1
    exchange = early.after(EvidenceFound("What came after the tide?", answer().evidence))
    page = Page(exchange_html(exchange, 0))
    assert "Reading 2 passages from 1 document…" in page.text
    assert "What came after the tide?" in page.text
    assert len(page.of_class("qa-passage")) == 2
    exchange = exchange.after(DraftText("It rose ")).after(DraftText("[1] fast"))
    page = Page(exchange_html(exchange, 3))
    assert exchange.pending
    assert page.of_class("qa-draft")
    assert "It rose fast" in page.text
    assert "Not checked yet" in page.text
    assert page.attributes("aria-busy") == ["true"]
    assert page.attributes("data-turn") == ["3"]
    exchange = exchange.after(AnswerReady(answer()))
    page = Page(exchange_html(exchange, 3))
    assert not exchange.pending
    assert not page.of_class("qa-draft")
    assert "fast" not in page.text


def test_how_a_follow_up_was_understood_has_its_line_from_the_beginning() -> None:
    exchange = Exchange("And then?", follows=True)
    assert Page(exchange_html(exchange, 1)).of_class("qa-understood")
    alone = exchange.after(EvidenceFound(None, answer().evidence)).after(AnswerReady(answer()))
    assert "Understood asyou asked it" in Page(exchange_html(alone, 1)).text
    assert not Page(exchange_html(exchange.failed("It broke."), 1)).of_class("qa-understood")
    assert not Page(exchange_html(Exchange("And then?"), 0)).of_class("qa-understood")


def test_a_stopped_draft_is_not_shown() -> None:
    exchange = Exchange("q", "reading", passages=answer().evidence, draft="Unchecked words")
    page = Page(exchange_html(exchange.stopped(), 0))
    assert "Unchecked words" not in page.text
    assert "Stopped before the draft was checked" in page.text
    assert page.attributes("data-ask") == ["q"]


def test_a_failure_is_told_in_words() -> None:
    exchange = Exchange("q", draft="Unchecked words").failed("The model is down. Start it.")
    page = Page(exchange_html(exchange, 0))
    assert "The model is down. Start it." in page.text
    assert "Unchecked words" not in page.text


def test_history_is_what_was_answered() -> None:
    one = Exchange("one", "answered", answer=answer())
    assert history((one, Exchange("two").failed("x"), Exchange("three").stopped())) == (
        Turn("one", answer().text),
    )


@pytest.mark.parametrize(
    ("support", "words"),
    [
        (1.0, "Strong support (1.00)"),
        (0.85, "Strong support (0.85)"),
        (0.7, "Good support (0.70)"),
        (0.5, "Fair support (0.50)"),
    ],
)
def test_support_in_words(support: float, words: str) -> None:
    assert support_words(support) == words


def test_dates_as_people_read_them() -> None:
    assert Page(date_html("2024-05-11")).text == "11 May 2024"
    assert Page(date_html("soon <b>")).text == "soon <b>"
    assert date_html(None) == ""


def test_the_model_is_in_view() -> None:
    assert "gpt-x at host" in Page(header_html("papers", 2, "gpt-x at host")).text
    # Where it runs stands by itself, so that a narrow page doesn't cut it off.
    assert "> at host</span>" in header_html("papers", 2, "gpt-x at host")
    assert "> on this machine</span>" in header_html("papers", 2, "Qwen (1.5B) (embedded)")
    page = Page(header_html("papers", 1, "none"))
    assert "No model: answers quote the documents" in page.text
    assert "1 document" in page.text


def test_an_empty_library_says_what_to_do() -> None:
    page = Page(hello_html("papers", 0, ()))
    assert "Drop files or folders anywhere" in page.text
    assert page.attributes("data-add") == ["files", "folder"]
    page = Page(hello_html("papers", 0, (), editable=False))
    assert page.attributes("data-add") == []


HOSTILE = st.one_of(
    st.text(min_size=1),
    st.sampled_from(
        [
            "<script>alert(1)</script>",
            '"><img src=x onerror=alert(1)>',
            "' onmouseover='alert(1)",
            "</button><iframe srcdoc=x>",
            "<!-- ",
            "${alert(1)} {{constructor}} `",
            "\ud800 lone",
            "&lt;b&gt;",
            "[1]<form action=//evil>[2]",
        ]
    ),
)


@PATIENTLY
@given(HOSTILE)
def test_nothing_of_theirs_becomes_markup(evil: str) -> None:
    document = Document(evil, evil, evil * 3, evil, evil, 1)
    cited = Citation(1, evil, evil, evil, 0, len(evil), evil, 0.9)
    found = Passage(1, Sentence(evil, 0, 0, len(evil), evil), evil, evil, 0.1)
    claims = (Claim(evil, (1,), 0.9, "supported", evil), Claim(evil, (), 0.1, "unsupported", evil))
    value = Answer(
        evil,
        "partial",
        f"{evil} [1]",
        claims,
        (cited,),
        (found,),
        {},
        evil,
        evil,
        evil,
        notes=(evil,),
    )
    refused = replace(value, status="not_found", citations=())
    pieces = [
        conversation_html(
            (
                Exchange(evil, "answered", answer=value),
                Exchange(evil, "answered", answer=refused),
                Exchange(evil, "reading", evil, (found,), evil),
                Exchange(evil).failed(evil),
                Exchange(evil, passages=(found,)).stopped(),
            )
        ),
        source_html(document, [Quote(1, 0, len(evil)), Quote(2, 0, 1)], 1),
        panel_html(
            [
                Entry(evil, state, document if state == "ready" else None, 5, evil)
                for state in ("ready", "new", "waiting", "indexing", "changed", "skipped", "failed")
            ],
            editable=True,
            message=evil,
        ),
        banner_html(evil),
        notice_html(evil, evil),
        welcome_html(hello_html(evil, 1, [evil])),
        earlier_html([Earlier(evil, evil, 1, evil)]),
        hello_html(evil, 0, ()),
        exchange_html(Exchange(evil, "told", told=(evil,), suggestions=(evil,)), 0),
        exchange_html(Exchange(evil, "waiting", ahead=2), 0),
        header_html(evil, 1, evil),
    ]
    for piece in pieces:
        Page(piece).assert_harmless()


@PATIENTLY
@given(HOSTILE)
def test_a_question_is_shown_as_it_was_asked(question: str) -> None:
    page = Page(exchange_html(Exchange(question), 0))
    shown = question.encode("utf-8", "replace").decode()
    assert page.text.startswith(shown)
