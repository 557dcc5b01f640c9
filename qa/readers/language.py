"""Which language a text is in.

By the naive Bayes classifier of Lui and Baldwin (2012, "langid.py: An Off-the-shelf
Language Identification Tool").
"""

from __future__ import annotations

from functools import cache
from typing import Any

__all__ = ["language_of"]

_SAMPLE = 4000  # Characters; more doesn't change the outcome.
_MIN_LETTERS = 20
_MIN_PROBABILITY = 0.8
_NO_LANGUAGE = "zxx"


def language_of(text: str) -> str | None:
    """ISO 639-1 code of a text's language; None if it isn't certain.

    Parameters
    ----------
    text : str
        Its first few thousand characters are looked at.
    """
    sample = " ".join(text[:_SAMPLE].split())
    if sum(character.isalpha() for character in sample) < _MIN_LETTERS:
        return None
    try:
        language, probability = _identifier().classify(sample)
    except OSError:
        # It unpacks its model to a temporary file, for which there may be no space.
        return None
    return language if language != _NO_LANGUAGE and probability >= _MIN_PROBABILITY else None


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
