"""A table's other rows that fit a question as the one does that answered it.

A model that reads some rows of a table names one of them. What made it fit stands in its
cells: those whose values the question names. Code finds every row with the same values,
so that an answer from a table is complete.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from qa.alignment import holds
from qa.types import Sentence
from qa.verification import CheckedClaim

__all__ = ["MAX_ROWS", "all_rows", "cells_of"]

# As many rows are listed and quoted; of more nobody wants each in a sentence.
MAX_ROWS = 20
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
        Of the document that it cites, in order; what is no row of a table is passed over.

    Returns
    -------
    CheckedClaim
        `claim` itself where it isn't one cell of one row, where the question names no
        other cell, or where no other row or more than `MAX_ROWS` fit.
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
    if asked is None or not wanted:
        return claim
    fitting = {
        row: found[asked]
        for row in rows
        if asked in (found := cells_of(row.text))
        and all(_same(found.get(column, ""), value) for column, value in wanted.items())
    }
    values = tuple(dict.fromkeys(fitting.values()))
    if len(values) < 2 or len(fitting) > MAX_ROWS:
        return claim
    return replace(
        claim,
        text=", ".join(values),
        passages=tuple(replace(passage, sentence=row) for row in fitting),
        reason=f"{claim.reason} Each quoted row has "
        + ", ".join(f"{column}: {value}" for column, value in wanted.items())
        + ".",
    )


def _same(one: str, other: str) -> bool:
    return holds(one, other) and holds(other, one)
