from __future__ import annotations

import pytest

from qa.computing.arithmetic import Operand, compute
from qa.computing.computation import Computation
from qa.language.listing import items_of


@pytest.mark.parametrize(
    "text",
    [
        # What stands between two commas may be a word about the item before.
        "Ada Holt, Mayor of Osk, and Tom Rehn",
        "Ada Rehn, PhD, and Tom Holt",
        "Ada Rehn, Ph.D., and Tom Holt",
        "Ada Holt, a cook, and Tom Rehn",
        "Ada Holt, Osk, Tom Rehn, Lund",
        # One name.
        "Bosnia and Herzegovina",
        "Marks and Spencer",
        "Research and Development",
        "Will and May",
        # One place, or three.
        "Osk, Lund, Brenn",
    ],
)
def test_what_may_be_fewer_things_than_it_has_items_is_no_list(text: str) -> None:
    assert items_of(text) is None


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Ada, Tom and Kim", 3),
        ("Ada, Tom and Kim Rehn", 3),
        ("Ada Holt, Tom Rehn and Kim Dal", 3),
        ("Ada Holt, Tom Rehn, and Kim Dal", 3),
        ("Ada Holt and Tom", 2),
        ("Director, Producer and Writer", 3),
        ("Germany, France, and Japan", 3),
        ("Osk, Lund 2017, and Partners of Brenn", 3),
        ("London, Paris, New York, and Tokyo", 4),
        ("a chair, a table, and a lamp", 3),
        # A sentence begins with a capital.
        ("Milk, eggs and flour", 3),
        ("Washing machine, dryer and fridge", 3),
        # Four names or more are a list by themselves.
        ("Ada, Bo, C-Lee, DK, Elin", 5),
        ("Namibia, Botswana, Kenya, Ghana", 4),
    ],
)
def test_plain_lists_are_counted(text: str, count: int) -> None:
    assert len(items_of(text) or ()) == count


@pytest.mark.parametrize(
    ("passage", "is_whole"),
    [
        ("The members are Ada, Bo, DK, Elin.", True),
        ("The members are Ada, Bo, DK, Elin, G and Finn.", False),
        ("The members are Ada, Bo, DK, Elin and G.", False),
    ],
)
def test_a_list_that_goes_on_is_not_counted(passage: str, is_whole: bool) -> None:
    text = "Ada, Bo, DK, Elin"
    found = compute(Computation("count", ""), [Operand(text, None, passage)])
    assert found == (f"4: {text}" if is_whole else None)


def test_a_page_is_no_list() -> None:
    names = [f"Ada{place}" for place in range(1_000)]
    assert items_of(", ".join(names[:100]) + " and Tom") is not None
    assert items_of(", ".join(names) + " and Tom") is None


def test_blanks_part_no_items() -> None:
    assert items_of(f"Ada,{' ' * 20_000}Tom and Kim") == ("Ada", "Tom", "Kim")


@pytest.mark.parametrize(
    ("plan", "operands", "answer"),
    [
        (
            Computation("count", ""),
            ["Germany, France, Japan, and Brazil"],
            "4: Germany, France, Japan, and Brazil",
        ),
        (Computation("count", ""), ["Germany"], None),
        # Commas and "and" join more than single things.
        (Computation("count", ""), ["Ada and her brothers"], None),
        (Computation("count", ""), ["many friends and relatives"], None),
        (Computation("count", ""), ["parents, teachers and pupils"], None),
        (Computation("count", ""), ["the judges, the mayor and the clerk"], None),
        (Computation("count", ""), ["his children, his wife and his father"], None),
        (Computation("count", ""), ["branches in Osk, Norway and Lund, Sweden"], None),
        (Computation("count", ""), ["milk, eggs and, if you like, nuts"], None),
        (Computation("count", ""), ["Ada Holt, the mayor, and Tom Rehn"], None),
        (Computation("count", ""), ["Ada Holt, mayor of Osk, and Tom Rehn"], None),
        (Computation("count", ""), ["Portland, Oregon"], None),
        (Computation("count", ""), ["Osk, Lund, Brenn"], None),
        (Computation("count", ""), ["Kim, Lee, Ada and Kim"], None),
        (Computation("count", ""), ["salt and pepper, oil and vinegar"], None),
        (Computation("count", ""), ["friends of Ada, Tom and Kim"], None),
        (Computation("count", ""), ["Osk, Lund and perhaps Brenn"], None),
        (Computation("count", ""), ["“Osk,” “Lund” and “Brenn”"], None),
        (Computation("count", ""), ["milk and flour"], None),
        (Computation("count", ""), ["A, iTunes and Osk"], "3: A, iTunes and Osk"),
        (Computation("count", ""), ["milk, eggs and flour"], "3: milk, eggs and flour"),
        (
            Computation("count", ""),
            ["the mill, a church and the school"],
            "3: the mill, a church and the school",
        ),
        (
            Computation("count", ""),
            ["branches in Osk, Lund and Brenn"],
            "3: branches in Osk, Lund and Brenn",
        ),
        (
            Computation("count", ""),
            ["“Right Place, Wrong Person” and “Indigo”"],
            "2: “Right Place, Wrong Person” and “Indigo”",
        ),
        (
            Computation("count", ""),
            ["Osk, Norway; Lund, Sweden; and Brenn"],
            "3: Osk, Norway; Lund, Sweden; and Brenn",
        ),
        (
            Computation("count", ""),
            ["Ada Holt and Rehn of Osk"],
            "2: Ada Holt and Rehn of Osk",
        ),
        (Computation("count", ""), ["46,200 inhabitants"], None),
        (Computation("count", ""), ["46,200 inhabitants and 300 dogs"], None),
        (Computation("count", ""), ["two mills, a church and a school"], None),
        (
            Computation("count", ""),
            ["Apollo 11, Boeing 747 and Osk"],
            "3: Apollo 11, Boeing 747 and Osk",
        ),
        (Computation("count", ""), ["1990, 1995"], "2: 1990, 1995"),
        (
            Computation("count", ""),
            ["May 3, 2024 and May 5, 2024"],
            "2: May 3, 2024 and May 5, 2024",
        ),
        (Computation("count", ""), ["Most are found in Osk and Brenn"], None),
        (Computation("count", ""), ["Will Holt and May"], "2: Will Holt and May"),
        # Nobody knows how many these are.
        (Computation("count", ""), ["Osk, Brenn or Varga"], None),
        (Computation("count", ""), ["mills, churches, etc."], None),
        (Computation("count", ""), ["Osk, Brenn and others"], None),
        (Computation("count", ""), ["Holt & Rehn, Varga & Sons"], None),
    ],
)
def test_a_list_is_counted_or_not(
    plan: Computation, operands: list[str], answer: str | None
) -> None:
    assert compute(plan, [Operand(text, "2024-05-11") for text in operands]) == answer
