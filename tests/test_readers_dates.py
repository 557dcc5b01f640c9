"""A document's date and language."""

from __future__ import annotations

import os
from datetime import datetime

import pytest
from formats import read

from qa.readers import DocumentReader, language
from qa.readers.dates import date_in_name, metadata_date
from qa.types import Document


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("D:20240511103000+02'00'", "2024-05-11"),
        ("2024-05-11T10:00:00Z", "2024-05-11"),
        ("11 May 2024", "2024-05-11"),
        ("31.05.2024", "2024-05-31"),
        ("5/31/2024", "2024-05-31"),
        # Either may be the month.
        ("11.05.2024", None),
        ("2024", None),
        ("2024-05", None),
        ("20241399", None),
        ("1601-01-01T00:00:00Z", None),
        ("", None),
        ("soon", None),
    ],
)
def test_metadata_date(value: str, date: str | None) -> None:
    assert metadata_date(value) == date


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("2024-05-11 notes", "2024-05-11"),
        ("notes_20240511", "2024-05-11"),
        ("minutes 2024.05.11", "2024-05-11"),
        ("IMG_12345678901", None),
        ("2024-13-11", None),
        ("notes", None),
    ],
)
def test_date_in_name(name: str, date: str | None) -> None:
    assert date_in_name(name) == date


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("# Meeting\n\nDate: 4 March 2024\n\nWe met.", "2024-03-04"),
        ("# Meeting\n\n**Author:** Ada\n**Date:** 25.12.2024\n\nWe met.", "2024-12-25"),
        ("Meeting\n=======\n_Last updated: Dec 25th, 2024_\n\nWe met.", "2024-12-25"),
        # A sentence, and what doesn't stand at the beginning.
        ("# News\n\nPublished 4 May 2023 in Oslo, the book sold well.", None),
        ("# News\n\nWe met.\n\nDate: 4 March 2024\n", None),
        ("# News\n\n## Minutes\n\nDate: 4 March 2024\n\nWe met.", None),
    ],
)
def test_a_heading_may_stand_above_the_line_that_tells_the_date(
    reader: DocumentReader, text: str, date: str | None
) -> None:
    document = read(reader, "a.md", text)
    assert document.date == date
    assert document.title in {"Meeting", "News"}
    # The line can be quoted.
    assert document.text.startswith(text[:7])


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("Osk, 3 May 2024\n\nDear Ada,\n\nthank you.", "2024-05-03"),
        (
            "# Osk School\n\n**Trip to Lund: 26 June 2025**\n\n2 June 2025\n\nDear all,\n",
            "2025-06-02",
        ),
        (
            "THE COURIER\nSaturday 14 October 2023\n\nBy Ada Rehn and B. Holt\n\nIt rains.",
            "2023-10-14",
        ),
        ("OSK COUNCIL\n\nMinutes of the meeting held on Tuesday 14 May 2024 at 7.", "2024-05-14"),
        # The day of what is announced, a diary, a walk, and a date behind the salutation.
        ("Spring fair\n\nSaturday 14 June 2025\n\n11 am to 4 pm", None),
        ("Summer party\n\n14 June 2025\n\nDear all,\n\ncome!", None),
        ("Invoice 12\nDue:\n14 June 2025\n\nDear Ms Holt,\n\nplease pay.", None),
        ("Agenda\n\n1. Minutes of the meeting of 3 April 2024", None),
        ("Agenda\n\nMinutes of the meeting of 3 April 2024", None),
        ("Hamlet\n14 June 2025\nby Ada Rehn", None),
        ("3 May 2024\n\nBy noon it rained.", None),
        ("It takes 10 minutes, as on 14 May 2024.", None),
        ("Dear Ada,\n\n3 May 2024\n\nis the day.", None),
    ],
)
def test_the_date_of_a_letter_an_article_and_minutes(
    reader: DocumentReader, text: str, date: str | None
) -> None:
    document = read(reader, "a.md", text)
    assert document.date == date
    assert document.date_source == (date and "header")
    assert document.body_start == 0


def saved_at(reader: DocumentReader, name: str, content: str, moment: str | float) -> Document:
    """Read a file that was saved then, and look at it again: a time of saving is no content."""
    read(reader, name, content)
    seconds = datetime.fromisoformat(moment).timestamp() if isinstance(moment, str) else moment
    os.utime(reader._folder / name, (seconds, seconds))
    return reader.read(name)


def test_when_a_file_was_saved_is_told_last_and_is_no_date(reader: DocumentReader) -> None:
    document = saved_at(reader, "c.txt", "Rain.", "2024-05-11T12:00")
    assert (document.date, document.date_source, document.saved) == (None, None, "2024-05-11")
    named = saved_at(reader, "2020-01-02 c.txt", "Rain.", "2024-05-11T12:00")
    assert (named.date, named.saved) == ("2020-01-02", None)
    parsed = saved_at(reader, "c.json", '"Rain"', "2024-05-11T12:00")
    assert (parsed.date, parsed.saved) == (None, "2024-05-11")


@pytest.mark.parametrize("unset", [0.0, 1.0, 315_532_800.0])
def test_a_clock_that_was_never_set_tells_nothing(reader: DocumentReader, unset: float) -> None:
    assert saved_at(reader, "d.txt", "Rain.", unset).saved is None


def test_a_date_within_goes_before_one_in_the_name(reader: DocumentReader) -> None:
    inside = read(reader, "2020-01-02 a.txt", "date: 2024-05-11\n\nRain.")
    assert (inside.date, inside.date_source) == ("2024-05-11", "header")
    front = read(reader, "2020-01-02 a.md", "---\ndate: 2024-05-11\n---\nRain.")
    assert (front.date, front.date_source) == ("2024-05-11", "front matter")
    named = read(reader, "2020-01-02 b.txt", "Rain.")
    assert (named.date, named.date_source) == ("2020-01-02", "file name")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The tide rose at noon and fell at six in the evening.", "en"),
        ("Die Katze schläft auf dem Sofa und träumt von Mäusen.", "de"),
        ("Les chats dorment sur le tapis près de la fenêtre ouverte.", "fr"),
        ("El gato duerme en el sofá y sueña con ratones grises.", "es"),
        ("人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心。", "zh"),
        ("すべての人間は、生れながらにして自由であり、かつ平等である。", "ja"),
        ("1 2 3", None),
    ],
)
def test_language(reader: DocumentReader, text: str, expected: str | None) -> None:
    assert read(reader, "language.txt", text).language == expected


def test_no_space_for_the_language_model_is_no_failure(
    reader: DocumentReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(language, "_identifier", full)
    assert read(reader, "a.txt", "The tide rose at noon and fell at six.").language is None
