"""What an answer came out of, in twelve digits: models, readers and settings.

Two answers to one question about the same documents differ only where these do, or where a model
isn't as constant as its name.
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

# The others name models, which are told by themselves, or say where things are.
_OF_ANSWERS = {"chunking", "retrieval", "evidence", "generation", "verification"}


def fingerprint(settings: Settings, model: ChatModel | None, embedder: Embedder) -> str:
    """Twelve hexadecimal digits that change with whatever can change an answer.

    Parameters
    ----------
    settings : Settings
        Those that name models don't count: two names may lead to one model.
    model : ChatModel or None
        The language model at hand, whether or not this answer needed it. Where it has an
        ``identity``, that counts, else its class and name.
    embedder : Embedder
        Likewise, else its ``fingerprint``.
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
