"""Plots of a run as inline SVG: no library, no script, colours from the page's style.

Each is a pure function of a run. Every mark has a title that tells its number, so that
nothing has to be read off an axis.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from qa.faces.markup import Markup, element, join

from .records import Record, Run, groups_of
from .statistics import bootstrap_interval, percentile
from .summary import curve, kinds_of

__all__ = ["latency_plot", "outcome_plot", "risk_plot", "support_plot", "tint"]

WIDTH = 460
# Left of the plots stand kinds or the numbers of an axis.
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 12, 34
OUTCOMES = ("correct", "rightly refused", "needlessly refused", "wrong")
BINS = 20
# That the page's style has.
COLOURS = 7

_Ticks = Callable[[float, float], list[tuple[float, str]]]


def tint(place: int) -> str:
    """The style's class for the system at a place."""
    return f"s{place % COLOURS}"


def outcome_plot(records: Sequence[Record], system: str) -> Markup:
    """Stacked shares of the outcomes of one system, a bar for each kind and one for all."""
    rows = [(kind, [r for r in records if r.kind == kind]) for kind in kinds_of(records)]
    rows.append(("all", list(records)))
    left, row_height = 112, 21
    across = WIDTH - left - 34
    marks: list[Markup] = []
    for place, (kind, of_kind) in enumerate(rows):
        y = 4.0 + place * row_height + (8 if kind == "all" else 0)
        marks.append(_text(left - 8, y + 12, kind, class_="end"))
        x = float(left)
        for outcome in OUTCOMES:
            count = sum(_outcome(record) == outcome for record in of_kind)
            if not count:
                continue
            width = across * count / len(of_kind)
            title = f"{system}, {kind}: {count} of {len(of_kind)} {outcome}"
            marks.append(
                element(
                    "rect",
                    element("title", title),
                    x=x,
                    y=y,
                    width=max(width - 1, 0.5),
                    height=15,
                    class_=f"o-{outcome.replace(' ', '-')}",
                )
            )
            if width > 18:
                marks.append(_text(x + width / 2, y + 11.5, str(count), class_="inside middle"))
            x += width
        marks.append(_text(WIDTH - 4, y + 12, str(len(of_kind)), class_="end soft"))
    return _svg(marks, 4 + len(rows) * row_height + 12, f"Outcomes of {system} by kind")


def risk_plot(run: Run) -> Markup:
    """Risk over coverage of every system; a dot where the system stops answering."""
    curves = [(place, system, curve(run.of(system))) for place, system in enumerate(run.systems)]
    curves = [(place, system, found) for place, system, found in curves if found.points]
    height = 260
    highest = max((risk for _, _, c in curves for _, risk in c.points), default=0.0)
    frame = _Frame(height, (0.0, 1.0), (0.0, max(0.1, math.ceil(highest * 10) / 10)))
    marks = frame.axes("coverage: share of the cases answered", "risk", _shares)
    for place, system, found in curves:
        points = [(frame.x(c), frame.y(r)) for c, r in found.points]
        title = f"{system}: mean risk {found.area:.3f} up to coverage {found.points[-1][0]:.2f}"
        path = "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        marks.append(element("path", element("title", title), d=path, class_=f"line {tint(place)}"))
        records = run.of(system)
        shown = [r for r in records if r.outcome != "refused"]
        if shown:
            coverage = len(shown) / len(records)
            risk = sum(r.outcome == "wrong" for r in shown) / len(shown)
            at = f"{system} answers {coverage:.2f} of the cases, {risk:.2f} of those wrong"
            marks.append(
                element(
                    "circle",
                    element("title", at),
                    cx=frame.x(coverage),
                    cy=frame.y(risk),
                    r=5,
                    class_=f"dot {tint(place)}",
                )
            )
    return _svg(marks, height, "Risk over coverage")


def latency_plot(run: Run) -> Markup:
    """Share right with its interval over the median time of a whole answer, a dot a system."""
    measured = []
    for place, system in enumerate(run.systems):
        records = run.of(system)
        seconds = [r.seconds.total for r in records if r.answer is not None]
        if seconds:
            # Below a millisecond nobody waits, and a logarithm needs an end.
            median = max(percentile(seconds, 0.5), 0.001)
            right = bootstrap_interval(
                [float(record.right) for record in records], groups=groups_of(records)
            )
            measured.append((place, system, median, right))
    height = 260
    slowest = max((median for _, _, median, _ in measured), default=1.0)
    fastest = min((median for _, _, median, _ in measured), default=1.0)
    low = float(math.floor(math.log10(fastest)))
    decades = (low, max(low + 1.0, math.ceil(math.log10(slowest) + 0.2)))
    frame = _Frame(height, decades, (0.0, 1.0))
    marks = frame.axes("median seconds to the whole answer", "share right", _decades)
    for place, system, median, right in measured:
        x, y = frame.x(math.log10(median)), frame.y(right.mean)
        title = f"{system}: {right.mean:.2f} right ({right.low:.2f} to {right.high:.2f})"
        title += f", median {median:.3f} s"
        marks += [
            element(
                "line", x1=x, x2=x, y1=frame.y(right.low), y2=frame.y(right.high),
                class_=f"line {tint(place)}",
            ),
            element(
                "circle", element("title", title), cx=x, cy=y, r=5, class_=f"dot {tint(place)}"
            ),
            _text(x + (8 if x < WIDTH * 0.7 else -8), y - 7, system,
                  class_="" if x < WIDTH * 0.7 else "end"),
        ]  # fmt: skip
    return _svg(marks, height, "Latency against accuracy")


def support_plot(records: Sequence[Record], system: str) -> Markup | None:
    """How sure one system was of right drafts (up) and of wrong ones (down).

    None for a system that is always equally sure, or never drafts.
    """
    # A failed question is wrong on the curve, but drafted nothing.
    answered = [record for record in records if record.answer is not None]
    drafts = [(r.confidence, r.candidate) for r in answered if r.confidence is not None]
    if len({confidence for confidence, _ in drafts}) < 2:
        return None
    counts = {"correct": [0] * BINS, "wrong": [0] * BINS}
    for confidence, candidate in drafts:
        counts[candidate or "wrong"][min(int(confidence * BINS), BINS - 1)] += 1
    most = max(max(counts["correct"]), max(counts["wrong"]))
    height, middle, reach = 220, 94.0, 82.0
    across = WIDTH - LEFT - RIGHT
    marks: list[Markup] = []
    for outcome, direction in (("correct", -1), ("wrong", 1)):
        for place, count in enumerate(counts[outcome]):
            if not count:
                continue
            size = reach * count / most
            title = f"{count} {outcome}, support {place / BINS:.2f} to {(place + 1) / BINS:.2f}"
            marks.append(
                element(
                    "rect",
                    element("title", title),
                    x=LEFT + across * place / BINS,
                    y=middle - size if direction < 0 else middle + 1,
                    width=across / BINS - 1,
                    height=size,
                    class_=f"o-{outcome}",
                )
            )
    marks.append(element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=middle, y2=middle, class_="axis"))
    marks += [
        _text(LEFT + across * share, height - 22, f"{share:g}", class_="middle soft")
        for share in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    marks += [
        _text(LEFT + across / 2, height - 5, f"support, {system}", class_="middle soft"),
        _text(LEFT - 6, 16, str(most), class_="end soft"),
        _text(LEFT - 6, middle - 8, "right", class_="end"),
        _text(LEFT - 6, middle + 16, "wrong", class_="end"),
    ]
    return _svg(marks, height, f"Support of right and wrong drafts of {system}")


class _Frame:
    """A plot's area between its axes."""

    def __init__(self, height: int, across: tuple[float, float], up: tuple[float, float]) -> None:
        self._height, self._across, self._up = height, across, up

    def x(self, value: float) -> float:
        """Place of a value from the left."""
        low, high = self._across
        return LEFT + (WIDTH - LEFT - RIGHT) * (value - low) / (high - low)

    def y(self, value: float) -> float:
        """Place of a value from the top."""
        low, high = self._up
        return self._height - BOTTOM - (self._height - TOP - BOTTOM) * (value - low) / (high - low)

    def axes(self, below: str, beside: str, ticks: _Ticks) -> list[Markup]:
        """Grid, numbers and names of the axes."""
        marks = []
        for share in range(6):
            value = self._up[0] + (self._up[1] - self._up[0]) * share / 5
            y = self.y(value)
            marks += [
                element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="grid"),
                _text(LEFT - 6, y + 4, f"{value:.2g}", class_="end soft"),
            ]
        for value, name in ticks(*self._across):
            side = "end" if value == self._across[1] else "middle"
            marks.append(
                _text(self.x(value), self._height - BOTTOM + 15, name, class_=f"{side} soft")
            )
        bottom = self.y(self._up[0])
        marks += [
            element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=bottom, y2=bottom, class_="axis"),
            _text(WIDTH - RIGHT, self._height - 3, below, class_="end soft"),
            _text(LEFT + 4, TOP - 2, beside, class_="soft"),
        ]
        return marks


def _outcome(record: Record) -> str:
    if record.outcome != "refused":
        return record.outcome
    return "rightly refused" if record.must_refuse else "needlessly refused"


def _shares(low: float, high: float) -> list[tuple[float, str]]:
    return [(low + (high - low) * k / 5, f"{low + (high - low) * k / 5:.1f}") for k in range(6)]


def _decades(low: float, high: float) -> list[tuple[float, str]]:
    return [(float(k), f"{10.0**k:g} s") for k in range(int(low), int(high) + 1)]


def _text(x: float, y: float, content: str, *, class_: str = "") -> Markup:
    return element("text", content, x=x, y=y, class_=class_ or None)


def _svg(marks: list[Markup], height: float, label: str) -> Markup:
    return element(
        "svg",
        join(marks),
        viewBox=f"0 0 {WIDTH} {height:g}",
        role="img",
        aria_label=label,
        class_="plot",
    )
