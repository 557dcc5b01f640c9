from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.language.alignment import (
    Alignment,
    align,
    content_words,
    holds,
    names_and_numbers,
    stands_verbatim,
    words,
)
from qa.types import Passage, Sentence

TEXTS = st.text(max_size=80) | st.text(
    st.sampled_from("aB 9.,:'’“\"-–[]é\u0301ß\n\u00b2½ﬁ国İ"), max_size=40
)

TIDES = (
    "The tide rose by 12 cm in Ålesund.",
    "Nobody saw it.",
    "The moon was late.",
    "On 3 July, Ada Lindqvist measured eleven waves near Osk.",
    "Nobody saw it.",
    "Lindqvist’s report cost 2,400 crowns and took 5.8 hours.",
)


def passages(*texts: str, scores: dict[int, float] | None = None) -> tuple[Passage, ...]:
    scores = scores or {}
    return tuple(
        Passage(
            number,
            Sentence("a.txt", number, 100 * number, 100 * number + len(text), text),
            "Tides",
            None,
            scores.get(number, 0.0),
        )
        for number, text in enumerate(texts, start=1)
    )


def numbers(found: Alignment) -> list[int]:
    return [passage.number for passage in found.passages]


@given(TEXTS)
def test_words_stand_where_they_say(text: str) -> None:
    found = words(text)
    for word in found:
        assert text[word.start : word.end] == word.text
        assert word.key
    for before, after in itertools.pairwise(found):
        assert before.end <= after.start


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("RM", "rm"),
        ("Ålesund", "Alesund"),
        ("Beyoncé", "beyonce\u0301"),
        ("STRASSE", "straße"),
        ("Shya’s", "shya"),
        ("Shya's", "Shya"),
        ("eleven", "11"),
        ("Twenty", "20"),
        ("2,400", "2400"),
        ("1,234,567.5", "1234567.5"),
        ("$30", "30"),
        ("“INDIGO”", "indigo"),
        ("世界中", "世 界 中"),
        ("40%", "40 percent"),
        ("40 per cent", "40 ％"),
        ("ガス", "ガ ス"),
        ("नी\u0928\u093c", "नी\u0929"),
        ("can’t", "can't"),
        ("l’Italie", "Italie"),
        ("qu'elle", "elle"),
        ("dell'arte", "arte"),
    ],
)
def test_forms_that_are_the_same_word(one: str, other: str) -> None:
    assert [word.key for word in words(one)] == [word.key for word in words(other)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("12", "120"),
        ("5.8", "58"),
        ("1 pm", "2 pm"),
        ("Kim", "Kims"),
        ("12,5", "125"),
        ("", "0"),
        # Marks that are no accents tell words apart.
        ("ガス", "カス"),
        ("राम", "रीमा"),
        ("மரம்", "மரமா"),
    ],
)
def test_forms_that_are_not(one: str, other: str) -> None:
    assert [word.key for word in words(one)] != [word.key for word in words(other)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Who shot the photos for RM in 2022?", ["RM", "2022"]),
        ("When did Kim Min-ah join?", ["Kim", "Min"]),
        ("Released on May 24. It was Friday.", ["May", "24", "Friday"]),
        ("what is the eleventh of eleven tracks", ["eleven"]),
        ("“Everything comes back,” RM said", ["RM"]),
        ("", []),
    ],
)
def test_names_and_numbers(text: str, expected: list[str]) -> None:
    assert [word.text for word in names_and_numbers(text)] == expected


def test_a_word_goes_on_over_its_marks() -> None:
    text = "राम रीमा, தமிழ் (বাংলা) שָׁלוֹם"
    assert [word.text for word in words(text)] == ["राम", "रीमा", "தமிழ்", "বাংলা", "שָׁלוֹם"]


def test_content_words_leave_grammar_out() -> None:
    assert [word.text for word in content_words("What is the name of the album?")] == ["album"]


@pytest.mark.parametrize(
    ("claim", "question", "found"),
    [
        ("12 cm", "How much?", [1]),
        ("the tide ROSE by “12 cm”", "", [1]),
        ("11 waves", "How many?", [4]),
        ("2400 crowns", "How much?", [6]),
        ("Ada Lindqvist's waves", "", [4]),
        # Words of two places need both.
        ("The tide rose by 12 cm and the moon was late", "", [1, 3]),
        ("12 cm in Ålesund, 5.8 hours", "", [1, 6]),
    ],
)
def test_claims_find_their_places(claim: str, question: str, found: list[int]) -> None:
    result = align(claim, question, passages(*TIDES))
    assert numbers(result) == found
    assert result.coverage == 1.0
    assert result.missing == ()


@pytest.mark.parametrize(
    ("claim", "missing"),
    [
        ("The tide rose by 13 cm", ("13",)),
        ("The tide rose by 12 cm in Bergen", ("Bergen",)),
        ("Ada Lindqvist measured twelve hundred waves", ("hundred",)),
        ("On 3 June, Ada Lindqvist measured eleven waves", ("June",)),
        ("By 12 May the tide rose in Ålesund", ("May",)),
        ("the tide of 2024 rose by 12 cm in New York", ("2024", "New", "York")),
    ],
)
def test_names_and_numbers_that_no_passage_has_are_missing(
    claim: str, missing: tuple[str, ...]
) -> None:
    assert align(claim, "", passages(*TIDES)).missing == missing


@pytest.mark.parametrize("claim", ["", " \n", "...", "[1]!?", "a unicorn", "世界"])
def test_what_stands_nowhere_has_no_passages(claim: str) -> None:
    found = align(claim, "", passages("The tide rose.", "The moon was late."))
    assert found.passages == ()
    assert found.coverage == 0.0


def test_no_passages() -> None:
    assert align("12 cm", "How much?", ()) == Alignment((), 0.0, missing=("12", "cm"))


def test_a_repeated_sentence_is_the_one_that_was_retrieved() -> None:
    assert numbers(align("Nobody saw it", "", passages(*TIDES))) == [2]
    assert numbers(align("Nobody saw it", "", passages(*TIDES, scores={5: 0.9}))) == [5]
    assert numbers(align("Nobody saw it", "", passages(*TIDES, scores={2: 0.9, 5: 0.1}))) == [2]


def test_of_two_places_the_one_about_the_question_is_meant() -> None:
    two = passages("The first wave came at 9.", "The last wave came at 9.", "It was 9.")
    assert numbers(align("9", "When did the last wave come?", two)) == [2]
    assert numbers(align("9", "When did the first wave come?", two)) == [1]


def test_a_name_is_quoted_where_it_is_said_what_was_asked() -> None:
    texts = ("Present: Ada Lindqvist.", "The mill burnt.", "Ada will leave the board in May.")
    found = align("Ada Lindqvist", "Who leaves the board?", passages(*texts))
    assert numbers(found) == [1, 3]
    # Where the name's own passage speaks of it, nothing else is needed …
    found = align("Ada Lindqvist", "Who was present at the board?", passages(*texts))
    assert numbers(found) == [1]
    # … be it by its heading.
    one, *others = passages("Present: Ada Lindqvist.", "Ada wants a larger budget.")
    below = replace(one, sentence=replace(one.sentence, heading="Budget"))
    found = align("Ada Lindqvist", "Who met about the budget?", (below, *others))
    assert numbers(found) == [1]
    # A month isn't what a verb says, …
    void = passages("Valid until 3 May 2026.", "Repairs may void the warranty.")
    assert numbers(align("3 May 2026", "When does the warranty end?", void)) == [1]
    # … nor is a number's namesake taken for the same thing.
    toll = passages("It cost 5 crowns.", "The toll bridge has 5 arches.")
    assert numbers(align("5 crowns", "What was the toll?", toll)) == [1]


@pytest.mark.parametrize(
    ("claim", "verbatim"),
    [
        ("€46,200", True),
        ("46,200, May", True),
        ("Keller, in May", True),
        ("May; 46,200 and Keller", True),
        ("46,300", False),
        ("200", False),
        # A verb that was fitted to the question is still the passage's own; a number isn't.
        ("Keller asked €46,200", True),
        ("Keller wants €46,200", False),
        ("Because he could start in May", True),
        ("Because", False),
    ],
)
def test_items_that_stand_word_for_word(claim: str, verbatim: bool) -> None:
    passage = passages("Keller asks €46,200 and could start in May.")
    assert stands_verbatim(claim, passage) is verbatim


def test_a_sentence_s_capital_makes_no_name_of_its_first_word() -> None:
    theft = passages("Theft must be reported to the police within 24 hours.")
    assert align("Report it to the police within 24 hours", "What now?", theft).missing == ()
    assert align("Rapport within 24 hours", "What now?", theft).missing == ("Rapport",)
    # Elsewhere a capital is a name's.
    told = align("within 24 hours to Report", "To whom?", theft)
    assert told.missing == ("Report",)


def test_word_for_word_wins_over_scattered() -> None:
    two = passages("the moon late was full", "the moon was late")
    assert numbers(align("moon was late", "full moon", two)) == [2]
    # Scattered, the passage about the question wins.
    assert numbers(align("late was moon", "full moon", two)) == [1]


def test_an_answer_that_is_a_heading_is_cited_with_what_stands_below_it() -> None:
    texts = ("## Plum Cake", "It needs no nuts.", "## Walnut Bread", "Bake it.", "Contains nuts.")
    headings = ("", "Plum Cake", "", "Walnut Bread", "Walnut Bread")
    sections = tuple(
        replace(
            passage,
            sentence=replace(passage.sentence, heading=heading, is_heading=not heading),
        )
        for passage, heading in zip(passages(*texts), headings, strict=True)
    )
    assert numbers(align("Walnut Bread", "Which recipes have nuts?", sections)) == [3, 5]


def test_each_item_of_a_list_is_found() -> None:
    listed = passages("- 2 carrots", "- 1 tbsp paste", "- 1 onion", "Fry the onion in paste.")
    found = align("2 carrots, 1 tbsp paste, 1 onion", "What do I need?", listed)
    assert (numbers(found), found.coverage) == ([1, 2, 3], 1.0)


def test_a_common_word_alone_brings_no_passage_in() -> None:
    found = align("12 cm was late", "", passages("The tide rose by 12 cm.", "The moon was late."))
    assert numbers(found) == [1]
    assert found.coverage == pytest.approx(2 / 3)


@given(TEXTS, TEXTS, st.lists(TEXTS.filter(str.strip), max_size=6))
def test_alignment_never_says_more_than_is_there(
    claim: str, question: str, texts: list[str]
) -> None:
    given_passages = passages(*texts)
    found = align(claim, question, given_passages)
    assert 0.0 <= found.coverage <= 1.0
    assert numbers(found) == sorted(set(numbers(found)))
    assert set(found.passages) <= set(given_passages)
    assert bool(found.passages) == (found.coverage > 0)
    held = {word.key for passage in found.passages for word in words(passage.sentence.text)}
    wanted = {word.key for word in content_words(claim)} or {word.key for word in words(claim)}
    if wanted:
        assert found.coverage == pytest.approx(len(wanted & held) / len(wanted))
    assert all(word.key not in held for text in found.missing for word in words(text))
    if any(holds(passage.sentence.text, claim) for passage in given_passages):
        assert found.coverage == 1.0


@given(st.lists(st.sampled_from("ab Cd 12 ef Gh 7".split()), min_size=1, max_size=6))
def test_a_sentence_s_own_words_are_always_found(chosen: list[str]) -> None:
    text = " ".join(chosen)
    found = align(text, "", passages("zz yy", text, "xx 99"))
    assert numbers(found) == [2]
    assert found.coverage == 1.0
    assert found.missing == ()


@pytest.mark.parametrize(
    ("claim", "text", "missing"),
    [
        ("Lindqvist designed the bridge.", "Rehn designed the bridge.", "Lindqvist"),
        ("It cost 2.4 billion crowns.", "It cost 2.4 million crowns.", "billion"),
        ("The bridge was not closed.", "The bridge was closed.", "not"),
        ("The bridge didn't close.", "The bridge did close.", "didn't"),
    ],
)
def test_what_turns_a_claim_around_must_stand_there(claim: str, text: str, missing: str) -> None:
    assert align(claim, "", passages(text)).missing == (missing,)


@pytest.mark.parametrize(
    ("claim", "texts"),
    [
        ("Because the roof had leaked for years", ["The roof had leaked for years."]),
        ("Due to the flood of May", ["The flood of May closed it."]),
        ("40 percent of the pupils walk", ["About 40% of the pupils walk."]),
        ("40 per cent of the pupils walk", ["About 40 percent of the pupils walk."]),
        # The sign stands at the head of the column.
        ("40%", ["| Walk: 40 |"]),
    ],
)
def test_a_capital_at_the_beginning_makes_no_name(claim: str, texts: list[str]) -> None:
    found = align(claim, "What of the roof?", passages(*texts))
    assert found.missing == ()
    assert found.coverage >= 0.7


@pytest.mark.parametrize(
    ("claim", "question", "texts"),
    [
        ("Lindqvist closed the roof for years", "Who?", ["He closed the roof for years."]),
        ("Since closed the roof for years", "Who are Since?", ["He closed the roof for years."]),
        ("Because", "Who?", ["He closed the roof."]),
        ("Not closed for years", "", ["closed for years"]),
        ("The 40 percent that walk", "", ["40 of them walk"]),
    ],
)
def test_a_name_at_the_beginning_stays_one(claim: str, question: str, texts: list[str]) -> None:
    assert align(claim, question, passages(*texts)).missing


@pytest.mark.parametrize(
    ("claim", "text"), [("北京", "中国的首都是北京。"), ("กรุงเทพ", "เมืองหลวงคือกรุงเทพ")]
)
def test_scripts_without_spaces(claim: str, text: str) -> None:
    assert holds(text, claim)
    found = align(claim, "", passages(text))
    assert found.coverage == 1.0
    assert not found.missing
