from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from written import WrittenLibrary

from qa.errors import ServeError
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
from qa.ui.app import asset
from qa.ui.conversation import Exchange, history
from qa.ui.panel import panel_html
from qa.ui.reading import Reader
from qa.ui.render import (
    banner_html,
    conversation_html,
    exchange_html,
    header_html,
    support_words,
    welcome_html,
)
from qa.ui.serving import serve
from qa.ui.shelf import Entry
from qa.ui.source import (
    Quote,
    date_html,
    digest,
    notice_html,
    source_html,
    text_html,
    window,
)
from qa.ui.suggestions import suggested_questions

# A busy machine is slow, not wrong.
PATIENTLY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

ALLOWED = {
    *("article", "button", "circle", "details", "div", "footer", "h1", "h2", "h3", "header"),
    *("li", "mark", "ol", "p", "path", "rect", "s", "section", "span", "summary", "svg", "time"),
    *("strong", "ul"),
}
DANGEROUS_ATTRIBUTES = {"href", "src", "srcset", "style", "action", "formaction", "srcdoc"}


class Page(HTMLParser):
    """The elements and the text of a piece of HTML, as a browser would see them."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.marked: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open.append(tag)
        if tag == "mark":
            self.marked.append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if "mark" in self._open:
            self.marked[-1] += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def attributes(self, name: str) -> list[str | None]:
        return [attributes[name] for _, attributes in self.elements if name in attributes]

    def of_class(self, name: str) -> list[dict[str, str | None]]:
        return [
            attributes
            for _, attributes in self.elements
            if name in (attributes.get("class") or "").split()
        ]

    def assert_harmless(self) -> None:
        for tag, attributes in self.elements:
            assert tag in ALLOWED
            assert not DANGEROUS_ATTRIBUTES & attributes.keys()
            assert not any(name.startswith("on") for name in attributes)


TEXT = "Tides\n\nThe tide rose by 12 cm. Nobody saw it. The tide rose by 12 cm.\n\nThe end."
FIRST, SECOND = "The tide rose by 12 cm.", "Nobody saw it."
ONE = (TEXT.rindex(FIRST), TEXT.rindex(FIRST) + len(FIRST))
TWO = (TEXT.index(SECOND), TEXT.index(SECOND) + len(SECOND))
EARLIER = (TEXT.index(FIRST), TEXT.index(FIRST) + len(FIRST))
DOCUMENT = Document("sea/tides.txt", "Tides", TEXT, "2024-05-01", "0" * 64)


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
    assert "Not in the documents" in page.text
    assert "The documents don't say." in page.text
    assert "Closest passages" in page.text
    places = page.of_class("qa-passage")
    assert [(place["data-start"], place["data-end"]) for place in places] == [
        (str(start), str(end)) for start, end in (EARLIER, TWO)
    ]
    assert not page.of_class("qa-chip")


def test_an_extractive_answer_says_so() -> None:
    page = answered(answer(extractive=True, model="none", notes=("No model could be reached.",)))
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
    exchange = exchange.after(EvidenceFound("What came after the tide?", answer().evidence))
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
    page = Page(header_html("papers", 1, "none"))
    assert "No model: answers quote the documents" in page.text
    assert "1 document" in page.text


def test_an_empty_library_says_what_to_do() -> None:
    page = Page(welcome_html("papers", 0, ()))
    assert "Drop files or folders anywhere" in page.text
    assert page.attributes("data-add") == ["files", "folder"]
    page = Page(welcome_html("papers", 0, (), editable=False))
    assert page.attributes("data-add") == []


# --- Looks ---------------------------------------------------------------------------


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2) of ``#rrggbb``."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [":root", ".dark"])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        *((ink, ground) for ink in ("ink", "soft") for ground in ("ground", "paper", "raised")),
        *((ink, "hover") for ink in ("ink", "soft")),
        *(("accent", ground) for ground in ("ground", "paper", "raised", "accent-wash")),
        *(("warn", ground) for ground in ("ground", "paper")),
        *(("ink", "mark"), ("soft", "mark"), ("mark-ink", "mark-now"), ("paper", "accent")),
    ],
)
def test_text_stands_out_enough(scheme: str, ink: str, ground: str) -> None:
    css = asset("chat.css")
    colours: dict[str, str] = {}
    for name in (":root", scheme):
        block = css.split(f"{name} {{")[1].split("}")[0]
        colours |= dict(re.findall(r"--qa-([\w-]+): (#[0-9a-f]{6});", block))
    one, two = sorted((luminance(colours[ink]), luminance(colours[ground])), reverse=True)
    assert (one + 0.05) / (two + 0.05) >= 4.5


# --- Safety --------------------------------------------------------------------------

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
        welcome_html(evil, 1, [evil]),
        welcome_html(evil, 0, ()),
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


# --- The source ----------------------------------------------------------------------


@PATIENTLY
@given(st.data())
def test_the_text_is_never_altered_and_the_marks_are_exact(data: st.DataObject) -> None:
    content = data.draw(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
    spot = st.integers(0, len(content))
    spans = st.tuples(spot, spot).map(sorted).filter(lambda span: span[0] < span[1])
    document = replace(DOCUMENT, text=content, body_start=data.draw(spot))
    first, last = data.draw(st.tuples(spot, spot).map(sorted))
    chosen = data.draw(st.lists(spans, max_size=4))
    quotes = [Quote(number, *span) for number, span in enumerate(chosen, 1)]
    page = Page(text_html(document, first, last, quotes, 1))
    assert page.text == content[first:last]
    strong = page.of_class("qa-mark-current")
    marks = [attributes for tag, attributes in page.elements if tag == "mark"]
    assert len(marks) == len(page.marked)
    shown = "".join(
        words for words, attributes in zip(page.marked, marks, strict=True) if attributes in strong
    )
    if quotes:
        start, end = max(first, quotes[0].start), min(last, quotes[0].end)
        assert shown == content[start : max(start, end)]
    covered = {
        position
        for quote in quotes
        for position in range(max(first, quote.start), min(last, quote.end))
    }
    assert "".join(page.marked) == "".join(content[position] for position in sorted(covered))


def test_the_second_of_two_equal_sentences_is_the_one_that_is_marked() -> None:
    html = source_html(DOCUMENT, [Quote(1, *ONE), Quote(2, *EARLIER)], 1)
    page = Page(html)
    assert page.marked == [FIRST, FIRST]
    assert html.index('data-number="2"') < html.index('id="qa-here"')
    assert "1 May 2024" in page.text
    assert "sea/tides.txt" in page.text


def test_a_long_document_opens_at_the_quote_at_once() -> None:
    line = "The tide rose — by 12 cm.\n"
    document = replace(DOCUMENT, text=line * 400_000)
    start = len(line) * 300_000
    began = time.process_time()
    html = source_html(document, [Quote(1, start, start + 10)], 1)
    assert time.process_time() - began < 0.5
    assert len(html) < 60_000
    page = Page(html)
    assert page.marked == ["The tide r"]
    assert [button.get("hidden", "no") for button in page.of_class("qa-more")] == ["no", "no"]


@PATIENTLY
@given(st.text("ab \n", min_size=1).map(lambda part: part * 9_000), st.data())
def test_a_window_holds_the_quote(content: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(len(content), start + 500)))
    first, last = window(content, start, end)
    assert 0 <= first <= start <= end <= last <= len(content)
    assert last - first <= max(40_000, 16_500)


READER = Reader(lambda: {DOCUMENT.path: DOCUMENT})


def wish(**changes: Any) -> dict[str, Any]:
    quotes = [
        {"number": 1, "document": DOCUMENT.path, "start": ONE[0], "end": ONE[1]},
        {"number": 2, "document": "other.txt", "start": 0, "end": 5},
    ]
    return {
        "document": DOCUMENT.path,
        "number": 1,
        "check": digest(FIRST),
        "quotes": quotes,
    } | changes


def test_the_reader_opens_a_quote() -> None:
    page = Page(READER.open_source(wish()))
    assert page.marked == [FIRST]
    assert TEXT in page.text


def test_the_panel_lists_the_documents() -> None:
    entries = [
        Entry("sea/tides.txt", "new", DOCUMENT, 12_400),
        Entry("photo.png", "skipped", detail="not a supported format"),
    ]
    page = Page(panel_html(entries, editable=True))
    assert page.attributes("data-open") == ["sea/tides.txt"]
    assert page.attributes("data-remove") == ["sea/tides.txt", "photo.png"]
    assert "1 document" in page.text
    assert "12 kB" in page.text
    assert "not a supported format" in page.text
    assert not Page(panel_html(entries, editable=False)).attributes("data-remove")


def test_the_reader_tells_when_a_document_is_gone_or_has_changed() -> None:
    gone = Page(READER.open_source(wish(document="sea/gone.txt")))
    assert "no longer in the library" in gone.text
    changed = Page(READER.open_source(wish(check=digest("The tide rose by 13 cm."))))
    assert "has changed since the answer" in changed.text
    assert "rose" not in changed.text


def test_the_reader_gives_what_comes_before_and_after() -> None:
    content = "".join(f"Line {number}.\n" for number in range(20_000))
    reader = Reader(lambda: {"long.txt": replace(DOCUMENT, path="long.txt", text=content)})
    middle = len(content) // 2
    before = reader.more_source({"document": "long.txt", "side": "before", "edge": middle})
    after = reader.more_source({"document": "long.txt", "side": "after", "edge": middle})
    assert before is not None
    assert after is not None
    assert before["last"] == after["first"] == middle
    assert Page(before["html"] + after["html"]).text == content[before["first"] : after["last"]]
    assert after["length"] == len(content)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@PATIENTLY
@given(
    JSON
    | st.fixed_dictionaries(
        {},
        optional={
            "document": st.just(DOCUMENT.path) | st.just("../../etc/passwd") | JSON,
            "number": st.integers() | JSON,
            "check": JSON,
            "side": st.sampled_from(["before", "after"]) | JSON,
            "edge": st.integers() | JSON,
            "quotes": st.lists(
                st.fixed_dictionaries(
                    {
                        "number": st.integers() | JSON,
                        "document": st.just(DOCUMENT.path),
                        "start": st.integers() | JSON,
                        "end": st.integers() | JSON,
                    }
                )
            )
            | JSON,
        },
    )
)
def test_the_reader_survives_any_wish(anything: Any) -> None:
    page = Page(READER.open_source(anything))
    page.assert_harmless()
    assert "root:" not in page.text
    more = READER.more_source(anything)
    assert more is None or Page(more["html"]).text in TEXT


# --- Suggestions ---------------------------------------------------------------------


def seed() -> Iterator[Document]:
    for path in sorted((Path(__file__).parents[1] / "seeds").glob("*.txt")):
        yield Document(path.name, path.stem, path.read_text("utf-8"), None, "0" * 64)


def test_suggestions_come_from_headings_and_names() -> None:
    headed = replace(
        DOCUMENT, text="# Tides\n\nThey rise.\n\n## 2. About the moon\n\nThey rise more."
    )
    assert suggested_questions([headed]) == (
        "What does the document say about Tides?",
        "What does the document say about the moon?",
    )
    named = replace(
        DOCUMENT,
        text="They met Ada Lovelace. Then Mary saw Ada Lovelace and, later, Isle of Wight.",
    )
    assert suggested_questions([named]) == (
        "What does the document say about Ada Lovelace?",
        "What does the document say about Isle of Wight?",
    )


def test_suggestions_take_turns_among_documents() -> None:
    documents = [
        replace(
            DOCUMENT, path=str(number), text=f"# First {word}\n\nText.\n\n# Second {word}\n\nText."
        )
        for number, word in enumerate(["moon", "lake"])
    ]
    assert suggested_questions(documents, 2) == (
        "What do the documents say about First moon?",
        "What do the documents say about First lake?",
    )


def test_the_seed_document_suggests_something() -> None:
    assert len(suggested_questions(seed())) == 3


@PATIENTLY
@given(st.lists(st.text().map(lambda content: replace(DOCUMENT, text=content)), max_size=3))
def test_suggestions_never_fail(documents: list[Document]) -> None:
    assert len(suggested_questions(documents)) <= 3


# --- Serving -------------------------------------------------------------------------


def test_a_port_in_use_is_named_with_the_next_step() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServeError, match=rf"Port {port} .* in use.*another port"):
            serve(WrittenLibrary(), port=port)


@pytest.mark.parametrize("port", [-1, 65_536, 10**9])
def test_a_port_that_does_not_exist(port: int) -> None:
    with pytest.raises(ServeError, match=f"Port {port} doesn't exist"):
        serve(WrittenLibrary(), port=port)


def test_an_address_that_is_not_ours() -> None:
    with pytest.raises(ServeError, match=r"192\.0\.2\.1"):
        serve(WrittenLibrary(), host="192.0.2.1", port=7860, auth=[("ada", "secret")])


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])
def test_others_are_let_in_only_with_accounts(host: str) -> None:
    with pytest.raises(ServeError, match="accounts"):
        serve(WrittenLibrary(), host=host)
