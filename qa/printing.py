"""Words as they may stand in a terminal."""

from __future__ import annotations

__all__ = ["counted", "printable"]


def printable(text: str) -> str:
    """Make a name or message harmless: no control character acts in a terminal."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )


def counted(number: int, noun: str) -> str:
    """Write a number with what it counts: "1 document", "2,000 documents"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
