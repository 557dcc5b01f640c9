"""Ask your documents; check every word."""

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
