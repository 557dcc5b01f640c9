from __future__ import annotations

import pytest

from qa.computing.amounts import number_difference
from qa.computing.arithmetic import Operand, compute
from qa.computing.computation import Computation


@pytest.mark.parametrize(
    ("plan", "operands", "answer"),
    [
        (Computation("difference", "number"), ["1,200 people", "950"], "250: 1,200 people and 950"),
        (Computation("difference", "number"), ["40%", "25 percent"], "15%: 40% and 25 percent"),
        (Computation("difference", "number"), ["40%", "25"], None),
        # For a month or for a year.
        (Computation("difference", "number"), ["$5 per month", "$50 per year"], None),
        (Computation("difference", "number"), ["5 a day", "3 per week"], None),
        (Computation("difference", "number"), ["€5/month", "€50/year"], None),
        (Computation("difference", "number"), ["€5 monthly", "€50 annually"], None),
        (Computation("difference", "number"), ["€5 a month", "€50"], None),
        (
            Computation("difference", "number"),
            ["€5 per month", "€3 a month"],
            "€2: €5 per month and €3 a month",
        ),
        (Computation("difference", "number"), ["5 a day", "3 daily"], "2: 5 a day and 3 daily"),
        # Not what exactly one amount is.
        (Computation("difference", "number"), ["1.250 euros", "900 euros"], None),
        (Computation("difference", "number"), ["€1.250", "€900"], None),
        (Computation("difference", "number"), ["more than 300", "at most 100"], None),
        (Computation("difference", "number"), ["about 300", "100"], None),
        (Computation("difference", "number"), ["~300", "100"], None),
        (Computation("difference", "number"), ["300+", "100"], None),
        (Computation("difference", "number"), ["300 or more", "100"], None),
        (Computation("difference", "number"), ["300 pupils at least", "100"], None),
        (Computation("difference", "number"), ["3 times as many", "2"], None),
        (Computation("difference", "number"), ["exactly 300", "100"], "200: exactly 300 and 100"),
        # Numbers of which only a part is read.
        (
            Computation("difference", "number"),
            ["a hundred and twenty thousand", "50,000"],
            None,
        ),
        (Computation("difference", "number"), ["two and a half", "1"], None),
        (Computation("difference", "number"), ["5½", "1"], None),
        (Computation("difference", "number"), ["5k", "300"], None),
        (Computation("difference", "number"), ["two dozen", "20"], None),
        (Computation("difference", "number"), ["$2", "$3 million"], None),
        (Computation("difference", "number"), ["100 €", "90 $"], None),
        (
            Computation("difference", "number"),
            ["2 people", "3 million people"],
            "2,999,998: 2 people and 3 million people",
        ),
        (
            Computation("difference", "number"),
            ["9 of them", "5 in May"],
            "4: 9 of them and 5 in May",
        ),
        (Computation("difference", "number"), ["2 hours", "90 minutes"], None),
        (Computation("difference", "number"), ["2 hours", "90"], None),
        (Computation("difference", "number"), ["5 km", "300 m"], None),
        (Computation("difference", "number"), ["5 km", "300m"], None),
        (Computation("difference", "number"), ["5 square km", "3 square miles"], None),
        (Computation("difference", "number"), ["USD 500", "EUR 300"], None),
        (Computation("difference", "number"), ["USD 500", "USD 300"], "200: USD 500 and USD 300"),
        (Computation("difference", "number"), ["5 km", "3 km long"], "2: 5 km and 3 km long"),
        (Computation("difference", "number"), ["40 of 50", "25"], None),
    ],
)
def test_two_amounts_differ_by(plan: Computation, operands: list[str], answer: str | None) -> None:
    assert compute(plan, [Operand(text, "2024-05-11") for text in operands]) == answer


@pytest.mark.parametrize(
    "passage",
    [
        "There are more than 300 pupils.",
        "There are between 200 and 300.",
        "300 or more come.",
        "They paid 300 a month.",
        "Some 300 million of them.",
        "There are 300 each.",
        "They sold an average of 300.",
        "As many as 300 came.",
        "They had an estimated 300.",
        "It isn’t 300.",
    ],
)
def test_what_an_answer_leaves_out_of_its_passage_counts(passage: str) -> None:
    plan = Computation("difference", "number")
    other = Operand("100", None, "There are 100.")
    assert compute(plan, [Operand("300", None, "There are 300."), other])
    assert compute(plan, [Operand("300", None, passage), other]) is None


@pytest.mark.parametrize(
    ("one", "other", "figure"),
    [
        ("It costs 500 euros", "450 euros", "50"),
        ("Rent: €500", "€450", "€50"),
        ("The rent is €500", "The rent was €450", "€50"),
        ("The rent is exactly €500", "€450", "€50"),
        ("US$5", "US$3", "$2"),
        # Operands keep their decimals.
        ("£5.50", "£3.20", "£2.30"),
        ("2.5 million", "1.5 million", "1,000,000"),
        # A label or a subject may say that the amount is none, or of what.
        ("The rent is about €500", "€450", None),
        ("At most: 5", "3", None),
        ("From: €500", "€450", None),
        ("Minus: 5", "3", None),
        ("The most is 500", "450", None),
        ("Not all is 5", "3", None),
        ("It isn't 5", "3", None),
        ("If you join it costs 5", "3", None),
        ("C$5", "US$3", None),
        ("Weight in kg: 5", "Weight in g: 300", None),
        ("Copies in thousands: 5", "3", None),
        ("The monthly rent is €500", "The yearly rent is €5000", None),
    ],
)
def test_an_amount_may_have_a_label_or_a_plain_sentence(
    one: str, other: str, figure: str | None
) -> None:
    found = number_difference([Operand(one, None), Operand(other, None)])
    assert found == (figure and f"{figure}: {one} and {other}")


@pytest.mark.parametrize(
    ("text", "passage", "is_read"),
    [
        ("512 members", "Membership rose to 512 members.", True),
        ("€35", "The fee amounts to €35.", True),
        ("33 votes", "It passed by 33 votes.", True),
        ("300", "A population of 300.", True),
        ("€500", "We pay a rent of €500.", True),
        ("48 pupils", "The school has a total of 48 pupils.", True),
        ("300 passengers", "The ferry carried 300 passengers.", True),
        ("1,200 people", "The hall seats 1,200 people.", True),
        ("40%", "Turnout reached 40%.", True),
        ("24 pupils", "This year 24 pupils walk.", True),
        # Words that look like those bound, estimate, deny or cut short.
        ("300", "It went up to 300.", False),
        ("300", "They came close to 300.", False),
        ("300", "It has an average of 300.", False),
        ("300", "It has an estimated population of 300.", False),
        ("€35", "It takes a minimum fee of €35.", False),
        ("300", "It was won by some 300.", False),
        ("300", "They did not get 300.", False),
        ("300", "Not only 300 but 500 came.", False),
        ("300", "It didn’t, as was hoped, rise to 300.", False),
        ("300", "It is 300 short of that.", False),
        ("300", "Ada and 300 others came.", False),
        ("€1", "It costs €1.50.", False),
        ("€200", "The bill was cut by €200.", False),
        ("12 pupils", "On average, 12 pupils walk.", False),
        ("12 pupils", "Nearly all of the 12 pupils walk.", False),
    ],
)
def test_what_leads_in_to_an_amount_in_its_passage(text: str, passage: str, is_read: bool) -> None:
    operands = [Operand(text, None, passage), Operand(text, None)]
    assert (number_difference(operands) is not None) == is_read


def test_how_often_an_amount_is_due_may_stand_before_it() -> None:
    monthly = Operand("€5", None, "The monthly fee is €5.")
    assert number_difference([monthly, Operand("€50", None, "The annual fee is €50.")]) is None
    assert number_difference([monthly, Operand("€7 a month", None)]) == "€2: €5 and €7 a month"


@pytest.mark.parametrize(
    ("one", "other", "figure"),
    [
        ("It weighs 5 tonnes.", "It weighs 3 kg.", None),
        ("It is 5 miles long.", "It is 3 km long.", None),
        ("He is 5 years old.", "She is 3 months old.", None),
        ("It costs 5 €.", "It costs 3 $.", None),
        ("It weighs 5 tonnes.", "It weighs 3.", None),
        ("It weighs 5 tonnes.", "It weighs 3 tonnes.", "2"),
        ("It costs 5 €.", "It costs 3 €.", "2"),
        ("It has 5 players.", "It has 3 members.", "2"),
    ],
)
def test_a_unit_that_an_answer_leaves_out_counts(one: str, other: str, figure: str | None) -> None:
    found = number_difference([Operand("5", None, one), Operand("3", None, other)])
    assert found == (figure and f"{figure}: 5 and 3")
