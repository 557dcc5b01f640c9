"""Two runs, or two systems, case by case: what changed, and is it more than chance?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .cases import CasesError
from .records import Record, Run, Stamp
from .statistics import Interval
from .summary import FIGURES, chance, paired

__all__ = ["Change", "Comparison", "compare", "pick", "print_comparison", "told_apart"]

# By an exact test of the cases that changed: the interval of a few has no width to tell by.
SIGNIFICANT = 0.05


@dataclass(frozen=True, slots=True)
class Change:
    """One case whose verdict or text differs."""

    first: Record
    second: Record

    @property
    def verdict(self) -> str:
        """What became of it: "better", "worse", "other verdict" or "other words"."""
        if self.second.score != self.first.score:
            return "better" if self.second.score > self.first.score else "worse"
        return "other words" if self.first.outcome == self.second.outcome else "other verdict"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two systems' records over the cases that both were asked.

    Parameters
    ----------
    names : (str, str)
    cases : int
        Compared.
    left_out : tuple of str
        Ids of cases that only one was asked, or that were another question.
    differences : tuple of (str, Interval, float)
        By measure, second minus first, paired, with the probability that it is chance.
    changes : tuple of Change
        Worse ones first.
    """

    names: tuple[str, str]
    cases: int
    left_out: tuple[str, ...]
    differences: tuple[tuple[str, Interval, float], ...]
    changes: tuple[Change, ...]


_MADE_WITH = {
    "suite_digest": "cases",
    "corpus_digest": "documents",
    "model": "model",
    "embedding": "embedding",
    "fingerprint": "settings",
    "code_digest": "code",
}
_ORDER = ("worse", "better", "other verdict", "other words")


def pick(first: Run, second: Run, systems: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of systems to compare, by their names.

    Parameters
    ----------
    first, second : Run
    systems : sequence of str
        Two names for one system of each; one for the same in both; none for all that
        both have, or the only one of each.

    Raises
    ------
    CasesError
        A run has no such system, or they have none in common.
    """
    if len(systems) > 2:
        raise CasesError(f"--systems names {len(systems)}. Name one, or one of each run.")
    if systems:
        one, other = systems[0], systems[-1]
        for run, name in ((first, one), (second, other)):
            if name not in run.systems:
                raise CasesError(f"system {name!r} isn't in the run: {', '.join(run.systems)}.")
        return [(one, other)]
    common = [(name, name) for name in first.systems if name in second.systems]
    if not common and len(first.systems) == len(second.systems) == 1:
        common = [(first.systems[0], second.systems[0])]
    if not common:
        raise CasesError(
            f"no system in common: {', '.join(first.systems)} and {', '.join(second.systems)}. "
            "Name one of each with --systems A,B."
        )
    return common


def compare(
    first: Sequence[Record], second: Sequence[Record], names: tuple[str, str]
) -> Comparison:
    """Compare two systems' records.

    Raises
    ------
    CasesError
        They have no case in common.
    """
    others = {record.id: record for record in second}
    both = [
        (record, others[record.id])
        for record in first
        if record.id in others and _asked(record) == _asked(others[record.id])
    ]
    if not both:
        raise CasesError("the runs have no case in common. Compare runs of one suite.")
    ids = {record.id for record, _ in both}
    mine, theirs = [a for a, _ in both], [b for _, b in both]
    changes = [Change(a, b) for a, b in both if a.outcome != b.outcome or _said(a) != _said(b)]
    return Comparison(
        names=names,
        cases=len(both),
        left_out=tuple(sorted({record.id for record in (*first, *second)} - ids)),
        differences=tuple(
            (figure.name, interval, chance(figure.name, mine, theirs))
            for figure in FIGURES
            if (interval := paired(figure.name, mine, theirs)).n
        ),
        changes=tuple(sorted(changes, key=lambda change: _ORDER.index(change.verdict))),
    )


def told_apart(first: Stamp, second: Stamp) -> list[str]:
    """What two runs were made with that differs, in words; empty where nothing does."""
    different = first.differences(second)
    told = [
        f"other {what}: {getattr(first, name)} → {getattr(second, name)}"
        for name, what in _MADE_WITH.items()
        if name in different
    ]
    for name in ("versions", "machine"):
        one, other = getattr(first, name), getattr(second, name)
        told += [
            f"other {name.removesuffix('s')}, {key}: {one.get(key, '-')} → {other.get(key, '-')}"
            for key in dict.fromkeys((*one, *other))
            if one.get(key) != other.get(key)
        ]
    return told


def print_comparison(comparison: Comparison, console: Console) -> None:
    """Print the paired differences, then every case that changed."""
    first, second = map(escape, comparison.names)
    console.print(f"[bold]{first} → {second}[/] · {comparison.cases} cases in common")
    if comparison.left_out:
        shown = ", ".join(comparison.left_out[:8])
        more = " …" if len(comparison.left_out) > 8 else ""
        console.print(
            f"{len(comparison.left_out)} left out, not asked alike in both: {escape(shown)}{more}"
        )
    table = Table(title="Differences, second − first, with paired 95% intervals")
    for name in ("figure", "difference", "interval", "n", ""):
        table.add_column(name, justify="left" if name in {"figure", ""} else "right")
    for name, i, by_chance in comparison.differences:
        table.add_row(
            name,
            f"{i.mean:+.3f}",
            f"{i.low:+.3f} to {i.high:+.3f}",
            str(i.n),
            "[bold]more than chance[/]" if by_chance <= SIGNIFICANT else "",
        )
    console.print(table)
    if not comparison.changes:
        console.print("No case changed.")
        return
    cases = Table(title=f"{len(comparison.changes)} cases changed", show_lines=True)
    for column in ("", "id", "question", first, second):
        cases.add_column(column)
    for change in comparison.changes:
        style = {"worse": "red", "better": "green"}.get(change.verdict, "dim")
        cases.add_row(
            f"[{style}]{change.verdict}[/]",
            escape(change.first.id),
            escape(change.first.question),
            *(
                f"[bold]{record.outcome}[/]\n{escape(_said(record))}"
                for record in (change.first, change.second)
            ),
        )
    console.print(cases)


def _asked(record: Record) -> tuple[object, ...]:
    return record.question, record.history, record.gold, record.must_refuse, record.added


def _said(record: Record) -> str:
    return str(record.answer["text"]) if record.answer else record.error
