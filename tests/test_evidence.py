from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.evidence import CHUNK_WEIGHT, estimate_tokens, gather_evidence
from qa.settings import EvidenceSettings
from qa.types import Chunk, Document, Hit, ScoredSentence, Sentence


def hit(
    document: str, number: int, scores: Sequence[float], score: float = 0.0, words: int = 1
) -> Hit:
    """A chunk of sentences with these similarities; the chunk before it is of equal length."""
    sentences, start = [], 1000 * number
    for row, _ in enumerate(scores):
        text = f"{document} {number} {row}." + " word" * (words - 1)
        sentences.append(Sentence(document, 10 * number + row, start, start + len(text), text))
        start += len(text) + 1
    text = " ".join(sentence.text for sentence in sentences)
    chunk = Chunk(document, number, 1000 * number, start - 1, text, tuple(sentences))
    return Hit(
        chunk,
        f"Title of {document}",
        "2024-05-01",
        score,
        0.0,
        0.0,
        tuple(ScoredSentence(*pair) for pair in zip(sentences, scores, strict=True)),
    )


SETTINGS = EvidenceSettings(sentences=3, max_tokens=1000)


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("", 0, 0),
        ("a", 1, 1),
        ("The tide rose by 12 cm.", 5, 8),
        ("Всё возвращается, может быть, не всё.", 8, 12),
        ("すべては戻ってくる", 9, 9),
        ("x" * 4_000, 1_000, 1_000),
    ],
)
def test_estimated_tokens(text: str, least: int, most: int) -> None:
    assert least <= estimate_tokens(text) <= most


@given(st.text(max_size=200), st.text(max_size=200))
def test_more_text_is_never_fewer_tokens(one: str, other: str) -> None:
    assert estimate_tokens(one) <= estimate_tokens(one + other)
    assert estimate_tokens(one) <= len(one)


def test_the_best_sentences_are_ranked_and_read_in_order() -> None:
    hits = [hit("b.txt", 0, [0.9, 0.1]), hit("a.txt", 3, [0.2, 0.7]), hit("a.txt", 1, [0.3])]
    found = gather_evidence("q", hits, None, SETTINGS)
    assert [passage.sentence.text for passage in found.best()] == [
        "b.txt 0 0.",
        "a.txt 3 1.",
        "a.txt 1 0.",
    ]
    assert [passage.sentence.text for passage in found.passages] == [
        "a.txt 1 0.",
        "a.txt 3 1.",
        "b.txt 0 0.",
    ]
    assert [passage.number for passage in found.passages] == [1, 2, 3]
    assert found.question == "q"
    assert not found.whole
    assert {passage.title for passage in found.passages} == {"Title of a.txt", "Title of b.txt"}
    assert {passage.date for passage in found.passages} == {"2024-05-01"}


def test_a_sentence_of_a_better_chunk_comes_first() -> None:
    hits = [hit("a.txt", 0, [0.5], score=1.0), hit("a.txt", 1, [0.5 + 0.9 * CHUNK_WEIGHT])]
    assert gather_evidence("q", hits, None, SETTINGS).best()[0].sentence.text == "a.txt 0 0."


def test_a_heading_s_words_are_those_of_the_sentences_below_it() -> None:
    first, second = hit("a.txt", 0, [0.5]), hit("a.txt", 1, [0.5])
    (scored,) = second.sentences
    below = replace(scored, sentence=replace(scored.sentence, heading="Roof repair"))
    hits = [first, replace(second, sentences=(below,))]
    found = gather_evidence("What does the roof cost?", hits, None, SETTINGS)
    assert found.best()[0].sentence == below.sentence


def test_what_stands_around_a_passage_is_kept_with_it() -> None:
    found = gather_evidence("q", [hit("a.txt", 0, [0.9, 0.5, 0.4, 0.3, 0.2])], None, SETTINGS)
    texts = tuple(f"a.txt 0 {place}." for place in range(5))
    assert [passage.nearby for passage in found.passages][:3] == [texts[:3], texts[:4], texts]


def test_equal_scores_keep_reading_order() -> None:
    hits = [hit("b.txt", 0, [0.5, 0.5]), hit("a.txt", 1, [0.5]), hit("a.txt", 0, [0.5])]
    found = gather_evidence("q", hits, None, SETTINGS)
    assert found.ranked == (1, 2, 3)
    assert [passage.sentence.document for passage in found.passages] == ["a.txt", "a.txt", "b.txt"]


def test_headings_are_never_ranked() -> None:
    first = hit("a.txt", 0, [0.1])
    heading = Sentence("a.txt", 5, 500, 505, "Tides", is_heading=True)
    with_heading = Hit(
        first.chunk, "T", None, 0.0, 0.0, 0.0, (*first.sentences, ScoredSentence(heading, 0.9))
    )
    found = gather_evidence("q", [with_heading], None, SETTINGS)
    assert [passage.sentence for passage in found.passages] == [first.sentences[0].sentence]
    document = Document("a.txt", "T", " " * 600, None, "")
    sentences = (first.sentences[0].sentence, heading)
    whole = gather_evidence("q", [with_heading], [(document, sentences)], SETTINGS)
    assert [passage.sentence for passage in whole.passages] == list(sentences)
    assert whole.ranked == (1,)


def test_the_heading_above_what_is_read_can_be_quoted() -> None:
    texts = ("## Roof", "It leaks.", "## Cellar", "It is dry.", "## Roof", "It was mended.")
    sentences = tuple(
        Sentence(
            "a",
            number,
            20 * number,
            20 * number + len(text),
            text,
            heading="" if text[0] == "#" else texts[number - 1][3:],
            is_heading=text[0] == "#",
        )
        for number, text in enumerate(texts)
    )
    chunk = Chunk("a", 0, 0, 120, " ".join(texts), sentences)
    scores = (0.9, 0.1, 0.9, 0.1, 0.9, 0.5)
    scored = tuple(ScoredSentence(*pair) for pair in zip(sentences, scores, strict=True))
    settings = EvidenceSettings(sentences=1)
    hits = [Hit(chunk, "House", None, 1.0, 0.0, 0.0, scored)]
    found = gather_evidence("Which part was mended?", hits, None, settings)
    assert [passage.sentence for passage in found.passages] == list(sentences[4:])
    assert [passage.sentence for passage in found.best()] == [sentences[5]]


def test_the_budget_is_kept_but_for_the_best() -> None:
    settings = EvidenceSettings(sentences=8, max_tokens=50)
    huge = hit("a.txt", 0, [0.9], words=1000)
    small = hit("a.txt", 1, [0.8, 0.7])
    assert [p.sentence.document for p in gather_evidence("q", [huge], None, settings).best()] == [
        "a.txt"
    ]
    assert gather_evidence("q", [huge, small], None, settings).best()[0].sentence.start == 0
    assert len(gather_evidence("q", [huge, small], None, settings).passages) == 1
    # One that is too long doesn't keep the next out.
    long = hit("a.txt", 2, [0.75], words=1000)
    texts = [p.sentence.text for p in gather_evidence("q", [small, long], None, settings).best()]
    assert texts == ["a.txt 1 0.", "a.txt 1 1."]


def test_few_are_read_where_one_stands_out_and_more_where_many_look_alike() -> None:
    settings = EvidenceSettings(least_tokens=4, sentences=5, max_tokens=1000)
    one_of_many = hit("a.txt", 0, [0.9, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3])
    alike = hit("a.txt", 0, [0.9, 0.85, 0.8, 0.75, 0.7, 0.7, 0.3])
    for library in (None, [(Document("a.txt", "T", "", None, ""), alike.chunk.sentences)]):
        assert len(gather_evidence("q", [one_of_many], library, settings).best()) == 2
        assert len(gather_evidence("q", [alike], library, settings).best()) == 5
    few = settings.model_copy(update={"sentences": 1})
    assert len(gather_evidence("q", [alike], None, few).best()) == 1


def test_a_whole_library_stays_the_same_from_question_to_question() -> None:
    one, other = hit("a.txt", 0, [0.9, 0.1]), hit("b.txt", 0, [0.2, 0.8])
    library = [
        (Document(path, f"Title of {path}", " " * 99, "2024-05-01", ""), h.chunk.sentences)
        for path, h in (("a.txt", one), ("b.txt", other))
    ]
    settings = EvidenceSettings(sentences=1)
    first = gather_evidence("q", [one, other], library, settings)
    second = gather_evidence("r", [other], library, settings)
    assert first.whole
    assert [(p.number, p.sentence, p.title, p.date) for p in first.passages] == [
        (p.number, p.sentence, p.title, p.date) for p in second.passages
    ]
    assert first.ranked == (1,)
    assert second.ranked == (4,)
    # Nothing was asked yet: what stays the same is known all the same.
    assert gather_evidence("", (), library, settings).ranked == ()


def test_nothing_found_is_empty_evidence() -> None:
    found = gather_evidence("q", (), None, SETTINGS)
    assert (found.passages, found.ranked, found.best()) == ((), (), ())


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.lists(st.floats(-1, 1), min_size=1, max_size=4)),
        max_size=6,
    ),
    st.integers(1, 10),
    st.integers(50, 120),
    st.integers(1, 60),
)
def test_what_is_chosen_keeps_its_place(
    chunks: list[tuple[str, list[float]]], sentences: int, tokens: int, words: int
) -> None:
    hits = [
        hit(f"{document}.txt", number, scores, words=words)
        for number, (document, scores) in enumerate(chunks)
    ]
    settings = EvidenceSettings(sentences=sentences, max_tokens=tokens)
    found = gather_evidence("q", hits, None, settings)
    assert [passage.number for passage in found.passages] == list(range(1, len(found.passages) + 1))
    places = [(passage.sentence.document, passage.sentence.start) for passage in found.passages]
    assert places == sorted(set(places))
    assert sorted(found.ranked) == [passage.number for passage in found.passages]
    scores = [passage.score for passage in found.best()]
    assert scores == sorted(scores, reverse=True)
    assert len(found.passages) <= sentences
    cost = sum(estimate_tokens(passage.sentence.text) for passage in found.passages)
    assert cost <= tokens or len(found.passages) == 1
    assert bool(found.passages) == bool(chunks)


def test_of_equally_similar_sentences_the_one_with_the_question_s_words_comes_first() -> None:
    texts = ("Boats lay still.", "The ferry sailed.", "Nobody came.")
    sentences = tuple(
        Sentence("a", number, 20 * number, 20 * number + len(text), text)
        for number, text in enumerate(texts)
    )
    chunk = Chunk("a", 0, 0, 60, " ".join(texts), sentences)
    scored = tuple(ScoredSentence(sentence, 0.5) for sentence in sentences)
    found = Hit(chunk, "A", None, 1.0, 0.0, 0.0, scored)
    best = gather_evidence("When did the ferry sail?", (found,), None, SETTINGS).best()
    assert best[0].sentence == sentences[1]


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("Hi Joris,", True),
        ("Sehr geehrte Frau Lind,", True),
        ("Mirela", True),
        # A whole sentence, an item, a cell, and what the question names are answers.
        ("No.", False),
        ("Not covered:", False),
        ("- Saffron", False),
        ("| Town: Osk |", False),
        ("Lake", False),
    ],
)
def test_a_line_that_says_nothing_comes_last(text: str, last: bool) -> None:
    texts = (text, "We go by car.")
    sentences = tuple(Sentence("a", n, 40 * n, 40 * n + len(t), t) for n, t in enumerate(texts))
    chunk = Chunk("a", 0, 0, 80, " ".join(texts), sentences)
    scored = tuple(ScoredSentence(*pair) for pair in zip(sentences, (0.9, 0.2), strict=True))
    hits = [Hit(chunk, "A", None, 1.0, 0.0, 0.0, scored)]
    best = gather_evidence("How do we get to the lake?", hits, None, EvidenceSettings()).best()
    assert (best[-1].sentence == sentences[0]) is last


def test_the_line_that_leads_to_an_item_is_read_with_it() -> None:
    texts = ("We pay for:", "- Fire", "We do not pay for:", "- War", "- Flood", "Call us.")
    sentences = tuple(Sentence("a", n, 40 * n, 40 * n + len(t), t) for n, t in enumerate(texts))
    chunk = Chunk("a", 0, 0, 240, " ".join(texts), sentences)
    scored = tuple(
        ScoredSentence(*pair)
        for pair in zip(sentences, (0.1, 0.2, 0.1, 0.2, 0.9, 0.3), strict=True)
    )
    settings = EvidenceSettings(sentences=1)
    hits = [Hit(chunk, "A", None, 1.0, 0.0, 0.0, scored)]
    found = gather_evidence("Is flood covered?", hits, None, settings)
    assert [p.sentence.text for p in found.passages] == ["We do not pay for:", "- Flood"]
    assert [p.sentence.text for p in found.best()] == ["- Flood"]
