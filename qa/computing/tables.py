"""Whether the table row that answers a question is the right one, and the only one.

A model that reads some rows of a table names one of them. What made it fit stands in its
cells: those whose values the question names. Code finds every row with the same values,
so that an answer from a table is complete, and a row that fits better, so that it is right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from qa.checking.claims import CheckedClaim
from qa.language.alignment import NEGATIONS, content_words, holds, names_and_numbers, words
from qa.language.injection import orders
from qa.language.mentions import speaks_of, stems
from qa.language.units import MEASURES
from qa.types import Passage, Sentence

__all__ = ["all_rows", "cells_of", "fitting_row", "in_unit", "with_unit", "wrong_row"]

# Rows that are listed and quoted at most; nobody wants more in one sentence.
MAX_ROWS = 20
# Words that choose rows by comparing them, which isn't done here.
NARROWING = NEGATIONS | frozenset(
    """
    most least more less fewer first last earlier later before after since until over under above
    below between than only other another both
    """.split()
)
# Words for one row of all. "First" and "last" aren't among them: they begin names, too.
RANKING = frozenset(
    """
    most least fewest highest lowest largest smallest biggest greatest newest oldest youngest
    eldest longest shortest cheapest dearest tallest heaviest lightest fastest slowest latest
    earliest
    """.split()
)
_NO_RANKING = re.compile(
    r"(?i)\bat (?:the )?(?:most|least|latest|earliest|highest|lowest)\b|\bmost of\b"
)
# Letters that a word and a form of it share, and words of a cell that says one thing.
_ALIKE, _SHORT = 3, 3
# Words that don't select rows. Any other word might select them by something that code can't find
# in a cell: "overdue", "has paid", "women".
NEUTRAL = stems(
    """
    lives resides stays comes belongs joined plays costs happens takes place date day month year
    time number kind type person people member entry row record item thing list show
    """
)
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)*")
_UNIT = re.compile(r"[(\[](\S{1,12})[)\]]\Z")
_SIGNS = frozenset("$€£¥₩")
_ROW = re.compile(r"\| (.+) \|")


def cells_of(text: str) -> Mapping[str, str]:
    """Values by column of a table's row as the readers write it; empty for other text."""
    row = _ROW.fullmatch(text.strip())
    named = (cell.partition(": ") for cell in row[1].split(" | ")) if row else ()
    return {column: value for column, colon, value in named if colon}


def all_rows(question: str, claim: CheckedClaim, rows: Iterable[Sentence]) -> CheckedClaim:
    """Complete an answer that one row of a table gave by the other rows that fit.

    Parameters
    ----------
    question : str
    claim : CheckedClaim
        Supported.
    rows : iterable of Sentence
        Of the document that it cites, in order; rows of other tables, which have another heading
        above them, are passed over.

    Returns
    -------
    CheckedClaim
        `claim` itself if it isn't one cell of one row, if the question asks for more than cells
        that it names, or if no other row fits; one that gives orders to a machine never does. If
        more than `MAX_ROWS` fit, its text stays, and its reason says so.
    """
    if len(claim.passages) != 1:
        return claim
    passage = claim.passages[0]
    cells = cells_of(passage.sentence.text)
    asked = next((column for column, value in cells.items() if _same(value, claim.text)), None)
    wanted = {
        column: value
        for column, value in cells.items()
        if column != asked and holds(question, value)
    }
    if asked is None or not wanted or _asks_more(question, passage, asked, wanted):
        return claim
    rows = tuple(rows)
    fitting = {
        row: found[asked]
        for row in rows
        if row.heading == passage.sentence.heading
        and all(value in row.text for value in wanted.values())
        and asked in (found := cells_of(row.text))
        and all(found.get(column) == value for column, value in wanted.items())
    }
    if len(fitting) > 1:
        kept_out = orders(rows) - {passage.sentence}
        fitting = {row: value for row, value in fitting.items() if row not in kept_out}
    values = tuple(dict.fromkeys(fitting.values()))
    if len(values) < 2:
        return claim
    named = ", ".join(f"{column}: {value}" for column, value in wanted.items())
    if len(fitting) > MAX_ROWS:
        reason = f"{claim.reason} It is one of {len(fitting):,} rows that have {named}."
        return replace(claim, reason=reason)
    return replace(
        claim,
        text=("; " if any("," in value for value in values) else ", ").join(values),
        passages=tuple(replace(passage, sentence=row) for row in fitting),
        reason=f"{claim.reason} Each quoted row has {named}.",
    )


def wrong_row(question: str, claim: CheckedClaim, rows: Iterable[Sentence]) -> str:
    """Why the rows that a claim cites aren't those that a question asks for.

    Parameters
    ----------
    question : str
    claim : CheckedClaim
        Supported.
    rows : iterable of Sentence
        Of the document that it cites.

    Returns
    -------
    str
        A sentence; ``""`` where nothing speaks against them.
    """
    cited = [passage for passage in claim.passages if cells_of(passage.sentence.text)]
    if not cited:
        return ""
    if named := _mixed(question, cited):
        return f"Not each row that it is taken from has {named}."
    # "The newest member": one row tells nothing of the others, unless it says so, or is named.
    said = {word.key for passage in cited for word in words(passage.sentence.text)}
    asked = {word.key for word in words(_NO_RANKING.sub(" ", question))}
    called = any(_is_called(question, passage.sentence) for passage in cited)
    if (unsaid := asked & RANKING - said) and not called:
        return f"The quoted row doesn’t say that it is the one: “{min(unsaid)}” compares rows."
    if fitting_row(question, claim, rows) is not None:
        return "Another row of the table speaks of more that the question names."
    return ""


def fitting_row(question: str, claim: CheckedClaim, rows: Iterable[Sentence]) -> Sentence | None:
    """The row that mentions all of a question that the cited one does, and more.

    Asked for the treasurer's number, a small model gives that of any member.

    Parameters
    ----------
    question : str
    claim : CheckedClaim
    rows : iterable of Sentence
        Of the document that it cites, in order.

    Returns
    -------
    Sentence or None
        None where the claim doesn't cite one row alone, or not exactly one other fits better.
    """
    if len(claim.passages) != 1 or not cells_of(claim.passages[0].sentence.text):
        return None
    passage = claim.passages[0]
    cells = cells_of(passage.sentence.text)
    if _is_called(question, passage.sentence):
        return None
    # Words that every row has, or that name the whole table, choose none.
    general = stems(" ".join((passage.title, passage.sentence.heading, *cells)))
    asked = {w.key for w in content_words(question) if not _is_told(w.key, general | NEUTRAL)}
    # A note of the row itself may well say why it is the one.
    own = stems(" ".join(cells.values()))
    held = {word for word in asked if speaks_of(word, own)}
    missing = asked - held
    same = [row for row in rows if missing and row.heading == passage.sentence.heading]
    better = [
        row
        for row in same
        if any(word[:_ALIKE] in row.text.casefold() for word in missing)
        and _spoken(asked, row) > held
        and cells_of(row.text)
    ]
    best = [row for row in better if _spoken(asked, row) >= asked] or better
    return best[0] if len(best) == 1 and best[0] not in orders(same) else None


def _is_called(question: str, row: Sentence) -> bool:
    """Whether a question names a row by one of its cells: "Agnes Holt", "the red mug"."""
    return any(
        not _NUMBER.fullmatch(value) and content_words(value) and holds(question, value)
        for value in cells_of(row.text).values()
    )


def _spoken(asked: Iterable[str], row: Sentence) -> set[str]:
    """Which words a row has in cells that say one thing; a note says too much."""
    cells = (value for value in cells_of(row.text).values() if len(value.split()) <= _SHORT)
    said = frozenset[str]().union(*map(stems, cells))
    return {word for word in asked if speaks_of(word, said)}


def _mixed(question: str, cited: Iterable[Passage]) -> str | None:
    """Find a value that a question names, which some cited rows have and others contradict.

    Asked for the furniture, a small model lists who sold the table, and the grocer of the next
    row too.

    Returns
    -------
    str or None
        A cell, "Category: Furniture", that some cited rows have and others have otherwise; None
        where there is none, or the question compares rows.
    """
    rows = [cells_of(passage.sentence.text) for passage in cited]
    if len(rows) < 2 or any(word.key in NARROWING for word in words(question)):
        return None
    for column in dict.fromkeys(column for cells in rows for column in cells):
        values = {cells[column] for cells in rows if column in cells}
        named = {value for value in values if content_words(value) and holds(question, value)}
        if named and named < values:
            return f"{column}: {sorted(named)[0]}"
    return None


def with_unit(claim: CheckedClaim) -> CheckedClaim:
    """Add the unit to a number, if the name of its column has it: "Amount (£)".

    Parameters
    ----------
    claim : CheckedClaim
        Supported.

    Returns
    -------
    CheckedClaim
        `claim` itself where it isn't the number of one cell alone.
    """
    if len(claim.passages) != 1 or not _NUMBER.fullmatch(claim.text):
        return claim
    cells = cells_of(claim.passages[0].sentence.text)
    columns = [column for column, value in cells.items() if value == claim.text]
    found = _UNIT.search(columns[0]) if len(columns) == 1 else None
    if found is None:
        return claim
    unit = found[1]
    known = unit.casefold() in MEASURES | {"%", *_SIGNS} or (len(unit) == 3 and unit.isupper())
    return replace(claim, text=in_unit(claim.text, unit)) if known else claim


def in_unit(figure: str, unit: str) -> str:
    """A figure with its unit where people write it: "-$6", "40 kg"."""
    if unit in _SIGNS:
        sign = figure[: len(figure) - len(figure.lstrip("-−"))]
        return f"{sign}{unit}{figure[len(sign) :]}"
    return f"{figure}{' ' if unit else ''}{unit}"


def _asks_more(question: str, passage: Passage, asked: str, wanted: Mapping[str, str]) -> bool:
    """Whether a question narrows its rows by more than the values that it names."""
    told = " ".join((asked, *wanted, *wanted.values(), passage.title, passage.sentence.heading))
    known = {word.key for word in words(told)}
    said = NEUTRAL | stems(told)
    return (
        any(word.key in NARROWING or word.key.endswith(("est", "n't")) for word in words(question))
        or any(word.key not in known for word in names_and_numbers(question))
        # "Names" isn't among the stems, since "name" is mostly grammar.
        or not all(
            word.key.removesuffix("s") in known or _is_told(word.key, said)
            for word in content_words(question)
        )
    )


def _is_told(word: str, said: frozenset[str]) -> bool:
    """Whether stems have a form of a word or one made from it: "own", "owner"."""
    return speaks_of(word, said) or any(stem.startswith(word) for stem in said)


def _same(one: str, other: str) -> bool:
    return holds(one, other) and holds(other, one)
