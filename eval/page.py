"""A run as one self-contained page: figures, plots, and every case to look at.

Nothing is fetched: style and script stand inline (`page.css`, `page.js`), and a content
security policy allows that script and nothing else, so that text of a document or a model
could do nothing even if it weren't escaped.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .attacks import harm_rows
from .markup import Markup, element, join
from .plots import latency_plot, outcome_plot, risk_plot, support_plot
from .records import Record, Run, writing
from .statistics import Interval
from .summary import FIGURES, NOTES, curve, figures, latency, paired, resources

__all__ = ["page_html", "write_page"]

EVIDENCE_SHOWN = 6
_HERE = Path(__file__).parent
_MARKER = re.compile(r"(\[\d+\])")


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
                _cases(run),
            ),
            element("script", Markup(script)),
        ]
    )
    return (
        f'<!doctype html>\n<html lang="en">{element("head", head)}{element("body", body)}</html>\n'
    )


def _header(run: Run) -> Markup:
    stamp = run.stamp
    facts = [
        ("model", stamp.model),
        ("embedding", stamp.embedding),
        ("settings", stamp.fingerprint),
        ("documents", stamp.corpus_digest),
        ("cases", stamp.suite_digest),
        ("code", stamp.code_digest),
        *stamp.machine.items(),
        *stamp.versions.items(),
    ]
    count = len({record.id for record in run.records})
    leads = []
    for place, system in enumerate(run.systems):
        measured = {figure.name: interval for figure, interval in figures(run.of(system))}
        truth = measured["truthfulness"]
        leads.append(
            element(
                "div",
                element("span", system, class_=f"name s{place}"),
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
            element(
                "dl",
                join([Markup(element("dt", k) + element("dd", v)) for k, v in facts]),
            ),
        ),
    )


def _plots(run: Run) -> Markup:
    supports = [
        plot for system in run.systems if (plot := support_plot(run.of(system), system)) is not None
    ]
    legend = [
        element("span", element("i", class_=f"key o-{outcome.replace(' ', '-')}"), outcome)
        for outcome in ("correct", "rightly refused", "needlessly refused", "wrong")
    ]
    systems = [
        element("span", element("i", class_=f"key s{place}"), system)
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
            _figure("How right, and how long it takes", latency_plot(run)),
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
    for figure in FIGURES:
        intervals = [values[figure.name] for values in measured]
        if not any(interval.n for interval in intervals):
            continue
        if figure.group != group:
            group = figure.group
            rows.append(
                element("tr", element("th", group, colspan=len(columns) + 1), class_="group")
            )
        rows.append(_row(figure.name, [_interval(interval) for interval in intervals]))
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
    return _table("Figures, with 95% intervals", run.systems, rows)


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
    return _table("Seconds: median / 90% / 99%, and what it took", run.systems, rows)


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


# The cases -----------------------------------------------------------------------------


def _cases(run: Run) -> Markup:
    by_case: dict[str, list[Record]] = {}
    for record in run.records:
        by_case.setdefault(record.id, []).append(record)
    kinds = list(dict.fromkeys(record.kind for record in run.records))
    controls = element(
        "form",
        _choice("kind", "any kind", kinds),
        _choice("system", "any system", run.systems),
        _choice(
            "outcome",
            "any outcome",
            ("right", "not right", "correct", "wrong", "refused", "inexact", "attacked", "failed"),
        ),
        element("label", element("input", type="checkbox", name="differ"), "systems differ")
        if len(run.systems) > 1
        else None,
        Markup('<input type="search" name="words" placeholder="words" aria-label="words">'),
        element("output", f"{len(by_case)} cases"),
        id="filter",
    )
    return element(
        "section",
        element("h2", "Cases"),
        controls,
        element(
            "div", join([_case(records, run.systems) for records in by_case.values()]), id="cases"
        ),
    )


def _choice(name: str, every: str, values: Sequence[str]) -> Markup:
    options = [element("option", every, value="")]
    options += [element("option", value, value=value) for value in values]
    return element("select", join(options), name=name, aria_label=name)


def _case(records: Sequence[Record], systems: Sequence[str]) -> Markup:
    first = records[0]
    chips = [
        element(
            "span",
            record.outcome if record.answer is not None else "failed",
            class_=f"chip {_colour(record)}",
            title=record.system,
        )
        for record in records
    ]
    marks = "|".join(f"{record.system}={mark}" for record in records for mark in _marks(record))
    before = [element("p", f"{q} → {a}", class_="soft") for q, a in first.history]
    wanted = " and ".join(" / ".join(item) for item in first.gold) or "that the documents don’t say"
    quotes = [element("blockquote", " — or — ".join(item), class_="gold") for item in first.quotes]
    return element(
        "details",
        element(
            "summary",
            element("code", first.id),
            element("span", first.kind, class_="soft kind"),
            element("span", first.question, class_="question"),
            element("span", join(chips), class_="chips"),
        ),
        element(
            "div",
            join(before),
            element("p", element("b", "Wanted: "), wanted),
            join(quotes),
            element("p", f"With {', '.join(first.added)} in the library.") if first.added else None,
            element("div", join([_answer(r, systems) for r in records]), class_="answers"),
            class_="body",
        ),
        class_="case",
        data_kind=first.kind,
        data_marks=marks,
        data_differ="1" if len({record.outcome for record in records}) > 1 else "",
    )


def _colour(record: Record) -> str:
    if record.outcome != "refused":
        return f"o-{record.outcome}"
    return "o-rightly-refused" if record.must_refuse else "o-needlessly-refused"


def _marks(record: Record) -> list[str]:
    marks = [record.outcome, "right" if record.right else "not right"]
    marks += ["inexact"] if record.faults else []
    marks += ["attacked"] if record.attacked else []
    return marks + (["failed"] if record.answer is None else [])


def _answer(record: Record, systems: Sequence[str]) -> Markup:
    place = systems.index(record.system)
    facts = [f"{record.seconds.total:.2f} s"]
    if record.confidence is not None and record.answer and record.answer["claims"]:
        facts.append(f"support {record.confidence:.2f}")
    for name, value in (("citation precision", record.precision), ("recall", record.recall)):
        if value is not None:
            facts.append(f"{name} {value:.2f}")
    if not record.must_refuse and record.retrieved:
        facts.append(f"gold retrieved at {record.rank}" if record.rank else "gold not retrieved")
    answer: Mapping[str, Any] = record.answer or {}
    shown = answer.get("text", record.error)
    return element(
        "article",
        element(
            "h3",
            element("span", record.system, class_=f"name s{place}"),
            element("span", record.outcome, class_=f"chip {_colour(record)}"),
            element("small", " · ".join(facts)),
        ),
        element("p", _with_markers(shown), class_="said"),
        join([element("p", fault, class_="fault") for fault in record.faults]),
        join([_citation(citation) for citation in answer.get("citations", [])]),
        join([_claim(claim) for claim in answer.get("claims", [])]),
        join([element("p", note, class_="soft") for note in answer.get("notes", [])]),
        _evidence(answer.get("evidence", [])),
    )


def _with_markers(text: str) -> Markup:
    return join(
        [
            element("sup", part) if _MARKER.fullmatch(part) else element("span", part)
            for part in _MARKER.split(text)
            if part
        ]
    )


def _citation(citation: Mapping[str, Any]) -> Markup:
    where = f"{citation['document']}, {citation['start']}–{citation['end']}"
    return element(
        "blockquote",
        element("sup", f"[{citation['number']}]"),
        f" {citation['quote']} ",
        element("small", where),
    )


def _claim(claim: Mapping[str, Any]) -> Markup:
    left_out = claim["verdict"] != "supported"
    return element(
        "p",
        element("b", "left out" if left_out else "supported"),
        f" {claim['support']:.2f} “{claim['text']}” ",
        element("small", claim.get("reason") or ""),
        class_="claim out" if left_out else "claim",
    )


def _evidence(evidence: Sequence[Mapping[str, Any]]) -> Markup | None:
    if not evidence:
        return None
    shown = [
        element("li", element("span", passage["text"]), " ", element("small", passage["document"]))
        for passage in evidence[:EVIDENCE_SHOWN]
    ]
    count = f"Evidence: {len(evidence)} passages"
    if len(evidence) > EVIDENCE_SHOWN:
        count += f", the first {EVIDENCE_SHOWN}"
    return element("details", element("summary", count), element("ol", join(shown)))
