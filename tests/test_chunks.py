"""Documents to sentences and chunks: exact places, nothing lost, nothing twice."""

from __future__ import annotations

import sys
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.chunks import chunk_document
from qa.documents import canonical_text
from qa.language.sentences import split_sentences
from qa.types import Chunk, Document, Sentence


def document(text: str, body_start: int = 0) -> Document:
    return Document("a.md", "A", text, None, "0" * 64, body_start)


def split(text: str) -> list[str]:
    return [sentence.text for sentence in split_sentences(document(text))]


PIECES = [
    "The album is out. ", "No. 1 ", "Mr. Smith ", "e.g. ", "J. K. Rowling ", "5.8 million ",
    "U.S. ",
    "“Thank you.” ", '"Why?!" ', "(He left.) ", "... ", "… ", "word ", "Word ", "\n", "\n\n",
    "  \n ",
    "# Heading\n", "Heading\n=====\n", "---\n", "- item\n", "1. item\n", "| a | b |\n",
    "|---|---|\n",
    "```\n", "~~~\n", "> quoted\n", "他来了。", "「はい。」と", "Он пришёл. ", "\t", "\u3000",
    "😀 ",
    "e\u0301", "https://x.org/a.b?c=d. ", "Title: x\n", "writing,\n\n",
    "Tea ..... 3\n", "1 A . . . . . . 12\n", "<!-- it -->\n", "x" * 70 + " ", "y, " * 400,
    "z" * 1100, ".", '"', "[1]", "। ",
]  # fmt: skip
TEXTS = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=25).map("".join),
    st.text(max_size=80),
    st.text(st.sampled_from('aA.?!"” \n\t-#*|>1,:'), max_size=60),
).map(canonical_text)


def check_sentences(whole: Document, sentences: tuple[Sentence, ...]) -> None:
    text = whole.text
    end = whole.body_start
    for number, sentence in enumerate(sentences):
        assert sentence.number == number
        assert text[sentence.start : sentence.end] == sentence.text
        assert sentence.text == sentence.text.strip() != ""
        assert not text[end : sentence.start].strip()
        assert end <= sentence.start
        assert len(sentence.text) <= 1000 or sentence.is_heading
        end = sentence.end
    assert not text[end:].strip()


@given(TEXTS, st.integers(0, 60))
@settings(max_examples=400)
def test_sentences_cover_the_body_exactly(text: str, body_start: int) -> None:
    whole = document(text, min(body_start, len(text)))
    check_sentences(whole, split_sentences(whole))


@given(TEXTS, st.integers(200, 1500))
@settings(max_examples=300)
def test_chunks_partition_the_sentences_within_the_limit(text: str, limit: int) -> None:
    whole = document(text)
    sentences = split_sentences(whole)
    chunks = chunk_document(whole, sentences, limit)
    assert tuple(s for chunk in chunks for s in chunk.sentences) == sentences
    for number, chunk in enumerate(chunks):
        assert (chunk.number, chunk.document) == (number, whole.path)
        assert (chunk.start, chunk.end) == (chunk.sentences[0].start, chunk.sentences[-1].end)
        assert text[chunk.start : chunk.end] == chunk.text
        body = [s for s in chunk.sentences if not s.is_heading]
        assert len(chunk.text) <= limit or len(body) == 1 or len(chunk.sentences) == 1
        # A heading is never the last of a chunk that has text, nor parted from its text.
        if body:
            assert not chunk.sentences[-1].is_heading
        elif number + 1 < len(chunks):
            assert chunks[number + 1].sentences[0].is_heading


# --- Sentence ends -----------------------------------------------------------------

SENTENCES = [
    # The article's own traps.
    ("RM's album, Right Place, Wrong Person, is due on May 24.", "It marks his second album."),
    ("It is out on Friday, May 24, 2024, at 1 pm KST.", "Fans wait."),
    ("It is out on May 24, 2024, at 1 p.m. KST.", "Next is the tour."),
    ("The No. 1 position was reached in 82 regions.", "The No. 2 was not."),
    ("It has 5.8 million views.", "The song is v1.2.3 of itself."),
    ("He said: “Everything comes back, maybe not everything.”", "It did."),
    ('"Thank you to everyone #ComeBacktoMe."', "She smiled."),
    ("It opens at midnight KST (May 16 at 11 am ET).", "Come early."),
    # Initials, titles, abbreviations.
    ("J. K. Rowling wrote it.", "George W. Bush read it."),
    ("The U.S. Army came in.", "The N.Y. Times knew."),
    ("He lives in the U.S. and likes it.", "She left the U.S.", "It was in D.C.", "It rained."),
    ("Mr. Smith met Dr. Jones, Prof. Li and St. John.", "Mrs. Lee and Gen. Grant left."),
    ("Apple Inc. is here.", "It bought Beats Inc.", "The price was high."),
    ("Sammy Davis Jr. sang.", "See Roe v. Wade and Kramer vs. Kramer."),
    ("Fruit, e.g. Apples, i.e. Malus, etc.", "Other things too."),
    ("See Fig. 3, p. 12, vol. 2 and pp. 3-4 (cf. Smith et al. 2020).", "Done."),
    ("It was Jan. 5 or Sept. 11.", "It opens at 5 p.m. Friday."),
    ("We left at 6 p.m.", "Fans stayed."),
    ("Choose plan B.", "Nothing else will do.", "It was at 9 EST.", "He saw World War I.", "Yes."),
    ("Trinity-St. Paul's burned.", "Jean-J. Rousseau wept."),
    ("He said no.", "Nobody heard."),
    ("The Ph.D. student of Lt. Col. Kim has a B.A. degree.", "She knows Node.js."),
    # Marks.
    ("Really?!", "Yes!", "“Why?” she asked.", "“Because.”", "“Stop!” he cried, “now.”"),
    ("Well… maybe.", "Wait... what?", "I know…", "You don't."),
    ("Is it plan B?", "Nobody knows.", "It is Smith Jr!", "Really."),
    ("(He left early.)", "[She stayed.]", "So be it.", "*He knew.*", "**She too.**"),
    ("It is known.[12]", "It is new.[citation needed]", "So what?¹", "That."),
    ("See https://example.org/a.b?c=d.", "Mail a.b@example.org.", "Call x.org."),
    ("Steps: 1. Open it.", "2. Close it."),
    ("It began in 1998.", "20 people came."),
    ("¿Qué pasa?", "¡Nada!", "«C’est la vie.»", "« Oui. »", "Bon."),
    ("Der 3. Oktober ist frei.", "Z.B. Berlin, d.h. die Stadt, feiert bzw. ruht.", "Gut."),
    ("А. С. Пушкин родился в 1799 г.", "Он жил на ул. Мира, т.е. тут.", "Да."),
    ("all lower case here.", "no capitals at all.", "e.g. this one."),
    ("यह एक वाक्य है।", "यह दूसरा है।"),
]  # fmt: skip


@pytest.mark.parametrize("sentences", SENTENCES, ids=lambda sentences: sentences[0][:30])
@pytest.mark.parametrize("blank", [" ", "\n", "  "], ids=["space", "newline", "spaces"])
def test_sentence_ends(sentences: tuple[str, ...], blank: str) -> None:
    assert tuple(split(blank.join(sentences))) == sentences


def test_chinese_and_japanese_need_no_space_between_sentences() -> None:
    assert split("他来了。她走了！真的？“是的。”好。") == [
        "他来了。",
        "她走了！",
        "真的？",
        "“是的。”",
        "好。",
    ]
    assert split("「はい。」と言った。次です。") == ["「はい。」と言った。", "次です。"]


def test_wrapped_lines_go_on() -> None:
    text = (
        "The album, which is called Right Place, Wrong Person, will be out on the 24th of\n"
        "May. It is the second solo album that the singer has made since INDIGO, which was\n"
        "1985. Released in 2022, that one had ten songs and was praised by Mr.\n"
        "Smith.\n"
    )
    assert [" ".join(sentence.split()) for sentence in split(text)] == [
        "The album, which is called Right Place, Wrong Person, will be out on the 24th of May.",
        "It is the second solo album that the singer has made since INDIGO, which was 1985.",
        "Released in 2022, that one had ten songs and was praised by Mr. Smith.",
    ]


def test_a_number_where_a_line_was_wrapped_is_no_list_item() -> None:
    text = "The tallest of all the towers that stood beside the river then was number\n12. It fell."
    assert len(split(text)) == 2


def test_lines_ended_on_purpose_are_sentences() -> None:
    assert split("Author: Ann Lee\nSource: The Morning Paper\nIt rained.") == [
        "Author: Ann Lee",
        "Source: The Morning Paper",
        "It rained.",
    ]
    assert split("Roses are red\nViolets are blue,\nSugar is sweet") == [
        "Roses are red",
        "Violets are blue,\nSugar is sweet",
    ]


def test_a_line_for_each_paragraph() -> None:
    long = "This line is a paragraph of its own because nobody wraps at this width. " * 4
    sentences = split_sentences(document(f"Heading here\n{long.strip()}\n{long.strip()}"))
    assert sentences[0].is_heading
    assert len(sentences) == 9
    chunks = chunk_document(
        document(f"{long}\n{long}"), split_sentences(document(f"{long}\n{long}")), 1200
    )
    assert [len(chunk.sentences) for chunk in chunks] == [4, 4]


def test_an_open_sentence_before_a_quotation_is_a_sentence() -> None:
    text = 'RM thanked the crew, writing,\n\n"Thank you to everyone #ComeBacktoMe."\n\nMore.'
    assert split(text) == [
        "RM thanked the crew, writing,",
        '"Thank you to everyone #ComeBacktoMe."',
        "More.",
    ]


# --- Blocks ------------------------------------------------------------------------


def test_entries_of_contents_and_of_prices_stand_alone() -> None:
    entries = ["1 Tides . . . . . . . . . 3", "1.1 Height ........ 12", "Tea ..... 2.50"]
    assert split("\n".join([*entries, "", "The tide rose."])) == [*entries, "The tide rose."]
    whole = document("\n\n".join([*entries, "The tide rose."]))
    assert not any(sentence.is_heading for sentence in split_sentences(whole))
    # Within a line they end no more than elsewhere.
    assert split("Well ..... perhaps\nnot 5.") == ["Well ..... perhaps\nnot 5."]


@pytest.mark.parametrize(
    "text",
    [
        "Soup ..... 5.50\nServed with bread\nSalad ..... 6.00",
        "1 Tides ..... 3\n2 Conclusion 9\n\nThe tide rose.",
        "Total due\nincluding VAT ..... 726.00\n\nThank you.",
        "2 The history of the tides in the northern\nseas . . . . . . . 12\n\nThe tide rose.",
    ],
)
def test_what_stands_among_entries_is_no_heading(text: str) -> None:
    assert not any(sentence.is_heading for sentence in split_sentences(document(text)))


def test_an_entry_may_take_two_lines() -> None:
    entry = "2 The history of the tides in the northern\nseas . . . . . . . 12"
    assert split(f"1 Tides ..... 3\n{entry}\n3 Ebb ..... 20") == [
        "1 Tides ..... 3",
        entry,
        "3 Ebb ..... 20",
    ]


def test_text_between_two_comments_is_no_comment() -> None:
    assert len(split("<!-- a --> It rose. It fell. <!-- b -->")) > 1


def test_badges_are_no_part_of_the_heading_of_sentences() -> None:
    badge = f"[![build](https://example.org/{'x' * 300}.svg)](https://example.org)"
    _, said = split_sentences(document(f"# Tides {badge} {badge}\n\nThe tide rose."))
    assert said.heading == "Tides"


def test_a_comment_of_markdown_is_no_heading() -> None:
    whole = document("# Tides\n\n<!-- since: v18 -->\n\nThe tide rose.")
    title, comment, said = split_sentences(whole)
    assert (comment.text, comment.is_heading) == ("<!-- since: v18 -->", False)
    assert said.heading == title.text.removeprefix("# ")


def test_headings() -> None:
    text = (
        "A Title of Its Own\n\nBy Ann Lee\n\nFirst text. Second text.\n\n"
        "More about RM's album\n\nThird text.\n\n"
        "## A **marked** heading ##\nFourth text.\n\n"
        "Underlined\n----------\nFifth text.\n\n"
        '"A line quoted whole"\n\nIt was, he said,\n\nvery good\n\nSixth text ends here.\n\nAnn Lee'
    )
    sentences = split_sentences(document(text))
    assert [(s.text, s.heading) for s in sentences if s.is_heading] == [
        ("A Title of Its Own", ""),
        ("More about RM's album", ""),
        ("## A **marked** heading ##", ""),
        ("Underlined\n----------", ""),
    ]
    under = {s.text: s.heading for s in sentences if not s.is_heading}
    assert under["By Ann Lee"] == under["Second text."] == "A Title of Its Own"
    assert under["Third text."] == "More about RM's album"
    assert under["Fourth text."] == "A marked heading"
    assert under["Fifth text."] == under["Ann Lee"] == "Underlined"


@pytest.mark.parametrize(
    "line", ["It ends here.", "It leads on:", "lower case", "…", "12", "“Said she”", "x " * 60]
)
def test_what_is_no_heading(line: str) -> None:
    sentences = split_sentences(document(f"Before it.\n\n{line}\n\nAfter it.\n"))
    assert not any(sentence.is_heading for sentence in sentences)


def test_lists_tables_and_code() -> None:
    text = (
        "Tracks:\n- Come Back to Me\n  (pre-release)\n* LOST!\n1. First. Still first.\n2) Second\n"
        "(a) letter\n• bullet\n\n"
        "| Song | Views |\n| --- | ---: |\n| Come Back. To Me | 5.8 |\n\n"
        "one | two. | three\nOne\tTwo. Three\tFour\n\n"
        "```python\nx = 1. # One. Two.\n\ny = 2\n```\n\n---\n\n> Quoted text. More of\n> it here.\n"
    )
    assert split(text) == [
        "Tracks:",
        "- Come Back to Me\n  (pre-release)",
        "* LOST!",
        "1. First.",
        "Still first.",
        "2) Second",
        "(a) letter",
        "• bullet",
        "| Song | Views |\n| --- | ---: |",
        "| Come Back. To Me | 5.8 |",
        "one | two. | three",
        "One\tTwo. Three\tFour",
        "```python\nx = 1. # One. Two.\n\ny = 2\n```",
        "---",
        "> Quoted text.",
        "More of\n> it here.",
    ]


def test_prose_with_bars_is_no_table() -> None:
    prose = (
        "The chance of one thing when another is known is written with a bar, as in P(A | B). "
        "It is not P(B | A), which is the chance of the other thing when the one is known. "
        "The two are often taken for each other. That is a mistake. Bayes found out why."
    )
    assert len(split(prose)) == 5


def test_a_fence_that_is_never_closed_is_text() -> None:
    text = "One. Two.\n\n```\nThree. Four.\n\n~~~\n\nFive. Six.\n"
    assert split(text) == ["One.", "Two.", "```", "Three.", "Four.", "~~~", "Five.", "Six."]


def test_sentences_without_end_are_cut_between_clauses_or_words() -> None:
    clauses = split("and so it goes on and on; " * 200)
    assert all(500 <= len(piece) <= 1000 and piece.endswith(";") for piece in clauses[:-1])
    words = split("word " * 2000)
    assert all(500 <= len(piece) <= 1000 and piece.endswith("word") for piece in words)
    assert "".join(split("字" * 5000)) == "字" * 5000
    assert all(not piece.startswith("\u0323") for piece in split("q\u0323" * 3000))


def test_repeated_sentences_keep_their_own_places() -> None:
    text = "Same words. Same words.\n\nSame words. " * 50
    sentences = split_sentences(document(text))
    assert [sentence.text for sentence in sentences] == ["Same words."] * 150
    assert len({sentence.start for sentence in sentences}) == 150


def test_the_header_is_not_cut() -> None:
    text = "date 2024-05-11 It rained. It stopped."
    sentences = split_sentences(document(text, body_start=16))
    assert [sentence.text for sentence in sentences] == ["It rained.", "It stopped."]
    assert split_sentences(document(" \n ")) == ()
    assert chunk_document(document(""), (), 500) == ()


# --- Work grows with the text, not its square -----------------------------------------


def calls_made(text: str) -> int:
    """Function calls, built-in ones included, that it takes to cut a text."""
    count = 0

    def counting(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    whole = document(text)
    sys.setprofile(counting)
    try:
        chunk_document(whole, split_sentences(whole), 1200)
    finally:
        sys.setprofile(None)
    return count


def test_a_heading_is_kept_short_with_each_sentence_below_it() -> None:
    title = "**Rain** " + "and wind " * 10_000
    whole = document(f"# {title}\n\n" + "It rained. " * 100)
    below = [one for one in split_sentences(whole) if not one.is_heading]
    assert len(below) == 100
    assert {one.heading for one in below} == {"Rain " + ("and wind " * 100)[:195]}


@pytest.mark.parametrize(
    "unit",
    [
        "It rained. He left. ", "U.S. ", "a, ", "word\n", "Line one\n\n", "- item\n", "# Heading\n",
        "Said:\n\n", "```\n", "x. X\n", "Long words here. " * 30 + "\n",
    ],
)  # fmt: skip
def test_calls_grow_linearly(unit: str) -> None:
    assert calls_made(unit * 400) < 2.3 * calls_made(unit * 200) + 200


@pytest.mark.parametrize(
    "text",
    [
        "." * 300_000 + "x", '."' * 150_000, ". " * 150_000, "a" * 300_000, " " * 300_000 + "x",
        "\t" * 300_000 + "x", "-" * 300_000 + "x", "- " * 150_000 + "x", "#" * 300_000,
        "`" * 300_000,
        "|" * 300_000 + "x", "[" * 300_000, ".[" * 150_000, ">" * 300_000 + "x", "U.S. " * 20_000,
        'x. """' * 15_000, "。" * 300_000, "x\n" * 150_000, "A. " * 30_000, "\n" * 300_000,
        "[.]" * 100_000 + "x", "# " + "__a " * 75_000 + "\n\nx", "# " + "~~a" * 75_000 + "\n\nx",
    ],
    ids=lambda text: repr(text[:6]),
)  # fmt: skip
@pytest.mark.usefixtures("linear_time")
def test_no_pattern_backtracks_over_a_hostile_text(text: str) -> None:
    whole = document(text)
    sentences = split_sentences(whole)
    chunk_document(whole, sentences, 1200)
    check_sentences(whole, sentences)


# --- Chunks ------------------------------------------------------------------------


def chunks_of(text: str, limit: int = 600) -> tuple[Chunk, ...]:
    whole = document(text)
    return chunk_document(whole, split_sentences(whole), limit)


LONG = "This paragraph is long enough to be a chunk of its own, whatever stands near it. " * 4


def test_paragraphs_are_chunks() -> None:
    assert [chunk.text for chunk in chunks_of(f"{LONG}\n\n{LONG}")] == [LONG.strip()] * 2


def test_a_heading_opens_the_chunk_of_its_text() -> None:
    first, second, last = chunks_of(f"{LONG}\n\n# One\n\n## Two\n\n{LONG}\n\n# Nothing below\n")
    assert first.text == LONG.strip()
    assert second.text == f"# One\n\n## Two\n\n{LONG.strip()}"
    assert last.text == "# Nothing below"


def test_a_table_of_contents_does_not_crowd_out_the_text() -> None:
    contents = "".join(f"# Chapter {number}\n\n" for number in range(100))
    chunks = chunks_of(contents + LONG, limit=800)
    assert all(len(chunk.text) <= 800 for chunk in chunks)
    assert LONG.strip() in chunks[-1].text
    assert "Chapter 99" in chunks[-1].text
    assert sum(len(chunk.sentences) for chunk in chunks) == 100 + 4


def test_short_paragraphs_join_under_the_same_heading_only() -> None:
    text = f"{LONG}\n\nShort one.\n\nShort two.\n\n# Next\n\nShort three.\n\n# Last\n\n{LONG}"
    assert [len(chunk.sentences) for chunk in chunks_of(text)] == [6, 2, 5]


def test_a_lead_in_stays_with_what_it_leads_to() -> None:
    lead = "The agency said in a statement that was sent to all of the papers on Monday:"
    quotation = '"' + "The photos were each worked with new photographers. " * 5 + '"'
    chunks = chunks_of(f"{LONG}\n\n{lead}\n\n{quotation}\n\n{LONG}", limit=400)
    assert [chunk.text for chunk in chunks] == [
        LONG.strip(),
        f"{lead}\n\n{quotation}",
        LONG.strip(),
    ]


def test_a_long_paragraph_is_cut_into_even_parts() -> None:
    chunks = chunks_of("This sentence has forty characters in all. " * 40, limit=600)
    assert [len(chunk.sentences) for chunk in chunks] == [13, 13, 8, 6]
    assert all(len(chunk.text) <= 600 for chunk in chunks)
