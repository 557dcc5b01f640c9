from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from doubles import Script
from hypothesis import given
from hypothesis import strategies as st
from tides import assert_sound

from qa import Library, Settings
from qa.answering.premise import false_premise
from qa.types import Evidence, Passage, Sentence
from qa.ui.conversation import Exchange
from qa.ui.render import exchange_html

BRIDGE = (
    "The wooden bridge burned down in 1444.",
    "Antonio da Ponte built the stone bridge[3] in 1591.",
    "It has a single arch, and shops stand on both sides.",
    "Palladio had sent in a plan as well.",
    "The tide rises by 80 cm twice a day.",
    "Glass is made on the island of Murano.",
    "The ferry to Murano leaves at noon.",
)


def evidence(
    question: str, *texts: str, title: str = "Rialto", date: str | None = None
) -> Evidence:
    """Each sentence is read, and ranked in the order of the text."""
    passages = []
    for number, text in enumerate(texts):
        # Far apart, so that no passage stands near another.
        sentence = Sentence("rialto.txt", 10 * number, 100 * number, 100 * number + len(text), text)
        passages.append(Passage(number + 1, sentence, title, date, 1.0 - number / 100))
    return Evidence(question, tuple(passages), tuple(range(1, len(texts) + 1)))


@pytest.mark.parametrize(
    ("question", "name", "quoted"),
    [
        ("When did Scamozzi build the stone bridge?", "Scamozzi", 1),
        ("Who built the stone bridge in 1620?", "1620", 1),
        ("In what year did Vincenzo Scamozzi build the stone bridge?", "Vincenzo Scamozzi", 1),
        ("Did the wooden bridge burn down on May 12?", "May 12", 0),
        # Of a name, part is held: nobody can tell by words whether he is meant.
        ("When did Lorenzo da Ponte build the stone bridge?", None, 0),
        # All of it is there, so what is missing is no name.
        ("Why did Antonio da Ponte build the stone bridge?", None, 0),
        ("When was Scamozzi's stone bridge built?", "Scamozzi", 1),
        # It may be written out elsewhere.
        ("When did UNESCO build the stone bridge?", None, 0),
        ("Who led the School of Fine Arts that built the stone bridge?", "School of Fine Arts", 1),
        # No passage speaks of the rest.
        ("When did Scamozzi marry?", None, 0),
        ("Where did Scamozzi paint the stone ceiling of the abbey?", None, 0),
        ("Why did Scamozzi gild and paint the stone bridge with marble lions?", None, 0),
        # A subject alone is no statement.
        ("What did Scamozzi say about the bridge?", None, 0),
        # Two names can't both be the swapped one.
        ("Did Scamozzi build the stone bridge for Loredan?", None, 0),
        ("who built the stone bridge?", None, 0),
        ("", None, 0),
    ],
)
def test_what_is_said_instead_of_a_name(question: str, name: str | None, quoted: int) -> None:
    found = false_premise(evidence(question, *BRIDGE))
    if name is None:
        assert found is None
    else:
        assert found is not None
        assert (found.name, found.passage.sentence.text) == (name, BRIDGE[quoted])


def test_a_name_near_the_passage_is_not_missing() -> None:
    passages = evidence("When did Scamozzi build the stone bridge?", *BRIDGE).passages
    beside = tuple(replace(p, nearby=("Scamozzi only drew its stairs.",)) for p in passages)
    question = "When did Scamozzi build the stone bridge?"
    assert false_premise(Evidence(question, beside, (1, 2, 3))) is None
    assert false_premise(evidence(question, *BRIDGE, title="Scamozzi’s bridges")) is None
    dated = evidence("Who built the stone bridge in 1620?", *BRIDGE, date="1620-01-01")
    assert false_premise(dated) is None


def test_a_name_that_another_passage_has_is_meant_there() -> None:
    question = "When did Scamozzi build the stone bridge?"
    assert false_premise(evidence(question, *BRIDGE, "Scamozzi was born in Vicenza.")) is None


def test_a_name_may_be_shortened() -> None:
    question = "When did United Masons build the stone bridge?"
    assert false_premise(evidence(question, *BRIDGE)) is not None
    assert false_premise(evidence(question, *BRIDGE, title="The UM’s works")) is None


def test_only_the_closest_passages_are_looked_at() -> None:
    question = "When did Scamozzi build the stone bridge?"
    assert false_premise(evidence(question, *BRIDGE[2:], *BRIDGE[:2])) is None


@given(question=st.text(max_size=80), texts=st.lists(st.text(min_size=1).filter(str.strip)))
def test_no_text_is_too_odd(question: str, texts: list[str]) -> None:
    found = false_premise(evidence(question, *texts))
    if found is not None:
        assert found.name in question
        assert found.passage.sentence.text in texts


@pytest.fixture
def rialto(
    write: Callable[..., Path], scripted: Callable[..., tuple[Library, Script]]
) -> tuple[Library, Script]:
    # Paragraphs, so that each sentence has neighbours that don't speak of the others' names.
    return scripted(write({"rialto.txt": "title: Rialto\n\n" + "\n\n".join(BRIDGE)}))


def test_the_refusal_quotes_what_is_said_instead(rialto: tuple[Library, Script]) -> None:
    library, _ = rialto
    answer = library.ask("When did Scamozzi build the stone bridge?")
    assert_sound(library, answer)
    assert answer.status == "not_found"
    assert answer.text == (
        "The documents don’t say. They don’t speak of “Scamozzi” here; what they say: "
        "“Antonio da Ponte built the stone bridge(3) in 1591.” [1]"
    )
    (citation,) = answer.citations
    assert (citation.quote, citation.support) == (BRIDGE[1], 0.0)
    assert answer.claims == ()


def test_a_claim_that_failed_stays_left_out_beside_the_quote(
    rialto: tuple[Library, Script],
) -> None:
    library, script = rialto
    script.answer, script.check = "1591", "No"
    answer = library.ask("When did Scamozzi build the stone bridge?")
    assert_sound(library, answer)
    assert [claim.verdict for claim in answer.claims] == ["unsupported"]
    assert len(answer.citations) == 1


def test_an_answer_that_was_found_quotes_nothing_else(rialto: tuple[Library, Script]) -> None:
    library, script = rialto
    script.answer = "Antonio da Ponte"
    answer = library.ask("Who built the stone bridge?")
    assert (answer.status, answer.text) == ("answered", "Antonio da Ponte [1]")


def test_without_a_model_nothing_is_supposed(
    write: Callable[..., Path], fast: Callable[..., Settings]
) -> None:
    folder = write({"rialto.txt": "title: Rialto\n\n" + "\n\n".join(BRIDGE)})
    answer = Library.open(folder, settings=fast()).ask("When did Scamozzi build the stone bridge?")
    assert answer.extractive
    assert "Scamozzi" not in answer.text


def test_the_chat_shows_the_quote_and_no_support(rialto: tuple[Library, Script]) -> None:
    answer = rialto[0].ask("When did Scamozzi build the stone bridge?")
    html = exchange_html(Exchange(answer.question, answer=answer), 0)
    assert "They don’t speak of “Scamozzi” here" in html
    assert 'class="qa-cite qa-chip"' in html
    assert 'class="qa-quotes"' in html
    assert "support (" not in html
    assert "data-level" not in html
