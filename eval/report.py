"""A run as people and machines read it: tables for the terminal, JSON for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .cases import KINDS
from .grading import score
from .metrics import Interval, bootstrap_interval, percentile
from .run import Result, Run

__all__ = ["print_run", "run_to_dict"]


def print_run(run: Run, console: Console, *, details: bool = False) -> None:
    """Print the outcomes by kind, the totals, the citations and the latency."""
    stamps = run.stamps() or (("no answer", ""),)
    for model, fingerprint in stamps:
        console.print(
            f"[bold]{escape(run.system)}[/] · model {escape(model)} · settings {fingerprint} · "
            f"{len(run.results)} cases"
        )
    console.print(_outcomes(run.results))
    console.print(_totals(run))
    console.print(_latency(run.results))
    console.print("[dim]Latency is warm: one question was asked before the clock started.[/]")
    for result in run.results:
        if result.error:
            console.print(f"[red]error[/] {escape(f'{result.case.id}: {result.error}')}")
        for fault in result.faults:
            console.print(f"[red]inexact[/] {escape(f'{result.case.id}: {fault}')}")
    if details:
        console.print(_not_right(run.results))


def run_to_dict(run: Run) -> dict[str, Any]:
    """Plain values for `json.dumps`: the figures, then every case."""
    return {
        "system": run.system,
        "stamps": [{"model": model, "fingerprint": mark} for model, mark in run.stamps()],
        "summary": {
            name: {"mean": i.mean, "low": i.low, "high": i.high, "n": i.n} if i.n else None
            for name, i in _figures(run)
        },
        "results": [result.to_dict() for result in run.results],
    }


def _outcomes(results: Sequence[Result]) -> Table:
    table = Table(title="Outcomes by kind")
    table.add_column("kind")
    for name in ("n", "correct", "wrong", "refused", "right"):
        table.add_column(name, justify="right")
    kinds = [kind for kind in KINDS if any(r.case.kind == kind for r in results)]
    for kind in kinds:
        of_kind = [r for r in results if r.case.kind == kind]
        counts = [sum(r.outcome == o for r in of_kind) for o in ("correct", "wrong", "refused")]
        right = sum(r.right for r in of_kind) / len(of_kind)
        style = "red" if counts[1] else ""
        table.add_row(
            kind,
            str(len(of_kind)),
            str(counts[0]),
            f"[{style}]{counts[1]}[/]" if style else "0",
            str(counts[2]),
            f"{right:.2f}",
            end_section=kind in {"follow-up", kinds[-1]},
        )
    return table


def _figures(run: Run) -> list[tuple[str, Interval]]:
    answerable = [r for r in run.results if not r.case.must_refuse]
    must_refuse = [r for r in run.results if r.case.must_refuse]
    figures = [
        (f"answerable {outcome}", bootstrap_interval([r.outcome == outcome for r in answerable]))
        for outcome in ("correct", "wrong", "refused")
    ]
    figures += [
        (
            "unanswerable refused",
            bootstrap_interval([r.outcome == "refused" for r in must_refuse]),
        ),
        ("premise corrected", bootstrap_interval([r.outcome == "correct" for r in must_refuse])),
        ("unanswerable wrong", bootstrap_interval([r.outcome == "wrong" for r in must_refuse])),
        (
            "truthfulness",
            bootstrap_interval([score(r.case, r.outcome) for r in run.results], bounds=(-1.0, 1.0)),
        ),
        ("citation exactness", bootstrap_interval([not r.faults for r in run.checked()])),
    ]
    for name in ("precision", "recall"):
        values = [getattr(r, name) for r in run.results]
        figures.append(
            (f"citation {name}", bootstrap_interval([v for v in values if v is not None]))
        )
    return figures


def _totals(run: Run) -> Table:
    table = Table(title="Totals, with 95% intervals")
    table.add_column("figure")
    for name in ("value", "interval", "n"):
        table.add_column(name, justify="right")
    for name, interval in _figures(run):
        if interval.n:
            table.add_row(
                name,
                f"{interval.mean:.3f}",
                f"{interval.low:.2f} to {interval.high:.2f}",
                str(interval.n),
                end_section=name in {"answerable refused", "unanswerable wrong", "truthfulness"},
            )
    return table


def _latency(results: Sequence[Result]) -> Table:
    table = Table(title="Seconds by stage")
    table.add_column("stage")
    for name in ("median", "p90", "n"):
        table.add_column(name, justify="right")
    answers = [r.answer for r in results if r.answer]
    stages = list(dict.fromkeys(stage for answer in answers for stage in answer.timings))
    for stage in sorted(stages, key=lambda stage: stage == "total"):
        seconds = [answer.timings[stage] for answer in answers if stage in answer.timings]
        table.add_row(
            escape(stage),
            f"{percentile(seconds, 0.5):.3f}",
            f"{percentile(seconds, 0.9):.3f}",
            str(len(seconds)),
        )
    return table


def _not_right(results: Sequence[Result]) -> Table:
    table = Table(title="Not right", show_lines=True)
    for name in ("id", "question", "wanted", "outcome", "answer"):
        table.add_column(name)
    for result in results:
        if not result.right:
            case = result.case
            wanted = "; ".join(item[0] for item in case.gold) or "not found"
            said = result.answer.text if result.answer else result.error
            table.add_row(*map(escape, (case.id, case.question, wanted, result.outcome, said)))
    return table
