from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.language.dating import dated, in_dates

SATURDAY, WEDNESDAY, SUNDAY = "2024-05-11", "2024-05-15", "2024-05-12"
COUNTED = "counted from the document’s date"


@pytest.mark.parametrize(
    ("text", "date", "meant"),
    [
        ("It opens tomorrow.", SATURDAY, "tomorrow (12 May 2024"),
        ("It opened the day before yesterday.", SATURDAY, "the day before yesterday (9 May 2024"),
        ("It opened last night.", "2024-03-01", "last night (29 February 2024"),
        ("Today, the mayor opened it.", SATURDAY, "Today (11 May 2024"),
        ("It opens next Friday.", SATURDAY, "next Friday (17 May 2024"),
        # On a Wednesday it is that of this week or of the next, on a Sunday too.
        ("It opens next Friday.", WEDNESDAY, None),
        ("It opens next Friday.", SUNDAY, None),
        ("It opens this Friday.", WEDNESDAY, "this Friday (17 May 2024"),
        ("It opened last Friday.", WEDNESDAY, "last Friday (10 May 2024"),
        ("It opened last Friday.", SATURDAY, None),
        ("It opened last Monday.", "2024-05-13", "last Monday (6 May 2024"),
        ("It opened on Friday.", SATURDAY, None),
        ("It opened three days ago.", SATURDAY, "three days ago (8 May 2024"),
        ("It opened a week ago.", SATURDAY, "a week ago (4 May 2024"),
        ("It opened two months ago.", "2024-01-31", "two months ago (November 2023"),
        ("It opened 12 years ago.", SATURDAY, "12 years ago (2012"),
        ("It opened years ago.", SATURDAY, None),
        ("It will open in two weeks.", SATURDAY, "in two weeks (25 May 2024"),
        ("It was built in two weeks.", SATURDAY, None),
        ("The council will vote on the bridge in ten days.", SATURDAY, "ten days (21 May 2024"),
        ("The fair is scheduled in three months.", SATURDAY, "in three months (August 2024"),
        ("The album will be released in 2 weeks.", SATURDAY, "in 2 weeks (25 May 2024"),
        ("It opened last month.", "2024-01-05", "last month (December 2023"),
        ("It opens next year.", SATURDAY, "next year (2025"),
        ("It opens this year.", SATURDAY, "this year (2024"),
        ("Prices rose over the last year.", SATURDAY, None),
        ("Prices rose in the next month.", SATURDAY, None),
        ("It stands still today.", SATURDAY, None),
        ("It is used even today.", SATURDAY, None),
        # How things stand on no one day.
        ("Today the mill is a museum.", SATURDAY, None),
        ("Today, the old mill has three wheels.", SATURDAY, None),
        ("The mill, which was sold, is a museum today.", SATURDAY, None),
        ("Sixty people live in the mill today.", SATURDAY, None),
        ("Today the mayor opened the mill, which is a museum.", SATURDAY, "Today (11 May 2024"),
        ("The office is closed today.", SATURDAY, "today (11 May 2024"),
        ("The mayor has opened the mill today.", SATURDAY, "today (11 May 2024"),
        ("The concert is today.", SATURDAY, "today (11 May 2024"),
        # A guide's reader is meant, whenever that is.
        ("You will receive your card in 10 days.", SATURDAY, None),
        ("“You will love it”, she said. It opens tomorrow.", SATURDAY, "tomorrow (12 May 2024"),
        ("Today's market is small.", SATURDAY, None),
        # Nobody knows on which day a quoted person spoke.
        ("“It opens tomorrow”, she said.", SATURDAY, None),
        # What another date is told beside may be counted from that one.
        ("On May 2 he said it would open tomorrow.", SATURDAY, None),
        # The last of the fair's nights, of her years, of every month; last night is another.
        ("Ada came on the last night of the fair.", SATURDAY, None),
        ("Ada danced on her last night.", SATURDAY, None),
        ("In his last year he taught.", SATURDAY, None),
        ("She was ill in Ada’s last month.", SATURDAY, None),
        ("They meet last Friday of a month.", SATURDAY, None),
        ("The hall was full last night.", SATURDAY, "last night (10 May 2024"),
        # Counted from the year that is told, unless it is the document's own.
        ("In 2019 the club won as it had last year.", SATURDAY, None),
        ("In 2019 the club hoped to win next month.", SATURDAY, None),
        ("The club won in 2024 as it had last year.", SATURDAY, "last year (2023"),
        ("The club, which is from 2019, moved two years ago.", SATURDAY, "two years ago (2022"),
        ("It opens tomorrow.", None, None),
        ("It opened 999 years ago.", "0500-01-01", None),
    ],
)
def test_words_for_time_are_read_against_the_date(
    text: str, date: str | None, meant: str | None
) -> None:
    found = dated(text, text, date)
    if meant is None:
        assert found == text
    else:
        assert f"{meant}, {COUNTED})" in found
        assert found.replace(found[found.index(" (") : found.index(")") + 1], "") == text


def test_a_phrase_is_read_as_in_its_passage() -> None:
    assert dated("two weeks", "It opens in two weeks.", SATURDAY) == "two weeks"
    assert dated("tomorrow", "“It opens tomorrow”, she said.", SATURDAY) == "tomorrow"
    assert dated("in two weeks", "It is to open in two weeks.", SATURDAY).startswith(
        "in two weeks (25 May 2024"
    )


@pytest.mark.parametrize(
    "text",
    [
        # So long after something else.
        "Payment is due in 30 days.",
        "Refunds will be paid in 14 days.",
        "The filter is to be replaced in 3 months.",
        "The second coat of paint will dry in three days.",
        "The buds will open in three days.",
        "The library will open a new account in 5 days if the form is complete.",
        "After the vote, the hall will reopen in two weeks.",
        "Members who will leave must say so in two months.",
        "Members who will meet must say so in two months.",
        "The mill will open. It was built in two weeks.",
        "The mill will open, and it was built in two weeks.",
        "Members will have to pay in two weeks.",
        # No one day, and no such year.
        "It opened five to ten years ago.",
        "It opened more than 20 years ago.",
        "It opened one or two weeks ago.",
        "The lake formed 10,000 years ago.",
        "It opened 3.5 years ago.",
    ],
)
def test_what_is_no_day_is_told_as_it_is(text: str) -> None:
    assert dated(text, text, SATURDAY) == text


@given(text=st.text(), context=st.text(), date=st.dates().map(str))
def test_no_text_is_too_odd(text: str, context: str, date: str) -> None:
    assert dated(text, context, date).startswith(text[:1])


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (
            "on Tuesday, three days ago (14 May 2024, counted from the document’s date)",
            "on Tuesday, 14 May 2024",
        ),
        ("next Friday (17 May 2024)", "next Friday (17 May 2024)"),
        ("next Friday", "next Friday"),
    ],
)
def test_words_for_time_give_way_to_the_dates_put_in(text: str, meant: str) -> None:
    assert in_dates(text) == meant
