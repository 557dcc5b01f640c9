"""Pages of the web: their structure, tables, encoding and dates."""

from __future__ import annotations

import pytest
from formats import about, read, sentence

from qa.readers import DocumentReader
from qa.readers.content import TextWriter
from qa.readers.html import parse, write_html


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
    assert about(document) == ("Rain in May", "2024-05-11", "metadata")
    assert sentence(document, "Ann").text == "| Name: Ann | Age: 34 |"


@pytest.mark.parametrize(
    ("page", "text"),
    [
        pytest.param(
            "<table><tr><th rowspan=2>Town<th colspan=2>Price<tr><th>2023<th>2024"
            "<tr><td rowspan=2>Oslo<td>30<td>31<tr><td colspan=999999999999>unknown</table>",
            "| Town: Oslo | Price 2023: 30 | Price 2024: 31 |\n"
            "| Town: Oslo | Price 2023: unknown |",
            id="cells stay below their columns",
        ),
        pytest.param(
            "<table><tr><th>What<th>How <i>much</i><tr><td>H<sub>2</sub>O<td>1<b>2</b>5<br>g"
            "<tr><td><p>Salt</p>and<div>sugar</div>too<td>3</table><h2>E=mc<sup>2</sup></h2>",
            "| What: H2O | How much: 125 g |\n| What: Salt and sugar too | How much: 3 |"
            "\n\n## E=mc^2",
            id="blanks where they are seen",
        ),
        pytest.param(
            "<p>10<sup>6</sup> or 10<sup>-6 </sup>g, x<sup><i>n</i>+1</sup>, Ca<sup>2+</sup>, on "
            "the 1<sup>st</sup>, <a href=x>5 m<sup>2</sup></a>, so<sup><a href=#n>1</a></sup> and "
            "so<a href=#n><sup>2</sup></a>, as<sup>[3]</sup>, y <sup>4</sup>",
            "10^6 or 10^-6 g, x^(n+1), Ca^2+, on the 1st, 5 m^2, so and so, as[3], y 4",
            id="powers, but no ordinals and notes",
        ),
        pytest.param(
            "<p>in 1201<sup><a href='#n'>3</a>, <a href='#m'>*</a></sup>, with 240<sup class=r>"
            "<a href='#c'>[1]</a></sup> berths and a keeper<a role=doc-noteref href=n.html>1</a>."
            " See <a href='#top'>1</a> and the 2<sup><a href='#law'>nd law</a></sup>.",
            "in 1201, with 240 berths and a keeper. See 1 and the 2nd law.",
            id="marks that lead to notes",
        ),
        pytest.param(
            "<dl><dt>Captain<dd>Nils Berg<dt>Is it over?<dd><p>No.</p><p>Not yet.</p><dt>Mate"
            "<dt>Cook<dd>Ada<dt>Smith</dl><dt>Berth<dd>3<dt>Oar",
            "Captain: Nils Berg\n\nIs it over? No.\n\nNot yet.\n\nMate, Cook: Ada\n\nSmith\n\n"
            "Berth: 3\n\nOar",
            id="terms with what they mean",
        ),
        pytest.param(
            "<p>It costs <del>15</del> <s>14</s> <ins>13</ins> euros<b style='Display: none'>!</b>"
            "<i style='color:red;visibility:hidden'>?</i>.",
            "It costs 13 euros.",
            id="what is struck out or not shown",
        ),
        pytest.param(
            "<pre>alpha<br>  <b>beta</b>\n<i>gamma</i></pre>",
            "```\nalpha\n  beta\ngamma\n```",
            id="breaks within lines as they stand",
        ),
        pytest.param(
            "<body><p>Rain fell.</p><main><script>x</script> </main>",
            "Rain fell.",
            id="a main part without text",
        ),
        pytest.param(
            "<body><div><p>The price is 40 euros a month, to be paid in advance.</div>"
            "<main><p>Loading.</main>",
            "The price is 40 euros a month, to be paid in advance.\n\nLoading.",
            id="a main part that says less than the page beside it",
        ),
        pytest.param(
            "<body><div><a href=x>Home</a> <a href=y>All articles</a> <a href=z>Write to us</a>"
            "</div><main><p>Rain fell.</p></main><div>Terms</div>",
            "Rain fell.",
            id="a main part that says more than the menus beside it",
        ),
        pytest.param(
            "<body><p>Rain fell.</p><aside>See: <a href=x>Read this too!</a></aside>",
            "Rain fell.",
            id="links aside of a page",
        ),
        pytest.param(
            "<body><p>Rain fell.</p><aside>It fell for 40 days. <a href=x>More</a></aside>",
            "Rain fell.\n\nIt fell for 40 days. More",
            id="what is told aside of a page",
        ),
        pytest.param(
            "<body><form><h2><button>Is it over?</button></h2>"
            "<p>No, say bakers, it is far from over.</p><button>Send</button></form>",
            "## Is it over?\n\nNo, say bakers, it is far from over.",
            id="a page within a form, with headings that fold",
        ),
        pytest.param(
            "<body><p>Bread is dear this year.</p><form><p>Write to us.</p></form>",
            "Bread is dear this year.",
            id="a form beside the text",
        ),
    ],
)
def test_what_is_text_of_a_page(reader: DocumentReader, page: str, text: str) -> None:
    assert read(reader, "a.html", page).text == text


def test_links_from_headings_to_themselves_are_no_part_of_them(reader: DocumentReader) -> None:
    page = (
        "<h1>Tides<a class='headerlink' href='#tides'>¶</a></h1>"
        "<h2>C#<span><a href='#c'>\t#\u00a0</a></span></h2><p>See <a href='#c'>§</a> 2 and"
        " <a href='/c#d'>#</a>.</p>"
    )
    document = read(reader, "a.html", page.encode())
    assert document.title == "Tides"
    assert document.text == "# Tides\n\n## C#\n\nSee § 2 and #."


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        (
            "<mi>E</mi> <mo>=</mo>\n <mi>m</mi><msup><mi>c</mi><mn>2</mn></msup>",
            "E=mc^2",
        ),
        (
            "<mi>x</mi><mo>=</mo><mfrac><mrow><mo>−</mo><mi>b</mi><mo>±</mo><msqrt><msup><mi>b</mi>"
            "<mn>2</mn></msup><mo>−</mo><mn>4</mn><mi>a</mi><mi>c</mi></msqrt></mrow><mrow><mn>2"
            "</mn><mi>a</mi></mrow></mfrac>",
            "x=(−b±√(b^2−4ac))/(2a)",
        ),
        (
            "<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi>"
            "</munderover><msub><mi>x</mi><mi>i</mi></msub><mtext> if </mtext><mi>sin</mi><mo>"
            "&ApplyFunction;</mo><mi>x</mi>",
            "∑_(i=1)^n x_i if sin x",
        ),
        ("<mroot><mi>x</mi><mn>3</mn></mroot><mtable><mtr><mtd>1<mtd>2</mtable>", "x^(1/3) 1 2"),
        (
            "<semantics><mi>A</mi><annotation encoding='application/x-tex'>A=\\pi r^2"
            "</annotation></semantics>",
            "A=\\pi r^2",
        ),
    ],
)
def test_formulas_are_written_in_a_line(reader: DocumentReader, inner: str, text: str) -> None:
    math = f"<math>{inner}</math>"
    page = f"<p>Here {math}.<h2>On {math}!</h2><table><tr><th>A<th>B<tr><td>Law<td>7 {math}</table>"
    assert read(reader, "a.html", page).text.split("\n\n") == [
        f"Here {text}.",
        f"## On {text}!",
        f"| A: Law | B: 7 {text} |",
    ]


def test_a_formula_may_say_in_words_what_it_is(reader: DocumentReader) -> None:
    page = "<p>Here<math display=block alttext='A=\\pi r^2'><mi>A</mi></math>holds."
    assert read(reader, "a.html", page).text == "Here A=\\pi r^2 holds."


@pytest.mark.usefixtures("linear_time")
@pytest.mark.parametrize("unit", ["<msup>", "<msqrt>", "<mfrac><mi>", "<math><mi>x</mi></math>"])
def test_formulas_take_linear_time(unit: str) -> None:
    writer = TextWriter("a.html")
    write_html(parse(f"<p>Rain.<math>{unit * 20_000}x"), writer)
    assert writer.text().startswith("Rain.")


@pytest.mark.parametrize(
    "start",
    [
        '<?xml version="1.0"?><html>',
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN"><html>',
        '<html lang="en" xmlns="http://www.w3.org/1999/xhtml">',
    ],
)
def test_an_element_closed_at_once_holds_nothing_in_xhtml(
    reader: DocumentReader, start: str
) -> None:
    page = (
        f'{start}<head><title/><script src="a/>.js" /><meta name="x"/></head><body><!-- <p/> -->'
        '<textarea/><p>Rain<br/>fell<a id="b"/> in <i>Ghent</i>: 5 &lt;b/> 3.</p></body></html>'
    )
    assert read(reader, "a.xhtml", page).text == "Rain\nfell in Ghent: 5 <b/> 3."


def test_closing_elements_takes_linear_time() -> None:
    for unit in ("<!--", '<a "', "<a '/", "<a/", "<a" + "b" * 50):
        assert parse('<?xml version="1.0"?>' + unit * 40_000)


def test_web_page_in_an_old_encoding(reader: DocumentReader) -> None:
    text = "<meta charset='windows-1251'><p>Все люди рождаются свободными.</p>"
    document = read(reader, "old.html", text.encode("cp1251"))
    assert document.text == "Все люди рождаются свободными."
    assert document.language == "ru"


@pytest.mark.parametrize(
    ("label", "encoding"),
    [("iso-8859-1", "cp1252"), ("latin1", "cp1252"), ("US-ASCII", "cp1252"), ("latin1", "utf-8"),
     ("iso-8859-9", "cp1254"), ("utf-8", "cp1252"), ("hex", "cp1252"), ("undefined", "utf-8"),
     ("nonsense", "utf-8"), ("utf-8", "utf-8-sig")],
)  # fmt: skip
def test_a_label_means_what_browsers_take_it_for(
    reader: DocumentReader, label: str, encoding: str
) -> None:
    text = "It’s 5–10 € “a day”."
    page = f"<meta charset={label}><p>{text}</p>".encode(encoding)
    assert read(reader, "a.html", page).text == text
    mail = f"Content-Type: text/plain; charset={label}\nSubject: Rain\n\n".encode()
    assert text in read(reader, "a.eml", mail + text.encode(encoding)).text


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
