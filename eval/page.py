"""A run as one self-contained page: figures, plots, and every case to look at.

Nothing is fetched: style and script stand inline (`page.css`, `page.js`), and a content
security policy allows that script and nothing else, so that text of a document or a model
could do nothing even if it weren't escaped.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path

from qa.faces.markup import Markup, element, join

from .attacks import harm_rows
from .browser import browsable_cases
from .plots import latency_plot, outcome_plot, risk_plot, support_plot, tint
from .records import Run, Stamp, writing
from .statistics import Interval
from .summary import (
    FIGURES,
    NOTES,
    WORDS,
    answer_words,
    curve,
    figures,
    intervals_title,
    latency,
    paired,
    resources,
)

__all__ = ["page_html", "write_page"]

_HERE = Path(__file__).parent


def write_page(run: Run, path: Path) -> Path:
    """Write a run's page and return where it is.

    Raises
    ------
    CasesError
        It can't be written.
    """
    with writing(path):
        path.write_text(page_html(run), encoding="utf-8", errors="replace")
    return path


def page_html(run: Run) -> str:
    """The whole page as HTML."""
    style = (_HERE / "page.css").read_text(encoding="utf-8")
    script = (_HERE / "page.js").read_text(encoding="utf-8")
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{allowed}'"
    title = f"{run.stamp.suite}: {', '.join(run.systems)}"
    head = join(
        [
            Markup('<meta charset="utf-8">'),
            Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
            Markup(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
            element("title", title),
            element("style", Markup(style)),
        ]
    )
    body = join(
        [
            _header(run),
            element(
                "main",
                _plots(run),
                _figures(run),
                _waits(run),
                element("p", NOTES, class_="soft notes"),
                browsable_cases(run),
            ),
            element("script", Markup(script)),
        ]
    )
    return (
        f'<!doctype html>\n<html lang="en">{element("head", head)}{element("body", body)}</html>\n'
    )


def _header(run: Run) -> Markup:
    stamp = run.stamp
    made = [_facts(part.stamp, part.file) for part in run.parts] or [_facts(stamp)]
    count = len({record.id for record in run.records})
    leads = []
    for place, system in enumerate(run.systems):
        measured = {figure.name: interval for figure, interval in figures(run.of(system))}
        truth = measured["truthfulness"]
        leads.append(
            element(
                "div",
                element("span", system, class_=f"name {tint(place)}"),
                element("b", f"{truth.mean:+.2f}"),
                element("span", f"{truth.low:+.2f} to {truth.high:+.2f}", class_="soft"),
                class_="lead",
            )
        )
    return element(
        "header",
        element("h1", stamp.suite),
        element("p", f"{count} cases · {stamp.model} · truthfulness (right − wrong):"),
        element("div", join(leads), class_="leads"),
        element(
            "details",
            element("summary", "How this was made"),
            join(made),
        ),
    )


def _facts(stamp: Stamp, file: str | None = None) -> Markup:
    """What a run was made with; of several, whose answers are in which file."""
    facts = [
        *([("run", f"{', '.join(stamp.systems)} from {file}")] if file else []),
        ("model", stamp.model),
        ("embedding", stamp.embedding),
        ("settings", stamp.fingerprint),
        ("documents", stamp.corpus_digest),
        ("cases", stamp.suite_digest),
        ("code", stamp.code_digest),
        *stamp.machine.items(),
        *stamp.versions.items(),
    ]
    return element("dl", join([Markup(element("dt", k) + element("dd", v)) for k, v in facts]))


def _plots(run: Run) -> Markup:
    apart = run.apart()
    supports = [
        plot for system in run.systems if (plot := support_plot(run.of(system), system)) is not None
    ]
    legend = [
        element("span", element("i", class_=f"key o-{outcome.replace(' ', '-')}"), outcome)
        for outcome in ("correct", "rightly refused", "needlessly refused", "wrong")
    ]
    systems = [
        element("span", element("i", class_=f"key {tint(place)}"), system)
        for place, system in enumerate(run.systems)
    ]
    parts = [
        element("h2", "Outcomes by kind"),
        element("p", join(legend), class_="legend"),
        element(
            "div",
            join([_figure(system, outcome_plot(run.of(system), system)) for system in run.systems]),
            class_="plots",
        ),
        element("h2", "Risk, coverage, latency"),
        element("p", join(systems), class_="legend"),
        element(
            "div",
            _figure("How wrong, among the answers it is surest of", risk_plot(run)),
            _figure(
                "How right, and how long it takes" + (f" ({apart})" if apart else ""),
                latency_plot(run),
            ),
            class_="plots",
        ),
    ]
    if supports:
        parts += [
            element("h2", "How sure of right and of wrong drafts"),
            element("div", join([_figure(None, plot) for plot in supports]), class_="plots"),
        ]
    return element("section", join(parts))


def _figure(caption: str | None, plot: Markup) -> Markup:
    return element("figure", caption and element("figcaption", caption), plot)


def _figures(run: Run) -> Markup:
    columns = [run.of(system) for system in run.systems]
    measured = [{f.name: i for f, i in figures(records)} for records in columns]
    rows: list[Markup] = []
    group = ""
    for place, figure in enumerate(FIGURES):
        intervals = [values[figure.name] for values in measured]
        if not any(interval.n for interval in intervals):
            continue
        if figure.group != group:
            group = figure.group
            rows.append(
                element("tr", element("th", group, colspan=len(columns) + 1), class_="group")
            )
        rows.append(_row(figure.name, [_interval(interval) for interval in intervals]))
        if group == "answerable" != FIGURES[place + 1].group:
            counts = [answer_words(records) for records in columns]
            rows.append(_row(WORDS, ["" if count is None else f"{count:.0f}" for count in counts]))
    rows += [
        _row(name, [_interval(interval, signed=signed) for interval in intervals])
        for name, intervals, signed in harm_rows(columns)
    ]
    areas = [curve(records) for records in columns]
    rows.append(
        _row(
            "risk, mean over coverage reached",
            [f"{a.area:.3f} to {a.points[-1][0]:.2f}" if a.points else "" for a in areas],
        )
    )
    if len(columns) > 1:
        differences = [paired("truthfulness", columns[0], records) for records in columns[1:]]
        rows.append(
            _row(
                f"truthfulness against {run.systems[0]}, paired",
                ["", *(_interval(interval, signed=True) for interval in differences)],
            )
        )
    return _table(intervals_title(columns[0] if columns else ()), run.systems, rows)


def _waits(run: Run) -> Markup:
    measured = [{name: rest for name, *rest in latency(run.of(s))} for s in run.systems]
    names = list(dict.fromkeys(name for values in measured for name in values))
    rows = [
        _row(
            name,
            [
                " / ".join(f"{value:.3f}" for value in values[name][:3]) if name in values else ""
                for values in measured
            ],
        )
        for name in names
    ]
    taken = [resources(run.of(system)) for system in run.systems]
    for name in ("calls", "tokens read", "tokens written", "cited characters"):
        cells = ["" if t[name] is None else f"{t[name]:.0f}" for t in taken]
        rows.append(_row(f"{name}, median", cells))
    peaks = [t["peak bytes"] for t in taken]
    rows.append(_row("peak memory, MB", ["" if p is None else f"{p / 1e6:.0f}" for p in peaks]))
    title = "Seconds: median / 90% / 99%, and what it took"
    apart = run.apart()
    return _table(f"{title} ({apart})" if apart else title, run.systems, rows)


def _table(title: str, systems: Sequence[str], rows: list[Markup]) -> Markup:
    head = element("tr", element("th", ""), join([element("th", system) for system in systems]))
    return element(
        "section",
        element("h2", title),
        element("div", element("table", element("thead", head), element("tbody", join(rows))),
                class_="wide"),
    )  # fmt: skip


def _row(name: str, cells: Sequence[str]) -> Markup:
    return element("tr", element("th", name), join([element("td", cell) for cell in cells]))


def _interval(interval: Interval, *, signed: bool = False) -> Markup:
    if not interval.n:
        return Markup("")
    sign = "+" if signed else ""
    bounds = f"{interval.low:{sign}.2f} to {interval.high:{sign}.2f}, n {interval.n}"
    return Markup(element("b", f"{interval.mean:{sign}.3f}") + element("small", bounds))
