from __future__ import annotations

import pytest

from qa.arithmetic import Operand, compute
from qa.computation import Computation
from qa.listing import items_of


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
