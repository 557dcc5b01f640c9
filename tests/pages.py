"""HTML as a browser would see it, and a document to show in it."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import HealthCheck, settings

from qa.types import (
    Document,
)

# A busy machine is slow, not wrong.
PATIENTLY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

ALLOWED = {
    *("article", "button", "circle", "details", "div", "footer", "h1", "h2", "h3", "header"),
    *("li", "mark", "ol", "p", "path", "rect", "s", "section", "span", "summary", "svg", "time"),
    *("strong", "ul", "wbr"),
}
DANGEROUS_ATTRIBUTES = {"href", "src", "srcset", "style", "action", "formaction", "srcdoc"}


class Page(HTMLParser):
    """The elements and the text of a piece of HTML, as a browser would see them."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.marked: list[str] = []
        self._open: list[str] = []
        self.feed(str(html))
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        # A field has no end, nor has a place where a line may break.
        if tag not in ("input", "wbr"):
            self._open.append(tag)
        if tag == "mark":
            self.marked.append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if "mark" in self._open:
            self.marked[-1] += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def attributes(self, name: str) -> list[str | None]:
        return [attributes[name] for _, attributes in self.elements if name in attributes]

    def of_class(self, name: str) -> list[dict[str, str | None]]:
        return [
            attributes
            for _, attributes in self.elements
            if name in (attributes.get("class") or "").split()
        ]

    def assert_harmless(self) -> None:
        for tag, attributes in self.elements:
            assert tag in ALLOWED
            assert not DANGEROUS_ATTRIBUTES & attributes.keys()
            assert not any(name.startswith("on") for name in attributes)


TEXT = "Tides\n\nThe tide rose by 12 cm. Nobody saw it. The tide rose by 12 cm.\n\nThe end."
FIRST, SECOND = "The tide rose by 12 cm.", "Nobody saw it."
ONE = (TEXT.rindex(FIRST), TEXT.rindex(FIRST) + len(FIRST))
TWO = (TEXT.index(SECOND), TEXT.index(SECOND) + len(SECOND))
EARLIER = (TEXT.index(FIRST), TEXT.index(FIRST) + len(FIRST))
DOCUMENT = Document("sea/tides.txt", "Tides", TEXT, "2024-05-01", "0" * 64)
