"""A folder that holds whole generations of files, of which exactly one is current.

A generation is written to a folder of its own, with a manifest of each file's size and
SHA-256, and becomes current by one atomic rename of the file ``current``, which holds
the manifest's own digest. Whatever interrupts a writer, the current generation is the
old one or the new one. Once a generation is replaced, its files are deleted.

Every file is checked at every opening, the smallest first, up to 1 GiB of them: one flipped
bit is noticed. What is larger (with vectors of 384 components, the exact ones of some
500,000 sentences and more) is read again once a week, or when its size, times or place on
disk differ from those of its last check. So only a bit that the disk itself flips in such a file,
without a write, can go unnoticed for up to a week; an update in that time copies it. It can
misplace a text in the ranking, but texts, offsets and ids, which quotes rest on, are in smaller
files.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock, Timeout

from qa.checksums import sha256_of
from qa.errors import IndexBusyError, IndexCorruptError, IndexStoreError

__all__ = ["Generation", "GenerationStore"]

T = TypeVar("T")

LOCK_SECONDS = 5.0

_PREFIX = "generation-"
_POINTER = "current"
_MANIFEST = "manifest.json"
_VERIFIED = "verified.json"
# Bytes that are read at every opening: well below a second's hashing.
_ALWAYS_CHECKED = 2**30
_TRUSTED_SECONDS = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Generation:
    """One complete set of files.

    Parameters
    ----------
    name : str
        Never used twice.
    folder : Path
    facts : mapping
        What its writer noted about it; plain JSON values.
    """

    name: str
    folder: Path
    facts: Mapping[str, Any]


class GenerationStore:
    """The generations in one folder, which needn't exist before the first is written.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def current(self) -> str | None:
        """Name of the current generation; None before the first.

        Raises
        ------
        IndexCorruptError
        IndexStoreError
        """
        pointer = self._pointer()
        return pointer[0] if pointer else None

    def read(self, parse: Callable[[Generation], T]) -> T | None:
        """Check every file of the current generation, then parse it.

        If a writer replaces the generation meanwhile, its successor is read.

        Parameters
        ----------
        parse : callable
            Gets the generation; may raise IndexStoreError.

        Returns
        -------
        What `parse` returned, or None where there is no generation.

        Raises
        ------
        IndexCorruptError
            When a file is missing or differs from the manifest.
        IndexStoreError
            When a file can't be opened.
        """
        while True:
            pointer = self._pointer()
            if pointer is None:
                return None
            try:
                return parse(self._checked(*pointer))
            except (IndexStoreError, FileNotFoundError) as error:
                if self._pointer() != pointer:
                    continue
                if isinstance(error, FileNotFoundError):
                    raise IndexCorruptError(
                        f"The index in {self._folder} is damaged: {error.filename} is missing."
                    ) from error
                raise
            except OSError as error:
                raise self._unreadable(error) from error

    def facts(self) -> Mapping[str, Any] | None:
        """What its writer noted about the current generation, even if its other files are damaged.

        Returns
        -------
        mapping, or None where there is no generation.

        Raises
        ------
        IndexCorruptError
            When the note, or what points to it, is damaged.
        IndexStoreError
            When it can't be opened.
        """
        pointer = self._pointer()
        if pointer is None:
            return None
        try:
            facts: Mapping[str, Any] = self._manifest(*pointer)["facts"]
        except OSError as error:
            raise self._unreadable(error) from error
        return facts

    @contextmanager
    def writing(self, timeout: float | None = None) -> Iterator[None]:
        """Hold the writers' lock, and clear what crashed writers left.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait for another writer; by default `LOCK_SECONDS`.

        Raises
        ------
        IndexBusyError
            When another writer holds the lock for longer.
        IndexStoreError
            When the folder can't be written.
        """
        try:
            _make_private(self._folder)
            lock = FileLock(self._folder / "lock")
            lock.acquire(timeout=LOCK_SECONDS if timeout is None else timeout)
        except Timeout as error:
            raise IndexBusyError(
                f"Another process is writing the index in {self._folder}. "
                "Wait until it has finished, then try again."
            ) from error
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            self._remove_leftovers()
            yield
        finally:
            lock.release()

    def write(self, fill: Callable[[Path], Mapping[str, Any]]) -> None:
        """Write a generation, make it current and delete all others; only while `writing`.

        Parameters
        ----------
        fill : callable
            Gets an empty folder to write files into; returns the generation's facts.

        Raises
        ------
        IndexStoreError
            When there is no space or no permission; what was current still is.
        """
        name = f"{_PREFIX}{uuid.uuid4().hex[:16]}"
        folder = self._folder / name
        try:
            folder.mkdir(mode=0o700)
            facts = fill(folder)
            files = {
                path.relative_to(folder).as_posix(): {
                    "size": path.stat().st_size,
                    "sha256": sha256_of(path),
                }
                for path in sorted(folder.rglob("*"))
                if path.is_file()
            }
            manifest = json.dumps({"facts": facts, "files": files}, indent=1).encode()
            (folder / _MANIFEST).write_bytes(manifest)
            for path in [*folder.rglob("*"), folder, self._folder]:
                _flush(path)
            self._point_to(name, hashlib.sha256(manifest).hexdigest())
        except BaseException as error:
            if not self._is_current(name):
                shutil.rmtree(folder, ignore_errors=True)
            if isinstance(error, OSError):
                raise self._unwritable(error) from error
            raise
        self._remove_leftovers()

    def beside(self, write: Callable[[Path], T]) -> T:
        """Write something else into the folder; only while `writing`.

        Raises
        ------
        IndexStoreError
            When there is no space or no permission.
        """
        try:
            return write(self._folder)
        except OSError as error:
            raise self._unwritable(error) from error

    def has_files(self) -> bool:
        """Whether a current generation holds any file, damaged or not."""
        # A generation that is gone or closed to the user is a damaged one.
        with suppress(IndexStoreError, OSError):
            name = self.current()
            return name is not None and any(
                path.name != _MANIFEST for path in (self._folder / name).iterdir()
            )
        return True

    def has_leftovers(self) -> bool:
        """Whether something is there that isn't the current generation."""
        return bool(self._leftovers())

    def _point_to(self, name: str, digest: str) -> None:
        temporary = self._folder / f"{_POINTER}.new"
        temporary.write_text(json.dumps({"generation": name, "manifest": digest}), "utf-8")
        _flush(temporary)
        os.replace(temporary, self._folder / _POINTER)
        _flush(self._folder)

    def _pointer(self) -> tuple[str, str] | None:
        """Name of the current generation and its manifest's digest."""
        path = self._folder / _POINTER
        try:
            pointer = json.loads(path.read_bytes())
            name, digest = str(pointer["generation"]), str(pointer["manifest"])
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unreadable(error) from error
        except (ValueError, KeyError, TypeError) as error:
            raise self._damaged(path) from error
        if not name.startswith(_PREFIX) or not name.removeprefix(_PREFIX).isalnum():
            raise self._damaged(path)
        return name, digest

    def _is_current(self, name: str) -> bool:
        with suppress(IndexStoreError):
            return self.current() == name
        return False

    def _manifest(self, name: str, digest: str) -> dict[str, Any]:
        path = self._folder / name / _MANIFEST
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != digest:
            raise self._damaged(path)
        manifest: dict[str, Any] = json.loads(content)
        return manifest

    def _checked(self, name: str, digest: str) -> Generation:
        folder = self._folder / name
        manifest = self._manifest(name, digest)
        trusted = self._trusted(name)
        large: dict[str, list[int]] = {}
        read = False
        seen = 0
        for relative, expected in sorted(
            manifest["files"].items(), key=lambda item: int(item[1]["size"])
        ):
            path = folder / relative
            status = path.stat()
            if status.st_size != expected["size"]:
                raise self._damaged(path)
            seen += status.st_size
            if seen > _ALWAYS_CHECKED:
                identity = [status.st_ino, status.st_mtime_ns, status.st_ctime_ns]
                large[relative] = identity
                if trusted.get(relative) == identity:
                    continue
                read = True
            if sha256_of(path) != expected["sha256"]:
                raise self._damaged(path)
        if read:
            self._trust(name, large)
        return Generation(name, folder, manifest["facts"])

    def _trusted(self, name: str) -> dict[str, list[int]]:
        """Large files of a generation that were checked lately, with what they looked like then."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            verified = json.loads((self._folder / _VERIFIED).read_bytes())
            age = time.time() - verified["time"]
            if verified["generation"] == name and 0 <= age < _TRUSTED_SECONDS:
                return dict(verified["files"])
        return {}

    def _trust(self, name: str, files: Mapping[str, list[int]]) -> None:
        # It only saves time: that it can't be written is no error.
        with suppress(OSError):
            temporary = self._folder / f"{_VERIFIED}.{uuid.uuid4().hex[:8]}.new"
            verified = {"generation": name, "time": time.time(), "files": files}
            temporary.write_text(json.dumps(verified), "utf-8")
            os.replace(temporary, self._folder / _VERIFIED)

    def _leftovers(self) -> list[Path]:
        with suppress(IndexStoreError, OSError):
            current = self.current()
            return [
                path
                for path in self._folder.iterdir()
                if (path.name.startswith(_PREFIX) and path.name != current)
                or path.name == f"{_POINTER}.new"
            ]
        return []

    def _remove_leftovers(self) -> None:
        for path in self._leftovers():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with suppress(OSError):
                    path.unlink()

    def _damaged(self, path: Path) -> IndexCorruptError:
        return IndexCorruptError(
            f"The index in {self._folder} is damaged: {path.name} isn't what was written."
        )

    def _unreadable(self, error: OSError) -> IndexStoreError:
        return IndexStoreError(
            f"The index in {self._folder} can't be read: {error.strerror or error}. "
            "Check who may read it, or choose another place with QA_HOME."
        )

    def _unwritable(self, error: OSError) -> IndexStoreError:
        return IndexStoreError(
            f"The index can't be written to {self._folder}: {error.strerror or error}. Free some "
            "space or choose another place with QA_HOME. What was indexed before is unchanged."
        )


def _make_private(folder: Path) -> None:
    """Make a folder, with those above it that are missing, for its owner alone.

    What an index holds, and which libraries there are, is as private as the documents.
    """
    for missing in reversed([place for place in (folder, *folder.parents) if not place.exists()]):
        missing.mkdir(exist_ok=True, mode=0o700)


def _flush(path: Path) -> None:
    """Make a file, or a folder's list of files, survive a power cut."""
    if path.is_dir():
        # Windows can't open a folder, and needs no flush of it.
        if os.name == "nt":
            return
        descriptor = os.open(path, os.O_RDONLY)
    else:
        descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
