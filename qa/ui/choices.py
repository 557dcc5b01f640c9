"""What readers may choose for their questions: caution, how much is read, the model.

Each choice has a few steps in words; what a step means in numbers follows from the
library's settings, so that the middle step is always what its owner chose.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa.settings import Settings

__all__ = [
    "CAUTION",
    "QUOTES",
    "SOURCES",
    "USUAL",
    "Choice",
    "applied",
    "choice_of",
    "models",
    "name_and_place",
]

CAUTION: tuple[tuple[str, str], ...] = (
    ("Daring: answers more, errs more", "daring"),
    ("Balanced", "balanced"),
    ("Careful: refuses more, errs less", "careful"),
    ("Strict: only what is nearly certain", "strict"),
)
SOURCES: tuple[tuple[str, str], ...] = (
    ("Few: quickest", "few"),
    ("Usual", "usual"),
    ("Many: for answers that are spread out", "many"),
)
USUAL, QUOTES = "model", "quotes"

# Where a model runs, at the end of its name: "(embedded)", "at gpu.example".
_PLACE = re.compile(r" (?:\([^()]*\)|at \S+)\Z")
_EMBEDDED = " (embedded)"
_TOWARDS = {"daring": (0.0, 0.5), "careful": (1.0, 0.35), "strict": (1.0, 0.7)}
_TIMES = {"few": 0.5, "many": 2.0}


@dataclass(frozen=True, slots=True)
class Choice:
    """One reader's choices.

    Parameters
    ----------
    caution : {"daring", "balanced", "careful", "strict"}
    sources : {"few", "usual", "many"}
    model : str
        A model's name, `USUAL` for the library's first or `QUOTES` for none.
    """

    caution: str = "balanced"
    sources: str = "usual"
    model: str = USUAL


def name_and_place(model: str) -> tuple[str, str]:
    """What a model is called, and where it runs: ``("llama", " at gpu.example")``."""
    place = _PLACE.search(model)
    if place is None:
        return model, ""
    where = " on this machine" if place[0] == _EMBEDDED else place[0]
    return model[: place.start()], where


def models(names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The models that can be chosen: what each is called, and its value.

    Parameters
    ----------
    names : sequence of str
        All that are at hand, the usual one first.
    """
    if not names:
        return (("None: quotes only", USUAL),)
    own = (
        ("".join(name_and_place(name)), name if number else USUAL)
        for number, name in enumerate(names)
    )
    return (*own, ("None: quotes only, at once", QUOTES))


def choice_of(model: object, caution: object, sources: object, names: Sequence[str] = ()) -> Choice:
    """Read what the page says was chosen; anything unknown is the usual or the middle step.

    Parameters
    ----------
    model, caution, sources
        Of any kind: a browser sends what it likes.
    names : sequence of str
        The models at hand.
    """
    usual = Choice()
    cautions, amounts = ([value for _, value in steps] for steps in (CAUTION, SOURCES))
    return Choice(
        str(caution) if caution in cautions else usual.caution,
        str(sources) if sources in amounts else usual.sources,
        str(model) if model in [value for _, value in models(names)] else usual.model,
    )


def applied(choice: Choice, settings: Settings) -> Settings:
    """`settings` with the reader's choices in numbers."""
    updates: dict[str, object] = {}
    if choice.caution in _TOWARDS:
        goal, share = _TOWARDS[choice.caution]
        threshold = settings.verification.threshold
        updates["verification"] = settings.verification.model_copy(
            update={"threshold": threshold + (goal - threshold) * share}
        )
    if choice.sources in _TIMES:
        times, evidence = _TIMES[choice.sources], settings.evidence
        updates["evidence"] = evidence.model_copy(
            update={
                "least_tokens": round(evidence.least_tokens * times),
                "sentences": max(1, round(evidence.sentences * times)),
                "max_tokens": max(50, round(evidence.max_tokens * times)),
            }
        )
    return settings.model_copy(update=updates) if updates else settings
