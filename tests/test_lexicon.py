from __future__ import annotations

import unicodedata
from pathlib import Path

import bm25s
import pytest
import Stemmer
from hypothesis import given
from hypothesis import strategies as st
from places import Place

from qa.language.lexicon import languages_of, question_words, words_of
from qa.readers import DocumentReader

GERMAN = "Die Häuser am Hafen wurden im vergangenen Winter von den Fischern neu gestrichen."
FRENCH = "Les bateaux anciens ont été vendus aux pêcheurs pendant les longues journées d'été."
JAPANESE = "東京都の図書館は月曜日に休みます。港の灯台は一九三一年に建てられました。"
CHINESE = "人人生而自由，在尊严和权利上一律平等。图书馆星期一关门。"
THAI = "หอสมุดแห่งชาติปิดทุกวันจันทร์ และเปิดอีกครั้งในวันอังคาร"
ENGLISH = "The houses at the harbour were painted anew by the fishermen in the last winter."


def counted(text: str) -> list[list[str]]:
    """Words as they were counted before other languages and scripts were."""
    words: list[list[str]] = bm25s.tokenize(
        [text],
        token_pattern=r"\b(?:\w\w+|\d)\b",
        stopwords="en",
        stemmer=Stemmer.Stemmer("english"),
        return_ids=False,
        show_progress=False,
    )
    return words


SPACED = st.text(
    st.characters(exclude_categories=["Cs"], max_codepoint=0x2FFF).filter(
        lambda character: (
            unicodedata.category(character)[0] != "M"
            and not any(
                low <= ord(character) <= high
                for low, high in ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF))
            )
        )
    )
)


@given(SPACED)
def test_what_stands_in_scripts_with_spaces_is_counted_as_ever(text: str) -> None:
    assert words_of([text], ("en",), ["en"]) == words_of([text], ("en",), [None]) == counted(text)
    assert question_words(text, ("en",)) == counted(text)[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("図書館へ", ["図書", "書館", "館へ"]),
        (
            "2024年5月11日に iPhone15を買う",
            ["2024", "5", "11", "iphone15", "年", "月", "日に", "を買", "買う"],
        ),
        ("コーヒー・カップ", ["コー", "ーヒ", "ヒー", "カッ", "ップ"]),
        ("水", ["水"]),
        # A sign above or below a consonant isn't one of the pair.
        ("ที่นี่", ["ที่นี่"]),
        ("ภาษาไทย", ["ภา", "าษ", "ษา", "าไ", "ไท", "ทย"]),
        ("ພາສາ", ["ພາ", "າສ", "ສາ"]),
        ("ភាសា", ["ភាសា"]),
        ("The 図書館 of Ghent", ["ghent", "図書", "書館"]),
        ("𠮷野家", ["𠮷野", "野家"]),
    ],
)
def test_runs_without_spaces_are_counted_by_pairs(text: str, words: list[str]) -> None:
    assert words_of([text], ("en",), ["ja"]) == [words]
    assert question_words(text, ("en",)) == words


@given(st.text(st.sampled_from("図書館へ、 ab1ที่ก"), max_size=30))
def test_what_a_text_holds_is_found_by_any_part_of_two_characters(text: str) -> None:
    held = set(words_of([text], ("en",), [None])[0])
    for word in held:
        assert word in text
    for run in "".join(c if c in "図書館へ" else " " for c in text).split():
        for start in range(len(run) - 1):
            if run in text.replace("ก", " ").replace("ท", " ").split():
                assert run[start : start + 2] in held


def test_languages_are_those_in_which_a_tenth_is_written() -> None:
    assert languages_of([]) == ("en",)
    assert languages_of([(None, 99)]) == ("en",)
    assert languages_of([("de", 10), (None, 99)]) == ("de",)
    assert languages_of([("en", 91), ("de", 9)]) == ("en",)
    assert languages_of([("en", 90), ("de", 10)]) == ("en", "de")
    assert languages_of([("de", 50), ("en", 50)]) == ("en", "de")
    # No stemmer knows Japanese: its Latin words are taken for English ones.
    assert languages_of([("ja", 70), ("fr", 30)]) == ("en", "fr")


def test_each_text_is_stemmed_by_its_own_language_and_a_question_by_all() -> None:
    texts = ["Die Häuser sind alt.", "Houses running.", "Häuser running."]
    assert words_of(texts, ("de", "en"), ["de", "en", None]) == [
        ["haus", "alt"],
        ["hous", "run"],
        ["haus", "running"],
    ]
    assert words_of(texts[:1], ("en",), ["de"]) == [counted(texts[0])[0]]
    assert question_words("Is the Haus old?", ("de", "en")) == ["is", "the", "haus", "old"]
    assert question_words("Häuser houses", ("de", "en")) == ["haus", "hous", "häuser"]
    assert question_words("old old", ("en", "de")) == ["old", "old"]


@pytest.mark.parametrize(
    ("text", "language", "question"),
    [
        (GERMAN, "de", "Wer hat das Haus gestrichen?"),
        (GERMAN, "de", "Welcher Fischer?"),
        (FRENCH, "fr", "Quel bateau ancien fut vendu ?"),
        (FRENCH, "fr", "une longue journée"),
        (JAPANESE, "ja", "図書館はいつ休みですか"),
        (JAPANESE, "ja", "灯台"),
        (CHINESE, None, "图书馆什么时候关门？"),
        (THAI, "th", "หอสมุดเปิดวันไหน"),
    ],
)
def test_documents_are_found_in_their_language(
    place: Place, text: str, language: str | None, question: str
) -> None:
    place.put(cats=ENGLISH, dogs=text)
    with DocumentReader(place.library) as reader:
        assert reader.read("dogs.txt").language == language
    index, _ = place.update()
    scores = index.lexical_scores(question)
    best = index.chunk_at(int(scores.argmax()))
    assert scores.max() > 0
    assert best.document == "dogs.txt"
    # Also after the index was opened anew, and alone.
    (place.library / "cats.txt").unlink()
    alone, _ = place.update()
    assert alone.lexical_scores(question).max() > 0


def test_english_is_found_among_others(place: Place, tmp_path: Path) -> None:
    place.put(cats=ENGLISH, dogs=f"{GERMAN} {GERMAN} {GERMAN}")
    index, _ = place.update()
    scores = index.lexical_scores("Which house was painted by a fisherman in winters?")
    assert index.chunk_at(int(scores.argmax())).document == "cats.txt"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("पुस्तकालय सोमवार को बंद", ["पुस्तकालय", "सोमवार", "को", "बंद"]),
        ("நூலகம் திங்கட்கிழமை", ["நூலகம்", "திங்கட்கிழமை"]),
        ("כָּל הַסֵּפֶר", ["כָּל", "הַסֵּפֶר"]),
    ],
)
def test_vowel_signs_and_points_belong_to_their_words(text: str, words: list[str]) -> None:
    # The English stemmer leaves them as they are.
    assert words_of([text], ("en",), ["en"]) == [words]


def test_hindi_words_are_found_by_their_stems() -> None:
    (held,) = words_of(["लड़कियों ने किताबें पढ़ीं"], ("hi",), ["hi"])
    assert set(question_words("किताब", ("hi",))) <= set(held)
