"""Natural Questions (open) with gold passages as a suite: what people asked a search engine.

Sources: Kwiatkowski et al., 2019, "Natural Questions"; Lee et al., 2019, "Latent Retrieval
for Weakly Supervised Open Domain Question Answering"; the gold passages are those of Liu et
al., 2023, "Lost in the Middle". All its questions have an answer, so unanswerable ones are
made by keeping their passages out of the library: of such a question no answer occurs
anywhere in what is left, so that nothing right is counted as wrong.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qa.documents import canonical_text

from .cases import Case, CasesError
from .metrics import normalise
from .passages import PassageSuite, draw, file_name, kind_of, one_line, sentence_around

__all__ = ["load_nq"]


@dataclass(frozen=True, slots=True)
class _Question:
    number: int
    text: str
    answers: tuple[str, ...]
    title: str
    passage: str


def load_nq(path: Path | str, *, counts: tuple[int, int], seed: int) -> PassageSuite:
    """Cases sampled from a JSON Lines file (``.gz`` too) of questions with gold passages.

    Parameters
    ----------
    path : Path or str
        Each line has ``question``, ``answers``, ``title`` and ``text``.
    counts : (int, int)
        Of answerable and of unanswerable questions; fewer where the file has fewer.
    seed : int
        The same seed draws the same questions and keeps the same passages out.

    Raises
    ------
    CasesError
        The file can't be read or has another format.
    """
    path = Path(path)
    questions = _read(path)
    withheld = _withhold(questions, counts[1], seed)
    kept = [q for q in questions if q.passage not in {w.passage for w in withheld}]
    files: dict[str, list[str]] = {}
    for question in kept:
        passages = files.setdefault(file_name(question.title), [question.title])
        if question.passage not in passages:
            passages.append(question.passage)
    answerable = [case for case in map(_answerable, kept) if case is not None]
    first = next(iter(files), "")
    unanswerable = [
        Case(f"nq-{q.number}", q.text, "unanswerable", first, group=q.title) for q in withheld
    ]
    cases = draw(answerable, unanswerable, counts, seed)
    if not cases:
        raise CasesError(f"{path}: no question in it that can be asked. Give another file.")
    return PassageSuite(
        "nq", cases, {name: "\n\n".join(passages) + "\n" for name, passages in files.items()}
    )


def _read(path: Path) -> list[_Question]:
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode("utf-8")
        lines = [line for line in text.split("\n") if line.strip()]
        records = [json.loads(line) for line in lines]
        return [
            _Question(
                number,
                str(record["question"]).strip(),
                _answers(record["answers"]),
                str(record["title"]),
                " ".join(one_line(record["text"]).split()),
            )
            for number, record in enumerate(records, start=1)
            if str(record["question"]).strip() and str(record["text"]).strip()
        ]
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise CasesError(
            f"{path}: not NQ-open with gold passages ({type(error).__name__}: {error}). Give JSON "
            "Lines with 'question', 'answers', 'title' and 'text'."
        ) from error


def _answers(given: object) -> tuple[str, ...]:
    # A bare text would be taken for a list of its letters.
    if not isinstance(given, list):
        raise TypeError("'answers' must be a list of texts")
    return tuple(dict.fromkeys(str(answer) for answer in given))


def _withhold(questions: Sequence[_Question], count: int, seed: int) -> list[_Question]:
    """Questions whose passages stay out: no answer of theirs is told elsewhere."""
    order = list(questions)
    random.Random(f"withhold {seed}").shuffle(order)  # noqa: S311 - repeatable, no secret
    titles = [question.title for question in questions]
    passages = {question.passage: normalise(question.passage) for question in questions}
    chosen: list[_Question] = []
    for question in order:
        if len(chosen) >= count:
            break
        answers = [normalise(answer) for answer in question.answers]
        told = any(
            answer in text
            for passage, text in passages.items()
            if passage != question.passage
            for answer in answers
        )
        # Another passage of the same article may say it in other words.
        if answers and all(answers) and not told and titles.count(question.title) == 1:
            chosen.append(question)
    return chosen


def _answerable(question: _Question) -> Case | None:
    """The case of a question whose answer stands in its passage; None where it doesn't."""
    spans = [
        (match.start(), len(match[0]))
        for answer in question.answers
        if (match := _whole(answer).search(question.passage))
    ]
    if not spans:
        return None
    quotes = dict.fromkeys(sentence_around(question.passage, *span) for span in spans)
    return Case(
        f"nq-{question.number}",
        question.text,
        kind_of(question.answers[0]),
        file_name(question.title),
        (question.answers,),
        (tuple(quotes),),
        passages=(canonical_text(question.passage).strip(),),
        group=question.title,
    )


def _whole(answer: str) -> re.Pattern[str]:
    """An answer as whole words: "4" doesn't stand in "1944"."""
    return re.compile(rf"(?<!\w){re.escape(answer)}(?!\w)", re.IGNORECASE)
