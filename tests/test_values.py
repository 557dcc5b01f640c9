from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.language.values import Date, Number, Ordinal, Time, conflicts, matches, tokenise


def values(text: str) -> list[object]:
    return [token.value for token in tokenise(text)]


@pytest.mark.parametrize(
    ("texts", "value"),
    [
        (["11", "11.0"], Number(Decimal(11))),
        (["5,800,000", "5.8 million", "5.8M", "5800000"], Number(Decimal(5_800_000))),
        (["82%", "82 %", "82 percent", "82 per cent"], Number(Decimal(82), "%")),
        (["$5", "$5.00"], Number(Decimal(5), "$")),
        (["second", "2nd", "No. 2", "#2", "number two", "number 2", "no 2"], Ordinal(2)),
        (["twenty-first", "21st"], Ordinal(21)),
        (
            ["May 24, 2024", "24 May 2024", "24th of May, 2024", "may 24th 2024", "24.05.2024"],
            Date(2024, 5, 24),
        ),
        (["2024-05-24", "24/05/2024", "05/24/2024"], Date(2024, 5, 24)),
        (["Apr. 30", "30 April", "the 30th of april"], Date(None, 4, 30)),
        (["May 2024", "May, 2024"], Date(2024, 5)),
        (["2022"], Date(2022)),
        (["1 pm", "1 p.m.", "1:00 PM", "13:00", "1pm"], Time(780)),
        (["1 pm KST", "13:00 KST"], Time(780, "KST")),
        (["midnight", "12 am", "0:00"], Time(0)),
        (["noon", "12 pm"], Time(720)),
        (["11 am ET", "11 am EDT"], Time(660, "ET")),
    ],
)
def test_notations_of_one_value_are_read_alike(texts: list[str], value: object) -> None:
    for text in texts:
        assert values(text) == [value], text
        assert values(f"({text})") == [value], text


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("eleven", 11),
        ("Twenty-one", 21),
        ("one hundred and five", 105),
        ("two thousand three hundred", 2300),
        ("three million two hundred thousand", 3_200_000),
    ],
)
def test_numbers_in_words(text: str, amount: int) -> None:
    assert values(text) == [Number(Decimal(amount), spelled=True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nothing tenfold", ["nothing", "tenfold"]),
        ("no one", ["no", Number(Decimal(1), spelled=True)]),
        ("the number of tracks", ["number", "of", "tracks"]),
        ("RM’s Hong Kong-based", ["rm", "hong", "kong", "based"]),
        ("BTS’ hasn't hasn’t", ["bts", "hasnt", "hasnt"]),
        ("Beyoncé BEYONCE", ["beyonce", "beyonce"]),
        ("東京 は", ["東", "京", "は"]),
        ("#ComeBacktoMe", ["comebacktome"]),
        ("99/99/2024", [Number(Decimal(99)), Number(Decimal(99)), Date(2024)]),
        # Month and day can't be told apart, so it is no date of which one could be guessed.
        ("05/10/2024", [Number(Decimal(5)), Number(Decimal(10)), Date(2024)]),
        ("राम रीमा", ["राम", "रीमा"]),
        ("ガ カ", ["ガ", "カ"]),
        ("300m 10k", [Number(Decimal(300)), "m", Number(Decimal(10)), "k"]),
        ("$3m €10k", [Number(Decimal(3_000_000), "$"), Number(Decimal(10_000), "€")]),
        ("8bn 2M", [Number(Decimal(8 * 10**9)), Number(Decimal(2_000_000))]),
        ("−5 or -5.5", [Number(Decimal(-5)), "or", Number(Decimal("-5.5"))]),
        ("-$3 (-7%)", [Number(Decimal(-3), "$"), Number(Decimal(-7), "%")]),
        (
            "10-12, 3 -5, x-2",
            [*(Number(Decimal(n)) for n in (10, 12, 3, 5)), "x", Number(Decimal(2))],
        ),
        ("- 4 –6 -", [Number(Decimal(4)), Number(Decimal(6))]),
        ("L’Italie d'Artagnan qu'une", ["italie", "artagnan", "une"]),
        ("aujourd'hui rock'n'roll I'd", ["aujourdhui", "rocknroll", "id"]),
        # As front matter and databases have it.
        ("2024-05-03T10:00:00Z", [Date(2024, 5, 3), Time(600)]),
        ("2024-05-03T10:00:00.25+02:00", [Date(2024, 5, 3), Time(600)]),
        ("on 2024-05-03T18:30, or", ["on", Date(2024, 5, 3), Time(1110), "or"]),
        ("2024-05-03 10:00", [Date(2024, 5, 3), Time(600)]),
        ("2024-05-03T", [Date(2024), Number(Decimal(5)), Number(Decimal(3)), "t"]),
        ("T10:00", ["t10", Number(Decimal(0))]),
        ("", []),
        ("— … !", []),
    ],
)
def test_words_and_traps(text: str, expected: list[object]) -> None:
    assert values(text) == expected


@pytest.mark.parametrize(
    ("gold", "found", "match", "conflict"),
    [
        (Date(None, 5, 24), Date(2024, 5, 24), True, False),
        (Date(2024, 5, 24), Date(None, 5, 24), False, False),
        (Date(2024, 5, 24), Date(2023, 5, 24), False, True),
        (Date(2024), Date(None, 5, 24), False, False),
        (Time(780, "KST"), Time(780), True, False),
        (Time(780, "KST"), Time(780, "ET"), False, True),
        (Time(780), Time(60), False, True),
        (Number(Decimal(11)), Number(Decimal(11), spelled=True), True, False),
        (Number(Decimal(82)), Number(Decimal(82), "%"), False, True),
        (Number(Decimal(2000)), Date(2000), True, False),
        (Date(2000), Number(Decimal(2000)), True, False),
        (Number(Decimal(24)), Date(2024, 5, 24), False, False),
        (Ordinal(1), Number(Decimal(1)), False, False),
    ],
)
def test_matching_and_conflict(gold: object, found: object, match: bool, conflict: bool) -> None:
    assert matches(gold, found) is match  # type: ignore[arg-type]
    assert conflicts(gold, found) is conflict  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "either"),
    [("7:30", True), ("12:00", True), ("07:30", False), ("19:30", False), ("7:30 am", False)],
)
def test_a_time_on_a_dial_is_of_either_half(text: str, either: bool) -> None:
    (time,) = values(text)
    assert isinstance(time, Time)
    assert time.either_half is either


@given(st.text(max_size=200))
def test_tokens_lie_in_order_inside_any_text(text: str) -> None:
    end = 0
    for token in tokenise(text):
        assert end <= token.start < token.end <= len(text)
        end = token.end


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("FİRST", Ordinal(1)),
        ("TWENTY-FİRST", Ordinal(21)),
        ("number sıx", Ordinal(6)),
        ("5 MİLLİON", Number(Decimal(5_000_000))),
        ("NİNE MİLLİON", Number(Decimal(9_000_000), spelled=True)),
        ("APRİL 24", Date(None, 4, 24)),
        ("MİDNİGHT", Time(0)),
    ],
)
def test_a_turkish_i_is_an_i_of_number_words(text: str, value: object) -> None:
    assert values(text) == [value]


WORDS = (
    "first twenty-first number six 5 million 24 april 2024 friday nine midnight 1 pm est % $ no."
).split()


@given(
    st.text(st.characters(categories=("L", "N", "M"))),
    st.lists(
        st.sampled_from(WORDS).flatmap(
            lambda word: st.sampled_from(
                [
                    word.upper(),
                    word.upper().replace("I", "İ"),
                    word.replace("i", "ı"),
                    word.replace("s", "ſ"),
                    word.replace("i", "i\u0307"),
                    word.replace("2", "２").replace("6", "٦"),
                ]
            )
        )
    ),
)
def test_no_letter_or_digit_breaks_reading(text: str, words: list[str]) -> None:
    for written in (text, " ".join(words), f"{text} {' '.join(words)}{text}"):
        for token in tokenise(written):
            assert 0 <= token.start < token.end <= len(written)


@given(st.integers(min_value=0, max_value=10**9))
def test_thousands_separators_change_nothing(amount: int) -> None:
    assert matches(Number(Decimal(amount)), tokenise(f"{amount:,}")[0].value)


@given(st.dates(datetime.date(1000, 1, 1), datetime.date(2999, 12, 31)))
def test_dates_survive_their_notations(date: datetime.date) -> None:
    for form in ("%Y-%m-%d", "%B %d, %Y", "%d %B %Y", "%d %b %Y"):
        assert values(date.strftime(form)) == [Date(date.year, date.month, date.day)]
