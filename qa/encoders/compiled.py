"""A sentence-transformers model in eight bits, compiled once by OpenVINO, then kept.

Weights become eight-bit integers, one scale a row; activations are rounded to eight bits on the
way, one scale for every 128 values (dynamic quantization), so that no calibration is needed and a
text's vector hardly depends on its neighbours. A compiled model is compared with the original when
it is made, and dropped if the two differ. Afterwards neither PyTorch nor sentence-transformers is
loaded to embed a text.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from qa.checksums import sha256_of
from qa.encoders.pytorch import (
    Role,
    TorchEncoder,
    batches,
    pads_left,
    quiet_transformers,
    tokenized,
    usual_device,
)

__all__ = ["CompiledEncoder", "UnsuitableModelError", "compiled_encoder", "is_installed"]

# Part of the folder's name: another way of compiling makes another model.
VERSION = 1
# A multiple of the vector instructions' width that divides the sizes of usual models.
GROUP_SIZE = 128
LEAST_COSINE = 0.99
LARGEST_INTEGER = 127
# Of several lengths, scripts and kinds, so that an error anywhere shows in one of them.
PROBES = (
    "Yes.",
    "The meeting was moved to Tuesday.",
    "In 1887 the harbour was deepened to 9.4 m at a cost of £46,200.",
    "def area(radius): return 3.14159 * radius ** 2",
    "Who signed the lease, and until when is it valid?",
    "Il trasferimento della sede è stato approvato all'unanimità.",
    "Der Ausschuss vertagte die Entscheidung über die Brücke auf das nächste Jahr.",
    "会议改到星期二举行。",
    "Заседание перенесено на вторник.",
    "Although the committee had been warned twice, and although its own engineers had put the "
    "cost of repairs well above what the town could raise, the bridge was opened to traffic in "
    "the spring, closed again before the first frost, and finally replaced three years later.",
)
_MODEL, _WEIGHTS, _TOKENIZER, _ABOUT = "model.xml", "model.bin", "tokenizer.json", "encoder.json"


class UnsuitableModelError(Exception):
    """A model that can't be compiled, or whose vectors eight bits change too much."""


class _NotCompiledError(Exception):
    """There is no compiled model, or not as it was written."""


class CompiledEncoder:
    """A compiled model, loaded.

    Parameters
    ----------
    folder : Path
        What `compiled_encoder` wrote.
    tokens : int
        The most tokens of one pass, padding included; a single text may have more.
    """

    arithmetic = "int8"

    def __init__(self, folder: Path, tokens: int) -> None:
        from tokenizers import Tokenizer

        try:
            about = json.loads((folder / _ABOUT).read_text("utf-8"))
            if about.pop("digest") != _digest_of(about):
                raise _NotCompiledError
            if "unsuitable" in about:
                raise UnsuitableModelError(about["unsuitable"])
            if any(sha256_of(folder / name) != digest for name, digest in about["digests"].items()):
                raise _NotCompiledError
            self._tokenizer = Tokenizer.from_file(str(folder / _TOKENIZER))
        except (OSError, ValueError, LookupError, AttributeError) as error:
            raise _NotCompiledError from error
        self._fillers: dict[str, int] = about["inputs"]
        self._pads_left: bool = about["pads_left"]
        self._tokens = tokens
        options = {
            # Where it doesn't compute in eight bits, it is exact.
            "INFERENCE_PRECISION_HINT": "f32",
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": GROUP_SIZE,
            # Several passes at once, rather than all cores waiting for each other in each layer.
            "PERFORMANCE_HINT": "THROUGHPUT",
        }
        openvino = _openvino()
        try:
            loaded = openvino.Core().compile_model(str(folder / _MODEL), "CPU", options)
            self._passes = openvino.AsyncInferQueue(loaded)
        except Exception as error:
            raise UnsuitableModelError(f"OpenVINO can't load it: {error}") from error

    def encode(self, texts: Sequence[str], _role: Role = "document", /) -> NDArray[np.float32]:
        """See `qa.encoders.pytorch.Encoder.encode`."""
        encodings = self._tokenizer.encode_batch_fast(list(texts))
        lengths = [len(encoding.ids) for encoding in encodings]
        found: dict[int, NDArray[np.float32]] = {}

        def keep(request: Any, batch: list[int]) -> None:
            # Copied, since the next pass writes over it.
            found.update(zip(batch, np.array(request.get_output_tensor(0).data), strict=True))

        self._passes.set_callback(keep)
        for batch in batches(lengths, self._tokens):
            inputs = self._inputs([encodings[place] for place in batch], lengths[batch[-1]])
            self._passes.start_async(inputs, batch)
        self._passes.wait_all()
        return np.stack([found[place] for place in range(len(texts))]).astype(np.float32)

    def _inputs(self, encodings: Sequence[Any], longest: int) -> list[NDArray[np.int64]]:
        inputs = []
        for name, filler in self._fillers.items():
            values = np.full((len(encodings), longest), filler, np.int64)
            for row, encoding in zip(values, encodings, strict=True):
                used = _TAKEN[name](encoding)
                row[slice(longest - len(used), None) if self._pads_left else slice(len(used))] = (
                    used
                )
            inputs.append(values)
        return inputs


_TAKEN: dict[str, Callable[[Any], list[int]]] = {
    "input_ids": lambda encoding: encoding.ids,
    "attention_mask": lambda encoding: encoding.attention_mask,
    "token_type_ids": lambda encoding: encoding.type_ids,
}


def is_installed() -> bool:
    """Whether OpenVINO is there; the extra ``local`` has it."""
    return importlib.util.find_spec("openvino") is not None


def compiled_encoder(model: Path, folder: Path, tokens: int) -> CompiledEncoder:
    """Return a model as it was compiled, or compile it now.

    Parameters
    ----------
    model : Path
        Folder of the sentence-transformers model.
    folder : Path
        Where the compiled one is kept, of this model alone.
    tokens : int
        The most tokens of one pass.

    Raises
    ------
    UnsuitableModelError
        It can't be compiled, or eight bits change its vectors too much, which is remembered; or
        there is a faster device for it.
    OSError
        The disk is full or can't be written, or OpenVINO's libraries can't be loaded.
    Exception
        Whatever the libraries raise for a folder that holds no model.
    """
    try:
        return CompiledEncoder(folder, tokens)
    except _NotCompiledError:
        if (device := usual_device()) != "cpu":
            raise UnsuitableModelError(f"it runs on {device}, which is faster") from None
        folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        try:
            return CompiledEncoder(folder, tokens)  # Another process made it meanwhile.
        except _NotCompiledError:
            _compile(TorchEncoder(model, tokens, "float32"), folder, tokens)
    return CompiledEncoder(folder, tokens)


def _compile(original: TorchEncoder, folder: Path, tokens: int) -> None:
    # Always the same name: what a killed process left is written over, not kept beside it.
    temporary = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    try:
        try:
            _write(original, temporary)
            _compare(original, CompiledEncoder(temporary, tokens))
        except UnsuitableModelError as error:
            # Remembered, or every start would try again.
            _write_about(temporary, {"unsuitable": str(error)})
        shutil.rmtree(folder, ignore_errors=True)
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _write(original: TorchEncoder, folder: Path) -> None:
    from tokenizers import Tokenizer

    model = original.model
    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    features = {
        name: value
        for name, value in tokenized(model, PROBES[:3]).items()
        if getattr(value, "ndim", 0) == 2
    }
    if any(model.prompts.values()):
        raise UnsuitableModelError("it puts prompts before what it embeds")
    longest = model.max_seq_length
    known = {"attention_mask"} <= features.keys() <= _TAKEN.keys()
    if backend is None or longest is None or not known:
        raise UnsuitableModelError("it takes other inputs than tokens")
    tokenizer = Tokenizer.from_str(backend.to_str())
    tokenizer.enable_truncation(longest)
    tokenizer.no_padding()
    tokenizer.save(str(folder / _TOKENIZER))
    openvino = _openvino()
    openvino.save_model(_compress(_trace(original, features)), str(folder / _MODEL))
    fillers = {
        "input_ids": model.tokenizer.pad_token_id or 0,
        "attention_mask": 0,
        "token_type_ids": getattr(model.tokenizer, "pad_token_type_id", 0),
    }
    about = {
        "inputs": {name: fillers[name] for name in features},
        "pads_left": pads_left(model),
        "digests": {name: sha256_of(folder / name) for name in (_MODEL, _WEIGHTS, _TOKENIZER)},
    }
    _write_about(folder, about)


def _write_about(folder: Path, about: dict[str, Any]) -> None:
    signed = about | {"digest": _digest_of(about)}
    (folder / _ABOUT).write_text(json.dumps(signed), "utf-8")


def _trace(original: TorchEncoder, features: dict[str, Any]) -> Any:
    """Return the whole model, its pooling included, as OpenVINO's graph."""
    with quiet_transformers(), warnings.catch_warnings():
        # Tracing tells of each branch that depends on a shape; `_compare` sees if it matters.
        warnings.simplefilter("ignore")
        try:
            return _openvino().convert_model(
                original.module(list(features)), example_input=tuple(features.values())
            )
        except Exception as error:
            raise UnsuitableModelError(f"OpenVINO can't convert it: {error}") from error


def _compress(graph: Any) -> Any:
    """Give every layer whose weights are constant eight-bit ones, in place."""
    from openvino import opset13

    compressed = 0
    for node in graph.get_ops():
        if node.get_type_name() != "MatMul":
            continue
        weights = node.input_value(1).get_node()
        if weights.get_type_name() != "Constant" or len(weights.shape) != 2:
            continue
        values = np.asarray(weights.data, np.float32)
        inner = 1 if node.get_attributes()["transpose_b"] else 0
        scales = np.abs(values).max(axis=inner, keepdims=True) / LARGEST_INTEGER
        scales[scales == 0] = 1
        integers = np.rint(values / scales).astype(np.int8)
        widened = opset13.convert(opset13.constant(integers), "f32")
        restored = opset13.multiply(widened, opset13.constant(scales.astype(np.float32)))
        node.input(1).replace_source_output(restored.output(0))
        compressed += 1
    if not compressed:
        raise UnsuitableModelError("it has no layers to compress")
    return graph


def _compare(original: TorchEncoder, compiled: CompiledEncoder) -> None:
    exact, found = (
        vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        for vectors in (original.encode(PROBES, "document"), compiled.encode(PROBES))
    )
    cosines = (exact * found).sum(axis=1)
    if not cosines.min() >= LEAST_COSINE:  # NaN is none either.
        raise UnsuitableModelError(f"eight bits change its vectors: cosine {cosines.min():.3f}")


def _openvino() -> Any:
    """OpenVINO, kept from reporting its use to its makers, as it does when imported."""
    silenced = "openvino_telemetry" not in sys.modules
    if silenced:
        # What is None can't be imported, and then OpenVINO uses a stand-in of its own.
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    try:
        import openvino
    except ImportError as error:
        raise OSError(f"OpenVINO can't be loaded: {error}") from error
    finally:
        if silenced:
            del sys.modules["openvino_telemetry"]
    return openvino


def _digest_of(about: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()
