"""Every format's structure, title, date and pages, as canonical text with exact places."""

from __future__ import annotations

import datetime
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
import files
import openpyxl
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import given
from hypothesis import strategies as st

from qa.chunks import chunk_document
from qa.documents import FORMATS, canonical_text
from qa.errors import DocumentError
from qa.readers import DocumentReader, language
from qa.readers.content import TextWriter, column_names
from qa.readers.dates import date_in_name, metadata_date
from qa.readers.worker import PARSERS
from qa.sentences import split_sentences
from qa.types import Document, Sentence


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DocumentReader]:
    with DocumentReader(tmp_path_factory.mktemp("formats")) as reader:
        yield reader


def read(reader: DocumentReader, name: str, content: str | bytes) -> Document:
    data = content.encode() if isinstance(content, str) else content
    (reader._folder / name).write_bytes(data)
    document = reader.read(name)
    assert canonical_text(document.text) == document.text
    for sentence in split_sentences(document):
        assert document.text[sentence.start : sentence.end] == sentence.text
    return document


def sentence(document: Document, text: str) -> Sentence:
    (found,) = (one for one in split_sentences(document) if text in one.text)
    return found


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
    assert set(PARSERS) < set(FORMATS.values())


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
    assert (document.title, document.date, document.date_source) == (
        "Tides",
        "2024-05-11",
        "header",
    )
    assert "See the map of Ghent." in document.text
    assert "_label" not in document.text
    assert sentence(document, "The water rose.").heading == "Springs"


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


# --- Pages of the web --------------------------------------------------------------


def test_web_page(reader: DocumentReader) -> None:
    document = read(
        reader,
        "a.html",
        "<html><head><title>Rain - Site</title>"
        '<meta property="article:published_time" content="2024-05-11T10:00:00Z">'
        "<script>var x</script></head><body><nav>Menu</nav><main><h1>Rain in May</h1>"
        "<p>Rain <b>fell</b> all\nday.<br>It was w<i>et</i>.</p><ul><li>One</li><li>Two</li></ul>"
        "<table><tr><th>Name<th>Age</tr><tr><td>Ann<td>34</tr></table>"
        "<pre>x\n  y</pre><div>Loose<div>inner</div>tail</div><p hidden>Secret</p></main>"
        "<footer>Foot</footer></body></html>",
    )
    assert document.text == (
        "# Rain in May\n\nRain fell all day.\nIt was wet.\n\n- One\n- Two\n\n"
        "| Name: Ann | Age: 34 |\n\n```\nx\n  y\n```\n\nLoose\n\ninner\n\ntail"
    )
    assert (document.title, document.date, document.date_source) == (
        "Rain in May",
        "2024-05-11",
        "metadata",
    )
    assert sentence(document, "Ann").text == "| Name: Ann | Age: 34 |"


def test_web_table_cells_stay_below_their_columns(reader: DocumentReader) -> None:
    document = read(
        reader,
        "spans.html",
        "<table><tr><th rowspan=2>Town<th colspan=2>Price<tr><th>2023<th>2024"
        "<tr><td rowspan=2>Oslo<td>30<td>31<tr><td colspan=999999999999>unknown</table>",
    )
    assert document.text == (
        "| Town: Oslo | Price 2023: 30 | Price 2024: 31 |\n| Town: Oslo | Price 2023: unknown |"
    )


def test_web_page_within_a_form_with_folded_headings(reader: DocumentReader) -> None:
    document = read(
        reader,
        "form.html",
        "<body><form><h2><button>Is it over?</button></h2>"
        "<p>No, say bakers, it is far from over.</p><button>Send</button></form>",
    )
    assert document.text == "## Is it over?\n\nNo, say bakers, it is far from over."
    small = "<body><p>Bread is dear this year.</p><form><p>Write to us.</p></form>"
    assert read(reader, "small.html", small).text == "Bread is dear this year."


def test_web_page_in_an_old_encoding(reader: DocumentReader) -> None:
    text = "<meta charset='windows-1251'><p>Все люди рождаются свободными.</p>"
    document = read(reader, "old.html", text.encode("cp1251"))
    assert document.text == "Все люди рождаются свободными."
    assert document.language == "ru"


@pytest.mark.parametrize(
    "data",
    [
        '<script type="application/ld+json">{"datePublished": "2024-05-11"}</script>',
        '<article><time datetime="2024-05-11">May</time></article>',
        '<meta name="DC.Date" content="2024-05-11">',
    ],
)
def test_web_page_date(reader: DocumentReader, data: str) -> None:
    assert read(reader, "date.html", f"<body>{data}<p>Rain.</p>").date == "2024-05-11"


# --- PDF ---------------------------------------------------------------------------


def test_pdf(reader: DocumentReader) -> None:
    pages = [
        [
            (50, 800, 18, "Big Title"),
            (50, 760, 12, "The measure-"),
            (50, 745, 12, "ments were inter-"),
            (50, 730, 12, "esting, and short."),
            (50, 690, 12, "A paragraph of its own."),
            (50, 30, 10, "Annals, page 1"),
        ],
        [(50, 760, 12, "On the second page."), (50, 30, 10, "Annals, page 2")],
        [(50, 760, 12, "On the third page."), (50, 30, 10, "Annals, page 3")],
        [],
    ]
    data = files.pdf(pages, "/Title (Survey) /CreationDate (D:20240511103000Z)")
    document = read(reader, "a.pdf", data)
    assert document.text == (
        "# Big Title\n\nThe measurements were interesting, and short.\n\nA paragraph of its own."
        "\n\nOn the second page.\n\nOn the third page."
    )
    assert (document.title, document.date) == ("Survey", "2024-05-11")
    assert sentence(document, "interesting").heading == "Big Title"
    assert [sentence(document, word).page for word in ("Big", "own", "second", "third")] == [
        1,
        1,
        2,
        3,
    ]
    (note,) = document.notes
    assert "1 of 4 pages" in note
    assert note.endswith(": 4")


def test_pdf_sentence_over_two_pages(reader: DocumentReader) -> None:
    pages = [
        [
            (50, 760, 12, "It rained for days."),
            (50, 745, 12, "Nobody in the valley had seen"),
        ],
        [(50, 760, 12, "such a flood before."), (50, 745, 12, "Then it stopped.")],
        [(50, 760, 12, "The third page begins anew.")],
    ]
    document = read(reader, "flow.pdf", files.pdf(pages))
    assert sentence(document, "valley").text.split() == (
        "Nobody in the valley had seen such a flood before.".split()
    )
    pages_of = [sentence(document, word).page for word in ("rained", "flood", "stopped", "third")]
    assert pages_of == [1, 1, 2, 3]


def test_pdf_sentence_over_two_columns(reader: DocumentReader) -> None:
    left = [(50, 760, 12, "It rained for days."), (50, 745, 12, "Nobody there had ever seen")]
    right = [(320, 760, 12, "such a flood before."), (320, 745, 12, "Then it stopped.")]
    document = read(reader, "columns.pdf", files.pdf([[*left, *right]]))
    assert [" ".join(one.text.split()) for one in split_sentences(document)] == [
        "It rained for days.",
        "Nobody there had ever seen such a flood before.",
        "Then it stopped.",
    ]


def test_pdf_of_pictures_says_so(reader: DocumentReader) -> None:
    with pytest.raises(DocumentError, match=r"scan\.pdf holds no text: its 2 pages.*OCR"):
        read(reader, "scan.pdf", files.pdf([[], []]))


# --- Office ------------------------------------------------------------------------


def test_word_document(reader: DocumentReader) -> None:
    def fill(document: docx.document.Document) -> None:
        document.core_properties.title = "Tide report"
        document.core_properties.created = datetime.datetime(2024, 5, 11)
        document.add_heading("Tides", 1)
        document.add_paragraph("The tide rose. It fell.")
        document.add_paragraph("Buy rope", style="List Bullet")
        table = document.add_table(2, 2)
        for place, value in enumerate(["Name", "Age", "Ann", "34"]):
            table.cell(place // 2, place % 2).text = value
        document.add_heading("Winds", 2)
        document.add_paragraph("It blew.")

    document = read(reader, "a.docx", files.word(fill))
    assert document.text == (
        "# Tides\n\nThe tide rose. It fell.\n\n- Buy rope\n\n| Name: Ann | Age: 34 |\n\n"
        "## Winds\n\nIt blew."
    )
    assert (document.title, document.date) == ("Tide report", "2024-05-11")
    assert sentence(document, "It blew.").heading == "Winds"


def test_word_text_in_tracked_changes_and_content_controls(reader: DocumentReader) -> None:
    def fill(document: docx.document.Document) -> None:
        def element(inner: str) -> Any:
            return parse_xml(inner.replace(" ", f" {nsdecls('w')} ", 1))

        rent = document.add_paragraph("The rent is ")
        run = "<w:r><w:t>950 euros</w:t></w:r>"
        rent._p.append(element(f'<w:ins w:id="1" w:author="A">{run}</w:ins>'))
        gone = "<w:r><w:delText>900</w:delText></w:r>"
        rent._p.append(element(f'<w:del w:id="2" w:author="A">{gone}</w:del>'))
        rent.add_run(", signed in ")
        control = "<w:sdtContent>%s</w:sdtContent>"
        place = control % "<w:r><w:t>Oslo</w:t></w:r>"
        rent._p.append(element(f"<w:sdt >{place}</w:sdt>"))
        whole = control % "<w:p><w:r><w:t>A paragraph in a form.</w:t></w:r></w:p>"
        document.element.body.insert(1, element(f"<w:sdt >{whole}</w:sdt>"))

    document = read(reader, "form.docx", files.word(fill))
    assert document.text == "The rent is 950 euros, signed in Oslo\n\nA paragraph in a form."


def test_word_cells_stay_below_their_columns(reader: DocumentReader) -> None:
    def fill(document: docx.document.Document) -> None:
        table = document.add_table(4, 4)
        values = "Region 2022 2023 Note North 1 2 up South x x none South 5 6 down".split()
        for place, value in enumerate(values):
            table.cell(place // 4, place % 4).text = value
        table.cell(2, 2).text = ""
        table.cell(2, 1).merge(table.cell(2, 2))
        table.cell(3, 0).text = ""
        table.cell(2, 0).merge(table.cell(3, 0))

    document = read(reader, "merged.docx", files.word(fill))
    assert document.text == (
        "| Region: North | 2022: 1 | 2023: 2 | Note: up |\n"
        "| Region: South | 2022: x | Note: none |\n"
        "| Region: South | 2022: 5 | 2023: 6 | Note: down |"
    )


def test_presentation(reader: DocumentReader) -> None:
    data = files.slides(("One", "First.\nSecond.", "Say hello."), ("Two", "Third.", ""))
    document = read(reader, "a.pptx", data)
    assert document.text == "## One\n\n- First.\n- Second.\n\nSay hello.\n\n## Two\n\nThird."
    assert [sentence(document, word).page for word in ("First", "hello", "Third")] == [1, 1, 2]
    assert document.title == "One"


def test_workbook(reader: DocumentReader) -> None:
    data = files.workbook(
        People=[["Name", "Age", "Joined"], ["Ann", 34, datetime.date(2024, 5, 11)], ["Bob", 41.5]],
        Empty=[],
        Raw=[[1, 2], [3, True]],
    )
    document = read(reader, "a.xlsx", data)
    assert document.text == (
        "## People\n\n| Name: Ann | Age: 34 | Joined: 2024-05-11 |\n| Name: Bob | Age: 41.5 |\n\n"
        "## Raw\n\n| 1 | 2 |\n| 3 | TRUE |"
    )
    assert sentence(document, "Bob").text == "| Name: Bob | Age: 41.5 |"
    assert sentence(document, "Bob").heading == "People"


def test_workbook_with_a_title_merged_cells_and_shares(reader: DocumentReader) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    rows = [["Sales, spring"], [], ["Region", "Month", "Share"], ["North", "May", 0.255],
            [None, "June", 0.5], ["South", "May", 3]]  # fmt: skip
    for row in rows:
        sheet.append(row)
    for cell in ("C4", "C5"):
        sheet[cell].number_format = "0.0%"
    sheet.merge_cells("A1:C1")
    sheet.merge_cells("A4:A5")
    buffer = io.BytesIO()
    book.save(buffer)
    document = read(reader, "merged.xlsx", buffer.getvalue())
    assert document.text == (
        "## Sheet\n\nSales, spring\n\n| Region: North | Month: May | Share: 25.5% |\n"
        "| Region: North | Month: June | Share: 50% |\n| Region: South | Month: May | Share: 3 |"
    )


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("e.csv", "1,5;2,3\n2,5;3,3\n", "| 1,5 | 2,3 |\n| 2,5 | 3,3 |"),
        ("f.csv", "Bank of X\n\nDay,Sum\nMon,5\n", "Bank of X\n\n| Day: Mon | Sum: 5 |"),
        ("g.csv", "Land,2021,2022\nChad,1,2\n", "| Land: Chad | 2021: 1 | 2022: 2 |"),
        ("a.csv", 'Name;Note\nAnn;"a; b"\nBob;\n', "| Name: Ann | Note: a; b |\n| Name: Bob |"),
        ("a.tsv", "Name\tAge\nAnn\t34\n", "| Name: Ann | Age: 34 |"),
        ("b.csv", "1,2\n3,4\n", "| 1 | 2 |\n| 3 | 4 |"),
        ("c.csv", "only\n", "| only |"),
        ("d.csv", 'Name,Text\nAnn,"two\nlines"\n', "| Name: Ann | Text: two lines |"),
    ],
)  # fmt: skip
def test_values(reader: DocumentReader, name: str, text: str, expected: str) -> None:
    document = read(reader, name, text)
    assert document.text == expected
    assert len(split_sentences(document)) == len(expected.replace("\n\n", "\n").split("\n"))


@pytest.mark.parametrize(
    ("first", "second", "columns"),
    [
        (["Name", "Age"], ["Ann", "34"], ("Name", "Age")),
        (["", "Age"], ["Ann", "34"], ("", "Age")),
        (["Name", "Name"], ["Ann", "34"], ()),
        (["1", "2"], ["3", "4"], ()),
        (["Name", "a" * 80], ["Ann", "34"], ()),
        (["Name", "", ""], ["Ann", "34", "x"], ()),
        (["Land", "2021", "2022"], ["Chad", "3", "4"], ("Land", "2021", "2022")),
        (["Ann", "1999", "2024"], ["Bob", "1998", "2023"], ()),
        (["Ann", "1999"], ["Bob", "34"], ()),
    ],
)
def test_column_names(first: list[str], second: list[str], columns: tuple[str, ...]) -> None:
    assert column_names(first, second) == columns


# --- Books, mail and data ----------------------------------------------------------


def test_book(reader: DocumentReader) -> None:
    chapters = {
        "b%20c.xhtml": "<html><body><h1>One</h1><p>First.</p></body></html>",
        "a.xhtml": "<html><body><h1>Two</h1><p>Second.</p></body></html>",
    }
    data = files.book({name.replace("%20", " "): text for name, text in chapters.items()})
    document = read(reader, "a.epub", data)
    assert document.text == "# One\n\nFirst.\n\n# Two\n\nSecond."
    assert (document.title, document.date) == ("The Book", "2020-01-02")


def test_message(reader: DocumentReader) -> None:
    document = read(
        reader,
        "a.eml",
        "From: Ann <a@x.y>\nTo: Bob\nSubject: =?utf-8?q?Caf=C3=A9?= plan\n"
        "Date: Sat, 11 May 2024 10:30:00 +0000\nMIME-Version: 1.0\n"
        "Content-Type: multipart/mixed; boundary=B\n\n--B\n"
        "Content-Type: text/html; charset=iso-8859-1\nContent-Transfer-Encoding: base64\n\n"
        "PHA+TGV0IHVzIG1lZXQgYXQgdGhlIGNhZuku\n--B\nContent-Type: application/pdf\n"
        'Content-Disposition: attachment; filename="map.pdf"\n\nabc\n--B--\n',
    )
    assert document.text == (
        "# Café plan\n\nFrom: Ann <a@x.y>\nTo: Bob\nDate: Sat, 11 May 2024 10:30:00 +0000\n\n"
        "Let us meet at the café."
    )
    assert (document.title, document.date, document.date_source) == (
        "Café plan",
        "2024-05-11",
        "header",
    )
    assert document.notes == ("attachments aren't read: map.pdf",)


def test_mailbox(reader: DocumentReader) -> None:
    document = read(
        reader,
        "a.mbox",
        "From a Sat\nSubject: One\n\nFirst.\n\nFrom b Sun\nSubject: Two\n\nSecond.\n>From here.\n"
        "\nFrom now on it is quiet.\n",
    )
    assert document.text == (
        "## One\n\nFirst.\n\n## Two\n\nSecond.\nFrom here.\n\nFrom now on it is quiet."
    )


def test_json(reader: DocumentReader) -> None:
    value = {
        "title": "Box",
        "items": [{"id": 1, "tags": ["a", "b"]}, {"name": "Bob", "text": "Long text. " * 30}],
        "deep": {"x": None},
    }
    document = read(reader, "a.json", json.dumps(value))
    assert document.title == "Box"
    assert "| id: 1 | tags: a; b |" in document.text
    assert "Long text. Long text." in document.text
    assert "| x: null |" in document.text
    assert sentence(document, "id: 1").text == "| id: 1 | tags: a; b |"


def test_json_lines(reader: DocumentReader) -> None:
    document = read(reader, "a.jsonl", '{"id": 1}\nbroken{\n\n{"id": 2}\n')
    assert document.text == "| id: 1 |\n| id: 2 |"
    assert document.notes == ("what isn't JSON wasn't read: line 2",)
    with pytest.raises(DocumentError, match=r"b\.jsonl isn't JSON lines: line 1"):
        read(reader, "b.jsonl", "broken\n")


# --- Dates and languages -----------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("D:20240511103000+02'00'", "2024-05-11"),
        ("2024-05-11T10:00:00Z", "2024-05-11"),
        ("11 May 2024", "2024-05-11"),
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


def test_rows_stay_whole_in_chunks(reader: DocumentReader) -> None:
    rows = [["Name", "Age"], *([f"Person {number}", number] for number in range(200))]
    document = read(reader, "long.xlsx", files.workbook(People=rows))
    sentences = split_sentences(document)
    assert len(sentences) == 201
    chunks = chunk_document(document, sentences, 400)
    assert all(chunk.end - chunk.start <= 400 for chunk in chunks)
    assert sum(len(chunk.sentences) for chunk in chunks) == 201
