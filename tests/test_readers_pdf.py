"""PDF: paragraphs, headings and sentences put together from lines at places."""

from __future__ import annotations

import files
import pytest
from formats import read, sentence

from qa.errors import DocumentError
from qa.language.sentences import split_sentences
from qa.readers import DocumentReader


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


def test_what_is_raised_in_a_pdf_changes_no_number_and_ends_no_line(
    reader: DocumentReader,
) -> None:
    # Helvetica's figures are .556 of its size wide, blanks and full stops .278.
    page = [
        (50, 700, 12, "10"),
        (63.4, 705, 8, "6"),
        (67.9, 700, 12, " 1999."),
        (101.3, 705, 8, "12"),
        (110.2, 700, 12, " 30 km"),
        (146.2, 705, 8, "2"),
        (50, 685, 12, "and 4"),
        # A smaller figure on the line, and a raised one of the same size, are figures of it.
        (95, 685, 8, "5"),
        (110, 685, 12, "6"),
        (116.7, 690, 12, "7"),
    ]
    text = read(reader, "a.pdf", files.pdf([page])).text
    assert text.splitlines()[0] == "10^6 1999.[12] 30 km^2"
    assert "^" not in text.split("km^2")[1]
    assert text.split("km^2")[1].split()[:2] == ["and", "4"]


@pytest.mark.parametrize(
    ("pages", "kept"),
    [
        pytest.param(["Annals"] * 5, "Annals", id="a title"),
        pytest.param(["2024-17: Acme and Brown"] * 5, "2024-17: Acme and Brown", id="a contract"),
        pytest.param(
            [f"Acme and Brown, page {page}" for page in (1, 2, 3)],
            "Acme and Brown, page 3",
            id="with a page's number",
        ),
        pytest.param([f"Annals 2024 - {page}" for page in range(17, 22)], "", id="a page's number"),
        pytest.param([f"{page} of 5" for page in range(1, 6)], "", id="out of all"),
        pytest.param([f"- {page} -" for page in (1, 2, 3, 1, 2, 3, 4)], "", id="begun anew"),
        pytest.param(["Cover", "2", "3", "4"], "Cover", id="a page without"),
        pytest.param(["In all: 7 EUR", "In all: 9 EUR", "In all: 4 EUR"], "all", id="amounts"),
        pytest.param([f"In all: {page}.50 EUR" for page in (3, 4, 7)], "all", id="almost counted"),
        pytest.param([f"Month {page} of 2024" for page in range(1, 6)], "all", id="months"),
    ],
)
def test_pdf_running_lines_differ_in_the_page_number_only(
    reader: DocumentReader, pages: list[str], kept: str
) -> None:
    words = "one two three four five six seven".split()
    lines = [
        [(50, 760, 12, f"Part {word} is here."), (50, 30, 10, foot)]
        for word, foot in zip(words, pages, strict=False)
    ]
    text = read(reader, "a.pdf", files.pdf(lines)).text
    assert [part for part in text.split("\n\n") if part in pages] == (
        pages if kept == "all" else [kept] if kept else []
    )
    assert text.count("is here.") == len(pages)


def test_pdf_running_lines_may_tell_the_chapter(reader: DocumentReader) -> None:
    heads = ["Ebb 1", "2 Annals", "Ebb 3", "4 Annals", "Flood at the mill 5", "6 Annals"]
    heads += ["Flood at the mill 7", "8 Annals"]
    words = "one two three four five six seven eight".split()
    pages = [
        [(50, 810, 10, head), (50, 600, 12, f"Tide {word} rose"), (50, 585, 12, f"by {word} cm.")]
        for head, word in zip(heads, words, strict=True)
    ]
    text = read(reader, "a.pdf", files.pdf(pages)).text
    assert [line for line in text.split("\n\n") if "Tide" in line] == [
        f"Tide {word} rose\nby {word} cm." for word in words
    ]
    # What says more than a few words is kept once.
    assert [line for line in text.split("\n\n") if "Tide" not in line] == ["Flood at the mill 7"]


@pytest.mark.parametrize(
    "heads",
    [
        ["Question 1", "Question 2", "Answers"],
        ["Sales in 2019", "Sales in 2020", "Outlook"],
        ["Invoice 1001", "Invoice 1002", "Credit note 1003", "Credit note 1004"],
    ],
)
def test_pdf_numbers_at_the_head_of_few_pages_are_facts(
    reader: DocumentReader, heads: list[str]
) -> None:
    pages = [[(50, 810, 12, head), (50, 600, 12, f"About {head}: so.")] for head in heads]
    text = read(reader, "a.pdf", files.pdf(pages)).text
    assert [part for part in text.split("\n\n") if "so." not in part] == heads


def test_pdf_chapters_are_told_at_one_end_of_the_page_and_in_small_type(
    reader: DocumentReader,
) -> None:
    words = "one two three four five six seven eight".split()
    told = [f"{name} {page}" for page, name in enumerate(["Ebb", "Flood"] * 4, start=1)]
    for size, foot_from in ((20, 9), (10, 5)):
        pages = [
            [
                (50, 810 if page < foot_from else 30, size, head),
                (50, 600, 12, f"Tide {word} rose"),
                (50, 585, 12, f"by {word} cm."),
            ]
            for page, (head, word) in enumerate(zip(told, words, strict=True), start=1)
        ]
        text = read(reader, "a.pdf", files.pdf(pages)).text
        assert all(head in text for head in told)


def test_pdf_sections_of_a_page_each_keep_their_numbers(reader: DocumentReader) -> None:
    words = "Ebb Flood Spring Neap Calm".split()
    for size in (12, 20):
        pages = [
            [(50, 810, size, f"{number} {word}"), (50, 760, 12, f"There is {word.lower()} now.")]
            for number, word in enumerate(words, start=1)
        ]
        text = read(reader, "a.pdf", files.pdf(pages)).text
        assert all(f"{number} {word}" in text for number, word in enumerate(words, start=1))


@pytest.mark.parametrize("box", ["0 0 595 842", "0 9 595 841"])
def test_pdf_running_lines_are_told_by_their_place(reader: DocumentReader, box: str) -> None:
    words = "one two three four".split()
    pages = [
        [
            (50, 820, 9, "Annals"),
            (50, 808, 9, "Board copy"),
            (50, 40, 9, "Confidential"),
            (50, 28, 9, f"Page {page} of 4"),
            (50, 770, 16, f"Chapter {page}"),
            (50, 740, 12, f"Part {word} is here."),
            (50, 400, 12, "The same on each."),
            (50, 200, 12, "So it is."),
        ]
        for page, word in enumerate(words, start=1)
    ]
    data = files.pdf(pages).replace(b"[0 0 595 842]", b"[%s]" % box.encode())
    text = read(reader, "a.pdf", data).text
    assert text == "\n\n".join(
        f"## Chapter {page}\n\nPart {word} is here.\n\nThe same on each.\n\nSo it is."
        for page, word in enumerate(words, start=1)
    ) + ("\n\nAnnals\nBoard copy\nConfidential")


def test_pdf_what_is_said_on_each_page_is_kept_once(reader: DocumentReader) -> None:
    contract = (50, 810, 12, "Contract No. 2024-17 between Acme Ltd and Brown Inc")
    pages = [
        [contract, (50, 700, 12, "Goods are delivered in May and paid")],
        [contract, (50, 700, 12, "within thirty days.")],
        [contract, (50, 700, 12, "The court of Osk is competent.")],
        [(50, 700, 12, "Annex: none.")],
    ]
    document = read(reader, "a.pdf", files.pdf(pages))
    assert document.title == "Goods are delivered in May and paid within thirty days."
    assert [(each.text, each.page) for each in split_sentences(document)] == [
        ("Goods are delivered in May and paid\nwithin thirty days.", 1),
        ("The court of Osk is competent.", 3),
        (contract[3], 3),
        ("Annex: none.", 4),
    ]


FIELDS = {
    "name": "/FT /Tx /V (Jane Doe) /Rect [200 646 400 666]",
    "plate": "/FT /Tx /V (ABC 1234) /Rect [200 596 400 616]",
    "street": "/FT /Tx /V (Quay 7\\rOsk) /Rect [72 520 400 550]",
    "zone": "/FT /Ch /Ff 131072 /Opt [[(n) (North)] [(s) (South)]] /V (s) /I [1] "
    "/Rect [450 596 500 616]",
    "new": "/FT /Btn /AS /Yes /V /Yes /Rect [72 480 82 490]",
    "old": "/FT /Btn /AS /Off /Rect [72 460 82 470]",
    "boat": "/FT /Btn /AS /Off /Rect [138 430 148 440]",
    "none": "/FT /Btn /AS /Yes /V /Yes /Rect [176 430 186 440]",
    "secret": "/FT /Tx /Ff 8192 /V (hidden) /Rect [300 440 400 450]",
    "gone": "/FT /Tx /F 2 /V (hidden) /Rect [300 440 400 450]",
    "empty": "/FT /Tx /V () /Rect [300 440 400 450]",
}
LABELS = [
    (72, 700, 12, "Application for a permit."),
    (72, 650, 12, "Applicant name:"),
    (72, 600, 12, "Licence plate:"),
    (410, 600, 12, "Zone:"),
    (72, 555, 12, "Address"),
    (90, 480, 12, "New permit"),
    (90, 460, 12, "Renewed permit"),
    (72, 430, 12, "For a boat:"),
    (150, 430, 12, "yes"),
    (190, 430, 12, "no"),
]


def form(fields: list[str], catalog: str) -> bytes:
    """A page of labels with these fields on it."""
    first = 6
    numbers = " ".join(f"{first + number} 0 R" for number in range(len(fields)))
    stream = "".join(
        f"BT /F1 {size} Tf {left} {bottom} Td ({words}) Tj ET\n"
        for left, bottom, size, words in LABELS
    )
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {catalog.replace('FIELDS', numbers)} >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R /Resources "
        f"<< /Font << /F1 4 0 R >> >> /Annots [{numbers}] >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        f"<< /Length {len(stream)} >>\nstream\n{stream}endstream",
        *(f"<< /Type /Annot {field} >>" for field in fields),
    ]
    return files.pdf_of_objects([each.encode() for each in objects], "/Root 1 0 R")


WIDGETS = [f"/Subtype /Widget /T ({name}) {told}" for name, told in FIELDS.items()]


def test_pdf_form_is_read_with_what_was_filled_in(reader: DocumentReader) -> None:
    data = form(
        [*WIDGETS, "/Subtype /FreeText /Contents (Urgent!) /Rect [72 400 200 420]"],
        "/AcroForm << /Fields [FIELDS] /NeedAppearances true >>",
    )
    document = read(reader, "a.pdf", data)
    assert [line for line in document.text.splitlines() if line] == [
        "Application for a permit.",
        "Applicant name: Jane Doe",
        "Licence plate: ABC 1234",
        "Zone: South",
        "Address",
        "Quay 7 Osk",
        "[x] New permit",
        "Renewed permit",
        "For a boat: yes",
        "[x] no",
        "Urgent!",
    ]
    assert document.notes == ()


def test_pdf_fields_that_no_form_names_are_read_as_far_as_they_tell(reader: DocumentReader) -> None:
    text = read(reader, "a.pdf", form(WIDGETS, "")).text
    assert "Applicant name: Jane Doe" in text
    assert "hidden" not in text


def test_pdf_list_of_contents_has_an_entry_a_line(reader: DocumentReader) -> None:
    # What is larger is a heading elsewhere.
    page = [
        (50, 760, 24, "Contents"),
        (50, 730, 14, f"1 The tides {'. ' * 40}3"),
        (50, 715, 12, f"1.1 Their height{'.' * 40} 12"),
        (50, 670, 12, f"The tide rose{', and it fell' * 30}."),
    ]
    document = read(reader, "a.pdf", files.pdf([page]))
    assert document.text.startswith(
        "# Contents\n\n1 The tides ..... 3\n\n1.1 Their height ..... 12\n\nThe tide rose, and"
    )
    assert [each.text for each in split_sentences(document)] == document.text.replace(
        "\n\n", "\n"
    ).split("\n")


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


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("founded in 1201^3^ by 240^4^ people", "founded in 1201^3 by 240^4 people"),
        ("a load of 10^6^ t on 304 km^2^.", "a load of 10^6 t on 304 km^2."),
        ("10^-6^ g of Ca^2+^, y^n+1^ and (a+b)^2^", "10^-6 g of Ca^2+, y^(n+1) and (a+b)^2"),
        ("on the 1^st^ of May^TM^*", "on the 1st of MayTM*"),
        ("sold in 1999.^5^ Nobody", "sold in 1999.[5] Nobody"),
        ("the berths^4,5^ and 25%^6^ more", "the berths[4,5] and 25%[6] more"),
        ("^3^See the archive", "3See the archive"),
        ("^3^1999 was dry", "3 1999 was dry"),
        ("x^2^3 and 10^6^", "x^2 3 and 10^6"),
        ("1^1^/2 cups", "1 1/2 cups"),
    ],
)
@pytest.mark.parametrize(
    ("small", "large"),
    [
        pytest.param("/F1 7 Tf 4 Ts", "/F1 12 Tf 0 Ts", id="by rise"),
        pytest.param("/F1 10 Tf 4 Ts", "/F1 12 Tf 0 Ts", id="hardly smaller"),
    ],
)
def test_pdf_superscripts(
    reader: DocumentReader, line: str, shown: str, small: str, large: str
) -> None:
    parts = line.split("^")
    words = "".join(
        f") Tj {small} ({part}) Tj {large} (" if number % 2 else part
        for number, part in enumerate(parts)
    )
    pages = [[(50, 760, 12, "It rained"), (50, 745, 12, words), (50, 730, 12, "and stopped.")]]
    document = read(reader, "a.pdf", files.pdf(pages))
    assert document.text == f"It rained\n{shown}\nand stopped."


def test_pdf_superscripts_of_scaled_type(reader: DocumentReader) -> None:
    words = "10) Tj 7 0 0 7 63.4 764 Tm (6) Tj 12 0 0 12 70 760 Tm (tonnes"
    document = read(reader, "a.pdf", files.pdf([[(0, 0, 1, f") Tj 12 0 0 12 50 760 Tm ({words}")]]))
    assert document.text == "10^6 tonnes"


def test_pdf_lines_beside_one_another_stay_apart(reader: DocumentReader) -> None:
    for left, text in ((75, "as^3"), (200, "as\n\n3")):
        lines = [(50, 700, 12, "Rain"), (62, 640, 12, "as"), (left, 647, 8, "3")]
        assert read(reader, "a.pdf", files.pdf([lines])).text == f"Rain\n\n{text}"


def test_pdf_large_initial_raises_nothing(reader: DocumentReader) -> None:
    lines = [
        (50, 744, 30, "T"),
        (69, 757, 12, "he 9 quick brown foxes"),
        (69, 744, 12, "jumped over 7 dogs"),
        (50, 731, 12, "and were gone."),
    ]
    assert read(reader, "a.pdf", files.pdf([lines])).text == (
        "The 9 quick brown foxes\njumped over 7 dogs\nand were gone."
    )


def test_pdf_of_pictures_says_so(reader: DocumentReader) -> None:
    with pytest.raises(DocumentError, match=r"scan\.pdf holds no text: its 2 pages.*OCR"):
        read(reader, "scan.pdf", files.pdf([[], []]))


def test_pdf_of_pictures_with_a_stamp_says_so(reader: DocumentReader) -> None:
    stamped = [(50, 30, 10, "Scanned by ACME")]
    with pytest.raises(
        DocumentError, match=r"scan\.pdf holds no text: its 6 pages.*the same on each.*OCR"
    ):
        read(reader, "scan.pdf", files.pdf([stamped] * 6))
    document = read(
        reader, "a.pdf", files.pdf([*[stamped] * 6, [(50, 760, 12, "Rain."), *stamped]])
    )
    assert document.text == "Rain.\n\nScanned by ACME"
    (note,) = document.notes
    assert note.startswith("6 of 7 pages hold no text")
