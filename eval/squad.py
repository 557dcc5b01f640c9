"""SQuAD 2.0 as a suite: all paragraphs of a file are one library, so retrieval counts.

Source: Rajpurkar et al., 2018, "Know What You Don't Know: Unanswerable Questions for
SQuAD". The file is read from a path that the caller gives; nothing of it is kept here.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .cases import Case, CasesError, Kind, check_case
from .values import Date, Time, tokenise
from qa.documents import canonical_text

__all__ = ["SquadSuite", "load_squad"]

_SENTENCE_START = re.compile(r"(?<=[.!?])[”\"’')\]]*\s+(?=[A-Z“\"‘'(\[])")


@dataclass(frozen=True, slots=True)
class SquadSuite:
    """Sampled cases with the files that they are about.

    Parameters
    ----------
    cases : tuple of Case
        Answerable and unanswerable ones in turn.
    files : mapping of str to str
        Text by file name: an article each, its title on the first line, its paragraphs
        set apart by blank lines.
    """

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
        folder = parent / f"squad-{hashlib.sha256(content).hexdigest()[:12]}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, text in self.files.items():
                file = folder / name
                if not file.exists() or file.read_text(encoding="utf-8") != text:
                    file.write_text(text, encoding="utf-8")
        except OSError as error:
            raise CasesError(
                f"{folder}: the paragraphs can't be written ({error}). Set QA_HOME to a folder "
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
                raise CasesError(f"SQuAD question {case.id}: {error}") from error


def load_squad(path: Path | str, *, sample: int, seed: int) -> SquadSuite:
    """Cases sampled from a SQuAD 2.0 JSON file, half of them unanswerable.

    Parameters
    ----------
    path : Path or str
    sample : int
        Number of cases; an odd one goes to the answerable. Fewer where the file has
        fewer.
    seed : int
        The same seed draws the same questions.

    Raises
    ------
    CasesError
        The file can't be read or isn't in SQuAD 2.0's format.
    """
    path = Path(path)
    answerable: list[Case] = []
    unanswerable: list[Case] = []
    files: dict[str, str] = {}
    try:
        for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
            title = str(article["title"]).replace("_", " ")
            name = re.sub(r"\W+", "_", title).strip("_") + ".txt"
            contexts = [_one_line(paragraph["context"]) for paragraph in article["paragraphs"]]
            files[name] = "\n\n".join([title, *dict.fromkeys(contexts)]) + "\n"
            for paragraph in article["paragraphs"]:
                for record in paragraph["qas"]:
                    if not str(record["question"]).strip():
                        continue
                    if record["is_impossible"]:
                        unanswerable.append(_case(record, "unanswerable", name))
                    else:
                        answerable.append(_answerable(record, paragraph["context"], name))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CasesError(
            f"{path}: not a SQuAD 2.0 file ({type(error).__name__}: {error}). Give the JSON of "
            "https://rajpurkar.github.io/SQuAD-explorer/."
        ) from error
    draw = random.Random(seed)  # noqa: S311 - a repeatable sample, no secret
    halves = [
        draw.sample(pool, min(count, len(pool)))
        for pool, count in ((answerable, sample - sample // 2), (unanswerable, sample // 2))
    ]
    turns = max(map(len, halves))
    cases = tuple(half[k] for k in range(turns) for half in halves if k < len(half))
    if not cases:
        raise CasesError(f"{path}: no question in it. Give a SQuAD 2.0 file with questions.")
    return SquadSuite(cases, files)


def _one_line(context: str) -> str:
    # One character for one: SQuAD's offsets stay true, and a paragraph stays one.
    return re.sub(r"[\r\n]", " ", context)


def _answerable(record: Mapping[str, Any], context: str, document: str) -> Case:
    answers = record["answers"]
    golds = tuple(dict.fromkeys(str(answer["text"]) for answer in answers))
    quotes = dict.fromkeys(
        _sentence(_one_line(context), answer["answer_start"], len(answer["text"]))
        for answer in answers
    )
    return _case(record, _kind(golds), document, gold=(golds,), quotes=(tuple(quotes),))


def _case(
    record: Mapping[str, Any],
    kind: Kind,
    document: str,
    gold: tuple[tuple[str, ...], ...] = (),
    quotes: tuple[tuple[str, ...], ...] = (),
) -> Case:
    question = str(record["question"]).strip()
    return Case(str(record["id"]), question, kind, document, gold, quotes)


def _sentence(context: str, start: int, length: int) -> str:
    """Canonical text of the sentence, or sentences, that hold a span of a paragraph."""
    starts = [0, *(match.end() for match in _SENTENCE_START.finditer(context)), len(context)]
    first = max(bound for bound in starts if bound <= start)
    last = min(bound for bound in starts if bound >= start + length)
    return canonical_text(context[first:last]).strip()


def _kind(golds: tuple[str, ...]) -> Kind:
    values = [token.value for token in tokenise(golds[0])]
    if any(isinstance(value, Date | Time) for value in values):
        return "date"
    return "fact" if all(isinstance(value, str) for value in values) else "number"
