"""Word and PowerPoint: structure, tracked changes, tables and notes."""

from __future__ import annotations

import datetime
import io
import zipfile
from typing import Any

import docx
import files
import pptx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from formats import read, sentence

from qa.errors import DocumentError
from qa.readers import DocumentReader


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


@pytest.mark.parametrize(
    ("equation", "shown"),
    [
        ("<m:r><m:t>E=m</m:t></m:r><m:sSup><m:e><m:r><m:t>c</m:t></m:r></m:e>"
         "<m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup>", "E=mc^2"),
        ("<m:f><m:fPr/><m:num><m:r><m:t>1</m:t></m:r></m:num>"
         "<m:den><m:r><m:t>a+b</m:t></m:r></m:den></m:f>", "1/(a+b)"),
        ("<m:rad><m:deg/><m:e><m:r><m:t>x</m:t></m:r></m:e></m:rad>", "√(x)"),
        ('<m:d><m:dPr><m:begChr m:val="["/></m:dPr><m:e><m:r><m:t>x</m:t></m:r></m:e></m:d>',
         "[x)"),
        ('<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr><m:sub><m:r><m:t>i</m:t></m:r></m:sub>'
         "<m:sup/><m:e><m:r><m:t>x</m:t></m:r></m:e></m:nary>", "∑_ix"),
    ],
)  # fmt: skip
def test_word_equations(reader: DocumentReader, equation: str, shown: str) -> None:
    def fill(document: docx.document.Document) -> None:
        paragraph = document.add_paragraph("Here ")
        paragraph._p.append(parse_xml(f"<m:oMath {nsdecls('m')}>{equation}</m:oMath>"))
        paragraph.add_run(" holds.")

    assert read(reader, "a.docx", files.word(fill)).text == f"Here {shown} holds."


def test_word_superscripts(reader: DocumentReader) -> None:
    def fill(document: docx.document.Document) -> None:
        paragraph = document.add_paragraph()
        for text in ("10", "^-", "^6", " g on the 1", "^st", " of 5 m", "^2", " so", "^1"):
            run = paragraph.add_run(text.removeprefix("^"))
            run.font.superscript = text.startswith("^")
        link = parse_xml(f"<w:hyperlink {nsdecls('w')}/>")
        paragraph._p.append(link)
        link.append(run._r)

    assert read(reader, "a.docx", files.word(fill)).text == "10^-6 g on the 1st of 5 m^2 so1"


def test_word_document_with_macros(reader: DocumentReader) -> None:
    data = files.word(lambda document: document.add_paragraph("Rain fell."))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["[Content_Types].xml"] = members["[Content_Types].xml"].replace(
        b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
        b"application/vnd.ms-word.document.macroEnabled.main+xml",
    )
    assert read(reader, "a.docm", files.zipped(members)).text == "Rain fell."
    with pytest.raises(DocumentError, match=r"a\.docx is no Word document but .*spreadsheetml"):
        read(reader, "a.docx", files.workbook(Rain=[["Rain"]]))


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


def test_slides_without_text_are_told(reader: DocumentReader) -> None:
    data = files.slides(("One", "First.", ""), ("", "", ""), ("", "", "Said."), ("", " ", ""))
    document = read(reader, "a.pptx", data)
    assert document.text == "## One\n\nFirst.\n\nSaid."
    assert document.notes == ("2 of 4 slides hold no text (pictures?): 2, 4",)
    with pytest.raises(DocumentError, match=r"b\.pptx holds no text: its 2 slides"):
        read(reader, "b.pptx", files.slides(("", "", ""), ("", "", "")))


def test_a_shape_with_the_number_of_the_title_is_read(reader: DocumentReader) -> None:
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[5])
    slide.shapes.title.text = "Rain"
    box = slide.shapes.add_textbox(0, 0, 100, 100)
    box.text_frame.text = "It fell."
    box.element.nvSpPr.cNvPr.set("id", str(slide.shapes.title.shape_id))
    buffer = io.BytesIO()
    presentation.save(buffer)
    assert read(reader, "a.pptx", buffer.getvalue()).text == "## Rain\n\nIt fell."
