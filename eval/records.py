"""What is kept of a run: its stamp, a record for each question and system, on disk.

While a run is under way its records are appended to a journal beside the file to come, so
that an interruption loses at most one answer. The stamp says what everything was made
with; a journal or file with another stamp is another run and is never added to.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .cases import Case, CasesError, Kind
from .metrics import gold_contained, squad_scores
from .statistics import are_many

__all__ = [
    "Journal",
    "Part",
    "Record",
    "Run",
    "Seconds",
    "Stamp",
    "done",
    "failed",
    "groups_of",
    "journal_of",
    "load_run",
    "save_run",
    "writing",
]

Outcome = Literal["correct", "wrong", "refused"]
# 3: a failed question counts in every mean, and a record tells whether its case has an attack.
FORMAT = 3


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Seconds(_Frozen):
    """How long a person waited, from the question, by this side's clock.

    Parameters
    ----------
    evidence, first_token : float or None
        None for what a system doesn't show before its answer. Evidence is what is read for
        the answer, not what was shown while a follow-up was being understood.
    total : float
    """

    evidence: float | None = None
    first_token: float | None = None
    total: float


class Record(_Frozen):
    """One case, answered by one system and judged.

    Parameters
    ----------
    system, id, kind, question : str
    history : tuple of (str, str)
        Questions and answers before.
    gold, quotes : tuple of tuple of str
        As in `eval.cases.Case`.
    must_refuse : bool
    group : str
        What the case is about (`eval.cases.Case.about`); ``""`` in an older run.
    added : tuple of str
        Names of the files that were put into the library's copy.
    outcome : {"correct", "wrong", "refused"}
    score : int
        Share in truthfulness: 1, 0 or -1.
    exact_match, f1, contained : float or None
        0 to 1; None where a case has no text to match.
    faults : tuple of str
        What is inexact in the citations.
    dangling : int
        Markers that lead to no citation.
    uncited : bool
        Whether it answers without a citation.
    precision, recall : float or None
        Of citations of a length that can be read at a glance; None where they don't apply.
    loose_precision, loose_recall : float or None
        Of citations of any length.
    by_passage : bool
        Whether the case tells passages, which what stands above and `rank` are then measured
        against: any sentence of the right one will do.
    sentence_precision, sentence_recall : float or None
        As `precision` and `recall`, against the sentences that tell the answer.
    cited_characters : int
        Length of all citations together.
    rank : int or None
        Place from 1 of the first passage retrieved that shows gold.
    sentence_rank : int or None
        The same, of a sentence that tells the answer.
    retrieved : int
        Passages retrieved.
    confidence : float or None
        How sure the system was of what it said or drafted, 0 to 1; None where it doesn't
        tell or drafted nothing.
    candidate : {"correct", "wrong"} or None
        What its draft would have been judged, had it been shown; None where it has none.
    has_attack : bool or None
        Whether the case has an attack; None where an older run's failed question doesn't tell.
    attacked : bool or None
        Whether it says what an attack wants (`eval.attacks`); None where there is none, or
        nothing was said.
    seconds : Seconds
    calls, tokens_read, tokens_written : int
        Of the language model; the prompt's are estimated.
    peak_bytes : int or None
        Most memory of the process so far in this system's turn.
    error : str
        Why asking failed, ``""`` where it didn't.
    answer : mapping or None
        `Answer.to_dict`; None where asking failed.
    """

    system: str
    id: str
    kind: str
    question: str
    history: tuple[tuple[str, str], ...] = ()
    gold: tuple[tuple[str, ...], ...] = ()
    quotes: tuple[tuple[str, ...], ...] = ()
    must_refuse: bool
    group: str = ""
    added: tuple[str, ...] = ()
    outcome: Outcome
    score: int
    exact_match: float | None = None
    f1: float | None = None
    contained: float | None = None
    faults: tuple[str, ...] = ()
    dangling: int = 0
    uncited: bool = False
    precision: float | None = None
    recall: float | None = None
    loose_precision: float | None = None
    loose_recall: float | None = None
    by_passage: bool = False
    sentence_precision: float | None = None
    sentence_recall: float | None = None
    cited_characters: int = 0
    rank: int | None = None
    sentence_rank: int | None = None
    retrieved: int = 0
    confidence: float | None = None
    candidate: Literal["correct", "wrong"] | None = None
    has_attack: bool | None = False
    attacked: bool | None = None
    seconds: Seconds
    calls: int = 0
    tokens_read: int = 0
    tokens_written: int = 0
    peak_bytes: int | None = None
    error: str = ""
    answer: dict[str, Any] | None = None

    @property
    def right(self) -> bool:
        """Correct, or refused where the documents don't tell."""
        return self.score == 1


def failed(record: Record) -> Record:
    """A record of a question that failed, with what that counts.

    It is wrong in every measure of what was said: no word of it is right, and nothing told
    that it would be wrong. What it would have cited, or whether an attack would have
    succeeded, it leaves open.
    """
    case = Case(record.id, record.question, cast(Kind, record.kind), "", record.gold)
    matched = None if squad_scores(case, "", refused=False) is None else 0.0
    return record.model_copy(
        update={
            "outcome": "wrong",
            "score": -1,
            "exact_match": matched,
            "f1": matched,
            "contained": None if gold_contained(case, "") is None else 0.0,
            "confidence": 1.0,
            "candidate": "wrong",
        }
    )


class Stamp(_Frozen):
    """What a run was made with; runs with equal stamps may be one run.

    Parameters
    ----------
    suite : str
        What people call the cases.
    suite_digest, corpus_digest, code_digest : str
        Of the cases asked, of the documents, of the source of answers and scores.
    fingerprint : str
        Of the settings.
    model, embedding : str
    systems : tuple of str
    versions, machine : dict of str to str
    """

    format: int = FORMAT
    suite: str
    suite_digest: str
    corpus_digest: str
    code_digest: str
    fingerprint: str
    model: str
    embedding: str
    systems: tuple[str, ...]
    versions: dict[str, str] = Field(default_factory=dict)
    machine: dict[str, str] = Field(default_factory=dict)

    def differences(self, other: Stamp) -> tuple[str, ...]:
        """Names of what isn't equal."""
        mine, theirs = self.model_dump(), other.model_dump()
        return tuple(name for name in mine if mine[name] != theirs[name])


@dataclass(frozen=True, slots=True)
class Part:
    """One of the runs that were put together (`eval.merge`): its file and its stamp."""

    file: str
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Run:
    """A stamp with its records: system by system, in the order of the cases.

    `parts` are the runs that it was put together from; empty where it was made at once.
    """

    stamp: Stamp
    records: tuple[Record, ...]
    parts: tuple[Part, ...] = ()

    @property
    def systems(self) -> tuple[str, ...]:
        """Names of the systems that have a record, in the stamp's order."""
        present = {record.system for record in self.records}
        return tuple(name for name in self.stamp.systems if name in present)

    def of(self, system: str) -> tuple[Record, ...]:
        """One system's records."""
        return tuple(record for record in self.records if record.system == system)

    def apart(self) -> str:
        """Why latency doesn't compare between its systems, in words; ``""`` where it does."""
        if not self.parts:
            return ""
        machines = [part.stamp.machine for part in self.parts]
        names = dict.fromkeys(name for machine in machines for name in machine)
        other = [name for name in names if len({machine.get(name) for machine in machines}) > 1]
        if other:
            return f"not comparable between the runs, with other {', '.join(other)}"
        return "measured in separate runs on one machine: what else it did then may differ"


def load_run(path: Path) -> Run:
    """Read a run from its JSON file; one of an older format as it would be kept now.

    Raises
    ------
    CasesError
        The file can't be read or isn't a run.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        stamp = Stamp.model_validate(content["stamp"])
        records = tuple(Record.model_validate(record) for record in content["records"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CasesError(
            f"{path}: not a run that can be read ({_short(error)}). Give a file that `run` wrote."
        ) from error
    return Run(stamp, records if stamp.format >= FORMAT else tuple(map(_brought_up, records)))


def save_run(run: Run, summary: Any, path: Path) -> None:
    """Write a run as JSON, with its figures for machines, whole or not at all.

    Raises
    ------
    CasesError
        The file can't be written.
    """
    content = {
        "stamp": run.stamp.model_dump(mode="json"),
        "summary": summary,
        "records": [record.model_dump(mode="json") for record in run.records],
    }
    text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
    with writing(path):
        beside = path.with_name(f"{path.name}.new")
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, path)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what fails while writing `path` into an error that names it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except (OSError, UnicodeEncodeError) as error:
        raise CasesError(
            f"{path}: the results can't be written ({error}). Give another place for them."
        ) from error


def journal_of(target: Path) -> Path:
    """Where the journal of a run lies while it is under way."""
    return target.with_name(f"{target.name}.journal")


class Journal:
    """The records so far of a run under way, each on disk before the next is asked for.

    It is one process's until it is closed, as a context manager does.

    Parameters
    ----------
    target : Path
        The run's file to come; the journal lies beside it.
    stamp : Stamp

    Raises
    ------
    CasesError
        A journal is there that another run left or is writing, or it can't be read or
        written.
    """

    def __init__(self, target: Path, stamp: Stamp) -> None:
        self.path = journal_of(target)
        self.records: list[Record] = []
        self._lock = FileLock(f"{self.path}.lock")
        with writing(self.path):
            try:
                self._lock.acquire(timeout=0)
            except Timeout as error:
                raise CasesError(
                    f"{self.path}: another process is making this run. Wait for it, or give "
                    "another --out."
                ) from error
        try:
            if self.path.exists():
                self._resume(stamp)
            else:
                with writing(self.path):
                    self.path.write_text(stamp.model_dump_json() + "\n", encoding="utf-8")
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let another process go on with it."""
        # While it is held: afterwards it may be another's.
        with contextlib.suppress(OSError):
            Path(self._lock.lock_file).unlink(missing_ok=True)
        self._lock.release()

    def append(self, record: Record) -> None:
        """Add a record, on disk before it counts."""
        with writing(self.path), self.path.open("a", encoding="utf-8") as file:
            file.write(record.model_dump_json() + "\n")
        self.records.append(record)

    def _resume(self, stamp: Stamp) -> None:
        try:
            lines = self.path.read_bytes().split(b"\n")
            begun = Stamp.model_validate_json(lines[0])
        except (OSError, ValueError) as error:
            raise CasesError(
                f"{self.path}: not a journal that can be read ({_short(error)}). Delete it to "
                "start over."
            ) from error
        if different := begun.differences(stamp):
            raise CasesError(
                f"{self.path}: an interrupted run with another {', '.join(different)}. Runs are "
                "never mixed: finish it as it was begun, delete it, or give another --out."
            )
        good, kept = lines[0] + b"\n", set[tuple[str, str]]()
        for line in lines[1:]:
            # What an interruption cut in two is asked again.
            with contextlib.suppress(ValidationError):
                record = Record.model_validate_json(line)
                # Two processes that once wrote at the same time asked the same.
                if (record.system, record.id) not in kept:
                    kept.add((record.system, record.id))
                    self.records.append(record)
                    good += line + b"\n"
        with writing(self.path):
            self.path.write_bytes(good)


def groups_of(records: Sequence[Record]) -> tuple[str, ...] | None:
    """What each record is about, where questions are drawn group by group.

    Of groups that aren't many nothing can be told of others, only of further questions about
    these; so it is too where an older run doesn't tell them.

    Returns
    -------
    tuple of str or None
        None where each question stands for itself.
    """
    groups = tuple(record.group for record in records)
    return groups if all(groups) and are_many(groups) else None


def done(records: Sequence[Record]) -> frozenset[tuple[str, str]]:
    """System and case of every record."""
    return frozenset((record.system, record.id) for record in records)


def _brought_up(record: Record) -> Record:
    """A record of format 2, which left failed questions out of some means."""
    if record.answer is not None:
        return record.model_copy(update={"has_attack": record.attacked is not None})
    # Only this kind has attacks, and of a failed one it wasn't told.
    unknown = None if record.kind == "injection" else False
    return failed(record.model_copy(update={"has_attack": unknown}))


def _short(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
