"""Tables of workbooks and of separated values, each cell with its column's name."""

from __future__ import annotations

import datetime
import io

import files
import openpyxl
import pytest
from formats import read, sentence

from qa.chunks import chunk_document
from qa.errors import DocumentError
from qa.language.sentences import split_sentences
from qa.readers import DocumentReader, sheets
from qa.readers.content import column_names


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
    ("number_format", "shown"),
    [
        ("0.0%", "12.5%"),
        ("0.0%_)", "12.5%"),
        ("0.0%;[Red]-0.0%", "12.5%"),
        ("_(* 0%_)", "12.5%"),
        ("General", "0.125"),
        ('0.000 "% of all"', "0.125"),
        ("0.000\\%", "0.125"),
        ("0.000_%", "0.125"),
    ],
)
def test_a_share_is_shown_as_its_owner_sees_it(
    reader: DocumentReader, number_format: str, shown: str
) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["Region", "Share"], ["North", 0.125]):
        sheet.append(row)
    sheet["B2"].number_format = number_format
    buffer = io.BytesIO()
    book.save(buffer)
    assert read(reader, "a.xlsx", buffer.getvalue()).text.endswith(f"Share: {shown} |")


def test_formulas_without_values_are_told(reader: DocumentReader) -> None:
    sums = [["What", "Sum"], ["Rain", "=1+1"], ["Snow", 3], ["Hail", "=SUM(B2:B3)"]]
    document = read(reader, "a.xlsx", files.workbook(Weather=sums))
    assert document.text == (
        "## Weather\n\n| What: Rain |\n| What: Snow | Sum: 3 |\n| What: Hail |"
    )
    (note,) = document.notes
    assert note.startswith("2 of its formulas have no stored value and weren't read")
    with pytest.raises(DocumentError, match=r"b\.xlsx holds nothing but formulas"):
        read(reader, "b.xlsx", files.workbook(Sums=[["=1+1"]]))


@pytest.mark.parametrize(
    ("cell", "count"),
    [
        (b'<c r="A1" s="1"><f>B1</f><v>2</v></c>', 0),
        (b'<c r="A1" t="str"><f>B1</f><v></v></c>', 0),
        (b'<c r="A1"><f>B1</f><v></v></c>', 1),
        (b'<x:c r="A1"><x:f t="shared" si="0"/></x:c>', 1),
        (b"<c><f>B1</f><v /></c>", 1),
        (b'<c r="A1"/><c r="B1"><v>1</v></c>', 0),
    ],
)
def test_formulas_without_values_are_counted(cell: bytes, count: int) -> None:
    assert len([*sheets._uncomputed(cell)]) == count


@pytest.mark.usefixtures("linear_time")
@pytest.mark.parametrize("unit", [b"<c ", b"<c><f>", b"<c><f ", b"<c><f/> ", b"<c><f/><v> "])
def test_counting_formulas_takes_linear_time(unit: bytes) -> None:
    assert not [*sheets._uncomputed(unit * 50_000)]


def test_times_keep_their_seconds(reader: DocumentReader) -> None:
    times = [datetime.time(12, 30, 45), datetime.time(12, 30), datetime.time(0, 0, 5)]
    days = [datetime.datetime.combine(datetime.date(2024, 5, 11), time) for time in times]
    document = read(reader, "a.xlsx", files.workbook(Times=[times, days]))
    assert document.text == (
        "## Times\n\n| 12:30:45 | 12:30 | 00:00:05 |\n"
        "| 2024-05-11 12:30:45 | 2024-05-11 12:30 | 2024-05-11 00:00:05 |"
    )


def test_hours_beyond_a_day_are_hours(reader: DocumentReader) -> None:
    sums = [datetime.timedelta(hours=37, minutes=30), datetime.timedelta(hours=7, seconds=5)]
    rows = [["Who", "Hours"], ["Ann", sums[0]], ["Bob", sums[1]], ["Cy", -sums[0]]]
    document = read(reader, "a.xlsx", files.workbook(Hours=rows))
    assert document.text == (
        "## Hours\n\n| Who: Ann | Hours: 37:30 |\n| Who: Bob | Hours: 7:00:05 |\n"
        "| Who: Cy | Hours: -37:30 |"
    )


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        pytest.param(
            "Prepared by,Ann Lee/Team,Sales//Item,Price,Stock/Desk,349,12",
            "Prepared by: Ann Lee/Team: Sales/Item: Desk | Price: 349 | Stock: 12",
            id="labels above a table",
        ),
        pytest.param(
            "Item,Price/Desk,349//Who,Phone,Room/Ann,555-1,3",
            "Item: Desk | Price: 349/Who: Ann | Phone: 555-1 | Room: 3",
            id="two tables",
        ),
        pytest.param(
            "Item,Price/Desk,349//What,Sum/Rent,900",
            "Item: Desk | Price: 349/What: Rent | Sum: 900",
            id="as wide as the one above",
        ),
        pytest.param(
            "Item,Price/Desk,349//Lamp,20/Sofa,900//Sum,1269",
            "Item: Desk | Price: 349/Item: Lamp | Price: 20/Item: Sofa | Price: 900/"
            "Item: Sum | Price: 1269",
            id="groups of one table",
        ),
        pytest.param(
            "Item,Colour,Price/Desk,red,5//Sum,,5//Note,checked",
            "Item: Desk | Colour: red | Price: 5/Item: Sum | Price: 5/Note: checked",
            id="a sum and a label",
        ),
        pytest.param(
            "Item,Price//Desk,349//Lamp,20",
            "Item: Desk | Price: 349/Item: Lamp | Price: 20",
            id="a blank row between any two",
        ),
        pytest.param(
            "Name,City,Job//Ann,Paris,Cook/Bob,Rome,Nurse",
            "Name: Ann | City: Paris | Job: Cook/Name: Bob | City: Rome | Job: Nurse",
            id="a blank row below the names",
        ),
        pytest.param(
            "Name,City,Job/Ann,Rome,Cook/Bob,Rome,Nurse//Cy,Oslo,Cook/Di,Bern,Clerk",
            "Name: Ann | City: Rome | Job: Cook/Name: Bob | City: Rome | Job: Nurse/"
            "Cy | Oslo | Cook/Di | Bern | Clerk",
            id="words that may be names",
        ),
        pytest.param(
            "Project,Apollo/Budget,5000/Owner,Ann Lee/Phone,/Due,3 May",
            "Project: Apollo/Budget: 5000/Owner: Ann Lee/Phone/Due: 3 May",
            id="labels of values of many kinds",
        ),
        pytest.param("Team:,Sales/Lead:,Ann", "Team: Sales/Lead: Ann", id="labels with colons"),
        pytest.param("Ann Lee,Paris/Bob Ray,Rome", "Ann Lee | Paris/Bob Ray | Rome", id="a list"),
        pytest.param("Name,City/Ann,Paris", "Name: Ann | City: Paris", id="a table of words"),
        pytest.param("Name/Ann/Bob", "Name: Ann/Name: Bob", id="a single column"),
    ],
)
@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_blocks(reader: DocumentReader, table: str, expected: str, kind: str) -> None:
    rows = [row.split(",") for row in table.split("/")]
    if kind == "xlsx":
        cells = [[int(cell) if cell.isdigit() else cell or None for cell in row] for row in rows]
        document = read(reader, "a.xlsx", files.workbook(Sheet=cells))
    else:
        document = read(reader, "a.csv", table.replace("/", "\n"))
    found = document.text.removeprefix("## Sheet\n\n")
    assert found == "\n".join(f"| {row} |" for row in expected.split("/"))


def test_lines_between_blocks_are_text(reader: DocumentReader) -> None:
    rows = "Sales//Item,Price/Desk,349//Lamp,20//Source: the shop//Counted by hand"
    assert read(reader, "a.csv", rows.replace("/", "\n")).text == (
        "Sales\n\n| Item: Desk | Price: 349 |\n| Item: Lamp | Price: 20 |\n\n"
        "Source: the shop\n\nCounted by hand"
    )


def test_blocks_longer_than_what_is_looked_at(reader: DocumentReader) -> None:
    long = "\n".join(f"Item {number},{number}" for number in range(100))
    text = read(reader, "a.csv", f"What,Sum\n{long}\n\nWho,Phone,Room\nAnn,555-1,3\n").text
    rows = text.split("\n")
    assert rows[0] == "| What: Item 0 | Sum: 0 |"
    assert rows[99:] == [
        "| What: Item 99 | Sum: 99 |",
        "| Who: Ann | Phone: 555-1 | Room: 3 |",
    ]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("e.csv", "1,5;2,3\n2,5;3,3\n", "| 1,5 | 2,3 |\n| 2,5 | 3,3 |"),
        ("f.csv", "Bank of X\n\nDay,Sum\nMon,5\n", "Bank of X\n\n| Day: Mon | Sum: 5 |"),
        ("g.csv", "Land,2021,2022\nChad,1,2\n", "| Land: Chad | 2021: 1 | 2022: 2 |"),
        ("a.csv", 'Name;Note\nAnn;"a; b"\nBob;\n', "| Name: Ann | Note: a; b |\n| Name: Bob |"),
        ("a.tsv", "Name\tAge\nAnn\t34\n", "| Name: Ann | Age: 34 |"),
        ("b.csv", "1,2\n3,4\n", "| 1 | 2 |\n| 3 | 4 |"),
        ("b.csv", "1,2,3\n4,,6\n7,,\n", "| 1 | 2 | 3 |\n| 4 |  | 6 |\n| 7 |"),
        ("h.csv", "a|b,c\n1,2\n", "| a¦b: 1 | c: 2 |"),
        ("c.csv", "only\n", "| only |"),
        ("d.csv", 'Name,Text\nAnn,"two\nlines"\n', "| Name: Ann | Text: two lines |"),
    ],
)  # fmt: skip
def test_values(reader: DocumentReader, name: str, text: str, expected: str) -> None:
    document = read(reader, name, text)
    assert document.text == expected
    assert len(split_sentences(document)) == len(expected.replace("\n\n", "\n").split("\n"))


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("Name,Age/Ann,34", "Name,Age"),
        (",Age/Ann,34", ",Age"),
        ("Name,Name,Name/Ann,34,35", "Name,Name (2),Name (3)"),
        ("Notes,Notes (2),Notes/Ann,34,35", "Notes,Notes (2),Notes (3)"),
        (f"Name,{'a' * 180}/Ann,34", f"Name,{'a' * 100}…"),
        (f"Name,{'how much ' * 20}/Ann,34", f"Name,{'how much ' * 11}…".replace(" …", "…")),
        ("Name,,/Ann,34,x", ""),
        ("1,2/3,4", ""),
        # Years.
        ("Land,2021,2022/Chad,3,4", "Land,2021,2022"),
        ("Land,2023/Chad,3/Mali,5.5", "Land,2023"),
        ("Ann,1999,2024/Bob,1998,2023", ""),
        ("Ann,1999/Bob,34", ""),
        ("Ann,1999/Bob,34/Cy,2001", ""),
        # Odd cells among names.
        ("#,Item,Price/1,Desk,349/2,Shelf,89.50", "#,Item,Price"),
        ("Fund,1-year return/Alpine,4.2%/Baltic,3.1%", "Fund,1-year return"),
        ("Region,Q1,2024 total/North,10,22/South,8,17", "Region,Q1,2024 total"),
        ("Task,2024-01-01,2024-02-01/Roof,5,6", "Task,2024-01-01,2024-02-01"),
        ("Item,Price,0/Desk,3,1/Shelf,4,2", ""),
        ("Full Name,Age/Ann Lee,34/Bob Ray,30", "Full Name,Age"),
        # Rows that come before others like them.
        ("Ann,34,Paris/Bob,41,Rome", ""),
        ("Ann,none,5/Bob,3,6/Cy,2,7", ""),
        ("Ann,2024-05-11/Bob,2024-05-12", ""),
        ("Ada Lind,Paris,Cook/Bob Ray,Rome,Nurse/Cy Moe,Oslo,Cook", ""),
        ("Ann,Paris/Bob,Rome/Cy,Paris", ""),
        ("Tide,the rise and fall of the sea/Ebb,the fall of the tide", ""),
        ("Name,City/Ann,Paris/Bob,Rome", "Name,City"),
        ("Name,Paid By/2 May,Ann Lee/3 May,Bob Ray", "Name,Paid By"),
        ("Name,City/Ann,Paris/Name,City/Bob,Rome", "Name,City"),
        ("Name,City", ""),
    ],
)
def test_column_names(table: str, columns: str) -> None:
    rows = [row.split(",") for row in table.split("/")]
    assert column_names(rows) == tuple(columns.split(",") if columns else ())
    assert not column_names([])


@pytest.mark.usefixtures("linear_time")
@pytest.mark.parametrize("name", ["a", "a" * 200])
def test_numbering_names_takes_linear_time(name: str) -> None:
    assert len({*column_names([[name] * 20_000, ["7"] * 20_000])}) == 20_000


def test_rows_stay_whole_in_chunks(reader: DocumentReader) -> None:
    rows = [["Name", "Age"], *([f"Person {number}", number] for number in range(200))]
    document = read(reader, "long.xlsx", files.workbook(People=rows))
    sentences = split_sentences(document)
    assert len(sentences) == 201
    chunks = chunk_document(document, sentences, 400)
    assert all(chunk.end - chunk.start <= 400 for chunk in chunks)
    assert sum(len(chunk.sentences) for chunk in chunks) == 201
