from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.cases import Case
from eval.metrics import (
    MAX_CITATION_CHARACTERS,
    citation_precision,
    citation_recall,
    contract_faults,
    dangling_markers,
    exact_match,
    gold_contained,
    gold_rank,
    normalise,
    quote_faults,
    references,
    squad_scores,
    token_f1,
)
from qa.types import Answer, Citation, Claim

TEXT = "The cat sat. The dog ran. The cat sat. Nothing else was seen in the yard that day."
DOCUMENTS = {"a.txt": TEXT, "b.txt": "x" * 2 * MAX_CITATION_CHARACTERS}
CAT, DOG = (0, 12), (13, 25)
SECOND_CAT = (26, 38)


def cite(number: int, span: tuple[int, int], document: str = "a.txt", **changes: Any) -> Citation:
    quote = changes.pop("quote", DOCUMENTS.get(document, TEXT)[slice(*span)])
    return Citation(number, document, "A", None, *span, quote, 0.9)


def answer(text: str, *citations: Citation, status: Any = "answered", **fields: Any) -> Answer:
    claims = fields.pop("claims", ())
    return Answer("?", status, text, claims, citations, (), {"total": 0.1}, "scripted", "f")


def case(*quotes: tuple[str, ...], gold: tuple[tuple[str, ...], ...] = (("cat",),)) -> Case:
    return Case("x", "Who sat?", "fact", "a.txt", gold, quotes)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("The Cat, a dog; an owl!", "cat dog owl"),
        ("  Theatre\nof  the   absurd. ", "theatre of absurd"),
        ("U.S.A.", "usa"),
        ("", ""),
        ("the", ""),
    ],
)
def test_squad_normalisation(text: str, normal: str) -> None:
    assert normalise(text) == normal


def test_exact_match_takes_the_best_gold() -> None:
    assert exact_match("The cat.", ["dog", "cat"]) == 1.0
    assert exact_match("The cat sat.", ["dog", "cat"]) == 0.0
    assert exact_match("cat", []) == 0.0


@pytest.mark.parametrize(
    ("text", "golds", "f1"),
    [
        ("the cat sat", ["cat"], 2 / 3),
        ("the cat sat", ["cat", "cat sat down"], 4 / 5),
        ("cat cat", ["cat"], 2 / 3),
        ("dog", ["cat"], 0.0),
        ("", ["cat"], 0.0),
        ("the", ["a"], 1.0),
        ("cat", [], 0.0),
    ],
)
def test_token_f1(text: str, golds: list[str], f1: float) -> None:
    assert token_f1(text, golds) == pytest.approx(f1)


@given(st.text(max_size=40), st.text(max_size=40))
def test_f1_is_symmetric_and_bounded(a: str, b: str) -> None:
    assert token_f1(a, [b]) == pytest.approx(token_f1(b, [a]))
    assert 0.0 <= token_f1(a, [b]) <= 1.0
    assert token_f1(a, [a]) == 1.0
    assert exact_match(a, [b]) <= token_f1(a, [b])


def test_references_are_alternatives_or_the_whole_list() -> None:
    assert references(case(gold=(("cat", "kitten"),))) == ("cat", "kitten")
    assert references(case(gold=(("cat", "kitten"), ("dog",)))) == ("cat, dog",)
    assert references(case(gold=())) == ()


def citation_faults(answer: Answer, documents: dict[str, str]) -> tuple[str, ...]:
    """All that our own answers are held to."""
    dangling = tuple(f"marker [{n}] leads nowhere" for n in dangling_markers(answer))
    return quote_faults(answer, documents) + dangling + contract_faults(answer)


def test_exact_citations_have_no_fault() -> None:
    exact = answer("A [1]. B [2] [1].", cite(1, SECOND_CAT), cite(2, DOG))
    assert citation_faults(exact, DOCUMENTS) == ()
    assert citation_faults(answer("Not there.", status="not_found"), DOCUMENTS) == ()


@pytest.mark.parametrize(
    ("bad", "names"),
    [
        (answer("A [1].", cite(1, CAT, quote="the cat sat.")), "isn't what its span holds"),
        (answer("A [1].", cite(1, (1, 13), quote="The cat sat.")), "isn't what its span holds"),
        (answer("A [1].", cite(1, CAT, "c.txt")), "'c.txt', which isn't in the library"),
        (answer("A [1].", cite(1, (80, 99))), "80-99"),
        (answer("A [1].", cite(1, (-12, 0))), "-12-0"),
        (answer("A [1].", cite(1, (5, 5))), "5-5"),
        (answer("A [1] [2].", cite(1, CAT)), "marker [2] leads nowhere"),
        (answer("A [1].", cite(1, CAT), cite(2, DOG)), "citation [2] isn't used"),
        (answer("A [2]. B [1].", cite(1, CAT), cite(2, DOG)), "first appear as [2, 1]"),
        (answer("A [2].", cite(2, CAT)), "first appear as [2]"),
        (answer("A [1].", cite(1, CAT), cite(1, DOG)), "numbers repeat"),
        (answer("A."), "without a citation"),
        (answer("A.", status="partial"), "without a citation"),
        (answer("Not there [1].", status="not_found"), "marker [1] leads nowhere"),
        (
            answer("A [1].", cite(1, CAT), claims=(Claim("A", (1, 3), 0.9, "supported"),)),
            "cites [3]",
        ),
    ],
)
def test_each_fault_is_named(bad: Answer, names: str) -> None:
    faults = citation_faults(bad, DOCUMENTS)
    assert any(names in fault for fault in faults), faults


def test_precision_and_recall_against_alternatives_and_needed_quotes() -> None:
    either, both = (
        case(("The cat sat.", "The dog ran.")),
        case(("The cat sat.",), ("The dog ran.",)),
    )
    one = answer("A [1].", cite(1, DOG))
    assert citation_precision(either, one, DOCUMENTS) == 1.0
    assert citation_recall(either, one, DOCUMENTS) == 1.0
    assert citation_precision(both, one, DOCUMENTS) == 1.0
    assert citation_recall(both, one, DOCUMENTS) == 0.5
    astray = answer("A [1] [2].", cite(1, DOG), cite(2, (39, len(TEXT))))
    assert citation_precision(both, astray, DOCUMENTS) == 0.5


def test_any_occurrence_of_a_repeated_gold_quote_will_do() -> None:
    again = answer("A [1].", cite(1, SECOND_CAT))
    assert citation_precision(case(("The cat sat.",)), again, DOCUMENTS) == 1.0


def test_touching_a_gold_quote_is_not_showing_it() -> None:
    wanted = case(("The cat sat.",))
    assert citation_precision(wanted, answer("A [1].", cite(1, (11, 25))), DOCUMENTS) == 0.0
    assert citation_precision(wanted, answer("A [1].", cite(1, (4, 7))), DOCUMENTS) == 1.0
    assert citation_precision(wanted, answer("A [1].", cite(1, (0, 25))), DOCUMENTS) == 1.0


def test_citing_the_whole_document_or_another_one_shows_nothing() -> None:
    gold = "x" * 20
    wanted = Case("x", "?", "fact", "b.txt", (("x",),), ((gold,),))
    length = len(DOCUMENTS["b.txt"])
    whole = answer("A [1].", cite(1, (0, length), "b.txt"))
    assert citation_precision(wanted, whole, DOCUMENTS) == 0.0
    assert citation_recall(wanted, whole, DOCUMENTS) == 0.0
    other = answer("A [1].", cite(1, CAT))
    assert citation_precision(wanted, other, DOCUMENTS) == 0.0


def test_the_same_words_in_another_document_are_not_the_gold() -> None:
    wanted, copies = case(("The cat sat.",)), DOCUMENTS | {"copy.txt": TEXT}
    elsewhere = answer("A [1].", cite(1, CAT, "copy.txt", quote=TEXT[:12]))
    assert citation_precision(wanted, elsewhere, copies) == 0.0
    assert gold_rank(wanted, [("copy.txt", *CAT)], copies) is None


def test_citation_figures_are_none_where_there_is_nothing_to_share() -> None:
    unanswerable = Case("x", "?", "unanswerable", "a.txt")
    answered, refused = answer("A [1].", cite(1, CAT)), answer("No.", status="not_found")
    assert citation_precision(unanswerable, answered, DOCUMENTS) is None
    assert citation_recall(unanswerable, answered, DOCUMENTS) is None
    assert citation_precision(case(("The cat sat.",)), refused, DOCUMENTS) is None
    assert citation_recall(case(("The cat sat.",)), refused, DOCUMENTS) is None
    assert citation_recall(case(("The cat sat.",)), answer("A."), DOCUMENTS) == 0.0


def test_squad_counts_a_refusal_as_the_empty_answer() -> None:
    unanswerable = Case("x", "?", "unanswerable", "a.txt")
    assert squad_scores(unanswerable, "cat", refused=False) == (0.0, 0.0)
    assert squad_scores(unanswerable, "Not found.", refused=True) == (1.0, 1.0)
    assert squad_scores(case(), "The cat.", refused=False) == (1.0, 1.0)
    assert squad_scores(case(), "The cat.", refused=True) == (0.0, 0.0)
    yes = Case("x", "?", "yes-no", "a.txt", (("yes",),))
    assert squad_scores(yes, "yes", refused=False) is None


@pytest.mark.parametrize(
    ("text", "gold", "contained"),
    [
        ("The Cat, I think, or the dog.", (("cat",),), 1.0),
        ("concatenate", (("cat",),), 0.0),
        ("a dog and a cat", (("kitten", "cat"), ("dog",)), 1.0),
        ("a cat", (("kitten", "cat"), ("dog",)), 0.0),
        ("a cat", (), None),
    ],
)
def test_gold_contained_is_lenient_but_word_by_word(
    text: str, gold: tuple[tuple[str, ...], ...], contained: float | None
) -> None:
    assert gold_contained(case(gold=gold), text) == contained


def test_the_first_span_that_shows_gold_is_its_rank() -> None:
    wanted = case(("The dog ran.",))
    spans = [("b.txt", *DOG), ("a.txt", *CAT), ("a.txt", 0, len(TEXT)), ("a.txt", *DOG)]
    assert gold_rank(wanted, spans, DOCUMENTS) == 3
    assert gold_rank(wanted, spans[:2], DOCUMENTS) is None
    assert gold_rank(case(), spans, DOCUMENTS) is None


def test_gold_passages_take_the_place_of_quotes_and_length_can_be_left_open() -> None:
    told = Case("x", "?", "fact", "a.txt", (("cat",),), (("The cat sat.",),), passages=(TEXT,))
    assert citation_precision(told, answer("A [1].", cite(1, DOG)), DOCUMENTS) == 1.0
    gold = "x" * 20
    wanted = Case("x", "?", "fact", "b.txt", (("x",),), ((gold,),))
    whole = answer("A [1].", cite(1, (0, len(DOCUMENTS["b.txt"])), "b.txt"))
    assert citation_precision(wanted, whole, DOCUMENTS, longest=None) == 1.0
    assert citation_recall(wanted, whole, DOCUMENTS, longest=None) == 1.0


def test_markers_may_dangle_without_breaking_our_numbering() -> None:
    foreign = answer("A [2]. B [7] [7].", cite(2, CAT))
    assert dangling_markers(foreign) == (7,)
    assert quote_faults(foreign, DOCUMENTS) == ()
