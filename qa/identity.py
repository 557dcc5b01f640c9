"""The fingerprint of an answer: the models, readers and settings that can change it.

Answers to one question about the same documents differ only if their fingerprints do, or if a
model isn't deterministic.
"""

from __future__ import annotations

import hashlib
import json

from qa.chunks import CHUNKER_VERSION
from qa.embeddings import Embedder
from qa.llms import ChatModel
from qa.readers import READER_VERSION
from qa.settings import Settings

__all__ = ["fingerprint"]

# The other groups name models, which are hashed by their identity, or say where things are kept.
_OF_ANSWERS = {"chunking", "retrieval", "evidence", "generation", "verification"}


def fingerprint(settings: Settings, model: ChatModel | None, embedder: Embedder) -> str:
    """Twelve hexadecimal digits that differ if anything differs that can change an answer.

    Parameters
    ----------
    settings : Settings
        Names of models don't count, because two names may stand for one model.
    model : ChatModel or None
        The language model in use, whether or not this answer needed it: its ``identity`` if it has
        one, else its class and name.
    embedder : Embedder
        Its ``identity`` if it has one, else its ``fingerprint``.
    """
    read = None
    if model is not None:
        kind = f"{type(model).__module__}.{type(model).__qualname__}"
        named = getattr(model, "identity", None) or f"{kind} {model.name}"
        read = [str(named), model.context_tokens]
    values = {
        "settings": settings.model_dump(mode="json", include=_OF_ANSWERS),
        "model": read,
        "embedder": str(getattr(embedder, "identity", None) or embedder.fingerprint),
        "reader": READER_VERSION,
        "chunker": CHUNKER_VERSION,
    }
    canonical = json.dumps(values, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]
