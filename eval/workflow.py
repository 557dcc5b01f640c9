"""What every command does: open documents and cases, run with progress, keep the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from qa import Library, Settings
from qa.embeddings import open_embedder
from qa.faces.printing import weights_progress
from qa.library import default_documents
from qa.llms import open_chat_model
from qa.types import Document

from .cases import KINDS, Case, CasesError, load_cases
from .page import write_page
from .passages import PassageSuite
from .records import Record, Run, journal_of, save_run
from .run import Suite, run_suite, select
from .summary import summarise

__all__ = [
    "COLUMNS",
    "SEED_CASES",
    "measure",
    "open_documents",
    "open_suite",
    "own_suites",
    "page_of",
    "public_suite",
    "run_file_of",
    "seed_documents",
]

SEED_CASES = Path(__file__).resolve().parent / "cases" / "seed.jsonl"
COLUMNS = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())


def seed_documents(settings: Settings) -> Path:
    """The folder of the seed article, whatever library is configured."""
    return default_documents(settings.model_copy(update={"documents": None}))


def own_suites() -> tuple[str, ...]:
    """Names of the suites that come with the instrument."""
    return tuple(sorted(path.stem for path in SEED_CASES.parent.glob("*.jsonl")))


def open_suite(
    cases: Path | None,
    library: Path | None,
    settings: Settings,
    *,
    kinds: Sequence[str] = (),
    limit: int | None = None,
    keep: Callable[[Case], bool] | None = None,
) -> Suite:
    """A file of cases over a folder; the seed suite where none is named.

    A bare name that is no file leads to one of our own suites. Where no folder is named, a
    suite is about the folder beside it with its name and ``.library``, if there is one, else
    about the seeds. Of its cases those that `keep` tells are asked.

    Raises
    ------
    CasesError
        An unknown kind, a bad case, or none that can be asked.
    qa.errors.LibraryError
    """
    if unknown := sorted(set(kinds) - set(KINDS)):
        raise CasesError(f"unknown kind {unknown[0]!r}. Known: {', '.join(KINDS)}.")
    path = cases or SEED_CASES
    if not path.exists() and path.name in own_suites():
        path = SEED_CASES.with_name(f"{path.name}.jsonl")
    beside = path.with_suffix(".library")
    folder = library or (beside if beside.is_dir() else seed_documents(settings))
    documents = open_documents(folder, settings)
    loaded = load_cases(path, {name: document.text for name, document in documents.items()})
    accepted = [case for case in loaded if case.accepted]
    if left_out := len(loaded) - len(accepted):
        Console(stderr=True).print(
            f"{left_out} drafted cases are left out: nobody has accepted them "
            '("accepted": true in the file).'
        )
    chosen = select(
        [case for case in accepted if keep is None or keep(case)], kinds=kinds, limit=limit
    )
    if not chosen:
        raise CasesError(f"{path}: no case is left to ask. Accept some, or choose other kinds.")
    return Suite(path.stem, chosen, folder.expanduser().absolute(), documents)


def run_file_of(command: str, suite: Suite, settings: Settings) -> Path:
    """Where a run is kept that no file is named for; a run of one command spares another's."""
    return settings.home / "eval" / "runs" / f"{command}-{suite.name}.json"


def measure(suite: Suite, systems: Sequence[str], settings: Settings, target: Path) -> Run:
    """Run with progress on standard error; write the run's file and its page.

    Raises
    ------
    qa.errors.QaError
    """
    console = Console(stderr=True)
    model = open_chat_model(settings, weights_progress(console.print))
    embedder = open_embedder(settings.embedding, settings.home)
    try:
        with _progress(console) as (start, advance):
            run = run_suite(
                suite,
                systems,
                settings,
                model,
                embedder,
                target=target,
                on_start=start,
                on_record=advance,
            )
    except KeyboardInterrupt:
        console.print("Interrupted. The same command goes on from here.")
        raise
    save_run(run, summarise(run), target)
    page = write_page(run, page_of(target))
    journal_of(target).unlink(missing_ok=True)
    console.print(f"run: {escape(str(target))}\npage: {escape(str(page))}", soft_wrap=True)
    return run


def page_of(run_file: Path, runs: int = 1) -> Path:
    """Where a run's page lies: beside it. That of several doesn't replace the first's own."""
    return run_file.with_suffix(".html" if runs == 1 else f".and-{runs - 1}-more.html")


def open_documents(folder: Path, settings: Settings) -> dict[str, Document]:
    """Index a folder with a bar, tell what was skipped, and return its documents.

    Raises
    ------
    qa.errors.LibraryError
    """
    console = Console(stderr=True)
    with Progress(*COLUMNS[:3], console=console, transient=True) as progress:
        task = progress.add_task("Indexing", total=None)

        def show(done: int, total: int, _path: str) -> None:
            progress.update(task, completed=done, total=total)

        quiet = settings.model_copy(update={"llm": "none"})
        with Library.open(folder, settings=quiet, progress=show) as library:
            for skipped in library.report.skipped:
                console.print(f"skipped {escape(skipped.path)}: {escape(skipped.reason)}")
            return dict(library.documents)


@contextmanager
def _progress(
    console: Console,
) -> Iterator[tuple[Callable[[str, int], None], Callable[[Record], None]]]:
    """A bar for each system, with how many went right and wrong so far."""
    columns = (
        *COLUMNS,
        TimeRemainingColumn(),
        TextColumn("[green]{task.fields[right]} right[/] [red]{task.fields[wrong]} wrong[/]"),
    )
    with Progress(*columns, console=console) as progress:
        tasks = {}
        counts: dict[str, list[int]] = {}

        def start(system: str, left: int) -> None:
            right, wrong = counts.setdefault(system, [0, 0])
            tasks[system] = progress.add_task(escape(system), total=left, right=right, wrong=wrong)

        def advance(record: Record) -> None:
            count = counts.setdefault(record.system, [0, 0])
            count[0] += record.right
            count[1] += record.outcome == "wrong"
            if record.system in tasks:
                progress.update(tasks[record.system], advance=1, right=count[0], wrong=count[1])

        yield start, advance


def public_suite(suite: PassageSuite, settings: Settings, data: Path) -> Suite:
    """Write a public suite's passages into a folder of their own and open it.

    Raises
    ------
    CasesError
    qa.errors.LibraryError
    """
    folder = suite.write(settings.home / "eval")
    documents = open_documents(folder, settings)
    suite.check({path: document.text for path, document in documents.items()})
    name = data.name.removesuffix(".gz").removesuffix(".jsonl").removesuffix(".json")
    return Suite(name, suite.cases, folder, documents)
