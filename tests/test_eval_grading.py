"""Tricky answers by hand, most of them ones that a lenient scorer would wrongly pass."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.cases import Case, load_cases
from eval.grading import (
    MAX_ANSWER_WORDS,
    contains,
    grade,
    score,
)
from eval.reading import is_refusal, strip_markers
from qa.documents import canonical_text
from qa.types import Answer, Citation, Passage, Sentence, Turn

TRACKS = "The album will feature eleven tracks, including three that are known."
SETS = "On April 30, the first set was shot by Wing Shya; on May 2, a second by Long Hug."


def answer(text: str, status: Any = "answered") -> Answer:
    return Answer("?", status, text, (), (), (), {"total": 0.1}, "scripted", "f")


def citing(text: str, status: Any = "answered") -> Answer:
    """An answer of a system that read two passages and cites the first."""
    read = (Sentence("a.txt", 0, 0, len(TRACKS), TRACKS), Sentence("a.txt", 1, 99, 196, SETS))
    passages = tuple(Passage(n, s, "A", "2024-05-24", 1.0) for n, s in enumerate(read, 1))
    source = Citation(1, "a.txt", "A", None, 0, len(TRACKS), TRACKS, 1.0)
    cited = (source,) if "[1]" in text else ()
    return replace(answer(text, status), citations=cited, evidence=passages)


def case(kind: Any = "fact", *gold: str | tuple[str, ...], **fields: Any) -> Case:
    """Build a case; several golds are several items, a tuple is one of alternatives."""
    items = tuple((g,) if isinstance(g, str) else g for g in gold)
    question = fields.pop("question", "What is asked?")
    return Case("x", question, kind, "a.txt", items, **fields)


DAY = case("date", ("May 24, 2024", "May 24"))
ELEVEN = case("number", "11", quotes=((TRACKS,),))
SHYA = case("fact", "Wing Shya", quotes=((SETS,),), question="Who shot the first set?")
LANDS = case("list", "Germany", "France", ("Brazil", "Brasil"))
YES = case("yes-no", "yes", statement=("on a Friday",))
NO = case("yes-no", "no", statement=("second solo album",))
BEGUN = case("date", "2011", question="Beginning in what year did it lead?")
POSITION = case("number", ("No. 1", "the top"))
HOUR = case("date", "1 pm KST", question="At what time?")
EARLY = case("date", ("May 17", "May 17, 2024"), also=("May 16",))
YEAR = case("date", "2022")
LAW = case("fact", "the principles of legal certainty and good faith")
FUND = case("fact", "to set up an insurance fund for employees who lost their wages")
WHO = case("fact", "Hisao Yamada", question="Who wrote the paper in 1962?")
ACTOR = case("fact", "Joseph Sherrard Kearns", question="Who plays Mr. Wilson?")
ENCLAVES = case("fact", "Dublin, Cork, Lisburn, Waterford, Youghal and Portarlington")
SONGS = case("yes-no", "yes", question="Will the album have more than ten songs?")
FIRST = case("yes-no", "no", question="Is Indigo the first album of RM?")


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (DAY, "May 24, 2024"),
        (DAY, "It comes out on the 24th of May [1]."),
        (DAY, "2024-05-24"),
        (DAY, "On Friday, May 24, 2024, at 1 pm KST. [1][2]"),
        (DAY, "In 2024, on May 24."),
        (DAY, "It will not be released until May 24."),
        (BEGUN, "It led from 2011 to 2013."),
        (BEGUN, "2011–2013"),
        (BEGUN, "Between 2011 and 2013."),
        (case("date", "2013", question="In what year did it end?"), "It ran from 2011 until 2013."),
        (case("number", "$5 million"), "It cost 5 million dollars."),
        (case("number", "5 million dollars"), "$5 million"),
        (case("number", "5", question="How many dollars?"), "5 dollars"),
        (case("number", "1,000"), "a thousand"),
        (case("fact", "a thousand ships"), "It had a thousand ships."),
        (DAY, "May 24; the one before came in 2022."),
        (EARLY, "May 17 at midnight KST (May 16 at 11 am ET)."),
        (HOUR, "On May 24 at 13:00 KST"),
        (HOUR, "1 p.m."),
        (YEAR, "It came out in 2022."),
        (case("date", "May 24 at 1 pm"), "at 1 pm on 24 May"),
        (ELEVEN, "11"),
        (ELEVEN, "Eleven tracks [1]."),
        (ELEVEN, TRACKS + " [1]"),
        (ELEVEN, "As he said: " + TRACKS.upper()),
        (ELEVEN, "One of the albums has 11 tracks, released on May 24, 2024."),
        (case("number", "11", also=("3",)), "11, of which 3 have videos"),
        (case("number", "11", question="Is it 11 or 12?"), "Not 12 but 11."),
        (case("number", "5.8 million"), "5,800,000 views"),
        (case("number", ("14 days", "two weeks")), "14 days, or two weeks"),
        (POSITION, "It is number one in 82 regions."),
        (SHYA, "wing shya"),
        (SHYA, SETS),
        (SHYA, "By Wing Shya, a photographer based in Hong Kong."),
        (SHYA, "It isn't said often, but Wing Shya"),
        (SHYA, "Never mind, Wing Shya"),
        (SHYA, "It was shot by Wing Shya. It was shot in April."),
        (SHYA, "Dr. Wing Shya"),
        (SHYA, "Wing Shya. Wing Shya is a photographer."),
        (SHYA, "On either side stood Wing Shya."),
        (case("fact", "France"), "The kings or the nobles of France"),
        (case("fact", "John Smith"), "J. John Smith"),
        (LANDS, "Germany. France. Brazil."),
        (LANDS, "It led in Germany; in France; in Brazil."),
        (case("fact", "either Paris"), "It was either Paris"),
        (case("fact", "Hong Kong"), "He is Hong Kong-based."),
        (case("fact", "Lee Sung-jin"), "Lee Sung Jin’s work"),
        (case("fact", "BIGHIT MUSIC"), "BIGHIT MUSIC has not responded."),
        (case("fact", ("not responded", "no response")), "The label has not responded."),
        (case("fact", "Paris"), "Paris, France"),
        (case("fact", "Takahiro", reject=("Wing Shya",)), "Takahiro, not Wing Shya"),
        (case("fact", "Kim Min-ah", also=("RM",)), "RM and Kim Min-ah"),
        (LANDS, "Brazil, France and Germany [1]."),
        (LANDS, "On May 11 it led in Germany, France, and Brasil, the label said."),
        (case("list", "April 30", "May 2"), "30 April and 2 May"),
        (case("quote", "Everything comes back, maybe not everything."),
         "“Everything comes back, maybe not everything” [1]"),
        (YES, "Yes."),
        (YES, "Yes, it does [1]."),
        (YES, "Correct. It is out on May 24."),
        (YES, "The album comes out on a Friday."),
        (NO, "No, it is his second."),
        (NO, "no"),
        (NO, "No it is not the first"),
        (NO, "It is his second solo album."),
        # The gold without its first words, or a person without the first name.
        (LAW, "legal certainty and good faith"),
        (LAW, "It has roots in legal certainty and good faith."),
        (FUND, "set up an insurance fund for employees who lost their wages"),
        (case("fact", "the chosen machine model"), "The machine model [1]"),
        (WHO, "Yamada"),
        (ACTOR, "Joseph Kearns [1]"),
        (WHO, "It was written by Yamada in 1962."),
        # The question, repeated as a statement.
        (SONGS, "The album will have more than ten songs [1]."),
        (SONGS, "There are more than 10 songs that the album will have."),
        (FIRST, "Indigo isn't the first album of RM."),
        (FIRST, "Indigo is not the first album that RM made."),
    ],
)  # fmt: skip
def test_right_answers(asked: Case, text: str) -> None:
    assert grade(asked, answer(text)) == "correct"


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        # Another value, or the gold as a part of one.
        (DAY, "May 2"),
        (DAY, "May 2024"),
        (DAY, "May 24, 2023"),
        (DAY, "It is out until May 31, not May 24."),
        (BEGUN, "It led from 2009 to 2011."),
        (BEGUN, "It led in 2011 and 2013."),
        (BEGUN, "It led from 2011 to 2013 or from 2010."),
        (case("date", "2011", question="In what year was it built?"), "From 2011 to 2013."),
        (case("number", "$5 million"), "5 million euros"),
        (case("number", "1,000,000"), "half a million"),
        (case("number", "1,000"), "a thousand or 2,000"),
        (DAY, "24 May 2023"),
        (ELEVEN, "111"),
        (ELEVEN, "2011"),
        (ELEVEN, "11%"),
        (ELEVEN, "11.5"),
        (ELEVEN, "May 11"),
        (ELEVEN, "the 11th"),
        (ELEVEN, "11 am"),
        (HOUR, "1 pm ET"),
        (HOUR, "1 am KST"),
        (POSITION, "1 country"),
        (case("fact", "RM"), "the BTS ARMY"),
        (case("fact", "Star 1"), "Star 10"),
        (case("fact", "INDIGO"), "Indigogo"),
        # Several where one was asked.
        (DAY, "May 10, May 17 and May 24"),
        (DAY, "It is out on May 24 or on May 31, 2024."),
        (EARLY, "May 15, May 16 or May 17"),
        (YEAR, "2021 or 2022"),
        (HOUR, "At 11 am and 1 pm KST"),
        (ELEVEN, "eleven or twelve"),
        (ELEVEN, "10, 11, 12"),
        (ELEVEN, "Eleven tracks, three of which are known."),
        (POSITION, "It was first number 3, then No. 1."),
        (SHYA, "Wing Shya and Takahiro Mizushima"),
        (SHYA, "Takahiro Mizushima, and Wing Shya."),
        (SHYA, "Wing Shya or someone else"),
        (SHYA, "Takahiro Mizushima; Wing Shya"),
        (SHYA, "Wing Shya. Takahiro Mizushima."),
        (SHYA, "It was either Takahiro of Long Hug, Wing Shya"),
        (SHYA, "Mizushima or his nephew Wing Shya"),
        (LANDS, "Germany. France. Brazil. Spain."),
        (case("fact", "France"), "It was in Spain. It was in France. It was in Italy."),
        (case("fact", "France"), "It was in Spain in May. It was in France in May."),
        (SHYA, "Lee Sung-jin, Jake Schreier, Wing Shya"),
        (case("fact", "Shya", reject=("Mizushima",)), "Shya. Mizushima took part too."),
        # Taken back.
        (DAY, "It is not May 24."),
        (DAY, "It won't be out on May 24."),
        (DAY, "May 24 is not the date."),
        (SHYA, "Not by Wing Shya"),
        (SHYA, "someone rather than Wing Shya"),
        (SHYA, "Wing Shya wasn't the photographer."),
        (SHYA, "Wing Shya. It was not Wing Shya."),
        # Not all of it, or more than it.
        (LANDS, "Germany and France"),
        (LANDS, "Germany, France, Brazil, and Spain"),
        (LANDS, "Spain, Germany, France and Brazil."),
        (LANDS, "Germany, Italy, France, Brazil"),
        (LANDS, "Spain and Germany, France, Brazil"),
        (LANDS, "Germany, France, but not Brazil"),
        (case("list", "April 30", "May 2"), "April 30, May 2 and May 17"),
        (case("quote", "Everything comes back, maybe not everything."), "Everything comes back."),
        (case("fact", "Happy Together"), "Happy and Together"),
        # Lost in too much.
        (SHYA, "Wing Shya " + "and so it went on " * (MAX_ANSWER_WORDS // 5)),
        # Yes and no.
        (YES, "No."),
        (NO, "Yes, it is his second solo album."),
        (YES, "Yes and no."),
        (NO, "No. 1 in 82 regions"),
        (NO, "No one has said so."),
        (YES, "No. Yes, it is."),
        (YES, "It is not out on a Friday."),
        (NO, "It is an album."),
        (DAY, "tomorrow"),
        # Another head, another first name, an item of the list left out, a number cut off.
        (LAW, "good faith"),
        (LAW, "illegal certainty and good faith"),
        (case("fact", "the chosen machine model"), "a random machine model"),
        (WHO, "Kenji Yamada"),
        (ACTOR, "Robert Kearns"),
        (ACTOR, "Joseph Sherrard"),
        (WHO, "Hisao"),
        (case("fact", "Balming Tiger", question="Which band is it?"), "Tiger"),
        (ENCLAVES, "Cork, Lisburn, Waterford, Youghal and Portarlington"),
        (case("fact", "never been seen by anyone in the north"), "seen by anyone in the north"),
        (case("fact", "90 men of the northern harbour watch"), "men of the northern harbour watch"),
        (case("quote", "maybe everything comes back to all of us"),
         "everything comes back to all of us"),
        # A statement about something else, or the other way round.
        (SONGS, "The album will have songs."),
        (SONGS, "The album will not have more than ten songs."),
        (SONGS, "The album will have more than nine songs."),
        (FIRST, "Indigo is the first album of RM."),
    ],
)  # fmt: skip
def test_wrong_answers(asked: Case, text: str) -> None:
    assert grade(asked, answer(text)) == "wrong"


TRACKS_OF_14 = case("false-premise", correction=("eleven tracks", "not fourteen"))


@pytest.mark.parametrize(
    "text",
    [
        "The album has eleven tracks, not fourteen.",
        "There are no fourteen tracks but eleven tracks.",
        "It doesn't have fourteen: the album will feature eleven tracks.",
        "Actually, it has eleven tracks.",
    ],
)
def test_a_premise_is_put_right_by_saying_what_is_not_so(text: str) -> None:
    assert grade(TRACKS_OF_14, answer(text)) == "correct"


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (TRACKS_OF_14, "Of the eleven tracks, Come Back to Me is the longest."),
        (TRACKS_OF_14, "Of the eleven tracks, Right Place, Wrong Person is No. 1 in length."),
        (case("false-premise", correction=("Hong Kong-based",)),
         "Hong Kong-based photographer Wing Shya has his studio in Shibuya, Tokyo."),
        (case("false-premise", correction=("in 2022",)), "It met with great acclaim in 2022."),
    ],
)  # fmt: skip
def test_an_invention_that_names_what_is_so_puts_no_premise_right(asked: Case, text: str) -> None:
    assert grade(asked, answer(text)) == "wrong"


def test_a_passage_that_is_only_copied_puts_no_premise_right() -> None:
    passage = (
        "The album will feature eleven tracks, but the label has not told who plays on them, "
        "nor whether there will be a second edition of it in the autumn."
    )
    source = Citation(1, "a.txt", "A", None, 0, len(passage), passage, 1.0)
    copied = replace(answer(f"{passage} [1]"), citations=(source,))
    assert grade(TRACKS_OF_14, copied) == "wrong"
    said = replace(copied, text=f"It isn't fourteen. {passage} [1]")
    assert grade(TRACKS_OF_14, said) == "correct"


REFUSE = case("unanswerable")
PREMISE = case("false-premise", correction=("82 regions", "not 28"), reject=("28 regions are",))


@pytest.mark.parametrize(
    ("asked", "text", "status", "outcome", "points"),
    [
        (ELEVEN, "The documents do not say. [1]", "not_found", "refused", 0),
        (ELEVEN, "Eleven", "not_found", "refused", 0),
        (ELEVEN, "Eleven", "partial", "correct", 1),
        (ELEVEN, "Twelve", "partial", "wrong", -1),
        (ELEVEN, "The article does not mention it.", "answered", "refused", 0),
        (ELEVEN, "The article mentions eleven tracks. However, it does not mention their length.",
         "answered", "correct", 1),
        (ELEVEN, "The article mentions tracks. However, it does not mention how many.",
         "answered", "refused", 0),
        (NO, "No. The article does not mention it.", "answered", "refused", 0),
        (REFUSE, "Not found.", "not_found", "refused", 1),
        (REFUSE, "RM", "answered", "wrong", -1),
        (REFUSE, "RM", "partial", "wrong", -1),
        (REFUSE, "I don't know.", "answered", "refused", 1),
        (PREMISE, "It topped 82 regions, not 28.", "answered", "correct", 1),
        (PREMISE, "Germany and France", "answered", "wrong", -1),
        (PREMISE, "The 28 regions are among 82 regions.", "answered", "wrong", -1),
        (PREMISE, "Not 82 regions", "answered", "wrong", -1),
        (PREMISE, "The documents don't say.", "not_found", "refused", 1),
        (case("out-of-domain"), "Paris [1]", "answered", "wrong", -1),
    ],
)  # fmt: skip
def test_refusals(asked: Case, text: str, status: str, outcome: str, points: int) -> None:
    given_ = grade(asked, answer(text, status))
    assert given_ == outcome
    assert score(asked, given_) == points


COST = case("unanswerable", question="What does the album cost?")
MAYOR = case("unanswerable", question="Who is the mayor that opened the album's show?")


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (COST, "The documents don't mention the price. The album costs $12.99."),
        (COST, "The documents don't mention the price; the album costs $12.99."),
        (COST, "The documents don’t mention the price, but the album costs twelve dollars."),
        (COST, "The price is not stated in the text. It is $12.99 in most shops."),
        (COST, "I'm sorry. The documents do not say. It is 20 dollars."),
        (COST, "The documents do not say.\nAnswer: $20"),
        (COST, "There is no information about it. You can buy it for $12.99."),
        (COST, "The text discusses the album. However, it does not mention the price. It is $9."),
        (COST, "The sources do not say. It is sold in Norway."),
        (MAYOR, "There is no information on that. Brian Eno opened the show."),
        (MAYOR, "The documents don't say. Eno opened the show."),
        (MAYOR, "The documents don't say. Eno is the mayor."),
        (MAYOR, "The documents don't say. Eno."),
        # The documents' own words are quoted, and an invention besides.
        (COST, f"The documents don't mention the price. {TRACKS} [1] It costs $12.99."),
    ],
)  # fmt: skip
def test_a_refusal_that_goes_on_to_invent_the_answer_is_wrong(asked: Case, text: str) -> None:
    assert is_refusal(strip_markers(text))
    assert grade(asked, citing(text)) == "wrong"
    # Said by status, it is our own, which shows nothing that isn't quoted.
    assert grade(asked, citing(text, "not_found")) == "refused"


@pytest.mark.parametrize(
    "text",
    [
        f"The documents don't mention the price. {TRACKS} [1]",
        "The documents don't mention the price. The album has 11 tracks, says Wing Shya.",
        "The sources do not give a price, but they say that it is out on May 24.",
        "The documents do not say. Please look at Amazon or the BIGHIT MUSIC website.",
        "I don't know. I am an assistant made by Acme.",
        "The documents do not say. Therefore no answer can be given. Only one speaks of it.",
        "I'm sorry, but the sources don't mention it. Source 1 and Source 3 speak of tracks only.",
        "The documents do not say. They speak of:\n1. The tracks\n2. The first set",
        "The documents do not mention the price. Unfortunately the album isn't discussed.",
        "The documents do not mention the price. Neither does the text mention Amazon or Spotify.",
        "The price is not mentioned. The album costs something.",
    ],
)
def test_a_refusal_that_speaks_of_what_is_known_is_one(text: str) -> None:
    assert is_refusal(strip_markers(text))
    assert grade(COST, citing(text)) == "refused"


def test_our_own_refusals_stay_refusals() -> None:
    for text in (
        "The documents don’t say. They don’t speak of “Scamozzi” here; what they say: “In 87.” [1]",
        "The documents don’t clearly say; this comes closest: “It cost $3.” [1]",
    ):
        assert grade(COST, answer(text, "not_found")) == "refused"


def test_a_refusal_may_name_what_was_said_before_and_what_is_so() -> None:
    text = "The documents don't mention Anna's age. The project is led by Anna, not Bob."
    turns = (Turn("Who leads it?", "Anna"),)
    asked = case("unanswerable", question="How old is she?", history=turns, also=("Bob",))
    assert grade(asked, answer(text)) == "refused"
    assert grade(replace(asked, history=()), answer(text)) == "wrong"
    # What puts the premise right after such an opening is told from a refusal.
    premise = case("false-premise", question="Who plays on all fourteen?", correction=("eleven",))
    text = "The documents don't say. It has eleven, not fourteen."
    assert grade(premise, answer(text)) == "refused"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("It isn't allowed because dogs bark.", True),
        ("You may not bring it since dogs bark.", True),
        ("It isn't allowed, and not because dogs bark.", False),
    ],
)
def test_what_is_denied_says_nothing_against_its_reason(text: str, said: bool) -> None:
    assert contains(text, "dogs") == said


@given(st.text(max_size=80))
def test_any_answer_gets_a_verdict(text: str) -> None:
    for asked in (DAY, ELEVEN, SHYA, LANDS, YES, REFUSE, PREMISE):
        assert grade(asked, answer(text)) in {"correct", "wrong", "refused"}


@given(st.lists(st.sampled_from(["RM", "May 24", "eleven", "Wing Shya", "the", "of"]), min_size=1))
def test_a_text_says_each_run_of_its_words(words: list[str]) -> None:
    text = " ".join(words)
    for k in range(len(words)):
        if words[k] not in {"the", "of"}:
            assert contains(text, words[k])


ROOT = Path(__file__).resolve().parent.parent
SEEDS = {p.name: canonical_text(p.read_text("utf-8")) for p in (ROOT / "seeds").glob("*.txt")}
SEED_CASES = load_cases(ROOT / "eval" / "cases" / "seed.jsonl", SEEDS)


@pytest.mark.parametrize("asked", SEED_CASES, ids=lambda asked: asked.id)
def test_the_seed_suite_accepts_each_of_its_own_golds_and_no_copy_of_the_article(
    asked: Case,
) -> None:
    if asked.must_refuse:
        said = [(f"Actually, {phrase}.",) for phrase in asked.correction]
    else:
        said = [*itertools.product(*asked.gold), *((text,) for text in asked.statement)]
    for items in said:
        assert grade(asked, answer(", ".join(items) + " [1].")) == "correct", items
    article = next(iter(SEEDS.values()))
    assert grade(asked, answer(article)) == "wrong"


BY_ID = {asked.id: asked for asked in SEED_CASES}


@pytest.mark.parametrize(
    ("case_id", "text"),
    [
        ("yes-no-08", "The second set of photos are by the same photographer as the first, "
                      "Takahiro Mizushima."),
        ("yes-no-11", "The first concept photos were published on April 30, after the single."),
        ("yes-no-12", "Takahiro Mizushima, like Wing Shya, is known for working with Wong."),
        ("yes-no-14", "The third set, expected to be unveiled later, had already been published."),
        ("fact-05", "Hong Kong, Tokyo"),
    ],
)  # fmt: skip
def test_a_phrase_of_the_seed_suite_doesnt_excuse_the_contrary(case_id: str, text: str) -> None:
    assert grade(BY_ID[case_id], answer(text)) == "wrong"


@pytest.mark.parametrize(
    ("case_id", "text"),
    [
        ("yes-no-01", "RM's first solo album is INDIGO, and Right Place, Wrong Person is his "
                      "second solo album."),
        ("yes-no-08", "The second set isn't by the same photographer: it's Takahiro Mizushima."),
        ("yes-no-11", "They were published on April 30, not after the single."),
        ("yes-no-12", "Unlike Wing Shya, he isn't known for that."),
        ("yes-no-12", "Takahiro Mizushima is not the photographer known for working with Wong "
                      "Kar-Wai, Wing Shya is."),
        ("yes-no-14", "It had not already been published but was expected to be unveiled."),
    ],
)  # fmt: skip
def test_a_phrase_of_the_seed_suite_is_still_an_answer(case_id: str, text: str) -> None:
    assert grade(BY_ID[case_id], answer(text)) == "correct"
