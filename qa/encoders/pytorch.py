"""Texts through a sentence-transformers model in PyTorch, in batches that suit a processor.

Short texts waste most of a usual batch: it is padded to its longest one. Here a pass takes texts of
similar length, as many as fit into a processor's cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

__all__ = ["Encoder", "Role", "TorchEncoder", "batches"]

Role = Literal["query", "document"]


class Encoder(Protocol):
    """A loaded model; one thread at a time may use it."""

    @property
    def arithmetic(self) -> str:
        """What it computes in, for people: ``"float32"``."""

    def encode(self, texts: Sequence[str], role: Role, /) -> NDArray[np.float32]:
        """Vectors, not normalised, one row for each text."""


class TorchEncoder:
    """A sentence-transformers model in PyTorch.

    Parameters
    ----------
    folder : Path
        Holds the model's files.
    tokens : int
        The most tokens of one pass on a processor, padding included; a single text may
        have more.
    precision : {"auto", "float32", "bfloat16"}
        ``"auto"``: bfloat16 where the hardware multiplies matrices in it.

    Raises
    ------
    Exception
        Whatever the libraries raise for a folder that holds no model.
    """

    def __init__(
        self, folder: Path, tokens: int, precision: Literal["auto", "float32", "bfloat16"]
    ) -> None:
        from sentence_transformers import SentenceTransformer

        with quiet_transformers():
            self.model = SentenceTransformer(str(folder), local_files_only=True)
        self._tokens = tokens
        self.arithmetic = "float32"
        if precision == "bfloat16" or (
            precision == "auto" and multiplies_in_bfloat16(self.model.device.type)
        ):
            self.arithmetic = "bfloat16"
            _compute_in_bfloat16(self.model)

    def encode(self, texts: Sequence[str], role: Role, /) -> NDArray[np.float32]:
        """See `Encoder.encode`."""
        if self.model.device.type == "cpu" and not any(self.model.prompts.values()):
            return _encode_by_tokens(self.model, texts, self._tokens)
        encode = self.model.encode_query if role == "query" else self.model.encode_document
        return np.asarray(encode(list(texts), show_progress_bar=False), np.float32)

    def module(self, inputs: Sequence[str]) -> torch.nn.Module:
        """Return a module to trace: it takes the named inputs in order and gives vectors alone."""
        import torch

        model = self.model

        class Whole(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.model = model

            def forward(self, *values: torch.Tensor) -> torch.Tensor:
                features = dict(zip(inputs, values, strict=True))
                vectors: torch.Tensor = self.model(features)["sentence_embedding"]
                return vectors

        return Whole()


def batches(lengths: Sequence[int], tokens: int) -> Iterator[list[int]]:
    """Positions of texts that form a batch: of similar length, few tokens with the padding.

    Parameters
    ----------
    lengths : sequence of int
        Tokens of each text.
    tokens : int
        The most of a batch, unless a single text has more.
    """
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    start = 0
    while start < len(order):
        end = start + 1
        while end < len(order) and (end + 1 - start) * lengths[order[end]] <= tokens:
            end += 1
        yield order[start:end]
        start = end


def usual_device() -> str:
    """Where models are computed on this machine: ``"cpu"``, ``"cuda"``, ``"mps"`` …"""
    from sentence_transformers.util import get_device_name

    return str(get_device_name())


def multiplies_in_bfloat16(device: str) -> bool:
    """Whether a device multiplies whole matrices in bfloat16, so that it is faster there.

    The vector instructions alone (AVX-512 BF16) don't count: on some processors they are slower
    than float32.
    """
    import torch

    if device != "cpu":
        return device == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    # Older versions don't tell.
    capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("amx_bf16"))


def _compute_in_bfloat16(model: SentenceTransformer) -> None:
    """Have the transformer compute in bfloat16, and pooling and what follows in float32."""

    def widen(_module: object, _inputs: object, features: dict[str, Any]) -> dict[str, Any]:
        return {
            name: value.float() if getattr(value, "is_floating_point", bool)() else value
            for name, value in features.items()
        }

    model[0].bfloat16().register_forward_hook(widen)


def _encode_by_tokens(
    model: SentenceTransformer, texts: Sequence[str], tokens: int
) -> NDArray[np.float32]:
    """Do what ``encode`` does for a model without prompts, in batches of few tokens."""
    import torch

    features = tokenized(model, texts)
    mask = features.get("attention_mask")
    if mask is None:  # A table of words makes no passes.
        return np.asarray(model.encode(list(texts), show_progress_bar=False), np.float32)
    lengths: list[int] = mask.sum(1).tolist()
    left = pads_left(model)
    order: list[int] = []
    vectors: list[NDArray[np.float32]] = []
    with torch.inference_mode():
        for batch in batches(lengths, tokens):
            longest = max(lengths[batch[-1]], 1)
            used = slice(-longest, None) if left else slice(longest)
            passed = {
                name: value[batch, used] if getattr(value, "shape", None) == mask.shape else value
                for name, value in features.items()
            }
            vectors.append(model(passed)["sentence_embedding"].float().numpy())
            order += batch
    return np.concatenate(vectors)[np.argsort(order)]


def tokenized(model: SentenceTransformer, texts: Sequence[str]) -> dict[str, Any]:
    """What a model's first module takes for texts; its method's name changed in version 5."""
    prepare = getattr(model, "preprocess", None) or model.tokenize
    return dict(prepare(list(texts)))


def pads_left(model: SentenceTransformer) -> bool:
    """Whether shorter texts are filled up before their first token."""
    return getattr(model.tokenizer, "padding_side", "right") == "left"


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Keep transformers' bars and warnings off the screen, and leave it as it was."""
    from transformers.utils import logging

    shown, verbosity = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if shown:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]
