"""The one amount that an operand tells exactly, and by how much two of them differ.

An amount is a number with its currency or percent sign, the thing that it counts and for what each
it is told: "€5 a month", "1,200 people". Whatever says more isn't read: a language has more words
for bounds, ranges and estimates than anyone would think of.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from qa.computing.moments import Operand, is_denied, surroundings
from qa.language.units import MEASURES, UNCLEAR_THOUSANDS
from qa.language.values import SCALES, Number, Token, tokenise

__all__ = ["Amount", "amount_at", "difference", "is_scaled", "number_difference"]

_CODES = "USD|EUR|GBP|JPY|KRW|CHF|SEK|NOK|DKK|PLN|CZK|HUF|CAD|AUD|NZD|INR|CNY"
_SCALE = "|".join(SCALES)
_CALLED = "amount|bill|cost|deposit|fee|number|price|rent|salary|sum|total"
# "Rent: €500", "The rent is exactly €500", "It costs 500 euros".
_BEFORE = re.compile(
    rf"""(?ix)
    [\s\"“”‘’(]*
    (?:(?:it|they|the\s(?:{_CALLED}))\s(?:is|are|was|were|costs?)\s|(?:{_CALLED}):\s)?
    (?:(?:exactly|precisely|only|just|a\stotal\sof)\s)?
    (?:(?P<code>(?-i:{_CODES}))\s?|(?-i:US))?
    """
)
# "5 dozens" and "300 upwards" only look like things.
_THING = rf"""
    (?!(?:{_SCALE}|dozen|score|lakh|crore|pair|couple|halve|third|quarter|up)(?:s|wards)\b|perhaps\b)
    (?:(?:square|cubic)\s\w+|(?:{"|".join(MEASURES)})\b|(?:people|children|men|women)\b
      |[^\W\d_]{{2,}}(?<![su])s\b)
"""
_BEHIND = re.compile(
    rf"""(?ix)
    (?:\s?(?P<sign>[€$£¥₩]))?
    (?:\s?(?P<thing>{_THING}))?
    (?:\s(?:long|high|wide|deep|of\sthem|in\s(?:[12]\d{{3}}\b|(?-i:[A-Z])[^\W\d_]+)))?
    (?:(?:\s?/\s?|\s(?:per|an?|each|every)\s)(?P<each>(?:other\s)?[^\W\d_]+)
      |\s(?P<often>(?:hour|dai|week|month|quarter|year|annual)ly|each|apiece|p\.\s?a\.)(?!\w))?
    """
)
_ENDS = re.compile(r"[\s.)\"“”‘’]*")
# What may stand right before a number in its passage and makes no bound or estimate of it: "the
# fee amounts to €35", "a population of 300", "passed by 33 votes".
_CHANGED = r"""
    (?:rose|risen|rises?|grew|grown|grows?|fell|fallen|falls?|drop(?:s|ped)?|sank|sunk|shrank|shrunk
    |climb(?:s|ed)?|increas(?:es?|ed)|decreas(?:es?|ed)|raised|lowered|reduced|cut)
"""
_WITH_AMOUNT = r"""
    (?:(?:carr|occup|employ)(?:y|ies|ied|s|ed)
    |(?:seat|host|contain|measure|weigh|cover|score|charge|earn|gain|own|house|produce|plant|publish
      |visit|walk|donate|collect|equal|serve|train|count|employ|receive|attract|include|cost|total
      |number|welcome|transport|reach)(?:e?s|e?d|led)?
    |holds?|held|has|have|had|pays?|paid|sells?|sold|wins?|won|gets?|got|makes?|made|spends?|spent
    |raises?|raised|lends?|lent|loses?|lost|buys?|bought|builds?|built|draws?|drew|writes?|wrote
    |reads?|runs?|ran|sees?|saw|brings?|brought|gives?|gave|takes?|took)
"""
_LED_BY = re.compile(
    rf"""(?ix)
    (?:\A|[:;,(|\"“]
      |\b(?:is|are|was|were|{_WITH_AMOUNT}|(?<!\bof\s)the|only|just|exactly|precisely|now|today|then|that
        |(?:this|last)\s(?:day|week|month|year|season)|and|while|but|with|for|in|at)
      |\b(?:{_CHANGED}|amounts?|amounted|comes?|came|set|adds\sup|added\sup)\sto
      |(?:\A|\b(?:an?|the|its|their|our|my|your|his|her)\s)
       (?:(?:total|full|new|current|final|overall|entire|standard|normal|combined)\s)?
       (?:{_CALLED}|population|score|membership|turnout|attendance|budget|profit|loss|grant|fine|tax
        |village|town|crew|staff|weight|height|length|width|depth|area|distance|margin|majority)\sof
      |\b(?:won|lost|passed|carried|adopted|approved|rejected|defeated|beaten)\sby)
    \s*\Z
    """
)
_ON_AVERAGE = re.compile(r"(?i)\b(?:on\saverage|averag(?:e|es|ed|ing))\b[^.;!?]*\Z")
# "The monthly fee is €5".
_OFTEN_BEFORE = re.compile(
    r"(?i)\b(?P<often>(?:hour|dai|week|month|quarter|year|annual)ly|annual)\b[^.;!?]*\Z"
)
_BETWEEN = re.compile(r"(?i)\bbetween\b")
# An answer may be cut before what it needs: "300" of "300 or more", "2" of "2 million".
_CUT_BEFORE = re.compile(
    rf"""(?ix)
    \s*[+±~…%½\d]|[.,]\d|\s*[–—-]\s*\w
    |[\s-]+(?:to|or|odd|plus|more|fewer|less|others?|short|off|away|above|below|over|under|and\s(?:an?|one|over|above|up|more)|at\s(?:least|most)
      |{_SCALE}|dozen)\b
    """
)
_SCALED = re.compile(rf"(?i)\b(?:{_SCALE})|(?<=[\d\s])(?:k|mn?|bn?)\b")
# Of less than this "million" may be left out: nobody writes "from 800,000 to 3 million" so.
_LEAST_WRITTEN_OUT = 1000


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with what is said of it, up to a place in its text.

    Its currency is a sign behind it or a code before it, a thing what it counts or measures, and
    `each` for what each it is told: "month". "Million" or the like scales it.
    """

    number: Number
    currency: str
    thing: str
    each: str
    is_scaled: bool
    end: int


def amount_at(text: str, token: Token, currency: str = "") -> Amount | None:
    """The amount that a text has at a number; None where the number isn't clear."""
    is_unclear = UNCLEAR_THOUSANDS.search(text[token.start : token.end])
    if not isinstance(token.value, Number) or is_unclear:
        return None
    behind = _behind(text, token.end)
    thing, currency = (behind["thing"] or "").lower(), behind["sign"] or currency
    scaled = is_scaled(text, token)
    return Amount(token.value, currency, thing, _each(behind), scaled, behind.end())


def is_scaled(text: str, token: Token) -> bool:
    """Whether a number of a text is told in thousands, in millions, or the like."""
    return bool(_SCALED.search(text[token.start : token.end]))


def difference(one: Amount, other: Amount, *, of_one: bool = False) -> str | None:
    """By how much two amounts differ.

    Parameters
    ----------
    one, other : Amount
    of_one : bool
        Whether both are told of one thing: what one says the amount is for, "a month", then
        holds for the other.

    Returns
    -------
    str or None
        "€12"; None where they don't compare.
    """
    if (one.number.unit, one.currency) != (other.number.unit, other.currency):
        return None
    if one.each != other.each and not (of_one and not (one.each and other.each)):
        return None
    # "1,200 pupils" and "950" were both asked for as pupils; "2 hours" and "90" may be minutes.
    if one.thing and other.thing:
        if one.thing.removesuffix("s") != other.thing.removesuffix("s"):
            return None
    elif not MEASURES.isdisjoint((one.thing or other.thing).split()):
        return None
    # "From 2 to 3 million" may mean millions twice.
    bare = other if one.is_scaled else one
    if one.is_scaled != other.is_scaled and not (
        bare.thing or abs(bare.number.amount) >= _LEAST_WRITTEN_OUT
    ):
        return None
    figure = abs(one.number.amount - other.number.amount)
    # "£5.50" and "£3.20" differ by "£2.30", but "2.5 million" has no decimals to keep.
    if one.is_scaled or other.is_scaled:
        figure = figure.normalize()
    unit = one.number.unit
    return f"{figure:,f}%" if unit == "%" else f"{unit}{figure:,f}"


def number_difference(operands: Sequence[Operand]) -> str | None:
    """The difference of the amounts of two operands, told with them; None where one tells none."""
    one, other = map(_amount, operands)
    figure = difference(one, other) if one and other else None
    return figure and f"{figure}: {operands[0].text} and {operands[1].text}"


def _amount(operand: Operand) -> Amount | None:
    """The one amount that an operand tells, and its passage tells of it; None for all others."""
    text = " ".join(operand.text.split())
    token = next((each for each in tokenise(text) if isinstance(each.value, Number)), None)
    led = _BEFORE.fullmatch(text, 0, token.start) if token else None
    if token is None or led is None:
        return None
    found = amount_at(text, token, led["code"] or "")
    if found is None or not _ENDS.fullmatch(text, found.end):
        return None
    eaches, measures = {found.each}, set[str]()
    for earlier, later in surroundings(operand):
        if not _LED_BY.search(earlier) or _BETWEEN.search(earlier) or _CUT_BEFORE.match(later):
            return None
        if is_denied(earlier, later) or _ON_AVERAGE.search(earlier):
            return None
        behind = _behind(later, 0)
        eaches.add(_each(behind))
        if not found.thing and not found.currency:
            measures.add(_measure(behind))
        if often := _OFTEN_BEFORE.search(earlier):
            eaches.add(_each_of(often["often"]))
    eaches -= {""}
    if len(eaches) > 1 or len(measures) > 1:
        return None
    # An answer may leave out what stands behind it in its passage: "tonnes", "€".
    unit = "".join(measures)
    is_sign = bool(unit) and not unit[0].isalpha()
    return replace(
        found,
        each="".join(eaches),
        thing=found.thing or ("" if is_sign else unit),
        currency=found.currency or (unit if is_sign else ""),
    )


def _measure(behind: re.Match[str]) -> str:
    """The currency sign or the unit behind a number; not what it only counts."""
    thing = (behind["thing"] or "").lower()
    return behind["sign"] or ("" if MEASURES.isdisjoint(thing.split()) else thing)


def _behind(text: str, place: int) -> re.Match[str]:
    found = _BEHIND.match(text, place)
    # None of its parts must be there.
    assert found
    return found


def _each(behind: re.Match[str]) -> str:
    if behind["each"]:
        return behind["each"].lower().removesuffix("s")
    return _each_of(behind["often"] or "")


def _each_of(often: str) -> str:
    often = often.lower().removesuffix("ly")
    return {"dai": "day", "annual": "year", "p.a.": "year", "apiece": "each"}.get(often, often)
