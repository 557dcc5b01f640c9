"""No regular expression of the package takes exponential time.

Patterns are found wherever modules hold them. Each meets short strings that repeat what such
patterns repeat: one with nested repetitions takes hours for thirty characters, a quadratic one
microseconds. So the limit is far from both, and no slow machine can exceed it.
"""

from __future__ import annotations

import importlib
import itertools
import pkgutil
import re
import signal
from collections.abc import Iterator
from typing import Any

import pytest

import qa

LIMIT_SECONDS = 5.0
TIMES = 30
REPEATED = (
    *"a A 1 - . , : ; / # * _ | [ ( ] ) \" ' ` ~ > < = & \\ \n \t € ½ \u3042 \u0301".split(" "),
    *("a ", "A ", "1 ", ", ", ". ", "a.", "1.", "1,", "a-", "a'", "1-", "a\n", " \n", "| ", "a: "),
    *("and ", "or ", "to ", "of ", "in ", "at ", "by ", "on ", "the ", "is ", "not ", "n't "),
    *("from ", "between ", "until ", "how many ", "May ", "May 1 ", "1 May ", "Monday ", "9:00 "),
    *("€1 ", "1% ", "five ", "hundred ", "million ", "ignore ", "you are ", "system ", "a@b.c "),
    *("\ue000 ", "\ue001 ", "\ue001, ", "\ue002 ", "<a> ", "http://a.b/", "a, b, ", "re: "),
)
BEFORE = ("", "from ", "how many ", "on ", "a: ", "[")
BEHIND = ("", "!", "\x00")


def _patterns(value: object, depth: int = 0) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth < 4 and isinstance(value, (tuple, list, set, frozenset)):
        for item in value:
            yield from _patterns(item, depth + 1)
    elif depth < 4 and isinstance(value, dict):
        yield from _patterns((*value.keys(), *value.values()), depth + 1)


def _of_package() -> dict[re.Pattern[str], str]:
    found: dict[re.Pattern[str], str] = {}
    for module in pkgutil.walk_packages(qa.__path__, "qa."):
        if module.name != "qa.__main__":
            for name, value in vars(importlib.import_module(module.name)).items():
                for pattern in _patterns(value):
                    found.setdefault(pattern, f"{module.name}.{name}")
    return found


class _TooLong(BaseException):
    pass


def _stop(*_: object) -> None:
    raise _TooLong


def _takes_long(pattern: re.Pattern[Any], seconds: float) -> str | None:
    """The text with which a pattern takes longer than all of them may, or None."""
    before, text = signal.signal(signal.SIGALRM, _stop), ""
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        for repeated, lead, behind in itertools.product(REPEATED, BEFORE, BEHIND):
            text = f"{lead}{repeated * TIMES}{behind}"
            said = text.encode() if isinstance(pattern.pattern, bytes) else text
            pattern.search(said)
            pattern.fullmatch(said)
    except _TooLong:
        return text
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return None


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="nothing to stop a search with")
def test_no_pattern_takes_exponential_time() -> None:
    assert _takes_long(re.compile(r"(?:\w+\s?)+;"), 0.5)
    found = _of_package()
    assert len(found) > 200
    slow = {name: _takes_long(pattern, LIMIT_SECONDS) for pattern, name in found.items()}
    assert not {name: text for name, text in slow.items() if text}
