from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pages import (
    DOCUMENT,
    EARLIER,
    FIRST,
    ONE,
    PATIENTLY,
    TEXT,
    Page,
)

from qa.ui.panel import LISTED, matching, panel_html
from qa.ui.shelf import Entry
from qa.ui.source import (
    Quote,
    date_html,
    digest,
    source_html,
    text_html,
    window,
)
from qa.ui.source_requests import SourceRequests


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


def test_a_date_is_written_out_and_a_time_of_saving_is_called_that() -> None:
    assert Page(date_html("2024-05-11")).text == "11 May 2024"
    assert Page(date_html(None, "2024-05-11")).text == "saved 11 May 2024"
    assert Page(date_html("2023-01-01", "2024-05-11")).text == "1 January 2023"
    assert date_html(None) == ""


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


READER = SourceRequests(lambda: {DOCUMENT.path: DOCUMENT})


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
        Entry("sea/tides.txt", "failed", detail="It is empty."),
    ]
    page = Page(panel_html(entries, editable=True))
    assert page.attributes("data-dismiss") == ["sea/tides.txt"]
    assert page.attributes("data-open") == ["sea/tides.txt"]
    assert page.attributes("data-remove") == ["sea/tides.txt", "photo.png"]
    assert "1 document" in page.text
    assert "12 kB" in page.text
    assert "not a supported format" in page.text
    assert not Page(panel_html(entries, editable=False)).attributes("data-remove")


def test_the_panel_is_filtered_by_title_and_path() -> None:
    document = replace(DOCUMENT, title="Über Ålesund", path="sea/tides.txt")
    entries = [Entry("sea/tides.txt", "ready", document), Entry("photo.png", "skipped")] * 6
    page = Page(panel_html(entries, editable=True, sought="alesund SEA/"))
    assert page.attributes("data-open") == ["sea/tides.txt"] * 6
    assert "6 of 12 files match" in page.text
    # A document that isn't read is found by its file's name.
    assert len(matching(entries, "PNG")) == 6
    for whatever in ("", "  ", None, 7, ["x"]):
        assert matching(entries, whatever) == entries
    assert "No title or file name has all" in panel_html(entries, editable=True, sought="sea png")
    # Of a few nothing has to be looked for.
    assert "search" in Page(panel_html(entries, editable=True)).attributes("type")
    assert "search" not in Page(panel_html(entries[:3], editable=True)).attributes("type")


def test_of_very_many_the_first_are_listed_and_the_others_found() -> None:
    entries = [Entry(f"{number:04}.txt", "skipped") for number in range(LISTED + 700)]
    page = Page(panel_html(entries, editable=True))
    assert len(page.of_class("qa-entry")) == LISTED
    assert "1,200 files. The first 500 are listed" in page.text
    assert "1199.txt" in Page(panel_html(entries, editable=True, sought="1199")).text


def test_the_reader_tells_when_a_document_is_gone_or_has_changed() -> None:
    gone = Page(READER.open_source(wish(document="sea/gone.txt")))
    assert "no longer in the library" in gone.text
    changed = Page(READER.open_source(wish(check=digest("The tide rose by 13 cm."))))
    assert "has changed since the answer" in changed.text
    assert "rose" not in changed.text


def test_the_reader_gives_what_comes_before_and_after() -> None:
    content = "".join(f"Line {number}.\n" for number in range(20_000))
    reader = SourceRequests(lambda: {"long.txt": replace(DOCUMENT, path="long.txt", text=content)})
    middle = len(content) // 2
    before = reader.more_source({"document": "long.txt", "side": "before", "edge": middle})
    after = reader.more_source({"document": "long.txt", "side": "after", "edge": middle})
    assert before is not None
    assert after is not None
    assert before["last"] == after["first"] == middle
    assert Page(before["html"] + after["html"]).text == content[before["first"] : after["last"]]
    assert after["length"] == len(content)


def test_what_comes_before_a_long_line_can_be_shown() -> None:
    content = "".join("x" * 9_000 + "\n" for _ in range(10))
    edge = 5 * 9_001
    reader = SourceRequests(lambda: {"long.txt": replace(DOCUMENT, path="long.txt", text=content)})
    before = reader.more_source({"document": "long.txt", "side": "before", "edge": edge})
    assert before is not None
    assert before["first"] < before["last"] == edge


def test_other_quotes_are_marked_only_where_they_still_stand() -> None:
    both = [
        {"number": 1, "document": DOCUMENT.path, "start": ONE[0], "end": ONE[1]},
        {"number": 2, "document": DOCUMENT.path, "start": 0, "end": 3, "check": digest("gone")},
    ]
    assert Page(READER.open_source(wish(quotes=both))).marked == [FIRST]
    both[1]["check"] = digest(TEXT[:3])
    assert Page(READER.open_source(wish(quotes=both))).marked == [TEXT[:3], FIRST]


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


def test_headings_stand_out_and_a_mark_may_reach_into_one() -> None:
    body = "# Tides\n\nThey rise.\n\n## The moon\n#no heading"
    document = replace(DOCUMENT, text=body)
    start = body.index("rise.")
    html = text_html(document, 0, len(body), [Quote(1, start, body.index("moon"))], 1)
    page = Page(html)
    assert page.text == body
    assert "".join(page.marked) == "rise.\n\n## The "
    looks = [each["class"] for each in page.of_class("qa-heading")]
    one, two = "qa-heading qa-level-1", "qa-heading qa-level-2"
    assert looks == [f"{one} qa-sign", one, f"{two} qa-sign", two, two]
    assert "#no heading" in html.split(">")[-1]


def test_code_is_no_prose_and_every_sign_stays() -> None:
    body = "A **word**, a*b**c.\n\n```sh\n# **not** a heading\n```\n| a | **b** |\n# One"
    page = Page(text_html(replace(DOCUMENT, text=body), 0, len(body)))
    assert page.text == body
    assert [each["dir"] for each in page.of_class("qa-code")] == ["ltr"]
    assert len(page.of_class("qa-table")) == 1
    assert len(page.of_class("qa-strong")) == 3
    assert len(page.of_class("qa-heading")) == 2
    code = Page(text_html(replace(DOCUMENT, text="# One\n", format="code"), 0, 6))
    assert len(code.of_class("qa-code")) == 1
    assert code.of_class("qa-heading") == []
    # What is shown may begin within a block of code.
    place = body.index("# **not**")
    page = Page(text_html(replace(DOCUMENT, text=body), place, len(body)))
    assert page.text == body[place:]
    assert len(page.of_class("qa-heading")) == 2
    assert len(page.of_class("qa-code")) == 1


def test_a_block_of_code_holds_its_lines_and_the_marks_in_it() -> None:
    body = "Before.\n\n```\na = 1\n```\n\nAfter.\n~~~\nb"
    document = replace(DOCUMENT, text=body)
    html = text_html(document, 0, len(body), [Quote(1, 3, body.index("= 1"))], 1)
    assert Page(html).text == body
    assert "".join(Page(html).marked) == "ore.\n\n```\na "
    blocks = html.split('<div class="qa-code" dir="ltr">')
    assert [Page(block.split("</div>")[0]).text for block in blocks[1:]] == [
        "```\na = 1\n```\n",
        "~~~\nb",
    ]
