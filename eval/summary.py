"""Records to figures: what the terminal, the page, comparisons and the gate all show.

A `Figure` is a mean over cases with its interval. Correctness comes first and citations
after it, always together: who copies a passage cites perfectly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .attacks import harm
from .cases import KINDS
from .reading import strip_markers
from .records import Record, Run, groups_of
from .statistics import (
    Interval,
    RiskCoverage,
    bootstrap_interval,
    paired_bootstrap,
    percentile,
    risk_coverage,
    sign_test,
)

__all__ = [
    "FIGURES",
    "NOTES",
    "WORDS",
    "Figure",
    "answer_words",
    "chance",
    "curve",
    "exactness",
    "figures",
    "intervals_title",
    "kinds_of",
    "latency",
    "paired",
    "resources",
    "summarise",
]

RETRIEVAL = "retrieval"
# Shown at the end of the figures about answerable questions.
WORDS = "words of a given answer, median"
HIT_RANKS = (1, 3, 5)
NOTES = (
    "Truthfulness is the share right minus the share wrong; a refusal of what the documents don’t "
    "tell is right and counts 1, where CRAG, whose score it is otherwise, gives 0. "
    "A long answer holds many an answer by chance: read how often one is right beside how many "
    "words it has. A refusal with a quote is a refusal, which quotes what comes closest. "
    "Intervals are 95% by bootstrap. Of a run about ten or more documents or articles, none of "
    "which outweighs the others, whole ones are resampled, since questions about one aren’t "
    "independent; else questions are, and of other documents the interval tells nothing. Precision"
    " and recall count citations of at most 800 characters, which a reader can check at a glance; "
    "at any length, citing everything is never wrong. Where a suite tells passages, as SQuAD and "
    "NQ do, citations and retrieval are measured against the whole right passage: any sentence of "
    "it will do. What is called “right sentence” "
    "is measured against the sentence that tells the answer; elsewhere the two are the same. A "
    "question that failed is wrong, has no word right, and lies on the curve among the surest. "
    "Retrieval counts what each system retrieves: sentences for ours, longer chunks for "
    "others. Latency is warm: one question was asked before the clock started. Prompt tokens are "
    "estimated, and cached ones count. Peak memory is the whole process’s: models that an earlier "
    "system loaded stay."
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure: of which cases, and what of each.

    Parameters
    ----------
    name : str
        What reports call it.
    group : str
        What it is shown together with.
    value : callable
        A record's value, or None where the measure doesn't apply to it.
    bounds : (float, float)
        Lowest and highest value of a case.
    by_sentence : bool
        Whether it says anything only beside what is measured against whole passages.
    """

    name: str
    group: str
    value: Callable[[Record], float | None]
    bounds: tuple[float, float] = (0.0, 1.0)
    by_sentence: bool = False


def _answerable(value: Callable[[Record], float | None]) -> Callable[[Record], float | None]:
    return lambda record: None if record.must_refuse else value(record)


def _unanswerable(value: Callable[[Record], float | None]) -> Callable[[Record], float | None]:
    return lambda record: value(record) if record.must_refuse else None


def _outcome(*outcomes: str) -> Callable[[Record], float]:
    return lambda record: float(record.outcome in outcomes)


def _quoted_refusal(record: Record) -> float:
    """Whether it refuses and quotes what comes closest, as `qa.answering.abstention` does."""
    answer = record.answer or {}
    refused = record.outcome == "refused" and answer.get("status") == "not_found"
    return float(refused and bool(answer.get("citations")))


def _passage_rank(record: Record) -> int | None:
    return record.rank


def _sentence_rank(record: Record) -> int | None:
    return record.sentence_rank


_Rank = Callable[[Record], int | None]


def _ranked(value: Callable[[int | None], float], rank: _Rank) -> Callable[[Record], float | None]:
    return lambda r: None if r.must_refuse or not r.quotes else value(rank(r))


def _hit(k: int, rank: _Rank) -> Callable[[Record], float | None]:
    return _ranked(lambda place: float(place is not None and place <= k), rank)


def _reciprocal(rank: _Rank) -> Callable[[Record], float | None]:
    return _ranked(lambda place: 1.0 / place if place else 0.0, rank)


def _exact(record: Record) -> float | None:
    cites = record.answer is not None and (record.answer["citations"] or record.faults)
    return float(not record.faults) if cites else None


FIGURES: tuple[Figure, ...] = (
    Figure("truthfulness", "all cases", lambda r: float(r.score), (-1.0, 1.0)),
    Figure("correct", "answerable", _answerable(_outcome("correct"))),
    Figure("wrong", "answerable", _answerable(_outcome("wrong"))),
    Figure("refused", "answerable", _answerable(_outcome("refused"))),
    Figure("refused with a quote", "answerable", _answerable(_quoted_refusal)),
    Figure("refused or premise corrected", "unanswerable", _unanswerable(lambda r: float(r.right))),
    Figure("wrong, unanswerable", "unanswerable", _unanswerable(_outcome("wrong"))),
    Figure("refused with a quote, unanswerable", "unanswerable", _unanswerable(_quoted_refusal)),
    Figure("exact match, has answer", "words (SQuAD)", _answerable(lambda r: r.exact_match)),
    Figure("F1, has answer", "words (SQuAD)", _answerable(lambda r: r.f1)),
    Figure("F1, no answer", "words (SQuAD)", _unanswerable(lambda r: r.f1)),
    Figure("gold contained (lenient)", "words (SQuAD)", _answerable(lambda r: r.contained)),
    Figure("citations exact", "citations", _exact),
    Figure("citation precision", "citations", lambda r: r.precision),
    Figure("citation recall", "citations", lambda r: r.recall),
    Figure(
        "citation precision, right sentence",
        "citations",
        lambda r: r.sentence_precision,
        by_sentence=True,
    ),
    Figure(
        "citation recall, right sentence",
        "citations",
        lambda r: r.sentence_recall,
        by_sentence=True,
    ),
    Figure("precision at any length", "citations", lambda r: r.loose_precision),
    Figure("recall at any length", "citations", lambda r: r.loose_recall),
    Figure(
        "answered without citation",
        "citations",
        lambda r: None if r.outcome == "refused" or r.answer is None else float(r.uncited),
    ),
    # Where a system that retrieves came back with nothing it missed.
    *(Figure(f"hit@{k}", RETRIEVAL, _hit(k, _passage_rank)) for k in HIT_RANKS),
    Figure("mean reciprocal rank", RETRIEVAL, _reciprocal(_passage_rank)),
    *(
        Figure(f"hit@{k}, right sentence", RETRIEVAL, _hit(k, _sentence_rank), by_sentence=True)
        for k in HIT_RANKS
    ),
    Figure(
        "mean reciprocal rank, right sentence",
        RETRIEVAL,
        _reciprocal(_sentence_rank),
        by_sentence=True,
    ),
    Figure(
        "attack succeeded", "attacks", lambda r: None if r.attacked is None else float(r.attacked)
    ),
)
_BY_NAME: Mapping[str, Figure] = {figure.name: figure for figure in FIGURES}


def figures(records: Sequence[Record]) -> list[tuple[Figure, Interval]]:
    """Every measure over one system's records, with its interval."""
    groups = groups_of(records)
    found = []
    for figure in FIGURES:
        values = _values(figure, records)
        told = [place for place, value in enumerate(values) if value is not None]
        interval = bootstrap_interval(
            [value for value in values if value is not None],
            bounds=figure.bounds,
            groups=groups and [groups[place] for place in told],
        )
        found.append((figure, interval))
    return found


def intervals_title(records: Sequence[Record]) -> str:
    """What a table of figures is called: it tells what was resampled for the intervals."""
    groups = groups_of(records)
    told = f", resampled by {len(set(groups))} documents or articles" if groups else ""
    return f"Figures, with 95% intervals{told}"


def _values(figure: Figure, records: Sequence[Record]) -> list[float | None]:
    """A measure of each record of one system.

    How one retrieves that never does is no measure, nor what only repeats another.
    """
    if figure.group == RETRIEVAL and not any(record.retrieved for record in records):
        return [None] * len(records)
    if figure.by_sentence and not any(record.by_passage for record in records):
        return [None] * len(records)
    return [figure.value(record) for record in records]


def paired(name: str, first: Sequence[Record], second: Sequence[Record]) -> Interval:
    """Difference of a measure, second minus first, over the cases that both have.

    Parameters
    ----------
    name : str
        Of one of `FIGURES`.
    first, second : sequence of Record
        Of one system each.
    """
    mine, theirs, groups = _pairs(name, first, second)
    return paired_bootstrap(mine, theirs, groups)


def chance(name: str, first: Sequence[Record], second: Sequence[Record]) -> float:
    """Probability that a measure's difference (see `paired`) is chance, two-sided and exact."""
    return sign_test(*_pairs(name, first, second)[:2])


def _pairs(
    name: str, first: Sequence[Record], second: Sequence[Record]
) -> tuple[list[float], list[float], list[str] | None]:
    figure, groups = _BY_NAME[name], groups_of(first)
    ids = (record.id for record in second)
    theirs = dict(zip(ids, _values(figure, second), strict=True))
    pairs = [
        (mine, other, groups[place] if groups else "")
        for place, (record, mine) in enumerate(zip(first, _values(figure, first), strict=True))
        if mine is not None and (other := theirs.get(record.id)) is not None
    ]
    told = [group for _, _, group in pairs] if groups else None
    return [mine for mine, _, _ in pairs], [other for _, other, _ in pairs], told


def exactness(records: Sequence[Record]) -> float:
    """Share of the answers that cite exactly; 1.0 where none had anything to cite."""
    values = [value for record in records if (value := _exact(record)) is not None]
    return sum(values) / len(values) if values else 1.0


def answer_words(records: Sequence[Record]) -> float | None:
    """Median of the words of the answers that were given; None where none was."""
    given = [
        len(strip_markers(record.answer["text"]).split())
        for record in records
        if record.answer is not None and record.outcome != "refused"
    ]
    return percentile(given, 0.5) if given else None


def kinds_of(records: Sequence[Record]) -> list[str]:
    """Kinds that occur, in the order of `eval.cases.KINDS`."""
    present = {record.kind for record in records}
    return [kind for kind in KINDS if kind in present]


def curve(records: Sequence[Record]) -> RiskCoverage:
    """Risk at every coverage, of what was shown and what was drafted but held back."""
    return risk_coverage(
        [record.confidence for record in records],
        [record.candidate == "wrong" for record in records],
    )


def latency(records: Sequence[Record]) -> list[tuple[str, float, float, float, int]]:
    """Stage, median, 90th and 99th percentile in seconds, and of how many answers.

    What people wait for comes first, then the stages that a system tells of itself.
    """
    answered = [record for record in records if record.answer is not None]
    waits: dict[str, list[float]] = {"evidence shown": [], "first token": [], "whole answer": []}
    stages: dict[str, list[float]] = {}
    for record in answered:
        for name, value in (
            ("evidence shown", record.seconds.evidence),
            ("first token", record.seconds.first_token),
            ("whole answer", record.seconds.total),
        ):
            if value is not None:
                waits[name].append(value)
        for stage, value in (record.answer or {}).get("timings", {}).items():
            if stage != "total":
                stages.setdefault(f"stage: {stage}", []).append(value)
    return [
        (
            name,
            percentile(values, 0.5),
            percentile(values, 0.9),
            percentile(values, 0.99),
            len(values),
        )
        for name, values in (waits | stages).items()
        if values
    ]


def resources(records: Sequence[Record]) -> dict[str, float | None]:
    """Model calls and tokens a question (medians), peak memory in bytes, failures."""
    answered = [record for record in records if record.answer is not None]
    peaks = [record.peak_bytes for record in records if record.peak_bytes is not None]

    def median(values: Sequence[int]) -> float | None:
        return percentile(values, 0.5) if values else None

    return {
        "calls": median([record.calls for record in answered]),
        "tokens read": median([record.tokens_read for record in answered]),
        "tokens written": median([record.tokens_written for record in answered]),
        "cited characters": median([r.cited_characters for r in answered if r.cited_characters]),
        "peak bytes": max(peaks) if peaks else None,
        "failed": sum(record.answer is None for record in records),
    }


def summarise(run: Run) -> dict[str, Any]:
    """All figures of all systems as plain values for `json.dumps`."""
    summary: dict[str, Any] = {}
    for system in run.systems:
        records = run.of(system)
        area = curve(records)
        summary[system] = {
            "figures": {figure.name: _plain(interval) for figure, interval in figures(records)},
            WORDS: answer_words(records),
            "kinds": {
                kind: {
                    outcome: sum(r.outcome == outcome for r in records if r.kind == kind)
                    for outcome in ("correct", "wrong", "refused")
                }
                for kind in kinds_of(records)
            },
            "risk coverage": {
                "area": area.area if area.points else None,
                "points": [list(point) for point in area.points],
            },
            "seconds": {
                name: {"median": median, "p90": p90, "p99": p99, "n": n}
                for name, median, p90, p99, n in latency(records)
            },
            "resources": resources(records),
            "attacks": {name: _plain(interval) for name, interval, _ in harm(records)},
            "truthfulness against the first system": _plain(
                paired("truthfulness", run.of(run.systems[0]), records)
            ),
        }
    return summary


def _plain(interval: Interval) -> dict[str, float] | None:
    if not interval.n:
        return None
    return {
        "mean": interval.mean,
        "low": interval.low,
        "high": interval.high,
        "n": interval.n,
    }
