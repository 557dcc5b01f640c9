"""Text for people: counts with their nouns, and names that are safe in a terminal."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["counted", "printable", "weights_progress"]


def printable(text: str) -> str:
    """Make a name or message harmless: no control character acts in a terminal."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )


def counted(number: int, noun: str) -> str:
    """Write a number with what it counts: "1 document", "2,000 documents"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def weights_progress(say: Callable[[str], object]) -> Callable[[int, int], None]:
    """Report the one-time assembly of the embedded model, from whichever thread runs it.

    Lines instead of a bar: a console can have one live display, and a status is shown already.
    """
    told = -1

    def show(done: int, total: int) -> None:
        nonlocal told
        percent = done * 100 // total // 25 * 25
        if percent > told:
            told = percent
            say(f"Preparing the language model, once: {percent}% of {total / 1e9:.1f} GB")

    return show
