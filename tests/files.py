"""Small documents of every format, written by hand or by the libraries that write them."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence

import docx
import openpyxl
import pptx

Line = tuple[int, int, int, str]
"""Left and bottom in points, size, words."""


def pdf(pages: Sequence[Sequence[Line]], information: str = "") -> bytes:
    """A PDF of lines of Helvetica."""
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, lines in enumerate(pages):
        stream = "".join(
            f"BT /F1 {size} Tf {left} {bottom} Td ({words}) Tj ET\n"
            for left, bottom, size, words in lines
        ).encode("cp1252")
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources "
            b"<< /Font << /F1 3 0 R >> >> /Contents %d 0 R >>" % (5 + 2 * number),
            b"<< /Length %d >>\nstream\n%sendstream" % (len(stream), stream),
        ]
    objects.append(f"<< {information} >>".encode())
    return pdf_of_objects(objects, f"/Root 1 0 R /Info {len(objects)} 0 R")


def pdf_of_objects(objects: Sequence[bytes], trailer: str) -> bytes:
    """A PDF of objects numbered from 1."""
    data = b"%PDF-1.4\n"
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return (
        data
        + b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
        + f"trailer\n<< /Size {len(objects) + 1} {trailer} >>\n".encode()
        + b"startxref\n%d\n%%%%EOF\n" % len(data)
    )


def zipped(members: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive of these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def word(fill: Callable[[docx.document.Document], None]) -> bytes:
    """A Word document."""
    document = docx.Document()
    fill(document)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def slides(*slides: tuple[str, str, str]) -> bytes:
    """A presentation; each slide a title, a body and the speaker's notes."""
    presentation = pptx.Presentation()
    for title, body, notes in slides:
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = body
        slide.notes_slide.notes_text_frame.text = notes
    buffer = io.BytesIO()
    presentation.save(buffer)
    return buffer.getvalue()


def workbook(**sheets: Sequence[Sequence[object]]) -> bytes:
    """A workbook; each sheet a list of rows."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def book(
    chapters: Mapping[str, str | bytes], title: str = "The Book", date: str = "2020-01-02"
) -> bytes:
    """An EPUB whose reading order is that of `chapters`."""
    items = "".join(
        f'<item id="c{number}" href="{name}" media-type="application/xhtml+xml"/>'
        for number, name in reversed(list(enumerate(chapters)))
    )
    order = "".join(f'<itemref idref="c{number}"/>' for number in range(len(chapters)))
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:'
            'container"><rootfiles><rootfile full-path="O/c.opf"/></rootfiles></container>',
            "O/c.opf": '<package xmlns="http://www.idpf.org/2007/opf" '
            f'xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>{title}</dc:title>'
            f"<dc:date>{date}</dc:date></metadata><manifest>{items}</manifest>"
            f"<spine>{order}</spine></package>",
            **{f"O/{name}": text for name, text in chapters.items()},
        }
    )


def of_every_format() -> dict[str, bytes]:
    """One small file of each format, each about the rain in Ghent."""
    said = "Rain fell in Ghent on the third day."

    def fill(document: docx.document.Document) -> None:
        document.add_heading("Rain", 1)
        document.add_paragraph(said)

    return {
        "a.txt": said.encode(),
        "a.md": f"# Rain\n\n{said}\n".encode(),
        "a.rst": f"Rain\n====\n\n{said}\n".encode(),
        "a.html": f"<h1>Rain</h1><p>{said}</p>".encode(),
        "a.pdf": pdf([[(50, 800, 12, said)]]),
        "a.docx": word(fill),
        "a.pptx": slides(("Rain", said, "")),
        "a.xlsx": workbook(Rain=[["What", "Where"], [said, "Ghent"]]),
        "a.csv": f"What,Where\n{said},Ghent\n".encode(),
        "a.epub": book({"a.xhtml": f"<html><body><p>{said}</p></body></html>"}),
        "a.eml": f"Subject: Rain\nFrom: Ann <ann@x.y>\n\n{said}\n".encode(),
        "a.mbox": f"From x\nSubject: Rain\n\n{said}\n".encode(),
        "a.json": json.dumps({"what": said}).encode(),
        "a.jsonl": (json.dumps({"what": said}) + "\n").encode(),
        "a.py": f'"""{said}"""\n'.encode(),
    }
