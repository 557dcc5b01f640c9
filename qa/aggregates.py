"""What a table says as a whole: how many rows fit, their sum, and which is the largest.

A model reads a few rows of a table, and can neither compare nor add up the others. Code can;
but only where it understands the whole question: every word of it must be a column, a value, a
word of what the table is about, or the one that says what to compute. Any other question is
answered as usual.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from qa.alignment import content_words, holds, names_and_numbers, words
from qa.injection import orders
from qa.mentions import stems
from qa.tables import NARROWING, NEUTRAL, cells_of, is_told
from qa.types import Sentence
from qa.units import MEASURES
from qa.values import Date, tokenise

__all__ = ["Aggregate", "aggregate", "asks_of_all"]

# Every row that is counted or added is quoted; more of them nobody would check.
MAX_QUOTED = 50
_COUNT = re.compile(r"(?i)\bhow many (?P<noun>[^\W\d_][\w'’-]*)")
_SUM = re.compile(r"(?i)\b(?:total|sum|altogether|combined)\b")
_MEAN = re.compile(r"(?i)\b(?:average|mean)\b")
# With the kind of column that each compares, where the question names none.
_MOST = {
    "highest": "",
    "largest": "size",
    "biggest": "size",
    "greatest": "",
    "most": "",
    "longest": "",
    "heaviest": "weight",
    "newest": "date",
    "latest": "date",
    "dearest": "price",
    "costliest": "price",
}
_LEAST = {
    "lowest": "",
    "smallest": "size",
    "least": "",
    "fewest": "",
    "shortest": "",
    "lightest": "weight",
    "earliest": "date",
    "cheapest": "price",
}
_SORTS = {
    "price": stems("price cost fee rent rate amount charge"),
    "weight": stems("weight mass"),
    "size": stems("size area surface sqm"),
}
# What is counted by nobody: names in digits.
_NAMES = stems("number phone telephone mobile fax year code postcode zip account")
_PEOPLE = re.compile(
    r"(?i)(?:\b|_)(?:name|member|person|holder|owner|employee|customer|player|student|author)(?:\b|_)"
)
_TRUE, _FALSE = frozenset({"yes", "y", "true", "x", "✓"}), frozenset({"no", "n", "false"})
_TOTAL = re.compile(
    r"(?i)\W*(?:(?:grand|sub)[ -]?)?(?:totals?|sum|average|mean|summe|gesamt|mittelwert|somme)\W*"
)
_OF_PEOPLE = re.compile(
    r"(?i)\b(?:who|whose|member|person|people|employee|customer|player|student)s?\b"
)
_OF_VALUE = re.compile(r"(?i)\W*(?:when|how|what(?:['’]s| is| was| are))\b")
_AMOUNT = re.compile(
    r"(?P<sign>[-−])?[€$£¥₩]?\s?(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"\s?(?P<unit>%|[^\W\d_]+)?"
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
    """

    text: str
    rows: tuple[Sentence, ...]
    reason: str


def asks_of_all(question: str) -> bool:
    """Whether a question may ask for what only a whole table tells, so that reading it pays."""
    return _plan(question) is not None


def aggregate(question: str, rows: Iterable[Sentence], about: str) -> Aggregate | None:
    """Compute what an English question asks of all rows of a table.

    Parameters
    ----------
    question : str
    rows : iterable of Sentence
        Of one table; other sentences are passed over.
    about : str
        Title of the document, the heading above the table, and the name of its file.

    Returns
    -------
    Aggregate or None
        None where it asks for nothing of the kind, or for more than the table tells.
    """
    rows = [row for row in rows if cells_of(row.text)]
    kept_out = orders(rows)
    table = {row: cells_of(row.text) for row in rows if row not in kept_out}
    plan = _plan(question)
    # A row that sums up the others would be counted with them.
    summed = any(_TOTAL.fullmatch(value) for cells in table.values() for value in cells.values())
    if plan is None or len(table) < 2 or summed:
        return None
    columns = tuple(dict.fromkeys(column for cells in table.values() for column in cells))
    wanted = _wanted(question, columns, table.values())
    if wanted is None or not _is_understood(question, plan, columns, wanted, about):
        return None
    fitting = {
        row: cells
        for row, cells in table.items()
        if all(cells.get(column, "") in values for column, values in wanted.items())
    }
    if not fitting:
        return None
    if plan.kind == "count":
        return _counted(plan.noun, columns, fitting, wanted, about)
    column = _column(question, plan, columns, fitting, wanted)
    if column is None:
        return None
    if plan.kind in ("sum", "mean"):
        return _added(plan.kind, column, fitting)
    return _extreme(question, plan, column, columns, fitting)


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
        said = frozenset("total sum altogether combined average mean".split())
        return _Plan(kinds[0], said)
    if counting and not kinds:
        return _Plan("count", frozenset(), noun=counting["noun"])
    return None


def _wanted(
    question: str, columns: Sequence[str], table: Iterable[Mapping[str, str]]
) -> dict[str, frozenset[str]] | None:
    """What the question says of rows that it asks for: the values that a column must have."""
    table = tuple(table)
    asked = stems(question)
    wanted: dict[str, frozenset[str]] = {}
    for column in columns:
        values = {cells[column] for cells in table if column in cells}
        if {value.casefold() for value in values} <= _TRUE | _FALSE:
            named = _words_of(column)
            if named and all(is_told(word, asked) for word in named):
                wanted[column] = frozenset(v for v in values if v.casefold() in _TRUE)
            continue
        held = [value for value in values if content_words(value) and holds(question, value)]
        # "Osterau" within "Neu Osterau".
        longest = {
            one for one in held if not any(one != other and holds(other, one) for other in held)
        }
        if len(longest) > 1:
            return None
        if longest:
            wanted[column] = frozenset(longest)
    # "300" may be a size or a price: the column must be named.
    for each in set(wanted.values()):
        if sum(of_column == each for of_column in wanted.values()) > 1 and not each <= _TRUE:
            return None
    return wanted


def _is_understood(
    question: str,
    plan: _Plan,
    columns: Sequence[str],
    wanted: Mapping[str, frozenset[str]],
    about: str,
) -> bool:
    asked = [word for word in words(question) if word.key not in plan.said]
    if any(word.key in NARROWING or word.key.endswith("n't") for word in asked):
        return False
    values = " ".join(value for values in wanted.values() for value in values)
    told = f"{' '.join(columns)} {values} {about}".replace("_", " ")
    exact = {word.key for word in words(told)}
    said = stems(told) | NEUTRAL
    if any(word.key not in exact for word in names_and_numbers(question) if word in asked):
        return False
    return all(
        word.key in plan.said or word.key in exact | MEASURES or is_told(word.key, said)
        for word in content_words(question)
    )


def _counted(
    noun: str,
    columns: Sequence[str],
    fitting: Mapping[Sentence, Mapping[str, str]],
    wanted: Mapping[str, frozenset[str]],
    about: str,
) -> Aggregate | None:
    # "How many seats has the hall?" is told by its row, and so are its square metres.
    if noun.casefold() in MEASURES:
        return None
    numeric = [
        c
        for c in columns
        if any(_amount(cells.get(c, "")) is not None for cells in fitting.values())
    ]
    if any(is_told(noun.casefold(), _words_of(c)) for c in numeric if c != columns[0]):
        return None
    if len(fitting) > MAX_QUOTED or not (wanted or is_told(noun.casefold(), _words_of(about))):
        return None
    named = [cells.get(columns[0], "") for cells in fitting.values()]
    said = ", ".join(f"{column}: {min(values)}" for column, values in wanted.items())
    return Aggregate(
        f"{len(fitting)} ({columns[0]}: {', '.join(named)})" if all(named) else str(len(fitting)),
        tuple(fitting),
        f"Counted by code: every row{f' that has {said}' if said else ''} is quoted.",
    )


def _column(
    question: str,
    plan: _Plan,
    columns: Sequence[str],
    fitting: Mapping[Sentence, Mapping[str, str]],
    wanted: Mapping[str, frozenset[str]],
) -> str | None:
    """The column that is compared or added: the only one that the question can mean."""
    asked = stems(question)
    read = _day if plan.sort == "date" else _amount
    able = [
        column
        # The first one names the rows.
        for column in columns[1:]
        if column not in wanted
        and not _words_of(column) & _NAMES
        and all(read(cells[column]) is not None for cells in fitting.values() if column in cells)
        and sum(column in cells for cells in fitting.values()) > 1
    ]
    named = [c for c in able if any(is_told(word, asked) for word in _words_of(c))]
    sort = _SORTS.get(plan.sort, frozenset())
    kept = named or [c for c in able if plan.sort == "date" or _words_of(c) & sort]
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
    return Aggregate(
        f"{figure:,f}: the {name} of {column} in {len(amounts)} rows",
        tuple(amounts),
        "Computed by code from every row, which are quoted.",
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
    asked = stems(question)
    others = [c for c in columns if c != column]
    named = [c for c in others if any(is_told(word, asked) for word in _words_of(c))]
    people = [*filter(_PEOPLE.search, others)] if _OF_PEOPLE.search(question) else []
    label = (named or people or [columns[0]])[0]
    names = [fitting[row].get(label) or fitting[row].get(columns[0], "") for row in found]
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
    )


def _amount(text: str) -> Decimal | None:
    found = _AMOUNT.fullmatch(text.strip())
    if found is None or (found["unit"] or "%") not in MEASURES | {"%"}:
        return None
    amount = Decimal(found["digits"].replace(",", ""))
    return -amount if found["sign"] else amount


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
