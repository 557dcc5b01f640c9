"""Public suites: passages become one library, so that retrieval counts, and a sample is asked.

Adapters (`eval.squad`, `eval.nq`) turn a file into questions with the passage that each
one is about; what is the same for all of them is here. The files are read from a path
that the caller gives; nothing of them is kept in the project.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qa.documents import canonical_text
from qa.language.values import Date, Time, tokenise

from .cases import Case, CasesError, Kind, check_case

__all__ = ["PassageSuite", "draw", "file_name", "kind_of", "one_line", "sentence_around"]

_SENTENCE_START = re.compile(r"(?<=[.!?])[”\"’')\]]*\s+(?=[A-Z“\"‘'(\[])")


@dataclass(frozen=True, slots=True)
class PassageSuite:
    """Sampled cases with the files that they are about.

    Parameters
    ----------
    name : str
        Of the adapter: its files are written under this name.
    cases : tuple of Case
        Answerable and unanswerable ones in turn.
    files : mapping of str to str
        Text by file name: a title on the first line, passages set apart by blank lines.
    """

    name: str
    cases: tuple[Case, ...]
    files: Mapping[str, str]

    def write(self, parent: Path) -> Path:
        """Write the files into a folder of their own under `parent` and return it.

        The folder is named by what is in it, so a library indexed once stays indexed.

        Raises
        ------
        CasesError
        """
        content = json.dumps(self.files, sort_keys=True).encode()
        folder = parent / f"{self.name}-{hashlib.sha256(content).hexdigest()[:12]}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, text in self.files.items():
                file = folder / name
                if not file.exists() or file.read_text(encoding="utf-8") != text:
                    file.write_text(text, encoding="utf-8")
        except OSError as error:
            raise CasesError(
                f"{folder}: the passages can't be written ({error}). Set QA_HOME to a folder "
                "that can be written."
            ) from error
        return folder

    def check(self, documents: Mapping[str, str]) -> None:
        """Check every case against the library's texts, as `eval.cases.check_case` does.

        Raises
        ------
        CasesError
            Names the case.
        """
        for case in self.cases:
            try:
                check_case(case, documents)
            except CasesError as error:
                raise CasesError(f"{self.name} question {case.id}: {error}") from error


def draw(
    answerable: Sequence[Case], unanswerable: Sequence[Case], counts: tuple[int, int], seed: int
) -> tuple[Case, ...]:
    """Sample so many of either, in turn; fewer where there are fewer.

    Parameters
    ----------
    answerable, unanswerable : sequence of Case
    counts : (int, int)
        Wanted of each.
    seed : int
        The same seed draws the same questions.
    """
    random_ = random.Random(seed)  # noqa: S311 - a repeatable sample, no secret
    samples = [
        random_.sample(list(pool), min(count, len(pool)))
        for pool, count in zip((answerable, unanswerable), counts, strict=True)
    ]
    turns = max(map(len, samples))
    return tuple(sample[k] for k in range(turns) for sample in samples if k < len(sample))


def file_name(title: str) -> str:
    """A title as the name of a text file."""
    return (re.sub(r"\W+", "_", title).strip("_")[:80] or "untitled") + ".txt"


def one_line(passage: str) -> str:
    """A passage without line breaks: one character for one, so that offsets stay true."""
    return re.sub(r"[\r\n]", " ", passage)


def sentence_around(passage: str, start: int, length: int) -> str:
    """Canonical text of the sentence, or sentences, that hold a span of a passage."""
    starts = [0, *(match.end() for match in _SENTENCE_START.finditer(passage)), len(passage)]
    first = max(bound for bound in starts if bound <= start)
    last = min(bound for bound in starts if bound >= start + length)
    return canonical_text(passage[first:last]).strip()


def kind_of(gold: str) -> Kind:
    """Fact, date or number, by what the gold answer is."""
    values = [token.value for token in tokenise(gold)]
    if any(isinstance(value, Date | Time) for value in values):
        return "date"
    return "fact" if all(isinstance(value, str) for value in values) else "number"
