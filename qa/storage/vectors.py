"""The vectors of one kind of text on disk: exact, and if there are many also compressed.

The exact vectors are mapped into memory, not read, so that opening takes no longer for
more of them. A product with each is exact, and quick enough up to `EXACT_LIMIT` of them.
Beyond, FAISS scans a copy of one byte a component (its scalar quantiser), which is a
quarter to read, and what looks close there is scored by its exact vector: the same
scores, of fewer texts.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Self

import faiss
import numpy as np
from numpy.typing import NDArray

from qa.errors import IndexCorruptError

__all__ = ["EXACT_LIMIT", "VectorSpool", "VectorWriter", "Vectors", "compresses"]

EXACT_LIMIT = 100_000
"""Vectors of one kind up to which all are scored."""
_MEMORY_SHARE = 4
_SAMPLE = 50_000
_AT_ONCE = 8192
_HIGHEST = 127


class Vectors:
    """The vectors of all sentences, or of all chunks, by row.

    Parameters
    ----------
    folder : Path
        Holds what a `VectorWriter` wrote.
    name : str
        As it was written.
    count : int
        How many there must be.

    Attributes
    ----------
    exact : ndarray of float32, shape (count, dimension)
        Rows of length 1, on disk.

    Raises
    ------
    IndexCorruptError
        When there are more or fewer.
    """

    def __init__(self, folder: Path, name: str, count: int) -> None:
        path = folder / f"{name}.npy"
        self.exact: NDArray[np.float32] = np.load(path, mmap_mode="r", allow_pickle=False)
        bytes_path = folder / f"{name}.faiss"
        self._scanned = (
            faiss.read_index(str(bytes_path), faiss.IO_FLAG_MMAP_IFC)
            if bytes_path.exists()
            else None
        )
        if len(self.exact) != count or (self._scanned and self._scanned.ntotal != count):
            raise IndexCorruptError(f"The index is damaged: {path} holds vectors of other texts.")

    @property
    def compressed(self) -> bool:
        """Whether there is a copy to scan."""
        return self._scanned is not None

    def nearest(self, query: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        """Rows that look closest to a vector, by the compressed copy.

        Parameters
        ----------
        query : ndarray of float32, shape (dimension,)
        count : int
            At least 1.

        Returns
        -------
        ndarray of int64
            Best first; fewer where there are fewer.
        """
        assert self._scanned is not None
        scale = _HIGHEST / max(float(np.abs(query).max()), 1e-9)
        _, rows = self._scanned.search(np.rint(query * scale).reshape(1, -1), count)
        found: NDArray[np.int64] = rows[0][rows[0] >= 0]
        return found


class VectorSpool:
    """Vectors on disk, written in any order, then read as one array.

    Its file has no name, where the system can do that, so that a crash leaves nothing.

    Parameters
    ----------
    folder : Path
    dimension : int

    Raises
    ------
    OSError
    """

    def __init__(self, folder: Path, dimension: int) -> None:
        self.dimension = dimension
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file; arrays that were read stay valid."""
        self._file.close()

    def write(self, row: int, vector: NDArray[np.float32]) -> None:
        """Write one vector.

        Raises
        ------
        OSError
        """
        self._file.seek(row * self.dimension * 4)
        data = np.ascontiguousarray(vector, np.float32).tobytes()
        while data:
            data = data[self._file.write(data) :]

    def read(self, count: int) -> NDArray[np.float32]:
        """All vectors; each must have been written.

        Returns
        -------
        ndarray of float32, shape (count, dimension)
            Mapped into memory.
        """
        shape = (count, self.dimension)
        return (
            np.memmap(self._file, np.float32, "r", shape=shape) if count else np.empty(shape, "f4")
        )


def compresses(count: int, dimension: int, memory: int | None = None) -> bool:
    """Whether to search a compressed copy first, rather than score every vector exactly.

    Parameters
    ----------
    count, dimension : int
    memory : int, optional
        Bytes of the machine's; default: what it has. Exact vectors that take more than
        a quarter of it wouldn't stay in it from question to question.
    """
    memory = _machine_memory() if memory is None else memory
    return count > EXACT_LIMIT or count * dimension * 4 > memory // _MEMORY_SHARE


class VectorWriter:
    """Writes vectors part by part; a compressed copy follows where there are many.

    Used in a ``with`` statement, at whose end all is on disk.

    Parameters
    ----------
    folder : Path
    name : str
        Of the files, without suffix.
    dimension : int

    Raises
    ------
    OSError
    """

    def __init__(self, folder: Path, name: str, dimension: int) -> None:
        self._folder = folder
        self._name = name
        self._dimension = dimension
        self._count = 0

    def __enter__(self) -> Self:
        self._file = (self._folder / f"{self._name}.npy").open("wb")
        try:
            self._write_header()
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Complete the files, unless writing failed."""
        with self._file:
            if kind is None:
                self._file.seek(0)
                self._write_header()
        if kind is None and compresses(self._count, self._dimension):
            self._compress()

    def append(self, part: NDArray[np.float32]) -> None:
        """Write further vectors.

        Parameters
        ----------
        part : ndarray of float32, shape (n, dimension)
            Rows of length 1.

        Raises
        ------
        OSError
        """
        self._file.write(np.ascontiguousarray(part, dtype="<f4").data)
        self._count += len(part)

    def _write_header(self) -> None:
        # NumPy leaves room for the first number to grow: the header's length stays the same.
        header = {
            "descr": "<f4",
            "fortran_order": False,
            "shape": (self._count, self._dimension),
        }
        np.lib.format.write_array_header_1_0(self._file, header)

    def _compress(self) -> None:
        exact = np.load(self._folder / f"{self._name}.npy", mmap_mode="r", allow_pickle=False)
        # One scale for all components keeps the order of inner products.
        scale = _HIGHEST / float(np.abs(exact[:: max(self._count // _SAMPLE, 1)]).max())
        index = faiss.IndexScalarQuantizer(
            self._dimension, faiss.ScalarQuantizer.QT_8bit_direct_signed, faiss.METRIC_INNER_PRODUCT
        )
        for start in range(0, self._count, _AT_ONCE):
            scaled = np.rint(exact[start : start + _AT_ONCE] * scale)
            index.add(np.clip(scaled, -_HIGHEST, _HIGHEST).astype(np.float32))
        with (self._folder / f"{self._name}.faiss").open("wb") as file:
            file.write(faiss.serialize_index(index).data)


def _machine_memory() -> int:
    """Bytes of memory of this machine; where it doesn't tell, enough for anything."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 1 << 62
