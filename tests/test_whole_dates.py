from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.computing.whole_dates import with_day


@pytest.mark.parametrize(
    ("text", "question", "told"),
    [
        ("April 2026", "when does the lease start", "1 April 2026"),
        ("April 2026.", "On which day does it start?", "1 April 2026."),
        # It is what was asked for, whole already, of two dates, or no date.
        ("April 2026", "In which month does the lease start?", "April 2026"),
        ("2026", "When does the lease start?", "2026"),
        ("1 April 2026", "When does the lease start?", "1 April 2026"),
        ("May 2026", "When is the rent due?", "May 2026"),
        ("The lease", "When does it start?", "The lease"),
        ("", "When does it start?", ""),
    ],
)
def test_a_date_isn_t_cut_short(text: str, question: str, told: str) -> None:
    context = "The lease begins on 1 April 2026. Rent is due on 2 May 2026 and 3 May 2026."
    assert with_day(text, context, question) == told


@pytest.mark.parametrize(
    ("context", "told"),
    [
        ("The fair is on 3-5 May 2024.", "3-5 May 2024"),
        ("The fair is on 3–5 May 2024.", "3–5 May 2024"),
        ("It lasts from 3 to 5 May 2024.", "3 to 5 May 2024"),
        ("It lasts from the 3rd to the 5th of May 2024.", "3rd to the 5th of May 2024"),
        ("Open 30 April – 2 May 2024", "30 April – 2 May 2024"),
        ("Open April 30 to 2 May 2024", "April 30 to 2 May 2024"),
        ("It opens on Sunday, 5 May 2024.", "5 May 2024"),
        # Which days are meant isn't clear, or a range begins here.
        ("Friday 3 to Sunday 5 May 2024", "May 2024"),
        ("Open Friday to Sunday, 5 May 2024", "May 2024"),
        ("The committee met until 5 May 2024.", "May 2024"),
        ("Open 30 Dec. 2023 until 2 May 2024", "May 2024"),
        ("It opens on 5 May 2024 or later.", "May 2024"),
        ("It is on 3 and 5 May 2024.", "May 2024"),
        ("It is between 3 and 5 May 2024.", "May 2024"),
        ("It is on 3, 4 or 5 May 2024.", "May 2024"),
        ("It is on 3/5 May 2024.", "May 2024"),
        ("In hall 3 – 5 May 2024", "May 2024"),
        ("The score was 12-5 May 2024", "May 2024"),
        ("Tickets cost 3 until 5 May 2024.", "May 2024"),
        ("Fairs: 3-4 and 5 May 2024", "May 2024"),
        ("It lasts from 30 May 2024 to 2 June.", "May 2024"),
        ("It lasts from 3 May 2024 to 5 May 2024.", "May 2024"),
        # The number is of something else, or is no day.
        ("It is in room 12 to 15 May 2024.", "May 2024"),
        ("See page 2-5 May 2024.", "May 2024"),
        ("Call 555 3-5 May 2024.", "May 2024"),
        ("It is on 0-5 May 2024.", "May 2024"),
        # Another day is meant, or none.
        ("It is two days from 5 May 2024.", "May 2024"),
        ("It is in the week of 5 May 2024.", "May 2024"),
        ("It is not on 5 May 2024.", "May 2024"),
    ],
)
def test_a_range_isn_t_cut_to_its_end(context: str, told: str) -> None:
    assert with_day("May 2024", context, "When is the fair?") == told


@given(st.text(max_size=30), st.text(max_size=60))
def test_a_date_is_only_ever_made_longer(text: str, context: str) -> None:
    assert with_day(text, context, "When?").endswith(text)
