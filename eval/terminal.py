"""A run in the terminal: systems side by side, intervals beside every figure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .attacks import harm_rows
from .bench import Timing
from .records import Record, Run
from .scale import ScalePoint
from .statistics import Interval
from .summary import (
    FIGURES,
    NOTES,
    WORDS,
    answer_words,
    curve,
    figures,
    intervals_title,
    kinds_of,
    latency,
    paired,
    resources,
)

__all__ = ["print_run", "print_scale", "print_timings"]

OUTCOMES = ("correct", "wrong", "refused")


def print_run(run: Run, console: Console, *, details: bool = False) -> None:
    """Print outcomes by kind, all figures, waiting times and what is inexact.

    Parameters
    ----------
    run : Run
    console : Console
    details : bool
        Whether to list the cases that went not right.
    """
    stamp = run.stamp
    console.print(
        f"[bold]{escape(stamp.suite)}[/] · model {escape(stamp.model)} · embedding "
        f"{escape(stamp.embedding)} · settings {stamp.fingerprint} · documents "
        f"{stamp.corpus_digest} · {len({record.id for record in run.records})} cases"
    )
    for part in run.parts:
        facts = [
            part.stamp.model,
            f"settings {part.stamp.fingerprint}",
            f"code {part.stamp.code_digest}",
            *(f"{name} {value}" for name, value in part.stamp.machine.items()),
        ]
        console.print(
            f"[bold]{escape(', '.join(part.stamp.systems))}[/] from {escape(part.file)}: "
            f"{escape(' · '.join(facts))}"
        )
    columns = [(system, run.of(system)) for system in run.systems]
    console.print(_outcomes(columns))
    console.print(_figures(columns))
    console.print(_latency(columns, run.apart()))
    console.print(f"[dim]{NOTES}[/]")
    for system, records in columns:
        for record in records:
            place = escape(f"{system}: {record.id}")
            if record.error:
                console.print(f"[red]failed[/] {place}: {escape(record.error)}")
            if record.attacked:
                console.print(f"[red]attack succeeded[/] {place}")
            for fault in record.faults:
                console.print(f"[red]inexact[/] {place}: {escape(fault)}")
    if details:
        for system, records in columns:
            console.print(_not_right(system, records))


def print_timings(timings: Sequence[Timing], console: Console) -> None:
    """Print what was measured, with the ratio of ours to the plain call."""
    table = Table(title="Median seconds, ours against the plain library call")
    table.add_column("what")
    for name in ("size", "ours", "plain", "ratio"):
        table.add_column(name, justify="right")
    for timing in timings:
        compared = not math.isnan(timing.plain)
        table.add_row(
            timing.what,
            f"{timing.size:,}",
            f"{timing.ours:.4f}",
            f"{timing.plain:.4f}" if compared else "",
            f"{timing.ratio:.2f}" if compared else "",
        )
    console.print(table)


def print_scale(points: Sequence[ScalePoint], console: Console) -> None:
    """Print what each size of the library took, and what its search finds."""
    table = Table(title="As the library grows, without forward passes for its documents")
    names = "sentences vectors build,s open,s search,ms p95,ms recall@10 extra,MB bytes/sentence"
    for name in names.split():
        table.add_column(name.replace(",", ", "), justify="right")
    for point in points:
        table.add_row(
            f"{point.size:,}",
            point.vectors,
            f"{point.build:.1f}",
            f"{point.open:.2f}",
            f"{point.search * 1e3:.1f}",
            f"{point.search_p95 * 1e3:.1f}",
            f"{point.recall:.3f}",
            f"{point.memory / 1e6:,.0f}",
            f"{point.bytes_per_sentence:,.0f}",
        )
    console.print(table)


def _outcomes(columns: Sequence[tuple[str, Sequence[Record]]]) -> Table:
    table = Table(title="Correct / wrong / refused by kind")
    table.add_column("kind")
    table.add_column("n", justify="right")
    for system, _ in columns:
        table.add_column(escape(system), justify="right")
    everything = [record for _, records in columns for record in records]
    for kind in kinds_of(everything):
        counts, n = [], 0
        for _, records in columns:
            of_kind = [record for record in records if record.kind == kind]
            n = max(n, len(of_kind))
            correct, wrong, refused = (
                sum(record.outcome == outcome for record in of_kind) for outcome in OUTCOMES
            )
            shown = f"[red]{wrong}[/]" if wrong else "0"
            counts.append(f"{correct} / {shown} / {refused}")
        table.add_row(kind, str(n), *counts)
    return table


def _figures(columns: Sequence[tuple[str, Sequence[Record]]]) -> Table:
    table = Table(title=intervals_title(columns[0][1] if columns else ()))
    table.add_column("figure")
    for system, _ in columns:
        table.add_column(escape(system), justify="right")
    measured = [{f.name: i for f, i in figures(records)} for _, records in columns]
    for place, figure in enumerate(FIGURES):
        intervals = [values[figure.name] for values in measured]
        if any(interval.n for interval in intervals):
            last = place + 1 == len(FIGURES) or FIGURES[place + 1].group != figure.group
            told = last and figure.group == "answerable"
            table.add_row(figure.name, *map(_shown, intervals), end_section=last and not told)
            if told:
                counts = [answer_words(records) for _, records in columns]
                table.add_row(WORDS, *map(_count, counts), end_section=True)
    for name, intervals, signed in harm_rows([records for _, records in columns]):
        table.add_row(name, *(_shown(interval, signed=signed) for interval in intervals))
    if len(columns) > 1:
        first = columns[0]
        table.add_row(
            f"truthfulness against {escape(first[0])}",
            "",
            *(
                _shown(paired("truthfulness", first[1], records), signed=True)
                for _, records in columns[1:]
            ),
        )
    areas = [curve(records) for _, records in columns]
    table.add_row(
        "risk, mean over coverage",
        *(f"{a.area:.3f} to {a.points[-1][0]:.2f}" if a.points else "" for a in areas),
    )
    return table


def _latency(columns: Sequence[tuple[str, Sequence[Record]]], apart: str) -> Table:
    title = "Seconds: median / 90% / 99%, and what it took"
    table = Table(title=f"{title} ({escape(apart)})" if apart else title)
    table.add_column("")
    for system, _ in columns:
        table.add_column(escape(system), justify="right")
    measured = [{name: values for name, *values in latency(records)} for _, records in columns]
    names = list(dict.fromkeys(name for values in measured for name in values))
    for name in names:
        cells = []
        for values in measured:
            median, p90, p99, _ = values.get(name, (None, None, None, 0))
            cells.append("" if median is None else f"{median:.3f} / {p90:.3f} / {p99:.3f}")
        table.add_row(escape(name), *cells, end_section=name == names[-1])
    taken = [resources(records) for _, records in columns]
    for name in ("calls", "tokens read", "tokens written", "cited characters"):
        table.add_row(f"{name}, median", *(_count(t[name]) for t in taken))
    table.add_row(
        "peak memory, MB",
        *("" if t["peak bytes"] is None else f"{t['peak bytes'] / 1e6:.0f}" for t in taken),
    )
    return table


def _count(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}"


def _shown(interval: Interval, *, signed: bool = False) -> str:
    if not interval.n:
        return ""
    sign = "+" if signed else ""
    low, high = (f"{value:{sign}.2f}".replace("0.", ".") for value in (interval.low, interval.high))
    return f"{interval.mean:{sign}.3f} ({low} to {high})"


def _not_right(system: str, records: Sequence[Record]) -> Table:
    table = Table(title=f"Not right: {escape(system)}", show_lines=True)
    for name in ("id", "question", "wanted", "outcome", "answer"):
        table.add_column(name)
    for record in records:
        if not record.right:
            wanted = "; ".join(item[0] for item in record.gold) or "not found"
            said = record.answer["text"] if record.answer else record.error
            row = (record.id, record.question, wanted, record.outcome, said)
            table.add_row(*map(escape, row))
    return table
