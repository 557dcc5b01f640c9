"""What `qa index` prints: a report on a folder, and with ``--watch`` on each change to it.

Reports go to standard output, errors and what is being done to the console that is given.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.text import Text

from qa.errors import IndexBusyError, QaError
from qa.faces.printing import counted, printable
from qa.library import Library

__all__ = ["keep_current", "print_report"]

LOOK_AGAIN_MS = 1000
# Seconds without an event after which files are tried again that a temporary reason kept from being
# read.
RETRY_SECONDS = 60.0


def print_report(opened: Library) -> None:
    """Tell what the last update of a library did, and what couldn't be read."""
    report = opened.report
    out = Console(highlight=False)
    if report.behind:
        out.print(Text(f"The documents are as they were before: {report.behind}"), soft_wrap=True)
    if report.rebuilt:
        out.print(Text(f"Everything was indexed again: {report.rebuilt}"))
    _print_lines(
        [
            *(("added", path, "") for path in report.added),
            *(("updated", path, "") for path in report.updated),
            *(("removed", path, "") for path in report.removed),
            *(("skipped", file.path, file.reason) for file in report.skipped),
            *_postponed(opened),
            *(("in part", file.path, file.reason) for file in report.incomplete),
            *(("versions", paths[0], _older(opened, paths)) for paths in report.versions),
        ]
    )
    out.print(
        f"{counted(len(opened.documents), 'document')} indexed in {report.seconds:.1f} s: "
        f"{len(report.added)} added, {len(report.updated)} updated, {len(report.removed)} "
        f"removed, {len(report.unchanged)} unchanged, {len(report.skipped)} skipped."
    )


def keep_current(opened: Library, console: Console) -> None:
    """Index whatever changes in a library's folder, until interrupted, and tell of it.

    Parameters
    ----------
    opened : Library
    console : Console
        For errors: what is wrong may be put right by the next change.
    """
    from watchfiles import watch

    roots = (opened.root, opened.root.resolve())

    def may_be_read(_: object, path: str) -> bool:
        # What is hidden isn't indexed. Other folders are, also those that tools make.
        place = Path(path)
        inside = [place.relative_to(root) for root in roots if place.is_relative_to(root)]
        return not any(part.startswith(".") for each in inside for part in each.parts)

    console.print(f"Watching {printable(str(opened.root))}; interrupt to end.", soft_wrap=True)
    told = _not_read(opened)
    said = ""
    # Also without an event, once: something may have changed before watching began.
    due = True
    again = math.inf
    for changes in watch(
        opened.root,
        watch_filter=may_be_read,
        rust_timeout=LOOK_AGAIN_MS,
        yield_on_timeout=True,
        ignore_permission_denied=True,
    ):
        if not changes and not due and time.monotonic() < again:
            continue
        due = False
        again = math.inf
        try:
            opened.refresh()
        except QaError as error:
            # What is wrong now may be put right by the next change, or by another process.
            due = isinstance(error, IndexBusyError)
            if str(error) != said or not due:
                console.print(f"error: {printable(str(error))}", soft_wrap=True, markup=False)
            said = str(error)
            continue
        said = ""
        if opened.report.postponed:
            again = time.monotonic() + RETRY_SECONDS
        found = _not_read(opened)
        if opened.report.changed:
            print_report(opened)
        else:
            _print_lines(line for line in found if line not in told)
        told = found


def _older(opened: Library, paths: tuple[str, ...]) -> str:
    """Tell what the first of several versions is newer than, and by what."""
    dates = [opened.documents[path].date for path in paths]
    by_files = len({*dates}) < len(dates)
    basis = " (where their dates don't tell, by when the files were saved)" if by_files else ""
    return f"newer than {', '.join(paths[1:])}{basis}"


def _not_read(opened: Library) -> list[tuple[str, str, str]]:
    """What can't be read, or only in part, as lines; editors' hidden files come and go."""
    report = opened.report
    skipped = (file for file in report.skipped if not Path(file.path).name.startswith("."))
    return [
        *(("skipped", file.path, file.reason) for file in skipped),
        *_postponed(opened),
        *(("in part", file.path, file.reason) for file in report.incomplete),
    ]


def _postponed(opened: Library) -> list[tuple[str, str, str]]:
    """Documents that stay as they were, since their files can't be read now."""
    return [
        ("as it was", file.path, file.reason)
        for file in opened.report.postponed
        if file.path in opened.documents
    ]


def _print_lines(told: Iterable[tuple[str, str, str]]) -> None:
    out = Console(highlight=False)
    for word, path, reason in told:
        line = f"{word:8} {printable(path)}" + (f": {printable(reason)}" if reason else "")
        out.print(Text(line), soft_wrap=True)
