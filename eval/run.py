"""Ask every case of every system and judge what comes back; nothing here prints.

Cases that add documents get a copy of the library with them. Each system answers one
question that isn't counted before its first, so that latency is that of a warm system.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from qa.embeddings import Embedder
from qa.errors import QaError
from qa.index import store_folder
from qa.llms import ChatModel, forget_prompts
from qa.readers import read_document
from qa.settings import Settings
from qa.types import Answer, Document

from .attacks import attack_succeeded
from .cases import Case, CasesError
from .grading import Outcome, grade, score
from .machine import code_digest, corpus_digest, machine, peak_memory, reset_peak, versions
from .metering import Meter, metered
from .metrics import (
    citation_precision,
    citation_recall,
    contract_faults,
    dangling_markers,
    gold_contained,
    gold_rank,
    quote_faults,
    squad_scores,
)
from .reading import strip_markers
from .records import Journal, Record, Run, Seconds, Stamp, done, failed
from .systems import Reply, Setup, System, build

__all__ = ["Suite", "judge", "run_suite", "select", "stamp_of"]

# Not for a summary, which needs no language model.
WARM_UP = "Which names stand in the first sentence?"

Build = Callable[[str, Setup], System]


@dataclass(frozen=True, slots=True)
class Suite:
    """Cases with the folder of documents that they are about.

    Parameters
    ----------
    name : str
        What reports call it.
    cases : tuple of Case
    folder : Path
    documents : mapping of str to Document
        The folder's, as a library reads them.
    """

    name: str
    cases: tuple[Case, ...]
    folder: Path
    documents: Mapping[str, Document]


def select(
    cases: Sequence[Case], *, kinds: Sequence[str] = (), limit: int | None = None
) -> tuple[Case, ...]:
    """Cases of some kinds (none named: all), at most `limit`, in their order.

    Of each kind there is one before any has two; further places go by their numbers (the
    method of Adams). Within its kind a sample is spread evenly.
    """
    chosen = [case for case in cases if not kinds or case.kind in kinds]
    if limit is None or limit >= len(chosen):
        return tuple(chosen)
    counts = Counter(case.kind for case in chosen)
    places = dict.fromkeys(counts, 0)
    for _ in range(limit):
        next_ = max(counts, key=lambda kind: (not places[kind], counts[kind] / (places[kind] or 1)))
        places[next_] += 1
    taken = {
        (kind, (2 * k + 1) * counts[kind] // (2 * places[kind]))
        for kind in counts
        for k in range(places[kind])
    }
    seen: Counter[str] = Counter()
    sample = []
    for case in chosen:
        if (case.kind, seen[case.kind]) in taken:
            sample.append(case)
        seen[case.kind] += 1
    return tuple(sample)


def stamp_of(
    suite: Suite,
    systems: Sequence[str],
    settings: Settings,
    model: ChatModel | None,
    embedding: str,
) -> Stamp:
    """What a run of these systems on this suite is made with."""
    asked = hashlib.sha256()
    for case in suite.cases:
        asked.update(repr(replace(case, added=())).encode())
        asked.update(repr(case.attack).encode() if case.attack else b"")
        for path in case.added:
            asked.update(path.name.encode() + b"\0" + path.read_bytes())
    return Stamp(
        suite=suite.name,
        suite_digest=asked.hexdigest()[:12],
        corpus_digest=corpus_digest(suite.documents),
        code_digest=code_digest(),
        fingerprint=settings.fingerprint(),
        model=model.name if model is not None else "none",
        embedding=embedding,
        systems=tuple(systems),
        versions=versions(),
        machine=machine(settings.local.threads),
    )


def run_suite(
    suite: Suite,
    systems: Sequence[str],
    settings: Settings,
    model: ChatModel | None,
    embedder: Embedder,
    *,
    target: Path,
    build_system: Build = build,
    on_start: Callable[[str, int], None] = lambda _name, _count: None,
    on_record: Callable[[Record], None] = lambda _: None,
) -> Run:
    """Ask what isn't in the journal yet, system by system.

    Parameters
    ----------
    suite : Suite
    systems : sequence of str
    settings : Settings
    model : ChatModel or None
    embedder : Embedder
    target : Path
        The run's file to come; a journal beside it holds the records until then.
    build_system : callable
        Makes a system by its name.
    on_start : callable
        Called with a system's name and how many cases are left for it.
    on_record : callable
        Called with each record as it comes, with those of the journal first.

    Raises
    ------
    CasesError
        The journal belongs to another run, is another process's, or can't be written.
    qa.errors.QaError
        A system can't be made or can't answer at all: it isn't measured.
    """
    stamp = stamp_of(suite, systems, settings, model, embedder.name)
    with Journal(target, stamp) as journal:
        for record in journal.records:
            on_record(record)
        finished = done(journal.records)
        meter = Meter()
        counted = metered(model, meter) if model is not None else None
        for name in systems:
            left = [case for case in suite.cases if (name, case.id) not in finished]
            on_start(name, len(left))
            reset_peak()
            for added in dict.fromkeys(case.added for case in left):
                folder = _folder_with(suite.folder, added, settings.home)
                system = build_system(name, Setup(folder, settings, counted, embedder))
                system.ask(WARM_UP, ())
                documents = {path: document.text for path, document in suite.documents.items()}
                documents |= {path.name: read_document(folder, path.name).text for path in added}
                for case in left:
                    if case.added == added:
                        record = _ask(system, case, documents, meter)
                        journal.append(record)
                        on_record(record)
                if added:
                    # Its library isn't asked again: what the model keeps of it only takes space.
                    forget_prompts(settings, store_folder(settings.home, folder).name)
    order = {case.id: place for place, case in enumerate(suite.cases)}
    records = sorted(
        journal.records, key=lambda record: (systems.index(record.system), order[record.id])
    )
    return Run(stamp, tuple(records))


def _folder_with(folder: Path, added: Sequence[Path], home: Path) -> Path:
    """The folder, or a copy of it that holds further files.

    The copy's place depends on what it copies, so what is indexed once stays indexed.
    """
    if not added:
        return folder
    name = hashlib.sha256("\0".join(map(str, (folder.resolve(), *added))).encode()).hexdigest()[:12]
    copied = home / "eval" / f"added-{name}"
    try:
        shutil.rmtree(copied, ignore_errors=True)
        shutil.copytree(folder, copied)
        for path in added:
            shutil.copy2(path, copied / path.name)
    except OSError as error:
        raise CasesError(
            f"{copied}: no copy of {folder} can be made for cases with 'add' ({error}). Free some "
            "space, or set QA_HOME to a folder that can be written."
        ) from error
    return copied


def _ask(system: System, case: Case, documents: Mapping[str, str], meter: Meter) -> Record:
    meter.reset()
    start = time.perf_counter()
    try:
        reply = system.ask(case.question, case.history)
    except QaError as error:
        record = failed(_unjudged(case, system.name, time.perf_counter() - start))
        record = record.model_copy(update={"error": str(error)})
    else:
        seconds = time.perf_counter() - start
        record = judge(case, system, reply, documents, seconds)
    return record.model_copy(
        update={
            "calls": meter.calls,
            "tokens_read": meter.read,
            "tokens_written": meter.written,
            "peak_bytes": peak_memory(),
        }
    )


def _unjudged(case: Case, system: str, seconds: float) -> Record:
    """What is known of a question before its answer: wrong until something can be relied on."""
    return Record(
        system=system,
        id=case.id,
        kind=case.kind,
        question=case.question,
        history=tuple((turn.question, turn.answer) for turn in case.history),
        gold=case.gold,
        quotes=case.quotes,
        must_refuse=case.must_refuse,
        group=case.about,
        has_attack=bool(case.attack),
        by_passage=bool(case.passages),
        added=tuple(path.name for path in case.added),
        outcome="wrong",
        score=-1,
        seconds=Seconds(total=seconds),
    )


def judge(
    case: Case, system: System, reply: Reply, documents: Mapping[str, str], seconds: float
) -> Record:
    """Grade a reply and its citations.

    Parameters
    ----------
    case : Case
    system : System
    reply : Reply
    documents : mapping of str to str
        Canonical text by document path.
    seconds : float
        From question to whole answer.
    """
    answer, text = reply.answer, strip_markers(reply.answer.text)
    outcome = grade(case, answer)
    refused = outcome == "refused"
    matched = squad_scores(case, text, refused=refused)
    faults = [*quote_faults(answer, documents)]
    dangling = dangling_markers(answer)
    faults += [f"marker [{n}] leads nowhere" for n in dangling]
    if system.keeps_contract:
        faults += contract_faults(answer)
    spans = [
        (passage.sentence.document, passage.sentence.start, passage.sentence.end)
        for passage in answer.evidence
    ]
    confidence, candidate = _draft(case, answer, outcome)
    cited = None if refused else answer
    # Its own quotes are the sentences that tell the answer.
    by_sentence = replace(case, passages=())
    return _unjudged(case, system.name, seconds).model_copy(
        update={
            "outcome": outcome,
            "score": score(case, outcome),
            "exact_match": matched[0] if matched else None,
            "f1": matched[1] if matched else None,
            "contained": gold_contained(case, "" if refused else text),
            "faults": tuple(faults),
            "dangling": len(dangling),
            "uncited": not refused and not answer.citations,
            "precision": cited and citation_precision(case, cited, documents),
            "recall": cited and citation_recall(case, cited, documents),
            "loose_precision": cited and citation_precision(case, cited, documents, longest=None),
            "loose_recall": cited and citation_recall(case, cited, documents, longest=None),
            "sentence_precision": cited and citation_precision(by_sentence, cited, documents),
            "sentence_recall": cited and citation_recall(by_sentence, cited, documents),
            "cited_characters": sum(c.end - c.start for c in answer.citations),
            "rank": gold_rank(case, spans, documents),
            "sentence_rank": gold_rank(by_sentence, spans, documents),
            "retrieved": len(spans),
            "confidence": confidence,
            "candidate": candidate,
            "attacked": attack_succeeded(case, answer.text),
            "seconds": Seconds(
                evidence=reply.evidence_seconds,
                first_token=reply.first_token_seconds,
                total=seconds,
            ),
            "answer": answer.to_dict(),
        }
    )


def _draft(
    case: Case, answer: Answer, outcome: Outcome
) -> tuple[float | None, Literal["correct", "wrong"] | None]:
    """How sure a system was of what it drafted, and whether that was right.

    Of a refusal that dropped its claims, the claims are judged as if they had been shown,
    so that the curve of risk and coverage goes on beyond where the system stops.
    """
    shown = [claim for claim in answer.claims if claim.shown]
    if outcome != "refused":
        supports = [claim.support for claim in shown]
        return (min(supports) if supports else 1.0), outcome
    dropped = [claim for claim in answer.claims if not claim.shown]
    if not dropped or shown:
        return None, None
    text = " ".join(claim.text for claim in dropped)
    drafted = grade(case, replace(answer, status="answered", text=text))
    if drafted == "refused":
        return None, None
    return min(claim.support for claim in dropped), drafted
