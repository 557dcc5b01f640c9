"""What holds of every format, and the formats that are text."""

from __future__ import annotations

from pathlib import Path

import files
import pytest
from formats import about, read, sentence
from hypothesis import given
from hypothesis import strategies as st

from qa.documents import FORMATS, canonical_text
from qa.language.sentences import split_sentences
from qa.readers import DocumentReader, text
from qa.readers.content import TextWriter
from qa.readers.worker import PARSERS


def test_every_format_is_read_and_citable(reader: DocumentReader) -> None:
    samples = files.of_every_format()
    assert {FORMATS[Path(name).suffix] for name in samples} == set(FORMATS.values())
    for name, data in samples.items():
        document = read(reader, name, data)
        assert document.format == FORMATS[Path(name).suffix]
        found = sentence(document, "Rain fell in Ghent on the third day.")
        assert document.text[found.start : found.end] == found.text
        assert document.title
        assert not document.notes


def test_formats_that_need_a_parser_have_one() -> None:
    assert set(PARSERS) == set(FORMATS.values())


@given(
    st.lists(st.text(st.sampled_from("a \n\t\u0301\u200d\ufe00❤|#-`1."), max_size=8), max_size=8)
)
def test_written_blocks_are_canonical_together(blocks: list[str]) -> None:
    writer = TextWriter("a.x")
    writer.paragraph("begin")
    for number, block in enumerate(blocks):
        if number % 3 == 0:
            writer.page()
        (writer.paragraph, writer.item, writer.verbatim, lambda text: writer.row([text, text]))[
            number % 4
        ](block)
    text = writer.text()
    assert canonical_text(text) == text
    assert len(writer) == len(text)
    for start in writer.page_starts():
        assert start == len(text) or text[start - 2 : start] == "\n\n"


# --- Text formats ------------------------------------------------------------------


def test_restructured_text(reader: DocumentReader) -> None:
    document = read(
        reader,
        "a.rst",
        "=====\nTides\n=====\n\n:date: 2024-05-11\n\nSee `the map <http://x>`_ of :ref:`Ghent`.\n\n"
        "Springs\n~~~~~~~\n\n.. _label:\n\nThe water rose.\n",
    )
    assert about(document) == ("Tides", "2024-05-11", "header")
    assert "See the map of Ghent." in document.text
    assert "_label" not in document.text
    assert sentence(document, "The water rose.").heading == "Springs"


@pytest.mark.usefixtures("linear_time")
@pytest.mark.parametrize("unit", [":a", ":a:", "`a", "`a <", ":a:`b"])
def test_restructured_text_takes_linear_time(unit: str) -> None:
    assert text.read((unit * 50_000 + " x").encode(), "a.rst").text


def test_source_code_is_cut_between_definitions(reader: DocumentReader) -> None:
    code = (
        "# no heading\nimport os\n\n\ndef rain(day):\n    # count it\n\n    return 1\n\n\nX = 2\n"
    )
    document = read(reader, "a.py", code)
    assert document.text == code
    assert (document.title, document.language) == ("a.py", None)
    found = split_sentences(document)
    assert [one.text for one in found] == [
        "# no heading\nimport os",
        "def rain(day):\n    # count it\n\n    return 1",
        "X = 2",
    ]
    assert found[1].heading == "def rain(day):"
    assert not any(one.is_heading for one in found)
