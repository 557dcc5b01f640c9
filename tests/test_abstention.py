from __future__ import annotations

from dataclasses import replace

import pytest
from checked import TEXTS, evidence
from doubles import Script
from hypothesis import given
from hypothesis import strategies as st
from tides import QUESTION, assert_sound

from qa import Library
from qa.answering.abstention import (
    MAX_QUOTE_CHARACTERS,
    MIN_SUPPORT,
    NOT_FOUND_TEXT,
    UNSURE_TEXT,
    abstain,
)
from qa.checking.claims import CheckedClaim
from qa.llms import Token
from qa.types import Passage, Sentence

EVIDENCE = evidence("Who owns the mill?", ranked=(2, 1, 3))


def refused(support: float, *passages: Passage) -> CheckedClaim:
    return CheckedClaim("x", passages, support, "unsupported", "Too little.", None)


def texts(*passages: Passage) -> list[str]:
    return [passage.sentence.text for passage in passages]


def test_without_a_draft_what_was_found_first_is_closest() -> None:
    told = abstain(EVIDENCE, [])
    assert (told.text, told.quoted) == (NOT_FOUND_TEXT, None)
    assert told.closest == EVIDENCE.best()


def test_what_a_draft_rested_on_comes_first_by_its_support_and_each_once() -> None:
    third, fifth = EVIDENCE.passages[2], EVIDENCE.passages[4]
    told = abstain(EVIDENCE, [refused(0.0, third), refused(0.1, fifth, third)])
    assert texts(*told.closest)[:2] == [TEXTS[4], TEXTS[2]]
    assert len(set(told.closest)) == len(told.closest)
    assert {*told.closest} == {*EVIDENCE.best(), third, fifth}
    assert (told.text, told.quoted) == (NOT_FOUND_TEXT, None)


@pytest.mark.parametrize(
    ("support", "quoted"), [(MIN_SUPPORT, True), (MIN_SUPPORT - 0.01, False), (0.0, False)]
)
def test_what_the_check_was_near_is_quoted(support: float, quoted: bool) -> None:
    third = EVIDENCE.passages[2]
    told = abstain(EVIDENCE, [refused(support, third)])
    expected = (UNSURE_TEXT, third) if quoted else (NOT_FOUND_TEXT, None)
    assert (told.text, told.quoted) == expected


def test_of_several_passages_the_closest_is_quoted() -> None:
    far, near = (replace(EVIDENCE.passages[n], score=score) for n, score in ((2, 0.2), (4, 0.8)))
    for passages in ((far, near), (near, far)):
        assert abstain(EVIDENCE, [refused(0.3, *passages)]).quoted == near


def test_a_quote_can_be_read_at_a_glance() -> None:
    text = "x" * (MAX_QUOTE_CHARACTERS + 1)
    long = Passage(9, Sentence("a.txt", 9, 0, len(text), text), "Songs", None, 0.5)
    assert abstain(EVIDENCE, [refused(0.3, long)]).quoted is None
    short = EVIDENCE.passages[0]
    assert abstain(EVIDENCE, [refused(0.3, long), refused(0.25, short)]).quoted == short


def test_what_is_said_instead_of_a_name_is_told_before_what_comes_near() -> None:
    asked = evidence("When did Scamozzi release the song?", ranked=(1, 2))
    told = abstain(asked, [refused(0.3, asked.passages[2])])
    assert told.text.startswith(f"{NOT_FOUND_TEXT} They don’t speak of “Scamozzi” here")
    assert told.quoted == asked.passages[0]


@given(
    drafts=st.lists(
        st.tuples(st.floats(0, 1), st.lists(st.sampled_from(EVIDENCE.passages), max_size=3))
    )
)
def test_all_that_was_considered_is_shown(drafts: list[tuple[float, list[Passage]]]) -> None:
    told = abstain(EVIDENCE, [refused(support, *passages) for support, passages in drafts])
    assert set(EVIDENCE.best()) <= set(told.closest)
    assert told.quoted is None or told.quoted in told.closest


def test_an_answer_that_is_not_sure_enough_leads_to_its_passage(
    tides: tuple[Library, Script],
) -> None:
    library, script = tides
    script.answer = "12 cm"
    script.check = (Token("No", 0.7, (("No", 0.7), ("Yes", 0.3))),)
    answer = library.ask(QUESTION)
    assert_sound(library, answer)
    assert MIN_SUPPORT <= answer.claims[0].support < 0.38
    assert answer.status == "not_found"
    (citation,) = answer.citations
    assert answer.text == f"{UNSURE_TEXT} “{citation.quote}” [1]"
    assert "12 cm" in citation.quote
    assert citation.support == 0.0
    assert answer.evidence[0].sentence.text == citation.quote
