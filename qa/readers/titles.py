"""A title for a text: its heading, its short first line or its first sentence."""

from __future__ import annotations

import re

from qa.documents import plain_line

__all__ = ["metadata_title", "tidy_title", "title_of_body"]

# What programs write where nobody gave a title: their own names, or a file's.
_PROGRAM_TITLE = re.compile(
    r"(?:microsoft \w+ - .*|untitled\b.*|.*\.(?:docx?|tex|indd|pptx?)|\(?anonymous\)?"
    r"|(?:powerpoint[ -]presentation|word document|excel workbook|(?:document|presentation|book"
    r"|slide) ?\d{1,3}))",
    re.IGNORECASE,
)
_LEVEL_ONE_HEADING = re.compile(
    r"^ {0,3}(?:(?P<fence>```+|~~~+)|#[ \t]+(?P<atx>\S.*)|(?P<setext>\S.*)\n=+[ \t]*$)",
    re.MULTILINE,
)
_RULES = re.compile(r"(?:\s*-{3,}[ \t]*\n)++")
_BLANK_LINE = re.compile(r"\n[ \t]*\n|\n?\Z")
_FIRST_SENTENCE = re.compile(
    r".{12,}?(?:[。！？]|\w{2}(?<!\bMr)(?<!\bMrs)(?<!\bDr)(?<!\bSt)[.!?…][\"'”’»)]*"
    r"(?=\s+[^\W\d_a-z]|\s+[\"“‘«(]|\Z))"
)
_MAX_TITLE = 200
_MAX_PARAGRAPH = 2000
_MAX_TITLE_LINE = 120
_MAX_TITLE_SENTENCE = 80


def title_of_body(body: str, *, markdown: bool) -> str | None:
    """Take a title from the text: its heading, its short first line or first sentence."""
    if rules := _RULES.match(body):
        body = body[rules.end() :]
    if markdown and (heading := _first_heading(body)):
        return tidy_title(heading)
    # No farther than a title may reach: a paragraph may be as long as the file.
    blank = _BLANK_LINE.search(body, 0, _MAX_PARAGRAPH)
    paragraph = body[: blank.start() if blank else _MAX_PARAGRAPH].strip()
    lines = paragraph.split("\n")
    alone = len(lines) == 1 or (len(lines) == 2 and re.fullmatch(r"(=+|-{3,})\s*", lines[1]))
    if (
        alone
        and len(lines[0]) <= _MAX_TITLE_LINE
        and len(paragraph) < len(body.strip())
        and not re.search(r"[.!?…:;,。！？、，：；][\"'”’»)」』]*\s*$", lines[0])
    ):
        return tidy_title(lines[0])
    flowing = " ".join(paragraph.split())
    sentence = _FIRST_SENTENCE.match(flowing)
    return tidy_title(sentence.group() if sentence else flowing, _MAX_TITLE_SENTENCE)


def metadata_title(title: str) -> str | None:
    """A title from a file's metadata; None where a program made it up."""
    return None if _PROGRAM_TITLE.fullmatch(title.strip()) else tidy_title(title)


def _first_heading(body: str) -> str | None:
    """Find the first level-one heading of a Markdown text, outside of code."""
    fence = None
    for match in _LEVEL_ONE_HEADING.finditer(body):
        if match["fence"]:
            if fence is None:
                fence = match["fence"]
            elif match["fence"].startswith(fence):
                fence = None
        elif fence is None:
            # No more of it than a title may need; a line may be as long as the file.
            heading = (match["atx"] or match["setext"])[:_MAX_PARAGRAPH]
            if plain_line(heading):
                return heading
    return None


def tidy_title(line: str, limit: int = _MAX_TITLE) -> str | None:
    """Bring a title within a limit, cut between words; None where it has no word."""
    title = plain_line(line[:_MAX_PARAGRAPH])
    if not any(character.isalnum() for character in title):
        return None
    if len(title) <= limit:
        return title
    words = title[:limit].rsplit(" ", 1)[0] if " " in title[:limit] else title[: limit - 1]
    return words.rstrip(" ,;:–—-") + "…"
