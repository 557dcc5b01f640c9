from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from models import tiny_model

from qa.embeddings import SentenceTransformersEmbedder
from qa.encoders import compiled
from qa.encoders.compiled import CompiledEncoder, UnsuitableModelError, compiled_encoder
from qa.encoders.pytorch import TorchEncoder

pytestmark = [pytest.mark.real, pytest.mark.filterwarnings("ignore")]
TOKENS = 64
TEXTS = ["tide", "the wind rose", "", "a long evening by the harbour " * 20, "the wind rose"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def made(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "model"
    compiled_encoder(model, folder, TOKENS)
    return folder


@pytest.fixture
def uncompiled(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    """Where a model was compiled during the test."""
    places: list[Path] = []
    real = compiled._compile

    def counted(original: TorchEncoder, folder: Path, tokens: int) -> None:
        places.append(folder)
        real(original, folder, tokens)

    monkeypatch.setattr(compiled, "_compile", counted)
    return places


def unit(vectors: Any) -> Any:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_a_compiled_model_gives_nearly_the_vectors_of_the_original(model: Path, made: Path) -> None:
    exact = TorchEncoder(model, TOKENS, "float32").encode(TEXTS, "document")
    found = CompiledEncoder(made, TOKENS).encode(TEXTS)
    assert found.shape == exact.shape
    assert found.dtype == np.float32
    assert (unit(exact) * unit(found)).sum(axis=1).min() > 0.99
    np.testing.assert_array_equal(found[1], found[4])


def test_a_model_is_compiled_once(model: Path, made: Path, uncompiled: list[Path]) -> None:
    assert compiled_encoder(model, made, TOKENS).arithmetic == "int8"
    assert uncompiled == []
    assert not made.with_name("model.part").exists()


@pytest.mark.parametrize("name", ["model.xml", "model.bin", "tokenizer.json", "encoder.json"])
@pytest.mark.parametrize("damage", ["flipped", "flipped at the end", "cut", "gone"])
def test_a_damaged_model_is_compiled_again(
    model: Path, tmp_path: Path, made: Path, uncompiled: list[Path], name: str, damage: str
) -> None:
    place = tmp_path / "model"
    place.mkdir()
    for file in made.iterdir():
        (place / file.name).write_bytes(file.read_bytes())
    content = bytearray((place / name).read_bytes())
    if damage == "gone":
        (place / name).unlink()
    elif damage == "cut":
        (place / name).write_bytes(content[: len(content) // 2])
    else:
        content[-3 if damage == "flipped at the end" else 0] ^= 0x01
        (place / name).write_bytes(content)
    again = compiled_encoder(model, place, TOKENS).encode(TEXTS)
    assert uncompiled == [place]
    np.testing.assert_array_equal(again, CompiledEncoder(made, TOKENS).encode(TEXTS))


def test_what_a_killed_process_left_is_replaced(model: Path, tmp_path: Path) -> None:
    left = tmp_path / "model.part"
    left.mkdir()
    (left / "model.xml").write_text("half", "utf-8")
    assert compiled_encoder(model, tmp_path / "model", TOKENS).encode(["tide"]).shape == (1, 16)
    assert not left.exists()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"prompts": {"query": "query: ", "document": ""}}, "prompts"),
        ({"LEAST_COSINE": 1.1}, "eight bits change its vectors"),
    ],
)
def test_an_unsuitable_model_stays_as_it_is_and_is_remembered(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    uncompiled: list[Path],
    change: dict[str, Any],
    reason: str,
) -> None:
    options = {key: value for key, value in change.items() if key == "prompts"}
    if "LEAST_COSINE" in change:
        monkeypatch.setattr(compiled, "LEAST_COSINE", change["LEAST_COSINE"])
    folder, place = tiny_model(tmp_path, **options), tmp_path / "made"
    for _ in range(2):
        with pytest.raises(UnsuitableModelError, match=reason):
            compiled_encoder(folder, place, TOKENS)
    assert uncompiled == [place]
    assert "unsuitable" in json.loads((place / "encoder.json").read_text("utf-8"))
    embedder = SentenceTransformersEmbedder("tiny", folder, compiled_models=tmp_path)
    assert np.isfinite(embedder.embed(["tide"])).all()


def test_without_room_for_it_the_original_serves(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(compiled, "_write", full)
    embedder = SentenceTransformersEmbedder("tiny", model, compiled_models=tmp_path / "models")
    assert embedder.arithmetic != "int8"
    assert [path.suffix for path in (tmp_path / "models").iterdir()] == [".lock"]


def test_where_openvino_fails_the_original_serves(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    embedder = SentenceTransformersEmbedder("tiny", model, compiled_models=tmp_path)
    assert embedder.arithmetic != "int8"
    monkeypatch.undo()
    again = SentenceTransformersEmbedder("tiny", model, compiled_models=tmp_path)
    assert again.arithmetic == "int8"


def test_a_graphics_card_is_preferred(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "usual_device", lambda: "cuda")
    with pytest.raises(UnsuitableModelError, match="cuda, which is faster"):
        compiled_encoder(model, tmp_path / "made", TOKENS)
    monkeypatch.undo()
    assert compiled_encoder(model, tmp_path / "made", TOKENS).arithmetic == "int8"


def test_without_openvino_the_original_serves(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "is_installed", lambda: False)
    embedder = SentenceTransformersEmbedder("tiny", model, compiled_models=tmp_path)
    assert embedder.arithmetic != "int8"
    assert list(tmp_path.iterdir()) == []


def test_loading_needs_no_pytorch_and_reports_to_nobody(made: Path) -> None:
    code = (
        "import socket, sys\n"
        "def refuse(*arguments): raise SystemExit('a connection was tried')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from pathlib import Path\n"
        "from qa.encoders.compiled import CompiledEncoder\n"
        f"CompiledEncoder(Path({str(made)!r}), 64).encode(['tide'])\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'openvino_telemetry'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
