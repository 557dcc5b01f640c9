"""Several runs of the same cases and documents as one, to be shown side by side.

Only answers to the same questions compare: runs of other cases or documents are refused.
What else the runs were made with may differ, and is told of each.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from .cases import CasesError
from .records import Part, Run, Stamp

__all__ = ["merge_runs"]

_SAME = {"suite_digest": "cases", "corpus_digest": "documents"}


def merge_runs(runs: Sequence[tuple[Path, Run]]) -> Run:
    """Put runs together, system beside system.

    A system that occurs more than once is called by its run's file as well.

    Parameters
    ----------
    runs : sequence of (Path, Run)
        With the file that each was read from; at least one.

    Raises
    ------
    CasesError
        Two runs are of other cases or other documents.
    """
    (first_file, first), *others = runs
    if not others:
        return first
    for file, run in others:
        different = [
            f"other {told} ({getattr(run.stamp, name)}, was {getattr(first.stamp, name)})"
            for name, told in _SAME.items()
            if getattr(run.stamp, name) != getattr(first.stamp, name)
        ]
        if different:
            raise CasesError(
                f"{file} can't stand beside {first_file}: {' and '.join(different)}. Report runs "
                "of the same cases over the same documents; compare takes the cases in common."
            )
    occurs = Counter(system for _, run in runs for system in run.systems)
    taken: set[str] = set()
    parts, records = [], []
    for file, run in runs:
        labels = {}
        for system in run.systems:
            label = system if occurs[system] == 1 else f"{system} ({_stem(file)})"
            labels[system] = _unused(label, taken)
            taken.add(labels[system])
        stamp = run.stamp.model_copy(update={"systems": tuple(labels.values())})
        parts.append(Part(file.name, stamp))
        records += [
            record.model_copy(update={"system": labels[record.system]}) for record in run.records
        ]
    together = tuple(label for part in parts for label in part.stamp.systems)
    return replace(
        first,
        stamp=_common(parts).model_copy(update={"systems": together}),
        records=tuple(records),
        parts=tuple(parts),
    )


def _common(parts: Sequence[Part]) -> Stamp:
    """The first run's stamp, with every value of what differs from run to run."""
    stamp = parts[0].stamp
    told = {
        name: " / ".join(dict.fromkeys(str(getattr(part.stamp, name)) for part in parts))
        for name in ("code_digest", "fingerprint", "model", "embedding")
    }
    return stamp.model_copy(update=told)


def _stem(file: Path) -> str:
    # The page's filter separates names by these.
    return re.sub(r"[|=]", "-", file.stem)


def _unused(label: str, taken: set[str]) -> str:
    number, unused = 2, label
    while unused in taken:
        unused, number = f"{label} {number}", number + 1
    return unused
