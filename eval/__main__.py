"""``python -m eval``: measure the answers over the seed article, or over other cases."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from .cases import KINDS, Case, CasesError, load_cases
from .report import print_run, run_to_dict
from .run import LibrarySystem, Result, Run, System, run_cases, select
from .squad import load_squad
from qa import Library, Settings
from qa.errors import QaError

_ROOT = Path(__file__).resolve().parent.parent
_SEED_CASES = _ROOT / "eval" / "cases" / "seed.jsonl"
_SEED_LIBRARY = _ROOT / "seeds"

app = typer.Typer(
    add_completion=False,
    no_args_is_help=False,
    help="Measure answers: right, wrong or refused; citations; latency. Without a command: run.",
)

Llm = Annotated[
    str | None, typer.Option("--llm", help="auto, embedded, none, http://host:port/v1#model, GGUF.")
]
Json = Annotated[
    Path | None, typer.Option("--json", metavar="FILE", help="Write every case and figure here.")
]
Details = Annotated[bool, typer.Option("--details", help="List the cases that went not right.")]


@app.command("run")
def run_command(
    cases: Annotated[Path, typer.Option(help="The suite: JSON Lines.")] = _SEED_CASES,
    library: Annotated[Path, typer.Option(help="The documents' folder.")] = _SEED_LIBRARY,
    kind: Annotated[
        list[str] | None, typer.Option(help="Only this kind; may be given again.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most so many cases, spread over the suite.")
    ] = None,
    llm: Llm = None,
    json_file: Json = None,
    details: Details = False,
) -> None:
    """Ask the cases of a suite (by default the seed suite over the seed article)."""
    if unknown := sorted(set(kind or ()) - set(KINDS)):
        raise CasesError(f"unknown kind {unknown[0]!r}. Known: {', '.join(KINDS)}.")
    with Library.open(library, settings=_settings(llm)) as opened:
        texts = {path: document.text for path, document in opened.documents.items()}
        chosen = select(load_cases(cases, texts), kinds=kind or (), limit=limit)
        _finish(_run(LibrarySystem(opened), chosen, texts), json_file, details)


@app.command("squad")
def squad_command(
    data: Annotated[Path, typer.Option(help="A SQuAD 2.0 JSON file.")],
    sample: Annotated[int, typer.Option(min=2, help="Questions, half of them unanswerable.")] = 200,
    seed: Annotated[int, typer.Option(help="Another seed, another sample.")] = 0,
    llm: Llm = None,
    json_file: Json = None,
    details: Details = False,
) -> None:
    """Ask SQuAD 2.0 questions against all paragraphs of a file as one library."""
    settings = _settings(llm)
    suite = load_squad(data, sample=sample, seed=seed)
    folder = suite.write(settings.home / "eval")
    with Library.open(folder, settings=settings) as opened:
        texts = {path: document.text for path, document in opened.documents.items()}
        suite.check(texts)
        _finish(_run(LibrarySystem(opened), suite.cases, texts), json_file, details)


def _settings(llm: str | None) -> Settings:
    return Settings.load() if llm is None else Settings.load(llm=llm)


def _run(system: System, cases: Sequence[Case], texts: Mapping[str, str]) -> Run:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("[green]{task.fields[right]} right[/] [red]{task.fields[wrong]} wrong[/]"),
    )
    right = wrong = 0
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("Warming up", total=len(cases), right=0, wrong=0)

        def advance(result: Result) -> None:
            nonlocal right, wrong
            right, wrong = right + result.right, wrong + (result.outcome == "wrong")
            progress.update(task, advance=1, description=result.case.kind, right=right, wrong=wrong)

        return run_cases(system, cases, texts, on_result=advance)


def _finish(run: Run, json_file: Path | None, details: bool) -> None:
    if json_file is not None:
        try:
            json_file.write_text(
                json.dumps(run_to_dict(run), ensure_ascii=False, indent=1), encoding="utf-8"
            )
        except OSError as error:
            raise CasesError(
                f"{json_file}: the results can't be written ({error}). Give another --json."
            ) from error
    print_run(run, Console(), details=details)
    if run.exactness() < 1.0:
        raise typer.Exit(1)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; without a command, ``run``."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or (given[0].startswith("-") and given[0] not in {"--help", "-h"}):
        given.insert(0, "run")
    try:
        app(given, prog_name="python -m eval")
    except QaError as error:
        Console(stderr=True).print(f"[red]error[/] {escape(str(error))}", soft_wrap=True)
        raise SystemExit(2) from error


if __name__ == "__main__":
    main()
