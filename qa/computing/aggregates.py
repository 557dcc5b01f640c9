"""Answers computed from all rows of a table: how many fit, their sum, mean and extremes.

A model reads a few rows of a table, and can neither compare nor add up the others. Code can;
but only where it uses the whole question: every word of it must be the column that is computed,
the value by which rows are chosen, what the rows are of, or what is to be computed. A question
with any other word ("per month", "second highest", "unpaid") is answered as usual.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from qa.checking.claims import CheckedClaim
from qa.computing.tables import cells_of, in_unit
from qa.evidence import passage_in
from qa.index import Index
from qa.language.alignment import content_words, holds, stem, words
from qa.language.injection import orders
from qa.language.mentions import stems
from qa.language.units import MEASURES, UNCLEAR_THOUSANDS
from qa.language.values import Date, tokenise
from qa.types import Evidence, Sentence

__all__ = ["Aggregate", "aggregate", "aggregated"]

# The closest passages, in which the table is looked for: one further down is hardly meant.
CLOSEST = 3
# Every row that is counted or added is quoted; nobody would check more of them.
MAX_QUOTED = 50
# Longer tables are left alone: comparing their rows would take too long.
LONGEST_TABLE = 5000
_COUNT = re.compile(r"(?i)\bhow many (?P<noun>[^\W\d_][\w'’-]*)")
_SUM = re.compile(r"(?i)\b(?:total|sum)\b")
_MEAN = re.compile(r"(?i)\baverage\b|\bthe mean\b")
# With the kind of column that each compares, where the question names none.
_MOST = {
    "highest": "",
    "largest": "size",
    "biggest": "size",
    "longest": "",
    "heaviest": "weight",
    "newest": "date",
    "latest": "date",
}
_LEAST = {
    "lowest": "",
    "smallest": "size",
    "shortest": "",
    "lightest": "weight",
    "earliest": "date",
    "cheapest": "price",
}
_SORTS = {
    "price": stems("price cost fee rent"),
    "weight": stems("weight mass"),
    "size": stems("size area surface sqm"),
    # Not when something ends, is due, or when somebody was born.
    "date": stems("date joined started start added created hired published released since"),
}
# Words that a question may have beside columns, values and what is to be computed.
_GRAMMAR = frozenset(
    """
    how many what what's which who is are was were do does did has have had the a an of in for with
    there and that whose please
    """.split()
)
# Numbers that are neither added nor compared: names in digits, places in an order.
_NAMES = stems(
    "number phone telephone mobile fax year code postcode zip account rank position place priority"
    " grade level"
)
# A price for each isn't an amount to add.
_EACH = stems("price rate unit each per quantity qty")
_KINDS = stems("currency unit")
_PEOPLE = re.compile(r"(?i)(?:\b|_)name(?:\b|_)")
_TRUE, _FALSE = frozenset({"yes", "y", "true", "x", "✓"}), frozenset({"no", "n", "false"})
_TOTAL = re.compile(r"(?i)\b(?:sub)?(?:totals?|sum|balance|carried|average|summe|gesamt|somme)\b")
_OF_VALUE = re.compile(r"(?i)\W*(?:how|what(?:['’]s| is| was| are))\b")
_AMOUNT = re.compile(
    r"(?P<sign>[-−])?(?P<currency>[€$£¥₩])?\s?"
    r"(?P<digits>\d{1,3}(?:,\d{3}){1,4}(?:\.\d+)?|\d{1,12}(?:\.\d{1,6})?)"
    r"\s?(?P<unit>[%€$£¥₩]|[^\W\d_]+)?"
)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """What was computed.

    Parameters
    ----------
    text : str
        The answer.
    rows : tuple of Sentence
        What it rests on; at least one.
    reason : str
        How it was computed, as a sentence.
    columns : frozenset of str
        Those by which rows were chosen, and the one that was computed.
    """

    text: str
    rows: tuple[Sentence, ...]
    reason: str
    columns: frozenset[str]


def aggregated(evidence: Evidence, index: Index) -> CheckedClaim | None:
    """Answer what is asked of all rows of the table that a question comes closest to.

    Parameters
    ----------
    evidence : Evidence
        Its closest row decides the table, by the heading above it; of a document with newer
        versions, the newest is read.
    index : Index

    Returns
    -------
    CheckedClaim or None
        None if no table tells it, or if another document has such a table too: the sum of one of
        them isn't the whole sum.
    """
    closest = (row for row in evidence.best()[:CLOSEST] if cells_of(row.sentence.text))
    row = next(closest, None)
    if row is None or _plan(evidence.question) is None:
        return None
    versions = index.versions_of(row.sentence.document)
    document, heading = index.documents[versions[0]], row.sentence.heading
    found = aggregate(
        evidence.question,
        (each for each in index.sentences(document.path) if each.heading == heading),
    )
    if found is None:
        return None
    for other in evidence.passages:
        apart = other.sentence.document not in versions
        if apart and found.columns <= cells_of(other.sentence.text).keys():
            return None
    return CheckedClaim(
        text=found.text,
        passages=tuple(passage_in(row, each, document) for each in found.rows),
        support=1.0,
        verdict="supported",
        reason=found.reason,
        signals=None,
    )


def aggregate(question: str, rows: Iterable[Sentence]) -> Aggregate | None:
    """Compute what an English question asks of all rows of a table.

    Parameters
    ----------
    question : str
    rows : iterable of Sentence
        Of one table; other sentences are passed over.

    Returns
    -------
    Aggregate or None
        None where it asks for nothing of the kind, or for more than the table tells.
    """
    plan = _plan(question)
    if plan is None:
        return None
    found = {row: cells for row in rows if (cells := cells_of(row.text))}
    if not 1 < len(found) <= LONGEST_TABLE:
        return None
    kept_out = orders(tuple(found))
    table = {row: cells for row, cells in found.items() if row not in kept_out}
    columns = tuple(dict.fromkeys(column for cells in table.values() for column in cells))
    if not _is_plain(columns, table.values()):
        return None
    wanted = _wanted(question, columns, table.values())
    if wanted is None:
        return None
    fitting = {
        row: cells
        for row, cells in table.items()
        if all(cells.get(column, "") in values for column, values in wanted.items())
    }
    if not fitting:
        return None
    if plan.kind == "count":
        named = _is_named(columns[0], plan.noun)
        understood = named and _is_understood(question, plan, (columns[0], *wanted), wanted)
        return _counted(columns, fitting, wanted) if understood and wanted else None
    column = _column(question, plan, columns, fitting, wanted)
    if column is None or not _is_understood(question, plan, (columns[0], column, *wanted), wanted):
        return None
    if plan.kind in ("sum", "mean"):
        apart = any(_words_of(each) & _EACH for each in columns)
        told = None if apart else _added(plan.kind, column, fitting)
    else:
        told = _extreme(question, plan, column, columns, fitting)
    return told and replace(told, columns=told.columns | wanted.keys())


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is computed, the words that say so, and what is counted or compared."""

    kind: str
    said: frozenset[str]
    noun: str = ""
    sort: str = ""


def _plan(question: str) -> _Plan | None:
    keys = {word.key for word in words(question)}
    ranking = [key for key in (*_MOST, *_LEAST) if key in keys]
    kinds = [kind for kind, sign in (("sum", _SUM), ("mean", _MEAN)) if sign.search(question)]
    counting = _COUNT.search(question)
    if len(ranking) + len(kinds) > 1:
        return None
    if ranking:
        kind = "max" if ranking[0] in _MOST else "min"
        return _Plan(kind, frozenset(ranking), sort=(_MOST | _LEAST)[ranking[0]])
    if kinds and not counting:
        said = frozenset("total sum average mean".split())
        return _Plan(kinds[0], said)
    if counting and not kinds:
        return _Plan("count", frozenset(), noun=counting["noun"])
    return None


def _is_plain(columns: Sequence[str], table: Iterable[Mapping[str, str]]) -> bool:
    """Whether each row is one thing of its own, and none sums up the others."""
    kinds: dict[str, set[str]] = {}
    names = []
    for cells in table:
        if next(iter(cells)) != columns[0] or any(map(_TOTAL.search, cells.values())):
            return False
        names.append(cells[columns[0]])
        for column in columns:
            if _words_of(column) & _KINDS and column in cells:
                kinds.setdefault(column, set()).add(cells[column])
    return len(set(names)) == len(names) and all(len(values) == 1 for values in kinds.values())


def _wanted(
    question: str, columns: Sequence[str], table: Iterable[Mapping[str, str]]
) -> dict[str, frozenset[str]] | None:
    """The values that a question requires of its rows, by column.

    Returns
    -------
    dict of str to frozenset of str, or None
        By column; None where it may mean several values, or one that is a word of grammar.
    """
    table = tuple(table)
    asked, lowered = {word.key for word in words(question)}, question.casefold()
    wanted: dict[str, frozenset[str]] = {}
    for column in columns:
        values = {cells[column] for cells in table if column in cells}
        if {value.casefold() for value in values} <= _TRUE | _FALSE:
            if _is_named(column, *asked):
                wanted[column] = frozenset(v for v in values if v.casefold() in _TRUE)
            continue
        said = [v for v in values if v.casefold() in lowered and holds(question, v)]
        if any(not content_words(value) for value in said):
            return None
        # "Osterau" within "Neu Osterau"; "Comedy" within "Comedy, Drama".
        longest = {v for v in said if not any(v != other and holds(other, v) for other in said)}
        others = values - longest
        if len(longest) > 1 or any(holds(other, v) for v in longest for other in others):
            return None
        if longest:
            wanted[column] = frozenset(longest)
    # "300" may be a size or a price.
    for each in set(wanted.values()):
        if sum(of_column == each for of_column in wanted.values()) > 1 and not each <= _TRUE:
            return None
    return wanted


def _is_understood(
    question: str,
    plan: _Plan,
    columns: Sequence[str],
    wanted: Mapping[str, frozenset[str]],
) -> bool:
    """Whether each word of a question is grammar, or one by which the answer is computed."""
    values = {word.key for each in wanted.values() for value in each for word in words(value)}
    numbers = False
    for word in words(question):
        known = word.key in plan.said | values | _GRAMMAR or any(
            _is_named(column, word.key) for column in columns
        )
        # "300 square metres".
        if not known and not (numbers and word.key in MEASURES):
            return False
        numbers = word.is_number or (numbers and word.key in MEASURES)
    return True


def _is_named(column: str, *keys: str) -> bool:
    """Whether words have one of a column's, but for endings: "joined", "join"."""
    # "Name" is mostly grammar, and of the stems of none.
    return bool(_words_of(column) & frozenset(map(stem, keys)))


def _counted(
    columns: Sequence[str],
    fitting: Mapping[Sentence, Mapping[str, str]],
    wanted: Mapping[str, frozenset[str]],
) -> Aggregate | None:
    if len(fitting) > MAX_QUOTED:
        return None
    named = ", ".join(cells[columns[0]] for cells in fitting.values())
    said = ", ".join(f"{column}: {min(values)}" for column, values in wanted.items())
    return Aggregate(
        f"{len(fitting)} ({columns[0]}: {named})",
        tuple(fitting),
        f"Counted by code: every row that has {said} is quoted.",
        frozenset(wanted),
    )


def _column(
    question: str,
    plan: _Plan,
    columns: Sequence[str],
    fitting: Mapping[Sentence, Mapping[str, str]],
    wanted: Mapping[str, frozenset[str]],
) -> str | None:
    """The column that is compared or added: the only one that the question can mean."""
    asked = [word.key for word in words(question)]
    read = _day if plan.sort == "date" else _amount
    able = []
    # The first one names the rows.
    for column in columns[1:]:
        values = [cells[column] for cells in fitting.values() if column in cells]
        if (
            column not in wanted
            and not _words_of(column) & _NAMES
            and len(values) > 1
            and all(read(value) is not None for value in values)
            # Grams and kilograms, or dollars and euros, are neither added nor compared.
            and len(set(map(_unit, values))) == 1
        ):
            able.append(column)
    sort = _SORTS.get(plan.sort, frozenset())
    kept = [column for column in able if _is_named(column, *asked)] or [
        column for column in able if _words_of(column) & sort
    ]
    return kept[0] if len(kept) == 1 else None


def _added(
    kind: str, column: str, fitting: Mapping[Sentence, Mapping[str, str]]
) -> Aggregate | None:
    amounts = {
        row: amount
        for row, cells in fitting.items()
        if (amount := _amount(cells.get(column, ""))) is not None
    }
    if len(amounts) > MAX_QUOTED:
        return None
    figure = sum(amounts.values(), Decimal(0))
    if kind == "mean":
        figure = (figure / len(amounts)).quantize(Decimal("0.01"))
    name = "sum" if kind == "sum" else "mean"
    told = in_unit(f"{figure:,f}", _unit(fitting[next(iter(amounts))][column]))
    return Aggregate(
        f"{told}: the {name} of {column} in {len(amounts)} rows",
        tuple(amounts),
        "Computed by code from every row, which are quoted.",
        frozenset({column}),
    )


def _extreme(
    question: str,
    plan: _Plan,
    column: str,
    columns: Sequence[str],
    fitting: Mapping[Sentence, Mapping[str, str]],
) -> Aggregate | None:
    read = _day if plan.sort == "date" else _amount
    ranked = {
        row: value
        for row, cells in fitting.items()
        if (value := read(cells.get(column, ""))) is not None
    }
    best = max(ranked.values()) if plan.kind == "max" else min(ranked.values())
    found = [row for row, value in ranked.items() if value == best]
    if len(found) > MAX_QUOTED:
        return None
    # People have names; whatever else is asked for is what the rows are of.
    people = [*filter(_PEOPLE.search, columns)] if question.casefold().startswith("who") else []
    label = (people or [columns[0]])[0]
    names = [fitting[row].get(label, "") for row in found]
    shown = fitting[found[0]][column]
    told = ", ".join(filter(None, names))
    if not told:
        text = shown
    elif _OF_VALUE.match(question):
        text = f"{shown} ({told})"
    else:
        text = f"{told} ({column}: {shown})"
    return Aggregate(
        text,
        tuple(found),
        f"Compared by code: {column} of {len(ranked):,} rows.",
        frozenset({column}),
    )


def _amount(text: str) -> Decimal | None:
    found = _AMOUNT.fullmatch(text.strip())
    if (
        found is None
        or UNCLEAR_THOUSANDS.search(text)
        or _unit(text) not in MEASURES | {"", *"%€$£¥₩"}
    ):
        return None
    # "$1.2m" is of millions.
    if found["currency"] and found["unit"]:
        return None
    amount = Decimal(found["digits"].replace(",", ""))
    return -amount if found["sign"] else amount


def _unit(text: str) -> str:
    found = _AMOUNT.fullmatch(text.strip())
    return (found["currency"] or found["unit"] or "").casefold() if found else ""


def _day(text: str) -> Decimal | None:
    """A whole date as a number that orders it."""
    read = [token.value for token in tokenise(text)]
    if len(read) != 1 or not isinstance(read[0], Date):
        return None
    date = read[0]
    if date.year is None or date.month is None or date.day is None:
        return None
    return Decimal(date.year * 10_000 + date.month * 100 + date.day)


def _words_of(column: str) -> frozenset[str]:
    """Stems of a column's name, without units of a letter or two: "Size (m2)"."""
    return frozenset(word for word in stems(column.replace("_", " ")) if len(word) > 2)
