"""Titles that files give themselves."""

from __future__ import annotations

import pytest

from qa.readers.titles import metadata_title, title_of_body


@pytest.mark.parametrize(
    ("title", "read"),
    [
        ("Tide report", "Tide report"),
        ("Presentation of the tides", "Presentation of the tides"),
        ("Untitledness", "Untitledness"),
        ("Book 1984", "Book 1984"),
        # What programs write where nobody gave one.
        ("PowerPoint Presentation", None),
        ("PowerPoint-Presentation", None),
        ("Word Document", None),
        ("Document1", None),
        ("Presentation 2", None),
        ("(anonymous)", None),
        ("untitled", None),
        ("Untitled 3", None),
        ("Microsoft Word - tides.doc", None),
        ("tides.tex", None),
        (" ", None),
    ],
)
def test_a_title_that_a_program_made_up_is_none(title: str, read: str | None) -> None:
    assert metadata_title(title) == read


def test_badges_beside_a_heading_are_no_part_of_the_title() -> None:
    badge = "[![build](https://example.org/" + "x" * 300 + ".svg)](https://example.org)"
    assert title_of_body(f"# Tides {badge} {badge}\n\nText.", markdown=True) == "Tides"
    # A logo alone may be one.
    assert title_of_body(f"# {badge}\n\nText.\n\n# Tides\n", markdown=True) == "build"
