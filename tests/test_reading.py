from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from doubles import Script
from tides import assert_sound

from qa import Library

Open = Callable[..., tuple[Library, Script]]
Write = Callable[..., Path]


def test_a_claim_tells_the_date_that_it_means(write: Write, scripted: Open) -> None:
    library, script = scripted(
        write({"mill.txt": "date: 2024-05-11\n\nThe mill opens next Friday. Rehn opens it.\n"})
    )
    script.answer = "next Friday"
    answer = library.ask("When does the mill open?")
    assert_sound(library, answer)
    assert answer.text == "next Friday (17 May 2024, counted from the document’s date) [1]"


@pytest.mark.parametrize(("tokens", "whole"), [(0, 0.0), (4000, 1.0)])
def test_a_claim_knows_whether_the_library_was_read_whole(
    write: Write, scripted: Open, tokens: int, whole: float
) -> None:
    library, script = scripted(
        write({"mill.txt": "The mill stands by the bridge. Rehn built the bridge.\n"}),
        evidence={"whole_library_tokens": tokens},
    )
    script.answer = "Rehn"
    (claim,) = library.ask("Who built the bridge?").claims
    assert claim.signals is not None
    assert claim.signals["whole"] == whole
