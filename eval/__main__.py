"""The command line of the suite: each command is thin, its module does the work."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, TimeRemainingColumn

from qa import Library, Settings
from qa.embeddings import open_embedder
from qa.errors import QaError
from qa.faces.printing import weights_progress
from qa.llms import open_chat_model
from qa.settings import SupportModel
from qa.verification import support

from .bench import (
    GrownEmbedder,
    Timing,
    bench_answers,
    bench_embedding,
    bench_library,
    plain_model,
    real_sentences,
)
from .calibration import (
    area_under_curve,
    examples_of,
    fit_support,
    halves,
    risk_controlling_threshold,
    settings_of,
)
from .cases import CasesError
from .compare import compare, pick, print_comparison, told_apart
from .decisions import Decision, decisions_of, fit_yes_no, judged_apart
from .draft import Proposal, choose_sentences, propose, write_draft
from .gate import can_be_lost, judge_gate, load_baseline, print_verdict, save_baseline
from .machine import machine, versions
from .merge import merge_runs
from .nq import load_nq
from .page import write_page
from .passages import PassageSuite
from .records import Record, Run, groups_of, load_run, writing
from .squad import load_squad
from .summary import exactness
from .systems import DEADLINE_SECONDS, check_names
from .terminal import print_run, print_scale, print_timings
from .workflow import (
    COLUMNS,
    SEED_CASES,
    measure,
    open_documents,
    open_suite,
    own_suites,
    page_of,
    public_suite,
    run_file_of,
    seed_documents,
)

# The suite by which nothing may be fitted or chosen.
REPORT_ONLY = "everyday"

SEED_BASELINE = SEED_CASES.with_suffix(".baseline.json")

EXIT_REGRESSION = 1
EXIT_ERROR = 2

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Measure answers: right, wrong or refused; citations; latency; systems side by side.",
)

# What a command writes goes to --out; --json is what it was called at first.
OUT = ("--out", "--json")

LlmOption = Annotated[
    str | None,
    typer.Option("--llm", help="auto, embedded, none, http://host:port/v1#model, or a GGUF file."),
]
JsonOption = Annotated[
    Path | None,
    typer.Option(
        *OUT, metavar="FILE", help="Where the run is kept. Default: under QA_HOME, told at end."
    ),
]
SystemsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--systems",
        "--system",
        metavar="A,B",
        help="Systems to ask, the first is compared to; may be given again. Default: qa.",
    ),
]
DetailsOption = Annotated[
    bool, typer.Option("--details", help="List the cases that went not right.")
]
LimitOption = Annotated[
    int | None, typer.Option("--limit", min=1, help="At most so many cases, of every kind.")
]
DataOption = Annotated[Path, typer.Option("--data", metavar="FILE", help="The public file.")]
SampleOption = Annotated[
    int, typer.Option("--sample", min=1, help="Questions, half of them unanswerable.")
]
UnanswerableOption = Annotated[
    int | None,
    typer.Option("--unanswerable", min=0, help="How many of the sample are unanswerable."),
]
SeedOption = Annotated[int, typer.Option("--seed", help="Another seed, another sample.")]


@app.command("run")
def run_command(
    cases: Annotated[
        Path | None,
        typer.Argument(
            help="The suite, JSON Lines, or the name of one of ours: "
            f"{', '.join(own_suites())}. Default: seed."
        ),
    ] = None,
    library: Annotated[
        Path | None,
        typer.Option(
            "--library", "-l", metavar="DIR", help="Default: the suite's own, else the seeds."
        ),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            "--kinds", "--kind", metavar="A,B", help="Only these kinds; may be given again."
        ),
    ] = None,
    limit: LimitOption = None,
    systems: SystemsOption = None,
    llm: LlmOption = None,
    json_file: JsonOption = None,
    details: DetailsOption = False,
) -> None:
    """Ask the cases of a suite, by default the seed suite over the seed article.

    The suite `everyday` asks about twenty documents of the kind that people have. It is for
    reporting only: nothing may be tuned by what is answered there.
    """
    names = check_names(_names(systems, "qa"))
    settings = _settings(llm)
    suite = open_suite(cases, library, settings, kinds=_names(kind), limit=limit)
    target = json_file or run_file_of("run", suite, settings)
    finish(measure(suite, names, settings, target), details)


def _public_command(load: Callable[..., PassageSuite]) -> Callable[..., None]:
    """A command that samples questions from a public file and asks them."""

    def command(
        data: DataOption,
        sample: SampleOption = 200,
        unanswerable: UnanswerableOption = None,
        seed: SeedOption = 0,
        systems: SystemsOption = None,
        llm: LlmOption = None,
        json_file: JsonOption = None,
        details: DetailsOption = False,
    ) -> None:
        names, settings = check_names(_names(systems, "qa")), _settings(llm)
        drawn = load(data, counts=_counts(sample, unanswerable), seed=seed)
        suite = public_suite(drawn, settings, data)
        target = json_file or run_file_of(drawn.name, suite, settings)
        finish(measure(suite, names, settings, target), details)

    return command


app.command(
    "squad", help="Ask SQuAD 2.0 questions against all paragraphs of a file as one library."
)(_public_command(load_squad))
app.command(
    "squad-paragraphs",
    help="The same with each paragraph a document of its own, so that none is long.",
)(_public_command(functools.partial(load_squad, apart=True)))
app.command(
    "nq",
    help="Ask NQ-open questions against all gold passages of a file as one library. All have an "
    "answer; for the unanswerable ones the passage is kept out of the library.",
)(_public_command(load_nq))


@app.command("report")
def report_command(
    run_files: Annotated[list[Path], typer.Argument(metavar="RUN.json...")],
    page: Annotated[
        Path | None,
        typer.Option("--page", metavar="FILE", help="Default: beside the first run."),
    ] = None,
    details: DetailsOption = False,
) -> None:
    """Print a run again and write its page anew; several of the same cases side by side."""
    run = merge_runs([(file, load_run(file)) for file in run_files])
    print_run(run, Console(), details=details)
    written = write_page(run, page or page_of(run_files[0], len(run_files)))
    Console(stderr=True).print(f"page: {escape(str(written))}", soft_wrap=True)


@app.command("compare")
def compare_command(
    first: Annotated[Path, typer.Argument(metavar="A.json")],
    second: Annotated[Path, typer.Argument(metavar="B.json")],
    systems: Annotated[
        list[str] | None,
        typer.Option(
            "--systems",
            "--system",
            metavar="A,B",
            help="One system of each run; may be given again. Default: all in common.",
        ),
    ] = None,
) -> None:
    """List what changed from one run to another, case by case, with paired intervals."""
    one, other = load_run(first), load_run(second)
    for line in told_apart(one.stamp, other.stamp):
        Console().print(f"[dim]{escape(line)}[/]", soft_wrap=True)
    for names in pick(one, other, _names(systems)):
        print_comparison(compare(one.of(names[0]), other.of(names[1]), names), Console())


@app.command("gate")
def gate_command(
    baseline: Annotated[
        Path, typer.Option("--baseline", metavar="FILE", help="The verdicts to hold to.")
    ] = SEED_BASELINE,
    write: Annotated[
        bool, typer.Option("--write", help="Make this run the baseline instead of judging it.")
    ] = False,
    run_file: Annotated[
        Path | None,
        typer.Option("--run", metavar="RUN.json", help="Judge this run instead of a new one."),
    ] = None,
    limit: LimitOption = None,
    anyway: Annotated[
        bool,
        typer.Option("--anyway", help="Compare although the model or the documents are others."),
    ] = False,
    llm: LlmOption = None,
    json_file: JsonOption = None,
) -> None:
    """Run the seed suite and exit with 1 on a regression or any inexact citation.

    With --limit it asks, of every kind, what the baseline had right: twelve or sixteen cases stop
    a broken build, and tell little of a change that costs one answer in ten. A run of another
    model or about other documents can't be compared: that exits with 1 too.
    """
    if write and limit is not None:
        raise CasesError("a baseline needs every case. Leave out --limit.")
    held = None if write else load_baseline(baseline)
    if run_file is not None:
        run = load_run(run_file)
    else:
        settings = _settings(llm)
        keep = functools.partial(can_be_lost, baseline=held) if held and limit else None
        suite = open_suite(None, None, settings, limit=limit, keep=keep)
        target = json_file or run_file_of("gate", suite, settings)
        run = measure(suite, ("qa",), settings, target)
        print_run(run, Console())
    if held is None:
        if run.stamp.suite == SEED_CASES.stem:
            asked = {record.id for record in run.records}
            every = open_suite(None, None, _settings(llm)).cases
            if left := [case.id for case in every if case.id not in asked]:
                raise CasesError(
                    f"a baseline needs every case, and the run lacks {len(left)} of {len(every)}, "
                    f"{left[0]} among them. Ask them all: gate --write."
                )
        save_baseline(run, baseline)
        Console().print(f"baseline: {escape(str(baseline))}", soft_wrap=True)
        return
    verdict = judge_gate(run, held, anyway=anyway)
    print_verdict(verdict, Console())
    if verdict.faults:
        raise typer.Exit(EXIT_REGRESSION)


@app.command("draft")
def draft_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Your documents.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The suite to write.")] = Path(
        "cases.jsonl"
    ),
    count: Annotated[int, typer.Option("--count", min=1, help="Sentences to ask about.")] = 40,
    seed: SeedOption = 0,
    llm: LlmOption = None,
) -> None:
    """Propose cases about a folder with the language model, for you to accept or edit."""
    settings, console = _settings(llm), Console(stderr=True)
    model = open_chat_model(settings, weights_progress(console.print))
    if model is None:
        raise CasesError("drafting needs a language model. Set QA_LLM or give --llm.")
    if out.exists():
        raise CasesError(f"{out} is there already. Give another --out, or move it away.")
    documents = open_documents(folder, settings)
    sentences = choose_sentences(documents, count, seed)
    search = Library.open(folder, settings=settings, llm="none").search
    proposals: list[Proposal] = []
    with Progress(*COLUMNS, TimeRemainingColumn(), console=console) as progress:
        task = progress.add_task("Drafting", total=len(sentences))
        for proposal in propose(
            model, documents, sentences, search, deadline_seconds=DEADLINE_SECONDS
        ):
            proposals.append(proposal)
            progress.advance(task)
    counts = write_draft(out, proposals, model=model.name, folder=folder)
    told = ", ".join(f"{n} {kind}" for kind, n in sorted(counts.items()) if n)
    Console().print(
        f'{escape(str(out))}: {told}. Read it, set "accepted": true on what is good, then:\n'
        f"qa eval run {escape(str(out))} --library {escape(str(folder))}",
        soft_wrap=True,
    )


@app.command("calibrate")
def calibrate_command(
    run_files: Annotated[list[Path], typer.Argument(metavar="RUN.json...")],
    system: Annotated[
        str, typer.Option("--system", help="Whose drafts; unverified ones are all told.")
    ] = "qa-unverified",
    risk: Annotated[
        float, typer.Option("--risk", min=0.01, max=0.9, help="Largest share of wrong answers.")
    ] = 0.1,
    keep: Annotated[
        bool, typer.Option("--keep", help="Choose a threshold only, for support as it is.")
    ] = False,
) -> None:
    """Fit support, its threshold and yes or no to the model that gave the answers of earlier runs.

    Prints what to put into qa.toml. Support is fitted on one half of the claims and the
    threshold chosen on the other; with --keep all choose the threshold. What is promised holds
    for answers of one weighed claim to questions drawn like those of the runs, each
    independently, about documents like theirs; for no others. What decides a yes or no is fitted
    to all questions for it, if enough have each outcome. What can't be fitted is kept.
    """
    runs = [load_run(file) for file in run_files]
    if any(run.stamp.suite == REPORT_ONLY for run in runs):
        raise CasesError(f"nothing may be tuned by {REPORT_ONLY!r}. Give runs of another suite.")
    records = [record for run in runs for record in run.of(system)]
    settings = _settings(None).verification
    model, threshold, yes_no = settings.model, None, settings.yes_no
    console, notes = Console(), Console(stderr=True, soft_wrap=True)
    lacking: CasesError | None = None
    try:
        model, threshold = _calibrate_support(records, system, model if keep else None, risk, notes)
    except CasesError as error:
        lacking = error
    decisions = [] if keep else decisions_of(records)
    if decisions:
        try:
            yes_no = fit_yes_no(decisions)
        except ValueError as error:
            notes.print(f"The weights of yes or no are kept: {error}")
            decisions = []
    if lacking is not None:
        if not decisions:
            raise lacking
        notes.print(f"Support and its threshold are kept: {lacking}")
    if decisions:
        least = settings.threshold if threshold is None else threshold
        notes.print(_judged(decisions, least, by_document=groups_of(records) is not None))
    console.print(settings_of(model, threshold, yes_no), markup=False, highlight=False)


def _calibrate_support(
    records: Sequence[Record],
    system: str,
    kept: SupportModel | None,
    risk: float,
    notes: Console,
) -> tuple[SupportModel, float | None]:
    """Fit support, unless it is kept, and choose its threshold, None where none can promise."""
    examples, counts = examples_of(records)
    if len({example.right for example in examples}) < 2:
        raise CasesError(
            f"{len(examples)} claims of {system} were weighed, all alike. Ask more questions, "
            f"with and without an answer, first: run --systems {system}."
        )
    if kept is None:
        fitted, tested = halves(examples)
        model = fit_support(fitted)
        notes.print(f"Support is fitted to {len(fitted)} claims; the others choose the threshold.")
    else:
        model, tested = kept, tuple(examples)
    supports = np.array([support(example.signals, model) for example in tested])
    right = np.array([example.right for example in tested])
    threshold = risk_controlling_threshold(supports.tolist(), right.tolist(), risk)
    notes.print(
        f"{len(tested)} claims, {int(right.sum())} right; a right one has more support than a "
        f"wrong one with probability {area_under_curve(supports, right):.2f}."
    )
    if threshold is None:
        notes.print(f"No threshold can promise {risk:.0%} wrong answers from so many claims.")
    else:
        given = supports >= threshold
        notes.print(
            f"From support {threshold:.3f} on, at most {risk:.0%} of given answers are wrong, with "
            f"90% confidence; {int((given & right).sum())} of the {int(right.sum())} right ones "
            "are given. "
            "That is of answers that rest on one weighed claim of the first reading, for questions "
            "and documents like these. Not of answers of several claims "
            f"({counts.several} of {counts.total} here), nor of yes or no and what is computed "
            f"({counts.otherwise}), nor of what a second reading finds where the first falls short."
        )
    return model, threshold


def _judged(decisions: Sequence[Decision], threshold: float, *, by_document: bool) -> str:
    """Tell how weights of yes or no do where they weren't fitted to what is asked about."""
    told = f"Yes or no is fitted to {len(decisions)} questions."
    left_out = "document" if by_document else "question"
    try:
        apart = judged_apart(decisions, threshold)
    except ValueError as error:
        return f"{told} How it does on others isn’t known: without one {left_out}, {error}"
    return (
        f"{told} By weights without each one’s {left_out}, {apart['right']:.2f} of the decided "
        f"ones are right and {apart['wrong']:.2f} wrong, and {apart['refused']:.2f} of the open "
        "ones refused."
    )


@app.command("bench")
def bench_command(
    library: Annotated[
        Path | None,
        typer.Option("--library", "-l", metavar="DIR", help="Real text. Default: the seeds."),
    ] = None,
    size: Annotated[
        list[int] | None,
        typer.Option("--size", min=10, help="Sentences of the grown library; may be repeated."),
    ] = None,
    questions: Annotated[int, typer.Option("--questions", min=1, help="To answer.")] = 10,
    llm: LlmOption = None,
    json_file: Annotated[
        Path | None, typer.Option(*OUT, metavar="FILE", help="Write the timings here.")
    ] = None,
) -> None:
    """Measure embedding, indexing, search and answers against plain library calls.

    Larger libraries are grown from the real one: copies of its sentences with a number of
    their own, and its vectors with noise, so that a million need no forward pass.
    """
    settings, console = _settings(llm), Console(stderr=True)
    folder = library or seed_documents(settings)
    documents = open_documents(folder, settings)
    embedder = open_embedder(settings.embedding, settings.home)
    sentences = choose_sentences(documents, 256, 0)
    asked = [" ".join(sentence.text.split()[:12]) for sentence in sentences[:questions]]
    timings: list[Timing] = []
    with console.status("Embedding…") as status:
        texts = [sentence.text for sentence in sentences]
        timings.append(bench_embedding(embedder, plain_model(embedder.name), texts))
        grown = GrownEmbedder(embedder, real_sentences(documents))
        # What is imported and started once belongs to no size.
        bench_library(grown, asked, 10, settings)
        points = []
        probes = [" ".join(text.split()[:12]) for text in texts[:100]]
        for count in size or (1_000, 10_000, 100_000):
            status.update(f"A library of {count:,} sentences…")
            compared, point = bench_library(grown, probes, count, settings)
            timings += compared
            points.append(point)
        model = open_chat_model(settings, weights_progress(console.print))
        if model is not None:
            status.update("Answering…")
            with Library.open(folder, settings=settings, llm=model, embedder=embedder) as opened:
                timings += bench_answers(opened, asked, embedder, model, DEADLINE_SECONDS)
    print_timings(timings, Console())
    print_scale(points, Console())
    if json_file is not None:
        content = {
            "machine": machine(settings.local.threads),
            "versions": versions(),
            "timings": [timing.to_dict() for timing in timings],
            "scale": [point.to_dict() for point in points],
        }
        with writing(json_file):
            json_file.write_text(json.dumps(content, indent=1) + "\n", "utf-8")


def finish(run: Run, details: bool) -> None:
    """Print a run; exit with 1 where one of our own systems cites inexactly."""
    print_run(run, Console(), details=details)
    ours = [record for record in run.records if record.system.startswith("qa")]
    if exactness(ours) < 1.0:
        raise typer.Exit(EXIT_REGRESSION)


def _counts(sample: int, unanswerable: int | None) -> tuple[int, int]:
    without = sample // 2 if unanswerable is None else unanswerable
    if without > sample:
        raise CasesError(f"--unanswerable {without} is more than --sample {sample}. Lower it.")
    return sample - without, without


def _names(given: Sequence[str] | None, default: str = "") -> list[str]:
    """Names of an option that may be given again, or once with commas."""
    names = ",".join([default] if given is None else given).split(",")
    return [name.strip() for name in names if name.strip()]


def _settings(llm: str | None) -> Settings:
    return Settings.load() if llm is None else Settings.load(llm=llm)


def main(arguments: Sequence[str] | None = None, name: str = "python -m eval") -> None:
    """Run the command line; a user's mistake ends in one line on standard error."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    errors = Console(stderr=True)
    try:
        app(given, prog_name=name)
    except QaError as error:
        errors.print(f"[red]error:[/] {escape(str(error))}", soft_wrap=True)
        raise SystemExit(EXIT_ERROR) from error


if __name__ == "__main__":
    main()
