"""Ask your documents; check every word."""

from typing import Any

from qa.errors import QaError
from qa.library import Library, ask
from qa.settings import Settings
from qa.types import (
    Answer,
    AnswerReady,
    Citation,
    Claim,
    Document,
    DraftText,
    Event,
    EvidenceFound,
    Hit,
    Passage,
    Turn,
)

__all__ = [
    "Answer",
    "AnswerReady",
    "Citation",
    "Claim",
    "Document",
    "DraftText",
    "Event",
    "EvidenceFound",
    "Hit",
    "Library",
    "Passage",
    "QaError",
    "Settings",
    "Turn",
    "ask",
]


def __getattr__(name: str) -> Any:
    """``__version__``, looked up when it is asked for: it is in the installed package alone."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version

    return version("qa")
