from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.computing.derived import change_told, derived


@pytest.mark.parametrize(
    ("question", "answer", "told"),
    [
        ("How long does the fair last?", "from 11 am to 3 pm", "4 hours: from 11 am to 3 pm"),
        ("How long is it open?", "9:00–21:30", "12 hours 30 minutes: 9:00–21:30"),
        ("For how many hours is it open?", "22:00 until 2:00.", "4 hours: 22:00 until 2:00"),
        ("How long is the break?", "between 10:00 and 10:01", "1 minute: between 10:00 and 10:01"),
        ("When is the fair?", "from 11 am to 3 pm", None),
        ("How long is the fair?", "at 11 am, 2 pm and 3 pm", None),
        ("How long is the fair?", "from 11 am in Osk to 3 pm in Brenn", None),
        ("How long is the fair?", "three hours", None),
        ("How long is the call?", "from 11 am ET to 3 pm KST", None),
        ("How long is the fair?", "from 11 am to 11 am", None),
        # What tells the half of the day for one end tells it for the other.
        ("How long is the fair?", "from 1:00 to 4:00 pm", "3 hours: from 1:00 to 4:00 pm"),
        ("How long is the fair?", "1 pm to 4:30", "3 hours 30 minutes: 1 pm to 4:30"),
        ("How long is the fair?", "10:00 to 2:00 pm", "4 hours: 10:00 to 2:00 pm"),
        ("How long is the fair?", "noon to 4:00", "4 hours: noon to 4:00"),
        ("How long is the fair?", "8:00 to noon", "4 hours: 8:00 to noon"),
        ("How long is the fair?", "10 pm to 2 am", "4 hours: 10 pm to 2 am"),
        ("How long is the fair?", "9:00 to 11:00", "2 hours: 9:00 to 11:00"),
        ("How long is the fair?", "from 9:00 to 4:00", None),
        ("How long is the fair?", "12:30 to 1:30", None),
        ("How long is the fair?", "9 am to 5:00", None),
        ("How long is the fair?", "13:00 to 4:00", None),
        # Two times aren't a span, unless something lies between them.
        ("How long is the boat trip?", "at 10:00 and 14:00", None),
        ("How long is the boat trip?", "Boats leave at 10:00 and 14:00.", None),
        # Another time is asked for.
        ("How long have you been open?", "9 am to 9 pm", None),
        ("How long has it been open?", "9 am to 9 pm", None),
        ("How long in advance must I check in?", "between 14:00 and 16:00", None),
        ("How long before the show does it open?", "between 14:00 and 16:00", None),
        ("How long is it until dinner?", "between 14:00 and 16:00", None),
        ("How many hours a day is it open?", "9 am to 9 pm", "12 hours: 9 am to 9 pm"),
    ],
)
def test_how_long_something_takes_by_the_clock(
    question: str, answer: str, told: str | None
) -> None:
    assert derived(question, answer, answer) == (told and (answer, told))


@pytest.mark.parametrize(
    ("question", "answer", "passage", "told"),
    [
        ("How long was it?", "2 pm to 4 pm", "It was moved from 2 pm to 4 pm.", None),
        ("How long is it?", "2 pm to 4 pm", "It is rescheduled from 2 pm to 4 pm.", None),
        ("How long is it?", "2 pm to 4 pm", "It was brought forward, 2 pm to 4 pm.", None),
        ("How long does the train take?", "9 am to 5 pm", "Trains run from 9 am to 5 pm.", None),
        ("How long is the ride?", "9 am to 5 pm", "Buses leave from 9 am to 5 pm.", None),
        ("How long does it take?", "9 am to 5 pm", "The tour lasts from 9 am to 5 pm.", "8 hours"),
        ("How long is it open?", "9 am to 5 pm", "It is open from 9 am to 5 pm.", "8 hours"),
        ("How long does lunch last?", "12:00–13:00", "Lunch: 12:00–13:00", "1 hour"),
        ("How long is the shift?", "22:00 to 6:00", "The shift is from 22:00 to 6:00.", "8 hours"),
        # The times are of two days.
        ("How long did it rage?", "5 pm to 3 am", "Monday 5 pm to 3 am on Wednesday", None),
        (
            "How long did it last?",
            "5 pm to 3 am",
            "It lasted from 5 pm to 3 am two days later",
            None,
        ),
        ("How long is it open?", "9:00-17:00", "It is rarely open later than 9:00-17:00.", None),
        ("How long did it rage?", "5 pm to 3 am", "On 5 May, 5 pm to 3 am on 7 May", None),
        ("How long is it?", "5 pm to 7 pm", "5 pm on Monday to 7 pm; 5 pm to 7 pm", None),
        ("How long is it?", "11 am to 3 pm", "On Saturday from 11 am to 3 pm.", "4 hours"),
        ("How long is it?", "11 am to 3 pm", "From 11 am to 3 pm on Saturday.", "4 hours"),
        ("How long is it?", "9:00-17:00", "Monday to Friday 9:00-17:00, Sunday 11:00", "8 hours"),
    ],
)
def test_two_times_are_no_length_where_they_are_of_something_else(
    question: str, answer: str, passage: str, told: str | None
) -> None:
    assert derived(question, answer, passage) == (told and (answer, f"{told}: {answer}"))


@pytest.mark.parametrize(
    ("question", "answer", "passage"),
    [
        ("How long is it open?", "9:00 to 17:00", "It isn't open from 9:00 to 17:00."),
        ("How long is it open?", "9:00 to 17:00", "It is never open from 9:00 to 17:00."),
        ("How long does it last?", "9:00 to 17:00", "No tour lasts from 9:00 to 17:00."),
        ("How long does it last?", "9:00 to 17:00", "Not: 9:00 to 17:00"),
        ("By how many votes did it pass?", "31", "It was not carried by 31 votes to 24."),
        ("When is the last bus?", "14:10", "Buses no longer leave at 14:10 and 18:40."),
        ("When is the last bus?", "14:10", "Buses leave between 14:10 and 18:40."),
        ("By how much?", "from 12 to 11, but it did not", ""),
        ("By how much?", "It did not fall from 12 to 11.", ""),
        ("By how much?", "It didn't, as was feared, fall from 12 to 11.", ""),
        ("By how much?", "It could rise from 5 to 9.", ""),
        ("By how much?", "It rose from 5 to 9, then to 12.", ""),
        ("By how much?", "It went from 5 to 9, 10 or 11.", ""),
    ],
)
def test_nothing_follows_from_what_is_denied(question: str, answer: str, passage: str) -> None:
    assert derived(question, answer, passage or answer) is None


def test_an_answer_that_is_cut_before_the_half_of_the_day_tells_no_length() -> None:
    text = "It is open from 9:00 to 10:00 pm."
    assert derived("How long is it open?", "from 9:00 to 10:00", text) is None


@pytest.mark.parametrize(
    ("question", "answer", "text", "told"),
    [
        ("By how many votes did it pass?", "31", "Carried by 31 votes to 24.", "7: 31 votes to 24"),
        ("By what margin?", "31–24", "The count was 31–24.", "7: 31–24"),
        ("by how many votes", "nine", "Carried, nine votes to four.", "5: nine votes to four"),
        (
            "By what margin was it lost?",
            "5",
            "5 in favour, 3 against.",
            "2: 5 in favour, 3 against",
        ),
        ("By how many votes?", "5", "5 for and 3 against, 1 abstained.", "2: 5 for and 3 against"),
        ("By how many points did Osk win?", "2-0", "They won 3-1, then 2-0.", "2: 2-0"),
        ("By how many votes did it pass?", "7", "Carried by 31 votes to 24.", None),
        ("By how many votes did it pass?", "31", "First 31 to 24, then 31 to 30.", None),
        ("By how many points did it rise?", "5 to 10", "It rose by 5 to 10 points.", None),
        ("By what margin?", "20 to 25 percent", "It was 20 to 25 percent.", None),
        ("By how many votes?", "12", "By 12 votes. 12 to 15 members stayed away.", None),
        ("By what margin?", "3", "It was lost 3 to 2 million.", None),
        ("How many votes were cast?", "31", "Carried by 31 votes to 24.", None),
        ("By how many votes did it pass?", "31", "The 31 owners have 24 votes.", None),
        ("By how many votes did it pass?", "5", "5 for, 3 abstained.", None),
        ("By how many votes did it pass?", "24", "Rejected by 24 to 31 votes.", "7: 24 to 31"),
        ("By how many points did Osk win?", "5", "They won by 5 to 10 points.", None),
    ],
)
def test_by_how_many_a_vote_is_won(question: str, answer: str, text: str, told: str | None) -> None:
    assert derived(question, answer, text) == (told and (told.partition(": ")[2], told))


BUSES = "Buses leave at 6:10, 14:10 and 18:40 on weekdays, at 16:00 on Sundays."


@pytest.mark.parametrize(
    ("question", "answer", "text", "right"),
    [
        ("When is the last bus?", "14:10", BUSES, "18:40"),
        ("At what time does the latest bus leave?", "6:10", BUSES, "18:40"),
        ("When does the first bus leave on weekdays?", "14:10", BUSES, "6:10"),
        ("When is the last bus?", "18:40", BUSES, None),
        # It stands in no list.
        ("When is the last bus on Sundays?", "16:00", BUSES, None),
        ("When is the last bus on Sundays?", "14:10", BUSES, None),
        ("When is the bus?", "14:10", BUSES, None),
        ("Who takes the last bus?", "14:10", BUSES, None),
        ("When is the last bus?", "14:10 on weekdays", BUSES, None),
        ("When is the last ferry?", "22:30", "It sails at 22:30 and 0:15.", "0:15"),
        ("When is the first ferry?", "5 am", "It sails at 0:15 and 5 am.", "0:15"),
        ("When is the last ferry?", "14:10", "At 14:10 from Osk, at 15:10 from Brenn.", None),
        ("When is the last bus?", "", BUSES, None),
        ("When is the last bus before noon?", "6:10", BUSES, None),
        ("When is the first bus after 7 am?", "14:10", BUSES, None),
        # The afternoon may be meant, or the morning.
        ("When is the last bus?", "6:00", "It leaves at 7:00, 12:00 and 6:00.", None),
        ("When is the first break?", "10:30", "Breaks are at 3:30 and 10:30.", None),
        ("When is the last bus?", "5:00", "It leaves at 9:00 am, 1:00 and 5:00.", None),
        ("When is the last bus?", "8:00", "It leaves at 8:00, 10:00 and 2:00 pm.", None),
        ("When is the last bus?", "9 am", "It leaves at 9 am, 6 pm and 1 pm.", "6 pm"),
        # A day may be that of one of them only.
        ("When is last entry?", "17:00", "Open until 17:00, 18:00 on Fridays.", None),
        ("When is last entry?", "17:00", "Open until 17:00, 18:00 on weekends.", None),
        ("When is last entry?", "17:00", "Open until 17:00, 18:00 on 5 May.", None),
        ("When is the last class?", "17:00", "Mondays 10:00, 17:00; 19:00 Tuesdays", None),
        ("When was the first one?", "19:15", "On Monday at 19:15 and 18:00.", "18:00"),
        ("When is the last call?", "9:00 KST", "It rings at 9:00 KST and 8:00 UTC.", None),
    ],
)
def test_the_last_of_the_times_that_are_listed(
    question: str, answer: str, text: str, right: str | None
) -> None:
    assert derived(question, answer, text) == (right and (text, right))


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("The fee rises from €96 to €108 from 1 January.", "€12: from €96 to €108"),
        ("It fell from 1,200 members in May to 950.", "250: from 1,200 members in May to 950"),
        (
            "It goes from 800 euros a month to 850 euros.",
            "50 euros: from 800 euros a month to 850",
        ),
        ("The load fell from 40 kg to 35 kg.", "5 kg: from 40 kg to 35"),
        # "Million" may be said of both, and what is written out is not.
        ("It rose from 2 to 3 million copies.", None),
        ("It rose from $2 to $3 million.", None),
        ("It rose from two to three hundred.", None),
        ("It rose from 2 million to 3 million.", "1,000,000: from 2 million to 3 million"),
        ("It rose from 800,000 to 1 million.", "200,000: from 800,000 to 1 million"),
        ("It rose from 5 copies to 3 thousand.", "2,995: from 5 copies to 3 thousand"),
        # A day isn't a week, and 1.250 may be more than a thousand.
        ("It went from 5 a day to 30 a week.", None),
        ("It went from 5 a day to 8 a day.", "3: from 5 a day to 8"),
        ("It went from 900 euros to 1.250 euros.", None),
        ("It went from 96 to 108 or more.", None),
        ("It went from 96 to 108 at least, 5 of them new.", None),
        # By half, or by two points.
        ("It rose from 4% to 6%.", None),
        # What isn't measured alike, or is no amount, or isn't said so.
        ("It went from 40 kg to 3 pounds.", None),
        ("It rose from 2019 to 2021 by 5.", None),
        ("They are 96 and 108.", None),
        ("It cost 96 to 108.", None),
        ("From 96 at first it rose, as was feared by all of them, to 108.", None),
        ("", None),
    ],
)
def test_a_change_is_computed_from_what_it_goes_from_and_to(text: str, answer: str | None) -> None:
    found = change_told("By how much does it change?", text)
    assert (found and found[1]) == answer
    assert found is None or found[0] in text
    assert change_told("What does it change to?", text) is None


@given(question=st.text(), answer=st.text(), passage=st.text())
def test_nothing_breaks_it(question: str, answer: str, passage: str) -> None:
    assert derived(question, answer, passage) == derived(question, answer, passage)
